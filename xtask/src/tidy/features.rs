//! One file asks which features are compiled in.
use super::Violation;
use super::rust::{closing, line_at, words};
use super::tree::Tree;

const RULE: &str = "features";

/// The file that chooses among backends.
pub(super) const DEVICE: &str = "crates/ext5-trainer/src/device.rs";

/// The file that reads from object stores, whose library is large.
const REMOTE: &str = "crates/ext5-hub/src/remote.rs";

/// The file that joins processes by MPI, whose library must be installed.
const RANKS: &str = "crates/ext5-trainer/src/ranks.rs";

/// Reports `cfg`, `cfg!` and `cfg_attr` that ask for a feature in sources other than [`DEVICE`], [`REMOTE`] and [`RANKS`].
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut broken = Vec::new();
    for (file, rust) in tree.rust() {
        if [DEVICE, REMOTE, RANKS].contains(&file.path.as_str()) || !file.path.contains("/src/") {
            continue;
        }
        for line in questions(rust.code()) {
            let message = format!(
                "only {DEVICE}, {REMOTE} and {RANKS} have `cfg(feature)`: choose at run time"
            );
            broken.push(Violation::new(&file.path, line, RULE, message));
        }
    }
    broken
}

/// Lines of the `cfg`s whose condition has the word `feature`.
fn questions(code: &str) -> Vec<usize> {
    let mut lines = Vec::new();
    for word in ["cfg", "cfg_attr"] {
        for at in words(code, word) {
            let rest = code[at + word.len()..].trim_start_matches(['!', ' ']);
            let open = code.len() - rest.len();
            if !rest.starts_with('(') {
                continue;
            }
            let end = closing(code, open).unwrap_or(code.len());
            if words(&code[open..end], "feature").next().is_some() {
                lines.push(line_at(code, at));
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_ask_is_found() {
        let code = "#[cfg(feature = \"a\")]\n#[cfg(any(unix, feature = \"a\"))]\nif cfg!(feature = \"a\") {}\n\
                    #[cfg_attr(\n feature = \"a\", x)]\n#[cfg(test)]\n";
        assert_eq!(questions(code), [1, 2, 3, 4]);
    }

    #[test]
    fn only_the_device_file_may_ask() {
        let text = "#[cfg(feature = \"cuda\")]\nfn f() {}\n";
        let tree = Tree::of_files(&[
            (DEVICE, text),
            ("crates/ext5-model/src/t5.rs", text),
            ("tests/it/a.rs", text),
        ]);
        let broken = check(&tree);
        assert_eq!(broken.len(), 1);
        assert_eq!(
            (broken[0].path.as_str(), broken[0].line),
            ("crates/ext5-model/src/t5.rs", 1)
        );
    }
}

//! The tree names no machine it was made on.
use super::Violation;
use super::tree::Tree;

const RULE: &str = "machine paths";

/// Paths of one machine. In two pieces, so that this file does not name them either.
const PATHS: &[&str] = &[
    concat!("/", "work/"),
    concat!("/", "root/"),
    concat!("/", "home/"),
    concat!("/", "tmp/ext5"),
    concat!("/", "opt/venv"),
];

/// Reports [`PATHS`] in any text file, where they begin a path.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut broken = Vec::new();
    for file in &tree.files {
        for (number, line) in file.lines() {
            if let Some(path) = PATHS.iter().find(|path| begins(line, path)) {
                let message = format!(
                    "`{path}` is a path of one machine: name the place by an argument or environment"
                );
                broken.push(Violation::new(&file.path, number, RULE, message));
            }
        }
    }
    broken
}

fn begins(line: &str, path: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '}' | '>');
    line.match_indices(path)
        .any(|(at, _)| !line[..at].ends_with(inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_beginning_of_a_path_counts() {
        let line = |text: String| check(&Tree::of_files(&[("a.md", &text)])).len();
        for path in PATHS {
            assert_eq!(line(format!("see `{path}x`")), 1);
            assert_eq!(
                line(format!("see `../a{path}x` and https://a.org{path}x")),
                0
            );
        }
    }
}

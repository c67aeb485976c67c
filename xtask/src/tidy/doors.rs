//! Files are read through one guarded door and written through one durable one, both in ext5-data.
use super::Violation;
use super::rust::words;
use super::tree::{File, Tree};

/// Calls that must go through a door.
struct Door {
    rule: &'static str,
    calls: &'static [&'static str],
    /// Names that must not be imported from `fs` one by one either.
    names: &'static [&'static str],
    /// Beginnings of paths behind the door.
    behind: &'static [&'static str],
    instead: &'static str,
}

const DOORS: &[Door] = &[
    Door {
        rule: "durable door",
        calls: &[
            "fs::write",
            "fs::rename",
            "fs::copy",
            "fs::hard_link",
            "File::create",
            "File::create_new",
            "File::options",
            "OpenOptions",
        ],
        names: &["write", "rename", "copy", "hard_link"],
        behind: &[
            "crates/ext5-data/src/storage",
            // It damages files on purpose.
            "crates/ext5-reliability/src/rows",
            "xtask/",
        ],
        instead: "write through `ext5_data::storage`: temporary name, fsync, rename",
    },
    Door {
        rule: "guarded door",
        calls: &["fs::read", "fs::read_to_string", "File::open"],
        names: &["read", "read_to_string"],
        behind: &[
            "crates/ext5-data/src/cache",
            "crates/ext5-data/src/door",
            "crates/ext5-data/src/source",
            "crates/ext5-data/src/storage",
            "crates/ext5-reliability/src/rows",
            "xtask/",
        ],
        instead: "read through `ext5_data::door`: size limit, panics caught, error naming the file",
    },
];

/// Reports calls of [`DOORS`] that go around them; tests and build scripts may do as they like.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let sources = || {
        tree.rust()
            .filter(|(file, _)| !file.is_test() && !file.is_build_script())
    };
    DOORS
        .iter()
        .flat_map(|door| {
            sources().flat_map(|(file, rust)| {
                let lines = rust
                    .code_lines()
                    .filter(|line| !line.in_test && !door.is_behind(file));
                lines
                    .filter_map(|line| door.broken_by(file, line.number, line.text))
                    .collect::<Vec<_>>()
            })
        })
        .collect()
}

impl Door {
    /// Whether `file` lies behind this door, where the calls belong.
    fn is_behind(&self, file: &File) -> bool {
        self.behind.iter().any(|path| file.path.starts_with(path))
    }

    fn broken_by(&self, file: &File, number: usize, line: &str) -> Option<Violation> {
        let call = self
            .calls
            .iter()
            .find(|call| words(line, call).next().is_some());
        let name = call.or_else(|| self.names.iter().find(|name| imports(line, name)))?;
        let message = format!("`{name}` goes around the door: {}", self.instead);
        Some(Violation::new(&file.path, number, self.rule, message))
    }
}

/// Whether `line` is a `use std::fs::{..}` that lists `name`.
fn imports(line: &str, name: &str) -> bool {
    line.split_once("std::fs::{")
        .is_some_and(|(_, list)| words(list, name).next().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<&'static str> {
        check(&Tree::of_files(&[(path, text)]))
            .into_iter()
            .map(|it| it.rule)
            .collect()
    }

    #[test]
    fn calls_around_a_door_are_found() {
        for (text, rule) in [
            ("std::fs::write(path, bytes)?;", "durable door"),
            ("let file = File::create(path)?;", "durable door"),
            ("use std::fs::{self, rename};", "durable door"),
            ("OpenOptions::new()", "durable door"),
            ("std::fs::read_to_string(path)?;", "guarded door"),
            ("File::open(path)?;", "guarded door"),
        ] {
            assert_eq!(rules("crates/ext5-model/src/a.rs", text), [rule], "{text}");
            assert_eq!(
                rules("crates/ext5-data/src/storage/local.rs", text),
                [""; 0],
                "{text}"
            );
            assert_eq!(
                rules("crates/ext5-model/tests/it/a.rs", text),
                [""; 0],
                "{text}"
            );
        }
        assert_eq!(
            rules("crates/ext5-data/src/door.rs", "fs::write(p, b)"),
            ["durable door"]
        );
    }

    #[test]
    fn looking_at_folders_is_free() {
        assert_eq!(
            rules(
                "crates/ext5-tasks/src/a.rs",
                "fs::read_dir(path)?; fs::metadata(path)?;"
            ),
            [""; 0]
        );
    }
}

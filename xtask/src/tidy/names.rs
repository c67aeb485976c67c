//! A name says what a thing is; these say nothing.
use super::Violation;
use super::rust::words;
use super::tree::Tree;

const RULE: &str = "names";

/// Names that no file, folder, module or type has.
const FORBIDDEN: &[&str] = &[
    "base", "common", "handler", "helper", "helpers", "manager", "misc", "util", "utils",
];

/// Endings that no type has.
const ENDINGS: &[&str] = &["Handler", "Helper", "Helpers", "Manager", "Util", "Utils"];

/// Keywords before a name of a module or a type.
const KEYWORDS: &[&str] = &["mod", "struct", "enum", "trait", "type"];

/// Reports files, folders, modules and types with a name of [`FORBIDDEN`] or an ending of [`ENDINGS`].
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut broken = Vec::new();
    let mut add = |path: &str, line, name: &str| {
        let message =
            format!("`{name}` names no concept: call it by what it is, in a term of the field");
        broken.push(Violation::new(path, line, RULE, message));
    };
    for path in tree
        .paths
        .iter()
        .filter(|path| path.ends_with(".rs") || path.ends_with(".py"))
    {
        let stems = path
            .split('/')
            .map(|part| part.split('.').next().unwrap_or(part));
        for stem in stems.filter(|stem| FORBIDDEN.contains(stem)) {
            add(path, 1, stem);
        }
    }
    for (file, rust) in tree.rust() {
        for line in rust.code_lines() {
            for name in defined(line.text)
                .into_iter()
                .filter(|name| is_forbidden(name))
            {
                add(&file.path, line.number, name);
            }
        }
    }
    broken
}

/// Names of the modules and types that `line` defines.
fn defined(line: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for keyword in KEYWORDS {
        for at in words(line, keyword) {
            let rest = line[at + keyword.len()..].trim_start();
            names.extend(
                rest.split(|c: char| !c.is_alphanumeric() && c != '_')
                    .next(),
            );
        }
    }
    names
}

fn is_forbidden(name: &str) -> bool {
    FORBIDDEN.contains(&name.to_lowercase().as_str())
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_folders_modules_and_types_are_looked_at() {
        let tree = Tree::of_files(&[
            ("crates/ext5-data/src/utils.rs", ""),
            ("crates/ext5-data/src/common/a.rs", ""),
            ("crates/ext5-data/tests/golden/helpers.py", ""),
            (
                "crates/ext5-data/src/b.rs",
                "mod base;\nstruct TaskManager;\n",
            ),
            (
                "crates/ext5-data/src/c.rs",
                "mod baseline;\nstruct Manager2;\nlet base = 1;\ntype Item = u8;\n",
            ),
        ]);
        let broken: Vec<_> = check(&tree)
            .into_iter()
            .map(|it| (it.path, it.line))
            .collect();
        let expected = [
            ("crates/ext5-data/src/common/a.rs", 1),
            ("crates/ext5-data/src/utils.rs", 1),
            ("crates/ext5-data/tests/golden/helpers.py", 1),
            ("crates/ext5-data/src/b.rs", 1),
            ("crates/ext5-data/src/b.rs", 2),
        ];
        assert_eq!(broken, expected.map(|(path, line)| (path.to_owned(), line)));
    }
}

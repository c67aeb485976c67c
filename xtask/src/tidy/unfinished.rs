//! Nothing in the tree is left unfinished or switched off.
use super::Violation;
use super::rust::words;
use super::tree::{File, Tree};

const RULE: &str = "unfinished";

/// Marks of unfinished work, whole words, in any text.
const MARKS: &[&str] = &["TODO", "FIXME", "HACK"];

/// Code that is not there or does not run.
const CODE: &[&str] = &["todo!", "unimplemented!", "#[ignore"];

/// Endings of the files whose text people write.
const PROSE: &[&str] = &[".md", ".py", ".sh", ".yml", "Cargo.toml", ".ci/run"];

/// Reports [`MARKS`] in comments and prose and [`CODE`] in Rust.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut broken = Vec::new();
    for file in &tree.files {
        for (line, mark) in found(file) {
            let message = format!("`{mark}` says that work is left: finish it or leave it out");
            broken.push(Violation::new(&file.path, line, RULE, message));
        }
    }
    broken
}

fn found(file: &File) -> Vec<(usize, &'static str)> {
    let marked = |line: &str| {
        MARKS
            .iter()
            .find(|mark| words(line, mark).next().is_some())
            .copied()
    };
    if let Some(rust) = &file.rust {
        let marks = rust
            .prose_lines()
            .filter_map(|line| Some((line.number, marked(line.text)?)));
        let code = rust.code_lines().filter_map(|line| {
            let mark = CODE.iter().find(|mark| line.text.contains(*mark))?;
            Some((line.number, *mark))
        });
        return marks.chain(code).collect();
    }
    if PROSE.iter().any(|ending| file.path.ends_with(ending)) {
        return file
            .lines()
            .filter_map(|(number, line)| Some((number, marked(line)?)))
            .collect();
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_in_comments_prose_and_code() {
        let tree = Tree::of_files(&[
            (
                "a.rs",
                "// TODO later\nfn f() {\n    todo!()\n}\n#[ignore = \"slow\"]\nlet s = \"TODO\";\n",
            ),
            ("b.md", "MASTODON\nFIXME: x\n"),
            ("c.json", "\"TODO\"\n"),
        ]);
        let broken: Vec<_> = check(&tree)
            .into_iter()
            .map(|it| (it.path, it.line))
            .collect();
        let expected = [("a.rs", 1), ("a.rs", 3), ("a.rs", 5), ("b.md", 2)];
        assert_eq!(broken, expected.map(|(path, line)| (path.to_owned(), line)));
    }
}

//! Decision records are numbered from 0001 without gaps, and their titles agree.
use super::Violation;
use super::tree::Tree;

const RULE: &str = "decisions";

/// Where the records lie.
const FOLDER: &str = "docs/decisions/";

/// Sections that each record has.
const SECTIONS: &[&str] = &["## Context", "## Decision", "## Consequences"];

/// Reports records out of order, under another title than their file's number, or without a section.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut broken = Vec::new();
    let records = tree
        .files
        .iter()
        .filter(|it| it.path.starts_with(FOLDER) && it.path.ends_with(".md"));
    for (index, record) in records.enumerate() {
        let mut add = |message| broken.push(Violation::new(&record.path, 1, RULE, message));
        let number = format!("{:04}", index + 1);
        if !record.path[FOLDER.len()..].starts_with(&format!("{number}-")) {
            add(format!(
                "expected number {number} in the file's name: numbers are unique and without gaps"
            ));
        } else if !record.text.starts_with(&format!("# {number}. ")) {
            add(format!("expected a title `# {number}. ...`"));
        }
        for section in SECTIONS
            .iter()
            .filter(|section| !record.text.contains(*section))
        {
            add(format!("expected a section `{section}`"));
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECTIONS: &str = "\n## Context\n## Decision\n## Consequences\n";

    #[test]
    fn numbers_are_unique_and_titles_agree() {
        let (one, two) = (
            format!("# 0001. A{SECTIONS}"),
            format!("# 0002. B{SECTIONS}"),
        );
        let good = Tree::of_files(&[
            ("docs/decisions/0001-a.md", &one),
            ("docs/decisions/0002-b.md", &two),
        ]);
        assert_eq!(check(&good), []);
        let twice = Tree::of_files(&[
            ("docs/decisions/0001-a.md", &one),
            ("docs/decisions/0001-b.md", &two),
        ]);
        assert_eq!(check(&twice).len(), 1);
        let title = Tree::of_files(&[
            ("docs/decisions/0001-a.md", &two),
            ("docs/decisions/0002-b.md", "# 0002. B"),
        ]);
        assert_eq!(check(&title).len(), 4);
    }
}

//! A file that is too long holds more than one concept.
use super::Violation;
use super::tree::Tree;

const RULE: &str = "file length";

/// Ending of a path and the most lines such a file may have; the first that fits counts.
const LIMITS: &[(&str, usize)] = &[
    ("ARCHITECTURE.md", 300),
    (".rs", 500),
    (".py", 500),
    (".sh", 500),
];

/// Reports files longer than [`LIMITS`].
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let too_long = tree.files.iter().filter_map(|file| {
        let (_, most) = LIMITS
            .iter()
            .find(|(ending, _)| file.path.ends_with(ending))?;
        let lines = file.lines().count();
        let message = || format!("{lines} lines, expected at most {most}: split it by concept");
        (lines > *most).then(|| Violation::new(&file.path, lines, RULE, message()))
    });
    too_long.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_after_the_last_allowed_one_breaks() {
        let (fits, long) = ("x\n".repeat(500), "x\n".repeat(501));
        let tree = Tree::of_files(&[("a.rs", &fits), ("b.rs", &long), ("c.json", &long)]);
        let broken = check(&tree);
        assert_eq!(broken.len(), 1);
        assert_eq!(
            broken[0].to_string(),
            "b.rs:501: [file length] 501 lines, expected at most 500: split it by concept"
        );
    }
}

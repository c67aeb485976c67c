//! Unsafe code lives in the kernels alone.
use super::Violation;
use super::rust::words;
use super::tree::Tree;

const RULE: &str = "unsafe";

/// The only folder that may have unsafe code.
const HOME: &str = "crates/ext5-cpu/";

/// Reports the keyword anywhere else, tests included.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut broken = Vec::new();
    for (file, rust) in tree.rust().filter(|(file, _)| !file.path.starts_with(HOME)) {
        for line in rust
            .code_lines()
            .filter(|line| words(line.text, "unsafe").next().is_some())
        {
            let message =
                format!("unsafe code may only be in {HOME}: use a safe way, or a function there");
            broken.push(Violation::new(&file.path, line.number, RULE, message));
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keyword_is_found_in_code_only() {
        let tree = Tree::of_files(&[
            ("crates/ext5-cpu/src/a.rs", "unsafe { f() }"),
            (
                "crates/ext5-eval/src/a.rs",
                "#![forbid(unsafe_code)]\n// unsafe\nlet s = \"unsafe\";\n",
            ),
            (
                "crates/ext5-eval/src/b.rs",
                "fn f() {\n    unsafe { g() }\n}\n",
            ),
        ]);
        let broken: Vec<_> = check(&tree)
            .into_iter()
            .map(|it| (it.path, it.line))
            .collect();
        assert_eq!(broken, [("crates/ext5-eval/src/b.rs".to_owned(), 2)]);
    }
}

//! A function that does not fit on a screen does more than one thing.
use super::Violation;
use super::rust::{body_or_end, closing, line_at, words};
use super::tree::Tree;

const RULE: &str = "function length";

/// Most lines from `fn` to the closing brace, both counted.
const LIMIT: usize = 70;

/// Reports functions longer than [`LIMIT`], except in tests.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut broken = Vec::new();
    for (file, rust) in tree.rust().filter(|(file, _)| !file.is_test()) {
        for (name, line, length) in functions(rust.code()) {
            if length > LIMIT && !rust.in_test(line) {
                let message = format!(
                    "`{name}` has {length} lines, expected at most {LIMIT}: take a step out of it"
                );
                broken.push(Violation::new(&file.path, line, RULE, message));
            }
        }
    }
    broken
}

/// Name, first line and number of lines of each function with a body.
fn functions(code: &str) -> Vec<(&str, usize, usize)> {
    let found = words(code, "fn").filter_map(|at| {
        let name = code[at + 2..].trim_start();
        let name = &name[..name.find(|c: char| !c.is_alphanumeric() && c != '_')?];
        let body = body_or_end(code, at)?;
        if name.is_empty() || code[body..].starts_with(';') {
            return None;
        }
        let (first, last) = (line_at(code, at), line_at(code, closing(code, body)? - 1));
        Some((name, first, last - first + 1))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_fn_to_brace() {
        let code = "fn one() {}\ntrait T {\n    fn none(a: [u8; 2]);\n    fn three(\n    ) -> fn(u8) {\n    }\n}\n";
        assert_eq!(functions(code), [("one", 1, 1), ("three", 4, 3)]);
    }

    #[test]
    fn long_functions_are_named_unless_they_are_tests() {
        let long = format!("fn long() {{\n{}}}\n", "    a();\n".repeat(69));
        let test = format!("#[cfg(test)]\nmod tests {{\n{long}}}\n");
        let fits = long.replacen("    a();\n", "", 1);
        let tree = Tree::of_files(&[
            ("src/a.rs", &long),
            ("src/b.rs", &test),
            ("src/c.rs", &fits),
        ]);
        let broken = check(&tree);
        assert_eq!(broken.len(), 1);
        assert!(broken[0].message.starts_with("`long` has 71 lines"));
    }
}

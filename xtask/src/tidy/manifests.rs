//! Every crate takes the lints of the workspace and is not published by accident.
use super::Violation;
use super::tree::Tree;

const RULE: &str = "manifests";

/// Reports a manifest without `[lints] workspace = true` or one that cargo would publish.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut broken = Vec::new();
    for krate in &tree.crates {
        if krate.publishable {
            let message = "write `publish.workspace = true`, which is false".to_owned();
            broken.push(Violation::new(&krate.manifest, 1, RULE, message));
        }
        let text = tree.file(&krate.manifest).map_or("", |file| &file.text);
        if !takes_lints(text) {
            let message = "write `[lints]` and below it `workspace = true`".to_owned();
            broken.push(Violation::new(&krate.manifest, 1, RULE, message));
        }
    }
    broken
}

fn takes_lints(manifest: &str) -> bool {
    let mut lines = manifest
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != "[lints]")
        .skip(1);
    lines
        .find(|line| !line.is_empty())
        .is_some_and(|line| line == "workspace = true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lints_are_taken_from_the_workspace() {
        assert!(takes_lints(
            "[package]\nname = \"x\"\n\n[lints]\nworkspace = true\n"
        ));
        assert!(!takes_lints("[package]\nworkspace = true\n"));
        assert!(!takes_lints("[lints]\n[lints.rust]\nworkspace = true\n"));
    }

    #[test]
    fn a_publishable_crate_without_lints_breaks_twice() {
        let mut tree = Tree::of_crates(&[("ext5-data", &[])]);
        tree.crates[0].publishable = true;
        assert_eq!(check(&tree).len(), 2);
    }
}

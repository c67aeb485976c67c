//! Links in the documents lead to files that exist.
use super::Violation;
use super::tree::Tree;

const RULE: &str = "links";

/// Beginnings of targets that are no files of ours.
const ELSEWHERE: &[&str] = &["http://", "https://", "mailto:", "#"];

/// Reports Markdown links to a file or folder that the tree does not have.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut broken = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.ends_with(".md")) {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (line, target) in targets(&file.text) {
            let path = target.split('#').next().unwrap_or(target);
            if ELSEWHERE.iter().any(|it| target.starts_with(it))
                || exists(tree, &resolve(folder, path))
            {
                continue;
            }
            let message =
                format!("the link to `{target}` leads nowhere: correct its path or leave it out");
            broken.push(Violation::new(&file.path, line, RULE, message));
        }
    }
    broken
}

/// Line and target of each `[text](target)` outside fenced blocks.
fn targets(text: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut targets = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for (at, opening) in line.match_indices("](") {
            let rest = &line[at + opening.len()..];
            if let Some(end) = rest.find([')', ' ']) {
                targets.push((index + 1, &rest[..end]));
            }
        }
    }
    targets
}

/// `path` as seen from `folder`, from the root.
fn resolve(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

fn exists(tree: &Tree, path: &str) -> bool {
    let folder = format!("{path}/");
    tree.paths.contains(path) || tree.paths.iter().any(|it| it.starts_with(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_from_their_own_folder() {
        let text = "[a](../README.md#top) [b](0001-x.md) [c](https://a.org/b)\n[d](missing.md)\n\
                    ```\n[e](not-a-link.md)\n```\n[f](../docs/) [g](../../outside.md)\n";
        let tree = Tree::of_files(&[
            ("docs/a.md", text),
            ("README.md", ""),
            ("docs/0001-x.md", ""),
        ]);
        let broken: Vec<_> = check(&tree).into_iter().map(|it| it.line).collect();
        assert_eq!(broken, [2, 6]);
    }
}

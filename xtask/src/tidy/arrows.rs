//! Arrows between our crates point down only.
use std::collections::BTreeMap;

use super::Violation;
use super::tree::Tree;

const RULE: &str = "arrows";

/// Most crates on one chain, both ends counted.
const LONGEST_CHAIN: usize = 7;

/// Everything a program or a test over the whole product may use.
const ALL: &[&str] = &[
    "ext5-architecture",
    "ext5-backprop",
    "ext5-cpu",
    "ext5-data",
    "ext5-eval",
    "ext5-findings",
    "ext5-hub",
    "ext5-inference",
    "ext5-inspect",
    "ext5-kernels",
    "ext5-model",
    "ext5-objectives",
    "ext5-report",
    "ext5-studies",
    "ext5-tasks",
    "ext5-tokenizer",
    "ext5-trainer",
];

/// What each crate may name in its manifest, tests included. A new row or arrow needs a decision record.
const ALLOWED: &[(&str, &[&str])] = &[
    ("ext5-tokenizer", &[]),
    ("ext5-objectives", &[]),
    ("ext5-architecture", &[]),
    ("ext5-cpu", &[]),
    ("ext5-backprop", &["ext5-architecture", "ext5-cpu"]),
    ("ext5-kernels", &["ext5-architecture"]),
    // Sampling draws from `Stream`.
    (
        "ext5-inference",
        &["ext5-architecture", "ext5-cpu", "ext5-objectives"],
    ),
    ("ext5-report", &[]),
    (
        "ext5-model",
        &["ext5-architecture", "ext5-inference", "ext5-kernels"],
    ),
    ("ext5-data", &["ext5-tokenizer", "ext5-objectives"]),
    // Bootstrap intervals draw from `Stream`, the only source of randomness.
    ("ext5-eval", &["ext5-data", "ext5-objectives"]),
    // Holm's correction is the evaluation's; intervals by resampling draw from `Stream`.
    (
        "ext5-findings",
        &["ext5-eval", "ext5-objectives", "ext5-report"],
    ),
    ("ext5-hub", &["ext5-data"]),
    ("ext5-tasks", &["ext5-data", "ext5-eval"]),
    (
        "ext5-inspect",
        &[
            "ext5-tokenizer",
            "ext5-objectives",
            "ext5-data",
            "ext5-tasks",
            "ext5-report",
        ],
    ),
    (
        "ext5-trainer",
        &[
            "ext5-tokenizer",
            "ext5-objectives",
            "ext5-data",
            "ext5-eval",
            "ext5-tasks",
            "ext5-architecture",
            "ext5-backprop",
            "ext5-cpu",
            "ext5-inference",
            "ext5-model",
        ],
    ),
    (
        "ext5-studies",
        &[
            "ext5-architecture",
            "ext5-data",
            "ext5-eval",
            "ext5-findings",
            "ext5-objectives",
            "ext5-tasks",
            "ext5-trainer",
        ],
    ),
    ("ext5-cli", ALL),
    ("ext5-bench", ALL),
    ("ext5-reliability", ALL),
    ("ext5-tests", ALL),
    ("xtask", &[]),
];

/// Reports arrows that [`ALLOWED`] does not list, crates without a row, and a chain that is too long.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut broken = Vec::new();
    let mut graph: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for krate in &tree.crates {
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == krate.name) else {
            let message = format!(
                "`{}` has no row: say in xtask/src/tidy/arrows.rs what it may depend on",
                krate.name
            );
            broken.push(Violation::new(&krate.manifest, 1, RULE, message));
            continue;
        };
        for dependency in &krate.dependencies {
            if !tree.crates.iter().any(|it| it.name == *dependency) {
                continue;
            }
            graph.entry(&krate.name).or_default().push(dependency);
            if !allowed.contains(&dependency.as_str()) {
                let message = format!(
                    "`{}` must not depend on `{dependency}`, it may on {allowed:?}: move the code to a \
                     crate that may",
                    krate.name
                );
                let line = tree.line_of(krate, dependency);
                broken.push(Violation::new(&krate.manifest, line, RULE, message));
            }
        }
    }
    // A forbidden arrow may close a circle, in which a chain has no length.
    if broken.is_empty() {
        broken.extend(too_long(&graph));
    }
    broken
}

fn too_long(graph: &BTreeMap<&str, Vec<&str>>) -> Option<Violation> {
    let longest = graph
        .keys()
        .map(|krate| chain(graph, krate))
        .max_by_key(Vec::len)?;
    (longest.len() > LONGEST_CHAIN).then(|| {
        let message = format!(
            "the chain {} has {} crates, expected at most {LONGEST_CHAIN}: join two of them",
            longest.join(" -> "),
            longest.len()
        );
        Violation::new("Cargo.toml", 1, RULE, message)
    })
}

fn chain<'a>(graph: &BTreeMap<&'a str, Vec<&'a str>>, from: &'a str) -> Vec<&'a str> {
    let below = graph.get(from).into_iter().flatten();
    let longest = below
        .map(|krate| chain(graph, krate))
        .max_by_key(Vec::len)
        .unwrap_or_default();
    [&[from], longest.as_slice()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_of_the_table_pass() {
        let tree = Tree::of_crates(&[
            ("ext5-tokenizer", &[]),
            ("ext5-data", &["ext5-tokenizer", "serde"]),
            ("ext5-eval", &["ext5-data"]),
        ]);
        assert_eq!(check(&tree), []);
    }

    #[test]
    fn an_arrow_up_and_an_unknown_crate_are_named() {
        let tree = Tree::of_crates(&[
            ("ext5-data", &["ext5-eval"]),
            ("ext5-eval", &[]),
            ("ext5-x", &[]),
        ]);
        let broken = check(&tree);
        assert_eq!(broken.len(), 2);
        assert!(
            broken[0]
                .message
                .contains("`ext5-data` must not depend on `ext5-eval`")
        );
        assert!(broken[1].message.contains("`ext5-x` has no row"));
    }

    #[test]
    fn a_chain_of_eight_is_too_long() {
        let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let mut graph: BTreeMap<&str, Vec<&str>> =
            names.windows(2).map(|it| (it[0], vec![it[1]])).collect();
        assert!(too_long(&graph).is_some_and(|it| it.message.contains("g -> h has 8")));
        graph.remove("g");
        assert_eq!(too_long(&graph), None);
    }
}

//! Some foreign crates have owners: nobody else names them in a manifest.
use super::Violation;
use super::tree::Tree;

const RULE: &str = "owners";

/// A family of crates and who may depend on it.
struct Owned {
    /// Beginnings of crate names.
    prefixes: &'static [&'static str],
    owners: &'static [&'static str],
    instead: &'static str,
}

const OWNED: &[Owned] = &[
    Owned {
        prefixes: &["burn", "cubecl"],
        owners: &["ext5-kernels", "ext5-model", "ext5-trainer", "ext5-studies"],
        instead: "keep tensors in ext5-model or ext5-trainer; others pass on features only",
    },
    Owned {
        prefixes: &["arrow", "parquet"],
        // The harness makes files to damage.
        owners: &["ext5-data", "ext5-reliability"],
        instead: "read rows through the sources of ext5-data",
    },
    Owned {
        prefixes: &["anyhow", "clap", "indicatif", "console", "crossterm"],
        owners: &["ext5-cli", "xtask"],
        instead: "give the crate a typed error and let ext5-cli talk to the terminal",
    },
];

/// Reports dependencies on a family of [`OWNED`] by a crate that is none of its owners.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut broken = Vec::new();
    for krate in &tree.crates {
        for dependency in &krate.dependencies {
            let family = OWNED
                .iter()
                .find(|it| it.prefixes.iter().any(|p| dependency.starts_with(p)));
            let Some(family) = family else { continue };
            if !family.owners.contains(&krate.name.as_str()) {
                let message = format!(
                    "`{}` must not depend on `{dependency}`, only {:?} may: {}",
                    krate.name, family.owners, family.instead
                );
                let line = tree.line_of(krate, dependency);
                broken.push(Violation::new(&krate.manifest, line, RULE, message));
            }
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_pass_and_others_do_not() {
        let tree = Tree::of_crates(&[
            ("ext5-model", &["burn"]),
            ("ext5-data", &["arrow", "parquet"]),
            ("xtask", &["anyhow", "clap"]),
        ]);
        assert_eq!(check(&tree), []);
        let tree = Tree::of_crates(&[
            ("ext5-eval", &["burn-tensor", "parquet", "serde"]),
            ("ext5-model", &["anyhow"]),
        ]);
        let broken: Vec<_> = check(&tree).into_iter().map(|it| it.path).collect();
        assert_eq!(
            broken,
            [
                "crates/ext5-eval/Cargo.toml",
                "crates/ext5-eval/Cargo.toml",
                "crates/ext5-model/Cargo.toml"
            ]
        );
    }
}

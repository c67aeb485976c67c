use crate::{Error, Result, RunConfig};
use ext5_data::did_you_mean;
use std::path::PathBuf;

/// Built-in recipes: name and TOML.
pub const RECIPES: &[(&str, &str)] = &[
    ("ext5_local", include_str!("../recipes/ext5_local.toml")),
    (
        "finetune_local",
        include_str!("../recipes/finetune_local.toml"),
    ),
    ("micro_ext5", include_str!("../recipes/micro_ext5.toml")),
    (
        "micro_finetune",
        include_str!("../recipes/micro_finetune.toml"),
    ),
    ("micro_t5", include_str!("../recipes/micro_t5.toml")),
    (
        "paper_finetune",
        include_str!("../recipes/paper_finetune.toml"),
    ),
    (
        "paper_pretrain",
        include_str!("../recipes/paper_pretrain.toml"),
    ),
];

/// A built-in recipe with overrides `key=value`.
///
/// # Errors
/// [`Error::Recipe`] for an unknown name, else as [`RunConfig::parse`].
pub fn recipe(name: &str, overrides: &[String]) -> Result<RunConfig> {
    let Some((_, text)) = RECIPES.iter().find(|recipe| recipe.0 == name) else {
        let hint = did_you_mean(name, RECIPES.iter().map(|recipe| recipe.0));
        return Err(Error::Recipe {
            name: name.to_owned(),
            hint,
        });
    };
    RunConfig::parse(
        &PathBuf::from(format!("recipes/{name}.toml")),
        text,
        overrides,
    )
}

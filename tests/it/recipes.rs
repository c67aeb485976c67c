use ext5_trainer::{RECIPES, RunConfig, catalogue, model_config, recipe};
use std::path::Path;

#[test]
fn every_recipe_is_valid_and_names_what_exists() {
    let catalogue = catalogue(&[]).unwrap();
    for (name, _) in RECIPES {
        let config = recipe(name, &[]).unwrap();
        config.validate().unwrap();
        assert!(!config.description.is_empty(), "{name}");
        assert!(
            !catalogue.tasks_of(&config.data.mixture).unwrap().is_empty(),
            "{name}"
        );
        assert!(
            model_config(&config, 1000).unwrap().num_parameters() > 0,
            "{name}"
        );
    }
}

#[test]
fn a_resolved_configuration_reads_back_as_itself() {
    for (name, _) in RECIPES {
        let config = recipe(name, &["trainer.seed=7".to_owned()]).unwrap();
        assert_eq!(config.trainer.seed, 7);
        let text = config.to_toml().unwrap();
        assert_eq!(
            RunConfig::parse(Path::new("run.toml"), &text, &[]).unwrap(),
            config,
            "{name}"
        );
    }
}

use crate::planted_world;
use ext5_findings::{Contrast, Findings, analyse};
use ext5_studies::{Study, StudyOptions, StudySpec};
use ext5_trainer::{Silent, Stop, catalogue};
use std::path::Path;

const STUDY: &str = r#"
name = "planted"
question = "transfer"
scale = "test"
description = "Does a study find a transfer and a harm that were put into the data?"
seeds = [0, 1, 2, 3, 4, 5]

[data]
text = "planted_text"
supervised = "planted"
mixture = "planted_ext5"

[pretrain]
recipe = "micro_t5"
set = ["trainer.steps=60", "trainer.checkpoint_every=0", "data.vocabulary={trained={mixture=\"planted_ext5\",size=512}}"]

[finetune]
recipe = "micro_finetune"
set = ["trainer.steps=200", "data.inputs_length=16", "data.targets_length=8", "data.vocabulary={trained={mixture=\"planted_ext5\",size=512}}"]

[score]
split = "validation"
"#;

/// What training with a second family does to `nli`, against `nli` alone with as many of its own examples.
fn effect<'a>(findings: &'a Findings, family: &str) -> &'a Contrast {
    let mut matrices = findings.matrices.iter();
    let matrix = matrices.find(|it| it.name == "equal data").unwrap();
    let place = |name: &str| matrix.families.iter().position(|it| it == name).unwrap();
    matrix.cells[place(family)][place("nli")].as_ref().unwrap()
}

fn found(dir: &Path, world: u64) -> Findings {
    let tasks = dir.join("tasks");
    planted_world::write(&tasks, world);
    let spec = StudySpec::parse(Path::new("planted.toml"), STUDY, &[]).unwrap();
    let task_dirs = vec![tasks.clone()];
    let grid = spec.grid(&catalogue(&task_dirs).unwrap()).unwrap();
    let study = Study::new(spec, grid, &dir.join("study"), None, "planted").unwrap();
    let options = StudyOptions {
        data_root: Some(tasks),
        task_dirs,
        ..StudyOptions::default()
    };
    let results = study.run(&options, &Stop::default(), &mut Silent).unwrap();
    analyse(&results)
}

/// A rule that another family shares helps, one that contradicts it harms, and both are told from chance.
#[test]
fn a_planted_transfer_and_a_planted_harm_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let world = std::env::var("EXT5_PLANTED").map_or(1, |world| world.parse().unwrap());
    let findings = found(dir.path(), world);
    assert_eq!(findings.incomplete, [""; 0]);
    let helped = effect(&findings, "commonsense");
    assert!(
        helped.is_significant() && helped.difference > 0.0,
        "{helped:?}"
    );
    let harmed = effect(&findings, "classification");
    assert!(
        harmed.is_significant() && harmed.difference < 0.0,
        "{harmed:?}"
    );
    println!("helped {helped:?}\nharmed {harmed:?}");
    // What has nothing to do with it stays between the two.
    let unrelated = effect(&findings, "dialogue").difference;
    assert!(
        unrelated < helped.difference / 2.0 && unrelated > harmed.difference / 2.0,
        "{unrelated}"
    );
}

use std::path::PathBuf;

use ext5_data::{ErrorKind, Format, Task, TaskSpec};
use ext5_tasks::Catalogue;

/// Examples read of each split.
const LIMIT: u64 = 50;

/// The data root, where the environment names one.
fn data_root() -> Option<PathBuf> {
    let shared = std::env::var_os("EXT5_SHARED").map(|shared| PathBuf::from(shared).join("data"));
    if shared.is_none() {
        println!("skipped: EXT5_SHARED is not set");
    }
    shared
}

fn present(task: &TaskSpec, root: &std::path::Path, split: &str) -> bool {
    let patterns = task.source.splits.get(split);
    patterns.is_some_and(|patterns| patterns.iter().all(|pattern| root.join(pattern).is_file()))
}

#[test]
fn every_split_that_is_here_gives_examples() {
    let Some(root) = data_root() else { return };
    let catalogue = Catalogue::built_in().unwrap();
    let mut absent = Vec::new();
    for spec in catalogue
        .tasks()
        .filter(|task| task.source.format == Format::Parquet)
    {
        let task = catalogue.open(&spec.name, &root).unwrap();
        let mut counts = Vec::new();
        for split in task.splits() {
            let read = if task.is_self_supervised() {
                documents(&task, &split)
            } else {
                examples(&task, &split)
            };
            match read {
                Ok(count) => {
                    assert!(count > 0, "{} {split} is empty", spec.name);
                    assert!(present(spec, &root, &split));
                    counts.push(format!("{split} {count}"));
                }
                Err(error) => {
                    assert_eq!(
                        error.kind(),
                        ErrorKind::Missing,
                        "{} {split}: {error}",
                        spec.name
                    );
                    assert!(!present(spec, &root, &split));
                    absent.push(format!("{} {split}", spec.name));
                }
            }
        }
        println!("{:34} {}", spec.name, counts.join(", "));
    }
    println!("absent: {}", absent.join(", "));
}

#[test]
fn members_of_the_local_mixture_have_training_data() {
    let Some(root) = data_root() else { return };
    let catalogue = Catalogue::built_in().unwrap();
    for spec in catalogue.tasks_of("ext5_local").unwrap() {
        assert!(present(spec, &root, "train"), "{}", spec.name);
    }
    // And none with training data is forgotten.
    let members = catalogue.tasks_of("ext5_local").unwrap();
    for spec in catalogue
        .tasks()
        .filter(|task| task.source.format == Format::Parquet)
    {
        let member = members.iter().any(|member| member.name == spec.name);
        assert_eq!(member, present(spec, &root, "train"), "{}", spec.name);
    }
}

/// Number of examples read, each looked at.
fn examples(task: &Task, split: &str) -> ext5_data::Result<usize> {
    let labels = &task.spec().labels;
    let mut count = 0;
    for example in task.examples(split, Some(LIMIT))? {
        let example = example?;
        let name = task.name();
        assert!(
            !example.inputs.trim().is_empty(),
            "{name} {split}: inputs of {}",
            example.id
        );
        assert!(
            !example.targets.trim().is_empty(),
            "{name} {split}: targets of {}",
            example.id
        );
        let unlabelled = split != "train" && example.targets == "<unk>";
        let known = labels.is_empty() || unlabelled || labels.contains(&example.targets);
        assert!(known, "{name} {split}: `{}` is no label", example.targets);
        assert!(
            example
                .references
                .iter()
                .all(|reference| !reference.is_empty()),
            "{name} {split}"
        );
        let of_choices =
            labels.is_empty() || unlabelled || example.choices.contains(&example.targets);
        assert!(
            of_choices,
            "{name} {split}: `{}` is no choice",
            example.targets
        );
        count += 1;
    }
    Ok(count)
}

fn documents(task: &Task, split: &str) -> ext5_data::Result<usize> {
    let mut count = 0;
    for document in task.documents(split, Some(LIMIT))? {
        assert!(!document?.trim().is_empty(), "{} {split}", task.name());
        count += 1;
    }
    Ok(count)
}

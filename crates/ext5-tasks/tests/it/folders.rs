use std::fs;
use std::path::Path;

use ext5_data::ErrorKind;
use ext5_tasks::{Catalogue, Error};

fn task(name: &str) -> String {
    format!(
        "name = \"{name}\"\nfamily = \"other\"\ndescription = \"d\"\ninputs = \"{{{{ a }}}}\"\ntargets = \"{{{{ b }}}}\"\n\
         [source]\nformat = \"jsonl\"\ncolumns = [\"a\", \"b\"]\n[source.splits]\ntrain = [\"x.jsonl\"]\n"
    )
}

fn write(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn a_folder_adds_tasks_mixtures_and_suites() {
    let folder = tempfile::tempdir().unwrap();
    let mixture =
        "name = \"mine\"\n[[members]]\nname = \"first\"\n[[members]]\nname = \"super_glue_cb\"\n";
    let suite = "name = \"scores\"\ndescription = \"d\"\n[[members]]\ntask = \"first\"\nsplit = \"train\"\n";
    write(folder.path(), "tasks/deep/first.toml", &task("first"));
    write(folder.path(), "second.toml", &task("second"));
    write(folder.path(), "mine.toml", mixture);
    write(folder.path(), "scores.toml", suite);
    write(folder.path(), "notes.txt", "not TOML");
    let catalogue = Catalogue::built_in()
        .unwrap()
        .with_dir(folder.path())
        .unwrap();
    assert_eq!(catalogue.task("first").unwrap().name, "first");
    assert!(catalogue.path("second").unwrap().ends_with("second.toml"));
    let tasks = catalogue.tasks_of("mine").unwrap();
    assert_eq!(
        tasks.iter().map(|task| &task.name).collect::<Vec<_>>(),
        ["first", "super_glue_cb"]
    );
    assert_eq!(catalogue.suite("scores").unwrap().members.len(), 1);
    assert!(catalogue.check_all().is_empty());
    // A suite and a mixture may share a name, since no place takes both.
    assert!(catalogue.suite("glue").is_ok() && catalogue.mixture("glue").is_ok());
}

#[test]
fn bad_folders_are_typed_errors() {
    let empty = tempfile::tempdir().unwrap();
    assert!(
        Catalogue::empty()
            .with_dir(empty.path())
            .unwrap()
            .names()
            .is_empty()
    );
    let error = Catalogue::empty()
        .with_dir(&empty.path().join("absent"))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Missing);

    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "cogs.toml", &task("cogs"));
    let error = Catalogue::built_in()
        .unwrap()
        .with_dir(folder.path())
        .unwrap_err();
    assert!(matches!(&error, Error::Duplicate { what: "task", name, .. } if name == "cogs"));
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(
        error
            .to_string()
            .contains("`tasks/semantic_parsing/cogs.toml`"),
        "{error}"
    );

    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "mixtures/cogs.toml",
        "name = \"cogs\"\n[[members]]\nname = \"mtop\"\n",
    );
    let error = Catalogue::built_in()
        .unwrap()
        .with_dir(folder.path())
        .unwrap_err();
    assert!(
        matches!(&error, Error::Duplicate { what: "task", .. }),
        "{error}"
    );

    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "what.toml", "name = \"what\"\n");
    let error = Catalogue::empty().with_dir(folder.path()).unwrap_err();
    assert!(matches!(error, Error::Unclear { .. }));

    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "tasks/t.toml",
        "name = \"t\"\nfamly = \"other\"\n",
    );
    let error = Catalogue::empty().with_dir(folder.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(
        error.to_string().contains("t.toml`, line 2") && error.to_string().contains("`family`")
    );
}

#[test]
fn faults_of_a_users_file_are_all_told() {
    let folder = tempfile::tempdir().unwrap();
    let broken = task("broken").replace("{{ a }}", "{{ c }}").replace(
        "inputs =",
        "postprocess = \"float\"\nmetrics = [\"rouge\", \"rogue\"]\ninputs =",
    );
    write(folder.path(), "broken.toml", &broken);
    write(
        folder.path(),
        "m.toml",
        "name = \"m\"\n[[members]]\nname = \"brokn\"\n",
    );
    write(
        folder.path(),
        "s.toml",
        "name = \"s\"\ndescription = \"d\"\n[[members]]\ntask = \"t\"\n",
    );
    let catalogue = Catalogue::empty().with_dir(folder.path()).unwrap();
    let faults = catalogue.check_all();
    let told = |what: &str, part: &str| {
        faults
            .iter()
            .any(|fault| fault.what == what && fault.problem.contains(part))
    };
    assert!(told("task", "unknown name `c`"), "{faults:?}");
    assert!(told("task", "unknown metric `rogue`"), "{faults:?}");
    assert!(told("task", "`float`"), "{faults:?}");
    assert!(told("mixture", "`brokn`"), "{faults:?}");
    assert!(told("suite", "unknown task `t`"), "{faults:?}");
    assert_eq!(catalogue.check_task("broken").unwrap().len(), 3);
}

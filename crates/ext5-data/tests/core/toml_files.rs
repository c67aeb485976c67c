use std::path::Path;

use ext5_data::{ErrorKind, TaskSpec};

use crate::message;

const HEAD: &str = "name = \"t\"\nfamily = \"nli\"\ndescription = \"d\"\n";
const SOURCE: &str =
    "[source]\nformat = \"csv\"\ncolumns = [\"a\"]\n[source.splits]\ntrain = [\"x\"]\n";

fn problem(text: &str) -> String {
    let error = TaskSpec::parse(Path::new("t.toml"), text).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    message(&error)
}

#[test]
fn errors_name_file_line_and_nearest_key() {
    let text = format!("{HEAD}lables = [\"a\"]\n{SOURCE}");
    let found = problem(&text);
    assert!(
        found.starts_with("`t.toml`, line 4: unknown field `lables`"),
        "{found}"
    );
    assert!(found.ends_with("did you mean `labels`?"), "{found}");

    let found = problem(&format!("{HEAD}{SOURCE}").replace("\"nli\"", "\"nlp\""));
    assert!(
        found.starts_with("`t.toml`, line 2: unknown variant `nlp`"),
        "{found}"
    );
    assert!(found.ends_with("did you mean `nli`?"), "{found}");

    let found = problem(&format!("{HEAD}{SOURCE}").replace("[\"a\"]", "3"));
    assert!(
        found.starts_with("`t.toml`, line 6: invalid type: integer `3`"),
        "{found}"
    );

    let found = problem(&format!("{HEAD}{SOURCE}= 3"));
    assert!(found.starts_with("`t.toml`, line 9: "), "{found}");

    let found = problem(SOURCE);
    assert!(found.contains("missing field `name`"), "{found}");
}

#[test]
fn a_key_below_its_table_is_explained() {
    let text = format!("{HEAD}inputs = \"x\"\ntargets = \"y\"\n{SOURCE}labels = [\"a\"]\n");
    let problems = TaskSpec::parse(Path::new("t.toml"), &text)
        .unwrap()
        .validate();
    assert_eq!(
        problems,
        ["`labels` stands below `[source.splits]`, put it before the first table"]
    );
}

#[test]
fn a_task_written_as_toml_reads_as_itself() {
    let text = format!("{HEAD}inputs = \"x\"\ntargets = \"y\"\n{SOURCE}");
    let spec = TaskSpec::parse(Path::new("t.toml"), &text).unwrap();
    let written = toml::to_string(&spec).unwrap();
    assert_eq!(
        TaskSpec::parse(Path::new("t.toml"), &written).unwrap(),
        spec
    );
}

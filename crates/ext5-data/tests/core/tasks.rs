use std::fs;
use std::path::Path;

use ext5_data::{Error, ErrorKind, Task};
use serde_json::json;

use crate::{row, task};

const NLI: &str = r#"
name = "toy_nli"
family = "nli"
description = "Made-up pairs."
where = "label >= 0"
labels = ["yes", "no"]
inputs = "toy hypothesis: {{ hypothesis }} premise: {{ premise }}"
targets = "{{ label | label_name(labels) }}"
id = "idx"
fields = { label = "label" }
[source]
format = "jsonl"
columns = ["premise", "hypothesis", "label", "idx"]
[source.splits]
train = ["toy/train.jsonl"]
validation = ["toy/validation.jsonl"]
[[examples]]
row = '{"premise": "It rains.", "hypothesis": "It is wet.", "label": 0, "idx": 4}'
inputs = "toy hypothesis: It is wet. premise: It rains."
targets = "yes"
[[examples]]
row = '{"premise": "", "hypothesis": "", "label": -1, "idx": 4}'
expected = []
"#;

fn written(rows: &str) -> (tempfile::TempDir, Task) {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("toy")).unwrap();
    fs::write(dir.path().join("toy/train.jsonl"), rows).unwrap();
    let task = task(dir.path(), NLI).unwrap();
    (dir, task)
}

#[test]
fn rows_become_examples() {
    let (_dir, task) = written(
        "{\"premise\":\"P0\",\"hypothesis\":\"H0\",\"label\":1,\"idx\":7}\n\
         {\"premise\":\"P1\",\"hypothesis\":\"H1\",\"label\":-1,\"idx\":8}\n\
         {\"premise\":\"P2\",\"hypothesis\":\"H2\",\"label\":0,\"idx\":9}\n",
    );
    let examples: Vec<_> = task
        .examples("train", None)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(examples.len(), 2);
    let last = &examples[1];
    assert_eq!(last.inputs, "toy hypothesis: H2 premise: P2");
    assert_eq!(
        (last.targets.as_str(), last.id.as_str(), last.row),
        ("yes", "9", 2)
    );
    assert_eq!(last.references, ["yes"]);
    assert_eq!(last.choices, ["yes", "no"]);
    assert_eq!(last.fields, row(json!({"label": 0})));
    assert_eq!(task.examples("train", Some(1)).unwrap().count(), 1);
    assert_eq!(task.splits(), ["train", "validation"]);
    assert_eq!(task.check_examples(), Vec::<String>::new());
}

#[test]
fn a_bad_row_names_file_row_and_column() {
    let cases = [
        ("7", "label `7` has no name, expected -1 to 1"),
        // Jinja orders texts after numbers, so `where` keeps the row.
        ("\"x\"", "expected the id of a label, got `x`"),
        ("0.5", "expected the id of a label, got `0.5`"),
    ];
    for (label, reason) in cases {
        let rows = format!(
            "{{\"premise\":\"\",\"hypothesis\":\"\",\"label\":0,\"idx\":7}}\n\
             {{\"premise\":\"\",\"hypothesis\":\"\",\"label\":{label},\"idx\":8}}\n"
        );
        let (dir, task) = written(&rows);
        let mut examples = task.examples("train", None).unwrap();
        assert!(examples.next().unwrap().is_ok());
        let error = examples.next().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data);
        let path = dir.path().join("toy/train.jsonl");
        let place = "`toy_nli.targets` from `label`, `labels`";
        let expected = format!("row 2 of `{}`, {place}: {reason}", path.display());
        assert_eq!(error.to_string(), expected);
        assert!(examples.next().is_none());
    }
}

#[test]
fn null_and_absent_values_are_errors_not_empty_text() {
    let (_dir, task) = written("");
    let render = |value| task.render("train", &row(value)).unwrap_err().to_string();
    let null = render(json!({"premise": null, "hypothesis": "H", "label": 0, "idx": 1}));
    assert!(
        null.contains("`toy_nli.inputs` from `hypothesis`, `premise`: a value is null"),
        "{null}"
    );
    let absent = render(json!({"hypothesis": "H", "label": 0, "idx": 1}));
    assert!(absent.contains("undefined"), "{absent}");
}

#[test]
fn absent_data_are_missing() {
    let task = task(Path::new("/nowhere/at/all"), NLI).unwrap();
    for error in [
        task.examples("train", None).err().unwrap(),
        task.fingerprint("train").unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Missing);
    }
    assert_eq!(
        task.examples("tset", None).err().unwrap().kind(),
        ErrorKind::Request
    );
    assert_eq!(
        task.documents("train", None).err().unwrap().kind(),
        ErrorKind::Request
    );
}

#[test]
fn all_problems_come_at_once() {
    let text = NLI
        .replace("{{ premise }}", "{{ premis }}")
        .replace("id = \"idx\"", "id = \"idx +\"\ngroup = \"zebra\"")
        .replace("description = \"Made-up pairs.\"", "description = \"\"")
        .replace("labels = [\"yes\", \"no\"]", "labels = [\"yes\", \"yes\"]");
    let Err(Error::Invalid {
        what: "task",
        problems,
        ..
    }) = task(Path::new(""), &text)
    else {
        panic!("expected an invalid task");
    };
    assert_eq!(problems[0], "`description` is empty");
    assert_eq!(problems[1], "`labels` names `yes` twice");
    assert_eq!(
        problems[2],
        "`inputs` reads the unknown name `premis`, did you mean `premise`?"
    );
    assert!(problems[3].starts_with("`toy_nli.id`: "), "{}", problems[3]);
    assert!(
        problems[4].starts_with("`group` reads the unknown name `zebra`, there are "),
        "{}",
        problems[4]
    );
    assert_eq!(problems.len(), 5);
}

#[test]
fn an_unknown_filter_is_the_fault_of_the_task_and_has_a_near_name() {
    let text = NLI.replace("label_name(labels)", "labelname(labels)");
    let task = task(Path::new(""), &text).unwrap();
    let problems = task.check_examples();
    assert!(
        problems[0].contains("did you mean `label_name`?"),
        "{problems:?}"
    );
    let value = json!({"premise": "", "hypothesis": "", "label": 0, "idx": 1});
    assert_eq!(
        task.render("train", &row(value)).unwrap_err().kind(),
        ErrorKind::Config
    );
}

#[test]
fn a_template_without_end_is_stopped() {
    for endless in [
        "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
        "{{ 'x' * 99999999 * 99 }}",
    ] {
        let text = NLI.replace("{{ premise }}", endless);
        let task = task(Path::new(""), &text).unwrap();
        let value = json!({"premise": "", "hypothesis": "", "label": 0, "idx": 1});
        task.render("train", &row(value)).unwrap_err();
    }
}

#[test]
fn wrong_examples_are_reported_and_right_ones_are_not() {
    let text = NLI.replace("targets = \"yes\"", "targets = \"no\"");
    let problems = task(Path::new(""), &text).unwrap().check_examples();
    assert_eq!(
        problems,
        ["example 1 of `toy_nli`: targets: expected `no`, got `yes`"]
    );
    let text = NLI.replace("\"idx\": 4}", "\"id\": 4}");
    let problems = task(Path::new(""), &text).unwrap().check_examples();
    assert_eq!(
        problems[0],
        "example 1 of `toy_nli`: its row has no column `idx`, did you mean `id`?"
    );
}

const QUESTIONS: &str = r#"
name = "toy_qa"
family = "reading_comprehension"
description = "Made-up questions."
inputs = "{{ asked }}"
targets = "{{ answer }}"
references = "answers"
where = "answer != 'skip'"
explode = { list = "answers", as = "answer", splits = ["train"] }
[source]
format = "jsonl"
columns = ["question", "answers"]
[source.splits]
train = ["t"]
test = ["t"]
[[let]]
name = "short"
value = "question | without_suffix('?')"
[[let]]
name = "asked"
template = "{{ short }} {{ answer_index }}"
"#;

#[test]
fn lists_explode_where_they_should_and_lets_build_on_each_other() {
    let task = task(Path::new(""), QUESTIONS).unwrap();
    let render = |split: &str, answers| {
        let row = row(json!({"question": "who?", "answers": answers}));
        let examples = task.render(split, &row).unwrap();
        let short = |example: ext5_data::Example| (example.id, example.inputs, example.targets);
        examples.into_iter().map(short).collect::<Vec<_>>()
    };
    let triple = |id: &str, inputs: &str, targets: &str| (id.into(), inputs.into(), targets.into());
    let both = [triple("0/0", "who 0", "A"), triple("0/2", "who 2", "B")];
    assert_eq!(render("train", json!(["A", "skip", "B"])), both);
    assert_eq!(render("train", json!([])), []);
    assert_eq!(render("train", json!(null)), []);
    assert_eq!(
        render("test", json!(["A", "B"])),
        [triple("0/0", "who 0", "A")]
    );
    assert_eq!(render("test", json!([])), [triple("0/0", "who 0", "")]);
    assert_eq!(
        task.render("test", &row(json!({"question": "", "answers": ["A", "B"]})))
            .unwrap()[0]
            .references,
        ["A", "B"]
    );
}

#[test]
fn documents_are_yielded_as_text() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(
        dir.path().join("a.jsonl"),
        "{\"text\": \"One.\"}\n{\"text\": \"Two.\"}\n",
    )
    .unwrap();
    let text = r#"
name = "plain"
family = "self_supervised"
description = "Made-up text."
text = "{{ text }}"
[source]
format = "jsonl"
columns = ["text"]
[source.splits]
train = ["a.jsonl"]
[objective]
kind = "span_corruption"
[[examples]]
row = '{"text": "x"}'
text = "x"
"#;
    let task = task(dir.path(), text).unwrap();
    assert!(task.is_self_supervised());
    let documents: Vec<_> = task
        .documents("train", None)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(documents, ["One.", "Two."]);
    assert_eq!(task.check_examples(), Vec::<String>::new());
    assert_eq!(
        task.examples("train", None).err().unwrap().kind(),
        ErrorKind::Request
    );
}

#[test]
fn fingerprints_follow_the_text_and_the_data_alone() {
    let line = "{\"premise\":\"\",\"hypothesis\":\"\",\"label\":0,\"idx\":7}\n";
    let (dir, original) = written(line);
    let first = original.fingerprint("train").unwrap();
    let with = |from: &str, to: &str| {
        task(dir.path(), &NLI.replace(from, to))
            .unwrap()
            .fingerprint("train")
            .unwrap()
    };
    assert_eq!(with("Made-up pairs.", "Pairs, made up."), first);
    assert_ne!(with("toy hypothesis", "toy: hypothesis"), first);
    assert_ne!(with("\"no\"]", "\"not\"]"), first);
    fs::write(dir.path().join("toy/train.jsonl"), line.repeat(2)).unwrap();
    assert_ne!(original.fingerprint("train").unwrap(), first);
}

#[test]
fn the_micro_world_is_a_source_like_any_other() {
    let source = |table: &str, columns: &[&str]| {
        let text = format!(
            "name = \"t\"\nfamily = \"self_supervised\"\ndescription = \"d\"\n\
             text = \"{{{{ {} }}}}\"\n[source]\nformat = \"micro_world\"\ntable = \"{table}\"\n\
             columns = {columns:?}\n[source.splits]\ntrain = []\n",
            columns[0]
        );
        task(Path::new(""), &text).unwrap()
    };
    for table in ext5_data::micro_world::tables() {
        let columns = ext5_data::micro_world::columns(table).unwrap();
        let task = source(table, columns);
        assert!(
            task.documents("train", Some(3))
                .unwrap()
                .all(|text| text.is_ok()),
            "{table}"
        );
        assert_eq!(
            task.fingerprint("train").unwrap(),
            source(table, columns).fingerprint("train").unwrap()
        );
        let missing = source(table, &["no_such_column"]);
        let error = missing
            .documents("train", None)
            .unwrap()
            .next()
            .unwrap()
            .unwrap_err();
        assert!(matches!(error, Error::Column { .. }), "{error}");
    }
    let error = source("no_such_table", &["x"])
        .documents("train", None)
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::Request);
}

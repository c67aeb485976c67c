//! The files of an evaluation, against what lm-evaluation-harness, `huggingface_hub`, and Python's csv and zipfile read in them
//! (`outputs.json`, recorded by `tests/golden/export_outputs.py`). What is written lies in `tests/golden/outputs/`.
use std::collections::BTreeMap;

use ext5_data::Family;
use ext5_eval::{Card, CardDataset, MemberSpec, Outcome, SuiteReport, SuiteSpec, TaskReport};
use serde_json::Value;

use crate::on_disk::{identity, report, score};

fn reports() -> Vec<TaskReport> {
    let mut noted = report(
        "super_glue_axb",
        "test",
        vec![score("matthews_corrcoef", "matthews_corrcoef", None)],
    );
    noted.notes = vec!["the first 250 rows | only".to_owned()];
    vec![
        report(
            "super_glue_cb",
            "validation",
            vec![
                score("mean_3class_f1", "mean_3class_f1", Some(70.25)),
                score("accuracy", "accuracy", Some(85.5)),
            ],
        ),
        report(
            "super_glue_record",
            "validation",
            vec![
                score("record", "em", Some(60.0)),
                score("record", "f1", Some(61.0)),
            ],
        ),
        report(
            "words",
            "test",
            vec![
                score("bleu", "bleu", Some(12.5)),
                score("bleu_13a", "bleu", Some(12.75)),
                score("edit_distance", "min", Some(-0.5)),
            ],
        ),
        noted,
    ]
}

fn suite(reports: &[TaskReport]) -> SuiteReport {
    let member = |report: &TaskReport| MemberSpec {
        task: report.task.clone(),
        split: report.split.clone(),
        metrics: Vec::new(),
        diagnostic: report.split == "test",
    };
    let spec = SuiteSpec {
        name: "small".to_owned(),
        description: "Two tasks & more.".to_owned(),
        members: reports.iter().map(member).collect(),
    };
    SuiteReport::new(&spec, reports.iter().cloned().map(Ok).collect()).unwrap()
}

fn card(outcome: Outcome<'_>, licence: Option<&str>) -> String {
    let record = CardDataset {
        task_type: "question-answering",
        id: "aps/super_glue".to_owned(),
        config: Some("record".to_owned()),
        revision: None,
        splits: BTreeMap::from([("validation".to_owned(), "dev".to_owned())]),
    };
    let datasets = BTreeMap::from([("super_glue_record".to_owned(), record)]);
    let training = [("mixture".to_owned(), "exmix".to_owned())];
    let card = Card {
        name: "my: \"small\" model \u{85}é😀",
        outcome,
        datasets: &datasets,
        training: &training,
        licence,
    };
    card.render()
}

fn recorded() -> Value {
    serde_json::from_str(include_str!("../golden/outputs.json")).unwrap()
}

#[test]
fn what_is_written_is_what_others_were_given_to_read() {
    let (identity, reports) = (identity(), reports());
    let suite = suite(&reports);
    let outcome = Outcome {
        identity: &identity,
        reports: &reports,
        suite: Some(&suite),
    };
    let dir = tempfile::tempdir().unwrap();
    outcome.write(dir.path()).unwrap();
    let written = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    // A suite's own table is no matter of these files.
    let alone = Outcome {
        suite: None,
        ..outcome
    };
    assert!(written("results.md").contains(&suite.to_markdown()));
    assert!(card(outcome, None).contains(&suite.to_markdown()));
    assert_eq!(
        alone.markdown(),
        include_str!("../golden/outputs/results.md")
    );
    for (name, kept) in [
        (
            "results.json",
            include_str!("../golden/outputs/results.json"),
        ),
        ("results.csv", include_str!("../golden/outputs/results.csv")),
        ("results.tex", include_str!("../golden/outputs/results.tex")),
    ] {
        assert_eq!(written(name), kept, "{name}");
    }
    let kept = include_str!("../golden/outputs/card.md");
    assert_eq!(card(alone, Some("apache-2.0")), kept);
    assert!(card(outcome, None).contains("Whoever publishes the model must name one"));
}

#[test]
fn lm_eval_makes_its_table_of_results() {
    let recorded = recorded();
    let rows = recorded["results_table"].as_array().unwrap();
    let row = |metric: &str| {
        let found = rows.iter().find(|row| row[4] == metric);
        found
            .unwrap_or_else(|| panic!("no row for {metric}"))
            .as_array()
            .unwrap()
    };
    // Task, version, filter, shots, metric, direction, value, sign, error: half of 4 points by 1.96 is 1.0204.
    assert_eq!(
        row("acc")[2..],
        ["none", "0", "acc", "↑", "0.8550", "±", "0.0102"]
    );
    assert_eq!(row("em")[4..], ["em", "↑", "0.6000", "±", "0.0102"]);
    assert_eq!(row("bleu_13a.bleu")[6..], ["12.7500", "±", "1.0204"]);
    assert_eq!(row("bleu.bleu")[6..], ["12.5000", "±", "N/A"]);
    assert_eq!(row("min")[5..], ["↓", "-0.5000", "±", "1.0204"]);
    assert_eq!(row("mcc")[6], "NaN");
    assert_eq!(rows.len(), 9);
    let groups = &recorded["groups_table"];
    // The mean of 77.875 and 60.5, times 100 as T5 has it.
    let wanted = ["average", "↑", "69.1875", "±", "N/A"];
    assert_eq!(groups[0].as_array().unwrap()[4..], wanted);
}

#[test]
fn the_hub_reads_the_scores_of_a_card() {
    let card = &recorded()["card"];
    assert_eq!(card["name"], "my: \"small\" model \u{85}é😀");
    assert_eq!(card["license"], "apache-2.0");
    let found = card["evaluations"].as_array().unwrap();
    let wanted: Vec<_> = reports()
        .into_iter()
        .flat_map(|report| report.scores)
        .filter(|score| score.value.is_some())
        .collect();
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(wanted) {
        assert_eq!(found["value"].as_f64(), wanted.value);
        assert_eq!(found["signature"], wanted.signature);
        let name = found["metric_name"].as_str().unwrap();
        assert!(name == wanted.name || name == format!("{}.{}", wanted.metric, wanted.name));
    }
    let record = found
        .iter()
        .find(|it| it["metric"] == "exact_match")
        .unwrap();
    assert_eq!(record["dataset"], "aps/super_glue");
    assert_eq!(
        (&record["config"], &record["split"]),
        (&"record".into(), &"dev".into())
    );
    assert_eq!(found[0]["task"], "text2text-generation");
}

#[test]
fn csv_and_zip_are_read_by_python() {
    let recorded = recorded();
    let rows = recorded["csv"].as_array().unwrap();
    let scores: Vec<_> = reports()
        .into_iter()
        .flat_map(|report| report.scores)
        .collect();
    assert_eq!(rows.len(), scores.len());
    for (row, score) in rows.iter().zip(scores) {
        assert_eq!(row["signature"], score.signature);
        let value = row["value"].as_str().unwrap().parse().ok();
        assert_eq!(value, score.value);
    }
    assert_eq!(recorded["zip"]["damaged"], Value::Null);
    assert_eq!(recorded["zip"]["members"].as_object().unwrap().len(), 5);
}

#[test]
fn data_sets_are_those_that_task_files_name() {
    let spec: ext5_data::TaskSpec = serde_json::from_value(serde_json::json!({
        "name": "qa", "family": Family::ReadingComprehension, "description": "Made up.",
        "source": {
            "format": "jsonl", "columns": [],
            "hub": { "id": "a/b", "config": "c", "splits": { "validation": "dev" } },
            "splits": {},
        },
    }))
    .unwrap();
    let found = CardDataset::of(&spec);
    assert_eq!(
        (found.id.as_str(), found.task_type),
        ("a/b", "question-answering")
    );
    assert_eq!(found.splits["validation"], "dev");
}

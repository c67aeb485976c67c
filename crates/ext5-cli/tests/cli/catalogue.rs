//! The commands about tasks, mixtures and data.
use super::{ext5, json};
use serde_json::Value;
use std::fs;
use std::path::Path;

fn run(dir: &Path, line: &str) -> Value {
    let mut arguments: Vec<&str> = line.split_whitespace().collect();
    arguments.push("--json");
    json(&ext5(dir, &arguments))
}

/// Exit code and message of a command that must fail.
fn failure(dir: &Path, line: &str) -> (i32, String) {
    let arguments: Vec<&str> = line.split_whitespace().collect();
    super::failure(&ext5(dir, &arguments))
}

#[test]
fn exmix_has_107_tasks_and_all_files_are_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let listed = run(dir.path(), "task list --mixture exmix");
    assert_eq!(listed["tasks"].as_array().unwrap().len(), 107);
    let checked = run(dir.path(), "task check --all");
    assert_eq!(checked["exmix"]["tasks"], 107);
    let said = listed["provenance"].as_object().unwrap();
    let sum: u64 = said.values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(sum, 107);
    assert_eq!(said["outside"], 0);
    let plan = run(dir.path(), "mixture plan ext5 --published");
    let shares = plan["tasks"].as_array().unwrap();
    let share = |task: &Value| task["share"].as_f64().unwrap();
    let text = shares.iter().find(|task| task["task"] == "c4_en").unwrap();
    assert!((share(text) - 2.0 / 3.0).abs() < 1e-9);
    assert!((shares.iter().map(share).sum::<f64>() - 1.0).abs() < 1e-9);
    let line = "mixture plan ext5 --published --set data.ratio=0.5";
    let plan = run(dir.path(), line);
    let text = plan["tasks"].as_array().unwrap().iter();
    let text = text.filter(|task| task["task"] == "c4_en").map(share);
    assert!((text.sum::<f64>() - 1.0 / 3.0).abs() < 1e-9);
    let absent = failure(dir.path(), "task stats super_glue_cb");
    assert_eq!(absent.0, 66, "{}", absent.1);
}

#[test]
fn a_users_file_becomes_a_task_that_is_trained_on() {
    let dir = tempfile::tempdir().unwrap();
    let rows: String = (0..50)
        .map(|row| format!("review {row} of the film,{}\n", ["good", "bad"][row % 2]))
        .collect();
    fs::write(
        dir.path().join("reviews.csv"),
        format!("review,verdict\n{rows}"),
    )
    .unwrap();
    let places = "--data-root data --task-dir mine";
    run(
        dir.path(),
        "task new reviews reviews.csv --output mine/reviews.toml",
    );
    let again = "task new reviews reviews.csv --output mine/reviews.toml";
    assert_eq!(failure(dir.path(), again).0, 73);
    run(dir.path(), &format!("task check reviews {places}"));
    let absent = failure(dir.path(), &format!("task stats reviews {places}"));
    assert_eq!(absent.0, 66, "{}", absent.1);
    assert!(absent.1.contains("data fetch"), "{}", absent.1);
    run(
        dir.path(),
        &format!("data add reviews --split train reviews.csv {places}"),
    );
    let stats = run(dir.path(), &format!("task stats reviews {places}"));
    assert_eq!(stats["splits"][0]["examples"], 50);
    fs::write(
        dir.path().join("mine/mix.toml"),
        "name = \"mix\"\nmembers = [\"reviews\", \"micro_opinion\"]\n",
    )
    .unwrap();
    let small = "--set data.inputs_length=64 --set data.targets_length=24 --set data.max_examples=200 --set data.vocabulary={bytes={extra_ids=100}}";
    let plan = run(
        dir.path(),
        &format!("mixture plan mix --recipe micro_ext5 {places} {small}"),
    );
    assert_eq!(plan["plan"]["tasks"].as_array().unwrap().len(), 2);
    let shown = format!("task show mix --packed --recipe micro_ext5 {places} {small}");
    let packed = run(dir.path(), &shown);
    assert_eq!(packed["rows"].as_array().unwrap().len(), 3);
    let train = format!(
        "train --recipe micro_ext5 --set data.mixture=mix --set trainer.steps=2 --set trainer.batch_rows=4 --run-dir runs/mine {places} {small}"
    );
    assert_eq!(run(dir.path(), &train)["steps"], 2);
    // What was added is pinned: a change is found.
    run(dir.path(), "data verify --data-root data");
    fs::write(
        dir.path().join("data/reviews/train.csv"),
        "review,verdict\nx,good\n",
    )
    .unwrap();
    let (code, message) = failure(dir.path(), "data verify --data-root data");
    assert_eq!(code, 65);
    assert!(message.contains("altered: reviews/train.csv"), "{message}");
}

#[test]
fn shards_prepare_what_one_process_prepares() {
    let dir = tempfile::tempdir().unwrap();
    let prepare = |shard: &str, cache: &str| {
        let line = format!(
            "data prepare micro_ext5 --recipe micro_ext5 --shard {shard} --set data.cache={cache} --set data.vocabulary={{bytes={{extra_ids=100}}}}"
        );
        run(dir.path(), &line)
    };
    let whole = prepare("1/1", "whole");
    for shard in ["2/3", "3/3", "1/3"] {
        prepare(shard, "shared");
    }
    let read = |cache: &str| fs::read(dir.path().join(cache).join("prepared-micro_ext5.json"));
    assert_eq!(read("whole").unwrap(), read("shared").unwrap());
    assert_eq!(whole["pending"].as_array().unwrap().len(), 0);
    for shard in ["3/2", "0/0", "x"] {
        let line = format!("data prepare micro_ext5 --recipe micro_ext5 --shard {shard}");
        assert_eq!(failure(dir.path(), &line).0, 64, "{shard}");
    }
}

#[test]
fn leaks_and_a_page_are_shown_without_data() {
    let dir = tempfile::tempdir().unwrap();
    let leaks = run(
        dir.path(),
        "mixture leaks micro_exmix --against micro_heldout_reading --limit 200",
    );
    assert_eq!(
        leaks["leaks"]["evaluation"][0]["task"],
        "micro_heldout_reading"
    );
    let view = "data view micro_ext5 --recipe micro_ext5 --limit 100 --set data.max_examples=200 --set data.vocabulary={bytes={extra_ids=100}} --output view.html";
    run(dir.path(), view);
    let page = fs::read_to_string(dir.path().join("view.html")).unwrap();
    assert!(page.contains("Content-Security-Policy"));
    assert!(page.contains("micro_opinion"));
    assert!(!page.contains("http://") || page.contains("http://www.w3.org"));
}

#[test]
fn what_cannot_be_is_said_at_once_and_by_name() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), "x").unwrap();
    for (line, code, part) in [
        ("task list --family nly", 64, "did you mean `nli`?"),
        (
            "task show micro_ext5 --packed --recipe micro_ext5 --from 1000000001",
            2,
            "1000000000",
        ),
        (
            "data add super_glue_cb --split train nowhere.parquet --data-root data",
            66,
            "file `nowhere.parquet` does not exist",
        ),
        // Before anything is counted.
        (
            "data view micro_ext5 --recipe micro_ext5 --output file/view.html",
            74,
            "file",
        ),
        (
            "data view micro_ext5 --recipe micro_ext5 --output .",
            64,
            "is a directory",
        ),
    ] {
        let (found, message) = failure(dir.path(), line);
        assert_eq!(found, code, "{line}: {message}");
        assert!(message.contains(part), "{line}: {message}");
    }
    let listed = run(dir.path(), "task list --family nli");
    assert!(listed["count"].as_u64().unwrap() > 5);
}

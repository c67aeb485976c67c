//! What users see of speed: the machine, a run's plan, a run's own log.
use super::{SMALL, ext5, failure, json, train};
use serde_json::Value;
use std::fs;

#[test]
fn doctor_says_what_to_train_on_and_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let value = json(&ext5(dir.path(), &["doctor", "--json"]));
    let names: Vec<&str> = value["devices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["cuda", "vulkan", "wgpu", "cpu", "flex"]);
    for device in value["devices"].as_array().unwrap() {
        assert_eq!(device["opens"] == true, device["missing"].is_null());
        let missing = device["missing"].as_str().unwrap_or_default();
        assert_eq!(
            device["compiled"] == false,
            missing.contains("cargo install")
        );
    }
    assert!(names.contains(&value["choose"].as_str().unwrap()));
    assert!(!value["why"].as_str().unwrap().is_empty());
    assert!(["portable", "avx2", "avx512"].contains(&value["isa"].as_str().unwrap()));
    let rate = value["product_gflops"].as_f64().unwrap();
    let tokens = value["expected"]["tokens_per_s"].as_f64().unwrap();
    let each = value["expected"]["flops_per_token"].as_f64().unwrap();
    assert!(rate > 0.0 && value["threads"].as_u64().unwrap() >= 1);
    assert!((tokens * each / (rate * 1e9) - 0.8).abs() < 1e-9);
    assert!(
        value["expected"]["how"]
            .as_str()
            .unwrap()
            .contains("estimate")
    );
    if cfg!(target_os = "linux") {
        assert!(value["memory_available_mib"].as_f64().unwrap() > 0.0);
        assert!(value["disk_free_mib"].as_f64().unwrap() > 0.0);
    }
    assert_eq!(value["faults"].as_array().unwrap().len(), 0);
    let text = String::from_utf8(ext5(dir.path(), &["doctor"]).stdout).unwrap();
    assert!(text.starts_with("train on `"), "{text}");
}

#[test]
fn a_run_keeps_its_speed_beside_its_log() {
    let dir = tempfile::tempdir().unwrap();
    let first = ["--set", "trainer.steps=4"];
    let report = json(&ext5(
        dir.path(),
        &[train("run", &first), vec!["--json"]].concat(),
    ));
    let lines = || {
        let text = fs::read_to_string(dir.path().join("run/speed.jsonl")).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.collect::<Vec<Value>>()
    };
    let steps = |lines: &[Value]| -> Vec<u64> {
        let steps = lines.iter().map(|line| line["step"].as_u64().unwrap());
        steps.collect()
    };
    assert_eq!(steps(&lines()), [1, 2, 3, 4]);
    for line in &lines()[1..] {
        let number = |key: &str| line[key].as_f64().unwrap();
        assert!(number("tokens_per_s") > 0.0 && number("seconds") > 0.0);
        let sides = number("inputs_per_s") + number("targets_per_s");
        assert!((sides / number("tokens_per_s") - 1.0).abs() < 1e-9);
        assert!((number("steps_per_s") * number("seconds") - 1.0).abs() < 1e-9);
        assert!(number("gflops") > 0.0 && number("mfu") > 0.0);
        assert!((0.0..=1.0).contains(&number("waited_share")));
        if cfg!(target_os = "linux") {
            assert!(number("peak_rss_mib") >= number("rss_mib"));
        }
    }
    let kept = fs::read(dir.path().join("run/speed.json")).unwrap();
    let kept: Value = serde_json::from_slice(&kept).unwrap();
    assert_eq!(kept, report["speed"]);
    assert_eq!(kept["steps"], 4);
    assert!(kept["first_step_s"].as_f64().unwrap() > 0.0);
    let log = fs::read_to_string(dir.path().join("run/metrics.jsonl")).unwrap();
    assert!(!log.contains("tokens_per_s") && !log.contains("seconds"));

    let on = [
        "train",
        "--resume",
        "--run-dir",
        "run",
        "--quiet",
        "--set",
        "trainer.steps=6",
    ];
    assert!(ext5(dir.path(), &on).status.success());
    assert_eq!(steps(&lines()), [1, 2, 3, 4, 5, 6]);
    let kept = fs::read(dir.path().join("run/speed.json")).unwrap();
    let kept: Value = serde_json::from_slice(&kept).unwrap();
    assert_eq!(kept["steps"], 2, "those of this process");
}

#[test]
fn a_plan_tells_memory_as_a_few_real_steps_take_it() {
    let dir = tempfile::tempdir().unwrap();
    // Larger than the program itself, so that the formulas are what is compared.
    let mut arguments = vec!["plan", "--recipe", "micro_ext5", "--json"];
    arguments.extend(SMALL);
    let model = [
        "--set",
        "model.preset=\"mini\"",
        "--set",
        "trainer.batch_rows=64",
        "--steps-probe",
        "3",
    ];
    let plan = json(&ext5(
        dir.path(),
        &[arguments.as_slice(), model.as_slice()].concat(),
    ));
    let number = |value: &Value| value.as_f64().unwrap();
    let probe = &plan["probe"];
    assert_eq!(probe["steps"], 3);
    let parts = plan["memory"].as_array().unwrap();
    let sum: f64 = parts.iter().map(|part| number(&part["mib"])).sum();
    assert!((sum - number(&plan["memory_mib"])).abs() < 1e-6);
    if cfg!(target_os = "linux") {
        let ratio = number(&probe["peak_rss_mib"]) / sum;
        assert!((0.8..=1.25).contains(&ratio), "{ratio}: {plan}");
    }
    let seconds = number(&probe["seconds_per_step"]) * number(&plan["steps"]);
    assert!((number(&plan["run_seconds"]) / seconds - 1.0).abs() < 1e-9);
    assert!(
        !dir.path().join("runs/plan").exists(),
        "a probe leaves nothing"
    );
}

#[test]
fn a_plan_by_formulas_alone_reads_no_data_and_wrong_configurations_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut arguments = vec!["plan", "--recipe", "micro_t5", "--no-probe", "--json"];
    arguments.extend(["--set", "data.vocabulary={bytes={extra_ids=100}}"]);
    let plan = json(&ext5(dir.path(), &arguments));
    assert!(plan["probe"].is_null() && plan["run_seconds"].is_null());
    // ByT5's 259 bytes and specials and 100 sentinels fill 384 rows.
    let (d, a, f) = (64, 64, 128);
    let attention = 4 * d * a + d;
    let blocks = 2 * (3 * attention + 2 * (3 * d * f + d));
    let parameters = 2 * 384 * d + blocks + 2 * (d + 32 * 2);
    assert_eq!(plan["parameters"], parameters);
    let tokens = (
        &plan["micro_batch"]["inputs_tokens"],
        &plan["micro_batch"]["targets_tokens"],
    );
    assert_eq!(tokens, (&Value::from(16 * 64), &Value::from(16 * 32)));
    arguments.extend(["--set", "trainer.batch_rows=0"]);
    let (code, message) = failure(&ext5(dir.path(), &arguments));
    assert_eq!(code, 78, "{message}");
    assert!(message.contains("batch_rows"), "{message}");
}

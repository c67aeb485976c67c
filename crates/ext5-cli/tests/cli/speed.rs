//! What users see of speed: the machine, a run's plan, a run's own log.
use super::{ext5, json};

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
    assert_eq!(names, ["cuda", "vulkan", "wgpu", "flex"]);
    for device in value["devices"].as_array().unwrap() {
        assert_eq!(device["opens"] == true, device["missing"].is_null());
        let missing = device["missing"].as_str().unwrap_or_default();
        let feature = format!("--features {}", device["name"].as_str().unwrap());
        assert_eq!(device["compiled"] == false, missing.contains(&feature));
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

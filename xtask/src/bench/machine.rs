//! The machine that measured.
use std::fs;
use std::process::Command;
use std::thread;

use serde_json::{Value, json};

/// Features of processors that decide which kernels run.
const FEATURES: &[&str] = &[
    "avx2",
    "fma",
    "avx512f",
    "avx512_bf16",
    "amx_bf16",
    "asimd",
    "bf16",
];

/// Processor, cores, memory, GPU; what the system does not tell is left out.
pub(super) fn facts() -> Value {
    json!({
        "processor": processor("model name"), "features": features(), "cores": cores(), "memory_gib": memory_gib(),
        "system": std::env::consts::OS, "architecture": std::env::consts::ARCH, "gpu": gpu(),
        "load": fs::read_to_string("/proc/loadavg").ok().and_then(|text| Some(text.split_whitespace().next()?.to_owned())),
    })
}

/// Whether the processor multiplies bf16 numbers itself.
pub(super) fn has_bf16() -> bool {
    features().iter().any(|feature| feature.contains("bf16"))
}

/// Those of `FEATURES` that the processor has.
fn features() -> Vec<&'static str> {
    let flags = processor("flags")
        .or_else(|| processor("Features"))
        .unwrap_or_default();
    let flags: Vec<&str> = flags.split_whitespace().collect();
    let has = |feature: &&&str| flags.contains(*feature);
    FEATURES.iter().filter(has).copied().collect()
}

/// What the system says of the first processor.
fn processor(field: &str) -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with(field))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// `training-<hardware>`.
pub(super) fn page_name() -> String {
    format!("training-{}core-cpu", cores())
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn memory_gib() -> Option<f64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let kib: f64 = text
        .lines()
        .next()?
        .split_whitespace()
        .nth(1)?
        .parse()
        .ok()?;
    Some((kib / f64::from(1 << 20)).round())
}

/// The first card that NVIDIA's driver names.
fn gpu() -> Option<String> {
    let output = Command::new("nvidia-smi").arg("-L").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let first = text.lines().next()?;
    output
        .status
        .success()
        .then(|| first.split(" (").next().unwrap_or(first).to_owned())
}

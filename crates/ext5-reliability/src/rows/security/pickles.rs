//! S3: weights that torch has pickled, and programs that look like them.
mod samples;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use ext5_architecture::Weights;
use serde_json::json;

use super::tour::Tour;
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};
use samples::{Sample, samples};

pub(super) const ROW: Row = Row {
    id: "S3",
    what: "hostile `.pt` files, and one that torch has written",
    tier: Tier::P,
    defect: "an interpreter that allows one name more",
    run,
};

/// What torch has saved of a tiny T5, with its configuration.
const REAL: &[u8] = include_bytes!("../../../../ext5-architecture/tests/golden/torch.bin");
const CONFIG: &str = include_str!("../../../../ext5-architecture/tests/golden/config.json");

/// Peak of memory that a refusal may take, MiB.
const MOST_MIB: u64 = 256;

fn run(place: &Place) -> Result<Figure, Failure> {
    let dir = place.dir("pickles")?;
    let marker = dir.join("was-run");
    let mut samples = samples(&format!("touch {}", marker.display()));
    if place.seeded {
        samples.iter_mut().for_each(allow_one_more);
    }
    let (mut accepted, mut unclear, mut slowest) = (Vec::new(), Vec::new(), Duration::ZERO);
    let before = memory_mib(true);
    for sample in &samples {
        let start = Instant::now();
        match Weights::default().add_torch("pytorch_model.bin", &sample.file) {
            Ok(()) => accepted.push(sample.what),
            Err(error)
                if !error
                    .to_string()
                    .starts_with("`pytorch_model.bin` is refused: ") =>
            {
                unclear.push(sample.what);
            }
            Err(_) => {}
        }
        slowest = slowest.max(start.elapsed());
    }
    let used = memory_mib(false).saturating_sub(before);
    let whole = if place.seeded {
        None
    } else {
        commands(place, &dir, &samples)?
    };
    let was_run = marker.exists();
    let shown = accepted
        .first()
        .map(|it| format!("; accepted: {it}"))
        .unwrap_or_default();
    let wrong = whole.map(|it| format!("; {it}")).unwrap_or_default();
    Ok(Figure::new(
        format!(
            "{} of {} refused, {} without a clear word, run: {was_run}, {used} MiB at most, slowest {} ms{shown}{wrong}",
            samples.len() - accepted.len(),
            samples.len(),
            unclear.len(),
            slowest.as_millis()
        ),
        "40 samples at least, all refused, nothing run, 256 MiB; torch's own file read; no pickle read unasked",
        accepted.is_empty()
            && unclear.is_empty()
            && wrong.is_empty()
            && samples.len() >= 40
            && !was_run
            && used <= MOST_MIB,
    ))
}

/// The same by the command; answers what it does otherwise than it must.
fn commands(place: &Place, dir: &Path, samples: &[Sample]) -> Result<Option<String>, Failure> {
    let mut tour = Tour::new(place.ext5()?, dir.join("work"), &[])?;
    let model = tour.dir.join("model");
    fs::create_dir_all(&model)?;
    fs::write(model.join("config.json"), CONFIG)?;
    let file = model.join("pytorch_model.bin");
    let import = "import --from model/pytorch_model.bin --vocabulary bytes --to imported";
    for sample in samples.iter().step_by(8) {
        fs::write(&file, &sample.file)?;
        let output = tour.run(import)?;
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.code() != Some(65) || !said.contains("is refused") {
            return Ok(Some(format!("{}: {} {said}", sample.what, output.status)));
        }
    }
    fs::write(&file, REAL)?;
    for line in [
        "import --from model --vocabulary bytes --to no",
        "export --from model --vocabulary bytes --to no",
        "predict --model model --vocabulary bytes --input in.jsonl --output no",
    ] {
        let output = tour.run(line)?;
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() || !said.contains("ext5 import --from model/pytorch_model.bin") {
            return Ok(Some(format!(
                "`{line}` reads a pickle unasked, or does not say how to: {said}"
            )));
        }
    }
    let output = tour.run(&format!("{import} --json"))?;
    let weights = tour.dir.join("imported/model.safetensors");
    if !output.status.success() || !weights.is_file() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Ok(Some(format!("torch's own file is not read: {said}")));
    }
    let again = tour.run("import --from imported --vocabulary bytes --to again --json")?;
    let said: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap_or_default();
    let is_same = fs::read(&weights)? == fs::read(tour.dir.join("again/model.safetensors"))?;
    Ok((!is_same || said["files"] == json!(null))
        .then(|| "what was imported is not a model".to_owned()))
}

/// The sample as an interpreter sees it whose list has `os.system` as one more harmless name.
fn allow_one_more(sample: &mut Sample) {
    if sample.what == "os.system, called" {
        sample.file = samples::harmless();
    }
}

/// Memory in use: now where it begins to be watched, else the most since then.
fn memory_mib(begins: bool) -> u64 {
    if begins {
        // The kernel takes 5 for: forget the peak.
        let _ = fs::write("/proc/self/clear_refs", "5");
    }
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let key = if begins { "VmRSS:" } else { "VmHWM:" };
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    let kib = line.and_then(|it| it.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}

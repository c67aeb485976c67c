use std::path::Path;
use std::time::Instant;

use ext5_architecture::{SAFETENSORS, T5Config, Weights};
use ext5_data::door;
use ext5_inference::{Beam, BeamRule, EarlyStopping, Precision, Settings, Strategy, T5, search};
use ext5_objectives::Stream;
use serde_json::{Value, json};

use crate::args::{Args, Failure};
use crate::machine::{median, peak_rss_mib, timed};

/// Largest file of weights: 64 GiB.
const LIMIT: u64 = 1 << 36;

/// Answers of a fixed length to random inputs: tokens per second, greedily or with beams.
///
/// # Errors
/// What keeps it from being measured.
pub(crate) fn run(args: &Args) -> Result<Value, Failure> {
    let [batch, beams] = [args.number("batch", 1)?, args.number("beams", 1)?];
    let [length, tokens] = [args.number("inputs", 128)?, args.number("tokens", 64)?];
    let precision = match args.text("precision", "f32").as_str() {
        "f32" => Precision::F32,
        "bf16" => Precision::Bf16,
        "int8" => Precision::Int8,
        other => return Err(format!("`--precision {other}`: there are f32, bf16, int8").into()),
    };
    let start = Instant::now();
    let model = load(&args.path("model")?, precision)?;
    let load_s = start.elapsed().as_secs_f64();
    let sources = sources(batch, length, model.config().vocab_size);
    let sources: Vec<&[u32]> = sources.iter().map(Vec::as_slice).collect();
    let keys: Vec<u64> = (0..batch).collect();
    let settings = Settings {
        max_tokens: tokens as usize,
        min_tokens: tokens.saturating_sub(1) as usize,
        strategy: if beams > 1 {
            let rule = BeamRule::Transformers {
                length_penalty: 1.0,
                early_stopping: EarlyStopping::No,
            };
            Strategy::Beam(Beam {
                beams: beams as usize,
                rule,
            })
        } else {
            Strategy::Greedy
        },
        ..Settings::default()
    };
    let mut made = 0;
    let mut answer = || -> Result<(), Failure> {
        let answers = search(&mut model.decode(&sources)?, &settings, &keys)?;
        made = answers
            .iter()
            .flatten()
            .map(|answer| answer.ids.len())
            .sum();
        Ok(())
    };
    answer()?;
    let seconds = timed(args.number("repeats", 5)?, answer)?.wall;
    Ok(json!({
        "bench": "generate", "isa": ext5_cpu::Isa::detect().name(), "precision": precision.name(), "batch": batch,
        "beams": beams, "inputs": length, "made_tokens": made, "seconds": median(&seconds), "load_s": load_s,
        "tokens_per_s": (made as f64 / median(&seconds) * 10.0).round() / 10.0, "peak_rss_mib": peak_rss_mib(),
    }))
}

fn load(dir: &Path, precision: Precision) -> Result<T5, Failure> {
    let config = T5Config::from_json(&door::read(&dir.join("config.json"), LIMIT)?)?;
    let mut weights = Weights::default();
    weights.add(SAFETENSORS, door::read(&dir.join(SAFETENSORS), LIMIT)?)?;
    Ok(T5::new(&config, weights, precision)?)
}

/// Rows of ids that look random, each ended.
fn sources(batch: u64, length: u64, vocabulary: usize) -> Vec<Vec<u32>> {
    let most = vocabulary.saturating_sub(128).max(1) as u64;
    (0..batch)
        .map(|row| {
            let mut stream = Stream::new(&[row]);
            let ids = (1..length).map(|_| stream.below(most) as u32);
            ids.map(|id| id.max(2)).chain([1]).collect()
        })
        .collect()
}

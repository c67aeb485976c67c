use super::ground::Ground;
use ext5_findings::Question;
use ext5_trainer::{OptimizerConfig, RunConfig, Schedule};

/// What all cells of a study share, in words.
pub(super) fn facts(ground: &Ground<'_>) -> Vec<(String, String)> {
    let spec = ground.spec;
    let (text, supervised) = (&spec.data.text, &spec.data.supervised);
    let tasks = ground.supervised.members.len();
    let seeds: Vec<String> = spec.seeds.iter().map(u64::to_string).collect();
    let score = &spec.score;
    let limit = score.limit.map_or_else(
        || "all examples".to_owned(),
        |limit| format!("at most {limit} examples a task"),
    );
    let scored = match score.suites.as_slice() {
        [] => format!("split `{}`, {limit}", score.split),
        suites => {
            let names: Vec<&str> = suites.iter().map(|run| run.suite.as_str()).collect();
            format!("suite {}, {limit}", names.join(", "))
        }
    };
    let mut facts = vec![
        ("model", ground.pretrain.model.preset.clone()),
        ("plain text", format!("`{text}`")),
        ("supervised tasks", format!("{tasks} of `{supervised}`")),
    ];
    if spec.question != Question::Ratio && spec.question != Question::Transfer {
        facts.push(("R", spec.data.ratio.to_string()));
    }
    facts.push(("pre-training", in_words(&ground.pretrain)));
    if spec.finetune.is_some() {
        facts.push(("fine-tuning", in_words(&ground.finetune)));
    }
    facts.push(("scored", scored));
    let by_family = matches!(spec.question, Question::Transfer | Question::TaskAffinity);
    let unscored = if by_family {
        ground.unscored()
    } else {
        Vec::new()
    };
    let without = format!(
        "trained on, not scored (no split `{}` or no metric)",
        score.split
    );
    if !unscored.is_empty() {
        facts.push((&without, unscored.join(", ")));
    }
    facts.push(("seeds", seeds.join(", ")));
    let owned = facts
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value));
    owned.collect()
}

fn in_words(config: &RunConfig) -> String {
    let (data, trainer) = (&config.data, &config.trainer);
    let packed = if data.packing { ", packed" } else { "" };
    let optimizer = match config.optimizer {
        OptimizerConfig::Adafactor { .. } => "Adafactor",
        OptimizerConfig::AdamW { .. } => "AdamW",
    };
    let rate = match config.schedule {
        Schedule::Constant { rate } => format!("constant rate {rate}"),
        Schedule::InverseSquareRoot { rate, warmup } => {
            format!("rate {rate} / sqrt(max(step, {warmup}))")
        }
        Schedule::Linear { rate, .. } => format!("rate {rate}, linear to 0"),
        Schedule::Cosine { rate, .. } => format!("rate {rate}, by half a cosine to 0"),
    };
    format!(
        "{} steps of {} rows of {} and {} tokens{packed}; {optimizer}, {rate}, dropout {}",
        trainer.steps,
        trainer.batch_rows,
        data.inputs_length,
        data.targets_length,
        config.model.dropout_rate
    )
}

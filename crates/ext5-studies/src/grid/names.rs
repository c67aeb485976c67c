//! Names of cells, made of what a run is, so that equal runs of several studies have equal names.
use crate::cell::Start;

/// A pre-training: `pretrain_r2_s0`; rows of a batch where they are not the recipe's.
pub(super) fn pretraining(mix: &str, rows: Option<usize>, seed: u64) -> String {
    let rows = rows.map_or_else(String::new, |rows| format!("_b{rows}"));
    format!("pretrain_{mix}{rows}_s{seed}")
}

/// A run that begins with another's weights: `finetune_micro_reading_s0_from_pretrain_r2_s0_at_500`.
pub(super) fn from(stage: &str, mixture: &str, seed: u64, start: &Start) -> String {
    let at = start
        .step
        .map_or_else(String::new, |step| format!("_at_{step}"));
    format!("{stage}_{mixture}_s{seed}_from_{}{at}", start.cell)
}

/// A value of R as part of a name: `r2`, `r0_5`.
pub(super) fn ratio(ratio: f64) -> String {
    format!("r{ratio}").replace('.', "_")
}

/// Tasks drawn at random.
pub(super) fn subset(count: usize, seed: u64, draw: u64) -> String {
    format!("subset_{count}_s{seed}_k{draw}")
}

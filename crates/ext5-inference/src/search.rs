//! Searches that write answers with any [`Decoder`].
mod beam;
mod beam_rule;
mod choices;
mod constraints;
mod hypotheses;
mod settings;
mod top;
mod walk;
mod warp;

pub use beam_rule::{BeamRule, EarlyStopping};
pub use settings::{Beam, Sample, Settings, Strategy};

use crate::{Decoder, Error, Result};
use constraints::Constraints;
use ext5_cpu::{for_each_row, log_sum_exp};
use std::sync::OnceLock;

/// What a search wrote for a source.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Token ids: the prefix that was asked for, what the model wrote, and the end of sequence where it came to it.
    pub ids: Vec<u32>,
    /// Sum of the natural log-probabilities of the tokens after the prefix, by the model's own distribution: neither
    /// temperature nor forbidden tokens change it.
    pub log_prob: f64,
    /// What answers were ranked by: the log-probability, for beams as [`BeamRule`] corrects it for length.
    pub score: f64,
}

/// Answers for each row of `decoder`, which stands before its first token: best first, at most
/// [`Settings::answers`]. Beams can end with fewer where fewer can be written.
///
/// `keys` names the rows, for example by their place in the data set: what is drawn for a row follows from the seed and
/// its key, whatever batch it is in. Other strategies do not look at them.
///
/// # Errors
/// [`Error::Setting`] where `settings` contradict themselves or keys are missing; [`Error::Token`] where they name tokens
/// that the model does not have; [`Error::NotANumber`] where the model's logits are none; [`Error::Device`].
pub fn search<D: Decoder + ?Sized>(
    decoder: &mut D,
    settings: &Settings,
    keys: &[u64],
) -> Result<Vec<Vec<Answer>>> {
    settings.validate()?;
    settings.validate_ids(decoder.vocabulary())?;
    if keys.len() != decoder.rows() {
        return Err(Error::Setting {
            key: "keys",
            value: format!("{} keys for {} rows", keys.len(), decoder.rows()),
            expected: "one key for each row",
        });
    }
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let constraints = Constraints::new(settings);
    match &settings.strategy {
        Strategy::Greedy => walk::walk(decoder, settings, &constraints, None, keys),
        Strategy::Sample(sample) => walk::walk(decoder, settings, &constraints, Some(sample), keys),
        Strategy::Beam(beam) => beam::beam_search(decoder, settings, &constraints, beam),
    }
}

/// Feeds the start token and the prefix but its last token, which the first step of a search feeds.
fn feed_prefix<D: Decoder + ?Sized>(decoder: &mut D, opening: &[u32]) -> Result<()> {
    let fed = opening.len().saturating_sub(1);
    for &token in opening.iter().take(fed) {
        decoder.step(&vec![token; decoder.rows()])?;
    }
    Ok(())
}

/// Calls `pick` with each row of `logits` `[rows, width]` on all threads, and answers what it said in order.
fn each_row<T: Send + Sync>(
    logits: &mut [f32],
    width: usize,
    pick: impl Fn(usize, &mut [f32]) -> T + Sync,
) -> Vec<T> {
    let rows = logits.len().checked_div(width).unwrap_or(0);
    let picked: Vec<OnceLock<T>> = (0..rows).map(|_| OnceLock::new()).collect();
    for_each_row(logits, width, &|row, logits| {
        if let Some(place) = picked.get(row) {
            place.get_or_init(|| pick(row, logits));
        }
    });
    picked
        .into_iter()
        .filter_map(OnceLock::into_inner)
        .collect()
}

/// Natural logarithm of the sum of a row's exponentials.
///
/// # Errors
/// [`Error::NotANumber`] where it is not finite.
fn normalizer(row: &[f32]) -> Result<f64> {
    let sum = f64::from(log_sum_exp(row));
    if sum.is_finite() {
        Ok(sum)
    } else {
        Err(Error::NotANumber)
    }
}

use super::constraints::Constraints;
use super::settings::{Sample, Settings};
use super::top::top;
use super::warp::{draw, warp};
use super::{Answer, each_row, feed_prefix, normalizer};
use crate::{Decoder, Result};
use ext5_objectives::Stream;

/// An answer being written.
struct Line {
    place: usize, // in what is returned
    stream: Stream,
    history: Vec<u32>, // start token, prefix, answer
    log_prob: f64,
}

/// Writes each answer by itself, one token after another: drawn as `sample` says, else the most probable. Rows that have
/// ended leave the batch.
pub(super) fn walk<D: Decoder + ?Sized>(
    decoder: &mut D,
    settings: &Settings,
    constraints: &Constraints<'_>,
    sample: Option<&Sample>,
    keys: &[u64],
) -> Result<Vec<Vec<Answer>>> {
    let (answers, opening) = (settings.answers, settings.opening());
    if answers > 1 {
        let parents: Vec<usize> = (0..keys.len() * answers).map(|row| row / answers).collect();
        decoder.reorder(&parents)?;
    }
    feed_prefix(decoder, &opening)?;
    let mut lines: Vec<Line> = (0..keys.len() * answers)
        .map(|place| Line {
            place,
            stream: stream(sample, keys.get(place / answers), place % answers),
            history: opening.clone(),
            log_prob: 0.0,
        })
        .collect();
    let mut done = Vec::with_capacity(lines.len());
    let width = decoder.vocabulary();
    for position in 0..settings.max_tokens {
        let last: Vec<u32> = lines
            .iter()
            .filter_map(|line| line.history.last().copied())
            .collect();
        let logits = decoder.step(&last)?;
        let picks = each_row(logits, width, |row, logits| {
            let Some(line) = lines.get(row) else {
                return Ok(None);
            };
            pick(logits, line, constraints, sample, position)
        });
        let (mut kept, mut open) = (
            Vec::with_capacity(lines.len()),
            Vec::with_capacity(lines.len()),
        );
        for (row, (mut line, pick)) in lines.into_iter().zip(picks).enumerate() {
            let Some((token, log_prob)) = pick? else {
                done.push(line); // nothing may follow
                continue;
            };
            line.history.push(token);
            line.log_prob += log_prob;
            if token == settings.end {
                done.push(line);
            } else {
                kept.push(row);
                open.push(line);
            }
        }
        lines = open;
        if lines.is_empty() {
            break;
        }
        if kept.len() < decoder.rows() {
            decoder.reorder(&kept)?;
        }
    }
    done.append(&mut lines);
    done.sort_unstable_by_key(|line| line.place);
    let mut written = done.into_iter().map(Line::answer);
    Ok(keys
        .iter()
        .map(|_| written.by_ref().take(answers).collect())
        .collect())
}

/// The next token of a line and its log-probability by the model; `None` where every token is forbidden.
fn pick(
    logits: &mut [f32],
    line: &Line,
    constraints: &Constraints<'_>,
    sample: Option<&Sample>,
    position: usize,
) -> Result<Option<(u32, f64)>> {
    let total = normalizer(logits)?;
    constraints.forbid(logits, &line.history);
    let Some(sample) = sample else {
        let best = top(logits, 1).first().copied();
        return Ok(best.map(|(logit, token)| (token, f64::from(logit) - total)));
    };
    let mut warped = logits.to_vec();
    warp(&mut warped, sample);
    let token = draw(&warped, &mut line.stream.child(position as u64));
    Ok(token.and_then(|token| {
        let logit = logits.get(token as usize)?;
        Some((token, f64::from(*logit) - total))
    }))
}

/// The random numbers of a row's answer, whichever batch it is in.
fn stream(sample: Option<&Sample>, key: Option<&u64>, answer: usize) -> Stream {
    let seed = sample.map_or(0, |sample| sample.seed);
    Stream::new(&[seed, key.copied().unwrap_or_default(), answer as u64])
}

impl Line {
    fn answer(self) -> Answer {
        Answer {
            ids: self.history.into_iter().skip(1).collect(),
            log_prob: self.log_prob,
            score: self.log_prob,
        }
    }
}

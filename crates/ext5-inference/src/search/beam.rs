use super::beam_rule::Lengths;
use super::constraints::Constraints;
use super::hypotheses::{Continuation, Hypotheses};
use super::settings::{Beam, Settings};
use super::top::top;
use super::{Answer, each_row, feed_prefix, normalizer};
use crate::{Decoder, Result};

/// Beam search over all sources at once. The rows of a source lie together, one for each of its live answers; sources
/// that are done leave the batch.
pub(super) fn beam_search<D: Decoder + ?Sized>(
    decoder: &mut D,
    settings: &Settings,
    constraints: &Constraints<'_>,
    beam: &Beam,
) -> Result<Vec<Vec<Answer>>> {
    let opening = settings.opening();
    feed_prefix(decoder, &opening)?;
    let mut lengths = Lengths {
        prefix: settings.prefix.len(),
        written: 0,
        most: settings.max_tokens,
    };
    let new = |source| Hypotheses::new(source, opening.clone());
    let mut open: Vec<Hypotheses> = (0..decoder.rows()).map(new).collect();
    let mut answers = vec![Vec::new(); open.len()];
    while lengths.written < lengths.most && !open.is_empty() {
        let mut continuations =
            continuations(decoder, &open, constraints, 2 * beam.beams)?.into_iter();
        lengths.written += 1;
        let (mut parents, mut first_row) = (Vec::new(), 0);
        let mut going = Vec::with_capacity(open.len());
        for mut source in open {
            let rows = source.live.len();
            let own = continuations.by_ref().take(rows).flatten().collect();
            if source.advance(own, beam.beams, beam.rule, settings.end, lengths) {
                finish(&mut answers, source, settings.answers);
            } else {
                parents.extend(source.live.iter().map(|live| first_row + live.parent));
                going.push(source);
            }
            first_row += rows;
        }
        open = going;
        if lengths.written < lengths.most
            && !open.is_empty()
            && !parents.iter().copied().eq(0..first_row)
        {
            decoder.reorder(&parents)?;
        }
    }
    for source in open {
        finish(&mut answers, source, settings.answers);
    }
    Ok(answers)
}

fn finish(answers: &mut [Vec<Answer>], source: Hypotheses, count: usize) {
    if let Some(place) = answers.get_mut(source.source) {
        *place = source.answers(count);
    }
}

/// The `count` best tokens after each row, with the log-probability of the whole answer.
fn continuations<D: Decoder + ?Sized>(
    decoder: &mut D,
    open: &[Hypotheses],
    constraints: &Constraints<'_>,
    count: usize,
) -> Result<Vec<Vec<Continuation>>> {
    let rows: Vec<_> = open
        .iter()
        .flat_map(|source| source.live.iter().enumerate())
        .collect();
    let last = |(_, live): &(usize, &super::hypotheses::Live)| live.history.last().copied();
    let tokens: Vec<u32> = rows.iter().filter_map(last).collect();
    let width = decoder.vocabulary();
    let logits = decoder.step(&tokens)?;
    let best = each_row(logits, width, |row, logits| {
        let Some(&(parent, live)) = rows.get(row) else {
            return Ok(Vec::new());
        };
        let total = normalizer(logits)?;
        constraints.forbid(logits, &live.history);
        let continuation = |(logit, token)| Continuation {
            parent,
            token,
            log_prob: live.log_prob + (f64::from(logit) - total),
        };
        Ok(top(logits, count).into_iter().map(continuation).collect())
    });
    best.into_iter().collect()
}

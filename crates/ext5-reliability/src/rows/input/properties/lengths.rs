//! The lengths that span corruption is solved for: those that its examples have, and those that T5 solves for.
use ext5_objectives::{Lengths, Objective, Sentinels, Stream};

use crate::place::Place;

const SENTINELS: Sentinels = Sentinels {
    first: 999_999,
    count: 100_000,
};

/// The density for which T5 shortens the text so that inputs and targets are alike.
const HALF: u64 = 0.5_f64.to_bits();

/// What a case asks.
struct Drawn {
    density: f64,
    mean: f64,
    inputs_length: usize,
}

impl Drawn {
    /// Densities and spans from those that leave hardly any noise to those that leave hardly any text, T5's round one among them.
    fn new(stream: &mut Stream) -> Self {
        let density = match stream.below(8) {
            0 => 0.15,
            1 => 0.5,
            _ => 0.01 + 0.9 * stream.uniform(),
        };
        Self {
            density,
            mean: 1.0 + 9.0 * stream.uniform(),
            inputs_length: 2 + stream.below(600) as usize,
        }
    }

    /// What the product solves; one token too many of its broken twin.
    fn solved(&self, place: &Place) -> Option<Lengths> {
        let objective = Objective::span_corruption(self.density, self.mean);
        let mut solved = objective.lengths(self.inputs_length).ok()?;
        solved.raw += usize::from(place.seeded);
        Some(solved)
    }

    /// Lengths of an example of `raw` tokens, end of sequence included.
    fn sides(&self, raw: usize, random_roll: bool, stream: &mut Stream) -> Option<(usize, usize)> {
        let objective = Objective::SpanCorruption {
            noise_density: self.density,
            mean_noise_span_length: self.mean,
            random_roll,
        };
        let pair = objective.apply(&vec![5; raw], SENTINELS, stream).ok()?;
        Some((pair.inputs.len() + 1, pair.targets.len() + 1))
    }
}

/// Examples of the solved raw length are as long as was solved, shorter ones no longer, longer ones too long for the row; a random
/// roll adds a token to one side at most.
pub(super) fn as_solved(stream: &mut Stream, place: &Place) -> bool {
    let drawn = Drawn::new(stream);
    let mut asked = || {
        let solved = drawn.solved(place)?;
        let shorter = 1 + stream.below(solved.raw as u64) as usize;
        let shorter = drawn.sides(shorter, false, stream)?;
        let rolled = drawn.sides(solved.raw, true, stream)?;
        let longer = drawn.sides(solved.raw + 1, false, stream)?;
        let is_longest = longer.0 > drawn.inputs_length || drawn.density.to_bits() == HALF;
        Some(
            solved.inputs <= drawn.inputs_length
                && drawn.sides(solved.raw, false, stream)? == (solved.inputs, solved.targets)
                && shorter.0 <= solved.inputs
                && shorter.1 <= solved.targets
                && rolled.0 + rolled.1 <= solved.inputs + solved.targets + 1
                && rolled.0 >= solved.inputs
                && rolled.1 >= solved.targets
                && is_longest,
        )
    };
    asked().unwrap_or(false)
}

/// The solved lengths are those of T5's `random_spans_helper`, where that counts as T5's own mask does: the first such case of a stream.
pub(super) fn as_t5(stream: &mut Stream, place: &Place) -> bool {
    let first = (0..100).find_map(|_| {
        let drawn = Drawn::new(stream);
        let helped = helper(&drawn)?;
        Some((drawn, helped))
    });
    first.is_some_and(|(drawn, (raw, inputs, targets))| {
        drawn.solved(place).is_some_and(|solved| {
            (solved.raw, solved.inputs, solved.targets) == (raw, inputs, targets)
        })
    })
}

/// `random_spans_helper`: raw length, inputs and targets. `None` where it and the mask count otherwise.
fn helper(drawn: &Drawn) -> Option<(usize, usize, usize)> {
    let sides = |raw: usize| {
        let (noise, spans) = said(raw, drawn);
        (raw - noise + spans + 1, noise + spans + 1)
    };
    let honest = |raw: usize| (said(raw, drawn) == cut(raw, drawn)).then_some(raw);
    let mut raw = drawn.inputs_length - 1;
    while sides(raw + 1).0 <= drawn.inputs_length {
        raw += 1;
    }
    honest(raw + 1)?;
    let (inputs, targets) = sides(honest(raw)?);
    if drawn.density.to_bits() == HALF && targets > inputs {
        // The helper answers one target less for one token less.
        let less = sides(honest(raw - 1)?);
        return (less.1 == targets - 1).then_some((raw - 1, less.0, less.1));
    }
    Some((raw, inputs, targets))
}

/// Noise tokens and spans as the helper counts them.
fn said(raw: usize, drawn: &Drawn) -> (usize, usize) {
    let noise = (raw as f64 * drawn.density).round_ties_even();
    let spans = (noise / drawn.mean).round_ties_even();
    (noise as usize, spans as usize)
}

/// Noise tokens and spans as `random_spans_noise_mask` cuts them; it fails where there are more spans than tokens of a kind.
fn cut(raw: usize, drawn: &Drawn) -> (usize, usize) {
    let noise = (raw as f32 * drawn.density as f32).round_ties_even();
    let noise = (noise as usize).max(1).min(raw.max(2) - 1);
    let spans = (noise as f32 / drawn.mean as f32).round_ties_even() as usize;
    if spans > noise.min(raw.saturating_sub(noise)) {
        return (usize::MAX, usize::MAX);
    }
    (noise, spans.max(1))
}

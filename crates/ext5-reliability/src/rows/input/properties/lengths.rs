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

/// Examples of the solved raw length are as long as was solved where T5's helper counts as T5's mask does, and hardly longer where it
/// does not: halves rounded in other floats, and the least span, for which the helper may leave no target. Longer text is too long
/// for the row.
pub(super) fn as_solved(stream: &mut Stream, place: &Place) -> bool {
    let drawn = Drawn::new(stream);
    let mut asked = || {
        let solved = drawn.solved(place)?;
        let sides = drawn.sides(solved.raw, false, stream)?;
        let rolled = drawn.sides(solved.raw, true, stream)?;
        let longer = drawn.sides(solved.raw + 1, false, stream)?;
        let half = drawn.density.to_bits() == HALF;
        let alike = |raw: usize| said(raw, &drawn) == cut(raw, &drawn);
        let is_longest = longer.0 > drawn.inputs_length || half || !alike(solved.raw + 1);
        let fits = if alike(solved.raw) {
            sides.0 == solved.inputs && sides.1.abs_diff(solved.targets) <= usize::from(half)
        } else {
            sides.0 <= solved.inputs + 1 && sides.1 <= solved.targets + 2
        };
        Some(
            solved.inputs <= drawn.inputs_length
                && fits
                && rolled.0 + rolled.1 <= sides.0 + sides.1 + 1
                && is_longest,
        )
    };
    asked().unwrap_or(false)
}

/// The solved lengths are those of T5's `random_spans_helper`.
pub(super) fn as_t5(stream: &mut Stream, place: &Place) -> bool {
    let drawn = Drawn::new(stream);
    let solved = drawn.solved(place);
    solved.is_some_and(|it| (it.raw, it.inputs, it.targets) == helper(&drawn))
}

/// `random_spans_helper`: raw length, inputs and targets.
fn helper(drawn: &Drawn) -> (usize, usize, usize) {
    let sides = |raw: usize| {
        let (noise, spans) = said(raw, drawn);
        (raw - noise + spans + 1, noise + spans + 1)
    };
    let mut raw = drawn.inputs_length - 1;
    while sides(raw + 1).0 <= drawn.inputs_length {
        raw += 1;
    }
    let (inputs, targets) = sides(raw);
    if drawn.density.to_bits() == HALF && targets > inputs {
        return (raw - 1, sides(raw - 1).0, targets - 1);
    }
    (raw, inputs, targets)
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

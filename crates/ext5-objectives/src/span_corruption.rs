use crate::objective::SPAN_CORRUPTION;
use crate::{Error, Lengths, Pair, Result, Sentinels, Stream, noise_mask};

/// Raw lengths are searched below this: beyond it 32-bit floats cannot count the tokens of a mask.
const MOST_RAW: usize = 1 << 24;

/// The three numbers of T5's span corruption.
#[derive(Clone, Copy)]
pub(crate) struct SpanCorruption {
    pub(crate) noise_density: f64,
    pub(crate) mean_noise_span_length: f64,
    pub(crate) random_roll: bool,
}

impl SpanCorruption {
    pub(crate) fn validate(self) -> Result<()> {
        let wrong = |name, value, expected| {
            Err(Error::Parameter {
                objective: SPAN_CORRUPTION,
                name,
                value,
                expected,
            })
        };
        if !(0.0..1.0).contains(&self.noise_density) {
            return wrong(
                "noise_density",
                self.noise_density,
                "a number from 0 to below 1",
            );
        }
        if !self.mean_noise_span_length.is_finite() || self.mean_noise_span_length <= 0.0 {
            return wrong(
                "mean_noise_span_length",
                self.mean_noise_span_length,
                "a finite number above 0",
            );
        }
        Ok(())
    }

    /// Inputs keep the text and one sentinel a noise span; targets keep the noise and one sentinel a kept span, which puts
    /// each before its noise. There is no closing sentinel: T5's code has none, its paper's figure shows one.
    pub(crate) fn apply(
        self,
        tokens: &[u32],
        sentinels: Sentinels,
        stream: &mut Stream,
    ) -> Result<Pair> {
        let mask = noise_mask::random_spans(
            tokens.len(),
            self.noise_density,
            self.mean_noise_span_length,
            self.random_roll,
            stream,
        );
        sentinels.check(&mask)?;
        Ok(Pair {
            inputs: sentinels.replace(tokens, &mask, true),
            targets: sentinels.replace(tokens, &mask, false),
        })
    }

    /// The longest raw length whose inputs fit (`random_spans_helper` with one extra token a span on both sides).
    pub(crate) fn lengths(self, inputs_length: usize) -> Result<Lengths> {
        let mut raw = inputs_length.saturating_sub(1);
        while self.at(raw + 1).inputs <= inputs_length && raw < MOST_RAW {
            raw += 1;
        }
        if raw == 0 || raw >= MOST_RAW {
            return Err(Error::InputsLength {
                objective: SPAN_CORRUPTION,
                inputs_length,
                least: 2,
                most: MOST_RAW,
            });
        }
        let lengths = self.at(raw);
        // T5's rule for the round density: inputs of 512 should not bring targets of 513.
        #[expect(clippy::float_cmp, reason = "the rule holds for the literal 0.5 alone")]
        let halves = self.noise_density == 0.5;
        if halves && lengths.targets > lengths.inputs && raw > 1 {
            let targets = lengths.targets - 1;
            return Ok(Lengths {
                targets,
                ..self.at(raw - 1)
            });
        }
        Ok(lengths)
    }

    /// Lengths of `raw` tokens, end of sequence included; products rounded half to even in 64-bit floats, as Python does.
    fn at(self, raw: usize) -> Lengths {
        let noise = (raw as f64 * self.noise_density).round_ties_even() as usize;
        let spans = (noise as f64 / self.mean_noise_span_length).round_ties_even() as usize;
        Lengths {
            raw,
            inputs: raw - noise + spans + 1,
            targets: noise + spans + 1,
            spans,
        }
    }
}

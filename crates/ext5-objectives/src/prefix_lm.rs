use crate::objective::PREFIX_LM;
use crate::{Error, Lengths, Pair, Result, Stream};

/// Prefix language modelling: the head of the text is the inputs, the rest the targets (`random_prefix_noise_mask`).
#[derive(Clone, Copy)]
pub(crate) struct PrefixLm {
    pub(crate) noise_density: f64,
}

impl PrefixLm {
    pub(crate) fn validate(self) -> Result<()> {
        if self.noise_density > 0.0 && self.noise_density <= 0.5 {
            return Ok(());
        }
        Err(Error::Parameter {
            objective: PREFIX_LM,
            name: "noise_density",
            value: self.noise_density,
            expected: "a number above 0 and up to 0.5",
        })
    }

    pub(crate) fn apply(self, tokens: &[u32], stream: &mut Stream) -> Pair {
        let longest = tokens.len().saturating_sub(1);
        let shortest = self.shortest_prefix(tokens.len());
        let prefix = shortest + stream.below((longest - shortest) as u64 + 1) as usize;
        let (inputs, targets) = tokens.split_at(prefix);
        Pair {
            inputs: inputs.to_vec(),
            targets: targets.to_vec(),
        }
    }

    /// Room for the end of sequence is left on both sides (`split_tokens_to_inputs_length`).
    pub(crate) fn lengths(self, inputs_length: usize) -> Result<Lengths> {
        // The inputs hold at most all tokens but one, so one more would fit; T5 does not use that place.
        let raw = inputs_length.saturating_sub(1);
        if raw < 2 {
            return Err(Error::InputsLength {
                objective: PREFIX_LM,
                inputs_length,
                least: 3,
                most: usize::MAX,
            });
        }
        Ok(Lengths {
            raw,
            inputs: raw,
            targets: raw - self.shortest_prefix(raw) + 1,
            spans: 0,
        })
    }

    /// Prefixes are uniform from here to all tokens but one, which makes the mean share of targets `noise_density`;
    /// 1 where it is 0.5, the only density T5 defines.
    fn shortest_prefix(self, tokens: usize) -> usize {
        let longest = tokens.saturating_sub(1);
        let shortest = ((1.0 - 2.0 * self.noise_density) * longest as f64).round_ties_even();
        (shortest as usize).max(1).min(longest)
    }
}

#[cfg(test)]
mod tests {
    use super::PrefixLm;
    use crate::Stream;

    #[test]
    fn prefixes_are_uniform_over_all_cuts() {
        let tokens = [5, 6, 7, 8, 9];
        let mut counts = [0_u32; 6];
        for seed in 0..8_000 {
            let pair = PrefixLm { noise_density: 0.5 }.apply(&tokens, &mut Stream::new(&[seed]));
            assert_eq!([pair.inputs.clone(), pair.targets].concat(), tokens);
            counts[pair.inputs.len()] += 1;
        }
        // Lengths 1 to 4, 2,000 each, standard deviation 39.
        assert_eq!((counts[0], counts[5]), (0, 0));
        assert!(
            counts[1..5].iter().all(|&n| (1_800..2_200).contains(&n)),
            "{counts:?}"
        );
    }

    #[test]
    fn short_texts_leave_their_last_token_to_the_targets() {
        let pair =
            |tokens: &[u32]| PrefixLm { noise_density: 0.5 }.apply(tokens, &mut Stream::new(&[1]));
        assert_eq!((pair(&[]).inputs.len(), pair(&[]).targets.len()), (0, 0));
        assert_eq!((pair(&[7]).inputs.len(), pair(&[7]).targets.len()), (0, 1));
        assert_eq!(
            (pair(&[7, 8]).inputs.len(), pair(&[7, 8]).targets.len()),
            (1, 1)
        );
    }

    #[test]
    fn a_lower_density_gives_that_mean_share_of_targets() {
        let tokens: Vec<u32> = (0..201).collect();
        let total: usize = (0..2_000)
            .map(|seed| {
                let pair =
                    PrefixLm { noise_density: 0.2 }.apply(&tokens, &mut Stream::new(&[seed]));
                assert!(pair.inputs.len() >= 120);
                pair.targets.len()
            })
            .sum();
        let mean = total as f64 / 2_000.0 / 201.0;
        assert!((mean - 0.2).abs() < 0.01, "{mean}");
    }
}

use crate::{Error, Result};

/// Where a vocabulary keeps its sentinels `<extra_id_n>`: `count` ids downwards from `first`, which is `<extra_id_0>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sentinels {
    /// Id of `<extra_id_0>`, the highest (32,099 for T5's vocabulary).
    pub first: u32,
    /// How many there are (100 for T5's vocabulary).
    pub count: usize,
}

impl Sentinels {
    /// Replaces each run of `mask == noise` by one sentinel, `first` for the first run, then descending
    /// (`noise_span_to_unique_sentinel`; with `noise` false it is `nonnoise_span_to_unique_sentinel`).
    ///
    /// The caller has asked [`Sentinels::check`] that there are enough of them.
    pub(crate) fn replace(self, tokens: &[u32], mask: &[bool], noise: bool) -> Vec<u32> {
        let mut replaced = Vec::with_capacity(tokens.len());
        let mut next = self.first;
        let mut inside = false;
        for (&token, &is_noise) in tokens.iter().zip(mask) {
            if is_noise != noise {
                replaced.push(token);
            } else if !inside {
                replaced.push(next);
                next = next.saturating_sub(1);
            }
            inside = is_noise == noise;
        }
        replaced
    }

    /// Fails where a run of `mask`, noise or kept text, would be left without a sentinel of its own.
    pub(crate) fn check(self, mask: &[bool]) -> Result<()> {
        let (noise, kept) = (runs(mask, true), runs(mask, false));
        let needed = noise.max(kept);
        // Ids below 0 cannot exist either, whatever `count` claims.
        let available = self.count.min(self.first as usize + 1);
        if needed <= available {
            return Ok(());
        }
        Err(Error::SentinelOverflow {
            needed,
            available,
            tokens: mask.len(),
        })
    }
}

/// Number of runs of `value`.
fn runs(mask: &[bool], value: bool) -> usize {
    let first = usize::from(mask.first() == Some(&value));
    first
        + mask
            .windows(2)
            .filter(|pair| pair[0] != value && pair[1] == value)
            .count()
}

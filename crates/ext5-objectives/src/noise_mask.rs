use crate::Stream;

/// The mask of T5's span corruption, `true` where a token is noise (`random_spans_noise_mask`).
///
/// Noise and kept tokens are each cut into the same number of non-empty spans, every way of cutting being equally likely,
/// and interleaved, kept text first. Hence the first token is never noise and the last always is, unless `random_roll`
/// turns the mask by a random offset. The number of noise tokens and of spans depends on `length` alone. Products are
/// rounded half to even in 32-bit floats, as `tf.round` does.
pub(crate) fn random_spans(
    length: usize,
    noise_density: f64,
    mean_noise_span_length: f64,
    random_roll: bool,
    stream: &mut Stream,
) -> Vec<bool> {
    if noise_density == 0.0 || length == 0 {
        return vec![false; length];
    }
    // One token cannot hold both kinds: two are cut, the second is dropped.
    let tokens = length.max(2);
    let noise = round(tokens as f32 * noise_density as f32).clamp(1, tokens - 1);
    let spans = round(noise as f32 / mean_noise_span_length as f32)
        // The reference fails where there are more spans than tokens to fill them.
        .clamp(1, noise.min(tokens - noise));
    let noise_lengths = composition(noise, spans, stream);
    let kept_lengths = composition(tokens - noise, spans, stream);
    let mut mask = Vec::with_capacity(tokens);
    for (kept, noise) in kept_lengths.into_iter().zip(noise_lengths) {
        mask.resize(mask.len() + kept, false);
        mask.resize(mask.len() + noise, true);
    }
    mask.truncate(length);
    if random_roll {
        mask.rotate_right(stream.below(length as u64) as usize);
    }
    mask
}

/// Cuts `items` into `parts` non-empty pieces, uniformly over all ways: `parts - 1` dividers are put into the
/// `items - 1` gaps. Floyd's selection gives each set of gaps the same chance as a shuffle of all gaps, with one draw a
/// divider instead of one a gap.
fn composition(items: usize, parts: usize, stream: &mut Stream) -> Vec<usize> {
    let gaps = items - 1;
    let dividers = parts - 1;
    let mut divided = vec![false; gaps];
    for last in gaps - dividers..gaps {
        let gap = stream.below(last as u64 + 1) as usize;
        let free = if divided[gap] { last } else { gap };
        divided[free] = true;
    }
    let mut lengths = Vec::with_capacity(parts);
    let mut start = 0;
    for (gap, _) in divided.iter().enumerate().filter(|(_, divided)| **divided) {
        lengths.push(gap + 1 - start);
        start = gap + 1;
    }
    lengths.push(items - start);
    lengths
}

fn round(value: f32) -> usize {
    value.round_ties_even() as usize
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{composition, random_spans};
    use crate::Stream;

    /// All ways to cut `items` into `parts` non-empty pieces, by recursion.
    fn enumerate(items: usize, parts: usize) -> Vec<Vec<usize>> {
        if parts == 1 {
            return vec![vec![items]];
        }
        (1..=items + 1 - parts)
            .flat_map(|first| {
                enumerate(items - first, parts - 1)
                    .into_iter()
                    .map(move |mut rest| {
                        rest.insert(0, first);
                        rest
                    })
            })
            .collect()
    }

    /// Chi-square of `draws` over equally likely `cells`.
    fn chi_square(counts: &BTreeMap<Vec<usize>, usize>, cells: usize, draws: usize) -> f64 {
        let expected = draws as f64 / cells as f64;
        let seen: f64 = counts
            .values()
            .map(|&n| (n as f64 - expected).powi(2) / expected)
            .sum();
        seen + (cells - counts.len()) as f64 * expected
    }

    #[test]
    fn every_composition_is_equally_likely() {
        // 95th percentiles of chi-square would fail one seed in twenty; these are the 99.99th.
        for (items, parts, limit) in [
            (7, 3, 42.6),
            (9, 4, 100.0),
            (5, 5, 0.0),
            (6, 1, 0.0),
            (8, 7, 27.9),
        ] {
            let all = enumerate(items, parts);
            let draws = 2_000 * all.len();
            let mut counts = BTreeMap::new();
            for draw in 0..draws {
                let cut = composition(
                    items,
                    parts,
                    &mut Stream::new(&[17, items as u64, draw as u64]),
                );
                assert!(
                    all.contains(&cut),
                    "{cut:?} is no cut of {items} into {parts}"
                );
                *counts.entry(cut).or_insert(0) += 1;
            }
            let chi = chi_square(&counts, all.len(), draws);
            println!(
                "{items} items, {parts} parts: {} cells, chi-square {chi:.1}",
                all.len()
            );
            assert!(chi <= limit, "chi-square {chi} over {limit}");
        }
    }

    #[test]
    fn masks_begin_with_kept_text_and_end_with_noise() {
        for length in 2..400 {
            let mask = random_spans(length, 0.15, 3.0, false, &mut Stream::new(&[length as u64]));
            assert_eq!(mask.len(), length);
            assert!(!mask[0] && mask[length - 1]);
        }
    }

    #[test]
    fn half_tokens_are_rounded_to_even() {
        // 0.15 x 30 = 4.5 and 0.15 x 70 = 10.5: half to even gives 4 and 10, half up would give 5 and 11.
        for (length, noise) in [(30, 4), (70, 10), (110, 16), (150, 22), (10, 2)] {
            let mask = random_spans(length, 0.15, 3.0, false, &mut Stream::new(&[1]));
            assert_eq!(
                mask.iter().filter(|&&noise| noise).count(),
                noise,
                "length {length}"
            );
        }
    }

    #[test]
    fn a_roll_moves_the_noise_over_every_place() {
        let mut hits = [0_u32; 20];
        for seed in 0..4_000 {
            let mask = random_spans(20, 0.15, 3.0, true, &mut Stream::new(&[seed]));
            assert_eq!(mask.iter().filter(|&&noise| noise).count(), 3);
            hits.iter_mut()
                .zip(mask)
                .for_each(|(hit, noise)| *hit += u32::from(noise));
        }
        // Each place is noise with chance 3/20: 600 of 4,000, standard deviation 23.
        assert!(
            hits.iter().all(|&hit| (480..720).contains(&hit)),
            "{hits:?}"
        );
    }

    #[test]
    fn more_spans_than_kept_tokens_are_clamped() {
        let mask = random_spans(10, 0.9, 1.0, false, &mut Stream::new(&[3]));
        assert_eq!(mask.iter().filter(|&&noise| noise).count(), 9);
        assert!(!mask[0]);
    }

    #[test]
    fn nothing_is_masked_without_density_or_with_one_token() {
        assert_eq!(
            random_spans(5, 0.0, 3.0, false, &mut Stream::new(&[1])),
            [false; 5]
        );
        assert_eq!(
            random_spans(1, 0.5, 3.0, false, &mut Stream::new(&[1])),
            [false]
        );
        assert_eq!(
            random_spans(0, 0.5, 3.0, true, &mut Stream::new(&[1])),
            [false; 0]
        );
    }
}

/// The golden ratio in 64 bits, splitmix64's step.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// A counter-based random stream: number `n` of stream `key` is a pure function of both, so any position can be
/// reached without drawing the ones before it (splitmix64 finalizer over key and counter).
#[derive(Clone, Debug)]
pub struct Stream {
    key: u64,
    counter: u64,
}

impl Stream {
    /// The stream named by `parts`, for example run seed, task, epoch and example index. The order of the parts matters.
    pub fn new(parts: &[u64]) -> Self {
        let key = parts.iter().fold(GOLDEN, |key, part| extend(key, *part));
        Self { key, counter: 0 }
    }

    /// The stream named by this stream's parts and one more: `new(&[a, b]).child(c)` is `new(&[a, b, c])`, wherever this
    /// one stands.
    #[must_use]
    pub fn child(&self, part: u64) -> Self {
        Self {
            key: extend(self.key, part),
            counter: 0,
        }
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.counter += 1;
        mix(self.key.wrapping_add(self.counter.wrapping_mul(GOLDEN)))
    }

    /// Goes on as if `count` values of 64 bits had been drawn; each of [`Stream::uniform`] takes one.
    pub fn skip(&mut self, count: u64) {
        self.counter = self.counter.wrapping_add(count);
    }

    /// Uniform in `0..bound` without modulo bias (Lemire's multiplication with rejection). `bound` 0 answers 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(bound);
            if (product as u64) >= threshold {
                return (product >> 64) as u64;
            }
        }
    }

    /// Uniform in `[0, 1)` with 53 bits.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A standard normal value (Box-Muller, one of the pair).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Values of [`Stream::normal`] into `out`, from number `first` of this stream on: a matrix can be drawn in pieces.
    pub fn normals(&self, first: usize, out: &mut [f32]) {
        let mut here = self.clone();
        here.skip(2 * first as u64);
        crate::normal::fill(&mut here, out);
    }

    /// Shuffles `items` in place (Fisher-Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}

fn extend(key: u64, part: u64) -> u64 {
    mix(key ^ mix(part.wrapping_add(GOLDEN)))
}

fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::Stream;

    #[test]
    fn a_child_is_the_stream_with_one_part_more() {
        let mut parent = Stream::new(&[1, 2]);
        parent.next_u64();
        assert_eq!(
            parent.child(3).next_u64(),
            Stream::new(&[1, 2, 3]).next_u64()
        );
        assert_ne!(
            Stream::new(&[1, 2]).next_u64(),
            Stream::new(&[2, 1]).next_u64()
        );
    }

    #[test]
    fn pieces_of_normal_values_are_those_drawn_one_by_one() {
        let mut stream = Stream::new(&[7]);
        let pieces = stream.clone();
        let whole: Vec<u32> = (0..1000)
            .map(|_| (stream.normal() as f32).to_bits())
            .collect();
        for size in [1, 7, 1000] {
            let mut found = vec![0.0; 1000];
            for (piece, out) in found.chunks_mut(size).enumerate() {
                pieces.normals(piece * size, out);
            }
            let bits: Vec<u32> = found.into_iter().map(f32::to_bits).collect();
            assert_eq!(bits, whole);
        }
    }

    #[test]
    fn below_is_uniform_and_inside() {
        let mut counts = [0_u32; 7];
        let mut stream = Stream::new(&[5]);
        (0..70_000).for_each(|_| counts[stream.below(7) as usize] += 1);
        // 10,000 each, standard deviation 93.
        assert!(
            counts.iter().all(|&n| (9_500..10_500).contains(&n)),
            "{counts:?}"
        );
        assert_eq!((stream.below(0), stream.below(1)), (0, 0));
    }

    #[test]
    fn normal_values_have_mean_zero_and_variance_one() {
        let mut stream = Stream::new(&[6]);
        let values: Vec<f64> = (0..50_000).map(|_| stream.normal()).collect();
        let mean = values.iter().sum::<f64>() / 50_000.0;
        let variance = values.iter().map(|value| value * value).sum::<f64>() / 50_000.0;
        assert!(
            mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03,
            "{mean} {variance}"
        );
    }
}

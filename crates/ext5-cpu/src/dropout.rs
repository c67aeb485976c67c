use crate::isa::for_each_isa;

/// Dropout without a generator: whether a number is kept is a function of its row's key, of the place in the model and of its
/// column, so the backward pass finds the same numbers again and nothing is stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    threshold: u32,
    scale: f32,
}

impl Dropout {
    /// Drops each number with probability `rate`, from 0 to below 1; `None` where nothing would be dropped.
    pub fn new(rate: f64) -> Option<Self> {
        let threshold = (rate * 2_f64.powi(32)) as u32;
        (threshold > 0).then(|| Self {
            threshold,
            scale: (1.0 / (1.0 - rate)) as f32,
        })
    }

    /// Sets dropped numbers of `row` to zero and scales the others up, `row` being the one of `key` at the place `site`.
    pub fn apply(self, key: u64, site: u32, row: &mut [f32]) {
        // One round of the columns' mixing here makes rows and sites unlike each other.
        let low = mix(key as u32 ^ mix(site.wrapping_add(0x9E37_79B9)));
        let high = mix((key >> 32) as u32 ^ low);
        drop_out(low, high, self, row);
    }
}

for_each_isa! {
    /// One row.
    fn drop_out(low: u32, high: u32, dropout: Dropout, row: &mut [f32]) => drop_out_body
}

#[inline(always)]
fn drop_out_body<const FMA: bool>(low: u32, high: u32, dropout: Dropout, row: &mut [f32]) {
    for (column, value) in row.iter_mut().enumerate() {
        let bits = mix(mix((column as u32).wrapping_mul(0x9E37_79B9).wrapping_add(low)) ^ high);
        let factor = if bits >= dropout.threshold {
            dropout.scale
        } else {
            0.0
        };
        *value *= factor;
    }
}

/// The finishing step of `MurmurHash3`: every bit of `x` reaches every bit of the answer.
#[inline(always)]
fn mix(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x85EB_CA6B);
    x ^= x >> 13;
    x = x.wrapping_mul(0xC2B2_AE35);
    x ^ (x >> 16)
}

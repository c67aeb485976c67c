use crate::isa::for_each_isa;
use crate::vector::{LANES, exp, total};

for_each_isa! {
    /// Turns `scores + bias` into exponentials of what they are above the largest; answers the logarithm of the sum of
    /// exponentials, and the factor that makes of them probabilities. Zeros and negative infinity of none.
    pub(crate) fn exponentials(scores: &mut [f32], bias: &[f32]) -> (f32, f32) => exponentials_body
}
for_each_isa! {
    /// Turns `scores + bias` into probabilities again, by the logarithm of the sum of their exponentials, and `d`, the gradient
    /// of probabilities, into that of scores: `p * (d - mean)`, with `mean` the sum of `p * d` over the row.
    pub(crate) fn softmax_gradient(scores: &mut [f32], bias: &[f32], log_sum: f32, mean: f32, d: &mut [f32])
        => softmax_gradient_body
}

#[inline(always)]
fn exponentials_body<const FMA: bool>(scores: &mut [f32], bias: &[f32]) -> (f32, f32) {
    let bias = &bias[..scores.len()];
    let most = add_and_find_largest(scores, bias);
    if most == f32::NEG_INFINITY {
        let damaged = scores.iter().any(|value| value.is_nan());
        scores.fill(if damaged { f32::NAN } else { 0.0 });
        return (most, 1.0);
    }
    let (chunks, rest) = scores.as_chunks_mut::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            chunk[lane] = exp::<FMA>(chunk[lane] - most);
            lanes[lane] += chunk[lane];
        }
    }
    let mut sum = total(lanes);
    for value in rest {
        *value = exp::<FMA>(*value - most);
        sum += *value;
    }
    (most + sum.ln(), 1.0 / sum)
}

#[inline(always)]
fn add_and_find_largest(scores: &mut [f32], bias: &[f32]) -> f32 {
    let (chunks, rest) = scores.as_chunks_mut::<LANES>();
    let (biases, bias_rest) = bias.as_chunks::<LANES>();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for (chunk, bias) in chunks.iter_mut().zip(biases) {
        for lane in 0..LANES {
            let value = chunk[lane] + bias[lane];
            chunk[lane] = value;
            lanes[lane] = if value > lanes[lane] {
                value
            } else {
                lanes[lane]
            };
        }
    }
    for (value, bias) in rest.iter_mut().zip(bias_rest) {
        *value += bias;
        lanes[0] = if *value > lanes[0] { *value } else { lanes[0] };
    }
    let larger = |most, value| if value > most { value } else { most };
    lanes.into_iter().fold(f32::NEG_INFINITY, larger)
}

#[inline(always)]
fn softmax_gradient_body<const FMA: bool>(
    scores: &mut [f32],
    bias: &[f32],
    log_sum: f32,
    mean: f32,
    d: &mut [f32],
) {
    for ((score, bias), d) in scores.iter_mut().zip(bias).zip(d) {
        let p = exp::<FMA>(*score + bias - log_sum);
        *score = p;
        *d = p * (*d - mean);
    }
}

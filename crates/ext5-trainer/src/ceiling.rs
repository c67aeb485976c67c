//! The most that the host can compute: what nothing built of products can be faster than.
use ext5_cpu::{Matrix, Output, matmul};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Time that measuring takes.
const LIMIT: Duration = Duration::from_millis(200);
/// Rows, summed width and columns of the product: about those of a T5's feed-forward layers.
const SHAPE: [usize; 3] = [1024, 512, 1024];

/// FLOP/s of products of f32 on all threads: the best of as many as fit into 0.2 s, measured once in a process. What else the
/// machine does at that moment makes it smaller.
pub fn product_ceiling() -> f64 {
    static MEASURED: OnceLock<f64> = OnceLock::new();
    *MEASURED.get_or_init(|| {
        let [rows, inner, columns] = SHAPE;
        let left: Vec<f32> = (0..rows * inner).map(|at| (at % 7) as f32 - 3.0).collect();
        let right: Vec<f32> = (0..inner * columns)
            .map(|at| (at % 5) as f32 - 2.0)
            .collect();
        let (left, right) = (Matrix::new(&left, inner), Matrix::new(&right, columns));
        let mut out = vec![0.0; rows * columns];
        let operations = (2 * rows * inner * columns) as f64;
        best(operations, LIMIT, || {
            matmul(left, right, Output::Replace, std::hint::black_box(&mut out));
        })
    })
}

/// The best rate of `work`, which does so many operations each time: at least two times, and until `limit` is over.
fn best(operations: f64, limit: Duration, mut work: impl FnMut()) -> f64 {
    let begun = Instant::now();
    let mut rate: f64 = 0.0;
    for round in 0_u32.. {
        let start = Instant::now();
        work();
        rate = rate.max(operations / start.elapsed().as_secs_f64().max(1e-9));
        if round > 0 && begun.elapsed() >= limit {
            break;
        }
    }
    rate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_round_counts_and_the_limit_ends_it() {
        let mut rounds = 0;
        let begun = Instant::now();
        let rate = best(1e6, Duration::from_millis(20), || {
            rounds += 1;
            let pause = if rounds == 2 { 1 } else { 5 };
            std::thread::sleep(Duration::from_millis(pause));
        });
        assert!(rounds >= 2 && begun.elapsed() < Duration::from_secs(10));
        assert!(
            rate <= 1e9,
            "a millisecond's sleep takes a millisecond: {rate}"
        );
    }

    #[test]
    fn the_host_computes() {
        let first = product_ceiling();
        assert!(first > 1e6, "{first}");
        assert_eq!(
            first.to_bits(),
            product_ceiling().to_bits(),
            "measured once"
        );
    }
}

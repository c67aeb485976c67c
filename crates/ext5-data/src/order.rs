use ext5_objectives::Stream;
use serde::{Deserialize, Serialize};

/// Shares are kept as whole numbers of 2^-48, so that the same draws come out on any platform.
const SHARE_BITS: u32 = 48;

/// The guide has 2^10 parts: few tasks share one, so a draw looks at one or two ends.
const GUIDE_BITS: u32 = 10;

/// Tags keep the streams of draws, orders and noise of one seed apart.
const DRAW: u64 = 1;
const ORDER: u64 = 2;
const NOISE: u64 = 3;

/// A place in the mixture's endless stream of draws: all that a checkpoint keeps of the data.
///
/// It is the first draw that is in no batch yet, and how often each task was drawn before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// Draws before this place.
    pub draws: u64,
    /// Draws of each task before this place, in the order of the mixture's tasks.
    pub counts: Vec<u64>,
}

impl Cursor {
    /// The beginning of the stream of a mixture of `tasks` tasks.
    pub fn start(tasks: usize) -> Self {
        Self {
            draws: 0,
            counts: vec![0; tasks],
        }
    }

    /// The cursor after `draws` draws, recomputed from the beginning; it equals the one a loader gives at that place.
    pub fn replay(order: &Order, draws: u64) -> Self {
        let mut cursor = Self::start(order.tasks());
        for _ in 0..draws {
            cursor.advance(order);
        }
        cursor
    }

    /// Takes the draw at this place.
    pub(crate) fn advance(&mut self, order: &Order) -> Draw {
        let number = self.draws;
        let task = order.task(number);
        self.draws += 1;
        let mut turn = 0;
        if let Some(count) = self.counts.get_mut(task) {
            turn = *count;
            *count += 1;
        }
        Draw { number, task, turn }
    }
}

/// One draw: which task it is, and the how manieth of that task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Draw {
    /// Position in the stream, from 0.
    pub(crate) number: u64,
    /// Index of the task.
    pub(crate) task: usize,
    /// Draws of this task before this one.
    pub(crate) turn: u64,
}

/// The order of a mixture's draws: a pure function of seed and shares.
#[derive(Clone, Debug)]
pub struct Order {
    draws: Stream,
    /// Upper ends of the tasks' intervals in `0..2^48`.
    ends: Vec<u64>,
    /// For each of equal parts of `0..2^48`, the first task that reaches into it.
    guide: Vec<usize>,
}

impl Order {
    /// The order of tasks with these shares (any scale, none below 0) under `seed`. A share too small for the grid of 2^-48
    /// is rounded up to it.
    pub fn new(seed: u64, shares: &[f64]) -> Self {
        let total: f64 = shares.iter().sum();
        let grid = (1_u64 << SHARE_BITS) as f64;
        let mut widths: Vec<u64> = shares
            .iter()
            .map(|share| ((share / total * grid).round() as u64).max(1))
            .collect();
        let sum: u64 = widths.iter().sum();
        // The widest interval takes what rounding left, which is far less than a hundred-millionth of it.
        if let Some(widest) = widths.iter_mut().max() {
            *widest = (*widest + (1 << SHARE_BITS)).saturating_sub(sum);
        }
        let ends: Vec<u64> = widths
            .iter()
            .scan(0, |end, width| {
                *end += width;
                Some(*end)
            })
            .collect();
        let guide = (0_u64..1 << GUIDE_BITS)
            .map(|part| ends.partition_point(|end| *end <= part << (SHARE_BITS - GUIDE_BITS)))
            .collect();
        Self {
            draws: Stream::new(&[seed, DRAW]),
            ends,
            guide,
        }
    }

    /// Number of tasks.
    pub fn tasks(&self) -> usize {
        self.ends.len()
    }

    /// The task of draw `number`, independent of all other draws.
    pub fn task(&self, number: u64) -> usize {
        let place = self.draws.child(number).next_u64() >> (u64::BITS - SHARE_BITS);
        let first = self.guide[(place >> (SHARE_BITS - GUIDE_BITS)) as usize];
        let passed = self.ends[first..].iter().take_while(|end| **end <= place);
        first + passed.count()
    }
}

/// What one task's draws are: each epoch visits every example once, in an order of its own.
#[derive(Clone, Debug)]
pub(crate) struct TaskOrder {
    order: Stream,
    noise: Stream,
    size: u64,
}

impl TaskOrder {
    /// The order of the `size` examples of the task called `name`.
    pub(crate) fn new(seed: u64, name: &str, size: u64) -> Self {
        let name = name_key(name);
        Self {
            order: Stream::new(&[seed, ORDER, name]),
            noise: Stream::new(&[seed, NOISE, name]),
            size: size.max(1),
        }
    }

    /// Epoch and example of the task's draw number `turn`.
    pub(crate) fn example(&self, turn: u64) -> (u64, u64) {
        let epoch = turn / self.size;
        let example = permute(&self.order.child(epoch), self.size, turn % self.size);
        (epoch, example)
    }

    /// The noise of an example in an epoch.
    pub(crate) fn noise(&self, epoch: u64, example: u64) -> Stream {
        self.noise.child(epoch).child(example)
    }
}

fn name_key(name: &str) -> u64 {
    let hash = blake3::hash(name.as_bytes());
    hash.as_bytes()
        .iter()
        .take(8)
        .fold(0, |key, byte| key << 8 | u64::from(*byte))
}

/// The place of `index` under the permutation of `0..size` that `key` names: a Feistel network over the smallest even number
/// of bits, walked on until it falls below `size`. Needs no table, so any position of any epoch can be asked for at once.
fn permute(key: &Stream, size: u64, index: u64) -> u64 {
    /// A network over fewer bits knows too few permutations.
    const LEAST_HALF: u32 = 4;
    const ROUNDS: u64 = 6;
    let bits = u64::BITS - size.saturating_sub(1).leading_zeros();
    let half = bits.div_ceil(2).max(LEAST_HALF);
    let mask = (1_u64 << half) - 1;
    let rounds: [Stream; ROUNDS as usize] = std::array::from_fn(|round| key.child(round as u64));
    let mut place = index;
    loop {
        let (mut left, mut right) = (place >> half, place & mask);
        for round in &rounds {
            let mixed = round.child(right).next_u64() & mask;
            (left, right) = (right, left ^ mixed);
        }
        place = left << half | right;
        if place < size {
            return place;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn draws_follow_the_shares() {
        let shares = [5.0, 1.0, 3.0, 0.5, 0.5];
        let cursor = Cursor::replay(&Order::new(7, &shares), 200_000);
        for (count, share) in cursor.counts.iter().zip(shares) {
            let expected = share / 10.0 * 200_000.0;
            let deviation = (expected * (1.0 - share / 10.0)).sqrt();
            let error = (*count as f64 - expected) / deviation;
            assert!(error.abs() < 4.0, "{count} for {expected}");
        }
    }

    #[test]
    fn the_guide_finds_what_a_search_finds() {
        let shares: Vec<f64> = (0..300).map(|task| f64::from(task % 7) + 1e-9).collect();
        let order = Order::new(5, &shares);
        for number in 0..20_000 {
            let place = order.draws.child(number).next_u64() >> 16;
            assert_eq!(
                order.task(number),
                order.ends.partition_point(|end| *end <= place)
            );
        }
    }

    #[test]
    fn a_vanishing_share_is_still_a_task() {
        let order = Order::new(1, &[1.0, 1e-30, 1.0]);
        assert_eq!(order.ends[2], 1 << SHARE_BITS);
        assert_eq!(order.ends[1] - order.ends[0], 1);
    }

    const GOLDEN_DRAWS: [usize; 24] = [
        0, 1, 0, 1, 1, 1, 1, 1, 2, 1, 2, 1, 0, 2, 2, 0, 2, 1, 2, 0, 2, 2, 2, 1,
    ];

    #[test]
    fn the_first_draws_never_change() {
        // Computed once with an independent splitmix64 in Python: a change here breaks the resume of old checkpoints.
        let order = Order::new(42, &[1.0, 2.0, 1.0]);
        let tasks: Vec<usize> = (0..24).map(|number| order.task(number)).collect();
        assert_eq!(tasks, GOLDEN_DRAWS);
    }

    #[test]
    fn every_permutation_of_four_is_about_equally_likely() {
        let mut counts = BTreeMap::new();
        for key in 0..24_000 {
            let key = Stream::new(&[key]);
            let order: Vec<u64> = (0..4).map(|index| permute(&key, 4, index)).collect();
            *counts.entry(order).or_insert(0_u32) += 1;
        }
        // 1,000 each, standard deviation 31.
        assert_eq!(counts.len(), 24);
        assert!(
            counts.values().all(|&n| (850..1150).contains(&n)),
            "{counts:?}"
        );
    }

    #[test]
    fn replay_of_a_million_draws_is_quick() {
        let shares: Vec<f64> = (1..=108).map(f64::from).collect();
        let order = Order::new(3, &shares);
        let start = Instant::now();
        let cursor = Cursor::replay(&order, 1_000_000);
        println!(
            "replay of 1,000,000 draws over 108 tasks: {:.1} ms",
            start.elapsed().as_secs_f64() * 1e3
        );
        assert_eq!(cursor.counts.iter().sum::<u64>(), 1_000_000);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

        #[test]
        fn each_epoch_visits_each_example_once(size in 1_u64..3_000, seed in any::<u64>(), epoch in 0_u64..5) {
            let order = TaskOrder::new(seed, "task", size);
            let mut seen = vec![false; size as usize];
            for position in 0..size {
                let (found, example) = order.example(epoch * size + position);
                prop_assert_eq!(found, epoch);
                prop_assert!(!seen[example as usize], "example {} twice", example);
                seen[example as usize] = true;
            }
        }
    }

    #[test]
    fn epochs_and_tasks_have_orders_of_their_own() {
        let order = |name, epoch: u64| -> Vec<u64> {
            let order = TaskOrder::new(1, name, 50);
            (0..50)
                .map(|position| order.example(epoch * 50 + position).1)
                .collect()
        };
        assert_ne!(order("a", 0), order("a", 1));
        // seqio hands every task the same seed, so that tasks of one size are shuffled alike.
        assert_ne!(order("a", 0), order("b", 0));
        assert_eq!(
            order("a", 0),
            order("a", 0),
            "the name is all that tells them apart"
        );
        assert_ne!(order("a", 0), (0..50).collect::<Vec<_>>());
    }
}

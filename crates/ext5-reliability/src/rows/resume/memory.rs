//! R7: what a long run holds does not grow.
use ext5_trainer::{Event, Memory, Observer, Stop, train};

use super::world::World;
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

const STEPS: usize = 20_000;
const EVALUATIONS: u64 = 5;
const CHECKPOINTS: u64 = 50;
const SAMPLES: u64 = 100;
/// Samples at the beginning that are left out: buffers grow to the largest batch.
const WARM: usize = 10;
/// Bytes that the seeded defect keeps of each step.
const LEAK: usize = 1 << 13;

pub(super) const ROW: Row = Row {
    id: "R7",
    what: "20,000 steps, 5 evaluations, 50 checkpoints: memory, open files, threads",
    tier: Tier::N,
    defect: "an observer that keeps 8 KiB of each step, and a file now and then",
    run,
};

fn run(place: &Place) -> Result<Figure, Failure> {
    let steps = if place.seeded {
        2_000
    } else {
        place.count(STEPS / 5, STEPS) as u64
    };
    let world = World::new(place.dir("R7")?);
    let mut config = world.config(
        steps,
        &[
            "validation.limit=20",
            "validation.metrics=[\"micro_reading\"]",
        ],
    )?;
    config.trainer.checkpoint_every = steps / CHECKPOINTS;
    config.validation.every = steps / EVALUATIONS;
    let mut samples = Samples::new(steps / SAMPLES, place.seeded);
    train(
        &config,
        &world.run("run"),
        false,
        &Stop::default(),
        &mut samples,
    )?;
    let taken = samples
        .taken
        .get(WARM..)
        .filter(|taken| taken.len() > 2)
        .ok_or("no samples: this row reads /proc")?;
    let slope = slope(taken);
    let ends = taken.first().zip(taken.last());
    let more = |of: fn(&Sample) -> usize| ends.map_or(0, |(a, b)| of(b) as i64 - of(a) as i64);
    let (files, threads) = (more(|it| it.files), more(|it| it.threads));
    let now = ends.map_or(f64::NAN, |(_, last)| last.mib);
    Ok(Figure::new(
        format!(
            "{steps} steps: {slope:.3} MiB per 1,000 steps ({now:.0} MiB at the end), {files} more open files, {threads} more threads"
        ),
        "<= 1 MiB per 1,000 steps, 0 files, 0 threads",
        slope <= 1.0 && files <= 0 && threads <= 0,
    ))
}

struct Sample {
    step: u64,
    mib: f64,
    files: usize,
    threads: usize,
}

/// Looks at this process now and then.
struct Samples {
    every: u64,
    seeded: bool,
    taken: Vec<Sample>,
    kept: Vec<Vec<u8>>,
    open: Vec<std::fs::File>,
}

impl Samples {
    fn new(every: u64, seeded: bool) -> Self {
        Self {
            every,
            seeded,
            taken: Vec::new(),
            kept: Vec::new(),
            open: Vec::new(),
        }
    }
}

impl Observer for Samples {
    fn on(&mut self, event: &Event<'_>) {
        let Event::Step { step, .. } = *event else {
            return;
        };
        if self.seeded {
            self.kept.push(vec![1; LEAK]);
        }
        if !step.is_multiple_of(self.every) {
            return;
        }
        if self.seeded {
            self.open
                .extend(std::fs::File::open("/proc/self/status").ok());
        }
        let count = |path: &str| std::fs::read_dir(path).map(Iterator::count);
        let counts = count("/proc/self/fd").and_then(|fds| Ok((fds, count("/proc/self/task")?)));
        if let (Ok((files, threads)), Some(mib)) = (counts, Memory::read().now_mib) {
            self.taken.push(Sample {
                step,
                mib,
                files,
                threads,
            });
        }
    }
}

/// MiB per 1,000 steps, by least squares.
fn slope(samples: &[Sample]) -> f64 {
    let count = samples.len() as f64;
    let step = samples.iter().map(|it| it.step as f64).sum::<f64>() / count;
    let mib = samples.iter().map(|it| it.mib).sum::<f64>() / count;
    let (mut products, mut squares) = (0.0, 0.0);
    for it in samples {
        let away = it.step as f64 - step;
        products += away * (it.mib - mib);
        squares += away * away;
    }
    1e3 * products / squares
}

//! N3: spikes are told, the noise of a mixture is not.
use ext5_objectives::Stream;
use ext5_trainer::{SpikeConfig, SpikeDetector};

use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

pub(super) const ROW: Row = Row {
    id: "N3",
    what: "spikes of loss and gradient norm in made traces, one of ten with a spike",
    tier: Tier::P,
    defect: "the threshold is off",
    run,
};

/// Steps of a trace.
const STEPS: usize = 400;
/// Steps after the first of a spike within which it must be told.
const LATE: usize = 5;
const TASKS: usize = 10;

#[expect(clippy::unnecessary_wraps, reason = "as all rows are run")]
fn run(place: &Place) -> Result<Figure, Failure> {
    let mut config = SpikeConfig::default();
    if place.seeded {
        config.threshold = f64::INFINITY;
    }
    Ok(judged(&config, place.count(1000, 10_000) as u64))
}

fn judged(config: &SpikeConfig, traces: u64) -> Figure {
    let (mut spikes, mut told, mut quiet, mut false_alarms) = (0, 0, 0, 0);
    for number in 0..traces {
        let trace = Trace::new(number, number % 10 == 0);
        let mut detector = SpikeDetector::default();
        let mut seen = false;
        for (step, (loss, norm)) in trace.steps.iter().enumerate() {
            let alarm = detector.observe(config, *loss, *norm).is_some();
            match trace.spike {
                Some(first) if step >= first => seen |= alarm && step <= first + LATE,
                // Before its first words nobody is heard.
                _ => {
                    quiet += usize::from(step >= config.window / 2);
                    false_alarms += usize::from(alarm);
                }
            }
        }
        spikes += usize::from(trace.spike.is_some());
        told += usize::from(seen);
    }
    let rate = 1e4 * false_alarms as f64 / quiet.max(1) as f64;
    let recall = told as f64 / spikes.max(1) as f64;
    Figure::new(
        format!(
            "{told} of {spikes} spikes told ({:.1} %), {false_alarms} false alarms in {quiet} steps ({rate:.2} in 10,000)",
            100.0 * recall
        ),
        "95 % told, at most 1 false alarm in 10,000 steps",
        recall >= 0.95 && rate <= 1.0,
    )
}

/// Losses and norms of a run that learns from a mixture.
struct Trace {
    steps: Vec<(f64, f64)>,
    /// The first step of the spike.
    spike: Option<usize>,
}

/// Numbers of one trace.
struct Draws(Stream);

impl Draws {
    fn uniform(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.0.uniform()
    }

    /// Between two numbers, as evenly in its logarithm.
    fn factor(&mut self, from: f64, to: f64) -> f64 {
        self.uniform(from.ln(), to.ln()).exp()
    }
}

impl Trace {
    /// Each task has a level of its own and a share as of Zipf; examples have lengths and losses of theirs; a batch is 8 to 128 of
    /// them. The norm of gradients goes with the loss, has noise of its own, and once in a hundred steps it is up to three times as
    /// large for no reason. A spike is a jump of the loss to 3 to 10 times, of the norm to 5 to 50 times, or both, which fades.
    fn new(number: u64, has_spike: bool) -> Self {
        let mut draws = Draws(Stream::new(&[7, number]));
        let levels: Vec<f64> = (0..TASKS).map(|_| (0.6 * draws.0.normal()).exp()).collect();
        let batch = [8, 32, 128][number as usize % 3];
        let (floor, fall) = (draws.uniform(0.2, 0.6), draws.factor(30.0, 1000.0));
        let spike = has_spike.then(|| draws.uniform(100.0, 350.0) as usize);
        let kind = draws.uniform(0.0, 5.0) as usize; // both, both, both, loss, norm
        let (jump, norm_jump, fade) = (
            draws.factor(3.0, 10.0),
            draws.factor(5.0, 50.0),
            draws.factor(2.0, 30.0),
        );
        let step = |step: usize| {
            let learned = floor + (1.0 - floor) * (-(step as f64) / fall).exp();
            let mut loss = learned * mixed(&mut draws, &levels, batch);
            let mut norm = (loss / learned).sqrt() * (0.25 * draws.0.normal()).exp();
            if draws.uniform(0.0, 1.0) < 0.01 {
                norm *= draws.factor(1.0, 3.0);
            }
            if let Some(first) = spike.filter(|first| step >= *first) {
                let left = (-((step - first) as f64) / fade).exp();
                if kind != 4 {
                    loss *= jump.powf(left);
                }
                if kind != 3 {
                    norm *= norm_jump.powf(left);
                }
            }
            (5.0 * loss, norm)
        };
        Self {
            steps: (0..STEPS).map(step).collect(),
            spike,
        }
    }
}

/// The loss per token of a batch, where each task learns alike.
fn mixed(draws: &mut Draws, levels: &[f64], batch: usize) -> f64 {
    let (mut sum, mut tokens) = (0.0, 0.0);
    for _ in 0..batch {
        // Shares that fall like 1/n: the logarithm of an even number is even.
        let task = draws.factor(1.0, levels.len() as f64 + 1.0) as usize - 1;
        let level = levels.get(task).copied().unwrap_or(1.0);
        let length = draws.factor(2.0, 60.0);
        sum += length * level * (0.35 * draws.0.normal()).exp();
        tokens += length;
    }
    sum / tokens
}

//! How fast a run is. Nothing of it enters the model or `metrics.jsonl`; times are told by whoever calls.
use crate::Memory;
use ext5_architecture::{T5Config, flops_per_step};
use ext5_data::Batch;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Steps over which the speed that is shown on the way is taken.
const RECENT: usize = 16;

/// Time since this process began: since the first call, which `main` makes at once.
pub fn uptime() -> Duration {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    BEGAN.get_or_init(Instant::now).elapsed()
}

/// What computes, and the most it can.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Place {
    /// The device's name.
    pub device: String,
    /// Threads of the host that compute.
    pub threads: usize,
    /// Instruction set of the host's own kernels.
    pub isa: &'static str,
    /// Largest rate of products, GFLOP/s, where it is known.
    pub peak_gflops: Option<f64>,
}

impl Place {
    /// A device by its name, on this host; its peak is not known yet.
    pub fn of(device: &str) -> Self {
        Self {
            device: device.to_owned(),
            threads: ext5_cpu::threads(),
            isa: ext5_cpu::Isa::detect().name(),
            peak_gflops: None,
        }
    }
}

/// What one step has to do.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Work {
    /// Tokens of the encoder, padding not counted.
    pub inputs: u64,
    /// Tokens of the decoder, padding not counted.
    pub targets: u64,
    /// Floating-point operations of the products in forward and backward pass; what is computed anew is not counted.
    pub flops: f64,
}

impl Work {
    /// The work that `batch` is for a model of this shape: each segment attends to itself alone.
    pub fn of(batch: &Batch, config: &T5Config) -> Self {
        batch
            .segments
            .iter()
            .fold(Self::default(), |work, it| Self {
                inputs: work.inputs + it.inputs_tokens as u64,
                targets: work.targets + it.targets_tokens as u64,
                flops: work.flops + flops_per_step(config, 1, it.inputs_tokens, it.targets_tokens),
            })
    }

    /// Tokens of both sides.
    fn tokens(&self) -> u64 {
        self.inputs + self.targets
    }
}

/// The speed of some steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Speed {
    /// Time they took, waiting for batches included, validations and checkpoints not.
    pub seconds: f64,
    /// Optimizer updates a second.
    pub steps_per_s: f64,
    /// Tokens of encoder and decoder a second, padding not counted.
    pub tokens_per_s: f64,
    /// Those of the encoder alone.
    pub inputs_per_s: f64,
    /// Those of the decoder alone.
    pub targets_per_s: f64,
    /// Billions of floating-point operations of the model a second.
    pub gflops: f64,
    /// The same as a share of [`Place::peak_gflops`].
    pub mfu: Option<f64>,
    /// Share of the time that was spent waiting for batches, with the device idle.
    pub waited_share: f64,
    /// Resident memory of the process.
    pub rss_mib: Option<f64>,
    /// The most of it so far.
    pub peak_rss_mib: Option<f64>,
}

/// The speed of a run, as `speed.json` keeps it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpeedSummary {
    /// Where it ran.
    #[serde(flatten)]
    pub place: Place,
    /// Steps that this process took; a resumed run's earlier ones are in `speed.jsonl`.
    pub steps: u64,
    /// Of a step, median.
    pub seconds_per_step: f64,
    /// Median over the steps.
    pub tokens_per_s: f64,
    /// Median over the steps.
    pub gflops: f64,
    /// The median rate as a share of [`Place::peak_gflops`].
    pub mfu: Option<f64>,
    /// Share of the time that was spent waiting for batches.
    pub waited_share: f64,
    /// From the start of the process to the end of the run's first step in it.
    pub first_step_s: Option<f64>,
    /// Most resident memory of the process.
    pub peak_rss_mib: Option<f64>,
}

/// Takes the times of a run's steps and tells its speed.
#[derive(Debug)]
pub struct Throughput {
    place: Place,
    /// When the wait for a batch began, and when it ended.
    marks: (Duration, Duration),
    first_step: Option<Duration>,
    /// The last steps.
    recent: VecDeque<Span>,
    /// The steps since the last line of the log.
    window: Span,
    whole: Span,
    /// Seconds, tokens a second and operations a second of each step.
    steps: Vec<[f32; 3]>,
}

/// Work and time of one step or several.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    steps: u64,
    work: Work,
    waited: Duration,
    computed: Duration,
}

impl Throughput {
    /// Nothing measured yet.
    pub fn new(place: Place) -> Self {
        Self {
            place,
            marks: Default::default(),
            first_step: None,
            recent: VecDeque::with_capacity(RECENT),
            window: Span::default(),
            whole: Span::default(),
            steps: Vec::new(),
        }
    }

    /// A batch is asked for.
    pub fn waits(&mut self, now: Duration) {
        self.marks = (now, now);
    }

    /// The batch is there.
    pub fn computes(&mut self, now: Duration) {
        self.marks.1 = now;
    }

    /// The step is done.
    pub fn stepped(&mut self, now: Duration, work: Work) {
        let (asked, got) = self.marks;
        let step = Span {
            steps: 1,
            work,
            waited: got.saturating_sub(asked),
            computed: now.saturating_sub(got),
        };
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(step);
        self.window.add(step);
        self.whole.add(step);
        let rates = [
            step.seconds(),
            step.per_second(work.tokens() as f64),
            step.per_second(work.flops),
        ];
        self.steps.push(rates.map(|rate| rate as f32));
        self.first_step.get_or_insert(now);
    }

    /// Sets the most that the device can, FLOP/s.
    pub fn set_peak(&mut self, peak: Option<f64>) {
        self.place.peak_gflops = peak.map(|peak| peak / 1e9);
    }

    /// Sets a peak that was measured, FLOP/s. What the last step reached is possible too: where it is more, other programs
    /// disturbed the measurement.
    pub fn set_measured_peak(&mut self, measured: f64) {
        let reached = self
            .recent
            .back()
            .map_or(0.0, |step| step.per_second(step.work.flops));
        let known = self.place.peak_gflops.unwrap_or(0.0) * 1e9;
        self.set_peak(Some(measured.max(reached).max(known)));
    }

    /// The speed of the last steps, for people who watch.
    pub fn recent(&self, memory: Memory) -> Speed {
        let mut sum = Span::default();
        self.recent.iter().for_each(|step| sum.add(*step));
        self.speed(sum, memory)
    }

    /// A line of `speed.jsonl`: the speed since the line before.
    pub fn line(&mut self, step: u64, memory: Memory) -> Value {
        let window = std::mem::take(&mut self.window);
        let speed = self.speed(window, memory);
        let mut line = json!({ "step": step });
        if let (Some(line), Ok(Value::Object(speed))) =
            (line.as_object_mut(), serde_json::to_value(speed))
        {
            line.extend(speed);
        }
        line
    }

    /// The speed of all steps.
    pub fn summary(&self, memory: Memory) -> SpeedSummary {
        let of = |which: usize| {
            median(
                self.steps
                    .iter()
                    .filter_map(|rates| rates.get(which).copied()),
            )
        };
        let gflops = of(2) / 1e9;
        SpeedSummary {
            place: self.place.clone(),
            steps: self.steps.len() as u64,
            seconds_per_step: of(0),
            tokens_per_s: of(1),
            gflops,
            mfu: self.place.peak_gflops.map(|peak| gflops / peak),
            waited_share: self.whole.waited_share(),
            first_step_s: self.first_step.map(|at| at.as_secs_f64()),
            peak_rss_mib: memory.peak_mib,
        }
    }

    fn speed(&self, span: Span, memory: Memory) -> Speed {
        let work = span.work;
        let gflops = span.per_second(work.flops) / 1e9;
        Speed {
            seconds: span.seconds(),
            steps_per_s: span.per_second(span.steps as f64),
            tokens_per_s: span.per_second(work.tokens() as f64),
            inputs_per_s: span.per_second(work.inputs as f64),
            targets_per_s: span.per_second(work.targets as f64),
            gflops,
            mfu: self.place.peak_gflops.map(|peak| gflops / peak),
            waited_share: span.waited_share(),
            rss_mib: memory.now_mib,
            peak_rss_mib: memory.peak_mib,
        }
    }
}

impl Span {
    fn add(&mut self, step: Self) {
        self.steps += step.steps;
        self.work.inputs += step.work.inputs;
        self.work.targets += step.work.targets;
        self.work.flops += step.work.flops;
        self.waited += step.waited;
        self.computed += step.computed;
    }

    fn seconds(&self) -> f64 {
        (self.waited + self.computed).as_secs_f64()
    }

    /// `amount` a second; 0 where no time has passed.
    fn per_second(&self, amount: f64) -> f64 {
        let seconds = self.seconds();
        if seconds > 0.0 { amount / seconds } else { 0.0 }
    }

    fn waited_share(&self) -> f64 {
        self.per_second(self.waited.as_secs_f64())
    }
}

/// The middle number, the mean of the two middle ones, or 0.
fn median(values: impl Iterator<Item = f32>) -> f64 {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(f32::total_cmp);
    let middle = values.len() / 2;
    let at = |index: usize| values.get(index).copied().map_or(0.0, f64::from);
    if values.len() % 2 == 1 {
        at(middle)
    } else {
        f64::midpoint(at(middle.wrapping_sub(1)), at(middle))
    }
}

#[cfg(test)]
mod tests;

//! What the processes of a run tell each other in a step.
use crate::{Error, Learner, Ranks, Result, StepOptions, StepOutcome};
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Tensor, TensorData};
use ext5_data::Batch;
use ext5_model::T5;
use std::cell::Cell;
use std::ops::Range;
use std::time::{Duration, Instant};

/// Losses of a step, as sums.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Losses {
    /// Of each segment, in the order of [`Batch::segments`].
    pub(crate) segments: Vec<f64>,
    /// Of the z-losses, coefficient included.
    pub(crate) z_loss: f64,
}

impl Losses {
    /// Those of the whole batch, from those of each process's `rows`.
    pub(crate) fn exchanged(self, ranks: &dyn Ranks, batch: &Batch, rows: &Range<usize>) -> Self {
        let first = batch
            .segments
            .partition_point(|segment| segment.row < rows.start);
        let mut all = vec![0.0; first];
        all.extend(self.segments);
        all.resize(batch.segments.len(), 0.0);
        all.push(self.z_loss);
        ranks.sum_f64(&mut all);
        let z_loss = all.pop().unwrap_or(0.0);
        Self {
            segments: all,
            z_loss,
        }
    }
}

/// Puts the sum over all processes in place of each gradient of `model`, by way of the host.
///
/// # Errors
/// [`Error::Device`] where a gradient cannot be read.
pub(crate) fn exchange_gradients(
    model: &T5,
    gradients: &mut GradientsParams,
    ranks: &dyn Ranks,
) -> Result<()> {
    if ranks.size() == 1 {
        return Ok(());
    }
    let mut visitor = Exchange {
        gradients,
        ranks,
        outcome: Ok(()),
    };
    model.visit(&mut visitor);
    visitor.outcome
}

struct Exchange<'a> {
    gradients: &'a mut GradientsParams,
    ranks: &'a dyn Ranks,
    outcome: Result<()>,
}

impl ModuleVisitor for Exchange<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.outcome.is_err() {
            return;
        }
        let Some(gradient) = self.gradients.remove::<D>(param.id) else {
            return;
        };
        let (shape, device) = (gradient.dims(), gradient.device());
        match gradient.try_into_vec_as::<f32>() {
            Ok(mut values) => {
                self.ranks.sum_f32(&mut values);
                let sum = Tensor::<D>::from_data(TensorData::new(values, shape), &device);
                self.gradients.register(param.id, sum);
            }
            Err(error) => self.outcome = Err(Error::device("read a gradient", &error)),
        }
    }
}

/// The processes of a run, and what working together costs this one.
pub(crate) struct Timed<'a> {
    ranks: &'a dyn Ranks,
    steps: u32,
    all: Duration,
    waiting: Cell<Duration>,
    exchanging: Cell<Duration>,
}

impl<'a> Timed<'a> {
    pub(crate) fn new(ranks: &'a dyn Ranks) -> Self {
        Self {
            ranks,
            steps: 0,
            all: Duration::ZERO,
            waiting: Cell::default(),
            exchanging: Cell::default(),
        }
    }

    /// [`Learner::step_among`], its time kept.
    pub(crate) fn step(
        &mut self,
        learner: &mut Learner,
        batch: &Batch,
        options: &StepOptions,
    ) -> Result<StepOutcome> {
        let start = Instant::now();
        let outcome = learner.step_among(&*self, batch, options);
        self.all += start.elapsed();
        self.steps += 1;
        outcome
    }

    /// Seconds a step in words; nothing of one process.
    pub(crate) fn costs(&self) -> Option<String> {
        let seconds = |time: Duration| time.as_secs_f64() / f64::from(self.steps.max(1));
        let (all, waiting) = (seconds(self.all), seconds(self.waiting.get()));
        let exchanging = seconds(self.exchanging.get());
        (self.ranks.size() > 1).then(|| {
            format!(
                "{} processes: {all:.3} s a step, of which {exchanging:.3} s exchanging gradients ({:.1} %) and {waiting:.3} s waiting for \
                 each other",
                self.ranks.size(),
                100.0 * exchanging / all.max(f64::MIN_POSITIVE),
            )
        })
    }

    fn time<T>(total: &Cell<Duration>, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let answer = work();
        total.set(total.get() + start.elapsed());
        answer
    }
}

/// Losses go before gradients: waiting for slower processes is over when gradients are exchanged.
impl Ranks for Timed<'_> {
    fn rank(&self) -> usize {
        self.ranks.rank()
    }

    fn size(&self) -> usize {
        self.ranks.size()
    }

    fn sum_f32(&self, values: &mut [f32]) {
        Self::time(&self.exchanging, || self.ranks.sum_f32(values));
    }

    fn sum_f64(&self, values: &mut [f64]) {
        Self::time(&self.waiting, || self.ranks.sum_f64(values));
    }

    fn leave(&self) {
        self.ranks.leave();
    }

    fn abort(&self, code: u8) {
        self.ranks.abort(code);
    }
}

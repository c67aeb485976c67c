#[cfg(test)]
mod tests;

use crate::host_learner::{segments, sum};
use crate::{Error, ModelDir, Observer, Result, RunConfig, Session, device, feeds, loader_config};
use ext5_backprop::{Options, Parameters, Slot, T5};
use ext5_data::{Batch, Cursor, Loader, TaskFeed};
use ext5_model::TrainingPrecision;
use ext5_objectives::Stream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Tag of the stream that seeds a probe's order of examples, so that they are not the very first that the run has seen.
const PROBE: u64 = 0x7072_6f62;
/// The tables with a row for each token: no layers.
const TABLES: [&str; 2] = ["shared.weight", "lm_head.weight"];

/// One checkpoint of a run, of which is asked where each mixture would take it. Nothing learns.
///
/// It computes on the CPU whatever device the run has, in f32, without dropout. It holds the weights once; each
/// [`MixtureGradient`] as many numbers again, and one more of them while it is measured.
pub struct GradientProbe {
    checkpoint: PathBuf,
    config: RunConfig,
    session: Session,
    model: T5,
    parameters: Parameters,
}

/// The loss of a mixture at some weights, and its gradient by them.
#[derive(Debug)]
pub struct MixtureGradient {
    /// Cross-entropy of the batches, nats per target token. The z-loss is left out: all mixtures share it.
    pub loss: f64,
    /// Their target tokens.
    pub tokens: u64,
    /// Cosine between the gradients of every second batch and of the others, over all weights: 1 where the batches are enough to
    /// know the direction, 0 where it is noise. None of one batch.
    pub agreement: Option<f64>,
    gradient: Parameters,
    squares: Dots,
}

/// Cosines of the angle between two gradients.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GradientCosine {
    /// Over all weights: an update moves them all at once.
    pub all: f64,
    /// Over the layers alone, without the tables of tokens (embedding and output layer), where two mixtures meet only in the
    /// words that both have.
    pub layers: f64,
}

impl GradientProbe {
    /// Opens `checkpoint`, a checkpoint of the run of `config` in `run_dir`; a vocabulary lies beside its weights.
    ///
    /// # Errors
    /// As [`Session::open`] and [`ModelDir::parameters`].
    pub fn open(
        config: &RunConfig,
        run_dir: &Path,
        checkpoint: &Path,
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        let mut config = config.clone();
        config.init.from = Some(checkpoint.to_owned());
        // A family has no plain text to be mixed with.
        config.data.ratio = None;
        let trainer = &mut config.trainer;
        device::CPU.clone_into(&mut trainer.device);
        trainer.precision = TrainingPrecision::F32;
        trainer.seed = Stream::new(&[trainer.seed, PROBE]).next_u64();
        let session = Session::open(&config, run_dir, observer)?;
        let (shape, parameters) = ModelDir::find(checkpoint)?.parameters()?;
        crate::predictor::fits(&shape, session.vocabulary.as_ref())?;
        Ok(Self {
            checkpoint: checkpoint.to_owned(),
            config,
            session,
            model: T5::new(&shape, &parameters),
            parameters,
        })
    }

    /// Loss and gradient of the first `batches` batches (at least one) of a mixture, each as large as a step's: their means over
    /// target tokens, as the loss of a step is. The batches are a function of the run's seed and the mixture alone.
    ///
    /// # Errors
    /// As [`feeds`]; [`Error::Checkpoint`] where the loss is not finite; [`Error::Device`].
    pub fn measure(
        &self,
        mixture: &str,
        batches: usize,
        observer: &mut dyn Observer,
    ) -> Result<MixtureGradient> {
        let mut loader = self.loader(mixture, observer)?;
        let (mut next, mut other) = (Sums::new(&self.parameters), Sums::new(&self.parameters));
        for _ in 0..batches.max(1) {
            let (batch, _) = loader.next()?;
            self.add(&batch, &mut next)?;
            std::mem::swap(&mut next, &mut other);
        }
        self.joined(mixture, next, other)
    }

    fn loader(&self, mixture: &str, observer: &mut dyn Observer) -> Result<Loader> {
        let (data, session) = (&self.config.data, &self.session);
        let place = (session.vocabulary.as_ref(), session.cache.as_path());
        let found = feeds(
            data,
            mixture,
            &data.split,
            &session.catalogue,
            place,
            observer,
        )?;
        let feeds: Arc<[TaskFeed]> = found.feeds.into();
        let cursor = Cursor::start(feeds.len());
        Ok(Loader::new(feeds, loader_config(&self.config), cursor)?)
    }

    /// Adds the loss of `batch` and its gradient to `sums`.
    fn add(&self, batch: &Batch, sums: &mut Sums) -> Result<()> {
        let trainer = &self.config.trainer;
        let options = Options {
            z_loss: 0.0,
            divisor: 1.0,
            dropout_rate: 0.0,
            recompute: trainer.recompute,
        };
        let rows = match trainer.micro_batch_rows {
            0 => batch.rows.max(1),
            rows => rows,
        };
        for first in (0..batch.rows).step_by(rows) {
            let segments = segments(batch, first..(first + rows).min(batch.rows), None);
            let losses =
                self.model
                    .gradients(&self.parameters, &segments, &options, &mut sums.gradient);
            let losses = losses.map_err(|error| Error::device("compute a gradient", &error))?;
            sums.loss += sum(&losses.per_token);
        }
        let weights = batch.decoder_loss_weights.iter();
        sums.tokens += weights.map(|&weight| f64::from(weight)).sum::<f64>();
        Ok(())
    }

    /// The means over both halves.
    fn joined(&self, mixture: &str, one: Sums, other: Sums) -> Result<MixtureGradient> {
        let tokens = (one.tokens + other.tokens).max(1.0);
        let loss = (one.loss + other.loss) / tokens;
        let halves = (one.tokens > 0.0 && other.tokens > 0.0).then(|| {
            let [one, between, other] = [
                (&one.gradient, &one.gradient),
                (&one.gradient, &other.gradient),
                (&other.gradient, &other.gradient),
            ]
            .map(|(a, b)| Dots::of(a, b));
            between.cosine(one, other).all
        });
        let mut gradient = one.gradient;
        let scale = (1.0 / tokens) as f32;
        let both = gradient.values_mut().iter_mut();
        for (to, from) in both.zip(other.gradient.values()) {
            *to = (*to + from) * scale;
        }
        let squares = Dots::of(&gradient, &gradient);
        if !(loss + squares.all).is_finite() {
            return Err(Error::Checkpoint {
                path: self.checkpoint.clone(),
                reason: format!("the loss of `{mixture}` is {loss}, its gradient no number"),
            });
        }
        Ok(MixtureGradient {
            loss,
            tokens: tokens as u64,
            agreement: halves,
            gradient,
            squares,
        })
    }
}

impl MixtureGradient {
    /// The angle to another gradient of the same probe; 0 where one of both is nothing.
    pub fn cosine(&self, other: &Self) -> GradientCosine {
        Dots::of(&self.gradient, &other.gradient).cosine(self.squares, other.squares)
    }

    /// Euclidean norm over all weights.
    pub fn norm(&self) -> f64 {
        self.squares.all.sqrt()
    }

    /// The gradient itself, in the places of the weights.
    pub fn values(&self) -> &Parameters {
        &self.gradient
    }
}

/// Sums over target tokens.
struct Sums {
    gradient: Parameters,
    loss: f64,
    tokens: f64,
}

impl Sums {
    fn new(parameters: &Parameters) -> Self {
        Self {
            gradient: parameters.zeros_like(),
            loss: 0.0,
            tokens: 0.0,
        }
    }
}

/// Products of two gradients, summed in the order of the weights: over all, and over the layers.
#[derive(Clone, Copy, Debug)]
struct Dots {
    all: f64,
    layers: f64,
}

impl Dots {
    fn of(one: &Parameters, other: &Parameters) -> Self {
        let dot = |slot: &Slot| -> f64 {
            let [one, other] = [one, other].map(|it| &it.values()[slot.range.clone()]);
            let products = one.iter().zip(other);
            products.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
        };
        let mut dots = Self {
            all: 0.0,
            layers: 0.0,
        };
        for slot in one.slots() {
            let product = dot(slot);
            dots.all += product;
            if !TABLES.contains(&slot.name.as_str()) {
                dots.layers += product;
            }
        }
        dots
    }

    fn cosine(self, one: Self, other: Self) -> GradientCosine {
        let cosine = |dot: f64, one: f64, other: f64| {
            let norms = (one * other).sqrt();
            if norms > 0.0 {
                (dot / norms).clamp(-1.0, 1.0)
            } else {
                0.0
            }
        };
        GradientCosine {
            all: cosine(self.all, one.all, other.all),
            layers: cosine(self.layers, one.layers, other.layers),
        }
    }
}

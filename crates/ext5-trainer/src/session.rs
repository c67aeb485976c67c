use crate::vocabulary::vocabulary;
use crate::{Learner, ModelDir, Observer, Result, RunConfig, device};
use burn::tensor::Device;
use ext5_backprop::Parameters;
use ext5_model::{T5Config, initialise, preset};
use ext5_objectives::Stream;
use ext5_tasks::Catalogue;
use ext5_tokenizer::Vocabulary;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Tag of the streams that draw the first weights.
const WEIGHTS: u64 = 0x7765_6967;
/// Rows of a new embedding are a multiple of this, as T5's 32,128 are.
const EMBEDDING_STEP: usize = 128;

/// What a configuration stands for, without data: catalogue, vocabulary, device, model.
pub struct Session {
    /// Tasks, mixtures, suites.
    pub catalogue: Catalogue,
    /// Text to ids.
    pub vocabulary: Arc<dyn Vocabulary>,
    /// Where caches lie.
    pub cache: PathBuf,
    /// What a new run starts from, and the shape that this or the run's own checkpoint has.
    start: Option<ModelDir>,
    shape: Option<T5Config>,
    device: Device,
}

impl Session {
    /// Opens everything but data and weights.
    ///
    /// # Errors
    /// Whatever is named and not there: task directories, the vocabulary, the device, the start model.
    pub fn open(config: &RunConfig, run_dir: &Path, observer: &mut dyn Observer) -> Result<Self> {
        let start = config.init.from.as_deref();
        let start = start.map(ModelDir::find).transpose()?;
        Self::of(config, run_dir, start, observer)
    }

    /// As [`Session::open`] for a run that goes on from `checkpoint`: that has all that `init.from` brought, which need not be
    /// there any more.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn resume(
        config: &RunConfig,
        run_dir: &Path,
        checkpoint: &Path,
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        let own = config.init.from.is_some();
        let own = own.then(|| ModelDir::find(checkpoint)).transpose()?;
        let session = Self::of(config, run_dir, own, observer)?;
        // Held on to, the checkpoint would outlast its turn.
        let start = None;
        Ok(Self { start, ..session })
    }

    fn of(
        config: &RunConfig,
        run_dir: &Path,
        start: Option<ModelDir>,
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        let device = device::open_for(&config.trainer)?;
        let catalogue = catalogue(&config.data.task_dirs)?;
        let beside = || run_dir.parent().unwrap_or(Path::new(".")).join("cache");
        let cache = config.data.cache.clone().unwrap_or_else(beside);
        let own = start
            .as_ref()
            .map(ModelDir::vocabulary)
            .transpose()?
            .flatten();
        let vocabulary = match own {
            Some(own) => own,
            None => vocabulary(config, &catalogue, &cache, observer)?,
        };
        let shape = start.as_ref().map(ModelDir::config).transpose()?;
        Ok(Self {
            catalogue,
            vocabulary,
            cache,
            start,
            shape,
            device,
        })
    }

    /// What a new run starts from, ready to learn.
    ///
    /// # Errors
    /// [`crate::Error::Model`] for an unknown preset or weights that do not fit,
    /// [`crate::Error::Config`] where vocabulary and model do not belong together.
    pub fn start(&self, config: &RunConfig) -> Result<Learner> {
        let learner = match &self.start {
            Some(start) => self.load_from(config, start)?,
            None => self.new_learner(config)?,
        };
        crate::predictor::fits(learner.config(), self.vocabulary.as_ref())?;
        Ok(learner)
    }

    /// The shape of the model a run starts from.
    ///
    /// # Errors
    /// As [`Session::start`].
    pub fn shape(&self, config: &RunConfig) -> Result<T5Config> {
        match &self.shape {
            Some(shape) => Ok(shape.clone()),
            None => model_config(config, self.vocabulary.size()),
        }
    }

    /// What a run goes on with from a checkpoint of its own, without what the optimizer remembers.
    ///
    /// # Errors
    /// As [`ModelDir::load`].
    pub fn load(&self, config: &RunConfig, checkpoint: &Path) -> Result<Learner> {
        self.load_from(config, &ModelDir::find(checkpoint)?)
    }

    fn load_from(&self, config: &RunConfig, dir: &ModelDir) -> Result<Learner> {
        let dropout_rate = config.model.dropout_rate;
        if device::is_own_cpu(&config.trainer.device) {
            let (mut shape, parameters) = dir.parameters()?;
            shape.dropout_rate = dropout_rate;
            let recompute = config.trainer.recompute;
            return Ok(Learner::host(
                &shape,
                parameters,
                config.optimizer,
                recompute,
            ));
        }
        let model = dir.load(&self.device.clone().autodiff(), Some(dropout_rate))?;
        let model = model.with_precision(config.trainer.precision);
        Ok(Learner::device(model, config.optimizer))
    }

    /// The device, without gradients.
    pub fn device(&self) -> &Device {
        &self.device
    }

    fn new_learner(&self, config: &RunConfig) -> Result<Learner> {
        let shape = model_config(config, self.vocabulary.size())?;
        let seed = config.trainer.seed;
        // A stream per parameter: its weights do not depend on which others there are, nor on the device.
        let normal = |name: &str, first: usize, out: &mut [f32]| {
            let mut parts = vec![seed, WEIGHTS];
            parts.extend(name.bytes().map(u64::from));
            Stream::new(&parts).normals(first, out);
        };
        if device::is_own_cpu(&config.trainer.device) {
            let parameters = Parameters::initial(&shape, &normal);
            let parameters = parameters.map_err(|source| preset_error(config, source))?;
            let recompute = config.trainer.recompute;
            return Ok(Learner::host(
                &shape,
                parameters,
                config.optimizer,
                recompute,
            ));
        }
        let device = self.device.clone().autodiff();
        let model = initialise(&shape, &device, |name, count| {
            let mut values = vec![0.0; count];
            normal(name, 0, &mut values);
            values
        });
        let model = model.map_err(|source| preset_error(config, source))?;
        let model = model.with_precision(config.trainer.precision);
        Ok(Learner::device(model, config.optimizer))
    }
}

/// The shape of a new model for a vocabulary of `ids`.
///
/// # Errors
/// [`crate::Error::Model`] for an unknown preset.
pub fn model_config(config: &RunConfig, ids: usize) -> Result<T5Config> {
    let preset = preset(&config.model.preset).map_err(|source| preset_error(config, source))?;
    let vocab_size = ids.next_multiple_of(EMBEDDING_STEP);
    Ok(T5Config {
        vocab_size,
        dropout_rate: config.model.dropout_rate,
        ..preset
    })
}

fn preset_error(config: &RunConfig, source: ext5_model::Error) -> crate::Error {
    crate::Error::Model {
        path: PathBuf::from(&config.model.preset),
        source,
    }
}

/// The built-in catalogue with the user's directories.
///
/// # Errors
/// [`crate::Error::Tasks`] naming the file that cannot be read or is not valid.
pub fn catalogue(task_dirs: &[PathBuf]) -> Result<Catalogue> {
    let mut catalogue = Catalogue::built_in()?;
    for dir in task_dirs {
        catalogue = catalogue.with_dir(dir)?;
    }
    Ok(catalogue)
}

use crate::checkpoint::{CHECKPOINTS, Checkpoint, LARGEST_FILE, committed, file_hash, is_plain};
use crate::{Error, Result, RunConfig, VocabularyConfig};
use burn::tensor::Device;
use ext5_architecture::Weights;
use ext5_backprop::Parameters;
use ext5_data::{door, load_vocabulary, storage};
use ext5_inference::Precision;
use ext5_model::{Index, SAFETENSORS, SAFETENSORS_INDEX, T5, T5Config};
use ext5_tokenizer::{ByteVocabulary, Vocabulary};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Name of the run's configuration in run directories and checkpoints.
pub(crate) const RUN_CONFIG: &str = "run.toml";
const CONFIG: &str = "config.json";
/// Weights as torch pickles them.
const PICKLED: &str = "pytorch_model.bin";
const TOKENIZER_FILES: [&str; 2] = ["spiece.model", "tokenizer.json"];

/// A model on disk: a run directory (its newest good checkpoint), a checkpoint, or a Hugging Face directory.
#[derive(Debug)]
pub struct ModelDir {
    path: PathBuf,
    checkpoint: Option<Checkpoint>,
    /// Name of the file of torch's that has the weights, where a person has named it.
    torch: Option<String>,
    skipped: Vec<Error>,
}

impl ModelDir {
    /// Finds the model at `path`.
    ///
    /// # Errors
    /// [`Error::NoModel`] where there is none, [`Error::Checkpoint`] where it is damaged.
    pub fn find(path: &Path) -> Result<Self> {
        let no_model = || Error::NoModel {
            path: path.to_owned(),
        };
        if path.join(CHECKPOINTS).is_dir() {
            let (checkpoint, mut skipped) = Checkpoint::newest(storage::local(), path)?;
            let Some(checkpoint) = checkpoint else {
                return Err(skipped.pop().unwrap_or_else(no_model));
            };
            let path = checkpoint.path().to_owned();
            return Ok(Self {
                path,
                checkpoint: Some(checkpoint),
                torch: None,
                skipped,
            });
        }
        if !path.join(CONFIG).is_file() {
            return Err(no_model());
        }
        let checkpoint = Checkpoint::is_at(path)
            .then(|| Checkpoint::open(path))
            .transpose()?;
        Ok(Self {
            path: path.to_owned(),
            checkpoint,
            torch: None,
            skipped: Vec::new(),
        })
    }

    /// The model whose weights are the file of torch's at `path`, with configuration and vocabulary beside it. Such a file is never
    /// read unless it is named here; of what it may hold [`ext5_architecture::Error::Torch`] tells.
    ///
    /// # Errors
    /// [`Error::NoModel`] where no `config.json` lies beside it.
    pub fn of_torch_file(path: &Path) -> Result<Self> {
        let dir = path.parent().unwrap_or(Path::new(""));
        if !dir.join(CONFIG).is_file() {
            return Err(Error::NoModel {
                path: dir.to_owned(),
            });
        }
        let name = path.file_name().unwrap_or_default();
        Ok(Self {
            path: dir.to_owned(),
            checkpoint: None,
            torch: Some(name.to_string_lossy().into_owned()),
            skipped: Vec::new(),
        })
    }

    /// Where the weights lie.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Newer checkpoints that were passed over because they are damaged.
    pub fn skipped(&self) -> &[Error] {
        &self.skipped
    }

    /// Whether every file is checked against a manifest.
    pub fn is_verified(&self) -> bool {
        self.checkpoint.is_some()
    }

    fn has(&self, name: &str) -> bool {
        match &self.checkpoint {
            Some(checkpoint) => checkpoint.has(name),
            None => self.path.join(name).is_file(),
        }
    }

    fn read(&self, name: &str) -> Result<Vec<u8>> {
        match &self.checkpoint {
            Some(checkpoint) => checkpoint.read(name),
            None => Ok(door::read(&self.path.join(name), LARGEST_FILE)?),
        }
    }

    fn model_error(&self) -> impl Fn(ext5_model::Error) -> Error + '_ {
        |source| Error::Model {
            path: self.path.clone(),
            source,
        }
    }

    /// The model's shape.
    ///
    /// # Errors
    /// [`Error::Model`] where `config.json` is not T5's.
    pub fn config(&self) -> Result<T5Config> {
        T5Config::from_json(&self.read(CONFIG)?).map_err(self.model_error())
    }

    /// The model with its weights, its dropout as given or else as in its configuration.
    ///
    /// # Errors
    /// [`Error::Model`] where weights and configuration do not belong together.
    pub fn load(&self, device: &Device, dropout_rate: Option<f64>) -> Result<T5> {
        let mut config = self.config()?;
        config.dropout_rate = dropout_rate.unwrap_or(config.dropout_rate);
        ext5_model::import(&config, device, self.weights()?).map_err(self.model_error())
    }

    /// The model packed for answering on the CPU, its weights stored at `precision`.
    ///
    /// # Errors
    /// As [`ModelDir::load`].
    pub(crate) fn load_packed(&self, precision: Precision) -> Result<ext5_inference::T5> {
        let packed = ext5_inference::T5::new(&self.config()?, self.weights()?, precision);
        packed.map_err(|error| match error {
            ext5_inference::Error::Architecture(source) => self.model_error()(source),
            other => Error::device("load the model", &other),
        })
    }

    /// The model's shape and weights on the host.
    ///
    /// # Errors
    /// As [`ModelDir::load`].
    pub fn parameters(&self) -> Result<(T5Config, Parameters)> {
        let mut weights = self.weights()?;
        let config = weights.settle(&self.config()?);
        let parameters = Parameters::new(&config, weights).map_err(self.model_error())?;
        Ok((config, parameters))
    }

    /// The files of a Hugging Face directory with this model: its parts are seen to belong together.
    ///
    /// # Errors
    /// As [`ModelDir::load`].
    pub fn hugging_face_files(
        &self,
        vocabulary: &dyn Vocabulary,
    ) -> Result<BTreeMap<String, Vec<u8>>> {
        let (config, parameters) = self.parameters()?;
        let weights = parameters.to_safetensors().map_err(self.model_error())?;
        Ok(hugging_face_files(&config, weights, vocabulary))
    }

    fn weights(&self) -> Result<Weights> {
        let mut weights = Weights::default();
        for name in self.weight_files()? {
            let content = self.read(&name)?;
            let added = match self.torch {
                Some(_) => weights.add_torch(&name, &content),
                None => weights.add(&name, content),
            };
            added.map_err(self.model_error())?;
        }
        Ok(weights)
    }

    /// Names of the files that hold the weights.
    fn weight_files(&self) -> Result<Vec<String>> {
        if let Some(name) = &self.torch {
            return Ok(vec![name.clone()]);
        }
        if self.has(SAFETENSORS) {
            return Ok(vec![SAFETENSORS.to_owned()]);
        }
        if !self.has(SAFETENSORS_INDEX) {
            let path = self.path.clone();
            return Err(if self.path.join(PICKLED).is_file() {
                Error::Pickled { path }
            } else {
                Error::NoModel { path }
            });
        }
        let index = Index::from_json(&self.read(SAFETENSORS_INDEX)?);
        let index = index.map_err(self.model_error())?;
        if let Some(name) = index.files().into_iter().find(|name| !is_plain(name)) {
            let reason = format!("its index names `{name}`, which is no file name");
            return Err(Error::Checkpoint {
                path: self.path.clone(),
                reason,
            });
        }
        Ok(index.files().into_iter().map(str::to_owned).collect())
    }

    /// Hash (BLAKE3) over the files of configuration and weights: the same wherever they lie. The weights of a checkpoint are not
    /// read for it, its manifest has their hashes.
    ///
    /// # Errors
    /// [`Error::NoModel`] without weights, [`Error::Data`] where a file cannot be read.
    pub fn hash(&self) -> Result<String> {
        let mut hasher = blake3::Hasher::new();
        for name in std::iter::once(CONFIG.to_owned()).chain(self.weight_files()?) {
            let known = self.checkpoint.as_ref().and_then(|it| it.hash_of(&name));
            let hash = match known {
                Some(hash) => hash.to_owned(),
                None => file_hash(&self.path.join(&name))?.1,
            };
            hasher.update(hash.as_bytes());
        }
        Ok(hasher.finalize().to_hex().to_string())
    }

    /// The checkpoints of the run at `path`, oldest first.
    ///
    /// # Errors
    /// [`Error::NoModel`] where no run has left any, [`Error::Data`] where they cannot be listed.
    pub fn checkpoints(path: &Path) -> Result<Vec<PathBuf>> {
        let found = committed(storage::local(), path)?;
        if found.is_empty() {
            return Err(Error::NoModel {
                path: path.to_owned(),
            });
        }
        Ok(found)
    }

    /// The vocabulary that lies beside the weights, `None` where there is none.
    ///
    /// # Errors
    /// [`Error::Data`] where its file is damaged.
    pub fn vocabulary(&self) -> Result<Option<Arc<dyn Vocabulary>>> {
        if let Some(name) = TOKENIZER_FILES.into_iter().find(|name| self.has(name)) {
            self.read(name)?; // checked against the manifest
            return Ok(Some(load_vocabulary(
                &self.path.join(name).to_string_lossy(),
            )?));
        }
        if self.has(RUN_CONFIG) {
            let path = self.path.join(RUN_CONFIG);
            let text = String::from_utf8_lossy(&self.read(RUN_CONFIG)?).into_owned();
            let run = RunConfig::parse(&path, &text, &[])?;
            if let VocabularyConfig::Bytes { extra_ids } = run.data.vocabulary {
                return Ok(Some(Arc::new(ByteVocabulary::new(extra_ids))));
            }
        }
        Ok(None)
    }
}

/// The files of a Hugging Face directory: configuration, `weights` (a file of safetensors), vocabulary.
pub(crate) fn hugging_face_files(
    config: &T5Config,
    weights: Vec<u8>,
    vocabulary: &dyn Vocabulary,
) -> BTreeMap<String, Vec<u8>> {
    let json = |value| serde_json::to_vec_pretty(&value).unwrap_or_default();
    let mut files: BTreeMap<String, Vec<u8>> = vocabulary.files().into_iter().collect();
    files.insert(CONFIG.to_owned(), json(config.to_json()));
    files.insert(
        "generation_config.json".to_owned(),
        json(ext5_model::generation_config(config)),
    );
    files.insert(SAFETENSORS.to_owned(), weights);
    files
}

use crate::engine::Engine;
use crate::observer::Event;
use crate::session::catalogue;
use crate::{ModelDir, Observer, Result, T5Predictor, device};
use ext5_data::TaskSpec;
use ext5_eval::{
    Bootstrap, EvaluateOptions, EvaluationDir, Identity, MemberSpec, Predictor, Progress, Protocol,
    Reading, Sample, SuiteReport, SuiteSpec, TaskReport, evaluate_suite, evaluate_task,
};
use ext5_inference::{Precision, Settings};
use ext5_tasks::Catalogue;
use ext5_tokenizer::Vocabulary;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Raised when the same settings would give another answer, so that kept answers are not taken for new ones.
const DECODING_VERSION: u32 = 1;

/// How a model on disk is opened to answer.
#[derive(Clone, Debug)]
pub struct ModelOptions {
    /// Device by name.
    pub device: String,
    /// Vocabulary, where none lies beside the model: a file, a directory, or `bytes`.
    pub vocabulary: Option<String>,
    /// Tokens inputs are cut to, end of sequence included.
    pub inputs_length: usize,
    /// Rows that go through the model at once.
    pub batch_rows: usize,
    /// How the weights are stored on the CPU; other devices hold f32.
    pub precision: Precision,
    /// How answers are written; start, end and the most tokens are the model's and the task's.
    pub search: Settings,
}

impl Default for ModelOptions {
    fn default() -> Self {
        Self {
            device: "cpu".to_owned(),
            vocabulary: None,
            inputs_length: 512,
            batch_rows: 16,
            precision: Precision::F32,
            search: Settings::default(),
        }
    }
}

impl ModelOptions {
    /// The model of `dir`, ready to answer and to score.
    ///
    /// # Errors
    /// Whatever is missing or damaged of model, vocabulary and device.
    pub fn predictor(&self, dir: &ModelDir) -> Result<T5Predictor> {
        let opened = device::open(&self.device)?;
        let engine = if device::is_host(&opened) {
            Engine::Host(Box::new(dir.load_packed(self.precision)?))
        } else {
            if self.precision != Precision::F32 {
                let problem = format!(
                    "weights are stored as {} on the CPU alone; on `{}` leave `--precision` out",
                    self.precision.name(),
                    self.device
                );
                return Err(crate::Error::Config {
                    problems: vec![problem],
                });
            }
            Engine::Device(Box::new(dir.load(&opened, Some(0.0))?))
        };
        let vocabulary = self.vocabulary(dir)?;
        let mut predictor =
            T5Predictor::with(engine, vocabulary, self.inputs_length, self.batch_rows)?;
        let own = predictor.settings_mut();
        *own = Settings {
            start: own.start,
            end: own.end,
            ..self.search.clone()
        };
        Ok(predictor)
    }

    /// What decides the answers of a model opened so, but for model and vocabulary. How many rows go together does not.
    pub fn decoding(&self) -> BTreeMap<String, Value> {
        // Start, end and the most tokens are the model's and the task's.
        let Settings {
            start: _,
            end: _,
            max_tokens: _,
            min_tokens,
            strategy,
            answers,
            no_repeat_ngram,
            suppressed,
            prefix,
            choices,
        } = &self.search;
        settings([
            ("search", format!("{strategy:?}").into()),
            ("min_tokens", (*min_tokens).into()),
            ("answers", (*answers).into()),
            ("no_repeat_ngram", (*no_repeat_ngram).into()),
            ("suppressed", suppressed.clone().into()),
            ("prefix", prefix.clone().into()),
            ("choices", choices.clone().into()),
            ("version", DECODING_VERSION.into()),
            ("device", self.device.clone().into()),
            ("inputs_length", self.inputs_length.into()),
            (
                "precision",
                format!("{:?}", self.precision).to_lowercase().into(),
            ),
        ])
    }

    /// The vocabulary named, or else the model's own.
    ///
    /// # Errors
    /// [`crate::Error::Config`] where there is neither.
    pub fn vocabulary(&self, dir: &ModelDir) -> Result<Arc<dyn Vocabulary>> {
        if let Some(name) = &self.vocabulary {
            return Ok(ext5_data::load_vocabulary(name)?);
        }
        dir.vocabulary()?.ok_or_else(|| {
            let problem = format!(
                "no vocabulary lies beside the model `{}`; name one with `--vocabulary FILE`",
                dir.path().display()
            );
            crate::Error::Config {
                problems: vec![problem],
            }
        })
    }
}

/// What is evaluated, and on which data.
#[derive(Clone, Debug)]
pub struct EvaluationPlan {
    /// Directory under which the tasks' files lie.
    pub data_root: PathBuf,
    /// Further directories with task files.
    pub task_dirs: Vec<PathBuf>,
    /// Split; a suite names its own.
    pub split: String,
    /// Most examples per task.
    pub limit: Option<u64>,
    /// Generation, ranking of choices or perplexity.
    pub protocol: Protocol,
    /// Whose rules make scores of the answers.
    pub reading: Reading,
    /// Questions the model is asked at once; no score depends on it.
    pub batch: usize,
}

impl Default for EvaluationPlan {
    /// T5's reading of generated answers to whole splits, batches of 32.
    fn default() -> Self {
        Self {
            data_root: PathBuf::new(),
            task_dirs: Vec::new(),
            split: String::new(),
            limit: None,
            protocol: Protocol::default(),
            reading: Reading::default(),
            batch: 32,
        }
    }
}

/// Takes each example with its answer.
pub type OnSample<'a> = dyn FnMut(&Sample<'_>) -> std::result::Result<(), Box<dyn std::error::Error + Send + Sync>>
    + 'a;

impl EvaluationPlan {
    /// All that decides the answers and scores of this plan; `what` names the subject: `suite superglue`.
    ///
    /// # Errors
    /// Whatever is missing or damaged of model and vocabulary.
    pub fn identity(
        &self,
        what: &str,
        model: &ModelDir,
        options: &ModelOptions,
    ) -> Result<Identity> {
        let bootstrap = Bootstrap::default();
        Ok(Identity {
            ext5: env!("CARGO_PKG_VERSION").to_owned(),
            what: what.to_owned(),
            model: model.path().display().to_string(),
            model_hash: model.hash()?,
            vocabulary_hash: options.vocabulary(model)?.fingerprint().to_owned(),
            split: (!what.starts_with("suite ")).then(|| self.split.clone()),
            limit: self.limit,
            reading: self.reading.name().to_owned(),
            protocol: self.protocol,
            decoding: options.decoding(),
            scoring: settings([
                ("resamples", bootstrap.resamples.into()),
                ("seed", bootstrap.seed.into()),
            ]),
        })
    }

    /// Scores every task of a mixture, or one task. Tasks without data are answered with the reason.
    ///
    /// # Errors
    /// [`crate::Error::Tasks`] for an unknown name, [`crate::Error::Eval`] naming the task that failed.
    pub fn tasks(
        &self,
        name: &str,
        predictor: &mut dyn Predictor,
        dir: Option<&EvaluationDir>,
        observer: &mut dyn Observer,
        on_sample: &mut OnSample<'_>,
    ) -> Result<Vec<(String, std::result::Result<TaskReport, String>)>> {
        let catalogue = catalogue(&self.task_dirs)?;
        let mut reports = Vec::new();
        for spec in self.scorable(&catalogue, name)? {
            let task = catalogue.open(&spec.name, &self.data_root)?;
            let mut on_progress = progress(observer);
            let mut sink = |sample: &Sample<'_>| on_sample(sample);
            let mut options = self.options(dir, &mut on_progress, &mut sink);
            let report = evaluate_task(&task, &self.split, self.limit, predictor, &mut options);
            let report = match report {
                Ok(report) => Ok(report),
                Err(error) if error.kind() == ext5_data::ErrorKind::Missing => {
                    Err(error.to_string())
                }
                Err(error) => return Err(error.into()),
            };
            reports.push((spec.name.clone(), report));
        }
        if let Some(dir) = dir {
            let (done, absent) = parted(&reports);
            dir.write("tasks.json", &json!({ "tasks": done, "absent": absent }))?;
            dir.conclude(&done, None)?;
        }
        Ok(reports)
    }

    /// The suite of that name.
    ///
    /// # Errors
    /// [`crate::Error::Tasks`] for an unknown name.
    pub fn suite(&self, name: &str) -> Result<SuiteSpec> {
        Ok(catalogue(&self.task_dirs)?.suite(name)?.clone())
    }

    /// A task, or all tasks of a mixture, as a suite in which every score counts.
    ///
    /// # Errors
    /// [`crate::Error::Tasks`] for an unknown name.
    pub fn as_suite(&self, name: &str) -> Result<SuiteSpec> {
        let catalogue = catalogue(&self.task_dirs)?;
        let member = |spec: &&TaskSpec| MemberSpec {
            task: spec.name.clone(),
            split: self.split.clone(),
            metrics: Vec::new(),
            diagnostic: false,
        };
        let tasks = self.scorable(&catalogue, name)?;
        Ok(SuiteSpec {
            name: name.to_owned(),
            description: format!("The tasks of `{name}`."),
            members: tasks.iter().map(member).collect(),
        })
    }

    /// Scores a suite.
    ///
    /// # Errors
    /// As [`EvaluationPlan::tasks`].
    pub fn score(
        &self,
        suite: &SuiteSpec,
        predictor: &mut dyn Predictor,
        dir: Option<&EvaluationDir>,
        observer: &mut dyn Observer,
        on_sample: &mut OnSample<'_>,
    ) -> Result<SuiteReport> {
        let catalogue = catalogue(&self.task_dirs)?;
        let mut find = |task: &str| self.find(&catalogue, task);
        let mut on_progress = progress(observer);
        let mut sink = |sample: &Sample<'_>| on_sample(sample);
        let mut options = self.options(dir, &mut on_progress, &mut sink);
        let on_report = &mut |_: &TaskReport| Ok(());
        Ok(evaluate_suite(
            suite,
            self.limit,
            &mut find,
            predictor,
            &mut options,
            on_report,
        )?)
    }

    fn options<'a>(
        &self,
        dir: Option<&'a EvaluationDir>,
        on_progress: &'a mut dyn FnMut(Progress<'_>),
        on_sample: &'a mut OnSample<'a>,
    ) -> EvaluateOptions<'a> {
        EvaluateOptions {
            batch: self.batch,
            protocol: self.protocol,
            reading: self.reading,
            dir,
            on_progress: Some(on_progress),
            on_sample: Some(on_sample),
            ..EvaluateOptions::default()
        }
    }

    /// The tasks of a name that have scores under this protocol: plain text has a loss, but nothing to answer.
    fn scorable<'a>(&self, catalogue: &'a Catalogue, name: &str) -> Result<Vec<&'a TaskSpec>> {
        let any = self.protocol == Protocol::Perplexity;
        let mut tasks = catalogue.tasks_of(name)?;
        tasks.retain(|spec| spec.text.is_none() && (any || !spec.metrics.is_empty()));
        Ok(tasks)
    }

    /// A task for the evaluator; one the catalogue does not have is missing, not wrong.
    fn find(
        &self,
        catalogue: &Catalogue,
        task: &str,
    ) -> std::result::Result<ext5_data::Task, ext5_eval::Error> {
        catalogue.open(task, &self.data_root).map_err(|error| {
            let (kind, reason) = (error.kind(), error.to_string());
            ext5_eval::Error::from(ext5_data::Error::Refused { kind, reason })
        })
    }
}

fn settings<const N: usize>(pairs: [(&str, Value); N]) -> BTreeMap<String, Value> {
    let pairs = pairs.into_iter();
    pairs
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// What became of tasks: the reports of those that have one, and of the others the reason as JSON.
pub fn parted(
    outcomes: &[(String, std::result::Result<TaskReport, String>)],
) -> (Vec<TaskReport>, Vec<Value>) {
    let (mut done, mut absent) = (Vec::new(), Vec::new());
    for (task, outcome) in outcomes {
        match outcome {
            Ok(report) => done.push(report.clone()),
            Err(reason) => absent.push(json!({ "task": task, "reason": reason })),
        }
    }
    (done, absent)
}

fn progress(observer: &mut dyn Observer) -> impl FnMut(Progress<'_>) + '_ {
    |progress| observer.on(&Event::Evaluating(progress))
}

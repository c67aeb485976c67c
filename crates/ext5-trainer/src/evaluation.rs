use crate::engine::Engine;
use crate::observer::Event;
use crate::session::catalogue;
use crate::{ModelDir, Observer, Result, T5Predictor, device};
use ext5_eval::{
    EvaluateOptions, Progress, Protocol, Sample, SuiteReport, TaskReport, evaluate_suite,
    evaluate_task,
};
use ext5_inference::Precision;
use ext5_tasks::Catalogue;
use ext5_tokenizer::Vocabulary;
use std::path::PathBuf;
use std::sync::Arc;

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
}

impl Default for ModelOptions {
    fn default() -> Self {
        Self {
            device: "flex".to_owned(),
            vocabulary: None,
            inputs_length: 512,
            batch_rows: 16,
            precision: Precision::F32,
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
            Engine::Device(Box::new(dir.load(&opened, Some(0.0))?))
        };
        let vocabulary = self.vocabulary(dir)?;
        T5Predictor::with(engine, vocabulary, self.inputs_length, self.batch_rows)
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
#[derive(Clone, Debug, Default)]
pub struct EvaluationPlan {
    /// Directory under which the tasks' files lie.
    pub data_root: PathBuf,
    /// Further directories with task files.
    pub task_dirs: Vec<PathBuf>,
    /// Split; a suite names its own.
    pub split: String,
    /// Most examples per task.
    pub limit: Option<u64>,
    /// Generation or ranking of choices.
    pub protocol: Protocol,
}

/// Takes each example with its answer.
pub type OnSample<'a> = dyn FnMut(&Sample<'_>) -> std::result::Result<(), Box<dyn std::error::Error + Send + Sync>>
    + 'a;

impl EvaluationPlan {
    /// Scores every task of a mixture, or one task. Tasks without data are answered with the reason.
    ///
    /// # Errors
    /// [`crate::Error::Tasks`] for an unknown name, [`crate::Error::Eval`] naming the task that failed.
    pub fn tasks(
        &self,
        name: &str,
        predictor: &mut T5Predictor,
        observer: &mut dyn Observer,
        on_sample: &mut OnSample<'_>,
    ) -> Result<Vec<(String, std::result::Result<TaskReport, String>)>> {
        let catalogue = catalogue(&self.task_dirs)?;
        let mut reports = Vec::new();
        for spec in catalogue.tasks_of(name)? {
            if spec.metrics.is_empty() {
                continue; // plain text has a loss, no score
            }
            let task = catalogue.open(&spec.name, &self.data_root)?;
            let mut on_progress = progress(observer);
            let mut sink = |sample: &Sample<'_>| on_sample(sample);
            let mut options = EvaluateOptions {
                protocol: self.protocol,
                on_progress: Some(&mut on_progress),
                on_sample: Some(&mut sink),
                ..EvaluateOptions::default()
            };
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
        Ok(reports)
    }

    /// Scores a suite; `on_report` is called after each task.
    ///
    /// # Errors
    /// As [`EvaluationPlan::tasks`].
    pub fn suite(
        &self,
        name: &str,
        predictor: &mut T5Predictor,
        observer: &mut dyn Observer,
        on_sample: &mut OnSample<'_>,
    ) -> Result<SuiteReport> {
        let catalogue = catalogue(&self.task_dirs)?;
        let spec = catalogue.suite(name)?;
        let mut find = |task: &str| self.find(&catalogue, task);
        let mut on_progress = progress(observer);
        let mut sink = |sample: &Sample<'_>| on_sample(sample);
        let mut options = EvaluateOptions {
            protocol: self.protocol,
            on_progress: Some(&mut on_progress),
            on_sample: Some(&mut sink),
            ..EvaluateOptions::default()
        };
        let on_report = &mut |_: &TaskReport| Ok(());
        Ok(evaluate_suite(
            spec,
            self.limit,
            &mut find,
            predictor,
            &mut options,
            on_report,
        )?)
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

fn progress(observer: &mut dyn Observer) -> impl FnMut(Progress<'_>) + '_ {
    |progress| {
        observer.on(&Event::Evaluating {
            task: progress.task,
            examples: progress.done,
        });
    }
}

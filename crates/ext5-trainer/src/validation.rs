use crate::feeds::feeds;
use crate::observer::Event;
use crate::train_loop::loader_config;
use crate::{Learner, Observer, Result, RunConfig, Session, T5Predictor, ValidationConfig};
use ext5_data::{LoaderConfig, TaskFeed, one_pass};
use ext5_eval::{Bootstrap, EvaluateOptions, Progress, evaluate_task};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// The scores of a run while it trains: loss per task, and metrics by generating.
pub(crate) struct Validation {
    config: ValidationConfig,
    data_root: PathBuf,
    loader: LoaderConfig,
    feeds: Vec<TaskFeed>,
    metrics: Vec<String>,
}

impl Validation {
    /// Opens the data; nothing where the run does not validate.
    pub(crate) fn open(
        config: &RunConfig,
        session: &Session,
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        let wanted = &config.validation;
        let mut loader = loader_config(config);
        // What is too much at once for a step is so here.
        if config.trainer.micro_batch_rows > 0 {
            loader.rows = loader.rows.min(config.trainer.micro_batch_rows);
        }
        let mut validation = Self {
            config: wanted.clone(),
            data_root: config.data.root.clone(),
            loader,
            feeds: Vec::new(),
            metrics: Vec::new(),
        };
        if wanted.every == 0 {
            return Ok(validation);
        }
        let own = vec![config.data.mixture.clone()];
        let names = if wanted.loss.is_empty() {
            &own
        } else {
            &wanted.loss
        };
        let place = (session.vocabulary.as_ref(), session.cache.as_path());
        for name in names {
            let found = feeds(
                &config.data,
                name,
                &wanted.split,
                &session.catalogue,
                place,
                observer,
            )?;
            validation.feeds.extend(found.feeds);
        }
        for name in &wanted.metrics {
            let tasks = session.catalogue.tasks_of(name)?;
            validation
                .metrics
                .extend(tasks.iter().map(|task| task.name.clone()));
        }
        Ok(validation)
    }

    /// One line of the log per task.
    pub(crate) fn run(
        &self,
        learner: &Learner,
        session: &Session,
        step: u64,
        observer: &mut dyn Observer,
    ) -> Result<Vec<Value>> {
        let mut lines = Vec::new();
        for feed in &self.feeds {
            observer.on(&Event::Evaluating(Progress {
                task: &feed.name,
                split: &self.config.split,
                ..Progress::default()
            }));
            let (loss, tokens) = self.loss(learner, feed)?;
            lines.push(json!({
                "kind": "validation",
                "step": step,
                "task": feed.name,
                "validation_loss": loss,
                "targets_tokens": tokens,
            }));
        }
        if !self.metrics.is_empty() {
            lines.extend(self.scores(learner, session, step, observer)?);
        }
        Ok(lines)
    }

    /// Loss per target token of a task, nats, and the number of these tokens.
    fn loss(&self, learner: &Learner, feed: &TaskFeed) -> Result<(f64, f64)> {
        let (mut sum, mut weight) = (0.0, 0.0);
        for batch in one_pass(feed, &self.loader, Some(self.config.limit))? {
            let batch = batch?;
            sum += learner.loss(&batch)?;
            weight += batch
                .decoder_loss_weights
                .iter()
                .map(|&w| f64::from(w))
                .sum::<f64>();
        }
        Ok((sum / weight.max(1.0), weight))
    }

    fn scores(
        &self,
        learner: &Learner,
        session: &Session,
        step: u64,
        observer: &mut dyn Observer,
    ) -> Result<Vec<Value>> {
        let vocabulary = session.vocabulary.clone();
        let (length, rows) = (self.loader.inputs_length, self.loader.rows);
        let mut predictor = T5Predictor::with(learner.engine()?, vocabulary, length, rows)?;
        let mut lines = Vec::new();
        for name in &self.metrics {
            let task = session.catalogue.open(name, &self.data_root)?;
            let mut progress = |progress: Progress<'_>| observer.on(&Event::Evaluating(progress));
            let mut options = EvaluateOptions {
                batch: rows,
                bootstrap: Bootstrap::NONE,
                on_progress: Some(&mut progress),
                ..EvaluateOptions::default()
            };
            let limit = Some(self.config.limit);
            let split = &self.config.split;
            let report = evaluate_task(&task, split, limit, &mut predictor, &mut options)?;
            let scores: Map<String, Value> = report
                .scores
                .iter()
                .map(|score| (score.name.clone(), json!(score.value)))
                .collect();
            lines.push(json!({
                "kind": "validation",
                "step": step,
                "task": name,
                "scores": scores,
                "examples": report.examples,
            }));
        }
        Ok(lines)
    }
}

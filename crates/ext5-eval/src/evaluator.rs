use std::error::Error as StdError;

use ext5_data::{Example, Task};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::measure::Measures;
use crate::metric::Unit;
use crate::protocol::{Given, answers, ranking, scored};
use crate::sample_log::SampleLog;
use crate::{Bootstrap, EvaluationDir, Predictor, Protocol, Reading, TaskReport, TaskUnits};

/// Batches held at once: examples of similar length are answered together inside such a window.
const WINDOW: usize = 16;
/// Longest answer where the task does not say, as T5's evaluation.
const MAX_TOKENS: usize = 128;

/// How far an evaluation is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The task.
    pub task: &'a str,
    /// The split.
    pub split: &'a str,
    /// Examples answered.
    pub done: u64,
    /// Examples there are, where that is known.
    pub total: Option<u64>,
    /// Of those answered: by an earlier process that was broken off.
    pub resumed: u64,
    /// Answers that a cache had; an example may need several.
    pub cached: u64,
}

/// One example with its answer, as it is handed to [`EvaluateOptions::on_sample`].
#[derive(Clone, Debug, Serialize)]
pub struct Sample<'a> {
    /// The task.
    pub task: &'a str,
    /// The split.
    pub split: &'a str,
    /// The example's id.
    pub id: &'a str,
    /// What examples are scored together by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<&'a str>,
    /// What the model read.
    pub inputs: &'a str,
    /// The right answer as text.
    pub targets: &'a str,
    /// All right answers.
    pub references: &'a [String],
    /// What the model wrote, or the choice it finds likeliest; empty under the perplexity protocol.
    pub prediction: &'a str,
    /// Each choice, or the targets under the perplexity protocol, with its log-likelihood and number of tokens.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<(&'a str, f64, usize)>,
}

/// What may take a sample, and refuse it.
type OnSample<'a> = dyn FnMut(&Sample<'_>) -> Result<(), Box<dyn StdError + Send + Sync>> + 'a;

/// How a task is evaluated.
pub struct EvaluateOptions<'a> {
    /// Examples per call of the model, at least 1.
    pub batch: usize,
    /// Longest answer in tokens; `None` takes the task's `max_targets`, or 128.
    pub max_tokens: Option<usize>,
    /// How answers are got.
    pub protocol: Protocol,
    /// Whose rules make scores of the answers.
    pub reading: Reading,
    /// How intervals are found.
    pub bootstrap: Bootstrap,
    /// Where samples, report and rows are kept, so that a killed evaluation goes on there. It must be of these very options.
    pub dir: Option<&'a EvaluationDir>,
    /// Called before the first example, which are counted for it, and after each window of them.
    pub on_progress: Option<&'a mut dyn FnMut(Progress<'_>)>,
    /// Called for each example in the order of the split.
    pub on_sample: Option<&'a mut OnSample<'a>>,
}

impl Default for EvaluateOptions<'_> {
    /// Batches of 32, generation, T5's reading, intervals of 1,000 resamples.
    fn default() -> Self {
        Self {
            batch: 32,
            max_tokens: None,
            protocol: Protocol::Generate,
            reading: Reading::T5,
            bootstrap: Bootstrap::default(),
            dir: None,
            on_progress: None,
            on_sample: None,
        }
    }
}

/// Evaluates one task: examples stream through the model and the post-processing into the metrics, which keep numbers only.
/// Scores are of the whole split (or its first `limit` rows), never means over batches. Equal inputs of one window are
/// answered once. With a directory, a task that is finished there is not evaluated again, and examples answered there go through
/// the metrics without the model. Memory holds a window of examples and the metrics' rows of numbers, whatever the split's size.
///
/// # Errors
/// [`Error::Task`] naming task and split, around: [`Error::NotScorable`] for a task without metrics or a self-supervised one,
/// [`Error::Unknown`] and [`Error::Mismatch`] for names in its file, [`Error::NoExamples`], what the data or the model report,
/// what the metrics find wrong with a target, [`Error::OtherEvaluation`] and [`Error::DataChanged`] where the directory holds other
/// work, [`Error::Data`] where it cannot be written.
pub fn evaluate_task(
    task: &Task,
    split: &str,
    limit: Option<u64>,
    predictor: &mut dyn Predictor,
    options: &mut EvaluateOptions<'_>,
) -> Result<TaskReport> {
    run(task, split, limit, predictor, options).map_err(|error| error.in_task(task.name(), split))
}

fn run(
    task: &Task,
    split: &str,
    limit: Option<u64>,
    predictor: &mut dyn Predictor,
    options: &mut EvaluateOptions<'_>,
) -> Result<TaskReport> {
    if let Some(report) = options
        .dir
        .map_or(Ok(None), |dir| dir.finished(task, split))?
    {
        return Ok(report);
    }
    let mut evaluation = Evaluation::new(task, split, options)?;
    let size = options.batch.max(1) * WINDOW;
    let mut examples = task.examples(split, limit)?;
    if options.on_progress.is_some() {
        let all = task.examples(split, limit)?;
        evaluation.total = Some(all.flatten().count() as u64);
    }
    evaluation.tell(predictor, options);
    loop {
        let window: Vec<Example> = examples.by_ref().take(size).collect::<Result<_, _>>()?;
        if window.is_empty() {
            break;
        }
        let recalled = match &mut evaluation.log {
            Some(log) => log.recall(window.len())?,
            None => Vec::new(),
        };
        evaluation.resumed += recalled.len() as u64;
        let (old, new) = window.split_at(recalled.len());
        for (example, answer) in old.iter().zip(&recalled) {
            evaluation.add(example, answer, options)?;
        }
        let answers = evaluation.answers(new, predictor, options)?;
        for (example, answer) in new.iter().zip(&answers) {
            evaluation.add(example, answer, options)?;
        }
        if let Some(log) = &mut evaluation.log {
            log.commit()?;
        }
        evaluation.tell(predictor, options);
    }
    evaluation.report(limit, options)
}

struct Evaluation<'a> {
    task: &'a Task,
    split: &'a str,
    measures: Measures,
    examples: u64,
    invalid: u64,
    notes: Vec<String>,
    log: Option<SampleLog>,
    /// Over the ids so far.
    ids: blake3::Hasher,
    total: Option<u64>,
    resumed: u64,
}

impl<'a> Evaluation<'a> {
    fn new(task: &'a Task, split: &'a str, options: &EvaluateOptions<'_>) -> Result<Self> {
        let refuse = |reason: &str| {
            Err(Error::NotScorable {
                reason: reason.to_owned(),
            })
        };
        if task.is_self_supervised() {
            return refuse("a self-supervised task has a loss but no targets to answer with");
        }
        let scoring = options.reading.scoring(task.spec());
        if scoring.measures.is_empty() && options.protocol != Protocol::Perplexity {
            return refuse("the task names no metric, add `metrics` to its file");
        }
        let perplexity = options.protocol == Protocol::Perplexity;
        Ok(Self {
            task,
            split,
            measures: Measures::new(&scoring, options.protocol)?,
            examples: 0,
            invalid: 0,
            notes: if perplexity {
                Vec::new()
            } else {
                scoring.notes
            },
            log: options
                .dir
                .map(|dir| dir.samples(task, split))
                .transpose()?,
            ids: blake3::Hasher::new(),
            total: None,
            resumed: 0,
        })
    }

    /// The model's answers to a window of examples, in their order.
    fn answers(
        &self,
        window: &[Example],
        predictor: &mut dyn Predictor,
        options: &EvaluateOptions<'_>,
    ) -> Result<Vec<Given>> {
        let asked = options.max_tokens.or(self.task.spec().max_targets);
        let tokens = asked.unwrap_or(MAX_TOKENS);
        let batch = options.batch.max(1);
        answers(window, options.protocol, tokens, batch, predictor)
    }

    fn add(
        &mut self,
        example: &Example,
        given: &Given,
        options: &mut EvaluateOptions<'_>,
    ) -> Result<()> {
        let sample = sample(
            self.task.name(),
            self.split,
            example,
            given,
            options.protocol,
        );
        if let Some(log) = &mut self.log {
            log.keep(&sample)?;
        }
        if let Some(on_sample) = options.on_sample.as_deref_mut() {
            let id = || example.id.clone();
            on_sample(&sample).map_err(|source| Error::Sink { id: id(), source })?;
        }
        self.ids.update(&(example.id.len() as u64).to_le_bytes());
        self.ids.update(example.id.as_bytes());
        let labels = &self.task.spec().labels;
        let (mut ranked, mut likelihood) = (None, None);
        match (options.protocol, given.scores.first()) {
            (Protocol::Rank, _) => ranked = Some(ranking(example, &given.scores)?),
            (Protocol::Perplexity, Some(score)) => {
                likelihood = Some(scored(example, &example.targets, *score)?);
            }
            _ => {}
        }
        let invalid =
            self.measures
                .add(example, &given.text, labels, ranked.as_ref(), likelihood)?;
        self.examples += 1;
        self.invalid += u64::from(invalid);
        Ok(())
    }

    fn tell(&self, predictor: &dyn Predictor, options: &mut EvaluateOptions<'_>) {
        if let Some(on_progress) = options.on_progress.as_deref_mut() {
            on_progress(Progress {
                task: self.task.name(),
                split: self.split,
                done: self.examples,
                total: self.total,
                resumed: self.resumed,
                cached: predictor.cached(),
            });
        }
    }

    fn report(mut self, limit: Option<u64>, options: &EvaluateOptions<'_>) -> Result<TaskReport> {
        if self.examples == 0 {
            return Err(Error::NoExamples);
        }
        if let Some(log) = &mut self.log {
            log.end()?;
        }
        let mut notes = self.notes;
        notes.extend(self.measures.note());
        if let Some(limit) = limit {
            notes.push(format!("the first {limit} rows only"));
            if self.measures.any(|metric| metric.unit == Unit::Every) {
                notes.push("the limit may cut the last group, which makes it easier".to_owned());
            }
        }
        let report = TaskReport {
            task: self.task.name().to_owned(),
            split: self.split.to_owned(),
            protocol: options.protocol,
            reading: options.reading,
            postprocess: self.measures.postprocess(),
            examples: self.examples,
            invalid: self.invalid,
            scores: self.measures.scores(options.bootstrap),
            notes,
        };
        if let Some(dir) = options.dir {
            let metrics = self.measures.metrics();
            let units = TaskUnits::new(self.task, self.split, &self.ids, metrics);
            dir.finish(self.task, &units, &report)?;
        }
        Ok(report)
    }
}

fn sample<'a>(
    task: &'a str,
    split: &'a str,
    example: &'a Example,
    given: &'a Given,
    protocol: Protocol,
) -> Sample<'a> {
    let scored = match protocol {
        Protocol::Perplexity => std::slice::from_ref(&example.targets),
        _ => example.choices.as_slice(),
    };
    let choices = scored.iter().zip(&given.scores);
    Sample {
        task,
        split,
        id: &example.id,
        group: example.group.as_deref(),
        inputs: &example.inputs,
        targets: &example.targets,
        references: &example.references,
        prediction: &given.text,
        choices: choices
            .map(|(choice, score)| (choice.as_str(), score.log_likelihood, score.tokens))
            .collect(),
    }
}

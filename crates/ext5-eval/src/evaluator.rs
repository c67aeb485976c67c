use std::error::Error as StdError;

use ext5_data::{Example, Task};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::measure::Measures;
use crate::metric::Unit;
use crate::protocol::{Given, answers, ranking, scored};
use crate::{Bootstrap, Predictor, Protocol, Reading, TaskReport};

/// Batches held at once: examples of similar length are answered together inside such a window.
const WINDOW: usize = 16;
/// Longest answer where the task does not say, as T5's evaluation.
const MAX_TOKENS: usize = 128;

/// How far an evaluation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The task.
    pub task: &'a str,
    /// The split.
    pub split: &'a str,
    /// Examples answered.
    pub done: u64,
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
    /// Called after each window of examples.
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
            on_progress: None,
            on_sample: None,
        }
    }
}

/// Evaluates one task: examples stream through the model and the post-processing into the metrics, which keep numbers only.
/// Scores are of the whole split (or its first `limit` rows), never means over batches. Equal inputs of one window are
/// answered once.
///
/// # Errors
/// [`Error::Task`] naming task and split, around: [`Error::NotScorable`] for a task without metrics or a self-supervised one,
/// [`Error::Unknown`] and [`Error::Mismatch`] for names in its file, [`Error::NoExamples`], what the data or the model report,
/// and what the metrics find wrong with a target.
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
    let mut evaluation = Evaluation::new(task, split, options)?;
    let size = options.batch.max(1) * WINDOW;
    let mut examples = task.examples(split, limit)?;
    loop {
        let window: Vec<Example> = examples.by_ref().take(size).collect::<Result<_, _>>()?;
        if window.is_empty() {
            break;
        }
        let answers = evaluation.answers(&window, predictor, options)?;
        for (example, answer) in window.iter().zip(answers) {
            evaluation.add(example, &answer, options)?;
        }
        if let Some(on_progress) = options.on_progress.as_deref_mut() {
            on_progress(Progress {
                task: task.name(),
                split,
                done: evaluation.examples,
            });
        }
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
        if let Some(on_sample) = options.on_sample.as_deref_mut() {
            on_sample(&self.sample(example, given, options.protocol)).map_err(|source| {
                Error::Sink {
                    id: example.id.clone(),
                    source,
                }
            })?;
        }
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

    fn sample<'b>(
        &'b self,
        example: &'b Example,
        given: &'b Given,
        protocol: Protocol,
    ) -> Sample<'b> {
        let scored = match protocol {
            Protocol::Perplexity => std::slice::from_ref(&example.targets),
            _ => example.choices.as_slice(),
        };
        let choices = scored.iter().zip(&given.scores);
        Sample {
            task: self.task.name(),
            split: self.split,
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

    fn report(self, limit: Option<u64>, options: &EvaluateOptions<'_>) -> Result<TaskReport> {
        if self.examples == 0 {
            return Err(Error::NoExamples);
        }
        let mut notes = self.notes;
        notes.extend(self.measures.note());
        if let Some(limit) = limit {
            notes.push(format!("the first {limit} rows only"));
            if self.measures.any(|metric| metric.unit == Unit::Every) {
                notes.push("the limit may cut the last group, which makes it easier".to_owned());
            }
        }
        Ok(TaskReport {
            task: self.task.name().to_owned(),
            split: self.split.to_owned(),
            protocol: options.protocol,
            reading: options.reading,
            postprocess: self.measures.postprocess(),
            examples: self.examples,
            invalid: self.invalid,
            scores: self.measures.scores(options.bootstrap),
            notes,
        })
    }
}

use std::collections::BTreeMap;
use std::error::Error as StdError;

use ext5_data::{Example, Task};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::metric::{Unit, metric};
use crate::postprocess::postprocessor;
use crate::{Accumulator, Bootstrap, Kind, Postprocessor, Predictor, Ranking, Score, TaskReport};

/// Batches held at once: examples of similar length are answered together inside such a window.
const WINDOW: usize = 16;
/// Longest answer where the task does not say, as T5's evaluation.
const MAX_TOKENS: usize = 128;

/// How answers are got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// The model writes its answer, greedily.
    #[default]
    Generate,
    /// The likeliest of the example's choices is the answer; adds `rank_accuracy`, and `rank_binary` where every example has
    /// two choices with one right.
    Rank,
}

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
    /// What the model wrote, or the choice it finds likeliest.
    pub prediction: &'a str,
    /// Each choice with its log-likelihood and number of tokens, under the rank protocol.
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
    /// How intervals are found.
    pub bootstrap: Bootstrap,
    /// Called after each window of examples.
    pub on_progress: Option<&'a mut dyn FnMut(Progress<'_>)>,
    /// Called for each example in the order of the split.
    pub on_sample: Option<&'a mut OnSample<'a>>,
}

impl Default for EvaluateOptions<'_> {
    /// Batches of 32, generation, intervals of 1,000 resamples.
    fn default() -> Self {
        Self {
            batch: 32,
            max_tokens: None,
            protocol: Protocol::Generate,
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
            evaluation.add(example, answer, options)?;
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

/// One answer of the model, with the scores of the choices where it ranked them.
struct Given {
    text: String,
    scores: Vec<Score>,
}

struct Evaluation<'a> {
    task: &'a Task,
    split: &'a str,
    postprocessor: &'static Postprocessor,
    metrics: Vec<Accumulator>,
    binary: Option<Accumulator>,
    examples: u64,
    invalid: u64,
}

impl<'a> Evaluation<'a> {
    fn new(task: &'a Task, split: &'a str, options: &EvaluateOptions<'_>) -> Result<Self> {
        let spec = task.spec();
        let refuse = |reason: &str| {
            Err(Error::NotScorable {
                reason: reason.to_owned(),
            })
        };
        if task.is_self_supervised() {
            return refuse("a self-supervised task has a loss but no answers");
        }
        if spec.metrics.is_empty() {
            return refuse("the task names no metric, add `metrics` to its file");
        }
        let postprocessor = postprocessor(spec.postprocess.as_deref().unwrap_or("none"))?;
        let mut metrics = Vec::new();
        for name in &spec.metrics {
            let metric = metric(name)?;
            postprocessor.check(metric)?;
            if options.protocol == Protocol::Generate && metric.kinds == [Kind::Ranking] {
                return refuse(&format!("metric `{name}` needs the rank protocol"));
            }
            metrics.push(Accumulator::new(metric));
        }
        let mut binary = None;
        if options.protocol == Protocol::Rank {
            if !spec.metrics.iter().any(|name| name == "rank_accuracy") {
                metrics.push(Accumulator::new(metric("rank_accuracy")?));
            }
            if !spec.metrics.iter().any(|name| name == "rank_binary") {
                binary = Some(Accumulator::new(metric("rank_binary")?));
            }
        }
        Ok(Self {
            task,
            split,
            postprocessor,
            metrics,
            binary,
            examples: 0,
            invalid: 0,
        })
    }

    /// The model's answers to a window of examples, in their order.
    fn answers(
        &self,
        window: &[Example],
        predictor: &mut dyn Predictor,
        options: &EvaluateOptions<'_>,
    ) -> Result<Vec<Given>> {
        if options.protocol == Protocol::Rank {
            return ranked(window, predictor, options.batch.max(1));
        }
        let asked = options.max_tokens.or(self.task.spec().max_targets);
        let tokens = asked.unwrap_or(MAX_TOKENS);
        let questions = window.iter().map(|example| example.inputs.as_str());
        let texts = in_batches(questions, str::len, options.batch.max(1), |batch| {
            predictor.generate(batch, tokens)
        })?;
        let given = |text| Given {
            text,
            scores: Vec::new(),
        };
        Ok(texts.into_iter().map(given).collect())
    }

    fn add(
        &mut self,
        example: &Example,
        given: Given,
        options: &mut EvaluateOptions<'_>,
    ) -> Result<()> {
        if let Some(on_sample) = options.on_sample.as_deref_mut() {
            on_sample(&self.sample(example, &given)).map_err(|source| Error::Sink {
                id: example.id.clone(),
                source,
            })?;
        }
        let labels = &self.task.spec().labels;
        let mut item = self.postprocessor.item(&given.text, example, labels)?;
        if options.protocol == Protocol::Rank {
            item.ranking = Some(ranking(example, given.scores)?);
        }
        self.examples += 1;
        self.invalid += u64::from(item.invalid);
        for metric in &mut self.metrics {
            metric.add(&item)?;
        }
        let is_binary = item.ranking.as_ref().is_some_and(
            |ranking| matches!(ranking.correct.as_slice(), [first, second] if first != second),
        );
        match &mut self.binary {
            Some(binary) if is_binary => binary.add(&item)?,
            _ => self.binary = None,
        }
        Ok(())
    }

    fn sample<'b>(&'b self, example: &'b Example, given: &'b Given) -> Sample<'b> {
        let choices = example.choices.iter().zip(&given.scores);
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
        let metrics = || self.metrics.iter().chain(&self.binary);
        let mut notes = Vec::new();
        if let Some(limit) = limit {
            notes.push(format!("the first {limit} rows only"));
            if metrics().any(|metric| metric.metric().unit == Unit::Every) {
                notes.push("the limit may cut the last group, which makes it easier".to_owned());
            }
        }
        Ok(TaskReport {
            task: self.task.name().to_owned(),
            split: self.split.to_owned(),
            protocol: options.protocol,
            postprocess: self.postprocessor.name.to_owned(),
            examples: self.examples,
            invalid: self.invalid,
            scores: metrics()
                .flat_map(|metric| metric.scores(options.bootstrap))
                .collect(),
            notes,
        })
    }
}

/// The likeliest choice of each example, with the scores of all.
fn ranked(window: &[Example], predictor: &mut dyn Predictor, batch: usize) -> Result<Vec<Given>> {
    let pairs = window.iter().flat_map(|example| {
        let choices = example.choices.iter();
        choices.map(|choice| (example.inputs.as_str(), choice.as_str()))
    });
    let length = |pair: (&str, &str)| pair.0.len() + pair.1.len();
    let scores = in_batches(pairs, length, batch, |batch| predictor.score(batch))?;
    let mut scores = scores.into_iter();
    let mut given = Vec::with_capacity(window.len());
    for example in window {
        let scores: Vec<Score> = scores.by_ref().take(example.choices.len()).collect();
        let best = ranking(example, scores.clone())?.best(false);
        given.push(Given {
            text: example.choices.get(best).cloned().unwrap_or_default(),
            scores,
        });
    }
    Ok(given)
}

fn ranking(example: &Example, scores: Vec<Score>) -> Result<Ranking> {
    let field = |field, expected, got: String| Error::Field {
        id: example.id.clone(),
        field,
        expected,
        got,
    };
    if example.choices.is_empty() {
        return Err(field(
            "choices",
            "at least one, for the rank protocol",
            "empty".to_owned(),
        ));
    }
    for (choice, score) in example.choices.iter().zip(&scores) {
        if score.log_likelihood.is_nan() {
            return Err(Error::NotANumber {
                id: example.id.clone(),
                choice: choice.clone(),
            });
        }
    }
    let weight = match example.fields.get("weight") {
        None => 1.0,
        Some(value) => value
            .as_f64()
            .filter(|weight| *weight >= 0.0)
            .ok_or_else(|| field("weight", "a number, not negative", value.to_string()))?,
    };
    Ok(Ranking {
        scores,
        correct: example
            .choices
            .iter()
            .map(|choice| example.references.contains(choice))
            .collect(),
        weight,
    })
}

/// Answers to questions in their order, asked by `ask` in batches of similar length; equal questions are asked once.
fn in_batches<Q: Copy + Ord, A: Clone>(
    questions: impl Iterator<Item = Q>,
    length: impl Fn(Q) -> usize,
    batch: usize,
    mut ask: impl FnMut(&[Q]) -> Result<Vec<A>, Box<dyn StdError + Send + Sync>>,
) -> Result<Vec<A>> {
    let questions: Vec<Q> = questions.collect();
    let mut distinct = questions.clone();
    distinct.sort_unstable_by_key(|question| (length(*question), *question));
    distinct.dedup();
    let mut answers = BTreeMap::new();
    for batch in distinct.chunks(batch) {
        let got = ask(batch).map_err(|source| Error::Predictor { source })?;
        if got.len() != batch.len() {
            return Err(Error::AnswerCount {
                expected: batch.len(),
                got: got.len(),
            });
        }
        answers.extend(batch.iter().copied().zip(got));
    }
    Ok(questions
        .iter()
        .filter_map(|question| answers.get(question).cloned())
        .collect())
}

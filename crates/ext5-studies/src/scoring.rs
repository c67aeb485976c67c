//! A checkpoint, scored: each task's mean over its metrics, beside what the most frequent target would score.
use crate::cell::{Scoring, Subject};
use crate::majority::Targets;
use crate::{Error, Result};
use ext5_data::{ErrorKind, TaskSpec};
use ext5_eval::{
    MemberReport, MemberSpec, MemberStatus, MetricScore, Predictor, Sample, SuiteSpec,
};
use ext5_findings::ScoreRecord;
use ext5_tasks::Catalogue;
use ext5_trainer::{
    EvaluationPlan, ModelDir, ModelOptions, Observer, OnSample, RunConfig, Silent, Stop, catalogue,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Rows that go through the model at once; no score depends on it.
const ROWS: usize = 64;

/// What a scoring found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scored {
    /// The tasks' scores in the order of their names; whom they count for is said where they are read.
    pub(crate) scores: Vec<ScoreRecord>,
    /// Tasks of a suite without data.
    pub(crate) absent: Vec<String>,
}

/// Scores the checkpoint of a run of `config`.
///
/// # Errors
/// Whatever is missing or damaged of model, tasks and data; members of a suite that have no data are left out and named.
pub(crate) fn score(
    scoring: &Scoring,
    checkpoint: &Path,
    config: &RunConfig,
    stop: &Stop,
    observer: &mut dyn Observer,
) -> Result<Scored> {
    let plan = EvaluationPlan {
        data_root: config.data.root.clone(),
        task_dirs: config.data.task_dirs.clone(),
        split: scoring.split.clone(),
        limit: scoring.limit,
        ..EvaluationPlan::default()
    };
    let (suite, may_lack) = match &scoring.subject {
        Subject::Tasks(name) => (plan.as_suite(name)?, false),
        Subject::Suite(name) => (plan.suite(name)?, true),
    };
    let options = ModelOptions {
        device: config.trainer.device.clone(),
        inputs_length: config.data.inputs_length,
        batch_rows: ROWS,
        ..ModelOptions::default()
    };
    let mut predictor = options.predictor(&ModelDir::find(checkpoint)?)?;
    let catalogue = catalogue(&plan.task_dirs)?;
    let mut scored = Scored::default();
    let mut tasks: BTreeMap<&str, Vec<ScoreRecord>> = BTreeMap::new();
    let members = suite.members.iter().filter(|member| !member.diagnostic);
    for member in members {
        let place = Members {
            plan: &plan,
            catalogue: &catalogue,
            suite: &suite.name,
            member,
        };
        match place.score(&mut predictor, stop, observer)? {
            Ok(score) => tasks.entry(&member.task).or_default().push(score),
            Err(_) if may_lack => scored.absent.push(member.task.clone()),
            Err(reason) => return Err(missing(&format!("`{}`: {reason}", member.task))),
        }
    }
    if tasks.is_empty() {
        let reason = format!(
            "nothing of `{}` can be scored: it has no data here",
            suite.name
        );
        return Err(missing(&reason));
    }
    scored.scores = tasks.into_values().filter_map(joined).collect();
    Ok(scored)
}

/// A member of a suite that is scored.
struct Members<'a> {
    plan: &'a EvaluationPlan,
    catalogue: &'a Catalogue,
    suite: &'a str,
    member: &'a MemberSpec,
}

impl Members<'_> {
    /// Its score, or why its data are absent.
    fn score(
        &self,
        predictor: &mut dyn Predictor,
        stop: &Stop,
        observer: &mut dyn Observer,
    ) -> Result<std::result::Result<ScoreRecord, String>> {
        let mut targets = Targets::default();
        let mut on_sample = |sample: &Sample<'_>| {
            targets.add(sample.targets);
            match stop.wanted() {
                None => Ok(()),
                Some(_) => Err("stopped".into()),
            }
        };
        let report = self.evaluate(predictor, observer, &mut on_sample)?;
        let value = match &report.status {
            MemberStatus::Absent(reason) => return Ok(Err(reason.clone())),
            _ => self.value(&report)?,
        };
        let spec = self.catalogue.task(&self.member.task)?;
        let majority = match targets.majority().filter(|_| has_classes(spec)) {
            Some(mut always) => {
                let report = self.evaluate(&mut always, &mut Silent, &mut |_| Ok(()))?;
                Some(self.value(&report)?)
            }
            None => None,
        };
        let counting: Vec<&MetricScore> = report.counting().collect();
        Ok(Ok(ScoreRecord {
            condition: String::new(),
            replicate: 0,
            task: spec.name.clone(),
            family: spec.family.name().to_owned(),
            metrics: counting.iter().map(|score| score.name.clone()).collect(),
            value,
            half_interval: half_interval(&counting),
            examples: report.report.as_ref().map_or(0, |report| report.examples),
            majority,
        }))
    }

    fn evaluate(
        &self,
        predictor: &mut dyn Predictor,
        observer: &mut dyn Observer,
        on_sample: &mut OnSample<'_>,
    ) -> Result<MemberReport> {
        let alone = SuiteSpec {
            name: self.suite.to_owned(),
            description: String::new(),
            members: vec![self.member.clone()],
        };
        let report = self
            .plan
            .score(&alone, predictor, None, observer, on_sample)?;
        let member = report.members.into_iter().next();
        member.ok_or_else(|| missing(&format!("`{}` has no score", self.member.task)))
    }

    /// Mean of the scores that count. One that is not defined, as a correlation with a constant answer, counts 0, as chance does.
    fn value(&self, report: &MemberReport) -> Result<f64> {
        let values: Vec<f64> = report
            .counting()
            .filter(|score| score.units > 0)
            .map(|score| score.value.unwrap_or(0.0))
            .collect();
        if values.is_empty() {
            let (task, split) = (&self.member.task, &self.member.split);
            let reason = format!("`{task}` has no right answers on `{split}` to score by");
            return Err(missing(&reason));
        }
        Ok(values.iter().sum::<f64>() / values.len() as f64)
    }
}

/// Whether a task has few answers, of which one is the most frequent.
fn has_classes(spec: &TaskSpec) -> bool {
    !spec.labels.is_empty() || spec.choices.is_some()
}

/// Half of the mean interval; none where a score has none.
fn half_interval(scores: &[&MetricScore]) -> Option<f64> {
    let halves = scores
        .iter()
        .map(|score| Some((score.interval?.high - score.interval?.low) / 2.0));
    let halves: Vec<f64> = halves.collect::<Option<_>>()?;
    (!halves.is_empty()).then(|| halves.iter().sum::<f64>() / halves.len() as f64)
}

/// One record of a task's splits: a suite counts them as one task.
fn joined(records: Vec<ScoreRecord>) -> Option<ScoreRecord> {
    let mean = |of: &dyn Fn(&ScoreRecord) -> Option<f64>| -> Option<f64> {
        let values: Vec<f64> = records.iter().map(of).collect::<Option<_>>()?;
        Some(values.iter().sum::<f64>() / values.len() as f64)
    };
    let first = records.first()?.clone();
    Some(ScoreRecord {
        value: mean(&|it| Some(it.value))?,
        half_interval: mean(&|it| it.half_interval),
        majority: mean(&|it| it.majority),
        examples: records.iter().map(|it| it.examples).sum(),
        ..first
    })
}

fn missing(reason: &str) -> Error {
    Error::Data(ext5_data::Error::Refused {
        kind: ErrorKind::Missing,
        reason: reason.to_owned(),
    })
}

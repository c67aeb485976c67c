use std::collections::{BTreeMap, BTreeSet};

use super::measure::Measure;
use super::seeds;
use crate::statistics::{Estimate, mean};
use crate::{Condition, Contrast, Mean, Question, Results, ScoreRecord};

/// Of a condition that is not in the study.
static NO_TASKS: BTreeSet<&str> = BTreeSet::new();
/// Larger numbers are no scores.
const LARGEST: f64 = 1e9;

/// Results, sorted for questions: what each seed scores in each measure of each complete condition.
pub(super) struct Study<'a> {
    pub(super) results: &'a Results,
    /// By condition, replicate and task.
    scores: BTreeMap<(&'a str, u64, &'a str), &'a ScoreRecord>,
    /// Family of each task.
    families: BTreeMap<&'a str, &'a str>,
    /// Of each condition.
    tasks: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// Of conditions with every task of every repetition: a value a seed, in the order of seeds, which is that of all conditions.
    samples: BTreeMap<&'a str, BTreeMap<Measure<'a>, Vec<f64>>>,
}

impl<'a> Study<'a> {
    pub(super) fn of(results: &'a Results) -> Self {
        let (mut scores, mut families) = (BTreeMap::new(), BTreeMap::new());
        for score in &results.scores {
            if score.value.is_finite() && score.value.abs() < LARGEST {
                let key = (score.condition.as_str(), score.replicate, &*score.task);
                scores.insert(key, score);
            }
            families.insert(score.task.as_str(), score.family.as_str());
        }
        let mut study = Self {
            results,
            tasks: tasks(results, &families),
            scores,
            families,
            samples: BTreeMap::new(),
        };
        let seeds = seeds::of(results);
        for condition in &results.conditions {
            let complete = condition.replicates > 0 && study.missing(condition).is_empty();
            let measures = study.measures_of(condition);
            if complete && !measures.is_empty() {
                let sampled = |measure: &Measure<'a>| {
                    let values = (0..condition.replicates)
                        .filter_map(|replicate| study.value(condition, replicate, *measure));
                    (
                        *measure,
                        seeds::averaged(&values.collect::<Vec<f64>>(), seeds),
                    )
                };
                let sampled = measures.iter().map(sampled).collect();
                study.samples.insert(&condition.id, sampled);
            }
        }
        study
    }

    /// Tasks that a repetition of the condition must have scores of.
    pub(super) fn tasks(&self, condition: &Condition) -> &BTreeSet<&'a str> {
        self.tasks.get(condition.id.as_str()).unwrap_or(&NO_TASKS)
    }

    /// Repetitions and tasks of the condition without a score.
    pub(super) fn missing(&self, condition: &Condition) -> Vec<(u64, &'a str)> {
        let tasks = self.tasks(condition);
        let mut missing = Vec::new();
        if tasks.is_empty() {
            return missing;
        }
        for replicate in 0..condition.replicates {
            let lacking = tasks.iter().filter(|task| {
                let key = (condition.id.as_str(), replicate, **task);
                !self.scores.contains_key(&key)
            });
            missing.extend(lacking.map(|task| (replicate, *task)));
            // Nobody reads more, and a study file may ask for any number.
            if missing.len() > 1_000 {
                break;
            }
        }
        missing
    }

    /// Measures of a condition: of transfer its families; else all tasks, and the families of which there is more than one, with
    /// more than one task; then the tasks.
    fn measures_of(&self, condition: &Condition) -> Vec<Measure<'a>> {
        let tasks = self.tasks(condition);
        let mut members: BTreeMap<&str, u64> = BTreeMap::new();
        for family in tasks.iter().filter_map(|task| self.families.get(task)) {
            *members.entry(family).or_default() += 1;
        }
        let transfer = self.results.question == Question::Transfer;
        let several = members.len() > 1;
        let families = members
            .into_iter()
            .filter(|(_, tasks)| transfer || (several && *tasks > 1))
            .map(|(family, _)| Measure::Family(family));
        let all = (!transfer && !tasks.is_empty()).then_some(Measure::All);
        let tasks = tasks.iter().copied().map(Measure::Task);
        all.into_iter().chain(families).chain(tasks).collect()
    }

    /// Records of a repetition that a measure averages.
    fn records(&self, condition: &Condition, replicate: u64, measure: Measure<'_>) -> Records<'a> {
        let tasks = self.tasks(condition).iter().copied();
        let tasks = tasks.filter(|task| match measure {
            Measure::All => true,
            Measure::Family(family) => self.families.get(task) == Some(&family),
            Measure::Task(name) => *task == name,
        });
        let id = condition.id.as_str();
        tasks
            .filter_map(|task| self.scores.get(&(id, replicate, task)).copied())
            .collect()
    }

    fn value(&self, condition: &Condition, replicate: u64, measure: Measure<'_>) -> Option<f64> {
        let records = self.records(condition, replicate, measure);
        mean(&records.iter().map(|it| it.value).collect::<Vec<_>>())
    }

    /// What each seed scores in a measure of a complete condition, its random subsets averaged.
    pub(super) fn sample(&self, condition: &str, measure: Measure<'_>) -> Option<&[f64]> {
        let samples = self.samples.get(condition)?;
        let found = samples.iter().find(|(key, _)| **key == measure);
        found.map(|(_, values)| values.as_slice())
    }

    /// Records of a complete condition's repetition over all its tasks; none of an incomplete one.
    pub(super) fn complete_records(&self, condition: &Condition, replicate: u64) -> Records<'a> {
        if self.samples.contains_key(condition.id.as_str()) {
            self.records(condition, replicate, Measure::All)
        } else {
            Vec::new()
        }
    }

    pub(super) fn is_complete(&self, condition: &Condition) -> bool {
        self.samples.contains_key(condition.id.as_str())
    }

    /// Measures that some complete condition has, all tasks first.
    pub(super) fn measures(&self) -> Vec<Measure<'a>> {
        let all = self.samples.values().flat_map(BTreeMap::keys);
        all.copied().collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// A condition less its baseline, seed by seed; none where one is incomplete. A tested one is corrected with all others of the
    /// study.
    pub(super) fn contrast(
        &self,
        (condition, baseline): (&str, &str),
        measure: Measure<'_>,
        tested: bool,
    ) -> Option<Contrast> {
        let sample = self.sample(condition, measure)?;
        let estimate = Estimate::paired(&[(1.0, sample), (-1.0, self.sample(baseline, measure)?)])?;
        let names = (condition, baseline);
        Some(contrast_of(names, &measure.to_string(), &estimate, tested))
    }

    /// Pairs of conditions compared in every measure: tested over all tasks, and shown task by task.
    pub(super) fn contrasts(&self, pairs: &[(&str, &str)]) -> Vec<Contrast> {
        let mut contrasts = Vec::new();
        for measure in self.measures() {
            let tested = measure == Measure::All;
            let compared = pairs
                .iter()
                .filter_map(|pair| self.contrast(*pair, measure, tested));
            contrasts.extend(compared);
        }
        contrasts
    }

    /// Means of all complete conditions, in their order.
    pub(super) fn means(&self) -> Vec<Mean> {
        let mut means = Vec::new();
        for condition in &self.results.conditions {
            let Some(samples) = self.samples.get(condition.id.as_str()) else {
                continue;
            };
            for (measure, sample) in samples {
                means.extend(self.mean(condition, *measure, sample));
            }
        }
        means
    }

    fn mean(&self, condition: &Condition, measure: Measure<'_>, sample: &[f64]) -> Option<Mean> {
        let estimate = Estimate::of_mean(sample)?;
        let interval = estimate.interval();
        let replicates = 0..condition.replicates;
        let records = replicates.map(|replicate| self.records(condition, replicate, measure));
        let records: Vec<Records<'_>> = records.collect();
        let halves = records.iter().map(|it| half_interval(it));
        let majorities = records.iter().flatten().map(|it| it.majority);
        Some(Mean {
            condition: condition.id.clone(),
            measure: measure.to_string(),
            count: condition.replicates,
            mean: estimate.value,
            low: interval.map(|it| it.0),
            high: interval.map(|it| it.1),
            over_examples: mean_of_all(halves),
            majority: mean_of_all(majorities),
        })
    }
}

/// Tasks that a repetition of each condition must have scores of: of transfer those of its families; of suites those of all
/// conditions with the same parts; else those of all conditions.
fn tasks<'a>(
    results: &'a Results,
    families: &BTreeMap<&'a str, &'a str>,
) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut scored: BTreeMap<&[String], BTreeSet<&str>> = BTreeMap::new();
    let by_suite = results.question == Question::Suites;
    let key = |condition: &'a Condition| -> &'a [String] {
        if by_suite { &condition.parts } else { &[] }
    };
    let conditions = results.conditions.iter();
    let keys: BTreeMap<&str, &[String]> = conditions.map(|it| (it.id.as_str(), key(it))).collect();
    for score in &results.scores {
        if let Some(key) = keys.get(score.condition.as_str()) {
            scored.entry(key).or_default().insert(&score.task);
        }
    }
    let of = |condition: &'a Condition| -> BTreeSet<&'a str> {
        if results.question != Question::Transfer {
            return scored.get(key(condition)).cloned().unwrap_or_default();
        }
        let is_part = |name: &str| condition.parts.iter().any(|part| part == name);
        let tasks = families.iter();
        let tasks = tasks.filter(|(task, family)| is_part(task) || is_part(family));
        tasks.map(|(task, _)| *task).collect()
    };
    let conditions = results.conditions.iter();
    conditions.map(|it| (it.id.as_str(), of(it))).collect()
}

/// Scores of one repetition.
pub(super) type Records<'a> = Vec<&'a ScoreRecord>;

/// A difference as it is written down. Until the study's tests are corrected together, `p_adjusted` of a tested one is its own
/// p-value.
pub(super) fn contrast_of(
    (condition, baseline): (&str, &str),
    measure: &str,
    estimate: &Estimate,
    tested: bool,
) -> Contrast {
    let interval = estimate.interval();
    let p_value = estimate.p_value();
    Contrast {
        condition: condition.to_owned(),
        baseline: baseline.to_owned(),
        measure: measure.to_owned(),
        difference: estimate.value,
        low: interval.map(|it| it.0),
        high: interval.map(|it| it.1),
        p_value,
        p_adjusted: p_value.filter(|_| tested),
    }
}

/// Half of the 95 % interval over examples of a mean of tasks, whose examples are independent; none where a task has none.
pub(super) fn half_interval(records: &[&ScoreRecord]) -> Option<f64> {
    let halves: Option<Vec<f64>> = records.iter().map(|it| finite(it.half_interval)).collect();
    let halves = halves.filter(|halves| !halves.is_empty())?;
    let squares: f64 = halves.iter().map(|half| half * half).sum();
    Some(squares.sqrt() / halves.len() as f64)
}

/// The mean of values that are all there; none where one is missing.
fn mean_of_all(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let values: Option<Vec<f64>> = values.map(finite).collect();
    mean(&values?)
}

fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite() && value.abs() < LARGEST)
}

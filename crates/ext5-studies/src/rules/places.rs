use super::runs::Runs;
use super::{Problems, once};
use crate::grid::{before_prefinetuning, families, gcd};
use crate::{GridSpec, StudySpec};
use ext5_data::did_you_mean;
use ext5_findings::Question;
use ext5_tasks::Catalogue;

/// Most checkpoints that a run keeps for a study.
const MOST_KEPT: u64 = 256;
/// Most random subsets of a size.
const MOST_SUBSETS: u64 = 1000;
/// Most pre-trainings of a grid.
const MOST_RUNS: u64 = 10_000;

/// The keys of `grid`: those of the question are there, those of others are not.
pub(super) fn check(spec: &StudySpec, catalogue: &Catalogue, runs: &Runs, problems: &mut Problems) {
    let (grid, question) = (&spec.grid, spec.question);
    for (key, is_given, owners) in keys(grid) {
        if is_given && !owners.contains(&question) {
            let owners: Vec<String> = owners.iter().map(|it| format!("`{}`", it.name())).collect();
            let (owners, name) = (owners.join(" and "), question.name());
            problems.push(format!(
                "`grid.{key}` is a key of {owners}, not of `{name}`: take it out"
            ));
        }
    }
    once("grid.families", &grid.families, problems);
    once("grid.best_effort", &grid.best_effort, problems);
    once("grid.counts", &grid.counts, problems);
    once("grid.batch_rows", &grid.batch_rows, problems);
    once("grid.ratios", &grid.ratios, problems);
    once("grid.steps", &grid.steps, problems);
    let pretrain = runs.pretrain.as_ref();
    let steps = pretrain.map(|config| config.trainer.steps);
    match question {
        Question::Transfer => {
            check_families(spec, catalogue, problems);
            let finetune = runs.finetune.as_ref();
            if finetune.is_some_and(|config| !config.trainer.steps.is_multiple_of(2)) {
                let problem =
                    "`finetune`: `trainer.steps` must be even, a family alone is scored half-way";
                problems.push(problem.to_owned());
            }
        }
        Question::Curation => curation(spec, catalogue, problems),
        Question::Scaling => scaling(spec, catalogue, runs, problems),
        Question::Ratio => {
            given("ratios", grid.ratios.is_empty(), problems);
            for ratio in grid
                .ratios
                .iter()
                .filter(|ratio| ratio.is_nan() || **ratio < 0.0)
            {
                problems.push(format!(
                    "`grid.ratios` has {ratio}, expected numbers of at least 0, or `inf`"
                ));
            }
        }
        Question::Stage => stage(spec, steps, problems),
        Question::Efficiency => check_steps(grid, steps, problems),
        Question::Suites => {}
        Question::TaskAffinity => {
            check_families(spec, catalogue, problems);
            check_steps(grid, steps, problems);
            given("batches", grid.batches == 0, problems);
        }
    }
}

/// Each key, whether it is given, and the questions that read it.
fn keys(grid: &GridSpec) -> [(&'static str, bool, &'static [Question]); 10] {
    use Question::{Curation, Efficiency, Ratio, Scaling, Stage, TaskAffinity, Transfer};
    [
        (
            "families",
            !grid.families.is_empty(),
            &[Transfer, TaskAffinity],
        ),
        ("best_effort", !grid.best_effort.is_empty(), &[Curation]),
        ("transfer", grid.transfer.is_some(), &[Curation]),
        ("subsets", grid.subsets > 0, &[Curation, Scaling]),
        ("counts", !grid.counts.is_empty(), &[Scaling]),
        ("batch_rows", !grid.batch_rows.is_empty(), &[Scaling]),
        ("ratios", !grid.ratios.is_empty(), &[Ratio]),
        (
            "prefinetune_share",
            grid.prefinetune_share.is_some(),
            &[Stage],
        ),
        ("steps", !grid.steps.is_empty(), &[Efficiency, TaskAffinity]),
        ("batches", grid.batches > 0, &[TaskAffinity]),
    ]
}

fn given(key: &str, is_empty: bool, problems: &mut Problems) {
    if is_empty {
        problems.push(format!(
            "`grid.{key}` is missing or empty: the grid has no place"
        ));
    }
}

/// Families are among the mixture's, at least two, and the catalogue derives their mixtures.
fn check_families(spec: &StudySpec, catalogue: &Catalogue, problems: &mut Problems) {
    let supervised = &spec.data.supervised;
    let Ok(mixture) = catalogue.mixture(supervised) else {
        return;
    };
    known_families("families", &spec.grid.families, spec, catalogue, problems);
    let families = families(spec, catalogue);
    if families.len() < 2 {
        problems.push(format!(
            "`grid.families` leaves {} of the paper's families in `{supervised}`, expected at least 2",
            families.len()
        ));
    }
    if !mixture.families {
        problems.push(format!(
            "`data.supervised`: `{supervised}` has no mixtures of its families, set `families = true` in its file"
        ));
    }
}

fn known_families(
    key: &str,
    wanted: &[String],
    spec: &StudySpec,
    catalogue: &Catalogue,
    problems: &mut Problems,
) {
    let supervised = &spec.data.supervised;
    let all = StudySpec {
        grid: GridSpec::default(),
        ..spec.clone()
    };
    let known: Vec<&str> = families(&all, catalogue)
        .iter()
        .map(|it| it.name())
        .collect();
    for name in wanted.iter().filter(|name| !known.contains(&name.as_str())) {
        let hint = did_you_mean(name, known.iter().copied());
        problems.push(format!(
            "`grid.{key}`: `{supervised}` has no family `{name}`{hint}"
        ));
    }
}

fn curation(spec: &StudySpec, catalogue: &Catalogue, problems: &mut Problems) {
    let grid = &spec.grid;
    if grid.best_effort.is_empty() == grid.transfer.is_none() {
        let problem = "`grid` needs either `best_effort`, names of families, or `transfer`, the directory of a finished transfer study";
        problems.push(problem.to_owned());
    }
    known_families("best_effort", &grid.best_effort, spec, catalogue, problems);
    subsets(spec, 1, problems);
}

/// Random subsets are drawn, not too many, in each of `places` places for each seed.
fn subsets(spec: &StudySpec, places: usize, problems: &mut Problems) {
    let subsets = spec.grid.subsets;
    given("subsets", subsets == 0, problems);
    let runs = subsets
        .saturating_mul(places as u64)
        .saturating_mul(spec.seeds.len() as u64);
    if subsets > MOST_SUBSETS {
        problems.push(format!(
            "`grid.subsets` is {subsets}, expected {MOST_SUBSETS} at most"
        ));
    } else if runs > MOST_RUNS {
        problems.push(format!(
            "`grid` has {runs} pre-trainings, expected {MOST_RUNS} at most: take fewer subsets, places or seeds"
        ));
    }
}

fn scaling(spec: &StudySpec, catalogue: &Catalogue, runs: &Runs, problems: &mut Problems) {
    let grid = &spec.grid;
    given("counts", grid.counts.is_empty(), problems);
    given("batch_rows", grid.batch_rows.is_empty(), problems);
    let places = grid.counts.len().saturating_mul(grid.batch_rows.len());
    subsets(spec, places, problems);
    for rows in &grid.batch_rows {
        let mut config = runs.pretrain.clone().unwrap_or_default();
        config.trainer.batch_rows = *rows;
        if let Err(error) = config.validate() {
            problems.push(format!("`grid.batch_rows` has {rows}: {error}"));
        }
    }
    let Ok(mixture) = catalogue.mixture(&spec.data.supervised) else {
        return;
    };
    let all = mixture.members.len();
    for count in grid.counts.iter().filter(|count| **count > all) {
        problems.push(format!(
            "`grid.counts` has {count}, but `{}` has {all} tasks",
            spec.data.supervised
        ));
    }
}

fn stage(spec: &StudySpec, steps: Option<u64>, problems: &mut Problems) {
    let Some(share) = spec.grid.prefinetune_share else {
        given("prefinetune_share", true, problems);
        return;
    };
    if !(share > 0.0 && share < 1.0) {
        problems.push(format!(
            "`grid.prefinetune_share` is {share}, expected between 0 and 1"
        ));
        return;
    }
    let Some(steps) = steps else { return };
    let before = before_prefinetuning(spec, steps);
    if before == 0 || before == steps {
        problems.push(format!(
            "`grid.prefinetune_share` is {share}, which of {steps} steps leaves none for one of the stages"
        ));
    }
}

/// Steps are of the run, and the run can keep them all.
fn check_steps(grid: &GridSpec, steps: Option<u64>, problems: &mut Problems) {
    given("steps", grid.steps.is_empty(), problems);
    if grid.steps.contains(&0) {
        problems.push("`grid.steps` has 0, of which there is no checkpoint".to_owned());
        return;
    }
    let Some(last) = steps else { return };
    for step in grid.steps.iter().filter(|step| **step > last) {
        problems.push(format!(
            "`grid.steps` has {step}, but pre-training takes {last} steps"
        ));
    }
    let inner = grid.steps.iter().copied().filter(|step| *step < last);
    let every = inner.fold(0, gcd);
    if every > 0 && last.div_ceil(every) > MOST_KEPT {
        problems.push(format!(
            "`grid.steps` has {every} as its greatest common divisor, so {} checkpoints would be kept: choose multiples of a larger number",
            last.div_ceil(every)
        ));
    }
}

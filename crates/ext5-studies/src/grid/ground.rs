use super::{before_prefinetuning, names};
use crate::cell::{Cell, Scoring, Start, Subject};
use crate::{Result, StudySpec};
use ext5_data::{Family, MixtureSpec, TaskSpec};
use ext5_findings::Question;
use ext5_tasks::Catalogue;
use ext5_trainer::{RunConfig, TrainerConfig, recipe};

/// What a pre-training mixes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mix {
    /// Plain text alone.
    Text,
    /// Plain text and all supervised tasks, this much of the text for one of theirs.
    Ratio(f64),
    /// A generated mixture of plain text and some tasks, at the study's R.
    Of(String),
}

impl Mix {
    /// Of R without bound nothing but plain text is left.
    pub(super) fn ratio(ratio: f64) -> Self {
        if ratio.is_infinite() {
            Self::Text
        } else {
            Self::Ratio(ratio)
        }
    }
}

/// What all grids stand on: the study file, the catalogue, the recipes with their changes.
pub(crate) struct Ground<'a> {
    pub(super) spec: &'a StudySpec,
    pub(super) catalogue: &'a Catalogue,
    pub(super) pretrain: RunConfig,
    pub(super) finetune: RunConfig,
    pub(super) supervised: &'a MixtureSpec,
}

impl<'a> Ground<'a> {
    /// Reads the recipes. Pre-training keeps the checkpoints that the question asks for.
    pub(crate) fn new(spec: &'a StudySpec, catalogue: &'a Catalogue) -> Result<Self> {
        let mut pretrain = recipe(&spec.pretrain.recipe, &spec.pretrain.set)?;
        let steps = match spec.question {
            Question::Efficiency | Question::TaskAffinity => spec.grid.steps.clone(),
            Question::Stage => vec![before_prefinetuning(spec, pretrain.trainer.steps)],
            _ => Vec::new(),
        };
        keep(&mut pretrain.trainer, &steps);
        let finetune = match &spec.finetune {
            Some(run) => recipe(&run.recipe, &run.set)?,
            None => RunConfig::default(),
        };
        Ok(Self {
            spec,
            catalogue,
            pretrain,
            finetune,
            supervised: catalogue
                .mixture(&spec.data.supervised)
                .map_err(ext5_trainer::Error::from)?,
        })
    }

    /// Seeds with their numbers from 0.
    pub(super) fn seeds(&self) -> impl Iterator<Item = (u64, u64)> {
        (0..).zip(self.spec.seeds.iter().copied())
    }

    /// Number of seeds: the repetitions of a condition that draws nothing.
    pub(super) fn repetitions(&self) -> u64 {
        self.spec.seeds.len() as u64
    }

    /// A pre-training with `rows` rows a batch, the recipe's where absent.
    pub(super) fn pretraining(&self, mix: &Mix, rows: Option<usize>, seed: u64) -> Cell {
        let mut config = self.pretrain.clone();
        let data = &self.spec.data;
        let (word, mixture, ratio) = match mix {
            Mix::Text => ("text".to_owned(), &data.text, None),
            Mix::Ratio(ratio) => (names::ratio(*ratio), &data.mixture, Some(*ratio)),
            Mix::Of(name) => {
                let word = format!("{name}_{}", names::ratio(data.ratio));
                (word, name, Some(data.ratio))
            }
        };
        mixture.clone_into(&mut config.data.mixture);
        config.data.ratio = ratio;
        config.trainer.seed = seed;
        let rows = rows.filter(|rows| *rows != config.trainer.batch_rows);
        config.trainer.batch_rows = rows.unwrap_or(config.trainer.batch_rows);
        unscored(names::pretraining(&word, rows, seed), config, None)
    }

    /// A run of the pre-training recipe on the supervised tasks alone.
    pub(super) fn prefinetuning(&self, steps: u64, seed: u64, start: &Start) -> Cell {
        let mut config = self.pretrain.clone();
        let mixture = &self.spec.data.supervised;
        mixture.clone_into(&mut config.data.mixture);
        config.data.ratio = None;
        config.trainer.seed = seed;
        config.trainer.steps = steps;
        let name = names::from("prefinetune", mixture, seed, start);
        unscored(name, config, Some(start.clone()))
    }

    /// A run of the fine-tuning recipe.
    pub(super) fn finetuning(&self, mixture: &str, seed: u64, start: &Start) -> Cell {
        let mut config = self.finetune.clone();
        mixture.clone_into(&mut config.data.mixture);
        config.trainer.seed = seed;
        let name = names::from("finetune", mixture, seed, start);
        unscored(name, config, Some(start.clone()))
    }

    /// What is trained on and then scored.
    pub(super) fn targets(&self) -> Vec<(String, Subject)> {
        let score = &self.spec.score;
        let tasks = score.tasks.iter().cloned();
        let tasks = tasks.map(|task| (task.clone(), Subject::Tasks(task)));
        let suites = score.suites.iter().cloned();
        let suites = suites.map(|run| (run.mixture, Subject::Suite(run.suite)));
        tasks.chain(suites).collect()
    }

    /// A score of the last checkpoint, for nobody yet.
    pub(super) fn scoring(&self, subject: Subject) -> Scoring {
        Scoring {
            condition: String::new(),
            replicate: 0,
            step: None,
            subject,
            split: self.spec.score.split.clone(),
            limit: self.spec.score.limit,
        }
    }

    /// Families of the study with the tasks that are scored of each.
    pub(super) fn families(&self) -> Vec<(Family, Vec<String>)> {
        let of = |family| (family, scorable(self.spec, self.catalogue, family));
        let families = families(self.spec, self.catalogue);
        families.into_iter().map(of).collect()
    }

    /// Tasks of these families that are trained on and have nothing to be scored by; none where the file names those it scores.
    pub(super) fn unscored(&self) -> Vec<String> {
        if !self.spec.score.tasks.is_empty() {
            return Vec::new();
        }
        let families = self.families();
        let of = |task: &&TaskSpec| {
            let mut families = families.iter();
            families.any(|(family, scored)| task.family == *family && !scored.contains(&task.name))
        };
        let tasks = tasks(self.spec, self.catalogue).filter(of);
        tasks.map(|task| format!("`{}`", task.name)).collect()
    }

    /// The mixture of a family's tasks, which the catalogue derives.
    pub(super) fn family_mixture(&self, family: Family) -> String {
        format!("{}_{}", self.supervised.name, family.name())
    }
}

fn unscored(name: String, config: RunConfig, start: Option<Start>) -> Cell {
    Cell {
        name,
        config,
        start,
        scorings: Vec::new(),
        affinity: None,
    }
}

/// The paper's families among the supervised tasks, those that the grid names where it names any, in the paper's order.
pub(crate) fn families(spec: &StudySpec, catalogue: &Catalogue) -> Vec<Family> {
    let wanted = &spec.grid.families;
    let mut families: Vec<Family> = tasks(spec, catalogue).map(|task| task.family).collect();
    families.retain(|it| {
        it.is_of_paper() && (wanted.is_empty() || wanted.iter().any(|name| name == it.name()))
    });
    families.sort_unstable();
    families.dedup();
    families
}

/// Tasks of a family that are scored: those the file names, or all that have the split and a metric.
pub(crate) fn scorable(spec: &StudySpec, catalogue: &Catalogue, family: Family) -> Vec<String> {
    let named = &spec.score.tasks;
    let tasks = tasks(spec, catalogue).filter(|task| {
        let is_wanted = named.is_empty() || named.contains(&task.name);
        let has_split = task.source.splits.contains_key(&spec.score.split);
        task.family == family && is_wanted && has_split && !task.metrics.is_empty()
    });
    let mut names: Vec<String> = tasks.map(|task| task.name.clone()).collect();
    names.sort_unstable();
    names
}

fn tasks<'a>(
    spec: &StudySpec,
    catalogue: &'a Catalogue,
) -> impl Iterator<Item = &'a TaskSpec> + use<'a> {
    let mixture = catalogue.mixture(&spec.data.supervised).ok();
    let members = mixture.into_iter().flat_map(|mixture| &mixture.members);
    members.filter_map(|member| catalogue.task(&member.name).ok())
}

/// Makes a run keep its checkpoints after `steps`; left as it is where it does already, so that other studies can share it.
pub(super) fn keep(trainer: &mut TrainerConfig, steps: &[u64]) {
    let inner = || steps.iter().copied().filter(|step| *step < trainer.steps);
    let common = inner().fold(0, gcd);
    if common == 0 {
        return;
    }
    let every = trainer.checkpoint_every;
    let written = |every: u64| trainer.steps.div_ceil(every);
    let suffices =
        every > 0 && common.is_multiple_of(every) && written(every) <= trainer.keep as u64;
    if !suffices {
        trainer.keep = trainer.keep.max(written(common) as usize);
        trainer.checkpoint_every = common;
    }
}

/// The greatest common divisor; 0 divides nothing and is left out.
pub(crate) fn gcd(a: u64, b: u64) -> u64 {
    if a == 0 { b } else { gcd(b % a, a) }
}

//! What is run, how often and in which order.

/// Timed steps of a piece of work by a program, over all turns, at the least.
const STEPS: u32 = 5;

/// Turns of a program that compiles first, which takes it a minute and more.
const COMPILED_TURNS: u32 = 2;

/// A training step to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Work {
    pub(super) model: &'static str,
    pub(super) batch: u32,
    pub(super) inputs: u32,
    pub(super) targets: u32,
    pub(super) optimizer: &'static str,
    /// A single turn of two timed steps: a step takes half a minute.
    heavy: bool,
    contestants: &'static [Contestant],
}

/// Who makes it, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contestant {
    /// ext5.
    Ours,
    /// ext5, computing activations again instead of keeping them.
    OursRecomputing,
    /// ext5 with products of bf16 numbers.
    OursBf16,
    /// transformers.
    Eager,
    /// transformers under `torch.compile`.
    Compiled,
    /// The same under bf16 autocast.
    CompiledBf16,
    /// ext5's products of weights alone.
    OursProducts,
    /// torch's.
    TorchProducts,
}

use Contestant::{
    Compiled, CompiledBf16, Eager, Ours, OursBf16, OursProducts, OursRecomputing, TorchProducts,
};

/// Compiled bf16 runs in the first work alone.
const SMALL: Work = Work {
    model: "t5_1_1_small",
    batch: 8,
    inputs: 512,
    targets: 114,
    optimizer: "adamw",
    heavy: false,
    contestants: &[Ours, Eager, Compiled, OursBf16],
};

/// Every piece of work; products first, as the ceiling of what follows.
const WORK: &[Work] = &[
    Work {
        contestants: &[
            OursProducts,
            TorchProducts,
            Ours,
            Eager,
            Compiled,
            OursBf16,
            CompiledBf16,
            OursRecomputing,
        ],
        ..SMALL
    },
    Work {
        optimizer: "adafactor",
        ..SMALL
    },
    Work {
        batch: 32,
        inputs: 128,
        targets: 32,
        ..SMALL
    },
    Work {
        batch: 32,
        inputs: 128,
        targets: 32,
        optimizer: "adafactor",
        ..SMALL
    },
    Work {
        model: "t5_1_1_base",
        heavy: true,
        contestants: &[Ours, OursRecomputing, Eager],
        ..SMALL
    },
    Work {
        model: "t5_1_1_base",
        optimizer: "adafactor",
        heavy: true,
        contestants: &[Ours, OursRecomputing, Eager],
        ..SMALL
    },
];

impl Contestant {
    /// The word for it in the record.
    pub(super) fn word(self) -> &'static str {
        match self {
            Ours => "ext5",
            OursRecomputing => "ext5 recomputing",
            OursBf16 => "ext5 bf16",
            Eager => "transformers eager",
            Compiled => "transformers compiled",
            CompiledBf16 => "transformers compiled bf16",
            OursProducts => "ext5 products",
            TorchProducts => "torch products",
        }
    }

    /// Whether it runs in Python.
    pub(super) fn is_peer(self) -> bool {
        matches!(self, Eager | Compiled | CompiledBf16 | TorchProducts)
    }

    /// Whether it multiplies only.
    pub(super) fn is_product(self) -> bool {
        matches!(self, OursProducts | TorchProducts)
    }

    fn compiles(self) -> bool {
        matches!(self, Compiled | CompiledBf16)
    }

    /// What the program is told of it: its first word and options.
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Ours => &["step", "--path", "host", "--profile", "true"],
            OursRecomputing => &["step", "--path", "host", "--recompute", "true"],
            OursBf16 => &["step", "--path", "host", "--precision", "bf16"],
            Eager => &["eager"],
            Compiled => &["compiled"],
            CompiledBf16 => &["compiled", "--precision", "bf16"],
            OursProducts => &["gemm"],
            TorchProducts => &[],
        }
    }
}

/// One piece of work by one program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    pub(super) work: Work,
    pub(super) contestant: Contestant,
}

/// Everything, in the order of a turn; `quick` puts a tiny model in every place.
pub(super) fn jobs(quick: bool) -> Vec<Job> {
    let tiny = |work: &Work| Work {
        model: "tiny",
        batch: 2,
        inputs: 32,
        targets: 8,
        ..*work
    };
    let chosen: Vec<Work> = if quick {
        WORK.iter().take(1).map(tiny).collect()
    } else {
        WORK.to_vec()
    };
    let of = |work: Work| {
        work.contestants
            .iter()
            .map(move |&contestant| Job { work, contestant })
    };
    chosen.into_iter().flat_map(of).collect()
}

impl Work {
    /// `model batch x inputs/targets optimizer`.
    pub(super) fn name(&self) -> String {
        format!(
            "{} {}x{}/{} {}",
            self.model, self.batch, self.inputs, self.targets, self.optimizer
        )
    }
}

impl Work {
    /// Whether it has a single turn.
    pub(super) fn is_heavy(&self) -> bool {
        self.heavy
    }

    /// Tokens of a step, inputs and targets.
    pub(super) fn tokens(&self) -> f64 {
        f64::from(self.batch * (self.inputs + self.targets))
    }
}

impl Job {
    /// The work and who does it.
    pub(super) fn name(&self) -> String {
        format!("{}, {}", self.work.name(), self.contestant.word())
    }

    /// In how many of `rounds` turns it runs.
    pub(super) fn turns(&self, rounds: u32) -> u32 {
        if self.work.heavy {
            1
        } else if self.contestant.compiles() {
            rounds.min(COMPILED_TURNS)
        } else {
            rounds
        }
    }

    /// The command line for one of `turns` turns.
    pub(super) fn arguments(&self, turns: u32) -> Vec<String> {
        let work = &self.work;
        let mut words: Vec<String> = self
            .contestant
            .arguments()
            .iter()
            .map(ToString::to_string)
            .collect();
        let mut option = |name: &str, value: String| words.extend([format!("--{name}"), value]);
        option("model", work.model.to_owned());
        option("batch", work.batch.to_string());
        option("inputs", work.inputs.to_string());
        option("targets", work.targets.to_string());
        if !self.contestant.is_product() {
            option("optimizer", work.optimizer.to_owned());
            option("warmup", "1".to_owned());
            let steps = if work.heavy { 2 } else { STEPS.div_ceil(turns) };
            option("repeats", steps.to_string());
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_comparison_has_five_steps_at_least() {
        for rounds in 1..9 {
            for job in jobs(false)
                .iter()
                .filter(|job| !job.work.heavy && !job.contestant.is_product())
            {
                let words = job.arguments(job.turns(rounds));
                let at = words.iter().position(|word| word == "--repeats").unwrap();
                let repeats: u32 = words[at + 1].parse().unwrap();
                assert!(repeats * job.turns(rounds) >= 5, "{}", job.name());
            }
        }
    }

    #[test]
    fn names_are_apart() {
        let jobs = jobs(false);
        let names: std::collections::BTreeSet<_> = jobs.iter().map(Job::name).collect();
        assert_eq!(names.len(), jobs.len());
    }
}

//! What a run does when its numbers go wrong.
use serde::{Deserialize, Serialize};

/// What becomes of a step whose loss or gradients are no numbers. Whatever the policy, nothing of such a step is applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NonFiniteConfig {
    /// What is done.
    pub policy: NonFinitePolicy,
    /// Most steps that are skipped one after another; one more ends the run.
    pub max_consecutive: u64,
    /// Most steps that are skipped in the whole run; one more ends it.
    pub max_total: u64,
}

/// What is done about a step whose loss or gradients are no numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NonFinitePolicy {
    /// The run ends; it can be resumed from its last checkpoint.
    #[default]
    Stop,
    /// The batch is passed over, as a whole: the step is taken on the next one.
    Skip,
    /// The run goes back, see [`RollbackConfig`].
    Rollback,
}

/// How far a run goes back: to the newest checkpoint that lies so many steps behind, whose weights go on with the batch after the
/// one that went wrong. Everything in between is passed over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RollbackConfig {
    /// Steps that it goes back at least: checkpoints so far behind are kept for it, whatever `trainer.keep` says.
    pub min_steps: u64,
    /// Most times; once more ends the run.
    pub max_times: u64,
}

/// What counts as a spike of the loss or of the gradients' norm, and what is done about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpikeConfig {
    /// What is done.
    pub policy: SpikePolicy,
    /// Robust deviations above the median of the last steps, beyond 1.5, added up over steps that lie so high.
    pub threshold: f64,
    /// Steps that the median is taken of; there are no spikes before half as many.
    pub window: usize,
}

/// What is done about a spike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpikePolicy {
    /// Nothing; nobody looks.
    Off,
    /// It is said, and written into `metrics.jsonl`.
    #[default]
    Note,
    /// The run goes back, see [`RollbackConfig`].
    Rollback,
}

impl Default for NonFiniteConfig {
    fn default() -> Self {
        Self {
            policy: NonFinitePolicy::Stop,
            max_consecutive: 10,
            max_total: 50,
        }
    }
}

impl Default for RollbackConfig {
    fn default() -> Self {
        Self {
            min_steps: 100,
            max_times: 3,
        }
    }
}

impl Default for SpikeConfig {
    fn default() -> Self {
        Self {
            policy: SpikePolicy::Note,
            threshold: 5.75,
            window: 64,
        }
    }
}

/// Whether a table says nothing: it is then left out where a configuration is written, so that what was written before there were
/// such tables, and hashes of it, stay what they are.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use crate::{NonFinitePolicy, RunConfig, SpikePolicy};
    use std::path::Path;

    fn parsed(text: &str) -> RunConfig {
        RunConfig::parse(Path::new("run.toml"), text, &[]).unwrap()
    }

    #[test]
    fn what_says_nothing_new_is_not_written() {
        let text = RunConfig::default().to_toml().unwrap();
        for table in ["non_finite", "spikes", "rollback"] {
            assert!(!text.contains(table), "{text}");
        }
        let same = parsed("[trainer.spikes]\npolicy = \"note\"\n");
        assert_eq!(same.to_toml().unwrap(), text);
        let other = parsed("[trainer.spikes]\npolicy = \"off\"\n");
        assert_eq!(other.trainer.spikes.policy, SpikePolicy::Off);
        assert_eq!(parsed(&other.to_toml().unwrap()), other);
    }

    #[test]
    fn a_run_that_goes_back_needs_checkpoints() {
        let text = "[data]\nmixture = \"m\"\n[trainer]\ncheckpoint_every = 0\nnon_finite = { policy = \"rollback\" }\n";
        let mut config = parsed(text);
        let message = config.validate().unwrap_err().to_string();
        assert!(message.contains("`trainer.checkpoint_every`"), "{message}");
        config.trainer.non_finite.policy = NonFinitePolicy::Skip;
        config.validate().unwrap();
    }
}

//! Steps that cannot be taken, and steps that should not have been.
use super::Run;
use super::resume::{forget_later, restored};
use crate::checkpoint::{Checkpoint, forget_after};
use crate::observer::Event;
use crate::spike::Spike;
use crate::{Error, NonFinitePolicy, Observer, Ranks, Result, SpikeDetector, SpikePolicy};
use ext5_data::{Batch, Cursor, storage};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What went wrong in a run so far: part of its state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Mishaps {
    /// Steps that were skipped.
    skipped: u64,
    /// Of these, those since the last step that was taken.
    consecutive: u64,
    /// How often the run went back.
    rollbacks: u64,
    /// Where it went back to the last time: it may go there again, however near that is.
    back_to: Option<u64>,
    /// What entered no step for it.
    passed_over: Vec<PassedOver>,
    spikes: SpikeDetector,
}

/// Draws of the mixture that enter no step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PassedOver {
    /// Steps done before them.
    step: u64,
    /// The first of them, and the first behind them.
    draws: [u64; 2],
}

impl Run<'_> {
    /// Deals with a step that was not taken, for its numbers are none; `cursor` lies behind its batch.
    ///
    /// # Errors
    /// `error` where it is another one or the run is to stop at it, [`Error::Diverged`] at a limit.
    pub(super) fn not_taken(
        &mut self,
        error: Error,
        batch: &Batch,
        cursor: Cursor,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        let Error::NotFinite { what, value, .. } = error else {
            return Err(error);
        };
        let error = self.named(error, batch);
        let mut line = json!({ "what": what, "value": value.to_string() });
        match self.config.trainer.non_finite.policy {
            NonFinitePolicy::Stop => Err(error),
            NonFinitePolicy::Skip => self.skip(error, line, batch, cursor, observer),
            NonFinitePolicy::Rollback => {
                line["examples"] = self.examples(batch);
                let why = format!("{what} is {value}");
                self.roll_back((&why, error), line, cursor, observer)
            }
        }
    }

    fn skip(
        &mut self,
        error: Error,
        mut line: Value,
        batch: &Batch,
        cursor: Cursor,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        let limits = &self.config.trainer.non_finite;
        let (step, draws) = (self.state.step, [self.state.cursor.draws, cursor.draws]);
        let mishaps = &mut self.state.mishaps;
        let limit = [
            (
                mishaps.consecutive,
                limits.max_consecutive,
                "max_consecutive",
                "steps in a row",
            ),
            (mishaps.skipped, limits.max_total, "max_total", "steps"),
        ];
        if let Some((_, most, key, what)) = limit.iter().find(|(count, most, ..)| count >= most) {
            return Err(Error::Diverged {
                limit: format!(
                    "{most} {what} were skipped, as many as `trainer.non_finite.{key}` allows"
                ),
                last: Box::new(error),
            });
        }
        mishaps.skipped += 1;
        mishaps.consecutive += 1;
        mishaps.passed_over.push(PassedOver { step, draws });
        observer.on(&Event::Note(&format!(
            "step {step} is taken on the next batch: {} was {} ({} skipped so far)",
            line["what"].as_str().unwrap_or_default(),
            line["value"].as_str().unwrap_or_default(),
            mishaps.skipped
        )));
        line["skipped"] = mishaps.skipped.into();
        line["draws"] = json!(draws);
        self.state.cursor = cursor;
        line["examples"] = self.examples(batch);
        self.log(&of_kind("skipped", step, line), observer)
    }

    /// Looks at a step that was just taken; answers whether it was taken back.
    ///
    /// # Errors
    /// [`Error::Diverged`] at a limit.
    pub(super) fn taken(
        &mut self,
        (loss, gradient_norm): (f64, f64),
        batch: &Batch,
        observer: &mut dyn Observer,
    ) -> Result<bool> {
        let config = &self.config.trainer.spikes;
        self.state.mishaps.consecutive = 0;
        if config.policy == SpikePolicy::Off {
            return Ok(false);
        }
        let spikes = &mut self.state.mishaps.spikes;
        let Some(spike) = spikes.observe(config, loss, gradient_norm) else {
            return Ok(false);
        };
        let Spike {
            what,
            value,
            median,
            deviations,
        } = spike;
        let (step, said) = (
            self.state.step,
            format!(
                "{what} is {value:.4}, {deviations:.0} deviations above {median:.4}, the median of the steps before"
            ),
        );
        let line = json!({
            "what": what, "value": value, "median": median, "deviations": deviations,
            "examples": self.examples(batch),
        });
        if config.policy == SpikePolicy::Note {
            observer.on(&Event::Note(&format!("spike at step {step}: {said}")));
            self.log(&of_kind("spike", step, line), observer)?;
            return Ok(false);
        }
        let examples = self.listed(batch);
        let error = Error::Spike {
            what,
            value,
            step,
            examples,
        };
        let cursor = self.state.cursor.clone();
        self.roll_back((&said, error), line, cursor, observer)?;
        Ok(true)
    }

    /// Goes back to the newest checkpoint that is far enough behind, and on with the batch at `cursor`. What lies between is done
    /// with: its checkpoints and lines are removed.
    ///
    /// Nothing is written for it. A run that is killed before its next checkpoint goes on from the one that this went back to, comes
    /// to the same step and goes back again, to the same bytes.
    fn roll_back(
        &mut self,
        (why, error): (&str, Error),
        mut line: Value,
        cursor: Cursor,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        let limits = &self.config.trainer.rollback;
        let diverged = |limit: String| Error::Diverged {
            limit,
            last: Box::new(error),
        };
        let most = limits.max_times;
        if self.state.mishaps.rollbacks >= most {
            return Err(diverged(format!(
                "the run went back {most} times, as often as `trainer.rollback.max_times` allows"
            )));
        }
        let step = self.state.step;
        let most = step
            .checked_sub(limits.min_steps)
            .max(self.state.mishaps.back_to);
        let Some(checkpoint) = self.behind(most)? else {
            return Err(diverged(format!(
                "no good checkpoint lies {} steps back (`trainer.rollback.min_steps`)",
                limits.min_steps
            )));
        };
        let (learner, state) = restored(self.config, self.session, &checkpoint, &self.state.tasks)?;
        let draws = [state.cursor.draws, cursor.draws];
        let mut mishaps = std::mem::take(&mut self.state.mishaps);
        mishaps.spikes = state.mishaps.spikes.clone();
        mishaps.consecutive = 0;
        mishaps.rollbacks += 1;
        mishaps.back_to = Some(state.step);
        let back = PassedOver {
            step: state.step,
            draws,
        };
        mishaps.passed_over.push(back);
        line["to_step"] = state.step.into();
        line["rollbacks"] = mishaps.rollbacks.into();
        line["draws"] = json!(draws);
        observer.on(&Event::Note(&format!(
            "step {step}: {why}; back to step {}, on with the next batch",
            state.step
        )));
        self.learner = learner;
        self.state = state;
        (self.state.cursor, self.state.mishaps) = (cursor, mishaps);
        if self.ranks.leads() {
            forget_after(storage::local(), self.run_dir, self.state.step)?;
            forget_later(self.run_dir, &self.state)?;
        }
        checkpoint.path().clone_into(&mut self.last_checkpoint);
        self.log(&of_kind("rollback", step, line), observer)
    }

    /// The newest good checkpoint up to step `most`: the first process looks, all open the same.
    fn behind(&self, most: Option<u64>) -> Result<Option<Checkpoint>> {
        let Some(most) = most else {
            return Ok(None);
        };
        let mut found = None;
        if self.ranks.leads() {
            found = Checkpoint::newest_until(storage::local(), self.run_dir, most)?.0;
        }
        let step = found.as_ref().map_or(-1.0, |it| it.step() as f64);
        let step = self.ranks.of_first(step);
        if self.ranks.leads() || step < 0.0 {
            return Ok(found);
        }
        Ok(Checkpoint::newest_until(storage::local(), self.run_dir, step as u64)?.0)
    }

    /// Puts the tasks' names in place of their numbers.
    fn named(&self, error: Error, batch: &Batch) -> Error {
        match error {
            Error::NotFinite {
                what, value, step, ..
            } => Error::NotFinite {
                what,
                value,
                step,
                examples: self.listed(batch),
            },
            error => error,
        }
    }

    /// Some examples of a batch, for a person.
    fn listed(&self, batch: &Batch) -> String {
        let examples = batch.segments.iter().take(8).map(|segment| {
            let task = self.names.get(segment.task).map_or("?", String::as_str);
            format!("`{task}` {}", segment.example)
        });
        examples.collect::<Vec<_>>().join(", ")
    }

    /// All examples of a batch by task, each list in the order of the batch.
    fn examples(&self, batch: &Batch) -> Value {
        let mut tasks = Map::new();
        for (task, name) in self.names.iter().enumerate() {
            let own = batch.segments.iter().filter(|it| it.task == task);
            let own: Vec<Value> = own.map(|it| it.example.into()).collect();
            if !own.is_empty() {
                tasks.insert(name.clone(), own.into());
            }
        }
        tasks.into()
    }
}

/// A line of the log: its kind and step, then what `rest` says.
fn of_kind(kind: &str, step: u64, rest: Value) -> Value {
    let mut line = Map::new();
    line.insert("kind".to_owned(), kind.into());
    line.insert("step".to_owned(), step.into());
    if let Value::Object(rest) = rest {
        line.extend(rest);
    }
    line.into()
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn checkpoints_of_former_versions_say_nothing_of_it() {
        let text = r#"{
            "step": 3, "cursor": { "draws": 4, "counts": [1, 3] },
            "ledger": { "total": [], "window": [], "window_z_loss": 0.0 },
            "metrics_bytes": 5, "tasks": [["a", 6]]
        }"#;
        let state: State = serde_json::from_str(text).unwrap();
        assert_eq!(state.mishaps, Mishaps::default());
    }
}

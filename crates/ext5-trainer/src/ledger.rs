use crate::StepOutcome;
use ext5_data::Batch;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What one task has given to training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskLedger {
    /// Examples seen.
    pub examples: u64,
    /// Tokens of inputs, end of sequence included.
    pub inputs_tokens: u64,
    /// Tokens of targets, end of sequence included: those with loss.
    pub targets_tokens: u64,
    /// Sum of the target tokens' negative log-likelihoods, nats.
    pub loss_sum: f64,
    /// Examples whose inputs were cut.
    pub inputs_truncated: u64,
    /// Examples whose targets were cut.
    pub targets_truncated: u64,
}

/// Totals per task, in the mixture's order, over the whole run and since the last line of the log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// Over the whole run.
    pub total: Vec<TaskLedger>,
    /// Since the last line of the log.
    pub window: Vec<TaskLedger>,
    /// Sum of the z-losses since the last line of the log.
    pub window_z_loss: f64,
}

impl Ledger {
    /// An empty ledger of so many tasks.
    pub fn new(tasks: usize) -> Self {
        let empty = vec![TaskLedger::default(); tasks];
        Self {
            total: empty.clone(),
            window: empty,
            window_z_loss: 0.0,
        }
    }

    /// Enters one step.
    pub fn record(&mut self, batch: &Batch, outcome: &StepOutcome) {
        self.window_z_loss += outcome.z_loss;
        for (segment, loss) in batch.segments.iter().zip(&outcome.segments) {
            for ledger in [&mut self.total, &mut self.window] {
                let Some(task) = ledger.get_mut(segment.task) else {
                    continue;
                };
                task.examples += 1;
                task.inputs_tokens += segment.inputs_tokens as u64;
                task.targets_tokens += segment.targets_tokens as u64;
                task.loss_sum += loss;
                task.inputs_truncated += u64::from(segment.inputs_truncated > 0);
                task.targets_truncated += u64::from(segment.targets_truncated > 0);
            }
        }
    }

    /// The line of `metrics.jsonl` for the steps since the last one, and a fresh window. `loss` is per target token.
    pub fn line(&mut self, names: &[String], step: u64, rate: f64, gradient_norm: f64) -> Value {
        let mut all = TaskLedger::default();
        let mut tasks = Map::new();
        for (name, task) in names.iter().zip(&mut self.window) {
            let task = std::mem::take(task);
            all.examples += task.examples;
            all.inputs_tokens += task.inputs_tokens;
            all.targets_tokens += task.targets_tokens;
            all.loss_sum += task.loss_sum;
            if task.examples > 0 {
                let loss = per_token(task.loss_sum, task.targets_tokens);
                let (examples, tokens) = (task.examples, task.targets_tokens);
                tasks.insert(
                    name.clone(),
                    json!({ "loss": loss, "examples": examples, "targets_tokens": tokens }),
                );
            }
        }
        let z_loss = per_token(std::mem::take(&mut self.window_z_loss), all.targets_tokens);
        json!({
            "kind": "train",
            "step": step,
            "loss": per_token(all.loss_sum, all.targets_tokens),
            "z_loss": z_loss,
            "learning_rate": rate,
            "gradient_norm": gradient_norm,
            "examples": all.examples,
            "inputs_tokens": all.inputs_tokens,
            "targets_tokens": all.targets_tokens,
            "tasks": tasks,
        })
    }

    /// The whole run per task, with the epochs each task has been through.
    pub fn summary(&self, names: &[String], sizes: &[u64]) -> Value {
        let tasks = names
            .iter()
            .zip(&self.total)
            .zip(sizes)
            .map(|((name, task), &size)| {
                let row = json!({
                    "loss": per_token(task.loss_sum, task.targets_tokens),
                    "examples": task.examples,
                    "epochs": task.examples as f64 / size.max(1) as f64,
                    "inputs_tokens": task.inputs_tokens,
                    "targets_tokens": task.targets_tokens,
                    "inputs_truncated": task.inputs_truncated,
                    "targets_truncated": task.targets_truncated,
                });
                (name.clone(), row)
            });
        Value::Object(tasks.collect())
    }
}

fn per_token(sum: f64, tokens: u64) -> f64 {
    sum / tokens.max(1) as f64
}

//! Bad rows that are left out: how many, and why.
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

use crate::Error;

/// Causes that are told apart; what is bad in yet another way is counted as `other causes`.
const MOST_CAUSES: usize = 32;

/// Letters of a cause.
const CAUSE_LETTERS: usize = 120;

/// Rows that were read, and those of them that were left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skipped {
    /// Rows read, the bad ones among them.
    pub rows: u64,
    /// Rows left out, by what is wrong with them; numbers in a cause are written `N`.
    pub causes: BTreeMap<String, u64>,
}

impl Skipped {
    /// Rows left out.
    pub fn count(&self) -> u64 {
        self.causes.values().sum()
    }

    /// Share of the rows that were left out, 0 where none were read.
    pub fn fraction(&self) -> f64 {
        self.count() as f64 / self.rows.max(1) as f64
    }

    /// Adds those of other rows.
    pub(crate) fn join(&mut self, other: &Self) {
        self.rows += other.rows;
        for (cause, count) in &other.causes {
            self.add(cause, *count);
        }
    }

    fn add(&mut self, cause: &str, count: u64) {
        let known = self.causes.contains_key(cause) || self.causes.len() < MOST_CAUSES;
        let cause = if known { cause } else { "other causes" };
        *self.causes.entry(cause.to_owned()).or_default() += count;
    }
}

impl std::fmt::Display for Skipped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} rows", self.count(), self.rows)?;
        let mut separator = " (";
        for (cause, count) in &self.causes {
            write!(f, "{separator}{count}: {cause}")?;
            separator = "; ";
        }
        f.write_str(if self.causes.is_empty() { "" } else { ")" })
    }
}

/// Leaves bad rows out and counts them, for whoever reads rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Skipping(Arc<Mutex<Skipped>>);

impl Skipping {
    /// Another row was read.
    pub(crate) fn read(&self) {
        if let Ok(mut skipped) = self.0.lock() {
            skipped.rows += 1;
        }
    }

    /// Whether an error is that of one row, which is then left out; damage of a file or a fault of the task is not.
    pub(crate) fn leaves_out(&self, error: &Error) -> bool {
        let Error::Row { place, reason, .. } = error else {
            return false;
        };
        if let Ok(mut skipped) = self.0.lock() {
            skipped.add(&cause(place, reason), 1);
        }
        true
    }

    /// What was counted since this was last asked.
    pub(crate) fn take(&self) -> Skipped {
        let mut counted = self.0.lock();
        counted
            .as_deref_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }
}

/// What is wrong, the same for all rows with which it is.
fn cause(place: &str, reason: &str) -> String {
    let reason = reason.split(", got `").next().unwrap_or_default();
    let text = if place.starts_with("line ") {
        reason.to_owned()
    } else {
        format!("{place}: {reason}")
    };
    let mut cause = String::new();
    for letter in text.chars() {
        match letter {
            '0'..='9' if cause.ends_with('N') => {}
            '0'..='9' => cause.push('N'),
            letter => cause.push(letter),
        }
    }
    cause.chars().take(CAUSE_LETTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(place: &str, reason: &str) -> Error {
        Error::Row {
            path: "a.jsonl".into(),
            row: 3,
            place: place.to_owned(),
            reason: reason.to_owned(),
        }
    }

    #[test]
    fn equal_causes_are_counted_together_and_damage_is_no_cause() {
        let skipping = Skipping::default();
        (0..9).for_each(|_| skipping.read());
        assert!(skipping.leaves_out(&row("line 4", "byte 17 of the line: expected value")));
        assert!(skipping.leaves_out(&row("line 9", "byte 3 of the line: expected value")));
        assert!(skipping.leaves_out(&row("`t.targets`", "expected the id of a label, got `x`")));
        assert!(!skipping.leaves_out(&Error::damaged(std::path::Path::new("a"), "cut")));
        let found = skipping.take();
        let expected = "3 of 9 rows (1: `t.targets`: expected the id of a label; 2: byte N of the line: expected value)";
        assert_eq!(found.to_string(), expected);
        assert_eq!(skipping.take(), Skipped::default());
    }
}

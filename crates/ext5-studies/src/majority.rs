//! The answer of one who has not read the question.
use ext5_eval::{Predictor, Score};
use std::collections::BTreeMap;
use std::error::Error;

/// Targets, counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Targets(BTreeMap<String, u64>);

impl Targets {
    /// Counts one.
    pub(crate) fn add(&mut self, target: &str) {
        match self.0.get_mut(target) {
            Some(count) => *count += 1,
            None => drop(self.0.insert(target.to_owned(), 1)),
        }
    }

    /// The most frequent one, of equally frequent ones the first in the order of letters.
    pub(crate) fn majority(&self) -> Option<Always> {
        let most = self.0.values().max()?;
        let answer = self.0.iter().find(|(_, count)| *count == most)?.0;
        Some(Always(answer.clone()))
    }
}

/// Answers everything alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Always(String);

impl Predictor for Always {
    fn generate(
        &mut self,
        inputs: &[&str],
        _max_tokens: usize,
    ) -> Result<Vec<String>, Box<dyn Error + Send + Sync>> {
        Ok(vec![self.0.clone(); inputs.len()])
    }

    fn score(
        &mut self,
        _pairs: &[(&str, &str)],
    ) -> Result<Vec<Score>, Box<dyn Error + Send + Sync>> {
        Err("one who always answers the same gives no likelihoods".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_target_is_always_answered() {
        let mut targets = Targets::default();
        assert_eq!(targets.majority(), None);
        for target in ["no", "yes", "maybe", "yes", "no"] {
            targets.add(target);
        }
        let mut always = targets.majority().unwrap();
        assert_eq!(always.generate(&["a", "b"], 9).unwrap(), ["no", "no"]);
    }
}

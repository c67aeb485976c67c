use std::error::Error as StdError;
use std::path::Path;

use crate::error::{Error, Result};
use crate::{Predictor, ResponseCache, Score};

type Failure = Box<dyn StdError + Send + Sync>;

/// A predictor that asks the one behind it only what it was never asked before, in this process or an earlier one.
#[derive(Debug)]
pub struct CachedPredictor<P> {
    inner: P,
    cache: ResponseCache,
    identity: String,
    hits: u64,
}

impl<P: Predictor> CachedPredictor<P> {
    /// Keeps the answers of `inner` in `dir` by what it says of itself.
    ///
    /// # Errors
    /// [`Error::NotCacheable`] where it does not, [`Error::Data`] as [`ResponseCache::open`].
    pub fn open(inner: P, dir: &Path) -> Result<Self> {
        let identity = inner.identity().ok_or(Error::NotCacheable)?;
        Self::with_identity(inner, dir, identity)
    }

    /// Keeps the answers of `inner` in `dir` by `identity`, which must tell all that decides them: the model's hash, the
    /// vocabulary's, the way of decoding.
    ///
    /// # Errors
    /// [`Error::Data`] as [`ResponseCache::open`].
    pub fn with_identity(inner: P, dir: &Path, identity: String) -> Result<Self> {
        Ok(Self {
            cache: ResponseCache::open(dir, &identity)?,
            inner,
            identity,
            hits: 0,
        })
    }

    /// Answers to questions, by their keys: those known, and of the others what `ask` says to their indices.
    fn answers<A>(
        &mut self,
        keys: &[u128],
        read: impl Fn(&[u8]) -> Option<A>,
        write: impl Fn(&A) -> Option<String>,
        ask: impl FnOnce(&mut P, &[usize]) -> Result<Vec<A>, Failure>,
    ) -> Result<Vec<A>, Failure> {
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            found.push(self.cache.find(*key)?.and_then(|value| read(&value)));
        }
        let missing: Vec<usize> = (0..keys.len())
            .filter(|index| matches!(found.get(*index), Some(None)))
            .collect();
        self.hits += (keys.len() - missing.len()) as u64;
        if missing.is_empty() {
            return Ok(found.into_iter().flatten().collect());
        }
        let new = ask(&mut self.inner, &missing)?;
        if new.len() != missing.len() {
            let (expected, got) = (missing.len(), new.len());
            return Err(Error::AnswerCount { expected, got }.into());
        }
        let asked = missing.iter().filter_map(|index| keys.get(*index).copied());
        let lines: Vec<(u128, String)> = asked
            .zip(&new)
            .filter_map(|(key, answer)| Some((key, write(answer)?)))
            .collect();
        self.cache.add(&lines)?;
        let mut new = new.into_iter();
        let merged = found
            .into_iter()
            .map(|answer| answer.or_else(|| new.next()));
        Ok(merged.flatten().collect())
    }
}

impl<P: Predictor> Predictor for CachedPredictor<P> {
    fn generate(&mut self, inputs: &[&str], max_tokens: usize) -> Result<Vec<String>, Failure> {
        let tokens = max_tokens.to_string();
        let key = |text: &&str| ResponseCache::key(&["generate", &tokens, text]);
        let keys: Vec<u128> = inputs.iter().map(key).collect();
        self.answers(
            &keys,
            |value| serde_json::from_slice(value).ok(),
            |answer| serde_json::to_string(answer).ok(),
            |inner, missing| {
                let missing: Vec<&str> = pick(inputs, missing);
                inner.generate(&missing, max_tokens)
            },
        )
    }

    fn score(&mut self, pairs: &[(&str, &str)]) -> Result<Vec<Score>, Failure> {
        let key = |pair: &(&str, &str)| ResponseCache::key(&["score", pair.0, pair.1]);
        let keys: Vec<u128> = pairs.iter().map(key).collect();
        self.answers(
            &keys,
            |value| {
                let (log_likelihood, tokens) = serde_json::from_slice(value).ok()?;
                Some(Score {
                    log_likelihood,
                    tokens,
                })
            },
            |score| {
                // JSON has no word for other numbers; they are asked for again.
                let finite = score.log_likelihood.is_finite();
                finite.then(|| serde_json::to_string(&(score.log_likelihood, score.tokens)).ok())?
            },
            |inner, missing| inner.score(&pick(pairs, missing)),
        )
    }

    fn identity(&self) -> Option<String> {
        Some(self.identity.clone())
    }

    fn cached(&self) -> u64 {
        self.hits
    }
}

fn pick<Q: Copy>(questions: &[Q], indices: &[usize]) -> Vec<Q> {
    let chosen = indices.iter().filter_map(|index| questions.get(*index));
    chosen.copied().collect()
}

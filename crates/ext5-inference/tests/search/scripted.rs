use ext5_inference::{Decoder, Result};
use ext5_objectives::Stream;

/// A decoder whose logits are a function of the source and all that was fed.
pub(crate) struct Scripted<F> {
    logits_of: F,
    vocabulary: usize,
    rows: Vec<(u64, Vec<u32>)>, // source and what was fed
    logits: Vec<f32>,
    /// Rows of each step so far.
    pub(crate) widths: Vec<usize>,
}

impl<F: Fn(u64, &[u32]) -> Vec<f32>> Scripted<F> {
    pub(crate) fn new(vocabulary: usize, sources: &[u64], logits_of: F) -> Self {
        Self {
            logits_of,
            vocabulary,
            rows: sources.iter().map(|&source| (source, Vec::new())).collect(),
            logits: Vec::new(),
            widths: Vec::new(),
        }
    }
}

impl<F: Fn(u64, &[u32]) -> Vec<f32>> Decoder for Scripted<F> {
    fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn step(&mut self, tokens: &[u32]) -> Result<&mut [f32]> {
        assert_eq!(tokens.len(), self.rows.len());
        self.widths.push(self.rows.len());
        self.logits.clear();
        for ((source, fed), &token) in self.rows.iter_mut().zip(tokens) {
            fed.push(token);
            self.logits.extend((self.logits_of)(*source, fed));
        }
        Ok(&mut self.logits)
    }

    fn reorder(&mut self, parents: &[usize]) -> Result<()> {
        self.rows = parents.iter().map(|&row| self.rows[row].clone()).collect();
        Ok(())
    }
}

/// Random logits that depend on the source and everything fed.
pub(crate) fn noise(vocabulary: usize) -> impl Fn(u64, &[u32]) -> Vec<f32> {
    move |source, fed| {
        let key: Vec<u64> = std::iter::once(source)
            .chain(fed.iter().map(|&id| u64::from(id)))
            .collect();
        let mut stream = Stream::new(&key);
        (0..vocabulary)
            .map(|_| 1.5 * stream.normal() as f32)
            .collect()
    }
}

/// Natural log-probabilities of a row of logits.
pub(crate) fn log_softmax(logits: &[f32]) -> Vec<f64> {
    let sum: f64 = logits.iter().map(|&logit| f64::from(logit).exp()).sum();
    logits
        .iter()
        .map(|&logit| f64::from(logit) - sum.ln())
        .collect()
}

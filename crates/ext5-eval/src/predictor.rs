use std::error::Error;

/// Log-likelihood of one target sequence given its inputs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Sum over the target's tokens of the natural logarithm of their probability, end of sequence included.
    pub log_likelihood: f64,
    /// Number of target tokens, end of sequence included.
    pub tokens: usize,
}

/// What can be evaluated: text in, text or likelihood out. Answers come in the order of the questions.
pub trait Predictor {
    /// Greedy answers to `inputs`, at most `max_tokens` tokens each.
    ///
    /// # Errors
    /// Whatever the model behind it reports; the evaluator passes it on with the task's name.
    fn generate(
        &mut self,
        inputs: &[&str],
        max_tokens: usize,
    ) -> Result<Vec<String>, Box<dyn Error + Send + Sync>>;

    /// Log-likelihood of each `(inputs, targets)` pair.
    ///
    /// # Errors
    /// As for [`Predictor::generate`].
    fn score(&mut self, pairs: &[(&str, &str)])
    -> Result<Vec<Score>, Box<dyn Error + Send + Sync>>;

    /// All that decides its answers beside the question, on one line: hashes of model and vocabulary, the way of decoding.
    /// `None`, which it is by default, where its answers must not be kept for later.
    fn identity(&self) -> Option<String> {
        None
    }

    /// Answers so far that no model was asked for.
    fn cached(&self) -> u64 {
        0
    }
}

impl<P: Predictor + ?Sized> Predictor for &mut P {
    fn generate(
        &mut self,
        inputs: &[&str],
        max_tokens: usize,
    ) -> Result<Vec<String>, Box<dyn Error + Send + Sync>> {
        (**self).generate(inputs, max_tokens)
    }

    fn score(
        &mut self,
        pairs: &[(&str, &str)],
    ) -> Result<Vec<Score>, Box<dyn Error + Send + Sync>> {
        (**self).score(pairs)
    }

    fn identity(&self) -> Option<String> {
        (**self).identity()
    }

    fn cached(&self) -> u64 {
        (**self).cached()
    }
}

/// Which answers of a beam search are better, and when it stops.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BeamRule {
    /// T5's (`decoding.py` of T5X). The score is the log-probability over ((5 + tokens) / 6)^alpha, prefix counted. An
    /// answer is finished wherever its end is among the best 2 * beams continuations. The search stops when no live
    /// answer, scored at the greatest length, could reach the worst finished one; live answers count only where none is
    /// finished.
    T5 {
        /// Strength of the correction for length; T5 used 0.6.
        alpha: f64,
    },
    /// transformers' `generate`. The score is the log-probability over tokens^`length_penalty`, prefix not counted. An
    /// answer is finished where its end is among the best `beams` continuations, or by reaching the greatest length.
    Transformers {
        /// Above 0 favours long answers.
        length_penalty: f64,
        /// When a source with as many finished answers as beams is left alone.
        early_stopping: EarlyStopping,
    },
}

/// When transformers leaves a source that has as many finished answers as beams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EarlyStopping {
    /// `False`: when the best live answer, scored at its present length, is no better than the worst finished one.
    No,
    /// `True`: at once.
    Yes,
    /// `"never"`: when the best live answer is no better than the worst finished one at whatever length favours it.
    Never,
}

impl Default for BeamRule {
    /// T5's with its alpha.
    fn default() -> Self {
        Self::T5 { alpha: 0.6 }
    }
}

/// Lengths of a search in tokens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lengths {
    /// Of the prefix.
    pub(super) prefix: usize,
    /// Written after it so far.
    pub(super) written: usize,
    /// Most that may be.
    pub(super) most: usize,
}

impl BeamRule {
    /// The score of an answer that ends at the present length.
    pub(super) fn score(self, log_prob: f64, lengths: Lengths) -> f64 {
        match self {
            Self::T5 { alpha } => log_prob / brevity(alpha, lengths.prefix + lengths.written),
            Self::Transformers { length_penalty, .. } => {
                log_prob / (lengths.written as f64).powf(length_penalty)
            }
        }
    }

    /// Among how many of the best continuations an end finishes an answer.
    pub(super) fn finishing(self, beams: usize) -> usize {
        match self {
            Self::T5 { .. } => 2 * beams,
            Self::Transformers { .. } => beams,
        }
    }

    /// Whether answers that the greatest length cuts off rank among the finished.
    pub(super) fn ranks_cut_answers(self) -> bool {
        matches!(self, Self::Transformers { .. })
    }

    /// Whether a source whose finished answers are complete, the worst of them `worst`, is done, given the best
    /// log-probability of its live ones.
    pub(super) fn is_done(self, live: f64, worst: f64, lengths: Lengths) -> bool {
        match self {
            // T5X's greatest length counts the start token, which the scores do not.
            Self::T5 { alpha } => worst > live / brevity(alpha, lengths.prefix + lengths.most + 1),
            Self::Transformers {
                length_penalty,
                early_stopping,
            } => {
                let hopeful = early_stopping == EarlyStopping::Never && length_penalty > 0.0;
                let length = if hopeful {
                    lengths.most
                } else {
                    lengths.written
                };
                early_stopping == EarlyStopping::Yes
                    || live / (length as f64).powf(length_penalty) <= worst
            }
        }
    }
}

/// T5's correction for length.
fn brevity(alpha: f64, tokens: usize) -> f64 {
    ((5.0 + tokens as f64) / 6.0).powf(alpha)
}

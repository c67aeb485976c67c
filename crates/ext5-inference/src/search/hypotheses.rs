use super::Answer;
use super::beam_rule::{BeamRule, Lengths};

/// What beam search knows about one source.
pub(super) struct Hypotheses {
    /// Place of the source among all.
    pub(super) source: usize,
    /// Answers still being written, the most probable first.
    pub(super) live: Vec<Live>,
    finished: Vec<Answer>, // best first, at most as many as beams
}

/// An answer that is still being written.
pub(super) struct Live {
    /// All the decoder was fed and is to be fed: start token, prefix, answer.
    pub(super) history: Vec<u32>,
    /// Its log-probability after the prefix.
    pub(super) log_prob: f64,
    /// Which of the source's rows it continues.
    pub(super) parent: usize,
}

/// One token more for one of the live answers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Continuation {
    /// Which of the source's rows.
    pub(super) parent: usize,
    pub(super) token: u32,
    /// Of the whole answer.
    pub(super) log_prob: f64,
}

impl Hypotheses {
    pub(super) fn new(source: usize, opening: Vec<u32>) -> Self {
        let live = vec![Live {
            history: opening,
            log_prob: 0.0,
            parent: 0,
        }];
        Self {
            source,
            live,
            finished: Vec::new(),
        }
    }

    /// Goes on with the best of `continuations`; answers whether the source is done. `lengths` counts the new token.
    pub(super) fn advance(
        &mut self,
        mut continuations: Vec<Continuation>,
        beams: usize,
        rule: BeamRule,
        end: u32,
        lengths: Lengths,
    ) -> bool {
        continuations.sort_by(|one, other| other.log_prob.total_cmp(&one.log_prob));
        continuations.truncate(2 * beams);
        let cut = lengths.written == lengths.most && rule.ranks_cut_answers();
        let mut live = Vec::with_capacity(beams);
        for (place, continuation) in continuations.iter().enumerate() {
            let ends = continuation.token == end;
            if place < rule.finishing(beams) && (ends || cut) {
                let answer = self.extend(continuation);
                self.finished.push(answer.finish(rule, lengths));
            } else if !ends && live.len() < beams {
                live.push(self.extend(continuation));
            }
        }
        if live.is_empty() && self.finished.is_empty() {
            return true; // everything is forbidden: what is live is all there is
        }
        self.live = live;
        self.finished
            .sort_by(|one, other| other.score.total_cmp(&one.score));
        self.finished.truncate(beams);
        let (Some(best), Some(worst)) = (self.live.first(), self.finished.get(beams - 1)) else {
            return self.live.is_empty();
        };
        rule.is_done(best.log_prob, worst.score, lengths)
    }

    /// The best answers, those that are finished where there are any.
    pub(super) fn answers(self, count: usize) -> Vec<Answer> {
        if self.finished.is_empty() {
            let unscored = |live: Live| live.answer(|log_prob| log_prob);
            return self.live.into_iter().map(unscored).take(count).collect();
        }
        self.finished.into_iter().take(count).collect()
    }

    fn extend(&self, continuation: &Continuation) -> Live {
        let before = self.live.get(continuation.parent);
        let before = before.map_or(&[][..], |live| &live.history);
        Live {
            history: [before, &[continuation.token]].concat(),
            log_prob: continuation.log_prob,
            parent: continuation.parent,
        }
    }
}

impl Live {
    fn finish(self, rule: BeamRule, lengths: Lengths) -> Answer {
        self.answer(|log_prob| rule.score(log_prob, lengths))
    }

    fn answer(self, score: impl Fn(f64) -> f64) -> Answer {
        Answer {
            ids: self.history.into_iter().skip(1).collect(),
            log_prob: self.log_prob,
            score: score(self.log_prob),
        }
    }
}

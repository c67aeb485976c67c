use super::words;
use crate::{Answer, Contrast, Verdict};

/// A finding of the paper that a study can test.
pub(super) struct Claim {
    /// In own words.
    pub(super) finding: &'static str,
    /// Where it stands, and how sure that is.
    pub(super) source: &'static str,
    /// The paper's own figures, with how sure they are.
    pub(super) paper: Option<&'static str>,
}

/// The direction that a finding gives to a difference.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Above,
    Below,
}

impl Claim {
    pub(super) fn answered(&self, answer: Answer, because: String) -> Verdict {
        Verdict {
            finding: self.finding.to_owned(),
            source: self.source.to_owned(),
            paper: self.paper.map(str::to_owned),
            answer,
            because,
        }
    }

    /// By one difference.
    pub(super) fn by(&self, contrast: Option<&Contrast>, direction: Direction) -> Verdict {
        let Some(contrast) = contrast else {
            return self.answered(Answer::Undecided, words::NOT_MEASURED.to_owned());
        };
        self.answered(answer(contrast, direction), words::difference(contrast))
    }
}

/// What a corrected test of one difference says of a direction.
pub(super) fn answer(contrast: &Contrast, direction: Direction) -> Answer {
    let above = contrast.difference > 0.0;
    match (
        contrast.is_significant(),
        above == (direction == Direction::Above),
    ) {
        (false, _) => Answer::Undecided,
        (true, true) => Answer::Reproduced,
        (true, false) => Answer::NotReproduced,
    }
}

use std::borrow::Cow;

use crate::error::{Error, Result, backticked};
use crate::{Ranking, Scored};

/// What a post-processing makes of an answer, and what a metric can score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A piece of text.
    Text,
    /// The index of a class.
    Label,
    /// A real number.
    Number,
    /// The log-likelihoods of the choices, under the rank protocol.
    Ranking,
    /// The log-likelihood of the targets, under the perplexity protocol.
    Likelihood,
}

impl Kind {
    /// The word for it in messages and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Label => "labels",
            Self::Number => "numbers",
            Self::Ranking => "log-likelihoods of choices",
            Self::Likelihood => "log-likelihoods of targets",
        }
    }
}

/// An answer after post-processing.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer<'a> {
    /// A piece of text.
    Text(Cow<'a, str>),
    /// The index of a class; -1 is what names no class.
    Label(i64),
    /// A real number, always finite.
    Number(f64),
}

impl Answer<'_> {
    /// What sort of answer it is.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Label(_) => Kind::Label,
            Self::Number(_) => Kind::Number,
        }
    }
}

/// One example as the metrics see it: the answer, the right answers, and what else they need.
#[derive(Clone, Debug)]
pub struct Item<'a> {
    /// The example's id, for messages.
    pub id: &'a str,
    /// The model's answer after post-processing.
    pub prediction: Answer<'a>,
    /// The right answer after post-processing.
    pub target: Answer<'a>,
    /// All right answers as text, after post-processing.
    pub references: Cow<'a, [String]>,
    /// Whether the answer could not be read as the label or number it should be.
    pub invalid: bool,
    /// What examples are scored together by.
    pub group: Option<&'a str>,
    /// The text that the answer rewrites: the field `source` where the task gives one, else the inputs.
    pub source: &'a str,
    /// Number of classes of the task, 0 where it has none.
    pub classes: usize,
    /// The choices, under the rank protocol.
    pub ranking: Option<Ranking>,
    /// The targets with their log-likelihood, under the perplexity protocol.
    pub likelihood: Option<Scored>,
}

impl Item<'_> {
    /// Prediction and target as class indices.
    pub(crate) fn labels(&self, metric: &'static str) -> Result<(i64, i64)> {
        match (&self.prediction, &self.target) {
            (Answer::Label(prediction), Answer::Label(target)) => Ok((*prediction, *target)),
            _ => Err(self.mismatch(metric, Kind::Label)),
        }
    }

    /// Prediction and target as class indices, the target below `classes`.
    pub(crate) fn labels_below(&self, metric: &'static str, classes: i64) -> Result<(i64, i64)> {
        let (prediction, target) = self.labels(metric)?;
        if (0..classes).contains(&target) {
            return Ok((prediction, target));
        }
        let names: Vec<String> = (0..classes).map(|class| class.to_string()).collect();
        Err(Error::LabelOutside {
            id: self.id.to_owned(),
            target: target.to_string(),
            labels: backticked(names.iter().map(String::as_str)),
        })
    }

    /// Prediction and target as numbers.
    pub(crate) fn numbers(&self, metric: &'static str) -> Result<(f64, f64)> {
        match (&self.prediction, &self.target) {
            (Answer::Number(prediction), Answer::Number(target)) => Ok((*prediction, *target)),
            _ => Err(self.mismatch(metric, Kind::Number)),
        }
    }

    /// Prediction and right answers as text, at least one.
    pub(crate) fn texts(&self, metric: &'static str) -> Result<(&str, &[String])> {
        let Answer::Text(prediction) = &self.prediction else {
            return Err(self.mismatch(metric, Kind::Text));
        };
        if self.references.is_empty() {
            return Err(self.field("references", "at least one right answer", "empty"));
        }
        Ok((prediction, &self.references))
    }

    /// The choices.
    pub(crate) fn ranking(&self, metric: &'static str) -> Result<&Ranking> {
        self.ranking
            .as_ref()
            .ok_or_else(|| self.mismatch(metric, Kind::Ranking))
    }

    /// The targets with their log-likelihood.
    pub(crate) fn likelihood(&self, metric: &'static str) -> Result<Scored> {
        self.likelihood
            .ok_or_else(|| self.mismatch(metric, Kind::Likelihood))
    }

    /// The error of a value this item lacks.
    pub(crate) fn field(&self, field: &'static str, expected: &'static str, got: &str) -> Error {
        Error::Field {
            id: self.id.to_owned(),
            field,
            expected,
            got: got.to_owned(),
        }
    }

    fn mismatch(&self, metric: &'static str, expected: Kind) -> Error {
        Error::Mismatch {
            metric,
            postprocess: "of this item".to_owned(),
            expected: expected.name().to_owned(),
            got: self.prediction.kind().name(),
        }
    }
}

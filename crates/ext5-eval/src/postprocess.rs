use std::borrow::Cow;
use std::collections::BTreeSet;

use ext5_data::Example;

use crate::error::{Error, Result, backticked};
use crate::{Answer, Item, Kind, Metric, text};

/// What names no class, and what an unparsable number is scored as.
const INVALID: i64 = -1;
/// Classes of `MultiRC`, in the order of their ids.
const FALSE_TRUE: [&str; 2] = ["False", "True"];
/// Words that decide nothing about which noun phrase is meant.
const DETERMINERS: [&str; 21] = [
    "a", "an", "few", "her", "his", "each", "every", "many", "much", "my", "our", "some", "that",
    "the", "their", "these", "this", "those", "which", "whose", "your",
];

/// Makes of a written answer, and of the right one, what metrics score; as the function of T5 that its doc names.
#[derive(Debug)]
pub struct Postprocessor {
    /// Name in task files.
    pub name: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// What it yields.
    pub kind: Kind,
    prediction: for<'a> fn(&'a str, &Example, &[String]) -> Answer<'a>,
    target: for<'a> fn(&'a Example, &[String]) -> Result<Answer<'a>>,
}

/// All ways of post-processing, sorted by name.
pub const POSTPROCESSORS: &[Postprocessor] = &[
    Postprocessor {
        name: "float",
        doc: "The number that the text writes; -1.0 where it writes none (T5 `string_to_float`).",
        kind: Kind::Number,
        prediction: |text, _, _| Answer::Number(number(text).unwrap_or(-1.0)),
        target: number_target,
    },
    Postprocessor {
        name: "label",
        doc: "Index of the class with exactly this name, not trimmed and not lower-cased; -1 where there is none (T5 \
              `string_label_to_class_id`).",
        kind: Kind::Label,
        prediction: |text, _, labels| Answer::Label(class(text, labels)),
        target: |example, labels| label_target(example, labels),
    },
    Postprocessor {
        name: "lm_eval_label",
        doc: "Index of the class with exactly this name; 0 where there is none (lm-evaluation-harness, T5-style CB).",
        kind: Kind::Label,
        prediction: |text, _, labels| Answer::Label(class(text, labels).max(0)),
        target: |example, labels| label_target(example, labels),
    },
    Postprocessor {
        name: "lm_eval_wsc",
        doc: "1 if the text means the noun phrase of the targets, 0 if another or if it is empty; the right answer is the field \
              `label` (lm-evaluation-harness, T5-style WSC).",
        kind: Kind::Label,
        prediction: |text, example, _| Answer::Label(same_phrase(text, &example.targets)),
        target: wsc_target,
    },
    Postprocessor {
        name: "lower_text",
        doc: "The text and the right answers in lower case (T5 `lower_text`).",
        kind: Kind::Text,
        prediction: |text, _, _| Answer::Text(text::lower(text)),
        target: |example, _| Ok(Answer::Text(text::lower(&example.targets))),
    },
    Postprocessor {
        name: "multirc",
        doc: "Index among `False` and `True` by exact match, -1 for anything else (T5 `multirc`).",
        kind: Kind::Label,
        prediction: |text, _, _| Answer::Label(class(text, &FALSE_TRUE)),
        target: |example, _| label_target(example, &FALSE_TRUE),
    },
    Postprocessor {
        name: "none",
        doc: "The text as it is.",
        kind: Kind::Text,
        prediction: |text, _, _| Answer::Text(text.into()),
        target: text_target,
    },
    Postprocessor {
        name: "qa",
        doc: "The text as it is, against all right answers (T5 `qa`).",
        kind: Kind::Text,
        prediction: |text, _, _| Answer::Text(text.into()),
        target: text_target,
    },
    Postprocessor {
        name: "record",
        doc: "The text as it is, against all right answers; the metric keeps one example of each group (T5 `record`).",
        kind: Kind::Text,
        prediction: |text, _, _| Answer::Text(text.into()),
        target: text_target,
    },
    Postprocessor {
        name: "wsc",
        doc: "1 if the text means the noun phrase of the targets, 0 if another, -1 if it is empty; the right answer is the \
              field `label` (T5 `wsc_simple`).",
        kind: Kind::Label,
        prediction: |text, example, _| Answer::Label(is_referent(text, &example.targets)),
        target: wsc_target,
    },
];

/// The post-processing of that name.
///
/// # Errors
/// [`Error::Unknown`] with the nearest name.
pub fn postprocessor(name: &str) -> Result<&'static Postprocessor> {
    POSTPROCESSORS
        .iter()
        .find(|postprocessor| postprocessor.name == name)
        .ok_or_else(|| {
            let names: Vec<&str> = POSTPROCESSORS.iter().map(|other| other.name).collect();
            Error::unknown("post-processing", name, &names)
        })
}

impl Postprocessor {
    /// Whether `metric` can score what this yields; log-likelihoods do not pass through post-processing.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if it cannot.
    pub fn check(&self, metric: &Metric) -> Result<()> {
        if metric.kinds.contains(&self.kind) || metric.needs().is_some() {
            return Ok(());
        }
        let expected: Vec<&str> = metric.kinds.iter().map(|kind| kind.name()).collect();
        Err(Error::Mismatch {
            metric: metric.name,
            postprocess: self.name.to_owned(),
            expected: expected.join(" or "),
            got: self.kind.name(),
        })
    }

    /// The item of one prediction; `labels` are the task's class names.
    ///
    /// # Errors
    /// [`Error::LabelOutside`] if the target names no class, [`Error::Field`] if it is no number or a field is missing.
    pub fn item<'a>(
        &self,
        prediction: &'a str,
        example: &'a Example,
        labels: &[String],
    ) -> Result<Item<'a>> {
        let references = if self.name == "lower_text" {
            let lowered = example.references.iter();
            Cow::Owned(lowered.map(|text| text::lower(text).into_owned()).collect())
        } else {
            Cow::Borrowed(example.references.as_slice())
        };
        let answer = (self.prediction)(prediction, example, labels);
        Ok(Item {
            id: &example.id,
            invalid: match answer {
                Answer::Text(_) => false,
                Answer::Label(label) => label < 0,
                Answer::Number(_) => number(prediction).is_none(),
            },
            prediction: answer,
            target: (self.target)(example, labels)?,
            references,
            group: example.group.as_deref(),
            source: example
                .fields
                .get("source")
                .and_then(|value| value.as_str())
                .unwrap_or(&example.inputs),
            classes: labels.len(),
            ranking: None,
            likelihood: None,
        })
    }
}

fn class<S: AsRef<str>>(text: &str, classes: &[S]) -> i64 {
    let found = classes.iter().position(|class| class.as_ref() == text);
    found.map_or(INVALID, |index| index as i64)
}

fn label_target<'a, S: AsRef<str>>(example: &Example, classes: &[S]) -> Result<Answer<'a>> {
    match class(&example.targets, classes) {
        INVALID => Err(Error::LabelOutside {
            id: example.id.clone(),
            target: example.targets.clone(),
            labels: backticked(classes.iter().map(AsRef::as_ref)),
        }),
        label => Ok(Answer::Label(label)),
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "one signature for the whole table"
)]
fn text_target<'a>(example: &'a Example, _: &[String]) -> Result<Answer<'a>> {
    Ok(Answer::Text(example.targets.as_str().into()))
}

fn number_target<'a>(example: &'a Example, _: &[String]) -> Result<Answer<'a>> {
    let parsed = number(&example.targets).map(Answer::Number);
    parsed.ok_or_else(|| Error::Field {
        id: example.id.clone(),
        field: "targets",
        expected: "a number",
        got: format!("`{}`", example.targets),
    })
}

/// Python's `float`, except that what is not finite is no number: one answer `nan` would make the whole correlation one.
pub(crate) fn number(text: &str) -> Option<f64> {
    let text = text.trim_matches(text::is_space);
    let bytes = text.as_bytes();
    let digit = |place: Option<usize>| {
        place
            .and_then(|place| bytes.get(place))
            .is_some_and(u8::is_ascii_digit)
    };
    let stray = bytes.iter().enumerate().any(|(place, byte)| {
        *byte == b'_' && !(digit(place.checked_sub(1)) && digit(Some(place + 1)))
    });
    if stray {
        return None;
    }
    text.replace('_', "")
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
}

fn wsc_target<'a>(example: &'a Example, _: &[String]) -> Result<Answer<'a>> {
    let value = example.fields.get("label");
    let label = value.and_then(|value| value.as_i64().or(value.as_bool().map(i64::from)));
    match label {
        Some(label @ (0 | 1)) => Ok(Answer::Label(label)),
        _ => Err(Error::Field {
            id: example.id.clone(),
            field: "label",
            expected: "0 or 1, for `wsc`",
            got: value.map_or("absent".to_owned(), ToString::to_string),
        }),
    }
}

/// Whether a written noun phrase means the referent: 1, 0, or -1 if nothing is left of it.
pub(crate) fn is_referent(prediction: &str, referent: &str) -> i64 {
    if without_determiners(prediction).is_empty() {
        INVALID
    } else {
        same_phrase(prediction, referent)
    }
}

/// Whether a written noun phrase means the referent: 1 or 0. Of an empty one the only word is empty.
fn same_phrase(prediction: &str, referent: &str) -> i64 {
    let (prediction, referent) = (
        without_determiners(prediction),
        without_determiners(referent),
    );
    if prediction.contains('\'') != referent.contains('\'') {
        return 0; // "Bob" is not "Bob's hat"
    }
    let predicted: BTreeSet<&str> = prediction.split(' ').collect();
    let referred: BTreeSet<&str> = referent.split(' ').collect();
    i64::from(predicted.is_subset(&referred) || referred.is_subset(&predicted))
}

fn without_determiners(text: &str) -> String {
    let text = text::lower(text.trim_matches(text::is_space)).into_owned();
    let words: Vec<&str> = text
        .split(' ')
        .filter(|word| !DETERMINERS.contains(word))
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_sorted_and_documented() {
        let names: Vec<&str> = POSTPROCESSORS.iter().map(|other| other.name).collect();
        assert!(names.is_sorted_by(|left, right| left < right), "{names:?}");
        for postprocessor in POSTPROCESSORS {
            assert!(postprocessor.doc.ends_with('.') && postprocessor.doc.len() > 15);
        }
        let message = postprocessor("lable").unwrap_err().to_string();
        assert_eq!(
            message,
            "unknown post-processing `lable`, did you mean `label`?"
        );
    }

    #[test]
    fn labels_match_exactly() {
        let labels = ["entailment", "not_entailment"];
        assert_eq!(class("entailment", &labels), 0);
        assert_eq!(class("not_entailment", &labels), 1);
        for text in ["Entailment", "entailment ", "", "entailment."] {
            assert_eq!(class(text, &labels), INVALID, "{text}");
        }
    }

    #[test]
    fn numbers_are_read_as_python_reads_them() {
        for (text, value) in [
            ("3.8", Some(3.8)),
            (" 5\n", Some(5.0)),
            ("1_0.5", Some(10.5)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("+1e1", Some(10.0)),
            ("-0.2", Some(-0.2)),
            ("", None),
            ("three", None),
            ("3,8", None),
            ("_1", None),
            ("1__0", None),
            ("1_", None),
            ("0x10", None),
            ("nan", None),
            ("inf", None),
            ("1 2", None),
        ] {
            assert_eq!(number(text), value, "{text:?}");
        }
    }

    #[test]
    fn wsc_judges_noun_phrases() {
        for (prediction, referent, judged) in [
            ("the cat", "The cat", 1),
            ("cat", "my old cat", 1),        // subset one way
            ("the fuzzy bunny", "bunny", 1), // and the other
            ("Bob", "Bob's hat", 0),         // exactly one apostrophe
            ("Bob's hat", "Bob's hat", 1),
            ("Bob's", "Ann's", 0),
            ("dog", "cat", 0),
            ("", "cat", -1),
            ("  ", "cat", -1),
            ("the", "cat", -1),        // nothing but a determiner
            ("old dog", "old cat", 0), // neither is part of the other
            ("CAT", "cat", 1),
        ] {
            assert_eq!(
                is_referent(prediction, referent),
                judged,
                "{prediction} / {referent}"
            );
        }
    }
}

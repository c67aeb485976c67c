use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Protocol;

/// All that decides the answers and scores of an evaluation. Two evaluations that differ in any of it, but for the path of the
/// model, are never mixed in one directory. What must not change a result (rows a batch, cache, machine) is no part of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// Version of this program.
    pub ext5: String,
    /// What is evaluated: `suite superglue`, `task super_glue_rte`, `mixture glue`.
    pub what: String,
    /// Where the model lay; for the reader alone, a model may move.
    pub model: String,
    /// Hash over configuration and weights.
    pub model_hash: String,
    /// Hash over the vocabulary.
    pub vocabulary_hash: String,
    /// Split of tasks and mixtures; a suite names its own.
    pub split: Option<String>,
    /// Most examples of a task.
    pub limit: Option<u64>,
    /// Which harness's rules are followed where they differ.
    pub reading: String,
    /// How answers are got.
    pub protocol: Protocol,
    /// Whatever else decides the answers: length of inputs, way of decoding, precision.
    pub decoding: BTreeMap<String, Value>,
    /// Whatever else decides the scores: resamples of intervals and their seed.
    pub scoring: BTreeMap<String, Value>,
}

impl Identity {
    /// The first setting in which `other` is another evaluation: its name, the value here, the value there.
    pub fn difference(&self, other: &Self) -> Option<(String, Value, Value)> {
        let (here, there) = (self.settings(), other.settings());
        let names = here
            .keys()
            .chain(there.keys().filter(|name| !here.contains_key(*name)));
        let value = |of: &Map<String, Value>, name: &str| of.get(name).cloned().unwrap_or_default();
        names
            .map(|name| (name.clone(), value(&here, name), value(&there, name)))
            .find(|(_, here, there)| here != there)
    }

    /// What decides an answer given its question, as one line: what a cache of answers is kept by.
    pub fn of_answers(&self) -> String {
        let mut settings = self.settings();
        settings.retain(|name, _| {
            ["ext5", "model_hash", "vocabulary_hash"].contains(&name.as_str())
                || name.starts_with("decoding.")
        });
        Value::Object(settings).to_string()
    }

    /// Everything that counts, flat: `decoding.beams`.
    fn settings(&self) -> Map<String, Value> {
        let mut flat = Map::new();
        let Ok(Value::Object(all)) = serde_json::to_value(self) else {
            return flat;
        };
        for (name, value) in all {
            match value {
                Value::Object(inner) => {
                    flat.extend(
                        inner
                            .into_iter()
                            .map(|(key, value)| (format!("{name}.{key}"), value)),
                    );
                }
                value if name != "model" => {
                    flat.insert(name, value);
                }
                _ => {}
            }
        }
        flat
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity {
            ext5: "0.1.0".to_owned(),
            what: "task rte".to_owned(),
            model: "runs/a".to_owned(),
            model_hash: "aa".to_owned(),
            vocabulary_hash: "bb".to_owned(),
            split: Some("validation".to_owned()),
            limit: None,
            reading: "t5".to_owned(),
            protocol: Protocol::Generate,
            decoding: BTreeMap::from([("beams".to_owned(), Value::from(1))]),
            scoring: BTreeMap::new(),
        }
    }

    #[test]
    fn the_first_difference_is_named_and_a_path_is_none() {
        let moved = Identity {
            model: "elsewhere".to_owned(),
            ..identity()
        };
        assert_eq!(identity().difference(&moved), None);
        let limited = Identity {
            limit: Some(3),
            ..identity()
        };
        let wanted = ("limit".to_owned(), Value::Null, Value::from(3));
        assert_eq!(identity().difference(&limited), Some(wanted));
        let mut beams = identity();
        beams.decoding.insert("beams".to_owned(), Value::from(4));
        let wanted = ("decoding.beams".to_owned(), Value::from(1), Value::from(4));
        assert_eq!(identity().difference(&beams), Some(wanted));
        let mut more = identity();
        more.decoding.insert("penalty".to_owned(), Value::from(0.6));
        let wanted = ("decoding.penalty".to_owned(), Value::Null, Value::from(0.6));
        assert_eq!(identity().difference(&more), Some(wanted));
    }

    #[test]
    fn answers_depend_on_model_and_decoding_alone() {
        let mut other = identity();
        (other.limit, other.what) = (Some(1), "suite glue".to_owned());
        other.protocol = Protocol::Rank;
        assert_eq!(identity().of_answers(), other.of_answers());
        other.decoding.insert("beams".to_owned(), Value::from(4));
        assert_ne!(identity().of_answers(), other.of_answers());
    }
}

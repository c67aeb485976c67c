//! Values of R in a file: numbers, and `inf`, for which JSON has no number and a word stands.
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{SerializeSeq, Serializer};
use serde::{Deserialize, Serialize};
use std::fmt;

pub(crate) fn serialize<S: Serializer>(ratios: &[f64], to: S) -> Result<S::Ok, S::Error> {
    let mut list = to.serialize_seq(Some(ratios.len()))?;
    for &ratio in ratios {
        list.serialize_element(&Ratio(ratio))?;
    }
    list.end()
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f64>, D::Error> {
    from.deserialize_seq(Ratios)
}

struct Ratio(f64);

impl Serialize for Ratio {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() {
            to.serialize_f64(self.0)
        } else {
            to.collect_str(&self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Ratio {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(RatioVisitor)
    }
}

struct RatioVisitor;

impl Visitor<'_> for RatioVisitor {
    type Value = Ratio;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number of at least 0, or `inf`")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Ratio, E> {
        Ok(Ratio(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Ratio, E> {
        Ok(Ratio(value as f64))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Ratio, E> {
        Ok(Ratio(value as f64))
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Ratio, E> {
        let value = word.parse().map_err(|_| {
            let unexpected = serde::de::Unexpected::Str(word);
            E::invalid_value(unexpected, &self)
        })?;
        Ok(Ratio(value))
    }
}

struct Ratios;

impl<'de> Visitor<'de> for Ratios {
    type Value = Vec<f64>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of numbers of at least 0, or `inf`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<f64>, A::Error> {
        let mut ratios = Vec::new();
        while let Some(Ratio(ratio)) = list.next_element()? {
            ratios.push(ratio);
        }
        Ok(ratios)
    }
}

//! Whether two versions of an artefact say the same.
use std::fmt;

use serde_json::Value;

/// Largest relative difference between two numbers that are called equal: other machines sum in another order.
const TOLERANCE: f64 = 1e-5;

/// How a file of today differs from the recorded one.
#[derive(Debug, PartialEq)]
pub(super) enum Difference {
    None,
    /// Other bytes, same JSON up to [`TOLERANCE`]; the largest relative difference seen.
    WithinTolerance(f64),
    /// The place in the JSON, and both values.
    Value(String),
    /// Position of the first other byte.
    Byte(usize),
    New,
    Gone,
}

impl Difference {
    /// Whether the recorded file still stands.
    pub(super) fn is_none(&self) -> bool {
        matches!(self, Self::None | Self::WithinTolerance(_))
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => write!(f, "unchanged"),
            Self::WithinTolerance(most) => {
                write!(f, "unchanged within {TOLERANCE:e} (largest {most:.1e})")
            }
            Self::Value(what) => write!(f, "CHANGED at {what}"),
            Self::Byte(at) => write!(f, "CHANGED from byte {at}"),
            Self::New => write!(f, "NEW: not recorded"),
            Self::Gone => write!(f, "GONE: no longer written"),
        }
    }
}

/// Compares the recorded bytes of the file `name` with new ones: JSON and JSONL by value, others byte by byte.
pub(super) fn compare(name: &str, recorded: &[u8], new: &[u8]) -> Difference {
    if recorded == new {
        return Difference::None;
    }
    let parsed = if name.ends_with(".jsonl") {
        json_lines(recorded).zip(json_lines(new))
    } else if name.ends_with(".json") {
        serde_json::from_slice(recorded)
            .ok()
            .zip(serde_json::from_slice(new).ok())
    } else {
        None
    };
    let Some((recorded_value, new_value)) = parsed else {
        return Difference::Byte(recorded.iter().zip(new).take_while(|(a, b)| a == b).count());
    };
    let mut largest = 0.0;
    same(&recorded_value, &new_value, "$", &mut largest)
        .map_or_else(Difference::Value, |()| Difference::WithinTolerance(largest))
}

fn json_lines(bytes: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.lines()
        .map(|line| serde_json::from_str(line).ok())
        .collect::<Option<Vec<Value>>>()
        .map(Value::Array)
}

/// Nothing, or the first place where `a` and `b` differ.
fn same(a: &Value, b: &Value, place: &str, largest: &mut f64) -> Result<(), String> {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) if x != y => {
            let (x, y) = (
                x.as_f64().unwrap_or(f64::NAN),
                y.as_f64().unwrap_or(f64::NAN),
            );
            let difference = (x - y).abs() / x.abs().max(y.abs()).max(1.0);
            *largest = largest.max(difference);
            if difference <= TOLERANCE {
                Ok(())
            } else {
                Err(format!("`{place}`: {x} became {y}"))
            }
        }
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            let mut pairs = x.iter().zip(y).enumerate();
            pairs.try_for_each(|(index, (x, y))| same(x, y, &format!("{place}[{index}]"), largest))
        }
        (Value::Object(x), Value::Object(y)) if x.len() == y.len() => {
            x.iter().try_for_each(|(key, x)| {
                let place = format!("{place}.{key}");
                y.get(key).map_or_else(
                    || Err(format!("`{place}`: gone")),
                    |y| same(x, y, &place, largest),
                )
            })
        }
        _ if a == b => Ok(()),
        _ => Err(format!("`{place}`: {} became {}", short(a), short(b))),
    }
}

fn short(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(items) => format!("an object of {}", items.len()),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_compared_by_value() {
        let compare = |a: &str, b: &str| compare("x.json", a.as_bytes(), b.as_bytes());
        assert_eq!(compare("[1, 2]", "[1, 2]"), Difference::None);
        assert_eq!(
            compare("{\"a\": 1, \"b\": 2}", "{\"b\":2,\"a\":1}"),
            Difference::WithinTolerance(0.0)
        );
        assert!(compare("[1.0]", "[1.000001]").is_none());
        assert_eq!(
            compare("{\"a\": [1, 2]}", "{\"a\": [1, 3]}"),
            Difference::Value("`$.a[1]`: 2 became 3".into())
        );
        assert!(!compare("[1]", "[1, 2]").is_none());
        assert!(!compare("{\"a\": 1}", "{\"b\": 1}").is_none());
        assert!(!compare("[1]", "[").is_none());
    }

    #[test]
    fn lines_and_bytes_too() {
        assert!(compare("x.jsonl", b"1\n2\n", b"1\n2").is_none());
        assert_eq!(compare("x.bin", b"abc", b"abd"), Difference::Byte(2));
        assert_eq!(compare("x.bin", b"abc", b"ab"), Difference::Byte(2));
    }
}

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use crate::{Error, ErrorKind, Result};

/// One of `n` processes that share a work, written `i/n`. Arrays of jobs are numbered from 0 or from 1: `n/n` is `0/n`, so
/// that both do all of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    count: u64,
}

impl Shard {
    /// Process `index` of `count`.
    ///
    /// # Errors
    /// [`Error::Refused`] of kind `Request` where `index` is not below `count`.
    pub fn new(index: u64, count: u64) -> Result<Self> {
        if index < count {
            return Ok(Self { index, count });
        }
        Err(wrong(&format!("{index}/{count}")))
    }

    /// Whether piece `number` of the work is this process's.
    pub fn owns(self, number: u64) -> bool {
        number % self.count == self.index
    }
}

/// All of the work.
impl Default for Shard {
    fn default() -> Self {
        Self { index: 0, count: 1 }
    }
}

impl Display for Shard {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let number = |text: &str| -> Option<u64> {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse().ok()).flatten()
        };
        let (index, count) = text.split_once('/').ok_or_else(|| wrong(text))?;
        match (number(index), number(count)) {
            (Some(index), Some(count)) if index == count && count > 0 => Self::new(0, count),
            (Some(index), Some(count)) => Self::new(index, count).map_err(|_| wrong(text)),
            _ => Err(wrong(text)),
        }
    }
}

fn wrong(text: &str) -> Error {
    Error::Refused {
        kind: ErrorKind::Request,
        reason: format!(
            "shard `{text}`: expected `i/n` with i from 0 to n, as in `1/4`; `4/4` is `0/4`"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_numbered_from_0_or_from_1() {
        for text in ["0/1", "3/4", "15/16"] {
            assert_eq!(text.parse::<Shard>().unwrap().to_string(), text);
        }
        for (text, same) in [("1/1", "0/1"), ("4/4", "0/4")] {
            assert_eq!(text.parse::<Shard>().unwrap().to_string(), same);
        }
        for text in [
            "",
            "1",
            "/",
            "1/",
            "/1",
            "0/0",
            "-1/2",
            "+0/1",
            "0/1/2",
            "a/b",
            "0 / 1",
            "5/4",
            "99999999999999999999/1",
        ] {
            let error = text.parse::<Shard>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Request);
            assert!(error.to_string().contains(&format!("`{text}`")), "{error}");
        }
    }

    #[test]
    fn each_piece_has_one_owner() {
        for count in 1..20 {
            for piece in 0..100 {
                let owns = |index: &u64| Shard::new(*index, count).unwrap().owns(piece);
                assert_eq!((0..count).filter(owns).count(), 1);
            }
        }
    }
}

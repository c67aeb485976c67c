//! Readers as they must not be.
#![expect(
    clippy::unnecessary_wraps,
    reason = "all rows of a table have one type"
)]
use std::path::Path;

use super::lines::{ROWS, jsonl_text};
use super::{Format, Made};
use crate::row::Failure;
use crate::rows::input::told::Refused;

pub(super) const FORMATS: &[Format] = &[
    Format {
        name: "trusting",
        text: false,
        make: trusting,
    },
    Format {
        name: "bare",
        text: true,
        make: bare,
    },
    Format {
        name: "forgiving",
        text: true,
        make: forgiving,
    },
];

/// A reader of fields that goes where their lengths lead.
fn trusting(dir: &Path, _times: usize) -> Result<Made, Failure> {
    // A tag, a length, so many bytes.
    let field = |number: u8| {
        [
            [8, number % 9].to_vec(),
            vec![number; usize::from(number % 9)],
        ]
        .concat()
    };
    let sample: Vec<u8> = (0..60).flat_map(field).collect();
    Ok(Made::file(dir.join("fields.bin"), sample, |path| {
        let bytes = std::fs::read(path).unwrap_or_default();
        let (mut at, mut pieces) = (0, 0);
        while at < bytes.len() {
            let length = usize::from(bytes[at + 1]);
            pieces += bytes[at + 2..at + 2 + length].len();
            at += 2 + length;
        }
        std::hint::black_box(pieces);
        Ok(())
    }))
}

/// A reader that keeps to itself what is wrong, and where.
fn bare(dir: &Path, _times: usize) -> Result<Made, Failure> {
    Ok(Made::file(
        dir.join("rows.json"),
        b"{\"a\": [1, 2, 3]}".to_vec(),
        |path| {
            let bytes = std::fs::read(path).unwrap_or_default();
            serde_json::from_slice::<serde_json::Value>(&bytes)
                .map(drop)
                .map_err(|_| Refused {
                    text: "invalid".to_owned(),
                    at_row: true,
                })
        },
    ))
}

/// A reader that takes a line that is cut off for the end.
fn forgiving(dir: &Path, times: usize) -> Result<Made, Failure> {
    let text = jsonl_text(ROWS * times);
    Ok(Made::file(
        dir.join("rows.jsonl"),
        text.into_bytes(),
        |path| {
            let bytes = std::fs::read(path).unwrap_or_default();
            let whole = |line: &&[u8]| serde_json::from_slice::<serde_json::Value>(line).is_ok();
            std::hint::black_box(bytes.split(|byte| *byte == b'\n').take_while(whole).count());
            Ok(())
        },
    ))
}

//! What an error says: does it name the file and the row, and what is to be done?
use serde::{Deserialize, Serialize};

/// Words of a message that says what was expected or what to do next.
const GUIDES: &[&str] = &[
    "expected",
    "check ",
    "fetch ",
    "mend ",
    "remove ",
    "again",
    "run `",
    "set `",
    "choose ",
    "use ",
    "look for",
    "ask for",
    "convert",
    "give ",
    "rename ",
    "nearest",
    "did you mean",
    "must ",
    "needs ",
    "at most",
    "there are",
    "there is only",
    "its columns are",
    "close ",
    "older one",
    "train the model",
    "do not belong together",
];

/// Last words of a message that says nothing.
const BARE: &[&str] = &[
    "",
    "invalid",
    "error",
    "failed",
    "bad",
    "malformed",
    "damaged",
    "unknown error",
    "parse error",
];

/// An error as a person sees it.
#[derive(Debug)]
pub(super) struct Refused {
    /// The whole chain of causes.
    pub(super) text: String,
    /// Whether the reader knew at which row it was.
    pub(super) at_row: bool,
}

impl Refused {
    /// An error with its causes, about a whole file.
    pub(super) fn of(error: &dyn std::error::Error) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            text += &format!(": {error}");
            cause = error.source();
        }
        Self {
            text,
            at_row: false,
        }
    }
}

/// How many errors say what.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Told {
    /// Errors.
    pub(super) errors: u64,
    /// They do not name the file.
    pub(super) nameless: u64,
    /// Errors of readers that knew the row.
    pub(super) at_row: u64,
    /// They do not name it.
    pub(super) rowless: u64,
    /// They say only that something is wrong.
    pub(super) bare: u64,
    /// They say neither what was expected nor what to do.
    pub(super) lost: u64,
    /// One of each that falls short, and how often.
    pub(super) short: Vec<String>,
}

impl Told {
    /// Judges an error about `subject`, the path of a file or directory.
    pub(super) fn add(&mut self, refused: &Refused, subject: &str) {
        let text = &refused.text;
        let plain = text.replace(subject, "");
        self.errors += 1;
        let last = plain
            .rsplit(": ")
            .next()
            .unwrap_or_default()
            .trim()
            .to_lowercase();
        let shortcomings = [
            (!text.contains(subject), &mut self.nameless, "nameless"),
            (
                refused.at_row && !names_row(&plain),
                &mut self.rowless,
                "rowless",
            ),
            (BARE.contains(&last.as_str()), &mut self.bare, "bare"),
            (
                !GUIDES.iter().any(|word| plain.contains(word)),
                &mut self.lost,
                "lost",
            ),
        ];
        let mut short = Vec::new();
        for (falls_short, count, what) in shortcomings {
            if falls_short {
                *count += 1;
                short.push(what);
            }
        }
        self.at_row += u64::from(refused.at_row);
        if !short.is_empty() && self.short.len() < 12 {
            self.short.push(format!("{}: {text}", short.join(", ")));
        }
    }

    pub(super) fn join(&mut self, other: Self) {
        self.errors += other.errors;
        self.nameless += other.nameless;
        self.at_row += other.at_row;
        self.rowless += other.rowless;
        self.bare += other.bare;
        self.lost += other.lost;
        self.short.extend(other.short);
    }
}

/// Whether a text has `row N` or `line N`, from 1.
fn names_row(text: &str) -> bool {
    ["row ", "line "].iter().any(|word| {
        text.match_indices(word).any(|(at, word)| {
            let number: String = text[at + word.len()..]
                .chars()
                .take_while(char::is_ascii_digit)
                .collect();
            number.parse::<u64>().is_ok_and(|number| number > 0)
        })
    })
}

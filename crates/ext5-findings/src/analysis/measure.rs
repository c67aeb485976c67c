use std::fmt;

/// What is averaged in a repetition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Measure<'a> {
    /// All tasks of the condition: T5's mean over tasks.
    All,
    /// The tasks of a family.
    Family(&'a str),
    /// One task.
    Task(&'a str),
}

impl fmt::Display for Measure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Family(name) | Self::Task(name) => f.write_str(name),
        }
    }
}

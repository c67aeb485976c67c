//! A promise and its test.
use crate::place::{Place, Tier};

/// Why a row could not be run, for a person.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A promise and its test.
pub(crate) struct Row {
    /// A letter and a number: C crash and resume, F foreign input, R resources, N numbers, S security.
    pub(crate) id: &'static str,
    /// What is done, in a few words.
    pub(crate) what: &'static str,
    /// The least tier that has it.
    pub(crate) tier: Tier,
    /// What is broken on purpose to see that the test can fail.
    pub(crate) defect: &'static str,
    /// Runs it, with the defect where the place says so.
    pub(crate) run: fn(&Place) -> Result<Figure, Failure>,
}

/// What was found.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    /// With numbers: `200 kills (71 in a save), 0 lost`.
    pub(crate) found: String,
    /// What must hold: `0 lost, 60 kills in a save at least`.
    pub(crate) bound: String,
    /// Whether it does.
    pub(crate) holds: bool,
}

impl Figure {
    /// What was found, what must hold, and whether it does.
    pub(crate) fn new(found: impl Into<String>, bound: impl Into<String>, holds: bool) -> Self {
        Self {
            found: found.into(),
            bound: bound.into(),
            holds,
        }
    }
}

//! The figures of the `ExT5` paper (arXiv 2111.10952), each with where it is known from. None is ours; of its text, the abstract and
//! the beginning of the introduction alone were read.
mod analyses;
mod suites;

use std::fmt;

use crate::Question;

/// Where a figure is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provenance {
    /// Read in the paper.
    Verified,
    /// Read in another paper that reports it.
    SecondHand,
    /// From memory; sums or differences of the remembered numbers agree with one another.
    RecalledConsistent,
    /// The same, but for some of the numbers, which are surely off.
    RecalledInPart,
    /// From memory, with nothing to hold it against.
    Recalled,
}

impl Provenance {
    /// In a word or two.
    pub fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::SecondHand => "second-hand",
            Self::RecalledConsistent => "recalled, sums agree",
            Self::RecalledInPart => "recalled, sums agree in part",
            Self::Recalled => "recalled",
        }
    }
}

impl fmt::Display for Provenance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A row of a [`PaperTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaperRow {
    /// What it is of.
    pub name: &'static str,
    /// One entry a column, as the paper writes it; `?` where it is not known.
    pub entries: &'static [&'static str],
    /// Where its numbers are known from, where that is not the table's provenance.
    pub provenance: Option<Provenance>,
    /// What is different with single entries; may be empty.
    pub remark: &'static str,
}

/// A table, or the shape of a figure, of the paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaperTable {
    /// Its place in the paper: `Table 2`.
    pub place: &'static str,
    /// What it shows.
    pub title: &'static str,
    /// Where it is known from.
    pub provenance: Provenance,
    /// What was held against what, and what did not agree.
    pub note: &'static str,
    /// What the rows are.
    pub rows_are: &'static str,
    /// Names of the columns, with their units.
    pub columns: &'static [&'static str],
    /// The rows.
    pub rows: &'static [PaperRow],
}

impl PaperTable {
    /// Where a row's numbers are known from.
    pub fn provenance_of(&self, row: &PaperRow) -> Provenance {
        row.provenance.unwrap_or(self.provenance)
    }
}

/// What the paper shows of a question.
pub fn paper(question: Question) -> &'static [PaperTable] {
    match question {
        Question::Transfer | Question::TaskAffinity => analyses::TRANSFER,
        Question::Curation => analyses::CURATION,
        Question::Scaling => analyses::SCALING,
        Question::Ratio => analyses::RATIO,
        Question::Stage => analyses::STAGE,
        Question::Efficiency => analyses::EFFICIENCY,
        Question::Suites => suites::SUITES,
    }
}

/// A row of the table's provenance.
const fn row(name: &'static str, entries: &'static [&'static str]) -> PaperRow {
    PaperRow {
        name,
        entries,
        provenance: None,
        remark: "",
    }
}

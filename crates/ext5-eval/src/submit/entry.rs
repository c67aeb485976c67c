use crate::submit::Leaderboard;

/// One file of a submission.
pub(super) struct Entry {
    /// Its name in the archive.
    pub(super) file: &'static str,
    /// The task whose test split it answers.
    pub(super) task: &'static str,
    /// Number of answers: rows of the test split in the catalogue of TensorFlow Datasets (`super_glue`, `glue`).
    pub(super) rows: u64,
    /// What an answer is.
    pub(super) form: Form,
}

/// What an answer is, and how the leaderboard wants it spelled (T5's `prepare_glue_submission.py`, jiant's formatters).
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// One of some classes.
    Classes {
        /// What the model writes for each.
        read: &'static [&'static str],
        /// What the leaderboard wants for each.
        written: &'static [&'static str],
        /// Whether what it wants are numbers.
        numbers: bool,
    },
    /// True or false for each answer, nested in questions and passages.
    Nested,
    /// Whether the noun phrase written is the one asked about.
    Referent,
    /// A text, identified by its query.
    Text,
    /// A real number.
    Number,
}

/// Passages and questions of `MultiRC`'s test split, counted there; both are numbered without gaps.
pub(super) const PASSAGES: u64 = 166;
pub(super) const QUESTIONS: u64 = 1820;

const FALSE_TRUE: [&str; 2] = ["False", "True"];
const ENTAILMENT: [&str; 2] = ["entailment", "not_entailment"];
const THREE_WAYS: [&str; 3] = ["entailment", "neutral", "contradiction"];
const COMMITMENT: [&str; 3] = ["entailment", "contradiction", "neutral"];

const SUPER_GLUE: &[Entry] = &[
    entry(
        "BoolQ.jsonl",
        "super_glue_boolq",
        3245,
        named(&FALSE_TRUE, &["false", "true"]),
    ),
    entry(
        "CB.jsonl",
        "super_glue_cb",
        250,
        named(&COMMITMENT, &COMMITMENT),
    ),
    entry(
        "COPA.jsonl",
        "super_glue_copa",
        500,
        numbered(&["choice1", "choice2"]),
    ),
    entry("MultiRC.jsonl", "super_glue_multirc", 9693, Form::Nested),
    entry("ReCoRD.jsonl", "super_glue_record", 10_000, Form::Text),
    entry(
        "RTE.jsonl",
        "super_glue_rte",
        3000,
        named(&ENTAILMENT, &ENTAILMENT),
    ),
    entry(
        "WiC.jsonl",
        "super_glue_wic",
        1400,
        named(&FALSE_TRUE, &["false", "true"]),
    ),
    entry("WSC.jsonl", "super_glue_wsc", 146, Form::Referent),
    entry(
        "AX-b.jsonl",
        "super_glue_axb",
        1104,
        named(&ENTAILMENT, &ENTAILMENT),
    ),
    entry(
        "AX-g.jsonl",
        "super_glue_axg",
        356,
        named(&ENTAILMENT, &ENTAILMENT),
    ),
];

const GLUE: &[Entry] = &[
    entry(
        "CoLA.tsv",
        "glue_cola",
        1063,
        numbered(&["unacceptable", "acceptable"]),
    ),
    entry(
        "SST-2.tsv",
        "glue_sst2",
        1821,
        numbered(&["negative", "positive"]),
    ),
    entry(
        "MRPC.tsv",
        "glue_mrpc",
        1725,
        numbered(&["not_equivalent", "equivalent"]),
    ),
    entry("STS-B.tsv", "glue_stsb", 1379, Form::Number),
    entry(
        "MNLI-m.tsv",
        "glue_mnli",
        9796,
        named(&THREE_WAYS, &THREE_WAYS),
    ),
    entry(
        "MNLI-mm.tsv",
        "glue_mnli_mismatched",
        9847,
        named(&THREE_WAYS, &THREE_WAYS),
    ),
    entry(
        "QNLI.tsv",
        "glue_qnli",
        5463,
        named(&ENTAILMENT, &ENTAILMENT),
    ),
    entry(
        "QQP.tsv",
        "glue_qqp",
        390_965,
        numbered(&["not_duplicate", "duplicate"]),
    ),
    entry("RTE.tsv", "glue_rte", 3000, named(&ENTAILMENT, &ENTAILMENT)),
    entry(
        "WNLI.tsv",
        "glue_wnli",
        146,
        numbered(&["not_entailment", "entailment"]),
    ),
    entry("AX.tsv", "glue_ax", 1104, named(&THREE_WAYS, &THREE_WAYS)),
];

/// The files that a leaderboard asks for.
pub(super) const fn entries(board: Leaderboard) -> &'static [Entry] {
    match board {
        Leaderboard::SuperGlue => SUPER_GLUE,
        Leaderboard::Glue => GLUE,
    }
}

const fn entry(file: &'static str, task: &'static str, rows: u64, form: Form) -> Entry {
    Entry {
        file,
        task,
        rows,
        form,
    }
}

const fn named(read: &'static [&'static str], written: &'static [&'static str]) -> Form {
    Form::Classes {
        read,
        written,
        numbers: false,
    }
}

/// Classes that the leaderboard wants as 0 and 1.
const fn numbered(read: &'static [&'static str]) -> Form {
    Form::Classes {
        read,
        written: &["0", "1"],
        numbers: true,
    }
}

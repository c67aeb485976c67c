//! Archives for leaderboards, against `submission.json` (T5's rules, stated anew by `tests/golden/export_outputs.py`) and what
//! Python's zipfile reads of them.
use std::collections::BTreeMap;
use std::path::Path;

use ext5_eval::{
    Archive, Error, Identity, Leaderboard, Protocol, RecordedEvaluation, RecordedSample,
    check_archive, submission,
};
use flate2::Crc;
use serde_json::Value;

use crate::on_disk::{add_samples, begin, identity, read, sample};

/// Made by `export_outputs.py` of `outputs/superglue.zip`, as others pack: deflated, in a folder.
const PACKED: &[u8] = include_bytes!("../golden/packed.zip");
const STORED: &[u8] = include_bytes!("../golden/outputs/superglue.zip");

fn recorded() -> Value {
    serde_json::from_str(include_str!("../golden/submission.json")).unwrap()
}

/// An evaluation with the recorded answers.
fn evaluation(dir: &Path, board: &str) -> RecordedEvaluation {
    begin(dir, &identity());
    for (task, case) in recorded()[board].as_object().unwrap() {
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        let rows = case["samples"].as_array().unwrap().iter();
        let samples = rows.map(|row| {
            sample(
                task,
                &text(row, "id"),
                &text(row, "prediction"),
                &text(row, "targets"),
            )
        });
        add_samples(dir, task, "test", &samples.collect::<Vec<_>>());
    }
    read(dir)
}

/// The files of a stored archive, by their local headers alone.
fn stored(archive: &[u8]) -> BTreeMap<String, String> {
    let word = |place: usize, size: usize| {
        let bytes = &archive[place..place + size];
        bytes
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte))
    };
    let (mut files, mut place) = (BTreeMap::new(), 0);
    while archive[place..].starts_with(b"PK\x03\x04") {
        let (size, name) = (word(place + 18, 4), word(place + 26, 2));
        let start = place + 30 + name;
        let text = |from: usize, to: usize| String::from_utf8(archive[from..to].to_vec()).unwrap();
        let mut crc = Crc::new();
        crc.update(&archive[start..start + size]);
        assert_eq!(crc.sum() as usize, word(place + 14, 4));
        files.insert(text(place + 30, start), text(start, start + size));
        place = start + size;
    }
    files
}

#[test]
fn files_are_those_that_t5s_rules_make() {
    for (board, name) in [
        (Leaderboard::SuperGlue, "superglue"),
        (Leaderboard::Glue, "glue"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let archive = submission(board, &evaluation(dir.path(), name), true).unwrap();
        let files = stored(&archive.bytes);
        let recorded = recorded();
        let cases = recorded[name].as_object().unwrap();
        assert_eq!(files.len(), cases.len());
        for case in cases.values() {
            let text = &files[case["file"].as_str().unwrap()];
            let mut lines = text.lines();
            if board == Leaderboard::Glue {
                assert_eq!(lines.next(), Some("index\tprediction"));
            }
            let answers = case["answers"].as_array().unwrap();
            assert_eq!(lines.clone().count(), answers.len());
            for ((number, line), answer) in lines.enumerate().zip(answers) {
                let (id, label) = if let Some((id, label)) = line.split_once('\t') {
                    (id.parse().unwrap(), serde_json::from_str(label).unwrap())
                } else {
                    let row: Value = serde_json::from_str(line).unwrap();
                    (row["idx"].as_u64().unwrap(), row["label"].clone())
                };
                assert_eq!((id, &label), (number as u64, answer), "{line}");
            }
        }
        if board == Leaderboard::SuperGlue {
            assert!(
                archive.bytes == STORED,
                "outputs/superglue.zip is another archive"
            );
        }
    }
}

#[test]
fn archives_of_others_are_read() {
    let mine = check_archive("mine", STORED, true).unwrap();
    let theirs = check_archive("theirs", PACKED, true).unwrap();
    assert_eq!(
        (mine.board, &mine.files),
        (Leaderboard::SuperGlue, &theirs.files)
    );
    assert_eq!(mine.absent.len(), 5);
}

/// All answers to a test split of the real sizes.
fn complete(dir: &Path, board: Leaderboard, sizes: &[(&str, u64, &str)]) -> RecordedEvaluation {
    begin(dir, &identity());
    assert_eq!(
        board.tasks().collect::<Vec<_>>(),
        sizes.iter().map(|it| it.0).collect::<Vec<_>>()
    );
    for (task, size, prediction) in sizes {
        let samples: Vec<RecordedSample> = (0..*size)
            .map(|number| {
                let id = match *task {
                    // 1,820 questions of 166 passages, at least five answers to each question.
                    "super_glue_multirc" => {
                        let question = (number / 5).min(1819);
                        format!("{}/{question}/{number}", (question / 10).min(165))
                    }
                    "super_glue_record" => format!("{}/{number}/0", number / 3),
                    _ => number.to_string(),
                };
                sample(task, &id, prediction, "a cat")
            })
            .collect();
        add_samples(dir, task, "test", &samples);
    }
    read(dir)
}

const SUPER_GLUE: [(&str, u64, &str); 10] = [
    ("super_glue_boolq", 3245, "True"),
    ("super_glue_cb", 250, "neutral"),
    ("super_glue_copa", 500, "choice2"),
    ("super_glue_multirc", 9693, "False"),
    ("super_glue_record", 10_000, "New \"York\"\n"),
    ("super_glue_rte", 3000, "entailment"),
    ("super_glue_wic", 1400, "False"),
    ("super_glue_wsc", 146, "the cat"),
    ("super_glue_axb", 1104, "not_entailment"),
    ("super_glue_axg", 356, "entailment"),
];

const GLUE: [(&str, u64, &str); 11] = [
    ("glue_cola", 1063, "acceptable"),
    ("glue_sst2", 1821, "negative"),
    ("glue_mrpc", 1725, "equivalent"),
    ("glue_stsb", 1379, "3.8"),
    ("glue_mnli", 9796, "neutral"),
    ("glue_mnli_mismatched", 9847, "contradiction"),
    ("glue_qnli", 5463, "entailment"),
    ("glue_qqp", 390_965, "duplicate"),
    ("glue_rte", 3000, "entailment"),
    ("glue_wnli", 146, "entailment"),
    ("glue_ax", 1104, "neutral"),
];

#[test]
fn whole_submissions_have_the_published_sizes() {
    let dir = tempfile::tempdir().unwrap();
    let run = complete(dir.path(), Leaderboard::SuperGlue, &SUPER_GLUE);
    let archive = submission(Leaderboard::SuperGlue, &run, false).unwrap();
    assert!(archive.files.iter().all(|file| file.invalid == Some(0)));
    let files = stored(&archive.bytes);
    assert_eq!(files["MultiRC.jsonl"].lines().count(), 166);
    assert!(files["ReCoRD.jsonl"].starts_with(r#"{"idx":0,"label":"New \"York\"\n"}"#));
    assert!(files["WSC.jsonl"].starts_with(r#"{"idx":0,"label":"True"}"#));
    assert!(files["COPA.jsonl"].starts_with(r#"{"idx":0,"label":1}"#));
    let again = check_archive("again", &archive.bytes, false).unwrap();
    assert_eq!(again.files.len(), 10);

    let dir = tempfile::tempdir().unwrap();
    let run = complete(dir.path(), Leaderboard::Glue, &GLUE);
    let archive = submission(Leaderboard::Glue, &run, false).unwrap();
    let rows: Vec<u64> = archive.files.iter().map(|file| file.rows).collect();
    assert_eq!(rows, GLUE.map(|it| it.1));
    assert_eq!(
        stored(&archive.bytes)["QQP.tsv"].lines().nth(1),
        Some("0\t1")
    );
}

#[test]
fn empty_texts_are_counted_and_likelihoods_are_no_answers() {
    let dir = tempfile::tempdir().unwrap();
    begin(dir.path(), &identity());
    let samples: Vec<RecordedSample> = (0..10_000)
        .map(|number| {
            let prediction = ["York", "", " \n", "0"][number % 4];
            sample("", &format!("1/{number}/0"), prediction, "York")
        })
        .collect();
    add_samples(dir.path(), "super_glue_record", "test", &samples);
    let archive = submission(Leaderboard::SuperGlue, &read(dir.path()), true).unwrap();
    assert_eq!(archive.files[0].invalid, Some(5000));
    let likelihoods = Identity {
        protocol: Protocol::Perplexity,
        ..identity()
    };
    begin(dir.path(), &likelihoods);
    let found = problems(submission(Leaderboard::SuperGlue, &read(dir.path()), true));
    assert!(found.len() == 1 && found[0].starts_with("protocol `perplexity`"));
}

fn problems(result: Result<Archive, Error>) -> Vec<String> {
    match result {
        Err(Error::Submission { problems, .. }) => problems,
        other => panic!("{other:?}"),
    }
}

#[test]
fn everything_that_is_wrong_is_listed() {
    let dir = tempfile::tempdir().unwrap();
    let run = evaluation(dir.path(), "superglue");
    let found = problems(submission(Leaderboard::SuperGlue, &run, false));
    assert_eq!(
        found[0],
        "BoolQ.jsonl: task `super_glue_boolq` has no answers to its test split"
    );
    assert_eq!(found.len(), 5);
    let some: Vec<RecordedSample> = (0..5)
        .map(|number| sample("", &format!("{}", number % 4), "neutral", ""))
        .collect();
    add_samples(dir.path(), "super_glue_cb", "test", &some);
    add_samples(
        dir.path(),
        "super_glue_record",
        "test",
        &[sample("", "7", "x", "")],
    );
    let found = problems(submission(Leaderboard::SuperGlue, &read(dir.path()), true));
    assert_eq!(
        found,
        [
            "CB.jsonl: id `0` is there twice",
            "CB.jsonl: 4 answers, expected 250",
            "ReCoRD.jsonl: `7` is no id of the leaderboard",
            "ReCoRD.jsonl: 0 answers, expected 10000",
        ]
    );
    let empty = tempfile::tempdir().unwrap();
    begin(empty.path(), &identity());
    let found = problems(submission(Leaderboard::Glue, &read(empty.path()), true));
    assert_eq!(found, ["it has no answers to a test split"]);
    assert_eq!(
        problems(check_archive("x", b"no archive", false)),
        ["it is no zip archive"]
    );
}

/// The stored archive with one text replaced by another of the same length, its checksums mended.
fn with(from: &str, to: &str) -> Vec<u8> {
    let mut archive = STORED.to_vec();
    let find = |archive: &[u8], what: &[u8]| {
        archive
            .windows(what.len())
            .position(|window| window == what)
            .unwrap()
    };
    let place = find(&archive, from.as_bytes());
    archive[place..place + to.len()].copy_from_slice(to.as_bytes());
    let (mut local, mut directory) = (0, find(&archive, b"PK\x01\x02"));
    while archive[local..].starts_with(b"PK\x03\x04") {
        let read =
            |place: usize| usize::from(u16::from_le_bytes([archive[place], archive[place + 1]]));
        let (name, size) = (
            read(local + 26),
            read(local + 18) + (read(local + 20) << 16),
        );
        let mut crc = Crc::new();
        crc.update(&archive[local + 30 + name..local + 30 + name + size]);
        archive[directory + 16..directory + 20].copy_from_slice(&crc.sum().to_le_bytes());
        local += 30 + name + size;
        directory += 46 + name;
    }
    archive
}

#[test]
fn wrong_archives_are_refused_with_their_reasons() {
    for (from, to, reasons) in [
        (
            "{\"idx\":7,\"label\":\"c",
            "{\"idx\":8,\"label\":\"c",
            vec![
                "CB.jsonl: line 9: id 8 is there twice",
                "CB.jsonl: ids 7 missing",
            ],
        ),
        (
            "\"idx\":140,\"label\":\"True\"",
            "\"idx\":140,\"label\":\"true\"",
            vec!["WSC.jsonl: line 141: `label` \"true\", expected \"True\" or \"False\""],
        ),
        (
            "{\"idx\":499,\"label\":0}",
            "{\"idx\":599,\"label\":0}",
            vec![
                "COPA.jsonl: ids 499 missing",
                "COPA.jsonl: ids 599 beyond the last, 499",
            ],
        ),
    ] {
        let found = problems(check_archive("x", &with(from, to), true));
        assert_eq!(found, reasons, "{from}");
    }
    let missing = problems(check_archive("x", STORED, false));
    assert_eq!(missing[0], "`BoolQ.jsonl` is missing");
    assert_eq!(missing.len(), 5);
}

//! What a user reads when something is wrong: every error of `canonical.txt`, provoked, word for word.
//!
//! A case of that file is a name behind `==`; then `put PATH` (the lines behind `|` become that file; `\xHH` is a byte, a `\` at the
//! end leaves the end of line out) or `edit PATH: OLD => NEW` (in a file of the case `ground`, with which every case begins); the command behind `$`;
//! behind `=` its exit code and what a user must be told: where, which, what instead, what next; and behind `>` the message.
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::failure;

const CASES: &str = include_str!("canonical.txt");

/// An error, how to provoke it, and what it must say.
#[derive(Clone, Debug, Default)]
struct Case<'a> {
    name: &'a str,
    files: BTreeMap<&'a str, Vec<u8>>,
    edits: Vec<(&'a str, &'a str, &'a str)>,
    command: &'a str,
    code: i32,
    needles: Vec<&'a str>,
    message: String,
}

impl<'a> Case<'a> {
    fn read(text: &'a str) -> Self {
        let mut case = Self::default();
        let mut path = "";
        for line in text.lines().filter(|line| !line.is_empty()) {
            let (sign, rest) = line.split_once(' ').unwrap_or((line, ""));
            match sign {
                "put" => {
                    path = rest;
                    case.files.insert(path, Vec::new());
                }
                "|" => case.files.get_mut(path).unwrap().extend(bytes(rest)),
                "edit" => {
                    let (path, edit) = rest.split_once(": ").unwrap();
                    let (old, new) = edit.split_once(" => ").unwrap();
                    case.edits.push((path, old, new));
                }
                "$" => case.command = rest,
                "=" => {
                    let (code, needles) = rest.split_once(": ").unwrap();
                    case.code = code.parse().unwrap();
                    case.needles = needles.split(" & ").collect();
                }
                ">" => rest.clone_into(&mut case.message),
                name => {
                    assert_eq!(case.name, "", "what is `{line}`?");
                    case.name = name;
                }
            }
        }
        case
    }

    /// What is wrong with what the program says.
    fn problem(&self, ground: &Self) -> Option<String> {
        let dir = tempfile::tempdir().unwrap();
        let mut files = ground.files.clone();
        for (path, old, new) in &self.edits {
            let text = String::from_utf8(files[path].clone()).unwrap();
            assert!(text.contains(old), "{}: no `{old}`", self.name);
            files.insert(path, text.replace(old, new).into_bytes());
        }
        files.extend(self.files.clone());
        for (path, content) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let line = self.command.replace("ext5 ", "exec \"$0\" ");
        let mut shell = Command::new("sh");
        shell.args(["-c", &line, env!("CARGO_BIN_EXE_ext5")]);
        let (code, told) = failure(&shell.current_dir(dir.path()).output().unwrap());
        let told = plain(&told, dir.path());
        let lacks: Vec<&&str> = self
            .needles
            .iter()
            .filter(|needle| !told.contains(**needle))
            .collect();
        let good = code == self.code && lacks.is_empty() && told == self.message;
        (!good).then(|| format!("== {}\n{code}, lacks {lacks:?}\n> {told}\n", self.name))
    }
}

/// A line of a file: its bytes, and its end unless it says otherwise.
fn bytes(line: &str) -> Vec<u8> {
    let (line, end) = line
        .strip_suffix('\\')
        .map_or((line, "\n"), |line| (line, ""));
    let mut bytes = Vec::new();
    for (number, piece) in line.split("\\x").enumerate() {
        let mut rest = piece;
        if number > 0 {
            let (digits, behind) = piece.split_at(2);
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest = behind;
        }
        bytes.extend(rest.bytes());
    }
    bytes.extend(end.bytes());
    bytes
}

/// A message on one line, without what differs from place to place: the directory, the room on its disk.
fn plain(message: &str, dir: &Path) -> String {
    let message = message.replace(&dir.display().to_string(), "DIR");
    let lines = message.lines().map(str::trim);
    let line = lines.filter(|line| !line.is_empty()).collect::<Vec<_>>();
    let words = line.join(" / ");
    let word = |word: &str| {
        let is_size = word.len() > 6 && word.bytes().all(|byte| byte.is_ascii_digit());
        if is_size {
            "N".to_owned()
        } else {
            word.to_owned()
        }
    };
    words.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn canonical_errors_are_as_recorded_and_say_what_a_user_needs() {
    let cases: Vec<Case<'_>> = CASES.split("\n== ").skip(1).map(Case::read).collect();
    let (ground, cases) = cases.split_first().unwrap();
    assert!(cases.len() >= 60, "{} cases", cases.len());
    let half = cases.len().div_ceil(2);
    let problems: Vec<String> = std::thread::scope(|scope| {
        let problems = |cases: &[Case<'_>]| -> Vec<String> {
            cases
                .iter()
                .filter_map(|case| case.problem(ground))
                .collect()
        };
        let threads: Vec<_> = cases
            .chunks(half)
            .map(|part| scope.spawn(move || problems(part)))
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

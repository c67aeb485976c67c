//! S4: the token of the Hub is written nowhere.
use std::fs;
use std::process::Command;

use super::mock_hub::{Answer, Asked, MockHub};
use super::tour::{STEPS, Tour, holders, holds};
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

pub(super) const ROW: Row = Row {
    id: "S4",
    what: "every command with a secret in its environment",
    tier: Tier::P,
    defect: "a program that writes its environment down when it fails",
    run,
};

/// What must be written nowhere.
const TOKEN: &str = "hf_CanaryToken7Qx2Zz9";

fn run(place: &Place) -> Result<Figure, Failure> {
    let elsewhere = MockHub::start(|_, answer| answer)?;
    elsewhere.publish(vec![file()]);
    let other = elsewhere.url();
    let hub = MockHub::start(move |asked, answer| trouble(asked, answer, &other))?;
    hub.publish(vec![file()]);
    let dir = place.dir("secrets")?;
    let variables = [
        ("HF_TOKEN", TOKEN.to_owned()),
        ("HF_ENDPOINT", hub.url()),
        ("HF_HOME", dir.join("home").display().to_string()),
        ("RUST_BACKTRACE", "full".to_owned()),
        ("RUST_LOG", "trace".to_owned()),
    ];
    let mut tour = Tour::new(place.ext5()?, dir.join("work"), &variables)?;
    let fetch = "data fetch --task-dir tasks --data-root data --replace";
    for (task, is_fine) in [
        ("mine", true),
        ("elsewhere", true),
        ("private", false),
        ("other", false),
    ] {
        for form in ["", " --json"] {
            let output = tour.run(&format!("{fetch} {task}{form}"))?;
            if output.status.success() != is_fine {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                return Err(format!("`{task}` was fetched otherwise than expected: {said}").into());
            }
        }
    }
    if place.seeded {
        let dump = Command::new("env").env("HF_TOKEN", TOKEN).output()?;
        fs::write(tour.dir.join("crash.txt"), dump.stdout)?;
    } else {
        for step in STEPS {
            tour.step(step)?;
        }
        tour.rest()?;
        tour.interrupted("train --recipe micro_ext5 --run-dir cut SMALL")?;
    }
    let sent = hub.asked();
    let used = sent.iter().any(|it| it.authorization.is_some());
    let strayed = elsewhere.asked();
    let strayed = strayed.iter().filter(|it| it.authorization.is_some());
    let strayed = strayed.count();
    let files = holders(&dir, TOKEN)?;
    let said = usize::from(holds(&tour.said, TOKEN));
    let shown = files.first().map(|it| format!("; {}", it.display()));
    Ok(Figure::new(
        format!(
            "{} commands, {} bytes said, {} files with it, {said} streams with it, sent to the Hub: {used}, \
             to others {strayed} times{}",
            tour.commands,
            tour.said.len(),
            files.len(),
            shown.unwrap_or_default()
        ),
        "0 files, 0 streams, 0 times to others; sent to the Hub",
        files.is_empty() && said == 0 && strayed == 0 && used,
    ))
}

/// The only file of every data set.
fn file() -> (String, Vec<u8>) {
    let row = b"{\"inputs\":\"a\",\"targets\":\"b\"}\n";
    ("data/train.jsonl".to_owned(), row.to_vec())
}

/// A Hub on which some data sets are private, broken, or kept elsewhere.
fn trouble(asked: &Asked, answer: Answer, other: &str) -> Answer {
    let path = &asked.path;
    if path.contains("o/private") {
        return Answer::of(401, b"{}".to_vec());
    }
    if path.contains("o/other") {
        let mut answer = Answer::of(503, b"{}".to_vec());
        answer.headers.push(("Retry-After", "0".to_owned()));
        return answer;
    }
    if path.contains("o/elsewhere") && path.contains("/resolve/") {
        let mut answer = Answer::of(302, Vec::new());
        answer.headers.push(("Location", format!("{other}{path}")));
        return answer;
    }
    answer
}

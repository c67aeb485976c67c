//! S5: offline, no connection is tried.
use std::fs;
use std::process::Output;

use super::mock_hub::MockHub;
use super::tour::{STEPS, Tour};
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

pub(super) const ROW: Row = Row {
    id: "S5",
    what: "every command offline, where each way out leads to one that counts",
    tier: Tier::P,
    defect: "a fetch that does not look whether it may",
    run,
};

fn run(place: &Place) -> Result<Figure, Failure> {
    let hub = MockHub::start(|_, answer| answer)?;
    let row = b"{\"inputs\":\"a\",\"targets\":\"b\"}\n";
    hub.publish(vec![("data/train.jsonl".to_owned(), row.to_vec())]);
    let dir = place.dir("offline")?;
    let variables = [
        ("HF_ENDPOINT", hub.url()),
        ("HF_HOME", dir.join("home").display().to_string()),
    ];
    let mut tour = Tour::new(place.ext5()?, dir.join("work"), &variables)?;
    let places = "--task-dir tasks --data-root data";
    let fetch = format!("data fetch mine {places}");
    expect(&tour.run(&fetch)?, true)?;
    if hub.asked().is_empty() {
        return Err("the Hub that counts was not asked even with a network".into());
    }
    fs::remove_dir_all(tour.dir.join("data/mine"))?;
    // Whoever does not ask the Hub goes through a proxy, which is the one that counts as well.
    for name in [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ] {
        tour.set(name, &hub.url());
    }
    if !place.seeded {
        tour.set("HF_HUB_OFFLINE", "1");
    }
    let from_cache = tour.run(&fetch)?;
    let update = tour.run(&format!("data fetch mine --update {places}"))?;
    let absent = tour.run(&format!("data fetch other {places}"))?;
    let training = tour.run(&format!(
        "train --recipe micro_ext5 --run-dir bad {places} --set data.mixture=other"
    ))?;
    let missing = missing(&update, &absent, &training);
    if !place.seeded {
        expect(&from_cache, true)?;
        for step in STEPS {
            tour.step(step)?;
        }
        tour.rest()?;
    }
    let tried = hub.asked().len();
    let shown = missing
        .first()
        .map(|it| format!("; no {it}"))
        .unwrap_or_default();
    Ok(Figure::new(
        format!(
            "{} commands, {tried} connections, {} of 3 errors name file and command{}",
            tour.commands,
            3 - missing.len().min(3),
            shown.trim_end()
        ),
        "0 connections, 3 of 3",
        tried == 0 && missing.is_empty(),
    ))
}

/// Words that the errors of three commands lack: the file and the command that fetches it.
fn missing(update: &Output, absent: &Output, training: &Output) -> Vec<String> {
    let mut missing = Vec::new();
    for (output, words) in [
        (
            update,
            ["offline", "mine/train.jsonl", "ext5 data fetch mine"],
        ),
        (
            absent,
            ["offline", "other/train.jsonl", "ext5 data fetch other"],
        ),
        (
            training,
            ["train", "other/train.jsonl", "ext5 data fetch other"],
        ),
    ] {
        let said = String::from_utf8_lossy(&output.stderr);
        let lacks = |word: &&str| output.status.success() || !said.contains(*word);
        missing.extend(
            words
                .into_iter()
                .filter(lacks)
                .map(|word| format!("`{word}` in {said}")),
        );
    }
    missing
}

fn expect(output: &Output, is_fine: bool) -> Result<(), Failure> {
    if output.status.success() == is_fine {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("a command ended with {}: {said}", output.status).into())
}

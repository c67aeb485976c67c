//! R8: a store that is slow, breaks off, and lies.
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use ext5_data::TaskSpec;
use ext5_hub::{Environment, Event, FetchOptions, Hub, Patience, fetch};
use ext5_objectives::Stream;

use super::mock_hub::{Answer, Asked, COMMIT, MockHub};
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

pub(super) const ROW: Row = Row {
    id: "R8",
    what: "downloads from a store with 10 % errors, 1 % cut bodies, stalls, wrong bytes, redirect loops",
    tier: Tier::P,
    defect: "a client that takes what comes",
    run,
};

const TOKEN: &str = "hf_CanaryToken7Qx2Zz9";
/// Bytes of a file.
const SIZE: usize = 32 << 10;
/// Clients at once.
const CLIENTS: usize = 4;
/// How often a command is given again after it ended with an error that says that the store is wrong.
const COMMANDS: usize = 5;
/// Without a byte from the store: a minute where users are, a moment here.
const SILENCE: Duration = Duration::from_secs(1);

/// What came of some downloads.
#[derive(Default)]
struct Tally {
    right: usize,
    wrong: usize,
    /// Commands that ended with an error; the next one went on where they were.
    refused: usize,
    lost: usize,
    most_tries: u32,
    pauses: Vec<Duration>,
    tokens: usize,
}

fn run(place: &Place) -> Result<Figure, Failure> {
    let count = place.count(1_000, 4_000);
    let files: Vec<(String, Vec<u8>)> = (0..count).map(file).collect();
    let asked_before: Mutex<BTreeMap<String, u64>> = Mutex::default();
    let hub = MockHub::start(move |asked, answer| {
        let mut before = asked_before.lock().unwrap_or_else(PoisonError::into_inner);
        let times = before.entry(asked.path.clone()).or_default();
        *times += 1;
        trouble(asked, *times, answer)
    })?;
    hub.publish(files.clone());
    let dir = place.quick_dir("store")?;
    let parts: Vec<Result<Tally, Failure>> = thread::scope(|scope| {
        let client = |number: usize| {
            let (hub, files, dir) = (&hub, &files, dir.join(number.to_string()));
            let seeded = place.seeded;
            scope.spawn(move || {
                let mine = (number..files.len()).step_by(CLIENTS);
                if seeded {
                    naive(hub, files, mine)
                } else {
                    patient(hub, files, mine, &dir)
                }
            })
        };
        let running: Vec<_> = (0..CLIENTS).map(client).collect();
        let lost = || Err("a client has panicked".into());
        running
            .into_iter()
            .map(|it| it.join().unwrap_or_else(|_| lost()))
            .collect()
    });
    let mut all = Tally::default();
    for part in parts {
        all.add(part?);
    }
    let asked = hub.asked();
    let resumed = asked.iter().filter(|it| it.is_range && it.from > 0).count();
    let ratio = hub.sent() as f64 / (count * SIZE) as f64;
    let mut distinct = all.pauses.clone();
    distinct.sort_unstable();
    distinct.dedup();
    Ok(Figure::new(
        format!(
            "{count} downloads: {} right, {} wrong, {} lost; {} commands refused what came; {} retries of {} lengths, \
             {} tries at most, {resumed} ranges, {ratio:.2} x the bytes, {} tokens in events",
            all.right,
            all.wrong,
            all.lost,
            all.refused,
            all.pauses.len(),
            distinct.len(),
            all.most_tries,
            all.tokens
        ),
        "all right, 0 wrong; 5 tries at most, jitter, ranges resumed, 1.5 x the bytes at most, 0 tokens",
        all.right == count
            && all.wrong + all.tokens == 0
            && all.most_tries <= 5
            && resumed > 0
            && ratio <= 1.5
            && distinct.len() > 10,
    ))
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.right += other.right;
        self.wrong += other.wrong;
        self.refused += other.refused;
        self.lost += other.lost;
        self.most_tries = self.most_tries.max(other.most_tries);
        self.pauses.extend(other.pauses);
        self.tokens += other.tokens;
    }

    fn judge(&mut self, found: &[u8], right: &[u8]) {
        if found == right {
            self.right += 1;
        } else {
            self.wrong += 1;
        }
    }
}

/// A file of the data set, each another.
fn file(number: usize) -> (String, Vec<u8>) {
    let mut stream = Stream::new(&[0x52_38, number as u64]);
    let words = (0..SIZE / 8).flat_map(|_| stream.next_u64().to_le_bytes());
    (format!("data/f{number}.jsonl"), words.collect())
}

/// How an answer goes wrong, by what is asked for and how often it was before.
fn trouble(asked: &Asked, times: u64, mut answer: Answer) -> Answer {
    if asked.path == "/round" {
        return round("/round");
    }
    let digits = asked
        .path
        .bytes()
        .fold(0_u64, |sum, byte| sum.wrapping_mul(31) + u64::from(byte));
    let mut stream = Stream::new(&[0x52_39, digits, times]);
    match stream.below(1_000) {
        0..100 => return Answer::of(500 + stream.below(5) as u16, b"{}".to_vec()),
        100..110 => answer.sent = stream.below(answer.body.len() as u64 + 1) as usize,
        110..115 => answer.pause = 2 * SILENCE,
        115..120 if asked.path.contains("/resolve/") => {
            // Other bytes under the right name, and under a wrong one.
            if let Some(byte) = answer.body.last_mut() {
                *byte ^= 1;
            }
            answer.headers.retain(|(name, _)| *name != "ETag");
            answer
                .headers
                .push(("ETag", format!("\"{}\"", "0".repeat(64))));
        }
        120..125 => return round("/round"),
        _ => {}
    }
    answer
}

/// Leads on, and there on again.
fn round(to: &str) -> Answer {
    let mut answer = Answer::of(302, Vec::new());
    answer.headers.push(("Location", to.to_owned()));
    answer
}

/// Downloads with the product, as commands that are given again when they fail.
fn patient(
    store: &MockHub,
    files: &[(String, Vec<u8>)],
    mine: impl Iterator<Item = usize>,
    dir: &Path,
) -> Result<Tally, Failure> {
    let hub = client(store, dir)?;
    let mut tally = Tally::default();
    for number in mine {
        let Some((name, right)) = files.get(number) else {
            continue;
        };
        let root = dir.join(format!("data{number}"));
        let task = task(name)?;
        let mut done = false;
        for _ in 0..COMMANDS {
            let mut said = String::new();
            let outcome = fetch(&hub, &task, &root, &FetchOptions::default(), &mut |event| {
                if let Event::Retrying { attempt, pause, .. } = &event {
                    tally.most_tries = tally.most_tries.max(attempt + 1);
                    tally.pauses.push(*pause);
                }
                said += &format!("{event:?}");
                Ok(())
            });
            said += &format!("{outcome:?}");
            tally.tokens += usize::from(said.contains(TOKEN));
            if outcome.is_ok() {
                tally.judge(&fs::read(root.join("t.jsonl"))?, right);
                done = true;
                break;
            }
            // Nothing may be laid out that was refused.
            if root.join("t.jsonl").exists() {
                tally.wrong += 1;
            }
            tally.refused += 1;
        }
        tally.lost += usize::from(!done);
    }
    Ok(tally)
}

fn client(store: &MockHub, dir: &Path) -> Result<Hub, Failure> {
    let cache: PathBuf = dir.join("cache");
    let environment = Environment::from_lookup(|name| match name {
        "HF_ENDPOINT" => Some(store.url().into()),
        "HF_HUB_CACHE" => Some(cache.clone().into()),
        "HF_TOKEN" => Some(TOKEN.into()),
        _ => None,
    })?;
    let patience = Patience {
        first_pause: Duration::from_millis(2),
        longest_pause: Duration::from_millis(20),
        silence: SILENCE,
        ..Patience::default()
    };
    Ok(Hub::new(environment, patience)?)
}

fn task(file: &str) -> Result<TaskSpec, Failure> {
    let text = format!(
        "name = \"t\"\nfamily = \"nli\"\ndescription = \"made up\"\n[source]\nformat = \"jsonl\"\ncolumns = [\"a\"]\n\
         hub = {{ id = \"o/n\", files = {{ train = [\"{file}\"] }} }}\nsplits = {{ train = [\"t.jsonl\"] }}\n"
    );
    Ok(TaskSpec::parse(Path::new("t.toml"), &text)?)
}

/// What the product must not do: ask once, and keep what comes.
fn naive(
    store: &MockHub,
    files: &[(String, Vec<u8>)],
    mine: impl Iterator<Item = usize>,
) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for number in mine {
        let Some((name, right)) = files.get(number) else {
            continue;
        };
        let mut stream = TcpStream::connect(store.url().trim_start_matches("http://"))?;
        let request = format!("GET /datasets/o/n/resolve/{COMMIT}/{name} HTTP/1.1\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let end = answer
            .windows(4)
            .position(|it| it == b"\r\n\r\n")
            .unwrap_or(0);
        tally.judge(answer.get(end + 4..).unwrap_or_default(), right);
    }
    Ok(tally)
}

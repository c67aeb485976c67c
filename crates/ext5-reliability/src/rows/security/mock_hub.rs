//! A Hub on 127.0.0.1 with one data set at one commit, which answers as it is told to.
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::row::Failure;

/// The only commit there is.
pub(super) const COMMIT: &str = "00000000000000000000000000000000000c0ffe";

/// What was asked for.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// Path and query, decoded.
    pub(super) path: String,
    /// First byte that is wanted, 0 without a range.
    pub(super) from: usize,
    pub(super) is_range: bool,
    pub(super) authorization: Option<String>,
}

/// What is answered.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    /// Bytes of the body that are sent before the connection ends.
    pub(super) sent: usize,
    /// Before the first byte.
    pub(super) pause: Duration,
}

impl Answer {
    pub(super) fn of(status: u16, body: Vec<u8>) -> Self {
        let sent = body.len();
        Self {
            status,
            headers: Vec::new(),
            body,
            sent,
            pause: Duration::ZERO,
        }
    }
}

/// What makes an answer another than the right one: gets what was asked and the right answer.
type Fault = dyn Fn(&Asked, Answer) -> Answer + Send + Sync;

struct State {
    files: Mutex<Vec<(String, Vec<u8>)>>,
    asked: Mutex<Vec<Asked>>,
    /// Bytes of files' contents that were sent.
    sent: Mutex<u64>,
    fault: Box<Fault>,
}

pub(super) struct MockHub {
    address: SocketAddr,
    state: Arc<State>,
}

impl MockHub {
    /// A Hub whose every answer goes through `fault`.
    pub(super) fn start(
        fault: impl Fn(&Asked, Answer) -> Answer + Send + Sync + 'static,
    ) -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            files: Mutex::default(),
            asked: Mutex::default(),
            sent: Mutex::default(),
            fault: Box::new(fault),
        });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                // A client that goes away in the middle is none of our business.
                thread::spawn(move || serve(stream, &state).ok());
            }
        });
        Ok(Self { address, state })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Makes these the files of the data set.
    pub(super) fn publish(&self, files: Vec<(String, Vec<u8>)>) {
        *lock(&self.state.files) = files;
    }

    /// What was asked for since the last call.
    pub(super) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut lock(&self.state.asked))
    }

    /// Bytes of files' contents that were sent so far.
    pub(super) fn sent(&self) -> u64 {
        *lock(&self.state.sent)
    }
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(mut stream: TcpStream, state: &State) -> Result<(), Failure> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split_whitespace().nth(1).unwrap_or_default();
    let mut asked = Asked {
        path: decode(path),
        from: 0,
        is_range: false,
        authorization: None,
    };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim().split_once(':') else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "authorization" => asked.authorization = Some(value.trim().to_owned()),
            "range" => {
                let from = value
                    .trim()
                    .trim_start_matches("bytes=")
                    .trim_end_matches('-');
                asked.from = from.parse().unwrap_or(0);
                asked.is_range = true;
            }
            _ => {}
        }
    }
    let right = right(&asked, &lock(&state.files));
    let answer = (state.fault)(&asked, right);
    let sent = answer.sent.min(answer.body.len());
    if asked.path.contains("/resolve/") {
        *lock(&state.sent) += sent as u64;
    }
    lock(&state.asked).push(asked);
    thread::sleep(answer.pause);
    let mut head = format!(
        "HTTP/1.1 {} X\r\nConnection: close\r\nContent-Length: {}\r\n",
        answer.status,
        answer.body.len()
    );
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    stream.write_all(&answer.body[..sent])?;
    Ok(stream.flush()?)
}

/// What a Hub in good order answers.
fn right(asked: &Asked, files: &[(String, Vec<u8>)]) -> Answer {
    let path = asked.path.split('?').next().unwrap_or_default();
    if path.contains("/revision/") {
        let value = json!({ "id": "o/n", "sha": COMMIT, "private": false });
        return Answer::of(200, value.to_string().into_bytes());
    }
    if path.contains("/tree/") {
        let entries = files.iter().map(|(path, body)| {
            json!({
                "type": "file", "path": path, "oid": "0".repeat(40), "size": body.len(),
                "lfs": { "oid": sha256(body), "size": body.len(), "pointerSize": 134 },
            })
        });
        let entries: Vec<_> = entries.collect();
        return Answer::of(200, json!(entries).to_string().into_bytes());
    }
    let file = path
        .split_once("/resolve/")
        .and_then(|(_, rest)| rest.split_once('/'))
        .and_then(|(_, path)| files.iter().find(|(name, _)| name == path));
    let Some((_, body)) = file else {
        return Answer::of(404, b"{}".to_vec());
    };
    let mut answer = Answer::of(200, body.get(asked.from..).unwrap_or_default().to_vec());
    answer.headers = vec![
        ("X-Repo-Commit", COMMIT.to_owned()),
        ("ETag", format!("\"{}\"", sha256(body))),
        ("Accept-Ranges", "bytes".to_owned()),
    ];
    if asked.is_range {
        answer.status = 206;
        let range = format!("bytes {}-{}/{}", asked.from, body.len() - 1, body.len());
        answer.headers.push(("Content-Range", range));
    }
    answer
}

/// In lower-case hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    let digits = Sha256::digest(bytes);
    digits.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An address without its `%`.
fn decode(path: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|it| std::str::from_utf8(it).ok());
        match digits.and_then(|it| u8::from_str_radix(it, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

//! The program itself, on the smallest run there is.
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::place::Place;
use crate::row::Failure;

/// A run of one small task with ids that are bytes.
const SMALL: [&str; 12] = [
    "data.mixture=\"micro_text\"",
    "data.max_examples=20",
    "data.inputs_length=16",
    "data.targets_length=12",
    "data.workers=0",
    "data.vocabulary={bytes={extra_ids=8}}",
    "trainer.batch_rows=1",
    "trainer.steps=1000000",
    "trainer.log_every=1",
    "trainer.checkpoint_every=3",
    "trainer.keep=2",
    "trainer.peak_tflops=1",
];

/// `ext5` with a cache of its own.
pub(super) struct Program {
    ext5: PathBuf,
    cache: PathBuf,
}

impl Program {
    /// # Errors
    /// Where the program is not built.
    pub(super) fn new(place: &Place, cache: &Path) -> Result<Self, Failure> {
        Ok(Self {
            ext5: place.ext5()?,
            cache: cache.to_owned(),
        })
    }

    /// `ext5 ARGUMENTS`, on one thread.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.ext5);
        command
            .args(arguments)
            .env("RAYON_NUM_THREADS", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    /// Begins a run, with further settings.
    pub(super) fn train(&self, run_dir: &Path, more: &[&str]) -> Command {
        let mut command = self.command(&["train", "--recipe", "micro_t5", "--run-dir"]);
        command.arg(run_dir);
        let cache = format!("data.cache={:?}", self.cache.display().to_string());
        for setting in SMALL
            .iter()
            .copied()
            .chain([cache.as_str()])
            .chain(more.iter().copied())
        {
            command.args(["--set", setting]);
        }
        command
    }

    /// Goes on with a run, with other settings.
    pub(super) fn resume(&self, run_dir: &Path, more: &[&str]) -> Command {
        let mut command = self.command(&["train", "--resume", "--run-dir"]);
        command.arg(run_dir);
        for setting in more {
            command.args(["--set", setting]);
        }
        command
    }
}

/// Waits until a process ends, at most so long; then it is killed, and nothing is answered.
pub(super) fn end(mut child: Child, limit: Duration) -> Result<Option<Output>, Failure> {
    let start = Instant::now();
    while child.try_wait()?.is_none() {
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(Some(child.wait_with_output()?))
}

/// What a process said on stderr.
pub(super) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

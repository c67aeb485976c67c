mod mishap;
mod probe;
mod resume;

pub use probe::Probe;
pub(crate) use probe::probe;

use crate::agreement::agree;
use crate::checkpoint::{Checkpoint, room};
use crate::exchange::Timed;
use crate::feeds::{Feeds, feeds};
use crate::model_dir::{RUN_CONFIG, hugging_face_files};
use crate::observer::Event;
use crate::validation::Validation;
use crate::{
    Alone, Error, Learner, Ledger, Memory, Observer, Place, Ranks, Result, RunConfig, Session,
    SpeedSummary, StepOptions, Stop, Throughput, Work, device, memory_limit, optimizer_bytes,
    product_ceiling, uptime,
};
use ext5_data::storage::DirLock;
use ext5_data::{Batch, Cursor, Loader, LoaderConfig, door, storage};
use mishap::Mishaps;
use resume::{forget_later, restored, resumable, same_run};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The log of a run: one JSON object a line, without times, so that a resumed run writes the same bytes.
pub const METRICS: &str = "metrics.jsonl";
/// The speed of a run: one JSON object a line, as often as in [`METRICS`]. A resumed run adds its own; steps after a lost
/// checkpoint are there twice.
pub const SPEED: &str = "speed.jsonl";
/// The speed of the process that ended the run.
pub const SPEED_SUMMARY: &str = "speed.json";
const STATE: &str = "state.json";
const OPTIMIZER: &str = "optimizer.safetensors";
/// Totals per task at the end of a run.
const LEDGER: &str = "ledger.json";

/// How a run ended.
#[derive(Clone, Debug, Serialize)]
pub struct TrainReport {
    /// Where everything lies.
    pub run_dir: PathBuf,
    /// The last checkpoint.
    pub checkpoint: PathBuf,
    /// Steps done.
    pub steps: u64,
    /// Loss per target token of the last step, nats; nothing where there was none left to take.
    pub loss: Option<f64>,
    /// Totals per task.
    pub tasks: Value,
    /// Tasks of the mixture without data, and why.
    pub absent: Vec<(String, String)>,
    /// How fast it was.
    pub speed: SpeedSummary,
}

/// What a checkpoint holds besides model and optimizer: everything that the next step depends on.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    step: u64,
    cursor: Cursor,
    ledger: Ledger,
    metrics_bytes: u64,
    /// Name and number of examples of each task: a cursor means nothing over other data.
    tasks: Vec<(String, u64)>,
    /// What went wrong so far; checkpoints of former versions do not say.
    #[serde(default)]
    mishaps: Mishaps,
}

/// Trains by `config` in `run_dir`. A directory that holds a run is continued with `resume`, and refused without.
///
/// # Errors
/// Everything of [`Error`]; what was committed before stays. [`Error::Stopped`] after a checkpoint where `stop` asked.
pub fn train(
    config: &RunConfig,
    run_dir: &Path,
    resume: bool,
    stop: &Stop,
    observer: &mut dyn Observer,
) -> Result<TrainReport> {
    train_among(&Alone, config, run_dir, resume, stop, observer)
}

/// As [`train`], as one of several processes that all call this with the same arguments. The first alone writes.
///
/// # Errors
/// As [`train`]. [`Error::Ranks`] where the processes do not fit together. After an error that is not
/// [everywhere](Error::is_everywhere) the others wait: [`Ranks::abort`] ends them.
pub fn train_among(
    ranks: &dyn Ranks,
    config: &RunConfig,
    run_dir: &Path,
    resume: bool,
    stop: &Stop,
    observer: &mut dyn Observer,
) -> Result<TrainReport> {
    config.validate()?;
    if !ranks.leads() {
        ranks.meet(); // the first has then built the vocabulary and the caches
    }
    let _lock = ranks
        .leads()
        .then(|| prepare(run_dir, resume))
        .transpose()?;
    let checkpoint = if resume {
        resumable(run_dir, observer)?
    } else {
        None
    };
    if let Some(checkpoint) = &checkpoint {
        same_run(checkpoint, config, observer)?;
    }
    let session = match &checkpoint {
        Some(checkpoint) => Session::resume(config, run_dir, checkpoint.path(), observer)?,
        None => Session::open(config, run_dir, observer)?,
    };
    let place = (config, run_dir, ranks);
    let mut run = Run::begin(place, &session, checkpoint.as_ref(), observer)?;
    if ranks.leads() {
        forget_later(run_dir, &run.state)?;
        storage::local().write(&run_dir.join(RUN_CONFIG), config.to_toml()?.as_bytes())?;
        run.room(run.checkpoint_bytes(), observer)?;
    }
    drop(checkpoint); // which would hold it against retention
    let loss = run.steps(stop, observer)?;
    if let Some(costs) = run.ranks.costs() {
        observer.on(&Event::Note(&costs));
    }
    run.finish(loss)
}

/// Makes the directory this process's own; one that holds a run is for resuming alone.
fn prepare(run_dir: &Path, resume: bool) -> Result<DirLock> {
    storage::local().create_dir(run_dir)?;
    let lock = storage::lock(run_dir)?;
    Checkpoint::clear(storage::local(), run_dir)?;
    if !resume && storage::local().exists(&run_dir.join(RUN_CONFIG))? {
        let run_dir = run_dir.display();
        let reason = format!(
            "`{run_dir}` already holds a run; continue it with `--resume` or choose another `--run-dir`"
        );
        return Err(Error::RunDirectory { reason });
    }
    Ok(lock)
}

struct Run<'a> {
    config: &'a RunConfig,
    run_dir: &'a Path,
    ranks: Timed<'a>,
    session: &'a Session,
    names: Vec<String>,
    absent: Vec<(String, String)>,
    loader: Loader,
    learner: Learner,
    state: State,
    validation: Validation,
    last_checkpoint: PathBuf,
    throughput: Throughput,
    /// Whether it was said that there is little room for checkpoints.
    told_room: bool,
    /// Whether lines of [`SPEED`] are still written.
    logs_speed: bool,
}

impl<'a> Run<'a> {
    fn begin(
        (config, run_dir, ranks): (&'a RunConfig, &'a Path, &'a dyn Ranks),
        session: &'a Session,
        checkpoint: Option<&Checkpoint>,
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        let place = (session.vocabulary.as_ref(), session.cache.as_path());
        let data = &config.data;
        let Feeds { feeds, absent, .. } = feeds(
            data,
            &data.mixture,
            &data.split,
            &session.catalogue,
            place,
            observer,
        )?;
        for (task, reason) in &absent {
            observer.on(&Event::Note(&format!("absent: `{task}`: {reason}")));
        }
        let tasks: Vec<(String, u64)> = feeds
            .iter()
            .map(|feed| (feed.name.clone(), feed.cache.len()))
            .collect();
        let rows = ranks.share(config.trainer.batch_rows).len();
        memory_limit::check(config, &session.shape(config)?, &feeds, rows)?;
        let (learner, state) = match checkpoint {
            None => {
                let state = State {
                    step: 0,
                    cursor: Cursor::start(feeds.len()),
                    ledger: Ledger::new(feeds.len()),
                    metrics_bytes: 0,
                    tasks,
                    mishaps: Mishaps::default(),
                };
                (session.start(config)?, state)
            }
            Some(checkpoint) => restored(config, session, checkpoint, &tasks)?,
        };
        let validation = Validation::open(config, session, observer)?;
        let names = feeds.iter().map(|feed| feed.name.clone()).collect();
        if ranks.leads() {
            ranks.meet();
        }
        let start = serde_json::to_vec(&state).unwrap_or_default();
        agree(ranks, config, &feeds, start, &learner)?;
        let cursor = state.cursor.clone();
        let loader = Loader::new(Arc::from(feeds), loader_config(config), cursor)?;
        let last_checkpoint =
            checkpoint.map_or_else(PathBuf::new, |checkpoint| checkpoint.path().to_owned());
        Ok(Self {
            config,
            run_dir,
            ranks: Timed::new(ranks),
            session,
            names,
            absent,
            loader,
            learner,
            state,
            validation,
            last_checkpoint,
            throughput: Throughput::new(Place::of(&config.trainer.device)),
            told_room: false,
            logs_speed: true,
        })
    }

    /// Steps until the end or until asked to stop; answers the loss of the last one.
    fn steps(&mut self, stop: &Stop, observer: &mut dyn Observer) -> Result<Option<f64>> {
        let trainer = &self.config.trainer;
        let mut loss = None;
        while self.state.step < trainer.steps {
            let Some(taken) = self.step(observer)? else {
                continue;
            };
            loss = Some(taken);
            let step = self.state.step;
            let at = |every: u64| every > 0 && step.is_multiple_of(every);
            if at(self.config.validation.every) || step == trainer.steps {
                self.validate(observer)?;
            }
            let wanted = self.wanted(stop);
            if at(trainer.checkpoint_every) || step == trainer.steps || wanted.is_some() {
                self.checkpoint(observer)?;
            }
            if let Some(interrupted) = wanted
                && step < trainer.steps
            {
                return Err(Error::Stopped {
                    step,
                    run_dir: self.run_dir.to_owned(),
                    interrupted,
                });
            }
        }
        Ok(loss)
    }

    /// Whether any process is asked to stop, and by a person: all answer the same.
    fn wanted(&self, stop: &Stop) -> Option<bool> {
        let wanted = stop.wanted();
        let mut votes = [Some(true), Some(false)].map(|vote| f64::from(u8::from(wanted == vote)));
        self.ranks.sum_f64(&mut votes);
        let [interrupt, terminate] = votes.map(|votes| votes > 0.0);
        (interrupt || terminate).then_some(interrupt)
    }

    fn step(&mut self, observer: &mut dyn Observer) -> Result<Option<f64>> {
        let (batch, cursor) = self.next_batch()?;
        self.take(&batch, cursor, observer)
    }

    fn next_batch(&mut self) -> Result<(Batch, Cursor)> {
        self.throughput.waits(uptime());
        let next = self.loader.next()?;
        self.throughput.computes(uptime());
        Ok(next)
    }

    /// Takes a step on `batch`, behind which the loader is at `cursor`; answers its loss, nothing where the step was not taken or
    /// taken back.
    fn take(
        &mut self,
        batch: &Batch,
        cursor: Cursor,
        observer: &mut dyn Observer,
    ) -> Result<Option<f64>> {
        let trainer = &self.config.trainer;
        let step = self.state.step;
        let options = StepOptions {
            step,
            rate: self.config.schedule.rate(step),
            micro_batch_rows: trainer.micro_batch_rows,
            z_loss: trainer.z_loss,
            clip_norm: trainer.clip_norm,
            seed: trainer.seed,
        };
        let outcome = match self.ranks.step(&mut self.learner, batch, &options) {
            Ok(outcome) => outcome,
            Err(error) => {
                self.not_taken(error, batch, cursor, observer)?;
                return Ok(None);
            }
        };
        let work = Work::of(batch, self.learner.config());
        self.throughput.stepped(uptime(), work);
        let processes = self.ranks.size() as f64;
        match trainer.peak_tflops {
            Some(peak) => self.throughput.set_peak(Some(peak * 1e12 * processes)),
            None if device::is_host(self.session.device()) => {
                self.throughput
                    .set_measured_peak(product_ceiling() * processes);
            }
            None => {}
        }
        self.state.ledger.record(batch, &outcome);
        self.state.cursor = cursor;
        self.state.step = step + 1;
        let loss = outcome.cross_entropy / outcome.weight.max(1.0);
        observer.on(&Event::Step {
            step: step + 1,
            steps: trainer.steps,
            loss,
            speed: self.throughput.recent(Memory::read()),
        });
        if (step + 1).is_multiple_of(trainer.log_every) || step + 1 == trainer.steps {
            let ledger = &mut self.state.ledger;
            let line = ledger.line(&self.names, step + 1, options.rate, outcome.gradient_norm);
            self.log(&line, observer)?;
            self.log_speed(observer);
        }
        let taken_back = self.taken((loss, outcome.gradient_norm), batch, observer)?;
        Ok((!taken_back).then_some(loss))
    }

    fn log(&mut self, line: &Value, observer: &mut dyn Observer) -> Result<()> {
        if !self.ranks.leads() {
            return Ok(());
        }
        let text = format!("{line}\n");
        storage::local().append(&self.run_dir.join(METRICS), text.as_bytes())?;
        self.state.metrics_bytes += text.len() as u64;
        observer.on(&Event::Metrics(line));
        Ok(())
    }

    /// Adds a line to [`SPEED`]; nothing depends on it, so a disk that does not take it ends it and not the run.
    fn log_speed(&mut self, observer: &mut dyn Observer) {
        if !self.ranks.leads() || !self.logs_speed {
            return;
        }
        let line = self.throughput.line(self.state.step, Memory::read());
        let line = format!("{line}\n");
        let path = self.run_dir.join(SPEED);
        if let Err(error) = storage::local().append(&path, line.as_bytes()) {
            observer.on(&Event::Note(&format!("`{SPEED}` ends here: {error}")));
            self.logs_speed = false;
        }
    }

    /// Bytes of weights and optimizer in a checkpoint.
    fn checkpoint_bytes(&self) -> u64 {
        let shape = self.learner.config();
        let weights = 4 * shape.num_parameters() as u64;
        weights + optimizer_bytes(shape, &self.config.optimizer) as u64
    }

    /// Says beforehand where there is little room for a checkpoint of so many bytes.
    ///
    /// # Errors
    /// [`ext5_data::Error::Full`] where there is none.
    fn room(&mut self, bytes: u64, observer: &mut dyn Observer) -> Result<()> {
        if let Some(told) = room(self.run_dir, bytes)?
            && !std::mem::replace(&mut self.told_room, true)
        {
            observer.on(&Event::Note(&told));
        }
        Ok(())
    }

    fn validate(&mut self, observer: &mut dyn Observer) -> Result<()> {
        if !self.ranks.leads() {
            return Ok(());
        }
        for line in self
            .validation
            .run(&self.learner, self.session, self.state.step, observer)?
        {
            self.log(&line, observer)?;
        }
        Ok(())
    }

    fn checkpoint(&mut self, observer: &mut dyn Observer) -> Result<()> {
        if !self.ranks.leads() {
            return Ok(());
        }
        let (step, trainer) = (self.state.step, &self.config.trainer);
        let log = self.run_dir.join(METRICS);
        if storage::local().exists(&log)? {
            storage::local().sync(&log)?;
        }
        let learner = &self.learner;
        let vocabulary = self.session.vocabulary.as_ref();
        let mut files = hugging_face_files(learner.config(), learner.weights()?, vocabulary);
        files.insert(OPTIMIZER.to_owned(), learner.optimizer_state()?);
        files.insert(
            STATE.to_owned(),
            serde_json::to_vec(&self.state).unwrap_or_default(),
        );
        files.insert(RUN_CONFIG.to_owned(), self.config.to_toml()?.into_bytes());
        let bytes = files.values().map(|bytes| bytes.len() as u64).sum();
        self.room(bytes, observer)?;
        let written = Checkpoint::commit(storage::local(), self.run_dir, step, &files)?;
        written.retain(storage::local(), trainer.keep, trainer.goes_back())?;
        let path = written.path();
        observer.on(&Event::Checkpoint { path, step });
        path.clone_into(&mut self.last_checkpoint);
        Ok(())
    }

    fn finish(self, loss: Option<f64>) -> Result<TrainReport> {
        let sizes: Vec<u64> = self.state.tasks.iter().map(|(_, size)| *size).collect();
        let tasks = self.state.ledger.summary(&self.names, &sizes);
        let text = serde_json::to_vec_pretty(&tasks).unwrap_or_default();
        let speed = self.throughput.summary(Memory::read());
        if self.ranks.leads() {
            storage::local().write(&self.run_dir.join(LEDGER), &text)?;
        }
        // One that had nothing left to do keeps the speed of the one that did it.
        if self.ranks.leads() && speed.steps > 0 {
            let text = serde_json::to_vec_pretty(&speed).unwrap_or_default();
            storage::local().write(&self.run_dir.join(SPEED_SUMMARY), &text)?;
        }
        Ok(TrainReport {
            run_dir: self.run_dir.to_owned(),
            checkpoint: self.last_checkpoint,
            steps: self.state.step,
            loss,
            tasks,
            absent: self.absent,
            speed,
        })
    }
}

/// How the loader makes a run's batches.
pub fn loader_config(config: &RunConfig) -> LoaderConfig {
    LoaderConfig {
        rows: config.trainer.batch_rows,
        inputs_length: config.data.inputs_length,
        targets_length: config.data.targets_length,
        packing: config.data.packing,
        seed: config.trainer.seed,
        workers: config.data.workers,
        prefetch: config.data.prefetch,
    }
}

/// The configuration of the run in `run_dir`, with overrides.
///
/// # Errors
/// [`Error::Data`] where the directory holds no run.
pub fn saved_config(run_dir: &Path, overrides: &[String]) -> Result<RunConfig> {
    let path = run_dir.join(RUN_CONFIG);
    let text = door::read_text(&path, 1 << 20)?;
    RunConfig::parse(&path, &text, overrides)
}

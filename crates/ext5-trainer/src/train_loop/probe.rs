use super::Run;
use crate::memory_plan::MicroBatch;
use crate::run_plan::ProbeOptions;
use crate::{
    Alone, Event, Memory, NonFinitePolicy, Observer, Result, RunConfig, Session, SpeedSummary,
    SpikePolicy, feeds, uptime,
};
use serde::Serialize;
use std::path::Path;

/// What some real steps of a run measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Probe {
    /// Their speed, and the most memory that the process had during them.
    #[serde(flatten)]
    pub speed: SpeedSummary,
    /// Resident memory before the model was made, MiB.
    pub program_mib: Option<f64>,
    /// The largest micro-batch.
    #[serde(skip)]
    pub micro_batch: MicroBatch,
}

/// Takes the first steps of a run and forgets them: caches are built as for the run, nothing else is written.
pub(crate) fn probe(
    config: &RunConfig,
    run_dir: &Path,
    session: &Session,
    options: ProbeOptions,
    observer: &mut dyn Observer,
) -> Result<Probe> {
    let mut config = config.clone();
    // No step of the probe is the run's last, nor one that is logged.
    config.trainer.steps = u64::MAX;
    config.trainer.log_every = u64::MAX;
    config.validation.every = 0;
    // Nor is there a log to say in what goes wrong.
    config.trainer.non_finite.policy = NonFinitePolicy::Stop;
    config.trainer.spikes.policy = SpikePolicy::Off;
    let mut observer = WithoutSteps(observer);
    let place = (session.vocabulary.as_ref(), session.cache.as_path());
    let data = &config.data;
    // What building caches takes is no part of a step.
    drop(feeds(
        data,
        &data.mixture,
        &data.split,
        &session.catalogue,
        place,
        &mut observer,
    )?);
    let program_mib = Memory::read().now_mib;
    Memory::forget_peak();
    let mut run = Run::begin((&config, run_dir, &Alone), session, None, &mut observer)?;
    let mut largest = MicroBatch::default();
    let begun = uptime();
    for _ in 0..options.steps.max(1) {
        let (batch, cursor) = run.next_batch()?;
        let micro_batch = MicroBatch::largest(&batch, config.trainer.micro_batch_rows);
        if micro_batch.tokens() > largest.tokens() {
            largest = micro_batch;
        }
        run.take(&batch, cursor, &mut observer)?;
        if uptime().saturating_sub(begun) >= options.limit {
            break;
        }
    }
    Ok(Probe {
        speed: run.throughput.summary(Memory::read()),
        program_mib,
        micro_batch: largest,
    })
}

/// Passes on what is told on the way to the first step.
struct WithoutSteps<'a>(&'a mut dyn Observer);

impl Observer for WithoutSteps<'_> {
    fn on(&mut self, event: &Event<'_>) {
        if !matches!(event, Event::Step { .. }) {
            self.0.on(event);
        }
    }
}

use crate::args::DataPrepareArgs;
use crate::command::config;
use crate::output::Output;
use crate::signals;
use crate::terminal::Terminal;
use anyhow::{Context, Result};
use ext5_data::{CacheEvent, ErrorKind, PrepareOptions, Prepared, Shard, prepare};
use ext5_trainer::{BadRows, Session, Stop, cache_requests};
use std::path::Path;

pub(crate) fn run(args: &DataPrepareArgs, output: &Output, terminal: &mut Terminal) -> Result<()> {
    let shard: Shard = args.shard.parse()?;
    let config = config::load_for(&args.config, args.name.as_deref())?;
    let data = &config.data;
    let session = Session::open(&config, Path::new("runs/prepare"), terminal)?;
    let requests = cache_requests(data, &data.mixture, &data.split, &session.catalogue)?;
    let options = PrepareOptions {
        shard,
        limit: data.max_examples,
        workers: 0,
        skip_bad_rows: data.bad_rows == BadRows::Skip,
    };
    let stop = signals::watch().context("cannot watch for signals")?;
    let prepared = prepare(
        &session.cache,
        &data.mixture,
        &requests,
        session.vocabulary.as_ref(),
        options,
        &mut |request, event| {
            tell(request.task.name(), &event, terminal);
            wanted(&stop)
        },
    )?;
    terminal.done();
    output.print(&prepared, || text(&prepared, &session.cache))
}

fn tell(task: &str, event: &CacheEvent, terminal: &mut Terminal) {
    match event {
        CacheEvent::Encoded { examples, .. } => {
            terminal.progress(*examples, 0, &format!("examples of `{task}` tokenized"));
        }
        CacheEvent::Waiting { holder } => terminal.say(&format!("{task}: waiting for {holder}")),
        CacheEvent::Rebuilding { reason } => terminal.say(&format!("{task}: again: {reason}")),
    }
}

/// What is whole stays; the next start goes on behind it.
fn wanted(stop: &Stop) -> ext5_data::Result<()> {
    let kind = match stop.wanted() {
        None => return Ok(()),
        Some(true) => ErrorKind::Interrupted,
        Some(false) => ErrorKind::Stopped,
    };
    Err(ext5_data::Error::Refused {
        kind,
        reason: "stopped; start it again to go on behind the last whole piece".to_owned(),
    })
}

fn text(prepared: &Prepared, cache: &Path) -> String {
    let mut text = String::new();
    for it in &prepared.caches {
        let (inputs, targets) = (&it.statistics.inputs, &it.statistics.targets);
        text.push_str(&format!(
            "{:<36} {:<12} {:>9} examples {:>11} + {:>10} tokens\n",
            it.task, it.split, it.statistics.examples, inputs.tokens, targets.tokens
        ));
    }
    for it in &prepared.absent {
        text.push_str(&format!(
            "absent: {} ({}): {}\n",
            it.task, it.split, it.reason
        ));
    }
    let (done, open) = (prepared.caches.len(), prepared.pending.len());
    text.push_str(&format!(
        "{done} caches are whole below {}",
        cache.display()
    ));
    match &prepared.manifest {
        Some(manifest) => text.push_str(&format!("; manifest: {}", manifest.display())),
        None => text.push_str(&format!("; {open} wait for other shards")),
    }
    text
}

use std::time::Instant;

use ext5_data::{Cursor, Loader, PrepareOptions, load_vocabulary, order, prepare};
use ext5_objectives::Stream;
use serde_json::{Value, json};

use crate::args::{Args, Failure};
use crate::machine::{median, peak_rss_mib, processor_seconds, timed};
use crate::{mixture, span, usage};

/// Runs one measurement.
///
/// # Errors
/// What keeps it from being taken.
pub(crate) fn run(bench: &str, args: &Args) -> Result<Value, Failure> {
    match bench {
        "make" => make(args),
        "open" => open(args),
        "draw" => draw(args),
        "render" => render(args),
        "span" => span::run(args),
        "seek" => seek(args),
        _ => Err(usage()),
    }
}

/// Renders, tokenizes and caches all tasks.
fn make(args: &Args) -> Result<Value, Failure> {
    let vocabulary = load_vocabulary(&args.text("vocabulary", "bytes"))?;
    let requests = mixture::requests(&args.path("dir")?)?;
    let options = PrepareOptions {
        workers: args.number("workers", 0)? as usize,
        ..PrepareOptions::default()
    };
    let start = Instant::now();
    let cache = args.path("cache")?;
    let prepared = prepare(
        &cache,
        "bench",
        &requests,
        vocabulary.as_ref(),
        options,
        &mut |_, _| Ok(()),
    )?;
    let seconds = start.elapsed().as_secs_f64();
    let caches = prepared.caches.iter();
    let examples: u64 = caches.clone().map(|cache| cache.statistics.examples).sum();
    let tokens: u64 = caches
        .map(|cache| cache.statistics.inputs.tokens + cache.statistics.targets.tokens)
        .sum();
    Ok(json!({
        "bench": "make", "tasks": prepared.caches.len(), "absent": prepared.absent.len(), "examples": examples,
        "tokens": tokens, "seconds": seconds, "tokens_per_s": (tokens as f64 / seconds).round(),
        "peak_rss_mib": peak_rss_mib(),
    }))
}

/// From nothing to the first batch, caches being there.
fn open(args: &Args) -> Result<Value, Failure> {
    let (start, busy) = (Instant::now(), processor_seconds());
    let vocabulary = load_vocabulary(&args.text("vocabulary", "bytes"))?;
    let vocabulary_s = start.elapsed().as_secs_f64();
    let feeds = mixture::feeds(
        &args.path("dir")?,
        &args.path("cache")?,
        vocabulary.as_ref(),
    )?;
    let (tasks, open_s) = (feeds.len(), start.elapsed().as_secs_f64());
    let config = mixture::loader_config(args.number("workers", 0)? as usize);
    let mut loader = Loader::new(feeds, config, Cursor::start(tasks))?;
    let (batch, _) = loader.next()?;
    Ok(json!({
        "bench": "open", "tasks": tasks, "vocabulary_s": vocabulary_s, "open_s": open_s,
        "first_batch_s": start.elapsed().as_secs_f64(), "processor_s": processor_seconds() - busy, "examples_in_batch": batch.segments.len(),
        "peak_rss_mib": peak_rss_mib(),
    }))
}

/// Cached draws with span corruption, packing and batching.
fn draw(args: &Args) -> Result<Value, Failure> {
    let vocabulary = load_vocabulary(&args.text("vocabulary", "bytes"))?;
    let feeds = mixture::feeds(
        &args.path("dir")?,
        &args.path("cache")?,
        vocabulary.as_ref(),
    )?;
    let tasks = feeds.len();
    let workers = args.number("workers", 0)? as usize;
    let mut loader = Loader::new(feeds, mixture::loader_config(workers), Cursor::start(tasks))?;
    loader.next()?;
    let batches = args.number("batches", 40)?;
    let (mut examples, mut tokens) = (0_u64, 0_u64);
    let seconds = timed(args.number("repeats", 5)?, || -> Result<(), Failure> {
        (examples, tokens) = (0, 0);
        for _ in 0..batches {
            let (batch, _) = loader.next()?;
            examples += batch.segments.len() as u64;
            let count =
                |segment: &ext5_data::Segment| segment.inputs_tokens + segment.targets_tokens;
            tokens += batch.segments.iter().map(count).sum::<usize>() as u64;
        }
        Ok(())
    })?;
    Ok(json!({
        "bench": "draw", "tasks": tasks, "workers": workers, "batches": batches, "examples": examples, "tokens": tokens,
        "seconds": median(&seconds.wall), "processor_s": median(&seconds.processor),
        "examples_per_s": (examples as f64 / median(&seconds.wall)).round(),
        "tokens_per_s": (tokens as f64 / median(&seconds.wall)).round(),
        "best_tokens_per_s": (tokens as f64 / seconds.wall[0]).round(),
        "examples_per_processor_s": (examples as f64 / median(&seconds.processor)).round(),
        "tokens_per_processor_s": (tokens as f64 / median(&seconds.processor)).round(),
        "peak_rss_mib": peak_rss_mib(),
    }))
}

/// From Parquet to text, on one thread.
fn render(args: &Args) -> Result<Value, Failure> {
    let requests = mixture::requests(&args.path("dir")?)?;
    let most = args.number("examples", 200_000)? as usize;
    let (mut examples, mut letters) = (0, 0);
    let seconds = timed(args.number("repeats", 5)?, || -> Result<(), Failure> {
        (examples, letters) = (0, 0);
        for request in requests.iter().filter(|request| request.chunk.is_none()) {
            for example in request.task.examples(&request.split, None)? {
                let example = example?;
                examples += 1;
                letters += example.inputs.len() + example.targets.len();
            }
            if examples >= most {
                break;
            }
        }
        Ok(())
    })?;
    Ok(json!({
        "bench": "render", "examples": examples, "mean_bytes": letters as f64 / examples as f64,
        "seconds": median(&seconds.wall), "processor_s": median(&seconds.processor),
        "examples_per_s": (examples as f64 / median(&seconds.wall)).round(),
        "best_examples_per_s": (examples as f64 / seconds.wall[0]).round(),
        "examples_per_processor_s": (examples as f64 / median(&seconds.processor)).round(),
    }))
}

/// Going to random positions of the first million draws, up to the batch that begins there.
fn seek(args: &Args) -> Result<Value, Failure> {
    const DRAWS: u64 = 1_000_000;
    let vocabulary = load_vocabulary(&args.text("vocabulary", "bytes"))?;
    let feeds = mixture::feeds(
        &args.path("dir")?,
        &args.path("cache")?,
        vocabulary.as_ref(),
    )?;
    let config = mixture::loader_config(0);
    let mut random = Stream::new(&[3]);
    let positions = args.number("positions", 1_000)?;
    let mut milliseconds = Vec::new();
    for _ in 0..positions {
        let position = random.below(DRAWS);
        let start = Instant::now();
        let cursor = Cursor::replay(&order(&feeds, config.seed), position);
        Loader::new(feeds.clone(), config, cursor)?.next()?;
        milliseconds.push(start.elapsed().as_secs_f64() * 1e3);
    }
    milliseconds.sort_by(f64::total_cmp);
    Ok(json!({
        "bench": "seek", "tasks": feeds.len(), "draws": DRAWS, "positions": positions,
        "median_ms": median(&milliseconds), "max_ms": milliseconds.last(),
    }))
}

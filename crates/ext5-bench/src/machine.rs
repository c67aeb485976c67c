use std::path::Path;
use std::sync::OnceLock;
use std::time::Instant;

use ext5_data::door;

/// Seconds of some runs of the same work, each list sorted.
pub(crate) struct Seconds {
    /// By the clock.
    pub(crate) wall: Vec<f64>,
    /// On the processor, of the calling thread: other programs do not count.
    pub(crate) processor: Vec<f64>,
}

/// Runs `work` so many times.
///
/// # Errors
/// The first error of `work`.
pub(crate) fn timed<E>(
    repeats: u64,
    mut work: impl FnMut() -> Result<(), E>,
) -> Result<Seconds, E> {
    let (mut wall, mut processor) = (Vec::new(), Vec::new());
    for _ in 0..repeats.max(1) {
        let (start, busy) = (Instant::now(), processor_seconds());
        work()?;
        wall.push(start.elapsed().as_secs_f64());
        processor.push(processor_seconds() - busy);
    }
    wall.sort_by(f64::total_cmp);
    processor.sort_by(f64::total_cmp);
    Ok(Seconds { wall, processor })
}

/// Seconds this thread has been on the processor; 0 where the system does not say.
pub(crate) fn processor_seconds() -> f64 {
    const LIMIT: u64 = 1 << 12;
    let path = Path::new("/proc/thread-self/schedstat");
    let facts = door::read_text(path, LIMIT).unwrap_or_default();
    let nanoseconds = facts
        .split_whitespace()
        .next()
        .and_then(|first| first.parse::<f64>().ok());
    nanoseconds.unwrap_or_default() / 1e9
}

/// The middle one of sorted numbers, 0 where there is none.
pub(crate) fn median(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// Largest resident size of this process so far, in MiB; 0 where the system does not say.
pub(crate) fn peak_rss_mib() -> f64 {
    const LIMIT: u64 = 1 << 20;
    let status = door::read_text(Path::new("/proc/self/status"), LIMIT).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}

/// When `main` began.
static BEGINNING: OnceLock<Instant> = OnceLock::new();

/// Notes that `main` has begun.
pub(crate) fn begin() {
    BEGINNING.get_or_init(Instant::now);
}

/// Seconds this process has lived and since when they count: `process`, its start by the system's books, to 0.01 s; or
/// `main`, its first line, where the books are not kept or disagree with the clock.
pub(crate) fn age() -> (f64, &'static str) {
    /// Most that starting a program takes; books that say more are those of another clock.
    const START: f64 = 5.0;
    let since_main = BEGINNING.get_or_init(Instant::now).elapsed().as_secs_f64();
    match booked_age() {
        Some(age) if (since_main - 0.01..since_main + START).contains(&age) => (age, "process"),
        _ => (since_main, "main"),
    }
}

/// Uptime of the system less the start of this process (proc(5), field 22 of `stat`, hundredths of a second).
fn booked_age() -> Option<f64> {
    const LIMIT: u64 = 1 << 12;
    let read = |path| door::read_text(Path::new(path), LIMIT).ok();
    let (stat, uptime) = (read("/proc/self/stat")?, read("/proc/uptime")?);
    let (_, after_name) = stat.rsplit_once(')')?;
    let started: f64 = after_name.split_whitespace().nth(19)?.parse().ok()?;
    let now: f64 = uptime.split_whitespace().next()?.parse().ok()?;
    Some((now * 100.0 - started).round() / 100.0)
}

//! What the processes of a run must have in common before its first step.
use crate::{Error, Learner, Ranks, Result, RunConfig};
use ext5_data::TaskFeed;

/// Bytes of a hash that are compared, each sent as a number.
const BYTES: usize = 16;

/// Makes sure that all processes begin with the same program, configuration, data, `start` and weights, and have a row each.
///
/// # Errors
/// [`Error::Ranks`], in all of them.
pub(crate) fn agree(
    ranks: &dyn Ranks,
    config: &RunConfig,
    feeds: &[TaskFeed],
    start: Vec<u8>,
    learner: &Learner,
) -> Result<()> {
    if ranks.size() == 1 {
        return Ok(());
    }
    let parts = [
        ("program", env!("CARGO_PKG_VERSION").as_bytes().to_vec()),
        ("configuration", config.to_toml()?.into_bytes()),
        ("data", identified(feeds)),
        ("checkpoint", start),
        ("start model", learner.weights()?),
    ];
    let own: Vec<f64> = parts
        .iter()
        .flat_map(|(_, part)| blake3::hash(part).as_bytes()[..BYTES].to_vec())
        .map(f64::from)
        .collect();
    let all = ranks.gather(&own);
    for (rank, other) in all.iter().enumerate() {
        let pairs = other.chunks(BYTES).zip(all[0].chunks(BYTES));
        for ((part, _), (other, first)) in parts.iter().zip(pairs) {
            if other != first {
                return Err(Error::Ranks {
                    reason: format!(
                        "process {rank} has another {part} than process 0; start all with one program, command line, data root and run directory"
                    ),
                });
            }
        }
    }
    let (size, rows) = (ranks.size(), config.trainer.batch_rows);
    if size > rows {
        return Err(Error::Ranks {
            reason: format!(
                "{size} processes cannot share a batch of {rows} rows; start at most {rows}, or raise `trainer.batch_rows`"
            ),
        });
    }
    Ok(())
}

/// The data as bytes to compare: caches lie in directories named by what is in them.
fn identified(feeds: &[TaskFeed]) -> Vec<u8> {
    let feed = |feed: &TaskFeed| {
        let cache = &feed.cache;
        format!(
            "{} {} {:?} {} {:?}",
            feed.name,
            feed.share,
            cache.dir().file_name(),
            cache.vocabulary_fingerprint(),
            cache.statistics()
        )
    };
    let lines: Vec<String> = feeds.iter().map(feed).collect();
    lines.join("\n").into_bytes()
}

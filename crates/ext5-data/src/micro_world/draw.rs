//! Choices made from a stream, and the split a row falls into.
use ext5_objectives::Stream;
use serde_json::Value;

/// The part of a table a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Split {
    Train,
    Validation,
    Test,
}

impl Split {
    /// The split of everything that shares `key`: about one key in twelve is validation, one test.
    /// Rows that would give each other away share a key, and so fall on the same side.
    pub(super) fn of_key(key: &str) -> Self {
        match fingerprint(key) % 12 {
            0 => Self::Validation,
            1 => Self::Test,
            _ => Self::Train,
        }
    }
}

/// One generated row: its split and its values in the order of the table's columns.
pub(super) struct Draft {
    pub(super) split: Split,
    pub(super) values: Vec<Value>,
}

impl Draft {
    /// A row whose split is decided by all its columns but the last `answers`: the same question
    /// never occurs in two splits.
    pub(super) fn keyed(values: Vec<Value>, answers: usize) -> Self {
        let asked = &values[..values.len() - answers];
        let key = asked
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n");
        Self {
            split: Split::of_key(&key),
            values,
        }
    }
}

/// A well mixed 64-bit number for `text` (FNV-1a over its bytes, then the stream's finalizer).
pub(super) fn fingerprint(text: &str) -> u64 {
    let hash = text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    Stream::new(&[hash]).next_u64()
}

/// One of `items`, each as likely; `items` is never empty here.
pub(super) fn pick<T: Copy>(stream: &mut Stream, items: &[T]) -> T {
    items[stream.below(items.len() as u64) as usize]
}

/// One of `items` that is not among `unwanted`; `items` always holds such a one here.
pub(super) fn pick_except(
    stream: &mut Stream,
    items: &[&'static str],
    unwanted: &[&str],
) -> &'static str {
    loop {
        let item = pick(stream, items);
        if !unwanted.contains(&item) {
            return item;
        }
    }
}

/// `count` different ones of `items`, in random order.
pub(super) fn pick_some<T: Copy>(stream: &mut Stream, items: &[T], count: usize) -> Vec<T> {
    let mut items = items.to_vec();
    for place in 0..count.min(items.len()) {
        let other = place + stream.below((items.len() - place) as u64) as usize;
        items.swap(place, other);
    }
    items.truncate(count);
    items
}

/// True `percent` times in a hundred.
pub(super) fn chance(stream: &mut Stream, percent: u64) -> bool {
    stream.below(100) < percent
}

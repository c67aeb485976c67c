//! Damage: what disks, networks, editors and enemies do to files.
use ext5_objectives::Stream;

/// Numbers that lengths and offsets are damaged into.
const NUMBERS: &[u64] = &[
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    1 << 40,
    i64::MAX as u64,
    1 << 63,
    u64::MAX,
];

/// Words that texts are damaged with.
const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    ",",
    ":",
    "=",
    "#",
    "\n",
    "\\",
    "null",
    "true",
    "-1",
    "0",
    "1e999",
    "NaN",
    "inf",
    "18446744073709551616",
    "\\u0000",
    "\\ud800",
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "|",
    "\u{0}",
    "\u{feff}",
    "\u{202e}",
    "[[",
    "]]",
    "[[[[[[[[[[[[[[[[",
    "{\"a\":{\"a\":{\"a\":",
    "..",
    "/",
    "1979-05-27",
];

/// Sample number `n` of damage to a valid file, by a stream named after it: one to four wounds.
pub(super) fn mutant(sample: &[u8], text: bool, stream: &mut Stream) -> Vec<u8> {
    let mut bytes = sample.to_vec();
    for _ in 0..=stream.below(4) {
        if bytes.is_empty() {
            break;
        }
        match stream.below(if text { 9 } else { 7 }) {
            0 => flip(&mut bytes, stream),
            1 => set(&mut bytes, stream),
            2 => delete(&mut bytes, stream),
            3 => insert(&mut bytes, stream),
            4 => bytes.truncate(stream.below(bytes.len() as u64) as usize),
            5 => splice(&mut bytes, sample, stream),
            6 => number(&mut bytes, stream),
            7 => token(&mut bytes, sample, stream),
            _ => word(&mut bytes, stream),
        }
    }
    bytes
}

fn flip(bytes: &mut [u8], stream: &mut Stream) {
    for _ in 0..=stream.below(8) {
        let at = below(bytes.len(), stream);
        bytes[at] ^= 1 << stream.below(8);
    }
}

fn set(bytes: &mut [u8], stream: &mut Stream) {
    const VALUES: [u8; 6] = [0, 1, 0x7f, 0x80, 0xfe, 0xff];
    let at = below(bytes.len(), stream);
    bytes[at] = match VALUES.get(below(2 * VALUES.len(), stream)) {
        Some(value) => *value,
        None => stream.next_u64() as u8,
    };
}

fn delete(bytes: &mut Vec<u8>, stream: &mut Stream) {
    let (first, end) = range(bytes.len(), stream);
    bytes.drain(first..end);
}

fn insert(bytes: &mut Vec<u8>, stream: &mut Stream) {
    let at = below(bytes.len() + 1, stream);
    let new: Vec<u8> = (0..=stream.below(16))
        .map(|_| stream.next_u64() as u8)
        .collect();
    bytes.splice(at..at, new);
}

/// Some of the sample once more, in another place or over what is there.
fn splice(bytes: &mut Vec<u8>, sample: &[u8], stream: &mut Stream) {
    let (first, end) = range(sample.len(), stream);
    let at = below(bytes.len() + 1, stream);
    let over = if stream.below(2) == 0 {
        at
    } else {
        (at + end - first).min(bytes.len())
    };
    bytes.splice(at..over, sample[first..end].iter().copied());
}

/// A number where one may be: little or big endian, or as a varint.
fn number(bytes: &mut Vec<u8>, stream: &mut Stream) {
    let near = [
        bytes.len() as u64,
        (bytes.len() as u64).wrapping_sub(8),
        bytes.len() as u64 + 1,
    ];
    let value = match stream.below(4) {
        0 => near[below(near.len(), stream)],
        _ => NUMBERS[below(NUMBERS.len(), stream)],
    };
    let at = below(bytes.len(), stream);
    let new = match stream.below(5) {
        0 => (value as u16).to_le_bytes().to_vec(),
        1 => (value as u32).to_le_bytes().to_vec(),
        2 => value.to_le_bytes().to_vec(),
        3 => (value as u32).to_be_bytes().to_vec(),
        _ => varint(value),
    };
    let end = (at + new.len()).min(bytes.len());
    bytes.splice(at..end, new);
}

/// A number in the seven-bit groups of protocol buffers and Thrift.
pub(super) fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A token of the text gone, doubled, or another one in its place.
fn token(bytes: &mut Vec<u8>, sample: &[u8], stream: &mut Stream) {
    let (first, end) = token_at(bytes, stream);
    let new = match stream.below(3) {
        0 => Vec::new(),
        1 => bytes[first..end].repeat(2),
        _ => {
            let (first, end) = token_at(sample, stream);
            sample[first..end].to_vec()
        }
    };
    bytes.splice(first..end, new);
}

/// A word that means something to a parser, in a token's place or before it.
fn word(bytes: &mut Vec<u8>, stream: &mut Stream) {
    let (first, end) = token_at(bytes, stream);
    let word = WORDS[below(WORDS.len(), stream)];
    let end = if stream.below(2) == 0 { first } else { end };
    bytes.splice(first..end, word.bytes());
}

/// Where a run of letters and digits, or one other byte, lies.
fn token_at(bytes: &[u8], stream: &mut Stream) -> (usize, usize) {
    let at = below(bytes.len(), stream);
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let before = bytes[..at]
        .iter()
        .rev()
        .take_while(|byte| inside(byte))
        .count();
    let behind = bytes[at..].iter().take_while(|byte| inside(byte)).count();
    if behind == 0 {
        (at, at + 1)
    } else {
        (at - before, at + behind)
    }
}

/// A range that is not empty: short more often than long.
fn range(length: usize, stream: &mut Stream) -> (usize, usize) {
    let first = below(length, stream);
    let most = match stream.below(3) {
        0 => length - first,
        _ => (length - first).min(16),
    };
    (first, first + 1 + below(most, stream))
}

fn below(bound: usize, stream: &mut Stream) -> usize {
    stream.below(bound as u64) as usize
}

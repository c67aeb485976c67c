//! A `spiece.model`, written field by field as protocol buffers are.
use crate::rows::input::mutate::varint;

/// A field of bytes.
fn bytes(number: u64, content: &[u8]) -> Vec<u8> {
    let mut field = varint(number << 3 | 2);
    field.extend(varint(content.len() as u64));
    field.extend(content);
    field
}

/// A field with a number.
fn number(number: u64, value: u64) -> Vec<u8> {
    let mut field = varint(number << 3);
    field.extend(varint(value));
    field
}

fn piece(text: &str, score: f32, kind: u64) -> Vec<u8> {
    let mut piece = bytes(1, text.as_bytes());
    piece.extend(varint(2 << 3 | 5));
    piece.extend(score.to_le_bytes());
    if kind != 1 {
        piece.extend(number(3, kind));
    }
    bytes(1, &piece)
}

/// A unigram model with T5's special pieces, letters, some words (so many times 24 more), byte pieces, and a map of characters.
pub(in crate::rows::input) fn model(times: usize) -> Vec<u8> {
    let mut model = Vec::new();
    for (text, kind) in [("<pad>", 3), ("</s>", 3), ("<unk>", 2), ("$", 4)] {
        model.extend(piece(text, 0.0, kind));
    }
    // Byte fallback, where there is room for all that it needs.
    let byte_pieces = if times > 1 { 256 } else { 0 };
    for byte in 0..byte_pieces {
        model.extend(piece(&format!("<0x{byte:02X}>"), 0.0, 6));
    }
    let letters = ('a'..='z').map(String::from);
    let words = ["▁", "▁the", "▁cat", "at", "▁sat", "on", "ü", "日"].map(String::from);
    let more = (24..24 * times).map(|number| format!("▁word{number}"));
    for (rank, text) in letters.chain(words).chain(more).enumerate() {
        model.extend(piece(&text, -1.0 - rank as f32 / 8.0, 1));
    }
    let trainer = [
        number(3, 1),
        number(35, u64::from(byte_pieces > 0)),
        bytes(47, b"</s>"),
        bytes(48, b"<pad>"),
    ]
    .concat();
    model.extend(bytes(2, &trainer));
    let normalizer = [
        bytes(1, b"nmt_nfkc"),
        bytes(2, &charsmap()),
        number(3, 1),
        number(4, 1),
        number(5, 1),
    ];
    model.extend(bytes(3, &normalizer.concat()));
    model
}

/// Darts-clone's double array of one key: `A` becomes `a`.
fn charsmap() -> Vec<u8> {
    let mut units = vec![0_u32; 256];
    // The root leads to 128 ^ label, that unit to a leaf beside it.
    units[0] = 128 << 10;
    let at = 128 ^ usize::from(b'A');
    units[at] = 3 << 10 | 1 << 8 | u32::from(b'A');
    units[at ^ 3] = 1 << 31;
    let mut map = (4 * units.len() as u32).to_le_bytes().to_vec();
    map.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
    map.extend(b"a\0");
    map
}

use crate::{Error, Result, TokenId};
use std::collections::BTreeSet;

/// SentencePiece's mark for a space inside a piece.
pub(crate) const SPACE: &str = "\u{2581}";

/// What a piece is for (`sentencepiece_model.proto`, `SentencePiece.Type`; sentinels are T5's).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Normal,
    Unknown,
    /// Has an id, but no text ever encodes to it.
    Control,
    /// Always chosen where the text holds it.
    UserDefined,
    Unused,
    /// One byte of a character that no piece covers.
    Byte(u8),
    /// `<extra_id_n>`.
    Sentinel(usize),
}

/// One entry of the vocabulary; its id is its position.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) text: String,
    /// Log-probability.
    pub(crate) score: f32,
    pub(crate) kind: Kind,
}

/// How characters are replaced before the text is cut into pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    Identity,
    /// A `precompiled_charsmap`, as stored in the model.
    Charsmap(Vec<u8>),
    /// Unicode NFKC; white space and the space mark become spaces.
    Nfkc,
}

/// The flags of SentencePiece's `NormalizerSpec`.
#[derive(Clone, Debug)]
pub(crate) struct Normalization {
    pub(crate) rule: Rule,
    pub(crate) add_dummy_prefix: bool,
    pub(crate) remove_extra_whitespaces: bool,
    pub(crate) escape_whitespaces: bool,
}

impl Normalization {
    pub(crate) fn new(rule: Rule) -> Self {
        Self {
            rule,
            add_dummy_prefix: true,
            remove_extra_whitespaces: true,
            escape_whitespaces: true,
        }
    }
}

/// Everything a unigram vocabulary is, whichever file it came from.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) normalization: Normalization,
    pub(crate) extra_ids: usize,
    pub(crate) pad_id: TokenId,
    pub(crate) eos_id: TokenId,
    pub(crate) unk_id: TokenId,
    /// What the unknown token decodes to.
    pub(crate) unk_surface: String,
    pub(crate) byte_fallback: bool,
}

/// Number in `<extra_id_n>` at the start of `text`, and the length of the whole.
pub(crate) fn sentinel_at_start(text: &str) -> Option<(usize, usize)> {
    let rest = text.strip_prefix("<extra_id_")?;
    let count = rest.bytes().take_while(u8::is_ascii_digit).take(20).count();
    let digits = rest.get(..count)?;
    let canonical = digits == "0" || !digits.starts_with('0');
    let number = digits
        .parse()
        .ok()
        .filter(|_| canonical && rest[count..].starts_with('>'))?;
    Some((number, "<extra_id_".len() + count + 1))
}

/// Number of the sentinel that `piece` is as a whole, with or without seqio's leading space mark.
fn sentinel_of(piece: &str) -> Option<usize> {
    let piece = piece.strip_prefix(SPACE).unwrap_or(piece);
    sentinel_at_start(piece)
        .filter(|(_, length)| *length == piece.len())
        .map(|(number, _)| number)
}

/// Number of sentinels that `pieces` end with: the last is `<extra_id_0>`, the one before it
/// `<extra_id_1>`, and so on.
pub(crate) fn trailing_sentinels(pieces: &[Piece]) -> usize {
    let numbers = pieces.iter().rev().map(|piece| sentinel_of(&piece.text));
    numbers
        .zip(0..)
        .take_while(|(number, expected)| *number == Some(*expected))
        .count()
}

impl Definition {
    /// Marks the last `extra_ids` pieces as sentinels, adding them where the pieces hold none.
    ///
    /// # Errors
    /// [`Error::ExtraIds`] where the pieces hold some, but another number.
    pub(crate) fn with_extra_ids(mut self, extra_ids: usize) -> Result<Self> {
        let present = trailing_sentinels(&self.pieces);
        if present == 0 {
            let text = |number| format!("<extra_id_{number}>");
            self.pieces.extend((0..extra_ids).rev().map(|number| Piece {
                text: text(number),
                score: 0.0,
                kind: Kind::Sentinel(number),
            }));
        } else if present == extra_ids {
            for (number, piece) in self.pieces.iter_mut().rev().take(extra_ids).enumerate() {
                piece.kind = Kind::Sentinel(number);
                piece.text = format!("<extra_id_{number}>");
            }
        } else {
            return Err(Error::ExtraIds {
                expected: extra_ids,
                got: present,
            });
        }
        self.extra_ids = extra_ids;
        Ok(self)
    }

    /// Checks what the encoder relies on; the reason why not, as the error.
    pub(crate) fn validate(&self) -> std::result::Result<(), String> {
        let mut texts = BTreeSet::new();
        for (id, piece) in self.pieces.iter().enumerate() {
            if piece.text.is_empty() {
                return Err(format!("piece {id} is empty"));
            }
            if !piece.score.is_finite() {
                return Err(format!(
                    "piece {id} `{}` has score {}",
                    piece.text, piece.score
                ));
            }
            if !texts.insert(piece.text.as_str()) {
                return Err(format!("piece {id} `{}` is there twice", piece.text));
            }
        }
        for (name, id) in [
            ("pad", self.pad_id),
            ("eos", self.eos_id),
            ("unk", self.unk_id),
        ] {
            if id as usize >= self.pieces.len() {
                let size = self.pieces.len();
                return Err(format!(
                    "{name} id {id} is not below the number of pieces, {size}"
                ));
            }
        }
        let bytes: BTreeSet<u8> = self
            .pieces
            .iter()
            .filter_map(|piece| piece.kind.byte())
            .collect();
        if self.byte_fallback && bytes.len() != 256 {
            return Err(format!(
                "byte fallback needs 256 byte pieces, got {}",
                bytes.len()
            ));
        }
        Ok(())
    }

    /// Hash of everything that decides the ids; the same for a `spiece.model` and the
    /// `tokenizer.json` made from it.
    pub(crate) fn fingerprint(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut field = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        let n = &self.normalization;
        field(b"ext5 unigram 1");
        match &n.rule {
            Rule::Identity => field(b"identity"),
            Rule::Charsmap(blob) => field(blob),
            Rule::Nfkc => field(b"nfkc"),
        }
        field(&[
            u8::from(n.add_dummy_prefix),
            u8::from(n.remove_extra_whitespaces),
            u8::from(n.escape_whitespaces),
            u8::from(self.byte_fallback),
        ]);
        for id in [self.pad_id, self.eos_id, self.unk_id, self.extra_ids as u32] {
            field(&id.to_le_bytes());
        }
        for piece in &self.pieces {
            field(piece.text.as_bytes());
            let score = if piece.kind == Kind::Normal {
                piece.score
            } else {
                0.0
            };
            field(&[&score.to_le_bytes()[..], &[piece.kind.code()]].concat());
        }
        hasher.finalize().to_hex().to_string()
    }
}

impl Kind {
    fn byte(self) -> Option<u8> {
        match self {
            Self::Byte(byte) => Some(byte),
            _ => None,
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::Normal => 1,
            Self::Unknown => 2,
            Self::Control => 3,
            Self::UserDefined => 4,
            Self::Unused => 5,
            Self::Byte(_) => 6,
            Self::Sentinel(_) => 7,
        }
    }
}

/// Byte that a piece `<0xHH>` stands for.
pub(crate) fn byte_of(piece: &str) -> Option<u8> {
    let digits = piece.strip_prefix("<0x")?.strip_suffix('>')?;
    let upper = digits.len() == 2 && !digits.bytes().any(|byte| byte.is_ascii_lowercase());
    u8::from_str_radix(digits, 16)
        .ok()
        .filter(|_| upper && !digits.starts_with('+'))
}

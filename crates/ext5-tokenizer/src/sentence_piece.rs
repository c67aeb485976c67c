use crate::definition::{
    Definition, Kind, Normalization, Piece, Rule, byte_of, trailing_sentinels,
};
use crate::protobuf::{Fields, Value};
use crate::unigram::Unigram;
use crate::{Error, Result, TokenId, Vocabulary, hugging_face};

const FORMAT: &str = "SentencePiece model";
const T5_EXTRA_IDS: usize = 100;

/// A `spiece.model`: SentencePiece's unigram model with T5's sentinels behind its pieces.
///
/// Text encodes as by SentencePiece 0.2 (`EncodeAsIds`), with one addition: `<extra_id_n>` in the
/// text is that sentinel wherever it stands, white space around it is dropped, and the text on
/// either side is encoded on its own. Hugging Face's T5 tokenizer does the same; seqio asks for a
/// space before the sentinel. `</s>`, `<pad>` and `<unk>` in a text are plain characters.
/// A sentinel decodes to a word of its own, as with seqio.
pub struct SentencePiece {
    unigram: Unigram,
    fingerprint: String,
    model: Vec<u8>,
}

impl SentencePiece {
    /// Reads the bytes of a `spiece.model`.
    ///
    /// `extra_ids` is how many of the last ids are sentinels. Where the model's pieces end with
    /// sentinels (mT5), it must be their number; otherwise (T5: 100) that many are added.
    /// Without a padding piece, id 0 is padding, as in seqio.
    ///
    /// # Errors
    /// [`Error::Malformed`] for damaged bytes, [`Error::Unsupported`] for a model that is not
    /// unigram, [`Error::ExtraIds`] where the model holds another number of sentinels.
    pub fn from_bytes(bytes: &[u8], extra_ids: usize) -> Result<Self> {
        Self::with(bytes, Some(extra_ids))
    }

    /// `None`: the sentinels the model holds, or T5's hundred where it holds none.
    pub(crate) fn with(bytes: &[u8], extra_ids: Option<usize>) -> Result<Self> {
        let definition = read(bytes)?;
        let extra_ids = extra_ids.unwrap_or_else(|| match trailing_sentinels(&definition.pieces) {
            0 => T5_EXTRA_IDS,
            present => present,
        });
        let definition = definition.with_extra_ids(extra_ids)?;
        let fingerprint = definition.fingerprint();
        let unigram = Unigram::new(definition).map_err(malformed)?;
        Ok(Self {
            unigram,
            fingerprint,
            model: bytes.to_vec(),
        })
    }
}

impl Vocabulary for SentencePiece {
    fn size(&self) -> usize {
        self.unigram.definition.pieces.len()
    }

    fn extra_ids(&self) -> usize {
        self.unigram.definition.extra_ids
    }

    fn pad_id(&self) -> TokenId {
        self.unigram.definition.pad_id
    }

    fn eos_id(&self) -> TokenId {
        self.unigram.definition.eos_id
    }

    fn unk_id(&self) -> TokenId {
        self.unigram.definition.unk_id
    }

    fn encode(&self, text: &str) -> Result<Vec<TokenId>> {
        self.unigram.encode_with_sentinels(text)
    }

    fn decode(&self, ids: &[TokenId]) -> String {
        self.unigram.decode_sequence(ids)
    }

    fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let definition = &self.unigram.definition;
        let mut files = hugging_face::files(definition, hugging_face::tokenizer_json(definition));
        files.push(("spiece.model".to_owned(), self.model.clone()));
        files
    }
}

fn malformed(reason: impl Into<String>) -> Error {
    Error::Malformed {
        format: FORMAT,
        reason: reason.into(),
    }
}

fn unsupported(feature: impl Into<String>, hint: &'static str) -> Error {
    Error::Unsupported {
        format: FORMAT,
        feature: feature.into(),
        hint,
    }
}

/// Fields of one message; `what` names it in errors.
fn fields<'a>(
    bytes: &'a [u8],
    what: &'static str,
) -> impl Iterator<Item = Result<(u64, Value<'a>)>> {
    Fields::new(bytes).map(move |field| {
        field.map_err(|offset| malformed(format!("damaged field at byte {offset} of {what}")))
    })
}

/// Value of a field, or an error where it has the wrong wire type.
fn typed<T>(value: Option<T>, name: &'static str) -> Result<T> {
    value.ok_or_else(|| malformed(format!("field `{name}` has the wrong type")))
}

/// What `TrainerSpec` says about the pieces.
struct Special {
    byte_fallback: bool,
    eos_piece: String,
    pad_piece: String,
    unk_surface: String,
}

fn read(bytes: &[u8]) -> Result<Definition> {
    let mut pieces = Vec::new();
    let mut trainer: &[u8] = &[];
    let mut normalizer = None;
    for field in fields(bytes, "the model") {
        match field? {
            (1, value) => pieces.push(read_piece(
                typed(value.as_bytes(), "pieces")?,
                pieces.len(),
            )?),
            (2, value) => trainer = typed(value.as_bytes(), "trainer_spec")?,
            (3, value) => normalizer = Some(typed(value.as_bytes(), "normalizer_spec")?),
            _ => {}
        }
    }
    let special = read_trainer(trainer)?;
    let mut unknowns = pieces
        .iter()
        .zip(0..)
        .filter(|(piece, _)| piece.kind == Kind::Unknown);
    let (Some((_, unk_id)), None) = (unknowns.next(), unknowns.next()) else {
        return Err(malformed("expected one piece of type UNKNOWN"));
    };
    // It comes last: a file that is cut between two fields is a message as whole as any.
    let normalizer = normalizer.ok_or_else(|| malformed("it ends before its `normalizer_spec`"))?;
    let normalization = read_normalizer(normalizer)?;
    let control = |text: &str| {
        let mut found = pieces.iter().zip(0..);
        let is_it = |piece: &Piece| piece.kind == Kind::Control && piece.text == text;
        found.find_map(|(piece, id)| is_it(piece).then_some(id))
    };
    let eos_id = control(&special.eos_piece).ok_or_else(|| {
        malformed(format!(
            "no control piece `{}` to end a sequence",
            special.eos_piece
        ))
    })?;
    Ok(Definition {
        pad_id: control(&special.pad_piece).unwrap_or(0),
        eos_id,
        unk_id,
        unk_surface: special.unk_surface,
        byte_fallback: special.byte_fallback,
        extra_ids: 0,
        normalization,
        pieces,
    })
}

fn read_piece(bytes: &[u8], id: usize) -> Result<Piece> {
    let (mut text, mut score, mut kind) = (String::new(), 0.0, 1);
    for field in fields(bytes, "a piece") {
        match field? {
            (1, value) => text = String::from(typed(value.as_str(), "piece")?),
            (2, value) => score = typed(value.as_float(), "score")?,
            (3, Value::Varint(value)) => kind = value,
            _ => {}
        }
    }
    let kind = match kind {
        1 => Kind::Normal,
        2 => Kind::Unknown,
        3 => Kind::Control,
        4 => Kind::UserDefined,
        5 => Kind::Unused,
        6 => Kind::Byte(byte_of(&text).ok_or_else(|| {
            malformed(format!(
                "piece {id} `{text}` is of type BYTE, expected `<0x00>` to `<0xFF>`"
            ))
        })?),
        other => {
            return Err(malformed(format!(
                "piece {id} `{text}` has unknown type {other}"
            )));
        }
    };
    Ok(Piece { text, score, kind })
}

fn read_trainer(bytes: &[u8]) -> Result<Special> {
    let mut special = Special {
        byte_fallback: false,
        eos_piece: "</s>".to_owned(),
        pad_piece: "<pad>".to_owned(),
        unk_surface: " \u{2047} ".to_owned(),
    };
    for field in fields(bytes, "`trainer_spec`") {
        match field? {
            (3, Value::Varint(1)) => {}
            (3, Value::Varint(kind)) => {
                let name = match kind {
                    2 => "BPE",
                    3 => "WORD",
                    _ => "CHAR",
                };
                return Err(unsupported(
                    format!("model type {name}"),
                    "T5 uses UNIGRAM; convert the model to a `tokenizer.json`",
                ));
            }
            (24, value) if typed(value.as_bool(), "treat_whitespace_as_suffix")? => {
                return Err(unsupported(
                    "`treat_whitespace_as_suffix`",
                    "train the model with white space as a prefix",
                ));
            }
            (35, value) => special.byte_fallback = typed(value.as_bool(), "byte_fallback")?,
            (44, value) => {
                special.unk_surface = String::from(typed(value.as_str(), "unk_surface")?);
            }
            (47, value) => special.eos_piece = String::from(typed(value.as_str(), "eos_piece")?),
            (48, value) => special.pad_piece = String::from(typed(value.as_str(), "pad_piece")?),
            _ => {}
        }
    }
    Ok(special)
}

fn read_normalizer(bytes: &[u8]) -> Result<Normalization> {
    let mut normalization = Normalization::new(Rule::Identity);
    for field in fields(bytes, "`normalizer_spec`") {
        match field? {
            (2, value) => {
                let blob = typed(value.as_bytes(), "precompiled_charsmap")?;
                if !blob.is_empty() {
                    normalization.rule = Rule::Charsmap(blob.to_vec());
                }
            }
            (3, value) => {
                normalization.add_dummy_prefix = typed(value.as_bool(), "add_dummy_prefix")?;
            }
            (4, value) => {
                normalization.remove_extra_whitespaces =
                    typed(value.as_bool(), "remove_extra_whitespaces")?;
            }
            (5, value) => {
                normalization.escape_whitespaces = typed(value.as_bool(), "escape_whitespaces")?;
            }
            _ => {}
        }
    }
    Ok(normalization)
}

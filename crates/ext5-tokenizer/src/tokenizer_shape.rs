//! Recognises the `tokenizer.json` files that mean what a SentencePiece unigram model means.

use crate::definition::sentinel_at_start;
use crate::definition::{Definition, Kind, Normalization, Piece, Rule, SPACE, byte_of};
use base64::Engine;
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    added_tokens: Vec<AddedToken>,
    normalizer: Option<Step>,
    pre_tokenizer: Option<Step>,
    decoder: Option<Step>,
    model: Model,
}

#[derive(Deserialize)]
struct AddedToken {
    id: u32,
    content: String,
}

#[derive(Deserialize)]
struct Model {
    #[serde(rename = "type")]
    kind: Option<String>,
    vocab: Vec<(String, f64)>,
    unk_id: Option<u32>,
    #[serde(default)]
    byte_fallback: bool,
}

/// A normaliser, pre-tokeniser or decoder.
#[derive(Deserialize)]
#[serde(tag = "type")]
enum Step {
    Sequence {
        #[serde(alias = "pretokenizers", alias = "decoders")]
        normalizers: Vec<Step>,
    },
    Precompiled {
        precompiled_charsmap: String,
    },
    #[serde(rename = "NFKC")]
    Nfkc,
    Strip {
        #[serde(default)]
        strip_left: bool,
        strip_right: bool,
    },
    Replace {
        pattern: Pattern,
        content: String,
    },
    WhitespaceSplit,
    Metaspace {
        replacement: String,
        prepend_scheme: Option<String>,
        #[serde(default)]
        add_prefix_space: bool,
    },
}

#[derive(Deserialize, PartialEq)]
enum Pattern {
    String(String),
    Regex(String),
}

/// The steps in order, nested sequences laid out flat.
fn flat(step: Option<Step>) -> Vec<Step> {
    match step {
        Some(Step::Sequence { normalizers }) => normalizers
            .into_iter()
            .flat_map(|step| flat(Some(step)))
            .collect(),
        other => other.into_iter().collect(),
    }
}

/// The vocabulary, or `None` where the file has another shape (or none at all).
pub(crate) fn definition(bytes: &[u8]) -> Option<Definition> {
    let file: File = serde_json::from_slice(bytes).ok()?;
    let is_unigram = file
        .model
        .kind
        .as_deref()
        .is_none_or(|kind| kind == "Unigram");
    let pre_tokenizer = flat(file.pre_tokenizer);
    let splits = match pre_tokenizer.as_slice() {
        [step] if is_metaspace(step) => false,
        [Step::WhitespaceSplit, step] if is_metaspace(step) => true,
        _ => return None,
    };
    if !is_unigram || !flat(file.decoder).iter().all(is_metaspace) {
        return None;
    }
    let normalization = Normalization::new(rule(&flat(file.normalizer), splits)?);
    let unk_id = file.model.unk_id?;
    let mut pieces: Vec<_> = file
        .model
        .vocab
        .into_iter()
        .map(|(text, score)| Piece {
            kind: match byte_of(&text).filter(|_| file.model.byte_fallback) {
                Some(byte) => Kind::Byte(byte),
                None => Kind::Normal,
            },
            text,
            score: score as f32,
        })
        .collect();
    let special = add_tokens(&mut pieces, file.added_tokens)?;
    pieces.get_mut(unk_id as usize)?.kind = Kind::Unknown;
    let id = |name: &str| {
        special
            .iter()
            .find(|token| token.content == name)
            .map(|token| token.id)
    };
    Some(Definition {
        pad_id: id("<pad>").unwrap_or(0),
        eos_id: id("</s>")?,
        unk_id,
        unk_surface: " \u{2047} ".to_owned(),
        byte_fallback: file.model.byte_fallback,
        extra_ids: 0,
        normalization,
        pieces,
    })
}

/// Puts the added tokens among the pieces; `None` where one is neither special nor a sentinel,
/// or where ids leave a hole.
fn add_tokens(pieces: &mut Vec<Piece>, mut tokens: Vec<AddedToken>) -> Option<Vec<AddedToken>> {
    tokens.sort_by_key(|token| token.id);
    for token in &tokens {
        let text = token.content.as_str();
        let special = ["<pad>", "</s>", "<unk>", "<s>"].contains(&text);
        let sentinel = sentinel_at_start(text).is_some_and(|(_, length)| length == text.len());
        if !special && !sentinel {
            return None;
        }
        let size = pieces.len();
        match pieces.get_mut(token.id as usize) {
            Some(piece) if piece.text == text => piece.kind = Kind::Control,
            None if token.id as usize == size => {
                pieces.push(Piece {
                    text: text.to_owned(),
                    score: 0.0,
                    kind: Kind::Control,
                });
            }
            _ => return None,
        }
    }
    Some(tokens)
}

fn is_metaspace(step: &Step) -> bool {
    match step {
        Step::Metaspace {
            replacement,
            prepend_scheme,
            add_prefix_space,
        } => {
            let always = prepend_scheme
                .as_deref()
                .map_or(*add_prefix_space, |it| it == "always");
            replacement == SPACE && always
        }
        _ => false,
    }
}

/// The rule of a normaliser that also joins and trims spaces (where `splits`, the pre-tokeniser
/// does); `None` where it is no such normaliser.
fn rule(steps: &[Step], splits: bool) -> Option<Rule> {
    let replaces = |step: &Step, from: &Pattern, to: &[&str]| match step {
        Step::Replace { pattern, content } => pattern == from && to.contains(&content.as_str()),
        _ => false,
    };
    if let [
        Step::Nfkc,
        mark,
        white,
        Step::Strip {
            strip_left: true,
            strip_right: true,
        },
    ] = steps
    {
        let known = replaces(mark, &Pattern::String(SPACE.to_owned()), &[" "])
            && replaces(white, &Pattern::Regex("\\s+".to_owned()), &[" "]);
        return known.then_some(Rule::Nfkc);
    }
    let (rule, spacing) = match steps {
        [
            Step::Precompiled {
                precompiled_charsmap,
            },
            spacing @ ..,
        ] => {
            let decoded = base64::engine::general_purpose::STANDARD
                .decode(precompiled_charsmap)
                .ok()?;
            (Rule::Charsmap(decoded), spacing)
        }
        spacing => (Rule::Identity, spacing),
    };
    let joins = Pattern::Regex(" {2,}".to_owned());
    let trims = |step: &Step| {
        matches!(
            step,
            Step::Strip {
                strip_right: true,
                ..
            }
        )
    };
    let known = match spacing {
        [] => splits,
        [strip, join] => trims(strip) && replaces(join, &joins, &[" ", SPACE]),
        _ => false,
    };
    known.then_some(rule)
}

use crate::definition::{Definition, Kind, Rule, SPACE};
use crate::normalizer::{Normalizer, byte_length};
use crate::sentinels::split_at_sentinels;
use crate::trie::Trie;
use crate::{Error, Result, TokenId};

/// How far below the rarest piece an unknown character lies (`kUnkPenalty`, `unigram_model.cc`).
const UNKNOWN_PENALTY: f64 = 10.0;

/// [`SPACE`] as the one character that it is.
const SPACE_MARK: char = '\u{2581}';

/// Normalised bytes that are cut in one go; keeps the working set in the cache.
const STRETCH: usize = 4096;

/// The best way to reach one byte of the text.
#[derive(Clone, Copy)]
struct Best {
    score: f64,
    start: u32,
    id: TokenId,
}

const UNREACHED: Best = Best {
    score: 0.0,
    start: u32::MAX,
    id: 0,
};

/// Whose sums decide between near ties.
#[derive(Clone, Copy, PartialEq)]
enum Arithmetic {
    /// 32-bit sums from the start of the text (`EncodeOptimized`, `unigram_model.cc`).
    SentencePiece,
    /// 64-bit sums from the start of the word (`encode_optimized` of Hugging Face's tokenizers).
    HuggingFace,
}

/// The unigram language model of a vocabulary: text without sentinels to ids, and ids to text.
pub(crate) struct Unigram {
    pub(crate) definition: Definition,
    normalizer: Normalizer,
    trie: Trie,
    /// By id.
    scores: Vec<f64>,
    unknown_score: f64,
    arithmetic: Arithmetic,
    /// No piece goes over a space, so that a text can be cut at any of them.
    words_are_separate: bool,
    /// Ids of the byte pieces, empty without byte fallback.
    byte_ids: Vec<TokenId>,
}

impl Unigram {
    /// The reason why the definition cannot be used, as the error.
    pub(crate) fn new(definition: Definition) -> std::result::Result<Self, String> {
        definition.validate()?;
        let pieces = &definition.pieces;
        let user_defined = pieces
            .iter()
            .filter(|piece| piece.kind == Kind::UserDefined);
        let normalizer = Normalizer::new(
            &definition.normalization,
            user_defined.map(|piece| piece.text.as_str()),
        )
        .ok_or("`precompiled_charsmap` is damaged")?;
        let searched = |kind| matches!(kind, Kind::Normal | Kind::UserDefined);
        let entries = pieces
            .iter()
            .zip(0..)
            .filter(|(piece, _)| searched(piece.kind));
        let trie = Trie::build(
            entries
                .clone()
                .map(|(piece, id)| (piece.text.as_bytes(), id)),
        );
        let words_are_separate = entries
            .clone()
            .all(|(piece, _)| !has_inner_space(&piece.text));
        let normal = || {
            pieces
                .iter()
                .filter(|piece| piece.kind == Kind::Normal)
                .map(|p| p.score)
        };
        if normal().next().is_none() {
            return Err("no piece is a normal one".to_owned());
        }
        let highest = normal().fold(f32::NEG_INFINITY, f32::max);
        let lowest = normal().fold(f32::INFINITY, f32::min);
        let score = |piece: &crate::definition::Piece| match piece.kind {
            // Always the best way, as in `EncodeOptimized`.
            Kind::UserDefined => f64::from(piece.text.len() as f32 * highest) - 0.1,
            _ => f64::from(piece.score),
        };
        let scores = pieces.iter().map(score).collect();
        let (arithmetic, unknown_score) = match definition.normalization.rule {
            Rule::Nfkc => (Arithmetic::HuggingFace, f64::from(lowest) - UNKNOWN_PENALTY),
            _ => (
                Arithmetic::SentencePiece,
                f64::from(lowest - UNKNOWN_PENALTY as f32),
            ),
        };
        Ok(Self {
            normalizer,
            trie,
            scores,
            unknown_score,
            arithmetic,
            words_are_separate,
            byte_ids: byte_ids(&definition),
            definition,
        })
    }

    /// Ids of `text`; each `<extra_id_n>` in it is that sentinel, the text around is on its own.
    pub(crate) fn encode_with_sentinels(&self, text: &str) -> Result<Vec<TokenId>> {
        let last = self.definition.pieces.len() - 1;
        let mut ids = Vec::with_capacity(text.len() / 4 + 1);
        let mut after_sentinel = false;
        for (stretch, sentinel) in split_at_sentinels(text, self.definition.extra_ids) {
            let stretch = if after_sentinel {
                stretch.trim_start()
            } else {
                stretch
            };
            after_sentinel = sentinel.is_some();
            self.encode(
                if after_sentinel {
                    stretch.trim_end()
                } else {
                    stretch
                },
                &mut ids,
            )?;
            ids.extend(sentinel.map(|number| (last - number) as TokenId));
        }
        Ok(ids)
    }

    /// Text of `ids` up to the first end of sequence, without padding.
    pub(crate) fn decode_sequence(&self, ids: &[TokenId]) -> String {
        let Definition { eos_id, pad_id, .. } = self.definition;
        let sequence = ids.iter().copied().take_while(|id| *id != eos_id);
        self.decode(sequence.filter(|id| *id != pad_id))
    }

    /// Appends the ids of `text`, in which sentinels are plain characters.
    ///
    /// # Errors
    /// [`Error::Encode`] above 4 GiB of normalised text.
    fn encode(&self, text: &str, ids: &mut Vec<TokenId>) -> Result<()> {
        let normalized = self.normalizer.normalize(text);
        if u32::try_from(normalized.len()).is_err() {
            return Err(Error::Encode(format!(
                "expected at most 4 GiB of normalised text, got {} bytes; cut it",
                normalized.len()
            )));
        }
        let mut best = Vec::new();
        let mut path = Vec::new();
        let (mut start, mut score) = (0, 0.0);
        while start < normalized.len() {
            let end = self.stretch_end(&normalized, start);
            let stretch = &normalized[start..end];
            score = match self.arithmetic {
                Arithmetic::SentencePiece => self.search::<true>(stretch, score, &mut best),
                Arithmetic::HuggingFace => self.search::<false>(stretch, 0.0, &mut best),
            };
            self.follow(stretch, &best, &mut path, ids);
            start = end;
        }
        Ok(())
    }

    /// Where the stretch that begins at `start` ends: before the next word, or the first word
    /// after [`STRETCH`] bytes where the score is carried over.
    fn stretch_end(&self, normalized: &[u8], start: usize) -> usize {
        let least = if self.arithmetic == Arithmetic::HuggingFace {
            1
        } else {
            STRETCH
        };
        let from = start.saturating_add(least);
        if !self.words_are_separate || from >= normalized.len() {
            return normalized.len();
        }
        let space = SPACE.as_bytes();
        let found = normalized[from..]
            .windows(space.len())
            .position(|window| window == space);
        found.map_or(normalized.len(), |offset| from + offset)
    }

    /// Fills `best` for every byte of `text`, reached with `score`; the score of the whole.
    ///
    /// `SINGLE` rounds every sum to 32 bits.
    fn search<const SINGLE: bool>(&self, text: &[u8], score: f64, best: &mut Vec<Best>) -> f64 {
        best.clear();
        best.resize(text.len() + 1, UNREACHED);
        best[0].score = score;
        let mut start = 0;
        while start < text.len() {
            let so_far = best[start].score;
            let single = start + byte_length(text[start]).min(text.len() - start);
            let mut single_known = false;
            let mut node = Trie::ROOT;
            for (end, &byte) in (start + 1..).zip(&text[start..]) {
                let Some((next, id)) = self.trie.step(node, byte) else {
                    break;
                };
                node = next;
                if let Some(id) = id {
                    single_known |= end == single;
                    let candidate = rounded::<SINGLE>(self.scores[id as usize] + so_far);
                    offer(&mut best[end], candidate, start, id);
                }
            }
            if !single_known {
                let candidate = rounded::<SINGLE>(self.unknown_score + so_far);
                offer(&mut best[single], candidate, start, self.definition.unk_id);
            }
            start = single;
        }
        best[text.len()].score
    }

    /// Appends the ids along the best path; unknown neighbours are one unknown, or their bytes.
    fn follow(
        &self,
        text: &[u8],
        best: &[Best],
        path: &mut Vec<(usize, TokenId)>,
        ids: &mut Vec<TokenId>,
    ) {
        path.clear();
        let mut end = text.len();
        while end > 0 {
            let Best { start, id, .. } = best[end];
            path.push((end, id));
            // Every start precedes its end, so this terminates.
            end = (start as usize).min(end - 1);
        }
        let unknown = self.definition.unk_id;
        let mut start = 0;
        for &(end, id) in path.iter().rev() {
            if id != unknown {
                ids.push(id);
            } else if !self.byte_ids.is_empty() {
                let bytes = text[start..end].iter();
                ids.extend(bytes.map(|byte| self.byte_ids[usize::from(*byte)]));
            } else if ids.last() != Some(&unknown) {
                ids.push(unknown);
            }
            start = end;
        }
    }

    /// Text of `ids` as SentencePiece's `Decode`; sentinels read as words of their own.
    fn decode(&self, ids: impl Iterator<Item = TokenId>) -> String {
        let flags = &self.definition.normalization;
        let drops_leading = flags.add_dummy_prefix || flags.remove_extra_whitespaces;
        let mut text = String::new();
        let mut bytes = Vec::new();
        let mut dropped = false;
        for id in ids {
            let piece = self.definition.pieces.get(id as usize);
            if let Some(Kind::Byte(byte)) = piece.map(|piece| piece.kind) {
                bytes.push(byte);
                continue;
            }
            push_bytes(&mut text, &mut bytes);
            let at_start = text.is_empty() && !dropped && drops_leading;
            match piece.map(|piece| (piece.kind, piece.text.as_str())) {
                None | Some((Kind::Unknown, _)) => text.push_str(&self.definition.unk_surface),
                Some((Kind::Control, _)) => {}
                Some((Kind::Sentinel(_), name)) => {
                    text.push_str(if at_start { "" } else { " " });
                    text.push_str(name);
                }
                Some((_, piece)) => {
                    let rest = piece.strip_prefix(SPACE).filter(|_| at_start);
                    // With joined spaces, every space before the first word goes.
                    dropped = rest.is_some() && !flags.remove_extra_whitespaces;
                    for (number, part) in rest.unwrap_or(piece).split(SPACE_MARK).enumerate() {
                        text.push_str(if number == 0 { "" } else { " " });
                        text.push_str(part);
                    }
                }
            }
        }
        push_bytes(&mut text, &mut bytes);
        text
    }
}

#[inline]
fn offer(target: &mut Best, score: f64, start: usize, id: TokenId) {
    if target.start == u32::MAX || score > target.score {
        *target = Best {
            score,
            start: start as u32,
            id,
        };
    }
}

#[inline]
fn rounded<const SINGLE: bool>(score: f64) -> f64 {
    if SINGLE {
        f64::from(score as f32)
    } else {
        score
    }
}

fn has_inner_space(piece: &str) -> bool {
    piece
        .char_indices()
        .any(|(index, c)| index > 0 && SPACE.starts_with(c))
}

fn byte_ids(definition: &Definition) -> Vec<TokenId> {
    let mut ids = vec![definition.unk_id; if definition.byte_fallback { 256 } else { 0 }];
    for (piece, id) in definition.pieces.iter().zip(0..) {
        if let Kind::Byte(byte) = piece.kind
            && let Some(slot) = ids.get_mut(usize::from(byte))
        {
            *slot = id;
        }
    }
    ids
}

/// Moves `bytes` into `text`; each byte that belongs to no character reads as U+FFFD.
fn push_bytes(text: &mut String, bytes: &mut Vec<u8>) {
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    bytes.clear();
}

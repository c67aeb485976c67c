//! Packed rows: what they hold, where, and that hardly anything of a chunk of plain text is cut off.
use std::path::Path;
use std::sync::Arc;

use ext5_data::{Batch, Cursor, Loader, LoaderConfig, Segment, TaskFeed, TokenCache};
use ext5_objectives::{Objective, Sentinels, Stream};
use ext5_tokenizer::{TokenId, Vocabulary, vocabulary_from_bytes};

use crate::place::Place;
use crate::row::Failure;

/// Batches that are looked at.
const BATCHES: usize = 4;
/// End of sequence in a vocabulary of bytes.
const EOS: TokenId = 1;

/// Tokens of inputs and targets.
type Pair = (Vec<TokenId>, Vec<TokenId>);

/// A mixture of plain text and of pairs.
struct Mixed {
    feeds: Arc<[TaskFeed]>,
    config: LoaderConfig,
    /// Tokens of the pairs, ended and cut.
    pairs: Vec<Pair>,
}

/// Every token of every batch lies in its row, in its segment, and is that of its example.
pub(super) fn rows(stream: &mut Stream, place: &Place) -> bool {
    let mut asked = || -> Result<bool, Failure> {
        let mixed = Mixed::draw(stream, &place.quick_dir("packed")?)?;
        let start = Cursor::start(mixed.feeds.len());
        let mut loader = Loader::new(Arc::clone(&mixed.feeds), mixed.config, start)?;
        for _ in 0..BATCHES {
            if !mixed.is_good(&loader.next()?.0) {
                return Ok(false);
            }
        }
        Ok(true)
    };
    asked().unwrap_or(false)
}

impl Mixed {
    fn draw(stream: &mut Stream, root: &Path) -> Result<Self, Failure> {
        let vocabulary = vocabulary_from_bytes("bytes", &[], None)?;
        let objective =
            Objective::span_corruption(0.01 + 0.6 * stream.uniform(), 1.0 + 9.0 * stream.uniform());
        let inputs_length = 2 + stream.below(120) as usize;
        let lengths = objective.lengths(inputs_length)?;
        let config = LoaderConfig {
            rows: 1 + stream.below(6) as usize,
            inputs_length,
            targets_length: lengths.targets + stream.below(40) as usize,
            packing: stream.below(4) > 0,
            seed: stream.next_u64(),
            workers: 0,
            prefetch: 1,
        };
        let mut text = |most: usize| "x".repeat(stream.below(most as u64 + 1) as usize);
        let documents: Vec<String> = (0..5).map(|_| text(3 * lengths.raw) + "y").collect();
        let pairs: Vec<(String, String)> = (0..12)
            .map(|_| (text(2 * inputs_length), text(2 * config.targets_length)))
            .collect();
        let (name, chunk) = (("plain", "train", "1"), lengths.raw);
        let plain = TokenCache::from_documents(
            root,
            name,
            || documents.clone(),
            chunk,
            vocabulary.as_ref(),
        )?;
        let name = ("pairs", "train", "1");
        let told = TokenCache::from_pairs(root, name, || pairs.clone(), vocabulary.as_ref())?;
        let feed = |name: &str, cache, objective| TaskFeed {
            name: name.to_owned(),
            share: 1.0,
            cache,
            objective,
        };
        // More sentinels than there can be spans; the vocabulary of bytes has fewer.
        let sentinels = Sentinels {
            first: 99_999,
            count: 10_000,
        };
        Ok(Self {
            feeds: Arc::from(vec![
                feed("pairs", told, None),
                feed("plain", plain, Some((objective, sentinels))),
            ]),
            config,
            pairs: ended(&pairs, &config, vocabulary.as_ref())?,
        })
    }

    fn is_good(&self, batch: &Batch) -> bool {
        let mut inputs = Side::new(&batch.encoder_segment_ids, batch.inputs_length);
        let mut targets = Side::new(&batch.decoder_segment_ids, batch.targets_length);
        let placed = batch.segments.iter().all(|segment| {
            let places = (
                inputs.take(segment, segment.inputs_tokens),
                targets.take(segment, segment.targets_tokens),
            );
            let (Some(inputs_at), Some(targets_at)) = places else {
                return false;
            };
            let found = (
                &batch.encoder_input_tokens[inputs_at],
                &batch.decoder_target_tokens[targets_at],
            );
            self.is_of_its_example(segment, found)
        });
        placed && inputs.rest_is_empty() && targets.rest_is_empty()
    }

    fn is_of_its_example(&self, segment: &Segment, found: (&[TokenId], &[TokenId])) -> bool {
        let ends = found.0.last() == Some(&EOS) && found.1.last() == Some(&EOS);
        if segment.task == 0 {
            let expected = self.pairs.get(segment.example as usize);
            return ends && expected.is_some_and(|(inputs, targets)| found == (inputs, targets));
        }
        // T5's solver and T5's mask count apart: now and then a row is a token or two short.
        ends && segment.inputs_truncated <= 1 && segment.targets_truncated <= 2
    }
}

/// Pairs as they are to be found: cut to one token less than a row has, then ended.
fn ended(
    pairs: &[(String, String)],
    config: &LoaderConfig,
    vocabulary: &dyn Vocabulary,
) -> Result<Vec<Pair>, Failure> {
    let end = |text: &str, length: usize| -> Result<Vec<TokenId>, Failure> {
        let tokens = vocabulary.encode(text)?;
        Ok(tokens.into_iter().take(length - 1).chain([EOS]).collect())
    };
    pairs
        .iter()
        .map(|(inputs, targets)| {
            let inputs = end(inputs, config.inputs_length)?;
            Ok((inputs, end(targets, config.targets_length)?))
        })
        .collect()
}

/// One side of a batch, taken segment by segment.
struct Side<'a> {
    ids: &'a [u32],
    length: usize,
    /// The row, and the place in it, behind what was taken.
    at: (usize, usize),
}

impl<'a> Side<'a> {
    fn new(ids: &'a [u32], length: usize) -> Self {
        Self {
            ids,
            length,
            at: (0, 0),
        }
    }

    /// The places of the next segment, `None` where they are not its own.
    fn take(&mut self, segment: &Segment, tokens: usize) -> Option<std::ops::Range<usize>> {
        if segment.row != self.at.0 {
            // What was left of the rows before is padding.
            let (before, after) = (self.place(), segment.row * self.length);
            self.ids
                .get(before..after)?
                .iter()
                .all(|id| *id == 0)
                .then_some(())?;
            self.at = (segment.row, 0);
        }
        let from = self.place();
        self.at.1 += tokens;
        let range = from..from + tokens;
        let own = self
            .ids
            .get(range.clone())?
            .iter()
            .all(|id| *id == segment.segment);
        (own && self.at.1 <= self.length).then_some(range)
    }

    fn place(&self) -> usize {
        self.at.0 * self.length + self.at.1
    }

    fn rest_is_empty(&self) -> bool {
        let rest = self.ids.get(self.place()..);
        rest.is_some_and(|rest| rest.iter().all(|id| *id == 0))
    }
}

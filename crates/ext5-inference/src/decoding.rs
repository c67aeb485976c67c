use crate::layers::{heads, project};
use crate::{Decoder, Error, Memory, Result, T5};
use ext5_cpu::{DistanceBias, KeyValue, add, cached_attention};
use std::ops::Range;

/// Rows of a batch in the middle of decoding with a [`T5`].
///
/// Keys and values of a position are written once and never moved: each row remembers in which place of every earlier
/// position its own history lies, so that reordering beams copies nothing but those numbers.
#[derive(Debug)]
pub struct Decoding<'a> {
    model: &'a T5,
    memory: Memory,
    /// `[position][layer * rows * 2 * H * K]`
    positions: Vec<Position>,
    rows: Vec<Row>,
    bias: DistanceBias,
    logits: Vec<f32>,
}

#[derive(Clone, Debug)]
struct Row {
    source: usize,
    /// The row's place at each earlier position.
    places: Vec<u32>,
}

#[derive(Debug)]
struct Position {
    rows: usize,
    values: Vec<f32>,
}

impl Position {
    /// Keys and values of one row in one layer.
    fn of(&self, layer: usize, row: usize, width: usize) -> &[f32] {
        let first = (layer * self.rows + row) * width;
        &self.values[first..first + width]
    }
}

impl T5 {
    /// A batch of one row for each source, nothing decoded yet: the first token to feed is the decoder's start.
    ///
    /// # Errors
    /// As [`T5::encode`].
    pub fn decode(&self, sources: &[&[u32]]) -> Result<Decoding<'_>> {
        let memory = self.encode(sources)?;
        let rows = (0..memory.rows())
            .map(|source| Row {
                source,
                places: Vec::new(),
            })
            .collect();
        Ok(Decoding {
            model: self,
            memory,
            positions: Vec::new(),
            rows,
            bias: self.bias(true, 64),
            logits: Vec::new(),
        })
    }
}

impl Decoding<'_> {
    /// Rows of one source that follow each other, with what they attend to.
    fn groups(&self, layer: usize) -> Vec<(Range<usize>, &[KeyValue])> {
        let mut groups: Vec<(Range<usize>, &[KeyValue])> = Vec::new();
        let mut last = None;
        for (row, Row { source, .. }) in self.rows.iter().enumerate() {
            match groups.last_mut() {
                Some((rows, _)) if last == Some(*source) => rows.end = row + 1,
                _ => groups.push((row..row + 1, self.memory.of(layer, *source))),
            }
            last = Some(*source);
        }
        groups
    }
}

impl Decoder for Decoding<'_> {
    fn vocabulary(&self) -> usize {
        self.model.config().vocab_size
    }

    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn step(&mut self, tokens: &[u32]) -> Result<&mut [f32]> {
        let (model, count) = (self.model, self.rows.len());
        if tokens.len() != count {
            return Err(Error::TokenCount {
                rows: count,
                tokens: tokens.len(),
            });
        }
        let (heads, layers) = (heads(model.config()), model.decoder.blocks.len());
        let width = 2 * heads.total();
        let mut x = model.embed(tokens.iter().copied())?;
        for (place, row) in self.rows.iter_mut().enumerate() {
            row.places.push(place as u32);
        }
        if self.positions.len() == self.bias.reach() {
            self.bias = model.bias(true, 2 * self.bias.reach());
        }
        self.positions.push(Position {
            rows: count,
            values: vec![0.0; layers * count * width],
        });
        for (layer, block) in model.decoder.blocks.iter().enumerate() {
            let qkv = project(&block.own.norm.forward(&x), &block.own.qkv);
            if let Some(position) = self.positions.last_mut() {
                let to = position.values[layer * count * width..].chunks_exact_mut(width);
                for (to, qkv) in to.zip(qkv.chunks_exact(3 * heads.total())) {
                    to.copy_from_slice(&qkv[heads.total()..]);
                }
            }
            let past = |row: usize| -> Vec<&[f32]> {
                let places = self.rows[row].places.iter().zip(&self.positions);
                places
                    .map(|(&place, position)| position.of(layer, place as usize, width))
                    .collect()
            };
            let mut attended = vec![0.0; count * heads.total()];
            cached_attention(
                (&qkv, 3 * heads.total()),
                &past,
                heads,
                &self.bias,
                &mut attended,
            );
            add(&mut x, &project(&attended, &block.own.o));
            block.attend_across(&mut x, &self.groups(layer), heads);
            block.feed_forward.forward(&mut x);
        }
        self.logits = model.logits(model.decoder.norm.forward(&x));
        Ok(&mut self.logits)
    }

    fn reorder(&mut self, parents: &[usize]) -> Result<()> {
        let count = self.rows.len();
        let row = |&parent: &usize| {
            self.rows.get(parent).cloned().ok_or(Error::Row {
                row: parent,
                rows: count,
            })
        };
        self.rows = parents.iter().map(row).collect::<Result<_>>()?;
        Ok(())
    }
}

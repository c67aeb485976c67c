use crate::{Error, Memory, Result, T5};
use ext5_cpu::{for_each_row, log_sum_exp};

/// Tokens whose logits are held at once.
const CHUNK: usize = 128;

impl T5 {
    /// Logarithm of the probability of each token of each target under teacher forcing; a target is `(row of memory, ids)`
    /// with its end of sequence, so that all choices of a question share one encoding. No z-loss, no smoothing.
    ///
    /// # Errors
    /// [`Error::EmptyRow`] for an empty target, [`Error::Token`] for an id beyond the embeddings, [`Error::Row`],
    /// [`Error::NotANumber`] where the weights are damaged.
    pub fn log_probabilities(
        &self,
        memory: &Memory,
        targets: &[(usize, &[u32])],
    ) -> Result<Vec<Vec<f32>>> {
        let start = self.config().decoder_start_token_id;
        let vocabulary = self.config().vocab_size;
        for (row, (source, ids)) in targets.iter().enumerate() {
            if ids.is_empty() {
                return Err(Error::EmptyRow { row });
            }
            if *source >= memory.rows() {
                return Err(Error::Row {
                    row: *source,
                    rows: memory.rows(),
                });
            }
            if let Some(&id) = ids.iter().find(|&&id| id as usize >= vocabulary) {
                return Err(Error::Token { id, vocabulary });
            }
        }
        let shifted: Vec<Vec<u32>> = targets
            .iter()
            .map(|(_, ids)| {
                std::iter::once(start)
                    .chain(ids.iter().copied())
                    .take(ids.len())
                    .collect()
            })
            .collect();
        let rows: Vec<(usize, &[u32])> = targets
            .iter()
            .zip(&shifted)
            .map(|(target, ids)| (target.0, ids.as_slice()))
            .collect();
        let hidden = self.read(memory, &rows)?;
        let ids: Vec<u32> = targets
            .iter()
            .flat_map(|target| target.1)
            .copied()
            .collect();
        let mut found = Vec::with_capacity(ids.len());
        let width = self.config().d_model;
        for (hidden, ids) in hidden.chunks(CHUNK * width).zip(ids.chunks(CHUNK)) {
            let logits = self.logits(hidden.to_vec());
            let mut here = vec![0.0; ids.len()];
            for_each_row(&mut here, 1, &|row, out| {
                let logits = &logits[row * vocabulary..(row + 1) * vocabulary];
                out[0] = logits[ids[row] as usize] - log_sum_exp(logits);
            });
            // An impossible token is minus infinity, which is a score; NaN is none.
            if here.iter().any(|log| log.is_nan()) {
                return Err(Error::NotANumber);
            }
            found.extend(here);
        }
        let mut found = found.into_iter();
        Ok(targets
            .iter()
            .map(|(_, ids)| found.by_ref().take(ids.len()).collect())
            .collect())
    }
}

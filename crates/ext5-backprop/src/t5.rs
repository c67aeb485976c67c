use crate::loss::{Labels, Sums, cross_entropy};
use crate::pass::Pass;
use crate::pool::Pool;
use crate::stack::{Inputs, Saved, Stack};
use crate::{Batch, Parameters, Profile, Result, Rows};
use ext5_architecture::T5Config;
use ext5_cpu::{Dropout, Heads, add, for_each_part};
use std::ops::Range;

/// A T5's way forward and back: where its parameters lie and what is done with them. The numbers themselves are
/// [`Parameters`].
#[derive(Debug)]
pub struct T5 {
    config: T5Config,
    shared: Range<usize>,
    head: Range<usize>,
    encoder: Stack,
    decoder: Stack,
    pool: Pool,
    profile: Profile,
}

/// How a step's gradients are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Coefficient of the z-loss.
    pub z_loss: f64,
    /// What the gradients are divided by: the weight of the whole step.
    pub divisor: f64,
    /// Probability of dropout, below 1.
    pub dropout_rate: f64,
    /// Whether blocks keep their input alone and are computed again on the way back: a quarter more time, a fraction of the
    /// memory.
    pub recompute: bool,
}

/// Losses of a batch, as sums.
#[derive(Clone, Debug, PartialEq)]
pub struct Losses {
    /// Weighted negative log-likelihood of each target token, nats.
    pub per_token: Vec<f32>,
    /// Sum of the weighted squares of log Z, not yet times the coefficient.
    pub log_z_squared: f64,
}

impl T5 {
    /// The model of `config` over `parameters` of its shape.
    pub fn new(config: &T5Config, parameters: &Parameters) -> Self {
        let place = |name: &str| parameters.slot(name).map(|slot| slot.range.clone());
        let shared = place("shared.weight").unwrap_or(0..0);
        let head = place("lm_head.weight").unwrap_or_else(|| shared.clone());
        Self {
            config: config.clone(),
            shared,
            head,
            encoder: Stack::new(config, parameters, false),
            decoder: Stack::new(config, parameters, true),
            pool: Pool::default(),
            profile: Profile::default(),
        }
    }

    /// The shape of this model.
    pub fn config(&self) -> &T5Config {
        &self.config
    }

    /// Where the time went so far.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Bytes of the buffers kept from step to step.
    pub fn buffer_bytes(&self) -> usize {
        self.pool.bytes()
    }

    fn pass<'a>(&'a self, parameters: &'a Parameters, dropout: Option<Dropout>) -> Pass<'a> {
        Pass {
            parameters: parameters.values(),
            heads: Heads {
                count: self.config.num_heads,
                width: self.config.d_kv,
            },
            epsilon: self.config.layer_norm_epsilon as f32,
            dropout,
            pool: &self.pool,
            profile: &self.profile,
        }
    }

    /// Losses of `batch`, without dropout.
    ///
    /// # Errors
    /// [`crate::Error::Batch`], [`crate::Error::Token`].
    pub fn losses(&self, parameters: &Parameters, batch: &Batch) -> Result<Losses> {
        batch.check(self.config.vocab_size, false)?;
        let pass = self.pass(parameters, None);
        let (hidden, encoded) = self.forward(&pass, batch, true, |saved| saved.discard(&pass));
        let labels = labels(batch, 0.0, 1.0);
        let (sums, _) = cross_entropy(&pass, &hidden, &self.head, &labels, None);
        pass.give([hidden, encoded]);
        Ok(sums.into())
    }

    /// Losses of `batch`; adds their gradients, divided by the divisor, to `gradients`.
    ///
    /// # Errors
    /// [`crate::Error::Batch`], [`crate::Error::Token`]; nothing has then been added.
    pub fn gradients(
        &self,
        parameters: &Parameters,
        batch: &Batch,
        options: &Options,
        gradients: &mut Parameters,
    ) -> Result<Losses> {
        let dropout = Dropout::new(options.dropout_rate);
        batch.check(self.config.vocab_size, dropout.is_some())?;
        let pass = self.pass(parameters, dropout);
        let gradients = gradients.values_mut();
        let mut saved = Vec::new();
        let (hidden, encoded) =
            self.forward(&pass, batch, options.recompute, |kept| saved.push(kept));
        let labels = labels(batch, options.z_loss, options.divisor);
        let (sums, d_hidden) = cross_entropy(&pass, &hidden, &self.head, &labels, Some(gradients));
        let (Some(from_decoder), Some(from_encoder), Some(mut d_hidden)) =
            (saved.pop(), saved.pop(), d_hidden)
        else {
            return Ok(sums.into());
        };
        self.scale_output(&mut d_hidden);
        pass.pool.give(hidden);
        let mut d_encoded = pass.pool.zeros(encoded.len());
        let inputs = Inputs {
            batch,
            encoded: Some(&encoded),
        };
        let dx = self.decoder.backward(
            &pass,
            from_decoder,
            d_hidden,
            inputs,
            (gradients, &mut d_encoded),
        );
        self.embedding_gradient(&pass, &batch.targets, &dx, gradients);
        pass.give([dx, encoded]);
        let inputs = Inputs {
            batch,
            encoded: None,
        };
        let dx =
            self.encoder
                .backward(&pass, from_encoder, d_encoded, inputs, (gradients, &mut []));
        self.embedding_gradient(&pass, &batch.sources, &dx, gradients);
        pass.pool.give(dx);
        Ok(sums.into())
    }

    /// The decoder's output `[N, D]`, ready for the output layer, and the encoder's.
    fn forward(
        &self,
        pass: &Pass<'_>,
        batch: &Batch,
        recompute: bool,
        mut keep: impl FnMut(Saved),
    ) -> (Vec<f32>, Vec<f32>) {
        let inputs = Inputs {
            batch,
            encoded: None,
        };
        let (encoded, saved) =
            self.encoder
                .forward(pass, self.embed(pass, &batch.sources), inputs, recompute);
        keep(saved);
        let inputs = Inputs {
            batch,
            encoded: Some(&encoded),
        };
        let (mut hidden, saved) =
            self.decoder
                .forward(pass, self.embed(pass, &batch.targets), inputs, recompute);
        keep(saved);
        self.scale_output(&mut hidden);
        (hidden, encoded)
    }

    /// T5 1.0, whose output layer is its embedding, scales the decoder's output by `d_model`^-0.5.
    fn scale_output(&self, hidden: &mut [f32]) {
        if self.config.scales_output() {
            let scale = (self.config.d_model as f32).powf(-0.5);
            for value in hidden {
                *value *= scale;
            }
        }
    }

    fn embed(&self, pass: &Pass<'_>, rows: &Rows) -> Vec<f32> {
        let (table, width) = (pass.weight(&self.shared), self.config.d_model);
        let mut x = pass.pool.take(rows.ids.len() * width);
        pass.profile.time("embedding", || {
            for (&id, x) in rows.ids.iter().zip(x.chunks_exact_mut(width)) {
                x.copy_from_slice(&table[id as usize * width..][..width]);
            }
        });
        x
    }

    /// Adds `dx` to the rows of the embedding's gradient that `rows` had taken, each thread to some columns of all.
    fn embedding_gradient(&self, pass: &Pass<'_>, rows: &Rows, dx: &[f32], gradients: &mut [f32]) {
        let width = self.config.d_model;
        let mut order: Vec<usize> = (0..rows.ids.len()).collect();
        order.sort_by_key(|&at| rows.ids[at]);
        let table = &mut gradients[self.shared.clone()];
        pass.profile.time("embedding gradient", || {
            // Parts of rows of the table; a stable sort keeps the order of sums.
            const ROWS: usize = 1024;
            for_each_part([(table, ROWS * width)], &|part, [table]| {
                let ids = part * ROWS..part * ROWS + table.len() / width;
                let first = order.partition_point(|&at| (rows.ids[at] as usize) < ids.start);
                let own = order[first..]
                    .iter()
                    .take_while(|&&at| ids.contains(&(rows.ids[at] as usize)));
                for &at in own {
                    let row = rows.ids[at] as usize - ids.start;
                    add(
                        &mut table[row * width..(row + 1) * width],
                        &dx[at * width..(at + 1) * width],
                    );
                }
            });
        });
    }
}

fn labels(batch: &Batch, z_loss: f64, divisor: f64) -> Labels<'_> {
    Labels {
        ids: &batch.labels,
        weights: &batch.weights,
        z_loss: z_loss as f32,
        divisor: divisor as f32,
    }
}

impl From<Sums> for Losses {
    fn from(sums: Sums) -> Self {
        Self {
            per_token: sums.per_token,
            log_z_squared: sums.log_z_squared,
        }
    }
}

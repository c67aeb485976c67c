//! Token ids to (inputs, targets): the denoising objectives of T5, pure and seeded.
//!
//! Nothing here knows a vocabulary, a file or a clock. An [`Objective`] gets the tokens of one piece of text, the two
//! integers that say where the sentinels lie, and a [`Stream`] of random numbers named by whoever calls; the same three
//! always give the same [`Pair`].
//!
//! ```
//! use ext5_objectives::{Objective, Sentinels, Stream};
//!
//! let objective = Objective::span_corruption(0.15, 3.0);
//! assert_eq!(objective.lengths(512)?.raw, 568);
//!
//! let tokens: Vec<u32> = (100..120).collect();
//! let sentinels = Sentinels { first: 32_099, count: 100 };
//! let pair = objective.apply(&tokens, sentinels, &mut Stream::new(&[1, 2]))?;
//! assert_eq!(pair.inputs.len(), 17 + 1); // 3 of 20 tokens became one sentinel
//! assert_eq!(pair.targets.len(), 1 + 3);
//! # Ok::<(), ext5_objectives::Error>(())
//! ```
mod error;
mod noise_mask;
mod normal;
mod objective;
mod prefix_lm;
mod sentinel;
mod span_corruption;
mod stream;

pub use error::{Error, Result};
pub use objective::{Lengths, Objective, Pair};
pub use sentinel::Sentinels;
pub use stream::Stream;

//! Matrix products and vector operations over slices of f32, as fast as the processor allows: one source each, compiled for
//! several instruction sets and chosen when it runs.
//!
//! Every number of a result is summed in one order that depends neither on the number of threads nor on how many rows there
//! are, so a row of a batch equals the same row alone, bit for bit. The exception is [`matmul`], for training: faster, and its
//! sums are in whatever order suits the sizes and the threads.
#![expect(
    unsafe_code,
    reason = "calls code compiled for a detected instruction set, shares results between threads"
)]
#![expect(
    clippy::inline_always,
    reason = "bodies must be compiled inside their instruction set's function"
)]
mod attention;
mod attention_gradient;
mod attention_head;
mod block;
mod dropout;
mod gradient;
mod isa;
mod matmul;
mod panels;
mod product;
mod softmax;
mod team;
mod tile;
mod update;
mod vector;

pub use attention::{
    DistanceBias, Heads, KeyValue, cached_attention, cross_attention, self_attention,
};
pub use attention_gradient::Attention;
pub use dropout::Dropout;
pub use gradient::{
    cross_entropy_gradient, gated_gelu_gradient, gated_relu_gradient, gated_silu_gradient,
    gelu_gradient, relu_gradient, rms_norm_gradient, silu_gradient,
};
pub use isa::Isa;
pub use matmul::{Matrix, Output, matmul};
pub use panels::{PANEL, Panels, Precision};
pub use product::product;
pub use team::{for_each_part, for_each_row, run, threads};
pub use update::{
    AdamWStep, adamw, factored_apply, factored_moments, factored_squares, sum_of_squares,
    unfactored_apply, unfactored_moments,
};
pub use vector::{
    add, argmax, dot, gelu_tanh, log_sum_exp, max, multiply, relu, rms_norm, silu, softmax,
};

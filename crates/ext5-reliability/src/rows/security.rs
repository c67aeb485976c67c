//! Names, templates, secrets, pages.
mod canaries;
mod mock_hub;
mod offline;
mod pages;
mod paths;
mod pickles;
mod secrets;
mod store;
mod supply;
mod tour;
mod zip;

use crate::row::Row;

pub(super) const ROWS: &[Row] = &[
    paths::ROW,
    pickles::ROW,
    secrets::ROW,
    offline::ROW,
    pages::ROW,
    supply::ROW,
    store::ROW,
];

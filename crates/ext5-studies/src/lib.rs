//! Grids of trainer runs that answer a question about mixtures; their tables.

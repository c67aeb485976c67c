//! Matrix products and vector operations over slices.

//! The operations T5 is made of, for Burn.

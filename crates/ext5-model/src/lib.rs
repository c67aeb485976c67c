//! T5 in Burn: configuration, modules, loss, generation, Hugging Face import and export.

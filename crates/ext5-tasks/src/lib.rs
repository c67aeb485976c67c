//! The catalogue: one TOML file a task, a mixture, a suite.

//! Composes model, data and evaluation: run configuration, step loop, optimizers, schedules, checkpoints, prediction.

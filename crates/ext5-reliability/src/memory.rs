//! Memory, counted, so that bounds on it can be tested.
use std::alloc::System;

use cap::Cap;

/// All that this process has asked for; what goes beyond its limit is refused.
#[global_allocator]
pub(crate) static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Instant;

/// Where the time of steps went: seconds and calls by operation.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    entries: RefCell<BTreeMap<&'static str, (f64, u64)>>,
}

impl Profile {
    /// Does `work` and notes its time under `name`.
    pub(crate) fn time<T>(&self, name: &'static str, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = work();
        let seconds = start.elapsed().as_secs_f64();
        let mut entries = self.entries.borrow_mut();
        let entry = entries.entry(name).or_default();
        entry.0 += seconds;
        entry.1 += 1;
        done
    }

    /// Name, seconds and calls of each operation, the costliest first.
    pub fn entries(&self) -> Vec<(&'static str, f64, u64)> {
        let entries = self.entries.borrow();
        let mut sorted: Vec<_> = entries
            .iter()
            .map(|(&name, &(seconds, calls))| (name, seconds, calls))
            .collect();
        sorted.sort_by(|a, b| b.1.total_cmp(&a.1));
        sorted
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.entries.borrow_mut().clear();
    }
}

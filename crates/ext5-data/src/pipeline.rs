use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::{Error, Result};

/// Runs jobs on threads and gives their results in the order of the jobs, whoever finishes first.
///
/// Threads claim jobs under a lock, so jobs are the same for any number of threads, and never run ahead of the reader by more
/// than the window. Without threads the reader does the work itself. Dropping the pipeline stops and joins its threads.
pub(crate) struct Pipeline<J, T> {
    shared: Arc<Shared<J, T>>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared<J, T> {
    state: Mutex<State<J, T>>,
    /// A place in the window came free, or the end.
    room: Condvar,
    /// A result came in, or a thread was lost.
    done: Condvar,
    work: Box<dyn Fn(J) -> T + Send + Sync>,
    window: u64,
}

struct State<J, T> {
    claim: Box<dyn FnMut() -> J + Send>,
    claimed: u64,
    taken: u64,
    results: BTreeMap<u64, T>,
    stop: bool,
    lost: bool,
}

impl<J: Send + 'static, T: Send + 'static> Pipeline<J, T> {
    /// `claim` gives the jobs in order, `work` does one.
    pub(crate) fn new(
        workers: usize,
        window: usize,
        claim: impl FnMut() -> J + Send + 'static,
        work: impl Fn(J) -> T + Send + Sync + 'static,
    ) -> Result<Self> {
        let state = State {
            claim: Box::new(claim),
            claimed: 0,
            taken: 0,
            results: BTreeMap::new(),
            stop: false,
            lost: false,
        };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            room: Condvar::new(),
            done: Condvar::new(),
            work: Box::new(work),
            window: window.max(1) as u64,
        });
        let mut pipeline = Self {
            shared,
            threads: Vec::with_capacity(workers),
        };
        for worker in 0..workers {
            let shared = Arc::clone(&pipeline.shared);
            let thread = thread::Builder::new()
                .name(format!("ext5-data-{worker}"))
                .spawn(move || shared.run())
                .map_err(|source| Error::Io {
                    action: "start data worker",
                    path: format!("{worker} of {workers}").into(),
                    source,
                })?;
            pipeline.threads.push(thread);
        }
        Ok(pipeline)
    }

    /// The result of the next job, `None` where a thread was lost with it.
    pub(crate) fn take(&mut self) -> Option<T> {
        let mut state = self.shared.lock();
        if self.threads.is_empty() {
            let job = (state.claim)();
            drop(state);
            return Some((self.shared.work)(job));
        }
        loop {
            let next = state.taken;
            if let Some(result) = state.results.remove(&next) {
                state.taken += 1;
                self.shared.room.notify_all();
                return Some(result);
            }
            if state.lost {
                return None;
            }
            state = wait(&self.shared.done, state);
        }
    }
}

impl<J, T> Drop for Pipeline<J, T> {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.room.notify_all();
        for thread in self.threads.drain(..) {
            // A panicked thread has already been reported by `take`.
            let _ = thread.join();
        }
    }
}

impl<J, T> Shared<J, T> {
    fn lock(&self) -> MutexGuard<'_, State<J, T>> {
        // Nothing is left half changed under this lock, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let _alarm = Alarm(self);
        loop {
            let mut state = self.lock();
            while !state.stop && state.claimed >= state.taken + self.window {
                state = wait(&self.room, state);
            }
            if state.stop {
                return;
            }
            let number = state.claimed;
            state.claimed += 1;
            let job = (state.claim)();
            drop(state);
            let result = (self.work)(job);
            self.lock().results.insert(number, result);
            self.done.notify_all();
        }
    }
}

/// Wakes the reader where a thread ends by a panic: it would wait for ever.
struct Alarm<'a, J, T>(&'a Shared<J, T>);

impl<J, T> Drop for Alarm<'_, J, T> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.lock().lost = true;
            self.0.done.notify_all();
        }
    }
}

fn wait<'a, S>(condition: &Condvar, guard: MutexGuard<'a, S>) -> MutexGuard<'a, S> {
    condition
        .wait(guard)
        .unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::Pipeline;

    fn squares(workers: usize, window: usize) -> Vec<u64> {
        let mut next = 0;
        let claim = move || {
            next += 1;
            next - 1
        };
        let work = |job: u64| {
            // Later jobs finish first.
            thread::sleep(Duration::from_micros(300 * (7 - job % 7)));
            job * job
        };
        let mut pipeline = Pipeline::new(workers, window, claim, work).unwrap();
        (0..60).map(|_| pipeline.take().unwrap()).collect()
    }

    #[test]
    fn results_come_in_order() {
        let expected: Vec<u64> = (0..60).map(|job| job * job).collect();
        for (workers, window) in [(0, 1), (1, 1), (2, 5), (8, 3), (8, 64)] {
            assert_eq!(
                squares(workers, window),
                expected,
                "{workers} workers, window {window}"
            );
        }
    }

    #[test]
    fn nobody_runs_ahead_of_the_window() {
        let claimed = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&claimed);
        let mut pipeline = Pipeline::new(
            4,
            6,
            move || counter.fetch_add(1, Ordering::SeqCst),
            |job| job,
        )
        .unwrap();
        assert_eq!(pipeline.take(), Some(0));
        thread::sleep(Duration::from_millis(50));
        assert!(claimed.load(Ordering::SeqCst) <= 7);
    }

    #[test]
    fn a_lost_thread_is_noticed_and_dropping_does_not_hang() {
        let mut next = 0;
        let claim = move || {
            next += 1;
            next
        };
        let mut pipeline = Pipeline::new(2, 4, claim, |job: u64| {
            if job == 5 {
                // A panic that the test's log does not show.
                std::panic::resume_unwind(Box::new("made to fail"));
            }
            job
        })
        .unwrap();
        let taken: Vec<Option<u64>> = (0..6).map(|_| pipeline.take()).collect();
        assert_eq!(taken[..4], [Some(1), Some(2), Some(3), Some(4)]);
        assert_eq!(taken[4], None);
    }
}

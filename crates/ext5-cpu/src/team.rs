use std::marker::PhantomData;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, OnceLock, PoisonError, TryLockError};
use std::thread;

/// Turns a worker waits in a loop before it sleeps: up to a millisecond, longer than the gaps between the products of one
/// token, since waking up costs more than a small product.
const TURNS: u32 = 20_000;

/// Environment variable with the number of threads that compute, from 1 to [`MOST`]; without it, as many as this process may
/// run on. Equal numbers give equal bits, so a run that goes on elsewhere may need the number it had.
const THREADS: &str = "EXT5_THREADS";
const MOST: usize = 1024;

/// A call in progress: what every thread of the team takes tasks from.
struct Job {
    work: *const (dyn Fn(usize) + Sync),
    tasks: usize,
}

// SAFETY: the pointer is only followed while `run`, which holds the reference, waits for the job's end.
unsafe impl Send for Job {}

/// The gate's bit that lets workers join the job; the bits below count those who have.
const OPEN: usize = 1 << (usize::BITS - 1);

/// The threads of this process that share the work of one call at a time. A worker that comes late, since the processor was
/// busy elsewhere, is not waited for: it finds the gate shut.
struct Team {
    workers: usize,
    /// Held by the caller whose job is running; whoever finds it taken works alone.
    caller: Mutex<()>,
    job: Mutex<Option<Job>>,
    wake: Condvar,
    epoch: AtomicUsize,
    gate: AtomicUsize,
    next: AtomicUsize,
    sleeping: AtomicUsize,
    panicked: AtomicBool,
}

fn team() -> &'static Team {
    static TEAM: OnceLock<&'static Team> = OnceLock::new();
    TEAM.get_or_init(|| {
        let asked = std::env::var(THREADS).ok().and_then(|text| asked(&text));
        let threads =
            asked.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
        let team: &'static Team = Box::leak(Box::new(Team::new(threads - 1)));
        for number in 0..team.workers {
            // A thread that cannot start is one that never joins: the others do its work.
            let name = format!("ext5-cpu-{number}");
            let _ = thread::Builder::new()
                .name(name)
                .spawn(move || team.serve());
        }
        team
    })
}

/// The number of threads that a text asks for.
fn asked(text: &str) -> Option<usize> {
    let threads = text.trim().parse().ok()?;
    (1..=MOST).contains(&threads).then_some(threads)
}

/// Threads that work on a call, the caller's included.
pub fn threads() -> usize {
    team().workers + 1
}

/// Runs `work(0)` to `work(tasks - 1)`, each once, on all threads, and returns when all are done. A call from within a task,
/// or while another thread's call is running, runs on the calling thread alone.
pub fn run(tasks: usize, work: &(dyn Fn(usize) + Sync)) {
    let team = team();
    let free = match team.caller.try_lock() {
        Ok(caller) => Some(caller),
        // A task of an earlier call panicked; the call itself had ended.
        Err(TryLockError::Poisoned(caller)) => Some(caller.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    };
    let Some(_caller) = free.filter(|_| tasks > 1 && team.workers > 0) else {
        (0..tasks).for_each(work);
        return;
    };
    team.call(tasks, work);
}

impl Team {
    fn new(workers: usize) -> Self {
        Self {
            workers,
            caller: Mutex::new(()),
            job: Mutex::new(None),
            wake: Condvar::new(),
            epoch: AtomicUsize::new(0),
            gate: AtomicUsize::new(0),
            next: AtomicUsize::new(0),
            sleeping: AtomicUsize::new(0),
            panicked: AtomicBool::new(false),
        }
    }

    fn call(&self, tasks: usize, work: &(dyn Fn(usize) + Sync)) {
        // SAFETY: only the lifetime changes; this function shuts the gate and waits for all who joined before it returns
        // or unwinds.
        let work_for_all: &'static (dyn Fn(usize) + Sync) = unsafe { std::mem::transmute(work) };
        self.next.store(0, Ordering::Relaxed);
        *self.job.lock().unwrap_or_else(PoisonError::into_inner) = Some(Job {
            work: work_for_all,
            tasks,
        });
        self.gate.store(OPEN, Ordering::SeqCst);
        self.epoch.fetch_add(1, Ordering::SeqCst);
        if self.sleeping.load(Ordering::SeqCst) > 0 {
            drop(self.job.lock());
            self.wake.notify_all();
        }
        let mine = catch_unwind(AssertUnwindSafe(|| self.take(tasks, work)));
        if mine.is_err() {
            self.next.store(tasks, Ordering::Relaxed);
        }
        self.gate.fetch_and(!OPEN, Ordering::SeqCst);
        let mut turns = 0_u32;
        while self.gate.load(Ordering::SeqCst) > 0 {
            turns += 1;
            if turns < TURNS {
                std::hint::spin_loop();
            } else {
                thread::yield_now();
            }
        }
        let theirs = self.panicked.swap(false, Ordering::SeqCst);
        if let Err(panic) = mine {
            resume_unwind(panic);
        }
        assert!(!theirs, "a worker's task panicked");
    }

    fn take(&self, tasks: usize, work: &(dyn Fn(usize) + Sync)) {
        loop {
            let task = self.next.fetch_add(1, Ordering::Relaxed);
            if task >= tasks {
                return;
            }
            work(task);
        }
    }

    /// A worker's life: the process ends it.
    fn serve(&self) {
        let mut seen = 0;
        loop {
            seen = self.wait_beyond(seen);
            if !self.join() {
                continue;
            }
            let job = self.job.lock().unwrap_or_else(PoisonError::into_inner);
            let found = job.as_ref().map(|job| (job.work, job.tasks));
            drop(job);
            if let Some((work, tasks)) = found {
                // SAFETY: `call` holds the reference until this worker has left.
                let work = unsafe { &*work };
                if catch_unwind(AssertUnwindSafe(|| self.take(tasks, work))).is_err() {
                    self.panicked.store(true, Ordering::Relaxed);
                }
            }
            self.gate.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Joins the job, unless the gate is shut.
    fn join(&self) -> bool {
        let enter = |gate: usize| (gate & OPEN > 0).then_some(gate + 1);
        self.gate
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, enter)
            .is_ok()
    }

    /// Waits until the epoch is not `seen`, first in a loop, then asleep.
    fn wait_beyond(&self, seen: usize) -> usize {
        for _ in 0..TURNS {
            let epoch = self.epoch.load(Ordering::SeqCst);
            if epoch != seen {
                return epoch;
            }
            std::hint::spin_loop();
        }
        let mut job = self.job.lock().unwrap_or_else(PoisonError::into_inner);
        self.sleeping.fetch_add(1, Ordering::SeqCst);
        let epoch = loop {
            let epoch = self.epoch.load(Ordering::SeqCst);
            if epoch != seen {
                break epoch;
            }
            job = self.wake.wait(job).unwrap_or_else(PoisonError::into_inner);
        };
        self.sleeping.fetch_sub(1, Ordering::SeqCst);
        epoch
    }
}

/// Share `number` of `0..total` cut into `shares` nearly equal ranges.
pub(crate) fn share(total: usize, shares: usize, number: usize) -> Range<usize> {
    total * number / shares..total * (number + 1) / shares
}

/// A result that several tasks write, each its own places.
pub(crate) struct Shared<'a> {
    pointer: *mut f32,
    len: usize,
    slice: PhantomData<&'a mut [f32]>,
}

// SAFETY: `write` and `range`, the only ways to the numbers, ask their callers to keep tasks apart.
unsafe impl Sync for Shared<'_> {}

impl<'a> Shared<'a> {
    /// The places of `slice`.
    pub(crate) fn new(slice: &'a mut [f32]) -> Self {
        Self {
            pointer: slice.as_mut_ptr(),
            len: slice.len(),
            slice: PhantomData,
        }
    }

    /// Writes `values` from place `first` on.
    ///
    /// # Safety
    /// No other task reads or writes these places at the same time.
    #[inline(always)]
    pub(crate) unsafe fn write(&self, first: usize, values: &[f32]) {
        assert!(
            first <= self.len && values.len() <= self.len - first,
            "a task writes within the result"
        );
        // SAFETY: in bounds as just checked; not aliased by the caller's promise.
        unsafe {
            std::ptr::copy_nonoverlapping(values.as_ptr(), self.pointer.add(first), values.len());
        }
    }

    /// Where the places of `range` begin, some of which a task has and others not: for results whose rows lie apart.
    ///
    /// # Safety
    /// The caller reads and writes only its own places of this range.
    pub(crate) unsafe fn places(&self, range: Range<usize>) -> *mut f32 {
        assert!(
            range.start <= range.end && range.end <= self.len,
            "a task writes within the result"
        );
        // SAFETY: in bounds as just checked.
        unsafe { self.pointer.add(range.start) }
    }

    /// The places of `range` to read and write.
    ///
    /// # Safety
    /// No other task has places of this range at the same time.
    #[expect(
        clippy::mut_from_ref,
        reason = "the caller promises that ranges are apart"
    )]
    pub(crate) unsafe fn range(&self, range: Range<usize>) -> &mut [f32] {
        assert!(
            range.start <= range.end && range.end <= self.len,
            "a task writes within the result"
        );
        // SAFETY: in bounds as just checked; not aliased by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.pointer.add(range.start), range.len()) }
    }
}

/// Calls `work` with part `n` of every slice, for all n, on all threads. A slice is cut into parts of the size beside it, the
/// last may be shorter; where slices run out before others they give empty parts.
pub fn for_each_part<const N: usize>(
    slices: [(&mut [f32], usize); N],
    work: &(dyn Fn(usize, [&mut [f32]; N]) + Sync),
) {
    let slices = slices.map(|(slice, size)| {
        let size = size.max(1);
        (slice.len().div_ceil(size), size, Shared::new(slice))
    });
    let parts = slices.iter().map(|slice| slice.0).max().unwrap_or(0);
    run(parts, &|part| {
        let parts = slices.each_ref().map(|(_, size, shared)| {
            // A slice that ran out, or a size beyond all memory, must not wrap round to another task's part.
            let cut = |part: usize| part.saturating_mul(*size).min(shared.len);
            let range = cut(part)..cut(part + 1);
            // SAFETY: each task has its own part of each slice.
            unsafe { shared.range(range) }
        });
        work(part, parts);
    });
}

/// Calls `work` with each row of `values`, `[rows, width]`, on all threads.
pub fn for_each_row(values: &mut [f32], width: usize, work: &(dyn Fn(usize, &mut [f32]) + Sync)) {
    let rows = values.len().checked_div(width).unwrap_or(0);
    let shared = Shared::new(values);
    run(rows, &|row| {
        // SAFETY: each task has its own row.
        work(row, unsafe { shared.range(row * width..(row + 1) * width) });
    });
}

#[cfg(test)]
mod tests {
    use super::asked;

    #[test]
    fn a_number_of_threads_is_from_one_to_many() {
        assert_eq!(asked(" 4\n"), Some(4));
        for text in ["", "0", "-1", "two", "1025"] {
            assert_eq!(asked(text), None, "{text}");
        }
    }
}

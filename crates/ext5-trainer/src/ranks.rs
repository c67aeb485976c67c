//! Processes that train one model together, by MPI.
#[cfg(not(feature = "mpi"))]
use crate::Error;
use crate::Result;
use std::ops::Range;

/// Where launchers tell each process of how many it is one: Open MPI's `mpirun`, those that speak PMI (MPICH), Slurm's `srun`.
#[cfg(not(feature = "mpi"))]
const LAUNCHED: &[&str] = &["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"];

/// The processes of a run, seen from one of them. All make the same calls in the same order; each call waits for the others.
///
/// A process that cannot go on must call [`Ranks::abort`]: the others would wait for it for ever.
pub trait Ranks {
    /// Number of this process, from 0.
    fn rank(&self) -> usize;

    /// How many processes there are, from 1.
    fn size(&self) -> usize;

    /// Puts the sum over all processes in place of each number, with the same bits everywhere.
    fn sum_f32(&self, values: &mut [f32]);

    /// As [`Ranks::sum_f32`].
    fn sum_f64(&self, values: &mut [f64]);

    /// Leaves in good order: when the process ends it waits for the others to have left too.
    fn leave(&self);

    /// Ends every process at once, the launcher with this exit code. Returns where there is nobody else.
    fn abort(&self, code: u8);

    /// Whether this is the process that writes and speaks.
    fn leads(&self) -> bool {
        self.rank() == 0
    }

    /// The rows of a global batch that are this process's: in order, without gaps, their numbers differing by one at most.
    fn share(&self, rows: usize) -> Range<usize> {
        let first = |rank: usize| rank * rows / self.size();
        first(self.rank())..first(self.rank() + 1)
    }

    /// The numbers of each process, in the order of ranks; as many from all. Answers `[rank][number]`.
    fn gather(&self, own: &[f64]) -> Vec<Vec<f64>> {
        let mut all = vec![0.0; self.size() * own.len()];
        let first = self.rank() * own.len();
        if let Some(place) = all.get_mut(first..first + own.len()) {
            place.copy_from_slice(own);
        }
        self.sum_f64(&mut all);
        all.chunks(own.len().max(1)).map(<[f64]>::to_vec).collect()
    }

    /// The number of the first process, everywhere.
    fn of_first(&self, own: f64) -> f64 {
        let mut value = [if self.leads() { own } else { 0.0 }];
        self.sum_f64(&mut value);
        let [value] = value;
        value
    }

    /// Waits until all have come here.
    fn meet(&self) {
        self.sum_f64(&mut [0.0]);
    }
}

/// One process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alone;

impl Ranks for Alone {
    fn rank(&self) -> usize {
        0
    }

    fn size(&self) -> usize {
        1
    }

    fn sum_f32(&self, _values: &mut [f32]) {}

    fn sum_f64(&self, _values: &mut [f64]) {}

    fn leave(&self) {}

    fn abort(&self, _code: u8) {}
}

/// Joins the processes that were launched together with this one; to be called once, in the main thread.
///
/// # Errors
/// [`Error::NoRanks`] the second time, or where there are others and this program was built without feature `mpi`.
pub fn join() -> Result<Box<dyn Ranks>> {
    #[cfg(feature = "mpi")]
    {
        Ok(Box::new(world::World::join()?))
    }
    #[cfg(not(feature = "mpi"))]
    {
        let size = |name: &&str| std::env::var(name).ok()?.parse::<usize>().ok();
        match LAUNCHED.iter().find_map(size) {
            Some(size) if size > 1 => Err(Error::NoRanks {
                reason: format!(
                    "this is one of {size} processes that should train together, but the program was built without them; build it with `--features mpi`"
                ),
            }),
            _ => Ok(Box::new(Alone)),
        }
    }
}

#[cfg(feature = "mpi")]
mod world {
    use super::Ranks;
    use crate::{Error, Result};
    use mpi::Threading;
    use mpi::collective::SystemOperation;
    use mpi::environment::Universe;
    use mpi::topology::SimpleCommunicator;
    use mpi::traits::{Communicator, CommunicatorCollectives, Equivalence};
    use std::cell::{Cell, RefCell};

    /// Numbers that are summed at once. Larger pieces leave the caches, smaller ones wait for each other more often: of
    /// 77 million numbers between two processes of one host, 2^14 a piece took 0.14 s, 2^18 0.09 s, all at once 0.19 s.
    const PIECE: usize = 1 << 18;

    /// All processes of an MPI launch.
    pub(super) struct World {
        /// Holds MPI open; leaving it open by accident must not make the others wait, see `drop`.
        universe: Universe,
        left: Cell<bool>,
        /// What this process adds: the answer comes in place of it.
        singles: RefCell<Vec<f32>>,
        doubles: RefCell<Vec<f64>>,
    }

    impl World {
        pub(super) fn join() -> Result<Self> {
            let (universe, _) =
                mpi::initialize_with_threading(Threading::Funneled).ok_or_else(|| {
                    Error::NoRanks {
                        reason: "MPI was started before in this process; join once".to_owned(),
                    }
                })?;
            Ok(Self {
                universe,
                left: Cell::new(false),
                singles: RefCell::default(),
                doubles: RefCell::default(),
            })
        }

        fn all(&self) -> SimpleCommunicator {
            self.universe.world()
        }

        fn sum<T: Equivalence + Copy>(&self, values: &mut [T], own: &RefCell<Vec<T>>) {
            let (all, mut own) = (self.all(), own.borrow_mut());
            for piece in values.chunks_mut(PIECE) {
                own.clear();
                own.extend_from_slice(piece);
                all.all_reduce_into(own.as_slice(), piece, SystemOperation::sum());
            }
        }
    }

    impl Ranks for World {
        fn rank(&self) -> usize {
            self.all().rank() as usize
        }

        fn size(&self) -> usize {
            self.all().size() as usize
        }

        fn sum_f32(&self, values: &mut [f32]) {
            self.sum(values, &self.singles);
        }

        fn sum_f64(&self, values: &mut [f64]) {
            self.sum(values, &self.doubles);
        }

        fn leave(&self) {
            self.left.set(true);
        }

        fn abort(&self, code: u8) {
            if self.size() > 1 {
                self.all().abort(i32::from(code));
            }
            self.leave();
        }
    }

    impl Drop for World {
        /// A panic passes here: closing MPI would wait for the others, who wait for this process.
        fn drop(&mut self) {
            if !self.left.get() {
                self.abort(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process that talks to nobody.
    struct Deaf(usize, usize);

    impl Ranks for Deaf {
        fn rank(&self) -> usize {
            self.0
        }

        fn size(&self) -> usize {
            self.1
        }

        fn sum_f32(&self, _values: &mut [f32]) {}

        fn sum_f64(&self, _values: &mut [f64]) {}

        fn leave(&self) {}

        fn abort(&self, _code: u8) {}
    }

    #[test]
    fn shares_are_all_rows_in_order_and_as_equal_as_can_be() {
        for (rows, size) in [(8, 2), (9, 2), (7, 3), (3, 3), (128, 5), (1, 1)] {
            let shares: Vec<Range<usize>> =
                (0..size).map(|rank| Deaf(rank, size).share(rows)).collect();
            assert_eq!(
                shares.iter().cloned().flatten().collect::<Vec<_>>(),
                (0..rows).collect::<Vec<_>>()
            );
            let lengths = || shares.iter().map(Range::len);
            assert!(lengths().max() <= lengths().min().map(|least| least + 1));
        }
    }

    #[test]
    fn a_process_puts_its_numbers_in_its_own_place() {
        let all = Deaf(1, 3).gather(&[4.0, 5.0]);
        assert_eq!(all, [[0.0, 0.0], [4.0, 5.0], [0.0, 0.0]]);
        assert_eq!(Alone.gather(&[2.0]), [[2.0]]);
    }
}

use crate::micro::{config, metrics, run, weights};
use ext5_trainer::{Error, Ranks, Result, RunConfig, Silent, Stop, TrainReport, train_among};
use serde_json::Value;
use std::path::Path;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

/// Processes that are threads: what they add goes through a table.
struct Threads {
    rank: usize,
    size: usize,
    barrier: Arc<Barrier>,
    table: Arc<Mutex<Vec<Vec<f64>>>>,
}

impl Threads {
    fn of(size: usize) -> Vec<Self> {
        let barrier = Arc::new(Barrier::new(size));
        let table = Arc::new(Mutex::new(vec![Vec::new(); size]));
        (0..size)
            .map(|rank| Self {
                rank,
                size,
                barrier: Arc::clone(&barrier),
                table: Arc::clone(&table),
            })
            .collect()
    }

    /// The numbers of all, by rank.
    fn all(&self, own: Vec<f64>) -> Vec<Vec<f64>> {
        self.table.lock().unwrap()[self.rank] = own;
        self.barrier.wait();
        let all = self.table.lock().unwrap().clone();
        self.barrier.wait();
        assert!(
            all.iter().all(|numbers| numbers.len() == all[0].len()),
            "all make the same calls"
        );
        all
    }
}

impl Ranks for Threads {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn sum_f32(&self, values: &mut [f32]) {
        let all = self.all(values.iter().map(|&value| f64::from(value)).collect());
        for (index, value) in values.iter_mut().enumerate() {
            *value = all.iter().map(|numbers| numbers[index] as f32).sum();
        }
    }

    fn sum_f64(&self, values: &mut [f64]) {
        let all = self.all(values.to_vec());
        for (index, value) in values.iter_mut().enumerate() {
            *value = all.iter().map(|numbers| numbers[index]).sum();
        }
    }

    fn leave(&self) {}

    fn abort(&self, code: u8) {
        panic!("process {} ends all with {code}", self.rank);
    }
}

/// Trains with a process for each configuration and wish.
fn together(each: &[(RunConfig, Stop)], dir: &Path, resume: bool) -> Vec<Result<TrainReport>> {
    let ranks = Threads::of(each.len());
    thread::scope(|scope| {
        let running: Vec<_> = ranks
            .into_iter()
            .zip(each)
            .map(|(rank, (config, stop))| {
                scope.spawn(move || train_among(&rank, config, dir, resume, stop, &mut Silent))
            })
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

fn alike(config: &RunConfig, size: usize) -> Vec<(RunConfig, Stop)> {
    (0..size)
        .map(|_| (config.clone(), Stop::default()))
        .collect()
}

/// Largest relative difference of the real numbers; everything else must be equal.
fn difference(one: &Value, two: &Value) -> f64 {
    match (one, two) {
        (Value::Object(one), Value::Object(two)) => {
            assert!(one.keys().eq(two.keys()));
            let pairs = one.values().zip(two.values());
            pairs
                .map(|(one, two)| difference(one, two))
                .fold(0.0, f64::max)
        }
        (Value::Number(one), Value::Number(two)) if one.is_f64() => {
            let (one, two) = (one.as_f64().unwrap(), two.as_f64().unwrap());
            (one - two).abs() / one.abs().max(two.abs()).max(1e-12)
        }
        _ => {
            assert_eq!(one, two);
            0.0
        }
    }
}

fn lines(log: &str) -> Vec<Value> {
    log.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Rows that do not divide evenly, micro-batches, dropout, clipping and validation: the log of several processes is that of one.
#[test]
fn several_processes_are_one() {
    let dir = tempfile::tempdir().unwrap();
    for (index, micro_batches) in ["trainer.micro_batch_rows=0", "trainer.micro_batch_rows=2"]
        .into_iter()
        .enumerate()
    {
        let config = config(&[
            micro_batches,
            "trainer.batch_rows=5",
            "trainer.clip_norm=1.0",
            "model.dropout_rate=0.1",
            "validation.every=4",
            "validation.limit=6",
        ]);
        let alone = dir.path().join(format!("alone{index}"));
        run(&config, &alone, false).unwrap();
        let expected = lines(&metrics(&alone));
        for size in [2, 3] {
            let run_dir = dir.path().join(format!("of{size}_{index}"));
            let reports = together(&alike(&config, size), &run_dir, false);
            let tasks: Vec<&Value> = reports
                .iter()
                .map(|report| &report.as_ref().unwrap().tasks)
                .collect();
            assert!(tasks.iter().all(|task| *task == tasks[0]), "ledgers differ");
            let found = lines(&metrics(&run_dir));
            assert_eq!(found.len(), expected.len());
            let largest = found.iter().zip(&expected);
            let largest = largest
                .map(|(one, two)| difference(one, two))
                .fold(0.0, f64::max);
            assert!(
                largest < 1e-6,
                "{size} processes, {micro_batches}: {largest}"
            );
        }
    }
}

/// Stopped by a wish to the second process alone, then continued.
#[test]
fn a_wish_to_one_process_stops_all_at_the_same_step() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, cut) = (dir.path().join("whole"), dir.path().join("cut"));
    let each = alike(&config(&[]), 2);
    together(&each, &whole, false);
    let mut stopped = each.clone();
    stopped[1].1 = Stop::default();
    stopped[1].1.terminate();
    for result in together(&stopped, &cut, false) {
        assert!(
            matches!(
                result,
                Err(Error::Stopped {
                    step: 1,
                    interrupted: false,
                    ..
                })
            ),
            "{result:?}"
        );
    }
    for report in together(&each, &cut, true) {
        assert_eq!(report.unwrap().steps, 8);
    }
    assert_eq!(metrics(&cut), metrics(&whole));
    assert!(weights(&cut, 8) == weights(&whole, 8));
}

#[test]
fn processes_that_do_not_fit_together_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let mut each = alike(&config(&[]), 3);
    each[2].0 = config(&["schedule.rate=1.5"]);
    for result in together(&each, &dir.path().join("rates"), false) {
        let message = result.unwrap_err().to_string();
        assert!(
            message.contains("process 2") && message.contains("configuration"),
            "{message}"
        );
    }
    let few = alike(&config(&["trainer.batch_rows=2"]), 3);
    for result in together(&few, &dir.path().join("few"), false) {
        let message = result.unwrap_err().to_string();
        assert!(
            message.contains("3 processes") && message.contains("`trainer.batch_rows`"),
            "{message}"
        );
    }
}

//! Shares of simulated studies whose 95 % intervals hold the truth: to be 93 to 97 %.
use ext5_findings::{Condition, Findings, Question, Results, analyse};
use ext5_objectives::Stream;

use crate::grids;
use crate::made::{SPREAD, accuracy, filled, noisy};

const STUDIES: u64 = 4_000;
/// Scores of the conditions of a grid, in their order.
const TRUTH: [f64; 5] = [55.0, 62.0, 71.0, 70.0, 64.0];

type Noise = fn(&mut Stream, f64) -> f64;

/// Hits and tries.
#[derive(Default)]
struct Share(u64, u64);

impl Share {
    fn add(&mut self, truth: f64, interval: (Option<f64>, Option<f64>)) {
        // Three accuracies in steps of half a point are sometimes equal: then there is no interval that could be wrong.
        let (Some(low), Some(high)) = interval else {
            return;
        };
        self.0 += u64::from(low <= truth && truth <= high);
        self.1 += 1;
    }

    fn check(&self, what: &str) {
        let share = self.0 as f64 / self.1 as f64;
        println!("{what}: {:.2} % of {}", 100.0 * share, self.1);
        assert!((0.93..=0.97).contains(&share), "{what}: {share}");
    }
}

fn truth(results: &Results, id: &str) -> f64 {
    let place = results.conditions.iter().position(|it| it.id == id);
    TRUTH[place.unwrap() % TRUTH.len()]
}

fn simulated(question: Question, noise: Noise, number: u64) -> (Results, Findings) {
    let mut stream = Stream::new(&[71, question as u64, number]);
    let grid = grids::of(question, 3);
    let known = grid.clone();
    let mut value = |it: &Condition, _, _: &str| noise(&mut stream, truth(&known, &it.id));
    let results = filled(grid, grids::tasks(question), &mut value);
    let findings = analyse(&results);
    (results, findings)
}

fn means_and_differences(noise: Noise, what: &str) {
    let (mut means, mut tasks, mut differences) = Default::default();
    let shares: (&mut Share, &mut Share, &mut Share) = (&mut means, &mut tasks, &mut differences);
    for number in 0..STUDIES {
        let (results, findings) = simulated(Question::Ratio, noise, number);
        for mean in &findings.means {
            let share = match mean.measure.as_str() {
                "all" => &mut *shares.0,
                "rte" => &mut *shares.1,
                _ => continue,
            };
            share.add(truth(&results, &mean.condition), (mean.low, mean.high));
        }
        for it in findings.contrasts.iter().filter(|it| it.measure == "all") {
            let difference = truth(&results, &it.condition) - truth(&results, &it.baseline);
            shares.2.add(difference, (it.low, it.high));
        }
    }
    shares.0.check(&format!("{what}, means over tasks"));
    shares.1.check(&format!("{what}, means of a task"));
    shares
        .2
        .check(&format!("{what}, differences, variance pooled"));
}

#[test]
fn normal_scores() {
    means_and_differences(noisy, "normal");
}

#[test]
fn accuracies_over_200_examples() {
    means_and_differences(accuracy, "accuracies");
}

#[test]
fn slopes() {
    // The line through five means, by hand: sum of (x - 54.4) * mean over sum of (x - 54.4)^2.
    let places = [0.0, 30.0, 55.0, 80.0, 107.0];
    let weighted: f64 = places.iter().zip(TRUTH).map(|(x, y)| (x - 54.4) * y).sum();
    let slope = weighted / places.iter().map(|x| (x - 54.4_f64).powi(2)).sum::<f64>();
    let mut share = Share::default();
    for number in 0..STUDIES {
        let (_, findings) = simulated(Question::Scaling, noisy, number);
        let trend = findings.curves.iter().find_map(|it| it.trend).unwrap();
        share.add(slope, (trend.low, trend.high));
    }
    share.check("slopes");
}

#[test]
fn rows_and_cells_of_a_matrix() {
    let (mut rows, mut cells) = (Share::default(), Share::default());
    for number in 0..STUDIES / 4 {
        let mut stream = Stream::new(&[72, number]);
        let mut value = |_: &Condition, _, _: &str| noisy(&mut stream, 60.0);
        let results = filled(
            grids::of(Question::Transfer, 3),
            &grids::FAMILIES,
            &mut value,
        );
        let findings = analyse(&results);
        for row in &findings.contrasts {
            rows.add(0.0, (row.low, row.high));
        }
        for cell in findings.matrices[0].cells.iter().flatten().flatten() {
            cells.add(0.0, (cell.low, cell.high));
        }
    }
    rows.check("rows of a matrix");
    cells.check("cells of a matrix");
}

#[test]
fn checkpoints_of_one_run_hang_together() {
    let (mut at, mut over) = (Share::default(), Share::default());
    for number in 0..STUDIES {
        // Most of a seed's luck stays with it from one checkpoint to the next.
        let luck = |it: &Condition, replicate| {
            let group = u64::from(it.group == "T5");
            Stream::new(&[73, number, group, replicate]).normal()
        };
        let mut stream = Stream::new(&[74, number]);
        let mut value = |it: &Condition, replicate, _: &str| {
            noisy(&mut stream, 60.0) + 2.0 * SPREAD * luck(it, replicate)
        };
        let grid = grids::of(Question::Efficiency, 3);
        let findings = analyse(&filled(grid, &grids::TASKS, &mut value));
        for it in &findings.contrasts {
            match it.measure.as_str() {
                "all" => at.add(0.0, (it.low, it.high)),
                "all, mean over steps" => over.add(0.0, (it.low, it.high)),
                _ => {}
            }
        }
    }
    at.check("differences at a step");
    over.check("differences over steps");
}

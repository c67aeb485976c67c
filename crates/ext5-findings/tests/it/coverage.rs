//! Shares of simulated studies whose 95 % intervals hold the truth: to be 93 to 97 %.
use ext5_findings::statistics::student;
use ext5_findings::{Condition, Findings, Mean, Question, Results, analyse};
use ext5_objectives::Stream;

use crate::grids;
use crate::made::{SPREAD, accuracy, filled, luck, noisy, uneven};

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
    // What a seed does to all conditions alike is three times as much as what it does to one.
    let mut value = |it: &Condition, replicate, _: &str| {
        let shared = luck([75, number, replicate]);
        noise(&mut stream, truth(&known, &it.id) + 3.0 * SPREAD * shared)
    };
    let results = filled(grid, grids::tasks(question), &mut value);
    let findings = analyse(&results);
    (results, findings)
}

fn means_and_differences(noise: Noise, what: &str) {
    let (mut means, mut tasks, mut differences) = Default::default();
    let (mut paired, mut unpaired) = (0.0, 0.0);
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
            let mean = |id: &str| {
                let mut means = findings.means.iter();
                means.find(|mean| mean.condition == id && mean.measure == "all")
            };
            paired += it.high.zip(it.low).map_or(0.0, |(high, low)| high - low);
            unpaired += apart(mean(&it.condition).unwrap(), mean(&it.baseline).unwrap());
        }
    }
    shares.0.check(&format!("{what}, means over tasks"));
    shares.1.check(&format!("{what}, means of a task"));
    shares
        .2
        .check(&format!("{what}, differences, paired by seed"));
    println!(
        "{what}, width of these, of unpaired ones: {:.2}",
        paired / unpaired
    );
    // Of accuracies over 200 examples half of a difference is chance of one model: 0.53 of the width there, 0.25 of normal ones.
    assert!(paired < 0.6 * unpaired, "{paired} {unpaired}");
}

/// Width of the interval of a difference that takes the models of a seed as independent, from the intervals of both means.
fn apart(left: &Mean, right: &Mean) -> f64 {
    let error = |it: &Mean| {
        let width = it.high.zip(it.low).map_or(0.0, |(high, low)| high - low);
        width / 2.0 / student::quantile(0.975, it.count - 1)
    };
    let df = left.count + right.count - 2;
    2.0 * student::quantile(0.975, df) * error(left).hypot(error(right))
}

/// Conditions of which one varies three times as much and one five times, and random subsets, of which there are several a seed.
#[test]
fn conditions_that_vary_unlike_one_another() {
    for (question, draws) in [(Question::Ratio, 1), (Question::Curation, 2)] {
        let mut share = Share::default();
        for number in 0..STUDIES {
            let mut stream = Stream::new(&[76, question as u64, number]);
            let grid = grids::drawn(question, 3, draws);
            let known = grid.clone();
            let mut value = |it: &Condition, replicate, _: &str| {
                let shared = luck([77, number, replicate / (it.replicates / 3)]);
                let mean = truth(&known, &it.id) + 3.0 * SPREAD * shared;
                mean + uneven(&known, it) * (noisy(&mut stream, mean) - mean)
            };
            let results = filled(grid, &grids::TASKS, &mut value);
            for it in analyse(&results).contrasts {
                let difference = truth(&results, &it.condition) - truth(&results, &it.baseline);
                if it.measure == "all" {
                    share.add(difference, (it.low, it.high));
                }
            }
        }
        share.check(&format!("{question:?}, standard deviations unequal"));
    }
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
        // Most of a model's luck stays with it from one checkpoint to the next.
        let mut stream = Stream::new(&[74, number]);
        let mut value = |it: &Condition, replicate, _: &str| {
            let own = luck([73 + 100 * u64::from(it.group == "T5"), number, replicate]);
            noisy(&mut stream, 60.0) + 2.0 * SPREAD * own
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

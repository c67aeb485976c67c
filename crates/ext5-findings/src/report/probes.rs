//! What a run does for each family while it runs.
use std::collections::BTreeMap;

use ext5_report::{LineChart, Point, Section, Series};

use crate::{FamilyProbe, Results};

/// Adds curves of the families' losses, where they were measured.
pub(super) fn add(section: Section, results: &Results) -> Section {
    if results.probes.is_empty() {
        return section;
    }
    let axes = (("training", "steps"), ("loss", "nats a target token"));
    let title = "Loss of each family during the run";
    let chart = LineChart::new(title, axes.0, axes.1)
        .note("On the same batches each time, without dropout; mean over repetitions.");
    let mut families: BTreeMap<&str, BTreeMap<u64, Vec<f64>>> = BTreeMap::new();
    for FamilyProbe {
        family, step, loss, ..
    } in &results.probes
    {
        let steps = families.entry(family).or_default();
        steps.entry(*step).or_default().push(*loss);
    }
    let chart = families.into_iter().fold(chart, |chart, (family, steps)| {
        let points = steps.into_iter().map(|(step, losses)| Point {
            x: step as f64,
            y: losses.iter().sum::<f64>() / losses.len() as f64,
            band: None,
        });
        chart.series(Series {
            name: family.to_owned(),
            points: points.collect(),
        })
    });
    section.add(chart)
}

//! Means along an axis.
use ext5_report::{Level, LineChart, Point, Scale, Section, Series, columns};

use super::words::{self, ends, measure, measures, p_value};
use crate::{Curve, CurvePoint, Findings, Results, Trend};

/// Adds a chart of each measure; those of single tasks stay folded.
pub(super) fn add(section: Section, results: &Results, findings: &Findings) -> Section {
    let names = measures(findings.curves.iter().map(|curve| curve.measure.as_str()));
    let charts: Vec<LineChart> = names
        .iter()
        .map(|name| chart(name, results, findings))
        .collect();
    let mut charts = charts.into_iter();
    let first = charts.next();
    let rest: Vec<LineChart> = charts.collect();
    let section = section.add(first);
    if rest.is_empty() {
        return section;
    }
    let folded = Section::new("Task by task").folded(true);
    section.part(folded.add(columns(rest)))
}

fn chart(name: &str, results: &Results, findings: &Findings) -> LineChart {
    let of: Vec<&Curve> = findings
        .curves
        .iter()
        .filter(|it| it.measure == name)
        .collect();
    let points = of.iter().flat_map(|curve| &curve.points);
    let places: Vec<f64> = points.filter_map(|point| point.x).collect();
    let axis = words::lower_axis(results.question);
    let title = format!("Score over {}: {}", axis.0, measure(name));
    let mut chart = LineChart::new(title, axis, ("score", "points of 100"))
        .note(explained(&of, words::one_more(results.question)))
        .scale(scale(&places))
        .marks(places);
    for curve in &of {
        let points = curve.points.iter().filter_map(|point| {
            Some(Point {
                x: point.x?,
                y: point.mean,
                band: ends(point.low, point.high),
            })
        });
        let points: Vec<Point> = points.collect();
        if !points.is_empty() {
            let name = curve.name.clone();
            chart = chart.series(Series { name, points });
        }
    }
    let beyond = words::without_bound(results.question);
    let levels = of.iter().flat_map(|curve| &curve.points);
    let levels = levels.filter(|point| point.x.is_none()).count();
    for curve in &of {
        for point in curve.points.iter().filter(|point| point.x.is_none()) {
            let name = match levels {
                1 => beyond.to_owned(),
                _ => format!("{}, {beyond}", curve.name),
            };
            chart = chart.level(level(name, point));
        }
    }
    match words::majority(findings, name) {
        None => chart,
        Some(y) => chart.level(Level {
            name: "most frequent answer".to_owned(),
            y,
            band: None,
        }),
    }
}

fn level(name: String, point: &CurvePoint) -> Level {
    Level {
        name,
        y: point.mean,
        band: ends(point.low, point.high),
    }
}

/// Logarithmic where steps grow by factors.
fn scale(places: &[f64]) -> Scale {
    let least = places.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = places.iter().copied().fold(0.0, f64::max);
    if least > 0.0 && greatest / least >= 8.0 {
        Scale::Log
    } else {
        Scale::Linear
    }
}

/// What bands are, and whether the curves rise.
fn explained(curves: &[&Curve], one_more: &str) -> String {
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let banded = points()
        .filter(|point| ends(point.low, point.high).is_some())
        .count();
    let grey = points().any(|it| it.x.is_none() && ends(it.low, it.high).is_some());
    let bands = match (banded, points().count()) {
        (0, _) => words::no_intervals(points().map(|point| point.count)),
        (some, all) if some < all => {
            "Bands: 95 % intervals over repetitions, where repetitions vary."
        }
        _ if grey => {
            "Bands: 95 % intervals over repetitions, the grey one that of the dashed level."
        }
        _ => "Bands: 95 % intervals over repetitions.",
    };
    let several = curves.len() > 1;
    let trends = curves.iter().filter_map(|curve| {
        let name = if several {
            format!("{}: ", curve.name)
        } else {
            String::new()
        };
        Some(format!(" {name}{}.", slope(&curve.trend?, one_more)))
    });
    format!("{bands}{}", trends.collect::<String>())
}

fn slope(trend: &Trend, one_more: &str) -> String {
    let signed = |value: f64| ext5_report::signed(value, 3);
    let interval = ends(trend.low, trend.high)
        .map(|(low, high)| format!(" (95 % {} to {})", signed(low), signed(high)));
    let chance = trend
        .p_adjusted
        .map(|p| format!(", p {} after Holm", p_value(Some(p))));
    format!(
        "slope {} points a {one_more}{}{}",
        signed(trend.slope),
        interval.unwrap_or_default(),
        chance.unwrap_or_default()
    )
}

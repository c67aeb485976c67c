//! Numbers in sentences.
use crate::{Contrast, Trend};

/// Why there is no answer.
pub(super) const NOT_MEASURED: &str =
    "not measured: a condition that it needs is not in the study, or is incomplete";

/// `ExT5 less T5: +3.2 points (95 % interval 1.0 to 5.4), adjusted p = 0.012`.
pub(super) fn difference(contrast: &Contrast) -> String {
    let Contrast {
        condition,
        baseline,
        difference,
        ..
    } = contrast;
    let measure = match contrast.measure.as_str() {
        "all" => String::new(),
        measure => format!(" in {measure}"),
    };
    let (interval, test) = (
        interval(contrast.low, contrast.high),
        test(contrast.p_adjusted),
    );
    format!("{condition} less {baseline}{measure}: {difference:+.1} points ({interval}), {test}")
}

/// `+0.031 points for each task (95 % interval 0.010 to 0.052), adjusted p = 0.012`.
pub(super) fn slope(trend: &Trend, unit: &str) -> String {
    let interval = match (trend.low, trend.high) {
        (Some(low), Some(high)) => format!("95 % interval {low:.3} to {high:.3}"),
        _ => NO_INTERVAL.to_owned(),
    };
    let (slope, test) = (trend.slope, test(trend.p_adjusted));
    format!("{slope:+.3} points for each {unit} ({interval}), {test}")
}

const NO_INTERVAL: &str = "no interval: repetitions do not vary or there is one";

/// `95 % interval 1.0 to 5.4`.
pub(super) fn interval(low: Option<f64>, high: Option<f64>) -> String {
    match (low, high) {
        (Some(low), Some(high)) => format!("95 % interval {low:.1} to {high:.1}"),
        _ => NO_INTERVAL.to_owned(),
    }
}

/// `adjusted p = 0.012`.
pub(super) fn test(p_adjusted: Option<f64>) -> String {
    match p_adjusted {
        None => "not tested".to_owned(),
        Some(p_value) if p_value < 0.001 => "adjusted p < 0.001".to_owned(),
        Some(p_value) => format!("adjusted p = {p_value:.3}"),
    }
}

/// `a, b and c`.
pub(super) fn list(items: &[String]) -> String {
    match items {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

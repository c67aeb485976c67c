use minijinja::Error;
use minijinja::value::Value;

use super::{Filter, refuse};

pub(super) const FILTERS: &[Filter] = &[Filter {
    name: "stsb_round",
    example: "{{ 2.7 | stsb_round }} -> 2.8",
    doc: "A score rounded to the nearest fifth, half to even, in 32-bit arithmetic, with one decimal, as T5's `stsb`.",
    register: |environment| environment.add_filter("stsb_round", stsb_round),
}];

fn stsb_round(score: &Value) -> Result<String, Error> {
    let number = match score.as_str() {
        Some(text) => text.trim().parse().ok(),
        None => f64::try_from(score.clone()).ok(),
    };
    let Some(number) = number.filter(|number| number.is_finite()) else {
        return Err(refuse(format!("expected a number, got `{score}`")));
    };
    Ok(format!(
        "{:.1}",
        (number as f32 * 5.0).round_ties_even() / 5.0
    ))
}

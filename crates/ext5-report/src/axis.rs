//! Axes: where a value lies, and the round numbers beside them.
use crate::html::{Html, element};
use crate::number::compact;

/// How values lie on an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// Equal steps are equal distances.
    #[default]
    Linear,
    /// Equal factors are equal distances; for values above 0.
    Log,
}

/// A named axis from `low` to `high`.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    name: String,
    unit: String,
    low: f64,
    high: f64,
    scale: Scale,
    whole: bool,
    /// Where it is marked, in place of round numbers.
    marks: Vec<f64>,
}

/// Least distance of two marks, in percent of the axis.
const APART: f64 = 6.0;

/// Round numbers (1, 2 or 5 times a power of ten apart) from `low` to `high`, at most `most` of them; none where the two are not
/// finite numbers in order.
pub fn ticks(low: f64, high: f64, most: usize) -> Vec<f64> {
    if !(low.is_finite() && high.is_finite() && low < high) || most < 2 {
        return Vec::new();
    }
    let span = high - low;
    let mut power = 10_f64.powf((span / most as f64).log10().floor());
    if !(power.is_normal() && span.is_finite()) {
        return Vec::new();
    }
    loop {
        for factor in [1.0, 2.0, 5.0] {
            let step = factor * power;
            let first = (low / step - 1e-9).ceil();
            let last = (high / step + 1e-9).floor();
            if last - first < most as f64 {
                let count = (last - first).max(-1.0) as i64 + 1;
                return (0..count)
                    .map(|index| rounded((first + index as f64) * step, step))
                    .collect();
            }
        }
        power *= 10.0;
    }
}

/// `value` without what adding up steps left behind.
fn rounded(value: f64, step: f64) -> f64 {
    let digits = (-step.log10().floor()).max(0.0) as usize;
    let text = format!("{value:.digits$}");
    let value = text.parse().unwrap_or(value);
    if value == 0.0 { 0.0 } else { value }
}

/// Powers of ten from `low` to `high`, or as many round numbers as [`ticks`] gives where there are fewer than two.
fn log_ticks(low: f64, high: f64, most: usize) -> Vec<f64> {
    let (first, last) = (low.log10().ceil() as i32, high.log10().floor() as i32);
    let decades = i64::from(last) - i64::from(first) + 1;
    let factors: &[f64] = match decades {
        ..=2 => &[1.0, 2.0, 5.0],
        3 => &[1.0, 3.0],
        _ => &[1.0],
    };
    let every = (decades as usize).div_ceil(most).max(1);
    let values: Vec<f64> = (first - 1..=last)
        .filter(|power| factors.len() > 1 || (power - first).rem_euclid(every as i32) == 0)
        .flat_map(|power| {
            factors
                .iter()
                .map(move |factor| factor * 10_f64.powi(power))
        })
        .filter(|value| *value >= low * (1.0 - 1e-9) && *value <= high * (1.0 + 1e-9))
        .collect();
    if values.len() < 2 {
        ticks(low, high, most)
    } else {
        values
    }
}

impl Axis {
    /// An axis over these ends; where they are not two finite numbers in order it runs from 0 to 1 or is widened.
    pub fn new(name: impl Into<String>, unit: impl Into<String>, low: f64, high: f64) -> Self {
        let (low, high) = match (low.is_finite() && high.is_finite(), low < high) {
            (false, _) => (0.0, 1.0),
            (true, true) => (low, high),
            (true, false) => (
                low.min(0.0),
                if high > 0.0 { high } else { low.min(0.0) + 1.0 },
            ),
        };
        Self {
            name: name.into(),
            unit: unit.into(),
            low,
            high,
            scale: Scale::Linear,
            whole: false,
            marks: Vec::new(),
        }
    }

    /// Marked at these values in place of round numbers, those left out that lie outside or close to the one before.
    #[must_use]
    pub(crate) fn marked(mut self, values: &[f64]) -> Self {
        let inside = |value: &f64| (self.low..=self.high).contains(value);
        let mut values: Vec<f64> = values.iter().copied().filter(inside).collect();
        values.sort_by(f64::total_cmp);
        let mut marks: Vec<f64> = Vec::new();
        for value in values {
            let place = self.place(value);
            if marks
                .last()
                .is_none_or(|last| place - self.place(*last) >= APART)
            {
                marks.push(value);
            }
        }
        self.marks = marks;
        self
    }

    /// The same axis with another scale; it stays linear where an end is not above 0.
    #[must_use]
    pub fn scale(mut self, scale: Scale) -> Self {
        if scale == Scale::Linear || self.low > 0.0 {
            self.scale = scale;
        }
        self
    }

    /// For whole numbers: no tick lies between two of them.
    #[must_use]
    pub fn whole(mut self) -> Self {
        self.whole = true;
        self
    }

    /// Widened to the next round numbers; on a logarithmic scale as it is.
    #[must_use]
    pub(crate) fn rounded(mut self, most: usize) -> Self {
        if self.scale == Scale::Linear
            && let [first, second, ..] = ticks(self.low, self.high, most)[..]
        {
            let step = second - first;
            self.low = rounded((self.low / step + 1e-9).floor() * step, step);
            self.high = rounded((self.high / step - 1e-9).ceil() * step, step);
        }
        self
    }

    /// Where `value` lies, in percent of the axis, inside 0 to 100.
    pub fn place(&self, value: f64) -> f64 {
        let place = match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log => {
                (value.max(f64::MIN_POSITIVE) / self.low).ln() / (self.high / self.low).ln()
            }
        };
        if place.is_finite() {
            100.0 * place.clamp(0.0, 1.0)
        } else {
            0.0
        }
    }

    /// Round numbers along it, at most `most`.
    pub fn ticks(&self, most: usize) -> Vec<f64> {
        if !self.marks.is_empty() {
            return self.marks.clone();
        }
        let mut ticks = match self.scale {
            Scale::Linear => ticks(self.low, self.high, most),
            Scale::Log => log_ticks(self.low, self.high, most),
        };
        ticks.retain(|tick| !self.whole || tick.fract() == 0.0);
        ticks
    }

    /// `name, unit`.
    pub(crate) fn title(&self) -> String {
        match (self.name.as_str(), self.unit.as_str()) {
            (name, "") => name.to_owned(),
            ("", unit) => unit.to_owned(),
            (name, unit) => format!("{name}, {unit}"),
        }
    }

    /// Grid and numbers of an axis below a plot.
    pub(crate) fn below(&self, most: usize) -> Html {
        let marks = self.ticks(most).into_iter().map(|tick| {
            let x = percent(self.place(tick));
            let line = element("line")
                .class("grid")
                .attribute("x1", &x)
                .attribute("x2", &x);
            let line = line.attribute("y1", 0).attribute("y2", "100%");
            let label = element("text").class("tick below").attribute("x", &x);
            let label = label
                .attribute("y", "100%")
                .attribute("dy", 18)
                .child(compact(tick));
            Html::all([line, label])
        });
        let title = element("text").class("axis below").attribute("x", "50%");
        let title = title.attribute("y", "100%").attribute("dy", 36);
        Html::all(marks.chain([title.child(self.title()).into()]))
    }

    /// Grid and numbers of an axis left of a plot; its name stands above it.
    pub(crate) fn beside(&self, most: usize) -> Html {
        let marks = self.ticks(most).into_iter().map(|tick| {
            let y = percent(100.0 - self.place(tick));
            let line = element("line")
                .class("grid")
                .attribute("y1", &y)
                .attribute("y2", &y);
            let line = line.attribute("x1", 0).attribute("x2", "100%");
            let label = element("text").class("tick beside").attribute("x", -8);
            let label = label
                .attribute("y", &y)
                .attribute("dy", 4)
                .child(compact(tick));
            Html::all([line, label])
        });
        let title = element("text")
            .class("axis")
            .attribute("x", -48)
            .attribute("y", -12);
        Html::all(marks.chain([title.child(self.title()).into()]))
    }
}

/// A coordinate in percent, in as few digits as a screen shows.
pub(crate) fn percent(place: f64) -> String {
    let text = format!("{place:.2}");
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(0.0, 1.0, 6), [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
        assert_eq!(
            ticks(0.0, 512.0, 6),
            [0.0, 100.0, 200.0, 300.0, 400.0, 500.0]
        );
        assert_eq!(ticks(-3.0, 7.0, 6), [-2.0, 0.0, 2.0, 4.0, 6.0]);
        assert_eq!(ticks(0.1, 0.3, 5), [0.1, 0.15, 0.2, 0.25, 0.3]);
        assert_eq!(ticks(1.0, 1.0, 5), []);
        assert_eq!(ticks(f64::NAN, 1.0, 5), []);
        assert_eq!(ticks(-f64::MAX, f64::MAX, 5), []);
    }

    #[test]
    fn a_log_axis_counts_in_factors() {
        let axis = Axis::new("tokens", "", 1.0, 10_000.0).scale(Scale::Log);
        assert_eq!(axis.ticks(6), [1.0, 10.0, 100.0, 1000.0, 10_000.0]);
        assert!((axis.place(100.0) - 50.0).abs() < 1e-9);
        assert!(axis.place(0.0).abs() < 1e-9);
        let narrow = Axis::new("tokens", "", 20.0, 60.0).scale(Scale::Log);
        assert_eq!(narrow.ticks(6), [20.0, 50.0]);
    }

    #[test]
    fn an_axis_always_has_a_length() {
        for (low, high) in [
            (0.0, 0.0),
            (5.0, 5.0),
            (-2.0, -2.0),
            (f64::NAN, 1.0),
            (3.0, 1.0),
        ] {
            let axis = Axis::new("", "", low, high);
            assert!(axis.low < axis.high, "{low} {high} {axis:?}");
        }
    }

    #[test]
    fn marks_lie_inside_and_apart() {
        let axis = Axis::new("", "", 0.0, 100.0);
        let values = [80.0, 0.0, 3.0, 30.0, f64::NAN, 30.0, 101.0];
        assert_eq!(axis.clone().marked(&values).ticks(6), [0.0, 30.0, 80.0]);
        assert_eq!(axis.clone().marked(&[]).ticks(6), axis.ticks(6));
    }

    #[test]
    fn rounding_widens() {
        let axis = Axis::new("", "", 0.03, 0.97).rounded(6);
        assert_eq!((axis.low, axis.high), (0.0, 1.0));
    }
}

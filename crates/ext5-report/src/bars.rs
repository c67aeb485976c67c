use crate::axis::{Axis, percent};
use crate::html::{Html, element};
use crate::number::{decimal, signed};
use crate::plot::legend;
use crate::section::figure;

/// Horizontal bars with their values, and an interval where there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
    title: String,
    note: String,
    name: String,
    unit: String,
    digits: Option<usize>,
    signed: bool,
    legend: Vec<(String, usize)>,
    levels: Vec<(String, f64)>,
    bars: Vec<Bar>,
}

#[derive(Clone, Debug, PartialEq)]
struct Bar {
    label: String,
    value: f64,
    interval: Option<(f64, f64)>,
    colour: usize,
}

impl Bars {
    /// Bars of a quantity in a unit.
    pub fn new(title: impl Into<String>, name: impl Into<String>, unit: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            note: String::new(),
            name: name.into(),
            unit: unit.into(),
            digits: None,
            signed: false,
            legend: Vec::new(),
            levels: Vec::new(),
            bars: Vec::new(),
        }
    }

    /// A sentence below the title.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Writes a plus before what is above 0: the values are differences.
    #[must_use]
    pub fn signed(mut self) -> Self {
        self.signed = true;
        self
    }

    /// Says what a colour of the palette stands for.
    #[must_use]
    pub fn colour(mut self, name: impl Into<String>, colour: usize) -> Self {
        self.legend.push((name.into(), colour));
        self
    }

    /// Adds a level across all bars: what they are held against. One that is no finite number is left out.
    #[must_use]
    pub fn level(mut self, name: impl Into<String>, value: f64) -> Self {
        if value.is_finite() {
            self.levels.push((name.into(), value));
        }
        self
    }

    /// Places after the point; where it is not said, none for whole numbers and else one.
    #[must_use]
    pub fn digits(mut self, digits: usize) -> Self {
        self.digits = Some(digits);
        self
    }

    /// Adds a bar.
    #[must_use]
    pub fn bar(self, label: impl Into<String>, value: f64) -> Self {
        self.coloured(label, value, 0)
    }

    /// Adds a bar in a colour of the palette.
    #[must_use]
    pub fn coloured(self, label: impl Into<String>, value: f64, colour: usize) -> Self {
        self.measured(label, value, None, colour)
    }

    /// Adds a bar with an interval around its value, for example of 95 %.
    #[must_use]
    pub fn with_interval(self, label: impl Into<String>, value: f64, interval: (f64, f64)) -> Self {
        self.measured(label, value, Some(interval), 0)
    }

    /// Adds a bar in a colour of the palette, with an interval around its value where one is known.
    #[must_use]
    pub fn measured(
        mut self,
        label: impl Into<String>,
        value: f64,
        interval: Option<(f64, f64)>,
        colour: usize,
    ) -> Self {
        self.bars.push(Bar {
            label: label.into(),
            value,
            interval: interval.filter(|(low, high)| low.is_finite() && high.is_finite()),
            colour,
        });
        self
    }

    fn axis(&self) -> Axis {
        let values = self.bars.iter().flat_map(|bar| {
            let (low, high) = bar.interval.unwrap_or((bar.value, bar.value));
            [bar.value, low, high]
        });
        let values = values.chain(self.levels.iter().map(|level| level.1));
        let (low, high) = values
            .filter(|value| value.is_finite())
            .fold((0.0_f64, 0.0_f64), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        Axis::new(&self.name, &self.unit, low, high).rounded(5)
    }

    fn shown(&self, value: f64) -> String {
        let whole = self.bars.iter().all(|bar| bar.value.fract() == 0.0);
        let digits = self.digits.unwrap_or(usize::from(!whole));
        if self.signed {
            signed(value, digits)
        } else {
            decimal(value, digits)
        }
    }

    /// What colours and dashed lines stand for.
    fn key(&self) -> Html {
        let colours = self.legend.iter();
        let colours = colours.map(|(name, colour)| (name.as_str(), *colour));
        let levels = self.levels.iter().map(|(name, value)| {
            let dash = element("i").class("dash");
            let shown = format!("{name}: {}", self.shown(*value));
            element("li").child(dash).child(shown)
        });
        if self.legend.is_empty() && self.levels.is_empty() {
            return Html::new();
        }
        legend(colours).children(levels).into()
    }
}

impl Bar {
    /// Label, track and value: three cells of the grid.
    fn html(&self, axis: &Axis, levels: &[(String, f64)], shown: &str, interval: &str) -> Html {
        let (zero, end) = (axis.place(0.0), axis.place(self.value));
        let rect = element("rect")
            .attribute("x", percent(zero.min(end)))
            .attribute("width", percent((zero - end).abs()))
            .attribute("height", "100%")
            .attribute("rx", 2);
        let whisker = self.interval.map(|(low, high)| {
            let (low, high) = (axis.place(low), axis.place(high));
            let line = |x1: f64, x2: f64, y1: &str, y2: &str| {
                element("line")
                    .class("whisker")
                    .attribute("x1", percent(x1))
                    .attribute("x2", percent(x2))
                    .attribute("y1", y1)
                    .attribute("y2", y2)
            };
            Html::all([
                line(low, high, "50%", "50%"),
                line(low, low, "25%", "75%"),
                line(high, high, "25%", "75%"),
            ])
        });
        let origin = element("line")
            .class("origin")
            .attribute("x1", percent(zero))
            .attribute("x2", percent(zero))
            .attribute("y1", -3)
            .attribute("y2", 17);
        let drawn = if self.value.is_finite() {
            Some(rect)
        } else {
            None
        };
        let levels = levels.iter().map(|(_, value)| {
            let place = percent(axis.place(*value));
            let line = element("line").class("mark");
            let line = line.attribute("x1", &place).attribute("x2", &place);
            line.attribute("y1", -3).attribute("y2", 17)
        });
        let track = element("svg")
            .class(format_args!("track k{}", self.colour % crate::PALETTE))
            .attribute("role", "img")
            .attribute(
                "aria-label",
                format_args!("{}: {shown}{interval}", self.label),
            )
            .child(drawn)
            .child(origin)
            .children(levels)
            .child(whisker);
        let interval = (!interval.is_empty()).then(|| element("small").child(interval));
        Html::all([
            element("span")
                .class("name")
                .attribute("title", &self.label)
                .child(crate::name(&self.label)),
            element("span").class("bar").child(track),
            element("span").class("value").child(shown).child(interval),
        ])
    }
}

impl From<Bars> for Html {
    fn from(bars: Bars) -> Self {
        let axis = bars.axis();
        let rows = bars.bars.iter().map(|bar| {
            let interval = bar.interval.map(|(low, high)| {
                let (low, high) = (bars.shown(low), bars.shown(high));
                format!(" ({low} – {high})")
            });
            let (shown, interval) = (bars.shown(bar.value), interval.unwrap_or_default());
            bar.html(&axis, &bars.levels, &shown, &interval)
        });
        let scale = element("svg")
            .class("scale")
            .attribute("aria-hidden", "true");
        let grid = element("div").class("bars").children(rows);
        let grid = grid.child(
            element("span")
                .class("scale-box")
                .child(scale.child(axis.below(6))),
        );
        figure(
            &bars.title,
            &bars.note,
            Html::all([bars.key(), grid.into()]),
        )
    }
}

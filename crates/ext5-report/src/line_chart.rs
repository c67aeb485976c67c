use crate::axis::{Axis, Scale, percent};
use crate::html::{Html, element};
use crate::number::compact;
use crate::plot::{plot, stretched, strokes};
use crate::section::figure;

/// One point of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Where.
    pub x: f64,
    /// How much.
    pub y: f64,
    /// Ends of its interval, for example of 95 %.
    pub band: Option<(f64, f64)>,
}

/// A curve with a name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// What it shows.
    pub name: String,
    /// Its points in the order of `x`; those that are no finite numbers are left out.
    pub points: Vec<Point>,
}

/// A horizontal line with a name: what curves are held against.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// What it is.
    pub name: String,
    /// How much.
    pub y: f64,
    /// Ends of its interval, for example of 95 %.
    pub band: Option<(f64, f64)>,
}

/// Curves over one axis, each with a band where its points have one.
#[derive(Clone, Debug, PartialEq)]
pub struct LineChart {
    title: String,
    note: String,
    x: (String, String, Scale),
    y: (String, String),
    series: Vec<Series>,
    levels: Vec<Level>,
    dots: bool,
    marks: Vec<f64>,
}

impl LineChart {
    /// A chart with axes of these names and units.
    pub fn new(title: impl Into<String>, x: (&str, &str), y: (&str, &str)) -> Self {
        Self {
            title: title.into(),
            note: String::new(),
            x: (x.0.to_owned(), x.1.to_owned(), Scale::Linear),
            y: (y.0.to_owned(), y.1.to_owned()),
            series: Vec::new(),
            levels: Vec::new(),
            dots: false,
            marks: Vec::new(),
        }
    }

    /// A sentence below the title.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// How the lower axis is laid out.
    #[must_use]
    pub fn scale(mut self, scale: Scale) -> Self {
        self.x.2 = scale;
        self
    }

    /// Adds a curve.
    #[must_use]
    pub fn series(mut self, mut series: Series) -> Self {
        series
            .points
            .retain(|point| point.x.is_finite() && point.y.is_finite());
        self.series.push(series);
        self
    }

    /// Marks the lower axis at these values in place of round numbers: where few things were measured.
    #[must_use]
    pub fn marks(mut self, values: Vec<f64>) -> Self {
        self.marks = values;
        self
    }

    /// Draws dots alone: points that no order joins.
    #[must_use]
    pub fn dots(mut self) -> Self {
        self.dots = true;
        self
    }

    /// Adds a level; one that is no finite number is left out.
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        if level.y.is_finite() {
            self.levels.push(level);
        }
        self
    }

    fn axes(&self) -> (Axis, Axis) {
        let points = || self.series.iter().flat_map(|series| &series.points);
        let (left, right) = ends(points().map(|point| point.x));
        let levels = self.levels.iter().map(|level| (level.y, level.band));
        let heights = points().map(|point| (point.y, point.band)).chain(levels);
        let (low, high) = ends(heights.flat_map(|(y, band)| {
            let (low, high) = band.unwrap_or((y, y));
            [y, low, high]
        }));
        let x = Axis::new(&self.x.0, &self.x.1, left, right).scale(self.x.2);
        let x = x.marked(&self.marks);
        (x, Axis::new(&self.y.0, &self.y.1, low, high).rounded(5))
    }
}

/// Least and greatest of the finite values.
fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let finite = values.filter(|value| value.is_finite());
    finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    })
}

/// `x,y` in thousandths of the plot.
fn at(x: &Axis, y: &Axis, (horizontal, vertical): (f64, f64)) -> String {
    format!(
        "{:.1},{:.1}",
        10.0 * x.place(horizontal),
        1000.0 - 10.0 * y.place(vertical)
    )
}

fn finite(band: Option<(f64, f64)>) -> Option<(f64, f64)> {
    band.filter(|(low, high)| low.is_finite() && high.is_finite())
}

/// A band along each run of points that have an interval; a point alone among those without has a line instead.
fn bands(series: &Series, x: &Axis, y: &Axis) -> Html {
    let runs = series
        .points
        .chunk_by(|one, next| finite(one.band).is_some() == finite(next.band).is_some());
    let drawn = runs.filter_map(|run| {
        let ends: Vec<(f64, (f64, f64))> = run
            .iter()
            .filter_map(|point| Some((point.x, finite(point.band)?)))
            .collect();
        match &ends[..] {
            [] => None,
            [(place, (low, high))] => {
                let points = [at(x, y, (*place, *low)), at(x, y, (*place, *high))];
                let line = element("polyline").class("whisker");
                Some(line.attribute("points", points.join(" ")))
            }
            _ => {
                let high = ends.iter().map(|(place, (_, high))| (*place, *high));
                let low = ends.iter().rev().map(|(place, (low, _))| (*place, *low));
                let corners: Vec<String> = high.chain(low).map(|corner| at(x, y, corner)).collect();
                let polygon = element("polygon").class("band");
                Some(polygon.attribute("points", corners.join(" ")))
            }
        }
    });
    Html::all(drawn)
}

/// The line, its interval and its name: the first at the right end, the next at the left one, and so on.
fn level(level: &Level, index: usize, y: &Axis) -> Html {
    let place = 100.0 - y.place(level.y);
    let band = finite(level.band).map(|(low, high)| {
        let (top, bottom) = (100.0 - y.place(high), 100.0 - y.place(low));
        element("rect")
            .class("band")
            .attribute("width", "100%")
            .attribute("y", percent(top))
            .attribute("height", percent(bottom - top))
    });
    let line = element("line").class("mark");
    let line = line.attribute("x2", "100%");
    let line = line
        .attribute("y1", percent(place))
        .attribute("y2", percent(place));
    let right = index.is_multiple_of(2);
    let text = element("text")
        .class(if right { "mark before" } else { "mark" })
        .attribute("x", if right { "100%" } else { "0%" })
        .attribute("dx", if right { -4 } else { 4 })
        .attribute("y", percent(place))
        // Below the line where it would else stand above the plot.
        .attribute("dy", if place < 10.0 { 14 } else { -5 });
    let text = text.child(&level.name);
    element("g")
        .class("level")
        .child(band)
        .child(line)
        .child(text)
        .into()
}

fn curve(series: &Series, colour: usize, (x, y): (&Axis, &Axis), joined: bool) -> Html {
    let path: Vec<String> = series
        .points
        .iter()
        .map(|point| at(x, y, (point.x, point.y)))
        .collect();
    let line = element("polyline").attribute("points", path.join(" "));
    let picture = stretched()
        .child(bands(series, x, y))
        .child(joined.then_some(line));
    let dots = series.points.iter().map(|point| {
        let interval = finite(point.band).map(|(low, high)| {
            let (low, high) = (compact(low), compact(high));
            format!(" ({low} – {high})")
        });
        let title = format!(
            "{}: {}{} at {}",
            series.name,
            compact(point.y),
            interval.unwrap_or_default(),
            compact(point.x)
        );
        let dot = element("circle").attribute("cx", percent(x.place(point.x)));
        let dot = dot
            .attribute("cy", percent(100.0 - y.place(point.y)))
            .attribute("r", if joined { 3 } else { 4 });
        dot.child(element("title").child(title))
    });
    let few = !joined || series.points.len() <= 60;
    let group = element("g").class(format_args!(
        "series k{} s{}",
        colour % crate::PALETTE,
        colour % 4
    ));
    let group = group.child(picture);
    if few { group.children(dots) } else { group }.into()
}

impl From<LineChart> for Html {
    fn from(chart: LineChart) -> Self {
        let (x, y) = chart.axes();
        let curves = chart
            .series
            .iter()
            .enumerate()
            .map(|(colour, series)| curve(series, colour, (&x, &y), !chart.dots));
        let levels = chart.levels.iter().enumerate();
        let levels = levels.map(|(index, line)| level(line, index, &y));
        let curves = curves.chain(levels);
        let names: Vec<&str> = chart
            .series
            .iter()
            .map(|series| series.name.as_str())
            .chain(chart.levels.iter().map(|level| level.name.as_str()))
            .collect();
        let description = format!(
            "{}: {} over {}; {}",
            chart.title,
            y.title(),
            x.title(),
            names.join(", ")
        );
        let named = chart.series.iter().enumerate();
        let named = named.map(|(colour, series)| (series.name.as_str(), colour));
        let legend = (chart.series.len() > 1).then(|| strokes(named));
        let picture = plot(&x, &y, &description, Html::all(curves));
        figure(
            &chart.title,
            &chart.note,
            Html::all([legend.into(), picture]),
        )
    }
}

use crate::html::{Element, Html, element};
use crate::number::{decimal, signed};
use crate::section::figure;

/// Steps of either scale of colours.
const STEPS: usize = 9;

/// How values become colours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Colours {
    /// From 0 to this value, pale to strong.
    Sequential(f64),
    /// From minus to plus this value, one hue below 0 and another above.
    Diverging(f64),
}

/// One cell of a [`HeatMap`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeatCell {
    /// Its value; none where there is nothing to show.
    pub value: Option<f64>,
    /// Stands out: a ring around it and a star beside its number, so that no colour is needed to see it.
    pub marked: bool,
    /// What is said when one points at it, behind row, column and value.
    pub hint: String,
}

impl From<Option<f64>> for HeatCell {
    fn from(value: Option<f64>) -> Self {
        Self {
            value,
            ..Self::default()
        }
    }
}

/// A table of numbers whose cells are coloured by them.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    title: String,
    note: String,
    /// What rows, columns and values are called.
    names: (String, String, String),
    unit: String,
    digits: usize,
    colours: Colours,
    signed: bool,
    columns: Vec<String>,
    rows: Vec<(String, Vec<HeatCell>)>,
    beside: Option<Margin>,
    below: Option<Margin>,
}

/// What stands beyond the last column or row, for example its means.
#[derive(Clone, Debug, PartialEq)]
struct Margin {
    name: String,
    values: Vec<Option<f64>>,
}

impl HeatMap {
    /// A map; `names` are what its rows, columns and values are called.
    pub fn new(
        title: impl Into<String>,
        names: (&str, &str, &str),
        unit: impl Into<String>,
        colours: Colours,
    ) -> Self {
        Self {
            title: title.into(),
            note: String::new(),
            names: (names.0.to_owned(), names.1.to_owned(), names.2.to_owned()),
            unit: unit.into(),
            digits: 0,
            colours,
            signed: false,
            columns: Vec::new(),
            rows: Vec::new(),
            beside: None,
            below: None,
        }
    }

    /// A sentence below the title.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Places after the point, none where it is not said.
    #[must_use]
    pub fn digits(mut self, digits: usize) -> Self {
        self.digits = digits;
        self
    }

    /// Writes a plus before what is above 0: the values are differences.
    #[must_use]
    pub fn signed(mut self) -> Self {
        self.signed = true;
        self
    }

    /// Names of the columns.
    #[must_use]
    pub fn columns<I>(mut self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.columns = names.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a row: one value a column, none where there is no such pair.
    #[must_use]
    pub fn row(self, name: impl Into<String>, values: Vec<Option<f64>>) -> Self {
        self.cells(name, values.into_iter().map(HeatCell::from).collect())
    }

    /// Adds a row of cells that may be marked or hold a word more: one a column.
    #[must_use]
    pub fn cells(mut self, name: impl Into<String>, cells: Vec<HeatCell>) -> Self {
        self.rows.push((name.into(), cells));
        self
    }

    /// Adds a column that is set apart, one value a row, for example the rows' means.
    #[must_use]
    pub fn beside(mut self, name: impl Into<String>, values: Vec<Option<f64>>) -> Self {
        let name = name.into();
        self.beside = Some(Margin { name, values });
        self
    }

    /// Adds a row that is set apart, one value a column, for example the columns' means.
    #[must_use]
    pub fn below(mut self, name: impl Into<String>, values: Vec<Option<f64>>) -> Self {
        let name = name.into();
        self.below = Some(Margin { name, values });
        self
    }

    /// Class of the colour of a value.
    fn class(&self, value: f64) -> String {
        let (letter, place) = match self.colours {
            Colours::Sequential(most) => ('q', value / most),
            Colours::Diverging(most) => ('d', f64::midpoint(value / most, 1.0)),
        };
        let last = (STEPS - 1) as f64;
        let step = (place * last).round().clamp(0.0, last);
        let is_number = step.is_finite() && value.is_finite();
        // Not the palest step for what is more than nothing, nor the neutral one for what has a sign.
        let step = match self.colours {
            Colours::Sequential(_) if value > 0.0 => step.max(1.0),
            _ => step,
        };
        let step = if is_number { step as usize } else { 0 };
        format!("{letter}{step}")
    }

    fn shown(&self, value: f64) -> String {
        if self.signed {
            signed(value, self.digits)
        } else {
            decimal(value, self.digits)
        }
    }

    /// A cell, of class `edge` where it stands in a margin.
    fn cell(&self, row: &str, column: &str, cell: &HeatCell, edge: bool) -> Element {
        let edge = if edge { " edge" } else { "" };
        let said = |value: &str| {
            let title = format!("{row} × {column}: {value} {}", self.unit);
            match cell.hint.as_str() {
                "" => title.trim_end().to_owned(),
                hint => format!("{}; {hint}", title.trim_end()),
            }
        };
        let Some(value) = cell.value.filter(|value| value.is_finite()) else {
            let empty = element("td").class(format_args!("none{edge}"));
            return match cell.hint.as_str() {
                "" => empty.child("·"),
                _ => empty.attribute("title", said("–")).child("–"),
            };
        };
        let shown = self.shown(value);
        let ring = if cell.marked { " ring" } else { "" };
        let star = cell.marked.then(|| element("b").child("*"));
        element("td")
            .class(format_args!("{}{ring}{edge}", self.class(value)))
            .attribute("title", said(&shown))
            .child(shown)
            .child(star)
    }

    /// Head and cells of a row, with what stands beside it.
    fn line(&self, name: &str, cells: &[HeatCell], beside: Option<f64>, edge: bool) -> Element {
        let none = HeatCell::default();
        let inside = self.columns.iter().enumerate().map(|(index, column)| {
            self.cell(name, column, cells.get(index).unwrap_or(&none), edge)
        });
        let beside = self.beside.as_ref().map(|margin| {
            let cell = HeatCell::from(beside);
            self.cell(name, &margin.name, &cell, true)
        });
        let head = element("th")
            .attribute("scope", "row")
            .attribute("title", name);
        element("tr")
            .child(head.child(crate::name(name)))
            .children(inside)
            .child(beside)
    }

    fn legend(&self) -> Element {
        let (low, high) = match self.colours {
            Colours::Sequential(most) => (0.0, most),
            Colours::Diverging(most) => (-most, most),
        };
        let letter = if low < 0.0 { 'd' } else { 'q' };
        let steps = (0..STEPS).map(|step| element("i").class(format_args!("{letter}{step}")));
        let name = match self.unit.as_str() {
            "" => self.names.2.clone(),
            unit => format!("{}, {unit}", self.names.2),
        };
        let digits = if high.abs() < 10.0 {
            self.digits.max(1)
        } else {
            self.digits
        };
        element("p")
            .class("ramp")
            .child(element("span").child(name))
            .child(element("span").child(decimal(low, digits)))
            .child(
                element("span")
                    .class("steps")
                    .attribute("aria-hidden", "true")
                    .children(steps),
            )
            .child(element("span").child(decimal(high, digits)))
    }
}

impl From<HeatMap> for Html {
    fn from(map: HeatMap) -> Self {
        let corner = element("th").class("corner").attribute("scope", "col");
        let corner = corner.child(format!("{} ↓ {} →", map.names.0, map.names.1));
        let beside = map.beside.as_ref();
        let names = map.columns.iter().chain(beside.map(|margin| &margin.name));
        let head = names.map(|name| {
            let head = element("th")
                .attribute("scope", "col")
                .attribute("title", name);
            head.child(element("span").child(name))
        });
        let body = map.rows.iter().enumerate().map(|(index, (name, cells))| {
            let mean = beside.and_then(|margin| margin.values.get(index).copied().flatten());
            map.line(name, cells, mean, false)
        });
        let below = map.below.as_ref().map(|margin| {
            let cells = margin.values.iter().copied().map(HeatCell::from);
            map.line(&margin.name, &cells.collect::<Vec<_>>(), None, true)
        });
        let table = element("table")
            .class("heat")
            .child(element("thead").child(element("tr").child(corner).children(head)))
            .child(element("tbody").children(body).child(below));
        let size = element("div").class("scroll").attribute("tabindex", 0);
        let size = size
            .attribute("role", "region")
            .attribute("aria-label", &map.title);
        figure(
            &map.title,
            &map.note,
            Html::all([map.legend(), size.child(table)]),
        )
    }
}

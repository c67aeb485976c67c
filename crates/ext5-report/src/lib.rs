//! Self-contained HTML pages: one file, no network, no foreign code.
//!
//! Text becomes markup in one place, [`Html`], which escapes it; a block (a table, a chart, a list) is a value that turns into
//! [`Html`], and a [`Page`] of [`Section`]s turns into one string.
//!
//! ```
//! use ext5_report::{Bars, Page, Section};
//!
//! let bars = Bars::new("Scores", "accuracy", "%").bar("rte", 71.5).bar("a <b> c", 90.25);
//! let page = Page::new("A run").section(Section::new("Evaluation").add("Two tasks.").add(bars));
//! let html = page.render();
//! assert!(html.contains("a &lt;b&gt; c"));
//! ```
mod axis;
mod bars;
mod chips;
mod details;
mod digest;
mod figures;
mod heat_map;
mod histogram;
mod html;
mod line_chart;
mod notice;
mod number;
mod page;
mod passport;
mod plot;
mod section;
mod stacked;
mod table;

pub use axis::{Axis, Scale, ticks};
pub use bars::Bars;
pub use chips::{Chip, Chips};
pub use details::{
    Tone, badge, code, columns, details, label, link, list, name, note, paragraph, sentence,
};
pub use figures::KeyFigures;
pub use heat_map::{Colours, HeatCell, HeatMap};
pub use histogram::Histogram;
pub use html::{Element, Html, element};
pub use line_chart::{Level, LineChart, Point, Series};
pub use notice::{apart, notice, verdict};
pub use number::{compact, count, decimal, percent, signed};
pub use page::Page;
pub use passport::Passport;
pub use section::{Section, anchor};
pub use stacked::Stacked;
pub use table::{Cell, Column, Table};

/// Colours that charts and chips take by number; further ones begin anew.
pub const PALETTE: usize = 10;

//! The frame of a chart with two axes. The picture takes the width it is given: places are in percent, letters keep their size,
//! and what stands beside the axes lies in the frame's padding.
use crate::axis::Axis;
use crate::html::{Element, Html, element};

/// A plot between two axes, `description` for those who do not see it.
pub(crate) fn plot(x: &Axis, y: &Axis, description: &str, marks: impl Into<Html>) -> Html {
    let svg = element("svg")
        .attribute("role", "img")
        .attribute("aria-label", description)
        .child(y.beside(5))
        .child(x.below(6))
        .child(marks);
    element("div").class("plot").child(svg).into()
}

/// A picture whose coordinates are thousandths of the plot's sides, for curves.
pub(crate) fn stretched() -> Element {
    element("svg")
        .class("curve")
        .attribute("viewBox", "0 0 1000 1000")
        .attribute("preserveAspectRatio", "none")
        .attribute("width", "100%")
        .attribute("height", "100%")
}

/// Names of colours, where there is more than one.
pub(crate) fn legend<'a>(names: impl IntoIterator<Item = (&'a str, usize)>) -> Element {
    let items = names.into_iter().map(|(name, colour)| {
        let swatch = element("i").class(format_args!("k{}", colour % crate::PALETTE));
        element("li").child(swatch).child(name)
    });
    element("ul").class("legend").children(items)
}

/// Names of curves, each beside a piece of its stroke: colour and dashes.
pub(crate) fn strokes<'a>(names: impl IntoIterator<Item = (&'a str, usize)>) -> Element {
    let items = names.into_iter().map(|(name, colour)| {
        let class = format!("stroke series k{} s{}", colour % crate::PALETTE, colour % 4);
        let line = element("polyline").attribute("points", "0,6 30,6");
        let stroke = element("svg").class(class).attribute("aria-hidden", "true");
        let stroke = stroke.attribute("viewBox", "0 0 30 12").child(line);
        element("li").child(stroke).child(name)
    });
    element("ul").class("legend").children(items)
}

//! Blocks that stand out from the rest of a page.
use crate::details::{Tone, badge};
use crate::html::{Element, Html, element};

/// The class of a tone, behind another one.
fn class(name: &str, tone: Tone) -> String {
    match tone {
        Tone::Plain => name.to_owned(),
        Tone::Good => format!("{name} good"),
        Tone::Caution => format!("{name} caution"),
        Tone::Bad => format!("{name} bad"),
    }
}

/// What one must know before reading on.
pub fn notice(title: impl Into<Html>, body: impl Into<Html>, tone: Tone) -> Element {
    let title = element("p").class("label").child(title);
    element("div")
        .class(class("notice", tone))
        .attribute("role", "note")
        .child(title)
        .child(body)
}

/// A statement under a word that judges it, with what the judgement rests on.
pub fn verdict(word: &str, tone: Tone, statement: impl Into<Html>, body: impl Into<Html>) -> Html {
    let statement = element("p").class("label").child(statement);
    let text = element("div").child(statement).child(body);
    element("div")
        .class("verdict")
        .child(element("p").child(badge(word, tone)))
        .child(text)
        .into()
}

/// What is not of this page's own making, in a frame with a stamp that says so.
pub fn apart(stamp: impl Into<Html>, body: impl Into<Html>) -> Element {
    let stamp = element("p").class("stamp").child(stamp);
    element("div").class("apart").child(stamp).child(body)
}

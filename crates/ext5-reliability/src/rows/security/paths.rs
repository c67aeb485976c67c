//! S1: names that become paths.
mod places;
mod spellings;

use std::fs;
use std::path::Path;

use super::canaries::{Ground, MARK};
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};
use places::{Kit, PLACES};
use spellings::{Spelling, spellings};

pub(super) const ROW: Row = Row {
    id: "S1",
    what: "48 ways to write a path, as every name that becomes one",
    tier: Tier::P,
    defect: "a name is joined to the directory unchecked",
    run,
};

/// A name that becomes a path.
struct Named {
    what: &'static str,
    /// Hands the name to the product, which works in a directory; answers all it says.
    hand: fn(&Kit, &Path, &str) -> Result<String, Failure>,
}

fn run(place: &Place) -> Result<Figure, Failure> {
    let mut ground = Ground::lay(&place.quick_dir("paths")?)?;
    let kit = Kit::new()?;
    let spellings = spellings(&ground.canary());
    let seeded = [Named {
        what: "a name joined unchecked",
        hand: join_unchecked,
    }];
    let names: &[Named] = if place.seeded { &seeded } else { PLACES };
    let mut left = Vec::new();
    for named in names {
        for spelling in &spellings {
            let Spelling { text, is_link } = spelling;
            let said = (named.hand)(&kit, &ground.root(), text)?;
            let mut found = ground.disturbed(*is_link)?;
            if !is_link && said.contains(MARK) {
                found.push("what lies outside was said".to_owned());
            }
            if found.is_empty() {
                ground.clear()?;
            } else {
                let text: String = text.chars().take(40).collect();
                left.push(format!("{} {text:?}: {}", named.what, found.join(", ")));
                ground.restore()?;
            }
        }
    }
    let tried = names.len() * spellings.len();
    let how = if ground.tells_reads {
        "reads told by time and content"
    } else {
        "reads told by content"
    };
    let shown = left.first().map(|it| format!("; {it}")).unwrap_or_default();
    Ok(Figure::new(
        format!(
            "{} spellings x {} names = {tried}, {} left the root ({how}){shown}",
            spellings.len(),
            names.len(),
            left.len()
        ),
        "48 x 12 at least, 0 reads or writes outside",
        left.is_empty() && (place.seeded || (spellings.len() >= 48 && names.len() >= 12)),
    ))
}

/// What the product must not do.
#[expect(clippy::unnecessary_wraps, reason = "stands among those that can fail")]
fn join_unchecked(_: &Kit, root: &Path, name: &str) -> Result<String, Failure> {
    let path = root.join(name);
    let said = fs::read_to_string(&path).unwrap_or_default();
    if !said.contains(MARK) && !name.is_empty() {
        let _ = fs::write(&path, "x");
    }
    Ok(said)
}

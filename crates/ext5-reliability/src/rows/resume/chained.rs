//! C6: a run cut many times over equals the one that never was.
use ext5_objectives::Stream;

use super::world::{World, cursor, cut, finish, learned, log, misplace};
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

const STEPS: u64 = 200;
/// How often each of the runs is cut.
const CUTS: [usize; 6] = [1, 2, 3, 5, 10, 25];

pub(super) const ROW: Row = Row {
    id: "C6",
    what: "200 steps cut at 1, 2, 3, 5, 10 and 25 random places, resumed each time",
    tier: Tier::P,
    defect: "a data cursor that stays where the first resume found it",
    run,
};

fn run(place: &Place) -> Result<Figure, Failure> {
    let steps = if place.seeded { STEPS / 10 } else { STEPS };
    let chains = if place.seeded { &[2] } else { CUTS.as_slice() };
    let world = World::new(place.dir("C6")?);
    let config = world.config(steps, &["optimizer={kind=\"adamw\"}"])?;
    let whole = world.run("whole");
    finish(&config, &whole, false)?;
    let expected = (log(&whole)?, learned(&whole, steps)?);
    let mut equal = 0;
    for &count in chains {
        let dir = world.run(&format!("cut_{count}"));
        let cuts = cuts(count, steps);
        let mut first = None;
        for (number, &at) in cuts.iter().enumerate() {
            cut(&config, &dir, number > 0, at)?;
            if place.seeded {
                let frozen = match &first {
                    Some(frozen) => frozen,
                    None => first.insert(cursor(&dir, at)?),
                };
                misplace(&dir, at, frozen)?;
            }
        }
        finish(&config, &dir, true)?;
        equal += usize::from((log(&dir)?, learned(&dir, steps)?) == expected);
    }
    let all = chains.len();
    Ok(Figure::new(
        format!(
            "{equal}/{all} chains: whole log and final hashes of weights and optimizer equal to the uncut run's"
        ),
        format!("{all}/{all}"),
        equal == all,
    ))
}

/// So many steps of 1 to `steps` - 1, ascending, none twice.
fn cuts(count: usize, steps: u64) -> Vec<u64> {
    let mut places: Vec<u64> = (1..steps).collect();
    Stream::new(&[0x6336, count as u64]).shuffle(&mut places);
    places.truncate(count);
    places.sort_unstable();
    places
}

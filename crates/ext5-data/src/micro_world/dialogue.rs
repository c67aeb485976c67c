//! Dialogue: the next turn of somebody with a persona, and the state of a booking.
use ext5_objectives::Stream;

use super::{
    draw::{Draft, chance, pick, pick_some},
    relation::{Relation, fill},
    words::{DAYS, PLACES},
    world::World,
};

/// Columns `persona`, `history`, `response`.
pub(super) fn reply(world: &World, stream: &mut Stream) -> Draft {
    let person = world.someone(stream);
    let relations = pick_some(stream, &Relation::OPEN, 3);
    let lines: Vec<_> = relations
        .iter()
        .map(|relation| {
            let value = person.value(stream, *relation);
            fill(relation.wording().first_person, person.name, value)
        })
        .collect();
    let asked = stream.below(3) as usize;
    let question = pick(stream, relations[asked].wording().second_person);
    let history = format!(
        "{} {question}",
        pick(stream, &["hello .", "good day .", "i see ."])
    );
    Draft::keyed(
        vec![
            lines.join(" ").into(),
            history.into(),
            lines[asked].clone().into(),
        ],
        1,
    )
}

/// Columns `dialogue`, `state`: from where, to where, on which day; the day may be corrected.
pub(super) fn booking(_: &World, stream: &mut Stream) -> Draft {
    let towns = pick_some(stream, &PLACES, 2);
    let days = pick_some(stream, &DAYS, 2);
    let (from, to) = (towns[0], towns[1]);
    let request = match stream.below(3) {
        0 => format!("user : i want to go from {from} to {to} ."),
        1 => format!("user : i need a ticket to {to} . agent : from where ? user : from {from} ."),
        _ => format!("user : i am in {from} . agent : where to ? user : i must go to {to} ."),
    };
    let mut dialogue = format!("{request} agent : on which day ? user : on {} .", days[0]);
    let mut day = days[0];
    if chance(stream, 30) {
        day = days[1];
        dialogue.push_str(" agent : fine . user : no , on ");
        dialogue.push_str(day);
        dialogue.push_str(" .");
    }
    let state = format!("from = {from} ; to = {to} ; day = {day}");
    Draft::keyed(vec![dialogue.into(), state.into()], 1)
}

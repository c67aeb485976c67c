//! Classification: topic, opinion, paraphrase.
use ext5_objectives::Stream;

use super::{
    draw::{Draft, chance, pick},
    relation::{Relation, fill},
    words::{BLAME, PRAISE},
    world::World,
};

/// Columns `sentence`, `label` (home, work, food, friends, things, travel): which open relation a
/// sentence speaks of.
pub(super) fn topic(world: &World, stream: &mut Stream) -> Draft {
    let person = world.someone(stream);
    let label = stream.below(Relation::OPEN.len() as u64);
    let relation = Relation::OPEN[label as usize];
    let sentence = if chance(stream, 30) {
        let value = world.false_value(stream, person, relation);
        relation.deny(stream, person.name, value)
    } else {
        let value = person.value(stream, relation);
        relation.state(stream, person.name, value)
    };
    Draft::keyed(vec![sentence.into(), label.into()], 1)
}

/// Columns `sentence`, `label` (negative, positive): praise, blame, and the negation of either.
pub(super) fn opinion(world: &World, stream: &mut Stream) -> Draft {
    let label = stream.below(2);
    let denied = chance(stream, 40);
    let words = if (label == 1) == denied {
        &BLAME
    } else {
        &PRAISE
    };
    let (name, thing) = (pick(stream, &world.names), pick(stream, &world.things));
    let word = pick(stream, words);
    let not = if denied { "not " } else { "" };
    let sentence = match stream.below(3) {
        0 => format!("{name} says that the {thing} is {not}{word} ."),
        1 => format!("the {thing} is {not}{word} , says {name} ."),
        _ => format!("{name} finds the {thing} {not}{word} ."),
    };
    Draft::keyed(vec![sentence.into(), label.into()], 1)
}

/// Columns `sentence1`, `sentence2`, `label` (different, same): the second sentence words the same
/// fact otherwise, or changes its person, its value or its relation.
pub(super) fn paraphrase(world: &World, stream: &mut Stream) -> Draft {
    let person = world.someone(stream);
    let relation = pick(stream, &Relation::OPEN);
    let value = person.value(stream, relation);
    let statements = relation.wording().statements;
    let first = stream.below(statements.len() as u64) as usize;
    let step = 1 + stream.below(statements.len() as u64 - 1) as usize;
    let label = stream.below(2);
    let second = if label == 1 {
        fill(
            statements[(first + step) % statements.len()],
            person.name,
            value,
        )
    } else if chance(stream, 50) {
        let other = world.false_value(stream, person, relation);
        relation.state(stream, person.name, other)
    } else {
        let other = world.someone(stream);
        let mut topic = pick(stream, &Relation::OPEN);
        while topic == relation {
            topic = pick(stream, &Relation::OPEN);
        }
        let told = if chance(stream, 50) { other } else { person };
        let value = told.value(stream, topic);
        topic.state(stream, told.name, value)
    };
    let sentence1 = fill(statements[first], person.name, value);
    Draft::keyed(vec![sentence1.into(), second.into(), label.into()], 1)
}

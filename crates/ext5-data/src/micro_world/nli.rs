//! Natural language inference over facts, over negations, and (held out) over stories.
use ext5_objectives::Stream;

use super::{
    draw::{Draft, chance, pick, pick_some},
    relation::Relation,
    story::{self, Act},
    world::{Person, World},
};

const ENTAILMENT: u64 = 0;
const CONTRADICTION: u64 = 1;
const NEUTRAL: u64 = 2;

/// Columns `premise`, `hypothesis`, `label` (entailment, contradiction, neutral): two facts and a
/// third sentence about one of their people.
pub(super) fn facts(world: &World, stream: &mut Stream) -> Draft {
    let told: Vec<&Person> = pick_some(stream, &world.people.iter().collect::<Vec<_>>(), 2);
    let relations = [pick(stream, &Relation::OPEN), pick(stream, &Relation::OPEN)];
    let values = [
        told[0].value(stream, relations[0]),
        told[1].value(stream, relations[1]),
    ];
    let premise = format!(
        "{} {}",
        relations[0].state(stream, told[0].name, values[0]),
        relations[1].state(stream, told[1].name, values[1])
    );
    let chosen = stream.below(2) as usize;
    let (person, relation, value) = (told[chosen], relations[chosen], values[chosen]);
    let label = pick(stream, &[ENTAILMENT, CONTRADICTION, NEUTRAL]);
    let hypothesis = match label {
        ENTAILMENT => relation.state(stream, person.name, value),
        // A home or a job excludes every other; any fact excludes its negation.
        CONTRADICTION if excludes_others(relation) && chance(stream, 50) => {
            let other = world.false_value(stream, person, relation);
            relation.state(stream, person.name, other)
        }
        CONTRADICTION => relation.deny(stream, person.name, value),
        _ => unrelated(world, stream, person, relation),
    };
    Draft::keyed(vec![premise.into(), hypothesis.into(), label.into()], 1)
}

fn excludes_others(relation: Relation) -> bool {
    matches!(relation, Relation::Lives | Relation::Works)
}

/// A true or false sentence of another relation about the same person.
fn unrelated(world: &World, stream: &mut Stream, person: &Person, relation: Relation) -> String {
    let place = Relation::OPEN
        .iter()
        .position(|open| *open == relation)
        .unwrap_or_default();
    let step = 1 + stream.below(Relation::OPEN.len() as u64 - 1) as usize;
    let other = Relation::OPEN[(place + step) % Relation::OPEN.len()];
    if chance(stream, 50) {
        let value = person.value(stream, other);
        other.state(stream, person.name, value)
    } else {
        let value = world.false_value(stream, person, other);
        other.deny(stream, person.name, value)
    }
}

/// Columns `premise`, `hypothesis`, `label` (entailment, not entailment): one fact or the negation
/// of a falsehood, so that the premise is always true, and a hypothesis that agrees with it or
/// differs in its polarity or its value.
pub(super) fn negation(world: &World, stream: &mut Stream) -> Draft {
    let person = world.someone(stream);
    let relation = pick(stream, &Relation::OPEN);
    let denied = chance(stream, 50);
    let falsehood = world.false_value(stream, person, relation);
    let value = if denied {
        falsehood
    } else {
        person.value(stream, relation)
    };
    let say = |stream: &mut Stream, denied: bool, value: &str| {
        if denied {
            relation.deny(stream, person.name, value)
        } else {
            relation.state(stream, person.name, value)
        }
    };
    let premise = say(stream, denied, value);
    let label = stream.below(2);
    let hypothesis = if label == ENTAILMENT {
        say(stream, denied, value)
    } else if chance(stream, 50) {
        say(stream, !denied, value)
    } else {
        let mut other = world.false_value(stream, person, relation);
        while other == value {
            other = world.false_value(stream, person, relation);
        }
        say(stream, denied, other)
    };
    Draft::keyed(vec![premise.into(), hypothesis.into(), label.into()], 1)
}

/// Columns `premise`, `hypothesis`, `label` (entailment, not entailment): a story of two events and
/// one of them told the other way round, or what did not happen.
pub(super) fn held_out(world: &World, stream: &mut Stream) -> Draft {
    let events = story::events(world, stream, &Act::HELD_OUT, 2);
    let premise = story::tell(stream, &events);
    let label = stream.below(2);
    let hypothesis = if label == ENTAILMENT {
        pick(stream, &events).paraphrase()
    } else {
        story::never_happened(world, stream, &events).paraphrase()
    };
    Draft::keyed(vec![premise.into(), hypothesis.into(), label.into()], 1)
}

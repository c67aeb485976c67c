//! Closed-book questions: the answer is in no input. Splits go by person, so a question of the
//! validation or test split concerns somebody about whom training asked nothing.
use ext5_objectives::Stream;

use super::{
    draw::{Draft, chance, pick},
    relation::{Relation, fill},
    world::World,
};

/// Columns `question`, `answer`: home, job, favourite food and friend of people.
pub(super) fn people(world: &World, stream: &mut Stream) -> Draft {
    ask(world, stream, &Relation::SINGLE)
}

/// Columns `question`, `answer` (held out): birthplace, instrument and pet, of which no supervised
/// task but this speaks.
pub(super) fn held_out(world: &World, stream: &mut Stream) -> Draft {
    ask(world, stream, &Relation::TEXT_ONLY)
}

fn ask(world: &World, stream: &mut Stream, relations: &[Relation]) -> Draft {
    let person = world.someone(stream);
    let relation = pick(stream, relations);
    let question = relation.ask(stream, person.name);
    let answer = person.value(stream, relation);
    Draft {
        split: person.split,
        values: vec![question.into(), answer.into()],
    }
}

/// Columns `question`, `label` (no, yes): whether an open fact holds.
pub(super) fn check(world: &World, stream: &mut Stream) -> Draft {
    let person = world.someone(stream);
    let relation = pick(stream, &Relation::SINGLE);
    let label = u64::from(chance(stream, 50));
    let value = if label == 1 {
        person.value(stream, relation)
    } else {
        world.false_value(stream, person, relation)
    };
    let question = if chance(stream, 20) {
        fill(relation.wording().yes_no, person.name, value)
    } else {
        let claim = relation.state(stream, person.name, value);
        format!("is it true that {} ?", claim.trim_end_matches(" ."))
    };
    Draft {
        split: person.split,
        values: vec![question.into(), label.into()],
    }
}

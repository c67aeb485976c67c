//! Semantic parsing: sentences and questions to logical forms.
use ext5_objectives::Stream;

use super::{
    draw::{Draft, chance, pick},
    relation::{Relation, fill},
    world::World,
};

/// Columns `sentence`, `parse`: one or two facts, one of them perhaps denied, to
/// `predicate ( person , value )`, joined by ` ; `.
pub(super) fn fact(world: &World, stream: &mut Stream) -> Draft {
    let mut sentences = Vec::with_capacity(2);
    let mut forms = Vec::with_capacity(2);
    for _ in 0..=stream.below(2) {
        let person = world.someone(stream);
        let relation = pick(stream, &Relation::OPEN);
        let predicate = relation.wording().predicate;
        if chance(stream, 25) {
            let value = world.false_value(stream, person, relation);
            sentences.push(relation.deny(stream, person.name, value));
            forms.push(format!("not {predicate} ( {} , {value} )", person.name));
        } else {
            let value = person.value(stream, relation);
            sentences.push(relation.state(stream, person.name, value));
            forms.push(format!("{predicate} ( {} , {value} )", person.name));
        }
    }
    Draft::keyed(
        vec![sentences.join(" ").into(), forms.join(" ; ").into()],
        1,
    )
}

/// Columns `question`, `parse`: `predicate ( person , ? )`, `predicate ( ? , value )`, or without
/// a question mark for a question answered by yes or no.
pub(super) fn question(world: &World, stream: &mut Stream) -> Draft {
    let person = world.someone(stream);
    let relation = pick(stream, &Relation::OPEN);
    let wording = relation.wording();
    let predicate = wording.predicate;
    let value = world.false_value(stream, person, relation);
    let (question, parse) = match stream.below(3) {
        0 => (
            relation.ask(stream, person.name),
            format!("{predicate} ( {} , ? )", person.name),
        ),
        1 => (
            fill(pick(stream, wording.reverse_questions), "", value),
            format!("{predicate} ( ? , {value} )"),
        ),
        _ => (
            fill(wording.yes_no, person.name, value),
            format!("{predicate} ( {} , {value} )", person.name),
        ),
    };
    Draft::keyed(vec![question.into(), parse.into()], 1)
}

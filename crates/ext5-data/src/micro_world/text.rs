//! Plain documents of a few sentences: the only place where everything about the world is said.
use ext5_objectives::Stream;

use super::{
    draw::{Draft, Split, chance, pick, pick_some},
    relation::Relation,
    story::{self, Act},
    words::{DAYS, OBJECTS, PROFESSIONS, with_article},
    world::World,
};

/// A document: mostly of a person, else of a town, a thing, a profession or a day.
pub(super) fn document(world: &World, stream: &mut Stream) -> Draft {
    let text = match stream.below(20) {
        0..=12 => life(world, stream),
        13..=14 => town(world, stream),
        15..=16 => thing(stream),
        17 => profession(world, stream),
        _ => day(world, stream),
    };
    Draft {
        split: Split::of_key(&text),
        values: vec![text.into()],
    }
}

/// Three to five facts of a person, two or three of them such as plain text alone states.
fn life(world: &World, stream: &mut Stream) -> String {
    let person = world.someone(stream);
    let (private, public) = (2 + stream.below(2), 1 + stream.below(2));
    let mut relations = pick_some(stream, &Relation::TEXT_ONLY, private as usize);
    relations.extend(pick_some(stream, &Relation::OPEN, public as usize));
    stream.shuffle(&mut relations);
    let mut sentences = Vec::with_capacity(relations.len());
    for (number, relation) in relations.into_iter().enumerate() {
        let value = person.value(stream, relation);
        let sentence = relation.state(stream, person.name, value);
        // After the first sentence the person may be a pronoun, where the name is the subject and
        // no other person makes it ambiguous.
        sentences.push(match sentence.strip_prefix(person.name) {
            Some(rest) if number > 0 && relation != Relation::Friend && chance(stream, 40) => {
                format!("{}{rest}", person.pronoun)
            }
            _ => sentence,
        });
    }
    sentences.join(" ")
}

/// Facts of a town and who lives in it or comes from it.
fn town(world: &World, stream: &mut Stream) -> String {
    let place = world.somewhere(stream);
    let mut sentences: Vec<_> = pick_some(stream, &Relation::OF_PLACES, 2)
        .into_iter()
        .map(|relation| relation.state(stream, place.name, place.value(relation)))
        .collect();
    for relation in [Relation::Lives, Relation::Born, Relation::Visited] {
        let people: Vec<_> = world
            .people
            .iter()
            .filter(|person| person.values(relation).contains(&place.name))
            .collect();
        if !people.is_empty() {
            let person = pick(stream, &people);
            sentences.push(relation.state(stream, person.name, place.name));
        }
    }
    sentences.join(" ")
}

/// What a thing is, where it is kept, what for, and what is smaller than it.
fn thing(stream: &mut Stream) -> String {
    let object = pick(stream, &OBJECTS);
    let name = with_article(object.name);
    let mut sentences = vec![
        format!("{name} is a kind of {} .", object.kind),
        format!("you keep {name} in the {} .", object.room),
        format!("you use {name} to {} .", object.purpose),
        format!("to {} you need {name} .", object.purpose),
    ];
    for other in pick_some(stream, &OBJECTS, 6) {
        let (small, big) = if other.size < object.size {
            (other, object)
        } else {
            (object, other)
        };
        if small.size == big.size {
            continue;
        }
        let (small, big) = (with_article(small.name), with_article(big.name));
        sentences.push(if chance(stream, 50) {
            format!("{big} is bigger than {small} .")
        } else {
            format!("{small} is smaller than {big} .")
        });
    }
    pick_some(
        stream,
        &sentences.iter().map(String::as_str).collect::<Vec<_>>(),
        4,
    )
    .join(" ")
}

/// What people of a profession do, and two of them.
fn profession(world: &World, stream: &mut Stream) -> String {
    let (name, workplace, deed) = pick(stream, &PROFESSIONS);
    let mut sentences = vec![
        format!("{} works in the {workplace} .", with_article(name)),
        format!("{} {deed} .", with_article(name)),
    ];
    let people: Vec<_> = world
        .people
        .iter()
        .filter(|person| person.profession == name)
        .collect();
    for person in pick_some(stream, &people, 2) {
        sentences.push(Relation::Works.state(stream, person.name, name));
    }
    stream.shuffle(&mut sentences);
    sentences.join(" ")
}

/// What happened on a day, with all acts, and a second look at one of its events.
fn day(world: &World, stream: &mut Stream) -> String {
    let events = story::events(world, stream, &Act::ALL, 3);
    let told = story::tell(stream, &events);
    format!(
        "on {} {told} {}",
        pick(stream, &DAYS),
        pick(stream, &events).paraphrase()
    )
}

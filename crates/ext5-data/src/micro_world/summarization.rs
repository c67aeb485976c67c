//! Summarization: the news of a text, and who was together.
use ext5_objectives::Stream;

use super::{
    draw::{Draft, pick, pick_some},
    relation::Relation,
    story::{self, Act},
    words::{DAYS, SITES},
    world::World,
};

/// Columns `document`, `summary`: the one event among three sentences, as a headline.
pub(super) fn headline(world: &World, stream: &mut Stream) -> Draft {
    let event = story::events(world, stream, &Act::OPEN, 1)[0];
    let mut sentences = vec![format!(
        "on {} {}",
        pick(stream, &DAYS),
        event.state(stream)
    )];
    for name in [event.actor, pick(stream, &world.names)] {
        let Some(person) = world.person(name) else {
            continue;
        };
        let relation = pick(stream, &Relation::SINGLE);
        let value = person.value(stream, relation);
        sentences.push(relation.state(stream, name, value));
    }
    stream.shuffle(&mut sentences);
    Draft::keyed(vec![sentences.join(" ").into(), event.headline().into()], 1)
}

/// Columns `document`, `summary`: two of three people went to the same place.
pub(super) fn roundup(world: &World, stream: &mut Stream) -> Draft {
    let people = pick_some(stream, &world.names, 3);
    let sites = pick_some(stream, &SITES, 2);
    let alone = stream.below(3) as usize;
    let mut sentences = Vec::with_capacity(people.len());
    let mut together = Vec::with_capacity(2);
    for (number, &actor) in people.iter().enumerate() {
        let site = sites[usize::from(number == alone)];
        if number != alone {
            together.push(actor);
        }
        let event = story::Event {
            act: Act::Went,
            actor,
            object: "",
            other: site,
        };
        sentences.push(event.state(stream));
    }
    let summary = format!("{} went to the {}", together.join(" and "), sites[0]);
    Draft::keyed(vec![sentences.join(" ").into(), summary.into()], 1)
}

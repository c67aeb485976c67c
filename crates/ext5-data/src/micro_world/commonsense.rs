//! Commonsense: which of two things is bigger, which of two one needs.
use ext5_objectives::Stream;

use super::{
    draw::{Draft, Split, pick_some},
    words::OBJECTS,
    world::World,
};

/// Columns `choice1`, `choice2`, `label` (choice1, choice2): the bigger one. A pair and its mirror
/// image fall into the same split.
pub(super) fn bigger(_: &World, stream: &mut Stream) -> Draft {
    let [first, second] = loop {
        let pair = pick_some(stream, &indices(), 2);
        let [first, second] = [&OBJECTS[pair[0]], &OBJECTS[pair[1]]];
        if first.size != second.size {
            break [first, second];
        }
    };
    let label = u64::from(second.size > first.size);
    Draft {
        split: split_of_pair(first.name, second.name),
        values: vec![first.name.into(), second.name.into(), label.into()],
    }
}

/// Columns `goal`, `choice1`, `choice2`, `label` (choice1, choice2): the thing for that goal. The
/// questions that set the same two things against each other fall into the same split.
pub(super) fn purpose(_: &World, stream: &mut Stream) -> Draft {
    let pair = pick_some(stream, &indices(), 2);
    let label = stream.below(2);
    let goal = OBJECTS[pair[label as usize]].purpose;
    let [first, second] = [OBJECTS[pair[0]].name, OBJECTS[pair[1]].name];
    Draft {
        split: split_of_pair(first, second),
        values: vec![goal.into(), first.into(), second.into(), label.into()],
    }
}

fn indices() -> Vec<usize> {
    (0..OBJECTS.len()).collect()
}

fn split_of_pair(first: &str, second: &str) -> Split {
    Split::of_key(&format!("{} {}", first.min(second), first.max(second)))
}

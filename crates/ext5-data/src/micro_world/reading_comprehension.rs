//! Reading comprehension over stories: the answer is a word of the context, or yes or no.
use ext5_objectives::Stream;

use super::{
    draw::{Draft, pick},
    story::{self, Act},
    world::World,
};

/// Columns `context`, `question`, `answer`: two or three events, a question about one.
pub(super) fn reading(world: &World, stream: &mut Stream) -> Draft {
    read(world, stream, &Act::OPEN)
}

/// Columns `context`, `question`, `answer` (held out): as [`reading`] with other acts.
pub(super) fn held_out(world: &World, stream: &mut Stream) -> Draft {
    read(world, stream, &Act::HELD_OUT)
}

fn read(world: &World, stream: &mut Stream, acts: &[Act]) -> Draft {
    let count = 2 + stream.below(2) as usize;
    let events = story::events(world, stream, acts, count);
    let context = story::tell(stream, &events);
    let (question, answer) = pick(stream, &events).ask(stream);
    Draft::keyed(vec![context.into(), question.into(), answer.into()], 1)
}

/// Columns `context`, `question`, `label` (no, yes).
pub(super) fn yes_no(world: &World, stream: &mut Stream) -> Draft {
    let events = story::events(world, stream, &Act::OPEN, 2);
    let context = story::tell(stream, &events);
    let label = stream.below(2);
    let question = if label == 1 {
        pick(stream, &events).yes_no()
    } else {
        story::never_happened(world, stream, &events).yes_no()
    };
    Draft::keyed(vec![context.into(), question.into(), label.into()], 1)
}

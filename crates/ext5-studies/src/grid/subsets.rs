use super::ground::Ground;
use super::names;
use ext5_data::{MemberSpec, MixtureSpec, Rate};
use ext5_objectives::Stream;

/// Tag of the streams that draw tasks.
const SUBSET: u64 = 0x7375_6273;

/// `count` supervised tasks drawn without repetition from (seed, count, number of the draw), beside the plain text.
pub(super) fn drawn(ground: &Ground<'_>, count: usize, seed: u64, draw: u64) -> MixtureSpec {
    // Sorted first, so that the order of the mixture's file does not matter.
    let mut members: Vec<&MemberSpec> = ground.supervised.members.iter().collect();
    members.sort_by(|one, other| one.name.cmp(&other.name));
    Stream::new(&[SUBSET, seed, count as u64, draw]).shuffle(&mut members);
    members.truncate(count);
    let described = format!("{count} tasks drawn from {}", ground.supervised.name);
    beside_text(
        ground,
        names::subset(count, seed, draw),
        &described,
        &members,
    )
}

/// The plain text and some supervised tasks, at the rates that these have in the study's mixture. How much of the text there
/// is says `data.ratio`.
pub(super) fn beside_text(
    ground: &Ground<'_>,
    name: String,
    described: &str,
    tasks: &[&MemberSpec],
) -> MixtureSpec {
    let text = MemberSpec {
        name: ground.spec.data.text.clone(),
        rate: Some(Rate::Fixed { value: 1.0 }),
    };
    let mut tasks: Vec<MemberSpec> = tasks.iter().copied().cloned().collect();
    tasks.sort_by(|one, other| one.name.cmp(&other.name));
    MixtureSpec {
        name,
        description: format!("Plain text and {described}; `data.ratio` says how much of each."),
        rate: ground.supervised.rate,
        families: false,
        members: std::iter::once(text).chain(tasks).collect(),
    }
}

//! What happens to people on a day: drawn anew for every row, so that only reading tells.
use ext5_objectives::Stream;

use super::{
    draw::{chance, pick, pick_except, pick_some},
    words::{SITES, with_article},
    world::World,
};

/// What an event does. The last three are kept for the held-out tasks and plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Went,
    Found,
    Gave,
    Bought,
    Lost,
    Lent,
}

/// What a question about an event asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Actor,
    Object,
    Other,
}

/// `actor` does something with `object` (empty for [`Act::Went`]) at or with `other`, a site or a
/// person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) act: Act,
    pub(super) actor: &'static str,
    pub(super) object: &'static str,
    pub(super) other: &'static str,
}

/// The words of an act: `{s}` actor, `{o}` object, `{ao}` object with article, `{p}` the other.
struct Telling {
    statements: &'static [&'static str],
    headline: &'static str,
    paraphrase: &'static str,
    yes_no: &'static str,
    questions: &'static [(&'static str, Slot)],
}

impl Act {
    /// Acts of the pre-training tasks.
    pub(super) const OPEN: [Self; 3] = [Self::Went, Self::Found, Self::Gave];
    /// Acts of the held-out tasks.
    pub(super) const HELD_OUT: [Self; 3] = [Self::Bought, Self::Lost, Self::Lent];
    /// All acts.
    pub(super) const ALL: [Self; 6] = [
        Self::Went,
        Self::Found,
        Self::Gave,
        Self::Bought,
        Self::Lost,
        Self::Lent,
    ];

    fn telling(self) -> &'static Telling {
        match self {
            Self::Went => &WENT,
            Self::Found => &FOUND,
            Self::Gave => &GAVE,
            Self::Bought => &BOUGHT,
            Self::Lost => &LOST,
            Self::Lent => &LENT,
        }
    }

    fn is_between_people(self) -> bool {
        matches!(self, Self::Gave | Self::Lent)
    }
}

impl Event {
    /// The event as a sentence.
    pub(super) fn state(&self, stream: &mut Stream) -> String {
        self.fill(pick(stream, self.act.telling().statements))
    }

    /// The event in the present, as a headline has it.
    pub(super) fn headline(&self) -> String {
        self.fill(self.act.telling().headline)
    }

    /// The event said another way round than any of its sentences.
    pub(super) fn paraphrase(&self) -> String {
        self.fill(self.act.telling().paraphrase)
    }

    /// The question whether it happened.
    pub(super) fn yes_no(&self) -> String {
        self.fill(self.act.telling().yes_no)
    }

    /// A question about the event and its answer.
    pub(super) fn ask(&self, stream: &mut Stream) -> (String, &'static str) {
        let (question, slot) = pick(stream, self.act.telling().questions);
        let answer = match slot {
            Slot::Actor => self.actor,
            Slot::Object => self.object,
            Slot::Other => self.other,
        };
        (self.fill(question), answer)
    }

    fn fill(&self, template: &str) -> String {
        template
            .replace("{s}", self.actor)
            .replace("{ao}", &with_article(self.object))
            .replace("{o}", self.object)
            .replace("{p}", self.other)
    }
}

/// `count` events of the given acts, no person, thing or site in two of them: every question has
/// one answer.
pub(super) fn events(world: &World, stream: &mut Stream, acts: &[Act], count: usize) -> Vec<Event> {
    let mut people = pick_some(stream, &world.names, count * 2).into_iter();
    let objects = pick_some(stream, &world.things, count);
    let sites = pick_some(stream, &SITES, count);
    let mut told = Vec::with_capacity(count);
    for (object, site) in objects.into_iter().zip(sites) {
        let act = pick(stream, acts);
        let (Some(actor), Some(partner)) = (people.next(), people.next()) else {
            break;
        };
        told.push(Event {
            act,
            actor,
            object: if act == Act::Went { "" } else { object },
            other: if act.is_between_people() {
                partner
            } else {
                site
            },
        });
    }
    told
}

/// The events as one text.
pub(super) fn tell(stream: &mut Stream, events: &[Event]) -> String {
    events
        .iter()
        .map(|event| event.state(stream))
        .collect::<Vec<_>>()
        .join(" ")
}

/// An event that did not happen, made from one that did. Half of the time the changed part comes
/// from another event of the story (one must bind who did what), else from outside it (a word that
/// the story lacks is enough).
pub(super) fn never_happened(world: &World, stream: &mut Stream, events: &[Event]) -> Event {
    let pair = pick_some(stream, events, 2);
    let [mut event, partner] = [pair[0], pair[pair.len() - 1]];
    if chance(stream, 50) && partner.actor != event.actor {
        event.actor = partner.actor;
        return event;
    }
    let told: Vec<_> = events
        .iter()
        .flat_map(|told| [told.actor, told.other])
        .collect();
    let objects: Vec<_> = events.iter().map(|told| told.object).collect();
    if event.act != Act::Went && chance(stream, 50) {
        event.object = pick_except(stream, &world.things, &objects);
    } else if event.act.is_between_people() {
        event.other = pick_except(stream, &world.names, &told);
    } else {
        event.other = pick_except(stream, &SITES, &told);
    }
    event
}

const WENT: Telling = Telling {
    statements: &[
        "{s} went to the {p} .",
        "{s} walked to the {p} .",
        "{s} came to the {p} .",
    ],
    headline: "{s} goes to the {p}",
    paraphrase: "the {p} was where {s} went .",
    yes_no: "did {s} go to the {p} ?",
    questions: &[
        ("where did {s} go ?", Slot::Other),
        ("who went to the {p} ?", Slot::Actor),
    ],
};

const FOUND: Telling = Telling {
    statements: &["{s} found {ao} in the {p} .", "in the {p} {s} found {ao} ."],
    headline: "{s} finds {ao}",
    paraphrase: "the {o} in the {p} was found by {s} .",
    yes_no: "did {s} find the {o} in the {p} ?",
    questions: &[
        ("what did {s} find ?", Slot::Object),
        ("who found the {o} ?", Slot::Actor),
        ("where did {s} find the {o} ?", Slot::Other),
    ],
};

const GAVE: Telling = Telling {
    statements: &["{s} gave {ao} to {p} .", "{s} gave {p} {ao} ."],
    headline: "{s} gives {p} {ao}",
    paraphrase: "the {o} was given to {p} by {s} .",
    yes_no: "did {s} give the {o} to {p} ?",
    questions: &[
        ("what did {s} give to {p} ?", Slot::Object),
        ("who gave the {o} to {p} ?", Slot::Actor),
        ("who got the {o} from {s} ?", Slot::Other),
    ],
};

const BOUGHT: Telling = Telling {
    statements: &[
        "{s} bought {ao} at the {p} .",
        "at the {p} {s} bought {ao} .",
    ],
    headline: "{s} buys {ao}",
    paraphrase: "the {o} at the {p} was bought by {s} .",
    yes_no: "did {s} buy the {o} at the {p} ?",
    questions: &[
        ("what did {s} buy ?", Slot::Object),
        ("who bought the {o} ?", Slot::Actor),
        ("where did {s} buy the {o} ?", Slot::Other),
    ],
};

const LOST: Telling = Telling {
    statements: &[
        "{s} lost {ao} near the {p} .",
        "near the {p} {s} lost {ao} .",
    ],
    headline: "{s} loses {ao}",
    paraphrase: "the {o} near the {p} was lost by {s} .",
    yes_no: "did {s} lose the {o} near the {p} ?",
    questions: &[
        ("what did {s} lose ?", Slot::Object),
        ("who lost the {o} ?", Slot::Actor),
        ("where did {s} lose the {o} ?", Slot::Other),
    ],
};

const LENT: Telling = Telling {
    statements: &["{s} lent {ao} to {p} .", "{s} lent {p} {ao} ."],
    headline: "{s} lends {p} {ao}",
    paraphrase: "the {o} was lent to {p} by {s} .",
    yes_no: "did {s} lend the {o} to {p} ?",
    questions: &[
        ("what did {s} lend to {p} ?", Slot::Object),
        ("who lent the {o} to {p} ?", Slot::Actor),
        ("who has the {o} of {s} now ?", Slot::Other),
    ],
};

//! What can be said of people and places, and how it is worded.
use ext5_objectives::Stream;

use super::{draw::pick, words::with_article};

/// A relation between a person or a place (`{s}`) and a value (`{o}`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Lives,
    Works,
    Likes,
    Friend,
    Owns,
    Visited,
    Born,
    Plays,
    Pet,
    Region,
    River,
    KnownFor,
}

impl Relation {
    /// Relations of people that supervised tasks may state.
    pub(super) const OPEN: [Self; 6] = [
        Self::Lives,
        Self::Works,
        Self::Likes,
        Self::Friend,
        Self::Owns,
        Self::Visited,
    ];
    /// Relations of people that plain text alone states; the held-out recall task asks for them.
    pub(super) const TEXT_ONLY: [Self; 3] = [Self::Born, Self::Plays, Self::Pet];
    /// Relations of places.
    pub(super) const OF_PLACES: [Self; 3] = [Self::Region, Self::River, Self::KnownFor];
    /// Open relations with one value a person, so that a question has one answer.
    pub(super) const SINGLE: [Self; 4] = [Self::Lives, Self::Works, Self::Likes, Self::Friend];

    /// The words of this relation.
    pub(super) fn wording(self) -> &'static Wording {
        match self {
            Self::Lives => &LIVES,
            Self::Works => &WORKS,
            Self::Likes => &LIKES,
            Self::Friend => &FRIEND,
            Self::Owns => &OWNS,
            Self::Visited => &VISITED,
            Self::Born => &BORN,
            Self::Plays => &PLAYS,
            Self::Pet => &PET,
            Self::Region => &REGION,
            Self::River => &RIVER,
            Self::KnownFor => &KNOWN_FOR,
        }
    }

    /// One of the ways to state that `subject` stands in this relation to `value`.
    pub(super) fn state(self, stream: &mut Stream, subject: &str, value: &str) -> String {
        fill(pick(stream, self.wording().statements), subject, value)
    }

    /// One of the ways to deny it; open relations only.
    pub(super) fn deny(self, stream: &mut Stream, subject: &str, value: &str) -> String {
        fill(pick(stream, self.wording().denials), subject, value)
    }

    /// One of the ways to ask for the value.
    pub(super) fn ask(self, stream: &mut Stream, subject: &str) -> String {
        fill(pick(stream, self.wording().questions), subject, "")
    }
}

/// The words of one relation. In all of them `{s}` is the subject, `{o}` the value and `{ao}` the
/// value with its article.
pub(super) struct Wording {
    /// Name in logical forms.
    pub(super) predicate: &'static str,
    /// Paraphrases of the fact.
    pub(super) statements: &'static [&'static str],
    /// Paraphrases of its negation.
    pub(super) denials: &'static [&'static str],
    /// Questions for the value.
    pub(super) questions: &'static [&'static str],
    /// Questions for the subject.
    pub(super) reverse_questions: &'static [&'static str],
    /// Question for a yes or a no.
    pub(super) yes_no: &'static str,
    /// The fact told of oneself.
    pub(super) first_person: &'static str,
    /// The question put to the person.
    pub(super) second_person: &'static [&'static str],
}

/// Puts `subject` and `value` into `template`.
pub(super) fn fill(template: &str, subject: &str, value: &str) -> String {
    template
        .replace("{s}", subject)
        .replace("{ao}", &with_article(value))
        .replace("{o}", value)
}

const LIVES: Wording = Wording {
    predicate: "lives_in",
    statements: &[
        "{s} lives in {o} .",
        "{s} has a house in {o} .",
        "the home of {s} is in {o} .",
        "{s} is at home in {o} .",
    ],
    denials: &[
        "{s} does not live in {o} .",
        "the home of {s} is not in {o} .",
    ],
    questions: &[
        "where does {s} live ?",
        "what is the home of {s} ?",
        "in which town does {s} live ?",
        "{s} lives in which town ?",
        "name the home of {s} .",
    ],
    reverse_questions: &["who lives in {o} ?", "who has a house in {o} ?"],
    yes_no: "does {s} live in {o} ?",
    first_person: "i live in {o} .",
    second_person: &["where do you live ?", "where is your home ?"],
};

const WORKS: Wording = Wording {
    predicate: "works_as",
    statements: &[
        "{s} works as {ao} .",
        "{s} is {ao} .",
        "{s} is {ao} by trade .",
        "the job of {s} is that of {ao} .",
    ],
    denials: &["{s} does not work as {ao} .", "{s} is not {ao} ."],
    questions: &[
        "what does {s} work as ?",
        "what is the job of {s} ?",
        "which job does {s} have ?",
        "{s} has which job ?",
        "name the job of {s} .",
    ],
    reverse_questions: &["who works as {ao} ?", "who is {ao} by trade ?"],
    yes_no: "does {s} work as {ao} ?",
    first_person: "i work as {ao} .",
    second_person: &["what do you work as ?", "what is your job ?"],
};

const LIKES: Wording = Wording {
    predicate: "likes",
    statements: &[
        "{s} likes {o} .",
        "{s} is fond of {o} .",
        "{s} enjoys {o} most of all .",
        "the favourite food of {s} is {o} .",
    ],
    denials: &["{s} does not like {o} .", "{s} is not fond of {o} ."],
    questions: &[
        "what does {s} like ?",
        "what is the favourite food of {s} ?",
        "which food does {s} like ?",
        "{s} likes which food ?",
        "name the favourite food of {s} .",
    ],
    reverse_questions: &["who likes {o} ?", "who is fond of {o} ?"],
    yes_no: "does {s} like {o} ?",
    first_person: "i like {o} .",
    second_person: &["what do you like ?", "what is your favourite food ?"],
};

const FRIEND: Wording = Wording {
    predicate: "friend_of",
    statements: &[
        "{s} is a friend of {o} .",
        "{s} and {o} are friends .",
        "{s} is a good friend of {o} .",
        "the best friend of {s} is {o} .",
    ],
    denials: &[
        "{s} is not a friend of {o} .",
        "{s} and {o} are not friends .",
    ],
    questions: &[
        "who is the friend of {s} ?",
        "which friend does {s} have ?",
        "who is the best friend of {s} ?",
        "{s} is a friend of whom ?",
        "name the friend of {s} .",
    ],
    reverse_questions: &["who is a friend of {o} ?", "who calls {o} a friend ?"],
    yes_no: "is {s} a friend of {o} ?",
    first_person: "i am a friend of {o} .",
    second_person: &["who is your friend ?", "whom do you call a friend ?"],
};

const OWNS: Wording = Wording {
    predicate: "owns",
    statements: &[
        "{s} owns {ao} .",
        "{ao} belongs to {s} .",
        "{s} has {ao} at home .",
        "{ao} is in the house of {s} .",
    ],
    denials: &["{s} does not own {ao} .", "{s} has no {o} at home ."],
    questions: &["what does {s} own ?", "what belongs to {s} ?"],
    reverse_questions: &["who owns {ao} ?", "who has {ao} at home ?"],
    yes_no: "does {s} own {ao} ?",
    first_person: "i own {ao} .",
    second_person: &["what do you own ?", "what do you have at home ?"],
};

const VISITED: Wording = Wording {
    predicate: "has_visited",
    statements: &[
        "{s} has visited {o} .",
        "{s} once travelled to {o} .",
        "{s} has been to {o} .",
        "{s} made a journey to {o} .",
    ],
    denials: &["{s} has not visited {o} .", "{s} has never been to {o} ."],
    questions: &["what has {s} visited ?", "where has {s} been ?"],
    reverse_questions: &["who has visited {o} ?", "who once travelled to {o} ?"],
    yes_no: "has {s} visited {o} ?",
    first_person: "i have visited {o} .",
    second_person: &["where have you been ?", "which town have you visited ?"],
};

const BORN: Wording = Wording {
    predicate: "born_in",
    statements: &[
        "{s} was born in {o} .",
        "the birthplace of {s} is {o} .",
        "{o} is the town where {s} was born .",
        "{s} is a native of {o} .",
    ],
    denials: &[],
    questions: &[
        "where was {s} born ?",
        "what is the birthplace of {s} ?",
        "in which town was {s} born ?",
        "{s} was born in which town ?",
        "name the birthplace of {s} .",
    ],
    reverse_questions: &[],
    yes_no: "",
    first_person: "",
    second_person: &[],
};

const PLAYS: Wording = Wording {
    predicate: "plays",
    statements: &[
        "{s} plays the {o} .",
        "the instrument of {s} is the {o} .",
        "{s} practises the {o} every evening .",
        "{s} makes music on the {o} .",
    ],
    denials: &[],
    questions: &[
        "what does {s} play ?",
        "what is the instrument of {s} ?",
        "which instrument does {s} play ?",
        "{s} plays which instrument ?",
        "name the instrument of {s} .",
    ],
    reverse_questions: &[],
    yes_no: "",
    first_person: "",
    second_person: &[],
};

const PET: Wording = Wording {
    predicate: "has_pet",
    statements: &[
        "{s} keeps {ao} as a pet .",
        "the pet of {s} is {ao} .",
        "{s} feeds {ao} every morning .",
        "{s} has a pet , {ao} .",
    ],
    denials: &[],
    questions: &[
        "which pet does {s} have ?",
        "what is the pet of {s} ?",
        "what does {s} feed every morning ?",
        "{s} has which pet ?",
        "name the pet of {s} .",
    ],
    reverse_questions: &[],
    yes_no: "",
    first_person: "",
    second_person: &[],
};

const REGION: Wording = Wording {
    predicate: "lies_in",
    statements: &["{s} lies in the {o} .", "{s} is a town of the {o} ."],
    denials: &[],
    questions: &[],
    reverse_questions: &[],
    yes_no: "",
    first_person: "",
    second_person: &[],
};

const RIVER: Wording = Wording {
    predicate: "stands_on",
    statements: &[
        "{s} stands on the river {o} .",
        "the river {o} flows through {s} .",
    ],
    denials: &[],
    questions: &[],
    reverse_questions: &[],
    yes_no: "",
    first_person: "",
    second_person: &[],
};

const KNOWN_FOR: Wording = Wording {
    predicate: "known_for",
    statements: &["{s} is known for its {o} .", "the {o} of {s} is the best ."],
    denials: &[],
    questions: &[],
    reverse_questions: &[],
    yes_no: "",
    first_person: "",
    second_person: &[],
};

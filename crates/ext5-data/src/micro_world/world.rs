//! Who and what there is, and every fact that holds; drawn once from a fixed seed.
use std::sync::LazyLock;

use ext5_objectives::Stream;

use super::{
    draw::{Split, pick, pick_except, pick_some},
    relation::Relation,
    words::{
        FEMININE_NAMES, FOODS, INSTRUMENTS, MASCULINE_NAMES, OBJECTS, PETS, PLACES, PROFESSIONS,
        REGIONS, RIVERS,
    },
};

/// The seed of everything; with the words and the generators it makes the world.
pub(super) const SEED: u64 = 0x000E_A75E_ED5E_ED05;
const PEOPLE: u64 = 1;
const TOWNS: u64 = 2;

/// The one world of this version.
pub(super) static WORLD: LazyLock<World> = LazyLock::new(World::generate);

/// Everything that holds.
pub(super) struct World {
    pub(super) people: Vec<Person>,
    places: Vec<Place>,
    /// Names of the people, in their order.
    pub(super) names: Vec<&'static str>,
    /// Names of the things people own.
    pub(super) things: Vec<&'static str>,
    professions: Vec<&'static str>,
}

/// A person and what is true of them. The birthplace is never the home nor a place visited, so no
/// other relation gives it away.
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) pronoun: &'static str,
    /// The split of closed-book questions about this person.
    pub(super) split: Split,
    pub(super) home: &'static str,
    pub(super) profession: &'static str,
    pub(super) likes: &'static str,
    pub(super) friend: &'static str,
    pub(super) owns: Vec<&'static str>,
    pub(super) visited: Vec<&'static str>,
    pub(super) birthplace: &'static str,
    pub(super) instrument: &'static str,
    pub(super) pet: &'static str,
}

/// A town.
pub(super) struct Place {
    pub(super) name: &'static str,
    region: &'static str,
    river: &'static str,
    known_for: &'static str,
}

impl World {
    fn generate() -> Self {
        let mut named: Vec<(&str, &str)> = FEMININE_NAMES
            .iter()
            .map(|name| (*name, "she"))
            .chain(MASCULINE_NAMES.iter().map(|name| (*name, "he")))
            .collect();
        Stream::new(&[SEED, PEOPLE]).shuffle(&mut named);
        let things: Vec<_> = OBJECTS.iter().map(|object| object.name).collect();
        let professions: Vec<_> = PROFESSIONS.iter().map(|(name, _, _)| *name).collect();
        let people: Vec<_> = named
            .iter()
            .enumerate()
            .map(|(number, &(name, pronoun))| {
                let mut stream = Stream::new(&[SEED, PEOPLE, number as u64]);
                let towns = pick_some(&mut stream, &PLACES, 4);
                Person {
                    name,
                    pronoun,
                    // 112 people for training, 24 for validation, 24 for test.
                    split: match number % 20 {
                        0..=13 => Split::Train,
                        14..=16 => Split::Validation,
                        _ => Split::Test,
                    },
                    home: towns[0],
                    birthplace: towns[1],
                    visited: towns[2..].to_vec(),
                    profession: pick(&mut stream, &professions),
                    likes: pick(&mut stream, &FOODS),
                    // Neighbours in shuffled order are each other's friend.
                    friend: named[number ^ 1].0,
                    owns: pick_some(&mut stream, &things, 2),
                    instrument: pick(&mut stream, &INSTRUMENTS),
                    pet: pick(&mut stream, &PETS),
                }
            })
            .collect();
        let mut stream = Stream::new(&[SEED, TOWNS]);
        let places = PLACES.map(|name| Place {
            name,
            region: pick(&mut stream, &REGIONS),
            river: pick(&mut stream, &RIVERS),
            known_for: pick(&mut stream, &FOODS),
        });
        let names = people.iter().map(|person| person.name).collect();
        Self {
            people,
            places: places.into(),
            names,
            things,
            professions,
        }
    }

    /// Any person.
    pub(super) fn someone(&self, stream: &mut Stream) -> &Person {
        &self.people[stream.below(self.people.len() as u64) as usize]
    }

    /// Any town.
    pub(super) fn somewhere(&self, stream: &mut Stream) -> &Place {
        &self.places[stream.below(self.places.len() as u64) as usize]
    }

    /// The person of this name.
    pub(super) fn person(&self, name: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.name == name)
    }

    /// A value for which `relation` does not hold of `person`; never the birthplace, so that no
    /// supervised sentence sets a person beside it.
    pub(super) fn false_value(
        &self,
        stream: &mut Stream,
        person: &Person,
        relation: Relation,
    ) -> &'static str {
        let values: &[&'static str] = match relation {
            Relation::Lives | Relation::Visited | Relation::Born => &PLACES,
            Relation::Works => &self.professions,
            Relation::Likes | Relation::KnownFor => &FOODS,
            Relation::Friend => &self.names,
            Relation::Owns => &self.things,
            Relation::Plays => &INSTRUMENTS,
            Relation::Pet => &PETS,
            Relation::Region => &REGIONS,
            Relation::River => &RIVERS,
        };
        let mut unwanted = person.values(relation);
        unwanted.extend([person.name, person.birthplace]);
        pick_except(stream, values, &unwanted)
    }
}

impl Person {
    /// All values of `relation` for this person; empty for a relation of places.
    pub(super) fn values(&self, relation: Relation) -> Vec<&'static str> {
        match relation {
            Relation::Lives => vec![self.home],
            Relation::Works => vec![self.profession],
            Relation::Likes => vec![self.likes],
            Relation::Friend => vec![self.friend],
            Relation::Owns => self.owns.clone(),
            Relation::Visited => self.visited.clone(),
            Relation::Born => vec![self.birthplace],
            Relation::Plays => vec![self.instrument],
            Relation::Pet => vec![self.pet],
            Relation::Region | Relation::River | Relation::KnownFor => Vec::new(),
        }
    }

    /// One value of `relation`, a relation of people.
    pub(super) fn value(&self, stream: &mut Stream, relation: Relation) -> &'static str {
        pick(stream, &self.values(relation))
    }
}

impl Place {
    /// The value of `relation`; for a relation of people the town's own name.
    pub(super) fn value(&self, relation: Relation) -> &'static str {
        match relation {
            Relation::Region => self.region,
            Relation::River => self.river,
            Relation::KnownFor => self.known_for,
            _ => self.name,
        }
    }
}

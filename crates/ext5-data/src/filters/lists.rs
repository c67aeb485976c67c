use minijinja::Error;
use minijinja::value::{Kwargs, Value, ValueKind};

use super::{Filter, refuse};

pub(super) const FILTERS: &[Filter] = &[
    Filter {
        name: "join_fields",
        example: "{{ [['Bo', 'is', 'red'], ['Al', 'has', 'ink']] | join_fields(' | ', ' && ') }} -> \
                  Bo | is | red && Al | has | ink",
        doc: "A list of lists (triples) or of objects as text: elements joined by the first separator, items by the second (`: ` \
              and `; ` where absent). Objects need the names of their fields in order: \
              `slots | join_fields(' = ', '; ', ['slot', 'value'])`. Null and lists inside read as empty and as \
              texts joined by commas.",
        register: |environment| environment.add_filter("join_fields", join_fields),
    },
    Filter {
        name: "join_dialogue",
        example: "{{ ['Hi', 'Yes?'] | join_dialogue(['user', 'system']) }} -> user: Hi system: Yes?",
        doc: "A list of turns as text, the speakers taking turns: `turns | join_dialogue(speakers, separator=' ')`. Speakers may \
              be two names or one for each turn.",
        register: |environment| environment.add_filter("join_dialogue", join_dialogue),
    },
    Filter {
        name: "position",
        example: "{{ ['A', 'B', 'C'] | position('B') }} -> 1",
        doc: "Place of a value in a list, from 0; an error where it is not there.",
        register: |environment| environment.add_filter("position", position),
    },
    Filter {
        name: "field",
        example: "{{ [{'text': 'a'}, {'text': 'b'}] | field('text') | join(' ') }} -> a b",
        doc: "One field of every object of a list.",
        register: |environment| environment.add_filter("field", field),
    },
    Filter {
        name: "not_empty",
        example: "{{ ['a', '', none, 'b'] | not_empty | join(' ') }} -> a b",
        doc: "A list without null, empty texts and empty lists.",
        register: |environment| environment.add_filter("not_empty", not_empty),
    },
];

fn join_fields(
    items: &Value,
    inner: Option<String>,
    outer: Option<String>,
    names: Option<Vec<String>>,
) -> Result<String, Error> {
    let (inner, outer) = (
        inner.unwrap_or_else(|| ": ".into()),
        outer.unwrap_or_else(|| "; ".into()),
    );
    let mut texts = Vec::new();
    for item in items.try_iter()? {
        let fields: Vec<Value> = match (&names, item.kind()) {
            (Some(names), ValueKind::Map) => names
                .iter()
                .map(|name| attribute(&item, name))
                .collect::<Result<_, _>>()?,
            (None, ValueKind::Seq | ValueKind::Iterable) => item.try_iter()?.collect(),
            (None, ValueKind::Map) => {
                return Err(refuse("objects need the names of their fields in order"));
            }
            (_, kind) => {
                return Err(refuse(format!(
                    "expected a list of lists or objects, got {kind}"
                )));
            }
        };
        let fields: Vec<String> = fields.iter().map(text).collect::<Result<_, _>>()?;
        texts.push(fields.join(&inner));
    }
    Ok(texts.join(&outer))
}

fn text(value: &Value) -> Result<String, Error> {
    Ok(match value.kind() {
        ValueKind::None => String::new(),
        ValueKind::Seq | ValueKind::Iterable => {
            let texts: Vec<String> = value
                .try_iter()?
                .map(|value| text(&value))
                .collect::<Result<_, _>>()?;
            texts.join(", ")
        }
        _ => value.to_string(),
    })
}

fn attribute(object: &Value, name: &str) -> Result<Value, Error> {
    let value = object.get_attr(name)?;
    if value.is_undefined() {
        let mut fields: Vec<String> = object
            .try_iter()?
            .map(|field| format!("`{field}`"))
            .collect();
        fields.sort();
        return Err(refuse(format!(
            "there is no field `{name}`, expected one of {}",
            fields.join(", ")
        )));
    }
    Ok(value)
}

fn join_dialogue(
    turns: Vec<String>,
    speakers: Vec<String>,
    kwargs: Kwargs,
) -> Result<String, Error> {
    let separator: Option<String> = kwargs.get("separator")?;
    kwargs.assert_all_used()?;
    if speakers.is_empty() || (speakers.len() > 2 && speakers.len() != turns.len()) {
        let (speakers, turns) = (speakers.len(), turns.len());
        return Err(refuse(format!(
            "expected two speakers or one for each turn, got {speakers} for {turns}"
        )));
    }
    let lines: Vec<String> = speakers
        .iter()
        .cycle()
        .zip(&turns)
        .map(|(speaker, turn)| format!("{speaker}: {turn}"))
        .collect();
    Ok(lines.join(separator.as_deref().unwrap_or(" ")))
}

fn position(list: &Value, item: &Value) -> Result<usize, Error> {
    list.try_iter()?
        .position(|candidate| candidate == *item)
        .ok_or_else(|| refuse(format!("`{item}` is not in the list `{list}`")))
}

fn field(objects: &Value, name: &str) -> Result<Vec<Value>, Error> {
    objects
        .try_iter()?
        .map(|object| attribute(&object, name))
        .collect()
}

fn not_empty(list: &Value) -> Result<Vec<Value>, Error> {
    Ok(list
        .try_iter()?
        .filter(|item| !item.is_none() && item.len() != Some(0))
        .collect())
}

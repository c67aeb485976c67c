use minijinja::Error;
use minijinja::value::{Value, ValueKind};

use super::{Filter, refuse};

/// What T5 writes for a label that is not given (-1 in test splits).
pub(crate) const NO_LABEL: &str = "<unk>";

pub(super) const FILTERS: &[Filter] = &[
    Filter {
        name: "label_name",
        example: "{{ 1 | label_name(['no', 'yes']) }} -> yes",
        doc: "The class name of a label id (integer, truth value, or digits); -1 is `<unk>`, as in T5's `glue`; an id \
              without a name is an error.",
        register: |environment| environment.add_filter("label_name", label_name),
    },
    Filter {
        name: "letter",
        example: "{{ 2 | letter }} -> C",
        doc: "The letter of a position: 0 is A, 25 is Z.",
        register: |environment| environment.add_filter("letter", letter),
    },
    Filter {
        name: "options",
        example: "{{ ['red', 'blue'] | options }} -> A. red B. blue",
        doc: "A list of answers on one line, each after its letter, or after the names given: \
              `texts | options(names)`.",
        register: |environment| environment.add_filter("options", options),
    },
];

pub(super) fn label_name(label: &Value, labels: Vec<String>) -> Result<String, Error> {
    let id = label_id(label)
        .ok_or_else(|| refuse(format!("expected the id of a label, got `{label}`")))?;
    if id == -1 {
        return Ok(NO_LABEL.to_owned());
    }
    let count = labels.len();
    usize::try_from(id)
        .ok()
        .and_then(|id| labels.into_iter().nth(id))
        .ok_or_else(|| {
            refuse(format!(
                "label `{id}` has no name, expected -1 to {}",
                count as i64 - 1
            ))
        })
}

fn label_id(label: &Value) -> Option<i64> {
    match label.kind() {
        ValueKind::Bool => Some(i64::from(label.is_true())),
        ValueKind::Number => {
            let id = f64::try_from(label.clone()).ok()?;
            (id.fract() == 0.0 && id.abs() < 1e9).then_some(id as i64)
        }
        _ => label.as_str()?.trim().parse().ok(),
    }
}

fn letter(position: u32) -> Result<String, Error> {
    match u8::try_from(position) {
        Ok(position @ 0..26) => Ok(char::from(b'A' + position).to_string()),
        _ => Err(refuse(format!(
            "position `{position}` has no letter, expected 0 to 25"
        ))),
    }
}

fn options(texts: Vec<String>, names: Option<Vec<String>>) -> Result<String, Error> {
    let names = match names {
        Some(names) => names,
        None => (0..texts.len() as u32)
            .map(letter)
            .collect::<Result<_, _>>()?,
    };
    if names.len() != texts.len() {
        let (names, texts) = (names.len(), texts.len());
        return Err(refuse(format!(
            "expected as many names as answers, got {names} and {texts}"
        )));
    }
    let options: Vec<String> = names
        .iter()
        .zip(&texts)
        .map(|(name, text)| format!("{name}. {text}"))
        .collect();
    Ok(options.join(" "))
}

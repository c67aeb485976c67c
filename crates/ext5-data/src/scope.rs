use std::sync::Arc;

use minijinja::value::{Object, Serde, Value};

/// Names and their values while a row becomes text. Templates read it in place: handing it over copies nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    names: Arc<Names>,
    row_bytes: usize,
}

/// A handful: a search along them is quicker than any map.
#[derive(Clone, Debug, Default)]
struct Names(Vec<(Arc<str>, Value)>);

impl Scope {
    /// Defines a name; of two definitions the later one counts.
    pub(crate) fn insert(&mut self, name: Arc<str>, value: Value) {
        Arc::make_mut(&mut self.names).0.push((name, value));
    }

    /// Defines a column of the row.
    pub(crate) fn insert_column(&mut self, name: Arc<str>, value: &serde_json::Value) {
        self.row_bytes += text_bytes(value);
        self.insert(name, of_json(value));
    }

    /// Bytes of the texts of the row's columns.
    pub(crate) fn row_bytes(&self) -> usize {
        self.row_bytes
    }

    /// The names as the engine takes them.
    pub(crate) fn to_value(&self) -> Value {
        Value::from_dyn_object(self.names.clone())
    }
}

impl Object for Names {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let mut definitions = self.0.iter().rev();
        let found = definitions.find(|(name, _)| **name == *key);
        found.map(|(_, value)| value.clone())
    }
}

/// Bytes of all texts in a value.
fn text_bytes(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::String(text) => text.len(),
        serde_json::Value::Array(items) => items.iter().map(text_bytes).sum(),
        serde_json::Value::Object(items) => items.values().map(text_bytes).sum(),
        _ => 0,
    }
}

/// A value of a row as templates see it.
fn of_json(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::String(text) => Value::from(text.as_str()),
        other => Value::from(Serde(other)),
    }
}

use minijinja::value::Value;

use super::{Definition, Program, Text};
use crate::scope::Scope;
use crate::template::{Expression, Fault};
use crate::{Example, Row};

/// What one row becomes.
pub(crate) enum Rendered {
    /// Examples of a supervised task.
    Examples(Vec<Example>),
    /// Documents of a self-supervised one.
    Documents(Vec<String>),
}

impl Rendered {
    /// The examples of a supervised task.
    pub(crate) fn into_examples(self) -> Vec<Example> {
        match self {
            Self::Examples(examples) => examples,
            Self::Documents(_) => Vec::new(),
        }
    }

    /// The documents of a self-supervised task.
    pub(crate) fn into_documents(self) -> Vec<String> {
        match self {
            Self::Documents(documents) => documents,
            Self::Examples(_) => Vec::new(),
        }
    }
}

impl Program {
    /// The text of a row. `number` is its number in the split.
    pub(crate) fn run(&self, split: &str, number: u64, row: &Row) -> Result<Rendered, Fault> {
        let mut scopes = self.exploded(split, row)?;
        let several = self.explode.is_some();
        let mut examples = Vec::new();
        let mut documents = Vec::new();
        for (index, scope) in scopes.iter_mut().enumerate() {
            for (name, definition) in &self.lets {
                let value = match definition {
                    Definition::Value(expression) => expression.eval(scope)?,
                    Definition::Template(template) => template.render(scope)?.into(),
                };
                scope.insert(name.clone(), value);
            }
            if self.filter_is_late && !self.keeps(scope)? {
                continue;
            }
            match &self.text {
                Text::Document(text) => documents.push(text.render(scope)?),
                Text::Example { inputs, targets } => {
                    let (inputs, targets) = (inputs.render(scope)?, targets.render(scope)?);
                    let id = match &self.id {
                        Some(id) => id.text(scope)?,
                        None if several => format!("{number}/{index}"),
                        None => number.to_string(),
                    };
                    examples.push(self.example(scope, id, inputs, targets, number)?);
                }
            }
        }
        Ok(match self.text {
            Text::Document(_) => Rendered::Documents(documents),
            Text::Example { .. } => Rendered::Examples(examples),
        })
    }

    /// One scope for each element of the exploded list.
    fn exploded(&self, split: &str, row: &Row) -> Result<Vec<Scope>, Fault> {
        let names = &self.names;
        let mut scope = Scope::default();
        scope.insert(names.labels.clone(), names.labels_value.clone());
        scope.insert(names.split.clone(), Value::from(split));
        for (place, (name, value)) in row.iter().enumerate() {
            scope.insert_column(names.column(place, name), value);
        }
        if !self.filter_is_late && !self.keeps(&scope)? {
            return Ok(Vec::new());
        }
        let Some(explode) = &self.explode else {
            return Ok(vec![scope]);
        };
        let mut elements = explode.list.list(&scope)?;
        let multiplied =
            explode.splits.is_empty() || explode.splits.iter().any(|name| name == split);
        if elements.is_empty() && (explode.keep_empty || !multiplied) {
            elements.push(Value::from(""));
        }
        if !multiplied {
            elements.truncate(1);
        }
        let with = |(index, element): (usize, Value)| {
            let mut scope = scope.clone();
            scope.insert(explode.index_name.clone(), Value::from(index));
            scope.insert(explode.name.clone(), element);
            scope
        };
        Ok(elements.into_iter().enumerate().map(with).collect())
    }

    fn keeps(&self, scope: &Scope) -> Result<bool, Fault> {
        match &self.filter {
            Some(filter) => Ok(filter.eval(scope)?.is_true()),
            None => Ok(true),
        }
    }

    fn example(
        &self,
        scope: &Scope,
        id: String,
        inputs: String,
        targets: String,
        row: u64,
    ) -> Result<Example, Fault> {
        let mut references = texts(self.references.as_ref(), scope)?.unwrap_or_default();
        if references.is_empty() {
            references.push(targets.clone());
        }
        let choices = texts(self.choices.as_ref(), scope)?.unwrap_or_else(|| self.labels.clone());
        let group = self
            .group
            .as_ref()
            .map(|group| group.text(scope))
            .transpose()?;
        let mut fields = Row::new();
        for (name, expression) in &self.fields {
            let value = serde_json::to_value(expression.eval(scope)?)
                .map_err(|error| expression.fault(&error.to_string()))?;
            fields.insert(name.clone(), value);
        }
        Ok(Example {
            id,
            group,
            inputs,
            targets,
            references,
            choices,
            fields,
            row,
        })
    }
}

fn texts(expression: Option<&Expression>, scope: &Scope) -> Result<Option<Vec<String>>, Fault> {
    expression
        .map(|expression| expression.texts(scope))
        .transpose()
}

mod sums;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use minijinja::value::{Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};

use crate::scope::Scope;
use crate::suggest::{did_you_mean, name_list};
use crate::{door, filters};

/// Work one text may cost: instructions, and one more for every 64 bytes handled. It bounds what a template may hold in memory at
/// 32 MB, and its time at some tens of milliseconds.
const FUEL: u64 = 500_000;

/// Longest text a template may give, in bytes, beyond what the row itself holds.
const TEXT_LIMIT: usize = 1 << 20;

/// How often a text may hold the row.
const TEXT_COPIES: usize = 4;

/// Why a template or an expression gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The template or expression, and the names it reads.
    pub(crate) place: String,
    /// What is wrong.
    pub(crate) reason: String,
    /// Whether the task file is at fault, whatever the row holds.
    pub(crate) in_task: bool,
}

/// A text with `{{ expressions }}`.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    name: String,
    names: BTreeSet<String>,
    environment: Environment<'static>,
}

impl Template {
    /// Compiles `source`; `name` (`super_glue_rte.inputs`) stands in errors.
    pub(crate) fn compile(name: &str, source: &str) -> Result<Self, String> {
        let mut environment = ENVIRONMENT.clone();
        environment
            .add_template_owned(name.to_owned(), sums::paid(source, false))
            .map_err(|error| format!("`{name}`: {}", explain(&error)))?;
        let template = environment.get_template(name);
        let template = template.map_err(|error| format!("`{name}`: {}", explain(&error)))?;
        let names = declared_outside(template.undeclared_variables(false));
        Ok(Self {
            name: name.to_owned(),
            names,
            environment,
        })
    }

    /// Names that must be defined from outside.
    pub(crate) fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// The text for a row.
    pub(crate) fn render(&self, scope: &Scope) -> Result<String, Fault> {
        let text = run(&self.name, &self.names, || {
            self.environment
                .get_template(&self.name)?
                .render(scope.to_value())
        })?;
        let limit = TEXT_LIMIT.saturating_add(scope.row_bytes().saturating_mul(TEXT_COPIES));
        if text.len() > limit {
            let reason = format!(
                "the text has {} bytes, expected at most {limit}: 1 MiB and {TEXT_COPIES} times the row",
                text.len()
            );
            return Err(Fault {
                place: place(&self.name, &self.names),
                reason,
                in_task: false,
            });
        }
        Ok(text)
    }
}

/// A value computed from names.
#[derive(Debug)]
pub(crate) struct Expression {
    name: String,
    names: BTreeSet<String>,
    compiled: minijinja::Expression<'static, 'static>,
}

impl Expression {
    /// Compiles `source`; `name` (`super_glue_rte.where`) stands in errors.
    pub(crate) fn compile(name: &str, source: &str) -> Result<Self, String> {
        let compiled = ENVIRONMENT
            .compile_expression_owned(sums::paid(source, true))
            .map_err(|error| format!("`{name}`: {}", explain(&error)))?;
        let names = declared_outside(compiled.undeclared_variables(false));
        Ok(Self {
            name: name.to_owned(),
            names,
            compiled,
        })
    }

    /// Names that must be defined from outside.
    pub(crate) fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// The value for a row, never undefined.
    pub(crate) fn eval(&self, scope: &Scope) -> Result<Value, Fault> {
        let value = run(&self.name, &self.names, || {
            self.compiled.eval(scope.to_value())
        })?;
        if value.is_undefined() {
            return Err(self.fault("it gives nothing: the list or object has no such element"));
        }
        Ok(value)
    }

    /// The value for a row as a text: a text itself, a number, a truth value.
    pub(crate) fn text(&self, scope: &Scope) -> Result<String, Fault> {
        plain_text(&self.eval(scope)?).map_err(|reason| self.fault(&reason))
    }

    /// The value for a row as a list of texts.
    pub(crate) fn texts(&self, scope: &Scope) -> Result<Vec<String>, Fault> {
        let items = self.list(scope)?;
        let texts: Result<_, _> = items.iter().map(plain_text).collect();
        texts.map_err(|reason| self.fault(&reason))
    }

    /// The value for a row as a list; null is an empty one.
    pub(crate) fn list(&self, scope: &Scope) -> Result<Vec<Value>, Fault> {
        let value = self.eval(scope)?;
        if value.is_none() {
            return Ok(Vec::new());
        }
        match value.kind() {
            ValueKind::Seq | ValueKind::Iterable => value
                .try_iter()
                .map(Iterator::collect)
                .map_err(|error| self.fault(&explain(&error))),
            kind => Err(self.fault(&format!("expected a list, got {kind} `{value}`"))),
        }
    }

    /// A fault of this expression with the row at hand.
    pub(crate) fn fault(&self, reason: &str) -> Fault {
        let place = place(&self.name, &self.names);
        Fault {
            place,
            reason: reason.to_owned(),
            in_task: false,
        }
    }
}

/// Templates see no file and no clock; what is undefined or null is an error, never an empty text.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(FUEL));
    environment.set_debug(false);
    environment.remove_filter("debug");
    environment.remove_global("debug");
    environment.set_formatter(|out, state, value| {
        if value.is_none() {
            let reason = "a value is null, expected a text (`| default(\"\", true)` allows it)";
            return Err(Error::new(ErrorKind::InvalidOperation, reason));
        }
        minijinja::escape_formatter(out, state, value)
    });
    filters::register(&mut environment);
    sums::register(&mut environment);
    environment
});

/// A text, number or truth value as templates print it.
fn plain_text(value: &Value) -> Result<String, String> {
    match value.kind() {
        ValueKind::String | ValueKind::Number | ValueKind::Bool => Ok(value.to_string()),
        kind => Err(format!("expected a text, got {kind} `{value}`")),
    }
}

fn run<T>(
    name: &str,
    names: &BTreeSet<String>,
    action: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Fault> {
    let fault = |reason, in_task| Fault {
        place: place(name, names),
        reason,
        in_task,
    };
    match door::contain(action) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(fault(explain(&error), is_in_task(&error))),
        Err(panic) => Err(fault(format!("the template engine gave up: {panic}"), true)),
    }
}

/// `super_glue_rte.targets` from columns `label`.
fn place(name: &str, names: &BTreeSet<String>) -> String {
    match name_list(names.iter().map(String::as_str)) {
        list if list.is_empty() => format!("`{name}`"),
        list => format!("`{name}` from {list}"),
    }
}

fn is_in_task(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::SyntaxError
            | ErrorKind::UnknownFilter
            | ErrorKind::UnknownTest
            | ErrorKind::UnknownFunction
            | ErrorKind::UnknownMethod
            | ErrorKind::MissingArgument
            | ErrorKind::TooManyArguments
            | ErrorKind::OutOfFuel
            | ErrorKind::TemplateNotFound
    )
}

/// One line of what the engine says, with the nearest filter where one is unknown.
fn explain(error: &Error) -> String {
    let detail = match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => {
            format!("it took more than {FUEL} steps, does a loop never end?")
        }
        (ErrorKind::UndefinedError, _) => {
            "an element or attribute it reads is undefined".to_owned()
        }
        (_, Some(detail)) => detail.to_owned(),
        (kind, None) => kind.to_string(),
    };
    let hint = match error.kind() {
        // The engine says `filter NAME is unknown`.
        ErrorKind::UnknownFilter => detail
            .split_whitespace()
            .nth(1)
            .map(|name| did_you_mean(name, filters::names()))
            .unwrap_or_default(),
        _ => String::new(),
    };
    match error.line() {
        Some(line) if line > 1 => format!("{detail} (line {line}){hint}"),
        _ => format!("{detail}{hint}"),
    }
}

fn declared_outside(names: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    let globals: BTreeSet<&str> = ENVIRONMENT.globals().map(|(name, _)| name).collect();
    names
        .into_iter()
        .filter(|name| !globals.contains(name.as_str()))
        .collect()
}

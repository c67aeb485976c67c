use ext5_data::ErrorKind;
use serde_json::json;
use std::process::ExitCode;

/// A request that cannot be carried out as given.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) kind: ErrorKind,
    pub(crate) message: String,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refused {}

/// A failure that was reported before, or is another process's to report.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) kind: ErrorKind,
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("reported before")
    }
}

impl std::error::Error for Said {}

/// Work of which a part failed; `value` is what a program gets to know of all of it.
#[derive(Debug)]
pub(crate) struct Partly {
    pub(crate) kind: ErrorKind,
    pub(crate) message: String,
    pub(crate) value: serde_json::Value,
}

impl std::fmt::Display for Partly {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Partly {}

/// Says what failed on stderr (and as JSON on stdout) and gives the exit code of its sort.
#[expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "the one place where errors meet the terminal"
)]
pub(crate) fn report(error: &anyhow::Error, as_json: bool) -> ExitCode {
    let kind = kind(error);
    if error.is::<Said>() {
        return ExitCode::from(kind.exit_code());
    }
    let mut message = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if message.is_empty() {
            message = text;
        } else if !message.contains(&text) {
            message = format!("{message}: {text}");
        }
    }
    eprintln!("error: {message}");
    if as_json {
        let code = kind.exit_code();
        let mut value =
            json!({ "error": { "code": code, "kind": format!("{kind:?}"), "message": message } });
        if let Some(partly) = error.downcast_ref::<Partly>() {
            value["result"] = partly.value.clone();
        }
        println!("{value}");
    }
    ExitCode::from(kind.exit_code())
}

/// The sort of the first cause that has one.
pub(crate) fn kind(error: &anyhow::Error) -> ErrorKind {
    let known = |cause: &(dyn std::error::Error + 'static)| {
        None.or_else(|| {
            cause
                .downcast_ref::<ext5_trainer::Error>()
                .map(ext5_trainer::Error::kind)
        })
        .or_else(|| {
            cause
                .downcast_ref::<ext5_studies::Error>()
                .map(ext5_studies::Error::kind)
        })
        .or_else(|| {
            cause
                .downcast_ref::<ext5_tasks::Error>()
                .map(ext5_tasks::Error::kind)
        })
        .or_else(|| {
            cause
                .downcast_ref::<ext5_hub::Error>()
                .map(ext5_hub::Error::kind)
        })
        .or_else(|| {
            cause
                .downcast_ref::<ext5_inspect::Error>()
                .map(ext5_inspect::Error::kind)
        })
        .or_else(|| {
            cause
                .downcast_ref::<ext5_eval::Error>()
                .map(ext5_eval::Error::kind)
        })
        .or_else(|| {
            cause
                .downcast_ref::<ext5_data::Error>()
                .map(ext5_data::Error::kind)
        })
        .or_else(|| cause.downcast_ref::<ext5_inference::Error>().map(searching))
        .or_else(|| cause.downcast_ref::<Refused>().map(|refused| refused.kind))
        .or_else(|| cause.downcast_ref::<Said>().map(|said| said.kind))
        .or_else(|| cause.downcast_ref::<Partly>().map(|partly| partly.kind))
    };
    error.chain().find_map(known).unwrap_or(ErrorKind::Other)
}

/// What went wrong while a model answered.
fn searching(error: &ext5_inference::Error) -> ErrorKind {
    use ext5_inference::Error;
    match error {
        Error::Setting { .. } => ErrorKind::Request,
        Error::Device(_) => ErrorKind::Device,
        _ => ErrorKind::Data,
    }
}

use crate::args::{StudyArgs, StudyCommand};
use crate::command::study_plan;
use crate::failure::Refused;
use crate::output::Output;
use crate::terminal::Terminal;
use anyhow::Result;
use ext5_data::ErrorKind;
use ext5_studies::{StudySpec, shipped};

pub(crate) fn run(command: &StudyCommand, output: &Output, terminal: &mut Terminal) -> Result<()> {
    match command {
        StudyCommand::Plan(args) => study_plan::run(args, output, terminal),
    }
}

/// The study that the arguments describe.
pub(crate) fn described(args: &StudyArgs) -> Result<StudySpec> {
    match (&args.file, &args.name) {
        (Some(file), _) => Ok(StudySpec::read(file, &args.keys)?),
        (None, Some(name)) => Ok(shipped(name, &args.scale, &args.keys)?),
        (None, None) => Err(Refused {
            kind: ErrorKind::Request,
            message: "neither a study nor `--file FILE` is given; `ext5 study list` shows all"
                .to_owned(),
        }
        .into()),
    }
}

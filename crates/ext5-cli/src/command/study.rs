use crate::args::{StudyArgs, StudyCommand, StudyReportArgs, StudyRunArgs};
use crate::command::study_plan;
use crate::failure::{Partly, Refused};
use crate::output::Output;
use crate::signals;
use crate::terminal::Terminal;
use anyhow::{Context, Result};
use ext5_data::{ErrorKind, Shard, storage};
use ext5_findings::{CellState, Findings, Matrix, Results, analyse_beside, report};
use ext5_studies::{Error, STUDIES, Study, StudyOptions, StudySpec, collect, shipped};
use ext5_trainer::catalogue;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

pub(crate) fn run(command: &StudyCommand, output: &Output, terminal: &mut Terminal) -> Result<()> {
    match command {
        StudyCommand::List => list(output),
        StudyCommand::Plan(args) => study_plan::run(args, output, terminal),
        StudyCommand::Run(args) => run_study(args, output, terminal),
        StudyCommand::Report(args) => write_report(args, output),
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

fn list(output: &Output) -> Result<()> {
    let mut studies = Vec::new();
    let mut text = String::new();
    for (name, scale, _) in STUDIES {
        let spec = shipped(name, scale, &[])?;
        text.push_str(&format!("{name:<14} {scale:<6} {}\n", spec.description));
        studies.push(json!({
            "name": name,
            "scale": scale,
            "question": spec.question,
            "description": spec.description,
            "seeds": spec.seeds.len(),
        }));
    }
    text.push_str("`ext5 study plan NAME --scale SCALE` says what one costs");
    output.print(&json!({ "studies": studies }), || text)
}

fn run_study(args: &StudyRunArgs, output: &Output, terminal: &mut Terminal) -> Result<()> {
    let shard: Shard = args.shard.parse()?;
    let spec = described(&args.study)?;
    let grid = spec.grid(&catalogue(&args.study.task_dirs)?)?;
    let beside = || PathBuf::from(format!("runs/{}_{}", spec.name, spec.scale));
    let dir = args.dir.clone().unwrap_or_else(beside);
    let study = Study::new(spec, grid, &dir, args.runs.clone(), &command(args))?;
    let options = StudyOptions {
        shard,
        retry: args.retry,
        keep_weights: args.keep_weights,
        data_root: args.study.data_root.clone(),
        task_dirs: args.study.task_dirs.clone(),
        device: args.device.clone(),
    };
    let stop = signals::watch().context("cannot watch for signals")?;
    let ended = study.run(&options, &stop, terminal);
    terminal.done();
    let (results, failed) = match ended {
        Ok(results) => (results, None),
        Err(error @ Error::Failed { .. }) => (study.collect()?, Some(error)),
        Err(error) => return Err(error.into()),
    };
    let found = Found::new(results, args.transfer.as_deref())?;
    found.write(&dir)?;
    let Some(error) = failed else {
        return output.print(&found.value(), || found.text(&dir));
    };
    if !output.json {
        output.print(&Value::Null, || found.text(&dir))?;
    }
    let partly = Partly {
        kind: error.kind(),
        message: error.to_string(),
        value: found.value(),
    };
    Err(partly.into())
}

fn write_report(args: &StudyReportArgs, output: &Output) -> Result<()> {
    let found = Found::new(collect(&args.dir)?, args.transfer.as_deref())?;
    let dir = args.output.as_ref().unwrap_or(&args.dir);
    storage::local().create_dir(dir)?;
    found.write(dir)?;
    output.print(&found.value(), || found.text(dir))
}

/// The command that repeats a study, with paths as they were typed; where the study lies is not part of it.
fn command(args: &StudyRunArgs) -> String {
    let study = &args.study;
    let path = |path: &PathBuf| quoted(&path.to_string_lossy());
    let mut words = vec!["ext5 study run".to_owned()];
    if let Some(file) = &study.file {
        words.push(format!("--file {}", path(file)));
    }
    if let Some(name) = &study.name {
        words.push(format!("{} --scale {}", quoted(name), quoted(&study.scale)));
    }
    let keys = study.keys.iter();
    words.extend(keys.map(|key| format!("--set {}", quoted(key))));
    let dirs = study.task_dirs.iter();
    words.extend(dirs.map(|dir| format!("--task-dir {}", path(dir))));
    if study.data_root.is_some() {
        // Where the data lie is this machine's; reports are published.
        words.push("--data-root DATA".to_owned());
    }
    if let Some(device) = &args.device {
        words.push(format!("--device {}", quoted(device)));
    }
    if let Some(transfer) = &args.transfer {
        words.push(format!("--transfer {}", path(transfer)));
    }
    words.join(" ")
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "_-=.,/:+".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// What a study has come to, and what that says.
struct Found {
    results: Results,
    findings: Findings,
}

impl Found {
    /// `transfer` is the directory of a transfer study whose matrix is foretold.
    fn new(results: Results, transfer: Option<&Path>) -> Result<Self> {
        let transfer = transfer.map(collect).transpose()?;
        let findings = analyse_beside(&results, transfer.as_ref());
        Ok(Self { results, findings })
    }

    fn write(&self, dir: &Path) -> Result<()> {
        for (name, content) in report::files(&self.results, &self.findings) {
            storage::local().write(&dir.join(name), &content)?;
        }
        Ok(())
    }

    fn value(&self) -> Value {
        json!({ "results": self.results, "findings": self.findings })
    }

    /// Verdicts, means and what is missing.
    fn text(&self, dir: &Path) -> String {
        let results = &self.results;
        let done = |it: &&ext5_findings::CellRecord| it.state == CellState::Finished;
        let finished = results.cells.iter().filter(done).count();
        let mut text = format!(
            "{} ({}): {finished} of {} cells done\n",
            results.name,
            results.scale,
            results.cells.len()
        );
        for verdict in &self.findings.verdicts {
            let answer = serde_json::to_value(verdict.answer).unwrap_or_default();
            let answer = answer.as_str().unwrap_or_default().replace('_', " ");
            let (finding, because) = (&verdict.finding, &verdict.because);
            text.push_str(&format!("{answer}: {finding} ({because})\n"));
        }
        if self.findings.matrices.is_empty() {
            text.push_str(&self.means());
        }
        for matrix in &self.findings.matrices {
            text.push_str(&matrix_text(matrix));
        }
        for line in self.findings.notes.iter().chain(&self.findings.incomplete) {
            text.push_str(&format!("{line}\n"));
        }
        text.push_str(&format!("report: {}", dir.join("report.html").display()));
        text
    }

    /// Means over all tasks where there are such, else those of tasks; too many to read where families meet families.
    fn means(&self) -> String {
        let means = &self.findings.means;
        let over_all = means.iter().any(|mean| mean.measure == "all");
        let shown = means
            .iter()
            .filter(|mean| !over_all || mean.measure == "all");
        let mut text = String::new();
        for mean in shown {
            let interval = match mean.low.zip(mean.high) {
                Some((low, high)) => format!(" [{low:.1}, {high:.1}]"),
                None => String::new(),
            };
            text.push_str(&format!(
                "{:<40} {:<12} {:>6.1}{interval}, {} repetitions\n",
                mean.condition, mean.measure, mean.mean, mean.count
            ));
        }
        text
    }
}

/// Families by families; columns have the rows' numbers, since their names are long.
fn matrix_text(matrix: &Matrix) -> String {
    let mut text = format!(
        "{}: what the family of a row does to that of a column; * beyond chance after correction\n{:<26}",
        matrix.name, ""
    );
    for number in 1..=matrix.families.len() {
        text.push_str(&format!("{number:>8}"));
    }
    for (number, (family, cells)) in (1..).zip(matrix.families.iter().zip(&matrix.cells)) {
        text.push_str(&format!("\n{:<26}", format!("{number} {family}")));
        for cell in cells {
            let shown = cell.as_ref().map_or_else(String::new, |cell| {
                let star = if cell.is_significant() { "*" } else { " " };
                format!("{:+.2}{star}", cell.difference)
            });
            text.push_str(&format!("{shown:>8}"));
        }
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_can_be_typed_again() {
        let mut args = StudyRunArgs {
            study: StudyArgs {
                name: Some("ratio".to_owned()),
                scale: "micro".to_owned(),
                file: None,
                data_root: None,
                task_dirs: Vec::new(),
                keys: vec!["seeds=[0, 1]".to_owned(), "data.ratio=2".to_owned()],
            },
            dir: Some(PathBuf::from("studies/ratio")),
            runs: None,
            shard: "1/2".to_owned(),
            retry: true,
            keep_weights: false,
            transfer: None,
            device: None,
        };
        let expected = "ext5 study run ratio --scale micro --set 'seeds=[0, 1]' --set data.ratio=2";
        assert_eq!(command(&args), expected);
        args.study.task_dirs = vec![PathBuf::from("mine"), PathBuf::from("my tasks")];
        args.study.data_root = Some(PathBuf::from("data"));
        args.device = Some("cuda".to_owned());
        args.transfer = Some(PathBuf::from("studies/transfer"));
        let more = "--task-dir mine --task-dir 'my tasks' --data-root DATA --device cuda --transfer studies/transfer";
        assert_eq!(command(&args), format!("{expected} {more}"));
    }
}

use crate::args::{EvaluateArgs, ModelArgs};
use crate::command::catalogue;
use crate::failure::{Partly, Refused};
use crate::output::{JsonLines, Output};
use crate::terminal::Terminal;
use anyhow::Result;
use ext5_data::ErrorKind;
use ext5_eval::{
    CachedPredictor, Columns, EvaluationDir, Predictor, Protocol, Sample, SuiteReport,
};
use ext5_inference::Settings;
use ext5_trainer::{EvaluationPlan, Event, ModelDir, ModelOptions, Observer, T5Predictor, parted};
use serde_json::json;
use std::path::{Path, PathBuf};

fn options(args: &ModelArgs) -> ModelOptions {
    ModelOptions {
        device: args.device.clone(),
        vocabulary: args.vocabulary.clone(),
        inputs_length: args.inputs_length,
        batch_rows: args.batch_rows,
        precision: args.precision.into(),
        ..ModelOptions::default()
    }
}

fn find(path: &Path, terminal: &mut Terminal) -> Result<ModelDir> {
    let dir = ModelDir::find(path)?;
    for error in dir.skipped() {
        terminal.on(&Event::Note(&format!("passed over: {error}")));
    }
    Ok(dir)
}

/// The model of `args`, ready to answer.
pub(crate) fn open(args: &ModelArgs, terminal: &mut Terminal) -> Result<T5Predictor> {
    let dir = find(&args.model, terminal)?;
    Ok(options(args).predictor(&dir)?)
}

pub(crate) fn run(args: &EvaluateArgs, output: &Output, terminal: &mut Terminal) -> Result<()> {
    let (_, data) = catalogue::open(&args.places.overrides())?;
    let protocol = protocol(args)?;
    let evaluation = Evaluation {
        args,
        options: ModelOptions {
            search: args.search.settings(&any_length())?,
            ..options(&args.model)
        },
        plan: EvaluationPlan {
            data_root: data.root,
            task_dirs: data.task_dirs,
            split: args.split.clone(),
            limit: args.limit,
            protocol,
            reading: args.reading,
            batch: args.model.batch_rows,
        },
    };
    let mut samples = args.samples.as_deref().map(JsonLines::create).transpose()?;
    let mut on_sample = |sample: &Sample<'_>| match &mut samples {
        Some(samples) => Ok(samples.push(sample)?),
        None => Ok(()),
    };
    let on_sample: &mut ext5_trainer::OnSample<'_> = &mut on_sample;
    let found = match &args.checkpoints {
        Some(wanted) => evaluation.columns(wanted, terminal, on_sample),
        None => evaluation.once(terminal, on_sample),
    };
    terminal.done();
    if let Some(samples) = &mut samples {
        samples.flush()?;
    }
    let Found {
        value,
        text,
        is_scored,
    } = found?;
    if is_scored {
        return output.print(&value, || text);
    }
    if !output.json {
        output.print(&value, || text)?;
    }
    let (kind, name) = evaluation.subject();
    let message = format!(
        "nothing was scored of {kind} `{name}`: fetch its data (`ext5 data fetch`) or say where they lie (`--data-root`)"
    );
    let kind = ErrorKind::Missing;
    let failed = Partly {
        kind,
        message,
        value,
    };
    Err(failed.into())
}

/// How answers are got; a way of writing them is refused where none is written.
fn protocol(args: &EvaluateArgs) -> Result<Protocol> {
    let protocol = match args.protocol.as_str() {
        _ if args.rank => Protocol::Rank,
        "rank" => Protocol::Rank,
        "perplexity" => Protocol::Perplexity,
        _ => return Ok(Protocol::Generate),
    };
    let Some(option) = args.search.given() else {
        return Ok(protocol);
    };
    let message = format!(
        "`{option}` says how answers are written, but protocol `{}` writes none: leave it out",
        protocol.name()
    );
    let kind = ErrorKind::Request;
    Err(Refused { kind, message }.into())
}

/// What came of an evaluation.
struct Found {
    value: serde_json::Value,
    text: String,
    /// Whether any task has scores.
    is_scored: bool,
}

/// Tasks say how long their answers may become.
fn any_length() -> Settings {
    Settings {
        max_tokens: 1 << 20,
        ..Settings::default()
    }
}

/// What is asked for on the command line.
struct Evaluation<'a> {
    args: &'a EvaluateArgs,
    options: ModelOptions,
    plan: EvaluationPlan,
}

impl Evaluation<'_> {
    /// One model.
    fn once(
        &self,
        terminal: &mut Terminal,
        on_sample: &mut ext5_trainer::OnSample<'_>,
    ) -> Result<Found> {
        let (mut predictor, dir) =
            self.open(&self.args.model.model, self.args.out.as_deref(), terminal)?;
        let (predictor, dir) = (predictor.as_mut(), dir.as_ref());
        if let Some(name) = &self.args.what.suite {
            let suite = self.plan.suite(name)?;
            let report = self
                .plan
                .score(&suite, predictor, dir, terminal, on_sample)?;
            return Ok(Found {
                value: serde_json::to_value(&report)?,
                text: report.to_text(),
                is_scored: is_scored(&report),
            });
        }
        let (_, name) = self.subject();
        let outcomes = self.plan.tasks(name, predictor, dir, terminal, on_sample)?;
        let mut text = String::new();
        for (task, report) in &outcomes {
            match report {
                Ok(report) => text.push_str(&format!("{task}\n{}\n", report.to_text())),
                Err(reason) => text.push_str(&format!("{task}\nabsent: {reason}\n\n")),
            }
        }
        let (done, absent) = parted(&outcomes);
        Ok(Found {
            is_scored: !done.is_empty(),
            value: json!({ "tasks": done, "absent": absent }),
            text,
        })
    }

    /// Several checkpoints of a run, side by side.
    fn columns(
        &self,
        wanted: &[String],
        terminal: &mut Terminal,
        on_sample: &mut ext5_trainer::OnSample<'_>,
    ) -> Result<Found> {
        let suite = match &self.args.what.suite {
            Some(name) => self.plan.suite(name)?,
            None => self.plan.as_suite(self.subject().1)?,
        };
        let mut reports = Vec::new();
        for path in checkpoints(&self.args.model.model, wanted)? {
            let name = name(&path).to_owned();
            terminal.on(&Event::Note(&name));
            let out = self.args.out.as_ref().map(|out| out.join(&name));
            let (mut predictor, dir) = self.open(&path, out.as_deref(), terminal)?;
            let predictor = predictor.as_mut();
            let report = self
                .plan
                .score(&suite, predictor, dir.as_ref(), terminal, on_sample)?;
            terminal.done();
            reports.push((name, report));
        }
        let columns = Columns::new(&reports)?;
        if let Some(out) = &self.args.out {
            columns.write(out)?;
        }
        Ok(Found {
            value: serde_json::to_value(&columns)?,
            text: columns.to_text(),
            is_scored: reports.iter().any(|(_, report)| is_scored(report)),
        })
    }

    /// The model at `path` and the directory of its evaluation.
    fn open(
        &self,
        path: &Path,
        out: Option<&Path>,
        terminal: &mut Terminal,
    ) -> Result<(Box<dyn Predictor>, Option<EvaluationDir>)> {
        let (model, options) = (find(path, terminal)?, &self.options);
        if out.is_none() && self.args.cache.is_none() {
            return Ok((Box::new(options.predictor(&model)?), None));
        }
        let (kind, name) = self.subject();
        let identity = self
            .plan
            .identity(&format!("{kind} {name}"), &model, options)?;
        let begin = if self.args.fresh {
            EvaluationDir::fresh
        } else {
            EvaluationDir::open
        };
        let dir = out.map(|out| begin(out, &identity)).transpose()?;
        let predictor = options.predictor(&model)?;
        let Some(cache) = &self.args.cache else {
            return Ok((Box::new(predictor), dir));
        };
        let known = identity.of_answers();
        let predictor = CachedPredictor::with_identity(predictor, cache, known)?;
        Ok((Box::new(predictor), dir))
    }

    /// What is evaluated: its kind and name.
    fn subject(&self) -> (&'static str, &str) {
        let what = &self.args.what;
        let kinds = [
            ("suite", &what.suite),
            ("mixture", &what.mixture),
            ("task", &what.task),
        ];
        let mut named = kinds
            .into_iter()
            .filter_map(|(kind, name)| Some((kind, name.as_deref()?)));
        named.next().unwrap_or(("task", ""))
    }
}

/// Whether any member of a suite has scores.
fn is_scored(report: &SuiteReport) -> bool {
    report.members.iter().any(|member| member.report.is_some())
}

/// The checkpoints of a run that are asked for, oldest first.
fn checkpoints(run: &Path, wanted: &[String]) -> Result<Vec<PathBuf>> {
    let all = ModelDir::checkpoints(run)?;
    if wanted == ["all"] {
        return Ok(all);
    }
    let step = |path: &PathBuf| -> Option<u64> { name(path).strip_prefix("step_")?.parse().ok() };
    let steps: Vec<u64> = all.iter().filter_map(step).collect();
    for asked in wanted {
        if asked.parse().is_ok_and(|asked| steps.contains(&asked)) {
            continue;
        }
        let known: Vec<String> = steps.iter().map(u64::to_string).collect();
        let message = format!(
            "`{}` has no checkpoint of step `{asked}`, expected `all` or some of {}",
            run.display(),
            known.join(",")
        );
        let kind = ErrorKind::Request;
        return Err(Refused { kind, message }.into());
    }
    let chosen = |path: &PathBuf| {
        step(path).is_some_and(|step| wanted.iter().any(|asked| asked.parse() == Ok(step)))
    };
    Ok(all.into_iter().filter(chosen).collect())
}

fn name(path: &Path) -> &str {
    path.file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
}

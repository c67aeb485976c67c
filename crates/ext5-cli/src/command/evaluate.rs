use crate::args::{EvaluateArgs, ModelArgs};
use crate::command::catalogue;
use crate::output::{Output, write_jsonl};
use crate::terminal::Terminal;
use anyhow::Result;
use ext5_eval::{Protocol, Sample};
use ext5_trainer::{EvaluationPlan, Event, ModelDir, ModelOptions, Observer, T5Predictor};
use serde_json::{Value, json};

/// The model of `args`, ready to answer.
pub(crate) fn open(args: &ModelArgs, terminal: &mut Terminal) -> Result<T5Predictor> {
    let dir = ModelDir::find(&args.model)?;
    for error in dir.skipped() {
        terminal.on(&Event::Note(&format!("passed over: {error}")));
    }
    let options = ModelOptions {
        device: args.device.clone(),
        vocabulary: args.vocabulary.clone(),
        inputs_length: args.inputs_length,
        batch_rows: args.batch_rows,
        precision: args.precision.into(),
    };
    Ok(options.predictor(&dir)?)
}

pub(crate) fn run(args: &EvaluateArgs, output: &Output, terminal: &mut Terminal) -> Result<()> {
    let (_, data) = catalogue::open(&args.places.overrides())?;
    let mut predictor = open(&args.model, terminal)?;
    let plan = EvaluationPlan {
        data_root: data.root,
        task_dirs: data.task_dirs,
        split: args.split.clone(),
        limit: args.limit,
        protocol: if args.rank {
            Protocol::Rank
        } else {
            Protocol::Generate
        },
    };
    let mut samples: Vec<Value> = Vec::new();
    let keep = args.samples.is_some();
    let mut on_sample = |sample: &Sample<'_>| {
        if keep {
            samples.push(serde_json::to_value(sample)?);
        }
        Ok(())
    };
    let (value, text) = if let Some(name) = &args.what.suite {
        let report = plan.suite(name, &mut predictor, terminal, &mut on_sample)?;
        (serde_json::to_value(&report)?, report.to_text())
    } else {
        let name = args.what.task.as_ref().or(args.what.mixture.as_ref());
        let name = name.map_or("", String::as_str);
        let reports = plan.tasks(name, &mut predictor, terminal, &mut on_sample)?;
        let mut text = String::new();
        let mut done = Vec::new();
        let mut absent = Vec::new();
        for (task, report) in reports {
            match report {
                Ok(report) => {
                    text.push_str(&format!("{task}\n{}\n", report.to_text()));
                    done.push(report);
                }
                Err(reason) => {
                    text.push_str(&format!("{task}\nabsent: {reason}\n\n"));
                    absent.push(json!({ "task": task, "reason": reason }));
                }
            }
        }
        (json!({ "tasks": done, "absent": absent }), text)
    };
    if let Some(path) = &args.samples {
        write_jsonl(path, &samples)?;
    }
    output.print(&value, || text)
}

use crate::args::CompareArgs;
use crate::failure::Refused;
use crate::output::Output;
use crate::terminal::Terminal;
use anyhow::Result;
use ext5_data::ErrorKind;
use ext5_eval::{Bootstrap, CompareOptions, RecordedEvaluation, compare};
use ext5_trainer::{Event, Observer as _};

pub(crate) fn run(args: &CompareArgs, output: &Output, terminal: &mut Terminal) -> Result<()> {
    if !(args.alpha > 0.0 && args.alpha < 1.0) {
        let message = format!("`--alpha {}` is no chance between 0 and 1", args.alpha);
        let kind = ErrorKind::Request;
        return Err(Refused { kind, message }.into());
    }
    let first = RecordedEvaluation::read(&args.first)?;
    let second = RecordedEvaluation::read(&args.second)?;
    let options = CompareOptions {
        bootstrap: Bootstrap {
            resamples: args.resamples as usize,
            seed: args.seed,
        },
        alpha: args.alpha,
    };
    let mut on_task = |task: &str, split: &str| {
        terminal.on(&Event::Note(&format!("testing {task} ({split})")));
    };
    let found = compare(&first, &second, options, &mut on_task)?;
    terminal.done();
    output.print(&found, || {
        if args.markdown {
            found.to_markdown()
        } else {
            found.to_text()
        }
    })
}

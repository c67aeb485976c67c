use crate::args::QuickstartArgs;
use crate::output::Output;
use crate::signals;
use crate::terminal::Terminal;
use anyhow::{Context, Result};
use ext5_studies::quickstart;

pub(crate) fn run(args: &QuickstartArgs, output: &Output, terminal: &mut Terminal) -> Result<()> {
    let stop = signals::watch().context("cannot watch for signals")?;
    let report = quickstart(&args.overrides)?.run(&args.dir, &stop, terminal)?;
    output.print(&report, || report.to_text())
}

//! What the commands about finished evaluations take.
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// Directory of the first evaluation, A.
    pub(crate) first: PathBuf,
    /// Directory of the second, B.
    pub(crate) second: PathBuf,
    /// Resamples of each test.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    pub(crate) resamples: u32,
    /// Seed of the resamples.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Chance of calling any difference real that is none, over all scores together.
    #[arg(long, default_value_t = 0.05)]
    pub(crate) alpha: f64,
    /// Print Markdown in place of text.
    #[arg(long)]
    pub(crate) markdown: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SubmitCommand {
    /// Build the archive of `SuperGLUE`: ten files of JSON lines.
    #[command(
        name = "superglue",
        after_help = "Examples:\n  ext5 submit superglue --run evaluations/a --out superglue.zip\n  ext5 submit superglue --run evaluations/a --out part.zip --partial"
    )]
    SuperGlue(SubmitArgs),
    /// Build the archive of GLUE: eleven tab-separated files.
    #[command(
        after_help = "Examples:\n  ext5 submit glue --run evaluations/a --out glue.zip\n  ext5 submit glue --run evaluations/a --out part.zip --partial --json"
    )]
    Glue(SubmitArgs),
    /// Validate an archive: names, counts, ids, spelling of labels.
    #[command(
        after_help = "Examples:\n  ext5 submit check superglue.zip\n  ext5 submit check part.zip --partial"
    )]
    Check(SubmitCheckArgs),
}

#[derive(Debug, Args)]
pub(crate) struct SubmitArgs {
    /// Directory of an evaluation that answered the test splits.
    #[arg(long)]
    pub(crate) run: PathBuf,
    /// Archive to write.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Leave out the tasks that were not evaluated in place of refusing.
    #[arg(long)]
    pub(crate) partial: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SubmitCheckArgs {
    /// The archive.
    pub(crate) archive: PathBuf,
    /// Accept that files are missing.
    #[arg(long)]
    pub(crate) partial: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CardArgs {
    /// Run directory, checkpoint or Hugging Face directory.
    #[arg(long)]
    pub(crate) model: PathBuf,
    /// Directory of its evaluation.
    #[arg(long)]
    pub(crate) run: PathBuf,
    /// Card to write.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Replace a file that is there.
    #[arg(long)]
    pub(crate) force: bool,
    /// Name of the model; that of its directory where absent.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Its licence as the Hub abbreviates it, for example `apache-2.0`; yours to choose.
    #[arg(long)]
    pub(crate) licence: Option<String>,
    #[command(flatten)]
    pub(crate) places: super::Places,
}

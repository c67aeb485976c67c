use super::PaceArgs;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum StudyCommand {
    /// List the studies and the scales they come in.
    #[command(after_help = "Examples:\n  ext5 study list\n  ext5 study list --json")]
    List,
    /// Say before a study what it will cost: runs, tokens, operations, hours here or on graphics cards, disk, memory.
    #[command(
        after_help = "Examples:\n  ext5 study plan transfer --scale micro\n  ext5 study plan transfer --scale paper --gpu h100 --gpus 8\n  ext5 study plan --file my.toml --data-root data --json"
    )]
    Plan(StudyPlanArgs),
    /// Run a study cell by cell, then write its report. What is finished is not repeated; the same command goes on after a stop.
    #[command(
        after_help = "Examples:\n  ext5 study run transfer --scale micro\n  ext5 study run ratio --scale local --data-root data --dir studies/ratio --runs studies/runs\n  ext5 study run --file my.toml --set seeds=[0,1,2]\n  ext5 study run scaling --scale local --data-root data --shard 2/16"
    )]
    Run(StudyRunArgs),
    /// Write the report of what a study has come to so far: report.html, .json, .csv, .md.
    #[command(
        after_help = "Examples:\n  ext5 study report runs/ratio_micro\n  ext5 study report runs/ratio_micro --output pages --json\n  ext5 study report runs/task-affinity_micro --transfer runs/transfer_micro"
    )]
    Report(StudyReportArgs),
}

/// Which study.
#[derive(Clone, Debug, Args)]
pub(crate) struct StudyArgs {
    /// The study: transfer, curation, scaling, ratio, stage, efficiency, suites, task-affinity.
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    pub(crate) name: Option<String>,
    /// Its scale: micro (no data, minutes), local, paper.
    #[arg(long, default_value = "micro", conflicts_with = "file")]
    pub(crate) scale: String,
    /// A study file of yours (TOML).
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Directory under which the tasks' data lie.
    #[arg(long, env = "EXT5_DATA_ROOT", value_name = "DIR")]
    pub(crate) data_root: Option<PathBuf>,
    /// Directory with task, mixture and suite files of yours, may be given often.
    #[arg(
        long = "task-dir",
        env = "EXT5_TASK_DIRS",
        value_delimiter = ':',
        value_name = "DIR"
    )]
    pub(crate) task_dirs: Vec<PathBuf>,
    /// Override a key of the study file, for example `seeds=[0,1,2]`; may be given often.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) keys: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct StudyPlanArgs {
    #[command(flatten)]
    pub(crate) study: StudyArgs,
    /// Directory of the study, of which what is finished costs nothing more; `runs/<name>_<scale>` where absent.
    #[arg(long)]
    pub(crate) dir: Option<PathBuf>,
    /// Directory of its runs; `runs` in the study's directory where absent.
    #[arg(long, value_name = "DIR")]
    pub(crate) runs: Option<PathBuf>,
    /// Device of every run, in place of the recipes': cpu, flex, wgpu, vulkan, cuda.
    #[arg(long, value_name = "NAME")]
    pub(crate) device: Option<String>,
    #[command(flatten)]
    pub(crate) pace: PaceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct StudyRunArgs {
    #[command(flatten)]
    pub(crate) study: StudyArgs,
    /// Directory of the study; `runs/<name>_<scale>` where absent.
    #[arg(long)]
    pub(crate) dir: Option<PathBuf>,
    /// Directory of its runs, which several studies may share: what they have in common is run once. `runs` in the study's directory
    /// where absent.
    #[arg(long, value_name = "DIR")]
    pub(crate) runs: Option<PathBuf>,
    /// Do part i of n: `1/4` to `4/4`. Parts on one file system never run the same cell twice.
    #[arg(long, default_value = "1/1", value_name = "I/N")]
    pub(crate) shard: String,
    /// Try again what has failed.
    #[arg(long)]
    pub(crate) retry: bool,
    /// Keep weights that no run of the study needs any more.
    #[arg(long)]
    pub(crate) keep_weights: bool,
    /// Directory of a transfer study, for a task-affinity study: how well gradients foretell its matrix.
    #[arg(long, value_name = "DIR")]
    pub(crate) transfer: Option<PathBuf>,
    /// Device of every run, in place of the recipes': cpu, flex, wgpu, vulkan, cuda.
    #[arg(long, value_name = "NAME")]
    pub(crate) device: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct StudyReportArgs {
    /// Directory of the study.
    pub(crate) dir: PathBuf,
    /// Directory to write to; that of the study where absent.
    #[arg(long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Directory of a transfer study, for a task-affinity study: how well gradients foretell its matrix.
    #[arg(long, value_name = "DIR")]
    pub(crate) transfer: Option<PathBuf>,
}

use super::PaceArgs;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum StudyCommand {
    /// Say before a study what it will cost: runs, tokens, operations, hours here or on graphics cards, disk, memory.
    #[command(
        after_help = "Examples:\n  ext5 study plan transfer --scale micro\n  ext5 study plan transfer --scale paper --gpu h100 --gpus 8\n  ext5 study plan --file my.toml --data-root data --json"
    )]
    Plan(StudyPlanArgs),
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

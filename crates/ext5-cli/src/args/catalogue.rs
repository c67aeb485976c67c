//! What the commands about tasks, mixtures, suites and data take.
use super::{ConfigArgs, Places};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Farthest draw that rows are shown from: all draws before it are gone through.
const FARTHEST: u64 = 1_000_000_000;

#[derive(Debug, Subcommand)]
pub(crate) enum TaskCommand {
    /// List tasks: all, or those of a mixture, a suite, a family.
    #[command(
        after_help = "Examples:\n  ext5 task list\n  ext5 task list --mixture exmix --json\n  ext5 task list --family nli"
    )]
    List(TaskListArgs),
    /// Show one task and some of its examples; with `--packed` the rows that enter the model, of a task or a mixture.
    #[command(
        after_help = "Examples:\n  ext5 task show micro_reading\n  ext5 task show super_glue_cb --data-root data --split validation\n  ext5 task show micro_ext5 --packed --recipe micro_ext5"
    )]
    Show(TaskShowArgs),
    /// Count one split of a task: lengths, truncation, lost answers, labels, duplicates.
    #[command(
        after_help = "Examples:\n  ext5 task stats micro_reading\n  ext5 task stats super_glue_multirc --data-root data --vocabulary data/tokenizer/spiece.model --inputs-length 512"
    )]
    Stats(TaskStatsArgs),
    /// Check task files against their own examples: one, or all.
    #[command(
        after_help = "Examples:\n  ext5 task check --all\n  ext5 task check super_glue_cb\n  ext5 task check mine --task-dir tasks"
    )]
    Check(TaskCheckArgs),
    /// Draft a commented task file from the columns of a Parquet, Arrow, JSONL or CSV file.
    #[command(
        after_help = "Examples:\n  ext5 task new reviews reviews.csv --output tasks/reviews.toml\n  ext5 task new qa questions.parquet"
    )]
    New(TaskNewArgs),
    /// Print the reference page of all tasks, mixtures and suites as Markdown.
    #[command(
        after_help = "Examples:\n  ext5 task reference > tasks.md\n  ext5 task reference --json"
    )]
    Reference,
}

#[derive(Debug, Args)]
pub(crate) struct TaskListArgs {
    /// Only the tasks of this mixture.
    #[arg(long)]
    pub(crate) mixture: Option<String>,
    /// Only the tasks of this suite.
    #[arg(long, conflicts_with = "mixture")]
    pub(crate) suite: Option<String>,
    /// Only the tasks of this family.
    #[arg(long)]
    pub(crate) family: Option<String>,
    #[command(flatten)]
    pub(crate) places: Places,
}

#[derive(Debug, Args)]
pub(crate) struct TaskShowArgs {
    /// The task; with `--packed` also a mixture.
    pub(crate) name: String,
    /// Split to show.
    #[arg(long, default_value = "train")]
    pub(crate) split: String,
    /// Examples to show; with `--packed`, rows.
    #[arg(long, default_value_t = 3)]
    pub(crate) limit: u64,
    /// The rows that enter the model: texts, why each example is there, what is cut.
    #[arg(long)]
    pub(crate) packed: bool,
    /// With `--packed`, also ids, segments, positions and loss weights under each piece.
    #[arg(long, requires = "packed")]
    pub(crate) arrays: bool,
    /// With `--packed`, the draw to begin with.
    #[arg(long, requires = "packed", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=FARTHEST))]
    pub(crate) from: u64,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

#[derive(Debug, Args)]
pub(crate) struct TaskStatsArgs {
    /// The task.
    pub(crate) name: String,
    /// Split to count; all, and what they share, where absent.
    #[arg(long)]
    pub(crate) split: Option<String>,
    /// Vocabulary for what depends on tokens: a file, a directory or `bytes`.
    #[arg(long)]
    pub(crate) vocabulary: Option<String>,
    /// Tokens of an encoder row, end of sequence included; the task's own where absent.
    #[arg(long)]
    pub(crate) inputs_length: Option<usize>,
    /// Tokens of a decoder row, end of sequence included; the task's own where absent.
    #[arg(long)]
    pub(crate) targets_length: Option<usize>,
    /// Most examples per split.
    #[arg(long)]
    pub(crate) limit: Option<u64>,
    #[command(flatten)]
    pub(crate) places: Places,
}

#[derive(Debug, Args)]
pub(crate) struct TaskCheckArgs {
    /// The task; all where absent.
    pub(crate) name: Option<String>,
    /// All tasks, mixtures and suites.
    #[arg(long, conflicts_with = "name")]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) places: Places,
}

#[derive(Debug, Args)]
pub(crate) struct TaskNewArgs {
    /// Name of the new task: letters, digits and `_`.
    pub(crate) name: String,
    /// File with rows.
    pub(crate) file: PathBuf,
    /// File to write; printed where absent.
    #[arg(long)]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MixtureCommand {
    /// List mixtures with their tasks.
    #[command(after_help = "Examples:\n  ext5 mixture list\n  ext5 mixture list --all --json")]
    List(MixtureListArgs),
    /// Per task: examples, shares of examples and tokens, epochs, truncation, effect of the cap, disk and memory, before a step
    /// is taken.
    #[command(
        after_help = "Examples:\n  ext5 mixture plan micro_ext5 --recipe micro_ext5\n  ext5 mixture plan ext5_local --data-root data --set trainer.steps=10000\n  ext5 mixture plan ext5 --published"
    )]
    Plan(PlanArgs),
    /// What evaluation sets share with the training tasks of a mixture: whole inputs, n-grams, answers.
    #[command(
        after_help = "Examples:\n  ext5 mixture leaks exmix_local --against superglue --data-root data\n  ext5 mixture leaks micro_exmix --against micro_heldout_reading"
    )]
    Leaks(LeaksArgs),
}

#[derive(Debug, Args)]
pub(crate) struct MixtureListArgs {
    /// Also the mixtures that follow from others: one family, all but one, two at 1:1.
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) places: Places,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// Mixture or task; that of the recipe where absent.
    pub(crate) name: Option<String>,
    /// Count tasks without data by their published sizes, and plan shares of examples alone.
    #[arg(long)]
    pub(crate) published: bool,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

#[derive(Debug, Args)]
pub(crate) struct LeaksArgs {
    /// Mixture or task whose training split is read.
    pub(crate) name: String,
    /// Suite, mixture or task to be found in it, may be given often; all suites where absent.
    #[arg(long)]
    pub(crate) against: Vec<String>,
    /// Words of an n-gram.
    #[arg(long, default_value_t = 13)]
    pub(crate) n: usize,
    /// Most examples per split.
    #[arg(long)]
    pub(crate) limit: Option<u64>,
    #[command(flatten)]
    pub(crate) places: Places,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SuiteCommand {
    /// List suites with their tasks, splits and metrics.
    #[command(after_help = "Examples:\n  ext5 suite list\n  ext5 suite list --json")]
    List(Places),
}

#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// Fetch the data of tasks, mixtures or suites from the Hugging Face Hub into the data root, pinned and verified.
    #[command(
        after_help = "Examples:\n  ext5 data fetch super_glue_cb --data-root data\n  ext5 data fetch exmix superglue --data-root data\n  HF_HUB_OFFLINE=1 ext5 data fetch gem --data-root data"
    )]
    Fetch(DataFetchArgs),
    /// Lay local files under the data root as a split of a task.
    #[command(
        after_help = "Examples:\n  ext5 data add reviews --split train reviews.csv --data-root data --task-dir tasks\n  ext5 data add newsroom --split validation dev.jsonl --data-root data"
    )]
    Add(DataAddArgs),
    /// Read every fetched or added file again and compare it with the lock file.
    #[command(
        after_help = "Examples:\n  ext5 data verify --data-root data\n  ext5 data verify --json"
    )]
    Verify(Places),
    /// Render, tokenize and cache a mixture ahead of runs, in parts that any number of processes may share.
    #[command(
        after_help = "Examples:\n  ext5 data prepare ext5_local --recipe ext5_local --data-root data\n  ext5 data prepare exmix --shard 2/16 --data-root data --set data.cache=cache"
    )]
    Prepare(DataPrepareArgs),
    /// Write one HTML page that shows a task, a mixture or a suite: where it comes from, what it is made of, what enters the model.
    #[command(
        after_help = "Examples:\n  ext5 data view micro_ext5 --recipe micro_ext5 --output view.html\n  ext5 data view exmix_local --data-root data --leaks superglue --output view.html"
    )]
    View(DataViewArgs),
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct DataFetchArgs {
    /// Tasks, mixtures or suites.
    #[arg(required = true)]
    pub(crate) names: Vec<String>,
    /// Take what the Hub has now in place of what the lock file pins.
    #[arg(long)]
    pub(crate) update: bool,
    /// Put fetched files in the place of others that lie there.
    #[arg(long)]
    pub(crate) replace: bool,
    /// Copy files into the data root in place of linking to the Hub's cache.
    #[arg(long)]
    pub(crate) copy: bool,
    /// Accept a split of which the Hub converted only the beginning.
    #[arg(long)]
    pub(crate) partial: bool,
    /// Make no connection: only what the cache has.
    #[arg(long)]
    pub(crate) offline: bool,
    #[command(flatten)]
    pub(crate) places: Places,
}

#[derive(Debug, Args)]
pub(crate) struct DataAddArgs {
    /// The task.
    pub(crate) task: String,
    /// Its split.
    #[arg(long)]
    pub(crate) split: String,
    /// Files in the task's format, in order.
    #[arg(required = true)]
    pub(crate) files: Vec<String>,
    /// Put them in the place of others that lie there.
    #[arg(long)]
    pub(crate) replace: bool,
    /// Link to them in place of copying.
    #[arg(long)]
    pub(crate) link: bool,
    #[command(flatten)]
    pub(crate) places: Places,
}

#[derive(Debug, Args)]
pub(crate) struct DataPrepareArgs {
    /// Mixture or task; that of the recipe where absent.
    pub(crate) name: Option<String>,
    /// Do part i of n: `1/4` to `4/4`.
    #[arg(long, default_value = "1/1", value_name = "I/N")]
    pub(crate) shard: String,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DataViewArgs {
    /// Task, mixture or suite.
    pub(crate) name: String,
    /// Page to write.
    #[arg(long, default_value = "view.html")]
    pub(crate) output: PathBuf,
    /// Also what this suite, mixture or task shares with the training data, may be given often.
    #[arg(long)]
    pub(crate) leaks: Vec<String>,
    /// Most examples of a task that are read for its statistics.
    #[arg(long, default_value_t = 20_000)]
    pub(crate) limit: u64,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

mod catalogue;
mod decoding;
mod outcomes;
mod pace;
mod study;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ext5_eval::Reading;
use std::path::PathBuf;

pub(crate) use catalogue::{
    DataAddArgs, DataCommand, DataFetchArgs, DataPrepareArgs, DataViewArgs, LeaksArgs,
    MixtureCommand, MixtureListArgs, PlanArgs, SuiteCommand, TaskCommand, TaskListArgs,
    TaskNewArgs, TaskShowArgs, TaskStatsArgs,
};
pub(crate) use decoding::{DecodingArgs, SearchArgs};
pub(crate) use outcomes::{CardArgs, CompareArgs, SubmitArgs, SubmitCheckArgs, SubmitCommand};
pub(crate) use pace::PaceArgs;
pub(crate) use study::{StudyArgs, StudyCommand, StudyPlanArgs, StudyReportArgs, StudyRunArgs};

/// Pre-train, fine-tune and evaluate T5 encoder-decoders by extreme multi-task scaling (`ExT5`, arXiv 2111.10952).
#[derive(Debug, Parser)]
#[command(
    name = "ext5",
    version,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Arguments {
    /// Print one JSON object on stdout in place of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say nothing on stderr but errors.
    #[arg(long, global = true)]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Pre-train T5 and `ExT5` on the built-in micro-world, fine-tune both, print their scores side by side.
    #[command(
        after_help = "Examples:\n  ext5 quickstart\n  ext5 quickstart --dir runs/first --set trainer.steps=500"
    )]
    Quickstart(QuickstartArgs),
    /// Ask what mixtures do: grids of runs with one answer.
    #[command(subcommand)]
    Study(StudyCommand),
    /// Train: pre-train, or fine-tune from `init.from`.
    #[command(
        after_help = "Examples:\n  ext5 train --recipe micro_ext5\n  ext5 train --recipe ext5_local --set data.root=data --run-dir runs/a\n  ext5 train --recipe finetune_local --set data.root=data --set init.from=runs/a --set data.mixture=super_glue_cb\n  ext5 train --resume --run-dir runs/a"
    )]
    Train(TrainArgs),
    /// Say before a run what it will cost: parameters, memory, disk, and time by some real steps.
    #[command(
        after_help = "Examples:\n  ext5 plan --recipe micro_ext5\n  ext5 plan --recipe ext5_local --set data.root=data --set trainer.batch_rows=64\n  ext5 plan --config my.toml --no-probe --json"
    )]
    Plan(RunPlanArgs),
    /// Score a model on a task, a mixture or a suite.
    #[command(
        after_help = "Examples:\n  ext5 evaluate --model runs/a --suite superglue --set data.root=data\n  ext5 evaluate --model runs/a --task micro_reading --limit 100 --json\n  ext5 evaluate --model runs/a --suite superglue --out runs/a/superglue\n  ext5 evaluate --model runs/a --suite superglue --checkpoints all --out scores"
    )]
    Evaluate(EvaluateArgs),
    /// Test in which scores two evaluations differ by more than chance.
    #[command(
        after_help = "Examples:\n  ext5 compare evaluations/a evaluations/b\n  ext5 compare evaluations/a evaluations/b --resamples 100000 --json"
    )]
    Compare(CompareArgs),
    /// Build and validate archives for the leaderboards of GLUE and `SuperGLUE`.
    #[command(subcommand)]
    Submit(SubmitCommand),
    /// Write a model card with the scores of an evaluation, as the Hugging Face Hub reads it.
    #[command(
        after_help = "Examples:\n  ext5 card --model runs/a --run evaluations/a --out card.md\n  ext5 card --model exported --run evaluations/a --out exported/README.md --name mine --licence apache-2.0"
    )]
    Card(CardArgs),
    /// Answer each line of a JSONL file: `inputs` in, `prediction` out.
    #[command(
        after_help = "Examples:\n  ext5 predict --model runs/a --input in.jsonl --output out.jsonl\n  ext5 predict --model flan-t5-small --input in.jsonl --output out.jsonl --max-tokens 64\n  ext5 predict --model runs/a --input in.jsonl --output out.jsonl --beams 4 --num-return 4\n  ext5 predict --model runs/a --input in.jsonl --output out.jsonl --choices yes,no"
    )]
    Predict(PredictArgs),
    /// Log-likelihood of each line of a JSONL file: `inputs`, `targets` in, `log_likelihood`, `tokens` out.
    #[command(
        after_help = "Examples:\n  ext5 score --model runs/a --input in.jsonl --output out.jsonl\n  ext5 score --model t5-small --input in.jsonl --output out.jsonl --batch-rows 8"
    )]
    Score(ScoreArgs),
    /// List the metrics, or score answers that lie in a file: one JSON string a line, targets also lists of strings.
    #[command(
        after_help = "Examples:\n  ext5 metric list\n  ext5 metric squad --predictions answers.jsonl --targets right.jsonl --json\n  ext5 metric macro_f1 --predictions p.jsonl --targets t.jsonl --labels no,yes\n  ext5 metric multirc_em --predictions p.jsonl --targets t.jsonl --groups questions.jsonl"
    )]
    Metric(MetricArgs),
    /// Token ids of each line of a JSONL file: `text` in, `ids` out, no end of sequence added.
    #[command(
        after_help = "Examples:\n  ext5 tokenize --vocabulary spiece.model --input in.jsonl --output out.jsonl\n  ext5 tokenize --vocabulary bytes --input in.jsonl --output out.jsonl"
    )]
    Tokenize(TokenizeArgs),
    /// List, show, count, check and draft tasks.
    #[command(subcommand)]
    Task(TaskCommand),
    /// List mixtures; plan what a run would see of one; find what evaluation sets share with it.
    #[command(subcommand)]
    Mixture(MixtureCommand),
    /// List suites.
    #[command(subcommand)]
    Suite(SuiteCommand),
    /// Fetch, add, verify, prepare and view data sets.
    #[command(subcommand)]
    Data(DataCommand),
    /// Bring a Hugging Face T5 into a directory, checked; or the weights that torch has pickled, named as a file.
    #[command(
        after_help = "Examples:\n  ext5 import --from flan-t5-small --to models/flan\n  ext5 import --from t5-v1_1-base --to models/base --json\n  ext5 import --from old/pytorch_model.bin --to models/old"
    )]
    Import(CopyArgs),
    /// Write a model in Hugging Face's layout.
    #[command(
        after_help = "Examples:\n  ext5 export --from runs/a --to exported --format hf\n  ext5 export --from runs/a/checkpoints/step_00000100 --to exported"
    )]
    Export(ExportArgs),
    /// Show a run's configuration with all its defaults.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Say what this program and machine can do.
    #[command(after_help = "Examples:\n  ext5 doctor\n  ext5 doctor --json")]
    Doctor,
}

/// Where data and task files lie, and further keys.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Places {
    /// Directory under which the tasks' data lie: `data.root`.
    #[arg(long, env = "EXT5_DATA_ROOT", value_name = "DIR")]
    data_root: Option<PathBuf>,
    /// Directory with task, mixture and suite files of yours, may be given often: `data.task_dirs`.
    #[arg(
        long = "task-dir",
        env = "EXT5_TASK_DIRS",
        value_delimiter = ':',
        value_name = "DIR"
    )]
    task_dirs: Vec<PathBuf>,
    /// Override a key, for example `trainer.steps=100`; may be given often.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    keys: Vec<String>,
}

impl Places {
    /// All of it as `key=value`; what `--set` says comes last and wins.
    pub(crate) fn overrides(&self) -> Vec<String> {
        let text = |path: &PathBuf| serde_json::Value::from(path.to_string_lossy()).to_string();
        let mut overrides = Vec::new();
        if let Some(root) = &self.data_root {
            overrides.push(format!("data.root={}", text(root)));
        }
        if !self.task_dirs.is_empty() {
            let dirs: Vec<String> = self.task_dirs.iter().map(text).collect();
            overrides.push(format!("data.task_dirs=[{}]", dirs.join(", ")));
        }
        overrides.extend(self.keys.iter().cloned());
        overrides
    }
}

/// Where a configuration comes from.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ConfigArgs {
    /// Built-in recipe.
    #[arg(long, conflicts_with = "config")]
    pub(crate) recipe: Option<String>,
    /// Configuration file (TOML).
    #[arg(long)]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) places: Places,
}

#[derive(Debug, Args)]
pub(crate) struct QuickstartArgs {
    /// Directory of the runs.
    #[arg(long, default_value = "runs/quickstart")]
    pub(crate) dir: PathBuf,
    /// Override a key of both pre-trainings.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) overrides: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct TrainArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Directory of the run; `runs/<recipe>` where absent.
    #[arg(long)]
    pub(crate) run_dir: Option<PathBuf>,
    /// Go on with the run in the run directory, with its configuration.
    #[arg(long, conflicts_with_all = ["recipe", "config"])]
    pub(crate) resume: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RunPlanArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Steps that are taken, at most.
    #[arg(long, default_value_t = 8, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub(crate) steps_probe: u64,
    /// Seconds after which no further step begins.
    #[arg(long, default_value_t = 30, value_name = "S", value_parser = clap::value_parser!(u64).range(..=86_400))]
    pub(crate) probe_seconds: u64,
    /// Take no step: formulas alone, every row full. No data are read.
    #[arg(long, conflicts_with_all = ["steps_probe", "probe_seconds"])]
    pub(crate) no_probe: bool,
}

/// How a model is opened.
#[derive(Clone, Debug, Args)]
pub(crate) struct ModelArgs {
    /// Run directory, checkpoint or Hugging Face directory.
    #[arg(long)]
    pub(crate) model: PathBuf,
    /// Vocabulary, where none lies beside the model: a file, a directory or `bytes`.
    #[arg(long)]
    pub(crate) vocabulary: Option<String>,
    /// Device: flex (CPU), wgpu, vulkan, cuda.
    #[arg(long, default_value = "cpu")]
    pub(crate) device: String,
    /// Tokens that inputs are cut to.
    #[arg(long, default_value_t = 512)]
    pub(crate) inputs_length: usize,
    /// Rows that go through the model at once.
    #[arg(long, default_value_t = 16)]
    pub(crate) batch_rows: usize,
    /// How weights are stored on the CPU: f32 exactly, bf16 in half the memory, int8 in a quarter.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) precision: PrecisionArg,
}

/// How weights are stored.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum PrecisionArg {
    #[default]
    F32,
    Bf16,
    Int8,
}

impl From<PrecisionArg> for ext5_trainer::Precision {
    fn from(arg: PrecisionArg) -> Self {
        match arg {
            PrecisionArg::F32 => Self::F32,
            PrecisionArg::Bf16 => Self::Bf16,
            PrecisionArg::Int8 => Self::Int8,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct EvaluateArgs {
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    #[command(flatten)]
    pub(crate) what: EvaluateWhat,
    /// Split; a suite names its own.
    #[arg(long, default_value = "validation")]
    pub(crate) split: String,
    /// Most examples per task.
    #[arg(long)]
    pub(crate) limit: Option<u64>,
    /// How answers are got: generate, rank (the likeliest of the task's choices), perplexity (of the targets).
    #[arg(long, default_value = "generate", value_parser = ["generate", "rank", "perplexity"])]
    pub(crate) protocol: String,
    /// The same as `--protocol rank`.
    #[arg(long, conflicts_with = "protocol")]
    pub(crate) rank: bool,
    /// Whose rules make scores of the answers where harnesses differ: t5, lm-eval.
    #[arg(long = "as", default_value = "t5", value_name = "READING")]
    pub(crate) reading: Reading,
    /// Directory for samples, reports and results. A killed evaluation goes on there, a finished one is read.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Start over: remove what an earlier evaluation has left in the directory of `--out`.
    #[arg(long, requires = "out")]
    pub(crate) fresh: bool,
    /// Directory that keeps answers by model, decoding and input, for evaluations to come.
    #[arg(long, value_name = "DIR")]
    pub(crate) cache: Option<PathBuf>,
    /// Several checkpoints of a run: `all`, or their steps. Gives one checkpoint for all tasks, the best per task, the last.
    #[arg(long, value_name = "all|STEP,STEP", value_delimiter = ',')]
    pub(crate) checkpoints: Option<Vec<String>>,
    /// Write every example with its answer to this JSONL file.
    #[arg(long, conflicts_with = "out")]
    pub(crate) samples: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) search: SearchArgs,
    #[command(flatten)]
    pub(crate) places: Places,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct EvaluateWhat {
    /// A task.
    #[arg(long)]
    pub(crate) task: Option<String>,
    /// A mixture: all its tasks.
    #[arg(long)]
    pub(crate) mixture: Option<String>,
    /// A suite: its tasks, its average.
    #[arg(long)]
    pub(crate) suite: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PredictArgs {
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// JSONL file with `inputs`.
    #[arg(long)]
    pub(crate) input: PathBuf,
    /// JSONL file to write: the best `prediction` of each line, its `log_prob` and `score`; with `--num-return` all as
    /// `answers`.
    #[arg(long)]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) decoding: DecodingArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ScoreArgs {
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// JSONL file with `inputs` and `targets`.
    #[arg(long)]
    pub(crate) input: PathBuf,
    /// JSONL file to write.
    #[arg(long)]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct MetricArgs {
    /// The metric, or `list`.
    pub(crate) name: String,
    /// JSONL file of answers, one string a line.
    #[arg(long)]
    pub(crate) predictions: Option<PathBuf>,
    /// JSONL file of right answers, a string or a list of strings a line.
    #[arg(long)]
    pub(crate) targets: Option<PathBuf>,
    /// JSONL file of what was answered, one string a line: for metrics that look at it, such as `sari`.
    #[arg(long)]
    pub(crate) sources: Option<PathBuf>,
    /// JSONL file of what each belongs to, one string a line: for metrics that score groups, such as `multirc_em`.
    #[arg(long)]
    pub(crate) groups: Option<PathBuf>,
    /// Names of the classes in the order of their ids; those that the targets name, sorted, where absent.
    #[arg(long, value_delimiter = ',')]
    pub(crate) labels: Option<Vec<String>>,
    /// Resamples of the bootstrap interval; 0 for none.
    #[arg(long, default_value_t = 1000)]
    pub(crate) resamples: usize,
}

#[derive(Debug, Args)]
pub(crate) struct TokenizeArgs {
    /// `spiece.model`, `tokenizer.json`, a directory with one of them, or `bytes`.
    #[arg(long)]
    pub(crate) vocabulary: String,
    /// JSONL file with `text`.
    #[arg(long)]
    pub(crate) input: PathBuf,
    /// JSONL file to write, one `ids` a line.
    #[arg(long)]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct CopyArgs {
    /// Directory with the model; `import` also takes its `pytorch_model.bin`, with `config.json` beside it.
    #[arg(long)]
    pub(crate) from: PathBuf,
    /// Directory to write.
    #[arg(long)]
    pub(crate) to: PathBuf,
    /// Vocabulary, where none lies beside the model.
    #[arg(long)]
    pub(crate) vocabulary: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) copy: CopyArgs,
    /// Layout.
    #[arg(long, default_value = "hf", value_parser = ["hf"])]
    pub(crate) format: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print the resolved configuration.
    #[command(
        after_help = "Examples:\n  ext5 config show --recipe ext5_local\n  ext5 config show --config my.toml --set trainer.steps=10"
    )]
    Show(ConfigArgs),
}

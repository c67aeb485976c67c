//! Every command of the program once, at least: in earnest, and with what it must refuse.
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::row::Failure;

/// What makes runs of the micro-world last a moment.
const SMALL: &str = "--set trainer.batch_rows=4 --set trainer.log_every=1 --set data.max_examples=100 \
                     --set data.inputs_length=32 --set data.targets_length=24 --set data.vocabulary={bytes={extra_ids=16}}";

/// A command line, split at blanks; `SMALL` stands for settings of small runs.
pub(super) struct Step {
    pub(super) line: &'static str,
    /// Whether it must end well.
    pub(super) is_fine: bool,
}

const fn fine(line: &'static str) -> Step {
    Step {
        line,
        is_fine: true,
    }
}

const fn refused(line: &'static str) -> Step {
    Step {
        line,
        is_fine: false,
    }
}

/// In this order: later ones read what earlier ones have written.
pub(super) const STEPS: &[Step] = &[
    fine("doctor"),
    fine("config show --recipe micro_ext5 SMALL"),
    refused("config show --recipe micro_ext"),
    fine(
        "train --recipe micro_ext5 --run-dir run SMALL --set trainer.steps=2 --set trainer.checkpoint_every=1",
    ),
    fine("train --resume --run-dir run --set trainer.steps=3 --json"),
    refused("train --recipe micro_ext5 --run-dir run SMALL"),
    refused("train --recipe micro_ext5 --run-dir bad --set trainer.stepz=1 --json"),
    refused(
        "train --recipe micro_ext5 --run-dir bad --task-dir tasks --data-root data --set data.mixture=other",
    ),
    fine("plan --recipe micro_ext5 --no-probe"),
    fine("plan --recipe micro_ext5 --steps-probe 1 SMALL --json"),
    fine("evaluate --model run --task micro_reading --limit 4 --out evaluation"),
    fine(
        "evaluate --model run --task micro_reading --limit 4 --checkpoints all --out scores --json",
    ),
    refused("evaluate --model nowhere --task micro_reading"),
    fine("compare evaluation evaluation --resamples 100"),
    refused("compare evaluation nowhere --json"),
    refused("submit superglue --run evaluation --out s.zip"),
    refused("submit glue --run evaluation --out g.zip --json"),
    refused("submit check in.jsonl"),
    fine("card --model run --run evaluation --out card.md"),
    fine("predict --model run --input in.jsonl --output out.jsonl --max-tokens 4"),
    fine("score --model run --input in.jsonl --output scored.jsonl --json"),
    refused("predict --model run --input bad.jsonl --output none.jsonl"),
    fine("metric list"),
    fine("metric squad --predictions words.jsonl --targets words.jsonl --json"),
    fine("tokenize --vocabulary bytes --input in.jsonl --output ids.jsonl"),
    fine("task list --json"),
    fine("task show micro_reading"),
    fine("task show micro_reading --packed --recipe micro_ext5 SMALL"),
    fine("task stats micro_reading --limit 20"),
    fine("task check micro_reading"),
    fine("task new reviews in.jsonl --output drafts/reviews.toml"),
    fine("task reference"),
    refused("task show micro_readin --json"),
    fine("mixture list"),
    fine("mixture plan micro_ext5 --recipe micro_ext5 SMALL"),
    fine("mixture leaks micro_exmix --against micro_heldout_reading --limit 20"),
    fine("suite list"),
    fine("data add mine --split train in.jsonl --replace --task-dir tasks --data-root data"),
    refused("data add mine --split test in.jsonl --task-dir tasks --data-root data --json"),
    fine("data verify --data-root data"),
    fine("data prepare micro_reading --recipe micro_ext5 SMALL --set data.cache=cache"),
    fine("data view micro_reading --recipe micro_ext5 SMALL --limit 20 --output view.html"),
    fine("export --from run --to exported"),
    fine("import --from exported --vocabulary bytes:16 --to imported --json"),
    refused("import --from nowhere --to imported"),
    fine("study list"),
    fine("study plan ratio --no-probe"),
    fine("study run --file small.toml --dir study"),
    fine("study report study"),
    refused("study report nowhere --json"),
    refused("quickstart --dir quick --set trainer.step=1"),
];

/// Runs steps in a directory with some variables set.
pub(super) struct Tour {
    program: PathBuf,
    pub(super) dir: PathBuf,
    variables: Vec<(&'static str, String)>,
    /// All that was said on both streams.
    pub(super) said: Vec<u8>,
    pub(super) commands: usize,
}

impl Tour {
    /// Puts the files there that commands ask for.
    pub(super) fn new(
        program: PathBuf,
        dir: PathBuf,
        variables: &[(&'static str, String)],
    ) -> Result<Self, Failure> {
        fs::create_dir_all(dir.join("tasks"))?;
        fs::create_dir_all(dir.join("data"))?;
        for name in ["mine", "other", "private", "elsewhere"] {
            fs::write(dir.join(format!("tasks/{name}.toml")), task(name))?;
        }
        let row = json!({ "inputs": "a", "targets": "b", "text": "c" });
        fs::write(dir.join("in.jsonl"), format!("{row}\n"))?;
        fs::write(dir.join("bad.jsonl"), "{\"inputs\": 3}\n")?;
        fs::write(dir.join("words.jsonl"), "\"a\"\n\"b\"\n")?;
        fs::write(dir.join("small.toml"), STUDY)?;
        Ok(Self {
            program,
            dir,
            variables: variables.to_vec(),
            said: Vec::new(),
            commands: 0,
        })
    }

    /// Sets a variable anew.
    pub(super) fn set(&mut self, name: &'static str, value: &str) {
        self.variables.retain(|(other, _)| *other != name);
        self.variables.push((name, value.to_owned()));
    }

    /// Runs one command line.
    pub(super) fn run(&mut self, line: &str) -> Result<Output, Failure> {
        let line = line.replace("SMALL", SMALL);
        let mut command = Command::new(&self.program);
        command.args(line.split_whitespace()).current_dir(&self.dir);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let output = command.output()?;
        self.said.extend(&output.stdout);
        self.said.extend(&output.stderr);
        self.commands += 1;
        Ok(output)
    }

    /// Begins a command line and asks it to stop after a second.
    pub(super) fn interrupted(&mut self, line: &str) -> Result<(), Failure> {
        let line = line.replace("SMALL", SMALL);
        let mut command = Command::new(&self.program);
        command.args(line.split_whitespace()).current_dir(&self.dir);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn()?;
        thread::sleep(Duration::from_secs(1));
        let id = child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status()?;
        let output = child.wait_with_output()?;
        self.said.extend(&output.stdout);
        self.said.extend(&output.stderr);
        self.commands += 1;
        Ok(())
    }

    /// Runs a step; an error where it does not end as it must, for then it tests nothing.
    pub(super) fn step(&mut self, step: &Step) -> Result<(), Failure> {
        let output = self.run(step.line)?;
        if output.status.success() == step.is_fine {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let line = step.line;
        Err(format!("`ext5 {line}` ended with {}: {said}", output.status).into())
    }

    /// The commands that the program has and no step runs, run without arguments: so that a new one is not forgotten.
    pub(super) fn rest(&mut self) -> Result<(), Failure> {
        let mut known: BTreeSet<String> = BTreeSet::new();
        let mut open = vec![String::new()];
        while let Some(name) = open.pop() {
            let help = self.run(&format!("{name} --help"))?;
            let below = below(&String::from_utf8_lossy(&help.stdout));
            if below.is_empty() {
                known.insert(name);
            } else {
                open.extend(
                    below
                        .iter()
                        .map(|it| format!("{name} {it}").trim().to_owned()),
                );
            }
        }
        let is_run = |name: &String| {
            let begins = |step: &Step| format!("{} ", step.line).starts_with(&format!("{name} "));
            STEPS.iter().any(begins)
        };
        let rest: Vec<String> = known.into_iter().filter(|name| !is_run(name)).collect();
        for name in rest {
            self.run(&name)?;
            self.run(&format!("{name} --json --no-such-option"))?;
        }
        Ok(())
    }
}

/// The commands in the help of one.
fn below(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    lines
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// A task whose data are a data set of that name on the Hub.
fn task(name: &str) -> String {
    format!(
        "name = \"{name}\"\nfamily = \"nli\"\ndescription = \"made up\"\ninputs = \"{{{{ inputs }}}}\"\n\
         targets = \"{{{{ targets }}}}\"\nmetrics = [\"exact_match\"]\npostprocess = \"none\"\n[source]\nformat = \"jsonl\"\n\
         columns = [\"inputs\", \"targets\"]\nhub = {{ id = \"o/{name}\" }}\n[source.splits]\n\
         train = [\"{name}/train.jsonl\"]\n"
    )
}

/// Where in `dir` a file holds `word`, in its name or in its bytes.
pub(super) fn holders(dir: &Path, word: &str) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let is_named = path.to_string_lossy().contains(word);
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else if is_named || (path.is_file() && holds(&fs::read(&path)?, word)) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

/// Whether a word is among bytes.
pub(super) fn holds(bytes: &[u8], word: &str) -> bool {
    let word = word.as_bytes();
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| Some(byte) == word.first()) {
        rest = &rest[at..];
        if rest.starts_with(word) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

/// A study of two runs of a moment each.
const STUDY: &str = r#"
name = "small"
question = "ratio"
scale = "test"
description = "R by runs of a few steps."
seeds = [0]
[data]
text = "micro_text"
supervised = "micro_exmix"
mixture = "micro_ext5"
[pretrain]
recipe = "micro_ext5"
set = ["trainer.steps=2", "trainer.batch_rows=4", "data.max_examples=100", "data.inputs_length=32",
       "data.targets_length=24", "data.vocabulary={bytes={extra_ids=16}}"]
[finetune]
recipe = "micro_finetune"
set = ["trainer.steps=2", "trainer.batch_rows=4", "data.max_examples=100", "data.inputs_length=32",
       "data.targets_length=24", "data.vocabulary={bytes={extra_ids=16}}"]
[score]
tasks = ["micro_heldout_entailment"]
limit = 4
[grid]
ratios = [0]
"#;

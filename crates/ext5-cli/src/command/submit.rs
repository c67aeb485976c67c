use crate::args::{SubmitArgs, SubmitCheckArgs, SubmitCommand};
use crate::output::{Output, make_room};
use anyhow::Result;
use ext5_data::{door, storage};
use ext5_eval::{Archive, Leaderboard, RecordedEvaluation, check_archive, submission};
use serde_json::json;
use std::path::Path;

/// Largest archive that is read, bytes.
const LARGEST: u64 = 1 << 30;

pub(crate) fn run(command: &SubmitCommand, output: &Output) -> Result<()> {
    match command {
        SubmitCommand::SuperGlue(args) => build(Leaderboard::SuperGlue, args, output),
        SubmitCommand::Glue(args) => build(Leaderboard::Glue, args, output),
        SubmitCommand::Check(args) => check(args, output),
    }
}

fn build(board: Leaderboard, args: &SubmitArgs, output: &Output) -> Result<()> {
    let evaluation = RecordedEvaluation::read(&args.run)?;
    make_room(&args.out)?;
    let archive = submission(board, &evaluation, args.partial)?;
    storage::local().write(&args.out, &archive.bytes)?;
    say(&archive, &args.out, "written", output)
}

fn check(args: &SubmitCheckArgs, output: &Output) -> Result<()> {
    let bytes = door::read(&args.archive, LARGEST)?;
    let name = args.archive.display().to_string();
    let archive = check_archive(&name, &bytes, args.partial)?;
    say(&archive, &args.archive, "valid", output)
}

fn say(archive: &Archive, path: &Path, word: &str, output: &Output) -> Result<()> {
    let value = json!({ "archive": path, "board": archive.board, "files": archive.files, "absent": archive.absent });
    output.print(&value, || {
        let mut text = format!("{word}: {} for {}\n", path.display(), archive.board.name());
        for file in &archive.files {
            let invalid = match file.invalid {
                Some(count) if count > 0 => {
                    format!(
                        ", {count} of them no answer: they stand as the last class, -1 or empty"
                    )
                }
                _ => String::new(),
            };
            text.push_str(&format!(
                "  {:<14} {} answers{invalid}\n",
                file.name, file.rows
            ));
        }
        for file in &archive.absent {
            text.push_str(&format!("  {file:<14} absent\n"));
        }
        text
    })
}

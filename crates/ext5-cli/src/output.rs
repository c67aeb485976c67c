use crate::failure::Refused;
use anyhow::Result;
use ext5_data::{ErrorKind, storage};
use serde::Serialize;
use serde_json::Value;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What a command has to say: text for people, the same as JSON for programs.
pub(crate) struct Output {
    pub(crate) json: bool,
}

impl Output {
    /// Prints `value` as JSON, or else `text`. A reader that has gone away is no error.
    #[expect(
        clippy::unnecessary_wraps,
        reason = "the last expression of every command"
    )]
    pub(crate) fn print(
        &self,
        value: &impl Serialize,
        text: impl FnOnce() -> String,
    ) -> Result<()> {
        let text = if self.json {
            serde_json::to_string(value).unwrap_or_default()
        } else {
            text()
        };
        let mut stdout = std::io::stdout().lock();
        let _ = writeln!(stdout, "{}", text.trim_end());
        Ok(())
    }
}

/// Makes sure, before any work, that a file can be written at `path`: its directory is made and takes a file.
pub(crate) fn make_room(path: &Path) -> Result<()> {
    let Some(name) = path.file_name().filter(|_| !path.is_dir()) else {
        let message = format!("`{}` is a directory, name a file in it", path.display());
        let kind = ErrorKind::Request;
        return Err(Refused { kind, message }.into());
    };
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let name = format!(".{}.room-{}", name.to_string_lossy(), std::process::id());
    let probe = folder.join(name);
    storage::local().create_dir(folder)?;
    storage::local().write(&probe, &[])?;
    storage::local().remove(&probe)?;
    Ok(())
}

/// JSON objects, one a line, written while they come.
pub(crate) struct JsonLines {
    path: PathBuf,
    lines: Vec<u8>,
}

impl JsonLines {
    /// Bytes that are written at once.
    const AT_ONCE: usize = 1 << 20;

    /// Begins the file, whatever was in it.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        make_room(path)?;
        storage::local().write(path, b"")?;
        Ok(Self {
            path: path.to_owned(),
            lines: Vec::new(),
        })
    }

    pub(crate) fn push(&mut self, row: &impl Serialize) -> Result<()> {
        serde_json::to_writer(&mut self.lines, row)?;
        self.lines.push(b'\n');
        if self.lines.len() >= Self::AT_ONCE {
            self.flush()?;
        }
        Ok(())
    }

    pub(crate) fn flush(&mut self) -> Result<()> {
        storage::local().append(&self.path, &self.lines)?;
        self.lines.clear();
        Ok(())
    }
}

/// Writes one JSON object a line while windows of them come, and says how many. The file is there when all have come; after the
/// first error what lay there is as it was.
pub(crate) fn write_jsonl(
    path: &Path,
    mut windows: impl Iterator<Item = Result<Vec<Value>>>,
) -> Result<u64> {
    let (mut rows, mut failure) = (0, None);
    let written = storage::local().write_with(path, &mut |file| {
        for window in windows.by_ref() {
            let window = window.map_err(|error| {
                failure = Some(error);
                io::Error::other("the rows broke off")
            })?;
            rows += window.len() as u64;
            window.iter().try_for_each(|row| writeln!(file, "{row}"))?;
        }
        Ok(())
    });
    if let Some(error) = failure {
        return Err(error);
    }
    written?;
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ext5_data::door;

    #[test]
    fn rows_are_written_window_by_window_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows.jsonl");
        let window = |from: u64, to: u64| -> Result<Vec<Value>> {
            Ok((from..to).map(Value::from).collect())
        };
        let all = [window(0, 2), window(2, 3)];
        assert_eq!(write_jsonl(&path, all.into_iter()).unwrap(), 3);
        let read = || door::read_text(&path, 1 << 10).unwrap();
        assert_eq!(read(), "0\n1\n2\n");
        let broken = [window(5, 7), Err(anyhow::anyhow!("no answer"))];
        let error = write_jsonl(&path, broken.into_iter()).unwrap_err();
        assert_eq!(error.to_string(), "no answer");
        assert_eq!(read(), "0\n1\n2\n");
        assert_eq!(storage::local().list(dir.path()).unwrap(), [path]);
    }
}

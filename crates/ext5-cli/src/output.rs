use crate::failure::Refused;
use anyhow::Result;
use ext5_data::{ErrorKind, storage};
use serde::Serialize;
use serde_json::Value;
use std::io::Write;
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

/// Writes one JSON object a line, whole or not at all.
pub(crate) fn write_jsonl(path: &Path, rows: &[Value]) -> Result<()> {
    storage::local().write_with(path, &mut |file| {
        rows.iter().try_for_each(|row| writeln!(file, "{row}"))
    })?;
    Ok(())
}

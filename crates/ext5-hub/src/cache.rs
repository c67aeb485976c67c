//! The cache that Python's `huggingface_hub` shares: `datasets--owner--name/{blobs,refs,snapshots}` and `.locks`.
use std::path::{Path, PathBuf};

use ext5_data::{door, storage};

use crate::digest::{Digest, Found};
use crate::download::download;
use crate::event::{Event, OnEvent};
use crate::hold::hold;
use crate::hub::{Hub, RemoteFile};
use crate::link::link;
use crate::{Error, Result};

/// Longest text of a ref, in bytes.
const REF_LIMIT: u64 = 1024;

#[derive(Debug)]
pub(crate) struct Cache {
    root: PathBuf,
}

/// A file that is in the cache and is right.
#[derive(Debug)]
pub(crate) struct Obtained {
    /// Its place among the snapshots.
    pub(crate) path: PathBuf,
    pub(crate) sha256: String,
    /// Bytes that came over the network.
    pub(crate) downloaded: u64,
}

impl Cache {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Writes down which commit a branch or tag stands for, where that is news.
    pub(crate) fn write_ref(&self, id: &str, revision: &str, commit: &str) -> Result<()> {
        let path = self.repository(id).join("refs").join(revision);
        if door::read_text(&path, REF_LIMIT).is_ok_and(|text| text == commit) {
            return Ok(());
        }
        create_parent(&path)?;
        Ok(storage::local().write(&path, commit.as_bytes())?)
    }

    /// The file at its place among the snapshots, checked byte by byte: as it is there, by a link to the content that another
    /// commit or process has brought, or downloaded.
    ///
    /// # Errors
    /// As [`download`], and [`Error::Offline`].
    pub(crate) fn obtain(
        &self,
        hub: &Hub,
        id: &str,
        commit: &str,
        file: &RemoteFile,
        on_event: OnEvent<'_>,
    ) -> Result<Obtained> {
        let path = self.snapshot(id, commit, &file.path);
        if let Some(found) = sound(&path, file, on_event)? {
            return cached(path, found, file, on_event);
        }
        let blob = self.repository(id).join("blobs").join(file.etag());
        let folder = folder(id);
        let lock = self
            .root
            .join(".locks")
            .join(folder)
            .join(format!("{}.lock", file.etag()));
        let _held = hold(&lock, &hub.http.patience, on_event)?;
        let (found, downloaded) = match sound(&blob, file, on_event)? {
            Some(found) => (found, 0),
            None => fill(hub, id, commit, file, &blob, on_event)?,
        };
        create_parent(&path)?;
        link(&relative_blob(&file.path, file.etag()), &blob, &path)?;
        if downloaded == 0 {
            return cached(path, found, file, on_event);
        }
        Ok(Obtained {
            path,
            sha256: found.sha256,
            downloaded,
        })
    }

    fn repository(&self, id: &str) -> PathBuf {
        self.root.join(folder(id))
    }

    fn snapshot(&self, id: &str, commit: &str, path: &str) -> PathBuf {
        let snapshot = self.repository(id).join("snapshots").join(commit);
        path.split('/')
            .fold(snapshot, |folder, name| folder.join(name))
    }
}

/// Downloads a content to its place among the blobs.
fn fill(
    hub: &Hub,
    id: &str,
    commit: &str,
    file: &RemoteFile,
    blob: &Path,
    on_event: OnEvent<'_>,
) -> Result<(Found, u64)> {
    if hub.environment().offline {
        let what = format!("file `{}` of the data set `{id}`", file.path);
        return Err(Error::offline(what));
    }
    create_parent(blob)?;
    let mut partial = blob.as_os_str().to_owned();
    partial.push(".incomplete");
    let partial = PathBuf::from(partial);
    let (found, downloaded) = download(hub, id, commit, file, &partial, on_event)?;
    storage::local().rename(&partial, blob)?;
    Ok((found, downloaded))
}

/// The hash of what lies at `path` where it is what `file` announces. Anything else is not used and will be replaced.
fn sound(path: &Path, file: &RemoteFile, on_event: OnEvent<'_>) -> Result<Option<Found>> {
    let Ok(metadata) = path.metadata() else {
        return Ok(None);
    };
    let what = format!("`{}`", path.display());
    let checked = if metadata.len() == file.bytes {
        let mut digest = Digest::of(file);
        digest.read(path, &file.path, on_event)?;
        let found = digest.finish();
        found.check(file, &what).map(|()| found)
    } else {
        Err(Error::Size {
            what,
            expected: file.bytes,
            found: metadata.len(),
        })
    };
    match checked {
        Ok(found) => Ok(Some(found)),
        Err(error) => {
            on_event(Event::Damaged {
                path: path.to_owned(),
                reason: error.to_string(),
            })?;
            Ok(None)
        }
    }
}

fn folder(id: &str) -> String {
    format!("datasets--{}", id.replace('/', "--"))
}

/// The content as seen from `snapshots/<commit>/<path>`.
fn relative_blob(path: &str, etag: &str) -> PathBuf {
    let up = path.split('/').count() + 1;
    let mut target: PathBuf = std::iter::repeat_n("..", up).collect();
    target.push("blobs");
    target.push(etag);
    target
}

fn cached(
    path: PathBuf,
    found: Found,
    file: &RemoteFile,
    on_event: OnEvent<'_>,
) -> Result<Obtained> {
    on_event(Event::Cached {
        file: file.path.clone(),
        bytes: file.bytes,
    })?;
    Ok(Obtained {
        path,
        sha256: found.sha256,
        downloaded: 0,
    })
}

fn create_parent(path: &Path) -> Result<()> {
    match path.parent() {
        Some(parent) => Ok(storage::local().create_dir(parent)?),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `os.path.relpath("blobs/e", "snapshots/c")` and `"snapshots/c/d"`.
    #[test]
    fn links_are_relative() {
        assert_eq!(relative_blob("a", "e"), Path::new("../../blobs/e"));
        assert_eq!(relative_blob("d/a", "e"), Path::new("../../../blobs/e"));
        assert_eq!(folder("o/n"), "datasets--o--n");
        assert_eq!(folder("squad"), "datasets--squad");
    }
}

//! What an Arrow IPC file or stream may announce before its reader makes room for it: no more than it has.
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use arrow::ipc::reader::read_footer_length;
use arrow::ipc::{root_as_footer, root_as_message};

use crate::{Error, Result, door};

/// Refuses lengths beyond the end. What else is wrong the reader says better, so it is passed over here.
///
/// # Errors
/// [`Error::Damaged`] naming the part that announces too much.
pub(super) fn check_lengths(path: &Path, file: &File, is_file: bool) -> Result<()> {
    let metadata = file.metadata();
    let size = metadata
        .map_err(|source| Error::io("read", path, source))?
        .len();
    let bounds = Bounds { file, size };
    // The verifier of flat buffers is another's code, as their reader is.
    let outcome = door::contain(|| {
        if is_file {
            bounds.of_file()
        } else {
            bounds.of_stream()
        }
    });
    match outcome {
        Ok(Err(reason)) => Err(Error::damaged(path, reason)),
        Ok(Ok(_)) | Err(_) => Ok(()),
    }
}

struct Bounds<'a> {
    file: &'a File,
    size: u64,
}

/// `None` where the lengths cannot be found, an error where one is too large.
type Found = std::result::Result<Option<()>, String>;

impl Bounds<'_> {
    /// The footer at the end, and the blocks that it names.
    fn of_file(&self) -> Found {
        let end = self.size.checked_sub(10).and_then(|at| self.bytes(at, 10));
        let end = end.and_then(|bytes| <[u8; 10]>::try_from(bytes).ok());
        let Some(length) = end.and_then(|end| read_footer_length(end).ok()) else {
            return Ok(None);
        };
        let length = length as u64;
        self.at_most("its footer", length + 10)?;
        let Some(bytes) = self.bytes(self.size - 10 - length, length) else {
            return Ok(None);
        };
        let Ok(footer) = root_as_footer(&bytes) else {
            return Ok(None);
        };
        let blocks = [footer.dictionaries(), footer.recordBatches()];
        for (number, block) in (1..).zip(blocks.into_iter().flatten().flatten()) {
            let (head, body) = (
                announced(block.metaDataLength()),
                announced(block.bodyLength()),
            );
            let what = format!("block {number} of its footer");
            self.at_most(&what, head.saturating_add(body))?;
        }
        Ok(Some(()))
    }

    /// The messages one behind the other: a mark or none, the length of the head, the head, the body.
    fn of_stream(&self) -> Found {
        let mut at = 0;
        for number in 1.. {
            let number_at = |at: u64| {
                let bytes = self.bytes(at, 4)?;
                Some(i32::from_le_bytes(bytes.try_into().ok()?))
            };
            let mut head = number_at(at);
            at += 4;
            if head == Some(-1) {
                head = number_at(at);
                at += 4;
            }
            let Some(head @ 1..) = head else { break };
            let head = announced(head);
            self.at_most(&format!("message {number}"), head)?;
            let Some(bytes) = self.bytes(at, head) else {
                break;
            };
            let Ok(message) = root_as_message(&bytes) else {
                break;
            };
            let body = announced(message.bodyLength());
            self.at_most(&format!("message {number}"), body)?;
            at = at.saturating_add(head).saturating_add(body);
        }
        Ok(None)
    }

    fn bytes(&self, at: u64, length: u64) -> Option<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(length).ok()?];
        self.file.read_exact_at(&mut bytes, at).ok()?;
        Some(bytes)
    }

    fn at_most(&self, what: &str, bytes: u64) -> std::result::Result<(), String> {
        if bytes <= self.size {
            return Ok(());
        }
        let size = self.size;
        Err(format!(
            "{what} announces {bytes} bytes, the file has {size}"
        ))
    }
}

/// A length; one below 0 is longer than any file.
fn announced(length: impl TryInto<u64>) -> u64 {
    length.try_into().unwrap_or(u64::MAX)
}

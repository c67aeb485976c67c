//! The pages of a Parquet file, whose headers are asked for what they announce before their reader makes room for it.
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use super::parquet_guard::{MOST_RATIO, varint};

/// A page may unpack to so many bytes or values, whatever it was packed to. Writers make pages of a megabyte.
const ANY_SIZE: u64 = 32 << 20;

/// A file of which its reader gets pages alone that announce no more than honest ones.
#[derive(Debug)]
pub(super) struct Pages {
    file: File,
    size: u64,
}

impl Pages {
    pub(super) fn new(file: File) -> Self {
        let size = Length::len(&file);
        Self { file, size }
    }
}

impl Length for Pages {
    fn len(&self) -> u64 {
        self.size
    }
}

impl ChunkReader for Pages {
    type T = Page;

    fn get_read(&self, start: u64) -> Result<Page> {
        Ok(Page {
            rest: self.file.get_read(start)?,
            start,
            is_new: true,
        })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        if start.saturating_add(length as u64) > self.size {
            let reason = format!(
                "{length} bytes from byte {start} are expected, the file has {}",
                self.size
            );
            return Err(ParquetError::EOF(reason));
        }
        self.file.get_bytes(start, length)
    }
}

/// A page and what follows, from its header on.
pub(super) struct Page {
    rest: BufReader<File>,
    start: u64,
    is_new: bool,
}

impl Read for Page {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        // Only now: what lies behind a header that was read before is asked for too, and never read.
        if self.is_new {
            let header = Header::read(self.rest.fill_buf()?);
            let outcome =
                header.map_or_else(|| Err("is no page".to_owned()), |header| header.check());
            outcome.map_err(|reason| {
                let reason = format!("what begins at byte {} {reason}", self.start);
                io::Error::new(io::ErrorKind::InvalidData, reason)
            })?;
            self.is_new = false;
        }
        self.rest.read(bytes)
    }
}

/// What a page announces.
#[derive(Debug, Default, PartialEq)]
struct Header {
    unpacked: u64,
    packed: u64,
    values: u64,
}

impl Header {
    /// Thrift's compact form: field 1 is the kind, 2 and 3 the sizes, 4 a checksum; of the kinds' own structs, 5, 7 and 8, field 1 is
    /// the number of values.
    fn read(mut bytes: &[u8]) -> Option<Self> {
        const INTEGER: u8 = 5;
        const STRUCT: u8 = 12;
        let (mut header, mut field) = (Self::default(), 0);
        loop {
            let (&head, rest) = bytes.split_first()?;
            field += head >> 4;
            match (head & 0xf, field) {
                (INTEGER, 1..=4) => {
                    let (value, rest) = varint(rest)?;
                    match field {
                        2 => header.unpacked = value >> 1,
                        3 => header.packed = value >> 1,
                        _ => {}
                    }
                    bytes = rest;
                }
                (STRUCT, 5..=8) => {
                    if let [0x15, rest @ ..] = rest {
                        header.values = varint(rest)?.0 >> 1;
                    }
                    return Some(header);
                }
                _ => return None,
            }
        }
    }

    fn check(&self) -> std::result::Result<(), String> {
        let most = ANY_SIZE.max(self.packed.saturating_mul(MOST_RATIO.unsigned_abs()));
        for (what, count) in [("bytes", self.unpacked), ("values", self.values)] {
            if count > most {
                return Err(format!(
                    "announces {count} {what} in {} packed bytes, expected at most {most}",
                    self.packed
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field of the compact form: how far its number is from that of the field before it, and a number.
    fn integer(step: u8, value: u64) -> Vec<u8> {
        let mut bytes = vec![step << 4 | 5];
        let mut left = value << 1;
        while left >= 0x80 {
            bytes.push(left as u8 | 0x80);
            left >>= 7;
        }
        bytes.push(left as u8);
        bytes
    }

    fn header(unpacked: u64, packed: u64, values: u64) -> Vec<u8> {
        let sizes = [integer(1, 0), integer(1, unpacked), integer(1, packed)].concat();
        [sizes, vec![0x2c], integer(1, values), vec![0, 0]].concat()
    }

    #[test]
    fn headers_say_what_their_pages_hold() {
        let found = Header::read(&header(1 << 30, 300, 20_000)).unwrap();
        let expected = Header {
            unpacked: 1 << 30,
            packed: 300,
            values: 20_000,
        };
        assert_eq!(found, expected);
        // With a checksum, of a dictionary: field 4, then 7.
        let dictionary = [
            integer(1, 2),
            integer(1, 9),
            integer(1, 8),
            integer(1, 77),
            vec![0x3c],
            integer(1, 3),
        ];
        let expected = Header {
            unpacked: 9,
            packed: 8,
            values: 3,
        };
        assert_eq!(Header::read(&dictionary.concat()), Some(expected));
        for bytes in [&b""[..], b"PAR1", &header(1, 1, 1)[..3], &[0xff; 64]] {
            assert_eq!(Header::read(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn pages_that_announce_too_much_are_refused() {
        let check = |bytes: &[u8]| Header::read(bytes).unwrap().check().is_ok();
        // A document of 100 MB, packed to a tenth; a million nulls in a few bytes.
        assert!(check(&header(100 << 20, 10 << 20, 1)));
        assert!(check(&header(20, 22, 1_000_000)));
        assert!(!check(&header(1 << 30, 4000, 1)));
        assert!(!check(&header(20, 22, 1 << 30)));
    }
}

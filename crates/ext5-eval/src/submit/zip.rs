//! Archives in the format of PKZIP: written without compression and without times, so that equal files give equal bytes; read
//! stored or deflated.
use std::io::Read;

use flate2::Crc;
use flate2::read::DeflateDecoder;

/// Largest file that is unpacked, bytes: any leaderboard's is some megabytes.
const LARGEST: u64 = 1 << 28;
const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// Version 2.0 of the format, which all programs read.
const VERSION: u16 = 20;
/// 1 January 1980, the first day that the format knows.
const DAY: u16 = 0x0021;
const CENTRAL_SIZE: usize = 46;
const LOCAL_SIZE: usize = 30;
const END_SIZE: usize = 22;

/// A file of an archive.
pub(super) type Member = (String, Vec<u8>);

/// The archive of some files, in their order. Names are ASCII; files are below 4 GiB.
pub(super) fn write(files: &[Member]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, body) in files {
        let mut crc = Crc::new();
        crc.update(body);
        let mut header = Vec::new();
        halves(&mut header, &[VERSION, 0, 0, 0, DAY]);
        words(
            &mut header,
            &[crc.sum(), body.len() as u32, body.len() as u32],
        );
        halves(&mut header, &[name.len() as u16, 0]);
        words(&mut directory, &[CENTRAL]);
        halves(&mut directory, &[VERSION]);
        directory.extend(&header);
        halves(&mut directory, &[0, 0, 0]); // no comment, first disk, binary
        words(&mut directory, &[0, archive.len() as u32]);
        directory.extend(name.as_bytes());
        words(&mut archive, &[LOCAL]);
        archive.extend(&header);
        archive.extend(name.as_bytes());
        archive.extend(body);
    }
    let (count, start) = (files.len() as u16, archive.len() as u32);
    archive.extend(&directory);
    words(&mut archive, &[END]);
    halves(&mut archive, &[0, 0, count, count]);
    words(&mut archive, &[directory.len() as u32, start]);
    halves(&mut archive, &[0]);
    archive
}

/// The files of an archive in the order of its directory; folders are left out.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn read(archive: &[u8]) -> Result<Vec<Member>, String> {
    let first = archive
        .len()
        .saturating_sub(END_SIZE + usize::from(u16::MAX));
    let starts = (first..=archive.len().saturating_sub(END_SIZE)).rev();
    let end = starts
        .into_iter()
        .find(|place| word(archive, *place) == Some(END));
    let end = end.ok_or("it is no zip archive")?;
    let broken = || "its directory is cut off".to_owned();
    let count = half(archive, end + 10).ok_or_else(broken)?;
    let mut place = word(archive, end + 16).ok_or_else(broken)? as usize;
    let mut files = Vec::new();
    for _ in 0..count {
        if word(archive, place) != Some(CENTRAL) {
            return Err(broken());
        }
        let at = |offset| half(archive, place + offset).ok_or_else(broken);
        let (flags, method) = (at(8)?, at(10)?);
        let lengths = [at(28)?, at(30)?, at(32)?].map(usize::from);
        let [name_length, extra, comment] = lengths;
        let size = |offset| word(archive, place + offset).ok_or_else(broken);
        let (crc, packed, local) = (size(16)?, size(20)? as usize, size(42)? as usize);
        let name = bytes(archive, place + CENTRAL_SIZE, name_length).ok_or_else(broken)?;
        let name = String::from_utf8_lossy(name).into_owned();
        place += CENTRAL_SIZE + name_length + extra + comment;
        if name.ends_with('/') {
            continue;
        }
        let wrong = |reason: &str| format!("`{name}` {reason}");
        if flags & 1 != 0 {
            return Err(wrong("is encrypted"));
        }
        let skipped = [26, 28].map(|offset| half(archive, local + offset).map(usize::from));
        let [Some(again), Some(extra)] = skipped else {
            return Err(wrong("is cut off"));
        };
        let start = local + LOCAL_SIZE + again + extra;
        let body = bytes(archive, start, packed).ok_or_else(|| wrong("is cut off"))?;
        let body = unpacked(body, method).map_err(|reason| wrong(&reason))?;
        let mut sum = Crc::new();
        sum.update(&body);
        if sum.sum() != crc {
            return Err(wrong("is damaged: its CRC-32 is another"));
        }
        files.push((name, body));
    }
    Ok(files)
}

fn unpacked(body: &[u8], method: u16) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    match method {
        0 => out.extend(body),
        8 => {
            let read = DeflateDecoder::new(body)
                .take(LARGEST + 1)
                .read_to_end(&mut out);
            read.map_err(|error| format!("cannot be unpacked: {error}"))?;
        }
        other => {
            return Err(format!(
                "is packed by method {other}, expected stored or deflated"
            ));
        }
    }
    if out.len() as u64 > LARGEST {
        return Err(format!("is larger than {LARGEST} bytes"));
    }
    Ok(out)
}

fn halves(out: &mut Vec<u8>, values: &[u16]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn words(out: &mut Vec<u8>, values: &[u32]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn bytes(from: &[u8], start: usize, length: usize) -> Option<&[u8]> {
    from.get(start..start.checked_add(length)?)
}

fn half(from: &[u8], start: usize) -> Option<u16> {
    let bytes = bytes(from, start, 2)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

fn word(from: &[u8], start: usize) -> Option<u32> {
    let bytes = bytes(from, start, 4)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Vec<Member> {
        vec![
            ("a.jsonl".to_owned(), b"{\"idx\":0}\n".to_vec()),
            ("b.tsv".to_owned(), Vec::new()),
        ]
    }

    #[test]
    fn what_is_written_is_read() {
        let archive = write(&files());
        assert_eq!(read(&archive).unwrap(), files());
        assert_eq!(write(&files()), archive);
        assert_eq!(read(&write(&[])).unwrap(), []);
    }

    #[test]
    fn no_damage_goes_unseen_and_none_panics() {
        let archive = write(&files());
        for length in 0..archive.len() {
            assert!(read(&archive[..length]).is_err(), "{length}");
        }
        for place in 0..archive.len() {
            for flip in [1, 0x80, 0xff] {
                let mut broken = archive.clone();
                broken[place] ^= flip;
                let _ = read(&broken);
            }
        }
        let mut broken = archive.clone();
        broken[LOCAL_SIZE + "a.jsonl".len()] ^= 1;
        assert!(read(&broken).unwrap_err().contains("CRC-32"));
    }
}

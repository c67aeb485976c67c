//! The members of a zip archive as torch writes it: stored, none inside another.
use std::collections::BTreeMap;

use flate2::Crc;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// The end of an archive whose sizes need 64 bits, and what leads to it.
const END_64: u32 = 0x0606_4b50;
const LOCATOR_64: u32 = 0x0706_4b50;
/// Extra field with sizes of 64 bits.
const SIZES_64: u16 = 1;
const MOST_MEMBERS: u64 = 200_000;

/// Name to bytes.
pub(super) type Members<'a> = BTreeMap<&'a str, &'a [u8]>;

/// A member as the directory has it.
struct Entry<'a> {
    name: &'a str,
    crc: u32,
    size: usize,
    local: usize,
    next: usize,
}

/// All members.
///
/// # Errors
/// What is wrong with the archive, in words.
pub(super) fn members(archive: &[u8]) -> Result<Members<'_>, String> {
    let (count, mut place) = directory(archive)?;
    let first = place;
    if count > MOST_MEMBERS {
        return Err(format!(
            "it has {count} members, expected {MOST_MEMBERS} at most"
        ));
    }
    let mut members = Members::new();
    let mut taken = Vec::new();
    for _ in 0..count {
        let entry = entry(archive, place)?;
        place = entry.next;
        let wrong = |reason: &str| format!("its member {:?} {reason}", entry.name);
        let is_local = word(archive, entry.local) == Some(LOCAL);
        let skipped = [26, 28].map(|at| half(archive, entry.local.saturating_add(at)));
        let ([Some(name), Some(extra)], true) = (skipped, is_local) else {
            return Err(wrong("is cut off"));
        };
        let start = entry.local + 30 + usize::from(name) + usize::from(extra);
        let body = bytes(archive, start, entry.size).ok_or_else(|| wrong("is cut off"))?;
        taken.push((entry.local, start + entry.size));
        let mut crc = Crc::new();
        crc.update(body);
        if crc.sum() != entry.crc {
            return Err(wrong("is damaged: its CRC-32 is another"));
        }
        if members.insert(entry.name, body).is_some() {
            return Err(wrong("is there twice"));
        }
    }
    taken.push((first, archive.len()));
    taken.sort_unstable();
    if taken.windows(2).any(|two| two[0].1 > two[1].0) {
        return Err("its members lie inside one another".to_owned());
    }
    Ok(members)
}

/// Number of members, and where their directory begins.
fn directory(archive: &[u8]) -> Result<(u64, usize), String> {
    let none = "it is no zip archive as torch 1.6 and later write: save it again with one of these";
    let first = archive.len().saturating_sub(22 + usize::from(u16::MAX));
    let end = (first..=archive.len().saturating_sub(22))
        .rev()
        .find(|place| word(archive, *place) == Some(END))
        .ok_or(none)?;
    let cut = || "its directory is cut off".to_owned();
    let locator = end.checked_sub(20);
    if let Some(locator) = locator.filter(|place| word(archive, *place) == Some(LOCATOR_64)) {
        let end = long(archive, locator + 8).ok_or_else(cut)?;
        if word(archive, end) != Some(END_64) {
            return Err(cut());
        }
        let count = long(archive, end + 32).ok_or_else(cut)?;
        return Ok((count as u64, long(archive, end + 48).ok_or_else(cut)?));
    }
    let count = half(archive, end + 10).ok_or_else(cut)?;
    Ok((
        u64::from(count),
        word(archive, end + 16).ok_or_else(cut)? as usize,
    ))
}

fn entry(archive: &[u8], place: usize) -> Result<Entry<'_>, String> {
    let cut = || "its directory is cut off".to_owned();
    if word(archive, place) != Some(CENTRAL) {
        return Err(cut());
    }
    let at = |offset| half(archive, place + offset).ok_or_else(cut);
    let wide = |offset| word(archive, place + offset).ok_or_else(cut);
    let [name_length, extra_length, comment] = [at(28)?, at(30)?, at(32)?].map(usize::from);
    let name = bytes(archive, place + 46, name_length).ok_or_else(cut)?;
    let name = std::str::from_utf8(name).map_err(|_| "a name in it is not UTF-8")?;
    let wrong = |reason: &str| format!("its member {name:?} {reason}");
    if at(8)? & 1 != 0 {
        return Err(wrong("is encrypted"));
    }
    if at(10)? != 0 {
        return Err(wrong("is compressed, torch writes members as they are"));
    }
    if name.starts_with('/') || name.contains(['\\', '\0']) || name.split('/').any(|it| it == "..")
    {
        return Err(wrong("has a name that leads out"));
    }
    let extra = bytes(archive, place + 46 + name_length, extra_length).ok_or_else(cut)?;
    let mut wide_sizes = sizes_64(extra);
    // In this order, and only those that do not fit into 32 bits.
    let mut size = |short: u32| {
        if short == u32::MAX {
            wide_sizes.next().ok_or_else(cut)
        } else {
            Ok(short as usize)
        }
    };
    let (whole, packed, local) = (size(wide(24)?)?, size(wide(20)?)?, size(wide(42)?)?);
    if whole != packed {
        return Err(wrong("has two sizes"));
    }
    Ok(Entry {
        name,
        crc: wide(16)?,
        size: whole,
        local,
        next: place + 46 + name_length + extra_length + comment,
    })
}

/// The numbers of the extra field that holds sizes of 64 bits.
fn sizes_64(mut extra: &[u8]) -> impl Iterator<Item = usize> {
    let mut found: &[u8] = &[];
    while let (Some(kind), Some(length)) = (half(extra, 0), half(extra, 2)) {
        let Some(body) = bytes(extra, 4, usize::from(length)) else {
            break;
        };
        if kind == SIZES_64 {
            found = body;
        }
        extra = &extra[4 + usize::from(length)..];
    }
    let (numbers, _) = found.as_chunks::<8>();
    numbers
        .iter()
        .filter_map(|eight| usize::try_from(u64::from_le_bytes(*eight)).ok())
}

fn bytes(from: &[u8], start: usize, length: usize) -> Option<&[u8]> {
    from.get(start..start.checked_add(length)?)
}

fn half(from: &[u8], start: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes(from, start, 2)?.try_into().ok()?))
}

fn word(from: &[u8], start: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes(from, start, 4)?.try_into().ok()?))
}

/// A number of 64 bits that is a place in memory.
fn long(from: &[u8], start: usize) -> Option<usize> {
    let eight = u64::from_le_bytes(bytes(from, start, 8)?.try_into().ok()?);
    // Places and lengths are added up: none near the end of all numbers.
    usize::try_from(eight)
        .ok()
        .filter(|it| *it < usize::MAX / 4)
}

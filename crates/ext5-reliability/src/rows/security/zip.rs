//! Archives as an attacker makes them: every field at will.
use flate2::Crc;

/// A member and what its headers say of it.
#[derive(Clone, Debug)]
pub(super) struct Member<'a> {
    pub(super) name: &'a str,
    pub(super) body: &'a [u8],
    /// 0 stored, 8 deflated.
    pub(super) method: u16,
    /// Bytes that it says it has when it is unpacked.
    pub(super) size: u32,
    /// Where its local header is said to be, the right place where absent.
    pub(super) place: Option<u32>,
}

impl<'a> Member<'a> {
    pub(super) fn stored(name: &'a str, body: &'a [u8]) -> Self {
        Self {
            name,
            body,
            method: 0,
            size: body.len() as u32,
            place: None,
        }
    }
}

/// An archive of stored members.
pub(super) fn stored(members: &[(&str, &[u8])]) -> Vec<u8> {
    let members: Vec<Member<'_>> = members
        .iter()
        .map(|(name, body)| Member::stored(name, body))
        .collect();
    archive(&members)
}

/// An archive.
pub(super) fn archive(members: &[Member<'_>]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        let mut crc = Crc::new();
        crc.update(member.body);
        let mut header = Vec::new();
        for half in [20, 0, member.method, 0, 0x21] {
            header.extend(u16::to_le_bytes(half));
        }
        for word in [crc.sum(), member.body.len() as u32, member.size] {
            header.extend(word.to_le_bytes());
        }
        header.extend((member.name.len() as u16).to_le_bytes());
        header.extend([0, 0]);
        let place = member.place.unwrap_or(archive.len() as u32);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&header);
        directory.extend([0; 10]);
        directory.extend(place.to_le_bytes());
        directory.extend(member.name.as_bytes());
        archive.extend(b"PK\x03\x04");
        archive.extend(&header);
        archive.extend(member.name.as_bytes());
        archive.extend(member.body);
    }
    let (count, start) = (members.len() as u16, archive.len() as u32);
    archive.extend(&directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend(count.to_le_bytes());
    archive.extend(count.to_le_bytes());
    archive.extend((directory.len() as u32).to_le_bytes());
    archive.extend(start.to_le_bytes());
    archive.extend([0, 0]);
    archive
}

//! Archive: the list of what lies in a ZIP file, read from its end. Names are labels only: nothing is ever written under them.

use std::io::{self, Read, Seek, SeekFrom};

/// Files of one archive that are listed.
const ENTRIES_MAX: u64 = 200_000;
/// Octets of the list of an archive.
const DIRECTORY_OCTETS_MAX: u64 = 64 * 1_048_576;
/// APPNOTE.TXT 4.3.16: the record at the end has 22 octets and a comment of at most 65,535.
const TAIL_OCTETS: u64 = 22 + 65_535;

/// Where a file lies in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name as it stands there, which may be anything.
    pub name: String,
    /// How it is packed.
    pub packing: Packing,
    /// Octets as packed.
    pub packed: u64,
    /// Where its own head begins.
    offset: u64,
}

/// How a file of an archive is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// As it is.
    Stored,
    /// RFC 1951.
    Deflated,
    /// In a way that is not read, or with a password.
    Other,
}

/// Why an archive cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// What lies beneath failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is no archive, or is cut off.
    #[error("the archive is damaged: {0}")]
    Damaged(&'static str),
    /// Too much.
    #[error("the archive holds more than {ENTRIES_MAX} files")]
    TooLarge,
}

/// Lists the files of an archive; folders are left out.
///
/// # Errors
/// If it is no archive, is cut off, or holds too much.
pub fn list<R: Read + Seek>(reader: &mut R) -> Result<Vec<Entry>, ArchiveError> {
    let length = reader.seek(SeekFrom::End(0))?;
    let tail_at = length.saturating_sub(TAIL_OCTETS);
    let tail = take(reader, tail_at, length - tail_at)?;
    // APPNOTE.TXT 4.3.16: the signature, and a comment of the length that is told, up to the end.
    let end = memchr::memmem::rfind(&tail, b"PK\x05\x06")
        .ok_or(ArchiveError::Damaged("it has no end"))?;
    let record = tail
        .get(end..end + 22)
        .ok_or(ArchiveError::Damaged("its end is cut off"))?;
    let (mut count, mut size, mut offset) = (
        u64::from(u16_at(record, 10)),
        u64::from(u32_at(record, 12)),
        u64::from(u32_at(record, 16)),
    );
    if count == 0xffff || size == 0xffff_ffff || offset == 0xffff_ffff {
        // APPNOTE.TXT 4.3.15 and 4.3.14: large archives tell the numbers once more, in 64 bits.
        let locator = end.checked_sub(20).and_then(|at| tail.get(at..end));
        let locator = locator.filter(|locator| locator.starts_with(b"PK\x06\x07"));
        if let Some(locator) = locator {
            let record = take(reader, u64_at(locator, 8), 56)?;
            if !record.starts_with(b"PK\x06\x06") || record.len() < 56 {
                return Err(ArchiveError::Damaged("its large end is cut off"));
            }
            (count, size, offset) = (
                u64_at(&record, 32),
                u64_at(&record, 40),
                u64_at(&record, 48),
            );
        }
    }
    if count > ENTRIES_MAX || size > DIRECTORY_OCTETS_MAX {
        return Err(ArchiveError::TooLarge);
    }
    let directory = take(reader, offset, size)?;
    entries(&directory, count)
}

fn entries(directory: &[u8], count: u64) -> Result<Vec<Entry>, ArchiveError> {
    let mut entries = Vec::new();
    let mut rest = directory;
    for _ in 0..count {
        // APPNOTE.TXT 4.3.12
        let head = rest
            .get(..46)
            .filter(|head| head.starts_with(b"PK\x01\x02"));
        let head = head.ok_or(ArchiveError::Damaged("its list is cut off"))?;
        let lengths = [28, 30, 32].map(|at| usize::from(u16_at(head, at)));
        let whole = 46 + lengths.iter().sum::<usize>();
        let after = rest
            .get(46..whole)
            .ok_or(ArchiveError::Damaged("its list is cut off"))?;
        let (name, extra) = (
            &after[..lengths[0]],
            &after[lengths[0]..lengths[0] + lengths[1]],
        );
        let is_locked = u16_at(head, 8) & 1 == 1;
        let packing = match u16_at(head, 10) {
            _ if is_locked => Packing::Other,
            0 => Packing::Stored,
            8 => Packing::Deflated,
            _ => Packing::Other,
        };
        let (packed, offset) = wide(
            extra,
            [u32_at(head, 24), u32_at(head, 20), u32_at(head, 42)],
        );
        if !name.ends_with(b"/") {
            entries.push(Entry {
                name: String::from_utf8_lossy(name).into_owned(),
                packing,
                packed,
                offset,
            });
        }
        rest = &rest[whole..];
    }
    Ok(entries)
}

/// Packed size and place, in 64 bits where 32 do not suffice.
// APPNOTE.TXT 4.5.3: the wide values stand in order, and only those whose narrow place is full.
fn wide(extra: &[u8], narrow: [u32; 3]) -> (u64, u64) {
    let mut values = narrow.map(u64::from);
    let mut rest = extra;
    while rest.len() >= 4 {
        let (id, length) = (u16_at(rest, 0), usize::from(u16_at(rest, 2)));
        let Some(body) = rest.get(4..4 + length) else {
            break;
        };
        if id == 1 {
            let mut body = body;
            for (value, narrow) in values.iter_mut().zip(narrow) {
                if narrow == u32::MAX && body.len() >= 8 {
                    *value = u64_at(body, 0);
                    body = &body[8..];
                }
            }
        }
        rest = &rest[4 + length..];
    }
    (values[1], values[2])
}

/// Goes to the packed octets of a file, which are [`Entry::packed`] long.
///
/// # Errors
/// If its head is not where the list says.
pub fn seek_to<R: Read + Seek>(reader: &mut R, entry: &Entry) -> Result<(), ArchiveError> {
    let head = take(reader, entry.offset, 30)?;
    // APPNOTE.TXT 4.3.7
    if head.len() < 30 || !head.starts_with(b"PK\x03\x04") {
        return Err(ArchiveError::Damaged("a file is not where its list says"));
    }
    let skip = u64::from(u16_at(&head, 26)) + u64::from(u16_at(&head, 28));
    let at = entry
        .offset
        .checked_add(30 + skip)
        .ok_or(ArchiveError::Damaged("a place beyond the end"))?;
    reader.seek(SeekFrom::Start(at))?;
    Ok(())
}

fn take<R: Read + Seek>(reader: &mut R, at: u64, octets: u64) -> Result<Vec<u8>, ArchiveError> {
    reader.seek(SeekFrom::Start(at))?;
    let mut taken = Vec::new();
    io::copy(&mut reader.take(octets), &mut taken)?;
    Ok(taken)
}

fn u16_at(octets: &[u8], at: usize) -> u16 {
    octets
        .get(at..at + 2)
        .map_or(0, |two| u16::from_le_bytes([two[0], two[1]]))
}

fn u32_at(octets: &[u8], at: usize) -> u32 {
    u32::from(u16_at(octets, at)) | u32::from(u16_at(octets, at + 2)) << 16
}

fn u64_at(octets: &[u8], at: usize) -> u64 {
    u64::from(u32_at(octets, at)) | u64::from(u32_at(octets, at + 4)) << 32
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// An archive of stored files.
    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let (mut whole, mut directory) = (Vec::new(), Vec::new());
        for (name, body) in files {
            let offset = u32::try_from(whole.len()).unwrap();
            let (size, length) = (
                u32::try_from(body.len()).unwrap(),
                u16::try_from(name.len()).unwrap(),
            );
            whole.extend_from_slice(b"PK\x03\x04");
            whole.extend_from_slice(&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            whole.extend_from_slice(&size.to_le_bytes());
            whole.extend_from_slice(&size.to_le_bytes());
            whole.extend_from_slice(&length.to_le_bytes());
            whole.extend_from_slice(&[0, 0]);
            whole.extend_from_slice(name.as_bytes());
            whole.extend_from_slice(body);
            directory.extend_from_slice(b"PK\x01\x02");
            directory.extend_from_slice(&[20, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            directory.extend_from_slice(&size.to_le_bytes());
            directory.extend_from_slice(&size.to_le_bytes());
            directory.extend_from_slice(&length.to_le_bytes());
            directory.extend_from_slice(&[0; 12]);
            directory.extend_from_slice(&offset.to_le_bytes());
            directory.extend_from_slice(name.as_bytes());
        }
        let (at, size) = (
            u32::try_from(whole.len()).unwrap(),
            u32::try_from(directory.len()).unwrap(),
        );
        let count = u16::try_from(files.len()).unwrap();
        whole.extend_from_slice(&directory);
        whole.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        whole.extend_from_slice(&count.to_le_bytes());
        whole.extend_from_slice(&count.to_le_bytes());
        whole.extend_from_slice(&size.to_le_bytes());
        whole.extend_from_slice(&at.to_le_bytes());
        whole.extend_from_slice(&[0, 0]);
        whole
    }

    #[test]
    fn files_are_listed_and_found() {
        let mut reader = Cursor::new(archive(&[
            ("a/", b""),
            ("a/b.log", b"hello"),
            ("../../etc/passwd", b"x"),
        ]));
        let entries = list(&mut reader).unwrap();
        assert_eq!(
            entries
                .iter()
                .map(|entry| entry.name.as_str())
                .collect::<Vec<_>>(),
            ["a/b.log", "../../etc/passwd"]
        );
        seek_to(&mut reader, &entries[0]).unwrap();
        let mut body = vec![0; 5];
        reader.read_exact(&mut body).unwrap();
        assert_eq!(
            (body.as_slice(), entries[0].packed),
            (b"hello".as_slice(), 5)
        );
    }

    #[test]
    fn a_damaged_archive_is_told() {
        let whole = archive(&[("a.log", b"hello"), ("b.log", b"hello")]);
        for cut in 0..whole.len() {
            let _ = list(&mut Cursor::new(&whole[..cut]));
            let mut turned = whole.clone();
            turned[cut] ^= 0xff;
            if let Ok(entries) = list(&mut Cursor::new(&turned)) {
                for entry in entries {
                    let _ = seek_to(&mut Cursor::new(&turned), &entry);
                }
            }
        }
    }
}

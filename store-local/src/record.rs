//! A record: a message and its metadata packed together, as they lie in the journal or in a file.
//!
//! The metadata is for the most part words of the message, so that both packed together take hardly more than the
//! message alone. Lines of base64 are kept as what they stand for, which is a quarter shorter and packs as well as
//! the attachment does; see [`base64_lines`]. What all mail has in common is known beforehand; see [`frame`].

mod base64_lines;

mod frame;

use std::cell::Cell;
use std::ops::Range;
use std::sync::Mutex;
use std::thread::LocalKey;

use model::META_OCTETS_MAX;
use serde::{Deserialize, Serialize};
use store::Error;

use crate::database::lock;
use base64_lines::Run;
use frame::{Frame, Packing, damaged};

/// Octets a plan can have besides its runs, each of which takes less than what it replaces.
const PLAN_OCTETS_MAX: usize = 16;

/// What a record's content begins with; the metadata follows, and the message with its runs of base64 decoded.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Plan {
    /// Octets of metadata.
    meta: u32,
    runs: Vec<Run>,
}

/// Memory for unpacking that each thread keeps.
const UNPACKED_OCTETS_KEPT_MAX: usize = 256 * 1024;
/// Packers kept when nobody packs: as many as are likely to pack at the same moment.
const IDLE_PACKERS_MAX: usize = 4;
/// Memory of each of them that is kept.
const PACKER_OCTETS_KEPT_MAX: usize = 256 * 1024;

/// Making a compressor costs as much as packing a message. Whoever packs takes the one that was used last, whose tables
/// are still in the processor's cache; with one for each of many threads they never were.
static PACKERS: Mutex<Vec<Packer>> = Mutex::new(Vec::new());

thread_local! {
    /// For the content of a record with runs of base64.
    static CONTENT: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    /// For a message that is only looked at.
    static MESSAGE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Packs a message and its metadata; either may be empty.
pub(crate) fn pack(message: &[u8], meta: &[u8]) -> Result<Vec<u8>, Error> {
    let (runs, decoded) = base64_lines::decode(message);
    let plan = Plan {
        // What is longer could not be unpacked.
        meta: u32::try_from(meta.len())
            .ok()
            .filter(|_| meta.len() <= META_OCTETS_MAX)
            .ok_or(Error::Limit("the metadata is too long"))?,
        runs,
    };
    let packed = Packer::take().and_then(|mut packer| {
        let packed = packer.pack(&plan, meta, &decoded)?;
        packer.give_back();
        Ok(packed)
    });
    packed.map_err(|error| Error::Unavailable(error.to_string()))
}

/// What packs, with the memory that it works in.
struct Packer {
    packing: Packing,
    content: Vec<u8>,
    room: Vec<u8>,
}

impl Packer {
    fn take() -> std::io::Result<Self> {
        if let Some(packer) = lock(&PACKERS).pop() {
            return Ok(packer);
        }
        Ok(Self {
            packing: Packing::new()?,
            content: Vec::new(),
            room: Vec::new(),
        })
    }

    fn give_back(self) {
        if self.content.capacity().max(self.room.capacity()) > PACKER_OCTETS_KEPT_MAX {
            return;
        }
        let mut packers = lock(&PACKERS);
        if packers.len() < IDLE_PACKERS_MAX {
            packers.push(self);
        }
    }

    fn pack(&mut self, plan: &Plan, meta: &[u8], message: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut content = std::mem::take(&mut self.content);
        content.clear();
        content.reserve(PLAN_OCTETS_MAX + meta.len() + message.len());
        content = postcard::to_extend(plan, content).map_err(std::io::Error::other)?;
        content.extend_from_slice(meta);
        content.extend_from_slice(message);
        self.content = content;
        self.compress()
    }

    /// The content as a record.
    fn compress(&mut self) -> std::io::Result<Vec<u8>> {
        self.packing.pack(&self.content, &mut self.room)
    }
}

/// A record that was unpacked.
#[derive(Debug)]
pub(crate) struct Record {
    plan: Plan,
    /// The metadata, and behind it the message with its runs decoded.
    content: Vec<u8>,
}

impl Record {
    /// Unpacks what [`pack`] packed; `size` is how many octets the message has.
    ///
    /// # Errors
    /// [`Error::Damaged`] if it is no record, or of a larger message.
    pub(crate) fn unpack(packed: &[u8], size: u32) -> Result<Self, Error> {
        let mut content = Vec::new();
        frame_of(packed, size)?.unpack(&mut content)?;
        let (plan, rest): (Plan, _) =
            postcard::take_from_bytes(&content).map_err(|error| damaged(&error.to_string()))?;
        let behind = rest.len();
        if (plan.meta as usize) > behind {
            return Err(damaged("its metadata is cut off"));
        }
        content.drain(..content.len() - behind);
        Ok(Self { plan, content })
    }

    /// The metadata.
    pub(crate) fn meta(&self) -> &[u8] {
        &self.content[..self.plan.meta as usize]
    }

    /// The metadata alone.
    pub(crate) fn into_meta(mut self) -> Vec<u8> {
        self.content.truncate(self.plan.meta as usize);
        self.content
    }

    /// The message, which must have so many octets.
    ///
    /// # Errors
    /// [`Error::Damaged`] if it has not.
    pub(crate) fn into_message(mut self, size: u32) -> Result<Vec<u8>, Error> {
        self.content.drain(..self.plan.meta as usize);
        let message = if self.plan.runs.is_empty() {
            Some(self.content)
        } else {
            base64_lines::encode(&self.plan.runs, &self.content, size as usize)
        };
        message
            .filter(|message| message.len() == size as usize)
            .ok_or_else(|| damaged("it has another size"))
    }
}

/// Calls `work` with the message of a record, unpacked into memory that each thread keeps.
///
/// # Errors
/// As [`Record::unpack`] and [`Record::into_message`].
pub(crate) fn with_message<T>(
    packed: &[u8],
    size: u32,
    work: impl FnOnce(&[u8]) -> T,
) -> Result<T, Error> {
    let mut message = MESSAGE.take();
    message.clear();
    let range = unpack_message(packed, size, &mut message)?;
    let done = work(message.get(range).unwrap_or_default());
    keep(&MESSAGE, message);
    Ok(done)
}

/// Unpacks the message of a record behind what is in `into`, and says where it lies: other octets may lie before it.
///
/// # Errors
/// As [`Record::unpack`] and [`Record::into_message`]. What came into `into` is of no use then.
pub(crate) fn unpack_message(
    packed: &[u8],
    size: u32,
    into: &mut Vec<u8>,
) -> Result<Range<usize>, Error> {
    let frame = frame_of(packed, size)?;
    let (start, size) = (into.len(), size as usize);
    let mut content = CONTENT.take();
    content.clear();
    // Less than the message it is only with runs of base64, which are not unpacked where they are to lie.
    let (plan, kept) = if frame.octets() < size {
        unpack_content(frame, &mut content)?
    } else {
        let (plan, kept) = unpack_content(frame, into)?;
        if plan.runs.is_empty() {
            CONTENT.set(content);
            return (kept.len() == size)
                .then_some(kept)
                .ok_or_else(|| damaged("it has another size"));
        }
        content.extend_from_slice(into.get(kept).unwrap_or_default());
        into.truncate(start);
        (plan, 0..content.len())
    };
    let decoded = content.get(kept).unwrap_or_default();
    base64_lines::encode_into(&plan.runs, decoded, size, into)
        .filter(|()| into.len() - start == size)
        .ok_or_else(|| damaged("it has another size"))?;
    keep(&CONTENT, content);
    Ok(start..into.len())
}

/// Unpacks a frame behind what is in `into`: its plan, and where the message lies, with its runs decoded.
fn unpack_content(frame: Frame<'_>, into: &mut Vec<u8>) -> Result<(Plan, Range<usize>), Error> {
    let start = into.len();
    frame.unpack(into)?;
    let content = into.get(start..).unwrap_or_default();
    let (plan, rest): (Plan, _) =
        postcard::take_from_bytes(content).map_err(|error| damaged(&error.to_string()))?;
    let message = rest
        .len()
        .checked_sub(plan.meta as usize)
        .ok_or_else(|| damaged("its metadata is cut off"))?;
    Ok((plan, into.len() - message..into.len()))
}

/// Keeps memory for the thread's next message, unless it is much.
fn keep(place: &'static LocalKey<Cell<Vec<u8>>>, memory: Vec<u8>) {
    if memory.capacity() <= UNPACKED_OCTETS_KEPT_MAX {
        place.set(memory);
    }
}

/// The frame of a record of a message with so many octets.
fn frame_of(packed: &[u8], size: u32) -> Result<Frame<'_>, Error> {
    Frame::of(packed, size as usize + META_OCTETS_MAX + PLAN_OCTETS_MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn there_and_back(message: &[u8], meta: &[u8]) -> usize {
        let packed = pack(message, meta).unwrap();
        let size = u32::try_from(message.len()).unwrap();
        let record = Record::unpack(&packed, size).unwrap();
        assert_eq!(record.meta(), meta);
        assert_eq!(record.into_message(size).unwrap(), message);
        let record = Record::unpack(&packed, size).unwrap();
        assert_eq!(record.into_meta(), meta);
        with_message(&packed, size, |whole| assert_eq!(whole, message)).unwrap();
        let mut into = b"before".to_vec();
        for _ in 0..2 {
            let range = unpack_message(&packed, size, &mut into).unwrap();
            assert_eq!(into[range.clone()], *message);
            assert_eq!(range.end, into.len());
        }
        assert!(into.starts_with(b"before"));
        packed.len()
    }

    /// What hardly packs.
    fn noise(octets: usize) -> Vec<u8> {
        let blocks = (0..octets.div_ceil(32)).map(|at| *blake3::hash(&at.to_le_bytes()).as_bytes());
        let mut noise = blocks.flatten().collect::<Vec<_>>();
        noise.truncate(octets);
        noise
    }

    #[test]
    fn metadata_that_repeats_the_message_takes_hardly_any_room() {
        let message =
            b"Subject: the quarterly figures of the northern branch\r\n\r\nAs discussed.\r\n"
                .repeat(3);
        let meta = b"the quarterly figures of the northern branch";
        assert!(there_and_back(&message, meta) < there_and_back(&message, b"") + 16);
        there_and_back(b"", meta);
        there_and_back(b"", b"");
    }

    #[test]
    fn an_attachment_takes_no_more_room_than_the_file_it_was() {
        use base64::Engine;
        let file = noise(100_000);
        let text = base64::engine::general_purpose::STANDARD.encode(&file);
        let mut message = b"Content-Transfer-Encoding: base64\r\n\r\n".to_vec();
        for line in text.as_bytes().chunks(76) {
            message.extend_from_slice(line);
            message.extend_from_slice(b"\r\n");
        }
        message.extend_from_slice(b"--end--\r\n");
        assert!(there_and_back(&message, b"meta") < file.len() + 128);
    }

    #[test]
    fn what_is_no_record_is_refused() {
        let message = noise(5_000);
        let packed = pack(&message, b"meta").unwrap();
        for cut in [0, 1, 5, packed.len() / 2, packed.len() - 1] {
            assert!(Record::unpack(&packed[..cut], 5_000).is_err(), "{cut}");
        }
        let mut other_way = packed.clone();
        other_way[0] = 9;
        assert!(Record::unpack(&other_way, 5_000).is_err());
        let record = Record::unpack(&packed, 5_001).unwrap();
        assert!(record.into_message(5_001).is_err());
        // Larger than it can be: nothing is unpacked.
        let bomb = pack(&vec![0; 10_000_000], b"").unwrap();
        assert!(bomb.len() < 2_000 && Record::unpack(&bomb, 5_000).is_err());
        // A plan that promises more than there is.
        for content in [
            &[200, 1, 0][..],
            &[0, 1, 9, 19, 100],
            &[0, 1, 0, 0, 1, 7],
            b"",
        ] {
            let mut packer = Packer::take().unwrap();
            packer.content = content.to_vec();
            let packed = packer.compress().unwrap();
            let opened = Record::unpack(&packed, 5_000);
            assert!(
                opened
                    .and_then(|record| record.into_message(5_000))
                    .is_err()
            );
        }
    }

    proptest! {
        #[test]
        fn whatever_is_packed_comes_back(message in ".{0,300}", meta in proptest::collection::vec(any::<u8>(), 0..200)) {
            there_and_back(message.as_bytes(), &meta);
        }

        #[test]
        fn damage_is_an_error_or_another_record(flip in 1usize..400, bit in 0u8..8) {
            let message = noise(600);
            let mut packed = pack(&message, b"meta").unwrap();
            let at = flip % packed.len();
            packed[at] ^= 1 << bit;
            if let Ok(record) = Record::unpack(&packed, 600) {
                drop(record.into_message(600));
            }
        }
    }
}

//! The packed part of a record: a frame of zstd (RFC 8878) that knows beforehand what all mail has in common.
//!
//! Names of header fields, the boilerplate of HTML, signatures and invitations, and frequent words stand in a dictionary,
//! which every frame may refer to. A small message takes a tenth less room this way, and is unpacked a fifth to a quarter
//! faster, since the tables of codes that begin a frame are in the dictionary, too. The dictionary is part of the format:
//! it stays as it is for ever, and a better one would be another [`Way`].

use std::cell::RefCell;
use std::io::{self, Cursor};
use std::sync::LazyLock;

use store::Error;
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::zstd_safe;

/// Level 3 costs a third more time and saves 2 to 3 %; higher ones cost twice as much for 1 % more.
const COMPRESSION_LEVEL: i32 = 1;

/// Text written for this purpose, behind tables of codes that `ZDICT_finalizeDictionary` of zstd 1.5.4 made for it from
/// public mail; decision 13 tells how.
static DICTIONARY: &[u8] = include_bytes!("words.zdict");

static TO_PACK: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(DICTIONARY, COMPRESSION_LEVEL));
static TO_UNPACK: LazyLock<DecoderDictionary<'static>> =
    LazyLock::new(|| DecoderDictionary::copy(DICTIONARY));

thread_local! {
    static ALONE: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
    static WITH_DICTIONARY: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// How a record is packed. It stands in its first octet, so that there can be other ways later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// A frame that refers to nothing: so the first journals have it.
    Alone,
    /// A frame that refers to the dictionary.
    WithDictionary,
}

impl Way {
    const fn octet(self) -> u8 {
        match self {
            Self::Alone => 1,
            Self::WithDictionary => 2,
        }
    }

    fn of(octet: u8) -> Option<Self> {
        [Self::Alone, Self::WithDictionary]
            .into_iter()
            .find(|way| way.octet() == octet)
    }

    fn decompressor(self) -> io::Result<Decompressor<'static>> {
        match self {
            Self::Alone => Decompressor::new(),
            Self::WithDictionary => Decompressor::with_prepared_dictionary(&TO_UNPACK),
        }
    }
}

/// What makes frames; making it costs as much as packing a message.
pub(super) struct Packing(Compressor<'static>);

impl Packing {
    pub(super) fn new() -> io::Result<Self> {
        Compressor::with_prepared_dictionary(&TO_PACK).map(Self)
    }

    /// Packs content in `room`, which keeps its memory, and gives it as it stands in a record.
    pub(super) fn pack(&mut self, content: &[u8], room: &mut Vec<u8>) -> io::Result<Vec<u8>> {
        room.clear();
        room.reserve(zstd_safe::compress_bound(content.len()));
        self.0.compress_to_buffer(content, room)?;
        let mut packed = Vec::with_capacity(1 + room.len());
        packed.push(Way::WithDictionary.octet());
        packed.extend_from_slice(room);
        Ok(packed)
    }
}

/// A frame as it stands in a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    way: Way,
    frame: &'a [u8],
    octets: usize,
}

impl<'a> Frame<'a> {
    /// The frame of a record, which says itself that it unpacks to at most so many octets.
    ///
    /// # Errors
    /// [`Error::Damaged`] if it is none, or of more.
    pub(super) fn of(packed: &'a [u8], octets_max: usize) -> Result<Self, Error> {
        let way = packed.split_first().and_then(|(first, frame)| {
            let way = Way::of(*first)?;
            Some((way, frame))
        });
        let (way, frame) = way.ok_or_else(|| damaged("it is packed in an unknown way"))?;
        let octets = zstd_safe::get_frame_content_size(frame)
            .ok()
            .flatten()
            .and_then(|octets| usize::try_from(octets).ok())
            .filter(|octets| *octets <= octets_max)
            .ok_or_else(|| damaged("it has another size"))?;
        Ok(Self { way, frame, octets })
    }

    /// Octets that it unpacks to.
    pub(super) fn octets(&self) -> usize {
        self.octets
    }

    /// Unpacks it behind what is in `into`.
    ///
    /// # Errors
    /// [`Error::Damaged`]. What came into `into` is of no use then.
    pub(super) fn unpack(&self, into: &mut Vec<u8>) -> Result<(), Error> {
        let start = into.len();
        into.reserve(self.octets);
        let mut behind = Cursor::new(into);
        behind.set_position(start as u64);
        let kept = match self.way {
            Way::Alone => &ALONE,
            Way::WithDictionary => &WITH_DICTIONARY,
        };
        let unpacked = kept.with_borrow_mut(|kept| match kept {
            Some(decompressor) => decompressor.decompress_to_buffer(self.frame, &mut behind),
            None => kept
                .insert(self.way.decompressor()?)
                .decompress_to_buffer(self.frame, &mut behind),
        });
        unpacked
            .map(drop)
            .map_err(|error| damaged(&error.to_string()))
    }
}

pub(super) fn damaged(why: &str) -> Error {
    Error::Damaged(format!("a message's bytes cannot be unpacked: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(content: &[u8]) -> Vec<u8> {
        Packing::new()
            .unwrap()
            .pack(content, &mut Vec::new())
            .unwrap()
    }

    fn unpack(packed: &[u8]) -> Result<Vec<u8>, Error> {
        let mut into = b"before".to_vec();
        Frame::of(packed, 1_000_000)?.unpack(&mut into)?;
        Ok(into.split_off(6))
    }

    /// With any other dictionary, no message that was ever stored could be read.
    #[test]
    fn the_dictionary_stays_as_it_is_for_ever() {
        let hash = "3456026d166972636d81d2f7a720b2156ff68a9f595999c8a5668f87776a8da9";
        assert_eq!(blake3::hash(DICTIONARY).to_hex().as_str(), hash);
    }

    #[test]
    fn what_mail_has_in_common_takes_hardly_any_room() {
        let header = b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n";
        let packed = pack(header);
        assert!(packed.len() < header.len() / 2, "{} octets", packed.len());
        assert_eq!(unpack(&packed).unwrap(), header);
    }

    #[test]
    fn what_the_first_journals_have_is_still_read() {
        let content = b"From: anna@example.org\r\n\r\nAs discussed.\r\n".repeat(9);
        let mut packed = vec![1];
        packed.extend(zstd::bulk::compress(&content, COMPRESSION_LEVEL).unwrap());
        assert_eq!(unpack(&packed).unwrap(), content);
        // One kind after the other, in one thread.
        assert_eq!(unpack(&pack(&content)).unwrap(), content);
        assert_eq!(unpack(&packed).unwrap(), content);
    }

    #[test]
    fn what_refers_to_the_dictionary_needs_it() {
        let mut packed = pack(b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n");
        packed[0] = 1;
        assert!(unpack(&packed).is_err());
        packed[0] = 3;
        assert!(unpack(&packed).is_err());
        assert!(unpack(b"").is_err());
    }
}

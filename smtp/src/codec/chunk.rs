//! The reader of BDAT: puts a message together from chunks of known length (RFC 3030 2).
//!
//! Nothing is unstuffed and nothing ends a chunk but its length. Where the content is lines (anything but BINARYMIME), a
//! bare CR or LF is refused as in DATA, so that what is stored can be sent on with DATA without changing its meaning.

use memchr::memchr2_iter;

use super::command::parameters::Body;
use super::data::{DataRefusal, fits, reserve};
use super::limits::DISCARD_FACTOR;

/// How far the reader has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChunkStep {
    /// All input was taken; the chunk goes on.
    More,
    /// The chunk has ended after `consumed` octets of the input; the rest are commands.
    Done {
        /// Octets of the input that belong to the chunk.
        consumed: usize,
    },
}

/// Reads the chunks of one message.
#[derive(Debug)]
pub struct ChunkReader {
    message: Vec<u8>,
    prefix_octets: usize,
    limit_octets: u64,
    read_octets: u64,
    remaining_octets: u64,
    lines: bool,
    after_cr: bool,
    refusal: Option<DataRefusal>,
}

impl ChunkReader {
    /// A reader that appends to `prefix` a message of at most `limit_octets`.
    #[must_use]
    pub fn new(
        prefix: Vec<u8>,
        limit_octets: u64,
        size_hint_octets: Option<u64>,
        body: Body,
    ) -> Self {
        let mut message = prefix;
        let prefix_octets = message.len();
        message.reserve(reserve(size_hint_octets, limit_octets));
        Self {
            message,
            prefix_octets,
            limit_octets,
            read_octets: 0,
            remaining_octets: 0,
            lines: body != Body::BinaryMime,
            after_cr: false,
            refusal: None,
        }
    }

    /// Octets that can be stored before memory is asked for; no bound once the message is refused and only read over.
    #[must_use]
    pub fn spare_octets(&self) -> usize {
        match self.refusal {
            Some(_) => usize::MAX,
            None => self.message.capacity().saturating_sub(self.message.len()),
        }
    }

    /// Sets aside so many octets beyond those that are spare.
    pub fn make_room(&mut self, octets: usize) {
        if self.refusal.is_none() {
            let spare = self.spare_octets();
            self.message.reserve_exact(spare.saturating_add(octets));
        }
    }

    /// Begins a chunk of so many octets. `false`: this is so far beyond the limit that the connection is to be closed.
    pub fn begin(&mut self, octets: u64) -> bool {
        self.remaining_octets = octets;
        self.read_octets = self.read_octets.saturating_add(octets);
        if self.read_octets > self.limit_octets {
            self.refuse(DataRefusal::TooBig);
        }
        self.read_octets <= self.limit_octets.saturating_mul(DISCARD_FACTOR)
    }

    /// Takes more of the stream; a chunk of no octets is done with no input.
    pub fn push(&mut self, input: &[u8]) -> ChunkStep {
        let remaining = usize::try_from(self.remaining_octets).unwrap_or(usize::MAX);
        let consumed = input.len().min(remaining);
        let octets = input.get(..consumed).unwrap_or_default();
        self.store(octets);
        let taken = u64::try_from(consumed).unwrap_or(u64::MAX);
        self.remaining_octets = self.remaining_octets.saturating_sub(taken);
        match self.remaining_octets {
            0 => ChunkStep::Done { consumed },
            _ => ChunkStep::More,
        }
    }

    /// Whether the chunks so far are refused; to be asked at the end of each.
    #[must_use]
    pub fn refusal(&self) -> Option<DataRefusal> {
        self.refusal
    }

    /// The prefix and the message behind it, once the chunk marked LAST is done.
    ///
    /// # Errors
    /// [`DataRefusal`] where the message must be answered with a refusal instead.
    pub fn finish(mut self) -> Result<Vec<u8>, DataRefusal> {
        if self.after_cr {
            self.refuse(DataRefusal::BareLineEnd);
        }
        match self.refusal {
            Some(refusal) => Err(refusal),
            None => Ok(self.message),
        }
    }

    fn store(&mut self, octets: &[u8]) {
        if self.refusal.is_some() || octets.is_empty() {
            return;
        }
        if self.lines && !self.are_lines(octets) {
            return self.refuse(DataRefusal::BareLineEnd);
        }
        let stored = self.message.len().saturating_sub(self.prefix_octets);
        match fits(stored, octets.len(), self.limit_octets) {
            true => self.message.extend_from_slice(octets),
            false => self.refuse(DataRefusal::TooBig),
        }
    }

    /// Whether every CR has its LF and the other way round; a CR at the very end is kept in mind.
    fn are_lines(&mut self, octets: &[u8]) -> bool {
        if self.after_cr {
            self.after_cr = false;
            if octets.first() != Some(&b'\n') {
                return false;
            }
        } else if octets.first() == Some(&b'\n') {
            return false;
        }
        for at in memchr2_iter(b'\r', b'\n', octets) {
            let before = at.checked_sub(1).and_then(|before| octets.get(before));
            let behind = octets.get(at.saturating_add(1));
            let sound = match octets.get(at) {
                // The first octet was judged above.
                Some(b'\n') => at == 0 || before == Some(&b'\r'),
                _ => match behind {
                    Some(behind) => *behind == b'\n',
                    None => {
                        self.after_cr = true;
                        true
                    }
                },
            };
            if !sound {
                return false;
            }
        }
        true
    }

    /// Reads the rest over: keeps the first reason and gives the memory back.
    pub fn refuse(&mut self, refusal: DataRefusal) {
        self.refusal.get_or_insert(refusal);
        self.message = Vec::new();
        self.prefix_octets = 0;
        self.after_cr = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(chunks: &[&[u8]], body: Body) -> Result<Vec<u8>, DataRefusal> {
        let mut reader = ChunkReader::new(Vec::new(), 100, None, body);
        for chunk in chunks {
            let octets = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
            assert!(reader.begin(octets));
            let consumed = chunk.len();
            assert_eq!(reader.push(chunk), ChunkStep::Done { consumed });
        }
        reader.finish()
    }

    #[test]
    fn puts_chunks_together_as_they_are() {
        assert_eq!(
            read(&[b"a\r", b"\n.\r\n", b""], Body::SevenBit),
            Ok(b"a\r\n.\r\n".to_vec())
        );
        assert_eq!(
            read(&[b"\r\n\n\r\0"], Body::BinaryMime),
            Ok(b"\r\n\n\r\0".to_vec())
        );
    }

    #[test]
    fn lines_are_checked_across_chunks() {
        for chunks in [
            &[&b"a\r"[..], b"b"][..],
            &[b"a\r"],
            &[b"a", b"\n"],
            &[b"a\n"],
            &[b"a\r\r\n"],
            &[b"\r\n", b"\n"],
        ] {
            let expected = Err(DataRefusal::BareLineEnd);
            assert_eq!(read(chunks, Body::EightBitMime), expected, "{chunks:?}");
        }
    }

    #[test]
    fn what_stands_behind_a_chunk_is_left() {
        let mut reader = ChunkReader::new(Vec::new(), 100, None, Body::SevenBit);
        assert!(reader.begin(4));
        assert_eq!(reader.push(b"ab"), ChunkStep::More);
        assert_eq!(reader.push(b"\r\nNOOP"), ChunkStep::Done { consumed: 2 });
    }

    #[test]
    fn the_limit_holds_for_all_chunks_together() {
        let mut reader = ChunkReader::new(Vec::new(), 10, None, Body::SevenBit);
        assert!(reader.begin(10));
        assert_eq!(reader.refusal(), None);
        assert!(reader.begin(10));
        assert_eq!(reader.refusal(), Some(DataRefusal::TooBig));
        assert!(!reader.begin(1));
        assert!(!reader.begin(u64::MAX));
    }
}

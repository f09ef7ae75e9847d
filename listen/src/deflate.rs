//! DEFLATE over a connection (RFC 4978): raw streams (RFC 1951) in both directions.
//!
//! What arrives is inflated only as far as there is room for it, so a small input that grows a thousandfold costs
//! time in proportion to what is read, never memory.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use crate::Error;
use crate::limits::READ_CHUNK_OCTETS;

/// Both directions of one connection. Inflating holds about 45 KiB as long as the connection is open; deflating about
/// 300 KiB, which [`Deflate::release`] gives back.
pub(crate) struct Deflate {
    inflate: Decompress,
    /// Arrived and not inflated yet; at most one read from the socket.
    compressed: Vec<u8>,
    inflated_octets: usize,
    ended: bool,
    deflate: Option<Compress>,
    unflushed: bool,
}

impl std::fmt::Debug for Deflate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deflate")
            .field("waiting", &self.compressed.len())
            .finish_non_exhaustive()
    }
}

impl Deflate {
    pub(crate) fn new() -> Self {
        // RFC 4978 4: no zlib header, a window of 15 bits.
        Self {
            inflate: Decompress::new(false),
            compressed: Vec::new(),
            inflated_octets: 0,
            ended: false,
            deflate: None,
            unflushed: false,
        }
    }

    /// Takes what arrived.
    pub(crate) fn feed(&mut self, compressed: &[u8]) {
        self.compressed.drain(..self.inflated_octets);
        self.inflated_octets = 0;
        self.compressed.extend_from_slice(compressed);
    }

    /// Inflates at most `room` octets; zero if more has to arrive first.
    pub(crate) fn inflate(&mut self, room: usize, into: &mut Vec<u8>) -> Result<usize, Error> {
        let mut plain = [0; READ_CHUNK_OCTETS];
        let room = room.min(plain.len());
        while !self.ended {
            let (taken, made) = (self.inflate.total_in(), self.inflate.total_out());
            let input = self
                .compressed
                .get(self.inflated_octets..)
                .unwrap_or_default();
            let status = self
                .inflate
                .decompress(input, &mut plain[..room], FlushDecompress::None);
            self.ended = status.map_err(|_| Error::Compression)? == Status::StreamEnd;
            let taken = difference(taken, self.inflate.total_in());
            let made = difference(made, self.inflate.total_out());
            self.inflated_octets += taken;
            if made > 0 {
                into.extend_from_slice(&plain[..made]);
                return Ok(made);
            }
            if taken == 0 {
                break;
            }
        }
        if self.inflated_octets == self.compressed.len() {
            self.compressed = Vec::new();
            self.inflated_octets = 0;
        }
        Ok(0)
    }

    /// Whether the peer ended its stream.
    pub(crate) fn ended(&self) -> bool {
        self.ended
    }

    /// Compresses; some of it may be kept back until [`Deflate::flush`].
    pub(crate) fn deflate(&mut self, plain: &[u8], into: &mut Vec<u8>) -> Result<(), Error> {
        self.unflushed |= !plain.is_empty();
        self.run(plain, FlushCompress::None, into)
    }

    /// Ends the current block on an octet boundary, so that the peer can inflate all that was written.
    pub(crate) fn flush(&mut self, into: &mut Vec<u8>) -> Result<(), Error> {
        if !std::mem::take(&mut self.unflushed) {
            return Ok(());
        }
        self.run(&[], FlushCompress::Sync, into)
    }

    /// Gives back the memory of the compressor, if nothing is kept back in it. The next one starts with the next block
    /// and refers to nothing before it, which every inflater accepts (RFC 1951 3.2).
    pub(crate) fn release(&mut self) {
        if !self.unflushed {
            self.deflate = None;
        }
    }

    fn run(
        &mut self,
        mut plain: &[u8],
        flush: FlushCompress,
        into: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let deflate = self
            .deflate
            .get_or_insert_with(|| Compress::new(Compression::fast(), false));
        loop {
            into.reserve(plain.len() / 2 + 64);
            let taken = deflate.total_in();
            deflate
                .compress_vec(plain, into, flush)
                .map_err(|_| Error::Compression)?;
            plain = plain
                .get(difference(taken, deflate.total_in())..)
                .unwrap_or_default();
            // Room left over means that nothing more is to come.
            if plain.is_empty() && into.len() < into.capacity() {
                return Ok(());
            }
        }
    }
}

fn difference(before: u64, after: u64) -> usize {
    usize::try_from(after - before)
        .expect("the counters grow by no more than the length of a slice")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compressed(parts: &[&[u8]]) -> Vec<u8> {
        let mut deflate = Deflate::new();
        let mut out = Vec::new();
        for part in parts {
            deflate.deflate(part, &mut out).unwrap();
            deflate.flush(&mut out).unwrap();
            deflate.release();
        }
        out
    }

    fn inflate_all(inflate: &mut Deflate, room: usize, into: &mut Vec<u8>) {
        while inflate.inflate(room, into).unwrap() > 0 {}
    }

    #[test]
    fn round_trip_at_every_split() {
        let parts: [&[u8]; 3] = [b"* OK ready\r\n", &[b'x'; 300], b"a1 OK \xc3\xa4 done\r\n"];
        let plain = parts.concat();
        let bytes = compressed(&parts);
        for split in 0..=bytes.len() {
            for room in [1, 7, READ_CHUNK_OCTETS] {
                let (mut inflate, mut out) = (Deflate::new(), Vec::new());
                for piece in [&bytes[..split], &bytes[split..]] {
                    inflate.feed(piece);
                    inflate_all(&mut inflate, room, &mut out);
                }
                assert_eq!(out, plain, "split at {split}, room for {room}");
            }
        }
    }

    #[test]
    fn each_flush_can_be_read_at_once() {
        let (mut deflate, mut inflate) = (Deflate::new(), Deflate::new());
        for line in ["a1 NOOP\r\n", "a2 NOOP\r\n", "a3 LOGOUT\r\n"] {
            let (mut wire, mut out) = (Vec::new(), Vec::new());
            deflate.deflate(line.as_bytes(), &mut wire).unwrap();
            deflate.flush(&mut wire).unwrap();
            inflate.feed(&wire);
            inflate_all(&mut inflate, 100, &mut out);
            assert_eq!(out, line.as_bytes());
        }
    }

    #[test]
    fn incompressible_input_passes() {
        let mut state = 1_u32;
        let noise: Vec<u8> = (0..200_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_be_bytes()[0]
            })
            .collect();
        let (mut inflate, mut out) = (Deflate::new(), Vec::new());
        inflate.feed(&compressed(&[&noise]));
        inflate_all(&mut inflate, READ_CHUNK_OCTETS, &mut out);
        assert_eq!(out, noise);
    }

    #[test]
    fn a_bomb_grows_only_as_far_as_asked() {
        let bytes = compressed(&[&vec![0; 10_000_000]]);
        let (mut inflate, mut out) = (Deflate::new(), Vec::new());
        inflate.feed(&bytes);
        assert_eq!(inflate.inflate(100, &mut out).unwrap(), 100);
        assert_eq!(out.len(), 100);
    }

    #[test]
    fn garbage_is_an_error() {
        let mut inflate = Deflate::new();
        inflate.feed(b"\xff\xff\xff\xff");
        assert!(matches!(
            inflate.inflate(100, &mut Vec::new()),
            Err(Error::Compression)
        ));
    }
}

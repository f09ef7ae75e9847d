//! Source: a file of evidence opened for reading, unpacked where it is packed, within bounds.
//!
//! What lies in an archive is read as a stream and never written: whatever its name says, it touches no path.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Take};

use evidence::archive::{self, Entry, Packing};
use flate2::read::{DeflateDecoder, MultiGzDecoder};

use super::walk::Found;

/// How many times larger a packed file may become. Logs shrink to a twentieth, rarely to a fiftieth; deflate reaches a thousandth.
const RATIO_MAX: u64 = 200;
/// Octets that a packed file may become, whatever its size.
const SMALL_OCTETS: u64 = 64 * 1_048_576;
/// Octets that a packed file may become at most.
const UNPACKED_OCTETS_MAX: u64 = 64 * 1_073_741_824;
/// How deep archives lie in each other that are read.
pub(crate) const DEPTH_MAX: usize = 3;
/// Octets of an archive in an archive, and of an event log in one, which are held in memory since they are read back and forth.
pub(crate) const HELD_OCTETS_MAX: u64 = 512 * 1_048_576;

/// A stream that ends with an error when it gives more than it may.
pub(crate) struct Bounded<R> {
    inner: Take<R>,
}

impl<R: Read> Bounded<R> {
    /// What `packed` octets may become.
    pub(crate) fn new(inner: R, packed: u64) -> Self {
        let bound = packed
            .saturating_mul(RATIO_MAX)
            .clamp(SMALL_OCTETS, UNPACKED_OCTETS_MAX);
        Self {
            inner: inner.take(bound),
        }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.inner.limit() == 0 && !to.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("unpacked, it is more than {RATIO_MAX} times as large: not a log"),
            ));
        }
        self.inner.read(to)
    }
}

/// Opens a file that is as it is.
pub(crate) fn open(found: &Found) -> io::Result<BufReader<File>> {
    Ok(BufReader::with_capacity(
        64 * 1024,
        File::open(&found.path)?,
    ))
}

/// Unpacks gzip.
pub(crate) fn gunzip<R: Read>(reader: R, packed: u64) -> Bounded<MultiGzDecoder<R>> {
    Bounded::new(MultiGzDecoder::new(reader), packed)
}

/// A file of an archive, unpacked.
pub(crate) fn entry<'a, R: Read + Seek>(
    archive: &'a mut R,
    entry: &Entry,
) -> io::Result<Box<dyn Read + 'a>> {
    archive::seek_to(archive, entry).map_err(io::Error::other)?;
    let packed = archive.take(entry.packed);
    match entry.packing {
        Packing::Stored => Ok(Box::new(packed)),
        Packing::Deflated => Ok(Box::new(Bounded::new(
            DeflateDecoder::new(packed),
            entry.packed,
        ))),
        Packing::Other => Err(io::Error::other(
            "it is packed in a way that is not read, or has a password",
        )),
    }
}

/// Reads all of a stream into memory, if it is not too large.
pub(crate) fn hold(reader: &mut dyn Read, octets_max: u64) -> io::Result<Vec<u8>> {
    let mut held = Vec::new();
    reader.take(octets_max + 1).read_to_end(&mut held)?;
    if held.len() as u64 > octets_max {
        return Err(io::Error::other(format!(
            "it has more than {octets_max} octets"
        )));
    }
    Ok(held)
}

/// Goes back to the beginning.
pub(crate) fn rewind(reader: &mut dyn Seek) -> io::Result<()> {
    reader.seek(SeekFrom::Start(0)).map(|_| ())
}

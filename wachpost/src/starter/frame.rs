//! Frames between the processes of the house: a length in four octets, and a value in postcard's encoding.

use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Octets of the length.
const LENGTH_OCTETS: usize = 4;

/// Why there is no value.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    /// The other end is gone.
    #[error("the other process has ended")]
    Closed,
    /// Longer than what is said there.
    #[error("a frame of {octets} octets is too long")]
    TooLong { octets: usize },
    /// It is something else.
    #[error("a frame cannot be understood")]
    Malformed,
    /// The socket.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Reads a value of so many octets at most.
pub(crate) fn read<T: DeserializeOwned>(
    source: &mut impl Read,
    octets_max: usize,
) -> Result<T, FrameError> {
    let mut length = [0; LENGTH_OCTETS];
    fill(source, &mut length)?;
    let octets = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
    if octets > octets_max {
        return Err(FrameError::TooLong { octets });
    }
    let mut value = vec![0; octets];
    fill(source, &mut value)?;
    match postcard::take_from_bytes(&value) {
        Ok((value, [])) => Ok(value),
        _ => Err(FrameError::Malformed),
    }
}

fn fill(source: &mut impl Read, octets: &mut [u8]) -> Result<(), FrameError> {
    source
        .read_exact(octets)
        .map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => FrameError::Closed,
            _ => FrameError::Io(error),
        })
}

/// Writes a value of so many octets at most.
pub(crate) fn write<T: Serialize>(
    sink: &mut impl Write,
    value: &T,
    octets_max: usize,
) -> Result<(), FrameError> {
    let mut octets = vec![0; LENGTH_OCTETS];
    octets = postcard::to_extend(value, octets).map_err(|_| FrameError::Malformed)?;
    let length = octets.len() - LENGTH_OCTETS;
    let (Ok(written), true) = (u32::try_from(length), length <= octets_max) else {
        return Err(FrameError::TooLong { octets: length });
    };
    octets[..LENGTH_OCTETS].copy_from_slice(&written.to_le_bytes());
    sink.write_all(&octets).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => FrameError::Closed,
        _ => FrameError::Io(error),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::starter::Hello;

    proptest! {
        #[test]
        fn hostile_octets_are_refused_or_read(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read::<Hello>(&mut &*octets, 100);
            let mut framed = u32::try_from(octets.len()).unwrap().to_le_bytes().to_vec();
            framed.extend_from_slice(&octets);
            let _ = read::<Hello>(&mut &*framed, 200);
        }
    }

    #[test]
    fn values_come_back_and_bounds_hold() {
        let mut octets = Vec::new();
        write(&mut octets, &("a".to_owned(), 7_u64), 16).unwrap();
        let back: (String, u64) = read(&mut &*octets, 16).unwrap();
        assert_eq!(back, ("a".to_owned(), 7));
        assert!(matches!(
            read::<(String, u64)>(&mut &*octets, 1),
            Err(FrameError::TooLong { .. })
        ));
        assert!(matches!(
            write(&mut Vec::new(), &[1_u8; 9].to_vec(), 4),
            Err(FrameError::TooLong { .. })
        ));
        assert!(matches!(
            read::<u64>(&mut &octets[..2], 16),
            Err(FrameError::Closed)
        ));
    }

    #[test]
    fn any_octets_are_read_without_panic() {
        for octets in [&[0xff; 64][..], &[1, 0, 0, 0, 0xff], &[2, 0, 0, 0, 1, 1]] {
            assert!(read::<(String, u64)>(&mut &*octets, 32).is_err());
        }
    }
}

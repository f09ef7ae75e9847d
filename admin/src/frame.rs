//! Frames: requests and answers as octets on the admin socket.
//!
//! A frame is the format's number, the length of what follows in four octets, high octet first, and a value in postcard's
//! encoding. Both ends are the same program; a command of another version is told so instead of being misread.

#![cfg_attr(
    not(test),
    warn(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::panic
    )
)]

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Failure, Progress, Reply, Request};

/// Octets of a request: an imported message of the largest usual size, and room.
pub const FRAME_OCTETS_MAX: usize = 72 * 1024 * 1024;
/// Octets of an answer: one chunk of exported messages with the largest message that can be stored.
pub(crate) const ANSWER_OCTETS_MAX: usize = 264 * 1024 * 1024;
/// Octets before the value.
pub(crate) const HEADER_OCTETS: usize = 5;
/// Changes with the shape of requests and replies.
const FORMAT: u8 = 3;

/// What the server says.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// The work goes on.
    Progress(Progress),
    /// It is done.
    Reply(Box<Reply>),
    /// It was not done.
    Failure(Failure),
}

/// Why octets are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    /// The other end is a program of another version.
    #[error(
        "the other end speaks format {0} of the admin socket: use the same version of `wachpost` for both"
    )]
    Format(u8),
    /// Longer than the named limit.
    #[error("a frame of {octets} octets is longer than the limit of {limit_octets}")]
    TooLong {
        /// How long it says it is.
        octets: usize,
        /// The limit.
        limit_octets: usize,
    },
    /// The value cannot be read.
    #[error("the frame is damaged")]
    Malformed,
}

/// The octets of a value.
pub(crate) fn encode(value: &impl Serialize) -> Result<Vec<u8>, FrameError> {
    let header = vec![0; HEADER_OCTETS];
    let mut frame = postcard::to_extend(value, header).map_err(|_| FrameError::Malformed)?;
    let octets = frame.len().saturating_sub(HEADER_OCTETS);
    let limit_octets = ANSWER_OCTETS_MAX;
    let too_long = FrameError::TooLong {
        octets,
        limit_octets,
    };
    let length = u32::try_from(octets).map_err(|_| too_long)?;
    if octets > limit_octets {
        return Err(too_long);
    }
    let [a, b, c, d] = length.to_be_bytes();
    for (place, octet) in frame.iter_mut().zip([FORMAT, a, b, c, d]) {
        *place = octet;
    }
    Ok(frame)
}

/// How many octets of value follow this header.
pub(crate) fn length(
    header: [u8; HEADER_OCTETS],
    limit_octets: usize,
) -> Result<usize, FrameError> {
    let [format, length @ ..] = header;
    if format != FORMAT {
        return Err(FrameError::Format(format));
    }
    let octets = u32::from_be_bytes(length) as usize;
    if octets > limit_octets {
        return Err(FrameError::TooLong {
            octets,
            limit_octets,
        });
    }
    Ok(octets)
}

/// The value that these octets are, all of them.
pub(crate) fn decode<T: DeserializeOwned>(octets: &[u8]) -> Result<T, FrameError> {
    match postcard::take_from_bytes(octets) {
        Ok((value, [])) => Ok(value),
        Ok(_) | Err(_) => Err(FrameError::Malformed),
    }
}

/// Reads any octets as a frame with a request and as one with an answer, and as the request of a browser.
pub fn fuzz(input: &[u8]) {
    let _ = serde_json::from_slice::<Request>(input);
    let Some((header, value)) = input.split_first_chunk::<HEADER_OCTETS>() else {
        return;
    };
    let _ = length(*header, FRAME_OCTETS_MAX);
    let _ = decode::<Request>(value);
    let _ = decode::<Answer>(value);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{ImportedMessage, MailRequest};

    fn import() -> Request {
        Request::Mail(MailRequest::Import {
            address: "anna@example.org".into(),
            path: vec!["INBOX".into()],
            messages: vec![ImportedMessage {
                message: vec![7; 300].into(),
                keywords: vec!["$seen".into()],
                received_at: None,
            }],
        })
    }

    #[test]
    fn a_request_comes_back_as_it_was() {
        let frame = encode(&import()).unwrap();
        let (header, value) = frame.split_first_chunk().unwrap();
        assert_eq!(length(*header, FRAME_OCTETS_MAX), Ok(value.len()));
        let again: Request = decode(value).unwrap();
        assert_eq!(format!("{again:?}"), format!("{:?}", import()));
    }

    #[test]
    fn other_versions_and_long_frames_are_refused() {
        assert_eq!(length([9, 0, 0, 0, 1], 10), Err(FrameError::Format(9)));
        let too_long = FrameError::TooLong {
            octets: 11,
            limit_octets: 10,
        };
        assert_eq!(length([FORMAT, 0, 0, 0, 11], 10), Err(too_long));
    }

    proptest! {
        #[test]
        fn damaged_frames_are_no_panic(at in 0usize..400, octet in any::<u8>(), cut in 0usize..400) {
            let mut frame = encode(&import()).unwrap();
            if let Some(place) = frame.get_mut(at) {
                *place = octet;
            }
            frame.truncate(cut);
            fuzz(&frame);
        }

        #[test]
        fn any_octets_are_no_panic(input in prop::collection::vec(any::<u8>(), 0..200)) {
            fuzz(&input);
        }
    }
}

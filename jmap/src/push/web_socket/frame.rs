//! Frames of WebSocket (RFC 6455 5): octets <-> frames; pure.

/// Octets of the payload of a frame that controls the connection (RFC 6455 5.5).
pub(crate) const CONTROL_OCTETS_MAX: usize = 125;

/// What a frame carries (RFC 6455 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    fn read(bits: u8) -> Option<Self> {
        match bits {
            0x0 => Some(Self::Continuation),
            0x1 => Some(Self::Text),
            0x2 => Some(Self::Binary),
            0x8 => Some(Self::Close),
            0x9 => Some(Self::Ping),
            0xA => Some(Self::Pong),
            _ => None,
        }
    }

    fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0x0,
            Self::Text => 0x1,
            Self::Binary => 0x2,
            Self::Close => 0x8,
            Self::Ping => 0x9,
            Self::Pong => 0xA,
        }
    }

    /// RFC 6455 5.5.
    pub(crate) fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// Why a connection is closed (RFC 6455 7.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CloseCode {
    /// 1000: the purpose is fulfilled.
    Normal,
    /// 1001: the server stops, or the client was silent for too long.
    GoingAway,
    /// 1002: what came is not the protocol.
    Protocol,
    /// 1003: binary messages are not taken (RFC 8887 4.2).
    Unsupported,
    /// 1007: a text that is not UTF-8.
    Invalid,
    /// 1008: whoever is signed in may not stay.
    Policy,
    /// 1009: a message that is too large.
    TooBig,
    /// 1011: something went wrong here.
    Internal,
}

impl CloseCode {
    /// Its number.
    pub(crate) fn number(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::GoingAway => 1001,
            Self::Protocol => 1002,
            Self::Unsupported => 1003,
            Self::Invalid => 1007,
            Self::Policy => 1008,
            Self::TooBig => 1009,
            Self::Internal => 1011,
        }
    }
}

/// The head of a frame that a client sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Whether the message ends with it.
    pub(crate) last: bool,
    pub(crate) opcode: Opcode,
    mask: [u8; 4],
    /// Octets of the payload behind it.
    pub(crate) length: u64,
    /// Octets of the head itself.
    pub(crate) octets: usize,
}

impl Head {
    /// Reads the head of a frame; none while some of it has not arrived.
    ///
    /// # Errors
    /// It is none: RFC 6455 5.2 gives no meaning to the reserved bits and some opcodes, frames of clients are masked
    /// (5.1), and control frames are short and whole (5.5).
    pub(crate) fn read(octets: &[u8]) -> Result<Option<Self>, CloseCode> {
        let Some((&[first, second], rest)) = octets.split_first_chunk() else {
            return Ok(None);
        };
        let opcode = Opcode::read(first & 0x0F).ok_or(CloseCode::Protocol)?;
        let last = first & 0x80 != 0;
        let short = second & 0x7F;
        let is_masked = second & 0x80 != 0;
        let is_wrong_control = opcode.is_control() && (!last || short > 125);
        if first & 0x70 != 0 || !is_masked || is_wrong_control {
            return Err(CloseCode::Protocol);
        }
        let (length, rest) = match short {
            126 => match rest.split_first_chunk() {
                Some((length, rest)) => (u64::from(u16::from_be_bytes(*length)), rest),
                None => return Ok(None),
            },
            127 => match rest.split_first_chunk() {
                Some((length, rest)) => (u64::from_be_bytes(*length), rest),
                None => return Ok(None),
            },
            short => (u64::from(short), rest),
        };
        let Some((mask, rest)) = rest.split_first_chunk() else {
            return Ok(None);
        };
        Ok(Some(Self {
            last,
            opcode,
            mask: *mask,
            length,
            octets: octets.len().saturating_sub(rest.len()),
        }))
    }

    /// RFC 6455 5.3: the payload as it was before it was masked.
    pub(crate) fn unmask(&self, payload: &mut [u8]) {
        for (octet, mask) in payload.iter_mut().zip(self.mask.iter().cycle()) {
            *octet ^= mask;
        }
    }
}

/// The head of a frame of ours, which is always a whole message (RFC 6455 5.1: unmasked).
pub(crate) fn head(opcode: Opcode, length: usize) -> Vec<u8> {
    let mut head = vec![0x80 | opcode.bits()];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..=125), _) => head.push(short),
        (_, Ok(length)) => {
            head.push(126);
            head.extend_from_slice(&length.to_be_bytes());
        }
        _ => {
            head.push(127);
            head.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    head
}

/// A frame of ours that closes the connection (RFC 6455 5.5.1).
pub(crate) fn close(code: CloseCode) -> Vec<u8> {
    let mut frame = head(Opcode::Close, 2);
    frame.extend_from_slice(&code.number().to_be_bytes());
    frame
}

/// Reads any octets as frames.
///
/// # Panics
/// If a head is longer than what it was read from.
pub(crate) fn fuzz(mut input: &[u8]) {
    while let Ok(Some(head)) = Head::read(input) {
        assert!((6..=14).contains(&head.octets) && head.octets <= input.len());
        let (_, rest) = input.split_at(head.octets);
        let length = usize::try_from(head.length)
            .unwrap_or(usize::MAX)
            .min(rest.len());
        let (payload, rest) = rest.split_at(length);
        head.unmask(&mut payload.to_vec());
        input = rest;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_examples_of_the_standard_are_read() {
        // RFC 6455 5.7: a masked text, and a ping.
        let frame = [
            0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
        ];
        let head = Head::read(&frame).unwrap().unwrap();
        assert_eq!(
            (head.last, head.opcode, head.length, head.octets),
            (true, Opcode::Text, 5, 6)
        );
        let mut payload = frame[6..].to_vec();
        head.unmask(&mut payload);
        assert_eq!(payload, b"Hello");
        for length in 0..6 {
            assert_eq!(Head::read(&frame[..length]), Ok(None));
        }
        assert_eq!(super::head(Opcode::Text, 5), [0x81, 0x05]);
        assert_eq!(super::head(Opcode::Binary, 256), [0x82, 0x7E, 0x01, 0x00]);
        assert_eq!(
            super::head(Opcode::Binary, 65_536),
            [0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0]
        );
    }

    #[test]
    fn what_is_no_frame_of_a_client_is_refused() {
        for wrong in [
            [0x81, 0x05],
            [0xC1, 0x85],
            [0x83, 0x85],
            [0x09, 0x80],
            [0x89, 0xFE],
        ] {
            assert_eq!(Head::read(&wrong), Err(CloseCode::Protocol), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn any_octets_are_read(octets in prop::collection::vec(any::<u8>(), 0..64)) {
            fuzz(&octets);
        }
    }
}

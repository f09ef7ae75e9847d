//! Packets: what goes to a milter and what comes from it, as octets.
#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic
)]

use crate::error::Error;
use crate::header::{self, HeaderChange};
use crate::text::{TEXT_CHARS_MAX, line_of};
use crate::verdict::Action;

/// Octets of a packet that is read. Ours: the largest are a header field and a piece of a new body of 64 KiB each.
pub(crate) const PACKET_OCTETS_MAX: usize = 128 * 1024;
/// Octets of one piece of the body (`MILTER_CHUNK_SIZE`).
pub(crate) const BODY_OCTETS_MAX: usize = 65_535;

/// What is said to a milter: the `SMFIC_` letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Options,
    Macros,
    Connect,
    Helo,
    Mail,
    Recipient,
    Data,
    Field,
    EndOfHeader,
    Body,
    EndOfBody,
    Quit,
}

impl Command {
    /// Its letter on the wire.
    pub(crate) fn letter(self) -> u8 {
        match self {
            Self::Options => b'O',
            Self::Macros => b'D',
            Self::Connect => b'C',
            Self::Helo => b'H',
            Self::Mail => b'M',
            Self::Recipient => b'R',
            Self::Data => b'T',
            Self::Field => b'L',
            Self::EndOfHeader => b'N',
            Self::Body => b'B',
            Self::EndOfBody => b'E',
            Self::Quit => b'Q',
        }
    }
}

/// The head of a packet: how many octets follow it, the highest octet first, and the letter, which is the first of them.
pub(crate) fn head(command: Command, data_octets: usize) -> [u8; 5] {
    let octets = u32::try_from(data_octets.saturating_add(1)).unwrap_or(u32::MAX);
    let [a, b, c, d] = octets.to_be_bytes();
    [a, b, c, d, command.letter()]
}

/// Adds a text and its NUL. A NUL within would end it early, so none is let through; nor are line ends, but for folds.
pub(crate) fn push(data: &mut Vec<u8>, text: &str) {
    data.extend(text.bytes().map(|octet| match octet {
        0 | b'\r' | b'\n' => b' ',
        _ => octet,
    }));
    data.push(0);
}

/// How many octets a packet has, its letter included.
pub(crate) fn packet_octets(length: [u8; 4]) -> Result<usize, Error> {
    let limit = PACKET_OCTETS_MAX;
    match usize::try_from(u32::from_be_bytes(length)) {
        Ok(0) => Err(Error::Malformed("a packet without a letter")),
        Ok(octets) if octets <= limit => Ok(octets),
        _ => Err(Error::TooLong { limit }),
    }
}

/// What a milter says: the `SMFIR_` letters.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// Go on.
    Continue,
    /// Ask no more: this is what is to be done.
    Final(Action),
    /// No more of the body is wanted.
    Skip,
    /// It takes longer.
    Progress,
    /// The header is to be changed.
    Header(HeaderChange),
    /// A piece of the new body.
    Body(Vec<u8>),
    /// Hold the message.
    Quarantine,
    /// What is agreed on.
    Options(Vec<u8>),
}

/// Reads a packet, of which the first octet is its letter.
pub(crate) fn reply(packet: &[u8]) -> Result<Reply, Error> {
    let (letter, data) = packet
        .split_first()
        .ok_or(Error::Malformed("a packet without a letter"))?;
    match letter {
        b'c' => Ok(Reply::Continue),
        b'a' => Ok(Reply::Final(Action::Accept)),
        b'r' => Ok(Reply::Final(Action::reject(
            // RFC 3463 3.8: 5.7.1, refused by policy.
            550,
            "5.7.1",
            "The message is refused by a filter.",
        ))),
        // `SMFIR_TEMPFAIL`, `SMFIR_CONN_FAIL`, `SMFIR_SHUTDOWN`: in all three the client is to come again.
        b't' | b'f' | b'4' => Ok(Reply::Final(Action::defer("Please try again later."))),
        b'd' => Ok(Reply::Final(Action::Discard)),
        b'y' => reply_code(data).map(Reply::Final),
        b's' => Ok(Reply::Skip),
        b'p' => Ok(Reply::Progress),
        b'q' => Ok(Reply::Quarantine),
        b'b' => Ok(Reply::Body(data.to_vec())),
        b'O' => Ok(Reply::Options(data.to_vec())),
        b'h' => {
            let (name, value) = field(data)?;
            Ok(Reply::Header(HeaderChange::Add { name, value }))
        }
        b'i' => {
            let (at, rest) = index(data)?;
            let (name, value) = field(rest)?;
            Ok(Reply::Header(HeaderChange::Insert { at, name, value }))
        }
        b'm' => {
            let (index, rest) = index(data)?;
            let (name, value) = field(rest)?;
            Ok(Reply::Header(HeaderChange::Change {
                name,
                // libmilter counts from 1, and its users write 0 for the first as well.
                occurrence: index.max(1),
                value: Some(value).filter(|value| !value.is_empty()),
            }))
        }
        _ => Err(Error::Malformed("a reply that was not offered")),
    }
}

/// A reply in words: `550 5.7.1 Text`. Only 4 and 5 may begin it.
fn reply_code(data: &[u8]) -> Result<Action, Error> {
    const BAD: Error = Error::Malformed("no SMTP reply");
    let text = line_of(data, TEXT_CHARS_MAX);
    let (code, rest) = text.split_at_checked(3).ok_or(BAD)?;
    let rest = rest.trim_start_matches(['-', ' ']);
    let code: u16 = code.parse().map_err(|_| BAD)?;
    let (enhanced, said) = match rest.split_once(' ') {
        Some((enhanced, said)) if is_enhanced(enhanced) => (enhanced, said),
        _ => ("", rest),
    };
    match code {
        400..=499 => Ok(Action::defer(said)),
        500..=599 => {
            let fits = enhanced.starts_with("5.");
            Ok(Action::reject(
                code,
                if fits { enhanced } else { "5.7.1" },
                said,
            ))
        }
        _ => Err(BAD),
    }
}

/// Whether this is an enhanced code: three numbers of at most three digits. RFC 3463 2.
fn is_enhanced(word: &str) -> bool {
    let is_number = |part: &str| {
        matches!(part.len(), 1..=3) && part.bytes().all(|octet| octet.is_ascii_digit())
    };
    word.split('.').count() == 3 && word.split('.').all(is_number)
}

fn index(data: &[u8]) -> Result<(u32, &[u8]), Error> {
    let (index, rest) = data
        .split_first_chunk()
        .ok_or(Error::Malformed("a field without its index"))?;
    Ok((u32::from_be_bytes(*index), rest))
}

/// A name, a NUL, a value, a NUL.
fn field(data: &[u8]) -> Result<(String, String), Error> {
    let mut parts = data.split(|octet| *octet == 0);
    let (Some(name), Some(value)) = (parts.next(), parts.next()) else {
        return Err(Error::Malformed("a field without a value"));
    };
    let name = header::name(name).ok_or(Error::Malformed("no field's name"))?;
    let value = header::value(value).ok_or(Error::Malformed("too long a field"))?;
    Ok((name, value.trim_start().to_owned()))
}

/// Everything that is read of a milter, from one input.
pub(crate) fn fuzz(input: &[u8]) {
    if let Some((length, rest)) = input.split_first_chunk()
        && let Ok(octets) = packet_octets(*length)
    {
        let _ = reply(rest.get(..octets).unwrap_or(rest));
    }
    let _ = reply(input);
    let _ = super::options::Options::agreed(input);
    super::fields::fuzz(input);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies() {
        for (packet, expected) in [
            (&b"c"[..], Reply::Continue),
            (b"a", Reply::Final(Action::Accept)),
            (b"d", Reply::Final(Action::Discard)),
            (b"q\0", Reply::Quarantine),
            (b"b", Reply::Body(Vec::new())),
            (b"bnew\r\n", Reply::Body(b"new\r\n".to_vec())),
            (
                b"y550 5.7.26 No\r\n250 OK\0",
                Reply::Final(Action::reject(550, "5.7.26", "No  250 OK")),
            ),
            (
                b"y554 No enhanced code\0",
                Reply::Final(Action::reject(554, "5.7.1", "No enhanced code")),
            ),
            (b"y451 4.7.1 Later\0", Reply::Final(Action::defer("Later"))),
            (
                b"hX-A\0 b\nc\0",
                Reply::Header(HeaderChange::Add {
                    name: "X-A".to_owned(),
                    value: "b\r\n\tc".to_owned(),
                }),
            ),
            (
                b"i\0\0\0\x01X-A\0b\0",
                Reply::Header(HeaderChange::Insert {
                    at: 1,
                    name: "X-A".to_owned(),
                    value: "b".to_owned(),
                }),
            ),
            (
                b"m\0\0\0\0Subject\0\0",
                Reply::Header(HeaderChange::Change {
                    name: "Subject".to_owned(),
                    occurrence: 1,
                    value: None,
                }),
            ),
        ] {
            assert_eq!(reply(packet).unwrap(), expected);
        }
        for bad in [
            &b""[..],
            b"+<a@b>\0",
            b"y250 OK\0",
            b"y5",
            b"hX",
            b"i\0\0",
            b"hX Y\0b\0",
        ] {
            assert!(reply(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn packets_have_a_bound() {
        assert_eq!(packet_octets([0, 0, 0, 1]).unwrap(), 1);
        assert!(packet_octets([0; 4]).is_err());
        assert!(packet_octets([0xff; 4]).is_err());
        assert_eq!(head(Command::Helo, 3), [0, 0, 0, 4, b'H']);
        let mut data = Vec::new();
        push(&mut data, "a\0b\nc");
        assert_eq!(data, b"a b c\0");
    }
}

//! Runs of base64 in a message, and what they stand for.
//!
//! Attachments travel as lines of base64, nearly always of one length, all ended by CRLF, and the last one shorter
//! (RFC 2045 6.8). Such a run is told by its line length and the octets it stands for, and comes back from them
//! exactly; whatever deviates stays as it is.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use memchr::memchr;
use serde::{Deserialize, Serialize};

/// Whole lines that make a run: fewer are not worth telling.
const LINES_MIN: usize = 4;
/// Characters in a line: RFC 2045 6.8 allows 76 at most, PEM (RFC 7468 2) has 64.
const LINE_CHARACTERS_MIN: usize = 40;
const LINE_CHARACTERS_MAX: usize = 76;
/// Characters that three octets become.
const GROUP_CHARACTERS: usize = 4;
const GROUP_OCTETS: usize = 3;
const LINE_END: &[u8] = b"\r\n";

/// Lines of base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Run {
    /// Octets of text between the run before and this one.
    before: u32,
    /// Characters of a whole line, in groups of four.
    line_groups: u8,
    /// Octets it stands for.
    octets: u32,
}

/// Finds the runs of a message, and gives the message with what they stand for in their place.
pub(super) fn decode(message: &[u8]) -> (Vec<Run>, std::borrow::Cow<'_, [u8]>) {
    let mut runs = Vec::new();
    let mut decoded = Vec::new();
    // What is behind the last run found, and where the next line begins.
    let (mut copied, mut at) = (0, 0);
    while let Some(characters) = line(message, at) {
        let found = is_whole(characters).then(|| decode_run(message, at, characters));
        match found.flatten() {
            Some((octets, end)) => {
                let (before, length) = (u32::try_from(at - copied), u32::try_from(octets.len()));
                let (Ok(before), Ok(length), Ok(line_groups)) =
                    (before, length, u8::try_from(characters / GROUP_CHARACTERS))
                else {
                    // A message of 4 GiB, which the store does not take.
                    break;
                };
                runs.push(Run {
                    before,
                    line_groups,
                    octets: length,
                });
                if decoded.is_empty() {
                    decoded.reserve_exact(message.len());
                }
                decoded.extend_from_slice(&message[copied..at]);
                decoded.extend_from_slice(&octets);
                (copied, at) = (end, end);
            }
            None => at += characters + LINE_END.len(),
        }
    }
    if runs.is_empty() {
        return (runs, message.into());
    }
    decoded.extend_from_slice(&message[copied..]);
    (runs, decoded.into())
}

/// Characters of the line that begins here, its end not counted; one that ends with LF alone counts as none, with
/// what follows it up to the next CRLF. None behind the last line.
fn line(message: &[u8], at: usize) -> Option<usize> {
    let rest = message.get(at..)?;
    let mut characters = 0;
    loop {
        characters += memchr(b'\r', &rest[characters..])?;
        if rest.get(characters + 1) == Some(&b'\n') {
            return Some(characters);
        }
        characters += 1;
    }
}

fn is_whole(characters: usize) -> bool {
    characters.is_multiple_of(GROUP_CHARACTERS)
        && (LINE_CHARACTERS_MIN..=LINE_CHARACTERS_MAX).contains(&characters)
}

/// The octets of the run that begins here with a line of so many characters, and where it ends.
fn decode_run(message: &[u8], start: usize, characters: usize) -> Option<(Vec<u8>, usize)> {
    let line_octets = characters / GROUP_CHARACTERS * GROUP_OCTETS;
    let mut octets = Vec::new();
    let (mut at, mut lines) = (start, 0);
    let mut buffer = [0; LINE_CHARACTERS_MAX / GROUP_CHARACTERS * GROUP_OCTETS];
    loop {
        // The next line mostly ends where this one did.
        let next = match message.get(at + characters..at + characters + LINE_END.len()) {
            Some(LINE_END) => characters,
            _ => {
                let near = &message[..message.len().min(at + characters)];
                match line(near, at) {
                    Some(shorter) if shorter > 0 => shorter,
                    _ => break,
                }
            }
        };
        let text = &message[at..at + next];
        // The engine takes only what it would write itself: padding where it belongs, no bits left over.
        let Ok(length) = STANDARD.decode_slice(text, &mut buffer) else {
            break;
        };
        octets.extend_from_slice(&buffer[..length]);
        at += next + LINE_END.len();
        if length < line_octets {
            // A shorter line is the last one.
            break;
        }
        lines += 1;
        if lines == LINES_MIN {
            octets.reserve(message.len() - at);
        }
    }
    (lines >= LINES_MIN).then_some((octets, at))
}

/// The message that [`decode`] made this of, if it has at most so many octets.
pub(super) fn encode(runs: &[Run], decoded: &[u8], octets_max: usize) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    encode_into(runs, decoded, octets_max, &mut message)?;
    Some(message)
}

/// The same, behind what is in `message`.
pub(super) fn encode_into(
    runs: &[Run],
    decoded: &[u8],
    octets_max: usize,
    message: &mut Vec<u8>,
) -> Option<()> {
    message.reserve(octets_max);
    let end_max = message.len() + octets_max;
    let mut rest = decoded;
    for run in runs {
        let (before, behind) = rest.split_at_checked(run.before as usize)?;
        let (octets, behind) = behind.split_at_checked(run.octets as usize)?;
        rest = behind;
        let line_characters = usize::from(run.line_groups) * GROUP_CHARACTERS;
        let line_octets = usize::from(run.line_groups) * GROUP_OCTETS;
        if !is_whole(line_characters) {
            return None;
        }
        let characters = octets.len().div_ceil(GROUP_OCTETS) * GROUP_CHARACTERS;
        let lines = octets.len().div_ceil(line_octets);
        let length = before.len() + characters + lines * LINE_END.len();
        if length > end_max - message.len() {
            return None;
        }
        message.extend_from_slice(before);
        for line in octets.chunks(line_octets) {
            encode_line(line, message)?;
        }
    }
    if rest.len() > end_max - message.len() {
        return None;
    }
    message.extend_from_slice(rest);
    Some(())
}

/// The characters of twelve bits: two lookups for three octets are twice as fast as four, and reading attachments is
/// for the most part this.
static PAIRS: [[u8; 2]; 4_096] = pairs();

const fn pairs() -> [[u8; 2]; 4_096] {
    // RFC 4648 4: table 1.
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut pairs = [[0; 2]; 4_096];
    let mut bits = 0;
    while bits < pairs.len() {
        pairs[bits] = [ALPHABET[bits >> 6], ALPHABET[bits & 63]];
        bits += 1;
    }
    pairs
}

fn encode_line(octets: &[u8], message: &mut Vec<u8>) -> Option<()> {
    let mut line = [0; LINE_CHARACTERS_MAX + LINE_END.len()];
    let (groups, rest) = octets.as_chunks::<GROUP_OCTETS>();
    let (characters, _) = line.as_chunks_mut::<GROUP_CHARACTERS>();
    for ([one, two, three], characters) in groups.iter().zip(characters) {
        let [first, second] = PAIRS[usize::from(*one) << 4 | usize::from(*two) >> 4];
        let [third, fourth] = PAIRS[usize::from(*two & 15) << 8 | usize::from(*three)];
        *characters = [first, second, third, fourth];
    }
    let mut length = groups.len() * GROUP_CHARACTERS;
    if !rest.is_empty() {
        length += STANDARD.encode_slice(rest, &mut line[length..]).ok()?;
    }
    line[length..length + LINE_END.len()].copy_from_slice(LINE_END);
    message.extend_from_slice(&line[..length + LINE_END.len()]);
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As mail programs write it.
    fn lines(octets: &[u8], characters: usize) -> String {
        let text = STANDARD.encode(octets);
        let mut lines = String::new();
        for line in text.as_bytes().chunks(characters) {
            lines.push_str(std::str::from_utf8(line).unwrap());
            lines.push_str("\r\n");
        }
        lines
    }

    fn there_and_back(message: &[u8]) -> (usize, usize) {
        let (runs, decoded) = decode(message);
        let back = encode(&runs, &decoded, message.len()).unwrap();
        assert_eq!(back, message, "{}", String::from_utf8_lossy(message));
        (runs.len(), decoded.len())
    }

    #[test]
    fn runs_are_kept_as_what_they_stand_for() {
        for (octets, characters) in [(228, 76), (229, 76), (230, 76), (1_000, 72), (57 * 9, 64)] {
            let octets = vec![0xb7; octets];
            let text = lines(&octets, characters);
            let message = format!("Subject: x\r\n\r\n{text}\r\n--b\r\n{text}end\r\n");
            let (runs, length) = there_and_back(message.as_bytes());
            assert_eq!(runs, 2);
            assert_eq!(length, message.len() - 2 * (text.len() - octets.len()));
        }
    }

    #[test]
    fn whatever_would_not_come_back_stays() {
        let text = lines(&[0xb7; 600], 76);
        let first = "t7e3".repeat(19);
        let cases = [
            (text.replace("\r\n", "\n"), 0),
            (text.replace("\r\n", " \r\n"), 0),
            (text.replace('t', "_"), 0),
            (format!("{first}\r\n").repeat(3), 0),
            // The first line of another length, one in the middle, the last without an end.
            (format!("t7e3\r\n{text}"), 1),
            (format!("{text}{text}{text}"), 3),
            (text.trim_end().to_owned(), 1),
            // Bits left over, padding in the middle, too much of it.
            (format!("{text}dGVzdB==\r\n"), 1),
            (format!("{text}dGVzdA=====\r\n{text}"), 2),
            (format!("{text}\n\r\r\n\r{text}\r"), 2),
            (String::new(), 0),
        ];
        for (message, runs) in cases {
            assert_eq!(there_and_back(message.as_bytes()).0, runs, "{message}");
        }
    }

    #[test]
    fn a_plan_that_does_not_fit_is_refused() {
        let run = |before, line_groups, octets| Run {
            before,
            line_groups,
            octets,
        };
        assert_eq!(
            encode(&[run(0, 19, 9)], &[0; 9], 14).as_deref(),
            Some(&b"AAAAAAAAAAAA\r\n"[..])
        );
        for wrong in [
            run(0, 19, 10),
            run(10, 19, 0),
            run(0, 0, 9),
            run(0, 255, 9),
            run(1, 19, u32::MAX),
        ] {
            assert_eq!(encode(&[wrong], &[0; 9], 1_000), None, "{wrong:?}");
        }
        assert_eq!(encode(&[run(0, 19, 9)], &[0; 9], 13), None);
        assert_eq!(encode(&[], &[0; 9], 8), None);
    }

    proptest! {
        #[test]
        fn every_message_comes_back(parts in proptest::collection::vec(
            prop_oneof![
                (proptest::collection::vec(any::<u8>(), 0..700), 10usize..20).prop_map(|(octets, groups)| lines(&octets, groups * 4)),
                "[A-Za-z0-9+/=\r\n -]{0,90}",
                Just("\r\n".to_owned()),
            ], 0..8)) {
            there_and_back(parts.concat().as_bytes());
        }
    }
}

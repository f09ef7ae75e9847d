//! The fuzz target of this crate: every parser on one input.

use crate::codec::{
    Body, ChunkReader, DataReader, DataStep, LineKind, LineReader, LineStep, parse_command,
    parse_sasl_line,
};

/// Octets a message may have in the fuzz target; small, so that the limits are met.
const LIMIT_OCTETS: u64 = 512;

/// Feeds the input to every parser of the crate.
///
/// # Panics
/// Where a parser breaks its promise: that is what the fuzzer looks for.
pub fn fuzz(input: &[u8]) {
    lines(input);
    data(input);
    chunk(input);
    let _ = parse_sasl_line(input);
    let _ = crate::received::count_received(input);
}

/// Every command that can be read can be written and read again as the same.
fn lines(input: &[u8]) {
    let mut reader = LineReader::new();
    let mut rest = input;
    loop {
        let consumed = match reader.next(rest, LineKind::Command) {
            LineStep::Line { line, consumed } => {
                command(line);
                consumed
            }
            LineStep::Bad { consumed, .. } => consumed,
            LineStep::More { .. } => break,
        };
        assert!(consumed > 0, "a line takes at least its end");
        rest = rest.get(consumed..).unwrap_or_default();
    }
    command(input);
}

fn command(line: &[u8]) {
    let Ok(command) = parse_command(line) else {
        return;
    };
    let written = command.to_string();
    if !written.ends_with("[secret]") && !matches!(written.as_str(), "VRFY" | "EXPN") {
        let again = parse_command(written.as_bytes());
        assert_eq!(again, Ok(command), "{written}");
    }
}

/// The message read at once and the message read in two pieces are the same.
fn data(input: &[u8]) {
    let (&first, input) = input.split_first().unwrap_or((&0, &[]));
    let whole = read(&[input]);
    let (left, right) = input
        .split_at_checked(usize::from(first))
        .unwrap_or((input, &[]));
    assert_eq!(read(&[left, right]), whole);
}

type Read = Option<(usize, Result<Vec<u8>, crate::codec::DataRefusal>)>;

fn read(pieces: &[&[u8]]) -> Read {
    let mut reader = DataReader::new(Vec::new(), LIMIT_OCTETS, None);
    let mut before = 0;
    for piece in pieces {
        match reader.push(piece) {
            DataStep::More => before += piece.len(),
            DataStep::Done { consumed } => return Some((before + consumed, reader.finish())),
            DataStep::Abandon => return None,
        }
    }
    None
}

fn chunk(input: &[u8]) {
    let (&first, input) = input.split_first().unwrap_or((&0, &[]));
    let body = if first & 1 == 0 {
        Body::SevenBit
    } else {
        Body::BinaryMime
    };
    let mut reader = ChunkReader::new(Vec::new(), LIMIT_OCTETS, Some(u64::MAX), body);
    for piece in input.chunks(usize::from(first) + 1) {
        if reader.begin(u64::try_from(piece.len()).unwrap_or(u64::MAX)) {
            reader.push(piece);
        }
    }
    if let Ok(message) = reader.finish() {
        assert!(input == message, "an accepted message is what was sent");
    }
}

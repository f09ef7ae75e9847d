//! The fuzz target of this crate: every parser on one input.

use std::sync::Arc;

use crate::codec::{
    Body, ChunkReader, DataReader, DataStep, LineKind, LineReader, LineStep, parse_command,
    parse_sasl_line,
};
use crate::session::{Action, AuthFailure, Behind, Peer, Service, Session, Settings, Verdict};

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
    session(input);
    let _ = parse_sasl_line(input);
    let _ = crate::received::count_received(input);
    let _ = crate::header::Header::read(input).senders();
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

/// The session answers every sequence of commands, holds no more than it may, and ends at some point.
fn session(input: &[u8]) {
    let (&first, input) = input.split_first().unwrap_or((&0, &[]));
    let service = match first % 3 {
        0 => Service::Mx,
        1 => Service::Submission,
        _ => Service::Lmtp,
    };
    let mut settings = Settings::new(service, "mail.example.org");
    settings.size_limit_octets = LIMIT_OCTETS;
    settings.recipients_limit = 2;
    settings.mechanisms = vec!["PLAIN".into()];
    let peer = Peer {
        tls: first & 64 != 0,
        bound: first & 64 != 0,
        loopback: true,
    };
    let mut session = Session::new(Arc::new(settings), peer);
    for line in input.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut action = match parse_command(line) {
            Ok(command) => session.command(command, Behind::Nothing),
            Err(error) => session.refuse(error.reply()),
        };
        loop {
            action = match action {
                Action::Close(_) => return,
                Action::Reply(_) | Action::Replies(_) | Action::DiscardChunk { .. } => break,
                Action::AskSender { .. } => session.sender_decided(Ok(())),
                Action::AskRecipient { .. } => session.recipient_decided(Ok(())),
                Action::ReadChunk { last: false, .. } => session.chunk_stored(),
                Action::ReadData(_) | Action::ReadChunk { last: true, .. } => {
                    session.message_done(Verdict::Each(Vec::new()))
                }
                Action::StartTls(_) => {
                    session.tls_started(Peer { tls: true, ..peer });
                    break;
                }
                Action::Authenticate { initial: None, .. } => {
                    session.authentication_failed(AuthFailure::Cancelled)
                }
                Action::Authenticate { .. } => session.authenticated("user"),
            };
        }
        let recipients = session.envelope().map_or(0, |it| it.recipients.len());
        assert!(recipients <= 2, "no more recipients than allowed");
    }
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

//! Properties of the codec: what is written can be read, and no cut of the stream changes what is read.

use proptest::collection::vec;
use proptest::prelude::*;
use smtp::codec::{
    Body, ChunkReader, ChunkStep, DataReader, DataRefusal, DataStep, ForwardPath, LineKind,
    LineReader, LineStep, ReversePath, decode_xtext, encode_xtext, parse_command,
};

const LIMIT_OCTETS: u64 = 4_096;

/// What a reader made of a stream: where the message ended, and the message.
type Outcome = Option<(usize, Result<Vec<u8>, DataRefusal>)>;

fn read(pieces: &[&[u8]]) -> Outcome {
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

/// The rules of DATA in their plainest form, to compare with.
fn model(stream: &[u8]) -> Outcome {
    let end = match stream.starts_with(b".\r\n") {
        true => 3,
        false => stream.windows(5).position(|five| five == b"\r\n.\r\n")? + 5,
    };
    let body = &stream[..end - 3];
    let bare = (0..body.len()).any(|at| match body[at] {
        b'\r' => body.get(at + 1) != Some(&b'\n'),
        b'\n' => at == 0 || body[at - 1] != b'\r',
        _ => false,
    });
    if bare {
        return Some((end, Err(DataRefusal::BareLineEnd)));
    }
    let mut message = Vec::new();
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        message.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
    }
    Some((end, Ok(message)))
}

/// Streams made of the octets that matter.
fn streams() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => Just(&b"\r\n"[..]),
        3 => Just(&b"."[..]),
        2 => Just(&b"x"[..]),
        1 => Just(&b"\r"[..]),
        1 => Just(&b"\n"[..]),
        1 => Just(&b"\0"[..]),
        1 => Just(&b"\r\n.\r\n"[..]),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn local_parts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9!#+=-]{1,10}(\\.[a-zü]{1,10}){0,2}",
        "\"([ !#-\\[\\]-~äß]|\\\\[ -~]){0,20}\"",
    ]
}

fn domains() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9ü]([a-z0-9-]{0,10}[a-z0-9])?(\\.[a-z]{1,10}){0,3}",
        any::<std::net::Ipv4Addr>().prop_map(|address| format!("[{address}]")),
        any::<std::net::Ipv6Addr>().prop_map(|address| format!("[IPv6:{address}]")),
    ]
}

proptest! {
    /// RFC 5321 4.1.2: an address that was read is written as one that reads the same.
    #[test]
    fn paths_round_trip(local in local_parts(), domain in domains()) {
        let text = format!("<{local}@{domain}>");
        let (path, rest) = ForwardPath::parse(&text).expect("made by the grammar");
        prop_assert_eq!(rest, "");
        let written = path.to_string();
        prop_assert_eq!(ForwardPath::parse(&written), Ok((path, "")));
        prop_assert!(ReversePath::parse(&written).is_ok());
    }

    #[test]
    fn commands_round_trip(
        local in local_parts(),
        domain in domains(),
        size in any::<u64>(),
        id in "[ -~]{1,20}",
        cases in "(SUCCESS|FAILURE|DELAY)(,(SUCCESS|FAILURE|DELAY)){0,3}",
    ) {
        let id = encode_xtext(&id);
        for line in [
            format!("MAIL FROM:<{local}@{domain}> SIZE={size} ENVID={id} RET=FULL SMTPUTF8"),
            format!("RCPT TO:<{local}@{domain}> NOTIFY={cases} ORCPT=rfc822;{id}"),
            format!("BDAT {size} LAST"),
        ] {
            let command = parse_command(line.as_bytes()).expect("made by the grammar");
            prop_assert_eq!(parse_command(command.to_string().as_bytes()), Ok(command));
        }
    }

    #[test]
    fn xtext_round_trips(text in "[ -~]{0,60}") {
        prop_assert_eq!(decode_xtext(&encode_xtext(&text)), Some(text));
    }

    /// RFC 5321 4.1.1.4, 4.5.2, 2.3.8: the reader is the plain rule, however the stream is cut.
    #[test]
    fn data_is_the_plain_rule_at_every_cut(stream in streams()) {
        let expected = model(&stream);
        prop_assert_eq!(&read(&[&stream]), &expected);
        for at in 0..=stream.len() {
            let (left, right) = stream.split_at(at);
            prop_assert_eq!(&read(&[left, right]), &expected, "cut at {}", at);
        }
        let drops: Vec<&[u8]> = stream.chunks(1).collect();
        prop_assert_eq!(&read(&drops), &expected);
    }

    /// What is stored never exceeds the room that was made, so that memory can be counted before it is taken.
    #[test]
    fn spare_octets_are_enough_at_every_cut(stream in streams(), length in 1_usize..9) {
        let mut reader = DataReader::new(Vec::new(), LIMIT_OCTETS, None);
        for piece in stream.chunks(length) {
            let spare = reader.spare_octets();
            reader.make_room(piece.len().saturating_sub(spare));
            let room = reader.spare_octets();
            prop_assert!(room >= piece.len());
            if reader.push(piece) != DataStep::More {
                break;
            }
            let left = reader.spare_octets();
            prop_assert!(left == usize::MAX || left <= room, "{} grew to {}", room, left);
        }
    }

    /// RFC 3030 2: chunks of any lengths make the same message.
    #[test]
    fn chunks_are_put_together_at_every_cut(stream in streams(), length in 1_usize..9) {
        let whole = chunked(&stream, stream.len().max(1), Body::SevenBit);
        prop_assert_eq!(chunked(&stream, length, Body::SevenBit), whole);
        prop_assert_eq!(chunked(&stream, length, Body::BinaryMime), Ok(stream));
    }

    /// RFC 5321 2.3.8: no line is given out that has a CR or LF in it, and nothing is lost or invented.
    #[test]
    fn lines_never_hold_line_ends(stream in streams()) {
        let mut reader = LineReader::new();
        let mut rest = &stream[..];
        loop {
            match reader.next(rest, LineKind::Command) {
                LineStep::Line { line, consumed } => {
                    prop_assert!(!line.contains(&b'\r') && !line.contains(&b'\n'));
                    prop_assert_eq!(line.len() + 2, consumed);
                    rest = &rest[consumed..];
                }
                LineStep::Bad { consumed, .. } => rest = &rest[consumed..],
                LineStep::More { .. } => break,
            }
        }
        prop_assert!(!rest.contains(&b'\n'));
    }

    #[test]
    fn no_input_harms(input in vec(any::<u8>(), 0..600)) {
        smtp::fuzz(&input);
    }

    #[test]
    fn no_likely_input_harms(
        input in "(MAIL FROM:|RCPT TO:|AUTH |BDAT |EHLO )[<>\"\\\\@a-zü.:\\[\\]0-9 =;+,\r\n-]{0,60}\r\n",
    ) {
        smtp::fuzz(input.as_bytes());
    }
}

/// Lines a client might send, in any order.
fn dialogues() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("EHLO x"),
        Just("LHLO x"),
        Just("MAIL FROM:<a@b>"),
        Just("MAIL FROM:<a@b> BODY=BINARYMIME"),
        Just("RCPT TO:<a@b>"),
        Just("DATA"),
        Just("BDAT 1"),
        Just("BDAT 1 LAST"),
        Just("BDAT 99999"),
        Just("RSET"),
        Just("STARTTLS"),
        Just("AUTH PLAIN"),
        Just("AUTH PLAIN ="),
        Just("QUOT"),
    ];
    (any::<char>(), vec(line, 0..60))
        .prop_map(|(first, lines)| format!("{first}\r\n{}", lines.join("\r\n")))
}

proptest! {
    #[test]
    fn no_order_of_commands_harms(dialogue in dialogues()) {
        smtp::fuzz(dialogue.as_bytes());
    }
}

fn chunked(stream: &[u8], length: usize, body: Body) -> Result<Vec<u8>, DataRefusal> {
    let mut reader = ChunkReader::new(Vec::new(), LIMIT_OCTETS, None, body);
    for chunk in stream.chunks(length) {
        assert!(reader.begin(chunk.len() as u64), "within the limit");
        let (left, right) = chunk.split_at(chunk.len() / 2);
        if !left.is_empty() {
            assert_eq!(reader.push(left), ChunkStep::More);
        }
        let consumed = right.len();
        assert_eq!(reader.push(right), ChunkStep::Done { consumed });
    }
    reader.finish()
}

//! What the framer makes of whole, split, oversized and broken input.

use proptest::prelude::*;

use super::*;

const LIMITS: FrameLimits = FrameLimits {
    text_octets: 100,
    literal_octets: 50,
    non_synchronising_octets: 40,
    append_octets: 1_000,
    append_command_octets: 1_500,
    discard_octets: 2_000,
};

/// What a session that accepts everything sees, fed with pieces of the given sizes.
fn frames(input: &[u8], pieces: &[usize]) -> Vec<(String, Vec<u8>)> {
    let mut framer = Framer::new(LIMITS);
    let mut seen = Vec::new();
    let mut rest = input;
    let mut sizes = pieces.iter().copied().cycle();
    while !rest.is_empty() {
        let (mut piece, after) =
            rest.split_at(sizes.next().unwrap_or(usize::MAX).clamp(1, rest.len()));
        rest = after;
        loop {
            match framer.feed(&mut piece) {
                Frame::More => break,
                Frame::Literal(request) => {
                    seen.push((format!("{request:?}"), framer.command().to_vec()));
                    framer.accept();
                }
                Frame::Command => seen.push(("command".into(), framer.command().to_vec())),
                Frame::Failed(error) => {
                    let fatal = error.fatal;
                    seen.push((format!("{error:?}"), Vec::new()));
                    if fatal {
                        return seen;
                    }
                }
            }
        }
    }
    seen
}

fn commands(input: &[u8]) -> Vec<String> {
    frames(input, &[])
        .into_iter()
        .filter(|(kind, _)| kind == "command")
        .map(|(_, command)| String::from_utf8_lossy(&command).into_owned())
        .collect()
}

fn failure(input: &[u8], limits: FrameLimits) -> Option<FrameError> {
    let mut framer = Framer::new(limits);
    let mut rest = input;
    loop {
        match framer.feed(&mut rest) {
            Frame::More => return None,
            Frame::Failed(error) => return Some(error),
            Frame::Literal(_) => framer.accept(),
            Frame::Command => {}
        }
    }
}

#[test]
fn pipelined_commands_come_one_by_one() {
    assert_eq!(
        commands(b"a NOOP\r\nb NOOP\nc IDLE\r\nDONE\r\nd"),
        ["a NOOP", "b NOOP", "c IDLE", "DONE"]
    );
}

#[test]
fn synchronising_literal_asks_and_stands_in_place() {
    let seen = frames(b"a LOGIN {3}\r\nfoo {3}\r\nbar\r\n", &[]);
    let literal = LiteralRequest {
        octets: 3,
        synchronising: true,
        message: false,
    };
    assert_eq!(
        seen,
        [
            (format!("{literal:?}"), b"a LOGIN {3}\r\n".to_vec()),
            (
                format!("{literal:?}"),
                b"a LOGIN {3}\r\nfoo {3}\r\n".to_vec()
            ),
            ("command".into(), b"a LOGIN {3}\r\nfoo {3}\r\nbar".to_vec()),
        ]
    );
}

#[test]
fn small_non_synchronising_literals_do_not_ask() {
    // RFC 7888 4.
    assert_eq!(
        commands(b"a LOGIN {3+}\r\nf\r\n {0+}\r\n\r\n"),
        ["a LOGIN {3+}\r\nf\r\n {0+}\r\n"]
    );
    assert_eq!(frames(b"a LOGIN {3+}\r\nf\r\n {0+}\r\n\r\n", &[]).len(), 1);
}

#[test]
fn message_literals_of_append_are_recognised() {
    for (input, expected) in [
        (&b"a append x {900}\r\n"[..], &[true][..]),
        (b"a APPEND x (\\Seen) \"d\" ~{900+}\r\n", &[true]),
        (b"a APPEND {1}\r\nx {900}\r\n", &[false, true]),
        (b"a APPEND x UTF8 (~{3}\r\nabc) {4}\r\n", &[true, true]),
        (b"a SEARCH TEXT {9}\r\n", &[false]),
    ] {
        let seen: Vec<_> = frames(input, &[])
            .into_iter()
            .map(|(kind, _)| kind.contains("message: true"))
            .collect();
        assert_eq!(seen, expected, "{input:?}");
    }
}

#[test]
fn too_big_synchronising_message_is_refused_without_reading() {
    let error = failure(b"a APPEND x {1001}\r\n", LIMITS);
    let fault = FrameFault::LiteralTooBig {
        limit: 1_000,
        message: true,
    };
    assert_eq!(
        error,
        Some(FrameError {
            tag: Some("a".into()),
            fault,
            fatal: false
        })
    );
}

#[test]
fn too_big_non_synchronising_message_is_read_and_dropped() {
    let input = [
        &b"a APPEND x {1001+}\r\n"[..],
        &[b'\n'; 1001],
        b" {5+}\r\na\r\nb\n more\r\nb NOOP\r\n",
    ]
    .concat();
    let seen = frames(&input, &[]);
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert!(seen.iter().any(|(kind, _)| kind.contains("LiteralTooBig")));
    assert_eq!(commands(&input), ["b NOOP"]);
}

#[test]
fn what_cannot_be_dropped_within_the_bound_is_fatal() {
    for input in [
        &b"a APPEND x {2001+}\r\n"[..],
        b"a LOGIN {18446744073709551616+}\r\n",
    ] {
        assert!(
            failure(input, LIMITS).is_some_and(|error| error.fatal),
            "{input:?}"
        );
    }
    assert!(failure(&[b'x'; 2_200], LIMITS).is_some_and(|error| error.fatal));
}

#[test]
fn long_line_fails_with_its_tag_and_the_next_command_goes_on() {
    let input = [b"tag ".as_slice(), &[b'x'; 200], b"\r\nb NOOP\r\n"].concat();
    let fault = FrameFault::TextTooLong { limit: 100 };
    assert_eq!(
        failure(&input, LIMITS),
        Some(FrameError {
            tag: Some("tag".into()),
            fault,
            fatal: false
        })
    );
    assert_eq!(commands(&input), ["b NOOP"]);
}

#[test]
fn all_literals_of_a_command_count_together() {
    let fault = FrameFault::LiteralTooBig {
        limit: 10,
        message: false,
    };
    let input = [
        &b"a SEARCH BODY {40}\r\n"[..],
        &[b'x'; 40],
        b" BODY {11}\r\n",
    ]
    .concat();
    assert_eq!(
        failure(&input, LIMITS).map(|error| error.fault),
        Some(fault)
    );
}

#[test]
fn refusing_skips_exactly_the_literal() {
    let mut framer = Framer::new(LIMITS);
    let mut rest = &b"a APPEND x {4+}\r\nb\r\n\r\r\nc NOOP\r\n"[..];
    assert!(matches!(framer.feed(&mut rest), Frame::Literal(_)));
    assert!(matches!(framer.feed(&mut rest), Frame::Literal(_)));
    framer.refuse();
    assert!(matches!(
        framer.feed(&mut rest),
        Frame::Failed(FrameError {
            fault: FrameFault::Refused,
            ..
        })
    ));
    assert_eq!(framer.feed(&mut rest), Frame::Command);
    assert_eq!(framer.command(), b"c NOOP");
}

#[test]
fn before_login_nothing_is_large() {
    let input = [b"a ".as_slice(), &[b'x'; 9_000], b"\r\n"].concat();
    assert!(failure(&input, FrameLimits::BEFORE_LOGIN).is_some());
    assert!(failure(b"a LOGIN {5000}\r\n", FrameLimits::BEFORE_LOGIN).is_some());
    assert!(failure(b"a APPEND x {5000}\r\n", FrameLimits::BEFORE_LOGIN).is_some());
}

proptest! {
    #[test]
    fn splits_do_not_matter(
        parts in prop::collection::vec(
            prop_oneof![
                Just("a APPEND x {3}\r\nabc".to_owned()),
                Just("{30+}\r\n".to_owned()),
                Just("{1400+}\r\n".to_owned()),
                Just("{45+}\r\n".to_owned()),
                Just("b NOOP\r\n".to_owned()),
                Just("APPEND".to_owned()),
                Just("~{4}\r\n".to_owned()),
                Just("\r\n".to_owned()),
                "[ a-z{}+0-9\r\n]{0,60}",
            ],
            0..12,
        ),
        pieces in prop::collection::vec(1_usize..40, 1..6),
    ) {
        let input = parts.concat();
        prop_assert_eq!(frames(input.as_bytes(), &[usize::MAX]), frames(input.as_bytes(), &pieces));
    }

    #[test]
    fn any_octets_are_survived(input in prop::collection::vec(any::<u8>(), 0..300)) {
        super::super::fuzz(&input);
    }
}

//! Verdicts cross a socket, and the parsers bear whatever comes.

use proptest::prelude::*;
use scan::{Action, HeaderChange, Points, Reason, Source, Verdict};

#[test]
fn a_verdict_is_the_same_after_a_journey() {
    let verdict = Verdict {
        score: Some(Points(6_150)),
        reasons: vec![Reason {
            name: "BAYES_SPAM".to_owned(),
            points: Points(-3),
            text: String::new(),
        }],
        headers: vec![HeaderChange::Change {
            name: "X".to_owned(),
            occurrence: 0,
            value: None,
        }],
        virus: Some("Eicar".to_owned()),
        ..Verdict::plain(Source::Clamd, Action::reject(550, "5.7.1", "no"))
    };
    let octets = postcard::to_allocvec(&verdict).unwrap();
    assert_eq!(postcard::from_bytes::<Verdict>(&octets).unwrap(), verdict);
    let failed = Verdict::failed(Source::Rspamd, "no\nanswer");
    assert!(failed.is_failed() && !verdict.is_failed());
}

#[test]
fn a_small_corpus() {
    for input in [
        &b"stream: Eicar FOUND"[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        br#"{"action":"reject","symbols":{"A":{"score":1e308}},"milter":{"add_headers":{"X":{"value":"a\nb"}}}}"#,
        b"\0\0\0\x0ahX-A\0b\nc\0",
        b"A: b\r\n c\r\n\r\nbody",
    ] {
        for end in 0..=input.len() {
            scan::fuzz(&input[..end]);
        }
    }
}

proptest! {
    #[test]
    fn anything_is_borne(input in proptest::collection::vec(any::<u8>(), 0..512)) {
        scan::fuzz(&input);
    }
}

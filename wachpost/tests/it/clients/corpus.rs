//! The mail of the corpus, in through SMTP and LMTP, out through IMAP, byte for byte.

use std::thread;

use testbed::corpus::{Sample, corpus, with_crlf};

use super::imap::Imap;
use super::site::{ANNA, BEN, CLARA, Site};
use super::smtp::{By, Smtp};

/// The corpus has 3,250 mails.
const MAILS_MAX: usize = 10_000;

/// Messages that are read back with one command.
const BATCH: usize = 200;

/// Fields that delivery puts before a message. RFC 5321 4.4: `Return-Path` and `Received`.
const TRACE_FIELDS: [&str; 3] = ["Return-Path:", "Received:", "Delivered-To:"];

#[test]
fn the_corpus_comes_back_byte_for_byte() {
    let Some(mut samples) = corpus("mail", ".eml", MAILS_MAX) else {
        return;
    };
    assert!(samples.len() > 3_000, "{} mails", samples.len());
    for sample in &mut samples {
        sample.bytes = sendable(&sample.bytes);
    }
    let site = Site::start();
    let third = samples.len().div_ceil(3);
    let ways = [
        (ANNA, site.mx, By::Data),
        (BEN, site.lmtp, By::Lmtp),
        (CLARA, site.mx, By::Chunks),
    ];
    let site = &site;
    thread::scope(|scope| {
        for ((recipient, port, by), samples) in ways.into_iter().zip(samples.chunks(third)) {
            scope.spawn(move || {
                deliver(port, by, recipient, samples);
                read_back(site, recipient, samples);
            });
        }
    });
    site.verify();
}

/// As a message can be sent. RFC 5321 2.3.8: lines end with CRLF, the last one, too.
fn sendable(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = with_crlf(bytes);
    if !bytes.ends_with(b"\r\n") {
        bytes.extend(b"\r\n");
    }
    bytes
}

fn deliver(port: u16, by: By, recipient: &str, samples: &[Sample]) {
    let mut smtp = Smtp::connect(port, by);
    for sample in samples {
        if let Err(reply) = smtp.deliver(recipient, &sample.bytes) {
            panic!("`{}` was not taken by {by:?}: {reply}", sample.name);
        }
    }
}

fn read_back(site: &Site, name: &str, samples: &[Sample]) {
    let mut imap = Imap::sign_in(site, name);
    imap.ask("EXAMINE INBOX");
    assert_eq!(imap.count("INBOX"), samples.len(), "messages of {name}");
    for (batch, samples) in samples.chunks(BATCH).enumerate() {
        let first = batch * BATCH + 1;
        let last = first + samples.len() - 1;
        let fetched = imap.ask(&format!("FETCH {first}:{last} (RFC822.SIZE BODY.PEEK[])"));
        let messages: Vec<_> = fetched
            .iter()
            .filter(|response| !response.literals.is_empty())
            .collect();
        assert_eq!(
            messages.len(),
            samples.len(),
            "messages {first}:{last} of {name}"
        );
        for (response, sample) in messages.into_iter().zip(samples) {
            let message = &response.literals[0];
            assert_is(message, sample);
            let size = format!("RFC822.SIZE {}", message.len());
            assert!(
                response.text.contains(&size),
                "`{}`: {size} in {}",
                sample.name,
                response.text
            );
        }
    }
}

/// Wants the bytes of the sample, and before them nothing but whole trace fields.
fn assert_is(message: &[u8], sample: &Sample) {
    let trace = message.strip_suffix(&sample.bytes[..]).unwrap_or_else(|| {
        let from = message.len().saturating_sub(sample.bytes.len());
        let differs = message[from..].iter().zip(&sample.bytes).position(|(is, was)| is != was);
        panic!(
            "`{}` came back changed: {} octets were {}; counted from their ends, the first that differs is {differs:?}",
            sample.name,
            message.len(),
            sample.bytes.len(),
        )
    });
    let trace = std::str::from_utf8(trace).expect("trace fields are text");
    assert!(
        trace.is_empty() || trace.ends_with("\r\n"),
        "`{}`: {trace:?}",
        sample.name
    );
    for line in trace.lines() {
        let known = TRACE_FIELDS.iter().any(|field| line.starts_with(field));
        assert!(
            known || line.starts_with([' ', '\t']),
            "`{}` came back with `{line}` before it",
            sample.name
        );
    }
}

//! Transcripts: dialogues as files, run against the pure session.
//!
//! The first line says the rule. Then settings (`service: mx`, `tls`, `loopback`, `limit size|recipients|messages|errors
//! N`, `no starttls`), then the dialogue. `C:` lines in a row are one packet; each ends with CRLF unless it ends with
//! `\c`; `\r`, `\n`, `\0`, `\\` and `\s` (a space) mean what they say. `S:` lines in a row are all that the server says.
//! `M:` is the content of the message stored last, `X:` the end of the connection.

use std::path::Path;

use smtp::session::{Peer, Service, Settings};

use crate::dialogue::Dialogue;

#[test]
fn every_transcript_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder is part of the crate")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "smtp")
        })
        .collect();
    files.sort();
    assert!(files.len() >= 25, "only {} transcripts found", files.len());
    let mut failures = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("readable");
        for drip in [usize::MAX, 1] {
            if let Err(failure) = run(&text, drip) {
                failures.push(format!("{} (pieces of {drip}): {failure}", file.display()));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Runs a transcript with packets cut into pieces of `drip` octets. Packets whose meaning depends on being one packet
/// are marked `one packet` and not cut.
fn run(text: &str, drip: usize) -> Result<(), String> {
    let mut lines = text.lines().enumerate().peekable();
    match lines.next() {
        Some((_, rule)) if rule.starts_with("# RFC ") => {}
        _ => return Err("the first line does not name a rule".to_owned()),
    }
    let mut settings = Settings::new(Service::Mx, "mail.example.org");
    settings.mechanisms = vec!["PLAIN".into(), "SCRAM-SHA-256-PLUS".into()];
    settings.size_limit_octets = 1_000;
    settings.messages_limit = 10;
    settings.recipients_limit = 100;
    let mut peer = Peer {
        tls: false,
        loopback: false,
    };
    let mut one_packet = false;
    while let Some((_, line)) = lines.next_if(|(_, line)| !line.starts_with("S:")) {
        match line.split(' ').collect::<Vec<_>>().as_slice() {
            ["#", ..] | [""] => {}
            ["service:", "mx"] => settings.service = Service::Mx,
            ["service:", "submission"] => settings.service = Service::Submission,
            ["service:", "lmtp"] => settings.service = Service::Lmtp,
            ["tls"] => peer.tls = true,
            ["loopback"] => {
                peer.loopback = true;
                settings.plain_sign_in_on_loopback = true;
            }
            ["no", "starttls"] => settings.starttls = false,
            ["one", "packet"] => one_packet = true,
            ["limit", what, number] => {
                let number: u32 = number.parse().map_err(|_| "not a number")?;
                match *what {
                    "size" => settings.size_limit_octets = number.into(),
                    "recipients" => settings.recipients_limit = number as usize,
                    "messages" => settings.messages_limit = number,
                    "errors" => settings.errors_limit = number,
                    _ => return Err(format!("no such limit: {what}")),
                }
            }
            _ => return Err(format!("no such setting: {line}")),
        }
    }
    let mut dialogue = Dialogue::new(settings, peer);
    while let Some((number, line)) = lines.next() {
        let kind = line.get(..2).unwrap_or_default();
        let mut block = vec![content(line)];
        while let Some((_, next)) = lines.next_if(|(_, next)| next.starts_with(kind)) {
            block.push(content(next));
        }
        let number = number + 1;
        let expected = block
            .iter()
            .flat_map(|line| octets(line))
            .collect::<Vec<u8>>();
        match kind {
            "C:" => {
                let drip = if one_packet { usize::MAX } else { drip };
                expected
                    .chunks(drip.min(expected.len().max(1)))
                    .for_each(|piece| dialogue.send(piece));
            }
            "S:" => same(number, &expected, &dialogue.said())?,
            "M:" => same(
                number,
                &expected,
                dialogue.messages.last().map_or(&[], Vec::as_slice),
            )?,
            "X:" if dialogue.closed => {}
            "X:" => return Err(format!("line {number}: not closed")),
            _ if line.is_empty() || line.starts_with('#') => {}
            _ => return Err(format!("line {number}: neither C, S, M nor X")),
        }
    }
    match dialogue.said() {
        rest if rest.is_empty() => Ok(()),
        rest => Err(format!("also said {:?}", String::from_utf8_lossy(&rest))),
    }
}

fn same(number: usize, expected: &[u8], found: &[u8]) -> Result<(), String> {
    match expected == found {
        true => Ok(()),
        false => Err(format!(
            "line {number}:\nexpected {:?}\n   found {:?}",
            String::from_utf8_lossy(expected),
            String::from_utf8_lossy(found)
        )),
    }
}

fn content(line: &str) -> &str {
    let content = line.get(2..).unwrap_or_default();
    content.strip_prefix(' ').unwrap_or(content)
}

fn octets(line: &str) -> Vec<u8> {
    let (line, end) = match line.strip_suffix("\\c") {
        Some(line) => (line, ""),
        None => (line, "\r\n"),
    };
    let mut out = String::new();
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        out.push(match (character, character == '\\') {
            (_, true) => match characters.next() {
                Some('r') => '\r',
                Some('n') => '\n',
                Some('0') => '\0',
                Some('s') => ' ',
                Some(other) => other,
                None => '\\',
            },
            (character, false) => character,
        });
    }
    out.push_str(end);
    out.into_bytes()
}

//! Transcripts: dialogues as files, run against the pure session and against the whole face over a socket.
//!
//! The first line says the rule. Then settings (`service: mx`, `tls`, `loopback`, `limit size|recipients|messages|errors
//! N`, `no starttls`, `one packet`, `fake` for what only the fake of [`crate::dialogue`] can do), then the dialogue. `C:`
//! lines in a row are one packet; each ends with CRLF unless it ends with `\c`; `\r`, `\n`, `\0`, `\\` and `\s` (a space)
//! mean what they say. `S:` lines in a row are all that the server says; what a message is accepted as is not compared.
//! `M:` is the content of a message that was stored, without its trace fields; `X:` the end of the connection. Those in
//! `transcripts/face` need the real directory and store, and are run against the whole face alone.

use std::path::{Path, PathBuf};

use smtp::session::{Peer, Service, Settings};

use crate::client::Client;
use crate::dialogue::Dialogue;
use crate::house::{House, Offer};

/// The transcripts of a folder, rising.
fn transcripts(folder: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder is part of the crate")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "smtp")
        })
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("readable");
            (path, text)
        })
        .collect();
    files.sort();
    files
}

#[test]
fn every_transcript_holds_in_the_pure_session() {
    let files = transcripts("tests/transcripts");
    assert!(files.len() >= 25, "only {} transcripts found", files.len());
    let mut failures = Vec::new();
    for (file, text) in files {
        for drip in [usize::MAX, 1] {
            if let Err(failure) = run_pure(&text, drip) {
                failures.push(format!("{} (pieces of {drip}): {failure}", file.display()));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_transcript_holds_over_a_socket() {
    let mut files = transcripts("tests/transcripts");
    files.extend(transcripts("tests/transcripts/face"));
    let mut failures = Vec::new();
    for (file, text) in files {
        for drip in [usize::MAX, 7] {
            if let Err(failure) = run_face(&text, drip).await {
                failures.push(format!("{} (pieces of {drip}): {failure}", file.display()));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A transcript that was read.
struct Script {
    settings: Settings,
    peer: Peer,
    one_packet: bool,
    fake: bool,
    blocks: Vec<Block>,
}

/// Lines of one kind in a row.
struct Block {
    number: usize,
    kind: String,
    octets: Vec<u8>,
}

impl Script {
    fn read(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().enumerate().peekable();
        match lines.next() {
            Some((_, rule)) if rule.starts_with("# RFC ") => {}
            _ => return Err("the first line does not name a rule".to_owned()),
        }
        let mut settings = Settings::new(Service::Mx, "mail.example.org");
        settings.mechanisms = [
            "SCRAM-SHA-256-PLUS",
            "SCRAM-SHA-256",
            "PLAIN",
            "LOGIN",
            "OAUTHBEARER",
        ]
        .map(Into::into)
        .to_vec();
        settings.size_limit_octets = 1_000;
        settings.messages_limit = 10;
        settings.recipients_limit = 100;
        let mut script = Self {
            settings,
            peer: Peer {
                tls: false,
                bound: false,
                loopback: false,
            },
            one_packet: false,
            fake: false,
            blocks: Vec::new(),
        };
        while let Some((_, line)) = lines.next_if(|(_, line)| !line.starts_with("S:")) {
            script.set(line)?;
        }
        while let Some((number, line)) = lines.next() {
            let kind = line.get(..2).unwrap_or_default();
            let mut octets = octets(content(line));
            while let Some((_, next)) = lines.next_if(|(_, next)| next.starts_with(kind)) {
                octets.extend(self::octets(content(next)));
            }
            script.blocks.push(Block {
                number: number + 1,
                kind: kind.to_owned(),
                octets,
            });
        }
        Ok(script)
    }

    fn set(&mut self, line: &str) -> Result<(), String> {
        let settings = &mut self.settings;
        match line.split(' ').collect::<Vec<_>>().as_slice() {
            ["#", ..] | [""] => {}
            ["service:", "mx"] => settings.service = Service::Mx,
            ["service:", "submission"] => settings.service = Service::Submission,
            ["service:", "lmtp"] => settings.service = Service::Lmtp,
            ["tls"] => (self.peer.tls, self.peer.bound) = (true, true),
            ["loopback"] => {
                self.peer.loopback = true;
                settings.plain_sign_in_on_loopback = true;
            }
            ["no", "starttls"] => settings.starttls = false,
            ["one", "packet"] => self.one_packet = true,
            ["fake"] => self.fake = true,
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
        Ok(())
    }
}

impl Block {
    /// The packet in the pieces it is sent in: of `drip` octets, unless its meaning depends on being one packet.
    fn pieces(&self, drip: usize, one_packet: bool) -> impl Iterator<Item = &[u8]> {
        let drip = if one_packet { usize::MAX } else { drip };
        self.octets.chunks(drip.min(self.octets.len().max(1)))
    }

    /// What is left once no other kind fits.
    fn other(&self) -> Result<(), String> {
        match self.kind.is_empty() || self.kind.starts_with('#') {
            true => Ok(()),
            false => Err(format!("line {}: neither C, S, M nor X", self.number)),
        }
    }
}

/// Runs a transcript against the pure session.
fn run_pure(text: &str, drip: usize) -> Result<(), String> {
    let script = Script::read(text)?;
    let mut dialogue = Dialogue::new(script.settings, script.peer);
    for block in &script.blocks {
        match block.kind.as_str() {
            "C:" => block
                .pieces(drip, script.one_packet)
                .for_each(|piece| dialogue.send(piece)),
            "S:" => same(block.number, &block.octets, &dialogue.said())?,
            "M:" => same(
                block.number,
                &block.octets,
                dialogue.messages.last().map_or(&[], Vec::as_slice),
            )?,
            "X:" if dialogue.closed => {}
            "X:" => return Err(format!("line {}: not closed", block.number)),
            _ => block.other()?,
        }
    }
    nothing_more(&dialogue.said())
}

/// Runs a transcript against the face, over a socket.
async fn run_face(text: &str, drip: usize) -> Result<(), String> {
    let script = Script::read(text)?;
    if script.fake {
        return Ok(());
    }
    let offer = match (script.peer.tls, script.settings.starttls) {
        (true, _) => Offer::Tls,
        (false, true) => Offer::StartTls,
        (false, false) => Offer::Plain,
    };
    let house = House::new().await;
    let served = house.serve(&script.settings, offer);
    let mut client = Client::tcp(&served).await;
    if script.peer.tls {
        client.start_tls(&served).await;
    }
    for block in &script.blocks {
        match block.kind.as_str() {
            "C:" => {
                for piece in block.pieces(drip, script.one_packet) {
                    client.send(piece).await;
                }
            }
            "S:" => {
                let said = client.lines(lines_of(&block.octets)).await;
                same(block.number, &block.octets, &said)?;
                if said.starts_with(b"220 2.0.0") {
                    client.start_tls(&served).await;
                }
            }
            "M:" => {
                let contents = house.contents().await;
                if !contents.contains(&block.octets) {
                    return Err(format!("line {}: in no inbox", block.number));
                }
            }
            "X:" => nothing_more(&client.rest().await)?,
            _ => block.other()?,
        }
    }
    nothing_more(&client.end().await)
}

fn lines_of(octets: &[u8]) -> usize {
    octets.iter().filter(|octet| **octet == b'\n').count()
}

fn nothing_more(said: &[u8]) -> Result<(), String> {
    match said {
        [] => Ok(()),
        rest => Err(format!("also said {:?}", String::from_utf8_lossy(rest))),
    }
}

fn same(number: usize, expected: &[u8], found: &[u8]) -> Result<(), String> {
    match without_ids(expected) == without_ids(found) {
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

/// Octets as text, without what messages are accepted as.
fn without_ids(octets: &[u8]) -> String {
    let text = String::from_utf8_lossy(octets);
    let mut lines: Vec<&str> = text.split('\n').collect();
    for line in &mut lines {
        if let Some(at) = line.find("Accepted as ") {
            *line = line.split_at(at).0;
        }
    }
    lines.join("\n")
}

//! Transcripts: dialogues as files, with the client as one side and the file as the other.
//!
//! The first line says the rule. Then what is sent: `from: PATH`, `to: PATH [NOTIFY=..] [ORCPT=..]`, `message: TEXT` (with
//! `\r`, `\n`, `\\`, `\xHH`, and `\*COUNT,TEXT;` for repetition), `envid: ID`, `ret: FULL|HDRS`, `utf8`, `requiretls`. Then
//! the dialogue: `S:` what the server says, `C:` what the client must say then (each line ends with CRLF unless it ends with
//! `\c`), `N:` from here on another connection, `X:` the server closes, `T:` the server is silent for ever. Last `R:` what
//! became of each recipient. Waiting costs nothing: the clock of the test jumps.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::FutureExt as _;
use model::{DsnNotify, DsnReturn};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

use super::world::{World, client, to_host, words};
use crate::wire::{Delivery, HostTls, MessageTls, Recipient, Secure};

#[tokio::test(start_paused = true)]
async fn every_transcript_holds() {
    let files = super::transcripts();
    assert!(files.len() >= 35, "only {} transcripts", files.len());
    let mut failures = Vec::new();
    for (name, text) in files {
        for drip in [usize::MAX, 1] {
            if let Err(failure) = run(&text, drip).await {
                failures.push(format!("{name} (pieces of {drip}): {failure}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// One transcript.
struct Script {
    delivery: Delivery,
    message: Vec<u8>,
    connections: Vec<Vec<Block>>,
    results: Vec<String>,
}

/// Lines of one kind in a row.
#[derive(Clone)]
struct Block {
    number: usize,
    kind: char,
    octets: Vec<u8>,
}

impl Script {
    fn read(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().enumerate();
        match lines.next() {
            Some((_, rule)) if rule.starts_with("# RFC ") => {}
            _ => return Err("the first line does not name a rule".to_owned()),
        }
        let mut script = Self {
            delivery: to_host("mx.example.org", HostTls::Opportunistic, &[]),
            message: b"Subject: x\r\n\r\nHello\r\n".to_vec(),
            connections: vec![Vec::new()],
            results: Vec::new(),
        };
        for (number, line) in lines {
            let (kind, content) = match line.split_once(':') {
                Some((kind, content)) => (kind, content.strip_prefix(' ').unwrap_or(content)),
                None => (line, ""),
            };
            match kind {
                "S" | "C" | "X" | "T" => script.block(number + 1, kind, content)?,
                "N" => script.connections.push(Vec::new()),
                "R" => script.results.push(content.to_owned()),
                _ => script.set(kind, content)?,
            }
        }
        Ok(script)
    }

    fn block(&mut self, number: usize, kind: &str, content: &str) -> Result<(), String> {
        let kind = kind.chars().next().unwrap_or_default();
        let blocks = self.connections.last_mut().ok_or("no connection")?;
        let octets = match content.strip_suffix("\\c") {
            Some(content) => octets(content)?,
            None => [octets(content)?, b"\r\n".to_vec()].concat(),
        };
        match blocks.last_mut() {
            Some(block) if block.kind == kind => block.octets.extend(octets),
            _ => blocks.push(Block {
                number,
                kind,
                octets,
            }),
        }
        Ok(())
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "from" => self.delivery.reverse_path = value.to_owned(),
            "to" => self.delivery.recipients.push(recipient(value)?),
            "message" => self.message = octets(value)?,
            "envid" => self.delivery.envelope_id = Some(value.to_owned()),
            "ret" => {
                let full = value == "FULL";
                self.delivery.dsn_return = Some(if full {
                    DsnReturn::Full
                } else {
                    DsnReturn::Headers
                });
            }
            "utf8" => self.delivery.smtputf8 = true,
            "requiretls" => self.delivery.message_tls = MessageTls::Required,
            _ => return Err(format!("unknown setting {key}")),
        }
        Ok(())
    }
}

fn recipient(text: &str) -> Result<Recipient, String> {
    let mut words = text.split(' ');
    let mut recipient = Recipient {
        forward_path: String::from_utf8(octets(words.next().unwrap_or_default())?)
            .map_err(|error| error.to_string())?,
        notify: None,
        original: None,
    };
    for word in words {
        match word.split_once('=') {
            Some(("NOTIFY", list)) => {
                let has = |wanted| list.split(',').any(|word| word == wanted);
                recipient.notify = Some(DsnNotify {
                    never: has("NEVER"),
                    success: has("SUCCESS"),
                    failure: has("FAILURE"),
                    delay: has("DELAY"),
                });
            }
            Some(("ORCPT", original)) => recipient.original = Some(original.to_owned()),
            _ => return Err(format!("unknown parameter {word}")),
        }
    }
    Ok(recipient)
}

/// Text with its escapes undone.
fn octets(text: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.extend_from_slice(before.as_bytes());
        let kind = after.chars().next().ok_or("a backslash at the end")?;
        rest = &after[kind.len_utf8()..];
        match kind {
            'r' => out.push(b'\r'),
            'n' => out.push(b'\n'),
            '\\' => out.push(b'\\'),
            'x' => {
                let (hex, after) = rest.split_at_checked(2).ok_or("no hex")?;
                out.push(u8::from_str_radix(hex, 16).map_err(|error| error.to_string())?);
                rest = after;
            }
            '*' => {
                let (count, after) = rest.split_once(',').ok_or("no count")?;
                let (repeated, after) = after.split_once(';').ok_or("no end")?;
                let count = count.parse().map_err(|_| "no number")?;
                out.extend(octets(repeated)?.repeat(count));
                rest = after;
            }
            _ => return Err(format!("unknown escape {kind}")),
        }
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(out)
}

async fn run(text: &str, drip: usize) -> Result<(), String> {
    let script = Script::read(text)?;
    let failures = Arc::new(Mutex::new(Vec::new()));
    let connections = Arc::new(Mutex::new(VecDeque::from(script.connections)));
    let serve = {
        let (failures, connections) = (Arc::clone(&failures), Arc::clone(&connections));
        move |stream: DuplexStream| {
            let blocks = connections.lock().unwrap().pop_front();
            let failures = Arc::clone(&failures);
            async move {
                let played = match blocks {
                    Some(blocks) => play(stream, &blocks, drip).await,
                    None => Err("a connection too many".to_owned()),
                };
                failures.lock().unwrap().extend(played.err());
            }
            .boxed()
        }
    };
    let world = World::new()
        .host(
            "mx.example.org",
            Secure::Insecure,
            &["192.0.2.1", "192.0.2.2"],
        )
        .server("192.0.2.1", Arc::new(serve.clone()))
        .server("192.0.2.2", Arc::new(serve));
    let world = Arc::new(world);
    let smtp = client(&world, &[]);
    let message = Bytes::from(script.message);
    let delivered = smtp.deliver(script.delivery, message).await;
    tokio::task::yield_now().await;
    let failures = failures.lock().unwrap();
    if let Some(failure) = failures.first() {
        return Err(failure.clone());
    }
    let words = words(&delivered);
    match words == script.results {
        true => Ok(()),
        false => Err(format!("the results are\n  {}", words.join("\n  "))),
    }
}

/// Plays the server of one connection.
async fn play(mut stream: DuplexStream, blocks: &[Block], drip: usize) -> Result<(), String> {
    for block in blocks {
        match block.kind {
            'S' => {
                for piece in block.octets.chunks(drip.min(block.octets.len().max(1))) {
                    if stream.write_all(piece).await.is_err() {
                        return Err(format!("line {}: the client has gone", block.number));
                    }
                    tokio::task::yield_now().await;
                }
            }
            'C' => {
                let mut got = vec![0; block.octets.len()];
                let mut read = 0;
                while read < got.len() {
                    match stream.read(&mut got[read..]).await {
                        Ok(0) | Err(_) => break,
                        Ok(octets) => read += octets,
                    }
                    // What differs early shall not be waited for.
                    if got[..read] != block.octets[..read] {
                        break;
                    }
                }
                if got[..read] != block.octets {
                    return Err(format!(
                        "line {}: expected {:?}, got {:?}",
                        block.number,
                        String::from_utf8_lossy(&block.octets),
                        String::from_utf8_lossy(&got[..read]),
                    ));
                }
            }
            'X' => return Ok(()),
            'T' => std::future::pending().await,
            _ => return Err(format!("line {}: unknown", block.number)),
        }
    }
    // Nothing but leave-taking may follow.
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    match rest.is_empty() || rest == b"QUIT\r\n" {
        true => Ok(()),
        false => Err(format!(
            "the client goes on: {:?}",
            String::from_utf8_lossy(&rest)
        )),
    }
}

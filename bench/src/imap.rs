//! A client that speaks IMAP and spends next to nothing on what it reads: it only looks for the end of each answer.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

/// How long the server may be silent.
const ANSWER_WAIT: Duration = Duration::from_secs(600);

/// Octets read at once.
const READ_OCTETS: usize = 256 * 1024;

/// The longest line that ends an answer.
const LAST_LINE_OCTETS_MAX: usize = 4_096;

/// What goes before the number in a tag: not found in messages.
const TAG: &str = "bench-tag-";

#[derive(Debug)]
pub(crate) struct Imap {
    socket: TcpStream,
    buffer: Vec<u8>,
    commands: u64,
}

impl Imap {
    /// Waits for the greeting.
    pub(crate) fn connect(address: SocketAddr) -> Result<Self> {
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(ANSWER_WAIT))?;
        let mut client = Self {
            socket,
            buffer: Vec::new(),
            commands: 0,
        };
        client.line()?;
        Ok(client)
    }

    pub(crate) fn sign_in(address: SocketAddr, name: &str, password: &str) -> Result<Self> {
        let mut client = Self::connect(address)?;
        client.ask(&format!("LOGIN \"{name}\" \"{password}\""))?;
        Ok(client)
    }

    /// The answer without its last line, which must be OK.
    pub(crate) fn ask(&mut self, command: &str) -> Result<String> {
        let mut kept = Vec::new();
        self.send(command)?;
        self.finish(|octets| kept.extend_from_slice(octets))
            .with_context(|| command.to_owned())?;
        Ok(String::from_utf8_lossy(&kept).into_owned())
    }

    /// How many octets the answer has, which must be OK.
    pub(crate) fn drain(&mut self, command: &str) -> Result<u64> {
        let mut count = 0;
        self.send(command)?;
        self.finish(|octets| count += octets.len() as u64)
            .with_context(|| command.to_owned())?;
        Ok(count)
    }

    /// How many lines the answer has, which must be OK.
    pub(crate) fn lines(&mut self, command: &str) -> Result<u64> {
        let mut count = 0;
        self.send(command)?;
        self.finish(|octets| {
            count += octets.iter().filter(|octet| **octet == b'\n').count() as u64
        })
        .with_context(|| command.to_owned())?;
        Ok(count)
    }

    /// Asks STATUS for the number of messages.
    pub(crate) fn messages(&mut self, mailbox: &str) -> Result<u64> {
        let answer = self.ask(&format!("STATUS {mailbox} (MESSAGES)"))?;
        let number = answer
            .split_once("(MESSAGES ")
            .and_then(|(_, rest)| rest.split([')', ' ']).next());
        number
            .and_then(|number| number.parse().ok())
            .context(answer)
    }

    pub(crate) fn append(&mut self, mailbox: &str, message: &[u8]) -> Result<()> {
        self.send(&format!("APPEND {mailbox} {{{}}}", message.len()))?;
        self.continued()?;
        self.socket.write_all(message)?;
        self.socket.write_all(b"\r\n")?;
        self.finish(|_| ())
    }

    /// Starts IDLE and leaves it so.
    pub(crate) fn idle(&mut self) -> Result<()> {
        self.send("IDLE")?;
        self.continued()
    }

    pub(crate) fn sign_out(mut self) -> Result<()> {
        self.drain("LOGOUT").map(drop)
    }

    fn send(&mut self, command: &str) -> Result<()> {
        self.commands += 1;
        let line = format!("{TAG}{} {command}\r\n", self.commands);
        Ok(self.socket.write_all(line.as_bytes())?)
    }

    fn continued(&mut self) -> Result<()> {
        loop {
            let line = self.line()?;
            if line.starts_with(b"+") {
                return Ok(());
            }
            ensure!(
                line.starts_with(b"* "),
                "no continuation: {}",
                String::from_utf8_lossy(&line)
            );
        }
    }

    fn line(&mut self) -> Result<Vec<u8>> {
        loop {
            if let Some(end) = self.buffer.iter().position(|octet| *octet == b'\n') {
                return Ok(self.buffer.drain(..=end).collect());
            }
            ensure!(self.buffer.len() < READ_OCTETS, "a line without end");
            let start = self.buffer.len();
            self.buffer.resize(start + LAST_LINE_OCTETS_MAX, 0);
            let count = self.socket.read(&mut self.buffer[start..])?;
            self.buffer.truncate(start + count);
            ensure!(count > 0, "the server closed the connection");
        }
    }

    /// Reads up to the line with the tag. That one is the last that the server sends until it is asked again, so only
    /// the end of what came is looked at.
    fn finish(&mut self, mut take: impl FnMut(&[u8])) -> Result<()> {
        let tag = format!("{TAG}{} ", self.commands);
        // What was taken last, as much as a last line may have, then what comes.
        let mut held = std::mem::take(&mut self.buffer);
        let mut room = vec![0; READ_OCTETS];
        loop {
            if held.ends_with(b"\r\n") {
                let before = &held[..held.len() - 2];
                let start = before
                    .iter()
                    .rposition(|octet| *octet == b'\n')
                    .map_or(0, |at| at + 1);
                if held[start..].starts_with(tag.as_bytes()) {
                    take(&held[..start]);
                    let status = &held[start + tag.len()..];
                    if !status.starts_with(b"OK") {
                        bail!(
                            "the server said: {}",
                            String::from_utf8_lossy(status).trim_end()
                        );
                    }
                    return Ok(());
                }
            }
            let keep = held.len().min(LAST_LINE_OCTETS_MAX);
            take(&held[..held.len() - keep]);
            held.drain(..held.len() - keep);
            let count = self.socket.read(&mut room)?;
            ensure!(count > 0, "the server closed the connection");
            // Of a long piece only the end can matter: the rest is not copied.
            let passed = count.saturating_sub(LAST_LINE_OCTETS_MAX);
            if passed > 0 {
                take(&held);
                held.clear();
                take(&room[..passed]);
            }
            held.extend_from_slice(&room[passed..count]);
        }
    }
}

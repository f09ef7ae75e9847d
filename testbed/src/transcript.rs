//! Dialogues as files: what clients send and what the server must say, played over any connection.
//!
//! ```text
//! # RFC 9051 6.3.12: the first line names the rule; other lines with # are remarks.
//! C: a1 LOGIN ${user} secret      a line, with CRLF put behind it
//! S: a1 OK ...                    a line that must come; `...` stands for anything
//! S: * OK [UIDVALIDITY {v}] ...   `{v}` keeps a word (letters first, so `{12}` is just text)
//! C: a2 X ${v}                    and `${v}` says it again
//! C: a3 APPEND INBOX {#+}         `#` in braces is counted: the octets of the block that follows
//! C| Subject: hello               a block: each line with CRLF
//! C|
//! C:                              ends the command with CRLF
//! C! a4 NOOP\r\n\x00              as it stands, with `\r \n \t \\ \xNN`
//! S~ a4 OK ...                    passes over lines until this one comes
//! S!                              the server closes the connection
//! C2: ...   S2: ...               another connection
//! ```
//!
//! Reading waits under the connection's own deadline (a read timeout); nothing sleeps.

mod parse;

mod pattern;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

use self::parse::{Action, Step};
pub use self::parse::{Transcript, fuzz};
use self::pattern::{Bindings, matches, substituted};

/// Octets of one line of the server.
const LINE_OCTETS_MAX: usize = 4 * 1024 * 1024;
/// Lines of the dialogue shown with a failure.
const LINES_SHOWN: usize = 12;

/// A connection as a transcript drives it: blocking, with a read timeout that is the deadline of every answer.
pub trait Wire {
    /// Sends all of these bytes.
    ///
    /// # Errors
    /// The connection is closed.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Takes what has come, 0 at the end.
    ///
    /// # Errors
    /// The deadline has passed ([`ErrorKind::WouldBlock`], [`ErrorKind::TimedOut`]), or the connection broke.
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize>;
}

impl<T: Read + Write> Wire for T {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)?;
        self.flush()
    }

    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.read(buffer)
    }
}

impl Transcript {
    /// Plays the dialogue. `connect` opens connection 1, 2, ... at its first line; `known` can be said with `${name}`.
    ///
    /// # Errors
    /// Where the server says something else, with the place in the file and the last lines of the dialogue.
    pub fn play(
        &self,
        known: &[(&str, &str)],
        mut connect: impl FnMut(u8) -> Box<dyn Wire>,
    ) -> Result<(), String> {
        let mut player = Player {
            bindings: known
                .iter()
                .map(|(name, value)| ((*name).into(), (*value).into()))
                .collect(),
            lines: BTreeMap::new(),
            log: Vec::new(),
        };
        for (place, step) in self.steps.iter().enumerate() {
            player
                .lines
                .entry(step.connection)
                .or_insert_with(|| Lines::new(connect(step.connection)));
            let counted = self.octets_of_block_after(place);
            player.step(step, counted).map_err(|why| {
                let shown = player.log.iter().rev().take(LINES_SHOWN).rev();
                let mut text = format!("{}:{}: {why}\n{}\n", self.name, step.line, self.rule);
                for line in shown {
                    // Writing to a string does not fail.
                    let _ = writeln!(text, "    {line}");
                }
                text
            })?;
        }
        Ok(())
    }

    /// Octets of the next block on the same connection.
    fn octets_of_block_after(&self, place: usize) -> usize {
        let connection = self.steps.get(place).map(|step| step.connection);
        self.steps
            .iter()
            .skip(place + 1)
            .filter(|step| Some(step.connection) == connection)
            .skip_while(|step| !matches!(step.action, Action::Block(_)))
            .map_while(|step| match &step.action {
                Action::Block(text) => Some(text.len() + 2),
                _ => None,
            })
            .sum()
    }
}

/// Plays every file of a folder with this extension, in the order of their paths, and those of its folders.
///
/// # Panics
/// With everything that failed, or if there is no such file.
pub fn play_all(
    folder: &Path,
    extension: &str,
    mut play: impl FnMut(&Transcript) -> Result<(), String>,
) {
    let transcripts = Transcript::read_all(folder, extension);
    assert!(
        !transcripts.is_empty(),
        "no transcript in `{}`",
        folder.display()
    );
    let failures: Vec<_> = transcripts
        .iter()
        .filter_map(|one| play(one).err())
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {} failed\n\n{}",
        failures.len(),
        transcripts.len(),
        failures.join("\n")
    );
}

/// One dialogue being played.
struct Player {
    bindings: Bindings,
    lines: BTreeMap<u8, Lines>,
    log: Vec<String>,
}

impl Player {
    fn step(&mut self, step: &Step, counted: usize) -> Result<(), String> {
        let lines = self
            .lines
            .get_mut(&step.connection)
            .ok_or("no connection")?;
        let number = step.connection;
        match &step.action {
            Action::Send(text) | Action::Block(text) => {
                let text = substituted(text, &self.bindings)?;
                let text = text.replace("{#", &format!("{{{counted}"));
                self.log.push(format!("C{number}: {text}"));
                lines.send(format!("{text}\r\n").as_bytes())
            }
            Action::Raw(bytes) => {
                self.log
                    .push(format!("C{number}! {}", bytes.escape_ascii()));
                lines.send(bytes)
            }
            Action::Expect(pattern) => {
                let expected = substituted(pattern, &self.bindings)?;
                let said = lines.line(&expected)?;
                self.log.push(format!("S{number}: {said}"));
                match matches(&expected, &said) {
                    Some(found) => self.bindings.extend(found),
                    None => return Err(format!("expected `{expected}`, the server says `{said}`")),
                }
                Ok(())
            }
            Action::Await(pattern) => {
                let expected = substituted(pattern, &self.bindings)?;
                loop {
                    let said = lines.line(&expected)?;
                    self.log.push(format!("S{number}: {said}"));
                    if let Some(found) = matches(&expected, &said) {
                        self.bindings.extend(found);
                        return Ok(());
                    }
                }
            }
            Action::Closed => lines.closed(),
        }
    }
}

/// A connection with what came and was not looked at.
struct Lines {
    wire: Box<dyn Wire>,
    come: Vec<u8>,
}

impl Lines {
    fn new(wire: Box<dyn Wire>) -> Self {
        Self {
            wire,
            come: Vec::new(),
        }
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.wire
            .send(bytes)
            .map_err(|error| format!("cannot send: {error}"))
    }

    /// The next line without its CRLF.
    fn line(&mut self, expected: &str) -> Result<String, String> {
        let mut looked_at = 0;
        loop {
            let end = self.come[looked_at..]
                .iter()
                .position(|byte| *byte == b'\n');
            if let Some(end) = end {
                let mut line: Vec<u8> = self.come.drain(..=looked_at + end).collect();
                line.pop();
                if line.pop() != Some(b'\r') {
                    return Err(format!("a line ends without CR: {}", line.escape_ascii()));
                }
                return Ok(String::from_utf8_lossy(&line).into_owned());
            }
            looked_at = self.come.len();
            if looked_at > LINE_OCTETS_MAX {
                return Err("the server's line does not end".into());
            }
            match self.more() {
                Ok(0) => return Err(format!("expected `{expected}`, the connection is closed")),
                Ok(_) => {}
                Err(error) => return Err(format!("expected `{expected}`, nothing comes: {error}")),
            }
        }
    }

    fn closed(&mut self) -> Result<(), String> {
        match self.more() {
            Ok(0) if self.come.is_empty() => Ok(()),
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
                ) =>
            {
                Ok(())
            }
            Ok(_) => Err(format!(
                "expected the end, the server says {}",
                self.come.escape_ascii()
            )),
            Err(error) => Err(format!("expected the end: {error}")),
        }
    }

    fn more(&mut self) -> io::Result<usize> {
        let mut buffer = [0; 16 * 1024];
        let count = self.wire.receive(&mut buffer)?;
        self.come.extend_from_slice(&buffer[..count]);
        Ok(count)
    }
}

#[cfg(test)]
mod tests;

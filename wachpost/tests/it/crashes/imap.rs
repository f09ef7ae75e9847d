//! A plain IMAP client.

use std::collections::BTreeSet;

use super::wire::{Trouble, Wire};

/// A signed-in session.
#[derive(Debug)]
pub(super) struct Imap {
    wire: Wire,
    commands: u32,
}

/// One untagged response: its text with each literal left out behind its `{n}`, and the literals.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) literals: Vec<Vec<u8>>,
}

/// What the server said to a command.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) untagged: Vec<Line>,
    /// The tagged response without its tag.
    pub(super) status: String,
}

/// A message as FETCH shows it.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) uid: u32,
    pub(super) flags: BTreeSet<String>,
    pub(super) octets: Vec<u8>,
}

impl Imap {
    pub(super) fn sign_in(port: u16, name: &str, password: &str) -> Result<Self, Trouble> {
        let mut client = Self {
            wire: Wire::connect(port)?,
            commands: 0,
        };
        let greeting = client.response()?;
        if !greeting.text.starts_with("* OK") {
            return Err(Trouble::Wrong(greeting.text));
        }
        client.ok(&format!("LOGIN {name} \"{password}\""))?;
        Ok(client)
    }

    /// Sends a command and reads up to its tagged response.
    pub(super) fn ask(&mut self, command: &str) -> Result<Answer, Trouble> {
        self.ask_with(command, None)
    }

    /// Wants OK.
    pub(super) fn ok(&mut self, command: &str) -> Result<Answer, Trouble> {
        let answer = self.ask(command)?;
        answer.wanted(command)
    }

    /// Appends a message, sent without waiting (RFC 7888).
    pub(super) fn append(
        &mut self,
        mailbox: &str,
        flags: &str,
        message: &[u8],
    ) -> Result<Answer, Trouble> {
        let command = format!("APPEND {mailbox} ({flags}) {{{}+}}", message.len());
        self.ask_with(&command, Some(message))
    }

    fn ask_with(&mut self, command: &str, literal: Option<&[u8]>) -> Result<Answer, Trouble> {
        self.commands += 1;
        let tag = format!("t{} ", self.commands);
        let mut bytes = format!("{tag}{command}\r\n").into_bytes();
        if let Some(literal) = literal {
            bytes.extend(literal);
            bytes.extend(b"\r\n");
        }
        self.wire.write(&bytes)?;
        let mut untagged = Vec::new();
        loop {
            let response = self.response()?;
            if let Some(status) = response.text.strip_prefix(&tag) {
                return Ok(Answer {
                    untagged,
                    status: status.to_owned(),
                });
            }
            // RFC 9051 7.1.5: the server is about to close the connection.
            if response.text.starts_with("* BYE") {
                return Err(Trouble::Gone(response.text));
            }
            untagged.push(response);
        }
    }

    /// Names of all mailboxes; those of these tests need no quoting.
    pub(super) fn mailboxes(&mut self) -> Result<BTreeSet<String>, Trouble> {
        let listed = self.ok("LIST \"\" \"*\"")?;
        let name = |line: &Line| {
            let (_, name) = line.text.strip_prefix("* LIST (")?.rsplit_once(' ')?;
            Some(name.trim_matches('"').to_owned())
        };
        Ok(listed.untagged.iter().filter_map(name).collect())
    }

    /// Opens a mailbox; tells its UIDVALIDITY and how many messages it has.
    pub(super) fn select(&mut self, mailbox: &str) -> Result<(u32, u32), Trouble> {
        let answer = self.ok(&format!("SELECT {mailbox}"))?;
        let validity = answer.number("[UIDVALIDITY ", "]");
        let exists = answer.number("* ", " EXISTS");
        match (validity, exists) {
            (Some(validity), Some(exists)) => Ok((validity, exists)),
            _ => Err(Trouble::Wrong(format!("{answer:?}"))),
        }
    }

    /// All messages of the open mailbox with this of their bytes: `BODY.PEEK[]`, or a part of it.
    pub(super) fn fetch(&mut self, what: &str) -> Result<Vec<Fetched>, Trouble> {
        let answer = self.ok(&format!("UID FETCH 1:* (UID FLAGS {what})"))?;
        let mut fetched = Vec::new();
        for mut line in answer.untagged {
            if line.text.contains(" FETCH (") && !line.literals.is_empty() {
                let octets = line.literals.remove(0);
                let wrong = || Trouble::Wrong(line.text.clone());
                fetched.push(Fetched {
                    uid: number(&line.text, "UID ", &[' ', ')']).ok_or_else(wrong)?,
                    flags: flags(&line.text).ok_or_else(wrong)?,
                    octets,
                });
            }
        }
        Ok(fetched)
    }

    fn response(&mut self) -> Result<Line, Trouble> {
        let mut response = Line {
            text: String::new(),
            literals: Vec::new(),
        };
        loop {
            response.text.push_str(&self.wire.line()?);
            // RFC 9051 9: a line that ends in `{n}` goes on behind n octets.
            let octets = response
                .text
                .strip_suffix('}')
                .and_then(|text| text.rsplit_once('{'))
                .and_then(|(_, number)| number.parse().ok());
            let Some(octets) = octets else {
                return Ok(response);
            };
            response.literals.push(self.wire.exactly(octets)?);
        }
    }
}

impl Answer {
    pub(super) fn is_ok(&self) -> bool {
        self.status.starts_with("OK")
    }

    /// The answer, if it is OK.
    pub(super) fn wanted(self, command: &str) -> Result<Self, Trouble> {
        if self.is_ok() {
            return Ok(self);
        }
        let command: String = command.chars().take(100).collect();
        Err(Trouble::Wrong(format!("`{command}`: {}", self.status)))
    }

    /// The number between these words in any of the responses.
    fn number(&self, before: &str, after: &str) -> Option<u32> {
        let texts = self.untagged.iter().map(|line| line.text.as_str());
        texts.chain([self.status.as_str()]).find_map(|text| {
            let (_, rest) = text.split_once(before)?;
            rest.split_once(after)?.0.parse().ok()
        })
    }
}

fn number(text: &str, before: &str, after: &[char]) -> Option<u32> {
    let (_, rest) = text.split_once(before)?;
    rest.split(after).next()?.parse().ok()
}

fn flags(text: &str) -> Option<BTreeSet<String>> {
    let (_, rest) = text.split_once("FLAGS (")?;
    let (flags, _) = rest.split_once(')')?;
    // RFC 3501 2.3.2: \Recent belongs to the session and not to the message.
    let lasting = flags.split_whitespace().filter(|flag| *flag != "\\Recent");
    Some(lasting.map(str::to_owned).collect())
}

//! A plain IMAP client of our own, to prepare mailboxes and to look at what a program left there.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::site::{PASSWORD, Site};

/// How long the server may be silent.
const ANSWER_WAIT: Duration = Duration::from_secs(60);

/// A signed-in session, in plain text on loopback.
pub(super) struct Imap {
    reader: BufReader<TcpStream>,
    commands: u32,
}

/// One response: its text with each literal cut out after its `{n}`, and the literals.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) text: String,
    pub(super) literals: Vec<Vec<u8>>,
}

impl Imap {
    pub(super) fn sign_in(site: &Site, name: &str) -> Self {
        Self::sign_in_at(site.imap, name, PASSWORD)
    }

    /// At this port of 127.0.0.1.
    pub(super) fn sign_in_at(port: u16, name: &str, password: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(ANSWER_WAIT)).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut client = Self {
            reader: BufReader::new(stream),
            commands: 0,
        };
        let greeting = client.response();
        assert!(greeting.text.starts_with("* OK"), "{greeting:?}");
        client.ask(&format!("LOGIN {name} \"{password}\""));
        client
    }

    /// Sends a command, wants OK, and gives the untagged responses.
    pub(super) fn ask(&mut self, command: &str) -> Vec<Response> {
        let tag = self.send(command);
        self.finish(&tag, command)
    }

    /// Appends a message. Flags as they are written: `\Seen \Flagged`.
    pub(super) fn append(&mut self, mailbox: &str, flags: &str, message: &[u8]) {
        let command = format!("APPEND \"{mailbox}\" ({flags}) {{{}}}", message.len());
        let tag = self.send(&command);
        let go_on = self.response();
        assert!(go_on.text.starts_with('+'), "{command}: {go_on:?}");
        self.write(message);
        self.write(b"\r\n");
        self.finish(&tag, &command);
    }

    /// Names of all mailboxes that can be selected, as the wire has them.
    pub(super) fn mailboxes(&mut self) -> Vec<String> {
        let listed = self.ask("LIST \"\" \"*\"");
        let names = listed.iter().filter_map(|response| {
            let (attributes, rest) = response.text.strip_prefix("* LIST (")?.split_once(") ")?;
            let (_separator, name) = rest.split_once(' ')?;
            (!attributes.contains("\\Noselect") && !attributes.contains("\\NonExistent"))
                .then(|| name.trim_matches('"').to_owned())
        });
        names.collect()
    }

    /// How many messages the mailbox has.
    pub(super) fn count(&mut self, mailbox: &str) -> usize {
        let answers = self.ask(&format!("STATUS \"{mailbox}\" (MESSAGES)"));
        let number = answers
            .iter()
            .find_map(|answer| answer.text.split_once("(MESSAGES "));
        let (_, number) = number.unwrap_or_else(|| panic!("{answers:?}"));
        number.trim_end_matches(')').parse().unwrap()
    }

    /// Messages and the text of their FETCH responses, which has the flags.
    pub(super) fn messages(&mut self, mailbox: &str) -> Vec<(String, Vec<u8>)> {
        self.ask(&format!("EXAMINE \"{mailbox}\""));
        if self.count_selected() == 0 {
            return Vec::new();
        }
        let fetched = self.ask("FETCH 1:* (UID FLAGS BODY.PEEK[])");
        fetched
            .into_iter()
            .filter(|response| response.text.contains(" FETCH ") && !response.literals.is_empty())
            .map(|mut response| (response.text, response.literals.remove(0)))
            .collect()
    }

    fn count_selected(&mut self) -> usize {
        let found = self.ask("UID SEARCH ALL");
        let numbers = found
            .iter()
            .find_map(|response| response.text.strip_prefix("* SEARCH"));
        numbers.map_or(0, |numbers| numbers.split_whitespace().count())
    }

    fn send(&mut self, command: &str) -> String {
        self.commands += 1;
        let tag = format!("t{}", self.commands);
        self.write(format!("{tag} {command}\r\n").as_bytes());
        tag
    }

    fn write(&mut self, bytes: &[u8]) {
        self.reader.get_mut().write_all(bytes).unwrap();
    }

    fn finish(&mut self, tag: &str, command: &str) -> Vec<Response> {
        let mut untagged = Vec::new();
        loop {
            let response = self.response();
            if let Some(status) = response.text.strip_prefix(&format!("{tag} ")) {
                assert!(status.starts_with("OK"), "{command}: {status}");
                return untagged;
            }
            untagged.push(response);
        }
    }

    fn response(&mut self) -> Response {
        let mut response = Response {
            text: String::new(),
            literals: Vec::new(),
        };
        loop {
            let mut line = Vec::new();
            self.reader.read_until(b'\n', &mut line).unwrap();
            assert!(line.ends_with(b"\r\n"), "the server closed the connection");
            response
                .text
                .push_str(&String::from_utf8_lossy(&line[..line.len() - 2]));
            let Some(octets) = literal_octets(&response.text) else {
                return response;
            };
            let mut literal = vec![0; octets];
            self.reader.read_exact(&mut literal).unwrap();
            response.literals.push(literal);
        }
    }
}

/// RFC 9051 9: a line that ends in `{n}` goes on behind n octets.
fn literal_octets(line: &str) -> Option<usize> {
    let (_, number) = line.strip_suffix('}')?.rsplit_once('{')?;
    number.parse().ok()
}

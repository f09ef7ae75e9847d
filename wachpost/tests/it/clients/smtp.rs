//! A plain SMTP and LMTP client of our own, which sends messages as they are: the corpus goes in through it.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

/// How long the server may be silent.
const ANSWER_WAIT: Duration = Duration::from_secs(60);

/// How a message is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// SMTP with DATA.
    Data,
    /// SMTP with BDAT (RFC 3030).
    Chunks,
    /// LMTP with DATA (RFC 2033).
    Lmtp,
}

/// A connection that has said hello.
pub(super) struct Smtp {
    reader: BufReader<TcpStream>,
    by: By,
}

impl Smtp {
    pub(super) fn connect(port: u16, by: By) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(ANSWER_WAIT)).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut client = Self {
            reader: BufReader::new(stream),
            by,
        };
        client.want("220");
        let hello = if by == By::Lmtp { "LHLO" } else { "EHLO" };
        client.write(format!("{hello} client.example.net\r\n").as_bytes());
        client.want("250");
        client
    }

    /// Hands over one message; says what the server answers where it does not take it.
    pub(super) fn deliver(&mut self, recipient: &str, message: &[u8]) -> Result<(), String> {
        let envelope =
            format!("MAIL FROM:<list@example.net> BODY=8BITMIME\r\nRCPT TO:<{recipient}>\r\n");
        match self.by {
            By::Chunks => {
                let (first, last) = message.split_at(message.len() / 2);
                let mut bytes = format!("{envelope}BDAT {}\r\n", first.len()).into_bytes();
                bytes.extend(first);
                bytes.extend(format!("BDAT {} LAST\r\n", last.len()).bytes());
                bytes.extend(last);
                self.write(&bytes);
                let replies = [self.reply(), self.reply(), self.reply(), self.reply()];
                let refused = replies.iter().find(|reply| !reply.starts_with("250"));
                refused.map_or(Ok(()), |reply| Err(reply.clone()))
            }
            By::Data | By::Lmtp => {
                self.write(format!("{envelope}DATA\r\n").as_bytes());
                let replies = [self.reply(), self.reply(), self.reply()];
                if !replies[2].starts_with("354") {
                    return Err(replies.concat());
                }
                self.write(&stuffed(message));
                let reply = self.reply();
                if reply.starts_with("250") {
                    Ok(())
                } else {
                    Err(reply)
                }
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        self.reader.get_mut().write_all(bytes).unwrap();
    }

    fn want(&mut self, code: &str) {
        let reply = self.reply();
        assert!(reply.starts_with(code), "wanted {code}: {reply}");
    }

    /// All lines of one reply.
    fn reply(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let start = reply.len();
            let octets = self.reader.read_line(&mut reply).unwrap();
            assert!(
                octets > 4,
                "the server closed the connection after `{reply}`"
            );
            // RFC 5321 4.2.1: a hyphen after the code says that another line follows.
            if reply.as_bytes()[start + 3] != b'-' {
                return reply;
            }
        }
    }
}

/// RFC 5321 4.5.2: a line that begins with a dot gets another, and a dot alone ends the message.
fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(message.len() + 64);
    for line in message.split_inclusive(|octet| *octet == b'\n') {
        if line.starts_with(b".") {
            bytes.push(b'.');
        }
        bytes.extend(line);
    }
    if !bytes.ends_with(b"\r\n") {
        bytes.extend(b"\r\n");
    }
    bytes.extend(b".\r\n");
    bytes
}

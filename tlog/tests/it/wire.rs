//! HTTP as lines, so that a transcript reads as a dialogue.
//!
//! What is sent until an answer is waited for is one request: method and path, fields, an empty line, and the body, whose lines
//! end with LF alone. The answer comes as status, fields by name, an empty line, the body with its lines, and a line with a dot;
//! a body that is no text comes as the number of its octets.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;

use testbed::transcript::Wire;

/// Fields that the shell adds.
const HIDDEN: [&str; 3] = ["date", "content-length", "connection"];
/// Octets of an answer that are read.
const ANSWER_OCTETS_MAX: usize = 64 * 1024;

pub(crate) struct HttpWire {
    stream: UnixStream,
    sent: Vec<u8>,
    answer: Vec<u8>,
}

impl HttpWire {
    pub(crate) fn new(stream: UnixStream) -> Self {
        Self {
            stream,
            sent: Vec::new(),
            answer: Vec::new(),
        }
    }

    fn ask(&mut self) -> io::Result<()> {
        let text = String::from_utf8(std::mem::take(&mut self.sent))
            .map_err(|_| ErrorKind::InvalidData)?;
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text.trim_end(), ""));
        let body = body.replace("\r\n", "\n");
        let (first, fields) = head.split_once("\r\n").unwrap_or((head, ""));
        let mut request = format!(
            "{first} HTTP/1.1\r\nHost: w.example\r\nContent-Length: {}\r\n",
            body.len()
        );
        for field in fields.lines() {
            request.push_str(&format!("{field}\r\n"));
        }
        self.stream
            .write_all(format!("{request}\r\n{body}").as_bytes())?;
        self.answer = shown(&mut self.stream)?.into_bytes();
        Ok(())
    }
}

impl Wire for HttpWire {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sent.extend_from_slice(bytes);
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.answer.is_empty() {
            if self.sent.is_empty() {
                return Err(ErrorKind::TimedOut.into());
            }
            self.ask()?;
        }
        let octets = self.answer.len().min(buffer.len());
        buffer[..octets].copy_from_slice(&self.answer[..octets]);
        self.answer.drain(..octets);
        Ok(octets)
    }
}

/// Reads one answer, and writes it as lines.
fn shown(stream: &mut impl Read) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < ANSWER_OCTETS_MAX {
        let mut octet = [0];
        stream.read_exact(&mut octet)?;
        head.extend(octet);
    }
    let head = String::from_utf8(head).map_err(|_| ErrorKind::InvalidData)?;
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|line| line.split_once(' '))
        .map_or("", |(_, status)| status);
    let mut fields: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    fields.sort();
    let length = fields.iter().find(|(name, _)| name == "content-length");
    let length: usize = length
        .map_or(Ok(0), |(_, value)| value.parse())
        .map_err(|_| ErrorKind::InvalidData)?;
    let mut body = vec![0; length.min(ANSWER_OCTETS_MAX)];
    stream.read_exact(&mut body)?;
    let mut text = format!("{status}\r\n");
    for (name, value) in fields
        .iter()
        .filter(|(name, _)| !HIDDEN.contains(&name.as_str()))
    {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    match str::from_utf8(&body) {
        Ok(body) if body.bytes().all(|octet| octet >= b' ' || octet == b'\n') => {
            for line in body.lines() {
                text.push_str(&format!("{line}\r\n"));
            }
        }
        _ => text.push_str(&format!("{} octets\r\n", body.len())),
    }
    text.push_str(".\r\n");
    Ok(text)
}

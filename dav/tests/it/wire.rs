//! HTTP as lines, so that a transcript reads as a dialogue.
//!
//! What is sent until an answer is waited for is one request: method and path, fields, an empty line, the body. The
//! answer comes as status, fields by name (without those that say nothing about the service), an empty line, the body
//! with each element of XML on a line of its own, and a line with a dot.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use testbed::transcript::Wire;

/// Fields that the shell adds, or that change from run to run.
const HIDDEN: [&str; 5] = [
    "date",
    "content-length",
    "cache-control",
    "transfer-encoding",
    "connection",
];

pub(crate) struct HttpWire {
    stream: UnixStream,
    /// Whose requests these are.
    name: Option<&'static str>,
    sent: Vec<u8>,
    answer: Vec<u8>,
}

impl HttpWire {
    pub(crate) fn new(stream: UnixStream, name: Option<&'static str>) -> Self {
        Self {
            stream,
            name,
            sent: Vec::new(),
            answer: Vec::new(),
        }
    }

    fn ask(&mut self) -> io::Result<()> {
        let sent = std::mem::take(&mut self.sent);
        let text = String::from_utf8(sent).map_err(|_| ErrorKind::InvalidData)?;
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text.trim_end(), ""));
        let (first, fields) = head.split_once("\r\n").unwrap_or((head, ""));
        let mut request = format!("{first} HTTP/1.1\r\nHost: dav.example.org\r\n");
        if let Some(name) = self.name
            && !fields.contains("Authorization:")
        {
            let basic = STANDARD.encode(format!("{name}@example.org:secret-of-{name}"));
            request.push_str(&format!("Authorization: Basic {basic}\r\n"));
        }
        for field in fields.lines() {
            request.push_str(&format!("{field}\r\n"));
        }
        request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        self.stream.write_all(request.as_bytes())?;
        let answer = receive(&mut self.stream, first.starts_with("HEAD "))?;
        self.answer = shown(&answer).into_bytes();
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

/// An answer.
pub(crate) struct Answered {
    pub(crate) status: String,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Reads one answer.
pub(crate) fn receive(stream: &mut impl Read, no_body: bool) -> io::Result<Answered> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(octet(stream)?);
    }
    let head = String::from_utf8(head).map_err(|_| ErrorKind::InvalidData)?;
    let mut lines = head.lines();
    let first = lines.next().unwrap_or_default();
    let status = first
        .split_once(' ')
        .map_or("", |(_, status)| status)
        .to_owned();
    let mut fields: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    fields.sort();
    let field = |name: &str| fields.iter().find(|(known, _)| known == name);
    let bodiless = no_body || status.starts_with("204") || status.starts_with("304");
    let body = if bodiless {
        Vec::new()
    } else if field("transfer-encoding").is_some() {
        chunks(stream)?
    } else {
        let octets = field("content-length").map_or(Ok(0), |(_, value)| value.parse());
        let mut body = vec![0; octets.map_err(|_| ErrorKind::InvalidData)?];
        stream.read_exact(&mut body)?;
        body
    };
    Ok(Answered {
        status,
        fields,
        body,
    })
}

fn octet(stream: &mut impl Read) -> io::Result<u8> {
    let mut octet = [0];
    stream.read_exact(&mut octet)?;
    Ok(octet[0])
}

/// RFC 9112 7.1.
fn chunks(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.push(octet(stream)?);
        }
        let text = String::from_utf8_lossy(&line);
        let octets = usize::from_str_radix(text.trim(), 16).map_err(|_| ErrorKind::InvalidData)?;
        let mut chunk = vec![0; octets + 2];
        stream.read_exact(&mut chunk)?;
        if octets == 0 {
            return Ok(body);
        }
        chunk.truncate(octets);
        body.extend(chunk);
    }
}

fn shown(answer: &Answered) -> String {
    let mut text = format!("{}\r\n", answer.status);
    for (name, value) in &answer.fields {
        if !HIDDEN.contains(&name.as_str()) {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    text.push_str("\r\n");
    let body = String::from_utf8_lossy(&answer.body);
    let body = if body.starts_with("<?xml") {
        body.replace("><", ">\n<")
    } else {
        body.into_owned()
    };
    for line in body.lines() {
        text.push_str(line.trim_end_matches('\r'));
        text.push_str("\r\n");
    }
    text.push_str(".\r\n");
    text
}

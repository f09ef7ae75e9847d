//! Requests over HTTP/1.1 on one connection, and the answers read whole.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::clients::site::{PASSWORD, Site};

/// No answer takes longer on a quiet machine than a few milliseconds.
const PATIENCE: Duration = Duration::from_secs(60);
/// Octets of an answer.
const BODY_OCTETS_MAX: usize = 64 << 20;

/// A signed-in connection.
pub(super) struct Http {
    port: u16,
    authorization: String,
    connection: Option<BufReader<TcpStream>>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    fields: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Http {
    pub(super) fn sign_in(site: &Site, address: &str) -> Self {
        let credentials = STANDARD.encode(format!("{address}:{PASSWORD}"));
        Self {
            port: site.http,
            authorization: format!("Basic {credentials}"),
            connection: None,
        }
    }

    /// One request and its answer.
    pub(super) fn ask(
        &mut self,
        method: &str,
        path: &str,
        fields: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: {}\r\nContent-Length: {}\r\n",
            self.port,
            self.authorization,
            body.len()
        );
        for (name, value) in fields {
            writeln!(head, "{name}: {value}\r").unwrap();
        }
        head.push_str("\r\n");
        let port = self.port;
        let stream = self.connection.get_or_insert_with(|| connect(port));
        stream
            .get_mut()
            .write_all(&[head.as_bytes(), body].concat())
            .unwrap();
        let answer = Answer::read(stream, method);
        if answer.field("connection") == Some("close") {
            self.connection = None;
        }
        answer
    }

    /// The body of what is there.
    pub(super) fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, &[], b"").wanted(200)
    }

    /// Puts what is new there.
    pub(super) fn create(&mut self, path: &str, media_type: &str, body: &[u8]) -> Answer {
        let fields = [("Content-Type", media_type), ("If-None-Match", "*")];
        self.ask("PUT", path, &fields, body)
    }

    /// Replaces what is there, wherever it stands.
    pub(super) fn replace(&mut self, path: &str, media_type: &str, body: &str) -> Answer {
        self.ask(
            "PUT",
            path,
            &[("Content-Type", media_type)],
            body.as_bytes(),
        )
    }

    /// A request with XML in it.
    pub(super) fn xml(&mut self, method: &str, path: &str, depth: &str, body: &str) -> Answer {
        let fields = [("Content-Type", "application/xml"), ("Depth", depth)];
        self.ask(method, path, &fields, body.as_bytes())
    }

    /// The paths of the objects directly in a collection.
    pub(super) fn members(&mut self, path: &str) -> Vec<String> {
        let body = r#"<D:propfind xmlns:D="DAV:"><D:prop><D:getetag/></D:prop></D:propfind>"#;
        let text = self.xml("PROPFIND", path, "1", body).wanted(207).text();
        let hrefs = elements(&text, "D:href").into_iter();
        hrefs
            .filter(|href| !href.ends_with('/'))
            .map(str::to_owned)
            .collect()
    }

    /// The objects directly in a collection, as text.
    pub(super) fn objects(&mut self, path: &str) -> Vec<String> {
        let members = self.members(path);
        members
            .iter()
            .map(|member| self.get(member).text())
            .collect()
    }

    /// The only object in a collection that has these words: its path and its text.
    pub(super) fn the_one_with(&mut self, path: &str, words: &str) -> (String, String) {
        let members = self.members(path);
        let mut found: Vec<_> = members
            .into_iter()
            .map(|member| {
                let text = self.get(&member).text();
                (member, text)
            })
            .filter(|(_, text)| unfolded(text).contains(words))
            .collect();
        assert_eq!(
            found.len(),
            1,
            "objects with `{words}` in {path}: {found:?}"
        );
        found.remove(0)
    }
}

impl Answer {
    fn read(stream: &mut BufReader<TcpStream>, method: &str) -> Self {
        let status = line(stream);
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
        let mut answer = Self {
            status: status.expect("an answer has a status"),
            fields: Vec::new(),
            body: Vec::new(),
        };
        loop {
            let field = line(stream);
            let Some((name, value)) = field.split_once(':') else {
                break;
            };
            answer
                .fields
                .push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        if method != "HEAD" && answer.status != 204 && answer.status != 304 {
            answer.body = body(stream, &answer);
        }
        answer
    }

    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Fails where the status is another.
    #[track_caller]
    pub(super) fn wanted(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{:?}\n{}", self.fields, self.text());
        self
    }

    /// The condition that a refusal names (RFC 4918 16): the first element in `error`.
    pub(super) fn condition(&self) -> String {
        let text = self.text();
        let inner = text
            .split_once("<D:error")
            .and_then(|(_, rest)| rest.split_once("><"));
        let name = inner.map_or("", |(_, rest)| rest);
        let end = name.find(['>', '/', ' ']).unwrap_or(name.len());
        name[..end].to_owned()
    }
}

/// The texts of the elements of this name, which has the prefix that the server uses.
pub(super) fn elements<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let parts = text.split(open.as_str()).skip(1);
    parts
        .filter_map(|part| part.split_once(close.as_str()))
        .map(|(inner, _)| inner)
        .collect()
}

/// RFC 5545 3.1: a line that goes on in the next.
pub(super) fn unfolded(text: &str) -> String {
    text.replace("\r\n ", "")
        .replace("\r\n\t", "")
        .replace("\n ", "")
}

fn connect(port: u16) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    BufReader::new(stream)
}

fn line(stream: &mut impl BufRead) -> String {
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

fn body(stream: &mut impl BufRead, answer: &Answer) -> Vec<u8> {
    let mut body = Vec::new();
    if answer.field("transfer-encoding") == Some("chunked") {
        loop {
            let size = usize::from_str_radix(&line(stream), 16).unwrap();
            take(stream, size, &mut body);
            line(stream);
            if size == 0 {
                return body;
            }
        }
    }
    let length = answer
        .field("content-length")
        .map_or(0, |length| length.parse().unwrap());
    take(stream, length, &mut body);
    body
}

fn take(stream: &mut impl Read, octets: usize, body: &mut Vec<u8>) {
    let start = body.len();
    assert!(start + octets <= BODY_OCTETS_MAX, "an answer without end");
    body.resize(start + octets, 0);
    stream.read_exact(&mut body[start..]).unwrap();
}

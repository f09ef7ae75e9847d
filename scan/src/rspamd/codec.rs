//! The HTTP that is spoken with rspamd: requests of version 1.0, so that no response comes in chunks (RFC 9112 6.1).
#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic
)]

use std::fmt::Write as _;

use crate::envelope::Envelope;
use crate::error::Error;
use crate::text::line;

/// Octets of a response's head. Ours: rspamd sends some 200.
pub(crate) const RESPONSE_HEAD_OCTETS_MAX: usize = 16 * 1024;
/// Octets of a response's body. Ours: a verdict with all its symbols has 5,000 to 50,000.
pub(crate) const RESPONSE_BODY_OCTETS_MAX: usize = 1024 * 1024;
/// Fields of a response's head.
const RESPONSE_FIELDS_MAX: usize = 64;
/// Characters of a field's value in a request. RFC 5321 4.5.3.1: a path has 256 octets; the rest is shorter.
const VALUE_CHARS_MAX: usize = 512;

/// A request in the making.
#[derive(Debug)]
pub(crate) struct Request(String);

impl Request {
    /// A request with so much content.
    pub(crate) fn post(path: &'static str, octets: usize) -> Self {
        let mut request = Self(format!("POST {path} HTTP/1.0\r\n"));
        request.field("Content-Length", &octets.to_string());
        request
    }

    /// A request without content.
    pub(crate) fn get(path: &'static str) -> Self {
        Self(format!("GET {path} HTTP/1.0\r\n"))
    }

    pub(crate) fn password(&mut self, password: Option<&str>) {
        if let Some(password) = password {
            self.field("Password", password);
        }
    }

    /// What is known of the message besides its content.
    pub(crate) fn envelope(&mut self, envelope: &Envelope) {
        if let Some(address) = envelope.client_ip {
            self.field("IP", &address.to_canonical().to_string());
        }
        self.optional("Helo", Some(&envelope.client_name));
        self.optional("Hostname", envelope.client_dns_name.as_deref());
        self.path("From", &envelope.reverse_path);
        for recipient in &envelope.recipients {
            self.path("Rcpt", recipient);
        }
        self.optional("User", envelope.signed_in.as_deref());
        self.optional("Queue-Id", Some(&envelope.id));
        self.optional("MTA-Name", Some(&envelope.hostname));
        self.optional("TLS-Version", envelope.tls_version.as_deref());
        self.optional("TLS-Cipher", envelope.tls_cipher.as_deref());
    }

    /// The head with the empty line behind it.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.0.push_str("\r\n");
        self.0.into_bytes()
    }

    fn path(&mut self, name: &'static str, path: &str) {
        self.field(name, &format!("<{path}>"));
    }

    fn optional(&mut self, name: &'static str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.field(name, value);
        }
    }

    fn field(&mut self, name: &'static str, value: &str) {
        // Writing into a String cannot fail.
        let _ = write!(self.0, "{name}: {}\r\n", line(value, VALUE_CHARS_MAX));
    }
}

/// A response's head.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    /// Octets of the head itself.
    pub(crate) octets: usize,
    /// Octets of the body; nothing where it goes up to the connection's end.
    pub(crate) body_octets: Option<usize>,
}

/// Reads a response's head; nothing where it is not complete.
pub(crate) fn head(octets: &[u8]) -> Result<Option<Head>, Error> {
    let mut fields = [httparse::EMPTY_HEADER; RESPONSE_FIELDS_MAX];
    let mut response = httparse::Response::new(&mut fields);
    let Ok(parsed) = response.parse(octets) else {
        return Err(Error::Malformed("no HTTP response"));
    };
    let httparse::Status::Complete(head_octets) = parsed else {
        return Ok(None);
    };
    let status = response.code.ok_or(Error::Malformed("no HTTP status"))?;
    let mut body_octets = None;
    for field in response.headers.iter() {
        if field.name.eq_ignore_ascii_case("transfer-encoding") {
            // RFC 9112 6.1: not to a request of version 1.0.
            return Err(Error::Malformed("a response in chunks"));
        }
        if field.name.eq_ignore_ascii_case("content-length") {
            let digits = str::from_utf8(field.value).unwrap_or_default().trim();
            let octets = digits.parse().ok().filter(|_| !digits.starts_with('+'));
            let octets: usize = octets.ok_or(Error::Malformed("no number in Content-Length"))?;
            // RFC 9112 6.3: two that differ leave it open where the body ends.
            if body_octets.is_some_and(|before| before != octets) {
                return Err(Error::Malformed("two lengths"));
            }
            body_octets = Some(octets);
        }
    }
    // RFC 9110 15.3.5: no content, whatever else is said.
    if status == 204 {
        body_octets = Some(0);
    }
    Ok(Some(Head {
        status,
        octets: head_octets,
        body_octets,
    }))
}

/// Everything that is read of rspamd, from one input.
pub(crate) fn fuzz(input: &[u8]) {
    if let Ok(Some(head)) = head(input) {
        debug_assert!(head.octets <= input.len());
    }
    if let Ok(verdict) = super::answer::verdict(input) {
        debug_assert!(verdict.reasons.len() <= crate::REASONS_MAX);
    }
    let _ = super::answer::refusal(500, input);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_says_what_is_known_and_nothing_ends_a_field() {
        let envelope = Envelope {
            client_ip: "::ffff:192.0.2.1".parse().ok(),
            client_name: "evil\r\nPassword: x".to_owned(),
            reverse_path: String::new(),
            recipients: vec!["a@example.org".to_owned(), "b@example.org".to_owned()],
            id: "17-1".to_owned(),
            ..Envelope::default()
        };
        let mut request = Request::post("/checkv2", 5);
        request.envelope(&envelope);
        let text = String::from_utf8(request.finish()).unwrap();
        assert_eq!(
            text,
            "POST /checkv2 HTTP/1.0\r\nContent-Length: 5\r\nIP: 192.0.2.1\r\nHelo: evil  Password: x\r\n\
             From: <>\r\nRcpt: <a@example.org>\r\nRcpt: <b@example.org>\r\nQueue-Id: 17-1\r\n\r\n"
        );
    }

    #[test]
    fn heads() {
        let complete = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nServer: rspamd/3.4\r\n\r\n{";
        let expected = Head {
            status: 200,
            octets: complete.len() - 1,
            body_octets: Some(12),
        };
        assert_eq!(head(complete).unwrap(), Some(expected));
        assert_eq!(head(&complete[..20]).unwrap(), None);
        let until_end = head(b"HTTP/1.0 403 No\r\n\r\n").unwrap().unwrap();
        assert_eq!((until_end.status, until_end.body_octets), (403, None));
        for bad in [
            "SMTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        ] {
            assert!(head(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}

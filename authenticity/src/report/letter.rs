//! A report as mail: a sentence for people, and the report, packed (RFC 9990 3.5.2, RFC 7489 7.2.1.1, RFC 8460 5.3).

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use mail_auth::common::crypto::HashAlgorithm;

use super::moment;

/// Characters of a line of base64 (RFC 2045 6.8).
const BASE64_LINE: usize = 76;

/// Who sends reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// The organisation's name, as readers see it.
    pub organization: String,
    /// The address that reports come from and questions go to.
    pub address: String,
    /// The host that sends, which stands in file names and identifiers.
    pub host: String,
}

/// What differs between the kinds of reports.
pub(super) struct Letter<'a> {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) file_name: String,
    /// Of the packed report, with its parameters.
    pub(super) media_type: &'a str,
    /// Of the whole.
    pub(super) whole_type: &'a str,
    /// Whole fields with their line ends.
    pub(super) fields: String,
    pub(super) report: &'a [u8],
}

impl Letter<'_> {
    /// The message; the same report at the same time is the same message.
    pub(super) fn write(&self, sender: &Sender, to: &[&str], now: u64) -> Vec<u8> {
        let packed = packed(self.report);
        let mark = mark(&[self.report, self.subject.as_bytes(), &now.to_be_bytes()]);
        let boundary = format!("={mark}");
        let encoded = STANDARD.encode(packed);
        let mut lines = String::with_capacity(encoded.len() + encoded.len() / 32);
        let mut rest = encoded.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at(rest.len().min(BASE64_LINE));
            lines.push_str(line);
            lines.push_str("\r\n");
            rest = after;
        }
        // One field for each line; addresses and names are ours or were checked when they were read.
        format!(
            "From: <{from}>\r\nTo: {to}\r\nSubject: {subject}\r\nDate: {date}\r\nMessage-ID: <{mark}@{host}>\r\n\
             Auto-Submitted: auto-generated\r\n{fields}MIME-Version: 1.0\r\nContent-Type: {whole};\r\n\tboundary=\"{boundary}\"\r\n\r\n\
             --{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n\
             --{boundary}\r\nContent-Type: {media}\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment;\r\n\tfilename=\"{file}\"\r\n\r\n{lines}--{boundary}--\r\n",
            from = line(&sender.address),
            to = to.iter().map(|address| format!("<{}>", line(address))).collect::<Vec<_>>().join(",\r\n\t"),
            subject = line(&self.subject),
            date = moment(now).to_rfc822(),
            host = line(&sender.host),
            fields = self.fields,
            whole = self.whole_type,
            media = self.media_type,
            text = self.text,
            file = line(&self.file_name),
        )
        .into_bytes()
    }
}

/// RFC 1952.
fn packed(report: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory does not fail; an empty attachment says so if it ever did.
    let written = encoder.write_all(report).and_then(|()| encoder.finish());
    written.unwrap_or_default()
}

/// A word that is the same for the same things.
fn mark(parts: &[&[u8]]) -> String {
    let hash = HashAlgorithm::Sha256.hash(parts.concat().as_slice());
    hash.as_ref()
        .iter()
        .take(12)
        .map(|octet| format!("{octet:02x}"))
        .collect()
}

/// A text that stays on its line.
fn line(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_control() && *character != '"')
        .collect()
}

//! A report as it came: a mail, or a file, packed or not.

use std::io::{Cursor, Read};

use flate2::read::GzDecoder;
use mail_auth::zip::ZipArchive;
use mail_parser::{MessageParser, PartType};
use serde::{Deserialize, Serialize};

use super::ReportError;
use super::aggregate::{AggregateReport, XML_OCTETS_MAX};
use super::tls::TlsReport;

/// Octets of a mail with a report. RFC 9990 3.5.2 lets receivers say less; reports of large senders have some megabytes.
const MAIL_OCTETS_MAX: usize = 32 << 20;
/// Parts of such a mail that are looked at.
const PARTS_MAX: usize = 20;
/// Files of a ZIP archive that are looked at; reports hold one.
const FILES_MAX: usize = 3;

/// What came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Received {
    /// About authentication (RFC 9990).
    Dmarc(AggregateReport),
    /// About TLS (RFC 8460).
    Tls(TlsReport),
}

/// Reads a report: XML or JSON, bare, in gzip, in ZIP, or within a mail. What it is called does not matter, what it is does.
///
/// # Errors
///
/// When there is none, it is too large, or it cannot be read.
pub fn read(octets: &[u8]) -> Result<Received, ReportError> {
    if octets.len() > MAIL_OCTETS_MAX {
        return Err(ReportError::TooLarge);
    }
    match read_file(octets) {
        Err(ReportError::None) => read_mail(octets),
        other => other,
    }
}

fn read_mail(octets: &[u8]) -> Result<Received, ReportError> {
    let message = MessageParser::new()
        .parse(octets)
        .ok_or(ReportError::None)?;
    let mut fault = ReportError::None;
    for part in message.parts.iter().take(PARTS_MAX) {
        let content = match &part.body {
            PartType::Text(text) => text.as_bytes(),
            PartType::Binary(content) | PartType::InlineBinary(content) => content,
            PartType::Html(_) | PartType::Message(_) | PartType::Multipart(_) => continue,
        };
        match read_file(content) {
            Ok(report) => return Ok(report),
            Err(ReportError::None) => {}
            Err(other) => fault = other,
        }
    }
    Err(fault)
}

/// A file by its first octets; [`ReportError::None`] when it is none of those that reports are.
fn read_file(octets: &[u8]) -> Result<Received, ReportError> {
    if octets.starts_with(&[0x1f, 0x8b]) {
        return read_text(&bounded(GzDecoder::new(octets))?);
    }
    if octets.starts_with(b"PK\x03\x04") {
        return read_archive(octets);
    }
    read_text(octets)
}

fn read_archive(octets: &[u8]) -> Result<Received, ReportError> {
    let mut archive = ZipArchive::new(Cursor::new(octets)).map_err(|_| ReportError::Packed)?;
    let mut fault = ReportError::None;
    for number in 0..archive.len().min(FILES_MAX) {
        let file = archive.by_index(number).map_err(|_| ReportError::Packed)?;
        match bounded(file).and_then(|text| read_text(&text)) {
            Ok(report) => return Ok(report),
            Err(other) => fault = other,
        }
    }
    Err(fault)
}

fn read_text(octets: &[u8]) -> Result<Received, ReportError> {
    let text = octets
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(octets)
        .trim_ascii_start();
    match text.first() {
        Some(b'<') => AggregateReport::parse_xml(text).map(Received::Dmarc),
        Some(b'{') => TlsReport::parse_json(text).map(Received::Tls),
        _ => Err(ReportError::None),
    }
}

/// What a packed file holds, as long as it is not more than a report: a few kilobytes can unpack to gigabytes.
fn bounded(packed: impl Read) -> Result<Vec<u8>, ReportError> {
    let limit = XML_OCTETS_MAX as u64 + 1;
    let mut octets = Vec::new();
    let mut packed = packed.take(limit);
    let mut chunk = [0; 16_384];
    loop {
        match packed.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => octets.extend_from_slice(&chunk[..count]),
            Err(_) => return Err(ReportError::Packed),
        }
    }
    if octets.len() > XML_OCTETS_MAX {
        return Err(ReportError::TooLarge);
    }
    Ok(octets)
}

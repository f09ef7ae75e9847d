//! Downloading (RFC 8620 6.2): `GET` of a blob under a name and a media type that the client chooses.
//!
//! Whoever wrote the bytes may be anybody, so that no browser must take them for a page of ours: they come as an
//! attachment, in the type that is asked for and no other, and may run nothing.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Response, StatusCode};
use listen::Reservation;
use model::AccountId;

use super::resolve;
use crate::answer::{self, Reply};
use crate::codec::id::WireId;
use crate::error::Problem;
use crate::visit::Visit;

/// Octets of the name that a blob is to have.
const NAME_OCTETS_MAX: usize = 1_024;

/// A body with its share of the memory for bodies.
struct Held {
    octets: Vec<u8>,
    #[expect(
        dead_code,
        reason = "keeps the memory booked as long as the body is there"
    )]
    reservation: Reservation,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.octets
    }
}

/// The bytes of a blob.
pub(crate) async fn download(
    visit: &Arc<Visit>,
    account: &str,
    blob: &str,
    name: &str,
    query: &str,
) -> Reply {
    let Some(account) = AccountId::parse(account) else {
        return answer::problem(&not_found());
    };
    let found = match resolve(visit, account, blob).await {
        Ok(Some(found)) => found,
        Ok(None) => return answer::problem(&not_found()),
        Err(_) => return answer::problem(&unavailable()),
    };
    let size = usize::try_from(found.size).unwrap_or(usize::MAX);
    let Some(reservation) = visit.house.settings.budget.try_reserve(size) else {
        return answer::problem(&Problem::plain(503, "Too many large requests at once."));
    };
    let Ok(octets) = found.octets().await else {
        return answer::problem(&unavailable());
    };
    let held = Held {
        octets,
        reservation,
    };
    let mut reply = Response::new(Body::from(Bytes::from_owner(held)));
    *reply.status_mut() = StatusCode::OK;
    let media_type = media_type(query);
    let media_type = media_type.as_deref().unwrap_or("application/octet-stream");
    reply = answer::with(reply, CONTENT_TYPE, media_type);
    reply = answer::with(reply, CONTENT_DISPOSITION, &disposition(name));
    // RFC 8620 6.2: bytes under an id never change.
    reply = answer::with(reply, CACHE_CONTROL, "private, immutable, max-age=31536000");
    reply = answer::with(reply, X_CONTENT_TYPE_OPTIONS, "nosniff");
    let policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'";
    answer::with(reply, CONTENT_SECURITY_POLICY, policy)
}

fn not_found() -> Problem {
    Problem::plain(404, "There is no such blob.")
}

fn unavailable() -> Problem {
    Problem::plain(503, "Not available at the moment.")
}

/// The value of `type` in the query, if it is a media type (RFC 6838 4.2) with or without parameters.
fn media_type(query: &str) -> Option<String> {
    let value = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(name, _)| *name == "type")
        .map(|(_, value)| value)?;
    let text = percent_decoded(value)?;
    let essence = text.split(';').next()?.trim();
    let (kind, subtype) = essence.split_once('/')?;
    let is_name = |name: &str| {
        let allowed = |octet: u8| octet.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&octet);
        (1..=127).contains(&name.len()) && name.bytes().all(allowed)
    };
    let printable = text.bytes().all(|octet| (b' '..=b'~').contains(&octet));
    (is_name(kind) && is_name(subtype) && printable).then_some(text)
}

/// RFC 6266 4: the name, in RFC 8187's form where it is not ASCII.
fn disposition(name: &str) -> String {
    let name = percent_decoded(name).unwrap_or_default();
    let mut end = name.len().min(NAME_OCTETS_MAX);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let name = name.get(..end).unwrap_or_default();
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_. ".contains(&octet);
    if name.bytes().all(is_plain) {
        return format!("attachment; filename=\"{name}\"");
    }
    let mut encoded = String::with_capacity(name.len() * 3);
    for octet in name.bytes() {
        if octet.is_ascii_alphanumeric() || b"-_.".contains(&octet) {
            encoded.push(char::from(octet));
        } else {
            encoded.push_str(&format!("%{octet:02X}"));
        }
    }
    format!("attachment; filename*=UTF-8''{encoded}")
}

/// RFC 3986 2.1.
fn percent_decoded(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        if octet == b'%' {
            let (high, low) = (char::from(rest.next()?), char::from(rest.next()?));
            let value = high.to_digit(16)? * 16 + low.to_digit(16)?;
            octets.push(u8::try_from(value).ok()?);
        } else {
            octets.push(octet);
        }
    }
    String::from_utf8(octets).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_told_back_only_if_it_is_one() {
        let read = |query| media_type(query);
        assert_eq!(read("type=text/plain"), Some("text/plain".into()));
        let with = "x=1&type=text%2Fplain%3B%20charset%3Dutf-8";
        assert_eq!(read(with), Some("text/plain; charset=utf-8".into()));
        for wrong in [
            "",
            "type=",
            "type=text",
            "type=a/b%0D%0AX:%20y",
            "type=a/b%C3%A4",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_name_cannot_end_its_field() {
        assert_eq!(disposition("a b.pdf"), "attachment; filename=\"a b.pdf\"");
        assert_eq!(
            disposition("%22%0D%0A"),
            "attachment; filename*=UTF-8''%22%0D%0A"
        );
        assert_eq!(
            disposition("%C3%A4.txt"),
            "attachment; filename*=UTF-8''%C3%A4.txt"
        );
    }
}

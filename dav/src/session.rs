//! What a request asks, and with which words whoever sends it wants to prove themselves; pure.
//!
//! HTTP has no sessions: every request stands alone.

use std::sync::Arc;

use axum::http::header::{HOST, HeaderMap, HeaderName};
use axum::http::request::Parts;
use listen::Facts;

use crate::codec::Fault;
use crate::codec::header::{
    Depth, Destination, ETag, HEADER_OCTETS_MAX, IfHeader, Matches, MediaType, Prefer, Return,
    Timeout, true_or_false,
};
use crate::codec::href::Target;

/// What a request wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Options,
    Get,
    Head,
    Put,
    Delete,
    Post,
    Propfind,
    Proppatch,
    Mkcol,
    Mkcalendar,
    Copy,
    Move,
    Lock,
    Unlock,
    Acl,
    Report,
}

impl Method {
    pub(crate) const ALL: [Self; 16] = [
        Self::Options,
        Self::Get,
        Self::Head,
        Self::Put,
        Self::Delete,
        Self::Post,
        Self::Propfind,
        Self::Proppatch,
        Self::Mkcol,
        Self::Mkcalendar,
        Self::Copy,
        Self::Move,
        Self::Lock,
        Self::Unlock,
        Self::Acl,
        Self::Report,
    ];

    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Options => "OPTIONS",
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Post => "POST",
            Self::Propfind => "PROPFIND",
            Self::Proppatch => "PROPPATCH",
            Self::Mkcol => "MKCOL",
            Self::Mkcalendar => "MKCALENDAR",
            Self::Copy => "COPY",
            Self::Move => "MOVE",
            Self::Lock => "LOCK",
            Self::Unlock => "UNLOCK",
            Self::Acl => "ACL",
            Self::Report => "REPORT",
        }
    }

    /// RFC 9110 9.1: methods are told apart by case.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == word)
    }
}

/// The head of a request.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) method: Method,
    pub(crate) place: Target,
    /// Whether the path ends in a slash.
    pub(crate) slash: bool,
    path: String,
    query: String,
    is_secure: bool,
    fields: HeaderMap,
    host: String,
}

impl Head {
    /// Reads the head of a request.
    ///
    /// # Errors
    /// The path leads nowhere.
    pub(crate) fn read(method: Method, parts: Parts) -> Result<Self, Fault> {
        let path = parts.uri.path();
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let authority = parts.uri.authority().map(|authority| authority.as_str());
        Ok(Self {
            method,
            place: Target::parse(path)?,
            slash: path.ends_with('/'),
            path: path.to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            is_secure: parts
                .extensions
                .get::<Arc<Facts>>()
                .is_some_and(|facts| facts.tls.is_some()),
            // RFC 9112 3.2.2: a request for a whole URI names the host there.
            host: authority.or(host).unwrap_or_default().to_owned(),
            fields: parts.headers,
        })
    }

    /// The value of a field; several of that name are put together (RFC 9110 5.3).
    ///
    /// # Errors
    /// It is not ASCII, or longer than any value may be.
    pub(crate) fn field(&self, name: &'static str) -> Result<Option<String>, Fault> {
        let fault = Fault::Header(name);
        let mut joined: Option<String> = None;
        for value in self.fields.get_all(HeaderName::from_static(lower(name))) {
            let value = value.to_str().map_err(|_| fault)?;
            match &mut joined {
                None => joined = Some(value.to_owned()),
                Some(text) => {
                    text.push_str(", ");
                    text.push_str(value);
                }
            }
        }
        if joined
            .as_ref()
            .is_some_and(|text| text.len() > HEADER_OCTETS_MAX)
        {
            return Err(fault);
        }
        Ok(joined)
    }

    /// The path as the client wrote it.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// What stands behind `?` in the path.
    pub(crate) fn query(&self) -> &str {
        &self.query
    }

    /// Whether the client sees TLS: ours, or that of a proxy in front of us that says so.
    pub(crate) fn is_secure(&self) -> bool {
        let said = self.field("X-Forwarded-Proto").ok().flatten();
        self.is_secure || said.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
    }

    /// The value of `Host`, to tell links to this server from others.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn depth(&self) -> Result<Option<Depth>, Fault> {
        self.field("Depth")?
            .as_deref()
            .map(Depth::parse)
            .transpose()
    }

    pub(crate) fn destination(&self) -> Result<Destination, Fault> {
        let value = self
            .field("Destination")?
            .ok_or(Fault::Header("Destination"))?;
        Destination::parse(&value, &self.host)
    }

    /// RFC 4918 10.6: `T` where it is not said.
    pub(crate) fn overwrite(&self) -> Result<bool, Fault> {
        self.switch("Overwrite", true)
    }

    /// RFC 6638 8.1: `T` where it is not said.
    pub(crate) fn schedule_reply(&self) -> Result<bool, Fault> {
        self.switch("Schedule-Reply", true)
    }

    /// RFC 7809 7: whether zones that everybody knows are to be named only; they are defined where nothing is said, as
    /// programs expect that know of no other way.
    pub(crate) fn zones_by_name(&self) -> Result<bool, Fault> {
        Ok(!self.switch("CalDAV-Timezones", true)?)
    }

    fn switch(&self, name: &'static str, default: bool) -> Result<bool, Fault> {
        match self.field(name)? {
            Some(value) => true_or_false(&value, name),
            None => Ok(default),
        }
    }

    pub(crate) fn timeout(&self) -> Result<Option<Timeout>, Fault> {
        self.field("Timeout")?
            .as_deref()
            .map(Timeout::parse)
            .transpose()
    }

    /// RFC 8144; `Brief` is how Microsoft's clients ask for the same (MS-WDV 2.2.2).
    pub(crate) fn prefer(&self) -> Result<Prefer, Fault> {
        let mut prefer = self
            .field("Prefer")?
            .as_deref()
            .map(Prefer::parse)
            .unwrap_or_default();
        if prefer.returning.is_none() && self.switch("Brief", false).unwrap_or(false) {
            prefer.returning = Some(Return::Minimal);
        }
        Ok(prefer)
    }

    pub(crate) fn if_header(&self) -> Result<Option<IfHeader>, Fault> {
        self.field("If")?
            .as_deref()
            .map(IfHeader::parse)
            .transpose()
    }

    pub(crate) fn if_match(&self) -> Result<Option<Matches>, Fault> {
        self.matches("If-Match")
    }

    pub(crate) fn if_none_match(&self) -> Result<Option<Matches>, Fault> {
        self.matches("If-None-Match")
    }

    fn matches(&self, name: &'static str) -> Result<Option<Matches>, Fault> {
        let value = self.field(name)?;
        value.map(|value| Matches::parse(&value, name)).transpose()
    }

    pub(crate) fn if_schedule_tag_match(&self) -> Result<Option<ETag>, Fault> {
        let name = "If-Schedule-Tag-Match";
        let value = self.field(name)?;
        value.map(|value| ETag::parse(&value, name)).transpose()
    }

    pub(crate) fn content_type(&self) -> Result<Option<MediaType>, Fault> {
        self.field("Content-Type")?
            .as_deref()
            .map(MediaType::parse)
            .transpose()
    }
}

/// Names of fields in the form that a map of them is asked with.
fn lower(name: &'static str) -> &'static str {
    match name {
        "Accept" => "accept",
        "Brief" => "brief",
        "CalDAV-Timezones" => "caldav-timezones",
        "Content-Disposition" => "content-disposition",
        "Content-Encoding" => "content-encoding",
        "Content-Length" => "content-length",
        "Content-Range" => "content-range",
        "Content-Type" => "content-type",
        "Depth" => "depth",
        "Destination" => "destination",
        "Expect" => "expect",
        "If" => "if",
        "If-Match" => "if-match",
        "If-None-Match" => "if-none-match",
        "If-Schedule-Tag-Match" => "if-schedule-tag-match",
        "Lock-Token" => "lock-token",
        "Origin" => "origin",
        "Overwrite" => "overwrite",
        "Prefer" => "prefer",
        "Schedule-Reply" => "schedule-reply",
        "Timeout" => "timeout",
        "X-Forwarded-Proto" => "x-forwarded-proto",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn head(request: axum::http::request::Builder) -> Head {
        let (parts, ()) = request.body(()).unwrap().into_parts();
        Head::read(Method::Get, parts).unwrap()
    }

    #[test]
    fn fields_of_one_name_are_put_together() {
        let request = Request::builder().uri("/dav/");
        let head = head(
            request
                .header("Prefer", "return=minimal")
                .header("Prefer", "depth-noroot"),
        );
        let prefer = head.prefer().unwrap();
        assert_eq!(
            (prefer.returning, prefer.no_root),
            (Some(Return::Minimal), true)
        );
        assert_eq!(head.overwrite(), Ok(true));
    }

    #[test]
    fn every_method_has_a_word() {
        for method in Method::ALL {
            assert_eq!(Method::parse(method.as_str()), Some(method));
        }
        assert_eq!(Method::parse("get"), None);
    }
}

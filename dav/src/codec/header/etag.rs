//! Entity tags, `If-Match`, `If-None-Match` and `If-Schedule-Tag-Match` (RFC 9110 8.8.3, 13.1; RFC 6638 8.3).

use std::fmt;

use super::HEADER_OCTETS_MAX;
use crate::codec::fault::Fault;

/// An entity tag or schedule tag.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ETag {
    /// Whether it stands for several texts that mean the same.
    pub weak: bool,
    /// What stands between the quotes.
    pub tag: Box<str>,
}

impl ETag {
    /// Reads one tag, such as the value of `If-Schedule-Tag-Match`.
    ///
    /// # Errors
    /// [`Fault::Header`] with `field` if it is none.
    pub fn parse(value: &str, field: &'static str) -> Result<Self, Fault> {
        match Self::take(value.trim()) {
            Some((tag, "")) => Ok(tag),
            Some(_) => Err(Fault::Header(field)),
            None => quirk_unquoted(value.trim()).ok_or(Fault::Header(field)),
        }
    }

    /// RFC 9110 8.8.3.2: both strong and the same.
    #[must_use]
    pub fn matches_strongly(&self, other: &Self) -> bool {
        !self.weak && !other.weak && self.tag == other.tag
    }

    /// RFC 9110 8.8.3.2: the same, strong or weak.
    #[must_use]
    pub fn matches_weakly(&self, other: &Self) -> bool {
        self.tag == other.tag
    }

    /// A tag at the beginning of a text, and what comes after it.
    pub(super) fn take(text: &str) -> Option<(Self, &str)> {
        let (weak, rest) = match text.strip_prefix("W/") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (tag, rest) = rest.strip_prefix('"')?.split_once('"')?;
        // RFC 9110 8.8.3 `etagc`.
        let allowed = |c: char| c != '\u{7f}' && c > ' ';
        if !tag.chars().all(allowed) {
            return None;
        }
        Some((
            Self {
                weak,
                tag: tag.into(),
            },
            rest,
        ))
    }
}

/// Departs from RFC 9110 8.8.3: older clients send back the tag without its quotes.
fn quirk_unquoted(text: &str) -> Option<ETag> {
    let plain = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_alphanumeric());
    plain.then(|| ETag {
        weak: false,
        tag: text.into(),
    })
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weak = if self.weak { "W/" } else { "" };
        write!(f, "{weak}\"{}\"", self.tag)
    }
}

/// What `If-Match` or `If-None-Match` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matches {
    /// `*`: anything that is there.
    Any,
    /// One of these.
    Tags(Vec<ETag>),
}

impl Matches {
    /// Reads `If-Match` or `If-None-Match`.
    ///
    /// # Errors
    /// [`Fault::Header`] with `field` if it is neither `*` nor a list of tags.
    pub fn parse(value: &str, field: &'static str) -> Result<Self, Fault> {
        let value = value.trim();
        if value.len() > HEADER_OCTETS_MAX {
            return Err(Fault::Header(field));
        }
        if value == "*" {
            return Ok(Self::Any);
        }
        if let Some(tag) = quirk_unquoted(value) {
            return Ok(Self::Tags(vec![tag]));
        }
        let mut tags = Vec::new();
        let mut rest = value;
        loop {
            // RFC 9110 5.6.1.2: empty elements of a list are passed over.
            rest = rest.trim_start_matches([',', ' ', '\t']);
            if rest.is_empty() {
                break;
            }
            let (tag, after) = ETag::take(rest).ok_or(Fault::Header(field))?;
            let after = after.trim_start_matches([' ', '\t']);
            if !after.is_empty() && !after.starts_with(',') {
                return Err(Fault::Header(field));
            }
            tags.push(tag);
            rest = after;
        }
        if tags.is_empty() {
            return Err(Fault::Header(field));
        }
        Ok(Self::Tags(tags))
    }

    /// RFC 9110 13.1.1: whether `If-Match` lets the request through; `current` is none where nothing is.
    #[must_use]
    pub fn if_match_holds(&self, current: Option<&ETag>) -> bool {
        match (self, current) {
            (_, None) => false,
            (Self::Any, Some(_)) => true,
            (Self::Tags(tags), Some(current)) => {
                tags.iter().any(|tag| tag.matches_strongly(current))
            }
        }
    }

    /// RFC 9110 13.1.2: whether `If-None-Match` lets the request through; `current` is none where nothing is.
    #[must_use]
    pub fn if_none_match_holds(&self, current: Option<&ETag>) -> bool {
        match (self, current) {
            (_, None) => true,
            (Self::Any, Some(_)) => false,
            (Self::Tags(tags), Some(current)) => {
                !tags.iter().any(|tag| tag.matches_weakly(current))
            }
        }
    }
}

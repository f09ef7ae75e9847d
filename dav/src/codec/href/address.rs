//! An e-mail address as a segment of a path: whose principal, calendars or files a place belongs to.

use std::fmt;

use crate::codec::fault::Fault;

/// An address, `local-part@domain`, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(Box<str>);

impl Address {
    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for Address {
    type Error = Fault;

    /// A text with something on both sides of an `@`, without slashes, white space and control characters.
    fn try_from(text: &str) -> Result<Self, Fault> {
        let odd = |c: char| c.is_control() || c.is_whitespace() || c == '/';
        let lower = text.to_lowercase();
        match lower.rsplit_once('@') {
            // Some letters become longer in lower case, so the bound is on what is kept.
            Some((local, domain))
                if !local.is_empty()
                    && !domain.is_empty()
                    && lower.len() <= model::SEGMENT_OCTETS_MAX
                    && !lower.contains(odd) =>
            {
                Ok(Self(lower.into()))
            }
            // Nobody has such an address, so nothing is there.
            _ => Err(Fault::Outside),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

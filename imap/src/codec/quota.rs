//! `SETQUOTA` and quota resources (RFC 9208).

use std::borrow::Cow;

use super::lexer::{Count, Lexer, Parsed};

/// `setquota`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetQuota<'a> {
    /// The quota root's name.
    pub root: Cow<'a, str>,
    /// The limit for each resource.
    pub limits: Vec<(QuotaResource<'a>, u64)>,
}

/// `resource-name` (RFC 9208 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaResource<'a> {
    /// `STORAGE`, in units of 1,024 octets.
    Storage,
    /// `MESSAGE`, messages.
    Message,
    /// `MAILBOX`, mailboxes.
    Mailbox,
    /// Another one, in the client's spelling.
    Other(&'a str),
}

impl<'a> QuotaResource<'a> {
    /// The resource's name on the wire.
    #[must_use]
    pub fn name(self) -> &'a str {
        match self {
            Self::Storage => "STORAGE",
            Self::Message => "MESSAGE",
            Self::Mailbox => "MAILBOX",
            Self::Other(name) => name,
        }
    }
}

/// The arguments of `SETQUOTA`.
pub(super) fn set_quota<'a>(lexer: &mut Lexer<'a>) -> Parsed<SetQuota<'a>> {
    lexer.space()?;
    let root = lexer.astring_text()?;
    lexer.space()?;
    let limits = lexer.list(RESOURCES, |lexer| {
        let resource = resource(lexer.atom()?);
        lexer.space()?;
        Ok((resource, lexer.number64()?))
    })?;
    Ok(SetQuota { root, limits })
}

fn resource(name: &str) -> QuotaResource<'_> {
    [
        QuotaResource::Storage,
        QuotaResource::Message,
        QuotaResource::Mailbox,
    ]
    .into_iter()
    .find(|known| known.name().eq_ignore_ascii_case(name))
    .unwrap_or(QuotaResource::Other(name))
}

const RESOURCES: Count = Count {
    what: "quota resources",
    limit: 16,
};

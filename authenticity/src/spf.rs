//! SPF: whether a client may send for a domain (RFC 7208).
//!
//! Terms that ask the DNS are counted over the whole check, includes and redirects with it; so are the answers that held nothing.

mod check;
mod macros;
mod record;

use std::net::IpAddr;

use crate::dns::Dns;
use crate::domain;
use crate::verdict::{Spf, SpfResult};
use check::Check;

/// Whom to check, as the client said it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Client<'a> {
    pub(crate) ip: IpAddr,
    pub(crate) helo: &'a str,
    /// Our name, for the explanation.
    pub(crate) host: &'a str,
    /// Seconds since 1970, for the explanation.
    pub(crate) now: u64,
}

/// RFC 7208 2.3: the HELO identity.
pub(crate) async fn check_helo<D: Dns>(dns: &D, client: Client<'_>) -> Spf {
    check(dns, client, "postmaster", client.helo).await
}

/// RFC 7208 2.4: the MAIL FROM identity; `postmaster` at the HELO name when the reverse path is empty.
pub(crate) async fn check_mail_from<D: Dns>(
    dns: &D,
    client: Client<'_>,
    reverse_path: &str,
) -> Spf {
    if reverse_path.is_empty() {
        return check_helo(dns, client).await;
    }
    match reverse_path.rsplit_once('@') {
        // RFC 7208 4.3: a missing local part is `postmaster`.
        Some(("", domain)) => check(dns, client, "postmaster", domain).await,
        Some((local, domain)) => check(dns, client, local, domain).await,
        None => Spf::default(),
    }
}

async fn check<D: Dns>(dns: &D, client: Client<'_>, local: &str, domain: &str) -> Spf {
    // RFC 7208 4.3: a domain that is malformed, or of one label, has no policy.
    let askable =
        domain::normal(domain).filter(|name| name.contains('.') && !name.starts_with('['));
    let Some(name) = askable else {
        return Spf {
            domain: domain.chars().take(domain::NAME_OCTETS_MAX).collect(),
            reason: Some("this is no domain name".into()),
            ..Spf::default()
        };
    };
    Check::new(dns, client, local, domain, &name)
        .run(name)
        .await
}

impl Spf {
    pub(crate) fn of(domain: String, result: SpfResult) -> Self {
        Self {
            domain,
            result,
            ..Self::default()
        }
    }
}

/// Feeds arbitrary octets to the parsers.
pub(crate) fn fuzz(input: &[u8]) {
    let _ = record::Record::read(input);
    if let Ok(text) = std::str::from_utf8(input) {
        let _ = macros::Template::read(text, macros::Place::Explanation);
    }
}

#[cfg(test)]
mod tests;

//! Reports about mail in a domain's name: DMARC aggregate reports and TLS reports.

/// Feeds arbitrary octets to the parsers.
pub(crate) fn fuzz(_input: &[u8]) {}

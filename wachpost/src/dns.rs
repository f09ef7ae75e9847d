//! The DNS records that a domain should have, as the configuration and the keys have them.

use serde::Serialize;

use crate::config::Config;
use crate::mta_sts::Policy;
use crate::services::{DAV_PATH, Service, port};

/// Seconds that a record may be kept: an hour, so that a change is soon seen.
const RECORD_SECONDS: u32 = 3_600;

/// One DNS record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Record {
    /// The name, with a dot at its end.
    pub(crate) name: String,
    /// Its type, such as `MX` or `TXT`.
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    /// What stands behind the type in a zone file.
    pub(crate) value: String,
    /// What it is for.
    #[serde(rename = "for")]
    pub(crate) purpose: &'static str,
}

impl Record {
    fn new(purpose: &'static str, name: &str, kind: &'static str, value: String) -> Self {
        Self {
            name: format!("{name}."),
            kind,
            value,
            purpose,
        }
    }

    /// A text, in strings as short as they must be (RFC 1035 3.3).
    fn text(purpose: &'static str, name: &str, text: &str) -> Self {
        let strings = authenticity::txt_strings(text);
        let quoted: Vec<String> = strings
            .iter()
            .map(|string| format!("\"{}\"", string.replace('\\', "\\\\").replace('"', "\\\"")))
            .collect();
        Self::new(purpose, name, "TXT", quoted.join(" "))
    }

    /// The line of a zone file (RFC 1035 5.1).
    pub(crate) fn line(&self) -> String {
        let Self {
            name, kind, value, ..
        } = self;
        format!("{name} {RECORD_SECONDS} IN {kind} {value}")
    }
}

/// What the records of a domain are made of.
#[derive(Debug)]
pub(crate) struct Basis<'a> {
    pub(crate) config: &'a Config,
    pub(crate) services: &'a [Service],
    /// Selectors with what their records say (RFC 6376 3.6.1).
    pub(crate) signing_keys: &'a [(String, String)],
    /// Hashes of the public keys of our certificates, in hexadecimal.
    pub(crate) key_digests: &'a [String],
}

/// The records of a domain whose mail is received here.
pub(crate) fn records(domain: &str, basis: &Basis<'_>) -> Vec<Record> {
    let host = &basis.config.hostname.0;
    let mut records = Vec::new();
    if port(&basis.config.listen.mx).is_some() {
        let value = format!("10 {host}.");
        records.push(Record::new("mail comes here", domain, "MX", value));
        records.extend(authentication(domain, basis));
        records.extend(transport_security(domain, basis));
    }
    records.extend(discovery(domain, basis));
    records
}

/// The records of a domain that neither receives nor sends mail, so that nobody can use its name.
pub(crate) fn unused(domain: &str) -> Vec<Record> {
    vec![
        // RFC 7505 3: the null MX.
        Record::new("no mail is received", domain, "MX", "0 .".to_owned()),
        // RFC 7208 10.1.2: nobody sends mail for it.
        Record::text("SPF: nobody sends mail", domain, "v=spf1 -all"),
        // RFC 6376 3.6.1: an empty key is a revoked one.
        Record::text(
            "DKIM: no key is good",
            &format!("*._domainkey.{domain}"),
            "v=DKIM1; p=",
        ),
        Record::text(
            "DMARC: all mail is forged",
            &format!("_dmarc.{domain}"),
            "v=DMARC1; p=reject;",
        ),
    ]
}

/// Who may send mail for the domain, and what becomes of mail by others.
fn authentication(domain: &str, basis: &Basis<'_>) -> Vec<Record> {
    let spf = match basis.config.outgoing.smart_host {
        // Whose addresses the smart host sends from only its owner knows.
        Some(_) => "v=spf1 mx ~all",
        None => "v=spf1 mx -all",
    };
    let mut records = vec![Record::text("SPF: who sends mail", domain, spf)];
    for (selector, text) in basis.signing_keys {
        let name = format!("{selector}._domainkey.{domain}");
        records.push(Record::text("DKIM: keys that sign", &name, text));
    }
    // RFC 9989 5.3: reports go to the postmaster, whom every domain has.
    let dmarc = format!("v=DMARC1; p=reject; rua=mailto:postmaster@{domain}");
    records.push(Record::text(
        "DMARC: forged mail is refused",
        &format!("_dmarc.{domain}"),
        &dmarc,
    ));
    records
}

/// That others send mail to us only encrypted, and only to us.
fn transport_security(domain: &str, basis: &Basis<'_>) -> Vec<Record> {
    let host = &basis.config.hostname.0;
    let mut records = Vec::new();
    for digest in basis.key_digests {
        // RFC 7672 3.1.1: DANE-EE, the public key, SHA-256.
        let value = format!("3 1 1 {digest}");
        records.push(Record::new(
            "DANE: our key (the zone must be signed)",
            &format!("_25._tcp.{host}"),
            "TLSA",
            value,
        ));
    }
    if let Some(policy) = Policy::of(basis.config) {
        let text = format!("v=STSv1; id={}", policy.id());
        records.push(Record::text(
            "MTA-STS: there is a policy",
            &format!("_mta-sts.{domain}"),
            &text,
        ));
        let value = format!("{host}.");
        records.push(Record::new(
            "MTA-STS: where the policy is",
            &format!("mta-sts.{domain}"),
            "CNAME",
            value,
        ));
    }
    // RFC 8460 3.
    let text = format!("v=TLSRPTv1; rua=mailto:postmaster@{domain}");
    records.push(Record::text(
        "TLS-RPT: who hears of failures",
        &format!("_smtp._tls.{domain}"),
        &text,
    ));
    records
}

/// How programs find the services.
fn discovery(domain: &str, basis: &Basis<'_>) -> Vec<Record> {
    let host = &basis.config.hostname.0;
    let mut records = Vec::new();
    for service in basis.services {
        // RFC 6186 3, RFC 8314 5.1, RFC 6764 3.
        let (name, priority) = match (service.service, service.security) {
            ("imap", "tls") => ("_imaps", 0),
            ("imap", _) => ("_imap", 10),
            ("submission", "tls") => ("_submissions", 0),
            ("submission", _) => ("_submission", 10),
            // RFC 5804 1.8: the server for filters.
            ("managesieve", _) => ("_sieve", 0),
            ("caldav", _) => ("_caldavs", 0),
            // RFC 8620 2.2.
            ("jmap", _) => ("_jmap", 0),
            _ => ("_carddavs", 0),
        };
        let name = format!("{name}._tcp.{domain}");
        // RFC 6764 3: priority, weight, port, target.
        let value = format!("{priority} 1 {} {host}.", service.port);
        records.push(Record::new("programs find the server", &name, "SRV", value));
        if matches!(service.service, "caldav" | "carddav") {
            // RFC 6764 4: where it begins, so that a program need not ask `/.well-known`.
            records.push(Record::text(
                "programs find the server",
                &name,
                &format!("path={DAV_PATH}"),
            ));
        }
    }
    let name = format!("autoconfig.{domain}");
    records.push(Record::new(
        "Thunderbird finds the settings",
        &name,
        "CNAME",
        format!("{host}."),
    ));
    records
}

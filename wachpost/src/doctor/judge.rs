//! Judging: what was seen against what should be, and what to do about it, in words for the administrator.
//!
//! The grade counts the measures that the German BSI recommends for mail (TR-03108, TR-03182): SPF, DKIM, DMARC, DNSSEC, DANE, TLS and
//! MTA-STS.

use authenticity::{Policy, SpfResult, read_dmarc_record};
use egress::wire::{Answer, ProbeResult, Record, Secure, TlsResult};
use serde::Serialize;

use super::look::Look;
use super::{Keys, SetUp};
use crate::config::Config;
use crate::mta_sts;

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Measure {
    #[serde(rename = "MX")]
    Mx,
    #[serde(rename = "PTR")]
    Ptr,
    #[serde(rename = "SPF")]
    Spf,
    #[serde(rename = "DKIM")]
    Dkim,
    #[serde(rename = "DMARC")]
    Dmarc,
    #[serde(rename = "DNSSEC")]
    Dnssec,
    #[serde(rename = "DANE")]
    Dane,
    #[serde(rename = "TLS")]
    Tls,
    #[serde(rename = "MTA-STS")]
    MtaSts,
    #[serde(rename = "TLS-RPT")]
    TlsRpt,
}

impl Measure {
    /// Whether the grade counts it.
    fn counts(self) -> bool {
        !matches!(self, Self::Mx | Self::Ptr | Self::TlsRpt)
    }

    /// As people call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mx => "MX",
            Self::Ptr => "PTR",
            Self::Spf => "SPF",
            Self::Dkim => "DKIM",
            Self::Dmarc => "DMARC",
            Self::Dnssec => "DNSSEC",
            Self::Dane => "DANE",
            Self::Tls => "TLS",
            Self::MtaSts => "MTA-STS",
            Self::TlsRpt => "TLS-RPT",
        }
    }
}

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// As it should be.
    Good,
    /// There, but weaker than it should be.
    Weak,
    /// Missing or wrong.
    Bad,
    /// It could not be found out.
    Unknown,
}

impl State {
    /// The word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Weak => "weak",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) measure: Measure,
    pub(crate) state: State,
    /// What was found.
    pub(crate) found: String,
    /// What to do; empty if nothing.
    pub(crate) todo: String,
}

impl Finding {
    fn good(measure: Measure, found: impl Into<String>) -> Self {
        Self {
            measure,
            state: State::Good,
            found: found.into(),
            todo: String::new(),
        }
    }

    fn new(
        measure: Measure,
        state: State,
        found: impl Into<String>,
        todo: impl Into<String>,
    ) -> Self {
        Self {
            measure,
            state,
            found: found.into(),
            todo: todo.into(),
        }
    }

    fn unknown(measure: Measure, why: &str) -> Self {
        Self::new(
            measure,
            State::Unknown,
            format!("could not be looked up: {why}"),
            "see that the name servers in `[egress]` answer, then ask again",
        )
    }
}

/// How many of the measures are met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Grade {
    pub(crate) met: usize,
    pub(crate) of: usize,
}

/// All findings with their sum.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Judgement {
    pub(crate) findings: Vec<Finding>,
    pub(crate) grade: Grade,
}

/// Judges what was seen of a domain.
pub(crate) fn judge(set_up: &SetUp, config: &Config, keys: &Keys, look: &Look) -> Judgement {
    let court = Court {
        set_up,
        config,
        keys,
        look,
    };
    let findings = vec![
        court.mx(),
        court.ptr(),
        court.spf(),
        court.dkim(),
        court.dmarc(),
        court.dnssec(),
        court.dane(),
        court.tls(),
        court.mta_sts(),
        court.tls_rpt(),
    ];
    let counted = findings.iter().filter(|finding| finding.measure.counts());
    let grade = Grade {
        met: counted
            .clone()
            .filter(|finding| finding.state == State::Good)
            .count(),
        of: counted.count(),
    };
    Judgement { findings, grade }
}

struct Court<'a> {
    set_up: &'a SetUp,
    config: &'a Config,
    keys: &'a Keys,
    look: &'a Look,
}

impl Court<'_> {
    fn host(&self) -> &str {
        &self.config.hostname.0
    }

    /// The lines for the zone that belong to a name.
    fn publish(&self, kind: &str, of: &str) -> String {
        let records = self.set_up.records.iter();
        let lines: Vec<String> = records
            .filter(|record| record.kind == kind && record.purpose.starts_with(of))
            .map(super::Record::line)
            .collect();
        format!("publish: {}", lines.join("  "))
    }

    fn mx(&self) -> Finding {
        let answer = match &self.look.mx {
            Ok(answer) => answer,
            Err(why) => return Finding::unknown(Measure::Mx, why),
        };
        let hosts: Vec<&str> = answer
            .records
            .iter()
            .filter_map(|record| match record {
                Record::Mx { exchange, .. } => Some(exchange.as_str()),
                _ => None,
            })
            .collect();
        match hosts.as_slice() {
            [] => Finding::new(
                Measure::Mx,
                State::Bad,
                "no MX record: no mail comes",
                self.publish("MX", "mail"),
            ),
            // RFC 7505 3
            [""] => Finding::new(
                Measure::Mx,
                State::Bad,
                "the null MX says that the domain takes no mail",
                self.publish("MX", "mail"),
            ),
            hosts
                if hosts
                    .iter()
                    .any(|host| host.eq_ignore_ascii_case(self.host())) =>
            {
                Finding::good(Measure::Mx, format!("mail goes to {}", hosts.join(", ")))
            }
            hosts => Finding::new(
                Measure::Mx,
                State::Bad,
                format!("mail goes to {}, not to {}", hosts.join(", "), self.host()),
                format!(
                    "once everything is moved here, {}",
                    self.publish("MX", "mail")
                ),
            ),
        }
    }

    /// Others refuse mail from addresses whose name does not lead back.
    fn ptr(&self) -> Finding {
        let addresses = &self.look.addresses;
        if addresses.is_empty() {
            return Finding::new(
                Measure::Ptr,
                State::Bad,
                format!("{} has no address", self.host()),
                format!(
                    "publish an A and an AAAA record for {} with the server's addresses",
                    self.host()
                ),
            );
        }
        let wrong: Vec<String> = addresses
            .iter()
            .filter(|seen| {
                !seen
                    .names
                    .iter()
                    .any(|name| name.eq_ignore_ascii_case(self.host()))
            })
            .map(|seen| seen.ip.to_string())
            .collect();
        if wrong.is_empty() {
            return Finding::good(Measure::Ptr, "each address leads back to the server's name");
        }
        Finding::new(
            Measure::Ptr,
            State::Bad,
            format!("{} does not lead back to {}", wrong.join(", "), self.host()),
            "ask whoever gave you the addresses to set their PTR records to the server's name",
        )
    }

    fn spf(&self) -> Finding {
        let answer = match &self.look.texts {
            Ok(answer) => answer,
            Err(why) => return Finding::unknown(Measure::Spf, why),
        };
        // RFC 7208 4.5: the version ends with a space or the record.
        let records: Vec<String> = texts(answer)
            .filter(|text| {
                text.eq_ignore_ascii_case("v=spf1")
                    || text.to_ascii_lowercase().starts_with("v=spf1 ")
            })
            .collect();
        let record = match records.as_slice() {
            [] => {
                return Finding::new(
                    Measure::Spf,
                    State::Bad,
                    "no record: anybody may send in this name",
                    self.publish("TXT", "SPF"),
                );
            }
            [record] => record,
            // RFC 7208 4.5: more than one is a permanent error.
            _ => {
                return Finding::new(
                    Measure::Spf,
                    State::Bad,
                    "more than one record, so that none counts",
                    "keep one of them",
                );
            }
        };
        let sends = |verdict: &authenticity::Verdict| verdict.spf.result == SpfResult::Pass;
        let refused: Vec<String> = self
            .look
            .addresses
            .iter()
            .filter(|seen| seen.verdict.as_ref().is_some_and(|verdict| !sends(verdict)))
            .map(|seen| seen.ip.to_string())
            .collect();
        let strict = record.trim_end().ends_with("-all") || record.trim_end().ends_with("~all");
        if !refused.is_empty() && self.config.outgoing.smart_host.is_none() {
            return Finding::new(
                Measure::Spf,
                State::Bad,
                format!("`{record}` does not let {} send", refused.join(", ")),
                self.publish("TXT", "SPF"),
            );
        }
        if strict {
            Finding::good(Measure::Spf, record.clone())
        } else {
            Finding::new(
                Measure::Spf,
                State::Weak,
                format!("`{record}` lets others send as well"),
                "end it with `-all`",
            )
        }
    }

    fn dkim(&self) -> Finding {
        if self.keys.signing.is_empty() {
            return Finding::new(
                Measure::Dkim,
                State::Bad,
                "there is no key: mail leaves unsigned",
                format!(
                    "`wachpost dkim generate {}`, then publish what it prints",
                    self.set_up.domain
                ),
            );
        }
        let mut missing = Vec::new();
        for (selector, wanted) in &self.keys.signing {
            let found = self
                .look
                .signing
                .iter()
                .find(|(known, _)| known == selector);
            match found {
                Some((_, Ok(answer)))
                    if texts(answer).any(|text| key_of(&text) == key_of(wanted)) => {}
                Some((_, Err(why))) => return Finding::unknown(Measure::Dkim, why),
                _ => missing.push(selector.as_str()),
            }
        }
        if missing.is_empty() {
            return Finding::good(
                Measure::Dkim,
                format!("{} keys are published", self.keys.signing.len()),
            );
        }
        Finding::new(
            Measure::Dkim,
            State::Bad,
            format!("not published, or another key: {}", missing.join(", ")),
            self.publish("TXT", "DKIM"),
        )
    }

    fn dmarc(&self) -> Finding {
        let answer = match &self.look.dmarc {
            Ok(answer) => answer,
            Err(why) => return Finding::unknown(Measure::Dmarc, why),
        };
        let publish = || self.publish("TXT", "DMARC");
        let texts: Vec<String> = texts(answer)
            .filter(|text| text.starts_with("v=DMARC1"))
            .collect();
        let [text] = texts.as_slice() else {
            let found = if texts.is_empty() {
                "no record: forged mail is not refused"
            } else {
                "more than one record, so that none counts"
            };
            return Finding::new(Measure::Dmarc, State::Bad, found, publish());
        };
        match read_dmarc_record(text.as_bytes()) {
            None => Finding::new(
                Measure::Dmarc,
                State::Bad,
                format!("`{text}` cannot be read"),
                publish(),
            ),
            Some(record) => match record.p {
                Some(Policy::Reject | Policy::Quarantine) if !record.testing => {
                    Finding::good(Measure::Dmarc, text.clone())
                }
                _ => Finding::new(
                    Measure::Dmarc,
                    State::Weak,
                    format!("`{text}` only watches"),
                    "once reports show no mail of yours failing, set `p=quarantine`, then `p=reject`",
                ),
            },
        }
    }

    fn dnssec(&self) -> Finding {
        match &self.look.mx {
            Err(why) => Finding::unknown(Measure::Dnssec, why),
            Ok(answer) => match answer.secure {
                Secure::Secure if self.look.addresses_secure => Finding::good(
                    Measure::Dnssec,
                    "the domain and the server's name are signed",
                ),
                Secure::Secure => Finding::new(
                    Measure::Dnssec,
                    State::Weak,
                    format!("the domain is signed, {} is not", self.host()),
                    "have the zone of the server's name signed, too",
                ),
                Secure::Bogus => Finding::new(
                    Measure::Dnssec,
                    State::Bad,
                    "the signatures are wrong: careful servers cannot reach you",
                    "have whoever runs the zone renew its signatures, or compare the DS record with its keys",
                ),
                Secure::Insecure | Secure::Indeterminate => Finding::new(
                    Measure::Dnssec,
                    State::Bad,
                    "the domain is not signed",
                    "switch DNSSEC on where the zone is run, and hand its DS record to the registrar",
                ),
            },
        }
    }

    fn dane(&self) -> Finding {
        let answer = match &self.look.tlsa {
            Ok(answer) => answer,
            Err(why) => return Finding::unknown(Measure::Dane, why),
        };
        let digests: Vec<String> = answer
            .records
            .iter()
            .filter_map(|record| match record {
                Record::Tlsa {
                    usage: 3,
                    selector: 1,
                    matching: 1,
                    data,
                } => Some(hexadecimal(data)),
                _ => None,
            })
            .collect();
        let matches = digests
            .iter()
            .any(|digest| self.keys.digests.contains(digest));
        match (answer.records.is_empty(), matches, answer.secure) {
            (false, true, Secure::Secure) => {
                Finding::good(Measure::Dane, "our key is published and signed")
            }
            (false, true, _) => Finding::new(
                Measure::Dane,
                State::Weak,
                "our key is published, but the zone is not signed, so nobody believes it",
                "see DNSSEC",
            ),
            (false, false, _) => Finding::new(
                Measure::Dane,
                State::Bad,
                "another key is published: servers that check it send no mail",
                self.publish("TLSA", "DANE"),
            ),
            (true, ..) => Finding::new(
                Measure::Dane,
                State::Bad,
                "no TLSA record",
                self.publish("TLSA", "DANE"),
            ),
        }
    }

    fn tls(&self) -> Finding {
        if self.config.tls.certificates.is_empty() && self.config.acme.is_none() {
            return Finding::new(
                Measure::Tls,
                State::Bad,
                "there is no certificate: mail comes unencrypted",
                "add `[acme]`, or `[[tls.certificates]]` with `chain` and `key`",
            );
        }
        let probed = match &self.look.tls {
            Ok(probed) => probed,
            Err(why) => return Finding::unknown(Measure::Tls, why),
        };
        let flaw = probed.iter().find_map(|probed| match &probed.seen {
            ProbeResult::Flawed { result, detail } => Some((probed.address, *result, detail)),
            ProbeResult::Trusted | ProbeResult::Unreachable(_) => None,
        });
        if let Some((address, result, detail)) = flaw {
            let state = match result {
                TlsResult::StarttlsNotSupported => State::Bad,
                _ => State::Weak,
            };
            return Finding::new(
                Measure::Tls,
                state,
                format!("port 25 of {address}: {detail}"),
                "see that the certificate is of a public issuer, for this host's name, and not past its time: `[acme]` keeps it so",
            );
        }
        let unreachable = probed.iter().find_map(|probed| match &probed.seen {
            ProbeResult::Unreachable(why) => Some((probed.address, why)),
            ProbeResult::Trusted | ProbeResult::Flawed { .. } => None,
        });
        match (unreachable, probed.is_empty()) {
            (None, false) => Finding::good(Measure::Tls, "the certificate is trusted"),
            (None, true) => Finding::unknown(Measure::Tls, "the host has no address"),
            (Some((address, why)), _) => Finding::new(
                Measure::Tls,
                State::Unknown,
                format!("port 25 of {address} could not be tried from here: {why}"),
                "see that the server runs and is reached at this address; networks that do not let a host reach itself by its public address need a look from elsewhere",
            ),
        }
    }

    fn mta_sts(&self) -> Finding {
        let answer = match &self.look.sts {
            Ok(answer) => answer,
            Err(why) => return Finding::unknown(Measure::MtaSts, why),
        };
        let Some(wanted) = mta_sts::Policy::of(self.config) else {
            return Finding::new(
                Measure::MtaSts,
                State::Bad,
                "no policy is served",
                "listen for `https`, and set `mode = \"testing\"` in `[mta_sts]`",
            );
        };
        if !texts(answer).any(|text| text.starts_with("v=STSv1")) {
            return Finding::new(
                Measure::MtaSts,
                State::Bad,
                "no record",
                self.publish("TXT", "MTA-STS"),
            );
        }
        let policy = match &self.look.policy {
            Ok(policy) => policy,
            Err(why) => {
                return Finding::new(
                    Measure::MtaSts,
                    State::Bad,
                    format!("the policy cannot be fetched: {why}"),
                    self.publish("CNAME", "MTA-STS"),
                );
            }
        };
        let current = texts(answer).any(|text| text.contains(&wanted.id()));
        if policy.replace("\r\n", "\n") != wanted.text().replace("\r\n", "\n") || !current {
            return Finding::new(
                Measure::MtaSts,
                State::Weak,
                "the policy or its id is not the one of the configuration",
                self.publish("TXT", "MTA-STS"),
            );
        }
        if policy.contains("mode: enforce") {
            return Finding::good(Measure::MtaSts, "a policy is in force");
        }
        Finding::new(
            Measure::MtaSts,
            State::Weak,
            "the policy is only tested",
            "once reports show no failure, set `mode = \"enforce\"` in `[mta_sts]` and publish the new id",
        )
    }

    fn tls_rpt(&self) -> Finding {
        match &self.look.tls_reports {
            Err(why) => Finding::unknown(Measure::TlsRpt, why),
            Ok(answer) => match texts(answer).find(|text| text.starts_with("v=TLSRPTv1")) {
                Some(text) => Finding::good(Measure::TlsRpt, text),
                None => Finding::new(
                    Measure::TlsRpt,
                    State::Weak,
                    "nobody would tell you that encrypted mail fails",
                    self.publish("TXT", "TLS-RPT"),
                ),
            },
        }
    }
}

fn texts(answer: &Answer) -> impl Iterator<Item = String> {
    answer.records.iter().filter_map(|record| match record {
        Record::Txt(octets) => Some(String::from_utf8_lossy(octets).into_owned()),
        _ => None,
    })
}

/// The public key in a record of DKIM (RFC 6376 3.6.1), without white space.
fn key_of(text: &str) -> Option<String> {
    let tags = text.split(';').filter_map(|tag| tag.split_once('='));
    let (_, key) = { tags }.find(|(name, _)| name.trim() == "p")?;
    Some(key.split_whitespace().collect())
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[cfg(test)]
mod tests;

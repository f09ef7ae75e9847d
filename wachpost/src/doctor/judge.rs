//! Judging: what was seen against what should be, and what to do about it, in words for the administrator.
//!
//! The grade counts the measures that the German BSI recommends for mail (TR-03108, TR-03182): SPF, DKIM, DMARC, DNSSEC, DANE, TLS and
//! MTA-STS.

use authenticity::{Policy, SpfResult, read_dmarc_record};
use egress::wire::{Answer, ProbeResult, Record, Secure, TlsResult};
use serde::Serialize;

use super::look::{Look, Seen, Unseen};
use super::saying::{Code, Saying};
use super::{Keys, SetUp};
use crate::config::Config;
use crate::mta_sts;
use crate::services::port;

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
    pub(crate) found: Saying,
    /// What to do, if anything.
    pub(crate) todo: Option<Saying>,
}

impl Finding {
    fn good(measure: Measure, found: Saying) -> Self {
        Self {
            measure,
            state: State::Good,
            found,
            todo: None,
        }
    }

    fn new(measure: Measure, state: State, found: Saying, todo: Saying) -> Self {
        Self {
            measure,
            state,
            found,
            todo: Some(todo),
        }
    }

    fn unknown(measure: Measure, why: &Unseen) -> Self {
        let found = match why {
            Unseen::TimedOut => Saying::plain(Code::LookupTimedOut),
            Unseen::Down => Saying::plain(Code::LookupDown),
            Unseen::Failed(why) => Saying::new(Code::LookupFailed, [("why", why.clone())]),
        };
        Self::new(
            measure,
            State::Unknown,
            found,
            Saying::plain(Code::AskAgain),
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

    /// The lines for the zone that are for this and of one of these types.
    fn lines(&self, kinds: &[&str], of: &str) -> String {
        let records = self.set_up.records.iter();
        let lines: Vec<String> = records
            .filter(|record| kinds.contains(&record.kind) && record.purpose.starts_with(of))
            .map(super::Record::line)
            .collect();
        lines.join("\n")
    }

    /// What is to be published, said so; without lines it is because nobody listens for mail.
    fn publish(&self, code: Code, kind: &str, of: &str) -> Saying {
        let records = self.lines(&[kind], of);
        if records.is_empty() {
            return Saying::plain(Code::ListenMx);
        }
        Saying::new(code, [("records", records)])
    }

    fn mx(&self) -> Finding {
        if port(&self.config.listen.mx).is_none() {
            return Finding::new(
                Measure::Mx,
                State::Bad,
                Saying::plain(Code::MxNotServed),
                Saying::plain(Code::ListenMx),
            );
        }
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
        let bad = |found, code| {
            let todo = self.publish(code, "MX", "mail");
            Finding::new(Measure::Mx, State::Bad, found, todo)
        };
        let is_ours = |host: &&str| host.eq_ignore_ascii_case(self.host());
        match hosts.as_slice() {
            [] => bad(Saying::plain(Code::MxNone), Code::Publish),
            // RFC 7505 3
            [""] => bad(Saying::plain(Code::MxNull), Code::Replace),
            hosts if hosts.iter().any(is_ours) => {
                let hosts = [("hosts", hosts.join(", "))];
                Finding::good(Measure::Mx, Saying::new(Code::MxHere, hosts))
            }
            hosts => {
                let values = [
                    ("hosts", hosts.join(", ")),
                    ("host", self.host().to_owned()),
                ];
                bad(Saying::new(Code::MxElsewhere, values), Code::MoveMx)
            }
        }
    }

    /// A saying about our host.
    fn of_host(&self, code: Code) -> Saying {
        Saying::new(code, [("host", self.host().to_owned())])
    }

    /// Others refuse mail from addresses whose name does not lead back.
    fn ptr(&self) -> Finding {
        let addresses = &self.look.addresses;
        if addresses.is_empty() {
            return Finding::new(
                Measure::Ptr,
                State::Bad,
                self.of_host(Code::PtrNoAddress),
                self.of_host(Code::PublishAddresses),
            );
        }
        let leads_back = |seen: &&Seen| {
            let mut names = seen.names.iter();
            names.any(|name| name.eq_ignore_ascii_case(self.host()))
        };
        let wrong = addresses.iter().filter(|seen| !leads_back(seen));
        let wrong: Vec<String> = wrong.map(|seen| seen.ip.to_string()).collect();
        if wrong.is_empty() {
            return Finding::good(Measure::Ptr, Saying::plain(Code::PtrGood));
        }
        let values = [
            ("addresses", wrong.join(", ")),
            ("host", self.host().to_owned()),
        ];
        let found = Saying::new(Code::PtrWrong, values);
        Finding::new(Measure::Ptr, State::Bad, found, self.of_host(Code::AskPtr))
    }

    fn spf(&self) -> Finding {
        let answer = match &self.look.texts {
            Ok(answer) => answer,
            Err(why) => return Finding::unknown(Measure::Spf, why),
        };
        let publish = || {
            let code = match self.config.outgoing.smart_host {
                Some(_) => Code::PublishSpfSmartHost,
                None => Code::PublishSpf,
            };
            self.publish(code, "TXT", "SPF")
        };
        // RFC 7208 4.5: the version ends with a space or the record.
        let records: Vec<String> = texts(answer)
            .filter(|text| {
                text.eq_ignore_ascii_case("v=spf1")
                    || text.to_ascii_lowercase().starts_with("v=spf1 ")
            })
            .collect();
        let bad = |found, todo| Finding::new(Measure::Spf, State::Bad, found, todo);
        let record = match records.as_slice() {
            [] => return bad(Saying::plain(Code::SpfNone), publish()),
            [record] => record,
            // RFC 7208 4.5: more than one is a permanent error.
            _ => {
                let todo = Saying::plain(Code::KeepOneRecord);
                return bad(Saying::plain(Code::SpfSeveral), todo);
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
            let values = [
                ("record", record.clone()),
                ("addresses", refused.join(", ")),
            ];
            return bad(Saying::new(Code::SpfRefuses, values), publish());
        }
        let record = [("record", record.clone())];
        if strict {
            Finding::good(Measure::Spf, Saying::new(Code::SpfGood, record))
        } else {
            Finding::new(
                Measure::Spf,
                State::Weak,
                Saying::new(Code::SpfOpen, record),
                Saying::plain(Code::EndSpf),
            )
        }
    }

    fn dkim(&self) -> Finding {
        let bad = |found, todo| Finding::new(Measure::Dkim, State::Bad, found, todo);
        if self.keys.signing.is_empty() {
            let domain = self.set_up.domain.clone();
            let todo = Saying::new(Code::MakeKey, [("domain", domain)]);
            return bad(Saying::plain(Code::DkimNoKey), todo);
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
            let count = [("count", self.keys.signing.len().to_string())];
            return Finding::good(Measure::Dkim, Saying::new(Code::DkimGood, count));
        }
        let selectors = [("selectors", missing.join(", "))];
        let found = Saying::new(Code::DkimMissing, selectors);
        bad(found, self.publish(Code::Publish, "TXT", "DKIM"))
    }

    fn dmarc(&self) -> Finding {
        let answer = match &self.look.dmarc {
            Ok(answer) => answer,
            Err(why) => return Finding::unknown(Measure::Dmarc, why),
        };
        let bad = |found, todo| Finding::new(Measure::Dmarc, State::Bad, found, todo);
        let publish = || self.publish(Code::PublishDmarc, "TXT", "DMARC");
        let texts: Vec<String> = texts(answer)
            .filter(|text| text.starts_with("v=DMARC1"))
            .collect();
        let text = match texts.as_slice() {
            [] => return bad(Saying::plain(Code::DmarcNone), publish()),
            [text] => text,
            _ => {
                let todo = Saying::plain(Code::KeepOneRecord);
                return bad(Saying::plain(Code::DmarcSeveral), todo);
            }
        };
        let said = |code| Saying::new(code, [("record", text.clone())]);
        match read_dmarc_record(text.as_bytes()) {
            None => bad(said(Code::DmarcUnreadable), publish()),
            Some(record) => match record.p {
                Some(Policy::Reject | Policy::Quarantine) if !record.testing => {
                    Finding::good(Measure::Dmarc, said(Code::DmarcGood))
                }
                _ => Finding::new(
                    Measure::Dmarc,
                    State::Weak,
                    said(Code::DmarcWatches),
                    Saying::plain(Code::TightenDmarc),
                ),
            },
        }
    }

    fn dnssec(&self) -> Finding {
        let answer = match &self.look.mx {
            Ok(answer) => answer,
            Err(why) => return Finding::unknown(Measure::Dnssec, why),
        };
        let (state, found, todo) = match answer.secure {
            Secure::Secure if self.look.addresses_secure => {
                return Finding::good(Measure::Dnssec, Saying::plain(Code::DnssecGood));
            }
            Secure::Secure => (
                State::Weak,
                self.of_host(Code::DnssecHostUnsigned),
                self.of_host(Code::SignHostZone),
            ),
            Secure::Bogus => (
                State::Bad,
                Saying::plain(Code::DnssecBogus),
                Saying::plain(Code::MendSignatures),
            ),
            Secure::Insecure | Secure::Indeterminate => (
                State::Bad,
                Saying::plain(Code::DnssecNone),
                Saying::plain(Code::SignZone),
            ),
        };
        Finding::new(Measure::Dnssec, state, found, todo)
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
        let publish = |code| match self.keys.digests.is_empty() {
            true => Saying::plain(Code::CertificateFirst),
            false => self.publish(code, "TLSA", "DANE"),
        };
        let (state, found, todo) = match (answer.records.is_empty(), matches, answer.secure) {
            (false, true, Secure::Secure) => {
                return Finding::good(Measure::Dane, Saying::plain(Code::DaneGood));
            }
            (false, true, _) => (
                State::Weak,
                Code::DaneUnsigned,
                Saying::plain(Code::SignZoneForDane),
            ),
            (false, false, _) => (State::Bad, Code::DaneOther, publish(Code::Replace)),
            (true, ..) => (State::Bad, Code::DaneNone, publish(Code::Publish)),
        };
        Finding::new(Measure::Dane, state, Saying::plain(found), todo)
    }

    fn tls(&self) -> Finding {
        if self.config.tls.certificates.is_empty() && self.config.acme.is_none() {
            return Finding::new(
                Measure::Tls,
                State::Bad,
                Saying::plain(Code::TlsNoCertificate),
                Saying::plain(Code::AddCertificate),
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
            let (state, code) = flawed(result);
            let values = [("address", address.to_string()), ("detail", detail.clone())];
            let todo = self.of_host(Code::RenewCertificate);
            return Finding::new(Measure::Tls, state, Saying::new(code, values), todo);
        }
        let unreachable = probed.iter().find_map(|probed| match &probed.seen {
            ProbeResult::Unreachable(why) => Some((probed.address, why)),
            ProbeResult::Trusted | ProbeResult::Flawed { .. } => None,
        });
        let unknown = |found, todo| Finding::new(Measure::Tls, State::Unknown, found, todo);
        match (unreachable, probed.is_empty()) {
            (None, false) => Finding::good(Measure::Tls, Saying::plain(Code::TlsGood)),
            (None, true) => unknown(
                self.of_host(Code::TlsNoAddress),
                self.of_host(Code::PublishAddresses),
            ),
            (Some((address, why)), _) => {
                let values = [("address", address.to_string()), ("why", why.clone())];
                let found = Saying::new(Code::TlsUnreachable, values);
                unknown(found, Saying::plain(Code::CheckReach))
            }
        }
    }

    fn mta_sts(&self) -> Finding {
        let answer = match &self.look.sts {
            Ok(answer) => answer,
            Err(why) => return Finding::unknown(Measure::MtaSts, why),
        };
        let finding = |state, found, todo| Finding::new(Measure::MtaSts, state, found, todo);
        let Some(wanted) = mta_sts::Policy::of(self.config) else {
            let todo = Saying::plain(Code::ServeSts);
            return finding(State::Bad, Saying::plain(Code::StsNotServed), todo);
        };
        if !texts(answer).any(|text| text.starts_with("v=STSv1")) {
            let found = Saying::plain(Code::StsNoRecord);
            return finding(State::Bad, found, self.publish_sts());
        }
        let policy = match &self.look.policy {
            Ok(policy) => policy,
            Err(why) => {
                let found = Saying::new(Code::StsNoPolicy, [("why", why.clone())]);
                return finding(State::Bad, found, self.publish_sts());
            }
        };
        let current = texts(answer).any(|text| text.contains(&wanted.id()));
        if policy.replace("\r\n", "\n") != wanted.text().replace("\r\n", "\n") || !current {
            let todo = self.publish(Code::Replace, "TXT", "MTA-STS");
            return finding(State::Weak, Saying::plain(Code::StsOutdated), todo);
        }
        if policy.contains("mode: enforce") {
            return Finding::good(Measure::MtaSts, Saying::plain(Code::StsGood));
        }
        let domain = [("domain", self.set_up.domain.clone())];
        let todo = Saying::new(Code::EnforceSts, domain);
        finding(State::Weak, Saying::plain(Code::StsTesting), todo)
    }

    /// RFC 8461 3.1, 3.3: the announcement, the name of the web server, and a certificate that is for it.
    fn publish_sts(&self) -> Saying {
        let records = self.lines(&["TXT", "CNAME"], "MTA-STS");
        if records.is_empty() {
            return Saying::plain(Code::ListenMx);
        }
        let code = match self.config.acme {
            Some(_) => Code::PublishStsAcme,
            None => Code::PublishSts,
        };
        let name = format!("mta-sts.{}", self.set_up.domain);
        Saying::new(code, [("name", name), ("records", records)])
    }

    fn tls_rpt(&self) -> Finding {
        match &self.look.tls_reports {
            Err(why) => Finding::unknown(Measure::TlsRpt, why),
            Ok(answer) => match texts(answer).find(|text| text.starts_with("v=TLSRPTv1")) {
                Some(text) => {
                    let record = [("record", text)];
                    Finding::good(Measure::TlsRpt, Saying::new(Code::TlsRptGood, record))
                }
                None => Finding::new(
                    Measure::TlsRpt,
                    State::Weak,
                    Saying::plain(Code::TlsRptNone),
                    self.publish(Code::Publish, "TXT", "TLS-RPT"),
                ),
            },
        }
    }
}

/// How bad a flaw is, and what it is called.
fn flawed(result: TlsResult) -> (State, Code) {
    match result {
        TlsResult::StarttlsNotSupported => (State::Bad, Code::TlsNotOffered),
        TlsResult::CertificateExpired => (State::Weak, Code::TlsExpired),
        TlsResult::CertificateHostMismatch => (State::Weak, Code::TlsOtherName),
        TlsResult::CertificateNotTrusted => (State::Weak, Code::TlsUntrusted),
        _ => (State::Weak, Code::TlsFlawed),
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

//! Sayings: all that is said of a domain. Each has a code that never changes and values, by which the administration client says the
//! same in other languages; the text is English, for the command line and for clients that do not know the code.
//!
//! A new code needs its texts in `web/src/texts/en/findings.ts` and `web/src/texts/de/findings.ts`; a test compares them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Something that is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Saying {
    /// What.
    pub(crate) code: Code,
    /// What of.
    pub(crate) values: BTreeMap<&'static str, String>,
    /// In English.
    pub(crate) text: String,
}

impl Saying {
    /// A saying; the values are those that the text of its code names.
    pub(crate) fn new<const N: usize>(code: Code, values: [(&'static str, String); N]) -> Self {
        let values = BTreeMap::from(values);
        debug_assert!(
            values.keys().copied().eq(names(code.english())),
            "{code:?} has other values"
        );
        let mut parts = code.english().split('{');
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').unwrap_or((part, ""));
            text.push_str(values.get(name).map_or("", String::as_str));
            text.push_str(rest);
        }
        Self { code, values, text }
    }

    /// One without values.
    pub(crate) fn plain(code: Code) -> Self {
        Self::new(code, [])
    }
}

/// The names in a text, sorted: `{name}`.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let mut found: Vec<&str> = text
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
        .collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter()
}

/// What can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Code {
    // What was found.
    LookupTimedOut,
    LookupDown,
    LookupFailed,
    MxNotServed,
    MxNone,
    MxNull,
    MxHere,
    MxElsewhere,
    PtrNoAddress,
    PtrGood,
    PtrWrong,
    SpfNone,
    SpfSeveral,
    SpfRefuses,
    SpfGood,
    SpfOpen,
    DkimNoKey,
    DkimGood,
    DkimMissing,
    DmarcNone,
    DmarcSeveral,
    DmarcUnreadable,
    DmarcGood,
    DmarcWatches,
    DnssecGood,
    DnssecHostUnsigned,
    DnssecBogus,
    DnssecNone,
    DaneGood,
    DaneUnsigned,
    DaneOther,
    DaneNone,
    TlsNoCertificate,
    TlsGood,
    TlsNotOffered,
    TlsExpired,
    TlsOtherName,
    TlsUntrusted,
    TlsFlawed,
    TlsUnreachable,
    TlsNoAddress,
    StsNotServed,
    StsNoRecord,
    StsNoPolicy,
    StsOutdated,
    StsGood,
    StsTesting,
    TlsRptGood,
    TlsRptNone,
    // What to do.
    AskAgain,
    ListenMx,
    Publish,
    MoveMx,
    PublishAddresses,
    AskPtr,
    PublishSpf,
    PublishSpfSmartHost,
    KeepOneRecord,
    EndSpf,
    MakeKey,
    PublishDmarc,
    TightenDmarc,
    SignHostZone,
    MendSignatures,
    SignZone,
    SignZoneForDane,
    CertificateFirst,
    AddCertificate,
    RenewCertificate,
    CheckReach,
    ServeSts,
    PublishSts,
    PublishStsAcme,
    Replace,
    EnforceSts,
    // What keeps programs from finding everything.
    AdviceMx,
    AdviceHttps,
    AdviceListen,
    AdviceLoopback,
    AdviceHostname,
}

impl Code {
    /// As programs know it.
    pub(crate) fn word(self) -> String {
        let name = format!("{self:?}");
        let (first, rest) = name.split_at(1);
        first.to_lowercase() + rest
    }

    /// The text in English, with the names of its values in braces.
    pub(crate) fn english(self) -> &'static str {
        match self {
            Self::LookupTimedOut => "could not be looked up: there was no answer in time",
            Self::LookupDown => {
                "could not be looked up: the process that connects out does not answer"
            }
            Self::LookupFailed => "could not be looked up: {why}",
            Self::MxNotServed => "this server does not listen for mail from others",
            Self::MxNone => "no MX record: no mail comes",
            Self::MxNull => "the null MX says that the domain takes no mail",
            Self::MxHere => "mail goes to {hosts}",
            Self::MxElsewhere => "mail goes to {hosts}, not to {host}",
            Self::PtrNoAddress => "{host} has no address",
            Self::PtrGood => "each address leads back to the server’s name",
            Self::PtrWrong => "{addresses} does not lead back to {host}",
            Self::SpfNone => "no record: anybody may send in this name",
            Self::SpfSeveral => "more than one record, so that none counts",
            Self::SpfRefuses => "`{record}` does not let {addresses} send",
            Self::SpfGood => "{record}",
            Self::SpfOpen => "`{record}` lets others send as well",
            Self::DkimNoKey => "there is no key: mail leaves unsigned",
            Self::DkimGood => "all keys are published: {count}",
            Self::DkimMissing => "not published, or another key: {selectors}",
            Self::DmarcNone => "no record: forged mail is not refused",
            Self::DmarcSeveral => "more than one record, so that none counts",
            Self::DmarcUnreadable => "`{record}` cannot be read",
            Self::DmarcGood => "{record}",
            Self::DmarcWatches => "`{record}` only watches",
            Self::DnssecGood => "the domain and the server’s name are signed",
            Self::DnssecHostUnsigned => "the domain is signed, {host} is not",
            Self::DnssecBogus => "the signatures are wrong: careful servers cannot reach you",
            Self::DnssecNone => "the domain is not signed",
            Self::DaneGood => "our key is published and signed",
            Self::DaneUnsigned => {
                "our key is published, but the zone is not signed, so nobody believes it"
            }
            Self::DaneOther => "another key is published: servers that check it send no mail",
            Self::DaneNone => "no TLSA record",
            Self::TlsNoCertificate => "there is no certificate: mail comes unencrypted",
            Self::TlsGood => "the certificate is trusted",
            Self::TlsNotOffered => "port 25 of {address} offers no encryption: {detail}",
            Self::TlsExpired => {
                "port 25 of {address}: the certificate is past its time, or before it: {detail}"
            }
            Self::TlsOtherName => {
                "port 25 of {address}: the certificate is for another name: {detail}"
            }
            Self::TlsUntrusted => {
                "port 25 of {address}: the certificate is of nobody whom others trust: {detail}"
            }
            Self::TlsFlawed => "port 25 of {address}: {detail}",
            Self::TlsUnreachable => "port 25 of {address} could not be tried from here: {why}",
            Self::TlsNoAddress => "{host} has no address to be tried at",
            Self::StsNotServed => "no policy is served",
            Self::StsNoRecord => "no record",
            Self::StsNoPolicy => "the policy cannot be fetched: {why}",
            Self::StsOutdated => "the policy or its id is not the one of the configuration",
            Self::StsGood => "a policy is in force",
            Self::StsTesting => "the policy is only tested",
            Self::TlsRptGood => "{record}",
            Self::TlsRptNone => "nobody would tell you that encrypted mail fails",
            other => other.english_to_do(),
        }
    }

    /// What to do.
    fn english_to_do(self) -> &'static str {
        match self {
            Self::AskAgain => "see that the name servers in `[egress]` answer, then ask again",
            Self::ListenMx => "add `mx = [\"0.0.0.0:25\", \"[::]:25\"]` to `[listen]` first",
            Self::Publish => "publish:\n{records}",
            Self::MoveMx => {
                "once everything is moved here, publish in the place of what is there:\n{records}"
            }
            Self::PublishAddresses => {
                "publish an A record, and an AAAA record if there is IPv6, for {host} with the server’s addresses"
            }
            Self::AskPtr => {
                "ask whoever gave you the addresses (the provider, not the registrar) to set their PTR records to {host}"
            }
            Self::PublishSpf => {
                "if other services send mail in this name, add them before `-all`; publish:\n{records}"
            }
            Self::PublishSpfSmartHost => {
                "add what the operator of your smart host tells you, such as `include:spf.example.net`, before `~all`; publish:\n{records}"
            }
            Self::KeepOneRecord => "remove all but one of them",
            Self::EndSpf => "end it with `-all`",
            Self::MakeKey => "run `wachpost dkim generate {domain}`, then publish what it prints",
            Self::PublishDmarc => {
                "if you do not know who sends mail in this name, begin with `p=none` and read the reports; publish:\n{records}"
            }
            Self::TightenDmarc => {
                "once reports show no mail of yours failing, set `p=quarantine`, then `p=reject`"
            }
            Self::SignHostZone => "have the zone of {host} signed, too",
            Self::MendSignatures => {
                "have whoever runs the zone renew its signatures, or compare the DS record with its keys"
            }
            Self::SignZone => {
                "switch DNSSEC on where the zone is run, and hand its DS record to the registrar"
            }
            Self::SignZoneForDane => "have the zone signed first: see DNSSEC",
            Self::CertificateFirst => "get a certificate first: see TLS",
            Self::AddCertificate => {
                "add `[acme]` to the configuration, or `[[tls.certificates]]` with `chain` and `key`, and start the server again"
            }
            Self::RenewCertificate => {
                "see that the certificate is of a public issuer, for {host}, and not past its time: `[acme]` keeps it so"
            }
            Self::CheckReach => {
                "see that the server runs and is reached at this address; networks that do not let a host reach itself by its public address need a look from elsewhere"
            }
            Self::ServeSts => {
                "add `https` to `[listen]`, set `mode = \"testing\"` in `[mta_sts]`, and start the server again"
            }
            Self::PublishSts => "get a certificate that is for {name}, too; publish:\n{records}",
            Self::PublishStsAcme => {
                "publish these, then add \"{name}\" to `names` in `[acme]`, beside the server’s own, and start the server again:\n{records}"
            }
            Self::Replace => "publish in the place of what is there:\n{records}",
            Self::EnforceSts => {
                "once reports show no failure, set `mode = \"enforce\"` in `[mta_sts]`, start the server again, and publish the new id that `wachpost dns {domain}` prints"
            }
            Self::AdviceMx => {
                "no mail comes in from others: add `mx = [\"0.0.0.0:25\", \"[::]:25\"]` to `[listen]`"
            }
            Self::AdviceHttps => {
                "calendars and contacts are not served: add `https = [\"0.0.0.0:443\", \"[::]:443\"]` to `[listen]`"
            }
            Self::AdviceListen => "`{service}` is not served: add `{listener}` to `[listen]`",
            Self::AdviceLoopback => {
                "`{listener}` is reached from this machine only: give it another address in `[listen]`"
            }
            Self::AdviceHostname => {
                "`{host}` is no name that others can look up: set `hostname` to one such as `mail.example.org`"
            }
            // All others are what was found.
            _ => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// All codes: serde names them where it meets another.
    fn all() -> Vec<(String, Code)> {
        let error = serde_json::from_str::<Code>("\"?\"").unwrap_err();
        let text = error.to_string();
        let (_, list) = text.split_once("expected one of").unwrap();
        let names = list.split('`').skip(1).step_by(2);
        names
            .map(|name| {
                let code = serde_json::from_str(&format!("\"{name}\"")).unwrap();
                (name.to_owned(), code)
            })
            .collect()
    }

    /// The texts of a language: lines of `key: 'text',`.
    fn texts(language: &str) -> BTreeMap<String, String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/src/texts");
        let path = folder.join(language).join("findings.ts");
        let file = fs::read_to_string(path).unwrap();
        file.lines()
            .filter_map(|line| {
                let (key, rest) = line.strip_prefix("  ")?.split_once(": '")?;
                let text = rest.strip_suffix("',")?;
                Some((
                    key.to_owned(),
                    text.replace("\\n", "\n").replace("\\'", "'"),
                ))
            })
            .collect()
    }

    #[test]
    fn whatever_is_said_is_said_in_every_language() {
        let all = all();
        assert!(all.len() > 70, "{}", all.len());
        for language in ["en", "de"] {
            let mut texts = texts(language);
            for (name, code) in &all {
                let Some(text) = texts.remove(name) else {
                    panic!("`{name}` has no text in `{language}`");
                };
                assert!(!code.english().is_empty(), "{name}");
                assert_eq!(code.word(), *name);
                if language == "en" {
                    assert_eq!(text, code.english(), "{name}");
                } else {
                    assert!(names(&text).eq(names(code.english())), "{name}: {text}");
                    let is_a_value = text.starts_with('{') && text.ends_with('}');
                    let is_list = *code == Code::Publish;
                    assert!(is_a_value || is_list || text != code.english(), "{name}");
                }
            }
            assert!(texts.is_empty(), "nobody says {texts:?}");
        }
    }

    #[test]
    fn values_stand_in_the_text() {
        let saying = Saying::new(
            Code::MxElsewhere,
            [("hosts", "a, b".into()), ("host", "{hosts}".into())],
        );
        assert_eq!(saying.text, "mail goes to a, b, not to {hosts}");
        let json = serde_json::to_value(Saying::plain(Code::MxNone)).unwrap();
        assert_eq!(json["code"], "mxNone");
    }
}

//! STIX 2.1: what was found, as others' programs exchange it.
//!
//! One bundle: an identity (this program), a report, an indicator for each thing to look for, the techniques of ATT&CK that were
//! seen and the vulnerabilities that they used. Ids are made from what an object says, so that the same assessment gives the same
//! bundle.

use evidence::Moment;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::escape::{pattern, plain};
use super::words;
use crate::assessment::{Assessment, Chain, Indicator, IndicatorKind, Rung};

/// The holes of each way in.
const fn vulnerabilities(chain: Chain) -> &'static [&'static str] {
    match chain {
        Chain::ProxyLogon => &[
            "CVE-2021-26855",
            "CVE-2021-26857",
            "CVE-2021-26858",
            "CVE-2021-27065",
        ],
        Chain::ProxyShell => &["CVE-2021-34473", "CVE-2021-34523", "CVE-2021-31207"],
        Chain::Unknown => &[],
    }
}

/// The technique of ATT&CK that a rung of the ladder is.
const fn technique(rung: Rung) -> Option<(&'static str, &'static str)> {
    Some(match rung {
        Rung::Probe => ("T1595.002", "Active Scanning: Vulnerability Scanning"),
        Rung::RequestForged | Rung::Session => ("T1190", "Exploit Public-Facing Application"),
        Rung::DirectorySet | Rung::FileWritten | Rung::PageCompiled | Rung::PageCalled => {
            ("T1505.003", "Server Software Component: Web Shell")
        }
        Rung::ProcessStarted => ("T1059", "Command and Scripting Interpreter"),
        Rung::Dump => ("T1003", "OS Credential Dumping"),
        Rung::Export | Rung::MailboxAccess => {
            ("T1114.002", "Email Collection: Remote Email Collection")
        }
    })
}

/// The bundle, as JSON.
#[must_use]
pub fn stix(assessment: &Assessment) -> String {
    let made = stamp(assessment.made);
    let mut bundle = Bundle {
        made: &made,
        identity: String::new(),
        objects: Vec::new(),
    };
    bundle.identity = bundle.add(
        "identity",
        "scout",
        json!({
            "name": "scout",
            "description": "Reads the evidence of Exchange servers; part of Wachpost.",
            "identity_class": "system",
        }),
    );
    let mut reported = vec![bundle.identity.clone()];
    let indicators: Vec<String> = assessment
        .indicators
        .iter()
        .filter_map(|indicator| bundle.indicator(indicator, assessment.made))
        .collect();
    reported.extend(indicators.iter().cloned());
    reported.extend(bundle.techniques(assessment, &indicators));
    let servers = assessment.servers.join(", ");
    bundle.add(
        "report",
        &format!("{servers} {}", assessment.evidence.folder),
        json!({
            "name": plain(&format!("scout: {} {servers}", assessment.verdict.words())).trim_end(),
            "description": plain(&assessment.reasons.join(" ")),
            "report_types": ["threat-report"],
            "published": made,
            "object_refs": reported,
        }),
    );
    let objects = std::mem::take(&mut bundle.objects);
    let text = serde_json::to_string_pretty(&json!({
        "type": "bundle",
        "id": id("bundle", &format!("{made} {servers} {}", objects.len())),
        "objects": objects,
    }));
    text.expect("the values of a bundle can be written") + "\n"
}

struct Bundle<'a> {
    made: &'a str,
    identity: String,
    objects: Vec<Value>,
}

impl Bundle<'_> {
    /// Adds an object; gives its id. One that is there already stays as it is.
    fn add(&mut self, kind: &str, key: &str, mut object: Value) -> String {
        let id = id(kind, key);
        if self.objects.iter().any(|other| other["id"] == *id) {
            return id;
        }
        // STIX 2.1 3.2: what every object has.
        object["type"] = json!(kind);
        object["spec_version"] = json!("2.1");
        object["id"] = json!(id);
        object["created"] = json!(self.made);
        object["modified"] = json!(self.made);
        if !self.identity.is_empty() {
            object["created_by_ref"] = json!(self.identity);
        }
        // An empty text is no value (STIX 2.1 3.2).
        if let Some(fields) = object.as_object_mut() {
            fields.retain(|_, value| value.as_str() != Some(""));
        }
        self.objects.push(object);
        id
    }

    fn indicator(&mut self, indicator: &Indicator, made: Moment) -> Option<String> {
        let pattern = pattern_of(indicator)?;
        let from = indicator.from.unwrap_or(made);
        let kind = words::indicator(indicator.kind).en;
        let mut object = json!({
            "name": plain(&format!("{kind} {}", indicator.value)),
            "description": plain(&indicator.says),
            "indicator_types": ["malicious-activity"],
            "pattern": pattern,
            "pattern_type": "stix",
            "pattern_version": "2.1",
            "valid_from": stamp(from),
        });
        // STIX 2.1 4.7: the end, if there is one, is after the beginning. What was seen last stays worth a look for a year.
        let until = indicator.until.filter(|until| *until > from);
        if let Some(until) = until {
            object["valid_until"] = json!(stamp(until.plus_ms(365 * 86_400_000)));
        }
        Some(self.add("indicator", &pattern, object))
    }

    /// Techniques, the holes they used, and what indicates them.
    fn techniques(&mut self, assessment: &Assessment, indicators: &[String]) -> Vec<String> {
        let mut ids = Vec::new();
        for run in &assessment.runs {
            let holes: Vec<String> =
                vulnerabilities(run.chain)
                    .iter()
                    .map(|cve| {
                        self.add("vulnerability", cve, json!({
                    "name": cve,
                    "external_references": [{ "source_name": "cve", "external_id": cve }],
                }))
                    })
                    .collect();
            let rungs = run.steps.iter().map(|step| step.rung).chain([run.reached]);
            for (number, name) in rungs.filter_map(technique) {
                let technique = self.add("attack-pattern", number, json!({
                    "name": name,
                    "external_references": [{ "source_name": "mitre-attack", "external_id": number }],
                }));
                if number == "T1190" {
                    for hole in &holes {
                        ids.push(self.relate(&technique, "targets", hole));
                    }
                }
                ids.push(technique);
            }
            ids.extend(holes);
        }
        ids.sort();
        ids.dedup();
        let technique = ids
            .iter()
            .find(|id| id.starts_with("attack-pattern--"))
            .cloned();
        if let Some(technique) = technique {
            for indicator in indicators {
                ids.push(self.relate(indicator, "indicates", &technique));
            }
        }
        ids
    }

    fn relate(&mut self, source: &str, how: &str, target: &str) -> String {
        self.add(
            "relationship",
            &format!("{source} {how} {target}"),
            json!({
                "relationship_type": how,
                "source_ref": source,
                "target_ref": target,
            }),
        )
    }
}

/// The pattern that finds it (STIX 2.1 9). Nothing, if it is not what it is said to be.
fn pattern_of(indicator: &Indicator) -> Option<String> {
    let value = pattern(&indicator.value);
    if value.is_empty() {
        return None;
    }
    Some(match indicator.kind {
        IndicatorKind::Address => match indicator.value.parse().ok()? {
            std::net::IpAddr::V4(address) => format!("[ipv4-addr:value = '{address}']"),
            std::net::IpAddr::V6(address) => format!("[ipv6-addr:value = '{address}']"),
        },
        IndicatorKind::Path => {
            let path = indicator.value.replace('/', "\\");
            match path.rsplit_once('\\') {
                Some((folder, name)) if !folder.is_empty() && !name.is_empty() => format!(
                    "[file:name = '{}' AND file:parent_directory_ref.path = '{}']",
                    pattern(name),
                    pattern(folder)
                ),
                _ => format!("[file:name = '{value}']"),
            }
        }
        IndicatorKind::Sha256 => {
            let hash = indicator.value.to_ascii_lowercase();
            let is_hash = hash.len() == 64 && hash.bytes().all(|octet| octet.is_ascii_hexdigit());
            is_hash.then(|| format!("[file:hashes.'SHA-256' = '{hash}']"))?
        }
        IndicatorKind::Agent => format!(
            "[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = '{value}']"
        ),
        IndicatorKind::Host => format!("[domain-name:value = '{value}']"),
        IndicatorKind::Account => format!("[user-account:account_login = '{value}']"),
        IndicatorKind::Url => {
            format!("[network-traffic:extensions.'http-request-ext'.request_value = '{value}']")
        }
    })
}

/// An id: a UUID made of a hash, with the marks of version 4 (RFC 9562 5.4), as STIX 2.1 2.9 wants it.
fn id(kind: &str, key: &str) -> String {
    let hash: [u8; 32] = Sha256::digest(format!("scout {kind} {key}")).into();
    let number = u128::from_be_bytes(*hash.first_chunk().expect("32 octets begin with 16"));
    let number = number & !(0xf << 76) & !(0x3 << 62) | 4 << 76 | 2 << 62;
    let hex = format!("{number:032x}");
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    format!("{kind}--{}", parts.join("-"))
}

/// RFC 3339 with milliseconds, as STIX 2.1 3.2 wants it.
fn stamp(at: Moment) -> String {
    let text = at.to_string();
    if text.contains('.') {
        text
    } else {
        text.replace('Z', ".000Z")
    }
}

//! What the world has to know of a domain, and what it knows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The set-up of a domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetUpInfo {
    /// The domain.
    pub domain: String,
    /// The server's name.
    pub host: String,
    /// The records that the domain should have.
    pub records: Vec<RecordLine>,
    /// Its keys that sign mail.
    pub keys: Vec<KeyLine>,
    /// The ways in for people's programs, the preferred ones first.
    pub services: Vec<ServiceLine>,
    /// What keeps programs from finding everything, and what to do.
    pub advice: Vec<SayingLine>,
    /// What the world sees; none if nothing was looked up.
    pub judgement: Option<JudgementInfo>,
}

/// A DNS record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordLine {
    /// The name, with a dot at its end.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// What stands behind the type in a zone file.
    pub value: String,
    /// What it is for.
    pub purpose: String,
    /// The line of a zone file.
    pub line: String,
}

/// A key that signs mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyLine {
    /// Its selector.
    pub selector: String,
    /// `rsa` or `ed25519`.
    pub kind: String,
    /// `signing`, `next` or `retired`.
    pub state: String,
    /// The name of its record.
    pub dns_name: String,
}

/// A way in for people's programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceLine {
    /// `imap`, `submission`, `managesieve`, `jmap`, `caldav` or `carddav`.
    pub service: String,
    /// The server's name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// `tls` from the start, or `starttls`.
    pub security: String,
    /// Where it begins, for what is spoken over HTTP.
    pub url: Option<String>,
}

/// What the world sees of a domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgementInfo {
    /// Each thing that was looked at.
    pub findings: Vec<FindingLine>,
    /// How many of the measures are met that count.
    pub met: u32,
    /// How many count.
    pub of: u32,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingLine {
    /// Such as `SPF`.
    pub measure: String,
    /// `good`, `weak`, `bad` or `unknown`.
    pub state: String,
    /// What was found.
    pub found: SayingLine,
    /// What to do, if anything.
    pub todo: Option<SayingLine>,
}

/// Something that is said of a domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SayingLine {
    /// What: never another meaning under the same code. Clients say by it the same in other languages.
    pub code: String,
    /// What of: names and values that belong into the text.
    pub values: BTreeMap<String, String>,
    /// In English, with its values; for clients that do not know the code.
    pub text: String,
}

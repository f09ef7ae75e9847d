//! Configuration: one TOML file, read as a whole or refused with the line that is wrong.
//!
//! | key | meaning | default |
//! |---|---|---|
//! | `data` | the data folder | needed |
//! | `hostname` | the server's name in greetings and `Received` fields | needed |
//! | `notary_key` | file with the key that signs checkpoints | `notary.key` |
//! | `notary_memory` | file in which the notary remembers what it signed last | the key's name, ending in `.last` |
//! | `require_sandbox` | whether to refuse to run where the kernel cannot lock the processes in | false |
//! | `retention_days` | how long destroyed messages can be restored | 30 |
//! | `allow_plaintext_sign_in_on_loopback` | signing in without TLS from this machine, for tests | false |
//! | `[listen]` | addresses per service, see [`listeners`] | the standard ports |
//! | `[[tls.certificates]]` | `chain` and `key`, PEM files; the first is the default, others are chosen by name | none |
//! | `[acme]` | certificates that are issued and renewed by themselves | none, see [`Acme`] |
//! | `[limits]` | message size, connections, memory | see [`Limits`] |
//! | `[smtp]` | `recipient_delimiter`, `recipients` | `+`, 1000 |
//! | `[egress]` | what may be reached outside, and whom to ask for names | see [`Egress`] |
//! | `[outgoing]` | by which way mail leaves, how often it is tried | see [`Outgoing`] |
//! | `[mta_sts]` | `mode` (`testing`, `enforce`, `off`), `max_age_days` | `testing`, 14 |
//! | `[filter]` | what people's filters may do | see [`Filter`] |
//! | `[reception]` | how mail from strangers is judged, scanners | see [`Reception`] |
//! | `[witness]` | which logs we witness, and which witnesses we ask | see [`witness`] |
//! | `[sign_in]` | sessions, programs with tokens, another service that says who somebody is | see [`sign_in`] |
//! | `[passwords]` | cost of hashing, fewest characters | see [`Passwords`] |
//! | `[log]` | `format` (`text`, `json`), `level` | `text`, `info` |
//!
//! Paths that are not absolute are relative to the file's own folder.

pub(crate) mod acme;

mod egress;

mod fault;

mod filter;

mod outgoing;

mod reception;

pub(crate) mod listeners;

pub(crate) mod mta_sts;

pub(crate) mod sign_in;

pub(crate) mod size;

pub(crate) mod template;

pub(crate) mod witness;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ::egress::wire::{Endpoint, Setup};
use clap::ValueEnum;
use directory::Argon2Cost;
use listen::CertificateFiles;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use self::egress::Egress;
use crate::problem::{Exit, Problem};
use acme::Acme;
use filter::Filter;
use listeners::Listeners;
use outgoing::Outgoing;
use reception::Reception;
use size::Size;

/// Octets of a configuration file.
const CONFIG_OCTETS_MAX: u64 = 1024 * 1024;

/// What the file says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) data: PathBuf,
    pub(crate) hostname: Hostname,
    #[serde(default = "notary_key")]
    pub(crate) notary_key: PathBuf,
    pub(crate) notary_memory: Option<PathBuf>,
    #[serde(default)]
    pub(crate) require_sandbox: bool,
    #[serde(default = "retention_days")]
    pub(crate) retention_days: u32,
    #[serde(default)]
    pub(crate) allow_plaintext_sign_in_on_loopback: bool,
    #[serde(default)]
    pub(crate) listen: Listeners,
    #[serde(default)]
    pub(crate) tls: Tls,
    #[serde(default)]
    pub(crate) limits: Limits,
    #[serde(default)]
    pub(crate) smtp: Smtp,
    #[serde(default)]
    pub(crate) egress: Egress,
    #[serde(default)]
    pub(crate) outgoing: Outgoing,
    #[serde(default)]
    pub(crate) mta_sts: mta_sts::Section,
    pub(crate) acme: Option<Acme>,
    #[serde(default)]
    pub(crate) reception: Reception,
    #[serde(default)]
    pub(crate) filter: Filter,
    #[serde(default)]
    pub(crate) sign_in: sign_in::Section,
    #[serde(default)]
    pub(crate) witness: witness::Witness,
    #[serde(default)]
    pub(crate) passwords: Passwords,
    #[serde(default)]
    pub(crate) log: Log,
}

/// A host name as it stands in greetings.
#[derive(Clone, Debug)]
pub(crate) struct Hostname(pub(crate) String);

/// Certificates.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Tls {
    pub(crate) certificates: Vec<Certificate>,
}

/// One certificate with its key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Certificate {
    pub(crate) chain: PathBuf,
    pub(crate) key: PathBuf,
}

/// Bounds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// The largest message that is taken.
    pub(crate) message_size: Size,
    /// Connections of all services together.
    pub(crate) connections: usize,
    /// Connections of one IPv4 address or IPv6 /64; loopback is exempt.
    pub(crate) connections_per_address: usize,
    /// Memory that messages under way and large answers take, all connections together.
    pub(crate) memory: Size,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_size: Size(50 << 20),
            connections: listen::limits::CONNECTIONS_TOTAL_DEFAULT,
            connections_per_address: listen::limits::CONNECTIONS_PER_ADDRESS_DEFAULT,
            memory: Size(512 << 20),
        }
    }
}

/// What concerns mail on its way in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Smtp {
    /// What separates the local part of an address from its tag; empty for no tags.
    #[serde(deserialize_with = "delimiter")]
    pub(crate) recipient_delimiter: Option<char>,
    /// Recipients of one message.
    pub(crate) recipients: usize,
}

impl Default for Smtp {
    fn default() -> Self {
        Self {
            recipient_delimiter: Some('+'),
            recipients: 1_000,
        }
    }
}

/// What passwords cost and how long they are.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Passwords {
    /// Argon2id: memory in KiB.
    pub(crate) argon2_memory_kib: u32,
    /// Argon2id: passes.
    pub(crate) argon2_passes: u32,
    /// Argon2id: lanes.
    pub(crate) argon2_lanes: u32,
    /// Iterations of SCRAM verifiers.
    pub(crate) scram_iterations: u32,
    /// The fewest characters.
    pub(crate) characters_min: usize,
}

impl Default for Passwords {
    fn default() -> Self {
        let settings = directory::Settings::default();
        Self {
            argon2_memory_kib: settings.argon2.memory_kib,
            argon2_passes: settings.argon2.passes,
            argon2_lanes: settings.argon2.lanes,
            scram_iterations: settings.scram_iterations,
            characters_min: settings.password_chars_min,
        }
    }
}

/// The log.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    pub(crate) format: LogFormat,
    pub(crate) level: LogLevel,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line, for programs.
    Json,
}

/// What the log tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogLevel {
    /// What is broken.
    Error,
    /// And what will be.
    Warn,
    /// And what happens.
    #[default]
    Info,
    /// And how.
    Debug,
    /// And each step of it.
    Trace,
}

impl Config {
    /// Reads the file.
    pub(crate) fn load(path: &Path) -> Result<Self, Problem> {
        let unreadable = |error: &dyn std::fmt::Display| {
            let advice = "make it with `wachpost init`, or name another with `--config`";
            let message = format!("cannot read `{}`: {error}; {advice}", path.display());
            Problem::new(Exit::Config, message)
        };
        let metadata = fs::metadata(path).map_err(|error| unreadable(&error))?;
        if metadata.len() > CONFIG_OCTETS_MAX {
            return Err(unreadable(&"it is larger than 1 MiB"));
        }
        let text = fs::read_to_string(path).map_err(|error| unreadable(&error))?;
        let mut config = Self::parse(&text)
            .map_err(|fault| Problem::new(Exit::Config, fault.show(path, &text)))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        config.resolve_paths(folder);
        config.witness.load()?;
        Ok(config)
    }

    fn parse(text: &str) -> Result<Self, fault::Fault> {
        let config: Self = toml::from_str(text)?;
        config.check(text)?;
        Ok(config)
    }

    /// What one value alone cannot say.
    fn check(&self, text: &str) -> Result<(), fault::Fault> {
        if let Some((key, what)) = self.sign_in.fault() {
            return Err(fault::Fault::at_key(text, key, what));
        }
        if !self.listen.administration_http.are_loopback() {
            let key = "administration_http";
            let what = format!(
                "`listen.{key}` has no TLS: give it an address of this machine alone such as `127.0.0.1:8082`, or use `administration`"
            );
            return Err(fault::Fault::at_key(text, key, what));
        }
        if self.tls.certificates.is_empty() && self.acme.is_none() {
            for (name, addresses) in [
                ("submissions", &self.listen.submissions),
                ("imaps", &self.listen.imaps),
                ("https", &self.listen.https),
                ("tlog", &self.listen.tlog),
                ("administration", &self.listen.administration),
            ] {
                if !addresses.0.is_empty() {
                    let what = format!(
                        "`listen.{name}` needs a certificate: add `[acme]`, or `[[tls.certificates]]` with `chain` and `key`, or \
                         set `{name} = []`"
                    );
                    return Err(fault::Fault::at_key(text, name, what));
                }
            }
        }
        Ok(())
    }

    fn resolve_paths(&mut self, folder: &Path) {
        let resolve = |path: &mut PathBuf| *path = folder.join(&*path);
        resolve(&mut self.data);
        resolve(&mut self.notary_key);
        if let Some(memory) = &mut self.notary_memory {
            resolve(memory);
        }
        for certificate in &mut self.tls.certificates {
            resolve(&mut certificate.chain);
            resolve(&mut certificate.key);
        }
        self.egress.resolve_paths(folder);
        self.sign_in.resolve_paths(folder);
        self.outgoing.resolve_paths(folder);
        self.witness.resolve_paths(folder);
        if let Some(acme) = &mut self.acme {
            acme.resolve_paths(folder);
        }
        self.listen.resolve_paths(folder);
    }

    /// What the process that connects out learns at its start.
    pub(crate) fn egress_setup(&self) -> Result<Setup, Problem> {
        Ok(Setup {
            scanners: self.reception.scanners(),
            ..self.egress.setup(&self.hostname.0)?
        })
    }

    /// The TCP ports that the process that connects out may connect to; none if that cannot be said.
    pub(crate) fn ports_outside(&self) -> Option<Vec<u16>> {
        let mut ports = self.egress.ports()?;
        ports.extend(self.outgoing.ports());
        for scanner in self.reception.scanners() {
            for endpoint in scanner.learn.iter().chain([&scanner.endpoint]) {
                if let Endpoint::Tcp(address) = endpoint {
                    ports.push(address.port());
                }
            }
        }
        if let Some(acme) = &self.acme {
            ports.extend(acme.ports());
        }
        ports.extend(self.witness.ports());
        ports.sort_unstable();
        ports.dedup();
        Some(ports)
    }

    /// The host in the address that browsers are given; passkeys are made for it.
    pub(crate) fn url_host(&self) -> &str {
        let given = self.sign_in.url.as_deref();
        let authority = given.and_then(|url| url.strip_prefix("https://"));
        let name = authority.map(|authority| match authority.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|octet| octet.is_ascii_digit()) => name,
            _ => authority,
        });
        name.unwrap_or(&self.hostname.0)
    }

    /// The admin socket of the server that has the data folder.
    pub(crate) fn admin_socket(&self) -> PathBuf {
        self.data.join(admin::ADMIN_SOCKET_FILE)
    }

    /// How long destroyed messages can be restored.
    pub(crate) fn retention(&self) -> Duration {
        Duration::from_secs(u64::from(self.retention_days) * 86_400)
    }

    pub(crate) fn certificate_files(&self) -> Vec<CertificateFiles> {
        let given = self
            .tls
            .certificates
            .iter()
            .map(|certificate| CertificateFiles {
                chain: certificate.chain.clone(),
                key: certificate.key.clone(),
            });
        let issued = self.acme.iter().map(|acme| CertificateFiles {
            chain: acme.chain(),
            key: acme.key(),
        });
        issued.chain(given).collect()
    }

    /// As the directory takes it.
    pub(crate) fn directory_settings(&self) -> directory::Settings {
        directory::Settings {
            argon2: Argon2Cost {
                memory_kib: self.passwords.argon2_memory_kib,
                passes: self.passwords.argon2_passes,
                lanes: self.passwords.argon2_lanes,
            },
            scram_iterations: self.passwords.scram_iterations,
            password_chars_min: self.passwords.characters_min,
            grants: self.sign_in.limits(),
            recipient_delimiter: self.smtp.recipient_delimiter,
            ..directory::Settings::default()
        }
    }
}

impl LogFormat {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

impl LogLevel {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

impl<'de> Deserialize<'de> for Hostname {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        // RFC 1123 2.1: letters, digits and hyphens, in labels with dots between them.
        let allowed = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.');
        let labels = name
            .split('.')
            .all(|label| !label.is_empty() && label.len() < 64);
        if name.len() > 253 || !name.bytes().all(allowed) || !labels {
            return Err(D::Error::custom(format!(
                "`{name}` is no host name: write one such as `mail.example.org`"
            )));
        }
        Ok(Self(name))
    }
}

fn delimiter<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<char>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (None, _) => Ok(None),
        (Some(one), None) if one.is_ascii_punctuation() && !matches!(one, '@' | '"' | '.') => {
            Ok(Some(one))
        }
        _ => Err(D::Error::custom(
            "write one character such as \"+\" or \"-\", or \"\" for no tags",
        )),
    }
}

fn notary_key() -> PathBuf {
    PathBuf::from("notary.key")
}

fn retention_days() -> u32 {
    30
}

#[cfg(test)]
mod tests;

//! `[sign_in]`: how long browsers and programs stay signed in, which programs are known, and another service that says who
//! somebody is.

use std::fs;
use std::path::{Path, PathBuf};

use directory::{GrantLimits, Secret};
use serde::Deserialize;
use signin::{Claim, Client, Provider};

use crate::problem::Problem;

/// A minute, in milliseconds.
const MINUTE_MS: i64 = 60_000;
/// A day, in milliseconds.
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// The section.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Section {
    /// Where browsers and programs reach the server; none for `https://` and the host name.
    pub(crate) url: Option<String>,
    /// What people call the server.
    pub(crate) name: String,
    /// How long a browser stays signed in without being used, in days.
    pub(crate) session_idle_days: u32,
    /// How long a browser stays signed in at all, in days.
    pub(crate) session_days: u32,
    /// How long a program's access token is good, in minutes.
    pub(crate) access_token_minutes: u32,
    /// How long a program stays signed in without being used, in days.
    pub(crate) program_idle_days: u32,
    /// Whether programs may introduce themselves (RFC 7591).
    pub(crate) open_registration: bool,
    /// Programs that are known by name.
    pub(crate) programs: Vec<Program>,
    /// Another service that says who somebody is.
    pub(crate) provider: Option<ProviderSection>,
}

/// A program that is known by name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Program {
    id: String,
    name: String,
    redirect_uris: Vec<String>,
}

/// Another service that says who somebody is (OpenID Connect).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProviderSection {
    issuer: String,
    name: String,
    client_id: String,
    client_secret_file: Option<PathBuf>,
    /// The claim that holds an address of ours; none for the verified e-mail address.
    claim: Option<String>,
}

impl Default for Section {
    fn default() -> Self {
        Self {
            url: None,
            name: "Wachpost".to_owned(),
            session_idle_days: 7,
            session_days: 30,
            access_token_minutes: 60,
            program_idle_days: 90,
            open_registration: true,
            programs: Vec::new(),
            provider: None,
        }
    }
}

impl Section {
    /// As the directory takes it.
    pub(crate) fn limits(&self) -> GrantLimits {
        GrantLimits {
            session_idle_ms: i64::from(self.session_idle_days) * DAY_MS,
            session_ms: i64::from(self.session_days) * DAY_MS,
            access_ms: i64::from(self.access_token_minutes) * MINUTE_MS,
            program_idle_ms: i64::from(self.program_idle_days) * DAY_MS,
            ..GrantLimits::default()
        }
    }

    /// Programs that are known by name.
    pub(crate) fn clients(&self) -> Vec<Client> {
        let client = |program: &Program| Client {
            id: program.id.clone(),
            name: program.name.clone(),
            redirect_uris: program.redirect_uris.clone(),
        };
        self.programs.iter().map(client).collect()
    }

    /// The other service.
    pub(crate) fn provider(&self) -> Result<Option<Provider>, Problem> {
        let Some(section) = &self.provider else {
            return Ok(None);
        };
        let client_secret = match &section.client_secret_file {
            None => None,
            Some(path) => {
                let text = fs::read_to_string(path)
                    .map_err(|error| Problem::file("read", path, &error))?;
                Some(Secret::from(text.trim_end_matches(['\r', '\n'])))
            }
        };
        Ok(Some(Provider {
            issuer: section.issuer.clone(),
            name: section.name.clone(),
            client_id: section.client_id.clone(),
            client_secret,
            claim: section
                .claim
                .clone()
                .map_or(Claim::VerifiedEmail, Claim::Other),
        }))
    }

    /// What is wrong with it, by the key.
    pub(super) fn fault(&self) -> Option<(&'static str, String)> {
        if let Some(url) = &self.url {
            let host = url.strip_prefix("https://").unwrap_or_default();
            if host.is_empty() || host.contains(['/', '?', '#', '@']) {
                let what = "`sign_in.url` is `https://` and a host, without a slash at the end";
                return Some(("url", what.to_owned()));
            }
        }
        let issuer = self
            .provider
            .as_ref()
            .map(|provider| provider.issuer.as_str());
        if issuer.is_some_and(|issuer| !issuer.starts_with("https://")) {
            let what = "`sign_in.provider.issuer` begins with `https://`";
            return Some(("issuer", what.to_owned()));
        }
        let no_time = [
            ("session_idle_days", self.session_idle_days),
            ("session_days", self.session_days),
            ("access_token_minutes", self.access_token_minutes),
            ("program_idle_days", self.program_idle_days),
        ];
        let (key, _) = no_time.into_iter().find(|(_, count)| *count == 0)?;
        Some((key, format!("`sign_in.{key}` is one at least")))
    }

    pub(super) fn resolve_paths(&mut self, folder: &Path) {
        let provider = self.provider.as_mut();
        if let Some(path) = provider.and_then(|one| one.client_secret_file.as_mut()) {
            *path = folder.join(&*path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_times_and_the_provider_are_read() {
        let text = "url = \"https://mail.example.org:8443\"\naccess_token_minutes = 5\n\
                    [[programs]]\nid = \"p\"\nname = \"P\"\nredirect_uris = [\"http://localhost/\"]\n\
                    [provider]\nissuer = \"https://login.example.net\"\nname = \"L\"\nclient_id = \"w\"\nclaim = \"upn\"\n";
        let section: Section = toml::from_str(text).unwrap();
        assert_eq!(section.fault(), None);
        assert_eq!(section.limits().access_ms, 300_000);
        assert_eq!(section.limits().session_ms, 30 * DAY_MS);
        assert_eq!(section.clients()[0].id, "p");
        let provider = section.provider().unwrap().unwrap();
        assert_eq!(provider.claim, Claim::Other("upn".into()));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for text in [
            "url = \"http://mail.example.org\"\n",
            "url = \"https://mail.example.org/\"\n",
            "session_days = 0\n",
            "[provider]\nissuer = \"http://l\"\nname = \"L\"\nclient_id = \"w\"\n",
        ] {
            let section: Section = toml::from_str(text).unwrap();
            assert!(section.fault().is_some(), "{text}");
        }
    }
}

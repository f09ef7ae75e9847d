//! `[outgoing]`: how mail leaves: by which way, how often it is tried, how much one sender may send.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ::egress::wire::{Credentials, Host, HostTls};
use serde::Deserialize;
use transport::{Reporter, Routes, Schedule, SenderLimitSettings, Settings};

use crate::problem::Problem;

/// The port of submission, where a next server takes mail of those who sign in (RFC 6409 3.1).
const SUBMISSION_PORT: u16 = 587;

/// The section.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Outgoing {
    /// Takes all mail that no route takes.
    pub(crate) smart_host: Option<NextHost>,
    /// Ways for single domains.
    pub(crate) routes: Vec<Route>,
    /// Seconds after the first attempt, the second, and so on; the last one holds for all that follow.
    pub(crate) retry_seconds: Option<Vec<u64>>,
    /// Hours after which the sender hears that it takes long.
    pub(crate) warn_after_hours: Option<u64>,
    /// Hours after which it is given up and comes back.
    pub(crate) give_up_after_hours: Option<u64>,
    /// How much one sender may send.
    pub(crate) limits: Limits,
    /// Who reports to domains that ask for it: on TLS (RFC 8460), and on mail in their name (RFC 9990).
    pub(crate) reports: Option<Reports>,
}

/// Who sends reports.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reports {
    /// The organisation's name, as readers see it.
    organization: String,
    /// The address that reports come from and questions go to; of a domain of ours whose mail is signed.
    address: String,
}

/// The way for one domain, or for all below one: `.example.net`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Route {
    domain: String,
    via: NextHost,
}

/// A server that takes mail for others.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NextHost {
    host: String,
    #[serde(default = "submission_port")]
    port: u16,
    #[serde(default)]
    tls: NextTls,
    /// As whom we sign in there.
    user: Option<String>,
    /// File with the password.
    password_file: Option<PathBuf>,
}

/// How much of TLS a next server must speak.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum NextTls {
    /// STARTTLS with a certificate that is checked.
    #[default]
    Required,
    /// TLS from the start with a certificate that is checked.
    Implicit,
    /// As it likes.
    Opportunistic,
    /// None at all, for a server on this machine.
    None,
}

/// How much one sender may send; what is missing is as it is by default.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    recipients_per_hour: Option<u32>,
    recipients_per_day: Option<u32>,
    messages_per_hour: Option<u32>,
    messages_per_day: Option<u32>,
    /// So many times the sender's highest hour is unusual and held; 0 holds nothing.
    unusual_factor: Option<u32>,
    /// Recipients within an hour that are never unusual.
    unusual_recipients_min: Option<u32>,
}

impl Outgoing {
    /// The servers that take mail for others.
    fn next_hosts(&self) -> impl Iterator<Item = &NextHost> {
        let routes = self.routes.iter().map(|route| &route.via);
        routes.chain(&self.smart_host)
    }

    /// Files with passwords for them.
    pub(crate) fn password_files(&self) -> impl Iterator<Item = &Path> {
        self.next_hosts()
            .filter_map(|host| host.password_file.as_deref())
    }

    /// Where they listen.
    pub(crate) fn ports(&self) -> impl Iterator<Item = u16> {
        self.next_hosts().map(|host| host.port)
    }

    pub(super) fn resolve_paths(&mut self, folder: &Path) {
        let routes = self.routes.iter_mut().map(|route| &mut route.via);
        let hosts = routes.chain(&mut self.smart_host);
        for path in hosts.filter_map(|host| host.password_file.as_mut()) {
            *path = folder.join(&*path);
        }
    }

    /// How the queue works.
    pub(crate) fn settings(&self, hostname: &str) -> Result<Settings, Problem> {
        let defaults = Schedule::default();
        let hours = |hours: Option<u64>, otherwise| {
            hours.map_or(otherwise, |hours| {
                Duration::from_secs(hours.saturating_mul(3_600))
            })
        };
        let pauses = self
            .retry_seconds
            .as_ref()
            .filter(|pauses| !pauses.is_empty());
        let pauses: Option<Vec<Duration>> =
            pauses.map(|pauses| pauses.iter().copied().map(Duration::from_secs).collect());
        let mut domains = std::collections::BTreeMap::new();
        for route in &self.routes {
            domains.insert(route.domain.to_ascii_lowercase(), route.via.host()?);
        }
        Ok(Settings {
            host: hostname.to_owned(),
            schedule: Schedule {
                destination_pauses: pauses.clone().unwrap_or(defaults.destination_pauses),
                pauses: pauses.unwrap_or(defaults.pauses),
                delay_told_after: hours(self.warn_after_hours, defaults.delay_told_after),
                given_up_after: hours(self.give_up_after_hours, defaults.given_up_after),
                ..defaults
            },
            routes: Routes {
                smart_host: self.smart_host.as_ref().map(NextHost::host).transpose()?,
                domains,
            },
            reporter: self.reports.as_ref().map(|reports| Reporter {
                organization: reports.organization.clone(),
                address: reports.address.clone(),
            }),
            ..Settings::default()
        })
    }

    /// How much one sender may send.
    pub(crate) fn sender_limits(&self) -> SenderLimitSettings {
        let defaults = SenderLimitSettings::default();
        let Limits {
            recipients_per_hour,
            recipients_per_day,
            messages_per_hour,
            messages_per_day,
            unusual_factor,
            unusual_recipients_min,
        } = self.limits;
        SenderLimitSettings {
            recipients_per_hour: recipients_per_hour.unwrap_or(defaults.recipients_per_hour),
            recipients_per_day: recipients_per_day.unwrap_or(defaults.recipients_per_day),
            messages_per_hour: messages_per_hour.unwrap_or(defaults.messages_per_hour),
            messages_per_day: messages_per_day.unwrap_or(defaults.messages_per_day),
            unusual_factor: unusual_factor.unwrap_or(defaults.unusual_factor),
            unusual_recipients_min: unusual_recipients_min
                .unwrap_or(defaults.unusual_recipients_min),
        }
    }
}

impl NextHost {
    fn host(&self) -> Result<Host, Problem> {
        let credentials = match (&self.user, &self.password_file) {
            (Some(user), Some(path)) => {
                let secret = fs::read_to_string(path)
                    .map_err(|error| Problem::file("read", path, &error))?;
                Some(Credentials {
                    user: user.clone(),
                    secret: secret.trim_end_matches(['\r', '\n']).to_owned(),
                })
            }
            (None, None) => None,
            _ => {
                return Err(Problem::new(
                    crate::problem::Exit::Config,
                    format!(
                        "to sign in at `{}`, set both `user` and `password_file`",
                        self.host
                    ),
                ));
            }
        };
        Ok(Host {
            name: self.host.clone(),
            port: self.port,
            tls: match self.tls {
                NextTls::Required => HostTls::Required,
                NextTls::Implicit => HostTls::Implicit,
                NextTls::Opportunistic => HostTls::Opportunistic,
                NextTls::None => HostTls::Plain,
            },
            credentials,
        })
    }
}

fn submission_port() -> u16 {
    SUBMISSION_PORT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_and_times_are_read() {
        let text = "retry_seconds = [1, 5]\ngive_up_after_hours = 48\n\
                    [smart_host]\nhost = \"relay.example.net\"\n\
                    [[routes]]\ndomain = \"Example.COM\"\nvia = { host = \"10.0.0.1\", port = 25, tls = \"none\" }\n\
                    [limits]\nrecipients_per_hour = 7\n\
                    [reports]\norganization = \"Example\"\naddress = \"reports@example.org\"\n";
        let section: Outgoing = toml::from_str(text).unwrap();
        let settings = section.settings("mail.example.org").unwrap();
        let reporter = settings.reporter.as_ref().unwrap();
        assert_eq!(reporter.address, "reports@example.org");
        let seconds: Vec<u64> = settings
            .schedule
            .pauses
            .iter()
            .map(Duration::as_secs)
            .collect();
        assert_eq!(seconds, [1, 5]);
        assert_eq!(
            settings.schedule.given_up_after,
            Duration::from_secs(48 * 3_600)
        );
        let smart_host = settings.routes.smart_host.unwrap();
        assert_eq!((smart_host.port, smart_host.tls), (587, HostTls::Required));
        assert_eq!(settings.routes.domains["example.com"].tls, HostTls::Plain);
        assert_eq!(section.sender_limits().recipients_per_hour, 7);
    }

    #[test]
    fn a_user_without_a_password_is_refused() {
        let section: Outgoing =
            toml::from_str("[smart_host]\nhost = \"h\"\nuser = \"u\"\n").unwrap();
        assert!(section.settings("mail.example.org").is_err());
    }
}

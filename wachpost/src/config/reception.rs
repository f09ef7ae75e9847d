//! `[reception]`: how mail from strangers is judged, and which programs look into messages.

use std::path::PathBuf;

use ::egress::wire::{Allowed, Endpoint, ScannerAt};
use scan::{Points, Scanner, Source};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use transport::reception::{
    DNS_LIST_POINTS, DmarcHandling, DnsList, JUNK_AT, ScannerRule, Settings, WhenDown,
};

use super::egress::all_parsed;

/// Networks whose programs send without signing in, if nothing else is said: this machine.
const OWN_NETWORKS: [&str; 2] = ["127.0.0.0/8", "::1"];

/// The section.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Reception {
    /// Whether SPF, DKIM, DMARC and ARC are checked.
    pub(crate) authenticate: bool,
    /// What happens while they cannot be checked.
    pub(crate) authenticate_when_down: Down,
    /// What is made of a domain's DMARC policy.
    pub(crate) dmarc: Dmarc,
    /// Networks whose mail is not authenticated.
    #[serde(deserialize_with = "all_parsed")]
    pub(crate) own_networks: Vec<Allowed>,
    /// Networks that forward mail to our people.
    #[serde(deserialize_with = "all_parsed")]
    pub(crate) forwarders: Vec<Allowed>,
    /// Domains whose ARC seal is believed.
    pub(crate) trusted_sealers: Vec<String>,
    /// Lists of senders in the DNS.
    pub(crate) dns_lists: Vec<List>,
    /// From so many points on a message is junk.
    pub(crate) junk_at: Score,
    /// From so many points on it is refused.
    pub(crate) reject_at: Option<Score>,
    /// Whether scanners look at what our own people send.
    pub(crate) scan_outgoing: bool,
    /// Programs that look into messages.
    pub(crate) scanners: Vec<ScannerEntry>,
}

impl Default for Reception {
    fn default() -> Self {
        Self {
            authenticate: true,
            authenticate_when_down: Down::Accept,
            dmarc: Dmarc::Follow,
            own_networks: OWN_NETWORKS
                .iter()
                .filter_map(|text| text.parse().ok())
                .collect(),
            forwarders: Vec::new(),
            trusted_sealers: Vec::new(),
            dns_lists: Vec::new(),
            junk_at: Score(JUNK_AT),
            reject_at: None,
            scan_outgoing: true,
            scanners: Vec::new(),
        }
    }
}

/// What is made of a domain's wish for mail that is not from it.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Dmarc {
    /// What it wants.
    Follow,
    /// Junk instead of a refusal.
    Junk,
    /// Nothing.
    Ignore,
}

/// A list in the DNS.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    zone: String,
    points: Option<Score>,
}

/// Points, written as a number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Score(Points);

/// A program that looks into messages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScannerEntry {
    kind: ScannerKind,
    /// `127.0.0.1:11333`, or `unix:/run/clamav/clamd.ctl`.
    address: Place,
    /// Where rspamd learns: its controller.
    learn: Option<Place>,
    /// The controller's password.
    password: Option<String>,
    /// What happens while it does not answer.
    #[serde(default)]
    when_down: Down,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ScannerKind {
    Rspamd,
    Clamd,
    Milter,
}

/// What happens to a message while somebody who is to look at it does not answer.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Down {
    #[default]
    Accept,
    Defer,
}

impl From<Down> for WhenDown {
    fn from(down: Down) -> Self {
        match down {
            Down::Accept => Self::Accept,
            Down::Defer => Self::Defer,
        }
    }
}

#[derive(Clone, Debug)]
struct Place(Endpoint);

impl Reception {
    /// As the judge takes it.
    pub(crate) fn settings(&self, hostname: &str) -> Settings {
        let rules = self.scanners.iter().map(|entry| ScannerRule {
            source: match entry.kind {
                ScannerKind::Rspamd => Source::Rspamd,
                ScannerKind::Clamd => Source::Clamd,
                ScannerKind::Milter => Source::Milter,
            },
            when_down: entry.when_down.into(),
        });
        let lists = self.dns_lists.iter().map(|list| DnsList {
            points: list.points.map_or(DNS_LIST_POINTS, |score| score.0),
            ..DnsList::new(&list.zone)
        });
        Settings {
            authenticate: self.authenticate,
            authenticate_when_down: self.authenticate_when_down.into(),
            dmarc: match self.dmarc {
                Dmarc::Follow => DmarcHandling::Follow,
                Dmarc::Junk => DmarcHandling::Junk,
                Dmarc::Ignore => DmarcHandling::Ignore,
            },
            trusted_sealers: self.trusted_sealers.clone(),
            own_networks: self.own_networks.clone(),
            known_forwarders: self.forwarders.clone(),
            scanners: rules.collect(),
            scan_outgoing: self.scan_outgoing,
            dns_lists: lists.collect(),
            junk_at: self.junk_at.0,
            reject_at: self.reject_at.map(|score| score.0),
            ..Settings::new(hostname)
        }
    }

    /// The programs and where they listen, for the process that asks them.
    pub(crate) fn scanners(&self) -> Vec<ScannerAt> {
        let entries = self.scanners.iter().map(|entry| ScannerAt {
            scanner: match entry.kind {
                ScannerKind::Rspamd => Scanner::Rspamd {
                    password: entry.password.clone(),
                },
                ScannerKind::Clamd => Scanner::Clamd,
                ScannerKind::Milter => Scanner::Milter,
            },
            endpoint: entry.address.0.clone(),
            learn: entry.learn.as_ref().map(|place| place.0.clone()),
        });
        entries.collect()
    }
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wrong = || {
            D::Error::custom("write points as a number between -1000 and 1000, such as 5 or 4.5")
        };
        let number = f64::deserialize(deserializer)?;
        if !(-1_000.0..=1_000.0).contains(&number) {
            return Err(wrong());
        }
        // Within the range, so nothing is lost but what is finer than a thousandth.
        let thousandths = format!("{:.0}", number * 1_000.0);
        thousandths
            .parse()
            .map(|thousandths| Self(Points(thousandths)))
            .map_err(|_| wrong())
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if let Some(path) = text.strip_prefix("unix:") {
            return Ok(Self(Endpoint::Unix(PathBuf::from(path))));
        }
        text.parse()
            .map(|address| Self(Endpoint::Tcp(address)))
            .map_err(|_| {
                D::Error::custom(format!(
                    "`{text}` is no place: write `127.0.0.1:11333`, or `unix:` and a path"
                ))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scanners_lists_and_points_are_read() {
        let text = "dmarc = \"junk\"\njunk_at = 4.5\nforwarders = [\"192.0.2.0/24\"]\n\
                    [[dns_lists]]\nzone = \"zen.example.\"\npoints = 3\n\
                    [[scanners]]\nkind = \"rspamd\"\naddress = \"127.0.0.1:11333\"\nlearn = \"127.0.0.1:11334\"\n\
                    [[scanners]]\nkind = \"clamd\"\naddress = \"unix:/run/clamd.ctl\"\nwhen_down = \"defer\"\n";
        let section: Reception = toml::from_str(text).unwrap();
        let settings = section.settings("mail.example.org");
        assert_eq!(settings.dmarc, DmarcHandling::Junk);
        assert_eq!(settings.junk_at, Points(4_500));
        assert_eq!(settings.dns_lists[0].zone, "zen.example");
        assert_eq!(settings.dns_lists[0].points, Points(3_000));
        assert_eq!(settings.scanners[1].when_down, WhenDown::Defer);
        assert_eq!(settings.own_networks.len(), 2, "this machine by default");
        let scanners = section.scanners();
        assert_eq!(
            scanners[0].learn,
            Some(Endpoint::Tcp("127.0.0.1:11334".parse().unwrap()))
        );
        assert_eq!(
            scanners[1].endpoint,
            Endpoint::Unix("/run/clamd.ctl".into())
        );
        assert!(toml::from_str::<Reception>("junk_at = 1e9").is_err());
    }
}

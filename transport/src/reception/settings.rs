//! Settings of reception: whose word counts how much.

use std::net::{IpAddr, SocketAddr};

use egress::wire::Allowed;
use scan::{Points, Source};

/// What an administrator decides about mail from strangers.
#[derive(Clone, Debug)]
pub struct Settings {
    /// This server's name in Authentication-Results (RFC 8601 2.5 authserv-id).
    pub hostname: String,
    /// Whether SPF, DKIM, DMARC and ARC are checked.
    pub authenticate: bool,
    /// What happens while they cannot be checked because the egress process is down.
    pub authenticate_when_down: WhenDown,
    /// What is made of a domain's DMARC policy.
    pub dmarc: DmarcHandling,
    /// Domains whose ARC seal is believed: mailing lists and forwarders (RFC 8617 7.2.1).
    pub trusted_sealers: Vec<String>,
    /// Networks of our own, whose programs send without signing in: their mail is scanned, not authenticated.
    pub own_networks: Vec<Allowed>,
    /// Networks whose mail was forwarded for our own people: neither SPF nor DMARC counts against it.
    pub known_forwarders: Vec<Allowed>,
    /// The scanners that are asked, as the egress process knows them.
    pub scanners: Vec<ScannerRule>,
    /// Whether scanners look at what our own people send, too.
    pub scan_outgoing: bool,
    /// Lists of addresses in the DNS (RFC 5782).
    pub dns_lists: Vec<DnsList>,
    /// From so many points on our own score makes a message junk.
    pub junk_at: Points,
    /// From so many points on our own score refuses a message; nothing for never.
    pub reject_at: Option<Points>,
}

/// What happens to a message while somebody who is to look at it gives no answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenDown {
    /// It is taken without.
    #[default]
    Accept,
    /// It may come again later.
    Defer,
}

/// What is made of a domain's wish for mail that is not from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DmarcHandling {
    /// `reject` refuses what shows no sign of a mailing list or a forwarder, all else goes to Junk (RFC 9989 7.4).
    #[default]
    Follow,
    /// Both go to Junk.
    Junk,
    /// Neither does anything; the score still counts the failure.
    Ignore,
}

/// A scanner and what happens without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScannerRule {
    /// Which.
    pub source: Source,
    /// What happens while it gives no verdict.
    pub when_down: WhenDown,
}

/// A list in the DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsList {
    /// Its zone, such as `zen.spamhaus.org`.
    pub zone: String,
    /// What it counts to be on it.
    pub points: Points,
}

/// From so many points on a message is junk. Ours: no single failure but that of DMARC reaches it.
pub const JUNK_AT: Points = Points::whole(5);

/// What a DNS list counts where nothing else is said.
pub const DNS_LIST_POINTS: Points = Points::whole(4);

impl Settings {
    /// The checks of authenticity and our own score; no scanner and no DNS list.
    #[must_use]
    pub fn new(hostname: &str) -> Self {
        Self {
            hostname: hostname.to_owned(),
            authenticate: true,
            authenticate_when_down: WhenDown::Accept,
            dmarc: DmarcHandling::Follow,
            trusted_sealers: Vec::new(),
            own_networks: Vec::new(),
            known_forwarders: Vec::new(),
            scanners: Vec::new(),
            scan_outgoing: true,
            dns_lists: Vec::new(),
            junk_at: JUNK_AT,
            reject_at: None,
        }
    }

    /// Whether the client is one of our own networks.
    pub(super) fn is_own(&self, client: IpAddr) -> bool {
        let client = SocketAddr::new(client.to_canonical(), 0);
        let mut networks = self.own_networks.iter();
        networks.any(|network| network.port.is_none() && network.covers(client))
    }

    /// Whether rspamd is to judge, so that our own score need not.
    pub(super) fn has_rspamd(&self) -> bool {
        let mut sources = self.scanners.iter().map(|rule| rule.source);
        sources.any(|source| source == Source::Rspamd)
    }

    /// What happens without this one.
    pub(super) fn when_down(&self, source: Source) -> WhenDown {
        let rule = self.scanners.iter().find(|rule| rule.source == source);
        rule.map_or(WhenDown::Accept, |rule| rule.when_down)
    }
}

impl DnsList {
    /// A list of this zone, with the points of [`DNS_LIST_POINTS`].
    #[must_use]
    pub fn new(zone: &str) -> Self {
        Self {
            zone: zone.trim_matches('.').to_ascii_lowercase(),
            points: DNS_LIST_POINTS,
        }
    }
}

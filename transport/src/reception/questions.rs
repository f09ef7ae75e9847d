//! Questions: what reception asks the egress process.

use std::net::IpAddr;

use authenticity::{IprevResult, Verdict};
use bytes::Bytes;
use egress::wire::{self, Kind, Question, Record};
use futures_util::future::join_all;
use scan::Points;

use super::Desk;
use super::decision::Decision;
use super::envelope::Envelope;
use super::list;
use super::scanners::{self, Opinion};
use super::settings::WhenDown;

/// Lists that are asked. Ours: who is on none of so many is on none that counts.
const LISTS_MAX: usize = 16;
/// Names of an address that are tried. RFC 8601 3: a few, for whoever owns the address may write thousands.
const NAMES_MAX: usize = 3;

impl Desk {
    /// Nothing where nothing is to be checked; a decision where it cannot be checked now, and must be.
    pub(super) async fn authenticate(
        &self,
        envelope: &Envelope,
        content: &Bytes,
    ) -> Result<Option<Verdict>, Decision> {
        let wanted = |ip: &IpAddr| self.settings.authenticate && !self.settings.is_own(*ip);
        let Some(ip) = envelope.client_ip.filter(wanted) else {
            return Ok(None);
        };
        let arrival = wire::Arrival {
            ip: ip.to_canonical(),
            helo: envelope.client_name.clone(),
            reverse_path: envelope.reverse_path.clone(),
        };
        match self.egress.authenticate(arrival, content.clone()).await {
            Ok(verdict) => Ok(Some(verdict)),
            Err(error) => {
                tracing::warn!(%error, "the authenticity of a message cannot be checked");
                match self.settings.authenticate_when_down {
                    WhenDown::Accept => Ok(None),
                    WhenDown::Defer => Err(Decision::not_now()),
                }
            }
        }
    }

    pub(super) async fn scan(&self, envelope: &Envelope, content: &Bytes) -> Opinion {
        if self.settings.scanners.is_empty() {
            return Opinion::default();
        }
        let verdicts = self.egress.scan(envelope.clone(), content.clone()).await;
        scanners::opinion(&self.settings, verdicts)
    }

    /// The DNS lists that have the client.
    pub(super) async fn listed(&self, envelope: &Envelope) -> Vec<(String, Points)> {
        // rspamd asks lists of its own.
        if self.settings.has_rspamd() {
            return Vec::new();
        }
        let Some(client) = envelope.client_ip.filter(|ip| !self.settings.is_own(*ip)) else {
            return Vec::new();
        };
        // All at once: one that does not answer holds up nobody but itself.
        let asked = self
            .settings
            .dns_lists
            .iter()
            .take(LISTS_MAX)
            .map(async |list| {
                let name = list::question(client, &list.zone)?;
                match self.egress.lookup(Question::new(Kind::A, name)).await {
                    Ok(answer) => {
                        list::is_listed(&answer).then(|| (list.zone.clone(), list.points))
                    }
                    Err(error) => {
                        tracing::debug!(domain = list.zone, %error, "a DNS list does not answer");
                        None
                    }
                }
            });
        join_all(asked).await.into_iter().flatten().collect()
    }

    /// The client's name, if its address and it lead to each other. Where the authenticity was checked, that was found out
    /// with it; else only rspamd wants to know.
    pub(super) async fn name(
        &self,
        envelope: &Envelope,
        verdict: Option<&Verdict>,
    ) -> Option<String> {
        if let Some(verdict) = verdict {
            let confirmed = verdict.iprev.result == IprevResult::Pass;
            return verdict.iprev.name.clone().filter(|_| confirmed);
        }
        let wanted = |ip: &IpAddr| self.settings.has_rspamd() && !self.settings.is_own(*ip);
        let ip = envelope.client_ip.filter(wanted)?.to_canonical();
        let names = self.egress.lookup(Question::name_of(ip)).await.ok()?;
        let names = names.records.into_iter().filter_map(|record| match record {
            Record::Ptr(name) => Some(name),
            _ => None,
        });
        for name in names.take(NAMES_MAX) {
            let kind = if ip.is_ipv4() { Kind::A } else { Kind::Aaaa };
            let Ok(answer) = self.egress.lookup(Question::new(kind, name.clone())).await else {
                continue;
            };
            let leads_back = answer.records.iter().any(|record| match record {
                Record::A(address) => ip == IpAddr::V4(*address),
                Record::Aaaa(address) => ip == IpAddr::V6(*address),
                _ => false,
            });
            if leads_back {
                return Some(name);
            }
        }
        None
    }
}

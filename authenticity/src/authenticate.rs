//! All checks of one arriving message.

use std::net::IpAddr;

use mail_auth::common::crypto::HashAlgorithm;

use crate::dkim::Keys;
use crate::dns::Dns;
use crate::message::Parts;
use crate::spf::Client;
use crate::verdict::{
    ArcChain, ArcResult, Dkim, DkimResult, Dmarc, DmarcResult, Iprev, IprevResult, Spf, SpfResult,
    Verdict,
};
use crate::{arc, dkim, dmarc, iprev, spf};

/// Octets of a message that is checked; a larger one has no signatures for us. Above what any server takes by default.
const MESSAGE_OCTETS_MAX: usize = 512 << 20;

/// A message as it came.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// The client's address.
    pub ip: IpAddr,
    /// The name it gave with EHLO or HELO.
    pub helo: &'a str,
    /// MAIL FROM without its angle brackets; empty for a notification.
    pub reverse_path: &'a str,
    /// The message as the client sent it, with nothing of ours added.
    pub message: &'a [u8],
    /// Seconds since 1970 UTC.
    pub now: u64,
    /// Our own name, which a domain's explanation may mention (RFC 7208 7.2 `r`).
    pub host: &'a str,
}

/// Checks SPF, iprev, DKIM, ARC and DMARC.
///
/// It never fails: what could not be found out is `temperror`. How often the DNS is asked is bounded; how long, is for the caller: put a
/// deadline around it, and take [`Verdict::unavailable`] when it is over.
pub async fn authenticate<D: Dns>(dns: &D, arrival: &Arrival<'_>) -> Verdict {
    let client = Client {
        ip: arrival.ip,
        helo: arrival.helo,
        host: arrival.host,
        now: arrival.now,
    };
    let parts = if arrival.message.len() > MESSAGE_OCTETS_MAX {
        Parts::default()
    } else {
        Parts::split(arrival.message)
    };
    let spf_helo = spf::check_helo(dns, client).await;
    let spf = if arrival.reverse_path.is_empty() {
        spf_helo.clone()
    } else {
        spf::check_mail_from(dns, client, arrival.reverse_path).await
    };
    let iprev = iprev::check(dns, arrival.ip).await;
    let mut keys = Keys::new(dns);
    let dkim = dkim::check(&mut keys, &parts, arrival.now).await;
    let arc = arc::check(&mut keys, &parts, arrival.now).await;
    let percentile = percentile(&parts);
    let evidence = dmarc::Evidence {
        spf: &spf,
        dkim: &dkim,
        percentile,
    };
    let dmarc = dmarc::check(dns, &parts, evidence).await;
    Verdict {
        spf,
        spf_helo,
        iprev,
        dkim,
        dmarc,
        arc,
    }
}

/// Where a message falls within 100: the same message always at the same place, so that sending it again does not help.
fn percentile(parts: &Parts<'_>) -> u8 {
    let mut named: Vec<u8> = Vec::new();
    for name in ["From", "Date", "Message-ID", "Subject"] {
        if let Some(field) = parts.named(name).next() {
            named.extend_from_slice(field.whole);
        }
    }
    let hash = HashAlgorithm::Sha256.hash(named.as_slice());
    let first = hash
        .as_ref()
        .first_chunk::<2>()
        .map_or(0, |two| u16::from_be_bytes(*two));
    u8::try_from(first % 100).unwrap_or(0)
}

impl Verdict {
    /// What is known when the DNS did not answer in time, or nobody could be asked: nothing, and it may be otherwise later.
    #[must_use]
    pub fn unavailable(arrival: &Arrival<'_>) -> Self {
        let parts = Parts::split(arrival.message);
        let helo = Spf::of(arrival.helo.to_owned(), SpfResult::TempError);
        let domain = arrival
            .reverse_path
            .rsplit_once('@')
            .map_or(arrival.helo, |(_, domain)| domain);
        let is_signed = parts.named("DKIM-Signature").next().is_some();
        let is_sealed = parts.named("ARC-Seal").next().is_some();
        Self {
            spf: Spf::of(domain.to_owned(), SpfResult::TempError),
            spf_helo: helo,
            iprev: Iprev {
                result: IprevResult::TempError,
                name: None,
            },
            dkim: Dkim {
                result: if is_signed {
                    DkimResult::TempError
                } else {
                    DkimResult::None
                },
                ..Dkim::default()
            },
            dmarc: Dmarc {
                result: DmarcResult::TempError,
                ..Dmarc::default()
            },
            arc: ArcChain {
                result: if is_sealed {
                    ArcResult::TempError
                } else {
                    ArcResult::None
                },
                ..ArcChain::default()
            },
        }
    }
}

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
    // Side by side: each waits for the DNS, and for none of the others.
    let ((spf, spf_helo), iprev, (dkim, arc)) = tokio::join!(
        Box::pin(check_spf(dns, client, arrival.reverse_path)),
        Box::pin(iprev::check(dns, arrival.ip)),
        Box::pin(check_signatures(dns, &parts, arrival.now)),
    );
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

/// SPF of MAIL FROM and of HELO; they are the same for a notification.
async fn check_spf<D: Dns>(dns: &D, client: Client<'_>, reverse_path: &str) -> (Spf, Spf) {
    if reverse_path.is_empty() {
        let spf = spf::check_helo(dns, client).await;
        return (spf.clone(), spf);
    }
    tokio::join!(
        spf::check_mail_from(dns, client, reverse_path),
        spf::check_helo(dns, client)
    )
}

/// DKIM and ARC, which share keys.
async fn check_signatures<D: Dns>(dns: &D, parts: &Parts<'_>, now: u64) -> (Dkim, ArcChain) {
    let mut keys = Keys::new(dns);
    let dkim = dkim::check(&mut keys, parts, now).await;
    let arc = arc::check(&mut keys, parts, now).await;
    (dkim, arc)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::zone::{Zone, now};

    #[test]
    fn what_could_not_be_asked_is_temporary_and_what_is_not_there_is_none() {
        let mut arrival = Arrival {
            ip: "192.0.2.1".parse().unwrap(),
            helo: "mx.example.org",
            reverse_path: "anna@example.org",
            message: b"DKIM-Signature: x\r\nFrom: anna@example.org\r\n\r\n",
            now: 1,
            host: "here.example.net",
        };
        let verdict = Verdict::unavailable(&arrival);
        assert_eq!(
            (verdict.spf.result, verdict.spf.domain.as_str()),
            (SpfResult::TempError, "example.org")
        );
        assert_eq!(
            (verdict.dkim.result, verdict.arc.result),
            (DkimResult::TempError, ArcResult::None)
        );
        assert_eq!(verdict.dmarc.result, DmarcResult::TempError);
        arrival.message = b"From: anna@example.org\r\n\r\n";
        let verdict = now(authenticate(&Zone::default(), &arrival));
        assert_eq!(
            (verdict.spf.result, verdict.dkim.result),
            (SpfResult::None, DkimResult::None)
        );
        assert_eq!(
            (verdict.dmarc.result, verdict.dmarc.domain.as_str()),
            (DmarcResult::None, "example.org")
        );
    }

    #[test]
    fn whoever_asks_for_a_verdict_can_move_it_between_threads() {
        fn is_send<T: Send>(_: &T) {}
        let arrival = Arrival {
            ip: "192.0.2.1".parse().unwrap(),
            helo: "",
            reverse_path: "",
            message: b"",
            now: 0,
            host: "",
        };
        let zone = Zone::default();
        is_send(&authenticate(&zone, &arrival));
    }
}

//! DMARC: what the author's domain wants done, and when that is not done (RFC 9989 7, RFC 7489 6.7).

use std::net::{IpAddr, SocketAddr};

use authenticity::{ArcResult, DkimResult, DmarcResult, Policy, Verdict};

use super::decision::Decision;
use super::envelope::Envelope;
use super::field;
use super::settings::{DmarcHandling, Settings};

/// What is to be done for the sake of the author's domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Nothing.
    Nothing,
    /// Nothing, although the domain wants something, for this reason.
    Overridden(Reason),
    /// Into Junk with it.
    Junk,
    /// Refuse it.
    Reject,
}

/// Why a domain's wish is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// It comes from a forwarder that is known.
    Forwarder,
    /// Somebody who is believed sealed that it was authentic there.
    Sealed,
    /// The administrator does not want it.
    Settings,
}

/// What the domain in From wants, as far as it is followed.
pub(super) fn wish(
    settings: &Settings,
    envelope: &Envelope,
    verdict: &Verdict,
    content: &[u8],
) -> Wish {
    let dmarc = &verdict.dmarc;
    if dmarc.result != DmarcResult::Fail || dmarc.disposition == Policy::None {
        return Wish::Nothing;
    }
    if settings.dmarc == DmarcHandling::Ignore {
        return Wish::Overridden(Reason::Settings);
    }
    if is_known_forwarder(settings, envelope.client_ip) {
        return Wish::Overridden(Reason::Forwarder);
    }
    if is_sealed(settings, verdict) {
        return Wish::Overridden(Reason::Sealed);
    }
    match (dmarc.disposition, settings.dmarc) {
        // RFC 9989 7.4: that a domain publishes `reject` is not enough to refuse; what may have come over a mailing list or a
        // forwarder is treated as with `quarantine`.
        (Policy::Reject, DmarcHandling::Follow) if !is_indirect(verdict, content) => Wish::Reject,
        _ => Wish::Junk,
    }
}

/// The refusal for the sake of a domain. RFC 7489 10.3: the reply says that it is a matter of DMARC.
pub(super) fn rejection(domain: &str) -> Decision {
    let is_fit = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b'_');
    let domain: String = domain
        .chars()
        .filter(|it| it.is_ascii())
        .take(100)
        .collect();
    let text = match !domain.is_empty() && domain.bytes().all(is_fit) {
        true => format!("Refused by the DMARC policy of {domain}."),
        false => "Refused by the DMARC policy of the author's domain.".to_owned(),
    };
    Decision::reject(550, "5.7.1", &text)
}

/// Whether the client forwards mail for our own people.
pub(super) fn is_known_forwarder(settings: &Settings, address: Option<IpAddr>) -> bool {
    let Some(address) = address else {
        return false;
    };
    let place = SocketAddr::new(address.to_canonical(), 0);
    settings
        .known_forwarders
        .iter()
        .any(|network| network.covers(place))
}

/// Whether a chain of ARC that holds was sealed last by somebody who is believed. RFC 8617 7.2.1: only trust in the sealer
/// makes what it says worth anything.
pub(super) fn is_sealed(settings: &Settings, verdict: &Verdict) -> bool {
    if verdict.arc.result != ArcResult::Pass {
        return false;
    }
    let is_trusted = |domain: &str| {
        let trusted = settings.trusted_sealers.iter();
        trusted
            .into_iter()
            .any(|it| it.eq_ignore_ascii_case(domain))
    };
    let last = verdict.arc.sets.last();
    last.is_some_and(|set| is_trusted(&set.domain))
}

/// Fields that mailing lists and forwarders leave (RFC 2919 3, RFC 2369 3.4, RFC 5322 3.6.6, and three of custom).
const INDIRECT_FIELDS: [&str; 6] = [
    "list-id",
    "list-post",
    "resent-from",
    "delivered-to",
    "x-forwarded-to",
    "x-original-to",
];

/// Whether something says that it came by way of somebody else, who broke what would have passed. Whoever pretends that
/// gains Junk instead of a refusal.
fn is_indirect(verdict: &Verdict, content: &[u8]) -> bool {
    let mut signatures = verdict.dkim.signatures.iter();
    // Somebody answers for it, if not the author's domain.
    signatures.any(|signature| signature.result == DkimResult::Pass)
        || verdict.arc.result == ArcResult::Pass
        || INDIRECT_FIELDS.iter().any(|name| field::has(content, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(disposition: Policy) -> Verdict {
        let mut verdict = Verdict::default();
        verdict.dmarc.result = DmarcResult::Fail;
        verdict.dmarc.domain = "example.net".to_owned();
        verdict.dmarc.disposition = disposition;
        verdict
    }

    fn envelope() -> Envelope {
        Envelope {
            client_ip: "192.0.2.1".parse().ok(),
            ..Envelope::default()
        }
    }

    #[test]
    fn a_policy_is_followed() {
        let settings = Settings::new("mail.example.org");
        let of = |verdict: &Verdict| wish(&settings, &envelope(), verdict, b"From: x\r\n\r\n");
        assert_eq!(of(&failed(Policy::Reject)), Wish::Reject);
        assert_eq!(of(&failed(Policy::Quarantine)), Wish::Junk);
        assert_eq!(of(&failed(Policy::None)), Wish::Nothing);
        let mut passed = failed(Policy::Reject);
        passed.dmarc.result = DmarcResult::Pass;
        assert_eq!(of(&passed), Wish::Nothing);
        let milder = Settings {
            dmarc: DmarcHandling::Junk,
            ..settings.clone()
        };
        let reject = failed(Policy::Reject);
        assert_eq!(wish(&milder, &envelope(), &reject, b""), Wish::Junk);
        let none = Settings {
            dmarc: DmarcHandling::Ignore,
            ..settings.clone()
        };
        let overridden = Wish::Overridden(Reason::Settings);
        assert_eq!(wish(&none, &envelope(), &reject, b""), overridden);
    }

    #[test]
    fn lists_forwarders_and_seals_are_heard() {
        let mut settings = Settings::new("mail.example.org");
        let mut verdict = failed(Policy::Reject);
        let list = b"From: x\r\nList-ID: <a.b>\r\n\r\n";
        let direct = b"From: x\r\nSubject: y\r\n\r\nList-Id: z\r\n";
        assert_eq!(wish(&settings, &envelope(), &verdict, direct), Wish::Reject);
        assert_eq!(wish(&settings, &envelope(), &verdict, list), Wish::Junk);
        verdict.dkim.signatures.push(authenticity::DkimSignature {
            result: DkimResult::Pass,
            ..Default::default()
        });
        assert_eq!(wish(&settings, &envelope(), &verdict, direct), Wish::Junk);
        verdict.arc.result = ArcResult::Pass;
        verdict.arc.sets.push(authenticity::ArcSet {
            domain: "Lists.example".to_owned(),
            ..Default::default()
        });
        assert_eq!(wish(&settings, &envelope(), &verdict, list), Wish::Junk);
        settings.trusted_sealers.push("lists.example".to_owned());
        let sealed = Wish::Overridden(Reason::Sealed);
        assert_eq!(wish(&settings, &envelope(), &verdict, list), sealed);
        settings
            .known_forwarders
            .push("192.0.2.0/24".parse().unwrap());
        let forwarded = Wish::Overridden(Reason::Forwarder);
        assert_eq!(wish(&settings, &envelope(), &verdict, list), forwarded);
    }

    #[test]
    fn a_domain_in_a_reply_is_harmless() {
        let text = |domain: &str| match rejection(domain) {
            Decision::Reject { text, .. } => text,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            text("example.net"),
            "Refused by the DMARC policy of example.net."
        );
        assert_eq!(
            text("a\r\n250 b"),
            "Refused by the DMARC policy of the author's domain."
        );
    }
}

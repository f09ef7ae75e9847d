//! Outcomes: what the answer of a next hop means for a recipient, for the destination, and in the words of a notification.

use std::sync::Arc;

use egress::wire::{
    Failure, Needed, PolicyType, RecipientResult, SmtpReply, TlsObservation, TlsResult, Why,
};

use crate::notification::Diagnostic;

/// What an attempt says of its destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// It answers.
    Up,
    /// It answers, and takes nothing for now.
    Reluctant(Arc<Failure>),
    /// It does not answer, or cannot be trusted: others need not try.
    Down(Arc<Failure>),
}

/// Judges a destination by what became of all recipients of one delivery.
pub(crate) fn health(results: &[RecipientResult]) -> Health {
    let mut reluctant = None;
    let mut down = None;
    for result in results {
        match result {
            RecipientResult::Delivered { .. } | RecipientResult::Permanent(_) => return Health::Up,
            RecipientResult::Transient(failure) if is_of_destination(failure) => {
                down = Some(failure);
            }
            RecipientResult::Transient(failure) => reluctant = Some(failure),
        }
    }
    let shared = |failure: &Failure| Arc::new(failure.clone());
    match (down, reluctant) {
        (_, Some(failure)) => Health::Reluctant(shared(failure)),
        (Some(failure), None) => Health::Down(shared(failure)),
        (None, None) => Health::Up,
    }
}

/// Whether another message would fail in the same way.
fn is_of_destination(failure: &Failure) -> bool {
    match failure.why {
        // RFC 5321 3.8, 4.2.1: 421 closes the channel for everybody.
        Why::Reply => failure
            .reply
            .as_ref()
            .is_some_and(|reply| reply.code == 421),
        Why::NoSuchDomain
        | Why::NullMx
        | Why::NoAddress
        | Why::Dns
        | Why::DnssecBogus
        | Why::AddressRefused
        | Why::Unreachable
        | Why::TimedOut
        | Why::TlsFailed
        | Why::TlsRequired
        | Why::PolicyUnmet
        | Why::Loop
        | Why::SignIn => true,
        // It may be this message that the other end stumbles over.
        Why::Dropped => !failure.uncertain,
        Why::Protocol | Why::NotOffered(_) | Why::TooLarge | Why::Internal => false,
    }
}

/// The enhanced status code of a failure (RFC 3463), `class` 4 or 5.
pub(crate) fn status(failure: &Failure, class: u8) -> (u8, u16, u16) {
    if let Some(reply) = &failure.reply
        && failure.why == Why::Reply
    {
        return reply_status(reply, class);
    }
    let (subject, detail) = match failure.why {
        // RFC 3463 3.2: X.1.2 bad destination system address.
        Why::NoSuchDomain => (1, 2),
        // RFC 7505 4.2: the domain takes no mail.
        Why::NullMx => (1, 10),
        // RFC 3463 3.5: X.4.4 unable to route, X.4.3 directory server failure, X.4.1 no answer, X.4.2 bad connection, X.4.6 loop.
        Why::NoAddress | Why::AddressRefused => (4, 4),
        Why::Dns | Why::DnssecBogus => (4, 3),
        Why::Unreachable => (4, 1),
        Why::Dropped | Why::TimedOut => (4, 2),
        Why::Loop => (4, 6),
        // RFC 3463 3.8: X.7.5 cryptographic failure; RFC 5248 2.4: X.7.10 encryption needed; RFC 8689 6.1: X.7.30.
        Why::TlsFailed | Why::PolicyUnmet => (7, 5),
        Why::TlsRequired => (7, 10),
        Why::NotOffered(Needed::RequireTls) => (7, 30),
        // RFC 3463 3.7: X.6.3 conversion required but not supported; RFC 6531 3.6: X.6.7.
        Why::NotOffered(Needed::EightBit) => (6, 3),
        Why::NotOffered(Needed::SmtpUtf8) => (6, 7),
        Why::TooLarge => (3, 4),
        Why::SignIn => (7, 8),
        Why::Protocol => (5, 0),
        Why::Internal => (3, 0),
        Why::Reply => (0, 0),
    };
    (class, subject, detail)
}

fn reply_status(reply: &SmtpReply, class: u8) -> (u8, u16, u16) {
    match reply.enhanced {
        // RFC 3463 2: the class says the same as the reply code, or nothing can be said.
        Some((given, subject, detail)) if given == class => (class, subject, detail),
        _ => match reply.code {
            // RFC 5321 4.2.3: what the plain codes stand for.
            450 | 550 | 551 | 553 => (class, 1, 0),
            452 | 552 => (class, 2, 2),
            _ => (class, 0, 0),
        },
    }
}

/// The status of a recipient that was reached.
pub(crate) fn delivered_status(reply: &SmtpReply) -> (u8, u16, u16) {
    reply_status(reply, 2)
}

/// Why, in words for a notification.
pub(crate) fn diagnostic(failure: &Failure) -> Diagnostic {
    match &failure.reply {
        Some(reply) => said(reply),
        None => Diagnostic {
            text: words(failure.why).to_owned(),
            is_reply: false,
        },
    }
}

/// A reply as text.
pub(crate) fn said(reply: &SmtpReply) -> Diagnostic {
    let text = match reply.enhanced {
        Some((class, subject, detail)) => {
            format!("{} {class}.{subject}.{detail} {}", reply.code, reply.text)
        }
        None => format!("{} {}", reply.code, reply.text),
    };
    Diagnostic {
        text,
        is_reply: true,
    }
}

fn words(why: Why) -> &'static str {
    match why {
        Why::NoSuchDomain => "the domain does not exist",
        Why::NullMx => "the domain takes no mail",
        Why::NoAddress => "no server of the domain has an address",
        Why::Dns => "the domain's name servers did not answer",
        Why::DnssecBogus => "the answer of the domain's name servers is not genuine (DNSSEC)",
        Why::AddressRefused => {
            "no server of the domain has an address that this server connects to"
        }
        Why::Unreachable => "no server of the domain could be reached",
        Why::Dropped => "the other server ended the connection",
        Why::TimedOut => "the other server did not answer in time",
        Why::TlsFailed => "an encrypted connection could not be set up",
        Why::TlsRequired => "the other server offers no encryption, which is required",
        Why::PolicyUnmet => {
            "the other server's certificate is not what the domain's policy asks for"
        }
        Why::NotOffered(Needed::EightBit) => "the other server takes no 8-bit text",
        Why::NotOffered(Needed::SmtpUtf8) => "the other server takes no international addresses",
        Why::NotOffered(Needed::RequireTls) => {
            "the other server does not promise encryption on the whole way"
        }
        Why::TooLarge => "the message is larger than the other server takes",
        Why::Loop => "the mail for the domain leads back to this server",
        Why::SignIn => "the other server does not accept this server's credentials",
        Why::Protocol => "the other server does not speak SMTP as it should",
        Why::Reply => "the other server refused",
        Why::Internal => "this server had a fault",
    }
}

/// What a domain's policy demands and the connection did not give (RFC 7672, RFC 8461), for people; none without a policy.
pub(crate) fn unmet_policy(observations: &[TlsObservation]) -> Option<String> {
    let observation = observations.iter().find(|observation| {
        observation.result != TlsResult::Success
            && observation.policy_type != PolicyType::NoPolicyFound
    })?;
    let policy = match observation.policy_type {
        PolicyType::Tlsa => "DANE",
        PolicyType::Sts => "MTA-STS",
        PolicyType::NoPolicyFound => return None,
    };
    let host = observation.receiving_host.as_deref();
    let host = host.unwrap_or(&observation.policy_domain);
    let what = match observation.result {
        TlsResult::Success => return None,
        TlsResult::StarttlsNotSupported => "no STARTTLS",
        TlsResult::CertificateHostMismatch => "the certificate is for another name",
        TlsResult::CertificateExpired => "the certificate has expired",
        TlsResult::CertificateNotTrusted => "nobody trusted issued the certificate",
        TlsResult::ValidationFailure => "the certificate or server is not the one that is named",
        TlsResult::TlsaInvalid => "no TLSA record fits the certificate",
        TlsResult::DnssecInvalid => "DNSSEC fails",
        TlsResult::DaneRequired => "a TLSA record is needed",
        TlsResult::StsPolicyFetchError => "the policy cannot be fetched",
        TlsResult::StsPolicyInvalid => "the policy cannot be read",
        TlsResult::StsWebpkiInvalid => "the certificate of the policy's web server is not trusted",
    };
    let detail = observation.detail.as_deref();
    let detail = detail.map_or(String::new(), |detail| format!(": {detail}"));
    Some(format!("{policy} at {host}: {what}{detail}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transient(why: Why) -> RecipientResult {
        RecipientResult::Transient(why.into())
    }

    fn reply(code: u16) -> RecipientResult {
        RecipientResult::Transient(Failure {
            reply: Some(SmtpReply {
                code,
                enhanced: None,
                text: "no".into(),
            }),
            ..Why::Reply.into()
        })
    }

    #[test]
    fn a_destination_is_judged_by_what_others_would_meet() {
        assert!(matches!(
            health(&[transient(Why::Unreachable)]),
            Health::Down(_)
        ));
        assert!(matches!(health(&[reply(421)]), Health::Down(_)));
        assert!(matches!(health(&[reply(451)]), Health::Reluctant(_)));
        let both = [transient(Why::Unreachable), reply(451)];
        assert!(matches!(health(&both), Health::Reluctant(_)));
        let gone = RecipientResult::Permanent(Why::NoSuchDomain.into());
        assert_eq!(health(&[gone, transient(Why::Unreachable)]), Health::Up);
        assert_eq!(health(&[]), Health::Up);
    }

    #[test]
    fn a_reply_that_contradicts_itself_is_not_believed() {
        let mut failure = Failure::from(Why::Reply);
        failure.reply = Some(SmtpReply {
            code: 550,
            enhanced: Some((2, 1, 5)),
            text: "what".into(),
        });
        assert_eq!(status(&failure, 5), (5, 1, 0));
        assert_eq!(status(&Why::NullMx.into(), 5), (5, 1, 10));
    }
}

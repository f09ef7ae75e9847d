//! The greeting and the list of extensions (RFC 5321 4.1.1.1, 4.3.1).

use std::borrow::Cow;

use super::settings::{Peer, Service, Settings};
use crate::codec::Reply;

/// What is said when a client connects.
pub(super) fn banner(settings: &Settings) -> Reply {
    let protocol = match settings.service {
        Service::Lmtp => "LMTP",
        Service::Mx | Service::Submission => "ESMTP",
    };
    Reply::plain(220, format!("{} {protocol} Wachpost", settings.hostname))
}

/// The reply to EHLO and LHLO.
pub(super) fn capabilities(settings: &Settings, peer: Peer, signed_in: bool) -> Reply {
    let mut lines: Vec<Cow<'static, str>> = vec![
        settings.hostname.to_string().into(),
        "PIPELINING".into(),
        "8BITMIME".into(),
        "SMTPUTF8".into(),
        format!("SIZE {}", settings.size_limit_octets).into(),
        "CHUNKING".into(),
        "BINARYMIME".into(),
        "ENHANCEDSTATUSCODES".into(),
        "DSN".into(),
        // RFC 9422 4.1, 4.2.
        format!(
            "LIMITS MAILMAX={} RCPTMAX={}",
            settings.messages_limit, settings.recipients_limit
        )
        .into(),
    ];
    // RFC 3207 4.2: no more offered once it was used.
    if settings.starttls && !peer.tls {
        lines.push("STARTTLS".into());
    }
    // RFC 8689 2: offered only under TLS.
    if peer.tls {
        lines.push("REQUIRETLS".into());
    }
    // RFC 4954 4: no more of use once somebody signed in.
    let mechanisms: Vec<&str> = settings.offered(peer).collect();
    if !signed_in && !mechanisms.is_empty() {
        lines.push(format!("AUTH {}", mechanisms.join(" ")).into());
    }
    Reply {
        code: 250,
        enhanced: None,
        lines,
    }
}

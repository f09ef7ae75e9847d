//! Reception: a message is judged before anything of it is stored.

use bytes::Bytes;
use groupware::Arrival;
use model::PrincipalId;
use transport::reception::{Decision, Stranger, Taken};

use crate::client::Client;
use crate::codec::{EnhancedCode, Reply};
use crate::path::{address, forward_address};
use crate::service::Shared;
use crate::session::{Service, Session};
use crate::transaction::{Message, Route};

/// A message that is taken, as it is to be stored.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) message: Message,
    pub(crate) arrival: Arrival,
}

/// Has the message judged, where somebody does; what is not taken is answered with this reply.
pub(crate) async fn judge(
    shared: &Shared,
    client: &Client,
    session: &Session,
    routes: &[Route],
    message: Message,
) -> Result<Judged, Reply> {
    let Some(reception) = &shared.reception else {
        return Ok(Judged {
            message,
            arrival: Arrival::default(),
        });
    };
    let envelope = told(shared, client, session, &message.id);
    let Message {
        id,
        octets,
        prefix_octets,
    } = message;
    // All views of one piece of memory: nothing is copied.
    let whole = Bytes::from(octets);
    let content = whole.slice(prefix_octets..);
    let decision = match shared.service {
        Service::Mx => {
            let stranger = Stranger {
                envelope,
                accounts: accounts(routes),
                content: content.clone(),
            };
            reception.judge(stranger).await
        }
        // A service for LMTP has nobody who judges.
        Service::Submission | Service::Lmtp => {
            reception.judge_outgoing(envelope, content.clone()).await
        }
    };
    let taken = match decision {
        Decision::Take(taken) => *taken,
        Decision::Reject {
            code,
            enhanced,
            text,
        } => return Err(Reply::new(code, enhanced_code(&enhanced), text)),
        Decision::Defer { enhanced, text } => {
            return Err(Reply::new(451, enhanced_code(enhanced), text));
        }
        // A filter wants the sender to believe that it arrived.
        Decision::Discard => {
            let session = client.actor().session;
            tracing::info!(%session, reason = "a scanner wants it so", "message thrown away");
            return Err(Reply::accepted(&id));
        }
    };
    let Taken {
        junk,
        spam_percent,
        virus,
        author_is_proven,
        author_is_forged,
        client_dns_name,
        fields,
        content: kept,
    } = taken;
    if junk {
        let session = client.actor().session;
        tracing::info!(%session, reason = "see its header", "message taken as junk");
    }
    let is_same = kept.as_ptr() == content.as_ptr() && kept.len() == content.len();
    drop(content);
    let mut octets = match is_same {
        true => {
            drop(kept);
            Vec::from(whole)
        }
        false => [whole.get(..prefix_octets).unwrap_or_default(), &kept].concat(),
    };
    let place = behind_return_path(&octets);
    let fields = fields.into_bytes();
    let prefix_octets = prefix_octets + fields.len();
    octets.splice(place..place, fields);
    Ok(Judged {
        message: Message {
            id,
            octets,
            prefix_octets,
        },
        arrival: Arrival {
            junk,
            spam_percent,
            virus,
            author_is_proven,
            author_is_forged,
            remote_name: client_dns_name,
            ..Arrival::default()
        },
    })
}

/// What is known of the message besides its content.
fn told(
    shared: &Shared,
    client: &Client,
    session: &Session,
    id: &str,
) -> transport::reception::Envelope {
    let envelope = session.envelope();
    let tls = client.facts.tls.as_ref();
    let signed_in = client.actor().principal;
    transport::reception::Envelope {
        client_ip: client.facts.peer.ip(),
        client_name: session
            .client_name()
            .map_or("", |name| name.as_str())
            .into(),
        client_dns_name: None,
        reverse_path: envelope.map_or_else(String::new, |it| address(&it.reverse_path)),
        recipients: envelope.map_or_else(Vec::new, |it| {
            let recipients = it.recipients.iter();
            recipients
                .map(|it| forward_address(&it.forward_path))
                .collect()
        }),
        // The number stands in the journal, too; the name is nobody else's business.
        signed_in: signed_in.map(|principal| principal.0.to_string()),
        id: id.to_owned(),
        hostname: shared.hostname().to_owned(),
        tls_version: tls.map(|tls| tls.version.as_str().to_owned()),
        tls_cipher: tls.map(|tls| tls.cipher.to_string()),
    }
}

/// Everybody who will get the message, each once.
fn accounts(routes: &[Route]) -> Vec<PrincipalId> {
    let mut accounts: Vec<PrincipalId> = routes.iter().flat_map(Route::accounts).copied().collect();
    accounts.sort_unstable();
    accounts.dedup();
    accounts
}

/// RFC 5321 4.4: the Return-Path stands above everything else. It is one line of ours.
fn behind_return_path(octets: &[u8]) -> usize {
    if !octets.starts_with(b"Return-Path:") {
        return 0;
    }
    memchr::memchr(b'\n', octets).map_or(0, |end| end + 1)
}

/// An enhanced code as text; what is none is a matter of policy.
fn enhanced_code(text: &str) -> EnhancedCode {
    let mut parts = text.split('.');
    let mut part = || parts.next()?.parse::<u16>().ok();
    match (part(), part(), part()) {
        (Some(class @ (4 | 5)), Some(subject), Some(detail)) => {
            EnhancedCode(if class == 4 { 4 } else { 5 }, subject, detail)
        }
        _ => EnhancedCode::NOT_AUTHORISED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_places() {
        assert_eq!(enhanced_code("5.7.26"), EnhancedCode(5, 7, 26));
        assert_eq!(enhanced_code("4.7.1"), EnhancedCode(4, 7, 1));
        for bad in ["", "5.7", "2.0.0", "5.x.1"] {
            assert_eq!(enhanced_code(bad), EnhancedCode::NOT_AUTHORISED);
        }
        assert_eq!(behind_return_path(b"Return-Path: <>\r\nReceived: x"), 17);
        assert_eq!(behind_return_path(b"Received: x\r\n"), 0);
    }
}

//! Scheduling messages as mail, for those who have no account here (RFC 6047).

use std::sync::Arc;

use itip::Message;
use itip::mail::{Correspondent, Language, Mail, compose};
use model::{Principal, QueueStanding, QueuedRecipient};
use store::{Change, NewQueueItem, Source};

use super::fault::refused;
use super::round::Outgoing;
use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;

impl Groupware {
    /// Puts a message into the queue, and into the inboxes of those behind an address of this house.
    pub(super) async fn mail(
        &self,
        caller: &Caller,
        outgoing: &mut Outgoing,
        message: &Message,
    ) -> Result<(), Error> {
        let owner = self.directory.principal_at(&message.from).await?;
        let deputy = match (&owner, caller.actor.principal) {
            (Some(owner), Some(by)) if owner.id != by => self.directory.principal(by).await?,
            _ => None,
        };
        let text = self.composed(message, owner.as_deref(), deputy.as_deref())?;
        let prepared = self.prepare(text.into_bytes()).await?;
        let mut resolved = self.directory.resolve(&message.to).await?;
        if let directory::Resolved::Accounts(accounts) = &resolved
            && self.has_list(accounts).await?
        {
            // A list has no inbox: who runs the queue hands it what is for it.
            resolved = directory::Resolved::Elsewhere;
        }
        match resolved {
            directory::Resolved::Accounts(accounts) => {
                for account in accounts {
                    let request = self
                        .inbox_request(&caller.actor, account, &prepared)
                        .await?;
                    outgoing.add(request, &message.to);
                }
            }
            directory::Resolved::Elsewhere => {
                outgoing.own.push(Change::Enqueue(Box::new(NewQueueItem {
                    reverse_path: message.from.clone(),
                    recipients: vec![QueuedRecipient {
                        forward_path: message.to.clone(),
                        notify: None,
                        original: None,
                    }],
                    source: Source::New(Arc::clone(&prepared.blob)),
                    size: prepared.size,
                    envelope_id: None,
                    dsn_return: None,
                    smtputf8: !message.from.is_ascii() || !message.to.is_ascii(),
                    require_tls: false,
                    standing: QueueStanding::default(),
                })));
            }
            directory::Resolved::Unknown => {}
        }
        Ok(())
    }

    fn composed(
        &self,
        message: &Message,
        owner: Option<&Principal>,
        deputy: Option<&Principal>,
    ) -> Result<String, Error> {
        let now = self.clock.now();
        // The same message to the same person is the same mail.
        let hash = blake3::Hasher::new()
            .update(message.text.as_bytes())
            .update(message.to.as_bytes())
            .update(&now.0.to_be_bytes())
            .finalize()
            .to_hex();
        let domain = message
            .from
            .rsplit_once('@')
            .map_or(message.from.as_str(), |(_, domain)| domain);
        let message_id = format!("{}@{domain}", &hash.as_str()[..32]);
        let mail = Mail {
            from: Correspondent {
                name: owner.map(|owner| owner.name.as_str()),
                address: &message.from,
            },
            sender: deputy.map(|deputy| Correspondent {
                name: Some(&deputy.name),
                address: &deputy.address,
            }),
            to: Correspondent {
                name: None,
                address: &message.to,
            },
            message,
            language: Language::English,
            message_id: &message_id,
            date: now.seconds(),
            is_automatic: owner.is_some_and(|owner| {
                matches!(
                    owner.kind,
                    model::PrincipalKind::Room { .. } | model::PrincipalKind::Equipment
                )
            }),
        };
        compose(&mail).map_err(|fault| refused(&fault))
    }
}

//! Scheduling messages that arrive by mail (RFC 6047): what they change in the recipient's calendar.
//!
//! The mail itself lies in the recipient's inbox, whatever becomes of the message in it. Whom it is from is what the mail's
//! `From` says; a mail from outside that claims an address of this house is not believed.

use itip::mail::{Arrived, from_mail};
use model::{Actor, Address, EmailMeta, PrincipalId, PrincipalKind};
use store::Change;

use super::fault::refused;
use super::others::Answered;
use super::party::Way;
use crate::Groupware;
use crate::account::ATTEMPTS_MAX;
use crate::caller::Caller;
use crate::error::Error;
use crate::message::part;

/// Octets of a calendar part that are read.
const PART_OCTETS_MAX: usize = 1024 * 1024;

/// A scheduling message found in a mail.
#[derive(Clone, Debug)]
pub(crate) struct Invitation {
    message: Arrived,
    /// The address in `From`, in lower case.
    from: String,
}

impl Invitation {
    /// The scheduling message in a mail, if there is one and only one author.
    pub(crate) fn find(message: &[u8], meta: &[u8]) -> Option<Self> {
        // Most mails have none: that is found out without reading anything again.
        memchr::memmem::find(message, b"alendar")?;
        let meta = EmailMeta::decode(meta).ok()?;
        let [Address::Email { email, .. }] = meta.headers.from.as_slice() else {
            return None;
        };
        let from = email.to_lowercase();
        let found = meta.parts.iter().find(|part| {
            part.kind.eq_ignore_ascii_case("text") && part.subtype.eq_ignore_ascii_case("calendar")
        })?;
        let method = found
            .parameters
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("method"))
            .map(|(_, value)| *value);
        if part::body(found).len() > PART_OCTETS_MAX * 2 {
            return None;
        }
        let text = part::decoded_text(message, found).ok()?;
        let message = from_mail(text.as_bytes(), method).ok()?;
        Some(Self { message, from })
    }
}

impl Groupware {
    /// Works a scheduling message that came by mail into the recipient's calendar. What it must not change, it does not.
    pub(crate) async fn invitation_arrived(
        &self,
        actor: &Actor,
        recipient: PrincipalId,
        invitation: &Invitation,
    ) {
        if let Err(error) = self.take_in(actor, recipient, invitation).await {
            tracing::info!(
                %error,
                account = %recipient,
                "a scheduling message that came by mail changed nothing"
            );
        }
    }

    async fn take_in(
        &self,
        actor: &Actor,
        recipient: PrincipalId,
        invitation: &Invitation,
    ) -> Result<(), Error> {
        if !self.is_believed(actor, &invitation.from).await? {
            return Err(Error::Forbidden);
        }
        let principal = self.known_principal(recipient).await?;
        // Rooms answer only those inside the house, as Exchange's do by default.
        if !matches!(
            principal.kind,
            PrincipalKind::Person | PrincipalKind::Shared
        ) {
            return Ok(());
        }
        let who = self.addresses_of(&principal).await?;
        let message = &invitation.message;
        for _ in 0..ATTEMPTS_MAX {
            let head = self.ensure_collections(recipient).await?;
            let copy = self.copy_of(&head, &message.uid).await?;
            let effect = itip::received(
                copy.as_ref().map(|copy| copy.body.as_slice()),
                message.text.as_bytes(),
                &who,
                Some(&invitation.from),
                self.clock.now().seconds(),
            )
            .map_err(|fault| refused(&fault))?;
            let mut changes: Vec<Change> = Vec::new();
            self.apply(&head, copy.as_ref(), &effect, &message.uid, &mut changes)
                .await?;
            if effect.shown {
                changes.push(self.inbox_item(&head, message.text.as_bytes()).await?);
            }
            if changes.is_empty() {
                return Ok(());
            }
            let caller = Caller::new(actor.clone());
            let request = self.request(&caller, head.account, changes);
            match self.store.commit(request).await {
                Ok(_) => {
                    let answered = Answered::of(head.account, copy.as_ref(), &effect);
                    self.tell_others(actor, answered.into_iter().collect())
                        .await;
                    return Ok(());
                }
                Err(store::Error::StateMismatch) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::StateMismatch)
    }

    /// Whether the author is who the mail says. Of a mail from outside that is known only as far as that it is none of us.
    async fn is_believed(&self, actor: &Actor, from: &str) -> Result<bool, Error> {
        match actor.principal {
            Some(principal) => Ok(self.directory.may_send_as(principal, from).await?),
            None => Ok(match self.way_to(from).await? {
                Way::Mail => matches!(
                    self.directory.resolve(from).await?,
                    directory::Resolved::Elsewhere
                ),
                Way::Account(_) | Way::Resource(_) | Way::Nowhere => false,
            }),
        }
    }
}

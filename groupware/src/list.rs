//! Distribution lists: who may write to one, what waits for a moderator, and how it goes on to the members.
//!
//! What is written to a list becomes one message of the queue in the list's own account, with all members as recipients and
//! the list's administration as its reverse path: one durable write, however many members there are, and what cannot
//! be delivered comes back to those who look after the list. RFC 7208 10.3: so what leaves passes SPF, as SRS would have
//! it. What waits for a moderator is that message, held; it can be looked at, let go and taken out like any other.
//!
//! A list inside a list stands for its members: whoever may write to the outer one reaches them.

mod notice;

mod post;

mod moderation;

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{
    AccountId, Address, EmailMeta, ListSettings, MailSettings, Poster, Posting, Principal,
    PrincipalId, QueueStanding,
};
use store::{Change, Request};

use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;
use crate::filter::{Delivered, Letter, Plan, Recipient, trace};

use self::post::{Post, queued};

pub use moderation::PendingPost;

/// A list with what was said of it.
#[derive(Debug)]
pub(crate) struct List {
    principal: Arc<Principal>,
    settings: Arc<MailSettings>,
}

/// Who writes to a list.
#[derive(Debug)]
enum Writer {
    /// Somebody who signed in, and writes in a name that is theirs to use.
    Ours(PrincipalId),
    /// Whoever has this address elsewhere, as its domain vouches.
    Proven(String),
    /// Anybody.
    Stranger,
}

/// What becomes of what is written to a list.
enum Judgement {
    Sent,
    Held,
    Refused(&'static str),
}

const NOT_YOURS: &str = "Not everybody may write to this list.";
const NO_SENDER: &str = "This list takes no notifications.";
const CIRCLE: &str = "The message has been on this list before.";
const NO_MODERATOR: &str = "Only a moderator of the list decides about messages.";
const NOT_WAITING: &str = "No such message waits: it was let through or refused before.";

impl List {
    fn settings(&self) -> &ListSettings {
        const PLAIN: &ListSettings = &ListSettings {
            posting: Posting::Everybody,
            posters: Vec::new(),
            moderators: Vec::new(),
            outside: Vec::new(),
        };
        self.settings.list.as_ref().unwrap_or(PLAIN)
    }

    fn account(&self) -> AccountId {
        self.principal.id.into()
    }

    fn address(&self) -> &str {
        &self.principal.address
    }
}

impl Groupware {
    /// The list, if the principal is one.
    pub(crate) async fn list(&self, id: PrincipalId) -> Result<Option<List>, Error> {
        let settings = self.directory.mail_settings(id).await?;
        if settings.list.is_none() {
            return Ok(None);
        }
        let principal = self.directory.principal(id).await?;
        Ok(principal.map(|principal| List {
            principal,
            settings,
        }))
    }

    /// Whether one of them is a list.
    pub(crate) async fn has_list(&self, ids: &[PrincipalId]) -> Result<bool, Error> {
        for id in ids {
            if self.list(*id).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Why a message cannot be written to the list that is behind a forward path, in a line for the peer, as far as that
    /// can be known before it is here; none if it can, or if there is no list.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub async fn list_refusal(
        &self,
        caller: &Caller,
        recipient: &Recipient,
        reverse_path: &str,
    ) -> Result<Option<&'static str>, Error> {
        let Some(list) = self.list(recipient.principal).await? else {
            return Ok(None);
        };
        let principal = caller.actor.principal;
        if self.command(&list, recipient).is_some() {
            let decides = self.is_moderator(&list, principal).await?;
            return Ok((!decides).then_some(NO_MODERATOR));
        }
        if reverse_path.is_empty() {
            return Ok(Some(NO_SENDER));
        }
        let may = match principal {
            Some(principal) => self.admits(&list, &Writer::Ours(principal)).await?,
            None => may_be_open(list.settings()) || !self.outside(&list).await?.is_empty(),
        };
        Ok((!may).then_some(NOT_YOURS))
    }

    /// Decides what becomes of a message at a list. `reached` are those who get it in another way; who gets it by this list
    /// is added to them.
    pub(crate) async fn plan_post(
        &self,
        list: &List,
        letter: &Letter,
        recipient: &Recipient,
        reached: &mut BTreeSet<PrincipalId>,
    ) -> Result<Plan, Error> {
        if let Some(command) = self.command(list, recipient) {
            return self.plan_command(list, letter, command).await;
        }
        let judgement = self.judge_post(list, letter).await?;
        if let Judgement::Refused(why) = judgement {
            tracing::info!(list = %list.principal.id, reason = why, "a message is not taken by a list");
            return Ok(plan(list, Vec::new(), refused(letter, why)));
        }
        let members = self.directory.list_members(list.principal.id).await?;
        let mut recipients = Vec::with_capacity(members.here.len() + members.outside.len());
        for id in &members.here {
            // RFC 5321 3.9: who is reached in two ways gets one copy.
            if reached.contains(id) {
                continue;
            }
            if let Some(member) = self.directory.principal(*id).await? {
                recipients.push(member.address.clone());
            }
        }
        recipients.extend(members.outside.iter().cloned());
        if recipients.is_empty() {
            return Ok(plan(list, Vec::new(), Delivered::Done));
        }
        let post = Post {
            list,
            octets: &letter.message.octets,
        };
        let message = self.prepare(post.composed()).await?;
        let standing = QueueStanding {
            eight_bit: !message.octets.is_ascii(),
            ..QueueStanding::default()
        };
        if matches!(judgement, Judgement::Held) {
            return self
                .plan_held(list, letter, message, recipients, standing)
                .await;
        }
        reached.extend(&members.here);
        let item = queued(list, &message, recipients, standing);
        let request = self.list_request(list, letter, vec![item]);
        Ok(plan(list, vec![request], Delivered::Done))
    }

    /// Decides whether a message may go on, with all of it at hand.
    async fn judge_post(&self, list: &List, letter: &Letter) -> Result<Judgement, Error> {
        let octets = &letter.message.octets;
        if letter.reverse_path.is_empty() {
            return Ok(Judgement::Refused(NO_SENDER));
        }
        // RFC 2919 8, RFC 5321 6.3: what has been here comes back over a member who sends it on.
        let own = [list.address().to_owned()];
        if trace::is_loop(octets, &own) || post::has_list_id(octets, list.address()) {
            return Ok(Judgement::Refused(CIRCLE));
        }
        let writer = self.writer(letter).await?;
        let principal = match &writer {
            Writer::Ours(principal) => Some(*principal),
            Writer::Proven(_) | Writer::Stranger => None,
        };
        let is_moderator = self.is_moderator(list, principal).await?;
        if !is_moderator && !self.admits(list, &writer).await? {
            return Ok(Judgement::Refused(NOT_YOURS));
        }
        let waits = !list.settings().moderators.is_empty() && !is_moderator;
        Ok(if waits {
            Judgement::Held
        } else {
            Judgement::Sent
        })
    }

    /// Who wrote a message. Who signed in counts as far as the names in `From` are theirs to use: what a filter sends on
    /// in somebody's name was not written by them.
    async fn writer(&self, letter: &Letter) -> Result<Writer, Error> {
        let authors = authors(&letter.message.blob.meta);
        if let Some(principal) = letter.actor.principal {
            let caller = Caller::new(letter.actor.clone());
            let mut is_theirs = !authors.is_empty();
            for author in &authors {
                is_theirs &= self.send_right(&caller, author).await?.is_some();
            }
            if is_theirs {
                return Ok(Writer::Ours(principal));
            }
        }
        Ok(match authors.as_slice() {
            [author] if letter.arrival.author_is_proven => Writer::Proven(author.to_lowercase()),
            _ => Writer::Stranger,
        })
    }

    /// Whether the list takes what this one writes.
    async fn admits(&self, list: &List, writer: &Writer) -> Result<bool, Error> {
        let settings = list.settings();
        if settings.posting == Posting::Everybody {
            return Ok(true);
        }
        match writer {
            Writer::Stranger => Ok(false),
            Writer::Proven(address) => {
                let named = Poster::Elsewhere(address.clone());
                Ok(
                    settings.posters.contains(&named)
                        || self.outside(list).await?.contains(address),
                )
            }
            Writer::Ours(principal) => {
                if settings.posting == Posting::Inside {
                    return Ok(true);
                }
                let groups = self.directory.groups_of(*principal).await?;
                let is_in = |id: &PrincipalId| id == principal || groups.contains(id);
                let is_named = settings.posters.iter().any(|poster| match poster {
                    Poster::Here(id) => is_in(id),
                    Poster::Elsewhere(_) => false,
                });
                let is_member = settings.posting == Posting::Members && is_in(&list.principal.id);
                Ok(is_named || is_member || settings.moderators.iter().any(is_in))
            }
        }
    }

    /// Members elsewhere, if members may write.
    async fn outside(&self, list: &List) -> Result<Vec<String>, Error> {
        if list.settings().posting != Posting::Members {
            return Ok(Vec::new());
        }
        let members = self.directory.list_members(list.principal.id).await?;
        Ok(members.outside.clone())
    }

    async fn is_moderator(&self, list: &List, who: Option<PrincipalId>) -> Result<bool, Error> {
        let Some(principal) = who else {
            return Ok(false);
        };
        let groups = self.directory.groups_of(principal).await?;
        let moderators = &list.settings().moderators;
        Ok(moderators
            .iter()
            .any(|id| *id == principal || groups.contains(id)))
    }

    fn list_request(&self, list: &List, letter: &Letter, changes: Vec<Change>) -> Request {
        Request {
            account: list.account(),
            actor: letter.actor.clone(),
            at: self.clock.now(),
            if_seq: None,
            changes,
        }
    }
}

/// Whether somebody elsewhere may write to the list who is not one of its members.
fn may_be_open(settings: &ListSettings) -> bool {
    let is_elsewhere = |poster: &Poster| matches!(poster, Poster::Elsewhere(_));
    settings.posting == Posting::Everybody || settings.posters.iter().any(is_elsewhere)
}

/// What the peer is told. Where the reply is about others, too, nobody is: who forged the sender must not have somebody
/// told of it.
fn refused(letter: &Letter, why: &str) -> Delivered {
    if letter.arrival.may_refuse || letter.actor.principal.is_some() {
        Delivered::Refused {
            why: why.to_owned(),
        }
    } else {
        Delivered::Done
    }
}

fn plan(list: &List, requests: Vec<Request>, answer: Delivered) -> Plan {
    Plan {
        account: list.account(),
        requests,
        answer,
        is_kept: false,
        is_filtered: false,
    }
}

/// The addresses in `From`.
fn authors(meta: &[u8]) -> Vec<String> {
    let Ok(meta) = EmailMeta::decode(meta) else {
        return Vec::new();
    };
    let email = |address: &Address<'_>| match address {
        Address::Email { email, .. } => Some((*email).to_owned()),
        Address::GroupStart(_) | Address::GroupEnd => None,
    };
    meta.headers.from.iter().filter_map(email).collect()
}

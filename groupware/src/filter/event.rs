//! Filters at events: what a client does in a mailbox starts the script that the mailbox names (RFC 6785).
//!
//! The name is an annotation that everybody sees; the script is one of those that the account keeps. It is run on each email
//! after the client's change is durable: what goes wrong with it changes nothing of that. What it does starts no other.

use std::sync::Arc;

use model::{AccountId, EmailId, Keyword, MailboxId, NumberSet};
use store::{Change, EmailRow, Engine, Head, KeywordChange, Request};

use super::apply::{Applying, Stays};
use super::letter::{Arrival, Letter};
use super::plan::{EventSeen, Run, utc_offset_minutes};
use super::rules::{Main, Rules};
use super::{kept, path, rules};
use crate::Groupware;
use crate::caller::Caller;
use crate::email::Place;
use crate::error::Error;
use crate::record::RecordKind;

/// RFC 6785 2.2.1: where the name of a mailbox's script stands; at the account as a whole it counts for all others.
const SCRIPT: &str = "/shared/imapsieve/script";
/// Emails of one event that a script is run on; what is more is left alone.
const EVENT_EMAILS_MAX: u64 = 200;

/// What a client did (RFC 6785 4.3).
pub use sieve::Cause as EventCause;

/// Something was done to emails of a mailbox.
#[derive(Clone, Debug)]
pub struct MailEvent {
    /// Where they lie now.
    pub place: Place,
    /// Which.
    pub uids: NumberSet,
    /// What.
    pub cause: EventCause,
    /// Keywords that changed, at [`EventCause::Flag`].
    pub changed: Vec<Keyword>,
}

impl Groupware {
    /// Runs the mailbox's script, if it has one, on what happened. Faults are the script's, not the client's: they are logged.
    pub async fn mail_changed(&self, caller: &Caller, event: &MailEvent) {
        let account = event.place.account;
        match self.run_for_event(caller, event).await {
            Ok(()) => {}
            Err(error) => {
                tracing::warn!(account = %account, %error, "a mailbox's filter could not be run");
            }
        }
    }

    async fn run_for_event(&self, caller: &Caller, event: &MailEvent) -> Result<(), Error> {
        let Place { account, mailbox } = event.place;
        let Some(head) = self.store.engine().head(account)? else {
            return Ok(());
        };
        // Most accounts say nothing of any mailbox.
        if RecordKind::Annotation.changed(&head) == model::Seq::START {
            return Ok(());
        }
        let Some(name) = self.shared_annotation(&head, mailbox, SCRIPT).await? else {
            return Ok(());
        };
        let name = String::from_utf8_lossy(&name).into_owned();
        let Some(main) = self.named_script(&head, name).await? else {
            return Ok(());
        };
        let script = match &main.script {
            Ok(script) => Arc::clone(script),
            Err(fault) => {
                tracing::info!(account = %account, script = main.name, error = fault, "a mailbox's filter is no script");
                return Ok(());
            }
        };
        let some: NumberSet = event
            .uids
            .iter()
            .take(usize::try_from(EVENT_EMAILS_MAX).unwrap_or(usize::MAX))
            .collect();
        let read = move |engine: &dyn Engine| engine.rows(account, mailbox, &some);
        let rows = self.store.read(read).await?;
        let rules = Arc::new(Rules::of_one(main));
        for row in rows {
            self.run_on(caller, event, &rules, &script, &row).await?;
        }
        Ok(())
    }

    /// Runs it on one email, and does what it wants.
    async fn run_on(
        &self,
        caller: &Caller,
        event: &MailEvent,
        rules: &Arc<Rules>,
        script: &Arc<sieve::Script>,
        row: &EmailRow,
    ) -> Result<(), Error> {
        let Place { account, mailbox } = event.place;
        let (Some(head), Some(octets), Some(main)) = (
            self.store.engine().head(account)?,
            self.octets(account, row.email).await?,
            rules.main.as_ref(),
        ) else {
            return Ok(());
        };
        let owner = self.directory.principal(account.into()).await?;
        let owner = owner.ok_or(Error::NotFound)?;
        let user = self.directory.principal(caller.principal()?).await?;
        let mut own = vec![owner.address.clone()];
        own.extend(self.directory.aliases(owner.id).await?);
        let now = self.clock.now();
        let letter = Letter {
            actor: caller.actor.clone(),
            // It is the account that sends it on, if the script wants that.
            reverse_path: owner.address.clone(),
            message: self.prepare(octets).await?,
            arrival: Arrival::default(),
            is_mute: false,
        };
        let flags = |keywords: &mut dyn Iterator<Item = &str>| keywords.map(path::flag).collect();
        let has: Vec<&str> = row
            .keywords
            .bits()
            .filter_map(|bit| head.keyword_name(bit))
            .collect();
        let run = Run {
            letter: letter.clone(),
            head: Arc::clone(&head),
            rules: Arc::clone(rules),
            recipient: owner.address.clone(),
            own: own.clone(),
            now: now.seconds(),
            utc_offset_minutes: if main.asks_for_date() {
                utc_offset_minutes(&head, now.seconds())
            } else {
                0
            },
            event: Some(Arc::new(EventSeen {
                cause: event.cause,
                mailbox: path::of(&head, mailbox),
                user: user.map_or_else(String::new, |user| user.address.clone()),
                address: owner.address.clone(),
                changed_flags: flags(&mut event.changed.iter().map(Keyword::as_str)),
                flags: flags(&mut has.iter().copied()),
            })),
        };
        let lists = self.lists(&head, main).await?;
        let outcome = self.run_script(&run, script, lists).await?;
        let trail = vec![account];
        let mut applying =
            Applying::new(self, &letter, &head, (owner, own), trail, now).in_place(mailbox);
        if let Some(fault) = &outcome.fault {
            applying.fault(&main.name, &fault.to_string());
        }
        applying.apply(outcome).await?;
        let (requests, stays) = applying.finish_in_place().await?;
        let mut requests: Vec<Request> = requests;
        if let Some(change) = change_of(row, &has, stays, mailbox) {
            self.add_to_own(&mut requests, caller, account, change);
        }
        if requests.is_empty() {
            return Ok(());
        }
        for done in self.store.commit_all(requests).await {
            done?;
        }
        Ok(())
    }

    /// Puts a change into the account's own request, so that both are one write.
    fn add_to_own(
        &self,
        requests: &mut Vec<Request>,
        caller: &Caller,
        account: AccountId,
        change: Change,
    ) {
        match requests.iter_mut().find(|it| it.account == account) {
            Some(request) => request.changes.push(change),
            None => requests.push(Request {
                account,
                actor: caller.actor.clone(),
                at: self.clock.now(),
                if_seq: None,
                changes: vec![change],
            }),
        }
    }

    async fn octets(&self, account: AccountId, email: EmailId) -> Result<Option<Vec<u8>>, Error> {
        let read = move |engine: &dyn Engine| {
            let mut found = None;
            engine.messages(account, &[email], &mut |_, message| {
                found = Some(message.to_vec());
                std::ops::ControlFlow::Break(())
            })?;
            Ok(found)
        };
        Ok(self.store.read(read).await?)
    }

    /// One of the account's scripts with all that it includes.
    async fn named_script(&self, head: &Head, name: String) -> Result<Option<Main>, Error> {
        let Some(collection) = kept::scripts(head).map(|it| it.id) else {
            return Ok(None);
        };
        let account = head.account;
        let read = move |engine: &dyn Engine| {
            rules::read_main(engine, account, collection, name).map(|(main, _)| main)
        };
        Ok(Some(self.store.read(read).await?))
    }
}

/// What becomes of the email itself.
fn change_of(
    row: &EmailRow,
    has: &[&str],
    stays: Option<Stays>,
    mailbox: MailboxId,
) -> Option<Change> {
    let uids = NumberSet::range(row.uid.0, row.uid.0);
    let change = match stays {
        Some(Stays::AsItIs) => return None,
        Some(Stays::With(keywords)) => {
            let mut wanted: Vec<&str> = keywords.iter().map(Keyword::as_str).collect();
            let mut there = has.to_vec();
            wanted.sort_unstable();
            there.sort_unstable();
            if wanted == there {
                return None;
            }
            KeywordChange::Replace(keywords)
        }
        // RFC 6785 3.3, 3.4: what is not kept is marked to be deleted; expunging it is the client's affair.
        None => KeywordChange::Add(vec![Keyword::try_from("$deleted").ok()?]),
    };
    Some(Change::SetKeywords {
        mailbox,
        uids,
        change,
        unchanged_since: None,
    })
}

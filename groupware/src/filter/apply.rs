//! Actions of a script become changes: what is stored, sent on, answered and remembered.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{
    AccountId, DsnNotify, DsnReturn, Keyword, MailboxId, Principal, QueueStanding, QueuedRecipient,
    Timestamp,
};
use sieve::{Action, Edition, FileInto, Notify, Outcome, Redirect, Vacation};
use store::{Change, Head, NewQueueItem, Request, Source};

use super::compose;
use super::letter::{Arrival, Delivered, Letter, Recipient};
use super::memory::{self, Memory};
use super::path;
use super::plan::{Plan, Trail, default_place};
use super::trace;
use crate::Groupware;
use crate::email::Prepared;
use crate::error::Error;

/// Who hears of a mail that could not be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sender<'a> {
    /// Nobody: it was written by a machine (RFC 3834 3.3).
    Nobody,
    /// This address.
    Address(&'a str),
}

/// How a message that lies in a mailbox stays there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stays {
    /// With these keywords, and no others.
    With(Vec<Keyword>),
    /// With those that it has.
    AsItIs,
}

/// A copy of the message to be stored.
struct Copy {
    mailbox: MailboxId,
    edition: Edition,
    keywords: Vec<Keyword>,
}

/// The actions on one message, as far as they are decided.
pub(super) struct Applying<'a> {
    groupware: &'a Groupware,
    letter: &'a Letter,
    head: &'a Arc<Head>,
    owner: Arc<Principal>,
    /// All addresses of the account.
    own: Vec<String>,
    trail: Trail,
    now: Timestamp,
    editions: Vec<Vec<u8>>,
    /// Mailboxes to be made, by their paths.
    made: BTreeMap<String, MailboxId>,
    copies: Vec<Copy>,
    /// Changes beside the copies.
    changes: Vec<Change>,
    /// Whether the numbers in them are right only in the state that was decided on.
    is_exact: bool,
    has_memory: bool,
    /// Where the message lies already, if nobody brings it: a client did something to it (RFC 6785).
    lies_in: Option<MailboxId>,
    /// Whether it stays there, with these flags.
    stays: Option<Vec<String>>,
    /// Changes in other accounts.
    others: BTreeMap<AccountId, Vec<Request>>,
    sent_on_to: Vec<String>,
    /// Something could not be done, so the message is kept.
    must_keep: bool,
    discarded: bool,
    answered: bool,
    refused: Option<String>,
    note: Option<String>,
    written: usize,
}

impl<'a> Applying<'a> {
    pub(super) fn new(
        groupware: &'a Groupware,
        letter: &'a Letter,
        head: &'a Arc<Head>,
        (owner, own): (Arc<Principal>, Vec<String>),
        trail: Trail,
        now: Timestamp,
    ) -> Self {
        Self {
            groupware,
            letter,
            head,
            owner,
            own,
            trail,
            now,
            editions: Vec::new(),
            made: BTreeMap::new(),
            copies: Vec::new(),
            changes: Vec::new(),
            is_exact: false,
            has_memory: false,
            lies_in: None,
            stays: None,
            others: BTreeMap::new(),
            sent_on_to: Vec::new(),
            must_keep: false,
            discarded: false,
            answered: false,
            refused: None,
            note: None,
            written: 0,
        }
    }

    /// The same for a message that lies in a mailbox.
    pub(super) fn in_place(mut self, mailbox: MailboxId) -> Self {
        self.lies_in = Some(mailbox);
        self
    }

    /// The script could not be run, or not to its end.
    pub(super) fn fault(&mut self, script: &str, fault: &str) {
        tracing::warn!(account = %self.head.account, script, error = fault, "a filter failed, the message is kept");
        self.note = Some(format!("script \"{script}\": {fault}"));
        self.must_keep = true;
    }

    /// Whether the out-of-office answer may follow: the script neither answered nor threw the message away.
    pub(super) fn may_answer(&self) -> bool {
        !self.answered && !self.discarded && self.refused.is_none()
    }

    /// Does what a script wants.
    pub(super) async fn apply(&mut self, outcome: Outcome) -> Result<(), Error> {
        self.editions = outcome.editions;
        for action in outcome.actions {
            match action {
                Action::Keep { flags, edition } => self.keep(&flags, edition),
                Action::FileInto(into) => {
                    let edition = into.edition;
                    self.file(&into, edition);
                }
                Action::Redirect(redirect) => self.redirect(&redirect).await?,
                Action::Discard => self.discarded = true,
                // RFC 6785 3.5: nobody brings the message, so nobody is there to hear of it.
                Action::Reject { .. } | Action::Vacation(_) if self.lies_in.is_some() => {
                    self.give_up("a message that lies here is neither refused nor answered");
                }
                Action::Reject { reason, .. } => self.reject(&reason).await?,
                Action::Vacation(vacation) => self.answer(&vacation).await?,
                Action::Notify(notify) => self.notify(&notify).await?,
                Action::Remember {
                    fingerprint,
                    seconds,
                } => self.remember(&Memory::of_message(&fingerprint)?, seconds)?,
            }
        }
        Ok(())
    }

    /// Keeps the message where it would be without a script.
    pub(super) fn keep(&mut self, flags: &[String], edition: Edition) {
        if let Some(mailbox) = self.lies_in {
            if edition == Edition::RECEIVED {
                self.stays = Some(flags.to_vec());
            } else {
                self.store(mailbox, edition, path::keywords(flags));
            }
            return;
        }
        match default_place(self.head, self.letter) {
            Ok(mailbox) => self.store(mailbox, edition, path::keywords(flags)),
            Err(_) => self.must_keep = true,
        }
    }

    /// Files the message into a mailbox.
    fn file(&mut self, into: &FileInto, edition: Edition) {
        // RFC 9042 4: by its id first; RFC 8579 4: by its use; otherwise by its name.
        let by_id = into.mailbox_id.as_deref();
        let by_id = by_id.and_then(|id| path::mailbox_of_id(self.head, id));
        let by_use = into.special_use.as_deref();
        let by_use = by_use.and_then(|use_| path::mailbox_of_use(self.head, use_));
        let mailbox = by_id
            .or(by_use)
            .or_else(|| path::mailbox(self.head, &into.mailbox))
            .or_else(|| self.make(into));
        match mailbox {
            Some(mailbox) if self.lies_in == Some(mailbox) => self.keep(&into.flags, edition),
            Some(mailbox) => self.store(mailbox, edition, path::keywords(&into.flags)),
            // RFC 5228 4.1: a mailbox that is not there may become the inbox.
            None => {
                self.note = Some("a mailbox that a rule names is not there".to_owned());
                self.keep(&into.flags, edition);
            }
        }
    }

    /// Makes the mailbox (RFC 5490 3.2), if it may be.
    fn make(&mut self, into: &FileInto) -> Option<MailboxId> {
        if let Some(made) = self.made.get(&into.mailbox) {
            return Some(*made);
        }
        if !into.create {
            return None;
        }
        let way = path::way(self.head, &into.mailbox)?;
        // RFC 8579 4.1: the new mailbox gets the special use, if no other has it.
        let role = into.special_use.as_deref().and_then(path::role);
        let role = role.filter(|role| self.head.with_role(*role).is_none());
        let mut parent = way.at;
        let mut walked = Vec::new();
        let depth = into
            .mailbox
            .split('/')
            .count()
            .saturating_sub(way.missing.len());
        let levels: Vec<&str> = into.mailbox.split('/').collect();
        walked.extend(levels.iter().take(depth).copied());
        let count = way.missing.len();
        for (place, name) in way.missing.into_iter().enumerate() {
            walked.push(levels.get(depth + place).copied().unwrap_or_default());
            let path = walked.join("/");
            if let Some(made) = self.made.get(&path) {
                parent = Some(*made);
                continue;
            }
            let number = self.head.next_mailbox.0;
            let number = number.checked_add(u32::try_from(self.made.len()).ok()?)?;
            let mailbox = MailboxId(number);
            self.changes.push(Change::CreateMailbox {
                parent,
                name,
                role: role.filter(|_| place + 1 == count),
            });
            // RFC 5490 3.2: a mailbox that nobody sees would hide the mail in it.
            self.changes.push(Change::SetSubscribed {
                mailbox,
                principal: self.owner.id,
                subscribed: true,
            });
            self.is_exact = true;
            self.made.insert(path, mailbox);
            parent = Some(mailbox);
        }
        parent
    }

    fn store(&mut self, mailbox: MailboxId, edition: Edition, keywords: Vec<Keyword>) {
        let there = self
            .copies
            .iter_mut()
            .find(|copy| copy.mailbox == mailbox && copy.edition == edition);
        match there {
            // RFC 5228 2.10.3: filing twice into the same mailbox is filing once.
            Some(copy) => {
                for keyword in keywords {
                    if !copy.keywords.contains(&keyword) {
                        copy.keywords.push(keyword);
                    }
                }
            }
            None => self.copies.push(Copy {
                mailbox,
                edition,
                keywords,
            }),
        }
    }

    /// Sends the message on.
    async fn redirect(&mut self, redirect: &Redirect) -> Result<(), Error> {
        let address = redirect.address.as_str();
        let is_own = |own: &String| own.eq_ignore_ascii_case(address);
        if self.own.iter().any(is_own) {
            self.keep(&[], redirect.edition);
            return Ok(());
        }
        let is_sent = |sent: &String| sent.eq_ignore_ascii_case(address);
        if self.sent_on_to.iter().any(is_sent) {
            return Ok(());
        }
        let received = Arc::clone(&self.letter.message.octets);
        let message = self.edition(redirect.edition, &received).to_vec();
        // RFC 5228 4.2, RFC 5321 6.3: what has been here before is not sent on again.
        if trace::is_loop(&message, &self.own) || trace::is_loop(&received, &self.own) {
            self.give_up("the message went in a circle and is not sent on");
            return Ok(());
        }
        let own = self.owner.address.clone();
        match self.groupware.directory.resolve(address).await? {
            directory::Resolved::Unknown => self.give_up("a rule sends mail to an unknown address"),
            directory::Resolved::Elsewhere => {
                if self.letter.arrival.junk {
                    // Whoever sends unwanted mail on is taken for its sender.
                    self.must_keep = true;
                    return Ok(());
                }
                if !self.groupware.filter_policy.redirect_outside {
                    self.give_up("mail is not sent on to addresses outside");
                    return Ok(());
                }
                let message = trace::sent_on(&message, &own);
                // RFC 5228 4.2: what has no sender must get none. Otherwise it is the account that sends it on: so its
                // address stands for it (RFC 7208 10.3), and its owner hears of what cannot be delivered.
                let sender = match self.letter.reverse_path.as_str() {
                    "" => Sender::Nobody,
                    _ => Sender::Address(&own),
                };
                let asked = (redirect.notify.as_deref(), redirect.ret.as_deref());
                let item = self.queued(sender, address, message, asked).await?;
                self.changes.push(item);
                self.sent_on_to.push(address.to_owned());
            }
            directory::Resolved::Accounts(accounts) => {
                let reverse_path = self.letter.reverse_path.clone();
                let message = trace::handed_on(&message, &own, &reverse_path);
                let message = self.groupware.prepare(message).await?;
                let mut letter = Letter {
                    message,
                    ..self.letter.clone()
                };
                letter.arrival.may_refuse = false;
                self.sent_on_to.push(address.to_owned());
                for principal in accounts {
                    let recipient = Recipient {
                        principal,
                        forward_path: address.to_owned(),
                    };
                    if !self.hand_on(&letter, &recipient).await? {
                        self.give_up("a rule's redirect led back to where the message has been");
                    }
                }
            }
        }
        Ok(())
    }

    /// Brings a message to another account of this house; says whether it is on its way.
    async fn hand_on(&mut self, letter: &Letter, recipient: &Recipient) -> Result<bool, Error> {
        let account = AccountId::from(recipient.principal);
        if self.others.contains_key(&account) {
            // It gets the message once, and an answer beside it would be one write too many.
            return Ok(true);
        }
        let trail = self.trail.clone();
        let plan = self
            .groupware
            .plan_handed_on(letter, recipient, trail)
            .await;
        match plan {
            Ok(Some(plan)) => {
                for request in plan.requests {
                    let slot = self.others.entry(request.account).or_default();
                    slot.push(request);
                }
                Ok(true)
            }
            Ok(None) | Err(Error::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Something could not be done: the message is kept, and says why.
    fn give_up(&mut self, why: &str) {
        tracing::info!(account = %self.head.account, reason = why, "a filter's wish was not done");
        self.note = Some(why.to_owned());
        self.must_keep = true;
    }

    /// Refuses the message (RFC 5429).
    async fn reject(&mut self, reason: &str) -> Result<(), Error> {
        if self.letter.arrival.may_refuse {
            // RFC 5429 2.1: best said while the sender's server waits; then no mail goes to anybody who is not the sender.
            self.refused = Some(reason.to_owned());
            return Ok(());
        }
        self.discarded = true;
        if self.letter.arrival.junk {
            // RFC 5429 2.1.1: a forged sender must not be told. It is kept, among the unwanted.
            self.must_keep = true;
            return Ok(());
        }
        let received = Arc::clone(&self.letter.message.octets);
        let to = self.letter.reverse_path.clone();
        // RFC 3834 2, RFC 5321 4.5.5: machines are not answered, nor lists.
        if to.is_empty() || is_automatic(&received) {
            return Ok(());
        }
        let head = self.next_head();
        let owner = self.owner.address.clone();
        let notice = compose::rejection(&head, (&owner, &to), reason, &received);
        self.send(&to, notice).await
    }

    /// Answers that the owner is away.
    pub(super) async fn answer(&mut self, vacation: &Vacation) -> Result<(), Error> {
        self.answered = true;
        let to = vacation.to.as_str();
        if self.letter.arrival.junk || to.is_empty() {
            return Ok(());
        }
        let memory = Memory::of_answer(&vacation.fingerprint, to)?;
        let engine = &**self.groupware.store.engine();
        if vacation.seconds > 0 && memory.holds(engine, self.head, self.now.seconds())? {
            return Ok(());
        }
        let mut vacation = vacation.clone();
        // RFC 5230 4.6: not in another's name.
        vacation.from = vacation.from.filter(|from| self.is_own(from));
        let reply = vacation.message(&self.next_head().letterhead());
        if vacation.seconds > 0 && !self.remembered(&memory, vacation.seconds)? {
            return Ok(());
        }
        if let Some(into) = &vacation.fcc {
            self.file_copy(into, reply.clone());
        }
        self.send(to, reply).await
    }

    /// Tells somebody of the message (RFC 5435, RFC 5436).
    async fn notify(&mut self, notify: &Notify) -> Result<(), Error> {
        // RFC 5436 2.7.1: a notification causes no notification.
        let received = Arc::clone(&self.letter.message.octets);
        let automatic = trace::values(&received, "Auto-Submitted");
        let is_notification = |value: &String| value.to_lowercase().starts_with("auto-notified");
        if self.letter.arrival.junk || automatic.iter().any(is_notification) {
            return Ok(());
        }
        let mut notify = notify.clone();
        notify.from = notify.from.filter(|from| self.is_own(from));
        let mail = notify.message(&self.next_head().letterhead());
        if let Some(into) = &notify.fcc {
            self.file_copy(into, mail.clone());
        }
        for to in notify.to.iter().chain(&notify.cc) {
            let is_inside = self.groupware.is_inside(to).await?;
            if is_inside || self.groupware.filter_policy.redirect_outside {
                self.send(to, mail.clone()).await?;
            }
        }
        Ok(())
    }

    /// RFC 8580 3.1: a copy of what was sent is filed.
    fn file_copy(&mut self, into: &FileInto, mail: Vec<u8>) {
        self.editions.push(mail);
        let number = u32::try_from(self.editions.len()).unwrap_or(u32::MAX);
        self.file(into, Edition(number));
    }

    /// Sends a mail that a machine wrote.
    async fn send(&mut self, to: &str, mail: Vec<u8>) -> Result<(), Error> {
        if self.letter.is_mute {
            return Ok(());
        }
        match self.groupware.directory.resolve(to).await? {
            directory::Resolved::Unknown => {}
            directory::Resolved::Elsewhere => {
                let asked = (Some("NEVER"), None);
                let item = self.queued(Sender::Nobody, to, mail, asked).await?;
                self.changes.push(item);
            }
            directory::Resolved::Accounts(accounts) => {
                let mut octets = b"Return-Path: <>\r\n".to_vec();
                octets.extend(mail);
                let letter = Letter {
                    actor: self.letter.actor.clone(),
                    reverse_path: String::new(),
                    message: self.groupware.prepare(octets).await?,
                    arrival: Arrival::default(),
                    is_mute: true,
                };
                for principal in accounts {
                    if AccountId::from(principal) == self.head.account {
                        // What is told to oneself lies beside what it tells of.
                        self.editions.push(letter.message.octets.to_vec());
                        let number = u32::try_from(self.editions.len()).unwrap_or(u32::MAX);
                        self.keep(&[], Edition(number));
                        continue;
                    }
                    let recipient = Recipient {
                        principal,
                        forward_path: to.to_owned(),
                    };
                    self.hand_on(&letter, &recipient).await?;
                }
            }
        }
        Ok(())
    }

    /// The change that queues a message in this account.
    async fn queued(
        &self,
        sender: Sender<'_>,
        to: &str,
        message: Vec<u8>,
        (notify, ret): (Option<&str>, Option<&str>),
    ) -> Result<Change, Error> {
        let eight_bit = !message.is_ascii();
        let prepared = self.groupware.prepare(message).await?;
        let reverse_path = match sender {
            Sender::Nobody => String::new(),
            Sender::Address(address) => address.to_owned(),
        };
        Ok(Change::Enqueue(Box::new(NewQueueItem {
            smtputf8: !to.is_ascii() || !reverse_path.is_ascii(),
            reverse_path,
            recipients: vec![QueuedRecipient {
                forward_path: to.to_owned(),
                notify: notify.map(dsn_notify),
                original: None,
            }],
            source: Source::New(Arc::clone(&prepared.blob)),
            size: prepared.size,
            envelope_id: None,
            dsn_return: ret.map(|ret| match ret.eq_ignore_ascii_case("FULL") {
                true => DsnReturn::Full,
                false => DsnReturn::Headers,
            }),
            require_tls: false,
            standing: QueueStanding {
                eight_bit,
                ..QueueStanding::default()
            },
        })))
    }

    fn remember(&mut self, memory: &Memory, seconds: u64) -> Result<(), Error> {
        self.remembered(memory, seconds)?;
        Ok(())
    }

    /// Remembers something with the same write; says whether there is room for it.
    fn remembered(&mut self, memory: &Memory, seconds: u64) -> Result<bool, Error> {
        let engine = &**self.groupware.store.engine();
        let there = memory::collection(self.head).map(|found| found.id);
        let collection = there.unwrap_or(self.head.collections.next_collection);
        let when = (collection, self.now.seconds(), seconds);
        let Some(change) = memory.remember(engine, self.head, when)? else {
            return Ok(false);
        };
        if there.is_none() && !self.has_memory {
            self.changes.push(memory::create());
            self.is_exact = true;
        }
        self.has_memory = true;
        self.changes.push(change);
        Ok(true)
    }

    /// The writes that all of it takes.
    pub(super) async fn finish(mut self) -> Result<Plan, Error> {
        if let Some(why) = self.refused.take() {
            return Ok(Plan {
                account: self.head.account,
                requests: Vec::new(),
                answer: Delivered::Refused { why },
                is_kept: false,
                is_filtered: true,
            });
        }
        if self.must_keep && self.copies.is_empty() {
            self.keep(&[], Edition::RECEIVED);
        }
        let requests = self.writes().await?;
        let junk = self.head.with_role(model::Role::Junk).map(|junk| junk.id);
        let is_kept = self.copies.iter().any(|copy| Some(copy.mailbox) != junk);
        Ok(Plan {
            requests,
            account: self.head.account,
            answer: Delivered::Done,
            is_kept,
            is_filtered: true,
        })
    }

    /// The writes of a message that lies in a mailbox, and whether it stays there, with which flags; none if they are to be
    /// as they are.
    pub(super) async fn finish_in_place(mut self) -> Result<(Vec<Request>, Option<Stays>), Error> {
        let stays = match (self.stays.take(), self.must_keep) {
            (Some(flags), _) => Some(Stays::With(path::keywords(&flags))),
            (None, true) => Some(Stays::AsItIs),
            (None, false) => None,
        };
        Ok((self.writes().await?, stays))
    }

    /// All that is to be written.
    async fn writes(&mut self) -> Result<Vec<Request>, Error> {
        let engine = &**self.groupware.store.engine();
        if self.has_memory {
            let over = memory::sweep(engine, self.head, self.now.seconds(), &self.changes)?;
            self.changes.extend(over);
        }
        let mut prepared: BTreeMap<u32, Prepared> = BTreeMap::new();
        let mut changes = Vec::with_capacity(self.copies.len());
        for copy in &self.copies {
            let message = match prepared.get(&copy.edition.0) {
                Some(message) => message.clone(),
                None => {
                    let message = self.prepared(copy.edition).await?;
                    prepared.insert(copy.edition.0, message.clone());
                    message
                }
            };
            changes.push(message.email(copy.mailbox, copy.keywords.clone(), self.now));
        }
        // Mailboxes are there before something is filed into them.
        let changes: Vec<Change> = self.changes.drain(..).chain(changes).collect();
        let mut requests = Vec::with_capacity(1 + self.others.len());
        if !changes.is_empty() {
            requests.push(Request {
                account: self.head.account,
                actor: self.letter.actor.clone(),
                at: self.now,
                if_seq: self.is_exact.then_some(self.head.seq),
                changes,
            });
        }
        for (_, of_one) in std::mem::take(&mut self.others) {
            requests.extend(joined(of_one));
        }
        Ok(requests)
    }

    /// One form of the message, ready to be stored.
    async fn prepared(&self, edition: Edition) -> Result<Prepared, Error> {
        if edition != Edition::RECEIVED {
            let received = &self.letter.message.octets;
            let octets = self.edition(edition, received).to_vec();
            return self.groupware.prepare(octets).await;
        }
        match &self.note {
            Some(note) => {
                let noted = trace::noted(&self.letter.message.octets, note);
                self.groupware.prepare(noted).await
            }
            None => Ok(self.letter.message.clone()),
        }
    }

    fn edition<'m>(&'m self, edition: Edition, received: &'m [u8]) -> &'m [u8] {
        let place = usize::try_from(edition.0).ok();
        let place = place.and_then(|number| number.checked_sub(1));
        let edited = place.and_then(|place| self.editions.get(place));
        edited.map_or(received, Vec::as_slice)
    }

    /// Whether a header field's value names one of the account's addresses, and nothing else.
    fn is_own(&self, value: &str) -> bool {
        let address = match value.rsplit_once('<') {
            Some((_, rest)) => rest.split('>').next().unwrap_or_default(),
            None => value,
        };
        let address = address.trim();
        self.own.iter().any(|own| own.eq_ignore_ascii_case(address))
    }

    fn next_head(&mut self) -> compose::Head {
        self.written += 1;
        let message = &self.letter.message.octets;
        compose::Head::new(&self.owner, message, self.now, self.written)
    }
}

/// Several requests of one account as one: those of a write are of different accounts each.
fn joined(requests: Vec<Request>) -> Option<Request> {
    let mut all = requests.into_iter();
    let first = all.next()?;
    Some(all.fold(first, |mut joined, more| {
        joined.if_seq = joined.if_seq.or(more.if_seq);
        joined.changes.extend(more.changes);
        joined
    }))
}

/// Whether a machine wrote it, or it came by a list (RFC 3834 2).
fn is_automatic(message: &[u8]) -> bool {
    let is_machine = |value: &String| !value.trim().to_lowercase().starts_with("no");
    let is_bulk = |value: &String| {
        matches!(
            value.trim().to_lowercase().as_str(),
            "bulk" | "list" | "junk"
        )
    };
    trace::values(message, "Auto-Submitted")
        .iter()
        .any(is_machine)
        || trace::values(message, "Precedence").iter().any(is_bulk)
        || !trace::values(message, "List-Id").is_empty()
        || !trace::values(message, "List-Post").is_empty()
}

/// `NOTIFY` of RFC 3461 4.1 (RFC 6009 4.1).
fn dsn_notify(text: &str) -> DsnNotify {
    let mut notify = DsnNotify::default();
    for word in text.split(',') {
        match word.trim().to_ascii_uppercase().as_str() {
            "NEVER" => notify.never = true,
            "SUCCESS" => notify.success = true,
            "FAILURE" => notify.failure = true,
            "DELAY" => notify.delay = true,
            _ => {}
        }
    }
    notify
}

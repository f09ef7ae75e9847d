//! Emails changed, moved and destroyed by their numbers in the account, wherever they are: many at once, with one write.
//!
//! What is wanted of all of them becomes a few changes, each of all emails of one mailbox that want the same. Nothing is
//! asked of the account's state but that the emails are still where they were found: where somebody else was in between,
//! those that are elsewhere now are looked up and done again.

use std::collections::{BTreeMap, BTreeSet};

use model::{AccountId, EmailId, Keyword, Keywords, MailboxId, NumberSet, Rights, Uid};
use store::{Change, Committed, Head, KeywordChange, Located, Outcome, Request};

use super::keywords::names;
use crate::Groupware;
use crate::account::ATTEMPTS_MAX;
use crate::caller::Caller;
use crate::error::Error;
use crate::rights::{Access, KEYWORD_RIGHTS, right_for};

/// Emails that are looked up on the thread that asks; more are work for a thread of its own.
const LOCATED_AT_ONCE_MAX: usize = 32;

/// What is wanted of one email.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmailUpdate {
    /// Other keywords.
    pub keywords: Option<KeywordUpdate>,
    /// Another mailbox.
    pub mailbox: Option<MailboxWish>,
}

/// In which mailbox an email is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailboxWish {
    /// In this one.
    Only(MailboxId),
    /// In these besides where it is, and not in those. That has to leave one.
    Patch {
        /// Where it is to be.
        add: Vec<MailboxId>,
        /// Where it is not to be.
        remove: Vec<MailboxId>,
    },
}

/// An email would be in several mailboxes; here each is in one.
pub const SEVERAL_MAILBOXES: Error = Error::Limit("An email is in one mailbox.");

impl EmailUpdate {
    /// The mailbox that an email is to be moved to from where it is.
    fn target(&self, from: MailboxId) -> Result<Option<MailboxId>, Error> {
        let to = match &self.mailbox {
            None => return Ok(None),
            Some(MailboxWish::Only(to)) => *to,
            Some(MailboxWish::Patch { add, remove }) => {
                let mut wanted = BTreeSet::from([from]);
                wanted.extend(add);
                wanted.retain(|mailbox| !remove.contains(mailbox));
                match (wanted.pop_first(), wanted.is_empty()) {
                    (Some(only), true) => only,
                    (Some(_), false) => return Err(SEVERAL_MAILBOXES),
                    // RFC 8621 4.1.1: an email is in a mailbox at all times.
                    (None, _) => {
                        return Err(Error::Invalid {
                            field: "mailbox",
                            why: "An email has to be in a mailbox.",
                        });
                    }
                }
            }
        };
        Ok(Some(to).filter(|to| *to != from))
    }
}

/// How the keywords of an email are to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeywordUpdate {
    /// These are all there will be.
    Replace(Vec<Keyword>),
    /// Some come, some go; none does both.
    Patch {
        /// Those that come.
        add: Vec<Keyword>,
        /// Those that go.
        remove: Vec<Keyword>,
    },
}

/// What is wanted of many emails; none is in both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmailChanges {
    /// These change.
    pub update: Vec<(EmailId, EmailUpdate)>,
    /// These go; they can be restored for the retention time.
    pub destroy: Vec<EmailId>,
}

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmailsChanged {
    /// For each update, in their order.
    pub updated: Vec<Result<(), Error>>,
    /// For each that was to go, in their order.
    pub destroyed: Vec<Result<(), Error>>,
}

/// One wish, numbered: the updates first, then what is to go.
#[derive(Clone, Copy)]
enum Wish<'w> {
    Update(&'w EmailUpdate),
    Destroy,
}

/// One step of a plan: a change of many emails of one mailbox, and whose wishes it serves.
#[derive(Clone, Debug)]
struct Step {
    change: Change,
    served: Served,
}

/// What is to be done, in the order in which it is: an email may be touched once in each stage.
#[derive(Debug, Default)]
struct Stages([Vec<Step>; STAGES]);

/// Keywords that come (or replace), keywords that go, moves, destructions.
const STAGES: usize = 4;

impl Groupware {
    /// Changes, moves and destroys emails; each wish succeeds or fails for itself, all with one durable write unless
    /// somebody else touches the same emails at the same time.
    ///
    /// Moving is within the account; an email keeps its number and its keywords.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the whole if the caller sees nothing of the account. For each: [`Error::NotFound`] where it
    /// may not read; [`Error::Forbidden`] without the right that each keyword needs (RFC 4314 4), to move without
    /// `DELETE_EMAIL` and `EXPUNGE` there and `INSERT` at the target, to destroy without the first two;
    /// [`Error::Limit`] for too many keywords.
    pub async fn change_emails(
        &self,
        caller: &Caller,
        account: AccountId,
        changes: &EmailChanges,
    ) -> Result<EmailsChanged, Error> {
        let updates = changes.update.iter();
        let wishes: Vec<(EmailId, Wish<'_>)> = updates
            .map(|(email, update)| (*email, Wish::Update(update)))
            .chain(changes.destroy.iter().map(|email| (*email, Wish::Destroy)))
            .collect();
        let mut answers: Vec<Option<Result<(), Error>>> = vec![None; wishes.len()];
        for _ in 0..ATTEMPTS_MAX {
            let access = self.access(caller, account).await?;
            access.require_any()?;
            let open: Vec<usize> = (0..wishes.len())
                .filter(|place| answers[*place].is_none())
                .collect();
            let asked = open.iter().map(|place| wishes[*place].0).collect();
            let located = self.located(account, asked).await?;
            let found: Vec<_> = open.iter().copied().zip(located.iter().copied()).collect();
            let (stages, seen) = self
                .plan_changes(&access, &wishes, &found, &mut answers)
                .await?;
            let is_alone = self
                .commit_stages(caller, &access.head, stages, &mut answers)
                .await;
            if !is_alone {
                self.look_again(account, &wishes, &seen, &mut answers)
                    .await?;
            }
            if answers.iter().all(Option::is_some) {
                break;
            }
        }
        let mut answers = answers
            .into_iter()
            .map(|answer| answer.unwrap_or(Err(Error::StateMismatch)));
        Ok(EmailsChanged {
            updated: answers.by_ref().take(changes.update.len()).collect(),
            destroyed: answers.collect(),
        })
    }

    /// Where emails are, in their order.
    pub(crate) async fn located(
        &self,
        account: AccountId,
        emails: Vec<EmailId>,
    ) -> Result<Vec<Option<Located>>, Error> {
        let is_soon_done = emails.len() <= LOCATED_AT_ONCE_MAX;
        let locate = move |engine: &dyn store::Engine| {
            emails
                .iter()
                .map(|email| engine.locate(account, *email))
                .collect::<Result<Vec<_>, _>>()
        };
        if is_soon_done {
            return Ok(locate(&**self.store.engine())?);
        }
        Ok(self.store.read(locate).await?)
    }

    /// What is to be done for the wishes, and where their emails are now. Those that cannot be done are answered.
    async fn plan_changes(
        &self,
        access: &Access,
        wishes: &[(EmailId, Wish<'_>)],
        found: &[(usize, Option<Located>)],
        answers: &mut [Option<Result<(), Error>>],
    ) -> Result<(Stages, Vec<(usize, Located)>), Error> {
        let mut plan = Plan::default();
        let mut seen = Vec::with_capacity(found.len());
        let own = self.own_keywords(access, wishes, found).await?;
        for (place, located) in found.iter().copied() {
            let Some(located) = located else {
                answers[place] = Some(Err(Error::NotFound));
                continue;
            };
            let had = own.get(&(located.mailbox, located.uid)).copied();
            match plan.add(access, located, wishes[place].1, (place, had)) {
                Ok(true) => seen.push((place, located)),
                Ok(false) => answers[place] = Some(Ok(())),
                Err(error) => answers[place] = Some(Err(error)),
            }
        }
        Ok((plan.stages(), seen))
    }

    /// The keywords that emails have, where that decides whether the caller may replace them.
    async fn own_keywords(
        &self,
        access: &Access,
        wishes: &[(EmailId, Wish<'_>)],
        found: &[(usize, Option<Located>)],
    ) -> Result<BTreeMap<(MailboxId, Uid), Keywords>, Error> {
        let mut asked: BTreeMap<MailboxId, Vec<u32>> = BTreeMap::new();
        for (place, located) in found {
            let replaces = matches!(
                wishes[*place].1,
                Wish::Update(EmailUpdate {
                    keywords: Some(KeywordUpdate::Replace(_)),
                    ..
                })
            );
            if let Some(located) = located
                && replaces
                && let Ok(mailbox) = access.require(located.mailbox, Rights::READ)
                && !access.rights(mailbox).contains(KEYWORD_RIGHTS)
            {
                asked
                    .entry(located.mailbox)
                    .or_default()
                    .push(located.uid.0);
            }
        }
        if asked.is_empty() {
            return Ok(BTreeMap::new());
        }
        let account = access.head.account;
        let read = move |engine: &dyn store::Engine| {
            let mut own = BTreeMap::new();
            for (mailbox, uids) in asked {
                let rows = engine.rows(account, mailbox, &number_set(uids))?;
                own.extend(rows.iter().map(|row| ((mailbox, row.uid), row.keywords)));
            }
            Ok(own)
        };
        Ok(self.store.read(read).await?)
    }

    /// Does what is planned; answers what failed, and says whether nobody else was in between. Then all that was planned
    /// and not answered before is done, and answered.
    async fn commit_stages(
        &self,
        caller: &Caller,
        head: &Head,
        stages: Stages,
        answers: &mut [Option<Result<(), Error>>],
    ) -> bool {
        let stages: Vec<Vec<Step>> = stages.0.into_iter().filter(|it| !it.is_empty()).collect();
        if stages.is_empty() {
            return true;
        }
        let request = |steps: &[Step]| Request {
            account: head.account,
            actor: caller.actor.clone(),
            at: self.clock.now(),
            if_seq: None,
            changes: steps.iter().map(|step| step.change.clone()).collect(),
        };
        let requests = stages.iter().map(|steps| request(steps)).collect();
        let done = self.store.commit_all(requests).await;
        let mut expected = head.seq;
        let mut is_alone = true;
        let mut served = Vec::new();
        for (steps, done) in stages.into_iter().zip(done) {
            match done {
                Ok(done) => {
                    if has_changed(&done) {
                        expected = expected.next();
                    }
                    is_alone &= done.seq == expected;
                    served.extend(steps.into_iter().flat_map(|step| step.served));
                }
                Err(error @ store::Error::Unavailable(_)) => {
                    fail(&steps, &error.into(), answers);
                }
                Err(error) if steps.len() == 1 => fail(&steps, &error.into(), answers),
                Err(_) => {
                    // One of them cannot be done: each for itself, still with one write.
                    let requests = steps.iter().map(|step| request(std::slice::from_ref(step)));
                    let done = self.store.commit_all(requests.collect()).await;
                    is_alone = false;
                    for (step, done) in steps.iter().zip(done) {
                        match done {
                            Ok(_) => served.extend(step.served.iter().copied()),
                            Err(error) => {
                                fail(std::slice::from_ref(step), &error.into(), answers);
                            }
                        }
                    }
                }
            }
        }
        if is_alone {
            for (_, place) in served {
                answers[place].get_or_insert(Ok(()));
            }
        }
        is_alone
    }

    /// After others were in between: what is where it must be now is answered; what is elsewhere is left open.
    async fn look_again(
        &self,
        account: AccountId,
        wishes: &[(EmailId, Wish<'_>)],
        seen: &[(usize, Located)],
        answers: &mut [Option<Result<(), Error>>],
    ) -> Result<(), Error> {
        let open = seen.iter().filter(|(place, _)| answers[*place].is_none());
        let open: Vec<_> = open.copied().collect();
        let emails = open.iter().map(|(place, _)| wishes[*place].0).collect();
        let located = self.located(account, emails).await?;
        for ((place, was), is) in open.into_iter().zip(located) {
            answers[place] = match (wishes[place].1, is) {
                (Wish::Destroy, None) => Some(Ok(())),
                (Wish::Update(_), None) => Some(Err(Error::NotFound)),
                (Wish::Update(update), Some(is)) if is_done(update, was, is) => Some(Ok(())),
                (Wish::Update(_) | Wish::Destroy, Some(_)) => None,
            };
        }
        Ok(())
    }
}

/// Whether an email was there to be changed as it was planned, going by where it was before and is now.
fn is_done(update: &EmailUpdate, was: Located, is: Located) -> bool {
    match update.target(was.mailbox).ok().flatten() {
        // Whoever moved it, it is there; its keywords may have been missed.
        Some(to) => is.mailbox == to && update.keywords.is_none(),
        // Numbers in a mailbox are not used again: it was there all the time.
        None => is == was,
    }
}

/// The UIDs of emails, and the numbers of the wishes that they are about.
type Served = Vec<(Uid, usize)>;

/// What is wanted of the emails, gathered: per mailbox and kind of change.
#[derive(Default)]
struct Plan {
    keywords: [BTreeMap<(MailboxId, KeywordSet), Served>; 2],
    moves: BTreeMap<(MailboxId, MailboxId), Served>,
    destroyed: BTreeMap<MailboxId, Served>,
}

/// Keywords that emails want alike.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum KeywordSet {
    Add(BTreeSet<Keyword>),
    Remove(BTreeSet<Keyword>),
    Replace(BTreeSet<Keyword>),
}

impl Plan {
    /// Adds what is wanted of one email; says whether there is anything to be done.
    fn add(
        &mut self,
        access: &Access,
        at: Located,
        wish: Wish<'_>,
        (place, had): (usize, Option<Keywords>),
    ) -> Result<bool, Error> {
        let leaving = Rights::DELETE_EMAIL.with(Rights::EXPUNGE);
        // RFC 8621 2 mayReadItems: what cannot be read is not there.
        let mailbox = access
            .require(at.mailbox, Rights::READ)
            .map_err(|_| Error::NotFound)?;
        let rights = access.rights(mailbox);
        let update = match wish {
            Wish::Destroy => {
                access.require(at.mailbox, leaving)?;
                let those = self.destroyed.entry(at.mailbox).or_default();
                those.push((at.uid, place));
                return Ok(true);
            }
            Wish::Update(update) => update,
        };
        let to = update.target(at.mailbox)?;
        if let Some(to) = to {
            access.require(at.mailbox, leaving)?;
            access.require(to, Rights::INSERT).map_err(no_mailbox)?;
        }
        let wanted = update.keywords.as_ref();
        let (first, second) = wanted
            .map(|wanted| keyword_sets(&access.head, wanted, rights, had))
            .transpose()?
            .unwrap_or_default();
        let is_nothing = to.is_none() && first.is_none() && second.is_none();
        for (stage, set) in [first, second].into_iter().enumerate() {
            if let Some(set) = set {
                let those = self.keywords[stage].entry((at.mailbox, set)).or_default();
                those.push((at.uid, place));
            }
        }
        if let Some(to) = to {
            let those = self.moves.entry((at.mailbox, to)).or_default();
            those.push((at.uid, place));
        }
        Ok(!is_nothing)
    }

    fn stages(self) -> Stages {
        let [first, second] = self.keywords.map(|stage| {
            let steps = stage.into_iter().map(|((mailbox, set), served)| Step {
                change: Change::SetKeywords {
                    mailbox,
                    uids: uids(&served),
                    change: set.into(),
                    unchanged_since: None,
                },
                served,
            });
            steps.collect()
        });
        let moves = self.moves.into_iter().map(|((from, to), served)| Step {
            change: Change::MoveEmails {
                from,
                uids: uids(&served),
                to,
            },
            served,
        });
        let destroyed = self.destroyed.into_iter().map(|(mailbox, served)| Step {
            change: Change::DestroyEmails {
                mailbox,
                uids: uids(&served),
                only_deleted: false,
            },
            served,
        });
        Stages([first, second, moves.collect(), destroyed.collect()])
    }
}

/// The one or two changes that make the keywords as they are wanted, if the caller may make all of them.
fn keyword_sets(
    head: &Head,
    wanted: &KeywordUpdate,
    rights: Rights,
    had: Option<Keywords>,
) -> Result<(Option<KeywordSet>, Option<KeywordSet>), Error> {
    let (add, remove) = match wanted {
        KeywordUpdate::Replace(keywords) if rights.contains(KEYWORD_RIGHTS) => {
            let all = keywords.iter().cloned().collect();
            return Ok((Some(KeywordSet::Replace(all)), None));
        }
        KeywordUpdate::Replace(keywords) => {
            let had: BTreeSet<Keyword> = names(head, had.unwrap_or_default()).into_iter().collect();
            let wanted: BTreeSet<Keyword> = keywords.iter().cloned().collect();
            (&wanted - &had, &had - &wanted)
        }
        KeywordUpdate::Patch { add, remove } => (
            add.iter().cloned().collect::<BTreeSet<_>>(),
            remove.iter().cloned().collect(),
        ),
    };
    // RFC 8621 2 maySetSeen, maySetKeywords; RFC 4314 2.1: an email changes as a whole or not at all.
    let is_allowed = |keyword: &Keyword| rights.contains(right_for(keyword));
    if !add.iter().chain(&remove).all(is_allowed) {
        return Err(Error::Forbidden);
    }
    Ok((
        (!add.is_empty()).then_some(KeywordSet::Add(add)),
        (!remove.is_empty()).then_some(KeywordSet::Remove(remove)),
    ))
}

impl From<KeywordSet> for KeywordChange {
    fn from(set: KeywordSet) -> Self {
        let list = |keywords: BTreeSet<Keyword>| keywords.into_iter().collect();
        match set {
            KeywordSet::Add(keywords) => Self::Add(list(keywords)),
            KeywordSet::Remove(keywords) => Self::Remove(list(keywords)),
            KeywordSet::Replace(keywords) => Self::Replace(list(keywords)),
        }
    }
}

fn uids(served: &[(Uid, usize)]) -> NumberSet {
    number_set(served.iter().map(|(uid, _)| uid.0).collect())
}

fn number_set(mut numbers: Vec<u32>) -> NumberSet {
    numbers.sort_unstable();
    numbers.into_iter().collect()
}

fn fail(steps: &[Step], error: &Error, answers: &mut [Option<Result<(), Error>>]) {
    for (_, place) in steps.iter().flat_map(|step| &step.served) {
        answers[*place] = Some(Err(error.clone()));
    }
}

/// That the mailbox an email is to be in is not there is no fault of the email's.
pub(super) fn no_mailbox(error: Error) -> Error {
    match error {
        Error::NotFound => Error::Invalid {
            field: "mailbox",
            why: "There is no such mailbox.",
        },
        other => other,
    }
}

/// Whether a commit made an entry.
fn has_changed(committed: &Committed) -> bool {
    committed.outcomes.iter().any(|outcome| match outcome {
        Outcome::Keywords { changed, .. } => !changed.is_empty(),
        Outcome::Copied { uids, .. } | Outcome::Destroyed { uids } => !uids.is_empty(),
        _ => true,
    })
}

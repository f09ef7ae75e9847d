//! What changed since: read off the journal, the only list of changes there is.

mod net;

use model::{AccountId, MailboxId, Mutation, NumberSet, Rights, Seq};
use store::{Engine, Entry, Head};

use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;
use crate::rights::Access;
use net::{Net, Sight};

/// Entries of the journal that one call looks at; the rest is for the next.
pub const CHANGES_ENTRIES_MAX: usize = 1_000;
/// Entries of the journal behind which the vanished emails are not gathered any more: naming all that are absent is cheaper.
const VANISHED_ENTRIES_MAX: usize = 50_000;

/// What of an account is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All emails the caller may read, wherever they are. The numbers are those of [`model::EmailId`].
    Account,
    /// What is in one mailbox. The numbers are those of [`model::Uid`].
    Mailbox(MailboxId),
}

/// What changed between two entries of the journal (RFC 8620 5.2), each number in one of the three at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// New since then.
    pub created: NumberSet,
    /// There before, and changed (other keywords; in the scope of an account also another mailbox).
    pub updated: NumberSet,
    /// There before, and gone.
    pub destroyed: NumberSet,
    /// The entry up to which this is true: where to ask from next time.
    pub until: Seq,
    /// Whether there are more entries after it.
    pub more: bool,
}

impl Groupware {
    /// What changed after the entry `since`. At most [`CHANGES_ENTRIES_MAX`] entries are looked at; `more` says
    /// whether to ask again from `until`.
    ///
    /// # Errors
    /// [`Error::CannotCalculate`] if entries after `since` were dropped, if there is no such entry yet, or if what the
    /// caller may read changed in between; whoever asked must then look at everything. RFC 4314 4: `READ` is needed on the mailbox.
    pub async fn changes(
        &self,
        caller: &Caller,
        account: AccountId,
        scope: Scope,
        since: Seq,
    ) -> Result<Changes, Error> {
        let access = self.access(caller, account).await?;
        match scope {
            Scope::Account => access.require_any()?,
            Scope::Mailbox(mailbox) => access.require(mailbox, Rights::READ).map(drop)?,
        }
        if since.is_after(access.head.seq) {
            return Err(Error::CannotCalculate);
        }
        if since == access.head.seq {
            return Ok(unchanged(since));
        }
        let changes = self
            .store
            .read(move |engine| calculate(engine, &access, scope, since))
            .await?;
        changes.ok_or(Error::CannotCalculate)
    }

    /// The UIDs of emails that left the mailbox after the entry `since`. Some may be of emails that came after it.
    ///
    /// # Errors
    /// [`Error::CannotCalculate`] if entries after `since` were dropped or are too many: RFC 7162 3.2.6 then asks to name
    /// every UID that is absent. RFC 4314 4: `READ` is needed.
    pub async fn vanished(
        &self,
        caller: &Caller,
        account: AccountId,
        mailbox: MailboxId,
        since: Seq,
    ) -> Result<NumberSet, Error> {
        let access = self.access(caller, account).await?;
        let changed = access.require(mailbox, Rights::READ)?.emails_changed;
        if since.is_at_least(changed) {
            return Ok(NumberSet::new());
        }
        let head = access.head;
        let vanished = self
            .store
            .read(move |engine| vanished(engine, &head, mailbox, since))
            .await?;
        vanished.ok_or(Error::CannotCalculate)
    }
}

fn unchanged(since: Seq) -> Changes {
    Changes {
        created: NumberSet::new(),
        updated: NumberSet::new(),
        destroyed: NumberSet::new(),
        until: since,
        more: false,
    }
}

fn calculate(
    engine: &dyn Engine,
    access: &Access,
    scope: Scope,
    since: Seq,
) -> Result<Option<Changes>, store::Error> {
    let account = access.head.account;
    let entries = engine.journal(account, since, CHANGES_ENTRIES_MAX)?;
    let Some(until) = last_without_gap(&entries, since) else {
        return Ok(None);
    };
    let mut net = Net::new(scope);
    for entry in &entries {
        let Some(commit) = &entry.commit else {
            return Ok(None);
        };
        for mutation in &commit.mutations {
            if !access.is_owner() && changes_sight(mutation) {
                return Ok(None);
            }
            net.apply(mutation, &|mailbox| sight(access, scope, mailbox));
        }
    }
    let known = net.resolve(&mut |mailbox, uids| engine.rows(account, mailbox, uids))?;
    Ok(Some(Changes {
        created: known.created,
        updated: known.updated,
        destroyed: known.destroyed,
        until,
        more: access.head.seq.is_after(until),
    }))
}

/// The last of the entries, if each follows the one before it and the first follows `since`.
fn last_without_gap(entries: &[Entry], since: Seq) -> Option<Seq> {
    entries.iter().try_fold(since, |before, entry| {
        (entry.seq == before.next()).then_some(entry.seq)
    })
}

/// Whether somebody else than the owner may see other emails after it than before.
fn changes_sight(mutation: &Mutation) -> bool {
    matches!(
        mutation,
        Mutation::SetShare { .. } | Mutation::DestroyMailbox { .. }
    )
}

fn sight(access: &Access, scope: Scope, mailbox: MailboxId) -> Sight {
    let visible = match scope {
        Scope::Mailbox(only) => mailbox == only,
        Scope::Account => access.is_owner() || access.require(mailbox, Rights::READ).is_ok(),
    };
    if visible {
        Sight::Inside
    } else {
        Sight::Outside
    }
}

fn vanished(
    engine: &dyn Engine,
    head: &Head,
    mailbox: MailboxId,
    since: Seq,
) -> Result<Option<NumberSet>, store::Error> {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    let (mut after, mut looked_at) = (since, 0);
    while head.seq.is_after(after) {
        let entries = engine.journal(head.account, after, CHANGES_ENTRIES_MAX)?;
        looked_at += entries.len();
        let last = last_without_gap(&entries, after).filter(|last| last.is_after(after));
        let Some(last) = last.filter(|_| looked_at <= VANISHED_ENTRIES_MAX) else {
            return Ok(None);
        };
        after = last;
        for entry in entries {
            let Some(commit) = entry.commit else {
                return Ok(None);
            };
            for mutation in &commit.mutations {
                match mutation {
                    Mutation::DestroyEmails(gone) if gone.mailbox == mailbox => {
                        ranges.extend(gone.uids.ranges());
                    }
                    Mutation::MoveEmails(moved) if moved.from == mailbox => {
                        ranges.extend(moved.uids.ranges());
                    }
                    _ => {}
                }
            }
        }
    }
    Ok(Some(NumberSet::from_ranges(ranges)))
}

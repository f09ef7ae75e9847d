//! Heads of accounts: read from their tables, and written back when the state is committed.

pub(crate) mod collections;

use std::sync::Arc;

use model::{
    AccountId, CollectionId, CredentialId, EmailId, Keyword, MailboxId, MailboxName, ObjectId,
    PrincipalId, QueueId, Rights, Role, Seq, ThreadId, Timestamp, Totals, Uid, UidValidity,
};
use rusqlite::{Connection, OptionalExtension, Row, params};
use seal::Hash;
use store::{Error, Head, Mailbox};

use crate::database::failed;
use crate::journal::{signed, unsigned};

/// The number that stands for "everybody" among the principals of a share: no principal has it.
const EVERYBODY: u32 = 0;

/// Reads the head of an account; none if nothing was committed to it.
pub(crate) fn load(state: &Connection, account: AccountId) -> Result<Option<Head>, Error> {
    let sql = "SELECT seq, at_ms, link, next_email, next_thread, next_mailbox, next_queue, next_principal,
        next_credential, last_uid_validity, quota_octets, next_collection, next_object, settled
        FROM account WHERE id=?";
    let head = state
        .prepare_cached(sql)
        .and_then(|mut select| {
            select
                .query_row([account.0], |row| read_account(account, row))
                .optional()
        })
        .map_err(failed)?;
    let Some(mut head) = head else {
        return Ok(None);
    };
    load_mailboxes(state, &mut head).map_err(failed)?;
    collections::load(state, account, Arc::make_mut(&mut head.collections)).map_err(failed)?;
    let sql = "SELECT name FROM keyword WHERE account=? ORDER BY bit";
    let keywords: Vec<String> = state
        .prepare_cached(sql)
        .and_then(|mut select| select.query_map([account.0], |row| row.get(0))?.collect())
        .map_err(failed)?;
    let keywords: Result<Vec<Keyword>, _> = keywords.into_iter().map(Keyword::try_from).collect();
    head.keywords =
        Arc::new(keywords.map_err(|_| Error::Damaged("a keyword in the state".into()))?);
    Ok(Some(head))
}

fn read_account(account: AccountId, row: &Row<'_>) -> rusqlite::Result<Head> {
    let mut head = Head::new(account);
    head.seq = Seq(unsigned(row.get(0)?));
    head.at = Timestamp(row.get(1)?);
    head.link = Hash::from_bytes(row.get(2)?);
    head.next_email = EmailId(row.get(3)?);
    head.next_thread = ThreadId(row.get(4)?);
    head.next_mailbox = MailboxId(row.get(5)?);
    head.next_queue = QueueId(row.get(6)?);
    head.next_principal = PrincipalId(row.get(7)?);
    head.next_credential = CredentialId(row.get(8)?);
    head.last_uid_validity = UidValidity(row.get(9)?);
    head.quota_octets = row.get::<_, Option<i64>>(10)?.map(unsigned);
    head.settled = Seq(unsigned(row.get(13)?));
    let collections = Arc::make_mut(&mut head.collections);
    collections.next_collection = CollectionId(row.get(11)?);
    collections.next_object = ObjectId(row.get(12)?);
    Ok(head)
}

fn load_mailboxes(state: &Connection, head: &mut Head) -> rusqlite::Result<()> {
    let account = head.account.0;
    let sql = "SELECT id, parent, name, role, uid_validity, uid_next, emails, unseen, deleted, octets, emails_changed,
        changed FROM mailbox WHERE account=?";
    let mut select = state.prepare_cached(sql)?;
    let mut rows = select.query([account])?;
    while let Some(row) = rows.next()? {
        let mailbox = read_mailbox(row)?;
        head.mailboxes.insert(mailbox.id, Arc::new(mailbox));
    }
    let mut select =
        state.prepare_cached("SELECT mailbox, principal FROM subscription WHERE account=?")?;
    let mut rows = select.query([account])?;
    while let Some(row) = rows.next()? {
        if let Some(mailbox) = head.mailboxes.get_mut(&MailboxId(row.get(0)?)) {
            Arc::make_mut(mailbox)
                .subscribers
                .push(PrincipalId(row.get(1)?));
        }
    }
    let mut select =
        state.prepare_cached("SELECT mailbox, principal, rights FROM share WHERE account=?")?;
    let mut rows = select.query([account])?;
    while let Some(row) = rows.next()? {
        if let Some(mailbox) = head.mailboxes.get_mut(&MailboxId(row.get(0)?)) {
            let share = (principal_of(row.get(1)?), Rights(row.get(2)?));
            Arc::make_mut(mailbox).shares.push(share);
        }
    }
    Ok(())
}

fn read_mailbox(row: &Row<'_>) -> rusqlite::Result<Mailbox> {
    let name: String = row.get(2)?;
    let name = MailboxName::try_from(name.as_str()).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Text, Box::new(error))
    })?;
    Ok(Mailbox {
        id: MailboxId(row.get(0)?),
        parent: row.get::<_, Option<u32>>(1)?.map(MailboxId),
        name,
        role: row.get_ref(3)?.as_str_or_null()?.and_then(Role::parse),
        uid_validity: UidValidity(row.get(4)?),
        uid_next: Uid(row.get(5)?),
        totals: Totals {
            emails: row.get(6)?,
            unseen: row.get(7)?,
            deleted: row.get(8)?,
            octets: unsigned(row.get(9)?),
        },
        emails_changed: Seq(unsigned(row.get(10)?)),
        changed: Seq(unsigned(row.get(11)?)),
        subscribers: Vec::new(),
        shares: Vec::new(),
    })
}

/// Writes what differs between the head as last written and as it is now.
pub(crate) fn save(state: &Connection, before: Option<&Head>, now: &Head) -> Result<(), Error> {
    let sql = "INSERT OR REPLACE INTO account (id, seq, at_ms, link, next_email, next_thread, next_mailbox, next_queue,
        next_principal, next_credential, last_uid_validity, quota_octets, next_collection, next_object,
        settled) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
    let values = params![
        now.account.0,
        signed(now.seq.0),
        now.at.0,
        now.link.as_bytes(),
        now.next_email.0,
        now.next_thread.0,
        now.next_mailbox.0,
        now.next_queue.0,
        now.next_principal.0,
        now.next_credential.0,
        now.last_uid_validity.0,
        now.quota_octets.map(signed),
        now.collections.next_collection.0,
        now.collections.next_object.0,
        signed(now.settled.0)
    ];
    state
        .prepare_cached(sql)
        .and_then(|mut insert| insert.execute(values))
        .map_err(failed)?;
    for (id, mailbox) in &now.mailboxes {
        let same = before
            .and_then(|before| before.mailboxes.get(id))
            .is_some_and(|old| Arc::ptr_eq(old, mailbox));
        if !same {
            save_mailbox(state, now.account, mailbox).map_err(failed)?;
        }
    }
    let before = before.map(|before| &before.collections);
    if before.is_some_and(|before| Arc::ptr_eq(before, &now.collections)) {
        return Ok(());
    }
    collections::save(
        state,
        now.account,
        before.map(|before| &**before),
        &now.collections,
    )
}

fn save_mailbox(state: &Connection, account: AccountId, mailbox: &Mailbox) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO mailbox (account, id, parent, name, role, uid_validity, uid_next, emails, unseen,
        deleted, octets, emails_changed, changed) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)";
    state.prepare_cached(sql)?.execute(params![
        account.0,
        mailbox.id.0,
        mailbox.parent.map(|parent| parent.0),
        mailbox.name.as_str(),
        mailbox.role.map(Role::as_str),
        mailbox.uid_validity.0,
        mailbox.uid_next.0,
        mailbox.totals.emails,
        mailbox.totals.unseen,
        mailbox.totals.deleted,
        signed(mailbox.totals.octets),
        signed(mailbox.emails_changed.0),
        signed(mailbox.changed.0)
    ])?;
    Ok(())
}

/// The number a share's principal is kept under.
pub(crate) fn share_number(principal: Option<PrincipalId>) -> u32 {
    principal.map_or(EVERYBODY, |principal| principal.0)
}

fn principal_of(number: u32) -> Option<PrincipalId> {
    (number != EVERYBODY).then_some(PrincipalId(number))
}

//! Reading the state's tables into the store's rows.

pub(crate) mod objects;

pub(crate) mod queue;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use model::{
    AccountId, Archive, Credential, CredentialId, CredentialUse, Domain, EmailId, Keywords,
    MailSettings, MailboxId, NumberSet, Principal, PrincipalId, PrincipalKind, Protocols, Seq,
    ThreadId, Timestamp, Uid,
};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use store::{Destroyed, EmailRow, Error, Located};

use crate::database::failed;
use crate::journal::{signed, unsigned};
use crate::state::{number_of, row_of};

pub(crate) fn rows(
    state: &Connection,
    account: AccountId,
    mailbox: MailboxId,
    uids: &NumberSet,
) -> Result<Vec<EmailRow>, Error> {
    let sql = "SELECT uid, email, thread, size, keywords, keywords_upper, changed, received_ms, sent_s FROM message
        WHERE account=? AND mailbox=? AND uid BETWEEN ? AND ?";
    let mut select = state.prepare_cached(sql).map_err(failed)?;
    let mut found = Vec::new();
    for (first, last) in uids.ranges() {
        let mut rows = select
            .query(params![account.0, mailbox.0, first, last])
            .map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            found.push(email_of(row).map_err(failed)?);
        }
    }
    Ok(found)
}

fn email_of(row: &Row<'_>) -> rusqlite::Result<EmailRow> {
    Ok(EmailRow {
        uid: Uid(row.get(0)?),
        email: EmailId(row.get(1)?),
        thread: ThreadId(row.get(2)?),
        size: row.get(3)?,
        keywords: Keywords::from_halves(row.get(4)?, row.get(5)?),
        changed: Seq(unsigned(row.get(6)?)),
        received_at: Timestamp(row.get(7)?),
        sent_at: row.get(8)?,
    })
}

/// Destroyed emails, all or just one.
pub(crate) fn destroyed(
    state: &Connection,
    account: AccountId,
    only: Option<EmailId>,
) -> Result<Vec<Destroyed>, Error> {
    let sql = "SELECT email, mailbox, at_ms, thread, size, keywords, keywords_upper, received_ms, sent_s FROM destroyed
        WHERE account=? AND email BETWEEN ? AND ? ORDER BY email";
    let (first, last) = only.map_or((0, u32::MAX), |email| (email.0, email.0));
    collect(state, sql, params![account.0, first, last], |row| {
        Ok(Destroyed {
            email: EmailId(row.get(0)?),
            mailbox: MailboxId(row.get(1)?),
            destroyed_at: Timestamp(row.get(2)?),
            thread: ThreadId(row.get(3)?),
            size: row.get(4)?,
            keywords: Keywords::from_halves(row.get(5)?, row.get(6)?),
            received_at: Timestamp(row.get(7)?),
            sent_at: row.get(8)?,
        })
    })
}

/// The numbers of all destroyed emails, rising.
pub(crate) fn destroyed_emails(
    state: &Connection,
    account: AccountId,
) -> Result<Vec<EmailId>, Error> {
    let sql = "SELECT email FROM destroyed WHERE account=? ORDER BY email";
    collect(state, sql, params![account.0], |row| {
        row.get(0).map(EmailId)
    })
}

pub(crate) fn locate(
    state: &Connection,
    account: AccountId,
    email: EmailId,
) -> Result<Option<Located>, Error> {
    let sql = "SELECT mailbox, uid FROM email WHERE id=? AND mailbox IS NOT NULL";
    first(state, sql, params![row_of(account, email.0)], |row| {
        Ok(Located {
            mailbox: MailboxId(row.get(0)?),
            uid: Uid(row.get(1)?),
        })
    })
}

/// Calls `each` with the metadata of these emails, in the order given.
pub(crate) fn metas(
    state: &Connection,
    account: AccountId,
    emails: &[EmailId],
    each: &mut dyn FnMut(EmailId, &[u8]) -> ControlFlow<()>,
) -> Result<(), Error> {
    let mut run = emails;
    while let Some(first) = run.first() {
        // Clients ask in the order of UIDs, which mostly is that of arrival: then one range serves many.
        let length = run
            .iter()
            .zip(first.0..)
            .take_while(|(email, number)| email.0 == *number)
            .count();
        let (now, later) = run.split_at(length);
        let sql = "SELECT id, meta FROM email WHERE id BETWEEN ? AND ? AND meta IS NOT NULL";
        let mut select = state.prepare_cached(sql).map_err(failed)?;
        let last = now.last().map_or(first.0, |last| last.0);
        let range = params![row_of(account, first.0), row_of(account, last)];
        let mut rows = select.query(range).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let id = EmailId(number_of(row.get(0).map_err(failed)?));
            let meta = row.get_ref(1).map_err(failed)?;
            let meta = meta
                .as_blob()
                .map_err(|_| Error::Damaged("metadata in the state".into()))?;
            if each(id, meta).is_break() {
                return Ok(());
            }
        }
        run = later;
    }
    Ok(())
}

/// Where an email's bytes are, and its metadata.
pub(crate) fn stored(
    state: &Connection,
    account: AccountId,
    email: EmailId,
) -> Result<Option<(u64, Vec<u8>)>, Error> {
    let sql = "SELECT blob, meta FROM email WHERE id=? AND meta IS NOT NULL";
    first(state, sql, params![row_of(account, email.0)], |row| {
        Ok((unsigned(row.get(0)?), row.get(1)?))
    })
}

/// Where the bytes of these emails are, in the order given; those that are gone are left out.
pub(crate) fn blobs_of(
    state: &Connection,
    account: AccountId,
    emails: &[EmailId],
) -> Result<Vec<(EmailId, u64)>, Error> {
    let mut found = Vec::with_capacity(emails.len());
    let sql = "SELECT id, blob FROM email WHERE id BETWEEN ? AND ?";
    let mut select = state.prepare_cached(sql).map_err(failed)?;
    // As in `metas`: one range mostly serves many.
    for run in emails.chunk_by(|one, next| one.0.checked_add(1) == Some(next.0)) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            continue;
        };
        let range = params![row_of(account, first.0), row_of(account, last.0)];
        let mut rows = select.query(range).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let email = EmailId(number_of(row.get(0).map_err(failed)?));
            found.push((email, unsigned(row.get(1).map_err(failed)?)));
        }
    }
    Ok(found)
}

/// Where an email's bytes are.
pub(crate) fn blob_of(
    state: &Connection,
    account: AccountId,
    email: EmailId,
) -> Result<Option<u64>, Error> {
    first(
        state,
        "SELECT blob FROM email WHERE id=?",
        params![row_of(account, email.0)],
        |row| row.get(0).map(unsigned),
    )
}

/// Whether an email, an object, an earlier body of one, or a queued message names the blob.
pub(crate) fn is_blob_used(state: &Connection, at: u64) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM blob_use WHERE id=?";
    state
        .prepare_cached(sql)
        .and_then(|mut select| select.exists([signed(at)]))
        .map_err(failed)
}

/// Emails whose metadata was dropped from the journal before it was folded.
pub(crate) fn emails_without_meta(
    state: &Connection,
) -> Result<BTreeMap<AccountId, NumberSet>, Error> {
    let rows: Vec<i64> = collect(
        state,
        "SELECT id FROM email WHERE meta IS NULL ORDER BY id",
        [],
        |row| row.get(0),
    )?;
    let mut emails: BTreeMap<AccountId, NumberSet> = BTreeMap::new();
    for row in rows {
        let account =
            u32::try_from(row >> 32).map_err(|_| Error::Damaged("an email's number".into()))?;
        emails
            .entry(AccountId(account))
            .or_default()
            .push(number_of(row));
    }
    Ok(emails)
}

/// The places in the log of an account's entries after `after`.
pub(crate) fn account_entries(
    state: &Connection,
    account: AccountId,
    after: Seq,
    limit: usize,
) -> Result<Vec<u64>, Error> {
    let sql = "SELECT entry FROM account_entry WHERE account=? AND seq>? ORDER BY seq LIMIT ?";
    collect(
        state,
        sql,
        params![account.0, signed(after.0), signed(limit as u64)],
        |row| row.get(0).map(unsigned),
    )
}

pub(crate) fn accounts(
    state: &Connection,
    after: AccountId,
    limit: usize,
) -> Result<Vec<AccountId>, Error> {
    let sql = "SELECT id FROM account WHERE id>=? ORDER BY id LIMIT ?";
    collect(state, sql, params![after.0, signed(limit as u64)], |row| {
        row.get(0).map(AccountId)
    })
}

pub(crate) fn domain(state: &Connection, name: &str) -> Result<Option<Domain>, Error> {
    first(
        state,
        "SELECT name, catch_all FROM domain WHERE name=?",
        params![name],
        domain_of,
    )
}

pub(crate) fn domains(state: &Connection) -> Result<Vec<Domain>, Error> {
    collect(
        state,
        "SELECT name, catch_all FROM domain ORDER BY name",
        [],
        domain_of,
    )
}

fn domain_of(row: &Row<'_>) -> rusqlite::Result<Domain> {
    Ok(Domain {
        name: row.get(0)?,
        catch_all: row.get::<_, Option<u32>>(1)?.map(PrincipalId),
    })
}

const PRINCIPAL: &str =
    "SELECT id, address, name, kind, quota_octets, administrator, enabled, capacity FROM principal";

pub(crate) fn principal(state: &Connection, id: PrincipalId) -> Result<Option<Principal>, Error> {
    let found = first(
        state,
        &format!("{PRINCIPAL} WHERE id=?"),
        params![id.0],
        principal_of,
    )?;
    found
        .map(|principal| with_members(state, principal))
        .transpose()
}

pub(crate) fn principals(
    state: &Connection,
    after: PrincipalId,
    limit: usize,
) -> Result<Vec<Principal>, Error> {
    let sql = format!("{PRINCIPAL} WHERE id>? ORDER BY id LIMIT ?");
    let found = collect(
        state,
        &sql,
        params![after.0, signed(limit as u64)],
        principal_of,
    )?;
    found
        .into_iter()
        .map(|principal| with_members(state, principal))
        .collect()
}

fn principal_of(row: &Row<'_>) -> rusqlite::Result<Principal> {
    let kind = match row.get_ref(3)?.as_str()? {
        "group" => PrincipalKind::Group {
            members: Vec::new(),
        },
        "shared" => PrincipalKind::Shared,
        "room" => PrincipalKind::Room {
            capacity: row.get(7)?,
        },
        "equipment" => PrincipalKind::Equipment,
        _ => PrincipalKind::Person,
    };
    Ok(Principal {
        id: PrincipalId(row.get(0)?),
        address: row.get(1)?,
        name: row.get(2)?,
        kind,
        quota_octets: row.get::<_, Option<i64>>(4)?.map(unsigned),
        administrator: row.get(5)?,
        enabled: row.get(6)?,
    })
}

fn with_members(state: &Connection, mut principal: Principal) -> Result<Principal, Error> {
    if let PrincipalKind::Group { members } = &mut principal.kind {
        let sql = "SELECT member FROM member WHERE team=? ORDER BY place";
        *members = collect(state, sql, params![principal.id.0], |row| {
            row.get(0).map(PrincipalId)
        })?;
    }
    Ok(principal)
}

pub(crate) fn address_owner(
    state: &Connection,
    address: &str,
) -> Result<Option<PrincipalId>, Error> {
    let sql = "SELECT principal FROM address WHERE address=?";
    first(state, sql, params![address], |row| {
        row.get(0).map(PrincipalId)
    })
}

pub(crate) fn aliases(state: &Connection, principal: PrincipalId) -> Result<Vec<String>, Error> {
    let sql = "SELECT address FROM address WHERE principal=? AND NOT main ORDER BY address";
    collect(state, sql, params![principal.0], |row| row.get(0))
}

pub(crate) fn groups_of(
    state: &Connection,
    principal: PrincipalId,
) -> Result<Vec<PrincipalId>, Error> {
    let sql = "SELECT team FROM member WHERE member=? ORDER BY team";
    collect(state, sql, params![principal.0], |row| {
        row.get(0).map(PrincipalId)
    })
}

pub(crate) fn shared_with(state: &Connection, number: u32) -> Result<Vec<AccountId>, Error> {
    let sql = "SELECT account FROM share WHERE principal=?1 UNION
        SELECT account FROM collection_share WHERE principal=?1 UNION
        SELECT account FROM deputy WHERE principal=?1 ORDER BY account";
    collect(state, sql, params![number], |row| row.get(0).map(AccountId))
}

pub(crate) fn credentials(
    state: &Connection,
    principal: PrincipalId,
) -> Result<Vec<Credential>, Error> {
    let sql =
        "SELECT id, principal, created_ms, kind FROM credential WHERE principal=? ORDER BY id";
    let found = collect(state, sql, params![principal.0], credential_row)?;
    found.into_iter().map(decode_credential).collect()
}

pub(crate) fn credential(
    state: &Connection,
    id: CredentialId,
) -> Result<Option<Credential>, Error> {
    let sql = "SELECT id, principal, created_ms, kind FROM credential WHERE id=?";
    let found = collect(state, sql, params![id.0], credential_row)?;
    found.into_iter().next().map(decode_credential).transpose()
}

/// A credential as it is kept: number, principal, moment, and what it is.
type CredentialRow = (u32, u32, i64, Vec<u8>);

fn credential_row(row: &Row<'_>) -> rusqlite::Result<CredentialRow> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

fn decode_credential((id, principal, created, kind): CredentialRow) -> Result<Credential, Error> {
    let kind = postcard::from_bytes(&kind).map_err(|_| Error::Damaged("a credential".into()))?;
    Ok(Credential {
        id: CredentialId(id),
        principal: PrincipalId(principal),
        created_at: Timestamp(created),
        kind,
    })
}

pub(crate) fn credential_uses(
    state: &Connection,
    principal: PrincipalId,
) -> Result<Vec<CredentialUse>, Error> {
    let sql = "SELECT credential, at_ms, protocol, network FROM credential_use
        WHERE credential IN (SELECT id FROM credential WHERE principal=?) ORDER BY credential";
    let found: Vec<(CredentialUse, Option<String>)> =
        collect(state, sql, params![principal.0], |row| {
            let one = CredentialUse {
                credential: CredentialId(row.get(0)?),
                at: Timestamp(row.get(1)?),
                protocol: Protocols(row.get(2)?),
                network: None,
            };
            Ok((one, row.get(3)?))
        })?;
    let decode = |(one, network): (CredentialUse, Option<String>)| {
        let network = network.map(|text| text.parse()).transpose();
        let network = network.map_err(|_| Error::Damaged("a network in the state".into()))?;
        Ok(CredentialUse { network, ..one })
    };
    found.into_iter().map(decode).collect()
}

pub(crate) fn mail_settings(
    state: &Connection,
    principal: PrincipalId,
) -> Result<MailSettings, Error> {
    let sql = "SELECT settings FROM mail_settings WHERE principal=?";
    let found: Option<Vec<u8>> = first(state, sql, params![principal.0], |row| row.get(0))?;
    let Some(bytes) = found else {
        return Ok(MailSettings::default());
    };
    postcard::from_bytes(&bytes)
        .map_err(|_| Error::Damaged("how mail to a principal goes on".into()))
}

pub(crate) fn archive(state: &Connection, domain: Option<&str>) -> Result<Option<String>, Error> {
    let sql = "SELECT address FROM archive WHERE domain=?";
    first(state, sql, params![domain.unwrap_or_default()], |row| {
        row.get(0)
    })
}

pub(crate) fn archives(state: &Connection) -> Result<Vec<Archive>, Error> {
    let sql = "SELECT domain, address FROM archive ORDER BY domain";
    collect(state, sql, [], |row| {
        let domain: String = row.get(0)?;
        Ok(Archive {
            domain: Some(domain).filter(|domain| !domain.is_empty()),
            address: row.get(1)?,
        })
    })
}

fn first<T>(
    state: &Connection,
    sql: &str,
    values: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, Error> {
    state
        .prepare_cached(sql)
        .and_then(|mut select| select.query_row(values, read).optional())
        .map_err(failed)
}

fn collect<T>(
    state: &Connection,
    sql: &str,
    values: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, Error> {
    state
        .prepare_cached(sql)
        .and_then(|mut select| select.query_map(values, read)?.collect())
        .map_err(failed)
}

//! The fold of one mutation into the rows; the head folds its own part.
//!
//! Reads nothing but the account's state and, for a new email or object, the metadata beside its bytes, which the
//! journal holds under the hash that the mutation names.

mod objects;

use model::{
    AccountId, AddEmail, CopyEmails, DestroyEmails, Keywords, MailSettings, MailboxId, MoveEmails,
    Mutation, NumberSet, Principal, PrincipalId, PrincipalKind, QueueId, QueueItem, RestoreEmail,
    Seq, Timestamp,
};
use rusqlite::types::FromSql;
use rusqlite::{Params, params};
use store::Error;

use crate::journal::{signed, unsigned};
use crate::state::heads::share_number;
use crate::state::row_of;
use crate::statements::Statements;

/// One entry's mutations on their way into the state.
pub(crate) struct Fold<'a, 'c> {
    pub(crate) state: &'a Statements<'c>,
    pub(crate) account: AccountId,
    pub(crate) seq: Seq,
    pub(crate) at: Timestamp,
}

impl Fold<'_, '_> {
    /// Folds one mutation. `meta` is the metadata of the email or object it adds, none if that was purged meanwhile;
    /// `unused` gets the blobs that nothing names any more.
    pub(crate) fn apply(
        &self,
        mutation: &Mutation,
        meta: Option<&[u8]>,
        unused: &mut Vec<u64>,
    ) -> Result<(), Error> {
        match mutation {
            // The head's own tables are written when the state is committed.
            Mutation::CreateMailbox(_)
            | Mutation::UpdateMailbox { .. }
            | Mutation::SetQuota { .. } => Ok(()),
            Mutation::DestroyMailbox { mailbox } => self.destroy_mailbox(*mailbox),
            Mutation::SetSubscribed {
                mailbox,
                principal,
                subscribed,
            } => {
                let sql = if *subscribed {
                    "INSERT OR REPLACE INTO subscription (account, mailbox, principal) VALUES (?,?,?)"
                } else {
                    "DELETE FROM subscription WHERE account=? AND mailbox=? AND principal=?"
                };
                self.run(sql, params![self.account.0, mailbox.0, principal.0])
            }
            Mutation::SetShare {
                mailbox,
                principal,
                rights,
            } => {
                let principal = share_number(*principal);
                if rights.is_empty() {
                    let sql = "DELETE FROM share WHERE account=? AND mailbox=? AND principal=?";
                    self.run(sql, params![self.account.0, mailbox.0, principal])
                } else {
                    let sql = "INSERT OR REPLACE INTO share (account, mailbox, principal, rights) VALUES (?,?,?,?)";
                    self.run(sql, params![self.account.0, mailbox.0, principal, rights.0])
                }
            }
            Mutation::DefineKeyword { bit, keyword } => self.run(
                "INSERT INTO keyword (account, bit, name) VALUES (?,?,?)",
                params![self.account.0, bit, keyword.as_str()],
            ),
            Mutation::AddEmail(new) => self.add_email(new, meta),
            Mutation::SetKeywords {
                mailbox,
                uids,
                added,
                removed,
            } => self.set_keywords(*mailbox, uids, *added, *removed),
            Mutation::CopyEmails(copy) => self.copy_emails(copy),
            Mutation::MoveEmails(moved) => self.move_emails(moved),
            Mutation::DestroyEmails(gone) => self.destroy_emails(gone),
            Mutation::RestoreEmail(back) => self.restore_email(back),
            Mutation::PurgeEmails { emails } => self.purge_emails(emails, unused),
            Mutation::Enqueue(item) => {
                self.use_blob(item.blob.at)?;
                let bytes = postcard::to_allocvec(item)
                    .map_err(|_| Error::Damaged("a queued message".into()))?;
                let sql = "INSERT INTO queue (account, id, accepted_ms, item) VALUES (?,?,?,?)";
                self.run(
                    sql,
                    params![self.account.0, item.id.0, item.accepted_at.0, bytes],
                )
            }
            Mutation::Dequeue { id } => self.dequeue(*id, unused),
            Mutation::SetQueued { id, standing } => {
                let bytes = postcard::to_allocvec(standing)
                    .map_err(|_| Error::Damaged("how a queued message stands".into()))?;
                let sql = "UPDATE queue SET standing=? WHERE account=? AND id=?";
                self.run_one(sql, params![bytes, self.account.0, id.0])
            }
            _ if self.collections(mutation, meta, unused)? => Ok(()),
            _ => self.directory(mutation),
        }
    }

    fn destroy_mailbox(&self, mailbox: MailboxId) -> Result<(), Error> {
        self.run(
            "DELETE FROM mailbox WHERE account=? AND id=?",
            params![self.account.0, mailbox.0],
        )?;
        self.run(
            "DELETE FROM subscription WHERE account=? AND mailbox=?",
            params![self.account.0, mailbox.0],
        )?;
        self.run(
            "DELETE FROM share WHERE account=? AND mailbox=?",
            params![self.account.0, mailbox.0],
        )
    }

    fn add_email(&self, new: &AddEmail, meta: Option<&[u8]>) -> Result<(), Error> {
        let (lower, upper) = new.keywords.to_halves();
        self.run(
            "INSERT INTO message (account, mailbox, uid, email, thread, size, keywords, keywords_upper, changed,
             received_ms, sent_s) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            params![
                self.account.0,
                new.mailbox.0,
                new.uid.0,
                new.email.0,
                new.thread.0,
                new.size,
                lower,
                upper,
                signed(self.seq.0),
                new.received_at.0,
                new.sent_at
            ],
        )?;
        self.run(
            "INSERT INTO email (id, mailbox, uid, blob, meta) VALUES (?,?,?,?,?)",
            params![
                row_of(self.account, new.email.0),
                new.mailbox.0,
                new.uid.0,
                signed(new.blob.at),
                meta
            ],
        )?;
        self.use_blob(new.blob.at)?;
        for id in &new.thread_keys.message_ids {
            self.run(
                "INSERT OR IGNORE INTO reference (account, message_id, subject, thread) VALUES (?,?,?,?)",
                params![self.account.0, signed(*id), signed(new.thread_keys.subject), new.thread.0],
            )?;
        }
        Ok(())
    }

    fn set_keywords(
        &self,
        mailbox: MailboxId,
        uids: &NumberSet,
        added: Keywords,
        removed: Keywords,
    ) -> Result<(), Error> {
        let (added, added_upper) = added.to_halves();
        let (removed, removed_upper) = removed.to_halves();
        let sql = "UPDATE message SET keywords=(keywords|?)&~?, keywords_upper=(keywords_upper|?)&~?, changed=?
             WHERE account=? AND mailbox=? AND uid BETWEEN ? AND ?";
        for (first, last) in uids.ranges() {
            let values = params![
                added,
                removed,
                added_upper,
                removed_upper,
                signed(self.seq.0),
                self.account.0,
                mailbox.0,
                first,
                last
            ];
            let changed = self.state.run(sql, values)?;
            self.expect(changed, u64::from(last - first) + 1)?;
        }
        Ok(())
    }

    fn copy_emails(&self, copy: &CopyEmails) -> Result<(), Error> {
        let base = row_of(self.account, 0);
        let (mut uid, mut email) = (copy.first_uid.0, copy.first_email.0);
        for source in copy.uids.iter() {
            self.run_one(
                "INSERT INTO email (id, mailbox, uid, blob, meta)
                 SELECT ?1, ?2, ?3, blob, meta FROM email WHERE id = ?4 +
                 (SELECT email FROM message WHERE account=?5 AND mailbox=?6 AND uid=?7)",
                params![
                    base + i64::from(email),
                    copy.to.0,
                    uid,
                    base,
                    self.account.0,
                    copy.from.0,
                    source
                ],
            )?;
            self.run_one(
                "UPDATE blob_use SET uses=uses+1 WHERE id=(SELECT blob FROM email WHERE id=?)",
                params![base + i64::from(email)],
            )?;
            self.run_one(
                "INSERT INTO message (account, mailbox, uid, email, thread, size, keywords, keywords_upper, changed,
                 received_ms, sent_s) SELECT account, ?, ?, ?, thread, size, keywords, keywords_upper, ?, received_ms,
                 sent_s FROM message WHERE account=? AND mailbox=? AND uid=?",
                params![copy.to.0, uid, email, signed(self.seq.0), self.account.0, copy.from.0, source],
            )?;
            uid += 1;
            email += 1;
        }
        Ok(())
    }

    fn move_emails(&self, moved: &MoveEmails) -> Result<(), Error> {
        for (uid, (source, email)) in
            (moved.first_uid.0..).zip(moved.uids.iter().zip(&moved.emails))
        {
            self.run_one(
                "UPDATE message SET mailbox=?, uid=?, changed=? WHERE account=? AND mailbox=? AND uid=? AND email=?",
                params![moved.to.0, uid, signed(self.seq.0), self.account.0, moved.from.0, source, email.0],
            )?;
            self.run_one(
                "UPDATE email SET mailbox=?, uid=? WHERE id=?",
                params![moved.to.0, uid, row_of(self.account, email.0)],
            )?;
        }
        Ok(())
    }

    fn destroy_emails(&self, gone: &DestroyEmails) -> Result<(), Error> {
        let mut count = 0;
        for (first, last) in gone.uids.ranges() {
            let insert = "INSERT INTO destroyed (account, email, mailbox, at_ms, thread, size, keywords, keywords_upper,
                received_ms, sent_s) SELECT account, email, mailbox, ?, thread, size, keywords, keywords_upper,
                received_ms, sent_s FROM message WHERE account=? AND mailbox=? AND uid BETWEEN ? AND ?";
            let values = params![self.at.0, self.account.0, gone.mailbox.0, first, last];
            count += self.state.run(insert, values)?;
            self.run(
                "DELETE FROM message WHERE account=? AND mailbox=? AND uid BETWEEN ? AND ?",
                params![self.account.0, gone.mailbox.0, first, last],
            )?;
        }
        self.expect(count, gone.emails.len() as u64)?;
        for email in &gone.emails {
            let row = row_of(self.account, email.0);
            self.run_one(
                "UPDATE email SET mailbox=NULL, uid=NULL WHERE id=?",
                params![row],
            )?;
        }
        Ok(())
    }

    fn restore_email(&self, back: &RestoreEmail) -> Result<(), Error> {
        let (deleted, _) = Keywords::DELETED.to_halves();
        self.run_one(
            "INSERT INTO message (account, mailbox, uid, email, thread, size, keywords, keywords_upper, changed,
             received_ms, sent_s) SELECT account, ?, ?, email, thread, size, keywords&~?, keywords_upper, ?,
             received_ms, sent_s FROM destroyed WHERE account=? AND email=?",
            params![back.mailbox.0, back.uid.0, deleted, signed(self.seq.0), self.account.0, back.email.0],
        )?;
        self.run(
            "DELETE FROM destroyed WHERE account=? AND email=?",
            params![self.account.0, back.email.0],
        )?;
        self.run_one(
            "UPDATE email SET mailbox=?, uid=? WHERE id=?",
            params![
                back.mailbox.0,
                back.uid.0,
                row_of(self.account, back.email.0)
            ],
        )
    }

    fn purge_emails(&self, emails: &NumberSet, unused: &mut Vec<u64>) -> Result<(), Error> {
        for email in emails.iter() {
            let row = row_of(self.account, email);
            let blob: i64 = self.one("SELECT blob FROM email WHERE id=?", params![row])?;
            self.leave_blob(blob, unused)?;
            self.run_one("DELETE FROM email WHERE id=?", params![row])?;
            self.run_one(
                "DELETE FROM destroyed WHERE account=? AND email=?",
                params![self.account.0, email],
            )?;
        }
        Ok(())
    }

    /// Counts what names a blob: emails, destroyed ones included, objects and their versions, and queued messages.
    fn use_blob(&self, at: u64) -> Result<(), Error> {
        let sql = "INSERT INTO blob_use (id, uses) VALUES (?1, 1) ON CONFLICT (id) DO UPDATE SET uses=uses+1";
        self.run(sql, params![signed(at)])
    }

    /// One use less; the last one's end is the end of the bytes.
    fn leave_blob(&self, at: i64, unused: &mut Vec<u64>) -> Result<(), Error> {
        self.run_one("UPDATE blob_use SET uses=uses-1 WHERE id=?", params![at])?;
        let sql = "DELETE FROM blob_use WHERE id=? AND uses=0";
        let gone = self.state.run(sql, [at])?;
        if gone > 0 {
            unused.push(unsigned(at));
        }
        Ok(())
    }

    fn dequeue(&self, id: QueueId, unused: &mut Vec<u64>) -> Result<(), Error> {
        let sql = "SELECT item FROM queue WHERE account=? AND id=?";
        let item: Vec<u8> = self.one(sql, params![self.account.0, id.0])?;
        let item: QueueItem =
            postcard::from_bytes(&item).map_err(|_| Error::Damaged("a queued message".into()))?;
        self.leave_blob(signed(item.blob.at), unused)?;
        self.run_one(
            "DELETE FROM queue WHERE account=? AND id=?",
            params![self.account.0, id.0],
        )
    }

    fn directory(&self, mutation: &Mutation) -> Result<(), Error> {
        match mutation {
            Mutation::SetDomain(domain) => self.run(
                "INSERT OR REPLACE INTO domain (name, catch_all) VALUES (?,?)",
                params![domain.name, domain.catch_all.map(|principal| principal.0)],
            ),
            Mutation::RemoveDomain { name } => {
                self.run("DELETE FROM archive WHERE domain=?", params![name])?;
                self.run("DELETE FROM domain WHERE name=?", params![name])
            }
            Mutation::SetPrincipal(principal) => self.set_principal(principal),
            Mutation::RemovePrincipal { principal } => {
                for sql in [
                    "DELETE FROM principal WHERE id=?",
                    "DELETE FROM address WHERE principal=?",
                    "DELETE FROM credential_use WHERE credential IN (SELECT id FROM credential WHERE principal=?)",
                    "DELETE FROM credential WHERE principal=?",
                    "DELETE FROM member WHERE member=?",
                    "DELETE FROM member WHERE team=?",
                    "DELETE FROM mail_settings WHERE principal=?",
                    "UPDATE domain SET catch_all=NULL WHERE catch_all=?",
                ] {
                    self.run(sql, params![principal.0])?;
                }
                Ok(())
            }
            Mutation::SetAlias(alias) => self.set_address(&alias.address, alias.principal.0, false),
            Mutation::RemoveAlias { address } => self.run(
                "DELETE FROM address WHERE address=? AND NOT main",
                params![address],
            ),
            Mutation::SetCredential(credential) => {
                let kind = postcard::to_allocvec(&credential.kind)
                    .map_err(|_| Error::Damaged("a credential".into()))?;
                self.run(
                    "INSERT OR REPLACE INTO credential (id, principal, created_ms, kind) VALUES (?,?,?,?)",
                    params![credential.id.0, credential.principal.0, credential.created_at.0, kind],
                )
            }
            Mutation::RemoveCredential { credential } => {
                self.run(
                    "DELETE FROM credential_use WHERE credential=?",
                    params![credential.0],
                )?;
                self.run("DELETE FROM credential WHERE id=?", params![credential.0])
            }
            Mutation::NoteCredentialUses(uses) => uses.iter().try_for_each(|one| {
                self.run(
                    "INSERT OR REPLACE INTO credential_use (credential, at_ms, protocol, network) VALUES (?,?,?,?)",
                    params![
                        one.credential.0,
                        one.at.0,
                        one.protocol.0,
                        one.network.map(|network| network.to_string())
                    ],
                )
            }),
            Mutation::SetMailSettings {
                principal,
                settings,
            } => self.set_mail_settings(*principal, settings),
            Mutation::SetArchive { domain, address } => {
                // No domain is called so: it stands for all of them.
                let domain = domain.as_deref().unwrap_or_default();
                match address {
                    Some(address) => self.run(
                        "INSERT OR REPLACE INTO archive (domain, address) VALUES (?,?)",
                        params![domain, address],
                    ),
                    None => self.run("DELETE FROM archive WHERE domain=?", params![domain]),
                }
            }
            _ => Err(Error::Damaged(
                "a mutation of mail reached the directory's fold".into(),
            )),
        }
    }

    fn set_principal(&self, principal: &Principal) -> Result<(), Error> {
        let id = principal.id.0;
        let (kind, members) = match &principal.kind {
            PrincipalKind::Person => ("person", None),
            PrincipalKind::Group { members } => ("group", Some(members)),
            PrincipalKind::Shared => ("shared", None),
            PrincipalKind::Room { .. } => ("room", None),
            PrincipalKind::Equipment => ("equipment", None),
        };
        let capacity = match &principal.kind {
            PrincipalKind::Room { capacity } => *capacity,
            PrincipalKind::Person
            | PrincipalKind::Group { .. }
            | PrincipalKind::Shared
            | PrincipalKind::Equipment => None,
        };
        self.run(
            "INSERT OR REPLACE INTO principal (id, address, name, kind, quota_octets, administrator, enabled, capacity)
             VALUES (?,?,?,?,?,?,?,?)",
            params![
                id,
                principal.address,
                principal.name,
                kind,
                principal.quota_octets.map(signed),
                principal.administrator,
                principal.enabled,
                capacity
            ],
        )?;
        self.run(
            "DELETE FROM address WHERE principal=? AND main",
            params![id],
        )?;
        self.set_address(&principal.address, id, true)?;
        self.run("DELETE FROM member WHERE team=?", params![id])?;
        for (place, member) in members.into_iter().flatten().enumerate() {
            let sql = "INSERT OR IGNORE INTO member (member, team, place) VALUES (?,?,?)";
            self.run(sql, params![member.0, id, signed(place as u64)])?;
        }
        Ok(())
    }

    fn set_mail_settings(
        &self,
        principal: PrincipalId,
        settings: &MailSettings,
    ) -> Result<(), Error> {
        if *settings == MailSettings::default() {
            let sql = "DELETE FROM mail_settings WHERE principal=?";
            return self.run(sql, params![principal.0]);
        }
        let bytes = postcard::to_allocvec(settings)
            .map_err(|_| Error::Damaged("how mail to a principal goes on".into()))?;
        self.run(
            "INSERT OR REPLACE INTO mail_settings (principal, settings) VALUES (?,?)",
            params![principal.0, bytes],
        )
    }

    fn set_address(&self, address: &str, principal: u32, main: bool) -> Result<(), Error> {
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
        self.run(
            "INSERT OR REPLACE INTO address (address, domain, principal, main) VALUES (?,?,?,?)",
            params![address, domain, principal, main],
        )
    }

    fn run(&self, sql: &'static str, values: impl Params) -> Result<(), Error> {
        self.state.run(sql, values).map(drop)
    }

    /// Reads one value that must be there.
    fn one<T: FromSql>(&self, sql: &'static str, values: impl Params) -> Result<T, Error> {
        let found = self.state.first(sql, values, |row| row.get(0))?;
        found.ok_or_else(|| {
            Error::Damaged(format!(
                "entry {} of account {}: a row is missing",
                self.seq, self.account
            ))
        })
    }

    /// Runs what must change exactly one row: another count means that the state is not the journal's.
    fn run_one(&self, sql: &'static str, values: impl Params) -> Result<(), Error> {
        let changed = self.state.run(sql, values)?;
        self.expect(changed, 1)
    }

    fn expect(&self, changed: usize, expected: u64) -> Result<(), Error> {
        if changed as u64 == expected {
            return Ok(());
        }
        let (account, seq) = (self.account, self.seq);
        Err(Error::Damaged(format!(
            "entry {seq} of account {account} changed {changed} rows instead of {expected}"
        )))
    }
}

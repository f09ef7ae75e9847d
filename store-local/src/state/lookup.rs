//! What deciding reads, on the writer's own connection: it sees what is folded but not yet committed.

use model::{
    AccountId, CollectionId, Credential, CredentialId, Domain, EmailId, MailSettings, MailboxId,
    NumberSet, ObjectId, PathSegment, Principal, PrincipalId, QueueId, Queued, Seq, ThreadId,
    ThreadKeys, Timestamp,
};
use rusqlite::params;
use store::{Destroyed, EmailRow, Error, Lookup, ObjectRow};

use crate::database::failed;
use crate::journal::signed;
use crate::state::read::{self, objects, queue};
use crate::statements::Statements;

/// The state as the writer sees it.
pub(crate) struct WriterState<'a, 'c>(pub(crate) &'a Statements<'c>);

impl Lookup for WriterState<'_, '_> {
    fn rows(
        &self,
        account: AccountId,
        mailbox: MailboxId,
        uids: &NumberSet,
    ) -> Result<Vec<EmailRow>, Error> {
        read::rows(self.0.connection(), account, mailbox, uids)
    }

    fn thread(&self, account: AccountId, keys: &ThreadKeys) -> Result<Option<ThreadId>, Error> {
        let sql = "SELECT thread FROM reference WHERE account=? AND message_id=? AND subject=?";
        for id in &keys.message_ids {
            let values = params![account.0, signed(*id), signed(keys.subject)];
            if let Some(thread) = self.0.first(sql, values, |row| row.get(0))? {
                return Ok(Some(ThreadId(thread)));
            }
        }
        Ok(None)
    }

    fn destroyed(&self, account: AccountId, email: EmailId) -> Result<Option<Destroyed>, Error> {
        Ok(read::destroyed(self.0.connection(), account, Some(email))?.pop())
    }

    fn destroyed_before(
        &self,
        account: AccountId,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<EmailId>, Error> {
        let sql = "SELECT email FROM destroyed WHERE account=? AND at_ms<? ORDER BY email LIMIT ?";
        self.0
            .connection()
            .prepare_cached(sql)
            .and_then(|mut select| {
                select
                    .query_map(params![account.0, before.0, limit], |row| {
                        row.get(0).map(EmailId)
                    })?
                    .collect()
            })
            .map_err(failed)
    }

    fn object(
        &self,
        account: AccountId,
        collection: CollectionId,
        name: &PathSegment,
    ) -> Result<Option<ObjectRow>, Error> {
        objects::object(self.0.connection(), account, collection, name)
    }

    fn objects_with_uid(&self, account: AccountId, uid: &str) -> Result<Vec<ObjectRow>, Error> {
        objects::objects_with_uid(self.0.connection(), account, uid)
    }

    fn object_numbers(
        &self,
        account: AccountId,
        collection: CollectionId,
    ) -> Result<NumberSet, Error> {
        objects::object_numbers(self.0.connection(), account, collection)
    }

    fn versions_before(
        &self,
        account: AccountId,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<(ObjectId, Seq)>, Error> {
        objects::versions_before(self.0.connection(), account, before, limit)
    }

    fn has_version(&self, account: AccountId, object: ObjectId, until: Seq) -> Result<bool, Error> {
        objects::has_version(self.0.connection(), account, object, until)
    }

    fn queued(&self, account: AccountId, id: QueueId) -> Result<Option<Queued>, Error> {
        queue::queued(self.0.connection(), account, id)
    }

    fn domain(&self, name: &str) -> Result<Option<Domain>, Error> {
        read::domain(self.0.connection(), name)
    }

    fn is_domain_used(&self, name: &str) -> Result<bool, Error> {
        self.exists(
            "SELECT 1 FROM address WHERE domain=? LIMIT 1",
            params![name],
        )
    }

    fn principal(&self, id: PrincipalId) -> Result<Option<Principal>, Error> {
        read::principal(self.0.connection(), id)
    }

    fn principal_at(&self, address: &str) -> Result<Option<PrincipalId>, Error> {
        read::address_owner(self.0.connection(), address)
    }

    fn credentials(&self, principal: PrincipalId) -> Result<Vec<Credential>, Error> {
        read::credentials(self.0.connection(), principal)
    }

    fn mail_settings(&self, principal: PrincipalId) -> Result<MailSettings, Error> {
        read::mail_settings(self.0.connection(), principal)
    }

    fn archive(&self, domain: Option<&str>) -> Result<Option<String>, Error> {
        read::archive(self.0.connection(), domain)
    }

    fn credential(&self, id: CredentialId) -> Result<Option<Credential>, Error> {
        read::credential(self.0.connection(), id)
    }
}

impl WriterState<'_, '_> {
    fn exists(&self, sql: &str, values: impl rusqlite::Params) -> Result<bool, Error> {
        self.0
            .connection()
            .prepare_cached(sql)
            .and_then(|mut select| select.exists(values))
            .map_err(failed)
    }
}

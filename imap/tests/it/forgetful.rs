//! An engine whose journal begins late, as after older entries were dropped.

use std::ops::ControlFlow;
use std::sync::Arc;

use model::{
    AccountId, Archive, BlobRef, CollectionId, Credential, CredentialId, CredentialUse, Domain,
    EmailId, MailSettings, MailboxId, NumberSet, PathSegment, Principal, PrincipalId, QueueId,
    QueuePlace, Queued, Seq,
};
use store::{
    Blob, Destroyed, EmailRow, Engine, Entry, Error, GoneObject, Head, Located, Notice, ObjectRow,
    Reply, Request, Stored, TextQuery, Version,
};

/// Another engine without the entries up to this one.
#[derive(Debug)]
pub(crate) struct Forgetful {
    engine: Arc<dyn Engine>,
    forgotten_until: Seq,
}

impl Forgetful {
    /// The engine without these entries.
    pub(crate) fn over(engine: Arc<dyn Engine>, forgotten_until: Seq) -> Arc<dyn Engine> {
        Arc::new(Self {
            engine,
            forgotten_until,
        })
    }
}

impl Engine for Forgetful {
    fn prepare(&self, message: &[u8], meta: Vec<u8>) -> Result<Arc<Blob>, Error> {
        self.engine.prepare(message, meta)
    }

    fn submit(&self, requests: Vec<Request>, reply: Reply) {
        self.engine.submit(requests, reply);
    }

    fn submit_together(&self, requests: Vec<Request>, reply: Reply) {
        self.engine.submit_together(requests, reply);
    }

    fn watch(&self, listener: Box<dyn Fn(&Notice) + Send + Sync>) {
        self.engine.watch(listener);
    }

    fn head(&self, account: AccountId) -> Result<Option<Arc<Head>>, Error> {
        self.engine.head(account)
    }

    fn accounts(&self, after: AccountId, limit: usize) -> Result<Vec<AccountId>, Error> {
        self.engine.accounts(after, limit)
    }

    fn rows(
        &self,
        account: AccountId,
        mailbox: MailboxId,
        uids: &NumberSet,
    ) -> Result<Vec<EmailRow>, Error> {
        self.engine.rows(account, mailbox, uids)
    }

    fn locate(&self, account: AccountId, email: EmailId) -> Result<Option<Located>, Error> {
        self.engine.locate(account, email)
    }

    fn metas(
        &self,
        account: AccountId,
        emails: &[EmailId],
        each: &mut dyn FnMut(EmailId, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        self.engine.metas(account, emails, each)
    }

    fn messages(
        &self,
        account: AccountId,
        emails: &[EmailId],
        each: &mut dyn FnMut(EmailId, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        self.engine.messages(account, emails, each)
    }

    fn source(&self, account: AccountId, email: EmailId) -> Result<Option<Stored>, Error> {
        self.engine.source(account, email)
    }

    fn blob(&self, blob: BlobRef) -> Result<Vec<u8>, Error> {
        self.engine.blob(blob)
    }

    fn journal(&self, account: AccountId, after: Seq, limit: usize) -> Result<Vec<Entry>, Error> {
        let mut entries = self.engine.journal(account, after, limit)?;
        entries.retain(|entry| entry.seq.is_after(self.forgotten_until));
        Ok(entries)
    }

    fn search(&self, query: &TextQuery) -> Result<Vec<EmailId>, Error> {
        self.engine.search(query)
    }

    fn destroyed(&self, account: AccountId) -> Result<Vec<Destroyed>, Error> {
        self.engine.destroyed(account)
    }

    fn objects(
        &self,
        account: AccountId,
        collection: CollectionId,
        after: Seq,
    ) -> Result<Vec<ObjectRow>, Error> {
        self.engine.objects(account, collection, after)
    }

    fn gone(
        &self,
        account: AccountId,
        collection: CollectionId,
        after: Seq,
    ) -> Result<Vec<GoneObject>, Error> {
        self.engine.gone(account, collection, after)
    }

    fn object(
        &self,
        account: AccountId,
        collection: CollectionId,
        name: &PathSegment,
    ) -> Result<Option<ObjectRow>, Error> {
        self.engine.object(account, collection, name)
    }

    fn objects_with_uid(&self, account: AccountId, uid: &str) -> Result<Vec<ObjectRow>, Error> {
        self.engine.objects_with_uid(account, uid)
    }

    fn bodies(
        &self,
        blobs: &[BlobRef],
        each: &mut dyn FnMut(usize, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        self.engine.bodies(blobs, each)
    }

    fn versions(&self, account: AccountId) -> Result<Vec<Version>, Error> {
        self.engine.versions(account)
    }

    fn queue(&self, after: Option<QueuePlace>, limit: usize) -> Result<Vec<Queued>, Error> {
        self.engine.queue(after, limit)
    }

    fn queued(&self, account: AccountId, id: QueueId) -> Result<Option<Queued>, Error> {
        self.engine.queued(account, id)
    }

    fn domain(&self, name: &str) -> Result<Option<Domain>, Error> {
        self.engine.domain(name)
    }

    fn domains(&self) -> Result<Vec<Domain>, Error> {
        self.engine.domains()
    }

    fn principal(&self, id: PrincipalId) -> Result<Option<Principal>, Error> {
        self.engine.principal(id)
    }

    fn principal_at(&self, address: &str) -> Result<Option<Principal>, Error> {
        self.engine.principal_at(address)
    }

    fn principals(&self, after: PrincipalId, limit: usize) -> Result<Vec<Principal>, Error> {
        self.engine.principals(after, limit)
    }

    fn aliases(&self, principal: PrincipalId) -> Result<Vec<String>, Error> {
        self.engine.aliases(principal)
    }

    fn groups_of(&self, principal: PrincipalId) -> Result<Vec<PrincipalId>, Error> {
        self.engine.groups_of(principal)
    }

    fn shared_with(&self, principals: &[Option<PrincipalId>]) -> Result<Vec<AccountId>, Error> {
        self.engine.shared_with(principals)
    }

    fn credentials(&self, principal: PrincipalId) -> Result<Vec<Credential>, Error> {
        self.engine.credentials(principal)
    }

    fn credential(&self, id: CredentialId) -> Result<Option<Credential>, Error> {
        self.engine.credential(id)
    }

    fn credential_uses(&self, principal: PrincipalId) -> Result<Vec<CredentialUse>, Error> {
        self.engine.credential_uses(principal)
    }

    fn mail_settings(&self, principal: PrincipalId) -> Result<MailSettings, Error> {
        self.engine.mail_settings(principal)
    }

    fn archives(&self) -> Result<Vec<Archive>, Error> {
        self.engine.archives()
    }

    fn uploads(&self) -> &dyn store::Uploads {
        self.engine.uploads()
    }

    fn size(&self) -> Result<u64, Error> {
        self.engine.size()
    }

    fn reindex(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<(), Error> {
        self.engine.reindex(progress)
    }

    fn stop(&self) {
        self.engine.stop();
    }
}

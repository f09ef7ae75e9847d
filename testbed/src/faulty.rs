//! An engine that fails at a chosen call, and the loop that tries each call in turn.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use model::{
    AccountId, Archive, BlobId, BlobRef, CollectionId, Credential, CredentialId, CredentialUse,
    Domain, EmailId, MailSettings, MailboxId, NumberSet, PathSegment, Principal, PrincipalId,
    QueueId, QueuePlace, Queued, Seq, Timestamp,
};
use store::{
    Blob, Destroyed, EmailRow, Engine, Entry, Error, GoneObject, Head, Located, Notice, ObjectRow,
    Reply, Request, Stored, TextQuery, UploadBounds, UploadPlace, Uploads, Version,
};

/// Calls that [`fail_each`] tries before it takes the test for endless.
const CALLS_MAX: u64 = 100_000;

/// Which call fails; clones count together.
#[derive(Clone, Debug)]
pub struct Faults {
    fails_at: u64,
    calls: Arc<AtomicU64>,
    struck: Arc<AtomicBool>,
}

impl Faults {
    /// Nothing fails; calls are counted all the same.
    #[must_use]
    pub fn none() -> Self {
        Self::nth(0)
    }

    /// The n-th call fails, counted from 1.
    #[must_use]
    pub fn nth(fails_at: u64) -> Self {
        Self {
            fails_at,
            calls: Arc::default(),
            struck: Arc::default(),
        }
    }

    /// Counts a call.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if it is the one that fails.
    pub fn call(&self) -> Result<(), Error> {
        if self.calls.fetch_add(1, Ordering::SeqCst) + 1 != self.fails_at {
            return Ok(());
        }
        self.struck.store(true, Ordering::SeqCst);
        Err(Error::Unavailable("a fault of the test".into()))
    }

    /// Whether the call that fails was made.
    #[must_use]
    pub fn has_struck(&self) -> bool {
        self.struck.load(Ordering::SeqCst)
    }

    /// Calls made so far.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }
}

/// Repeats a test with its 1st, 2nd, 3rd ... engine call failing, until it passes untouched.
///
/// # Panics
/// If the test does, or if it never ends untouched.
pub fn fail_each(mut test: impl FnMut(&Faults)) {
    for nth in 1..=CALLS_MAX {
        let faults = Faults::nth(nth);
        test(&faults);
        if !faults.has_struck() {
            return;
        }
    }
    panic!("the test makes more than {CALLS_MAX} calls");
}

/// Another engine whose calls fail as told; watching and stopping always work.
#[derive(Debug)]
pub struct Faulty {
    engine: Arc<dyn Engine>,
    faults: Faults,
}

impl Faulty {
    /// The engine with these faults.
    #[must_use]
    pub fn over(engine: Arc<dyn Engine>, faults: Faults) -> Arc<dyn Engine> {
        Arc::new(Self { engine, faults })
    }

    fn engine(&self) -> Result<&dyn Engine, Error> {
        self.faults.call().map(|()| &*self.engine)
    }
}

impl Engine for Faulty {
    fn prepare(&self, message: &[u8], meta: Vec<u8>) -> Result<Arc<Blob>, Error> {
        self.engine()?.prepare(message, meta)
    }

    fn submit(&self, requests: Vec<Request>, reply: Reply) {
        match self.engine() {
            Ok(engine) => engine.submit(requests, reply),
            Err(error) => reply(vec![Err(error); requests.len()]),
        }
    }

    fn submit_together(&self, requests: Vec<Request>, reply: Reply) {
        match self.engine() {
            Ok(engine) => engine.submit_together(requests, reply),
            Err(error) => reply(vec![Err(error); requests.len()]),
        }
    }

    fn watch(&self, listener: Box<dyn Fn(&Notice) + Send + Sync>) {
        self.engine.watch(listener);
    }

    fn head(&self, account: AccountId) -> Result<Option<Arc<Head>>, Error> {
        self.engine()?.head(account)
    }

    fn accounts(&self, after: AccountId, limit: usize) -> Result<Vec<AccountId>, Error> {
        self.engine()?.accounts(after, limit)
    }

    fn rows(
        &self,
        account: AccountId,
        mailbox: MailboxId,
        uids: &NumberSet,
    ) -> Result<Vec<EmailRow>, Error> {
        self.engine()?.rows(account, mailbox, uids)
    }

    fn locate(&self, account: AccountId, email: EmailId) -> Result<Option<Located>, Error> {
        self.engine()?.locate(account, email)
    }

    fn metas(
        &self,
        account: AccountId,
        emails: &[EmailId],
        each: &mut dyn FnMut(EmailId, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        self.engine()?.metas(account, emails, each)
    }

    fn messages(
        &self,
        account: AccountId,
        emails: &[EmailId],
        each: &mut dyn FnMut(EmailId, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        self.engine()?.messages(account, emails, each)
    }

    fn source(&self, account: AccountId, email: EmailId) -> Result<Option<Stored>, Error> {
        self.engine()?.source(account, email)
    }

    fn blob(&self, blob: BlobRef) -> Result<Vec<u8>, Error> {
        self.engine()?.blob(blob)
    }

    fn journal(&self, account: AccountId, after: Seq, limit: usize) -> Result<Vec<Entry>, Error> {
        self.engine()?.journal(account, after, limit)
    }

    fn search(&self, query: &TextQuery) -> Result<Vec<EmailId>, Error> {
        self.engine()?.search(query)
    }

    fn destroyed(&self, account: AccountId) -> Result<Vec<Destroyed>, Error> {
        self.engine()?.destroyed(account)
    }

    fn objects(
        &self,
        account: AccountId,
        collection: CollectionId,
        after: Seq,
    ) -> Result<Vec<ObjectRow>, Error> {
        self.engine()?.objects(account, collection, after)
    }

    fn gone(
        &self,
        account: AccountId,
        collection: CollectionId,
        after: Seq,
    ) -> Result<Vec<GoneObject>, Error> {
        self.engine()?.gone(account, collection, after)
    }

    fn object(
        &self,
        account: AccountId,
        collection: CollectionId,
        name: &PathSegment,
    ) -> Result<Option<ObjectRow>, Error> {
        self.engine()?.object(account, collection, name)
    }

    fn objects_with_uid(&self, account: AccountId, uid: &str) -> Result<Vec<ObjectRow>, Error> {
        self.engine()?.objects_with_uid(account, uid)
    }

    fn bodies(
        &self,
        blobs: &[BlobRef],
        each: &mut dyn FnMut(usize, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        self.engine()?.bodies(blobs, each)
    }

    fn versions(&self, account: AccountId) -> Result<Vec<Version>, Error> {
        self.engine()?.versions(account)
    }

    fn queue(&self, after: Option<QueuePlace>, limit: usize) -> Result<Vec<Queued>, Error> {
        self.engine()?.queue(after, limit)
    }

    fn queued(&self, account: AccountId, id: QueueId) -> Result<Option<Queued>, Error> {
        self.engine()?.queued(account, id)
    }

    fn domain(&self, name: &str) -> Result<Option<Domain>, Error> {
        self.engine()?.domain(name)
    }

    fn domains(&self) -> Result<Vec<Domain>, Error> {
        self.engine()?.domains()
    }

    fn principal(&self, id: PrincipalId) -> Result<Option<Principal>, Error> {
        self.engine()?.principal(id)
    }

    fn principal_at(&self, address: &str) -> Result<Option<Principal>, Error> {
        self.engine()?.principal_at(address)
    }

    fn principals(&self, after: PrincipalId, limit: usize) -> Result<Vec<Principal>, Error> {
        self.engine()?.principals(after, limit)
    }

    fn aliases(&self, principal: PrincipalId) -> Result<Vec<String>, Error> {
        self.engine()?.aliases(principal)
    }

    fn groups_of(&self, principal: PrincipalId) -> Result<Vec<PrincipalId>, Error> {
        self.engine()?.groups_of(principal)
    }

    fn shared_with(&self, principals: &[Option<PrincipalId>]) -> Result<Vec<AccountId>, Error> {
        self.engine()?.shared_with(principals)
    }

    fn credentials(&self, principal: PrincipalId) -> Result<Vec<Credential>, Error> {
        self.engine()?.credentials(principal)
    }

    fn credential(&self, id: CredentialId) -> Result<Option<Credential>, Error> {
        self.engine()?.credential(id)
    }

    fn credential_uses(&self, principal: PrincipalId) -> Result<Vec<CredentialUse>, Error> {
        self.engine()?.credential_uses(principal)
    }

    fn mail_settings(&self, principal: PrincipalId) -> Result<MailSettings, Error> {
        self.engine()?.mail_settings(principal)
    }

    fn archives(&self) -> Result<Vec<Archive>, Error> {
        self.engine()?.archives()
    }

    fn uploads(&self) -> &dyn Uploads {
        self
    }

    fn size(&self) -> Result<u64, Error> {
        self.engine()?.size()
    }

    fn reindex(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<(), Error> {
        self.engine()?.reindex(progress)
    }

    fn stop(&self) {
        self.engine.stop();
    }
}

impl Uploads for Faulty {
    fn keep(
        &self,
        place: UploadPlace,
        octets: &[u8],
        at: Timestamp,
        bounds: UploadBounds,
    ) -> Result<BlobId, Error> {
        let uploads = self.engine()?.uploads();
        uploads.keep(place, octets, at, bounds)
    }

    fn size(&self, place: UploadPlace, id: BlobId) -> Result<Option<u64>, Error> {
        self.engine()?.uploads().size(place, id)
    }

    fn read(&self, place: UploadPlace, id: BlobId) -> Result<Option<Vec<u8>>, Error> {
        self.engine()?.uploads().read(place, id)
    }

    fn expire(&self, before: Timestamp) -> Result<usize, Error> {
        self.engine()?.uploads().expire(before)
    }
}

//! The trait that an engine implements: append commits, read the journal, typed reads.

use std::fmt;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use model::{
    AccountId, Archive, BlobRef, CollectionId, Commit, Credential, CredentialId, CredentialUse,
    Domain, EmailId, MailSettings, MailboxId, NumberSet, PathSegment, Principal, PrincipalId,
    QueueId, QueuePlace, Queued, Seq, Timestamp,
};

use crate::blob::Blob;
use crate::change::{Committed, Request};
use crate::error::Error;
use crate::head::Head;
use crate::notice::Notice;
use crate::rows::{Destroyed, EmailRow, GoneObject, Located, ObjectRow, Version};
use crate::text::TextQuery;
use crate::upload::Uploads;

/// What is called with the answers to submitted requests, in their order, once they are durable.
pub type Reply = Box<dyn FnOnce(Vec<Result<Committed, Error>>) + Send>;

/// Bytes that are in the store already, ready to be named by another email.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The bytes.
    pub blob: BlobRef,
    /// The encoded `model::EmailMeta`.
    pub meta: Arc<[u8]>,
}

/// One entry of an account's journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number in the account.
    pub seq: Seq,
    /// When it was committed.
    pub at: Timestamp,
    /// Its place in the log of all accounts, from 0.
    pub index: u64,
    /// What it says; none once its payload was dropped.
    pub commit: Option<Commit>,
}

/// An engine: keeps the journal and the state folded from it. Calls block; [`crate::Store`] keeps them off the async threads.
///
/// A read sees every commit that was answered before it began.
pub trait Engine: Send + Sync + fmt::Debug {
    /// Makes a message ready to be named by requests: hashed, compressed, large ones written to a file.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if a file cannot be written.
    fn prepare(&self, message: &[u8], meta: Vec<u8>) -> Result<Arc<Blob>, Error>;

    /// Hands requests to the writer, which makes them durable together and then calls `reply`.
    /// Each request succeeds or fails for itself.
    fn submit(&self, requests: Vec<Request>, reply: Reply);

    /// As [`Engine::submit`], but all requests are made durable or none. Each is of another account. Those that are not at
    /// fault fail with [`Error::NotTogether`].
    fn submit_together(&self, requests: Vec<Request>, reply: Reply);

    /// Calls `listener` with every commit, in commit order, after it is durable and visible.
    fn watch(&self, listener: Box<dyn Fn(&Notice) + Send + Sync>);

    /// The small part of an account's state; none if nothing was ever committed to it.
    fn head(&self, account: AccountId) -> Result<Option<Arc<Head>>, Error>;

    /// The accounts that have entries, rising, `from` the first of them.
    fn accounts(&self, from: AccountId, limit: usize) -> Result<Vec<AccountId>, Error>;

    /// The emails of a mailbox with these UIDs, by rising UID.
    fn rows(
        &self,
        account: AccountId,
        mailbox: MailboxId,
        uids: &NumberSet,
    ) -> Result<Vec<EmailRow>, Error>;

    /// Where an email is; none if it is destroyed or was never there.
    fn locate(&self, account: AccountId, email: EmailId) -> Result<Option<Located>, Error>;

    /// Calls `each` with the encoded `model::EmailMeta` of these emails, in the order given; passes over those that were
    /// purged or never there. Destroyed ones are served until then.
    fn metas(
        &self,
        account: AccountId,
        emails: &[EmailId],
        each: &mut dyn FnMut(EmailId, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Error>;

    /// Calls `each` with the bytes of these emails, in the order given; passes over those that were purged or never
    /// there. Destroyed ones are served until then.
    fn messages(
        &self,
        account: AccountId,
        emails: &[EmailId],
        each: &mut dyn FnMut(EmailId, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Error>;

    /// As [`Engine::messages`], with the bytes in `into`, behind what is there: `each` gets where they lie, other octets
    /// may lie between them.
    fn messages_into(
        &self,
        account: AccountId,
        emails: &[EmailId],
        into: &mut Vec<u8>,
        each: &mut dyn FnMut(EmailId, Range<usize>) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        self.messages(account, emails, &mut |email, message| {
            let start = into.len();
            into.extend_from_slice(message);
            each(email, start..into.len())
        })
    }

    /// Where an email's bytes are, to add them to another account, with its encoded `model::EmailMeta`.
    fn source(&self, account: AccountId, email: EmailId) -> Result<Option<Stored>, Error>;

    /// The bytes of a blob.
    fn blob(&self, blob: BlobRef) -> Result<Vec<u8>, Error>;

    /// Entries of the account after `after`, rising, at most `limit`.
    fn journal(&self, account: AccountId, after: Seq, limit: usize) -> Result<Vec<Entry>, Error>;

    /// The emails that match and are in a mailbox, rising. Never behind what was answered. A text without any word
    /// in it matches nothing.
    fn search(&self, query: &TextQuery) -> Result<Vec<EmailId>, Error>;

    /// Destroyed emails that can be restored, by rising number.
    fn destroyed(&self, account: AccountId) -> Result<Vec<Destroyed>, Error>;

    /// Objects of a collection that changed after `after`, by the commit that did and their number; all of them after
    /// [`Seq::START`].
    fn objects(
        &self,
        account: AccountId,
        collection: CollectionId,
        after: Seq,
    ) -> Result<Vec<ObjectRow>, Error>;

    /// Objects that left a collection after `after`, in that order. One may be there again under the same name.
    fn gone(
        &self,
        account: AccountId,
        collection: CollectionId,
        after: Seq,
    ) -> Result<Vec<GoneObject>, Error>;

    /// The object of that name in a collection.
    fn object(
        &self,
        account: AccountId,
        collection: CollectionId,
        name: &PathSegment,
    ) -> Result<Option<ObjectRow>, Error>;

    /// The account's objects with this `UID`, by collection; none for an empty one.
    fn objects_with_uid(&self, account: AccountId, uid: &str) -> Result<Vec<ObjectRow>, Error>;

    /// Calls `each` with the place in `blobs` and the bytes of each, in the order given; passes over those that were
    /// purged or never there.
    fn bodies(
        &self,
        blobs: &[BlobRef],
        each: &mut dyn FnMut(usize, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Error>;

    /// Replaced and destroyed bodies of the account that can be restored, by object and age.
    fn versions(&self, account: AccountId) -> Result<Vec<Version>, Error>;

    /// Messages waiting to be sent, of all accounts, oldest first, behind `after`, at most `limit`.
    fn queue(&self, after: Option<QueuePlace>, limit: usize) -> Result<Vec<Queued>, Error>;

    /// A message of the account that waits to be sent.
    fn queued(&self, account: AccountId, id: QueueId) -> Result<Option<Queued>, Error>;

    /// A domain by its name in lower case.
    fn domain(&self, name: &str) -> Result<Option<Domain>, Error>;

    /// All domains by name.
    fn domains(&self) -> Result<Vec<Domain>, Error>;

    /// A principal by its number.
    fn principal(&self, id: PrincipalId) -> Result<Option<Principal>, Error>;

    /// Whose address this is, main address or alias, in lower case.
    fn principal_at(&self, address: &str) -> Result<Option<Principal>, Error>;

    /// Principals with numbers after `after`, rising, at most `limit`.
    fn principals(&self, after: PrincipalId, limit: usize) -> Result<Vec<Principal>, Error>;

    /// The further addresses of a principal.
    fn aliases(&self, principal: PrincipalId) -> Result<Vec<String>, Error>;

    /// The groups that have this principal as a direct member, rising.
    fn groups_of(&self, principal: PrincipalId) -> Result<Vec<PrincipalId>, Error>;

    /// The accounts that share some mailbox or collection with one of these principals (none: with everybody), or
    /// have one of them as a deputy, rising.
    fn shared_with(&self, principals: &[Option<PrincipalId>]) -> Result<Vec<AccountId>, Error>;

    /// What proves a principal.
    fn credentials(&self, principal: PrincipalId) -> Result<Vec<Credential>, Error>;

    /// A credential by number.
    fn credential(&self, id: CredentialId) -> Result<Option<Credential>, Error>;

    /// When a principal's credentials were last used, by number; of one that never was, nothing.
    fn credential_uses(&self, principal: PrincipalId) -> Result<Vec<CredentialUse>, Error>;

    /// How mail to a principal goes on, and who may write in its name; the default where nothing was said.
    fn mail_settings(&self, principal: PrincipalId) -> Result<MailSettings, Error>;

    /// Where copies of messages go: of all mail first, then by domain.
    fn archives(&self) -> Result<Vec<Archive>, Error>;

    /// What was brought to be used soon. Not journalled; there after a restart all the same.
    fn uploads(&self) -> &dyn Uploads;

    /// Entries in the log of all accounts.
    fn size(&self) -> Result<u64, Error>;

    /// Drops the search index; it is made again from the journal, and `progress` is told (done, of all) on the way.
    fn reindex(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<(), Error>;

    /// Waits until all that was submitted is durable, folds it, and stops. Later calls fail with [`Error::Unavailable`].
    fn stop(&self);
}

//! From what is wanted to what will be: turns a request into mutations with every number in them.
//!
//! Runs in the engine's writer, where commits have an order, so that UIDs, threads and names are decided
//! on the state they will be folded into. Pure: what it must know of rows comes through [`Lookup`].

mod directory;

mod mail_settings;

mod conflict;

mod emails;

mod mailboxes;

mod collections;

mod objects;

mod queue;

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{
    AccountId, CollectionId, Credential, CredentialId, Domain, EmailId, MailSettings, MailboxId,
    Mutation, NumberSet, ObjectId, PathSegment, Principal, PrincipalId, QueueId, Queued, Seq,
    ThreadId, ThreadKeys, Timestamp,
};

use crate::blob::Blob;
use crate::change::{Change, Outcome, Request, Source};
use crate::error::Error;
use crate::head::Head;
use crate::rows::{Destroyed, EmailRow, ObjectRow};

use self::conflict::Touched;

/// What deciding must know of the state beyond the head: the rows as they are before the request.
pub trait Lookup {
    /// The emails of a mailbox with these UIDs, by rising UID.
    fn rows(
        &self,
        account: AccountId,
        mailbox: MailboxId,
        uids: &NumberSet,
    ) -> Result<Vec<EmailRow>, Error>;
    /// The thread that an email with these keys belongs to, if there is one.
    fn thread(&self, account: AccountId, keys: &ThreadKeys) -> Result<Option<ThreadId>, Error>;
    /// A destroyed email that can be restored.
    fn destroyed(&self, account: AccountId, email: EmailId) -> Result<Option<Destroyed>, Error>;
    /// What was destroyed before then, at most `limit`, by rising number.
    fn destroyed_before(
        &self,
        account: AccountId,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<EmailId>, Error>;
    /// The object of that name in a collection.
    fn object(
        &self,
        account: AccountId,
        collection: CollectionId,
        name: &PathSegment,
    ) -> Result<Option<ObjectRow>, Error>;
    /// The account's objects with this `UID`.
    fn objects_with_uid(&self, account: AccountId, uid: &str) -> Result<Vec<ObjectRow>, Error>;
    /// The numbers of all objects in a collection.
    fn object_numbers(
        &self,
        account: AccountId,
        collection: CollectionId,
    ) -> Result<NumberSet, Error>;
    /// Bodies that were replaced or destroyed before then, at most `limit`, by age.
    fn versions_before(
        &self,
        account: AccountId,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<(ObjectId, Seq)>, Error>;
    /// Whether this body can be restored.
    fn has_version(&self, account: AccountId, object: ObjectId, until: Seq) -> Result<bool, Error>;
    /// A message that waits to be sent.
    fn queued(&self, account: AccountId, id: QueueId) -> Result<Option<Queued>, Error>;
    /// A domain by name.
    fn domain(&self, name: &str) -> Result<Option<Domain>, Error>;
    /// Whether some address lies in the domain.
    fn is_domain_used(&self, name: &str) -> Result<bool, Error>;
    /// A principal by number.
    fn principal(&self, id: PrincipalId) -> Result<Option<Principal>, Error>;
    /// Whose address it is.
    fn principal_at(&self, address: &str) -> Result<Option<PrincipalId>, Error>;
    /// What proves the principal.
    fn credentials(&self, principal: PrincipalId) -> Result<Vec<Credential>, Error>;
    /// How mail to a principal goes on; the default where nothing was said.
    fn mail_settings(&self, principal: PrincipalId) -> Result<MailSettings, Error>;
    /// The address that gets copies of a domain's mail, or of all.
    fn archive(&self, domain: Option<&str>) -> Result<Option<String>, Error>;
    /// A credential by number.
    fn credential(&self, id: CredentialId) -> Result<Option<Credential>, Error>;
}

/// A request that was decided.
#[derive(Debug)]
pub struct Decided {
    /// The head after it.
    pub head: Head,
    /// What the entry will say; empty if nothing has to change.
    pub mutations: Vec<Mutation>,
    /// What became of each change.
    pub outcomes: Vec<Outcome>,
    /// Blobs that are new: the mutation in this place names one, and the engine fills in where it lies.
    pub blobs: Vec<(usize, Arc<Blob>)>,
    /// New emails, and bodies of objects: place of the mutation, and of the change that has their metadata and text.
    pub added: Vec<(usize, usize)>,
}

/// Decides a request on the state given by `head` and `lookup`.
///
/// # Errors
/// The first change that cannot be done, and with it the whole request.
pub fn decide(head: &Head, request: &Request, lookup: &dyn Lookup) -> Result<Decided, Error> {
    if request.if_seq.is_some_and(|seq| seq != head.seq) {
        return Err(Error::StateMismatch);
    }
    let mut deciding = Deciding {
        seq: head.seq.next(),
        head: head.clone(),
        lookup,
        at: request.at,
        mutations: Vec::with_capacity(request.changes.len()),
        blobs: Vec::new(),
        added: Vec::new(),
        threads: Vec::new(),
        touched: Vec::new(),
        objects_touched: BTreeSet::new(),
        queue_touched: BTreeSet::new(),
        directory_touched: Touched::default(),
        many: request.changes.len() > 1,
    };
    let mut outcomes = Vec::with_capacity(request.changes.len());
    for (place, change) in request.changes.iter().enumerate() {
        outcomes.push(deciding.change(change, place)?);
    }
    let Deciding {
        head,
        mutations,
        blobs,
        added,
        ..
    } = deciding;
    Ok(Decided {
        head,
        mutations,
        outcomes,
        blobs,
        added,
    })
}

/// The head as it will be, and what was decided so far.
struct Deciding<'a> {
    seq: Seq,
    head: Head,
    lookup: &'a dyn Lookup,
    at: Timestamp,
    mutations: Vec<Mutation>,
    blobs: Vec<(usize, Arc<Blob>)>,
    added: Vec<(usize, usize)>,
    /// Threads that this request itself gave to message ids and subjects.
    threads: Vec<(u64, u64, ThreadId)>,
    /// Emails that this request changed, if it has more than one change.
    touched: Vec<(MailboxId, NumberSet)>,
    /// Names and UIDs of objects that this request changed, if it has more than one change.
    objects_touched: BTreeSet<(CollectionId, String)>,
    /// Queued messages that this request changed, if it has more than one change.
    queue_touched: BTreeSet<QueueId>,
    /// What this request looked at and changed in the directory, if it has more than one change.
    directory_touched: Touched,
    many: bool,
}

impl Deciding<'_> {
    fn change(&mut self, change: &Change, place: usize) -> Result<Outcome, Error> {
        match change {
            Change::CreateMailbox { parent, name, role } => {
                self.create_mailbox(*parent, name, *role)
            }
            Change::UpdateMailbox {
                mailbox,
                parent,
                name,
                role,
            } => self.update_mailbox(*mailbox, *parent, name, *role),
            Change::DestroyMailbox {
                mailbox,
                with_emails,
            } => self.destroy_mailbox(*mailbox, *with_emails),
            Change::SetSubscribed {
                mailbox,
                principal,
                subscribed,
            } => self.set_subscribed(*mailbox, *principal, *subscribed),
            Change::SetShare {
                mailbox,
                principal,
                rights,
            } => self.set_share(*mailbox, *principal, *rights),
            Change::AddEmail(new) => self.add_email(new, place),
            Change::SetKeywords {
                mailbox,
                uids,
                change,
                unchanged_since,
            } => self.set_keywords(*mailbox, uids, change, *unchanged_since),
            Change::CopyEmails { from, uids, to } => self.copy_emails(*from, uids, *to),
            Change::MoveEmails { from, uids, to } => self.move_emails(*from, uids, *to),
            Change::DestroyEmails {
                mailbox,
                uids,
                only_deleted,
            } => self.destroy_emails(*mailbox, uids, *only_deleted),
            Change::RestoreEmail { email, mailbox } => self.restore_email(*email, *mailbox),
            Change::PurgeEmails {
                destroyed_before,
                limit,
            } => self.purge_emails(*destroyed_before, *limit),
            Change::PurgeThese { emails } => self.purge_these(emails),
            Change::Enqueue(new) => self.enqueue(new),
            Change::Dequeue { id } => self.dequeue(*id),
            Change::SetQueued { id, change } => self.set_queued(*id, change),
            Change::SetQuota { octets } => {
                if self.head.quota_octets != *octets {
                    self.push(Mutation::SetQuota { octets: *octets })?;
                }
                Ok(Outcome::Done)
            }
            Change::Collections(change) => self.collections(change, place),
            Change::SetDomain(_)
            | Change::RemoveDomain { .. }
            | Change::AddPrincipal(_)
            | Change::UpdatePrincipal(_)
            | Change::RemovePrincipal { .. }
            | Change::SetAlias { .. }
            | Change::RemoveAlias { .. }
            | Change::AddCredential(_)
            | Change::RemoveCredential { .. }
            | Change::UpdateCredential { .. }
            | Change::NoteCredentialUses(_)
            | Change::SetMailSettings { .. }
            | Change::SetArchive { .. } => self.directory(change),
        }
    }

    /// Notes a mutation and folds it into the head, so that the next change is decided behind it.
    fn push(&mut self, mutation: Mutation) -> Result<(), Error> {
        self.head.apply(&mutation, self.seq)?;
        self.mutations.push(mutation);
        Ok(())
    }

    /// Where the bytes lie; for new ones the engine fills that in once it has placed them.
    fn place(&mut self, source: &Source) -> model::BlobRef {
        match source {
            Source::Stored { blob, .. } => *blob,
            Source::New(blob) => {
                self.blobs.push((self.mutations.len(), Arc::clone(blob)));
                model::BlobRef { id: blob.id, at: 0 }
            }
        }
    }
}

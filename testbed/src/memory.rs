//! The engine as it would be if memory were endless and never lost: the model that real engines are compared with.
//!
//! Requests are decided by `store::decide`, encoded as the journal would keep them, decoded again, and folded into
//! ordered maps, all under one mutex. [`MemoryEngine::check`] folds the encoded entries a second time and compares.
//!
//! It is not fast, keeps nothing on disk, and a listener must not submit.

mod state;

mod uploads;

mod lookup;

mod objects;

mod words;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{
    AccountId, Archive, BlobId, BlobRef, CollectionId, Commit, Credential, CredentialId,
    CredentialUse, Domain, EmailId, MailSettings, MailboxId, Mutation, NumberSet, PathSegment,
    Principal, PrincipalId, QueueId, QueuePlace, Queued, Seq, Timestamp,
};
use seal::{Hash, Link};
use store::{
    Blob, Change, CollectionChange, Committed, Decided, Destroyed, EmailRow, Engine, Entry, Error,
    Extract, GoneObject, Head, Located, Lookup, Notice, ObjectRow, Place, Reply, Request,
    SearchText, Source, Stored, TextQuery, Uploads, Version, decide,
};

use self::objects::Noted;
use self::state::State;
use self::uploads::MemoryUploads;
use self::words::matches;

/// The in-memory engine.
pub struct MemoryEngine {
    /// Held from deciding to the last notice, so that notices keep the order of commits.
    order: Mutex<()>,
    inner: Mutex<Inner>,
    listeners: Mutex<Vec<Listener>>,
    uploads: MemoryUploads,
    extract: Extract,
}

type Listener = Box<dyn Fn(&Notice) + Send + Sync>;

/// What the engine holds: the journal, the state folded from it, and what can be dropped.
#[derive(Default)]
struct Inner {
    stopped: bool,
    journal: Vec<Sealed>,
    state: State,
    /// Messages and bodies of objects by their place.
    blobs: BTreeMap<u64, Kept>,
    /// Encoded metadata by its BLAKE3.
    metas: BTreeMap<[u8; 32], Arc<[u8]>>,
    next_blob: u64,
}

/// Bytes that are kept.
struct Kept {
    id: BlobId,
    bytes: Vec<u8>,
    /// BLAKE3 of their metadata.
    meta: [u8; 32],
    text: Arc<SearchText>,
}

/// One entry as the journal keeps it.
struct Sealed {
    link: Link,
    payload: Vec<u8>,
}

impl MemoryEngine {
    /// An empty engine, as everything above it sees one.
    #[must_use]
    pub fn open(extract: Extract) -> Arc<dyn Engine> {
        Self::new(extract)
    }

    /// An empty engine that can be looked into.
    #[must_use]
    pub fn new(extract: Extract) -> Arc<Self> {
        Arc::new(Self {
            order: Mutex::new(()),
            inner: Mutex::default(),
            listeners: Mutex::default(),
            uploads: MemoryUploads::default(),
            extract,
        })
    }

    /// Folds the encoded entries into a second state and compares: entries, chains, rows, counters.
    ///
    /// # Errors
    /// [`Error::Damaged`] says what does not agree.
    pub fn check(&self) -> Result<(), Error> {
        let inner = self.lock();
        let mut again = State::default();
        for sealed in &inner.journal {
            let account = account_of(&sealed.link);
            let head = again.head(account).map_or(Hash::ZERO, |head| head.link);
            if sealed.link.previous != head || !sealed.link.seals(&sealed.payload) {
                return Err(Error::Damaged("the chain is broken".into()));
            }
            again.fold(&sealed.link, &decoded(&sealed.payload)?)?;
        }
        if again != inner.state {
            return Err(Error::Damaged("a replay gives another state".into()));
        }
        again.recount()
    }

    /// The payloads of an account's entries as they are sealed, rising.
    #[must_use]
    pub fn payloads(&self, account: AccountId) -> Vec<Vec<u8>> {
        let inner = self.lock();
        let of_account = inner
            .journal
            .iter()
            .filter(|sealed| account_of(&sealed.link) == account);
        of_account.map(|sealed| sealed.payload.clone()).collect()
    }

    /// Messages that are kept, purged ones not counted.
    #[must_use]
    pub fn blob_count(&self) -> usize {
        self.lock().blobs.len()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The inside for a call that must fail once the engine was stopped.
    fn running(&self) -> Result<MutexGuard<'_, Inner>, Error> {
        let inner = self.lock();
        if inner.stopped {
            Err(Error::Unavailable("it is stopped".into()))
        } else {
            Ok(inner)
        }
    }

    fn take(&self, requests: &[Request], together: bool, reply: Reply) {
        let order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answers = Vec::with_capacity(requests.len());
        let mut notices = Vec::new();
        match self.running() {
            Ok(mut inner) => {
                let refused = together.then(|| inner.refusals(requests)).flatten();
                match refused {
                    Some(refused) => answers.extend(refused.into_iter().map(Err)),
                    None => {
                        for request in requests {
                            let done = self.commit(&mut inner, request);
                            answers.push(done.map(|(committed, notice)| {
                                notices.extend(notice);
                                committed
                            }));
                        }
                    }
                }
            }
            Err(error) => answers.resize(requests.len(), Err(error)),
        }
        let listeners = self
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for notice in &notices {
            listeners.iter().for_each(|listener| listener(notice));
        }
        drop(listeners);
        drop(order);
        reply(answers);
    }

    fn commit(
        &self,
        inner: &mut Inner,
        request: &Request,
    ) -> Result<(Committed, Option<Notice>), Error> {
        let account = request.account;
        let head = match inner.state.head(account) {
            Some(head) => Arc::clone(head),
            None => Arc::new(Head::new(account)),
        };
        inner.sources_are_there(request)?;
        let mut decided = decide(&head, request, &inner.state)?;
        if decided.mutations.is_empty() {
            let committed = Committed {
                seq: head.seq,
                outcomes: decided.outcomes,
            };
            return Ok((committed, None));
        }
        let mut texts = inner.place(&mut decided, request, &self.extract);
        let commit = Commit {
            actor: request.actor.clone(),
            mutations: decided.mutations,
        };
        let payload = commit
            .encode()
            .map_err(|_| Error::Limit("the request is too large for one entry"))?;
        let link = Link {
            stream: u64::from(account.0),
            number: head.seq.next().0,
            at_ms: request.at.max(head.at).0,
            previous: head.link,
            payload: Hash::of(&payload),
        };
        let read = decoded(&payload)?;
        if read != commit {
            return Err(Error::Damaged("an entry decodes to something else".into()));
        }
        inner.blobs.append(&mut texts.blobs);
        inner.metas.append(&mut texts.metas);
        inner.next_blob = texts.next_blob;
        texts
            .placed
            .iter()
            .for_each(|(blob, at)| blob.set_placed(*at));
        inner.state.fold(&link, &read)?;
        decided.head.seq = head.seq.next();
        decided.head.at = request.at.max(head.at);
        decided.head.link = link.hash();
        if inner.state.head(account).map(|head| &**head) != Some(&decided.head) {
            return Err(Error::Damaged("the fold is not what was decided".into()));
        }
        inner.journal.push(Sealed { link, payload });
        if read.mutations.iter().any(|done| {
            matches!(
                done,
                Mutation::PurgeEmails { .. }
                    | Mutation::Dequeue { .. }
                    | Mutation::PurgeVersions { .. }
            )
        }) {
            inner.drop_unnamed();
        }
        let seq = head.seq.next();
        let notice = Notice {
            account,
            seq,
            mutations: read.mutations.into(),
        };
        let committed = Committed {
            seq,
            outcomes: decided.outcomes,
        };
        Ok((committed, Some(notice)))
    }
}

/// What a request will put beside the journal.
struct Placed {
    blobs: BTreeMap<u64, Kept>,
    metas: BTreeMap<[u8; 32], Arc<[u8]>>,
    placed: Vec<(Arc<Blob>, u64)>,
    next_blob: u64,
}

impl Inner {
    /// What to answer if one of the requests that stand or fall together cannot be done.
    fn refusals(&self, requests: &[Request]) -> Option<Vec<Error>> {
        let rehearse = |(place, request): (usize, &Request)| {
            let same_account = |other: &Request| other.account == request.account;
            if requests[..place].iter().any(same_account) {
                return Err(Error::Invalid("two requests of one account stand together"));
            }
            let known = self.state.head(request.account).cloned();
            let head = known.unwrap_or_else(|| Arc::new(Head::new(request.account)));
            self.sources_are_there(request)?;
            decide(&head, request, &self.state).map(drop)
        };
        let rehearsed: Vec<_> = requests.iter().enumerate().map(rehearse).collect();
        let refused = rehearsed.iter().any(Result::is_err);
        let answer = |done: Result<(), Error>| done.err().unwrap_or(Error::NotTogether);
        refused.then(|| rehearsed.into_iter().map(answer).collect())
    }

    /// A source that names stored bytes must name bytes that are there.
    fn sources_are_there(&self, request: &Request) -> Result<(), Error> {
        let sources = request.changes.iter().filter_map(|change| match change {
            Change::AddEmail(new) => Some((&new.source, false)),
            Change::Enqueue(new) => Some((&new.source, false)),
            Change::Collections(change) => match &**change {
                CollectionChange::Put(new) => Some((&new.source, true)),
                _ => None,
            },
            _ => None,
        });
        for (source, is_object) in sources {
            if let Source::Stored { blob, meta } = source {
                let kept = self.kept(*blob)?;
                if is_object && BlobId::of(meta).0 != kept.meta {
                    return Err(Error::Invalid(
                        "the metadata is not that of the stored bytes",
                    ));
                }
            }
        }
        Ok(())
    }

    /// Gives new bytes their places, and writes these into the mutations.
    fn place(&self, decided: &mut Decided, request: &Request, extract: &Extract) -> Placed {
        let mut placed = Placed {
            blobs: BTreeMap::new(),
            metas: BTreeMap::new(),
            placed: Vec::new(),
            next_blob: self.next_blob,
        };
        for (place, blob) in &decided.blobs {
            let known = blob.placed().filter(|known| self.bytes(*known).is_ok());
            let now = placed
                .placed
                .iter()
                .find(|(other, _)| Arc::ptr_eq(other, blob));
            let at = match (known, now) {
                (Some(known), _) => known.at,
                (None, Some((_, at))) => *at,
                (None, None) => {
                    placed.next_blob += 1;
                    placed.placed.push((Arc::clone(blob), placed.next_blob));
                    let bytes = match &blob.place {
                        Place::Journal(bytes) => bytes.clone(),
                        Place::File(_) => Vec::new(),
                    };
                    let text = Arc::new(extract(&bytes));
                    let kept = Kept {
                        id: blob.id,
                        bytes,
                        meta: blob.meta_hash,
                        text,
                    };
                    placed.blobs.insert(placed.next_blob, kept);
                    placed.next_blob
                }
            };
            placed
                .metas
                .insert(blob.meta_hash, blob.meta.clone().into());
            match decided.mutations.get_mut(*place) {
                Some(Mutation::AddEmail(new)) => new.blob.at = at,
                Some(Mutation::PutObject(put)) => put.blob.at = at,
                Some(Mutation::Enqueue(item)) => item.blob.at = at,
                _ => {}
            }
        }
        for (mutation, change) in &decided.added {
            let (Some(Mutation::AddEmail(email)), Some(Change::AddEmail(new))) = (
                decided.mutations.get(*mutation),
                request.changes.get(*change),
            ) else {
                continue;
            };
            if let Source::Stored { meta, .. } = &new.source {
                placed.metas.insert(email.meta, Arc::clone(meta));
            }
            if let (Some(text), Some(blob)) = (&new.text, placed.blobs.get_mut(&email.blob.at)) {
                blob.text = Arc::clone(text);
            }
        }
        placed
    }

    fn bytes(&self, blob: BlobRef) -> Result<&[u8], Error> {
        self.kept(blob).map(|kept| kept.bytes.as_slice())
    }

    fn kept(&self, blob: BlobRef) -> Result<&Kept, Error> {
        self.blobs
            .get(&blob.at)
            .filter(|kept| kept.id == blob.id)
            .ok_or(Error::NotFound("the blob"))
    }

    /// An object with its metadata.
    fn object(&self, noted: &Noted<ObjectRow>) -> ObjectRow {
        ObjectRow {
            meta: self.metas.get(&noted.meta).cloned().unwrap_or_default(),
            ..noted.row.clone()
        }
    }

    /// Drops the bytes and metadata that no email or object, restorable or not, and no queued message names any more.
    fn drop_unnamed(&mut self) {
        let (blobs, metas) = self.state.named();
        self.blobs.retain(|at, _| blobs.contains(at));
        self.metas.retain(|hash, _| metas.contains(hash));
    }
}

fn account_of(link: &Link) -> AccountId {
    AccountId(u32::try_from(link.stream).unwrap_or(u32::MAX))
}

fn decoded(payload: &[u8]) -> Result<Commit, Error> {
    Commit::decode(payload).map_err(|error| Error::Damaged(error.to_string()))
}

impl Engine for MemoryEngine {
    fn prepare(&self, message: &[u8], meta: Vec<u8>) -> Result<Arc<Blob>, Error> {
        drop(self.running()?);
        let size = u32::try_from(message.len())
            .map_err(|_| Error::Limit("the message is larger than 4 GiB"))?;
        let place = Place::Journal(message.to_vec());
        Ok(Arc::new(Blob::new(BlobId::of(message), size, place, meta)))
    }

    fn submit(&self, requests: Vec<Request>, reply: Reply) {
        self.take(&requests, false, reply);
    }

    fn submit_together(&self, requests: Vec<Request>, reply: Reply) {
        self.take(&requests, true, reply);
    }

    fn watch(&self, listener: Listener) {
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(listener);
    }

    fn head(&self, account: AccountId) -> Result<Option<Arc<Head>>, Error> {
        Ok(self.running()?.state.head(account).cloned())
    }

    fn accounts(&self, from: AccountId, limit: usize) -> Result<Vec<AccountId>, Error> {
        let inner = self.running()?;
        Ok(inner
            .state
            .accounts()
            .filter(|id| *id >= from)
            .take(limit)
            .collect())
    }

    fn rows(
        &self,
        account: AccountId,
        mailbox: MailboxId,
        uids: &NumberSet,
    ) -> Result<Vec<EmailRow>, Error> {
        Lookup::rows(&self.running()?.state, account, mailbox, uids)
    }

    fn locate(&self, account: AccountId, email: EmailId) -> Result<Option<Located>, Error> {
        Ok(self.running()?.state.locate(account, email))
    }

    fn metas(
        &self,
        account: AccountId,
        emails: &[EmailId],
        each: &mut dyn FnMut(EmailId, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let inner = self.running()?;
        for email in emails {
            let held = inner.state.held(account, *email);
            let Some(meta) = held.and_then(|held| inner.metas.get(&held.meta)) else {
                continue;
            };
            if each(*email, meta).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn messages(
        &self,
        account: AccountId,
        emails: &[EmailId],
        each: &mut dyn FnMut(EmailId, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let inner = self.running()?;
        for email in emails {
            let Some(held) = inner.state.held(account, *email) else {
                continue;
            };
            if each(*email, inner.bytes(held.blob)?).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn source(&self, account: AccountId, email: EmailId) -> Result<Option<Stored>, Error> {
        let inner = self.running()?;
        Ok(inner.state.held(account, email).and_then(|held| {
            Some(Stored {
                blob: held.blob,
                meta: Arc::clone(inner.metas.get(&held.meta)?),
            })
        }))
    }

    fn blob(&self, blob: BlobRef) -> Result<Vec<u8>, Error> {
        self.running()?.bytes(blob).map(<[u8]>::to_vec)
    }

    fn journal(&self, account: AccountId, after: Seq, limit: usize) -> Result<Vec<Entry>, Error> {
        let inner = self.running()?;
        (0u64..)
            .zip(&inner.journal)
            .filter(|(_, sealed)| account_of(&sealed.link) == account)
            .filter(|(_, sealed)| Seq(sealed.link.number).is_after(after))
            .take(limit)
            .map(|(index, sealed)| {
                Ok(Entry {
                    seq: Seq(sealed.link.number),
                    at: Timestamp(sealed.link.at_ms),
                    index,
                    commit: Some(decoded(&sealed.payload)?),
                })
            })
            .collect()
    }

    fn search(&self, query: &TextQuery) -> Result<Vec<EmailId>, Error> {
        let inner = self.running()?;
        let found = |email: &EmailId| {
            let held = inner.state.held(query.account, *email);
            held.and_then(|held| inner.blobs.get(&held.blob.at))
                .is_some_and(|kept| matches(&kept.text, query.field, &query.text))
        };
        Ok(inner.state.emails(query.account).filter(found).collect())
    }

    fn destroyed(&self, account: AccountId) -> Result<Vec<Destroyed>, Error> {
        Ok(self.running()?.state.destroyed(account))
    }

    fn objects(
        &self,
        account: AccountId,
        collection: CollectionId,
        after: Seq,
    ) -> Result<Vec<ObjectRow>, Error> {
        let inner = self.running()?;
        let rows = inner.state.object_rows(account);
        let changed =
            rows.filter(|noted| noted.row.collection == collection && noted.row.changed > after);
        let mut found: Vec<_> = changed.map(|noted| inner.object(noted)).collect();
        found.sort_by_key(|row| (row.changed, row.object));
        Ok(found)
    }

    fn gone(
        &self,
        account: AccountId,
        collection: CollectionId,
        after: Seq,
    ) -> Result<Vec<GoneObject>, Error> {
        let inner = self.running()?;
        let gone = inner
            .state
            .account(account)
            .map(|account| &account.objects.gone);
        Ok(gone
            .into_iter()
            .flatten()
            .filter(|((of, seq, _), _)| *of == collection && *seq > after)
            .map(|(_, gone)| gone.clone())
            .collect())
    }

    fn object(
        &self,
        account: AccountId,
        collection: CollectionId,
        name: &PathSegment,
    ) -> Result<Option<ObjectRow>, Error> {
        let inner = self.running()?;
        let place = (collection, name.clone());
        let account = inner.state.account(account);
        let noted = account.and_then(|account| account.objects.rows.get(&place));
        Ok(noted.map(|noted| inner.object(noted)))
    }

    fn objects_with_uid(&self, account: AccountId, uid: &str) -> Result<Vec<ObjectRow>, Error> {
        let inner = self.running()?;
        let rows = inner.state.object_rows(account);
        let same = rows.filter(|noted| !uid.is_empty() && noted.row.uid == uid);
        let mut found: Vec<_> = same.map(|noted| inner.object(noted)).collect();
        found.sort_by_key(|row| (row.collection, row.object));
        Ok(found)
    }

    fn bodies(
        &self,
        blobs: &[BlobRef],
        each: &mut dyn FnMut(usize, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let inner = self.running()?;
        for (place, blob) in blobs.iter().enumerate() {
            if let Ok(bytes) = inner.bytes(*blob)
                && each(place, bytes).is_break()
            {
                break;
            }
        }
        Ok(())
    }

    fn versions(&self, account: AccountId) -> Result<Vec<Version>, Error> {
        let inner = self.running()?;
        let versions = inner
            .state
            .account(account)
            .map(|account| &account.objects.versions);
        let with_meta = |noted: &Noted<Version>| Version {
            meta: inner.metas.get(&noted.meta).cloned().unwrap_or_default(),
            ..noted.row.clone()
        };
        let versions = versions.into_iter().flatten();
        Ok(versions.map(|(_, noted)| with_meta(noted)).collect())
    }

    fn queue(&self, after: Option<QueuePlace>, limit: usize) -> Result<Vec<Queued>, Error> {
        let mut queue = self.running()?.state.queue();
        queue.retain(|queued| after.is_none_or(|after| queued.place() > after));
        queue.sort_by_key(Queued::place);
        queue.truncate(limit);
        Ok(queue)
    }

    fn queued(&self, account: AccountId, id: QueueId) -> Result<Option<Queued>, Error> {
        Ok(self.running()?.state.queued(account, id))
    }

    fn domain(&self, name: &str) -> Result<Option<Domain>, Error> {
        Lookup::domain(&self.running()?.state, name)
    }

    fn domains(&self) -> Result<Vec<Domain>, Error> {
        Ok(self
            .running()?
            .state
            .directory
            .domains
            .values()
            .cloned()
            .collect())
    }

    fn principal(&self, id: PrincipalId) -> Result<Option<Principal>, Error> {
        Lookup::principal(&self.running()?.state, id)
    }

    fn principal_at(&self, address: &str) -> Result<Option<Principal>, Error> {
        let inner = self.running()?;
        let owner = Lookup::principal_at(&inner.state, address)?;
        owner.map_or(Ok(None), |id| Lookup::principal(&inner.state, id))
    }

    fn principals(&self, after: PrincipalId, limit: usize) -> Result<Vec<Principal>, Error> {
        let inner = self.running()?;
        let principals = inner.state.directory.principals.values();
        Ok(principals
            .filter(|known| known.id > after)
            .take(limit)
            .cloned()
            .collect())
    }

    fn aliases(&self, principal: PrincipalId) -> Result<Vec<String>, Error> {
        let inner = self.running()?;
        let aliases = inner.state.directory.aliases.iter();
        Ok(aliases
            .filter(|(_, owner)| **owner == principal)
            .map(|(address, _)| address.clone())
            .collect())
    }

    fn groups_of(&self, principal: PrincipalId) -> Result<Vec<PrincipalId>, Error> {
        Ok(self.running()?.state.directory.groups_of(principal))
    }

    fn shared_with(&self, principals: &[Option<PrincipalId>]) -> Result<Vec<AccountId>, Error> {
        Ok(self.running()?.state.shared_with(principals))
    }

    fn credentials(&self, principal: PrincipalId) -> Result<Vec<Credential>, Error> {
        Lookup::credentials(&self.running()?.state, principal)
    }

    fn credential(&self, id: CredentialId) -> Result<Option<Credential>, Error> {
        Lookup::credential(&self.running()?.state, id)
    }

    fn credential_uses(&self, principal: PrincipalId) -> Result<Vec<CredentialUse>, Error> {
        let directory = &self.running()?.state.directory;
        let known = directory.credential_uses.values().filter(|one| {
            let credential = directory.credentials.get(&one.credential);
            credential.is_some_and(|credential| credential.principal == principal)
        });
        Ok(known.copied().collect())
    }

    fn mail_settings(&self, principal: PrincipalId) -> Result<MailSettings, Error> {
        Lookup::mail_settings(&self.running()?.state, principal)
    }

    fn archives(&self) -> Result<Vec<Archive>, Error> {
        let inner = self.running()?;
        let archives = inner.state.directory.archives.iter();
        let archive = |(domain, address): (&Option<String>, &String)| Archive {
            domain: domain.clone(),
            address: address.clone(),
        };
        Ok(archives.map(archive).collect())
    }

    fn uploads(&self) -> &dyn Uploads {
        &self.uploads
    }

    fn size(&self) -> Result<u64, Error> {
        Ok(self.running()?.journal.len() as u64)
    }

    fn reindex(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<(), Error> {
        let mut inner = self.running()?;
        let all = inner.blobs.len() as u64;
        for (done, kept) in (1u64..).zip(inner.blobs.values_mut()) {
            kept.text = Arc::new((self.extract)(&kept.bytes));
            progress(done, all);
        }
        Ok(())
    }

    fn stop(&self) {
        let _order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        self.lock().stopped = true;
    }
}

impl fmt::Debug for MemoryEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryEngine({} entries)", self.lock().journal.len())
    }
}

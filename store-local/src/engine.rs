//! The engine: opens the files, starts the threads, and answers reads.

use std::collections::BTreeMap;
use std::fs;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, RwLock, RwLockReadGuard};
use std::thread::JoinHandle;

use model::{
    AccountId, Archive, BlobRef, Clock, CollectionId, Credential, CredentialId, CredentialUse,
    Domain, EmailId, MailSettings, MailboxId, NumberSet, PathSegment, Principal, PrincipalId,
    QueueId, QueuePlace, Queued, Seq,
};
use store::{
    Blob, Destroyed, EmailRow, Engine, Entry, Error, Extract, GoneObject, Head, Located, Notice,
    ObjectRow, Reply, Request, Stored, TextQuery, Uploads, Version,
};

use crate::database::{Readers, failed, lock};
use crate::feed::Feed;
use crate::files::Files;
use crate::hold::Hold;
use crate::job::{Job, Listener, Shared, Submission};
use crate::left_out::LeftOut;
use crate::search::Search;
use crate::sign::Sign;
use crate::state::heads::{self, share_number};
use crate::state::read::objects::{self, Lost};
use crate::state::read::{self, queue};
use crate::uploads::UploadFiles;
use crate::writer::{APPENDERS, Parts, Writer};
use crate::{carry, journal, record, search, state};

/// Jobs that may wait for the writer; whoever brings more waits with them.
const JOBS_WAITING_MAX: usize = 4_096;

/// How to open the engine.
#[derive(Clone)]
pub struct Options {
    /// Gets the searchable text out of a message.
    pub extract: Extract,
    /// Signs the tree; without one there are no checkpoints.
    pub signer: Option<Arc<dyn Sign>>,
    /// Says when checkpoints are made.
    pub clock: Clock,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("signer", &self.signer)
            .finish_non_exhaustive()
    }
}

/// The embedded engine over one data folder.
#[derive(Debug)]
pub struct LocalEngine {
    shared: Arc<Shared>,
    files: Arc<Files>,
    uploads: UploadFiles,
    journal: Readers,
    state: Readers,
    search: Arc<Search>,
    feed: Feed,
    writer: SyncSender<Job>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    hold: Hold,
}

impl LocalEngine {
    /// Opens a data folder, making it if it is not there, and folds what its state lacks.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the folder is in use by another process, cannot be written, or the disk is full;
    /// [`Error::Damaged`] if the journal is not what it should be.
    pub fn open(data: &Path, options: Options) -> Result<Arc<Self>, Error> {
        Self::open_with(data, options, LeftOut::NOTHING)
    }

    /// Opens a data folder for a benchmark, which is of no use afterwards.
    ///
    /// # Errors
    /// As [`LocalEngine::open`].
    #[cfg(feature = "bench-only")]
    pub fn open_without(
        data: &Path,
        options: Options,
        left_out: LeftOut,
    ) -> Result<Arc<Self>, Error> {
        Self::open_with(data, options, left_out)
    }

    fn open_with(data: &Path, options: Options, left_out: LeftOut) -> Result<Arc<Self>, Error> {
        fs::create_dir_all(data).map_err(|error| unavailable(data, &error))?;
        let hold = Hold::take(data)?;
        let journal = journal::open(&data.join(journal::FILE))?;
        let state_path = data.join(state::FILE);
        let state = state::open(&state_path)?;
        let (sender, jobs) = sync_channel(JOBS_WAITING_MAX);
        let (shared, files, feed) = (
            Arc::new(Shared::default()),
            Arc::new(Files::new(data)),
            Feed::default(),
        );
        let entries = journal::size(&journal)?;
        let Options {
            extract,
            signer,
            clock,
        } = options;
        let (loads, carrier) = carry::carrier(data);
        let (files_too, shared_too, feed_too) =
            (Arc::clone(&files), Arc::clone(&shared), feed.clone());
        let parts = Parts {
            journal,
            state,
            state_path,
            files: files_too,
            shared: shared_too,
            feed: feed_too,
            signer,
            clock,
            loads,
            left_out,
        };
        let writer = Writer::open(parts)?;
        if let Some(last) = hold.last_run()
            && writer.is_whole()
        {
            writer.remove_files_of(last)?;
        }
        hold.note(Some(files.opened()));
        let parts = search::Parts {
            data: PathBuf::from(data),
            files: Arc::clone(&files),
            extract,
            feed: feed.clone(),
            writer: sender.clone(),
        };
        let search = Arc::new(Search::open(parts, entries)?);
        let (indexer, line) = (Arc::clone(&search), writer.line());
        let mut threads = vec![
            start("writer", move || writer.run(&jobs))?,
            start("indexer", move || indexer.run())?,
            start("carrier", move || carrier.run())?,
        ];
        for _ in 0..APPENDERS {
            let line = Arc::clone(&line);
            threads.push(start("appender", move || line.run())?);
        }
        Ok(Arc::new(Self {
            shared,
            files,
            uploads: UploadFiles::open(data)?,
            journal: Readers::new(data.join(journal::FILE)),
            state: Readers::new(data.join(state::FILE)),
            search,
            feed,
            writer: sender,
            threads: Mutex::new(threads),
            hold,
        }))
    }

    /// The last signed checkpoint: tree size and note.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn checkpoint(&self) -> Result<Option<(u64, String)>, Error> {
        journal::last_checkpoint(&*self.journal.get()?)
    }

    /// Emails whose bytes were dropped, by account, as a restored journal has them.
    pub(crate) fn emails_without_bytes(&self) -> Result<BTreeMap<AccountId, NumberSet>, Error> {
        self.settle_all()?;
        read::emails_without_meta(&*self.state.get()?)
    }

    /// Objects and earlier bodies of objects whose bytes were dropped, by account.
    pub(crate) fn objects_without_bytes(&self) -> Result<BTreeMap<AccountId, Lost>, Error> {
        self.settle_all()?;
        objects::objects_without_meta(&*self.state.get()?)
    }

    /// Waits until readers see all that was answered for this account.
    fn settle(&self, account: AccountId) -> Result<(), Error> {
        if lock(&self.shared.unsettled).contains(&account) {
            self.settle_now()
        } else {
            Ok(())
        }
    }

    /// Waits until readers see all that was answered for any account.
    fn settle_all(&self) -> Result<(), Error> {
        if lock(&self.shared.unsettled).is_empty() {
            Ok(())
        } else {
            self.settle_now()
        }
    }

    fn settle_now(&self) -> Result<(), Error> {
        let (sender, receiver) = std::sync::mpsc::channel();
        self.writer
            .send(Job::Settle(sender))
            .map_err(|_| stopped())?;
        receiver.recv().map_err(|_| stopped())?
    }

    /// Calls `each` with the records of these emails' messages and the messages' sizes, in the order given.
    fn records(
        &self,
        account: AccountId,
        emails: &[EmailId],
        each: &mut journal::EachRecord<'_>,
    ) -> Result<(), Error> {
        self.settle(account)?;
        let places = read::blobs_of(&*self.state.get()?, account, emails)?;
        journal::records(&*self.journal.get()?, &self.files, &places, each)
    }

    fn is_dropped(&self, blob: u64) -> Result<bool, Error> {
        let found = journal::blob(&*self.journal.get()?, blob)?;
        Ok(found.is_none_or(|blob| blob.is_dropped()))
    }

    fn directory(&self) -> Result<crate::database::Reader<'_>, Error> {
        self.settle(AccountId::DIRECTORY)?;
        self.state.get()
    }
}

impl LocalEngine {
    fn hand_over(&self, submission: Submission) {
        if let Err(std::sync::mpsc::SendError(Job::Commit(submission))) =
            self.writer.send(Job::Commit(submission))
        {
            submission.refuse(&stopped());
        }
    }
}

impl Engine for LocalEngine {
    fn prepare(&self, message: &[u8], meta: Vec<u8>) -> Result<Arc<Blob>, Error> {
        self.files.prepare(message, meta)
    }

    fn submit(&self, requests: Vec<Request>, reply: Reply) {
        self.hand_over(Submission {
            requests,
            together: false,
            reply,
        });
    }

    fn submit_together(&self, requests: Vec<Request>, reply: Reply) {
        self.hand_over(Submission {
            requests,
            together: true,
            reply,
        });
    }

    fn watch(&self, listener: Box<dyn Fn(&Notice) + Send + Sync>) {
        lock(&self.shared.listeners).push(Listener(listener));
    }

    fn head(&self, account: AccountId) -> Result<Option<Arc<Head>>, Error> {
        if let Some(head) = read_lock(&self.shared.heads).get(&account) {
            return Ok(Some(Arc::clone(head)));
        }
        let mut heads = self
            .shared
            .heads
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        // Nobody publishes a head meanwhile, and one that is not kept is as the committed state has it.
        if let Some(head) = heads.get(&account) {
            return Ok(Some(Arc::clone(head)));
        }
        let loaded = heads::load(&*self.state.get()?, account)?.map(Arc::new);
        heads.extend(loaded.iter().map(|head| (account, Arc::clone(head))));
        Ok(loaded)
    }

    fn accounts(&self, from: AccountId, limit: usize) -> Result<Vec<AccountId>, Error> {
        self.settle_all()?;
        read::accounts(&*self.state.get()?, from, limit)
    }

    fn rows(
        &self,
        account: AccountId,
        mailbox: MailboxId,
        uids: &NumberSet,
    ) -> Result<Vec<EmailRow>, Error> {
        self.settle(account)?;
        read::rows(&*self.state.get()?, account, mailbox, uids)
    }

    fn locate(&self, account: AccountId, email: EmailId) -> Result<Option<Located>, Error> {
        self.settle(account)?;
        read::locate(&*self.state.get()?, account, email)
    }

    fn metas(
        &self,
        account: AccountId,
        emails: &[EmailId],
        each: &mut dyn FnMut(EmailId, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        self.settle(account)?;
        read::metas(&*self.state.get()?, account, emails, each)
    }

    fn messages(
        &self,
        account: AccountId,
        emails: &[EmailId],
        each: &mut dyn FnMut(EmailId, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        self.records(account, emails, &mut |email, packed, size| {
            record::with_message(packed, size, |message| each(email, message))
        })
    }

    fn messages_into(
        &self,
        account: AccountId,
        emails: &[EmailId],
        into: &mut Vec<u8>,
        each: &mut dyn FnMut(EmailId, Range<usize>) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        self.records(account, emails, &mut |email, packed, size| {
            record::unpack_message(packed, size, into).map(|range| each(email, range))
        })
    }

    fn source(&self, account: AccountId, email: EmailId) -> Result<Option<Stored>, Error> {
        self.settle(account)?;
        let Some((at, meta)) = read::stored(&*self.state.get()?, account, email)? else {
            return Ok(None);
        };
        let blob = journal::blob_ref(&*self.journal.get()?, at)?;
        Ok(blob.map(|blob| Stored {
            blob,
            meta: meta.into(),
        }))
    }

    fn blob(&self, blob: BlobRef) -> Result<Vec<u8>, Error> {
        let found =
            journal::blob(&*self.journal.get()?, blob.at)?.filter(|found| found.id == blob.id);
        found
            .ok_or(Error::NotFound("the blob"))?
            .message(&self.files)
    }

    fn journal(&self, account: AccountId, after: Seq, limit: usize) -> Result<Vec<Entry>, Error> {
        self.settle(account)?;
        let places = read::account_entries(&*self.state.get()?, account, after, limit)?;
        let journal = self.journal.get()?;
        let one = |place: u64| {
            let missing = || Error::Damaged(format!("entry {place} of the journal is missing"));
            journal::entry(&journal, place)?
                .ok_or_else(missing)?
                .entry()
        };
        places.into_iter().map(one).collect()
    }

    fn search(&self, query: &TextQuery) -> Result<Vec<EmailId>, Error> {
        let mut found = self.search.find(query)?;
        self.settle(query.account)?;
        // Destroyed emails stay in the index, since they may be restored.
        let destroyed = read::destroyed_emails(&*self.state.get()?, query.account)?;
        found.retain(|email| destroyed.binary_search(email).is_err());
        Ok(found)
    }

    fn destroyed(&self, account: AccountId) -> Result<Vec<Destroyed>, Error> {
        self.settle(account)?;
        read::destroyed(&*self.state.get()?, account, None)
    }

    fn objects(
        &self,
        account: AccountId,
        collection: CollectionId,
        after: Seq,
    ) -> Result<Vec<ObjectRow>, Error> {
        self.settle(account)?;
        objects::objects(&*self.state.get()?, account, collection, after)
    }

    fn gone(
        &self,
        account: AccountId,
        collection: CollectionId,
        after: Seq,
    ) -> Result<Vec<GoneObject>, Error> {
        self.settle(account)?;
        objects::gone(&*self.state.get()?, account, collection, after)
    }

    fn object(
        &self,
        account: AccountId,
        collection: CollectionId,
        name: &PathSegment,
    ) -> Result<Option<ObjectRow>, Error> {
        self.settle(account)?;
        objects::object(&*self.state.get()?, account, collection, name)
    }

    fn objects_with_uid(&self, account: AccountId, uid: &str) -> Result<Vec<ObjectRow>, Error> {
        self.settle(account)?;
        objects::objects_with_uid(&*self.state.get()?, account, uid)
    }

    fn bodies(
        &self,
        blobs: &[BlobRef],
        each: &mut dyn FnMut(usize, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let journal = self.journal.get()?;
        let reading = journal.unchecked_transaction().map_err(failed)?;
        for (place, wanted) in blobs.iter().enumerate() {
            let found = journal::blob(&reading, wanted.at)?;
            let Some(blob) = found.filter(|blob| blob.id == wanted.id && !blob.is_dropped()) else {
                continue;
            };
            match blob.message(&self.files) {
                Ok(body) => {
                    if each(place, &body).is_break() {
                        break;
                    }
                }
                // Purged since the first of them was read.
                Err(_) if self.is_dropped(wanted.at)? => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn versions(&self, account: AccountId) -> Result<Vec<Version>, Error> {
        self.settle(account)?;
        objects::versions(&*self.state.get()?, account)
    }

    fn queue(&self, after: Option<QueuePlace>, limit: usize) -> Result<Vec<Queued>, Error> {
        self.settle_all()?;
        queue::queue(&*self.state.get()?, after, limit)
    }

    fn queued(&self, account: AccountId, id: QueueId) -> Result<Option<Queued>, Error> {
        self.settle(account)?;
        queue::queued(&*self.state.get()?, account, id)
    }

    fn domain(&self, name: &str) -> Result<Option<Domain>, Error> {
        read::domain(&*self.directory()?, name)
    }

    fn domains(&self) -> Result<Vec<Domain>, Error> {
        read::domains(&*self.directory()?)
    }

    fn principal(&self, id: PrincipalId) -> Result<Option<Principal>, Error> {
        read::principal(&*self.directory()?, id)
    }

    fn principal_at(&self, address: &str) -> Result<Option<Principal>, Error> {
        let state = self.directory()?;
        match read::address_owner(&state, address)? {
            Some(id) => read::principal(&state, id),
            None => Ok(None),
        }
    }

    fn principals(&self, after: PrincipalId, limit: usize) -> Result<Vec<Principal>, Error> {
        read::principals(&*self.directory()?, after, limit)
    }

    fn aliases(&self, principal: PrincipalId) -> Result<Vec<String>, Error> {
        read::aliases(&*self.directory()?, principal)
    }

    fn groups_of(&self, principal: PrincipalId) -> Result<Vec<PrincipalId>, Error> {
        read::groups_of(&*self.directory()?, principal)
    }

    fn shared_with(&self, principals: &[Option<PrincipalId>]) -> Result<Vec<AccountId>, Error> {
        self.settle_all()?;
        let state = self.state.get()?;
        let mut accounts = Vec::new();
        for principal in principals {
            accounts.extend(read::shared_with(&state, share_number(*principal))?);
        }
        accounts.sort_unstable();
        accounts.dedup();
        Ok(accounts)
    }

    fn credentials(&self, principal: PrincipalId) -> Result<Vec<Credential>, Error> {
        read::credentials(&*self.directory()?, principal)
    }

    fn credential(&self, id: CredentialId) -> Result<Option<Credential>, Error> {
        read::credential(&*self.directory()?, id)
    }

    fn credential_uses(&self, principal: PrincipalId) -> Result<Vec<CredentialUse>, Error> {
        read::credential_uses(&*self.directory()?, principal)
    }

    fn mail_settings(&self, principal: PrincipalId) -> Result<MailSettings, Error> {
        read::mail_settings(&*self.directory()?, principal)
    }

    fn archives(&self) -> Result<Vec<Archive>, Error> {
        read::archives(&*self.directory()?)
    }

    fn uploads(&self) -> &dyn Uploads {
        &self.uploads
    }

    fn size(&self) -> Result<u64, Error> {
        journal::size(&*self.journal.get()?)
    }

    fn reindex(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<(), Error> {
        self.settle_all()?;
        self.search.reindex(self.size()?, progress)
    }

    fn stop(&self) {
        self.feed.close();
        // It may have stopped already.
        drop(self.writer.send(Job::Stop));
        for thread in lock(&self.threads).drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the store ended with a panic");
            }
        }
        if self.files.all_named() {
            self.hold.note(None);
        }
    }
}

impl Drop for LocalEngine {
    fn drop(&mut self) {
        self.stop();
    }
}

fn read_lock<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn start(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    std::thread::Builder::new()
        .name(name.into())
        .spawn(work)
        .map_err(|error| Error::Unavailable(error.to_string()))
}

fn unavailable(path: &Path, error: &std::io::Error) -> Error {
    Error::Unavailable(format!("`{}`: {error}", path.display()))
}

fn stopped() -> Error {
    Error::Unavailable("it is stopping".into())
}

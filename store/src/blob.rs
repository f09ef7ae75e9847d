//! A message's bytes on their way into the store.

use std::sync::Mutex;

use model::{BlobId, BlobRef};

/// How the engine will keep the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the journal itself, as the engine packed them, with the metadata if it likes.
    Journal(Vec<u8>),
    /// In a file of this name that is already written and synced.
    File(String),
}

/// A message made ready for the journal away from the writer: hashed, compressed, and if large written to its file.
///
/// One blob may be named by several requests (a message to many recipients); the engine keeps it once.
#[derive(Debug)]
pub struct Blob {
    /// Its name.
    pub id: BlobId,
    /// Octets of the message.
    pub size: u32,
    /// How it is kept.
    pub place: Place,
    /// The encoded `model::EmailMeta`.
    pub meta: Vec<u8>,
    /// BLAKE3 of `meta`.
    pub meta_hash: [u8; 32],
    placed: Mutex<Option<u64>>,
}

impl Blob {
    /// A blob that is not yet in the journal.
    #[must_use]
    pub fn new(id: BlobId, size: u32, place: Place, meta: Vec<u8>) -> Self {
        let meta_hash = *blake3::hash(&meta).as_bytes();
        Self {
            id,
            size,
            place,
            meta,
            meta_hash,
            placed: Mutex::new(None),
        }
    }

    /// Where it lies, once a durable commit has put it there.
    #[must_use]
    pub fn placed(&self) -> Option<BlobRef> {
        let placed = *self
            .placed
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        placed.map(|at| BlobRef { id: self.id, at })
    }

    /// Notes where it lies; the engine calls this when the commit is durable.
    pub fn set_placed(&self, at: u64) {
        *self
            .placed
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(at);
    }
}

//! Uploads: bytes that somebody brought to name them in a change soon; kept for a while, outside the journal.
//!
//! They belong to whoever brought them: RFC 8620 6 lets nobody else see what no object names. Losing them loses no data of an
//! account, but they are durable all the same, since a client was told that they are there.

use std::fmt;

use model::{AccountId, BlobId, PrincipalId, Timestamp};

use crate::error::Error;

/// Whose uploads: brought by this principal, to be used in this account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UploadPlace {
    /// The account.
    pub account: AccountId,
    /// Who brought them.
    pub by: PrincipalId,
}

/// How much one place may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadBounds {
    /// Uploads.
    pub count: usize,
    /// Octets of all of them.
    pub octets: u64,
}

/// What an engine keeps of uploads. Calls block.
pub trait Uploads: Send + Sync + fmt::Debug {
    /// Keeps bytes, durably; those that are there already count as brought `at` this moment.
    ///
    /// # Errors
    /// [`Error::OverQuota`] beyond the bounds; [`Error::Unavailable`] if they cannot be written.
    fn keep(
        &self,
        place: UploadPlace,
        octets: &[u8],
        at: Timestamp,
        bounds: UploadBounds,
    ) -> Result<BlobId, Error>;

    /// The octets that an upload has; none if it is not there.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    fn size(&self, place: UploadPlace, id: BlobId) -> Result<Option<u64>, Error>;

    /// The bytes of an upload; none if it is not there.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if they cannot be read, [`Error::Damaged`] if they are others than were brought.
    fn read(&self, place: UploadPlace, id: BlobId) -> Result<Option<Vec<u8>>, Error>;

    /// Drops all that was brought before `before`; answers how many.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    fn expire(&self, before: Timestamp) -> Result<usize, Error>;
}

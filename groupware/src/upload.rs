//! Uploads: bytes brought to be used soon, in an email, a calendar or elsewhere (RFC 8620 6.1).
//!
//! Each belongs to whoever brought it; what shall stay is named by an object, which has a copy of its own.

use std::sync::atomic::{AtomicI64, Ordering};

use model::{AccountId, BlobId, Timestamp};
use store::{UploadBounds, UploadPlace};

use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;

/// How long an upload is kept at least. RFC 8620 6 asks for an hour.
pub const UPLOAD_KEPT_MS: i64 = 24 * 3_600_000;

/// Uploads of one principal for one account that are kept at once.
pub const UPLOADS_MAX: usize = 2_000;

/// Octets of all uploads of one principal for one account.
pub const UPLOADS_OCTETS_MAX: u64 = 1024 * 1024 * 1024;

/// How often what is over is looked for.
const EXPIRY_EVERY_MS: i64 = 10 * 60_000;

/// When what is over was looked for the last time.
#[derive(Debug, Default)]
pub(crate) struct Expiry(AtomicI64);

impl Groupware {
    /// Keeps bytes for at least [`UPLOAD_KEPT_MS`]; durable when this returns.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the caller sees nothing of the account, [`Error::Forbidden`] where they may change nothing in it;
    /// [`Error::OverQuota`] beyond [`UPLOADS_MAX`] or [`UPLOADS_OCTETS_MAX`].
    pub async fn upload(
        &self,
        caller: &Caller,
        account: AccountId,
        octets: Vec<u8>,
    ) -> Result<BlobId, Error> {
        let place = self.upload_place(caller, account).await?;
        if !self.may_write(caller, account).await? {
            return Err(Error::Forbidden);
        }
        let now = self.clock.now();
        let expired = self.expiry_due(now);
        let bounds = UploadBounds {
            count: UPLOADS_MAX,
            octets: UPLOADS_OCTETS_MAX,
        };
        let kept = self.store.read(move |engine| {
            if let Some(before) = expired {
                engine.uploads().expire(before)?;
            }
            engine.uploads().keep(place, &octets, now, bounds)
        });
        Ok(kept.await?)
    }

    /// How many octets an upload of the caller's has; none if it is not there any more.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the caller sees nothing of the account.
    pub async fn upload_size(
        &self,
        caller: &Caller,
        account: AccountId,
        id: BlobId,
    ) -> Result<Option<u64>, Error> {
        let place = self.upload_place(caller, account).await?;
        Ok(self.store.engine().uploads().size(place, id)?)
    }

    /// The bytes of an upload of the caller's; none if it is not there any more.
    ///
    /// # Errors
    /// As [`Groupware::upload_size`].
    pub async fn uploaded(
        &self,
        caller: &Caller,
        account: AccountId,
        id: BlobId,
    ) -> Result<Option<Vec<u8>>, Error> {
        let place = self.upload_place(caller, account).await?;
        let read = self
            .store
            .read(move |engine| engine.uploads().read(place, id));
        Ok(read.await?)
    }

    /// Drops what was brought longer ago than it is kept; answers how much.
    ///
    /// # Errors
    /// The store cannot do it now.
    pub async fn expire_uploads(&self) -> Result<usize, Error> {
        let before = self.clock.now().plus_ms(-UPLOAD_KEPT_MS);
        let expired = self
            .store
            .read(move |engine| engine.uploads().expire(before));
        Ok(expired.await?)
    }

    /// RFC 8620 6: what no object names is there for whoever brought it, and for nobody else.
    async fn upload_place(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<UploadPlace, Error> {
        if !self.sees_account(caller, account).await? {
            return Err(Error::NotFound);
        }
        Ok(UploadPlace {
            account,
            by: caller.principal()?,
        })
    }

    /// Before when uploads are over, if it is time to look for them.
    fn expiry_due(&self, now: Timestamp) -> Option<Timestamp> {
        let last = self.upload_expiry.0.load(Ordering::Relaxed);
        if now.0 < last.saturating_add(EXPIRY_EVERY_MS) {
            return None;
        }
        self.upload_expiry.0.store(now.0, Ordering::Relaxed);
        Some(now.plus_ms(-UPLOAD_KEPT_MS))
    }
}

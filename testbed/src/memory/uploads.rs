//! Uploads in ordered maps.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::{BlobId, Timestamp};
use store::{Error, UploadBounds, UploadPlace, Uploads};

/// What was brought, by whom and when.
#[derive(Debug, Default)]
pub(super) struct MemoryUploads(Mutex<All>);

type All = BTreeMap<(UploadPlace, [u8; 32]), (Timestamp, Vec<u8>)>;

impl MemoryUploads {
    fn lock(&self) -> MutexGuard<'_, All> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Uploads for MemoryUploads {
    fn keep(
        &self,
        place: UploadPlace,
        octets: &[u8],
        at: Timestamp,
        bounds: UploadBounds,
    ) -> Result<BlobId, Error> {
        let id = BlobId::of(octets);
        let mut all = self.lock();
        if let Some((kept_at, _)) = all.get_mut(&(place, id.0)) {
            *kept_at = at;
            return Ok(id);
        }
        let here = all.iter().filter(|((of, _), _)| *of == place);
        let (count, held) = here.fold((0, 0), |(count, held), (_, (_, octets))| {
            (count + 1, held + octets.len())
        });
        if count >= bounds.count || (held + octets.len()) as u64 > bounds.octets {
            return Err(Error::OverQuota);
        }
        all.insert((place, id.0), (at, octets.to_vec()));
        Ok(id)
    }

    fn size(&self, place: UploadPlace, id: BlobId) -> Result<Option<u64>, Error> {
        let all = self.lock();
        let kept = all.get(&(place, id.0));
        Ok(kept.map(|(_, octets)| octets.len() as u64))
    }

    fn read(&self, place: UploadPlace, id: BlobId) -> Result<Option<Vec<u8>>, Error> {
        let all = self.lock();
        Ok(all.get(&(place, id.0)).map(|(_, octets)| octets.clone()))
    }

    fn expire(&self, before: Timestamp) -> Result<usize, Error> {
        let mut all = self.lock();
        let count = all.len();
        all.retain(|_, (at, _)| *at >= before);
        Ok(count - all.len())
    }
}

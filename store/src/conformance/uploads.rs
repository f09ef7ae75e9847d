//! Uploads: kept for whoever brought them, within bounds, and for a while.

use std::sync::Arc;

use model::{AccountId, BlobId, PrincipalId, Timestamp};

use crate::engine::Engine;
use crate::error::Error;
use crate::upload::{UploadBounds, UploadPlace};

const BOUNDS: UploadBounds = UploadBounds {
    count: 2,
    octets: 10,
};

fn place(account: u32, by: u32) -> UploadPlace {
    UploadPlace {
        account: AccountId(account),
        by: PrincipalId(by),
    }
}

pub(super) fn are_kept_for_whoever_brought_them(engine: &Arc<dyn Engine>) {
    let uploads = engine.uploads();
    let id = uploads
        .keep(place(1, 1), b"abc", Timestamp(5), BOUNDS)
        .unwrap();
    assert_eq!(id, BlobId::of(b"abc"));
    assert_eq!(uploads.read(place(1, 1), id), Ok(Some(b"abc".to_vec())));
    assert_eq!(uploads.size(place(1, 1), id), Ok(Some(3)));
    for other in [place(1, 2), place(2, 1)] {
        assert_eq!(uploads.read(other, id), Ok(None));
        assert_eq!(uploads.size(other, id), Ok(None));
    }
    assert_eq!(uploads.read(place(1, 1), BlobId::of(b"x")), Ok(None));
    let empty = uploads
        .keep(place(1, 1), b"", Timestamp(5), BOUNDS)
        .unwrap();
    assert_eq!(uploads.read(place(1, 1), empty), Ok(Some(Vec::new())));
}

pub(super) fn are_bounded(engine: &Arc<dyn Engine>) {
    let uploads = engine.uploads();
    let keep = |place, octets: &[u8]| uploads.keep(place, octets, Timestamp(1), BOUNDS);
    assert_eq!(keep(place(1, 1), &[0; 11]), Err(Error::OverQuota));
    keep(place(1, 1), &[1; 5]).unwrap();
    assert_eq!(keep(place(1, 1), &[2; 6]), Err(Error::OverQuota));
    keep(place(1, 1), &[2; 5]).unwrap();
    assert_eq!(keep(place(1, 1), &[]), Err(Error::OverQuota), "a third");
    keep(place(1, 1), &[1; 5]).expect("what is there takes no room");
    keep(place(1, 2), &[1; 5]).expect("others have room of their own");
}

pub(super) fn go_when_their_time_is_over(engine: &Arc<dyn Engine>) {
    let uploads = engine.uploads();
    let keep = |octets: &[u8], at| {
        let kept = uploads.keep(place(1, 1), octets, Timestamp(at), BOUNDS);
        kept.unwrap()
    };
    let (old, renewed) = (keep(b"old", 10), keep(b"renewed", 10));
    keep(b"renewed", 20);
    assert_eq!(uploads.expire(Timestamp(10)), Ok(0));
    assert_eq!(uploads.expire(Timestamp(20)), Ok(1));
    assert_eq!(uploads.read(place(1, 1), old), Ok(None));
    assert!(uploads.read(place(1, 1), renewed).unwrap().is_some());
    keep(b"new", 21);
    assert_eq!(uploads.expire(Timestamp(100)), Ok(2));
}

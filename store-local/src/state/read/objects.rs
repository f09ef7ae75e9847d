//! Reading objects, those that are gone, and their earlier bodies.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{
    AccountId, BlobId, BlobRef, CollectionId, NumberSet, ObjectId, PathSegment, Seq, Timestamp,
};
use rusqlite::{Connection, Row, params};
use store::{Error, GoneObject, ObjectRow, Version};

use super::{collect, first};
use crate::journal::{signed, unsigned};
use crate::state::heads::collections::{decoded, segment};
use crate::state::number_of;

/// What is read of an object, in the order of [`object_of`].
macro_rules! object {
    ($rest:literal) => {
        concat!(
            "SELECT id, collection, name, uid, size, blob, hash, changed, schedule_tag, created_ms, modified_ms,
             media_type, dead, meta FROM object ",
            $rest
        )
    };
}

fn object_of(row: &Row<'_>) -> rusqlite::Result<ObjectRow> {
    let dead: BTreeMap<String, String> = match row.get_ref(12)?.as_blob_or_null()? {
        Some(_) => decoded(row, 12)?,
        None => BTreeMap::new(),
    };
    Ok(ObjectRow {
        object: ObjectId(number_of(row.get(0)?)),
        collection: CollectionId(row.get(1)?),
        name: segment(row, 2)?,
        uid: row.get(3)?,
        size: row.get(4)?,
        blob: blob_of(row, 5)?,
        changed: Seq(unsigned(row.get(7)?)),
        schedule_tag: row.get::<_, Option<i64>>(8)?.map(|tag| Seq(unsigned(tag))),
        created_at: Timestamp(row.get(9)?),
        modified_at: Timestamp(row.get(10)?),
        media_type: row.get(11)?,
        dead: Arc::new(dead),
        meta: meta_of(row, 13)?,
    })
}

fn blob_of(row: &Row<'_>, column: usize) -> rusqlite::Result<BlobRef> {
    Ok(BlobRef {
        at: unsigned(row.get(column)?),
        id: BlobId(row.get(column + 1)?),
    })
}

/// None where it was purged before it was folded.
fn meta_of(row: &Row<'_>, column: usize) -> rusqlite::Result<Arc<[u8]>> {
    Ok(row
        .get_ref(column)?
        .as_blob_or_null()?
        .unwrap_or_default()
        .into())
}

pub(crate) fn objects(
    state: &Connection,
    account: AccountId,
    collection: CollectionId,
    after: Seq,
) -> Result<Vec<ObjectRow>, Error> {
    let sql = object!("WHERE account=? AND collection=? AND changed>? ORDER BY changed, id");
    collect(
        state,
        sql,
        params![account.0, collection.0, signed(after.0)],
        object_of,
    )
}

pub(crate) fn object(
    state: &Connection,
    account: AccountId,
    collection: CollectionId,
    name: &PathSegment,
) -> Result<Option<ObjectRow>, Error> {
    let sql = object!("WHERE account=? AND collection=? AND name=?");
    first(
        state,
        sql,
        params![account.0, collection.0, name.as_str()],
        object_of,
    )
}

pub(crate) fn objects_with_uid(
    state: &Connection,
    account: AccountId,
    uid: &str,
) -> Result<Vec<ObjectRow>, Error> {
    // Named, since another index would serve the order just as well.
    let sql = object!(
        "INDEXED BY object_uid WHERE account=? AND uid=? AND uid<>'' ORDER BY collection, id"
    );
    collect(state, sql, params![account.0, uid], object_of)
}

pub(crate) fn object_numbers(
    state: &Connection,
    account: AccountId,
    collection: CollectionId,
) -> Result<NumberSet, Error> {
    let sql = "SELECT id FROM object WHERE account=? AND collection=? ORDER BY id";
    let rows: Vec<i64> = collect(state, sql, params![account.0, collection.0], |row| {
        row.get(0)
    })?;
    Ok(rows.into_iter().map(number_of).collect())
}

pub(crate) fn gone(
    state: &Connection,
    account: AccountId,
    collection: CollectionId,
    after: Seq,
) -> Result<Vec<GoneObject>, Error> {
    let sql = "SELECT object, name, seq FROM gone_object WHERE account=? AND collection=? AND seq>?
        ORDER BY seq, object";
    let values = params![account.0, collection.0, signed(after.0)];
    collect(state, sql, values, |row| {
        Ok(GoneObject {
            object: ObjectId(row.get(0)?),
            name: segment(row, 1)?,
            gone: Seq(unsigned(row.get(2)?)),
        })
    })
}

pub(crate) fn versions(state: &Connection, account: AccountId) -> Result<Vec<Version>, Error> {
    let sql = "SELECT object, until, at_ms, destroyed, collection, name, uid, size, blob, hash, media_type, meta
        FROM version WHERE account=? ORDER BY object, until";
    collect(state, sql, params![account.0], |row| {
        Ok(Version {
            object: ObjectId(row.get(0)?),
            until: Seq(unsigned(row.get(1)?)),
            at: Timestamp(row.get(2)?),
            destroyed: row.get(3)?,
            collection: CollectionId(row.get(4)?),
            name: segment(row, 5)?,
            uid: row.get(6)?,
            size: row.get(7)?,
            blob: blob_of(row, 8)?,
            media_type: row.get(10)?,
            meta: meta_of(row, 11)?,
        })
    })
}

pub(crate) fn versions_before(
    state: &Connection,
    account: AccountId,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<(ObjectId, Seq)>, Error> {
    let sql = "SELECT object, until FROM version WHERE account=? AND at_ms<? ORDER BY at_ms, object, until LIMIT ?";
    collect(state, sql, params![account.0, before.0, limit], |row| {
        Ok((ObjectId(row.get(0)?), Seq(unsigned(row.get(1)?))))
    })
}

/// What lost its body before it was folded: objects that are in a collection, and versions.
#[derive(Debug, Default)]
pub(crate) struct Lost {
    pub(crate) objects: Vec<(CollectionId, PathSegment, ObjectId)>,
    pub(crate) versions: Vec<(ObjectId, Seq)>,
}

pub(crate) fn objects_without_meta(state: &Connection) -> Result<BTreeMap<AccountId, Lost>, Error> {
    let mut lost: BTreeMap<AccountId, Lost> = BTreeMap::new();
    let sql = "SELECT account, collection, name, id FROM object WHERE meta IS NULL ORDER BY id";
    let objects = collect(state, sql, [], |row| {
        let place = (CollectionId(row.get(1)?), segment(row, 2)?);
        Ok((AccountId(row.get(0)?), place, number_of(row.get(3)?)))
    })?;
    for (account, (collection, name), object) in objects {
        let objects = &mut lost.entry(account).or_default().objects;
        objects.push((collection, name, ObjectId(object)));
    }
    let sql = "SELECT account, object, until FROM version WHERE meta IS NULL";
    let versions = collect(state, sql, [], |row| {
        let version = (ObjectId(row.get(1)?), Seq(unsigned(row.get(2)?)));
        Ok((AccountId(row.get(0)?), version))
    })?;
    for (account, version) in versions {
        lost.entry(account).or_default().versions.push(version);
    }
    Ok(lost)
}

/// Whether a body of that age is there.
pub(crate) fn has_version(
    state: &Connection,
    account: AccountId,
    object: ObjectId,
    until: Seq,
) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM version WHERE account=? AND object=? AND until=?";
    let values = params![account.0, object.0, signed(until.0)];
    Ok(first(state, sql, values, |_| Ok(()))?.is_some())
}

//! The part of heads that tells of collections.

use std::sync::Arc;

use model::{
    AccountId, CollectionId, CollectionKind, CollectionRights, PathSegment, PrincipalId, Seq,
};
use rusqlite::types::Type;
use rusqlite::{Connection, Row, params};
use store::{Collection, Collections, Error};

use super::principal_of;
use crate::database::failed;
use crate::journal::{signed, unsigned};

/// Reads an account's collections into what its own row said of them.
pub(super) fn load(
    state: &Connection,
    account: AccountId,
    collections: &mut Collections,
) -> rusqlite::Result<()> {
    let sql = "SELECT id, parent, kind, name, properties, objects, octets, objects_changed, changed FROM collection
        WHERE account=?";
    let mut select = state.prepare_cached(sql)?;
    let mut rows = select.query([account.0])?;
    while let Some(row) = rows.next()? {
        let collection = read(row)?;
        collections.all.insert(collection.id, Arc::new(collection));
    }
    let sql = "SELECT collection, principal, rights FROM collection_share WHERE account=? ORDER BY collection, principal";
    let mut select = state.prepare_cached(sql)?;
    let mut rows = select.query([account.0])?;
    while let Some(row) = rows.next()? {
        if let Some(collection) = collections.all.get_mut(&CollectionId(row.get(0)?)) {
            let share = (principal_of(row.get(1)?), CollectionRights(row.get(2)?));
            Arc::make_mut(collection).shares.push(share);
        }
    }
    let sql = "SELECT principal, rights FROM deputy WHERE account=? ORDER BY principal";
    let mut select = state.prepare_cached(sql)?;
    let mut rows = select.query([account.0])?;
    while let Some(row) = rows.next()? {
        let deputy = (PrincipalId(row.get(0)?), CollectionRights(row.get(1)?));
        collections.deputies.push(deputy);
    }
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Collection> {
    let kind = CollectionKind::parse(row.get_ref(2)?.as_str()?);
    Ok(Collection {
        id: CollectionId(row.get(0)?),
        parent: row.get::<_, Option<u32>>(1)?.map(CollectionId),
        kind: kind.ok_or_else(|| {
            let what = "an unknown kind of collection";
            rusqlite::Error::FromSqlConversionFailure(2, Type::Text, what.into())
        })?,
        name: segment(row, 3)?,
        properties: Arc::new(decoded(row, 4)?),
        objects: row.get(5)?,
        octets: unsigned(row.get(6)?),
        objects_changed: Seq(unsigned(row.get(7)?)),
        changed: Seq(unsigned(row.get(8)?)),
        shares: Vec::new(),
    })
}

/// A segment of a path in a row.
pub(crate) fn segment(row: &Row<'_>, column: usize) -> rusqlite::Result<PathSegment> {
    PathSegment::try_from(row.get_ref(column)?.as_str()?).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    })
}

/// A value in a row that is encoded with postcard.
pub(crate) fn decoded<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    postcard::from_bytes(row.get_ref(column)?.as_blob()?).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, Box::new(error))
    })
}

/// Writes the collections that differ from how they were last written.
pub(super) fn save(
    state: &Connection,
    account: AccountId,
    before: Option<&Collections>,
    now: &Collections,
) -> Result<(), Error> {
    for (id, collection) in &now.all {
        let same = before
            .and_then(|before| before.all.get(id))
            .is_some_and(|old| Arc::ptr_eq(old, collection));
        if !same {
            save_one(state, account, collection)?;
        }
    }
    Ok(())
}

fn save_one(state: &Connection, account: AccountId, collection: &Collection) -> Result<(), Error> {
    let properties = postcard::to_allocvec(&*collection.properties)
        .map_err(|_| Error::Damaged("properties of a collection".into()))?;
    let sql = "INSERT OR REPLACE INTO collection (account, id, parent, kind, name, display_name, properties, objects,
        octets, objects_changed, changed) VALUES (?,?,?,?,?,?,?,?,?,?,?)";
    let values = params![
        account.0,
        collection.id.0,
        collection.parent.map(|parent| parent.0),
        collection.kind.as_str(),
        collection.name.as_str(),
        collection.properties.display_name,
        properties,
        collection.objects,
        signed(collection.octets),
        signed(collection.objects_changed.0),
        signed(collection.changed.0)
    ];
    state
        .prepare_cached(sql)
        .and_then(|mut insert| insert.execute(values))
        .map(drop)
        .map_err(failed)
}

//! The fold of collections and the objects in them.

use std::collections::BTreeMap;

use model::{
    CollectionId, CollectionRights, MoveObject, Mutation, NumberSet, ObjectId, PrincipalId,
    PutObject, Seq,
};
use rusqlite::params;
use store::Error;

use super::Fold;
use crate::journal::signed;
use crate::state::heads::share_number;
use crate::state::row_of;

/// A body that leaves its object becomes a version of it.
const TO_VERSION: &str =
    "INSERT INTO version (account, object, until, at_ms, destroyed, collection, name, uid, size, blob, hash, media_type,
     meta) SELECT account, id & 4294967295, ?1, ?2, ?3, collection, name, uid, size, blob, hash, media_type, meta
     FROM object WHERE id BETWEEN ?4 AND ?5 AND collection=?6";
/// An object leaves its collection.
const TO_GONE: &str = "INSERT INTO gone_object (account, collection, seq, object, name)
     SELECT account, collection, ?1, id & 4294967295, name FROM object WHERE id BETWEEN ?2 AND ?3 AND collection=?4";

impl Fold<'_, '_> {
    /// Folds a mutation of collections or objects; false if it is of something else.
    pub(super) fn collections(
        &self,
        mutation: &Mutation,
        meta: Option<&[u8]>,
        unused: &mut Vec<u64>,
    ) -> Result<bool, Error> {
        match mutation {
            // The head's own tables are written when the state is committed.
            Mutation::CreateCollection(_) | Mutation::UpdateCollection { .. } => Ok(()),
            Mutation::DestroyCollection { collection } => self.destroy_collection(*collection),
            Mutation::ShareCollection {
                collection,
                principal,
                rights,
            } => self.share_collection(*collection, *principal, *rights),
            Mutation::SetDeputy { principal, rights } => self.set_deputy(*principal, *rights),
            Mutation::PutObject(put) => self.put_object(put, meta),
            Mutation::SetObjectProperties {
                collection,
                object,
                dead,
            } => self.set_properties(*collection, *object, dead),
            Mutation::MoveObject(moved) => self.move_object(moved),
            Mutation::DestroyObjects {
                collection,
                objects,
                ..
            } => self.destroy_objects(*collection, objects),
            Mutation::PurgeVersions { versions } => self.purge_versions(versions, unused),
            _ => return Ok(false),
        }
        .map(|()| true)
    }

    fn destroy_collection(&self, collection: CollectionId) -> Result<(), Error> {
        for sql in [
            "DELETE FROM collection WHERE account=? AND id=?",
            "DELETE FROM collection_share WHERE account=? AND collection=?",
            "DELETE FROM gone_object WHERE account=? AND collection=?",
        ] {
            self.run(sql, params![self.account.0, collection.0])?;
        }
        Ok(())
    }

    fn share_collection(
        &self,
        collection: CollectionId,
        principal: Option<PrincipalId>,
        rights: CollectionRights,
    ) -> Result<(), Error> {
        let principal = share_number(principal);
        if rights.is_empty() {
            let sql =
                "DELETE FROM collection_share WHERE account=? AND collection=? AND principal=?";
            self.run(sql, params![self.account.0, collection.0, principal])
        } else {
            let sql = "INSERT OR REPLACE INTO collection_share (account, collection, principal, rights) VALUES (?,?,?,?)";
            self.run(
                sql,
                params![self.account.0, collection.0, principal, rights.0],
            )
        }
    }

    fn set_deputy(&self, principal: PrincipalId, rights: CollectionRights) -> Result<(), Error> {
        if rights.is_empty() {
            let sql = "DELETE FROM deputy WHERE account=? AND principal=?";
            self.run(sql, params![self.account.0, principal.0])
        } else {
            let sql = "INSERT OR REPLACE INTO deputy (account, principal, rights) VALUES (?,?,?)";
            self.run(sql, params![self.account.0, principal.0, rights.0])
        }
    }

    fn put_object(&self, put: &PutObject, meta: Option<&[u8]>) -> Result<(), Error> {
        let row = row_of(self.account, put.object.0);
        if put.replaces.is_some() {
            self.run_one(
                TO_VERSION,
                params![
                    signed(self.seq.0),
                    self.at.0,
                    false,
                    row,
                    row,
                    put.collection.0
                ],
            )?;
            self.run_one(
                "UPDATE object SET uid=?, size=?, blob=?, hash=?, changed=?, schedule_tag=?, modified_ms=?, media_type=?,
                 meta=? WHERE id=? AND collection=? AND name=?",
                params![
                    put.uid,
                    put.size,
                    signed(put.blob.at),
                    put.blob.id.0,
                    signed(self.seq.0),
                    put.schedule_tag.map(|tag| signed(tag.0)),
                    self.at.0,
                    put.media_type,
                    meta,
                    row,
                    put.collection.0,
                    put.name.as_str()
                ],
            )?;
        } else {
            self.run(
                "INSERT INTO object (id, account, collection, name, uid, size, blob, hash, changed, schedule_tag,
                 created_ms, modified_ms, media_type, meta) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                params![
                    row,
                    self.account.0,
                    put.collection.0,
                    put.name.as_str(),
                    put.uid,
                    put.size,
                    signed(put.blob.at),
                    put.blob.id.0,
                    signed(self.seq.0),
                    put.schedule_tag.map(|tag| signed(tag.0)),
                    self.at.0,
                    self.at.0,
                    put.media_type,
                    meta
                ],
            )?;
        }
        // The body that was there before keeps its use: a version names it now.
        self.use_blob(put.blob.at)
    }

    fn set_properties(
        &self,
        collection: CollectionId,
        object: ObjectId,
        dead: &BTreeMap<String, String>,
    ) -> Result<(), Error> {
        let bytes = (!dead.is_empty())
            .then(|| postcard::to_allocvec(dead))
            .transpose()
            .map_err(|_| Error::Damaged("properties of an object".into()))?;
        self.run_one(
            "UPDATE object SET dead=?, changed=? WHERE id=? AND collection=?",
            params![
                bytes,
                signed(self.seq.0),
                row_of(self.account, object.0),
                collection.0
            ],
        )
    }

    fn move_object(&self, moved: &MoveObject) -> Result<(), Error> {
        let row = row_of(self.account, moved.object.0);
        self.run_one(TO_GONE, params![signed(self.seq.0), row, row, moved.from.0])?;
        self.run_one(
            "UPDATE object SET collection=?, name=?, changed=? WHERE id=?",
            params![moved.to.0, moved.name.as_str(), signed(self.seq.0), row],
        )
    }

    fn destroy_objects(&self, collection: CollectionId, objects: &NumberSet) -> Result<(), Error> {
        for (first, last) in objects.ranges() {
            let (first, last, count) = (
                row_of(self.account, *first),
                row_of(self.account, *last),
                u64::from(last - first) + 1,
            );
            let seq = signed(self.seq.0);
            self.run_many(
                TO_VERSION,
                params![seq, self.at.0, true, first, last, collection.0],
                count,
            )?;
            self.run_many(TO_GONE, params![seq, first, last, collection.0], count)?;
            self.run_many(
                "DELETE FROM object WHERE id BETWEEN ? AND ?",
                params![first, last],
                count,
            )?;
        }
        Ok(())
    }

    fn purge_versions(
        &self,
        versions: &[(ObjectId, Seq)],
        unused: &mut Vec<u64>,
    ) -> Result<(), Error> {
        for (object, until) in versions {
            let sql = "DELETE FROM version WHERE account=? AND object=? AND until=? RETURNING blob";
            let blob = self.one(sql, params![self.account.0, object.0, signed(until.0)])?;
            self.leave_blob(blob, unused)?;
        }
        Ok(())
    }

    /// Runs what must change exactly so many rows.
    fn run_many(
        &self,
        sql: &'static str,
        values: impl rusqlite::Params,
        count: u64,
    ) -> Result<(), Error> {
        let changed = self.state.run(sql, values)?;
        self.expect(changed, count)
    }
}

//! Kinds that leave a data folder which is sound in itself: only what is kept elsewhere tells it from the true one.

use std::fs;

use model::{Commit, Mutation};

use super::folder::copy_folder;
use super::journal::{
    cut_off, earlier_size, fold_anew, put_earlier_checkpoint, rewrite, sign_anew,
};
use super::kind::{By, Kind};

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "the whole folder is an old copy",
        tamper: |variant| {
            fs::remove_dir_all(variant.data()).unwrap();
            copy_folder(&variant.prepared.old, &variant.data());
        },
        found_by: NOBODY,
    },
    Kind {
        name: "the newest entries are taken out with their checkpoints, and the state is folded anew",
        tamper: |variant| {
            let db = variant.journal();
            let first = 1 + last_with_blob(&db);
            let size = earlier_size(variant, &db, first);
            cut_off(variant, &db, size);
            drop(db);
            fold_anew(variant);
        },
        found_by: NOBODY,
    },
    Kind {
        name: "an earlier checkpoint is put in the place of the newest, at its own size",
        tamper: |variant| {
            let db = variant.journal();
            let size = earlier_size(variant, &db, 1);
            put_earlier_checkpoint(variant, &db, size);
        },
        found_by: NOBODY,
    },
    Kind {
        name: "everything behind an early checkpoint is rewritten, and the later ones are taken out",
        tamper: |variant| {
            let db = variant.journal();
            let size = earlier_size(variant, &db, 1);
            put_earlier_checkpoint(variant, &db, size);
            rewrite(variant, &db, size + 1);
            drop(db);
            fold_anew(variant);
        },
        found_by: NOBODY,
    },
    Kind {
        name: "everything is rewritten and signed with the stolen key",
        tamper: |variant| {
            let db = variant.journal();
            rewrite(variant, &db, 1);
            sign_anew(&db, &variant.prepared.key);
            drop(db);
            fold_anew(variant);
        },
        found_by: NOBODY,
    },
];

const NOBODY: &[By] = &[];

/// The last entry that brings a message or object.
fn last_with_blob(db: &rusqlite::Connection) -> i64 {
    let brings = |payload: &Vec<u8>| {
        let commit = Commit::decode(payload).unwrap();
        commit.mutations.iter().any(|mutation| {
            matches!(
                mutation,
                Mutation::AddEmail(_) | Mutation::PutObject(_) | Mutation::Enqueue(_)
            )
        })
    };
    let payloads: Vec<Vec<u8>> = super::kind::all(db, "SELECT payload FROM entry ORDER BY id");
    let last = payloads.iter().rposition(brings).unwrap();
    i64::try_from(last).unwrap() + 1
}

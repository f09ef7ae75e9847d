//! Kinds that leave a data folder which is sound in itself: only what is kept elsewhere tells it from the true one. Each is tried
//! with nothing else at hand, with the notary's memory, and with a checkpoint that a witness cosigned.

use std::fs;

use model::{Commit, Mutation};
use seal::SigningKey;

use super::folder::copy_folder;
use super::journal::{
    cut_off, earlier_size, fold_anew, put_earlier_checkpoint, rewrite, sign_anew,
};
use super::kind::Variant;

/// Such a kind, and what finds it.
pub(super) struct Unseen {
    /// As it stands in `docs/tampering.md`.
    pub(super) name: &'static str,
    pub(super) tamper: fn(&mut Variant<'_>),
    /// The notary's memory, which the intruder left as it was.
    pub(super) memory: Found,
    /// A checkpoint that a witness cosigned, whatever became of notary, memory and key.
    pub(super) witness: Found,
}

/// Whether it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Yes,
    No,
    /// The intruder put it back, too, or made another one.
    Gone,
}

impl Found {
    /// The word in `docs/tampering.md`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Gone => "put back",
        }
    }
}

pub(super) const KINDS: &[Unseen] = &[
    Unseen {
        name: "the whole folder is an old copy",
        tamper: old_copy,
        memory: Found::Yes,
        witness: Found::Yes,
    },
    Unseen {
        name: "the whole folder is an old copy, and so is the notary's memory",
        tamper: old_copy,
        memory: Found::Gone,
        witness: Found::Yes,
    },
    Unseen {
        name: "the newest entries are taken out with their checkpoints, and the state is folded anew",
        tamper: |variant| {
            let db = variant.journal();
            let first = 1 + last_with_blob(&db);
            let size = earlier_size(variant, &db, first);
            cut_off(variant, &db, size);
            drop(db);
            fold_anew(variant);
        },
        memory: Found::Yes,
        witness: Found::Yes,
    },
    Unseen {
        name: "an earlier checkpoint is put in the place of the newest, at its own size",
        tamper: |variant| {
            let db = variant.journal();
            let size = earlier_size(variant, &db, 1);
            put_earlier_checkpoint(variant, &db, size);
        },
        // Nothing is lost.
        memory: Found::No,
        witness: Found::No,
    },
    Unseen {
        name: "everything behind an early checkpoint is rewritten, and the later ones are taken out",
        tamper: |variant| {
            let db = variant.journal();
            let size = earlier_size(variant, &db, 1);
            put_earlier_checkpoint(variant, &db, size);
            rewrite(variant, &db, size + 1);
            drop(db);
            fold_anew(variant);
        },
        memory: Found::Yes,
        witness: Found::Yes,
    },
    Unseen {
        name: "everything is rewritten and signed with the stolen key",
        tamper: |variant| {
            let db = variant.journal();
            rewrite(variant, &db, 1);
            sign_anew(&db, &variant.prepared.key);
            drop(db);
            fold_anew(variant);
        },
        memory: Found::Gone,
        witness: Found::Yes,
    },
    Unseen {
        name: "everything is rewritten, and key and memory of the notary are new ones",
        tamper: |variant| {
            let db = variant.journal();
            rewrite(variant, &db, 1);
            let seed: [u8; 32] = variant.random.bytes(32).try_into().unwrap();
            let name = variant.prepared.key.verifier().name().clone();
            variant.key = SigningKey::from_seed(name, &seed);
            sign_anew(&db, &variant.key);
            drop(db);
            fold_anew(variant);
        },
        memory: Found::Gone,
        witness: Found::Yes,
    },
];

fn old_copy(variant: &mut Variant<'_>) {
    fs::remove_dir_all(variant.data()).unwrap();
    copy_folder(&variant.prepared.old, &variant.data());
}

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

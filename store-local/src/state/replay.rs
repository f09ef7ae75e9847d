//! Folding entries of the journal into a state, as after a crash, for a new state, and to verify one.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

use model::{AccountId, Mutation, Seq, Timestamp};
use rusqlite::Connection;
use seal::Hash;
use store::{Error, Head};

use crate::database::failed;
use crate::journal::{self, Row};
use crate::state::apply::Fold;
use crate::state::{heads, set_position};
use crate::statements::Statements;

/// Folds the entries `first` to `last` in one transaction of the state.
pub(crate) fn fold(
    journal: &Connection,
    state: &Connection,
    first: u64,
    last: u64,
) -> Result<(), Error> {
    state.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
    let folded = fold_open(journal, state, first, last);
    let end = if folded.is_ok() { "COMMIT" } else { "ROLLBACK" };
    state.execute_batch(end).map_err(failed)?;
    folded
}

fn fold_open(journal: &Connection, state: &Connection, first: u64, last: u64) -> Result<(), Error> {
    let mut heads: HashMap<AccountId, (Option<Head>, Head)> = HashMap::new();
    let statements = Statements::new(state);
    journal::entries(journal, first, last, &mut |row| {
        let account = row.account();
        let (_, head) = match heads.entry(account) {
            Slot::Occupied(known) => known.into_mut(),
            Slot::Vacant(free) => {
                let saved = heads::load(state, account)?;
                let head = saved.clone().unwrap_or_else(|| Head::new(account));
                free.insert((saved, head))
            }
        };
        fold_entry(journal, &statements, &row, head)
    })?;
    for (saved, head) in heads.values() {
        heads::save(state, saved.as_ref(), head)?;
    }
    set_position(state, last)
}

/// Folds entries of one account into an empty state, checking that they are its chain from the first on; tells the hash of
/// the last.
pub(crate) fn fold_account(
    journal: &Connection,
    state: &Connection,
    account: AccountId,
    entries: impl Iterator<Item = u64>,
) -> Result<Hash, Error> {
    let mut head = Head::new(account);
    let statements = Statements::new(state);
    for id in entries {
        let row = journal::entry(journal, id)?
            .filter(|row| row.account() == account)
            .ok_or_else(|| Error::Damaged(format!("entry {id} is not of account {account}")))?;
        if !row
            .payload
            .as_ref()
            .is_some_and(|payload| row.link.seals(payload))
        {
            return Err(Error::Damaged(format!("entry {id} was altered")));
        }
        fold_entry(journal, &statements, &row, &mut head)?;
    }
    heads::save(state, None, &head)?;
    Ok(head.link)
}

fn fold_entry(
    journal: &Connection,
    state: &Statements<'_>,
    row: &Row,
    head: &mut Head,
) -> Result<(), Error> {
    let (seq, at) = (Seq(row.link.number), Timestamp(row.link.at_ms));
    if seq != head.seq.next() || row.link.previous != head.link {
        let (account, expected) = (head.account, head.seq.next());
        return Err(Error::Damaged(format!(
            "account {account}: entry {seq} where {expected} was to follow"
        )));
    }
    let fold = Fold {
        state,
        account: head.account,
        seq,
        at,
    };
    fold.note_entry(row.id)?;
    if let Some(commit) = row.commit()? {
        for mutation in &commit.mutations {
            let meta = match mutation {
                Mutation::AddEmail(new) => journal::blob_meta(journal, new.blob.at)?,
                Mutation::PutObject(put) => journal::blob_meta(journal, put.blob.at)?,
                _ => None,
            };
            // Whatever nothing names any more was dropped from the journal when this entry was new.
            fold.apply(mutation, meta.as_deref(), &mut Vec::new())?;
            head.apply(mutation, seq)?;
        }
    }
    (head.seq, head.at, head.link) = (seq, at, row.link.hash());
    Ok(())
}

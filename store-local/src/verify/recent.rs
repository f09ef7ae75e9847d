//! What came since an earlier verification: the journal behind the tree that was verified then, who may do what, and where
//! each account stands.
//!
//! Takes nothing on trust but what it is told: size and root of that tree, and the hash over the ends of all chains. Where
//! an account's last entry lies is looked up in the state, which may lie: then the hash is another one, and that is said.

use std::collections::HashMap;

use model::AccountId;
use rusqlite::Connection;
use seal::{Chain, Frontier};
use store::Error;

use super::blobs::Blobs;
use super::compare::compare;
use super::describe::Names;
use super::finding::{Finding, How, RowFinding, Verified, VerifyReport};
use super::walk::{self, Walk, check_kept};
use super::{Progress, Verify};
use crate::database::failed;
use crate::history::Kept;
use crate::journal::{self, signed, unsigned};
use crate::log::Tiles;
use crate::state::{self, replay};

/// Tables that the directory's entries alone amount to: who there is, and what they may.
const DIRECTORY_TABLES: [&str; 8] = [
    "domain",
    "principal",
    "member",
    "address",
    "credential",
    "credential_use",
    "mail_settings",
    "archive",
];

/// Verifies what is new since `since`.
pub(super) fn verify(
    asked: &Verify<'_>,
    since: &Verified,
    journal: &Connection,
    real: &Connection,
    report: &mut VerifyReport,
    progress: Progress<'_>,
) -> Result<(), Error> {
    let size = journal::size(journal)?;
    if size < since.size {
        report.add(Finding::tree(format!(
            "{} entries were verified before, the journal has {size}: its end was cut off",
            since.size
        )));
        return Ok(());
    }
    let Some(frontier) = frontier(journal, since, report)? else {
        return Ok(());
    };
    real.execute_batch("BEGIN").map_err(failed)?;
    let upto = state::position(real)?;
    let size = journal::size(journal)?;
    super::check_size(journal, upto, size, asked, report)?;
    let chains = chains(journal, real, since, upto)?;
    if walk::heads(&chains) != since.heads {
        report.add(Finding::State {
            table: "account_entry".into(),
            noun: super::describe::noun("account_entry"),
            unexplained: 0,
            missing: 0,
            changed: 1,
            rows: vec![RowFinding {
                how: How::Changed,
                row: "where the accounts' last entries lie is not what was verified before; verify everything to learn more"
                    .into(),
            }],
        });
        return real.execute_batch("COMMIT").map_err(failed);
    }
    let mut blobs = Blobs::new(asked.data, since.blobs + 1);
    let mut walk = Walk::new(journal, asked.key, &asked.kept);
    check_before(&mut walk, &frontier, journal, report)?;
    walk.resume(frontier, chains);
    walk.on(upto.min(size), Some(&mut blobs), report, progress)?;
    if upto >= since.size {
        check_accounts(real, &walk.chains, report)?;
        check_directory(journal, real, upto, &walk.chains, report)?;
    } else {
        // The server is at work or was interrupted, which was looked at already.
        report.notes.push(
            "the state is behind what was verified before, so who may do what was not compared: the server folds it soon"
                .into(),
        );
    }
    compare(real, &empty_state()?, &["sqlite_schema"], report)?;
    let dropped = match upto {
        upto if upto >= since.size => blobs.end(journal, real, blobs.last, report, progress)?,
        _ => Vec::new(),
    };
    real.execute_batch("COMMIT").map_err(failed)?;
    let (size, last) = super::size_of(journal)?;
    walk.on(size, Some(&mut blobs), report, progress)?;
    walk.end(report);
    asked.check_end(journal, &walk, report)?;
    // A state that is behind the journal does not know yet what was purged: the next time will tell.
    if state::position(real)? >= journal::size(journal)? {
        blobs.confirm(dropped, real, report)?;
    }
    report.upto = Some(Verified {
        size,
        root: walk.frontier.root(),
        heads: walk.heads(),
        blobs: last,
    });
    Ok(())
}

/// The tree's right edge as it was then, if the tree is still that one.
fn frontier(
    journal: &Connection,
    since: &Verified,
    report: &mut VerifyReport,
) -> Result<Option<Frontier>, Error> {
    let full = since.size / 256;
    let made = Frontier::from_full_tiles(full, &Tiles(journal));
    let mut frontier = match made {
        Ok(frontier) => frontier,
        Err(error) => {
            report.add(Finding::tree(format!("the tree's tiles: {error}")));
            return Ok(None);
        }
    };
    journal::entries(journal, full * 256 + 1, since.size, &mut |row| {
        // Whole tiles are stored already.
        drop(frontier.push(row.link.hash()));
        Ok(())
    })?;
    if frontier.size() == since.size && frontier.root() == since.root {
        return Ok(Some(frontier));
    }
    report.add(Finding::tree(format!(
        "the first {} entries are not those that were verified before",
        since.size
    )));
    Ok(None)
}

/// The ends of all chains as they were then: where they lie is looked up in the state.
fn chains(
    journal: &Connection,
    real: &Connection,
    since: &Verified,
    upto: u64,
) -> Result<HashMap<u64, Chain>, Error> {
    let mut accounts = real
        .prepare_cached("SELECT id FROM account")
        .map_err(failed)?;
    let accounts: Vec<i64> = accounts
        .query_map([], |row| row.get(0))
        .and_then(Iterator::collect)
        .map_err(failed)?;
    let sql = "SELECT max(entry) FROM account_entry WHERE account=?1 AND seq=(SELECT max(seq) FROM account_entry WHERE \
               account=?1 AND entry<=?2)";
    let mut last = real.prepare_cached(sql).map_err(failed)?;
    let mut chains = HashMap::new();
    for account in accounts {
        let entry: Option<i64> = last
            .query_row((account, signed(since.size)), |row| row.get(0))
            .map_err(failed)?;
        let Some(entry) = entry else {
            continue;
        };
        if let Some(row) = journal::entry(journal, unsigned(entry))? {
            chains.insert(row.link.stream, Chain::resume(row.link));
        }
    }
    // What the state does not know yet.
    journal::entries(journal, upto + 1, since.size, &mut |row| {
        chains.insert(row.link.stream, Chain::resume(row.link));
        Ok(())
    })?;
    Ok(chains)
}

/// Checkpoints kept elsewhere that are older than what was verified: the tree of then begins with theirs.
fn check_before(
    walk: &mut Walk<'_>,
    frontier: &Frontier,
    journal: &Connection,
    report: &mut VerifyReport,
) -> Result<(), Error> {
    let tiles = Tiles(journal);
    let kept: Vec<&Kept> = walk.take_kept_before(frontier.size());
    for one in kept {
        // A proof, so that tiles which do not fit together prove nothing.
        let proof = seal::prove_consistency(one.size, frontier.size(), &frontier.over(&tiles))
            .map_err(|error| Error::Damaged(format!("the tree's tiles: {error}")))?;
        let root = if proof.verify(&one.root, &frontier.root()).is_ok() {
            one.root
        } else {
            seal::Hash::ZERO
        };
        check_kept(one, frontier.size(), Some(root), report);
    }
    Ok(())
}

/// Whether the state has each account where its chain ends.
fn check_accounts(
    real: &Connection,
    chains: &HashMap<u64, Chain>,
    report: &mut VerifyReport,
) -> Result<(), Error> {
    let mut select = real
        .prepare_cached("SELECT id, seq, link FROM account ORDER BY id")
        .map_err(failed)?;
    let mut rows = select.query([]).map_err(failed)?;
    let (mut found, mut seen, mut unexplained, mut changed) = (Vec::new(), 0, 0, 0);
    let names = Names::new(real);
    while let Some(row) = rows.next().map_err(failed)? {
        let read = || -> rusqlite::Result<(i64, i64, [u8; 32])> {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        };
        let (id, seq, link) = read().map_err(failed)?;
        let (how, row) = match chains.get(&unsigned(id)) {
            Some(chain) if chain.number() == unsigned(seq) && *chain.head().as_bytes() == link => {
                seen += 1;
                continue;
            }
            Some(chain) => {
                seen += 1;
                changed += 1;
                (
                    How::Changed,
                    format!(
                        "{}: at entry {seq}, committed was {}",
                        names.account(id),
                        chain.number()
                    ),
                )
            }
            None => {
                unexplained += 1;
                (How::Unexplained, names.account(id))
            }
        };
        found.push(RowFinding { how, row });
    }
    let missing = u64::try_from(chains.len())
        .unwrap_or(u64::MAX)
        .saturating_sub(seen);
    if unexplained + missing + changed > 0 {
        found.truncate(super::ROWS_TOLD_MAX);
        report.add(Finding::State {
            table: "account".into(),
            noun: super::describe::noun("account"),
            unexplained,
            missing,
            changed,
            rows: found,
        });
    }
    Ok(())
}

/// Folds the directory's entries anew, all of them, and compares who there is and what they may.
fn check_directory(
    journal: &Connection,
    real: &Connection,
    upto: u64,
    chains: &HashMap<u64, Chain>,
    report: &mut VerifyReport,
) -> Result<(), Error> {
    let sql = "SELECT entry FROM account_entry WHERE account=? AND entry<=? ORDER BY seq";
    let mut select = real.prepare_cached(sql).map_err(failed)?;
    let entries: Vec<i64> = select
        .query_map((AccountId::DIRECTORY.0, signed(upto)), |row| row.get(0))
        .and_then(Iterator::collect)
        .map_err(failed)?;
    let made = empty_state()?;
    let stream = u64::from(AccountId::DIRECTORY.0);
    let folded = replay::fold_account(
        journal,
        &made,
        AccountId::DIRECTORY,
        entries.into_iter().map(unsigned),
    );
    let end = chains.get(&stream).map_or(seal::Hash::ZERO, Chain::head);
    match folded {
        // The hash of its last entry is that of all before it.
        Ok(head) if head == end => compare(real, &made, &DIRECTORY_TABLES, report),
        Ok(_) => {
            report.add(Finding::entry(
                upto,
                "the directory's entries do not end where its chain ends",
            ));
            Ok(())
        }
        Err(error) => {
            let what = format!("the directory's entries cannot be folded: {error}");
            report.add(Finding::entry(upto, what));
            Ok(())
        }
    }
}

fn empty_state() -> Result<Connection, Error> {
    state::open_in_memory()
}

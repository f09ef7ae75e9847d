//! The columns of the mailboxes that were searched or sorted last, within a number of octets.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{AccountId, MailboxId, Uid, UidValidity};
use store::Error;

use super::column::Column;
use super::key::Key;
use super::scope::Scope;

/// Octets of all columns together: those of `From`, `To` and `Subject` of half a million emails.
pub(crate) const COLUMNS_OCTETS_MAX: usize = 96 * 1024 * 1024;

/// The columns that are kept; those least recently used go first.
#[derive(Debug)]
pub(crate) struct Columns {
    state: Mutex<State>,
    octets_max: usize,
}

#[derive(Debug, Default)]
struct State {
    mailboxes: HashMap<(AccountId, MailboxId), Entry>,
    octets: usize,
    uses: u64,
}

#[derive(Debug, Default)]
struct Entry {
    kept: Arc<Mutex<Kept>>,
    octets: usize,
    used: u64,
}

/// The columns of one mailbox. Whoever holds it makes what is missing; others who need the same wait for that.
#[derive(Debug, Default)]
struct Kept {
    uid_validity: UidValidity,
    columns: BTreeMap<Key, Arc<Column>>,
}

impl Columns {
    /// None yet; never more than so many octets.
    pub(crate) fn new(octets_max: usize) -> Self {
        Self {
            state: Mutex::default(),
            octets_max,
        }
    }

    /// The columns of the mailbox for these keys, in their order, with all emails that the scope has.
    ///
    /// # Errors
    /// The engine cannot be read, a column is full, or the search was given up.
    pub(super) fn get(&self, scope: &Scope<'_>, keys: &[Key]) -> Result<Vec<Arc<Column>>, Error> {
        let place = (scope.account, scope.mailbox);
        let kept = self.entry(place);
        let mut held = kept.lock().unwrap_or_else(|poisoned| {
            // Whoever panicked may have left a column half made.
            let mut held = poisoned.into_inner();
            held.columns.clear();
            kept.clear_poison();
            held
        });
        if held.uid_validity != scope.uid_validity {
            *held = Kept {
                uid_validity: scope.uid_validity,
                columns: BTreeMap::new(),
            };
        }
        let outcome = held.complete(scope, keys);
        let found = keys
            .iter()
            .filter_map(|key| held.columns.get(key).cloned())
            .collect();
        let octets = held.columns.values().map(|column| column.octets()).sum();
        drop(held);
        self.note(place, &kept, octets);
        outcome.map(|()| found)
    }

    fn entry(&self, place: (AccountId, MailboxId)) -> Arc<Mutex<Kept>> {
        let mut state = self.lock();
        state.uses += 1;
        let uses = state.uses;
        let entry = state.mailboxes.entry(place).or_default();
        entry.used = uses;
        Arc::clone(&entry.kept)
    }

    /// Takes note of the size of a mailbox's columns, and drops what does not fit any more.
    fn note(&self, place: (AccountId, MailboxId), kept: &Arc<Mutex<Kept>>, octets: usize) {
        let mut state = self.lock();
        if let Some(entry) = state.mailboxes.get_mut(&place)
            && Arc::ptr_eq(&entry.kept, kept)
        {
            let before = std::mem::replace(&mut entry.octets, octets + size_of::<Entry>());
            state.octets = state.octets + octets + size_of::<Entry>() - before;
        }
        while state.octets > self.octets_max {
            let oldest = state
                .mailboxes
                .iter()
                .min_by_key(|(_, entry)| entry.used)
                .map(|(place, _)| *place);
            let Some(entry) = oldest.and_then(|place| state.mailboxes.remove(&place)) else {
                return;
            };
            state.octets -= entry.octets;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Reads what the columns lack, once for all of them; what was read stays, even if not all could be.
    fn complete(&mut self, scope: &Scope<'_>, keys: &[Key]) -> Result<(), Error> {
        let rows = &scope.rows;
        let last = rows
            .len()
            .checked_sub(1)
            .and_then(|at| rows.get(at))
            .map_or(Uid(0), |row| row.uid);
        let mut growing: BTreeMap<Key, Arc<Column>> = BTreeMap::new();
        for key in keys {
            let column = self.columns.entry(*key).or_default();
            if column.is_stale(rows.len()) {
                *column = Arc::default();
            }
            if column.until() < last {
                growing.insert(*key, std::mem::take(column));
            }
        }
        let from = growing.values().map(|column| column.until().next()).min();
        let Some(from) = from.map(|uid| rows.position_from(uid)) else {
            return Ok(());
        };
        let mut columns: Vec<(Key, &mut Column)> = growing
            .iter_mut()
            .map(|(key, column)| (*key, Arc::make_mut(column)))
            .collect();
        let missing = (from..).zip(rows.iter().skip(from));
        let mut outcome = scope.headers(missing, |_, row, headers| {
            for (key, column) in &mut columns {
                if column.until() < row.uid {
                    column.push(row.uid, |out| key.push(headers, out))?;
                }
            }
            Ok(())
        });
        if outcome.is_ok() {
            for (_, column) in &mut columns {
                column.look_until(last);
            }
            outcome = scope.go_on();
        }
        self.columns.extend(growing);
        outcome
    }
}

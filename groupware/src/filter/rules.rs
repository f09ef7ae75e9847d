//! Rules: what an account wants done with its mail, compiled, at hand for every message.
//!
//! Whether there are any stands in the account's head; what they are is read from disk once and then kept, with a bound on
//! all of it, as long as the account does not change them.

use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{AccountId, CollectionId, Seq};
use sieve::{Needs, Place, Script};
use store::{Engine, Head};

use super::kept::{self, segment};
use super::vacation::{self, Away};
use crate::Groupware;
use crate::error::Error;

/// Octets of the texts of all rules at hand; compiled they take a few times as much.
const TEXT_OCTETS_MAX: usize = 32 * 1024 * 1024;
/// What an account's rules take beside their texts.
const RULES_OCTETS: usize = 512;

/// An account's rules.
#[derive(Debug)]
pub(crate) struct Rules {
    /// The active script.
    pub(super) main: Option<Main>,
    /// The answer while its owner is away.
    pub(super) away: Option<Away>,
    octets: usize,
}

/// An active script.
#[derive(Debug)]
pub(super) struct Main {
    pub(super) name: String,
    /// The script, or why it cannot be run.
    pub(super) script: Result<Arc<Script>, String>,
    /// Those that it includes, and that these include (RFC 6609).
    pub(super) included: BTreeMap<String, Arc<Script>>,
    /// What all of them need.
    pub(super) needs: Needs,
}

impl Rules {
    /// A script by itself.
    pub(super) fn of_one(main: Main) -> Self {
        Self {
            main: Some(main),
            away: None,
            octets: 0,
        }
    }
}

impl Main {
    /// Whether it asks what time it is where its owner is.
    pub(super) fn asks_for_date(&self) -> bool {
        let asks = |script: &Arc<Script>| script.requires("date");
        self.script.iter().any(asks) || self.included.values().any(asks)
    }

    /// Whether it writes or sends mail on in its owner's name.
    pub(super) fn speaks_for_owner(&self) -> bool {
        let notifies = |script: &Arc<Script>| script.requires("enotify");
        self.needs.vacation
            || self.needs.redirects
            || self.script.iter().any(notifies)
            || self.included.values().any(notifies)
    }
}

/// In which state of the account rules were read.
type State = (CollectionId, Seq, Seq);

/// The rules at hand. Those that were not used for long make room: whatever is used moves from the older half to the
/// younger one.
#[derive(Debug, Default)]
pub(crate) struct Filters {
    halves: Mutex<Halves>,
}

#[derive(Debug, Default)]
struct Halves {
    young: HashMap<AccountId, (State, Arc<Rules>)>,
    young_octets: usize,
    old: HashMap<AccountId, (State, Arc<Rules>)>,
}

impl Filters {
    fn find(&self, account: AccountId, state: State) -> Option<Arc<Rules>> {
        let mut halves = self.halves();
        if let Some((of, rules)) = halves.young.get(&account) {
            return (*of == state).then(|| Arc::clone(rules));
        }
        let (of, rules) = halves.old.remove(&account)?;
        if of != state {
            return None;
        }
        halves.insert(account, state, Arc::clone(&rules));
        Some(rules)
    }

    fn insert(&self, account: AccountId, state: State, rules: &Arc<Rules>) {
        self.halves().insert(account, state, Arc::clone(rules));
    }

    fn halves(&self) -> MutexGuard<'_, Halves> {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Halves {
    fn insert(&mut self, account: AccountId, state: State, rules: Arc<Rules>) {
        let octets = rules.octets;
        if self.young_octets.saturating_add(octets) > TEXT_OCTETS_MAX / 2 {
            self.old = mem::take(&mut self.young);
            self.young_octets = 0;
        }
        if let Some((_, before)) = self.young.insert(account, (state, rules)) {
            self.young_octets = self.young_octets.saturating_sub(before.octets);
        }
        self.young_octets = self.young_octets.saturating_add(octets);
    }
}

impl Groupware {
    /// The account's rules; nothing where every mail is simply kept. Costs a look at the head for those who have none.
    pub(crate) async fn rules(&self, head: &Arc<Head>) -> Result<Option<Arc<Rules>>, Error> {
        let Some(collection) = kept::scripts(head) else {
            return Ok(None);
        };
        let said = &collection.properties.dead;
        if !said.contains_key(kept::ACTIVE) && !said.contains_key(vacation::AWAY) {
            return Ok(None);
        }
        let (account, id) = (head.account, collection.id);
        let state = (id, collection.objects_changed, collection.changed);
        if let Some(rules) = self.filters.find(account, state) {
            return Ok(Some(rules));
        }
        let away = said.get(vacation::AWAY).and_then(|text| Away::read(text));
        let active = said.get(kept::ACTIVE).cloned();
        let read = self.store.read(move |engine| {
            let main = match active {
                Some(name) => Some(read_main(engine, account, id, name)?),
                None => None,
            };
            Ok(main)
        });
        let (main, text_octets) = match read.await? {
            Some((main, octets)) => (Some(main), octets),
            None => (None, 0),
        };
        let away_octets = said.get(vacation::AWAY).map_or(0, String::len);
        let rules = Arc::new(Rules {
            main,
            away,
            octets: RULES_OCTETS + text_octets + away_octets,
        });
        self.filters.insert(account, state, &rules);
        Ok(Some(rules))
    }
}

/// Reads a script and all that it includes.
pub(super) fn read_main(
    engine: &dyn Engine,
    account: AccountId,
    collection: CollectionId,
    name: String,
) -> Result<(Main, usize), store::Error> {
    let mut octets = 0;
    let mut compiled = |name: &str| -> Result<Option<Result<Arc<Script>, String>>, store::Error> {
        let Ok(segment) = segment(name) else {
            return Ok(None);
        };
        let Some(row) = engine.object(account, collection, &segment)? else {
            return Ok(None);
        };
        let text = engine.blob(row.blob)?;
        octets += text.len();
        let script = Script::parse(&text).map_err(|fault| fault.to_string());
        Ok(Some(script.map(Arc::new)))
    };
    let gone = || Err("the script is not there".to_owned());
    let script = compiled(&name)?.unwrap_or_else(gone);
    let mut main = Main {
        name,
        needs: Needs::default(),
        included: BTreeMap::new(),
        script,
    };
    let mut waiting: Vec<Arc<Script>> = main.script.iter().cloned().collect();
    while let Some(script) = waiting.pop() {
        let needs = script.needs();
        for (place, name) in &needs.scripts {
            // There are no scripts for all accounts; whoever asks for one learns when it is run (RFC 6609 3.2).
            if *place == Place::Global
                || main.included.contains_key(name)
                || main.included.len() >= sieve::limits::INCLUDES_MAX
            {
                continue;
            }
            // One that cannot be compiled is, for the script that includes it, not there.
            if let Some(Ok(script)) = compiled(name)? {
                main.included.insert(name.clone(), Arc::clone(&script));
                waiting.push(script);
            }
        }
        join(&mut main.needs, needs);
    }
    Ok((main, octets))
}

/// What both need.
fn join(all: &mut Needs, more: &Needs) {
    let both = |all: &mut Vec<String>, more: &[String]| {
        all.extend_from_slice(more);
        all.sort_unstable();
        all.dedup();
    };
    both(&mut all.mailboxes, &more.mailboxes);
    both(&mut all.lists, &more.lists);
    all.any_mailbox |= more.any_mailbox;
    all.any_list |= more.any_list;
    all.duplicates |= more.duplicates;
    all.vacation |= more.vacation;
    all.redirects |= more.redirects;
}

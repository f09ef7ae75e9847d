//! How the witnesses stand: what each cosigned last, what is wrong with it, and how much of our history is fixed by enough of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use admin::{HistoryInfo, WitnessInfo};
use model::Clock;
use seal::{Checkpoint, Note, Policy, Signature};

use super::Tree;
use super::ledger::Ledger;

/// Checkpoints for which cosignatures are gathered: slow witnesses answer for older ones.
const GATHERED_MAX: usize = 32;
/// Something that stays wrong is told again after so many seconds.
const TELL_AGAIN_SECONDS: u64 = 3_600;

/// What is wrong with a witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It does not answer, or has no time.
    Silent(String),
    /// It does not want to: it does not know us.
    Refusing(String),
    /// What it says is not true, or nothing that the protocol has.
    Lying(String),
    /// It knows another history of ours: one of us is wrong, and it may be us.
    Contradicting(String),
}

impl Trouble {
    /// One word for it, which is an interface.
    fn state(&self) -> &'static str {
        match self {
            Self::Silent(_) => "silent",
            Self::Refusing(_) => "refusing",
            Self::Lying(_) => "lying",
            Self::Contradicting(_) => "contradicting",
        }
    }

    fn why(&self) -> &str {
        match self {
            Self::Silent(why)
            | Self::Refusing(why)
            | Self::Lying(why)
            | Self::Contradicting(why) => why,
        }
    }

    fn tell(&self, witness: &str) {
        let error = self.why();
        match self {
            Self::Silent(_) => tracing::warn!(
                witness,
                error,
                "a witness does not answer; mail goes on, and what happens now is fixed by the others only"
            ),
            Self::Refusing(_) => tracing::warn!(
                witness,
                error,
                "a witness does not cosign for us: those who run it must know our log's key, see `wachpost witness keys`"
            ),
            Self::Lying(_) => tracing::error!(
                witness,
                error,
                "a witness says what is not true; do not trust it before those who run it have an explanation"
            ),
            Self::Contradicting(_) => tracing::error!(
                witness,
                error,
                "a witness knows another history of this server: it was rewritten, cut off, or put back to an old copy; keep a \
                 copy of the data folder, and have somebody look"
            ),
        }
    }
}

/// Known to all who ask.
#[derive(Debug)]
pub(crate) struct Standing {
    policy: Policy,
    data: PathBuf,
    tree: Tree,
    clock: Clock,
    each: Mutex<Known>,
    /// One at a time writes down what all have cosigned.
    writing: Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    witnesses: Vec<One>,
    gathered: BTreeMap<u64, Note>,
    trusted: Option<Note>,
}

#[derive(Debug, Default)]
struct One {
    cosigned: Option<Cosigned>,
    trouble: Option<(Trouble, u64)>,
    answers: u64,
    failures: u64,
}

/// What a witness cosigned last.
#[derive(Clone, Debug)]
pub(super) struct Cosigned {
    pub(super) checkpoint: Checkpoint,
    note: Note,
    at_seconds: u64,
}

impl Standing {
    /// As the data folder has it.
    pub(crate) fn open(policy: Policy, data: &Path, tree: Tree, clock: Clock) -> Self {
        let ledger = Ledger::read(data).unwrap_or_else(|error| {
            tracing::warn!(
                error,
                "what witnesses cosigned cannot be read; they are asked anew"
            );
            Ledger::default()
        });
        let witnesses = policy.witnesses().iter().map(|witness| {
            let mut lines = ledger.witnesses.iter();
            let cosigned = lines
                .find(|(key, _)| *key == witness.key)
                .and_then(|(key, note)| {
                    Some(Cosigned {
                        checkpoint: note.text().parse().ok()?,
                        at_seconds: key.cosigned_at(note).ok()??,
                        note: note.clone(),
                    })
                });
            One {
                cosigned,
                ..One::default()
            }
        });
        let known = Known {
            witnesses: witnesses.collect(),
            gathered: BTreeMap::new(),
            trusted: ledger.trusted,
        };
        Self {
            each: Mutex::new(known),
            writing: Mutex::new(()),
            policy,
            data: data.to_owned(),
            tree,
            clock,
        }
    }

    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }

    pub(super) fn tree(&self) -> &Tree {
        &self.tree
    }

    pub(super) fn now_seconds(&self) -> u64 {
        u64::try_from(self.clock.now().0 / 1_000).unwrap_or(0)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.each.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a witness cosigned last, and how many seconds ago.
    pub(super) fn cosigned(&self, place: usize) -> Option<(Cosigned, u64)> {
        let cosigned = self.known().witnesses.get(place)?.cosigned.clone()?;
        let ago = self.now_seconds().saturating_sub(cosigned.at_seconds);
        Some((cosigned, ago))
    }

    /// Remembers a cosignature over a checkpoint of ours, `note` with our signature; blocks until it is on the disk.
    pub(super) fn add(
        &self,
        place: usize,
        note: &Note,
        checkpoint: &Checkpoint,
        line: &Signature,
        at_seconds: u64,
    ) {
        {
            let mut known = self.known();
            let mut with_line = note.clone();
            if with_line.add(line.clone()).is_err() {
                return;
            }
            let Some(one) = known.witnesses.get_mut(place) else {
                return;
            };
            one.answers += 1;
            if one.trouble.take().is_some() {
                let witness = self.name(place);
                tracing::info!(
                    witness,
                    entries = checkpoint.size(),
                    "a witness cosigns again"
                );
            }
            one.cosigned = Some(Cosigned {
                checkpoint: checkpoint.clone(),
                note: with_line,
                at_seconds,
            });
            known.gather(note, checkpoint.size(), line, &self.policy);
        }
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let ledger = self.known().ledger(&self.policy);
        if let Err(error) = ledger.write(&self.data) {
            tracing::warn!(%error, "what a witness cosigned cannot be written down");
        }
    }

    /// Remembers what is wrong, and tells it, once and then now and again.
    pub(super) fn fail(&self, place: usize, trouble: Trouble) {
        let now = self.now_seconds();
        let mut known = self.known();
        let Some(one) = known.witnesses.get_mut(place) else {
            return;
        };
        one.failures += 1;
        let told = one.trouble.as_ref().filter(|(before, told)| {
            before.state() == trouble.state() && now.saturating_sub(*told) < TELL_AGAIN_SECONDS
        });
        let told_at = match told {
            Some((_, told)) => *told,
            None => {
                trouble.tell(self.name(place));
                now
            }
        };
        one.trouble = Some((trouble, told_at));
    }

    fn name(&self, place: usize) -> &str {
        let witness = self.policy.witnesses().get(place);
        witness.map_or("", |witness| witness.name.as_str())
    }

    /// The cosignatures over a checkpoint that are known.
    pub(crate) fn cosignatures(&self, note: &Note) -> Vec<Signature> {
        let known = self.known();
        let notes = known
            .witnesses
            .iter()
            .filter_map(|one| Some(&one.cosigned.as_ref()?.note));
        let same = notes.filter(|known| known.text() == note.text());
        same.flat_map(Note::signatures)
            .filter(|line| !note.signatures().contains(line))
            .cloned()
            .collect()
    }

    /// How many answers each witness gave and how often none came, by its name.
    pub(crate) fn counts(&self) -> Vec<(String, u64, u64)> {
        let known = self.known();
        let named = self.policy.witnesses().iter().zip(&known.witnesses);
        named
            .map(|(witness, one)| (witness.name.clone(), one.answers, one.failures))
            .collect()
    }

    /// How much of our history is fixed, and how each witness stands; blocks.
    pub(crate) fn history(&self) -> HistoryInfo {
        let now = self.now_seconds();
        let (sizes, witnesses) = {
            let known = self.known();
            let sizes = known.witnesses.iter().map(|one| {
                let usable = one
                    .trouble
                    .as_ref()
                    .is_none_or(|(trouble, _)| !matches!(trouble, Trouble::Contradicting(_)));
                one.cosigned
                    .as_ref()
                    .filter(|_| usable)
                    .map(|cosigned| cosigned.checkpoint.size())
            });
            let sizes: Vec<_> = sizes.collect();
            let named = self.policy.witnesses().iter().zip(&known.witnesses);
            let infos: Vec<_> = named
                .map(|(witness, one)| WitnessInfo {
                    name: witness.name.clone(),
                    url: witness.url.clone().unwrap_or_default(),
                    state: match (&one.trouble, &one.cosigned) {
                        (Some((trouble, _)), _) => trouble.state(),
                        (None, Some(_)) => "good",
                        (None, None) => "not asked yet",
                    }
                    .to_owned(),
                    why: one
                        .trouble
                        .as_ref()
                        .map(|(trouble, _)| trouble.why().to_owned()),
                    entries: one
                        .cosigned
                        .as_ref()
                        .map(|cosigned| cosigned.checkpoint.size()),
                    seconds: one
                        .cosigned
                        .as_ref()
                        .map(|cosigned| now.saturating_sub(cosigned.at_seconds)),
                })
                .collect();
            (sizes, infos)
        };
        let entries = self.tree.ask(store_local::History::size).unwrap_or(0);
        let fixed_entries = self.policy.fixed_size(&sizes).map(|size| size.min(entries));
        let unfixed_seconds = fixed_entries.and_then(|fixed| {
            if fixed >= entries {
                return Some(0);
            }
            // The oldest entry that is not fixed says up to when history is.
            let at = self.tree.ask(|tree| tree.written_at(fixed)).ok()??;
            let age = now.saturating_sub(u64::try_from(at.0 / 1_000).unwrap_or(0));
            Some(age.max(1))
        });
        HistoryInfo {
            entries,
            fixed_entries,
            unfixed_seconds,
            witnesses,
        }
    }

    /// The last checkpoint that enough witnesses cosigned, or the last that any did.
    pub(crate) fn best(&self) -> Option<Note> {
        let known = self.known();
        let largest = known
            .witnesses
            .iter()
            .filter_map(|one| one.cosigned.as_ref());
        let largest = largest.max_by_key(|cosigned| cosigned.checkpoint.size());
        known
            .trusted
            .clone()
            .or_else(|| largest.map(|cosigned| cosigned.note.clone()))
    }
}

impl admin::Witnesses for Standing {
    fn history(&self) -> HistoryInfo {
        Self::history(self)
    }
}

impl Known {
    /// Puts cosignatures over the same checkpoint together until enough have.
    fn gather(&mut self, note: &Note, size: u64, line: &Signature, policy: &Policy) {
        let gathered = self.gathered.entry(size).or_insert_with(|| note.clone());
        if gathered.text() != note.text() {
            *gathered = note.clone();
        }
        let is_known = gathered
            .signatures()
            .iter()
            .any(|known| known.name == line.name && known.id == line.id);
        if is_known || gathered.add(line.clone()).is_err() {
            return;
        }
        let gathered = gathered.clone();
        let has_cosigned = |place: usize| {
            let witness = policy.witnesses().get(place);
            witness.is_some_and(|witness| matches!(witness.key.cosigned_at(&gathered), Ok(Some(_))))
        };
        let is_larger = self
            .trusted
            .as_ref()
            .is_none_or(|trusted| size_of(trusted) < size || trusted.text() == gathered.text());
        if policy.is_met(has_cosigned) && is_larger {
            self.trusted = Some(gathered);
        }
        while self.gathered.len() > GATHERED_MAX {
            self.gathered.pop_first();
        }
    }

    fn ledger(&self, policy: &Policy) -> Ledger {
        let named = policy.witnesses().iter().zip(&self.witnesses);
        let lines = named.filter_map(|(witness, one)| {
            Some((witness.key.clone(), one.cosigned.as_ref()?.note.clone()))
        });
        Ledger {
            witnesses: lines.collect(),
            trusted: self.trusted.clone(),
        }
    }
}

fn size_of(note: &Note) -> u64 {
    let checkpoint: Result<Checkpoint, _> = note.text().parse();
    checkpoint.map_or(0, |checkpoint| checkpoint.size())
}

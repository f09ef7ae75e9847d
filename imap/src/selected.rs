//! The selected mailbox: what the client knows of it, and what is true by now.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use groupware::{Diff, EmailRow, Error, Mailbox, Place, View};
use model::{Keywords, NumberSet, Rights, Seq, Uid};

use crate::answer::Failure;
use crate::codec::{By, Encoder, SequenceSet};
use crate::numbers::{common, without};
use crate::user::User;
use crate::words::Ids;

/// A selected mailbox.
///
/// Right after `SELECT` nothing is known of it but counters, and its view is loaded when a command needs one.
/// While messages that are gone must not be told of, `known` stays behind `latest`.
#[derive(Debug)]
pub(crate) struct Selected {
    pub(crate) place: Place,
    pub(crate) ids: Ids,
    pub(crate) rights: Rights,
    pub(crate) read_only: bool,
    /// UIDs of the last `SEARCH RETURN (SAVE)` (RFC 5182).
    pub(crate) saved: NumberSet,
    /// How many of the account's own keywords the client was told of.
    pub(crate) keywords_told: usize,
    pub(crate) flag_texts: FlagTexts,
    known: Known,
    latest: Option<Arc<View>>,
    told: Told,
}

/// What the client knows.
#[derive(Debug)]
enum Known {
    /// Only these counters, as they were after this entry.
    Counted {
        emails: u32,
        uid_next: Uid,
        until: Seq,
    },
    Viewed(Arc<View>),
}

/// Changes that an answer told already: they need not be told again.
#[derive(Debug, Default)]
struct Told {
    seq: Seq,
    uids: NumberSet,
}

/// What the client must be told to know the newest view. Positions count from 0.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// Positions before, rising.
    pub(crate) removed: Vec<usize>,
    pub(crate) removed_uids: NumberSet,
    /// Positions afterwards.
    pub(crate) changed: Vec<usize>,
    /// How many messages there are, if some are new.
    pub(crate) exists: Option<usize>,
}

/// Texts of flags by sets of keywords: a mailbox has thousands of messages but few different sets.
#[derive(Debug, Default)]
pub(crate) struct FlagTexts(HashMap<Keywords, Box<[u8]>>);

/// Sets whose text is kept; more are unusual and start anew.
const FLAG_TEXTS_MAX: usize = 4_096;

impl FlagTexts {
    /// The flags in parentheses.
    pub(crate) fn get(&mut self, keywords: Keywords, view: &View) -> &[u8] {
        if self.0.len() >= FLAG_TEXTS_MAX && !self.0.contains_key(&keywords) {
            self.0.clear();
        }
        self.0.entry(keywords).or_insert_with(|| {
            Encoder::flag_text(crate::words::flags(keywords, view)).into_boxed_slice()
        })
    }
}

impl Selected {
    pub(crate) fn new(
        place: Place,
        ids: Ids,
        mailbox: &Mailbox,
        rights: Rights,
        read_only: bool,
    ) -> Self {
        Self {
            place,
            ids,
            rights,
            read_only,
            saved: NumberSet::new(),
            keywords_told: 0,
            flag_texts: FlagTexts::default(),
            known: Known::Counted {
                emails: mailbox.totals.emails,
                uid_next: mailbox.uid_next,
                until: mailbox.emails_changed,
            },
            latest: None,
            told: Told::default(),
        }
    }

    /// The view whose positions the client knows; none before it was needed.
    pub(crate) fn known(&self) -> Option<&Arc<View>> {
        match &self.known {
            Known::Counted { .. } => None,
            Known::Viewed(view) => Some(view),
        }
    }

    /// The newest view that was looked at.
    pub(crate) fn latest(&self) -> Option<&Arc<View>> {
        self.latest.as_ref().or(self.known())
    }

    /// A row of the known view as it is now; none if the message is gone.
    pub(crate) fn row_now(&self, row: &EmailRow) -> Option<EmailRow> {
        match (&self.known, &self.latest) {
            (Known::Viewed(known), Some(latest)) if !Arc::ptr_eq(known, latest) => {
                latest.row_of(row.uid).copied()
            }
            _ => Some(*row),
        }
    }

    /// Looks at the mailbox as it is now, and says what the client does not know. With `load` also where
    /// nothing changed since the counters were read.
    pub(crate) async fn news(&mut self, user: &User, load: bool) -> Result<News, Failure> {
        match &self.known {
            Known::Viewed(known) => {
                let before = self.latest.as_ref().unwrap_or(known);
                let latest = user
                    .groupware
                    .refresh(&user.caller, before)
                    .await
                    .map_err(gone)?;
                let diff = if Arc::ptr_eq(known, &latest) {
                    Diff::default()
                } else {
                    Diff::between(known, &latest)
                };
                let exists = (!diff.added.is_empty()).then(|| latest.len());
                self.latest = Some(latest);
                Ok(News {
                    removed: diff.removed,
                    removed_uids: diff.removed_uids,
                    changed: diff.changed,
                    exists,
                })
            }
            Known::Counted {
                emails,
                uid_next,
                until,
            } => {
                let (emails, uid_next, until) = (*emails, *uid_next, *until);
                let (account, mailbox) = (self.place.account, self.place.mailbox);
                if !load {
                    let info = user.groupware.mailbox(&user.caller, account, mailbox);
                    if info.await.map_err(gone)?.mailbox.emails_changed == until {
                        return Ok(News::default());
                    }
                }
                let view = user.groupware.view(&user.caller, account, mailbox);
                let view = view.await.map_err(gone)?;
                self.latest = Some(Arc::clone(&view));
                if view.until() == until {
                    self.known = Known::Viewed(view);
                    return Ok(News::default());
                }
                let vanished = user
                    .groupware
                    .vanished(&user.caller, account, mailbox, until)
                    .await?;
                Ok(counted_news(&view, &vanished, emails, uid_next, until))
            }
        }
    }

    /// The client was told all news.
    pub(crate) fn caught_up(&mut self) {
        if let Some(latest) = &self.latest {
            self.known = Known::Viewed(Arc::clone(latest));
        }
        self.told = Told::default();
    }

    /// An answer tells of these changes.
    pub(crate) fn tell(&mut self, seq: Seq, uids: NumberSet) {
        self.told = Told { seq, uids };
    }

    /// Whether an answer told of this change.
    pub(crate) fn is_told(&self, row: &EmailRow) -> bool {
        row.changed == self.told.seq && self.told.uids.contains(row.uid.0)
    }

    /// The messages that a set names, as positions in the known view.
    pub(crate) fn positions(&self, by: By, set: &SequenceSet) -> Vec<Range<usize>> {
        let Some(view) = self.known() else {
            return Vec::new();
        };
        match (set, by) {
            (SequenceSet::Saved, _) => uid_positions(view, &self.saved),
            (set, By::Uid) => {
                let largest = view
                    .len()
                    .checked_sub(1)
                    .and_then(|last| view.row_at(last))
                    .map_or(0, |row| row.uid.0);
                uid_positions(view, &set.resolve(largest))
            }
            (set, By::Sequence) => {
                let len = u32::try_from(view.len()).unwrap_or(u32::MAX);
                set.resolve(len)
                    .ranges()
                    .iter()
                    .filter_map(|(first, last)| {
                        let first = usize::try_from(first.checked_sub(1)?).ok()?;
                        let end = usize::try_from(*last).ok()?.min(view.len());
                        (first < end).then_some(first..end)
                    })
                    .collect()
            }
        }
    }

    /// The UIDs of the messages that a set names.
    pub(crate) fn uids(&self, by: By, set: &SequenceSet) -> NumberSet {
        let Some(view) = self.known() else {
            return NumberSet::new();
        };
        let mut uids = NumberSet::new();
        for range in self.positions(by, set) {
            view.range(range).for_each(|row| uids.push(row.uid.0));
        }
        uids
    }
}

/// What changed since only counters were known.
fn counted_news(view: &View, vanished: &NumberSet, emails: u32, uid_next: Uid, until: Seq) -> News {
    let before = NumberSet::range(1, uid_next.0.saturating_sub(1));
    let removed_uids = common(vanished, &before);
    // What was there before: what still is, and what vanished; so each place can be told.
    let there = removed_uids.union(&common(&view.uids(), &before));
    debug_assert_eq!(there.len(), u64::from(emails), "each UID leaves once");
    let removed = there
        .iter()
        .enumerate()
        .filter(|(_, uid)| removed_uids.contains(*uid))
        .map(|(position, _)| position)
        .collect();
    let old_ones = view.position_from(uid_next);
    let changed = view
        .range(0..old_ones)
        .enumerate()
        .filter(|(_, row)| row.changed.is_after(until))
        .map(|(position, _)| position)
        .collect();
    News {
        removed,
        removed_uids,
        changed,
        exists: (old_ones < view.len()).then(|| view.len()),
    }
}

/// The positions of UIDs that are there.
fn uid_positions(view: &View, uids: &NumberSet) -> Vec<Range<usize>> {
    uids.ranges()
        .iter()
        .filter_map(|(first, last)| {
            let start = view.position_from(Uid(*first));
            let end = last
                .checked_add(1)
                .map_or(view.len(), |next| view.position_from(Uid(next)));
            (start < end).then_some(start..end)
        })
        .collect()
}

/// The UIDs that are not in the view, of those that a client knows.
pub(crate) fn absent(view: &View, known: &NumberSet) -> NumberSet {
    without(known, &view.uids())
}

/// The selected mailbox was deleted, or may not be read any more: the session cannot go on with its numbers.
fn gone(error: Error) -> Failure {
    match error {
        Error::NotFound | Error::Forbidden => {
            Failure::Bye("The selected mailbox is not there any more")
        }
        other => other.into(),
    }
}

//! What many mutations amount to: for each email whether it is new, changed or gone.

use std::collections::HashMap;

use model::{EmailId, MailboxId, Mutation, NumberSet, Uid};
use store::EmailRow;

use super::Scope;

/// Whether a mailbox belongs to what is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    Inside,
    Outside,
}

/// What became of a number since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Created,
    Updated,
    Destroyed,
    /// Created and destroyed in between.
    Passed,
}

/// Reads rows of a mailbox.
pub(super) type ReadRows<'a> =
    &'a mut dyn FnMut(MailboxId, &NumberSet) -> Result<Vec<EmailRow>, store::Error>;

/// The sum of mutations, in numbers of one scope.
#[derive(Debug)]
pub(super) struct Net {
    scope: Scope,
    fates: HashMap<u32, Fate>,
    /// Changed emails of which only the UID is known as yet.
    touched: HashMap<MailboxId, Vec<(u32, u32)>>,
    /// Emails that left the mailbox where they had this UID.
    left: HashMap<(MailboxId, u32), EmailId>,
}

/// The sum, sorted.
#[derive(Debug, Default)]
pub(super) struct Sum {
    pub(super) created: NumberSet,
    pub(super) updated: NumberSet,
    pub(super) destroyed: NumberSet,
}

impl Net {
    pub(super) fn new(scope: Scope) -> Self {
        Self {
            scope,
            fates: HashMap::new(),
            touched: HashMap::new(),
            left: HashMap::new(),
        }
    }

    /// Adds one mutation.
    pub(super) fn apply(&mut self, mutation: &Mutation, sight: &dyn Fn(MailboxId) -> Sight) {
        let inside = |mailbox: MailboxId| sight(mailbox) == Sight::Inside;
        match mutation {
            Mutation::AddEmail(new) if inside(new.mailbox) => {
                self.create(self.number(new.uid, new.email));
            }
            Mutation::CopyEmails(copy) if inside(copy.to) => {
                for at in 0..copy.totals.emails {
                    let uid = Uid(copy.first_uid.0.saturating_add(at));
                    let email = EmailId(copy.first_email.0.saturating_add(at));
                    self.create(self.number(uid, email));
                }
            }
            Mutation::RestoreEmail(back) if inside(back.mailbox) => {
                self.create(self.number(back.uid, back.email));
            }
            Mutation::SetKeywords { mailbox, uids, .. } if inside(*mailbox) => match self.scope {
                Scope::Account => {
                    let touched = self.touched.entry(*mailbox).or_default();
                    touched.extend(uids.ranges());
                }
                Scope::Mailbox(_) => uids.iter().for_each(|uid| self.update(uid)),
            },
            Mutation::DestroyEmails(gone) if inside(gone.mailbox) => {
                for (uid, email) in gone.uids.iter().zip(&gone.emails) {
                    self.destroy(self.number(Uid(uid), *email));
                    self.left.insert((gone.mailbox, uid), *email);
                }
            }
            Mutation::MoveEmails(moved) => {
                let (from, to) = (inside(moved.from), inside(moved.to));
                for ((uid, email), at) in moved.uids.iter().zip(&moved.emails).zip(0..) {
                    let there = Uid(moved.first_uid.0.saturating_add(at));
                    self.left.insert((moved.from, uid), *email);
                    if from && to && self.scope == Scope::Account {
                        self.update(email.0);
                        continue;
                    }
                    if from {
                        self.destroy(self.number(Uid(uid), *email));
                    }
                    if to {
                        self.create(self.number(there, *email));
                    }
                }
            }
            _ => {}
        }
    }

    /// Finds the emails behind UIDs, and sorts.
    pub(super) fn resolve(mut self, rows: ReadRows<'_>) -> Result<Sum, store::Error> {
        let left = std::mem::take(&mut self.left);
        for (mailbox, ranges) in std::mem::take(&mut self.touched) {
            let uids = NumberSet::from_ranges(ranges);
            for row in rows(mailbox, &uids)? {
                self.update(row.email.0);
            }
            for ((was_in, uid), email) in &left {
                if *was_in == mailbox && uids.contains(*uid) {
                    self.update(email.0);
                }
            }
            // Who is in neither left after the last of these entries, and stands in the next answer.
        }
        let mut numbers: Vec<(u32, Fate)> = self.fates.into_iter().collect();
        numbers.sort_unstable_by_key(|(number, _)| *number);
        let mut sum = Sum::default();
        for (number, fate) in numbers {
            match fate {
                Fate::Created => sum.created.push(number),
                Fate::Updated => sum.updated.push(number),
                Fate::Destroyed => sum.destroyed.push(number),
                // RFC 8620 5.2: what was created and destroyed in between need not be told.
                Fate::Passed => {}
            }
        }
        Ok(sum)
    }

    fn number(&self, uid: Uid, email: EmailId) -> u32 {
        match self.scope {
            Scope::Account => email.0,
            Scope::Mailbox(_) => uid.0,
        }
    }

    fn create(&mut self, number: u32) {
        self.fates
            .entry(number)
            .and_modify(|fate| {
                *fate = match fate {
                    Fate::Created | Fate::Passed => Fate::Created,
                    // It was there before, went, and came back.
                    Fate::Updated | Fate::Destroyed => Fate::Updated,
                }
            })
            .or_insert(Fate::Created);
    }

    fn update(&mut self, number: u32) {
        self.fates.entry(number).or_insert(Fate::Updated);
    }

    fn destroy(&mut self, number: u32) {
        self.fates
            .entry(number)
            .and_modify(|fate| {
                *fate = match fate {
                    Fate::Created | Fate::Passed => Fate::Passed,
                    Fate::Updated | Fate::Destroyed => Fate::Destroyed,
                }
            })
            .or_insert(Fate::Destroyed);
    }
}

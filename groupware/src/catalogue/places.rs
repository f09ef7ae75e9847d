//! Where each email is: from its number in the account to its mailbox and its number there.

use std::sync::Arc;

use model::{EmailId, MailboxId, Uid};

/// Emails of one page.
const PAGE_EMAILS: u32 = 512;

/// A mailbox and the number of an email in it.
pub(super) type Place = (MailboxId, Uid);

/// Pages by the upper part of the email's number; versions of the catalogue share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    pages: Vec<Option<Arc<Page>>>,
    pages_in_use: usize,
}

#[derive(Clone, Debug)]
struct Page {
    slots: Vec<Option<Place>>,
    in_use: usize,
}

fn split(email: EmailId) -> (usize, usize) {
    (
        (email.0 / PAGE_EMAILS) as usize,
        (email.0 % PAGE_EMAILS) as usize,
    )
}

impl Places {
    /// Where the email is.
    pub(super) fn get(&self, email: EmailId) -> Option<Place> {
        let (page, slot) = split(email);
        *self.pages.get(page)?.as_ref()?.slots.get(slot)?
    }

    /// From now on it is there.
    pub(super) fn set(&mut self, email: EmailId, place: Place) {
        let (page, slot) = split(email);
        if self.pages.len() <= page {
            self.pages.resize(page + 1, None);
        }
        let Some(held) = self.pages.get_mut(page) else {
            return;
        };
        if held.is_none() {
            self.pages_in_use += 1;
        }
        let held = held.get_or_insert_with(|| {
            Arc::new(Page {
                slots: vec![None; PAGE_EMAILS as usize],
                in_use: 0,
            })
        });
        let held = Arc::make_mut(held);
        if let Some(slot) = held.slots.get_mut(slot) {
            held.in_use += usize::from(slot.is_none());
            *slot = Some(place);
        }
    }

    /// It is not there any more; answers whether it was there and nowhere else.
    pub(super) fn unset(&mut self, email: EmailId, place: Place) -> bool {
        if self.get(email) != Some(place) {
            return false;
        }
        let (page, slot) = split(email);
        let Some(held) = self.pages.get_mut(page) else {
            return false;
        };
        if let Some(page) = held.as_mut().map(Arc::make_mut)
            && let Some(slot) = page.slots.get_mut(slot)
        {
            *slot = None;
            page.in_use -= 1;
            if page.in_use == 0 {
                *held = None;
                self.pages_in_use -= 1;
            }
        }
        true
    }

    /// Octets it takes, were nothing shared.
    pub(super) fn octets(&self) -> usize {
        self.pages.len() * size_of::<Option<Arc<Page>>>()
            + self.pages_in_use * PAGE_EMAILS as usize * size_of::<Option<Place>>()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn behaves_as_a_map(steps in prop::collection::vec((any::<bool>(), 0u32..2_000, 1u32..4), 0..400)) {
            let (mut places, mut model) = (Places::default(), HashMap::new());
            for (set, email, uid) in steps {
                let place = (MailboxId(uid), Uid(uid));
                if set {
                    places.set(EmailId(email), place);
                    model.insert(email, place);
                } else {
                    let is_there = model.get(&email) == Some(&place);
                    prop_assert_eq!(places.unset(EmailId(email), place), is_there);
                    if is_there {
                        model.remove(&email);
                    }
                }
            }
            for email in 0..2_100 {
                prop_assert_eq!(places.get(EmailId(email)), model.get(&email).copied());
            }
            prop_assert_eq!(places.pages_in_use, places.pages.iter().flatten().count());
        }
    }
}

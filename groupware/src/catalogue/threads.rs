//! Which emails belong to which thread (RFC 8621 3).

use std::sync::Arc;

use model::{EmailId, ThreadId};

/// Threads of one page.
const PAGE_THREADS: u32 = 256;

/// Pairs of thread and email, rising, in pages by the upper part of the thread's number; versions of the catalogue
/// share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Threads {
    pages: Vec<Option<Arc<Vec<Pair>>>>,
    pairs: usize,
    threads: usize,
}

type Pair = (ThreadId, EmailId);

fn page_of(thread: ThreadId) -> usize {
    (thread.0 / PAGE_THREADS) as usize
}

impl Threads {
    /// These pairs, in any order.
    pub(super) fn new(mut pairs: Vec<Pair>) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        let mut all = Self::default();
        for page in pairs.chunk_by(|a, b| page_of(a.0) == page_of(b.0)) {
            let Some((first, _)) = page.first() else {
                continue;
            };
            all.pages.resize(page_of(*first), None);
            all.pages.push(Some(Arc::new(page.to_vec())));
            all.pairs += page.len();
            all.threads += page.chunk_by(|a, b| a.0 == b.0).count();
        }
        all
    }

    /// How many threads there are.
    pub(super) fn len(&self) -> usize {
        self.threads
    }

    /// The emails of a thread by their numbers; none of one that is not there.
    pub(super) fn get(&self, thread: ThreadId) -> &[Pair] {
        let page = self.pages.get(page_of(thread)).and_then(Option::as_ref);
        let Some(page) = page else {
            return &[];
        };
        let start = page.partition_point(|pair| pair.0 < thread);
        let rest = page.get(start..).unwrap_or_default();
        let end = rest.partition_point(|pair| pair.0 == thread);
        rest.get(..end).unwrap_or_default()
    }

    /// The email belongs to the thread.
    pub(super) fn insert(&mut self, thread: ThreadId, email: EmailId) {
        let is_new = self.get(thread).is_empty();
        let at = page_of(thread);
        if self.pages.len() <= at {
            self.pages.resize(at + 1, None);
        }
        let Some(held) = self.pages.get_mut(at) else {
            return;
        };
        let page = held.get_or_insert_with(Arc::default);
        if let Err(place) = page.binary_search(&(thread, email)) {
            Arc::make_mut(page).insert(place, (thread, email));
            self.pairs += 1;
            self.threads += usize::from(is_new);
        }
    }

    /// The email is gone.
    pub(super) fn remove(&mut self, thread: ThreadId, email: EmailId) {
        let Some(held) = self.pages.get_mut(page_of(thread)) else {
            return;
        };
        let Some(page) = held else {
            return;
        };
        let Ok(place) = page.binary_search(&(thread, email)) else {
            return;
        };
        Arc::make_mut(page).remove(place);
        self.pairs -= 1;
        if page.is_empty() {
            *held = None;
        }
        if self.get(thread).is_empty() {
            self.threads -= 1;
        }
    }

    /// Octets it takes, were nothing shared.
    pub(super) fn octets(&self) -> usize {
        self.pages.len() * size_of::<Option<Arc<Vec<Pair>>>>() + self.pairs * size_of::<Pair>()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn behaves_as_a_map_of_sets(
            start in prop::collection::vec((0u32..900, 0u32..40), 0..200),
            steps in prop::collection::vec((any::<bool>(), 0u32..900, 0u32..40), 0..200),
        ) {
            let mut model: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
            for (thread, email) in &start {
                model.entry(*thread).or_default().insert(*email);
            }
            let pair = |(thread, email)| (ThreadId(thread), EmailId(email));
            let mut threads = Threads::new(start.into_iter().map(pair).collect());
            for (add, thread, email) in steps {
                if add {
                    threads.insert(ThreadId(thread), EmailId(email));
                    model.entry(thread).or_default().insert(email);
                } else {
                    threads.remove(ThreadId(thread), EmailId(email));
                    model.entry(thread).or_default().remove(&email);
                }
            }
            for thread in 0..900 {
                let emails: Vec<u32> = threads.get(ThreadId(thread)).iter().map(|pair| pair.1.0).collect();
                let expected: Vec<u32> = model.get(&thread).into_iter().flatten().copied().collect();
                prop_assert_eq!(emails, expected);
            }
            prop_assert_eq!(threads.len(), model.values().filter(|emails| !emails.is_empty()).count());
        }
    }
}

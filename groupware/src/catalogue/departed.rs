//! The threads of emails that left the catalogue not long ago, which no row tells any more.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{EmailId, ThreadId};

/// Emails that are remembered for one catalogue.
const DEPARTED_EMAILS_MAX: usize = 4_096;

/// Emails that left, and their threads; one for all versions of a catalogue, since nothing in it ever becomes wrong.
#[derive(Clone, Debug, Default)]
pub(crate) struct Departed(Arc<Mutex<Remembered>>);

#[derive(Debug, Default)]
struct Remembered {
    threads: HashMap<EmailId, ThreadId>,
    oldest: VecDeque<EmailId>,
}

impl Departed {
    /// The thread of an email that left.
    pub(super) fn thread(&self, email: EmailId) -> Option<ThreadId> {
        self.remembered().threads.get(&email).copied()
    }

    /// An email leaves.
    pub(super) fn note(&self, email: EmailId, thread: ThreadId) {
        let mut remembered = self.remembered();
        if remembered.threads.insert(email, thread).is_some() {
            return;
        }
        remembered.oldest.push_back(email);
        if remembered.oldest.len() > DEPARTED_EMAILS_MAX
            && let Some(oldest) = remembered.oldest.pop_front()
        {
            remembered.threads.remove(&oldest);
        }
    }

    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten() {
        let departed = Departed::default();
        let many = u32::try_from(DEPARTED_EMAILS_MAX).unwrap();
        for email in 0..=many {
            departed.note(EmailId(email), ThreadId(email));
            departed.note(EmailId(email), ThreadId(email));
        }
        assert_eq!(departed.thread(EmailId(0)), None);
        assert_eq!(departed.thread(EmailId(1)), Some(ThreadId(1)));
        assert_eq!(departed.thread(EmailId(many)), Some(ThreadId(many)));
    }
}

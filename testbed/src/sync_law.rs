//! The law of synchronisation: what a client kept, plus the changes since, is what there is.

use std::fmt::Debug;

/// Changes between two looks at everything; after each change would cost the square of a long history.
const STEPS_BETWEEN_HEADS: usize = 5;

/// Tries the law on one history: for every n, snapshot(n) + changes(n) = head.
///
/// - `advance(step)` makes the next change of the history; it may find nothing to do.
/// - `snapshot()` is all that a new client would be told, with the token to ask for changes with.
/// - `changes(token, kept)` asks for the changes since and puts them into what the client kept.
///
/// Besides every snapshot, one client is tried that follows all along.
///
/// # Panics
/// Where the law does not hold.
pub fn sync_law<Token, Kept>(
    steps: usize,
    mut advance: impl FnMut(usize),
    snapshot: impl Fn() -> (Token, Kept),
    changes: impl Fn(&Token, Kept) -> (Token, Kept),
) where
    Token: Clone + Debug,
    Kept: Clone + Debug + PartialEq,
{
    let mut past = vec![snapshot()];
    let mut follower = snapshot();
    for step in 0..steps {
        advance(step);
        follower = changes(&follower.0, follower.1);
        let (token, head) = snapshot();
        assert_eq!(follower.1, head, "a client that follows, after step {step}");
        past.push((token, head.clone()));
        if (step + 1) % STEPS_BETWEEN_HEADS != 0 && step + 1 != steps {
            continue;
        }
        for (before, (token, kept)) in past.iter().enumerate() {
            let (_, now) = changes(token, kept.clone());
            assert_eq!(now, head, "from step {before} ({token:?}) to step {step}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    use super::*;

    fn tried(forgets: usize) {
        let log = RefCell::new(Vec::new());
        sync_law(
            20,
            |step| log.borrow_mut().push(step % 7),
            || {
                let log = log.borrow();
                (log.len(), log.iter().copied().collect::<BTreeSet<_>>())
            },
            |since, mut kept| {
                let log = log.borrow();
                kept.extend(log[*since..].iter().skip(forgets).copied());
                (log.len(), kept)
            },
        );
    }

    #[test]
    fn holds_for_what_tells_every_change() {
        tried(0);
    }

    #[test]
    #[should_panic(expected = "a client that follows")]
    fn does_not_hold_for_what_forgets_one() {
        tried(1);
    }
}

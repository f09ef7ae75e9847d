//! Traffic: messages handed over to a server on some connections at once, and what that cost.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::Result;

use crate::processes::Used;
use crate::server::Running;
use crate::smtp::Sender;

/// Hands over the messages of these numbers, each to whichever connection is free; gives how many seconds it took.
pub(crate) fn hand_over(
    mut connections: Vec<Sender>,
    messages: Range<u64>,
    each: impl Fn(&mut Sender, u64) -> Result<()> + Sync,
) -> Result<f64> {
    let seconds = share_out(connections.iter_mut(), messages, |connection, number| {
        each(connection, number)
    })?;
    connections.into_iter().try_for_each(Sender::quit)?;
    Ok(seconds)
}

/// Lets each worker take number after number until none is left; gives how many seconds it took.
pub(crate) fn share_out<W: Send>(
    workers: impl IntoIterator<Item = W>,
    numbers: Range<u64>,
    each: impl Fn(&mut W, u64) -> Result<()> + Sync,
) -> Result<f64> {
    let next = AtomicU64::new(numbers.start);
    let start = Instant::now();
    std::thread::scope(|scope| {
        let (next, each) = (&next, &each);
        let threads: Vec<_> = workers
            .into_iter()
            .map(|mut worker| {
                scope.spawn(move || -> Result<()> {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= numbers.end {
                            return Ok(());
                        }
                        each(&mut worker, number)?;
                    }
                })
            })
            .collect();
        threads
            .into_iter()
            .try_for_each(|thread| match thread.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            })
    })?;
    Ok(start.elapsed().as_secs_f64())
}

/// CPU seconds of a server for some work, until it is idle again.
pub(crate) fn cpu_of(running: &Running<'_>, work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let before = Used::by(running.process());
    work()?;
    running.settle();
    Ok(Used::by(running.process()).since(before).cpu_s)
}

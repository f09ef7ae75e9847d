//! The runtime: built once, one worker per core, a bounded pool for what blocks.

use std::num::NonZeroUsize;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::problem::Problem;

/// Threads for blocking work: reads of the store (16 at once), searches, password hashing, and some room.
const BLOCKING_THREADS_MAX: usize = 48;
/// How long such a thread waits for more: with it goes what it keeps in memory to work with. The allocator gives what was freed
/// back to the system a second later (its `purge_delay`), and looks for it when a thread ends: so a thread waits longer than that.
const BLOCKING_THREAD_IDLES: Duration = Duration::from_millis(1_500);

/// Builds it.
pub(crate) fn build() -> Result<Runtime, Problem> {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    Builder::new_multi_thread()
        .worker_threads(cores)
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .thread_keep_alive(BLOCKING_THREAD_IDLES)
        .thread_name("wachpost")
        .enable_all()
        .build()
        .map_err(|error| Problem::failed(format!("cannot start the runtime: {error}")))
}

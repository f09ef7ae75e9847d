//! Work that goes on beside the steps of a run: begun early, waited for by the step that needs what it makes.
//!
//! Programs that are fetched and installed wait for the network and the disk while our own code is compiled. A run that
//! ends at a failure waits for none of it; a package that is being installed then is installed to its end.

use std::thread::{self, JoinHandle};
use std::time::Instant;

use anyhow::{Result, anyhow};

use crate::report::{Outcome, shown};
use crate::tree::Tree;

/// Something that another thread does.
#[derive(Debug)]
pub(crate) struct Beside {
    thread: JoinHandle<Result<Outcome>>,
}

impl Beside {
    /// Begins it.
    pub(crate) fn begin(
        tree: &Tree,
        work: impl FnOnce(&Tree) -> Result<Outcome> + Send + 'static,
    ) -> Self {
        let tree = tree.clone();
        Self {
            thread: thread::spawn(move || {
                let begun = Instant::now();
                let mut outcome = work(&tree)?;
                outcome.note = format!("{}, in {}", outcome.note, shown(begun.elapsed()));
                Ok(outcome)
            }),
        }
    }

    /// Waits for its end. The note says how long the work took by itself.
    pub(crate) fn finish(self) -> Result<Outcome> {
        self.thread
            .join()
            .map_err(|_| anyhow!("the work ended with a panic, which is shown above"))?
    }
}

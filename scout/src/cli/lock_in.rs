//! Locking the program in before it reads what strangers wrote.

use std::io::{self, Write};
use std::path::Path;

use scout::lock;

use crate::problem::Problem;

/// From here on only what is named is read, and only below `out` is written. Says what the kernel lacks, or refuses to go on without it.
pub(super) fn lock_in(
    evidence: &[&Path],
    out: Option<&Path>,
    required: bool,
) -> Result<(), Problem> {
    for (what, layer) in lock::lock(evidence, out).layers() {
        let Err(why) = layer else { continue };
        if required {
            return Err(Problem::failed(format!(
                "the kernel does not lock {what} ({why}); do without --require-lock, or use a newer kernel"
            )));
        }
        let _ = writeln!(
            io::stderr(),
            "scout: the kernel does not lock {what}: {why}"
        );
    }
    Ok(())
}

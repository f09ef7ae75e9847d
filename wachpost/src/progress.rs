//! Progress of long work on standard error: one line that is written over on a terminal, a line now and then elsewhere.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use admin::Progress;

/// How often a terminal is written to.
const TERMINAL_PAUSE: Duration = Duration::from_millis(100);
/// How often anything else is.
const FILE_PAUSE: Duration = Duration::from_secs(5);

/// Where progress is shown.
#[derive(Debug)]
pub(crate) struct ProgressLine {
    shown_at: Option<Instant>,
    is_terminal: bool,
    open: bool,
}

impl ProgressLine {
    pub(crate) fn new() -> Self {
        Self {
            shown_at: None,
            is_terminal: io::stderr().is_terminal(),
            open: false,
        }
    }

    /// Shows it, unless something was shown a moment ago.
    pub(crate) fn show(&mut self, progress: &Progress) {
        let pause = if self.is_terminal {
            TERMINAL_PAUSE
        } else {
            FILE_PAUSE
        };
        let now = Instant::now();
        let started = *self.shown_at.get_or_insert(now);
        let is_end = self.is_terminal && progress.done == progress.total;
        if now.duration_since(started) < pause && !is_end {
            return;
        }
        self.shown_at = Some(now);
        let Progress { what, done, total } = progress;
        let count = if *total > 0 {
            format!("{done} of {total}")
        } else {
            done.to_string()
        };
        // Nobody may be reading, which is no fault of the work.
        let _ = if self.is_terminal {
            self.open = true;
            write!(io::stderr(), "\r\x1b[K{what}: {count}")
        } else {
            writeln!(io::stderr(), "{what}: {count}")
        };
        let _ = io::stderr().flush();
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        if self.open {
            let _ = writeln!(io::stderr());
        }
    }
}

//! A mail program under test: started with a deadline, killed with all its children after it.

use std::fs::{self, File};
use std::io::{Seek as _, Write as _};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::site::Site;

/// How long a program may take: none needs more than a few seconds on a quiet machine.
const DEADLINE: Duration = Duration::from_secs(90);

/// Octets of a program's output that are shown with a failure.
const OUTPUT_OCTETS_SHOWN: usize = 8_000;

/// What is started.
pub(super) struct Program {
    command: Command,
    name: String,
    deadline: Duration,
    input: Stdio,
}

/// What it did.
pub(super) struct Finished {
    pub(super) status: ExitStatus,
    /// Standard output and standard error, as they came.
    pub(super) output: String,
    name: String,
}

impl Program {
    /// The program has nothing of our environment but the search path; its home is the folder of the site.
    pub(super) fn new(site: &Site, name: &str) -> Self {
        let mut command = Command::new(name);
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .env_clear()
            .env("PATH", format!("{path}:/usr/sbin:/sbin"))
            .env("HOME", site.folder())
            .env("LANG", "C.UTF-8")
            .current_dir(site.folder());
        Self {
            command,
            name: name.to_owned(),
            deadline: DEADLINE,
            input: Stdio::null(),
        }
    }

    pub(super) fn args<S: AsRef<std::ffi::OsStr>>(
        mut self,
        arguments: impl IntoIterator<Item = S>,
    ) -> Self {
        self.command.args(arguments);
        self
    }

    pub(super) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Where it is started, if not in its home.
    pub(super) fn directory(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// As whom it runs, if not as we do; only root may say so.
    pub(super) fn user(mut self, number: u32) -> Self {
        self.command.uid(number).gid(number);
        self
    }

    /// What it reads on its standard input, which is empty otherwise.
    pub(super) fn input(mut self, text: &str) -> Self {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file.rewind().unwrap();
        self.input = file.into();
        self
    }

    pub(super) fn within(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Runs it to its end, however that is.
    pub(super) fn run(mut self) -> Finished {
        let output = tempfile::NamedTempFile::new().unwrap();
        let out: File = output.reopen().unwrap();
        self.command
            .stdin(self.input)
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .process_group(0);
        let mut child = self.command.spawn().unwrap_or_else(|error| {
            panic!(
                "cannot start `{}` ({error}): `cargo xtask test` installs it",
                self.name
            )
        });
        let group = child.id();
        let (ended, end) = mpsc::channel();
        let waiter = thread::spawn(move || ended.send(child.wait()));
        let status = end.recv_timeout(self.deadline);
        // Also what the program left behind.
        let _ = Command::new("sh")
            .args(["-c", &format!("kill -KILL -{group}")])
            .stderr(Stdio::null())
            .status();
        let _ = waiter.join();
        let output = String::from_utf8_lossy(&fs::read(output.path()).unwrap()).into_owned();
        let Ok(status) = status else {
            panic!(
                "`{}` was not done after {:?}; it said:\n{}",
                self.name,
                self.deadline,
                tail(&output)
            );
        };
        Finished {
            status: status.unwrap(),
            output,
            name: self.name,
        }
    }

    /// Runs it and wants it to say that it succeeded; gives its output.
    pub(super) fn succeed(self) -> String {
        let finished = self.run();
        finished.assert(finished.status.success(), "to succeed");
        finished.output
    }
}

impl Finished {
    /// Fails with the output of the program.
    pub(super) fn assert(&self, holds: bool, wanted: &str) {
        assert!(
            holds,
            "`{}` was wanted {wanted}; it ended with {} and said:\n{}",
            self.name,
            self.status,
            tail(&self.output)
        );
    }

    /// Wants these words in the output.
    pub(super) fn assert_says(&self, words: &str) {
        self.assert(self.output.contains(words), &format!("to say `{words}`"));
    }
}

fn tail(output: &str) -> &str {
    let mut start = output.len().saturating_sub(OUTPUT_OCTETS_SHOWN);
    while !output.is_char_boundary(start) {
        start += 1;
    }
    &output[start..]
}

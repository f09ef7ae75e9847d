//! Running other programs: in the foreground as they are, or with their output kept in a file, beside us if wanted.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

/// What a program printed, and whether it was content.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) success: bool,
    /// Standard output and standard error in the order they came.
    pub(crate) output: String,
}

/// A program that goes on while we do something else; it is killed when nobody waits for its end any more.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Starts the program, which prints into `log`.
    pub(crate) fn begin(command: &mut Command, log: &Path) -> Result<Self> {
        if let Some(folder) = log.parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot create `{}`", folder.display()))?;
        }
        let file =
            File::create(log).with_context(|| format!("cannot write `{}`", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().context("cannot share the log file")?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("cannot start `{}`", shown(command)))?;
        Ok(Self {
            child,
            log: log.to_owned(),
        })
    }

    /// Waits for its end, and gives back what it printed.
    pub(crate) fn finish(mut self) -> Result<Finished> {
        let status = self.child.wait().context("cannot wait for a program")?;
        let bytes =
            fs::read(&self.log).with_context(|| format!("cannot read `{}`", self.log.display()))?;
        Ok(Finished {
            success: status.success(),
            output: String::from_utf8_lossy(&bytes).into_owned(),
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both do nothing to one that has ended and was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the program to its end, keeping what it prints in `log` and giving it back.
pub(crate) fn logged(command: &mut Command, log: &Path) -> Result<Finished> {
    Running::begin(command, log)?.finish()
}

/// Runs the program with this one's terminal; an error if it was not content.
pub(crate) fn shown_to_user(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start `{}`", shown(command)))?;
    if !status.success() {
        bail!("`{}` ended with {status}", shown(command));
    }
    Ok(())
}

/// Whether a program of this name is in one of the folders of `PATH`.
pub(crate) fn installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .any(|folder| folder.join(program).is_file())
}

/// The command as somebody would type it.
pub(crate) fn shown(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

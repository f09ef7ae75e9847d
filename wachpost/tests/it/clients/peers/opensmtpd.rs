//! OpenSMTPD as a peer: receives mail for its domain into one Maildir, and relays what comes from its own address.
//!
//! Debian lets only one mail server be installed, so its package is unpacked beside Postfix (`cargo xtask test` does it), and
//! what the program expects at fixed places is mounted there in the test's own mount table.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::issuer::Issued;
use super::network::{PREFIX, run};
use super::postfix::messages;

/// The server.
pub(super) struct OpenSmtpd {
    folder: PathBuf,
    child: Child,
    address: String,
}

impl OpenSmtpd {
    /// Serves a domain from the host with this last octet; its name is `mx.` and the domain.
    pub(super) fn start(folder: &Path, host: u8, domain: &str, issued: &Issued) -> Self {
        let unpacked = unpacked();
        let folder = folder.join("opensmtpd");
        let address = format!("{PREFIX}.{host}");
        issued.write(&folder.join("tls"));
        let place = folder.display();
        for made in ["spool", "mail"] {
            fs::create_dir_all(folder.join(made)).unwrap();
        }
        let config = format!(
            "pki \"peer\" cert \"{place}/tls/chain.pem\"\n\
             pki \"peer\" key \"{place}/tls/key.pem\"\n\
             table everybody {{ \"@\" = \"nobody\" }}\n\
             listen on {address} port 25 tls pki \"peer\" hostname \"mx.{domain}\"\n\
             action \"in\" maildir \"{place}/mail\" virtual <everybody>\n\
             action \"out\" relay helo \"mx.{domain}\" src \"{address}\"\n\
             match from any for domain \"{domain}\" action \"in\"\n\
             match from src {address} for any action \"out\"\n"
        );
        let file = folder.join("smtpd.conf");
        fs::write(&file, config).unwrap();
        let place = folder.to_str().unwrap();
        run("chmod", &["600", &format!("{place}/tls/key.pem")]);
        run("chmod", &["777", &format!("{place}/mail")]);
        run("chmod", &["711", &format!("{place}/spool")]);
        let parts = unpacked.join("usr/libexec/opensmtpd");
        for (from, to) in [
            (folder.join("spool"), "/var/spool/smtpd"),
            (parts, "/usr/libexec/opensmtpd"),
        ] {
            fs::create_dir_all(to).unwrap();
            run("mount", &["--bind", from.to_str().unwrap(), to]);
        }
        // Where it locks its processes in.
        fs::create_dir_all("/var/lib/opensmtpd/empty").unwrap();
        let log = File::create(folder.join("log")).unwrap();
        let child = Command::new(unpacked.join("usr/sbin/smtpd"))
            .args(["-d", "-f", file.to_str().unwrap()])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Self {
            folder,
            child,
            address,
        }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The messages that came.
    pub(super) fn messages(&self) -> Vec<String> {
        messages(&self.folder.join("mail/new"))
    }

    /// What it says it did.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for OpenSmtpd {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("OpenSMTPD says:\n{}", self.log());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the package lies.
fn unpacked() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/opensmtpd");
    assert!(
        folder.join("usr/sbin/smtpd").exists(),
        "OpenSMTPD is not in {}: `cargo xtask test` unpacks it there",
        folder.display()
    );
    folder
}

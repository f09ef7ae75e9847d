//! Postfix as a peer: receives mail for its domain into one Maildir, and relays what comes from its own address.

use std::fs;
use std::path::{Path, PathBuf};

use super::issuer::Issued;
use super::network::{PREFIX, run};

/// The server.
pub(super) struct Postfix {
    folder: PathBuf,
    address: String,
}

impl Postfix {
    /// Serves a domain from the host with this last octet; its name is `mx.` and the domain.
    pub(super) fn start(
        folder: &Path,
        host: u8,
        domain: &str,
        issued: &Issued,
        more: &str,
    ) -> Self {
        let folder = folder.join("postfix");
        issued.write(&folder.join("tls"));
        let address = format!("{PREFIX}.{host}");
        let place = folder.display();
        let main = format!(
            "compatibility_level = 3.6\n\
             queue_directory = {place}/spool\n\
             data_directory = {place}/data\n\
             command_directory = /usr/sbin\n\
             daemon_directory = /usr/lib/postfix/sbin\n\
             maillog_file = {place}/log\n\
             maillog_file_prefixes = {place}\n\
             mail_owner = postfix\n\
             setgid_group = postdrop\n\
             myhostname = mx.{domain}\n\
             mydestination =\n\
             inet_interfaces = {address}\n\
             inet_protocols = ipv4\n\
             smtp_bind_address = {address}\n\
             mynetworks = {address}/32\n\
             alias_maps =\n\
             alias_database =\n\
             virtual_mailbox_domains = {domain}\n\
             virtual_mailbox_base = {place}/mail\n\
             virtual_mailbox_maps = static:all/\n\
             virtual_uid_maps = static:65534\n\
             virtual_gid_maps = static:65534\n\
             virtual_minimum_uid = 1\n\
             smtpd_tls_security_level = may\n\
             smtpd_tls_cert_file = {place}/tls/chain.pem\n\
             smtpd_tls_key_file = {place}/tls/key.pem\n\
             smtpd_tls_received_header = yes\n\
             smtp_tls_security_level = may\n\
             {more}\n"
        );
        for made in ["spool", "data", "mail"] {
            fs::create_dir_all(folder.join(made)).unwrap();
        }
        fs::write(folder.join("main.cf"), main).unwrap();
        fs::copy(
            "/usr/share/postfix/master.cf.dist",
            folder.join("master.cf"),
        )
        .unwrap();
        let config = folder.to_str().unwrap();
        run("chown", &["postfix", &format!("{config}/data")]);
        run("chown", &["nobody", &format!("{config}/mail")]);
        run("postconf", &["-c", config, "-F", "*/*/chroot=n"]);
        run("postfix", &["-c", config, "start"]);
        Self { folder, address }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The messages that came.
    pub(super) fn messages(&self) -> Vec<String> {
        messages(&self.folder.join("mail/all/new"))
    }

    /// What it says it did.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("Postfix says:\n{}", self.log());
        }
        run("postfix", &["-c", self.folder.to_str().unwrap(), "abort"]);
    }
}

/// The messages in a folder of a Maildir.
pub(super) fn messages(folder: &Path) -> Vec<String> {
    let Ok(files) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let read = |file: std::io::Result<fs::DirEntry>| {
        String::from_utf8_lossy(&fs::read(file.unwrap().path()).unwrap()).into_owned()
    };
    files.map(read).collect()
}

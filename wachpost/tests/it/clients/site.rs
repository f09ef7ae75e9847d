//! A running server as the mail programs see it: ports, people, one password.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::server::{Options, TestServer};

/// The people with accounts.
pub(super) const ANNA: &str = "anna@example.org";
pub(super) const BEN: &str = "ben@example.org";
pub(super) const CLARA: &str = "clara@example.org";
/// Who administers the server; signs in where a test gives them the password.
pub(super) const ADMIN: &str = "admin@example.org";
/// Everybody's password: they exist for seconds, and only on this machine.
pub(super) const PASSWORD: &str = "correct horse battery";

/// Lines of the server's log that are shown with a failure.
const LOG_LINES_SHOWN: usize = 40;

/// No program may make the server log these.
const BROKEN_LEVELS: [&str; 2] = [" ERROR ", " WARN "];

/// The server, and a folder for the program's own files.
pub(super) struct Site {
    pub(super) mx: u16,
    pub(super) submission: u16,
    pub(super) submissions: u16,
    pub(super) lmtp: u16,
    pub(super) imap: u16,
    pub(super) imaps: u16,
    pub(super) managesieve: u16,
    pub(super) http: u16,
    pub(super) https: u16,
    server: TestServer,
    folder: TempDir,
}

impl Site {
    pub(super) fn start() -> Self {
        let server = TestServer::start(Options::default());
        for name in [ANNA, BEN, CLARA] {
            server.add_account(name, PASSWORD);
        }
        Self {
            mx: server.smtp_port(),
            submission: server.submission_port(),
            submissions: server.submissions_port(),
            lmtp: server.lmtp_port(),
            imap: server.imap_port(),
            imaps: server.imaps_port(),
            managesieve: server.managesieve_port(),
            http: server.http_port(),
            https: server.https_port(),
            server,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Adds a person.
    pub(super) fn add_person(&self, address: &str) {
        self.server.add_account(address, PASSWORD);
    }

    /// Where the server is administered in a browser. Whoever administers it has everybody's password from now on.
    pub(super) fn administration_url(&self) -> String {
        let command = ["account", "password", ADMIN, "--password-stdin"];
        let set = self.server.command_with_input(&command, PASSWORD);
        assert!(set.status.success(), "{set:?}");
        format!("https://127.0.0.1:{}", self.server.administration_port())
    }

    /// Starts the server again: from then on it knows at which port browsers reach it.
    pub(super) fn restart(&mut self) {
        self.server.restart();
    }

    /// Runs a command of the server that must succeed; what it wrote.
    pub(super) fn command(&self, arguments: &[&str]) -> String {
        self.server.command_ok(arguments)
    }

    /// Where a program under test keeps its files: its home.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The certificate that the server shows, which programs are told to trust.
    pub(super) fn certificate(&self) -> PathBuf {
        self.server.certificate()
    }

    /// LMTP on a Unix socket.
    pub(super) fn lmtp_socket(&self) -> PathBuf {
        self.server.lmtp_socket()
    }

    /// What lies on the disk must be what the journal says, whatever the program did.
    pub(super) fn verify(&self) {
        self.server.command_ok(&["verify"]);
    }

    /// Writes a file into the folder; only its owner can read it, or some programs refuse it.
    pub(super) fn write(&self, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.folder().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// A folder within it, made.
    pub(super) fn make_folder(&self, name: &str) -> PathBuf {
        let path = self.folder().join(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let log = self.server.log();
        if std::thread::panicking() {
            let lines: Vec<&str> = log.lines().collect();
            let shown = &lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..];
            eprintln!("the server's log ends with:\n{}\n", shown.join("\n"));
            return;
        }
        let broken = log.lines().find(|line| {
            line.contains("panicked at") || BROKEN_LEVELS.iter().any(|level| line.contains(level))
        });
        assert!(broken.is_none(), "the server logged {broken:?}");
    }
}

//! The scanners as Debian has them, each in a folder of its own, on sockets in it; killed when the value goes.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::wait_until;

/// A daemon that runs in the foreground.
struct Daemon {
    child: Child,
    folder: TempDir,
}

impl Daemon {
    /// Starts it in the folder; returns when its socket can be connected to.
    fn start(folder: TempDir, socket: &Path, program: &str, arguments: &[&str]) -> Self {
        let log = File::create(folder.path().join("log")).unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let child = Command::new(program)
            .args(arguments)
            .env_clear()
            .env("PATH", format!("{path}:/usr/sbin:/sbin"))
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .process_group(0)
            .spawn();
        let child = child.unwrap_or_else(|error| {
            panic!("cannot start `{program}` ({error}): `cargo xtask test` installs it")
        });
        let mut daemon = Self { child, folder };
        wait_until(|| {
            if let Some(status) = daemon.child.try_wait().unwrap() {
                panic!("`{program}` ended with {status}:\n{}", daemon.log());
            }
            UnixStream::connect(socket).is_ok()
        });
        daemon
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // With the processes that it started.
        let kill = format!("kill -KILL -{}", self.child.id());
        let _ = Command::new("sh")
            .args(["-c", &kill])
            .stderr(Stdio::null())
            .status();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let shown = &lines[lines.len().saturating_sub(20)..];
            eprintln!("a scanner's log ends with:\n{}\n", shown.join("\n"));
        }
    }
}

fn write(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    path
}

/// rspamd without rules: its test pattern and a Bayes classifier in files.
pub(super) struct Rspamd(Daemon);

impl Rspamd {
    pub(super) fn start() -> Self {
        let folder = TempDir::with_prefix("wachpost-rspamd-").unwrap();
        let at = folder.path().display().to_string();
        // The list of all domains would take ten seconds to compile.
        write(&folder, "domains", "com\nnet\norg\n");
        let text = format!(
            r#"lua = "/dev/null";
options {{
    pidfile = "{at}/pid"; cache_file = "{at}/symbols"; history_file = ""; hs_cache_dir = "{at}"; url_tld = "{at}/domains"; filters = "";
    dns {{ nameserver = ["127.0.0.1:9"]; timeout = 0.1s; retransmits = 1; }}
}}
logging {{ type = "console"; level = "info"; }}
worker "controller" {{ bind_socket = "{at}/socket mode=0666"; count = 1; secure_ip = ["127.0.0.1"]; }}
classifier "bayes" {{
    tokenizer {{ name = "osb"; }}
    backend = "sqlite3"; min_tokens = 1; min_learns = 1;
    cache {{ type = "sqlite3"; path = "{at}/learnt"; }}
    statfile {{ symbol = "BAYES_HAM"; path = "{at}/ham"; spam = false; }}
    statfile {{ symbol = "BAYES_SPAM"; path = "{at}/spam"; spam = true; }}
    learn_condition = "return function() return true end";
}}
actions {{ reject = 15; add_header = 6; greylist = 4; }}
"#
        );
        let config = write(&folder, "rspamd.conf", &text);
        let socket = folder.path().join("socket");
        let arguments = [
            "--no-fork",
            "--insecure",
            "--config",
            config.to_str().unwrap(),
        ];
        Self(Daemon::start(folder, &socket, "rspamd", &arguments))
    }

    /// Its part of the server's configuration: the controller scans, too.
    pub(super) fn section(&self) -> String {
        let at = self.0.folder.path().join("socket");
        let at = at.display();
        format!(
            "[[reception.scanners]]\nkind = \"rspamd\"\naddress = \"unix:{at}\"\nlearn = \"unix:{at}\"\n"
        )
    }

    pub(super) fn log(&self) -> String {
        self.0.log()
    }

    pub(super) fn wait_for(&self, line: &str) {
        self.wait_for_times(line, 1);
    }

    pub(super) fn wait_for_times(&self, line: &str, times: usize) {
        wait_until(|| self.log().matches(line).count() >= times);
    }
}

/// clamd with one signature.
pub(super) struct Clamd(Daemon);

impl Clamd {
    pub(super) fn start() -> Self {
        let folder = TempDir::with_prefix("wachpost-clamd-").unwrap();
        let at = folder.path().display().to_string();
        fs::create_dir(folder.path().join("signatures")).unwrap();
        // Name, kind of file (any), offset (any), hexadecimal content (ClamAV's `.ndb`).
        let mut signature = "Test.EICAR:0:*:".to_owned();
        for octet in br"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-" {
            signature.push_str(&format!("{octet:02x}"));
        }
        write(&folder, "signatures/test.ndb", &format!("{signature}\n"));
        let text = format!(
            "Foreground yes\nLocalSocket {at}/socket\nDatabaseDirectory {at}/signatures\n\
             TemporaryDirectory {at}\nConcurrentDatabaseReload no\nLogSyslog no\n"
        );
        let config = write(&folder, "clamd.conf", &text);
        let socket = folder.path().join("socket");
        let option = format!("--config-file={}", config.display());
        Self(Daemon::start(folder, &socket, "clamd", &[&option]))
    }

    /// Its part of the server's configuration.
    pub(super) fn section(&self, when_down: &str) -> String {
        let at = self.0.folder.path().join("socket");
        let at = at.display();
        format!(
            "[[reception.scanners]]\nkind = \"clamd\"\naddress = \"unix:{at}\"\nwhen_down = \"{when_down}\"\n"
        )
    }
}

/// A filter on libmilter, in Python.
pub(super) struct Milter(Daemon);

impl Milter {
    pub(super) fn start() -> Self {
        let folder = TempDir::with_prefix("wachpost-milter-").unwrap();
        let socket = folder.path().join("socket");
        let program = folder.path().join("marking.py");
        let mut file = File::create(&program).unwrap();
        file.write_all(include_bytes!("marking.py")).unwrap();
        let arguments = [program.to_str().unwrap(), socket.to_str().unwrap()];
        // Debian's Python, which has Debian's libraries.
        Self(Daemon::start(
            folder,
            &socket,
            "/usr/bin/python3",
            &arguments,
        ))
    }

    /// Its part of the server's configuration.
    pub(super) fn section(&self) -> String {
        let at = self.0.folder.path().join("socket");
        let at = at.display();
        format!("[[reception.scanners]]\nkind = \"milter\"\naddress = \"unix:{at}\"\n")
    }
}

//! Names: BIND with a root zone of our own, signed, and one top level domain, `open`, that is not.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::network::{NAMES, run};

/// The key that updates of the zone `open` are signed with (RFC 8945), and its secret in base64.
pub(super) const UPDATE_KEY: &str = "proofs";
pub(super) const UPDATE_SECRET: &str = "bmljaHQgZ2VoZWltLCBudXIgenVtIFRlc3Rlbg==";
/// Time for a start or for new records to be served.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// A record whose text says which version of the zone is served.
const VERSION: &str = "version.test";

/// The name server.
pub(super) struct Names {
    folder: PathBuf,
    child: Child,
    records: String,
    unsigned: String,
    serial: u32,
}

impl Names {
    /// Serves records, lines of a zone file with full names; those of `unsigned` are below `open`.
    pub(super) fn start(folder: &Path, records: &str, unsigned: &str) -> Self {
        let folder = folder.join("names");
        fs::create_dir(&folder).unwrap();
        let place = folder.to_str().unwrap();
        for kind in [&["-f", "KSK"][..], &[]] {
            let common = ["-q", "-K", place, "-a", "ECDSAP256SHA256"];
            run("dnssec-keygen", &[&common[..], kind, &["."]].concat());
        }
        let options = format!(
            "options {{ directory \"{place}\"; listen-on {{ {NAMES}; }}; listen-on-v6 {{ none; }}; recursion no;\n\
             dnssec-validation no; empty-zones-enable no; pid-file none; session-keyfile none; notify no; }};\n\
             controls {{ }};\n\
             zone \".\" {{ type primary; file \"root.signed\"; }};\n\
             key {UPDATE_KEY} {{ algorithm hmac-sha256; secret \"{UPDATE_SECRET}\"; }};\n\
             zone \"open.\" {{ type primary; file \"open.zone\"; allow-update {{ key {UPDATE_KEY}; }}; }};\n"
        );
        fs::write(folder.join("named.conf"), options).unwrap();
        let mut names = Self {
            // Replaced at once; a process that does nothing stands for the one that is still to come.
            child: Command::new("true").spawn().unwrap(),
            folder,
            records: records.to_owned(),
            unsigned: unsigned.to_owned(),
            serial: 0,
        };
        names.write();
        let log = fs::File::create(names.folder.join("log")).unwrap();
        let config = names.folder.join("named.conf");
        names.child.wait().unwrap();
        names.child = Command::new("/usr/sbin/named")
            .args(["-g", "-c", config.to_str().unwrap()])
            .stderr(log)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let listens = || TcpStream::connect((NAMES, 53)).is_ok();
        names.wait(listens, "it does not listen");
        names
    }

    /// Serves further records, too.
    pub(super) fn publish(&mut self, records: &str) {
        self.records.push_str(records);
        self.records.push('\n');
        self.write();
        run("kill", &["-HUP", &self.child.id().to_string()]);
        let expected = format!("\"{}\"", self.serial);
        let served =
            || run("dig", &["+short", &format!("@{NAMES}"), "TXT", VERSION]).trim() == expected;
        self.wait(served, "it does not serve what was published");
    }

    /// The file with the key that signs the root, as resolvers are told to trust it.
    pub(super) fn trust_anchor(&self) -> PathBuf {
        let files = fs::read_dir(&self.folder).unwrap();
        let mut keys = files.map(|file| file.unwrap().path()).filter(|path| {
            path.extension().is_some_and(|extension| extension == "key")
                && fs::read_to_string(path).unwrap().contains(" 257 3 13 ")
        });
        keys.next().unwrap()
    }

    fn write(&mut self) {
        self.serial += 1;
        let Self { serial, .. } = self;
        let head = |zone: &str| {
            format!(
                "$ORIGIN {zone}\n$TTL 5\n@ SOA ns.test. hostmaster.test. {serial} 3600 600 86400 5\n@ NS ns.test.\n"
            )
        };
        let own = format!("ns.test. A {NAMES}\nopen. NS ns.test.\n{VERSION}. TXT \"{serial}\"\n");
        let place = |name: &str| self.folder.join(name);
        fs::write(place("root.zone"), head(".") + &own + &self.records + "\n").unwrap();
        fs::write(place("open.zone"), head("open.") + &self.unsigned + "\n").unwrap();
        let folder = self.folder.to_str().unwrap();
        let (signed, zone) = (place("root.signed"), place("root.zone"));
        run(
            "dnssec-signzone",
            &[
                "-q",
                "-S",
                "-K",
                folder,
                "-d",
                folder,
                "-o",
                ".",
                "-f",
                signed.to_str().unwrap(),
                zone.to_str().unwrap(),
            ],
        );
    }

    fn wait(&mut self, mut done: impl FnMut() -> bool, otherwise: &str) {
        let began = Instant::now();
        while !done() {
            let ended = self.child.try_wait().unwrap();
            let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(
                ended.is_none() && began.elapsed() < PATIENCE,
                "the name server: {otherwise}; {ended:?}:\n{log}"
            );
            sleep(LOOK_AGAIN);
        }
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

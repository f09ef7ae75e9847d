//! A server in a folder of its own on free loopback ports, for every test that wants to speak to one.
//!
//! ```ignore
//! let server = TestServer::start(Options::default());
//! server.add_account("anna@example.org", "correct horse");
//! let imap = TcpStream::connect(("127.0.0.1", server.imap_port()));
//! ```
//!
//! Passwords cost next to nothing here, and signing in without TLS is allowed. The server is killed when the value goes.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use admin::{Client, Reply, Request, StatusInfo};
use serde_json::Value;
use tempfile::TempDir;

/// The program that is tested.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_wachpost");
/// Time for a start or a stop, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// What a server is started with.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// The domain that is made; its administrator is `admin@` and the domain.
    pub(crate) domain: &'static str,
    /// Whether somebody may sign in without TLS.
    pub(crate) plaintext_sign_in: bool,
    /// Further lines at the top of the configuration, such as `retention_days = 1`.
    pub(crate) top: String,
    /// Further sections at its end, such as `[limits]\nmessage_size = "1 MiB"`.
    pub(crate) sections: String,
    /// An address of a network of the test's own, where the server also listens on the standard ports for mail and HTTPS.
    pub(crate) public: Option<&'static str>,
    /// Where the data folder shall be; in the server's own folder by default.
    pub(crate) data: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            domain: "example.org",
            plaintext_sign_in: true,
            top: String::new(),
            sections: String::new(),
            public: None,
            data: None,
        }
    }
}

/// A server of one test.
#[derive(Debug)]
pub(crate) struct TestServer {
    folder: TempDir,
    options: Options,
    child: Option<Child>,
    ports: Ports,
}

#[derive(Clone, Copy, Debug, Default)]
struct Ports {
    mx: u16,
    submission: u16,
    submissions: u16,
    lmtp: u16,
    imap: u16,
    imaps: u16,
    managesieve: u16,
    http: u16,
    https: u16,
    admin: u16,
    administration: u16,
    administration_http: u16,
    tlog: u16,
    tlog_http: u16,
}

impl TestServer {
    /// Makes everything, starts the server, and returns when it serves.
    pub(crate) fn start(options: Options) -> Self {
        let mut server = Self::prepare(options);
        server.launch();
        server
    }

    /// Makes everything and starts nothing, for commands without a server.
    pub(crate) fn prepare(options: Options) -> Self {
        let folder = TempDir::with_prefix("wachpost-it-").unwrap();
        let server = Self {
            folder,
            options,
            child: None,
            ports: Ports::default(),
        };
        let data = server.data();
        let data = data.to_str().unwrap();
        server.command_ok(&["init", "--domain", server.options.domain, "--data", data]);
        server.write_config();
        server
    }

    /// With the ports that the first start chose, so that clients find the server again after a restart.
    fn write_config(&self) {
        let Options {
            domain,
            plaintext_sign_in,
            top,
            sections,
            public,
            ..
        } = &self.options;
        let also = |port: u16| public.map_or(String::new(), |host| format!(", \"{host}:{port}\""));
        let (also_mx, also_http, also_https) = (also(25), also(80), also(443));
        let Ports {
            mx,
            submission,
            submissions,
            lmtp,
            imap,
            imaps,
            managesieve,
            http,
            https,
            admin,
            administration,
            administration_http,
            tlog,
            tlog_http,
        } = self.ports;
        let data = self.data();
        let text = format!(
            r#"data = "{}"
hostname = "mail.{domain}"
allow_plaintext_sign_in_on_loopback = {plaintext_sign_in}
{top}
[listen]
mx = ["127.0.0.1:{mx}"{also_mx}]
submission = "127.0.0.1:{submission}"
submissions = "127.0.0.1:{submissions}"
lmtp = ["127.0.0.1:{lmtp}", "unix:lmtp.sock"]
imap = "127.0.0.1:{imap}"
imaps = "127.0.0.1:{imaps}"
managesieve = "127.0.0.1:{managesieve}"
http = ["127.0.0.1:{http}"{also_http}]
https = ["127.0.0.1:{https}"{also_https}]
admin = "127.0.0.1:{admin}"
administration = "127.0.0.1:{administration}"
administration_http = "127.0.0.1:{administration_http}"
tlog = "127.0.0.1:{tlog}"
tlog_http = "127.0.0.1:{tlog_http}"
[[tls.certificates]]
chain = "tls/chain.pem"
key = "tls/key.pem"
[passwords]
argon2_memory_kib = 64
argon2_passes = 1
scram_iterations = 4096
{sections}
"#,
            data.display()
        );
        fs::write(self.config(), text).unwrap();
    }

    fn launch(&mut self) {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder().join("log"))
            .unwrap();
        let child = self
            .program(&["serve"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
        let status = self.wait_until_serving();
        self.ports = ports(&status);
        self.write_config();
    }

    fn wait_until_serving(&mut self) -> StatusInfo {
        let socket = self.data().join("admin.sock");
        let began = Instant::now();
        loop {
            if let Ok(Some(mut client)) = Client::connect(&socket)
                && let Ok(Reply::Status(status)) = client.call(&Request::Status, &mut |_| {})
            {
                return status;
            }
            let ended = self.child.as_mut().unwrap().try_wait().unwrap();
            assert!(
                ended.is_none(),
                "the server ended with {ended:?}:\n{}",
                self.log()
            );
            assert!(
                began.elapsed() < PATIENCE,
                "the server does not serve:\n{}",
                self.log()
            );
            sleep(LOOK_AGAIN);
        }
    }

    /// Port 25 of the server.
    pub(crate) fn smtp_port(&self) -> u16 {
        self.ports.mx
    }

    /// Port 587: STARTTLS.
    pub(crate) fn submission_port(&self) -> u16 {
        self.ports.submission
    }

    /// Port 465: TLS from the start.
    pub(crate) fn submissions_port(&self) -> u16 {
        self.ports.submissions
    }

    /// LMTP over TCP.
    pub(crate) fn lmtp_port(&self) -> u16 {
        self.ports.lmtp
    }

    /// LMTP over a Unix socket.
    pub(crate) fn lmtp_socket(&self) -> PathBuf {
        self.folder().join("lmtp.sock")
    }

    /// Port 143: STARTTLS.
    pub(crate) fn imap_port(&self) -> u16 {
        self.ports.imap
    }

    /// Port 993: TLS from the start.
    pub(crate) fn imaps_port(&self) -> u16 {
        self.ports.imaps
    }

    /// Port 4190: filters, with STARTTLS.
    pub(crate) fn managesieve_port(&self) -> u16 {
        self.ports.managesieve
    }

    /// Calendars, contacts and files without TLS.
    pub(crate) fn http_port(&self) -> u16 {
        self.ports.http
    }

    /// Port 443: calendars, contacts and files.
    pub(crate) fn https_port(&self) -> u16 {
        self.ports.https
    }

    /// Metrics over HTTP.
    pub(crate) fn monitoring_port(&self) -> u16 {
        self.ports.admin
    }

    /// Administrators' browsers.
    pub(crate) fn administration_port(&self) -> u16 {
        self.ports.administration
    }

    /// The same without TLS.
    pub(crate) fn administration_http_port(&self) -> u16 {
        self.ports.administration_http
    }

    /// The tree of the journal, and cosignatures for other logs, without TLS.
    pub(crate) fn tlog_port(&self) -> u16 {
        self.ports.tlog_http
    }

    /// The same over HTTPS.
    pub(crate) fn tlog_tls_port(&self) -> u16 {
        self.ports.tlog
    }

    /// The folder of this test: configuration, keys, data; room for what the test needs.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.options
            .data
            .clone()
            .unwrap_or_else(|| self.folder().join("data"))
    }

    /// The configuration file.
    pub(crate) fn config(&self) -> PathBuf {
        self.folder().join("wachpost.toml")
    }

    /// The certificate, which clients may trust.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder().join("tls/chain.pem")
    }

    /// What the server logged so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder().join("log")).unwrap_or_default()
    }

    /// The server's process.
    pub(crate) fn process(&self) -> u32 {
        self.child.as_ref().expect("the server runs").id()
    }

    /// The program with these arguments and this server's configuration, to be started by the test.
    pub(crate) fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).arg("--config").arg(self.config());
        command
    }

    /// Runs a command.
    pub(crate) fn command(&self, arguments: &[&str]) -> Output {
        self.program(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Runs a command that gets this on its standard input.
    pub(crate) fn command_with_input(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self
            .program(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        child.wait_with_output().unwrap()
    }

    /// Runs a command that must succeed; what it wrote on standard output.
    pub(crate) fn command_ok(&self, arguments: &[&str]) -> String {
        succeeded(arguments, &self.command(arguments))
    }

    /// Runs a command that must succeed with `--json`.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--json"]].concat();
        serde_json::from_str(&self.command_ok(&arguments)).unwrap()
    }

    /// Adds a person.
    pub(crate) fn add_account(&self, address: &str, password: &str) {
        let arguments = ["account", "add", address, "--password-stdin"];
        succeeded(&arguments, &self.command_with_input(&arguments, password));
    }

    /// Other sections at the end of the configuration, from the next start on.
    pub(crate) fn set_sections(&mut self, sections: String) {
        self.options.sections = sections;
        self.write_config();
    }

    /// Ends the server with SIGKILL: nothing is written that was not acknowledged before.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Sends the server a signal, such as `HUP`.
    pub(crate) fn signal(&self, name: &str) {
        // The shell's own: the program of that name is not on every machine.
        let kill = format!("kill -{name} {}", self.process());
        let status = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(status.success());
    }

    /// Ends the server with SIGTERM and waits for it.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        self.signal("TERM");
        let mut child = self.child.take().unwrap();
        let began = Instant::now();
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status;
            }
            if began.elapsed() > PATIENCE {
                let _ = child.kill();
                panic!("the server does not stop:\n{}", self.log());
            }
            sleep(LOOK_AGAIN);
        }
    }

    /// Starts the server again, on the same ports, with what it has; ends it with SIGTERM first if it runs.
    pub(crate) fn restart(&mut self) {
        if self.child.is_some() {
            assert!(self.stop().success());
        }
        self.launch();
    }
}

impl Drop for TestServer {
    /// Whatever the test was about, nothing that the server does may be on no list of system calls.
    fn drop(&mut self) {
        self.kill();
        let ended = self.log().contains("the kernel has ended a process");
        assert!(!ended || std::thread::panicking(), "{}", self.log());
    }
}

fn succeeded(arguments: &[&str], output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{arguments:?}: {}: {errors}",
        output.status
    );
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn ports(status: &StatusInfo) -> Ports {
    let port = |service: &str| {
        let mut addresses = status
            .listeners
            .iter()
            .filter(|listener| listener.service == service)
            .map(|listener| listener.address.as_str());
        addresses
            .find_map(|address| address.strip_prefix("127.0.0.1:"))
            .map_or(0, |port| port.parse().unwrap())
    };
    Ports {
        mx: port("mx"),
        submission: port("submission"),
        submissions: port("submissions"),
        lmtp: port("lmtp"),
        imap: port("imap"),
        imaps: port("imaps"),
        managesieve: port("managesieve"),
        http: port("http"),
        https: port("https"),
        admin: port("monitoring"),
        administration: port("administration"),
        administration_http: port("administration_http"),
        tlog: port("tlog"),
        tlog_http: port("tlog_http"),
    }
}

//! `cargo xtask start-order`: finds out which functions of the server run at its start, for the linker to put them side by side.
//!
//! The kernel maps 64 KiB of a program around each piece that is run. What runs at the start is a tenth of the program, but
//! lies everywhere in it. The names are written into `wachpost/start-order.txt`, which `wachpost/build.rs` hands to the linker.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::processes;
use crate::tree::Tree;

/// What notes the functions.
const NOTING: &str = "xtask/src/start_order/functions.c";
/// The list.
const LIST: &str = "wachpost/start-order.txt";

/// Time until the server listens, which is slowed down by each function that runs for the first time.
const START_WAIT: Duration = Duration::from_secs(60);
/// Time until it has nothing to do any more.
const SETTLE: Duration = Duration::from_secs(6);

const USER: &str = "u1@example.test";
const PASSWORD: &str = "loopback-Only-4711";

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Needs a C compiler and binutils. Run it after dependencies or the release profile changed: names that \
                  are not found any more are ignored by the linker, and their functions lie anywhere again."
)]
pub(crate) struct Options {}

/// The ways in which the server is built: names say which features the crates below have.
const BUILDS: [&[&str]; 2] = [
    &["--package", "wachpost"],
    &["--package", "wachpost", "--package", "bench"],
];

/// Builds, runs, and writes the list.
pub(crate) fn run(tree: &Tree, _: &Options) -> Result<ExitCode> {
    let folder = tree.path("target/start-order");
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder)?;
    let library = folder.join("functions.so");
    let mut compile = Command::new("cc");
    compile
        .args(["-O1", "-shared", "-fPIC", "-o"])
        .arg(&library);
    processes::shown_to_user(compile.arg(tree.path(NOTING)).arg("-ldl"))?;
    let mut ran = Ran::new();
    for (number, packages) in BUILDS.iter().enumerate() {
        let mut build = Command::new("cargo");
        build
            .args(["build", "--release", "--locked"])
            .args(*packages);
        processes::shown_to_user(build.current_dir(tree.path("")))?;
        let place = folder.join(number.to_string());
        fs::create_dir(&place)?;
        // What it notes is not to change while it runs.
        let program = place.join("wachpost");
        fs::copy(tree.path("target/release/wachpost"), &program)?;
        let notes = place.join("notes");
        let site = Site::make(&program, &place)?;
        let mut server = site.start(&library, &notes)?;
        let done = site.visit(&mut server);
        server.kill()?;
        server.wait()?;
        done?;
        note(&program, &fs::read(&notes)?, &mut ran)?;
    }
    let list = lines(&ran);
    ensure!(!list.is_empty(), "no function ran");
    fs::write(tree.path(LIST), list)?;
    println!("{} names in `{LIST}`", ran.len());
    Ok(ExitCode::SUCCESS)
}

/// Functions by name: those that all processes need first, those of the same processes together. Then what tells those
/// of that name apart.
type Ran = BTreeMap<(u32, u8, String), BTreeSet<String>>;

/// A server with one account, which listens for IMAP only.
struct Site<'a> {
    program: &'a Path,
    config: std::path::PathBuf,
    port: u16,
}

impl<'a> Site<'a> {
    fn make(program: &'a Path, folder: &Path) -> Result<Self> {
        let free =
            || Ok::<_, std::io::Error>(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port());
        let (config, data) = (folder.join("wachpost.toml"), folder.join("data"));
        let (port, lmtp, http) = (free()?, free()?, free()?);
        let site = Self {
            program,
            config,
            port,
        };
        site.tell(
            &[
                "init",
                "--domain",
                "example.test",
                "--data",
                &data.to_string_lossy(),
            ],
            "",
        )?;
        let text = format!(
            "data = {data:?}\nhostname = \"mail.example.test\"\nallow_plaintext_sign_in_on_loopback = true\n\n\
             [listen]\nmx = []\nsubmission = []\nsubmissions = []\nimaps = []\nadmin = []\n\
             imap = [\"127.0.0.1:{port}\"]\nlmtp = [\"127.0.0.1:{lmtp}\"]\nhttp = [\"127.0.0.1:{http}\"]\n\n\
             [log]\nlevel = \"warn\"\n"
        );
        fs::write(&site.config, text)?;
        site.tell(&["account", "add", USER, "--password-stdin"], PASSWORD)?;
        Ok(site)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.program);
        command.arg("--config").arg(&self.config);
        command
    }

    fn tell(&self, arguments: &[&str], input: &str) -> Result<()> {
        let mut command = self.command();
        let mut child = command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        if let Some(mut writer) = child.stdin.take() {
            writer.write_all(input.as_bytes())?;
        }
        let status = child.wait()?;
        ensure!(
            status.success(),
            "`{}` ended with {status}",
            processes::shown(&command)
        );
        Ok(())
    }

    fn start(&self, library: &Path, notes: &Path) -> Result<Child> {
        self.command()
            .arg("serve")
            // What notes the functions writes into the program.
            .args([
                "--without-layer",
                "files",
                "--without-layer",
                "system-calls",
            ])
            .env("LD_PRELOAD", library)
            .env("START_ORDER_NOTES", notes)
            .spawn()
            .context("the server does not start")
    }

    /// One client comes and goes, then nothing happens for a while.
    fn visit(&self, server: &mut Child) -> Result<()> {
        let began = Instant::now();
        let mut client = loop {
            match TcpStream::connect(("127.0.0.1", self.port)) {
                Ok(client) => break client,
                Err(error) if began.elapsed() > START_WAIT => return Err(error.into()),
                Err(_) => sleep(Duration::from_millis(50)),
            }
            if let Some(status) = server.try_wait()? {
                bail!("the server ended with {status}");
            }
        };
        client.set_read_timeout(Some(START_WAIT))?;
        write!(
            client,
            "a LOGIN {USER} {PASSWORD}\r\nb SELECT INBOX\r\nc LOGOUT\r\n"
        )?;
        let mut answer = Vec::new();
        client.read_to_end(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer);
        ensure!(answer.contains("\r\nc OK"), "the client was told: {answer}");
        sleep(SETTLE);
        Ok(())
    }
}

/// Adds the functions that ran.
fn note(program: &Path, notes: &[u8], ran: &mut Ran) -> Result<()> {
    let listed = Command::new("nm")
        .arg("--defined-only")
        .arg(program)
        .output()?;
    ensure!(
        listed.status.success(),
        "`nm` cannot read `{}`",
        program.display()
    );
    for line in String::from_utf8_lossy(&listed.stdout).lines() {
        let mut words = line.split_ascii_whitespace();
        let (Some(address), Some("t" | "T"), Some(symbol)) =
            (words.next(), words.next(), words.next())
        else {
            continue;
        };
        let address = usize::from_str_radix(address, 16)?;
        let by = notes.get(address).copied().unwrap_or(0);
        if by == 0 {
            continue;
        }
        let (name, digits) = match parts(symbol) {
            Some((name, digits)) => (name, Some(digits.to_owned())),
            None => (symbol, None),
        };
        let place = (u8::BITS - by.count_ones(), by, name.to_owned());
        ran.entry(place).or_default().extend(digits);
    }
    Ok(())
}

/// A line has a name and, if its end says which of several it is (`17h`, 16 digits, `E`), the digits of those that ran.
fn lines(ran: &Ran) -> String {
    let mut list = String::new();
    for ((.., name), digits) in ran {
        list.push_str(name);
        for digits in digits {
            list.extend([" ", digits]);
        }
        list.push('\n');
    }
    list
}

/// The name without its end, and the digits.
fn parts(name: &str) -> Option<(&str, &str)> {
    let (name, digits) = name.strip_suffix('E')?.rsplit_once("17h")?;
    let whole = digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    (whole && name.starts_with("_ZN")).then_some((name, digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_digits_that_tell_functions_apart() {
        let (one, other) = ("0123456789abcdef", "fedcba9876543210");
        let symbol = |digits: &str| format!("_ZN4core3ops4call17h{digits}E");
        assert_eq!(
            parts(&symbol(one)),
            Some(("_ZN4core3ops4call", one)),
            "as the compiler names it"
        );
        for whole in ["sqlite3_step", "_RNvCs_7___rustc", "_ZN4core17hxE"] {
            assert_eq!(parts(whole), None, "{whole}");
        }
        let mut ran = Ran::new();
        for digits in [other, one] {
            let place = (7, 1, "_ZN4core3ops4call".to_owned());
            ran.entry(place).or_default().insert(digits.to_owned());
        }
        ran.insert((4, 15, "main".to_owned()), BTreeSet::new());
        let list = format!("main\n_ZN4core3ops4call {one} {other}\n");
        assert_eq!(lines(&ran), list, "what all need comes first");
    }
}

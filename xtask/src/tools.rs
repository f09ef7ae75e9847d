//! The programs that the checks and tests need beside cargo, and how each gets onto the machine.
//!
//! Cargo plugins are built from crates.io in fixed versions into `target/tools`; programs of the system come from
//! Debian's packages, which only root may install; Python's libraries from PyPI into `target/venv`. What is there
//! already is used as it is.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::processes::{self, installed};
use crate::tree::Tree;

/// A cargo plugin in the version that we tried.
#[derive(Debug)]
pub(crate) struct Plugin {
    name: &'static str,
    version: &'static str,
}

/// Runs the tests, each in its own process.
pub(crate) const NEXTEST: Plugin = Plugin {
    name: "cargo-nextest",
    version: "0.9.143",
};
/// Checks licences, sources and doubled versions; 50 s to build on two quiet cores.
pub(crate) const DENY: Plugin = Plugin {
    name: "cargo-deny",
    version: "0.20.2",
};
/// Finds dependencies that nobody uses; 24 s to build.
pub(crate) const MACHETE: Plugin = Plugin {
    name: "cargo-machete",
    version: "0.9.2",
};

/// A program of the system, or a file that shows that it is there, and the Debian package that has it.
#[derive(Debug)]
pub(crate) struct Program {
    name: &'static str,
    package: &'static str,
}

/// The clients for mail, calendars, contacts and files that the end-to-end tests use.
pub(crate) const CLIENTS: &[Program] = &[
    Program {
        name: "swaks",
        package: "swaks",
    },
    // swaks speaks TLS only with this library, which it merely recommends.
    Program {
        name: "/usr/share/doc/libnet-ssleay-perl/copyright",
        package: "libnet-ssleay-perl",
    },
    Program {
        name: "smtp-source",
        package: "postfix",
    },
    Program {
        name: "mbsync",
        package: "isync",
    },
    // mbsync signs in with SCRAM only with this library, which it merely recommends.
    Program {
        name: "/usr/share/doc/libsasl2-modules/copyright",
        package: "libsasl2-modules",
    },
    Program {
        name: "neomutt",
        package: "neomutt",
    },
    Program {
        name: "fetchmail",
        package: "fetchmail",
    },
    Program {
        name: "getmail",
        package: "getmail6",
    },
    Program {
        name: "offlineimap",
        package: "offlineimap3",
    },
    Program {
        name: "sieve-connect",
        package: "sieve-connect",
    },
    Program {
        name: "thunderbird",
        package: "thunderbird",
    },
    Program {
        name: "chromium",
        package: "chromium",
    },
    Program {
        name: "curl",
        package: "curl",
    },
    Program {
        name: "/usr/bin/python3",
        package: "python3",
    },
    Program {
        name: "litmus",
        package: "litmus",
    },
    Program {
        name: "cadaver",
        package: "cadaver",
    },
    Program {
        name: "calcurse-caldav",
        package: "calcurse",
    },
    // calcurse-caldav speaks HTTP with this library, which its package merely recommends.
    Program {
        name: "/usr/share/doc/python3-httplib2/copyright",
        package: "python3-httplib2",
    },
    Program {
        name: "/usr/libexec/evolution-calendar-factory",
        package: "evolution-data-server",
    },
    // It is driven through its libraries as Python sees them, on a message bus of its own.
    Program {
        name: "/usr/share/doc/gir1.2-ecal-2.0/copyright",
        package: "gir1.2-ecal-2.0",
    },
    Program {
        name: "/usr/share/doc/gir1.2-ebook-1.2/copyright",
        package: "gir1.2-ebook-1.2",
    },
    Program {
        name: "/usr/share/doc/python3-gi/copyright",
        package: "python3-gi",
    },
    Program {
        name: "dbus-run-session",
        package: "dbus-daemon",
    },
    // Other mail servers, and the names and the network that they find each other in.
    Program {
        name: "/usr/sbin/named",
        package: "bind9",
    },
    Program {
        name: "dnssec-signzone",
        package: "bind9-utils",
    },
    Program {
        name: "dig",
        package: "bind9-dnsutils",
    },
    Program {
        name: "ip",
        package: "iproute2",
    },
    Program {
        name: "pebble",
        package: "pebble",
    },
    Program {
        name: "openssl",
        package: "openssl",
    },
    // Scanners of mail.
    Program {
        name: "rspamd",
        package: "rspamd",
    },
    Program {
        name: "/usr/sbin/clamd",
        package: "clamav-daemon",
    },
    Program {
        name: "/usr/share/doc/python3-milter/copyright",
        package: "python3-milter",
    },
    // OpenSMTPD's libraries; its package is unpacked, since Debian lets only one mail server be installed.
    Program {
        name: "/usr/share/doc/libevent-2.1-7/copyright",
        package: "libevent-2.1-7",
    },
    Program {
        name: "/usr/share/doc/libdb5.3/copyright",
        package: "libdb5.3",
    },
];

/// A C++ compiler for the fuzzing runtime.
pub(crate) const FUZZING: &[Program] = &[Program {
    name: "c++",
    package: "g++",
}];

/// Python's libraries for the end-to-end tests, and the programs written in it; each in the version that we tried.
const PYTHON_LIBRARIES: &[&str] = &[
    "IMAPClient==3.0.1",
    "PyNaCl==1.6.2",
    "authres==1.2.0",
    "caldav==3.6.0",
    "caldav-server-tester==1.7.0",
    "dkimpy==1.1.8",
    "jmapc==0.4.0",
    "jmaplib==3.0.1",
    "khal==0.14.1",
    "khard==0.22.0",
    "managesieve==0.8.1",
    "sievelib==1.6.0",
    "stix2-validator==3.3.2",
    "vdirsyncer==0.21.0",
];

/// Where plugins are installed.
fn plugin_root(tree: &Tree) -> PathBuf {
    tree.path("target/tools")
}

/// Builds the plugin where it is missing; says whether it did.
pub(crate) fn install_plugin(tree: &Tree, plugin: &Plugin) -> Result<bool> {
    let root = plugin_root(tree);
    if root.join("bin").join(plugin.name).is_file() || installed(plugin.name) {
        return Ok(false);
    }
    let mut install = Command::new("cargo");
    // Without optimisation: each runs for seconds, and building it would take minutes.
    install
        .args([
            "install",
            "--locked",
            "--debug",
            plugin.name,
            "--version",
            plugin.version,
            "--root",
        ])
        .arg(&root);
    let finished = processes::logged(
        &mut install,
        &tree.path(format!("target/xtask/install-{}.log", plugin.name)),
    )?;
    if !finished.success {
        bail!("cannot install `{}`:\n{}", plugin.name, finished.output);
    }
    Ok(true)
}

/// `cargo PLUGIN`, built first where it is missing.
pub(crate) fn cargo_plugin(tree: &Tree, plugin: &Plugin) -> Result<Command> {
    install_plugin(tree, plugin)?;
    let mut command = Command::new("cargo");
    command
        .arg(plugin.name.trim_start_matches("cargo-"))
        .current_dir(tree.path(""))
        .env("PATH", search_path(tree)?);
    // cargo-machete takes this as the sign that it was not started by cargo, and reads its own name as a folder.
    command.env_remove("CARGO_PKG_NAME");
    Ok(command)
}

/// `PATH` with our plugins first and the system's folders last.
pub(crate) fn search_path(tree: &Tree) -> Result<std::ffi::OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(plugin_root(tree).join("bin"))
        .chain(std::env::split_paths(&path))
        .chain(["/usr/sbin".into(), "/sbin".into()]);
    std::env::join_paths(folders).context("a folder in `PATH` has a colon in its name")
}

/// Adds the parts of the Rust toolchain that the checks need, where rustup left them out.
pub(crate) fn rust_components() -> Result<()> {
    for (component, program) in [("rustfmt", "cargo-fmt"), ("clippy", "cargo-clippy")] {
        let works = Command::new(program)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !works.is_ok_and(|status| status.success()) {
            processes::shown_to_user(Command::new("rustup").args(["component", "add", component]))?;
        }
    }
    Ok(())
}

/// Installs the Debian packages of the programs that are missing; says how many it installed.
pub(crate) fn system_programs(tree: &Tree, programs: &[&[Program]]) -> Result<usize> {
    let missing: Vec<&str> = programs
        .iter()
        .copied()
        .flatten()
        .filter(|program| !installed(program.name))
        .map(|program| program.package)
        .collect();
    if missing.is_empty() {
        return Ok(0);
    }
    if !is_root() || !installed("apt-get") {
        bail!(
            "these tests need programs that are not here; install them with \
             `sudo apt-get install --no-install-recommends {}` and start again",
            missing.join(" ")
        );
    }
    if missing.contains(&"postfix") {
        leave_postfix_unconfigured()?;
    }
    apt(tree, "update", &[])?;
    apt(tree, "install", &missing)?;
    Ok(missing.len())
}

/// Python with the libraries of the tests, made when it is missing.
pub(crate) fn python_environment(tree: &Tree) -> Result<PathBuf> {
    let folder = tree.path("target/venv");
    let python = folder.join("bin/python");
    let stamp = folder.join("libraries");
    let wanted = PYTHON_LIBRARIES.join("\n");
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(python);
    }
    let log = tree.path("target/xtask/python.log");
    let mut make = Command::new("/usr/bin/python3");
    make.args(["-m", "venv", "--clear"]).arg(&folder);
    if !processes::logged(&mut make, &log)?.success {
        // Debian keeps the module in a package of its own, so only using it shows whether it is there.
        if !is_root() {
            bail!(
                "Python cannot make an environment; install `python3-venv` with apt-get and start again"
            );
        }
        apt(tree, "update", &[])?;
        apt(tree, "install", &["python3-venv"])?;
        let finished = processes::logged(&mut make, &log)?;
        if !finished.success {
            bail!("Python cannot make an environment:\n{}", finished.output);
        }
    }
    let mut install = Command::new(&python);
    install
        .args(["-m", "pip", "install", "--quiet"])
        .args(PYTHON_LIBRARIES);
    let finished = processes::logged(&mut install, &log)?;
    if !finished.success {
        bail!(
            "cannot install {}:\n{}",
            PYTHON_LIBRARIES.join(", "),
            finished.output
        );
    }
    fs::write(&stamp, wanted).context("cannot note which libraries are installed")?;
    Ok(python)
}

fn apt(tree: &Tree, verb: &str, packages: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    command
        .args(["--quiet", "--yes", "--no-install-recommends", verb])
        .args(packages);
    command.env("DEBIAN_FRONTEND", "noninteractive");
    let finished = processes::logged(
        &mut command,
        &tree.path(format!("target/xtask/apt-{verb}.log")),
    )?;
    if !finished.success {
        bail!(
            "`{}` failed:\n{}",
            processes::shown(&command),
            finished.output
        );
    }
    Ok(())
}

/// Builds the conversation of the crate `jmap-client`, which stands in a workspace of its own, into `target/jmap-client`.
pub(crate) fn jmap_client(tree: &Tree) -> Result<()> {
    let mut build = Command::new("cargo");
    build
        .args(["build", "--locked", "--quiet", "--manifest-path"])
        .arg(tree.path("clients/jmap-client/Cargo.toml"))
        .arg("--target-dir")
        .arg(tree.path("target/jmap-client"));
    let finished = processes::logged(&mut build, &tree.path("target/xtask/jmap-client.log"))?;
    if !finished.success {
        bail!(
            "cannot build the client `jmap-client`:\n{}",
            finished.output
        );
    }
    Ok(())
}

/// Unpacks OpenSMTPD into `target/opensmtpd`, and adds the users as which it runs.
pub(crate) fn opensmtpd(tree: &Tree) -> Result<()> {
    let folder = tree.path("target/opensmtpd");
    if folder.join("usr/sbin/smtpd").exists() || !is_root() {
        // The tests that want it make a network of their own, which takes root as well.
        return Ok(());
    }
    fs::create_dir_all(&folder).context("cannot make a folder for OpenSMTPD")?;
    let script = "cd \"$0\"
        apt-get download opensmtpd || { apt-get update && apt-get download opensmtpd; }
        dpkg-deb -x opensmtpd_*.deb .
        rm opensmtpd_*.deb
        for user in opensmtpd opensmtpq; do
            id $user >/dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin $user
        done";
    let mut unpack = Command::new("sh");
    unpack.args(["-e", "-c", script]).arg(&folder);
    let finished = processes::logged(&mut unpack, &tree.path("target/xtask/opensmtpd.log"))?;
    if !finished.success {
        bail!("cannot unpack OpenSMTPD:\n{}", finished.output);
    }
    Ok(())
}

/// Answers the package's question so that it writes no configuration: we want its test program, not a mail server,
/// and without a configuration the server does not start.
fn leave_postfix_unconfigured() -> Result<()> {
    let mut child = Command::new("debconf-set-selections")
        .stdin(Stdio::piped())
        .spawn()
        .context("cannot start `debconf-set-selections`")?;
    let mut input = child
        .stdin
        .take()
        .context("`debconf-set-selections` has no input")?;
    input.write_all(b"postfix postfix/main_mailer_type select No configuration\n")?;
    drop(input);
    let status = child.wait()?;
    if !status.success() {
        bail!("`debconf-set-selections` ended with {status}");
    }
    Ok(())
}

/// Whether this program may install packages: who owns our own entry in `/proc` is who we are.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self").is_ok_and(|entry| entry.uid() == 0)
}

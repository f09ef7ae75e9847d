//! A network of its own: namespaces of Linux in which a test sees nobody but what it started.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Says that the test runs in its network already.
const INSIDE: &str = "WACHPOST_TEST_NETWORK";
/// Everybody's network; addresses of nobody whom we could reach by accident, as the namespace has no way out.
pub(super) const PREFIX: &str = "44.0.0";
/// Where names are asked for.
pub(super) const NAMES: &str = "44.0.0.53";

/// Runs the body in a network with these hosts, each the last octet of its address, and in a mount table and process tree of its
/// own, which end with it. `module` is `module_path!()`, `test` the function's name.
pub(super) fn alone(module: &str, test: &str, hosts: &[u8], body: impl FnOnce(&Path)) {
    if std::env::var_os(INSIDE).is_none() {
        return enter(module, test);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    // Servers that gave up their rights come through here.
    run("chmod", &["755", path.to_str().unwrap()]);
    run("ip", &["link", "set", "lo", "up"]);
    for host in hosts.iter().copied().chain([53]) {
        run(
            "ip",
            &[
                "address",
                "add",
                &format!("{PREFIX}.{host}/32"),
                "dev",
                "lo",
            ],
        );
    }
    let resolver = path.join("resolv.conf");
    fs::write(&resolver, format!("nameserver {NAMES}\n")).unwrap();
    run(
        "mount",
        &["--bind", resolver.to_str().unwrap(), "/etc/resolv.conf"],
    );
    body(path);
}

/// The namespaces: nothing that the test starts outlives it.
const NAMESPACES: [&str; 6] = [
    "--net",
    "--mount",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
];

/// Starts this test once more, inside.
fn enter(module: &str, test: &str) {
    if !can_enter() {
        eprintln!(
            "skipped: {test} makes a network of its own, which this machine or user must not"
        );
        return;
    }
    let (_, path) = module.split_once("::").unwrap();
    let status = Command::new("unshare")
        .args(NAMESPACES)
        .arg(std::env::current_exe().unwrap())
        .args([&format!("{path}::{test}"), "--exact", "--nocapture"])
        .env(INSIDE, "1")
        .status()
        .unwrap();
    assert!(
        status.success(),
        "in its own network the test ended with {status}"
    );
}

/// Whether namespaces can be made here: it takes root, and a container that lets it.
fn can_enter() -> bool {
    let tried = Command::new("unshare")
        .args(NAMESPACES)
        .arg("true")
        .output();
    tried.is_ok_and(|tried| tried.status.success())
}

/// Runs a program that must succeed; what it wrote.
pub(super) fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .env(
            "PATH",
            format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap()),
        )
        .output()
        .unwrap_or_else(|error| panic!("cannot start `{program}`: {error}"));
    assert!(
        output.status.success(),
        "`{program} {}`: {}: {}",
        arguments.join(" "),
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

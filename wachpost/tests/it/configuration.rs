//! A configuration that cannot be used is refused with file and line.

use std::fs;

use crate::server::{Options, TestServer};

#[test]
fn the_line_that_is_wrong_is_named() {
    let server = TestServer::prepare(Options::default());
    let good = fs::read_to_string(server.config()).unwrap();
    for (from, to, words) in [
        ("hostname =", "hostnam =", "unknown field `hostnam`"),
        (
            "imap = \"127.0.0.1:0\"",
            "imap = \"localhost\"",
            "`localhost` is no address",
        ),
        ("[passwords]", "[passwords", ""),
    ] {
        let bad = good.replace(from, to);
        fs::write(server.config(), &bad).unwrap();
        let line = bad.lines().position(|line| line.contains(to)).unwrap() + 1;
        let output = server.command(&["serve", "--check"]);
        let errors = String::from_utf8(output.stderr).unwrap();
        let place = format!("{}:{line}:", server.config().display());
        assert_eq!(output.status.code(), Some(78), "{errors}");
        assert!(
            errors.contains(&place) && errors.contains(words),
            "{errors}"
        );
    }
    fs::write(server.config(), &good).unwrap();
    server.command_ok(&["serve", "--check"]);
}

#[test]
fn missing_files_are_named() {
    let server = TestServer::prepare(Options::default());
    for (file, words) in [("tls/key.pem", "key.pem"), ("notary.key", "notary_key")] {
        let path = server.folder().join(file);
        let away = server.folder().join("away");
        fs::rename(&path, &away).unwrap();
        let output = server.command(&["serve"]);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && errors.contains(words),
            "{errors}"
        );
        fs::rename(&away, &path).unwrap();
    }
}

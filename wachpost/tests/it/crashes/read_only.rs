//! A data folder that cannot be written: said at the start, naming the folder, and nothing is changed.

use std::fs;

use crate::server::{Options, TestServer};

use super::disk::{self, Disk};
use super::look::{self, person};

/// Starts the server, which must end by itself and say why.
fn refused(server: &TestServer, words: &[&str]) {
    let output = server.command(&["serve"]);
    let said = String::from_utf8_lossy(&output.stderr);
    // Trying again may help (BSD's `EX_TEMPFAIL`).
    assert_eq!(output.status.code(), Some(75), "{said}");
    let data = server.data();
    for word in words.iter().copied().chain([data.to_str().unwrap()]) {
        assert!(said.contains(word), "no `{word}` in: {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn a_read_only_data_folder_is_named_and_left_alone() {
    let Some(disk) = Disk::mount(96) else {
        return;
    };
    let options = Options {
        data: Some(disk.data()),
        ..Options::default()
    };
    // Once after a stop, once after a kill, when there is a tail to fold.
    let mut server = look::with_people(options, 1);
    let before = look::account(&server, &person(0)).unwrap();
    for killed in [false, true] {
        if killed {
            server.kill();
        } else {
            server.stop();
        }
        disk.set_read_only(true);
        let contents = disk::contents(&disk.data());
        refused(&server, &["cannot open the data folder", "Read-only"]);
        let output = server.command(&["account", "add", "late@example.org"]);
        assert_eq!(
            output.status.code(),
            Some(75),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(
            disk::contents(&disk.data()) == contents,
            "something was changed"
        );
        disk.set_read_only(false);
        server.restart();
        assert_eq!(look::account(&server, &person(0)).unwrap(), before);
    }
    look::verify(&server).unwrap();
}

#[test]
fn a_data_folder_that_is_a_file_is_named() {
    let mut server = TestServer::start(Options::default());
    assert!(server.stop().success());
    fs::rename(server.data(), server.folder().join("elsewhere")).unwrap();
    fs::write(server.data(), "no folder").unwrap();
    refused(&server, &[]);
    assert_eq!(fs::read(server.data()).unwrap(), b"no folder");
}

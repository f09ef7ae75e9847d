//! Signatures and chains of real mail, and of the standards' examples, as the crate `mail-auth` carries them.

use std::path::PathBuf;

use serde_json::Value;

use super::name_server::{NameServer, Zone};
use super::{Conversation, check};

/// Where cargo keeps the source of the crate that we build with.
pub(super) fn folder_of_resources(name: &str) -> PathBuf {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home =
        home.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cargo"));
    let registries = std::fs::read_dir(home.join("registry/src")).unwrap();
    registries
        .map(|registry| {
            registry
                .unwrap()
                .path()
                .join("mail-auth-0.12.1/resources")
                .join(name)
        })
        .find(|folder| folder.is_dir())
        .expect("the source of `mail-auth` 0.12.1 is where cargo puts it")
}

fn resources(folder: &str) -> Vec<(String, String)> {
    let mut files: Vec<_> = std::fs::read_dir(folder_of_resources(folder))
        .unwrap()
        .map(|file| {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// Keys stand before an empty line, one `name text` a line; the message after it.
fn check_file(text: &str, now: Option<u64>) -> Value {
    let (records, message) = text.split_once("\n\n").unwrap();
    let mut zone = Zone::default();
    for record in records.lines() {
        let (name, text) = record.split_once(' ').unwrap();
        zone = zone.txt(name, text);
    }
    let server = NameServer::start(zone);
    let conversation = Conversation {
        ip: "192.0.2.1",
        helo: "mx.example.org",
        mail_from: "",
        now,
    };
    check(&server, &conversation, message.as_bytes())
}

/// `t=` of the first signature.
fn signed_at(text: &str) -> Option<u64> {
    let (_, signature) = text.split_once("DKIM-Signature:")?;
    let tag = signature
        .split(';')
        .map(str::trim)
        .find(|tag| tag.starts_with("t="))?;
    tag.strip_prefix("t=")?.parse().ok()
}

#[test]
fn signatures_of_real_mail_hold() {
    let mut signatures = 0;
    for (name, text) in resources("dkim") {
        // Some have expired since: they are checked as of when they were signed.
        let found = check_file(&text, signed_at(&text));
        assert_eq!(found["dkim"]["result"], "pass", "{name}: {}", found["dkim"]);
        signatures += found["dkim"]["signatures"].as_array().unwrap().len();
    }
    eprintln!("DKIM: {signatures} signatures looked at");
}

#[test]
fn chains_of_real_mail_hold() {
    for (name, text) in resources("arc") {
        let found = check_file(&text, None);
        assert_eq!(found["arc"]["result"], "pass", "{name}: {}", found["arc"]);
        let broken = text.replace("\nSubject:", "\nSubject: changed");
        assert_eq!(check_file(&broken, None)["arc"]["result"], "fail", "{name}");
    }
}

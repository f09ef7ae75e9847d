//! Torn files: the data folder of a killed server whose last writes did not all reach the disk.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use serde_json::Value;

use crate::server::{Options, TestServer};

use super::disk;
use super::imap::Imap;
use super::lmtp::Lmtp;
use super::look::{self, PASSWORD, person};
use super::message;
use super::seed::{self, Random};

const MESSAGES: u64 = 40;
/// Places at which the log of the journal is cut.
const CUTS: u64 = 25;
/// SQLite's file format 4.1: a header of 32 octets, then frames of a header of 24 octets and a page.
const WAL_HEADER_OCTETS: u64 = 32;
const WAL_FRAME_OCTETS: u64 = 24 + 8_192;
/// `wachpost verify` found something.
const EXIT_FINDINGS: i32 = 3;

/// A killed server with its data folder put aside, and for each message how long the journal's log was when it was
/// acknowledged.
struct Killed {
    server: TestServer,
    kept: std::path::PathBuf,
    acknowledged: Vec<(u64, u64)>,
    log_octets: u64,
}

impl Killed {
    fn new() -> Self {
        let server = look::with_people(Options::default(), 1);
        // A start folds the log of the journal into its file: what follows lies in the log alone.
        let mut server = server;
        server.restart();
        let log = server.data().join("journal.db-wal");
        let mut client = Lmtp::connect(server.lmtp_port()).unwrap();
        let mut acknowledged = Vec::new();
        for number in (1..=MESSAGES).filter(|number| number % 23 != 0) {
            let mut said = String::new();
            let each = &mut |_, reply: &str| said = reply.to_owned();
            client
                .deliver(&[person(0)], &message::write(number), each)
                .unwrap();
            assert!(said.starts_with("250"), "{said}");
            acknowledged.push((number, fs::metadata(&log).unwrap().len()));
        }
        // A look makes the state follow the journal: it knows of all these messages, whatever the journal loses.
        look::account(&server, &person(0)).unwrap();
        server.kill();
        let kept = server.folder().join("kept");
        disk::copy(&server.data(), &kept);
        let log_octets = fs::metadata(kept.join("journal.db-wal")).unwrap().len();
        Self {
            server,
            kept,
            acknowledged,
            log_octets,
        }
    }

    /// Puts the data folder back as it was, and lets something happen to the journal's log.
    fn put_back(&self, happen: impl FnOnce(&Path)) {
        fs::remove_dir_all(self.server.data()).unwrap();
        disk::copy(&self.kept, &self.server.data());
        // The index of the log is in memory only, and gone with the machine.
        for file in ["journal.db-shm", "state.db-shm", "search.db-shm"] {
            let _ = fs::remove_file(self.server.data().join(file));
        }
        happen(&self.server.data().join("journal.db-wal"));
    }

    /// The messages that are there after a start.
    fn messages(&mut self) -> BTreeSet<u64> {
        self.server.restart();
        let account = look::account(&self.server, &person(0)).unwrap();
        account.mailboxes["INBOX"].keys().copied().collect()
    }

    fn verify(&self) -> (Option<i32>, Value) {
        let output = self.server.command(&["verify", "--json"]);
        let report = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (output.status.code(), report)
    }
}

#[test]
fn a_log_that_is_cut_anywhere_gives_all_before_the_cut() {
    let seed = seed::of_this_run();
    let mut random = Random::new(seed, 11);
    let mut killed = Killed::new();
    let all: BTreeSet<_> = killed
        .acknowledged
        .iter()
        .map(|(number, _)| *number)
        .collect();
    for cut in 0..CUTS {
        // The first cuts take a little of the end, which is nothing; the others as much as it happens.
        let octets = match cut {
            0 => killed.log_octets,
            1..=3 => killed.log_octets - random.below(64),
            4 => 0,
            _ => random.below(killed.log_octets),
        };
        killed.put_back(|log| {
            let file = OpenOptions::new().write(true).open(log).unwrap();
            file.set_len(octets).unwrap();
            if cut % 2 == 1 {
                let garbage: Vec<u8> = (0..3_000)
                    .flat_map(|_| random.next().to_le_bytes())
                    .collect();
                file.write_all_at(&garbage, octets).unwrap();
            }
        });
        let context = format!(
            "WACHPOST_SEED={seed}, cut {cut} at {octets} of {}",
            killed.log_octets
        );
        let (code, report) = killed.verify();
        assert!(
            matches!(code, Some(0 | EXIT_FINDINGS)),
            "{context}: {code:?} {report}"
        );
        let logged = killed.server.log().len();
        let found = killed.messages();
        let log = killed.server.log().split_off(logged);
        // Each message was acknowledged when the log had this length at most: what lies below the cut is there.
        for (number, length) in &killed.acknowledged {
            assert!(
                *length > octets || found.contains(number),
                "{context}: message {number} lies before the cut and is gone"
            );
        }
        // Messages come one after the other, so that what is there is a beginning of them.
        let beginning: BTreeSet<_> = all.iter().copied().take(found.len()).collect();
        assert_eq!(found, beginning, "{context}");
        if found.len() < all.len() {
            assert!(log.contains("cut off"), "{context}: {log}");
            assert_eq!(code, Some(EXIT_FINDINGS), "{context}: {report}");
        }
        if octets == killed.log_octets {
            assert_eq!(code, Some(0), "{context}: {report}");
        }
        // It goes on from there.
        let mut client = Imap::sign_in(killed.server.imap_port(), &person(0), PASSWORD).unwrap();
        let answer = client
            .append("INBOX", "", &message::write(10_000 + cut))
            .unwrap();
        assert!(answer.is_ok(), "{context}: {}", answer.status);
        killed.server.kill();
    }
}

#[test]
fn a_changed_octet_in_the_log_ends_it_there() {
    let seed = seed::of_this_run();
    let mut random = Random::new(seed, 12);
    let mut killed = Killed::new();
    let frames = (killed.log_octets - WAL_HEADER_OCTETS) / WAL_FRAME_OCTETS;
    for round in 0..8 {
        let frame = random.below(frames);
        let at = WAL_HEADER_OCTETS + frame * WAL_FRAME_OCTETS + random.below(WAL_FRAME_OCTETS);
        killed.put_back(|log| {
            let file = OpenOptions::new().read(true).write(true).open(log).unwrap();
            let mut octet = [0];
            file.read_exact_at(&mut octet, at).unwrap();
            file.write_all_at(&[octet[0] ^ 0x5a], at).unwrap();
        });
        let found = killed.messages();
        let beginning: BTreeSet<_> = killed
            .acknowledged
            .iter()
            .map(|(number, _)| *number)
            .take(found.len())
            .collect();
        assert_eq!(
            found, beginning,
            "WACHPOST_SEED={seed}, round {round}, octet {at}"
        );
        killed.server.kill();
    }
}

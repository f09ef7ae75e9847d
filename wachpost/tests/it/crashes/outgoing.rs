//! Kills in the middle of sending: every message that was accepted gets out, and twice only if the kill fell between the next
//! server's having it and our knowing so, which nobody can avoid (RFC 5321 4.2.5, RFC 1047).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::server::{Options, TestServer};
use crate::stub::{Manner, Stub};

use super::look::{self, PASSWORD, person};
use super::seed::{self, Random};
use super::wire::{Trouble, Wire};

/// How often the server is killed, unless the environment says otherwise.
const KILLS_DEFAULT: u64 = 15;
const KILL_AFTER_MS_MIN: u64 = 60;
const KILL_AFTER_MS_SPREAD: u64 = 200;
const SENDERS: usize = 3;
/// How long the queue may take to empty after the last start.
const PATIENCE: Duration = Duration::from_secs(60);
/// Messages under way to one next server at once, at most: as many can come twice for each kill.
const IN_FLIGHT_MAX: u64 = 20;

#[test]
fn kills_while_mail_goes_out_lose_none_and_send_twice_only_what_must_be() {
    let seed = seed::of_this_run();
    let kills = seed::number("WACHPOST_KILLS", KILLS_DEFAULT);
    // Now and then the next server is in a bad mood, so that kills meet retries as well.
    let mut moods = Random::new(seed, 0);
    let manners: Vec<Manner> = (0..200)
        .map(|_| match moods.below(8) {
            0 => Manner::BreakOffInData,
            1 => Manner::Greylist,
            _ => Manner::Take,
        })
        .collect();
    let stub = Stub::start("127.0.0.1:0", &manners);
    let port = stub.port();
    let sections = format!(
        "[egress]\nallowed = [\"127.0.0.1:{port}\"]\n\
         [outgoing]\nretry_seconds = [1]\n\
         [outgoing.smart_host]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n\
         [outgoing.limits]\nrecipients_per_hour = 1000000\nrecipients_per_day = 1000000\n\
         messages_per_hour = 1000000\nmessages_per_day = 1000000\n"
    );
    let options = Options {
        sections,
        ..Options::default()
    };
    let mut server = look::with_people(options, SENDERS);
    let accepted = Mutex::new(BTreeSet::new());
    for kill in 1..=kills {
        let mut random = Random::new(seed, kill);
        let after = Duration::from_millis(KILL_AFTER_MS_MIN + random.below(KILL_AFTER_MS_SPREAD));
        let submission = server.submission_port();
        std::thread::scope(|scope| {
            for sender in 0..SENDERS {
                let accepted = &accepted;
                scope.spawn(move || send(submission, sender, kill, accepted));
            }
            let (_alive, never) = std::sync::mpsc::channel::<()>();
            let _ = never.recv_timeout(after);
            server.kill();
        });
        server.restart();
    }
    let accepted = accepted.into_inner().unwrap();
    let arrived = await_all(&server, &stub, &accepted, seed);
    let twice: u64 = arrived.values().map(|times| times - 1).sum();
    eprintln!(
        "{kills} kills, {} messages accepted, {twice} came twice",
        accepted.len()
    );
    assert!(
        twice <= kills * IN_FLIGHT_MAX,
        "WACHPOST_SEED={seed}: {twice} messages came twice in {kills} kills"
    );
    assert!(
        accepted.len() as u64 > kills * 3,
        "only {} messages: that is no load",
        accepted.len()
    );
    look::verify(&server).unwrap();
}

/// Submits messages until the connection breaks.
fn send(port: u16, sender: usize, kill: u64, accepted: &Mutex<BTreeSet<u64>>) {
    let conversation = || -> Result<(), Trouble> {
        let mut wire = Wire::connect(port)?;
        want(&mut wire, "220")?;
        ask(&mut wire, "EHLO client.invalid", "250")?;
        let plain = STANDARD.encode(format!("\0{}\0{PASSWORD}", person(sender)));
        ask(&mut wire, &format!("AUTH PLAIN {plain}"), "235")?;
        for step in 0.. {
            let number = kill * 1_000_000 + sender as u64 * 100_000 + step;
            ask(&mut wire, &format!("MAIL FROM:<{}>", person(sender)), "250")?;
            ask(
                &mut wire,
                &format!("RCPT TO:<r{number}@example.net>"),
                "250",
            )?;
            ask(&mut wire, "DATA", "354")?;
            let message = format!(
                "From: {}\r\nTo: r{number}@example.net\r\nSubject: {number}\r\n\r\nNummer {number}\r\n.",
                person(sender)
            );
            ask(&mut wire, &message, "250")?;
            accepted.lock().unwrap().insert(number);
        }
        Ok(())
    };
    if let Err(Trouble::Wrong(what)) = conversation() {
        panic!("{what}");
    }
}

fn ask(wire: &mut Wire, line: &str, code: &str) -> Result<(), Trouble> {
    wire.write(format!("{line}\r\n").as_bytes())?;
    want(wire, code)
}

fn want(wire: &mut Wire, code: &str) -> Result<(), Trouble> {
    loop {
        let line = wire.line()?;
        if !line.starts_with(code) {
            return Err(Trouble::Wrong(format!("wanted {code}, got {line}")));
        }
        if !line[3..].starts_with('-') {
            return Ok(());
        }
    }
}

/// Waits until each accepted message has arrived; how often each did.
fn await_all(
    server: &TestServer,
    stub: &Stub,
    accepted: &BTreeSet<u64>,
    seed: u64,
) -> BTreeMap<u64, u64> {
    let began = Instant::now();
    loop {
        let mut arrived: BTreeMap<u64, u64> = BTreeMap::new();
        for taken in stub.taken() {
            let (_, number) = taken.message.split_once("\r\nSubject: ").unwrap();
            let number = number.split_once("\r\n").unwrap().0.parse().unwrap();
            *arrived.entry(number).or_default() += 1;
        }
        let missing = accepted
            .iter()
            .filter(|number| !arrived.contains_key(number));
        let missing = missing.count();
        if missing == 0 {
            return arrived;
        }
        assert!(
            began.elapsed() < PATIENCE,
            "WACHPOST_SEED={seed}: {missing} of {} messages did not get out\n\nThe log ends with:\n{}",
            accepted.len(),
            look::log_tail(server)
        );
        let (_alive, never) = std::sync::mpsc::channel::<()>();
        let _ = never.recv_timeout(Duration::from_millis(50));
    }
}

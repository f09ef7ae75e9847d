//! Kills in the middle of work: a hundred times over one data folder.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::server::{Options, TestServer};

use super::look::{self, person};
use super::seed::{self, Random};
use super::wire::Trouble;
use super::work::{self, Shared, Worker};

/// How often the server is killed, unless the environment says otherwise.
const KILLS_DEFAULT: u64 = 100;
/// `verify` reads everything: not after each kill.
const KILLS_PER_VERIFY: u64 = 10;
/// The moment of the kill, counted from when the clients begin.
const KILL_AFTER_MS_MIN: u64 = 100;
const KILL_AFTER_MS_SPREAD: u64 = 200;
const PEOPLE: usize = 4;
const DELIVERERS: u64 = 3;
/// A start folds only what the last run left; on a machine that does much else it takes a while all the same.
const START_MAX: Duration = Duration::from_secs(5);

#[test]
fn a_hundred_kills_lose_nothing_that_was_acknowledged() {
    let seed = seed::of_this_run();
    let kills = seed::number("WACHPOST_KILLS", KILLS_DEFAULT);
    let mut server = look::with_people(Options::default(), PEOPLE);
    let shared = Shared::new(PEOPLE);
    for number in 0..PEOPLE {
        let mut ledger = shared.ledger(number);
        ledger.sure = look::account(&server, &person(number)).unwrap();
    }
    let mut slowest = Duration::ZERO;
    for kill in 1..=kills {
        let fail = |server: &TestServer, what: &str| -> ! {
            panic!(
                "WACHPOST_SEED={seed}, kill {kill}: {what}\n\nThe log ends with:\n{}",
                look::log_tail(server)
            )
        };
        let random = Random::new(seed, kill);
        if let Err(what) = work_until_killed(&mut server, &shared, random) {
            fail(&server, &what);
        }
        if kill.is_multiple_of(KILLS_PER_VERIFY)
            && let Err(what) = look::verify(&server)
        {
            fail(&server, &what);
        }
        let began = Instant::now();
        server.restart();
        slowest = slowest.max(began.elapsed());
        for number in 0..PEOPLE {
            let (address, mut ledger) = (person(number), shared.ledger(number));
            let mut checked = look::check(&server, &address, &mut ledger);
            if kill.is_multiple_of(KILLS_PER_VERIFY) {
                checked =
                    checked.and_then(|()| look::check_search(&server, &address, &ledger.sure));
            }
            if let Err(what) = checked {
                fail(&server, &what);
            }
        }
    }
    look::verify(&server).unwrap();
    let acknowledged = shared.acknowledged.load(Ordering::Relaxed);
    eprintln!("{kills} kills, {acknowledged} acknowledged changes, slowest start {slowest:?}");
    assert!(
        acknowledged > kills * 5,
        "only {acknowledged} changes: that is no load"
    );
    assert!(slowest < START_MAX, "a start took {slowest:?}");
}

/// Lets the clients work, and kills the server at a moment that only the seed knows.
fn work_until_killed(
    server: &mut TestServer,
    shared: &Shared,
    mut random: Random,
) -> Result<(), String> {
    let (imap, lmtp) = (server.imap_port(), server.lmtp_port());
    let moment = Duration::from_millis(KILL_AFTER_MS_MIN + random.below(KILL_AFTER_MS_SPREAD));
    std::thread::scope(|scope| {
        let (ended, ends) = channel();
        for account in 0..PEOPLE {
            let (random, ended) = (Random::new(random.next(), 1), ended.clone());
            scope.spawn(move || {
                let work = Worker::sign_in(shared, account, imap, random).and_then(Worker::work);
                let _ = ended.send(work);
            });
        }
        for _ in 0..DELIVERERS {
            let (random, ended) = (Random::new(random.next(), 2), ended.clone());
            scope.spawn(move || {
                let _ = ended.send(work::deliver(shared, lmtp, random));
            });
        }
        drop(ended);
        // Nobody ends before the kill, unless something is wrong.
        let early = ends.recv_timeout(moment);
        server.kill();
        let mut outcome = match early {
            Err(RecvTimeoutError::Timeout) => Ok(()),
            Ok(end) => Err(format!("a client ended before the kill: {end:?}")),
            Err(RecvTimeoutError::Disconnected) => Err("the clients ended".into()),
        };
        for end in ends {
            if let Err(Trouble::Wrong(what)) = end {
                outcome = Err(what);
            }
        }
        outcome
    })
}

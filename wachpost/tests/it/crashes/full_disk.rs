//! A disk that is full: refused for now, nothing lost, nothing claimed, and on again when there is room.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::server::{Options, TestServer};

use super::disk::Disk;
use super::imap::Imap;
use super::ledger::{Flags, Ledger, Step};
use super::lmtp::Lmtp;
use super::look::{self, PASSWORD, person};
use super::message;
use super::wire::Trouble;

/// The store takes nothing more when less than 32 MiB are left.
const DISK_MIB: u32 = 200;
const RESERVE: u64 = 32 << 20;
/// From when there is room until mail is taken again.
const RECOVERY_MAX: Duration = Duration::from_secs(20);
/// Changes that are tried on a full disk.
const TRIES: u64 = 60;

/// A server on a small disk, with one person and what is known of her mail.
struct Setting {
    disk: Arc<Disk>,
    server: TestServer,
    ledger: Ledger,
    last: u64,
}

impl Setting {
    fn new() -> Option<Self> {
        let disk = Arc::new(Disk::mount(DISK_MIB)?);
        let options = Options {
            data: Some(disk.data()),
            ..Options::default()
        };
        let server = look::with_people(options, 1);
        let mut ledger = Ledger::default();
        ledger.sure = look::account(&server, &person(0)).unwrap();
        let mut setting = Self {
            disk,
            server,
            ledger,
            last: 0,
        };
        for _ in 0..25 {
            assert!(setting.deliver(), "there is room");
        }
        Some(setting)
    }

    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    fn imap(&self) -> Imap {
        Imap::sign_in(self.server.imap_port(), &person(0), PASSWORD).unwrap()
    }

    /// Delivers a message; whether it was taken. A refusal must be one for now.
    fn deliver(&mut self) -> bool {
        let number = self.next();
        self.ledger.begin_delivery(number);
        let mut client = Lmtp::connect(self.server.lmtp_port()).unwrap();
        let mut said = String::new();
        client
            .deliver(&[person(0)], &message::write(number), &mut |_, reply| {
                said = reply.to_owned()
            })
            .unwrap();
        if said.starts_with("250") {
            self.ledger.acknowledge_delivery(number);
            return true;
        }
        // RFC 3463 3.4: X.3.1 mail system full; RFC 5321 4.2.1: 4yz is transient.
        assert!(
            said.starts_with('4'),
            "a full disk is no reason to bounce: {said}"
        );
        self.ledger.refuse_delivery(number);
        false
    }

    /// Tries a command; whether it was done. A refusal must be one for now.
    fn change(&mut self, client: &mut Imap, command: &str, steps: Vec<Step>) -> bool {
        self.ledger.begin(steps);
        let answer = client.ask(command).unwrap();
        self.concluded(command, &answer)
    }

    fn append(&mut self, client: &mut Imap) -> bool {
        let number = self.next();
        self.ledger
            .begin(vec![Step::Put("INBOX".into(), number, Flags::new())]);
        let answer = client.append("INBOX", "", &message::write(number)).unwrap();
        self.concluded("APPEND", &answer)
    }

    fn concluded(&mut self, command: &str, answer: &super::imap::Answer) -> bool {
        if answer.is_ok() {
            self.ledger.acknowledge();
            return true;
        }
        // RFC 5530 3: UNAVAILABLE says that it may be done later.
        let status = &answer.status;
        assert!(
            status.starts_with("NO [UNAVAILABLE]"),
            "{command}: {status}"
        );
        self.ledger.refuse();
        false
    }

    /// Tries all kinds of changes; how many were refused.
    fn try_all(&mut self) -> u64 {
        let mut client = self.imap();
        client.select("INBOX").unwrap();
        let mut refused = 0;
        for number in 0..TRIES {
            let done = match number % 4 {
                0 => self.deliver(),
                1 => self.append(&mut client),
                2 => {
                    let name = format!("Box{}", self.next());
                    let steps = vec![Step::Create(name.clone())];
                    self.change(&mut client, &format!("CREATE {name}"), steps)
                }
                _ => self.flag(&mut client),
            };
            refused += u64::from(!done);
        }
        refused
    }

    /// Marks one message, or unmarks it.
    fn flag(&mut self, client: &mut Imap) -> bool {
        let inbox = &self.ledger.sure.mailboxes["INBOX"];
        let (number, mut flags) = inbox.iter().next().map(|(n, f)| (*n, f.clone())).unwrap();
        let sign = if flags.remove("\\Flagged") {
            '-'
        } else {
            flags.insert("\\Flagged".into());
            '+'
        };
        let steps = vec![Step::Put("INBOX".into(), number, flags)];
        self.change(
            client,
            &format!("UID STORE 1 {sign}FLAGS (\\Flagged)"),
            steps,
        )
    }

    /// All that was acknowledged can be read, in a new session.
    fn check(&mut self, when: &str) {
        if let Err(what) = look::check(&self.server, &person(0), &mut self.ledger) {
            panic!(
                "{when}: {what}\n\nThe log ends with:\n{}",
                look::log_tail(&self.server)
            );
        }
    }

    /// With room, everything works again by itself.
    fn recover(&mut self) {
        self.disk.free();
        let began = Instant::now();
        while !self.deliver() {
            assert!(
                began.elapsed() < RECOVERY_MAX,
                "there is room, but no mail is taken:\n{}",
                look::log_tail(&self.server)
            );
        }
        assert_eq!(self.try_all(), 0, "{}", look::log_tail(&self.server));
    }
}

#[test]
fn a_full_disk_refuses_for_now_and_loses_nothing() {
    let Some(mut setting) = Setting::new() else {
        return;
    };
    let process = setting.server.process();
    // Full to the last octet, with hardly any room, and becoming full in the middle of work.
    for room in [
        0,
        RESERVE + (1 << 20),
        100_000,
        RESERVE + 300_000,
        1 << 20,
        RESERVE,
        0,
    ] {
        setting.disk.fill_but(room);
        let mut refused = 0;
        for _ in 0..20 {
            refused += setting.try_all();
            if refused > TRIES / 2 {
                break;
            }
        }
        assert!(
            refused > 0,
            "room for {room} octets is enough for everything?"
        );
        setting.check(&format!("full but for {room} octets"));
        setting.recover();
        setting.check(&format!("after there was no room but {room} octets"));
    }
    assert_eq!(setting.server.process(), process);
    look::verify(&setting.server).unwrap();
    setting.server.kill();
    look::verify(&setting.server).unwrap();
}

#[test]
fn the_last_octet_goes_while_the_store_works() {
    let Some(mut setting) = Setting::new() else {
        return;
    };
    for round in 0..4 {
        // Somebody else's file takes all room at once, also what the store leaves for itself.
        let mut client = setting.imap();
        let filled = AtomicBool::new(false);
        let disk = Arc::clone(&setting.disk);
        let mut refused = 0;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                disk.fill();
                filled.store(true, Ordering::Release);
            });
            while refused < 20 || !filled.load(Ordering::Acquire) {
                refused += u64::from(!setting.deliver());
                refused += u64::from(!setting.append(&mut client));
            }
        });
        setting.recover();
        setting.check(&format!("round {round}"));
        let (address, account) = (person(0), &setting.ledger.sure);
        look::check_search(&setting.server, &address, account).unwrap();
    }
    look::verify(&setting.server).unwrap();
}

#[test]
fn a_kill_on_a_full_disk_loses_nothing() {
    let Some(mut setting) = Setting::new() else {
        return;
    };
    for room in [0, 200_000, 2 << 20, RESERVE + 100_000] {
        setting.disk.fill_but(room);
        setting.try_all();
        setting.server.kill();
        // It may serve, or say why it does not.
        let output = setting.server.command(&["mailboxes", &person(0)]);
        let said = String::from_utf8_lossy(&output.stderr);
        let folder = setting.disk.data();
        assert!(
            output.status.success()
                || said.contains(folder.to_str().unwrap()) && said.contains("full"),
            "{}: {said}",
            output.status
        );
        setting.disk.free();
        setting.server.restart();
        setting.check(&format!("killed with {room} octets left"));
        assert_eq!(setting.try_all(), 0);
        look::verify(&setting.server).unwrap();
    }
}

#[test]
fn large_messages_on_a_full_disk_leave_nothing_behind() {
    let Some(mut setting) = Setting::new() else {
        return;
    };
    // Their files are written before the commit that names them, and need the most room.
    let large: Vec<_> = (1..=12)
        .map(|number| number * 23 + 1_000_000 - 1_000_000 % 23)
        .collect();
    setting.disk.fill_but(RESERVE + 500_000);
    let mut client = setting.imap();
    let mut done = Vec::new();
    for number in large {
        let steps = vec![Step::Put("INBOX".into(), number, Flags::new())];
        setting.ledger.begin(steps);
        let answer = match client.append("INBOX", "", &message::write(number)) {
            Ok(answer) => answer,
            Err(Trouble::Gone(what) | Trouble::Wrong(what)) => panic!("{what}"),
        };
        done.push(setting.concluded("APPEND", &answer));
    }
    assert!(done.contains(&false));
    setting.check("large messages on a full disk");
    setting.recover();
    assert!(setting.server.stop().success());
    look::verify(&setting.server).unwrap();
}

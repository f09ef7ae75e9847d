//! Clients at work: one changes an account over IMAP, others deliver to all of them; each notes what was acknowledged.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use super::imap::{Answer, Imap};
use super::ledger::{Flags, Ledger, Number, Step};
use super::lmtp::Lmtp;
use super::look::{self, Listing, PASSWORD, person};
use super::message;
use super::seed::Random;
use super::wire::Trouble;

/// Messages of an account, above which they become fewer again: each is read in each round.
const MESSAGES_MAX: usize = 60;
/// Mailboxes besides those of the beginning.
const MAILBOXES_MAX: usize = 9;
/// Messages that one command is about.
const MESSAGES_PER_COMMAND_MAX: u64 = 6;

/// What all clients share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) ledgers: Vec<Mutex<Ledger>>,
    /// The number of the last message, or the last mailbox: none is used twice.
    numbers: AtomicU64,
    /// Acknowledged so far.
    pub(super) acknowledged: AtomicU64,
}

impl Shared {
    pub(super) fn new(accounts: usize) -> Self {
        Self {
            ledgers: (0..accounts).map(|_| Mutex::default()).collect(),
            numbers: AtomicU64::new(0),
            acknowledged: AtomicU64::new(0),
        }
    }

    pub(super) fn ledger(&self, account: usize) -> MutexGuard<'_, Ledger> {
        self.ledgers[account].lock().unwrap()
    }

    pub(super) fn number(&self) -> Number {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn note(&self) {
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
    }
}

/// Delivers until the server is gone.
pub(super) fn deliver(shared: &Shared, port: u16, mut random: Random) -> Result<(), Trouble> {
    let mut client = Lmtp::connect(port)?;
    loop {
        let number = shared.number();
        let first = usize::try_from(random.below(shared.ledgers.len() as u64)).unwrap();
        let count = 1 + usize::try_from(random.below(shared.ledgers.len() as u64)).unwrap();
        let accounts: Vec<_> = (first..first + count)
            .map(|account| account % shared.ledgers.len())
            .collect();
        for account in &accounts {
            shared.ledger(*account).begin_delivery(number);
        }
        let recipients: Vec<_> = accounts.iter().map(|account| person(*account)).collect();
        let mut refused = None;
        client.deliver(&recipients, &message::write(number), &mut |at, reply| {
            if reply.starts_with("250") {
                shared.ledger(accounts[at]).acknowledge_delivery(number);
                shared.note();
            } else {
                refused = Some(reply.to_owned());
            }
        })?;
        if let Some(reply) = refused {
            return Err(Trouble::Wrong(reply));
        }
    }
}

/// Changes an account over IMAP.
pub(super) struct Worker<'a> {
    shared: &'a Shared,
    account: usize,
    client: Imap,
    random: Random,
}

impl<'a> Worker<'a> {
    pub(super) fn sign_in(
        shared: &'a Shared,
        account: usize,
        port: u16,
        random: Random,
    ) -> Result<Self, Trouble> {
        Ok(Self {
            shared,
            account,
            client: Imap::sign_in(port, &person(account), PASSWORD)?,
            random,
        })
    }

    /// Works until the server is gone.
    pub(super) fn work(mut self) -> Result<(), Trouble> {
        loop {
            self.one()?;
        }
    }

    /// One command, chosen at random.
    pub(super) fn one(&mut self) -> Result<(), Trouble> {
        let messages = self.ledger().sure.messages();
        if messages > MESSAGES_MAX {
            return self.expunge();
        }
        match self.random.below(20) {
            0..=5 => self.append(),
            6..=9 => self.store(),
            10..=11 => self.copy_or_move("UID COPY", false),
            12..=15 => self.copy_or_move("UID MOVE", true),
            16 => self.expunge(),
            17..=18 => self.create(),
            _ => self.delete(),
        }
    }

    fn ledger(&self) -> MutexGuard<'a, Ledger> {
        self.shared.ledger(self.account)
    }

    /// Sends a command whose effects are these.
    fn run(&mut self, command: &str, steps: Vec<Step>) -> Result<(), Trouble> {
        self.ledger().begin(steps);
        let answer = self.client.ask(command)?;
        self.conclude(command, answer)
    }

    fn conclude(&mut self, command: &str, answer: Answer) -> Result<(), Trouble> {
        if answer.is_ok() {
            self.ledger().acknowledge();
            self.shared.note();
        } else {
            self.ledger().refuse();
        }
        answer.wanted(command).map(drop)
    }

    fn mailboxes(&self) -> Vec<String> {
        self.ledger().sure.mailboxes.keys().cloned().collect()
    }

    fn any_mailbox(&mut self) -> String {
        let names = self.mailboxes();
        // Deliveries come into the INBOX: what is done to it is done to what arrives meanwhile.
        if self.random.below(3) == 0 {
            return "INBOX".into();
        }
        self.random.pick(&names).clone()
    }

    fn append(&mut self) -> Result<(), Trouble> {
        let (mailbox, number) = (self.any_mailbox(), self.shared.number());
        let flags: Flags = match self.random.below(3) {
            0 => ["\\Seen".to_owned(), self.keyword()].into(),
            _ => Flags::new(),
        };
        let written: Vec<_> = flags.iter().map(String::as_str).collect();
        self.ledger()
            .begin(vec![Step::Put(mailbox.clone(), number, flags.clone())]);
        let octets = message::write(number);
        let answer = self.client.append(&mailbox, &written.join(" "), &octets)?;
        self.conclude("APPEND", answer)
    }

    /// An account can have 128 keywords.
    fn keyword(&mut self) -> String {
        format!("mark{}", self.random.below(40))
    }

    /// Opens a mailbox, compares what is seen with the ledger, and chooses some messages.
    fn choose(&mut self) -> Result<Option<(String, Listing)>, Trouble> {
        let mailbox = self.any_mailbox();
        let account = self.account;
        let shared = self.shared;
        let listing = look::mailbox(&mut self.client, &mailbox, false, &mut |_, _, _| Ok(()))?;
        let seen = listing
            .iter()
            .map(|(number, (_, flags))| (*number, flags.clone()))
            .collect();
        let wrong = |what| Trouble::Wrong(format!("{}: {what}", person(account)));
        shared
            .ledger(account)
            .check_mailbox(&mailbox, &seen)
            .map_err(wrong)?;
        let mut numbers: Vec<_> = listing.keys().copied().collect();
        let wanted = 1 + self.random.below(MESSAGES_PER_COMMAND_MAX);
        let mut chosen = Listing::new();
        for _ in 0..wanted {
            if numbers.is_empty() {
                break;
            }
            let at = usize::try_from(self.random.below(numbers.len() as u64)).unwrap();
            let number = numbers.swap_remove(at);
            chosen.insert(number, listing[&number].clone());
        }
        Ok((!chosen.is_empty()).then_some((mailbox, chosen)))
    }

    fn store(&mut self) -> Result<(), Trouble> {
        let Some((mailbox, chosen)) = self.choose()? else {
            return Ok(());
        };
        let keyword = self.keyword();
        let (sign, adds) = *self.random.pick(&[("+", true), ("+", true), ("-", false)]);
        let changed = chosen.iter().map(|(number, (_, flags))| {
            let mut flags = flags.clone();
            if adds {
                flags.insert(keyword.clone());
            } else {
                flags.remove(&keyword);
            }
            Step::Put(mailbox.clone(), *number, flags)
        });
        let steps = changed.collect();
        self.run(
            &format!("UID STORE {} {sign}FLAGS ({keyword})", uids(&chosen)),
            steps,
        )
    }

    fn copy_or_move(&mut self, command: &str, leaves: bool) -> Result<(), Trouble> {
        let Some((mailbox, mut chosen)) = self.choose()? else {
            return Ok(());
        };
        let names = self.mailboxes();
        let target = self.random.pick(&names).clone();
        // A message is in a mailbox once, so that its number finds it; and none is on its way to the INBOX.
        let there = self.ledger().sure.mailboxes[&target]
            .keys()
            .copied()
            .collect::<BTreeSet<_>>();
        chosen.retain(|number, _| !there.contains(number));
        if target == mailbox || target == "INBOX" || chosen.is_empty() {
            return Ok(());
        }
        let mut steps = Vec::new();
        for (number, (_, flags)) in &chosen {
            steps.push(Step::Put(target.clone(), *number, flags.clone()));
            if leaves {
                steps.push(Step::Remove(mailbox.clone(), *number));
            }
        }
        self.run(&format!("{command} {} {target}", uids(&chosen)), steps)
    }

    fn expunge(&mut self) -> Result<(), Trouble> {
        let Some((mailbox, chosen)) = self.choose()? else {
            return Ok(());
        };
        let mut deleted = Vec::new();
        let mut gone = Vec::new();
        for (number, (_, flags)) in &chosen {
            let mut flags = flags.clone();
            flags.insert("\\Deleted".into());
            deleted.push(Step::Put(mailbox.clone(), *number, flags));
            gone.push(Step::Remove(mailbox.clone(), *number));
        }
        let uids = uids(&chosen);
        self.run(
            &format!("UID STORE {uids} +FLAGS.SILENT (\\Deleted)"),
            deleted,
        )?;
        self.run(&format!("UID EXPUNGE {uids}"), gone)
    }

    fn create(&mut self) -> Result<(), Trouble> {
        if self.mailboxes().len() >= MAILBOXES_MAX {
            return self.delete();
        }
        let name = format!("Box{}", self.shared.number());
        self.run(&format!("CREATE {name}"), vec![Step::Create(name)])
    }

    /// Deletes one of the mailboxes that were created here, with all that is in it.
    fn delete(&mut self) -> Result<(), Trouble> {
        let mut names = self.mailboxes();
        names.retain(|name| name.starts_with("Box"));
        if names.len() < 3 {
            return Ok(());
        }
        let name = self.random.pick(&names).clone();
        // RFC 9051 6.3.5: not the one that is open.
        self.client.select("INBOX")?;
        self.run(&format!("DELETE {name}"), vec![Step::Delete(name)])
    }
}

fn uids(chosen: &Listing) -> String {
    let uids: Vec<_> = chosen.values().map(|(uid, _)| uid.to_string()).collect();
    uids.join(",")
}

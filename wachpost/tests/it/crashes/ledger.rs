//! A ledger: what an account must have, from all that the server acknowledged.

use std::collections::{BTreeMap, BTreeSet};

/// A message's number.
pub(super) type Number = u64;
pub(super) type Flags = BTreeSet<String>;

/// What is in an account: mailboxes, their messages, their flags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) mailboxes: BTreeMap<String, BTreeMap<Number, Flags>>,
}

/// One effect of a command.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Create(String),
    Delete(String),
    Put(String, Number, Flags),
    Remove(String, Number),
}

impl Account {
    pub(super) fn apply(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Create(name) => {
                    self.mailboxes.insert(name.clone(), BTreeMap::new());
                }
                Step::Delete(name) => {
                    self.mailboxes.remove(name);
                }
                Step::Put(mailbox, number, flags) => {
                    let messages = self.mailboxes.entry(mailbox.clone()).or_default();
                    messages.insert(*number, flags.clone());
                }
                Step::Remove(mailbox, number) => {
                    self.mailboxes
                        .entry(mailbox.clone())
                        .or_default()
                        .remove(number);
                }
            }
        }
    }

    pub(super) fn messages(&self) -> usize {
        self.mailboxes.values().map(BTreeMap::len).sum()
    }

    /// How this differs from what is really there, in a few lines.
    fn difference(&self, real: &Self) -> String {
        let mut lines = Vec::new();
        let names: BTreeSet<_> = self.mailboxes.keys().chain(real.mailboxes.keys()).collect();
        for name in names {
            match (self.mailboxes.get(name), real.mailboxes.get(name)) {
                (Some(_), None) => lines.push(format!("mailbox {name} is missing")),
                (None, Some(_)) => lines.push(format!("mailbox {name} should not be there")),
                (Some(own), Some(real)) => {
                    let numbers: BTreeSet<_> = own.keys().chain(real.keys()).collect();
                    for number in numbers {
                        let (wanted, found) = (own.get(number), real.get(number));
                        if wanted != found {
                            lines.push(format!(
                                "{name}, message {number}: wanted {wanted:?}, found {found:?}"
                            ));
                        }
                    }
                }
                (None, None) => {}
            }
        }
        lines.truncate(12);
        lines.join("; ")
    }
}

/// The ledger of one account. One client at a time changes the account; deliveries come from anybody.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// What was acknowledged, or seen.
    pub(super) sure: Account,
    /// The command that has no answer yet: all of it happened, or nothing.
    under_way: Vec<Step>,
    /// Deliveries without an answer yet.
    arriving: BTreeSet<Number>,
    /// UIDVALIDITY and UID under which a message was seen.
    uids: BTreeMap<(String, Number), (u32, u32)>,
}

impl Ledger {
    pub(super) fn begin(&mut self, steps: Vec<Step>) {
        self.under_way = steps;
    }

    /// The command that was begun is acknowledged.
    pub(super) fn acknowledge(&mut self) {
        let steps = std::mem::take(&mut self.under_way);
        self.happened(&steps);
    }

    /// The command that was begun is refused: nothing of it happened.
    pub(super) fn refuse(&mut self) {
        self.under_way.clear();
    }

    pub(super) fn begin_delivery(&mut self, number: Number) {
        self.arriving.insert(number);
    }

    /// Unless it was seen, and maybe changed, before the acknowledgement came.
    pub(super) fn acknowledge_delivery(&mut self, number: Number) {
        if self.arriving.remove(&number) {
            let inbox = self.sure.mailboxes.entry("INBOX".into()).or_default();
            inbox.insert(number, Flags::new());
        }
    }

    pub(super) fn refuse_delivery(&mut self, number: Number) {
        self.arriving.remove(&number);
    }

    fn happened(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Remove(mailbox, number) => {
                    self.uids.remove(&(mailbox.clone(), *number));
                }
                Step::Delete(name) => self.uids.retain(|(mailbox, _), _| mailbox != name),
                Step::Create(_) | Step::Put(..) => {}
            }
        }
        self.sure.apply(steps);
    }

    /// Checks what is really there, all of it, when nothing goes on; from now on that counts.
    pub(super) fn check(&mut self, real: &Account) -> Result<(), String> {
        let steps = std::mem::take(&mut self.under_way);
        let arrived = self.arrived(real);
        let mut without = self.sure.clone();
        without.apply(&arrived);
        let mut with = without.clone();
        with.apply(&steps);
        if *real == with {
            self.happened(&steps);
        } else if *real != without {
            return Err(format!(
                "{}; the last command would have done {steps:?}",
                without.difference(real)
            ));
        }
        self.happened(&arrived);
        self.arriving.clear();
        Ok(())
    }

    /// Checks what one session sees in one mailbox while deliveries go on.
    pub(super) fn check_mailbox(
        &mut self,
        name: &str,
        seen: &BTreeMap<Number, Flags>,
    ) -> Result<(), String> {
        let mut real = self.sure.clone();
        real.mailboxes.insert(name.to_owned(), seen.clone());
        let arrived = self.arrived(&real);
        for step in &arrived {
            if let Step::Put(_, number, _) = step {
                self.arriving.remove(number);
            }
        }
        self.happened(&arrived);
        // A delivery may be acknowledged after the mailbox was read.
        let missing_is_new = |number: &Number| name == "INBOX" && !seen.contains_key(number);
        let mut sure = self.sure.clone();
        if let Some(messages) = sure.mailboxes.get_mut(name) {
            messages.retain(|number, flags| {
                !(missing_is_new(number)
                    && flags.is_empty()
                    && !self.uids.contains_key(&(name.to_owned(), *number)))
            });
        }
        if sure == real {
            return Ok(());
        }
        Err(format!("while working: {}", sure.difference(&real)))
    }

    /// A message keeps its UID as long as it is in the mailbox.
    pub(super) fn check_uid(
        &mut self,
        mailbox: &str,
        number: Number,
        uid: (u32, u32),
    ) -> Result<(), String> {
        let known = *self.uids.entry((mailbox.to_owned(), number)).or_insert(uid);
        if known == uid {
            return Ok(());
        }
        Err(format!(
            "{mailbox}, message {number}: had UID {known:?}, has {uid:?}"
        ))
    }

    /// Deliveries without an answer that are there all the same.
    fn arrived(&self, real: &Account) -> Vec<Step> {
        let inbox = real.mailboxes.get("INBOX");
        let is_there = |number: &&Number| inbox.is_some_and(|inbox| inbox.contains_key(number));
        let arrived = self.arriving.iter().filter(is_there);
        arrived
            .map(|number| Step::Put("INBOX".into(), *number, Flags::new()))
            .collect()
    }
}

/// A ledger that finds nothing wrong would prove nothing.
#[test]
fn a_ledger_finds_what_is_lost_and_what_is_half_done() {
    let mut ledger = Ledger::default();
    let put = |mailbox: &str, number, flags: &[&str]| {
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        Step::Put(mailbox.into(), number, flags)
    };
    ledger.begin(vec![
        Step::Create("Box".into()),
        put("INBOX", 1, &[]),
        put("INBOX", 2, &[]),
    ]);
    ledger.acknowledge();
    let before = ledger.sure.clone();
    // A command that has no answer may have happened, or not, but not by half.
    let leave = |number| Step::Remove("INBOX".into(), number);
    let steps = vec![
        leave(1),
        leave(2),
        put("Box", 1, &["a"]),
        put("Box", 2, &["a"]),
    ];
    let mut after = before.clone();
    after.apply(&steps);
    for (taken, holds) in [(0, true), (1, false), (2, false), (3, false), (4, true)] {
        let mut real = before.clone();
        real.apply(&steps[..taken]);
        ledger.sure = before.clone();
        ledger.begin(steps.clone());
        assert_eq!(
            ledger.check(&real).is_ok(),
            holds,
            "{taken} of {} steps",
            steps.len()
        );
        assert_eq!(ledger.sure == after, taken == steps.len());
    }
    // Once it is acknowledged, only one outcome is right.
    ledger.sure = before.clone();
    ledger.begin(steps);
    ledger.acknowledge();
    assert!(ledger.check(&before).is_err());
    assert!(ledger.check(&after).is_ok());
    // A delivery may be there before its acknowledgement, and must be after it.
    let mut arrived = after.clone();
    arrived.apply(&[put("INBOX", 3, &[])]);
    ledger.begin_delivery(3);
    assert!(ledger.check(&arrived).is_ok());
    ledger.begin_delivery(4);
    ledger.acknowledge_delivery(4);
    assert!(ledger.check(&arrived).is_err());
    // Nobody sent this, and nobody set this flag.
    ledger.sure = after.clone();
    assert!(ledger.check(&arrived).is_err());
    let mut marked = after.clone();
    marked.apply(&[put("Box", 1, &["a", "b"])]);
    assert!(ledger.check(&marked).is_err());
    // A UID is for ever.
    assert!(ledger.check_uid("Box", 1, (7, 1)).is_ok());
    assert!(ledger.check_uid("Box", 1, (7, 2)).is_err());
}

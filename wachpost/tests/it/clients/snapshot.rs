//! What all mailboxes of one side hold, so that two sides can be compared and a difference can be read.

use std::collections::BTreeMap;
use std::path::Path;

use super::imap::Imap;
use super::maildir;

/// Letters of Maildir for IMAP's flags.
const LETTERS: [(&str, char); 5] = [
    ("\\Draft", 'D'),
    ("\\Flagged", 'F'),
    ("\\Answered", 'R'),
    ("\\Seen", 'S'),
    ("\\Deleted", 'T'),
];

/// Fields that sync programs add to find a message again.
const OWN_FIELDS: [&str; 2] = ["X-TUID:", "X-OfflineIMAP:"];

/// Mailboxes by name, each with its messages sorted.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Snapshot(BTreeMap<String, Vec<Held>>);

/// One message: what a reader needs to know which it is stands first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Held {
    message_id: String,
    flags: String,
    text: String,
}

impl Snapshot {
    /// The server's side.
    pub(super) fn of_server(imap: &mut Imap) -> Self {
        let mut mailboxes = BTreeMap::new();
        for name in imap.mailboxes() {
            let messages = imap.messages(&name);
            let held = messages.iter().map(|(response, message)| {
                // The flags alone: a message can say `\Seen`, too, but literals are cut out.
                let flags = LETTERS.iter().filter(|(flag, _)| response.contains(flag));
                Held::new(flags.map(|(_, letter)| *letter).collect(), message)
            });
            mailboxes.insert(name.clone(), held.collect());
        }
        Self(mailboxes).sorted()
    }

    /// The program's side.
    pub(super) fn of_maildir(root: &Path) -> Self {
        let mailboxes = maildir::mailboxes(root).into_iter().map(|(name, path)| {
            let messages = maildir::messages(&path);
            let held = messages
                .into_iter()
                .map(|message| Held::new(message.flags, &message.bytes));
            (name, held.collect())
        });
        Self(mailboxes.collect()).sorted()
    }

    /// Fails with what is only on one side.
    pub(super) fn assert_same(&self, other: &Self, when: &str) {
        let (here, there) = (self.lines(), other.lines());
        let only = |one: &[String], two: &[String]| {
            let lines: Vec<String> = one
                .iter()
                .filter(|line| !two.contains(line))
                .cloned()
                .collect();
            lines.join("\n  ")
        };
        assert!(
            self == other,
            "{when} both sides differ\nonly on the server:\n  {}\nonly in the program's folder:\n  {}",
            only(&here, &there),
            only(&there, &here)
        );
    }

    /// How many messages all mailboxes have.
    pub(super) fn count(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    pub(super) fn has(&self, mailbox: &str) -> bool {
        self.0.contains_key(mailbox)
    }

    fn sorted(mut self) -> Self {
        self.0.values_mut().for_each(|held| held.sort());
        self
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (name, messages) in &self.0 {
            lines.push(name.clone());
            lines.extend(messages.iter().map(|held| {
                let octets = held.text.len();
                format!(
                    "{name}: {} [{}] {octets} octets",
                    held.message_id, held.flags
                )
            }));
        }
        lines
    }
}

impl Held {
    fn new(flags: String, message: &[u8]) -> Self {
        let text = String::from_utf8_lossy(&maildir::without_cr(message)).into_owned();
        let own = |line: &str| OWN_FIELDS.iter().any(|field| line.starts_with(field));
        let text: String = text
            .split_inclusive('\n')
            .filter(|line| !own(line))
            .collect();
        let id = text
            .lines()
            .find_map(|line| line.strip_prefix("Message-ID: "));
        Self {
            message_id: id.unwrap_or("(no Message-ID)").to_owned(),
            flags,
            text,
        }
    }
}

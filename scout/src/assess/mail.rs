//! Mail: who had Exchange Web Services read, send or export mail, and to whom rules sent mail on.
//!
//! Alone, nearly all of it is everyday work. So it is counted by address and day, and told only where an attack came from the address,
//! where a server's own account was used from outside, or where mail left the organisation by itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use evidence::Moment;

use super::collected::Collected;
use super::trace::{Keys, Trace, is_public};
use crate::assessment::{Chain, Citation, Finding, FindingKind, Grade, Run, Rung};

/// Entries of one reader; what comes after is counted with those that are there.
const ENTRIES_MAX: usize = 30_000;
/// Domains of the organisation that are kept.
const DOMAINS_MAX: usize = 10_000;
/// Recipients of one row that are looked at.
const RECIPIENTS_MAX: usize = 50;
/// Names of people that are told in one sentence.
const NAMES_MAX: usize = 5;
const DAY_MS: i64 = 86_400_000;

/// Words in logs of Exchange Web Services: the requests that read, send or export mail, or set rules.
pub(crate) const ACTIONS: [&str; 16] = [
    "FindItem",
    "GetItem",
    "FindConversation",
    "GetConversationItems",
    "GetAttachment",
    "SyncFolderItems",
    "ExportItems",
    "SendItem",
    "CreateItem",
    "UpdateInboxRules",
    "AddDelegate",
    "UpdateDelegate",
    "UpdateFolder",
    "SearchMailboxes",
    "GetNonIndexableItemDetails",
    "GetSearchableMailboxes",
];

/// Words in message tracking logs: mail that rules sent on, that was delivered, and that was sent from a mailbox.
// Microsoft, "Message tracking": source MAILBOXRULE is an inbox rule, event REDIRECT another recipient by the directory.
pub(crate) const TRACKED: [&str; 4] = [
    "MAILBOXRULE,",
    ",REDIRECT,",
    "STOREDRIVER,DELIVER",
    "STOREDRIVER,RECEIVE",
];

/// What was done with mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Deed {
    Read,
    Sent,
    Rules,
    Exported,
}

impl Deed {
    fn of(action: &str) -> Option<Self> {
        Some(match action.to_ascii_lowercase().as_str() {
            "finditem"
            | "getitem"
            | "findconversation"
            | "getconversationitems"
            | "getattachment"
            | "syncfolderitems" => Self::Read,
            "senditem" | "createitem" => Self::Sent,
            "updateinboxrules" | "adddelegate" | "updatedelegate" | "updatefolder" => Self::Rules,
            "exportitems"
            | "searchmailboxes"
            | "getnonindexableitemdetails"
            | "getsearchablemailboxes" => Self::Exported,
            _ => return None,
        })
    }

    fn words(self) -> &'static str {
        match self {
            Self::Read => "read mail",
            Self::Sent => "wrote or sent mail",
            Self::Rules => "changed rules, delegates or rights",
            Self::Exported => "exported mail or searched whole mailboxes",
        }
    }

    fn rung(self) -> Rung {
        match self {
            Self::Exported => Rung::Export,
            Self::Read | Self::Sent | Self::Rules => Rung::MailboxAccess,
        }
    }
}

/// A request to Exchange Web Services.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked<'a> {
    pub(crate) at: Option<Moment>,
    pub(crate) address: &'a str,
    /// Who signed in.
    pub(crate) user: &'a str,
    /// In whose name it was asked, if that is somebody else.
    pub(crate) acts_for: &'a str,
    pub(crate) action: &'a str,
    pub(crate) status: u16,
    pub(crate) agent: &'a str,
    pub(crate) request: &'a str,
}

/// A row of a message tracking log.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tracked<'a> {
    pub(crate) at: Option<Moment>,
    pub(crate) source: &'a str,
    pub(crate) event: &'a str,
    /// Between semicolons.
    pub(crate) recipients: &'a str,
    /// To whom it was sent at first.
    pub(crate) related: &'a str,
    pub(crate) sender: &'a str,
    /// From where the mailbox's owner sent it.
    pub(crate) address: &'a str,
}

/// Address, day, and what was done, with the rights of a server or not.
type Key = (String, i64, Deed, bool);

/// What was counted.
#[derive(Clone, Debug)]
struct Entry {
    count: u64,
    from: Option<Moment>,
    until: Option<Moment>,
    /// Whose mail, or who sent.
    names: BTreeSet<String>,
    agent: String,
    request: String,
    /// Where the first stands.
    cites: Citation,
}

impl Entry {
    fn new(cites: Citation) -> Self {
        Self {
            count: 0,
            from: None,
            until: None,
            names: BTreeSet::new(),
            agent: String::new(),
            request: String::new(),
            cites,
        }
    }

    fn count(&mut self, at: Option<Moment>, name: &str) {
        self.count += 1;
        self.from = self.from.into_iter().chain(at).min();
        self.until = self.until.max(at);
        if !name.is_empty() && self.names.len() < NAMES_MAX && !self.names.contains(name) {
            self.names.insert(name.to_owned());
        }
    }

    fn merge(&mut self, other: Self) {
        self.count += other.count;
        if other.from < self.from || self.from.is_none() {
            (self.from, self.cites) = (other.from.or(self.from), other.cites);
            (self.agent, self.request) = (other.agent, other.request);
        }
        self.until = self.until.max(other.until);
        self.names.extend(other.names);
        while self.names.len() > NAMES_MAX {
            self.names.pop_last();
        }
    }

    /// How often, and when that was, if it was not once only.
    fn times(&self, when: &str) -> String {
        if self.count == 1 {
            "once".to_owned()
        } else {
            format!("{} times{when}", self.count)
        }
    }

    fn names(&self) -> String {
        let names: Vec<_> = self.names.iter().map(String::as_str).collect();
        let more = if names.len() == NAMES_MAX {
            ", ..."
        } else {
            ""
        };
        format!("{}{more}", names.join(", "))
    }
}

/// What was counted of mail.
#[derive(Debug, Default)]
pub(crate) struct Mail {
    done: HashMap<Key, Entry>,
    /// By the address that mail was sent on to.
    sent_on: BTreeMap<String, Entry>,
    /// Domains to whose mailboxes mail was delivered, or from whose mailboxes it was sent.
    domains: BTreeSet<String>,
}

impl Mail {
    /// Takes over what another reader has counted.
    pub(crate) fn merge(&mut self, other: Self) {
        for (key, entry) in other.done {
            let cites = entry.cites.clone();
            if let Some(own) = self.done(key, || cites) {
                own.merge(entry);
            }
        }
        for (to, entry) in other.sent_on {
            let cites = entry.cites.clone();
            if let Some(own) = self.sent_on(to, || cites) {
                own.merge(entry);
            }
        }
        for domain in other.domains {
            self.add_domain(&domain);
        }
    }

    /// A flood of people does not push out what was done with the rights of a server.
    fn has_room(&self, key: &Key) -> bool {
        self.done.len() < if key.3 { 2 * ENTRIES_MAX } else { ENTRIES_MAX }
    }

    fn done(&mut self, key: Key, cites: impl FnOnce() -> Citation) -> Option<&mut Entry> {
        if !self.done.contains_key(&key) && !self.has_room(&key) {
            return None;
        }
        Some(self.done.entry(key).or_insert_with(|| Entry::new(cites())))
    }

    fn sent_on(&mut self, to: String, cites: impl FnOnce() -> Citation) -> Option<&mut Entry> {
        if !self.sent_on.contains_key(&to) && self.sent_on.len() >= ENTRIES_MAX {
            return None;
        }
        Some(
            self.sent_on
                .entry(to)
                .or_insert_with(|| Entry::new(cites())),
        )
    }

    fn add_domain(&mut self, address: &str) {
        let domain = domain_of(address);
        if self.domains.len() < DOMAINS_MAX && !domain.is_empty() && !self.domains.contains(&domain)
        {
            self.domains.insert(domain);
        }
    }
}

/// Counts a request to Exchange Web Services that read, sent or exported mail, and was answered.
pub(crate) fn ask(asked: &Asked<'_>, cites: impl FnOnce() -> Citation, to: &mut Collected) {
    let (Some(deed), 200..=299) = (Deed::of(asked.action), asked.status) else {
        return;
    };
    // Behind proxies there are several; the first is the caller's.
    let address = asked.address.split([',', ';', ' ']).next().unwrap_or("");
    if !is_public(address) {
        return;
    }
    let is_server = is_server(asked.user);
    let key = (address.to_owned(), day_of(asked.at), deed, is_server);
    if let Some(entry) = to.mail.done(key, cites) {
        if entry.count == 0 {
            (entry.agent, entry.request) = (asked.agent.to_owned(), asked.request.to_owned());
        }
        let whose = if asked.acts_for.is_empty() {
            asked.user
        } else {
            asked.acts_for
        };
        entry.count(asked.at, whose);
    }
}

/// Counts where mail went.
pub(crate) fn track(tracked: &Tracked<'_>, cites: impl Fn() -> Citation, to: &mut Collected) {
    let is = |text: &str, known: &str| text.eq_ignore_ascii_case(known);
    let recipients = || {
        let all = tracked.recipients.split(';').take(RECIPIENTS_MAX);
        all.map(str::trim)
            .filter(|recipient| recipient.contains('@'))
    };
    if is(tracked.source, "STOREDRIVER") {
        if is(tracked.event, "DELIVER") {
            recipients().for_each(|recipient| to.mail.add_domain(recipient));
        } else if is(tracked.event, "RECEIVE") {
            to.mail.add_domain(tracked.sender);
            if is_public(tracked.address) {
                let key = (
                    tracked.address.to_owned(),
                    day_of(tracked.at),
                    Deed::Sent,
                    false,
                );
                if let Some(entry) = to.mail.done(key, &cites) {
                    entry.count(tracked.at, tracked.sender);
                }
            }
        }
    }
    if !is(tracked.source, "MAILBOXRULE") && !is(tracked.event, "REDIRECT") {
        return;
    }
    let of = [tracked.related, tracked.sender]
        .into_iter()
        .find(|name| !name.is_empty());
    for recipient in recipients() {
        if let Some(entry) = to.mail.sent_on(recipient.to_ascii_lowercase(), &cites) {
            entry.count(tracked.at, of.unwrap_or_default());
        }
    }
}

/// Puts on the ladder what came from addresses of attacks, and what was done with the rights of a server from outside.
pub(crate) fn read_by_intruders(collected: &mut Collected) {
    let attacks = collected.traces.iter();
    let hostile: BTreeSet<_> = attacks
        .filter(|trace| trace.grade >= Grade::Attempt && is_public(&trace.keys.address))
        .map(|trace| trace.keys.address.clone())
        .collect();
    let mut done: Vec<_> = std::mem::take(&mut collected.mail.done)
        .into_iter()
        .collect();
    done.sort_by(|(a, one), (b, other)| (one.from, a).cmp(&(other.from, b)));
    for ((address, _, deed, is_server), entry) in done {
        let is_hostile = hostile.contains(&address);
        if !is_hostile && !is_server {
            continue;
        }
        let as_server = if is_server {
            " with the rights of a server, which may read any mail"
        } else {
            ""
        };
        let times = entry.times(" that day");
        collected.add(Trace {
            chain: Chain::Unknown,
            rung: deed.rung(),
            // In the midst of an attack it weighs what the attack weighs. Servers with public addresses do so among themselves.
            grade: if is_hostile {
                Grade::Note
            } else {
                Grade::Attempt
            },
            at: entry.from,
            says: format!("{}{as_server}, {times}: {}", deed.words(), entry.names()),
            keys: Keys {
                address,
                requests: Some(entry.request)
                    .filter(|id| !id.is_empty())
                    .into_iter()
                    .collect(),
                markers: Vec::new(),
                agent: entry.agent,
            },
            cites: entry.cites,
        });
    }
}

/// Tells where mail left the organisation by itself.
pub(crate) fn sent_on(collected: &mut Collected, runs: &[Run]) {
    let mail = std::mem::take(&mut collected.mail);
    if mail.domains.is_empty() {
        // Nothing tells who is outside.
        return;
    }
    let successes = runs.iter().filter(|run| run.grade == Grade::Success);
    let attacked = successes.filter_map(|run| run.from).min();
    for (to, entry) in mail.sent_on {
        if mail.domains.contains(&domain_of(&to)) {
            continue;
        }
        let is_after = attacked
            .zip(entry.from)
            .is_some_and(|(attacked, from)| from >= attacked);
        let after = if is_after {
            ", for the first time after the attack"
        } else {
            ""
        };
        let times = entry.times("");
        let until = entry.until.filter(|until| Some(*until) != entry.from);
        let until = until.map_or_else(String::new, |until| format!(", last on {until}"));
        collected.find(Finding {
            kind: FindingKind::Forward,
            grade: if is_after { Grade::Attempt } else { Grade::Note },
            at: entry.from,
            says: format!(
                "a rule or a forwarding sent mail on to {to}, outside of the organisation, {times}{until}{after}; mail of {}",
                entry.names()
            ),
            advice: "Ask whoever owns the mailbox; look for the rule in the exports, and remove what nobody knows."
                .to_owned(),
            cites: entry.cites,
        });
    }
}

/// Whether a name is that of a machine or of Windows itself.
fn is_server(user: &str) -> bool {
    let name = user.split('@').next().unwrap_or(user);
    let account = name.rsplit('\\').next().unwrap_or(name).to_lowercase();
    name.ends_with('$') || matches!(account.as_str(), "system" | "système" | "sistema")
}

fn domain_of(address: &str) -> String {
    let domain = address.rsplit('@').next().unwrap_or(address);
    domain.trim().trim_end_matches('>').to_ascii_lowercase()
}

fn day_of(at: Option<Moment>) -> i64 {
    at.map_or(0, |at| at.0.div_euclid(DAY_MS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::trace::cite;

    fn asked<'a>(address: &'a str, user: &'a str, action: &'a str) -> Asked<'a> {
        Asked {
            at: Moment::parse("2021-03-03T04:10:00Z"),
            address,
            user,
            action,
            status: 200,
            ..Asked::default()
        }
    }

    fn attacked(address: &str) -> Collected {
        let mut collected = Collected::default();
        collected.add(Trace {
            chain: Chain::ProxyLogon,
            rung: Rung::Session,
            grade: Grade::Success,
            at: Moment::parse("2021-03-03T04:05:06Z"),
            says: String::new(),
            cites: cite("x", 1, b""),
            keys: Keys {
                address: address.to_owned(),
                ..Keys::default()
            },
        });
        collected
    }

    fn put(collected: &mut Collected, all: &[Asked<'_>]) {
        for one in all {
            ask(one, || cite("ews", 2, b""), collected);
        }
        read_by_intruders(collected);
    }

    #[test]
    fn what_the_address_of_an_attack_reads_is_on_the_ladder() {
        let mut collected = attacked("203.0.113.5");
        let all = [
            asked("203.0.113.5", "anna@example.org", "FindItem"),
            asked("203.0.113.5", "ben@example.org", "GetItem"),
            asked("203.0.113.5", "anna@example.org", "ExportItems"),
            asked("203.0.113.5", "anna@example.org", "GetFolder"),
            asked("198.51.100.9", "anna@example.org", "FindItem"),
            asked("10.0.0.9", "anna@example.org", "FindItem"),
            Asked {
                status: 401,
                ..asked("203.0.113.5", "carl@example.org", "GetItem")
            },
        ];
        put(&mut collected, &all);
        let steps: Vec<_> = collected.traces[1..]
            .iter()
            .map(|trace| (trace.rung, trace.grade, trace.says.as_str()))
            .collect();
        assert_eq!(
            steps,
            [
                (
                    Rung::MailboxAccess,
                    Grade::Note,
                    "read mail, 2 times that day: anna@example.org, ben@example.org"
                ),
                (
                    Rung::Export,
                    Grade::Note,
                    "exported mail or searched whole mailboxes, once: anna@example.org"
                ),
            ]
        );
    }

    #[test]
    fn a_server_that_reads_mail_from_outside_is_noticed_without_an_attack() {
        let mut collected = Collected::default();
        let own = Asked {
            acts_for: "anna@example.org",
            ..asked("203.0.113.5", "EXAMPLE\\MAIL01$", "FindItem")
        };
        put(
            &mut collected,
            &[
                own,
                asked("198.51.100.9", "anna@example.org", "FindItem"),
                Asked {
                    address: "10.0.0.9",
                    ..own
                },
                Asked {
                    address: "::1",
                    user: "NT AUTHORITY\\SYSTEM",
                    ..own
                },
            ],
        );
        let found: Vec<_> = collected
            .traces
            .iter()
            .map(|trace| (trace.grade, trace.keys.address.as_str()))
            .collect();
        assert_eq!(found, [(Grade::Attempt, "203.0.113.5")]);
        assert!(is_server("NT AUTHORITY\\SYSTEM") && is_server("MAIL01$@example.org"));
        assert!(!is_server("anna") && !is_server("") && !is_server("EXAMPLE\\systems"));
    }

    fn tracked<'a>(source: &'a str, event: &'a str, recipients: &'a str) -> Tracked<'a> {
        Tracked {
            at: Moment::parse("2021-03-04T00:00:00Z"),
            source,
            event,
            recipients,
            sender: "anna@example.org",
            ..Tracked::default()
        }
    }

    #[test]
    fn mail_that_leaves_by_itself_is_told_and_weighs_more_after_an_attack() {
        let rows = [
            tracked("STOREDRIVER", "DELIVER", "anna@example.org;ben@example.com"),
            tracked("MAILBOXRULE", "RECEIVE", "x@evil.example"),
            tracked("MAILBOXRULE", "RECEIVE", "X@evil.example;ben@example.com"),
            tracked("ROUTING", "REDIRECT", "carl@example.org"),
            tracked("SMTP", "SEND", "friend@elsewhere.example"),
        ];
        for (mut collected, grade) in [
            (Collected::default(), Grade::Note),
            (attacked("203.0.113.5"), Grade::Attempt),
        ] {
            for row in &rows {
                track(row, || cite("trk", 3, b""), &mut collected);
            }
            let runs = super::super::ladder::runs(collected.traces.clone());
            sent_on(&mut collected, &runs);
            let found: Vec<_> = collected
                .findings
                .iter()
                .map(|finding| (finding.kind, finding.grade))
                .collect();
            assert_eq!(found, [(FindingKind::Forward, grade)]);
            assert!(
                collected.findings[0]
                    .says
                    .contains("x@evil.example, outside of the organisation, 2 times")
            );
        }
    }

    #[test]
    fn mail_sent_from_the_address_of_an_attack_is_on_the_ladder() {
        let mut collected = attacked("203.0.113.5");
        let sent = Tracked {
            address: "203.0.113.5",
            ..tracked("STOREDRIVER", "RECEIVE", "y@elsewhere.example")
        };
        track(&sent, || cite("trk", 3, b""), &mut collected);
        read_by_intruders(&mut collected);
        assert_eq!(collected.traces[1].rung, Rung::MailboxAccess);
        assert_eq!(
            collected.traces[1].says,
            "wrote or sent mail, once: anna@example.org"
        );
    }
}

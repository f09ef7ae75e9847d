//! Inventory: the logs that a server had when its evidence was collected, as a list made there names them, and which of them are here.
//!
//! A log that a server never had and a log that nobody collected look the same: neither is here. Only a list tells them apart: what it
//! names and the evidence lacks is missing; what it does not name, the server did not have. Files are compared by name and folder,
//! event logs by channel, so that it does not matter how they were packed or exported.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use evidence::place;

/// The list itself, as reports name it.
pub(crate) const LIST: &str = "list of log files";
/// Events of Sysmon, which most servers do not have.
pub(crate) const SYSMON: &str = "events Sysmon";
/// Logs of Exchange about which nothing else is known.
pub(crate) const OTHERS: &str = "other logs of Exchange";

/// Logs that are kept of a list: fifteen kinds, hourly, for seven years.
const LISTED_MAX: usize = 1_000_000;
/// Logs that are kept of the evidence: as many as files are read.
const GIVEN_MAX: usize = 2_000_000;
/// Names that are told of the logs that are missing of one kind.
const NAMED_MAX: usize = 3;

/// The folders whose files a list must name: what their paths hold, and how people know them.
const ROOTS: [(&str, &str); 4] = [
    ("/logging/", r"%ExchangeInstallPath%Logging"),
    (
        "/transportroles/logs/",
        r"%ExchangeInstallPath%TransportRoles\Logs",
    ),
    // The folder of IIS may be anywhere; below it each site has one of its own.
    ("/w3svc", r"C:\inetpub\logs\LogFiles"),
    ("/winevt/logs/", r"%SystemRoot%\System32\winevt\Logs"),
];

/// Folders of Exchange's logs that tell how the machine is, not who came: they are neither needed nor asked.
const MACHINE: [&str; 3] = ["diagnostics", "monitoring", "search"];

/// Event logs by the names of their files, in small letters.
const CHANNELS: [(&str, &str); 7] = [
    ("application", "events Application"),
    ("security", "events Security"),
    ("system", "events System"),
    ("msexchange management", "events MSExchange Management"),
    ("windows powershell", "events Windows PowerShell"),
    (
        "microsoft-windows-powershell%4operational",
        "events PowerShell",
    ),
    ("microsoft-windows-sysmon%4operational", SYSMON),
];

/// The logs that a server had, and those that are here.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    /// What the list names, with its kind.
    listed: BTreeMap<String, &'static str>,
    /// The kinds of these.
    kinds: BTreeSet<&'static str>,
    /// Which of the folders it tells of.
    roots: [bool; ROOTS.len()],
    /// What is here.
    given: HashSet<String>,
    /// More was listed than is kept.
    is_cut: bool,
}

impl Inventory {
    /// A row of the list; a file without content tells nothing, and need not be here.
    pub(crate) fn list(&mut self, path: &str, is_empty: bool) {
        let normal = place::normal(path);
        for ((folder, _), root) in ROOTS.iter().zip(&mut self.roots) {
            *root |= normal.contains(folder);
        }
        let Some(kind) = kind_of(&normal).filter(|_| !is_empty) else {
            return;
        };
        if self.listed.len() < LISTED_MAX {
            self.listed.insert(key(&normal), kind);
            self.kinds.insert(kind);
        } else {
            self.is_cut = true;
        }
    }

    /// A file of the evidence; what lies in an archive follows after `!`.
    pub(crate) fn give(&mut self, label: &str) {
        let normal = place::normal(&label.replace('!', "/"));
        let normal = normal.strip_suffix(".gz").unwrap_or(&normal);
        let is_log = [".log", ".txt", ".evtx"]
            .iter()
            .any(|ending| normal.ends_with(ending));
        if is_log && self.given.len() < GIVEN_MAX {
            self.given.insert(key(normal));
        }
    }

    /// Takes over what another reader has noticed.
    pub(crate) fn merge(&mut self, other: Self) {
        self.listed.extend(other.listed);
        self.kinds.extend(other.kinds);
        self.given.extend(other.given);
        for (own, root) in self.roots.iter_mut().zip(other.roots) {
            *own |= root;
        }
        self.is_cut |= other.is_cut;
    }

    /// Whether the list names a log of this kind.
    pub(crate) fn has(&self, kind: &str) -> bool {
        self.kinds.contains(kind)
    }

    /// The kinds that the list names.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &'static str> {
        self.kinds.iter().copied()
    }

    /// Whether the list shows that the server had no log of this kind.
    pub(crate) fn has_none(&self, kind: &str) -> bool {
        self.roots[root_of(kind)] && !self.has(kind)
    }

    /// What keeps from saying that all logs are here, as far as there is a list; `rows` tells how much was read of a kind. Kinds of
    /// which nothing was read are told elsewhere.
    pub(crate) fn holes(&self, rows: impl Fn(&str) -> u64) -> Vec<String> {
        let mut holes = Vec::new();
        if self.roots.contains(&true) {
            let untold = ROOTS.iter().zip(self.roots).filter(|(_, root)| !root);
            holes.extend(
                untold.map(|((_, folder), _)| {
                    format!("{LIST}: names nothing of what is in {folder}")
                }),
            );
        }
        if self.is_cut {
            holes.push(format!("{LIST}: longer than is read"));
        }
        let mut missing: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (log, kind) in &self.listed {
            let is_channel = CHANNELS
                .iter()
                .any(|(file, _)| log.strip_suffix(".evtx") == Some(*file));
            // A channel may be here as another kind of file, if anything of it is here at all.
            if rows(kind) > 0 && !is_channel && !self.given.contains(log) {
                missing.entry(kind).or_default().push(log);
            }
        }
        for (kind, logs) in missing {
            let named = logs[..logs.len().min(NAMED_MAX)].join(", ");
            let more = if logs.len() > NAMED_MAX { ", ..." } else { "" };
            let all = self.listed.values().filter(|listed| **listed == kind);
            holes.push(format!(
                "{kind}: {} of {} logs that the server had are not here: {named}{more}",
                logs.len(),
                all.count()
            ));
        }
        holes
    }
}

/// Whether a file's name says that it is the list.
pub(crate) fn is_list(path: &str) -> bool {
    let name = place::name(path);
    name.contains("log-files") && (name.ends_with(".csv") || name.ends_with(".csv.gz"))
}

/// Whether a log only tells how the machine is; for any path or label.
pub(crate) fn is_of_machine(path: &str) -> bool {
    let normal = place::normal(path);
    let below = normal.split_once("/logging/").map(|(_, below)| below);
    let folder = below.and_then(|below| below.split('/').next());
    folder.is_some_and(|folder| MACHINE.contains(&folder))
}

/// By what a file is known: its name, and that of its folder where files of several folders have the same.
fn key(normal: &str) -> String {
    let mut parts = normal.rsplit('/');
    let name = parts.next().unwrap_or_default();
    if name.ends_with(".evtx") {
        return name.to_owned();
    }
    // A log that was packed alone lies in an archive of its own.
    let folder = parts.find(|part| !part.ends_with(".zip"));
    format!("{}/{name}", folder.unwrap_or_default())
}

/// What kind of log lies there; nothing for what nobody asks.
fn kind_of(normal: &str) -> Option<&'static str> {
    let name = normal.rsplit('/').next()?;
    if normal.contains("/winevt/logs/") {
        return channel_of(name);
    }
    if !name.ends_with(".log") && !name.ends_with(".txt") {
        return None;
    }
    if normal.contains("/w3svc") {
        return Some("IIS");
    }
    if let Some((_, below)) = normal.split_once("/transportroles/logs/") {
        return Some(match below {
            _ if below.contains("messagetracking/") => "message tracking",
            _ if below.contains("protocollog/") => "SMTP protocol",
            _ => OTHERS,
        });
    }
    let (_, below) = normal.split_once("/logging/")?;
    let mut folders = below.split('/');
    let (folder, inner) = (folders.next()?, folders.next()?);
    Some(match folder {
        "httpproxy" => proxy_of(inner),
        "ecp" if inner == "server" => "ECP server",
        "ecp" => "ECP activity",
        "ews" => "EWS",
        "oabgeneratorlog" => "OAB generator",
        "cmdletinfra" => "remote PowerShell commands",
        "localqueue" => "admin audit",
        "imap4" | "pop3" => "IMAP and POP protocol",
        _ if MACHINE.contains(&folder) => return None,
        _ => OTHERS,
    })
}

/// The log of one protocol of the front end.
fn proxy_of(folder: &str) -> &'static str {
    let known = super::needs::all().map(|need| need.kind).find(|kind| {
        kind.strip_prefix("HttpProxy ")
            .is_some_and(|protocol| protocol.eq_ignore_ascii_case(folder))
    });
    known.unwrap_or("HttpProxy of unknown protocol")
}

/// The event log of a file, also of one that Windows set aside: `Archive-Security-2021-03-03-04-05-06-789.evtx`.
fn channel_of(name: &str) -> Option<&'static str> {
    let stem = name.strip_suffix(".evtx")?;
    let found = CHANNELS.iter().find(|(file, _)| {
        let archived = stem.strip_prefix("archive-");
        let archived = archived.and_then(|stem| stem.strip_prefix(*file));
        stem == *file || archived.is_some_and(|rest| rest.starts_with('-'))
    });
    found.map(|(_, kind)| *kind)
}

/// Which of [`ROOTS`] has logs of a kind.
fn root_of(kind: &str) -> usize {
    match kind {
        "message tracking" | "SMTP protocol" => 1,
        "IIS" => 2,
        _ if kind.starts_with("events ") => 3,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGGING: &str = r"C:\Program Files\Microsoft\Exchange Server\V15\Logging";

    fn listed(paths: &[String]) -> Inventory {
        let mut inventory = Inventory::default();
        for path in paths {
            inventory.list(path, false);
        }
        inventory
    }

    fn all() -> Vec<String> {
        vec![
            format!(r"{LOGGING}\HttpProxy\Ecp\HttpProxy_2021030304-1.LOG"),
            format!(r"{LOGGING}\HttpProxy\Rest\HttpProxy_2021030304-1.LOG"),
            format!(r"{LOGGING}\Diagnostics\x.log"),
            r"D:\E\TransportRoles\Logs\MessageTracking\MSGTRK1.LOG".to_owned(),
            r"C:\inetpub\logs\LogFiles\W3SVC1\u_ex210303.log".to_owned(),
            r"C:\Windows\System32\winevt\Logs\Security.evtx".to_owned(),
            r"C:\Windows\System32\winevt\Logs\Archive-Security-2021-03-03-04-05-06-789.evtx"
                .to_owned(),
        ]
    }

    #[test]
    fn what_a_server_never_had_is_told_from_what_nobody_collected() {
        let inventory = listed(&all());
        assert!(inventory.has("HttpProxy Rest") && inventory.has("events Security"));
        assert!(inventory.has_none(SYSMON) && inventory.has_none("SMTP protocol"));
        assert!(inventory.has_none(OTHERS), "how the machine is");
        assert!(!inventory.has_none("IIS"));
        assert!(!Inventory::default().has_none(SYSMON));
        let exchange = listed(&all()[..1]);
        assert!(exchange.has_none("HttpProxy Rest") && !exchange.has_none(SYSMON));
        assert_eq!(exchange.holes(|_| 0).len(), 3);
    }

    #[test]
    fn logs_are_found_however_they_were_packed() {
        let mut inventory = listed(&all());
        for label in [
            "logs/Logging/HttpProxy/Ecp/HttpProxy_2021030304-1.LOG.gz",
            "a.zip!rest/HttpProxy_2021030304-1.LOG",
            "MessageTracking/MSGTRK1.LOG.zip!MSGTRK1.LOG",
            "W3SVC1/u_ex210303.log",
        ] {
            inventory.give(label);
        }
        assert_eq!(
            inventory.holes(|_| 1),
            [
                "events Security: 1 of 2 logs that the server had are not here: archive-security-2021-03-03-04-05-06-789.evtx"
            ]
        );
        inventory.give("events/Archive-Security-2021-03-03-04-05-06-789.evtx");
        assert!(inventory.holes(|_| 1).is_empty());
        let other = listed(&[format!(
            r"{LOGGING}\HttpProxy\Owa\HttpProxy_2021030304-1.LOG"
        )]);
        inventory.merge(other);
        assert_eq!(
            inventory.holes(|_| 1).len(),
            1,
            "the name alone is not enough"
        );
    }

    #[test]
    fn names_tell_the_list() {
        assert!(is_list("lists/log-files.csv") && is_list("a.zip!lists/Log-Files.csv.gz"));
        assert!(!is_list("LogFiles/W3SVC1/u_ex210303.log"));
        assert!(is_of_machine(r"D:\logs\Logging\Monitoring\Probe\x.log"));
        assert!(!is_of_machine("Logging/HttpProxy/Ecp/x.log"));
    }
}

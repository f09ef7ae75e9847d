//! Questions: the words for which a block of a log is searched at once, and what is asked of a row that has one.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use evidence::{Kind, Moment, audit, pairs, place};

use super::TextLog;
use crate::assess::collected::Collected;
use crate::assess::trace::{Keys, Trace, cite};
use crate::assess::{commands, indicators, inventory, mail, request};
use crate::assessment::{Chain, Finding, FindingKind, Grade, Rung};

/// Words in logs of requests.
const REQUESTS: [&str; 11] = [
    "ServerInfo~",
    "autodiscover.json",
    "x-rps-cat",
    ".aspx",
    ".ashx",
    "]:444/",
    "]@",
    "%5D@",
    "POST /ecp/",
    "POST /owa/",
    "POST /oab/",
];
/// Words in protocol logs where somebody fails to sign in.
const FAILURES: [&str; 4] = [
    "535 5.7",
    "AuthFailed:",
    "LogonDenied",
    "AUTHENTICATE failed",
];
/// What is said in the log of the offline address book when a file was written elsewhere.
const OAB: [&str; 1] = ["Download failed and temporary file"];
/// Milliseconds over which failures are counted.
const GUESSING_MS: i64 = 5 * 60_000;

/// Words and addresses, in one search.
struct Search {
    all: AhoCorasick,
    words: usize,
}

impl Search {
    fn new(words: &[&'static str]) -> Self {
        let patterns = words.iter().copied().chain(indicators::addresses());
        let all = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .match_kind(MatchKind::LeftmostFirst)
            .build(patterns)
            .expect("some dozen short words fit into an automaton");
        Self {
            all,
            words: words.len(),
        }
    }
}

static IN_REQUESTS: LazyLock<Search> = LazyLock::new(|| Search::new(&REQUESTS));
static IN_COMMANDS: LazyLock<Search> = LazyLock::new(|| Search::new(&commands::WORDS));
static IN_PROTOCOLS: LazyLock<Search> = LazyLock::new(|| Search::new(&FAILURES));
static IN_OAB: LazyLock<Search> = LazyLock::new(|| Search::new(&OAB));
static IN_EWS: LazyLock<Search> = LazyLock::new(|| Search::new(&mail::ACTIONS));
static IN_TRACKING: LazyLock<Search> = LazyLock::new(|| Search::new(&mail::TRACKED));
static IN_OTHERS: LazyLock<Search> = LazyLock::new(|| Search::new(&[]));
static BUILD: LazyLock<memchr::memmem::Finder<'static>> =
    LazyLock::new(|| memchr::memmem::Finder::new(b"S:B"));
static ID: LazyLock<memchr::memmem::FinderRev<'static>> =
    LazyLock::new(|| memchr::memmem::FinderRev::new("cafeReqId="));

fn search_for(kind: Kind) -> &'static Search {
    match kind {
        Kind::HttpProxy | Kind::Iis => &IN_REQUESTS,
        Kind::EcpServer | Kind::RpsCmdlet | Kind::AdminAudit => &IN_COMMANDS,
        Kind::Smtp | Kind::ImapPop => &IN_PROTOCOLS,
        Kind::OabGenerator => &IN_OAB,
        Kind::Ews => &IN_EWS,
        Kind::MessageTracking => &IN_TRACKING,
        _ => &IN_OTHERS,
    }
}

/// The name of a kind in reports; HttpProxy logs are told by protocol instead.
pub(super) fn coverage_of(kind: Kind) -> &'static str {
    match kind {
        Kind::EcpServer => "ECP server",
        Kind::EcpActivity => "ECP activity",
        Kind::Ews => "EWS",
        Kind::RpsCmdlet => "remote PowerShell commands",
        Kind::OabGenerator => "OAB generator",
        Kind::MessageTracking => "message tracking",
        Kind::Iis => super::IIS,
        Kind::Smtp => "SMTP protocol",
        Kind::ImapPop => "IMAP and POP protocol",
        Kind::AdminAudit => "admin audit",
        _ => inventory::OTHERS,
    }
}

/// `S:BLD=15.1.2375.7` and `S:Bld=`, in the logs of the control panel.
pub(super) fn build_in_pairs(line: &[u8]) -> Option<&[u8]> {
    let mut rest = line;
    while let Some(at) = BUILD.find(rest) {
        rest = &rest[at + 2..];
        if rest
            .get(..4)
            .is_some_and(|name| name.eq_ignore_ascii_case(b"BLD="))
        {
            let value = &rest[4..];
            let end = value
                .iter()
                .position(|octet| !octet.is_ascii_digit() && *octet != b'.')
                .unwrap_or(value.len());
            return Some(&value[..end]);
        }
    }
    None
}

/// The id of a request that the front end puts to the end of a query.
pub(super) fn id_in_query(query: &[u8]) -> Option<&[u8]> {
    ID.rfind(query).map(|at| &query[at + "cafeReqId=".len()..])
}

impl TextLog<'_> {
    /// Searches a block and reads the rows in which something stands.
    pub(super) fn search(&mut self, block: &[u8], first_line: u64) {
        if self.kind == Kind::OtherExchange && inventory::is_of_machine(self.label) {
            return;
        }
        let search = search_for(self.kind);
        let mut number = first_line;
        let mut counted = 0;
        let mut at = 0;
        let mut asked = usize::MAX;
        while let Some(found) = search
            .all
            .find(aho_corasick::Input::new(block).span(at..block.len()))
        {
            let start = memchr::memrchr(b'\n', &block[..found.start()]).map_or(0, |end| end + 1);
            let end = memchr::memchr(b'\n', &block[found.end()..])
                .map_or(block.len(), |end| found.end() + end);
            number += memchr::memchr_iter(b'\n', &block[counted..start]).count() as u64;
            counted = start;
            let line = &block[start..end];
            let is_row = line.first().is_some_and(u8::is_ascii_digit);
            if found.pattern().as_usize() >= search.words {
                if is_row && is_whole_address(block, found.start(), found.end()) {
                    self.known_address(&block[found.range()], line, number);
                }
                at = found.end();
            } else if is_row {
                if asked != start {
                    asked = start;
                    self.ask(line, number);
                }
                // The rest of the row may still name a known address.
                at = found.end();
            } else {
                at = found.end();
            }
        }
    }

    fn ask(&mut self, line: &[u8], number: u64) {
        match self.kind {
            Kind::HttpProxy => {
                let mut fields = Vec::new();
                self.split(line, &mut fields);
                let asked = self.positions.http_proxy(&fields);
                request::ask(&asked, || cite(self.label, number, line), self.to);
            }
            Kind::Iis => {
                let mut fields = Vec::new();
                self.split(line, &mut fields);
                let asked = self.positions.iis(&fields);
                request::ask(&asked, || cite(self.label, number, line), self.to);
            }
            Kind::EcpServer => self.ask_ecp(line, number),
            Kind::RpsCmdlet => {
                let mut fields = Vec::new();
                self.split(line, &mut fields);
                if let Some((cmdlet, user, request, succeeded, at)) =
                    self.positions.command(&fields)
                {
                    let ran = commands::Ran {
                        cmdlet: &cmdlet,
                        at,
                        succeeded,
                        user: &user,
                        address: "",
                        request: &request,
                    };
                    commands::ask(&ran, || cite(self.label, number, line), self.to);
                }
            }
            Kind::Ews => {
                let mut fields = Vec::new();
                self.split(line, &mut fields);
                let cites = || cite(self.label, number, line);
                self.positions.ask_ews(&fields, cites, self.to);
            }
            Kind::MessageTracking => {
                let mut fields = Vec::new();
                self.split(line, &mut fields);
                let at = super::time_of(line, self.kind);
                let cites = || cite(self.label, number, line);
                self.positions.ask_tracking(&fields, at, cites, self.to);
            }
            Kind::AdminAudit => self.ask_audit(line, number),
            Kind::OabGenerator => ask_oab(self.label, line, number, self.to),
            Kind::Smtp | Kind::ImapPop => self.ask_failure(line, number),
            _ => {}
        }
    }

    /// CVE-2021-27065: the control panel ran `Set-...VirtualDirectory` with a program in a URL.
    fn ask_ecp(&mut self, line: &[u8], number: u64) {
        let mut fields = Vec::new();
        self.split(line, &mut fields);
        // The data is the last column and holds commas itself.
        let Some(data) = fields.get(3) else { return };
        let from = data.raw().as_ptr() as usize - line.as_ptr() as usize;
        let text = String::from_utf8_lossy(&line[from.min(line.len())..]);
        let text = text.replace("\"\"", "\"");
        let at = fields
            .first()
            .and_then(|field| Moment::parse_octets(field.raw()));
        let value = |name: &str| pairs::value(&text, name).unwrap_or_default();
        let succeeded = value("EX").is_empty();
        let request = value("REQID");
        for cmdlet in evidence::Cmdlet::from_ecp(value("CMD")) {
            let ran = commands::Ran {
                cmdlet: &cmdlet,
                at,
                succeeded,
                user: "",
                address: "",
                request,
            };
            commands::ask(&ran, || cite(self.label, number, line), self.to);
        }
        let url = value("URL").to_ascii_lowercase();
        if url.contains("schema=reset") && url.contains("virtualdirectory") {
            self.to.add(Trace {
                chain: Chain::ProxyLogon,
                rung: Rung::FileWritten,
                grade: Grade::Note,
                at,
                says: "the control panel reset a virtual directory, which writes a file".to_owned(),
                cites: cite(self.label, number, line),
                keys: Keys::default(),
            });
        }
    }

    fn ask_audit(&mut self, line: &[u8], number: u64) {
        let mut fields = Vec::new();
        self.split(line, &mut fields);
        let data = self.columns.position("Data").and_then(|at| fields.get(at));
        let Some(record) = data.and_then(|data| audit::read_audit(&data.text())) else {
            return;
        };
        // The machine looks after its own test mailboxes every hour.
        if record.object.contains("HealthMailbox") {
            return;
        }
        let cmdlet = record.cmdlet();
        let ran = commands::Ran {
            cmdlet: &cmdlet,
            // The row is in UTC; the time in the record is the server's own, and does not say so.
            at: super::time_of(line, self.kind).or(record.at),
            succeeded: record.succeeded,
            user: &record.user,
            address: &record.address,
            request: "",
        };
        commands::ask(&ran, || cite(self.label, number, line), self.to);
    }

    fn ask_failure(&mut self, line: &[u8], number: u64) {
        let mut fields = Vec::new();
        self.split(line, &mut fields);
        let endpoint = fields.get(if self.kind == Kind::Smtp { 5 } else { 4 });
        let at = fields
            .first()
            .and_then(|field| Moment::parse_octets(field.raw()));
        let (Some(endpoint), Some(at)) = (endpoint, at) else {
            return;
        };
        let endpoint = endpoint.text();
        let address = endpoint
            .rsplit_once(':')
            .map_or(&*endpoint, |(address, _)| address);
        let key = (address.to_owned(), at.0.div_euclid(GUESSING_MS));
        if self.to.guesses.len() < 100_000 || self.to.guesses.contains_key(&key) {
            let label = self.label;
            self.to
                .guesses
                .entry(key)
                .or_insert_with(|| (0, cite(label, number, line)))
                .0 += 1;
        }
    }

    fn known_address(&mut self, address: &[u8], line: &[u8], number: u64) {
        let address = String::from_utf8_lossy(address).into_owned();
        let is_there = self.to.findings.iter().any(|finding| {
            finding.kind == FindingKind::KnownIndicator
                && finding.cites.file == self.label
                && finding.says.contains(&address)
        });
        if is_there {
            return;
        }
        let at = super::time_of(line, self.kind);
        // An address belongs to somebody else a year later.
        let was_theirs = at.is_some_and(|at| {
            (indicators::ADDRESSES_FROM..indicators::ADDRESSES_UNTIL).contains(&at)
        });
        self.to.find(Finding {
            kind: FindingKind::KnownIndicator,
            grade: if was_theirs {
                Grade::Attempt
            } else {
                Grade::Note
            },
            at,
            says: format!(
                "{address} came, from which Exchange servers were attacked in March 2021"
            ),
            advice: "Look at everything that this address asked for.".to_owned(),
            cites: cite(self.label, number, line),
        });
    }
}

/// CVE-2021-26858: a file was written outside of the folder of the offline address book.
fn ask_oab(label: &str, line: &[u8], number: u64, to: &mut Collected) {
    let text = String::from_utf8_lossy(line);
    let Some((_, after)) = text.split_once("temporary file") else {
        return;
    };
    let mut quotes = after.splitn(3, ['\'', '"']);
    let (Some(_), Some(path)) = (quotes.next(), quotes.next()) else {
        return;
    };
    let normal = place::normal(path);
    if normal.contains("/clientaccess/oab/") || normal.is_empty() {
        return;
    }
    to.add(Trace {
        chain: Chain::ProxyLogon,
        rung: Rung::FileWritten,
        grade: Grade::Success,
        at: super::time_of(line, Kind::OabGenerator),
        says: format!("the offline address book wrote a file outside of its folder: {path}"),
        cites: cite(label, number, line),
        keys: Keys {
            markers: vec![place::name(path)],
            ..Keys::default()
        },
    });
}

/// Whether an address that was found is not a part of a longer one.
fn is_whole_address(block: &[u8], start: usize, end: usize) -> bool {
    let goes_on =
        |octet: Option<&u8>| octet.is_some_and(|octet| octet.is_ascii_digit() || *octet == b'.');
    let before = start.checked_sub(1).and_then(|at| block.get(at));
    !goes_on(before) && !block.get(end).is_some_and(u8::is_ascii_digit)
}

//! Assessment: what `scout assess` found out, as the reports show it.
//!
//! Everything that is said cites where it stands: a [`Citation`] names the file and the line. All texts that come from evidence
//! (excerpts, paths, addresses, agents) are an intruder's to choose: whoever shows them escapes them.

use evidence::Moment;
use serde::Serialize;

/// The answer to the question whether somebody is inside, with all that stands behind it.
#[derive(Clone, Debug, Serialize)]
pub struct Assessment {
    /// The version of the program that says so.
    pub scout: String,
    /// When it was said.
    pub made: Moment,
    /// What was read.
    pub evidence: Reading,
    /// The names of the servers that wrote it.
    pub servers: Vec<String>,
    /// The answer.
    pub verdict: Verdict,
    /// Why, in sentences, the weightiest first.
    pub reasons: Vec<String>,
    /// When what was open.
    pub timeline: Timeline,
    /// What intruders did, each run by itself, in order of time.
    pub runs: Vec<Run>,
    /// What else was found: planted files, what stays after the patch, known addresses.
    pub findings: Vec<Finding>,
    /// What the logs cover.
    pub coverage: Vec<Coverage>,
    /// Which clocks files used whose times do not say so; at most [`CLOCKS_MAX`].
    pub clocks: Vec<Clock>,
    /// What others can look for.
    pub indicators: Vec<Indicator>,
    /// What to collect next, the most useful first.
    pub collect_next: Vec<Wanted>,
}

/// What was read, and what could not be.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Reading {
    /// The folder.
    pub folder: String,
    /// Files that were read, those in archives included.
    pub files: u64,
    /// Their octets, unpacked.
    pub octets: u64,
    /// Their lines and records.
    pub rows: u64,
    /// What was passed over, and why; at most [`UNREAD_MAX`].
    pub unread: Vec<Unread>,
    /// How many more were passed over.
    pub more_unread: u64,
}

/// Files passed over that are named.
pub const UNREAD_MAX: usize = 1_000;

/// A file, or a part of one, that was passed over.
#[derive(Clone, Debug, Serialize)]
pub struct Unread {
    /// Its path below the folder; what lies in an archive follows after `!`.
    pub file: String,
    /// Why.
    pub why: String,
}

/// The four answers, the weightiest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing was found, and what is there covers the time in which the server was open.
    NoTrace,
    /// Nothing was found, but the logs have a hole.
    CannotKnow,
    /// Somebody tried, and nothing shows that it went well for them.
    Attempted,
    /// Somebody was, or is, inside.
    Compromised,
}

impl Verdict {
    /// The answer in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NoTrace => "no trace within what the logs cover",
            Self::CannotKnow => "cannot know",
            Self::Attempted => "attempted",
            Self::Compromised => "compromised",
        }
    }
}

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Citation {
    /// The path below the folder; what lies in an archive follows after `!`.
    pub file: String,
    /// The line, from 1; in an event log the number of the record; 0 for the file as a whole.
    pub line: u64,
    /// What stands there, cut to [`EXCERPT_OCTETS_MAX`].
    pub text: String,
}

/// Octets of an excerpt.
pub const EXCERPT_OCTETS_MAX: usize = 400;

/// How an intruder came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Chain {
    /// CVE-2021-26855, -26857, -26858, -27065.
    ProxyLogon,
    /// CVE-2021-34473, -34523, -31207.
    ProxyShell,
    /// Not seen: only what came after.
    Unknown,
}

impl Chain {
    /// Its name among people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ProxyLogon => "ProxyLogon",
            Self::ProxyShell => "ProxyShell",
            Self::Unknown => "unknown way in",
        }
    }
}

/// The rungs of the ladder, from a first look to the theft of mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rung {
    /// It was tried whether the hole is there.
    Probe,
    /// The server sent a request of the intruder's to itself, in its own name.
    RequestForged,
    /// A session as administrator was had.
    Session,
    /// A virtual directory, a role or a draft was prepared to carry a program.
    DirectorySet,
    /// A file was written.
    FileWritten,
    /// The web server translated a page.
    PageCompiled,
    /// The planted page was called.
    PageCalled,
    /// The web server started a program.
    ProcessStarted,
    /// Passwords were read from memory or from the directory.
    Dump,
    /// Whole mailboxes were exported.
    Export,
    /// Mail was read.
    MailboxAccess,
}

impl Rung {
    /// All, from the first.
    pub const ALL: [Self; 11] = [
        Self::Probe,
        Self::RequestForged,
        Self::Session,
        Self::DirectorySet,
        Self::FileWritten,
        Self::PageCompiled,
        Self::PageCalled,
        Self::ProcessStarted,
        Self::Dump,
        Self::Export,
        Self::MailboxAccess,
    ];

    /// Its name in reports.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Probe => "probe",
            Self::RequestForged => "request forged",
            Self::Session => "session",
            Self::DirectorySet => "directory set",
            Self::FileWritten => "file written",
            Self::PageCompiled => "page compiled",
            Self::PageCalled => "page called",
            Self::ProcessStarted => "process started",
            Self::Dump => "dump",
            Self::Export => "export",
            Self::MailboxAccess => "mailbox access",
        }
    }
}

/// What a run or a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// Worth a look by somebody who knows the place; says nothing alone.
    Note,
    /// A tool looked whether the hole is there.
    Scan,
    /// An attack that, as far as is seen, led nowhere.
    Attempt,
    /// It went well for the intruder.
    Success,
}

impl Grade {
    /// Its name in reports.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Scan => "scan",
            Self::Attempt => "attempt",
            Self::Success => "succeeded",
        }
    }
}

/// One thing that an intruder did.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// Which rung of the ladder.
    pub rung: Rung,
    /// When; nothing if it cannot be told.
    pub at: Option<Moment>,
    /// Whether it went well.
    pub grade: Grade,
    /// What was done, in a sentence.
    pub says: String,
    /// How it belongs to the run: `address 203.0.113.9`, `request id ...`, `time`, `marker ...`.
    pub joined_by: String,
    /// Where it stands.
    pub cites: Citation,
}

/// What one intruder did in one go.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// Its number in the report, from 1.
    pub number: usize,
    /// The way in.
    pub chain: Chain,
    /// How far it went.
    pub grade: Grade,
    /// The addresses that requests came from.
    pub addresses: Vec<String>,
    /// What the programs called themselves.
    pub agents: Vec<String>,
    /// The first step.
    pub from: Option<Moment>,
    /// The last.
    pub until: Option<Moment>,
    /// The steps in order of time; at most [`STEPS_MAX`].
    pub steps: Vec<Step>,
    /// Steps that are counted only.
    pub more_steps: u64,
    /// The highest rung that was reached.
    pub reached: Rung,
    /// Where it stopped, in a sentence.
    pub stopped: String,
}

/// Steps of a run that are told one by one.
pub const STEPS_MAX: usize = 200;

/// What kind of thing was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// A file that does not belong, or is not what its name says.
    PlantedFile,
    /// A compiled page whose source is gone.
    GhostPage,
    /// A rule of a mailbox that forwards, deletes or hides.
    InboxRule,
    /// Mail of a mailbox is sent on.
    Forward,
    /// Somebody may read or send for somebody else.
    MailboxRight,
    /// A rule of the whole organisation's mail.
    TransportRule,
    /// A program in the flow of mail.
    TransportAgent,
    /// A virtual directory that carries a program, or points elsewhere.
    VirtualDirectory,
    /// A part of the web server that Exchange does not bring.
    IisModule,
    /// A member of a powerful group, or a right of one.
    RoleGroup,
    /// An application that may read mail.
    Application,
    /// Something that Windows starts by itself.
    ScheduledTask,
    /// An account that is new or powerful.
    Account,
    /// A known address, path or hash of intruders.
    KnownIndicator,
    /// A rule of YARA matches.
    Yara,
    /// Logs were cleared or switched off, or defences were.
    Tampering,
    /// A password was guessed at.
    Guessing,
}

impl FindingKind {
    /// Its name in reports.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::PlantedFile => "planted file",
            Self::GhostPage => "compiled page without source",
            Self::InboxRule => "inbox rule",
            Self::Forward => "forwarding",
            Self::MailboxRight => "right on a mailbox",
            Self::TransportRule => "transport rule",
            Self::TransportAgent => "transport agent",
            Self::VirtualDirectory => "virtual directory",
            Self::IisModule => "module of the web server",
            Self::RoleGroup => "role group",
            Self::Application => "application",
            Self::ScheduledTask => "scheduled task",
            Self::Account => "account",
            Self::KnownIndicator => "known indicator",
            Self::Yara => "YARA rule",
            Self::Tampering => "tampering",
            Self::Guessing => "password guessing",
        }
    }
}

/// Something that was found outside of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// What kind of thing.
    pub kind: FindingKind,
    /// What it weighs.
    pub grade: Grade,
    /// When it came to be, if that is known.
    pub at: Option<Moment>,
    /// What it is, in a sentence.
    pub says: String,
    /// What to do about it, in a sentence.
    pub advice: String,
    /// Where it stands.
    pub cites: Citation,
}

/// When what was open.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Timeline {
    /// The builds, as the logs name them, in order of time.
    pub builds: Vec<BuildSpan>,
    /// When the server could be attacked, by hole.
    pub windows: Vec<Window>,
    /// The first thing that an intruder did.
    pub first_attack: Option<Moment>,
    /// The last.
    pub last_attack: Option<Moment>,
}

/// A build that ran for a time.
#[derive(Clone, Debug, Serialize)]
pub struct BuildSpan {
    /// The server.
    pub server: String,
    /// `15.1.2176.2`.
    pub build: String,
    /// Its name, if the table has it.
    pub name: Option<String>,
    /// First seen.
    pub from: Moment,
    /// Last seen.
    pub until: Moment,
    /// `fixed`, `vulnerable` or `unknown` for ProxyLogon.
    pub proxylogon: String,
    /// The same for ProxyShell.
    pub proxyshell: String,
}

/// A time in which a hole was open and reachable.
#[derive(Clone, Debug, Serialize)]
pub struct Window {
    /// The server.
    pub server: String,
    /// The hole.
    pub chain: Chain,
    /// The first moment in which the logs show it open.
    pub from: Moment,
    /// The last.
    pub until: Moment,
    /// Whether it was open already when the logs begin.
    pub open_before: bool,
    /// The first moment in which the logs show it closed.
    pub closed: Option<Moment>,
    /// The first request that came from outside of the server's own network while it was open.
    pub reached_from_outside: Option<Moment>,
}

/// What one kind of log covers.
#[derive(Clone, Debug, Serialize)]
pub struct Coverage {
    /// The kind, as people call it: `HttpProxy Ecp`.
    pub kind: String,
    /// Whether a verdict of no trace needs it.
    pub needed: bool,
    /// Whether the list of log files shows that the server had none.
    pub never_there: bool,
    /// Files.
    pub files: u64,
    /// Rows.
    pub rows: u64,
    /// The first row.
    pub from: Option<Moment>,
    /// The last.
    pub until: Option<Moment>,
    /// The holes between; at most [`GAPS_MAX`].
    pub gaps: Vec<Gap>,
}

/// Holes of one kind of log that are told one by one.
pub const GAPS_MAX: usize = 100;

/// A time for which a log is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The last row before.
    pub from: Moment,
    /// The first row after.
    pub until: Moment,
}

/// Files whose clock is told.
pub const CLOCKS_MAX: usize = 20_000;

/// Which clock a file used whose times do not say so themselves. Every time in a report is in UTC already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Clock {
    /// Its path below the folder; what lies in an archive follows after `!`.
    pub file: String,
    /// Minutes that its times are ahead of UTC.
    pub ahead_minutes: i64,
    /// How that is known.
    pub told_by: ClockTold,
    /// Requests that agree, where these tell it.
    pub requests: u64,
}

/// How it is known which clock a file used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockTold {
    /// Requests of it are in logs of the front end as well, which write UTC.
    Requests,
    /// Other files of the same folder.
    Neighbours,
    /// Events of Sysmon, which write UTC among their values.
    Sysmon,
    /// Nothing: it is taken as UTC.
    Nothing,
}

/// What kind of thing others can look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IndicatorKind {
    /// An address of the Internet.
    Address,
    /// The path of a file.
    Path,
    /// The SHA-256 of a file, in hex.
    Sha256,
    /// What a program calls itself.
    Agent,
    /// The name of a host.
    Host,
    /// An account.
    Account,
    /// A path on the web server.
    Url,
}

/// What others can look for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Indicator {
    /// What kind of thing.
    pub kind: IndicatorKind,
    /// The thing itself.
    pub value: String,
    /// What it was seen doing.
    pub says: String,
    /// First seen.
    pub from: Option<Moment>,
    /// Last seen.
    pub until: Option<Moment>,
}

/// Something to collect next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wanted {
    /// What.
    pub what: String,
    /// Where it lies on the server, or the command that writes it.
    pub place: String,
    /// What it would tell.
    pub why: String,
}

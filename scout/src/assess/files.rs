//! Files: the questions that are put to what lies in web folders: lists of files, pages themselves, and what ASP.NET compiled.

use std::collections::{BTreeMap, BTreeSet};

use evidence::records::Record;
use evidence::{Moment, place};
use sha2::{Digest, Sha256};

use super::collected::{Collected, Compiled};
use super::indicators;
use super::trace::{Keys, Trace, cite};
use crate::assessment::{Chain, Citation, Finding, FindingKind, Grade, Rung};
use crate::baseline::rules::Rules;
use crate::baseline::{Judgement, rewritten_by_setup};

/// Pages that are kept because they are not known to be genuine, or because they were read.
const UNPROVEN_MAX: usize = 200_000;
/// Octets of a page that are read.
pub(crate) const PAGE_OCTETS_MAX: u64 = 4 * 1_048_576;

const ADVICE: &str =
    "Keep a copy for those who will look into it; then take it away, and ask who called it.";

/// A file as a list or the folder itself tells it.
pub(crate) struct Listed<'a> {
    pub(crate) path: &'a str,
    pub(crate) sha256: Option<[u8; 32]>,
    /// Made or changed, whichever is later: an intruder can turn back one of them.
    pub(crate) at: Option<Moment>,
}

/// Pages of web folders that are not known to be genuine by their content. Of these the content itself has to be here: a genuine name
/// says nothing about what an intruder added.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    /// Where they lie, below the folder of the web server, and how the evidence writes it.
    doubted: BTreeMap<String, String>,
    /// Those that were read.
    read: BTreeSet<String>,
}

impl Pages {
    fn doubt(&mut self, normal: &str, shown: &str) {
        if self.doubted.len() < UNPROVEN_MAX {
            self.doubted
                .insert(below_web(normal).to_owned(), shown.to_owned());
        }
    }

    fn read(&mut self, normal: &str) {
        if self.read.len() < UNPROVEN_MAX {
            self.read.insert(below_web(normal).to_owned());
        }
    }

    /// Takes over what another reader has noticed.
    pub(crate) fn merge(&mut self, other: Self) {
        self.doubted.extend(other.doubted);
        self.read.extend(other.read);
    }

    /// Those that nothing shows to be harmless.
    pub(crate) fn left(&self) -> Vec<&str> {
        let left = self
            .doubted
            .iter()
            .filter(|(page, _)| !self.read.contains(*page));
        left.map(|(_, shown)| shown.as_str()).collect()
    }
}

/// A path from the folder of the web server on, wherever evidence keeps that folder.
fn below_web(normal: &str) -> &str {
    let folders = [
        "/inetpub/wwwroot/",
        "/frontend/httpproxy/",
        "/clientaccess/",
        "/exchweb/",
    ];
    let from = folders
        .iter()
        .filter_map(|folder| normal.find(folder))
        .min();
    &normal[from.unwrap_or(0)..]
}

/// A row of the list of log files.
pub(crate) fn ask_log(record: &Record, to: &mut Collected) {
    let length = record.first_of(&["Length", "Size"]);
    to.inventory
        .list(record.first_of(&PATH), length.trim() == "0");
}

/// Names of columns of lists of files.
const PATH: [&str; 6] = ["FullName", "Path", "FilePath", "File", "Name", "FileName"];
const HASH: [&str; 4] = ["SHA256", "Hash", "FileHash", "Sha-256"];
const TIMES: [&str; 8] = [
    "CreationTimeUtc",
    "LastWriteTimeUtc",
    "CreationTime",
    "LastWriteTime",
    "Created",
    "Modified",
    "LastModified",
    "btime",
];

/// Whether a record is a row of a list of files.
pub(crate) fn is_listed(record: &Record) -> bool {
    let has_path = ["FullName", "Path", "FilePath", "File"]
        .iter()
        .any(|name| record.value(name).contains(['\\', '/']));
    let has_more = HASH
        .iter()
        .chain(&TIMES)
        .chain(&["Length", "Size"])
        .any(|name| record.has(name));
    has_path && has_more
}

/// A row of a list of files.
pub(crate) fn ask_record(record: &Record, file: &str, to: &mut Collected) {
    let path = record.first_of(&PATH);
    let times = TIMES.iter().filter_map(|name| time_of(record.value(name)));
    let listed = Listed {
        path,
        sha256: hash_of(record.first_of(&HASH)),
        at: times.max(),
    };
    let text = format!(
        "{path} {} {}",
        record.first_of(&HASH),
        record.first_of(&TIMES)
    );
    ask(&listed, cite(file, record.line, text.as_bytes()), to);
}

/// Puts all questions to a file of a web folder or of the compile cache.
pub(crate) fn ask(listed: &Listed<'_>, cites: Citation, to: &mut Collected) {
    let normal = place::normal(listed.path);
    let name = place::name(&normal);
    cover(&normal, to);
    if place::is_compile_cache(&normal) {
        if let Some(page) = place::compiled_page(&name) {
            let url = super::events::url_of_cache(&normal);
            to.compiled.push(Compiled {
                page,
                url,
                at: listed.at,
                cites,
            });
        }
        return;
    }
    let hash = listed.sha256.map(|hash| hex(&hash));
    if hash.as_deref().is_some_and(indicators::is_known_hash) {
        planted(
            to,
            listed,
            &name,
            Grade::Success,
            format!(
                "a file of the intruders of March 2021, by its hash: {}",
                listed.path
            ),
            cites,
        );
        return;
    }
    let is_web = place::is_web_reachable(&normal);
    if indicators::is_known_path(&normal)
        && (!place::is_page(&name) || is_web)
        && !matches!(judge(listed, to), Judgement::Known)
    {
        planted(
            to,
            listed,
            &name,
            Grade::Success,
            format!(
                "a path at which intruders of March 2021 left their file: {}",
                listed.path
            ),
            cites,
        );
        return;
    }
    if !is_web || !place::is_page(&name) {
        return;
    }
    to.saw_page(&normal);
    let is_aspnet_client = normal.contains("/aspnet_client/");
    let judgement = judge(listed, to);
    if listed.sha256.is_none() || judgement != Judgement::Known {
        to.unproven.doubt(&normal, listed.path);
    }
    let (grade, says) = match judgement {
        Judgement::Known | Judgement::NoBaseline => return,
        // Older folders stay behind when an update is installed.
        Judgement::OtherBuild { .. } => return,
        Judgement::Altered if rewritten_by_setup(listed.path) => return,
        // The lists end in March 2021: a page of a later build is altered and genuine.
        Judgement::Altered => (
            Grade::Note,
            format!("not as in any build that is known: {}", listed.path),
        ),
        Judgement::Elsewhere { path } => (
            Grade::Attempt,
            format!(
                "a page of Exchange in a place where it does not belong ({path}): {}",
                listed.path
            ),
        ),
        Judgement::LookAlike { of } => (
            Grade::Success,
            format!("a page whose name resembles {of}: {}", listed.path),
        ),
        Judgement::Unknown if is_aspnet_client || in_small_folder(&normal) => (
            Grade::Success,
            format!("a page that Exchange does not have: {}", listed.path),
        ),
        Judgement::Unknown => (
            Grade::Note,
            format!("a page that no known build has: {}", listed.path),
        ),
    };
    planted(to, listed, &name, grade, says, cites);
}

/// Folders in which Exchange has few pages, the same for years: whatever else is there was put there.
fn in_small_folder(normal: &str) -> bool {
    let folders = [
        "/frontend/httpproxy/owa/auth/",
        "/frontend/httpproxy/ecp/auth/",
        "/frontend/httpproxy/oab/",
        "/frontend/httpproxy/autodiscover/",
        "/frontend/httpproxy/ews/",
        "/frontend/httpproxy/rpc/",
    ];
    folders.iter().any(|folder| normal.contains(folder))
        || normal.matches('/').count() == 3 && normal.starts_with("/inetpub/wwwroot/")
}

fn judge(listed: &Listed<'_>, to: &Collected) -> Judgement {
    to.baselines()
        .judge(listed.path, listed.sha256.as_ref(), None)
}

fn cover(normal: &str, to: &mut Collected) {
    let kind = if place::is_compile_cache(normal) {
        "compiled pages"
    } else if place::is_web_reachable(normal) {
        "files of web folders"
    } else {
        return;
    };
    to.log(kind).rows += 1;
}

fn planted(
    to: &mut Collected,
    listed: &Listed<'_>,
    name: &str,
    grade: Grade,
    says: String,
    cites: Citation,
) {
    if grade >= Grade::Attempt {
        to.add(Trace {
            chain: Chain::Unknown,
            rung: Rung::FileWritten,
            grade,
            at: listed.at,
            says: format!("{says} lies there"),
            cites: cites.clone(),
            keys: Keys {
                markers: vec![name.to_owned()],
                ..Keys::default()
            },
        });
    }
    to.find(Finding {
        kind: FindingKind::PlantedFile,
        grade,
        at: listed.at,
        says,
        advice: ADVICE.to_owned(),
        cites,
    });
}

/// A page itself: its hash, its place, and what it does.
pub(crate) fn ask_page(path: &str, content: &[u8], at: Option<Moment>, to: &mut Collected) {
    let sha256: [u8; 32] = Sha256::digest(content).into();
    let listed = Listed {
        path,
        sha256: Some(sha256),
        at,
    };
    let normal = place::normal(path);
    let found_before = to.findings.len();
    let shown = &content[..content.len().min(2_000)];
    ask(&listed, cite(path, 0, shown), to);
    let judgement = judge(&listed, to);
    let does = runs_what_it_is_sent(content);
    // Large pages of newer builds take values and make objects, each for itself; that alone is no reason to call anybody.
    let is_vague = does.is_some_and(|does| !does.is_plain)
        && judgement == Judgement::Altered
        && !in_small_folder(&normal);
    if !is_vague {
        to.unproven.read(&normal);
    }
    let Some(does) = does.filter(|_| {
        !is_vague && !matches!(judgement, Judgement::Known | Judgement::OtherBuild { .. })
    }) else {
        return;
    };
    if to.findings.len() > found_before
        && to
            .findings
            .last()
            .is_some_and(|finding| finding.grade == Grade::Success)
    {
        return;
    }
    planted(
        to,
        &listed,
        &place::name(path),
        Grade::Success,
        format!("a page that {}: {path}", does.says),
        cite(path, 0, shown),
    );
}

/// What a page does with what its caller sends.
#[derive(Clone, Copy, Debug)]
struct Does {
    says: &'static str,
    /// Whether it hands that on to what runs it, in one go.
    is_plain: bool,
}

/// Whether a page runs what its caller sends, or is the dump of a virtual directory that carries such a program.
fn runs_what_it_is_sent(content: &[u8]) -> Option<Does> {
    let text = evidence::text::whole(content);
    let small = text.to_ascii_lowercase();
    let squeezed: String = small.chars().filter(|sign| !sign.is_whitespace()).collect();
    let asks = [
        "request[",
        "request.item[",
        "request.form",
        "request.params",
        "request.querystring",
        "request.headers",
        "request.cookies",
    ]
    .iter()
    .any(|word| squeezed.contains(word));
    let runs = [
        "eval(",
        "execute(",
        "process.start",
        "processstartinfo",
        "assembly.load",
        "createinstance(",
        "wscript.shell",
        "cmd.exe",
        "compileassemblyfromsource",
        "virtualallocex",
    ]
    .iter()
    .any(|word| squeezed.contains(word));
    let is_directory = small.contains("externalurl")
        && small.contains("internalurl")
        && (small.contains("<script") || small.contains("offlineaddressbooks"));
    if is_directory && small.contains("<script") {
        return Some(Does {
            says: "is a virtual directory written to a file, with a program in it",
            is_plain: true,
        });
    }
    let is_plain = [
        "eval(request",
        "execute(request",
        "executeglobal(request",
        "start(request",
        "frombase64string(request",
        "\"unsafe\")",
        "cmd.exe",
        "wscript.shell",
        "virtualallocex",
    ]
    .iter()
    .any(|word| squeezed.contains(word));
    (asks && runs).then_some(Does {
        says: "runs what its caller sends",
        is_plain,
    })
}

/// A file on which the rules of whoever examines the server are tried.
pub(crate) fn ask_rules(
    path: &str,
    content: &[u8],
    at: Option<Moment>,
    rules: &Rules,
    to: &mut Collected,
) {
    for name in rules.matches(content) {
        to.find(Finding {
            kind: FindingKind::Yara,
            grade: Grade::Attempt,
            at,
            says: format!("the rule {name} matches {path}"),
            advice: "Ask whoever wrote the rule what it means.".to_owned(),
            cites: cite(path, 0, name.as_bytes()),
        });
    }
}

/// What ASP.NET wrote beside a page that it compiled: the place tells the page, the content tells where it was called.
pub(crate) fn ask_compiled(path: &str, content: &str, at: Option<Moment>, to: &mut Collected) {
    to.log("compiled pages").rows += 1;
    let name = place::name(path);
    let Some(page) = place::compiled_page(&name) else {
        return;
    };
    let url = content
        .split("virtualPath=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let url = url.map_or_else(
        || super::events::url_of_cache(&place::normal(path)),
        str::to_ascii_lowercase,
    );
    to.compiled.push(Compiled {
        page,
        url,
        at,
        cites: cite(path, 0, content.as_bytes()),
    });
}

/// At the end: which compiled pages are none of Exchange's, and which have no source any more.
pub(crate) fn finish(to: &mut Collected) {
    let has_list = to
        .logs
        .get("files of web folders")
        .is_some_and(|log| log.rows > 0);
    for compiled in std::mem::take(&mut to.compiled) {
        let is_genuine = |page: &str| to.baselines().knows_page(page);
        if !super::events::is_strange_page(&compiled.page, &compiled.url, is_genuine) {
            continue;
        }
        let is_there = to
            .pages
            .iter()
            .any(|path| path.rsplit('/').next() == Some(compiled.page.as_str()));
        if has_list && !is_there {
            to.find(Finding {
                kind: FindingKind::GhostPage,
                grade: Grade::Success,
                at: compiled.at,
                says: format!("{} was called and compiled, and is not there any more", compiled.page),
                advice: "Look for who called it in the logs of IIS, and for the App_Web file beside it, which holds its program.".to_owned(),
                cites: compiled.cites.clone(),
            });
        }
        to.add(Trace {
            chain: Chain::Unknown,
            rung: Rung::PageCompiled,
            grade: Grade::Success,
            at: compiled.at,
            says: format!(
                "the web server compiled {}, which Exchange does not have",
                compiled.page
            ),
            cites: compiled.cites,
            keys: Keys {
                markers: vec![compiled.page],
                ..Keys::default()
            },
        });
    }
}

/// A time in the forms in which PowerShell writes it.
pub(crate) fn time_of(text: &str) -> Option<Moment> {
    let text = text.trim();
    if let Some(at) = Moment::parse(text) {
        return Some(at);
    }
    let (date, time) = text.split_once(' ')?;
    let (parts, is_american): (Vec<&str>, bool) = match date {
        date if date.contains('/') => (date.split('/').collect(), true),
        date if date.contains('.') => (date.split('.').collect(), false),
        _ => return None,
    };
    let [first, second, year] = parts.try_into().ok()?;
    let (month, day) = if is_american {
        (first, second)
    } else {
        (second, first)
    };
    let is_afternoon = time.to_ascii_uppercase().ends_with("PM");
    let is_morning = time.to_ascii_uppercase().ends_with("AM");
    let clock = time.split_whitespace().next()?;
    let mut numbers = clock
        .split(':')
        .map(|part| part.parse::<i64>().unwrap_or(0));
    let (mut hour, minute, second) = (
        numbers.next()?,
        numbers.next().unwrap_or(0),
        numbers.next().unwrap_or(0),
    );
    if is_afternoon && hour < 12 {
        hour += 12;
    } else if is_morning && hour == 12 {
        hour = 0;
    }
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0..60).contains(&second) {
        return None;
    }
    let number = |text: &str| text.parse::<i64>().ok();
    Moment::from_civil(
        number(year)?,
        number(month)?,
        number(day)?,
        ((hour * 60 + minute) * 60 + second) * 1000,
    )
}

fn hash_of(text: &str) -> Option<[u8; 32]> {
    let text = text.trim();
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut hash = [0; 32];
    for (octet, pair) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
        *octet = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask_path(path: &str) -> Option<Grade> {
        let mut to = Collected::default();
        ask(
            &Listed {
                path,
                sha256: None,
                at: None,
            },
            cite("x", 1, b""),
            &mut to,
        );
        to.findings.first().map(|finding| finding.grade)
    }

    #[test]
    fn planted_pages_are_told_from_genuine_ones() {
        let base = r"C:\Program Files\Microsoft\Exchange Server\V15\FrontEnd\HttpProxy";
        assert_eq!(ask_path(&format!(r"{base}\owa\auth\logon.aspx")), None);
        assert_eq!(
            ask_path(&format!(r"{base}\owa\auth\ohyeah.aspx")),
            Some(Grade::Success)
        );
        assert_eq!(
            ask_path(r"C:\inetpub\wwwroot\aspnet_client\x9.aspx"),
            Some(Grade::Success)
        );
        assert_eq!(ask_path(r"C:\inetpub\wwwroot\iisstart.htm"), None);
        assert_eq!(ask_path(r"D:\apps\own\default.aspx"), None);
    }

    #[test]
    fn what_a_page_does_is_seen() {
        let shell = br#"<script language="JScript" runat="server">function Page_Load(){eval(Request["c"],"unsafe");}</script>"#;
        assert!(runs_what_it_is_sent(shell).is_some_and(|does| does.is_plain));
        assert!(runs_what_it_is_sent(b"Name: OAB\r\nInternalUrl: https://x/OAB\r\nExternalUrl: http://f/<script language=").is_some());
        assert!(runs_what_it_is_sent(b"<%@ Page Language=\"C#\" %><html>hello</html>").is_none());
    }

    #[test]
    fn a_large_page_of_a_newer_build_is_neither_planted_nor_proven() {
        let page = r"C:\E\V15\ClientAccess\ecp\default.aspx";
        let asked = |content: &[u8]| {
            let mut to = Collected::default();
            ask_page(page, content, None, &mut to);
            let grades = to.findings.iter().map(|finding| finding.grade);
            (grades.max(), to.unproven.left().len())
        };
        let vague = b"<% if (Request.QueryString[1] != null) Activator.CreateInstance(x); %>";
        assert_eq!(asked(vague), (Some(Grade::Note), 1));
        assert_eq!(asked(b"<% hello %>"), (Some(Grade::Note), 0));
        let shell = b"<% eval(Request[\"x\"], \"unsafe\"); %>";
        assert_eq!(asked(shell), (Some(Grade::Success), 0));
    }

    #[test]
    fn times_of_powershell_are_read() {
        let at = Moment::parse("2021-03-03T16:05:06Z");
        assert_eq!(time_of("3/3/2021 4:05:06 PM"), at);
        assert_eq!(time_of("03.03.2021 16:05:06"), at);
        assert_eq!(time_of("2021-03-03 16:05:06"), at);
        assert_eq!(time_of("yesterday"), None);
    }
}

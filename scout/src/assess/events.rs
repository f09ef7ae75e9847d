//! Events: the questions that are put to one record of a Windows event log.

use evidence::event::Event;
use evidence::{Cmdlet, place};

use super::collected::{Collected, Compiled, server_name};
use super::commands;
use super::inventory;
use super::request::is_planted_url;
use super::trace::{Keys, Trace, cite};
use crate::assessment::{Chain, Citation, Finding, FindingKind, Grade, Rung};

/// Puts all questions to an event, and keeps what comes of it. `place` is the number of the record or of the line.
pub(crate) fn ask(event: &Event, file: &str, place: u64, to: &mut Collected) {
    cover(event, to);
    let cites = || {
        let text = if event.message.is_empty() {
            values(event)
        } else {
            event.message.clone()
        };
        cite(
            file,
            place,
            format!("{} {} {text}", event.channel, event.id).as_bytes(),
        )
    };
    match (event.channel.as_str(), event.id) {
        ("MSExchange Management", 1 | 6) => ask_command(event, cites, to),
        ("Application", _) => ask_application(event, cites, to),
        ("Security", 4688) => {
            let parent = first(event, &["ParentProcessName", "Creator_Process_Name"]);
            ask_process(
                event,
                event.value("NewProcessName"),
                parent,
                event.value("CommandLine"),
                "",
                cites,
                to,
            );
        }
        ("Security", 4720 | 4722 | 4726 | 4728 | 4732 | 4756) => ask_account(event, cites(), to),
        ("Security", 1102) | ("System", 104) => find(
            to,
            event,
            FindingKind::Tampering,
            Grade::Note,
            "an event log was cleared",
            "Find out who did it and why; what happened before is not in this log.",
            cites(),
        ),
        ("Security", 4698) => ask_task(event, cites(), to),
        ("System", 7045) => ask_service(event, cites(), to),
        ("Windows PowerShell" | "Microsoft-Windows-PowerShell/Operational", _) => {
            ask_script(event, cites, to)
        }
        ("Microsoft-Windows-Sysmon/Operational", 1) => {
            ask_process(
                event,
                event.value("Image"),
                event.value("ParentImage"),
                event.value("CommandLine"),
                event.value("ParentCommandLine"),
                cites,
                to,
            );
        }
        ("Microsoft-Windows-Sysmon/Operational", 11) => ask_file(event, cites, to),
        _ => {}
    }
}

fn cover(event: &Event, to: &mut Collected) {
    to.rows += 1;
    let channel = match event.channel.as_str() {
        "Microsoft-Windows-Sysmon/Operational" => inventory::SYSMON,
        "Windows PowerShell" => "events Windows PowerShell",
        "Microsoft-Windows-PowerShell/Operational" => "events PowerShell",
        "Security" => "events Security",
        "System" => "events System",
        "Application" => "events Application",
        "MSExchange Management" => "events MSExchange Management",
        _ => "other events",
    };
    let log = to.log(channel);
    log.rows += 1;
    if let Some(at) = event.at {
        log.saw(at);
    }
    if to.servers.len() < 10_000
        && !event.computer.is_empty()
        && event.channel.starts_with("MSExchange")
    {
        to.servers.insert(server_name(&event.computer));
    }
}

fn ask_command(event: &Event, cites: impl Fn() -> Citation, to: &mut Collected) {
    let mut unnamed = event.unnamed();
    let first = (unnamed.next(), unnamed.next());
    let (cmdlet, user) = match first {
        (Some(name), Some(parameters)) => (
            Some(Cmdlet::with_parameters(name, parameters)),
            unnamed.next().unwrap_or_default(),
        ),
        _ => (Cmdlet::from_message(&event.message), ""),
    };
    let Some(cmdlet) = cmdlet else { return };
    let ran = commands::Ran {
        cmdlet: &cmdlet,
        at: event.at,
        succeeded: event.id == 1,
        user,
        address: "",
        request: "",
    };
    commands::ask(&ran, cites, to);
}

fn ask_application(event: &Event, cites: impl Fn() -> Citation, to: &mut Collected) {
    // CVE-2021-26857: what the voice mail service is given is taken for an object of another kind.
    if event.provider == "MSExchange Unified Messaging"
        && event.says("system.invalidcastexception")
        && event.level <= 2
    {
        add(
            to,
            event,
            Chain::ProxyLogon,
            Rung::ProcessStarted,
            Grade::Success,
            "the voice mail service ran what it was sent".to_owned(),
            Vec::new(),
            cites(),
        );
    }
    if event.provider == "MSExchange Control Panel"
        && (event.says("]:444/ecp/") || event.says("]@"))
    {
        add(
            to,
            event,
            Chain::ProxyLogon,
            Rung::RequestForged,
            Grade::Attempt,
            "the control panel was reached on a path that the front end was made to build"
                .to_owned(),
            Vec::new(),
            cites(),
        );
    }
}

/// Programs that ASP.NET itself starts, to compile a page.
const COMPILERS: [&str; 4] = ["csc.exe", "cvtres.exe", "vbc.exe", "jsc.exe"];
/// Programs that Windows starts when another one crashes.
const AFTER_CRASHES: [&str; 3] = ["werfault.exe", "wermgr.exe", "dw20.exe"];

fn ask_process(
    event: &Event,
    image: &str,
    parent: &str,
    command: &str,
    parent_command: &str,
    cites: impl Fn() -> Citation,
    to: &mut Collected,
) {
    let (name, parent_name) = (place::name(image), place::name(parent));
    let line = command.to_ascii_lowercase();
    if let Some(says) = dumps(&name, &line) {
        add(
            to,
            event,
            Chain::Unknown,
            Rung::Dump,
            Grade::Success,
            format!("{says}: {command}"),
            Vec::new(),
            cites(),
        );
        return;
    }
    match parent_name.as_str() {
        "w3wp.exe" if name == "conhost.exe" => {}
        "w3wp.exe" if COMPILERS.contains(&name.as_str()) => {
            add(
                to,
                event,
                Chain::Unknown,
                Rung::PageCompiled,
                Grade::Note,
                format!("the web server compiled a page with {name}"),
                Vec::new(),
                cites(),
            );
        }
        "w3wp.exe" if !AFTER_CRASHES.contains(&name.as_str()) => {
            let pool = parent_command
                .split("-ap \"")
                .nth(1)
                .and_then(|rest| rest.split('"').next())
                .unwrap_or_default();
            let pool = if pool.is_empty() {
                String::new()
            } else {
                format!(" ({pool})")
            };
            let shown = if command.is_empty() { image } else { command };
            add(
                to,
                event,
                Chain::Unknown,
                Rung::ProcessStarted,
                Grade::Success,
                format!("the web server{pool} started a program: {shown}"),
                Vec::new(),
                cites(),
            );
        }
        "umworkerprocess.exe" | "umservice.exe"
            if !["umworkerprocess.exe", "conhost.exe"].contains(&name.as_str())
                && !AFTER_CRASHES.contains(&name.as_str()) =>
        {
            add(
                to,
                event,
                Chain::ProxyLogon,
                Rung::ProcessStarted,
                Grade::Success,
                format!("the voice mail service started a program: {command}"),
                Vec::new(),
                cites(),
            );
        }
        _ => {}
    }
}

/// What reads passwords, by program and command line in small letters.
fn dumps(name: &str, line: &str) -> Option<&'static str> {
    let has = |phrase: &str| line.contains(phrase);
    if has("comsvcs") && (has("minidump") || has("#24") || has("#+24")) {
        return Some("passwords were read from memory");
    }
    if (name.starts_with("procdump") || has("procdump")) && has("lsass") {
        return Some("passwords were read from memory");
    }
    if has("ntds.dit") || (has("ntdsutil") && has("ifm")) {
        return Some("the directory with all passwords was copied");
    }
    if name == "reg.exe"
        && has("save")
        && (has(r"hklm\sam") || has(r"hklm\security") || has(r"hklm\system"))
    {
        return Some("the passwords of this machine were copied");
    }
    None
}

fn ask_file(event: &Event, cites: impl Fn() -> Citation, to: &mut Collected) {
    let path = event.value("TargetFilename");
    let normal = place::normal(path);
    let name = place::name(path);
    let writer = place::name(event.value("Image"));
    if name.ends_with(".dmp") && name.contains("lsass") {
        add(
            to,
            event,
            Chain::Unknown,
            Rung::Dump,
            Grade::Success,
            format!("{writer} wrote the memory that holds passwords to {path}"),
            vec![name],
            cites(),
        );
        return;
    }
    if name == "agents.config" && normal.contains("/transportroles/") {
        find(
            to,
            event,
            FindingKind::TransportAgent,
            Grade::Attempt,
            &format!("{writer} changed which programs see every mail: {path}"),
            "Compare agents.config with the output of Get-TransportAgent, and have programs that nobody knows looked at.",
            cites(),
        );
        return;
    }
    if place::is_compile_cache(&normal) {
        if let Some(page) = place::compiled_page(&name) {
            to.compiled.push(Compiled {
                page,
                url: url_of_cache(&normal),
                at: event.at,
                cites: cites(),
            });
        }
        return;
    }
    // Updates of Exchange bring pages as well.
    let is_setup = [
        "msiexec.exe",
        "exsetup.exe",
        "exsetupui.exe",
        "setup.exe",
        "tiworker.exe",
        "trustedinstaller.exe",
        "robocopy.exe",
    ]
    .contains(&writer.as_str());
    if place::is_page(&name) && place::is_web_reachable(&normal) && !is_setup {
        add(
            to,
            event,
            Chain::Unknown,
            Rung::FileWritten,
            Grade::Success,
            format!("{writer} wrote a page: {path}"),
            vec![name],
            cites(),
        );
    }
}

/// The part of the web server whose pages a folder of the compile cache belongs to.
pub(crate) fn url_of_cache(normal: &str) -> String {
    let below = normal
        .split_once("/temporary asp.net files/")
        .map_or("", |(_, below)| below);
    format!("/{}", below.split('/').next().unwrap_or_default())
}

/// Groups whose members may do everything in Exchange, or in the whole domain, in small letters.
const CRITICAL: [&str; 6] = [
    "exchange trusted subsystem",
    "exchange windows permissions",
    "exchange servers",
    "exchangelegacyinterop",
    "domain admins",
    "enterprise admins",
];
/// Groups of administrators of Exchange and of machines.
const POWERFUL: [&str; 19] = [
    "organization management",
    "recipient management",
    "server management",
    "hygiene management",
    "compliance management",
    "records management",
    "discovery management",
    "public folder management",
    "um management",
    "help desk",
    "delegated setup",
    "security administrator",
    "security reader",
    "view-only organization management",
    "managed availability servers",
    "administrators",
    "administratoren",
    "account operators",
    "backup operators",
];

fn ask_account(event: &Event, cites: Citation, to: &mut Collected) {
    let by = event.value("SubjectUserName");
    let target = event.value("TargetUserName");
    match event.id {
        4720 => find(
            to,
            event,
            FindingKind::Account,
            Grade::Note,
            &format!("{by} made the account {target}"),
            "Ask who ordered it.",
            cites,
        ),
        4726 => find(
            to,
            event,
            FindingKind::Account,
            Grade::Note,
            &format!("{by} deleted the account {target}"),
            "Ask who ordered it.",
            cites,
        ),
        4728 | 4732 | 4756 => {
            let group = target.to_ascii_lowercase();
            let member = event.value("MemberName");
            let shown = if member.is_empty() {
                event.value("MemberSid")
            } else {
                member
            };
            let is_computer = shown.to_ascii_lowercase().contains("cn=computers")
                || shown.ends_with('$')
                || shown.to_ascii_lowercase().contains("ou=domain controllers");
            let grade = match () {
                // Only machines and groups of Exchange itself belong there: a person who is a member may read all passwords.
                () if CRITICAL[..4].contains(&group.as_str()) && !is_computer => Grade::Success,
                () if CRITICAL.contains(&group.as_str()) || POWERFUL.contains(&group.as_str()) => {
                    Grade::Note
                }
                () => return,
            };
            find(
                to,
                event,
                FindingKind::RoleGroup,
                grade,
                &format!("{by} made {shown} a member of {target}"),
                "Ask who ordered it; take the member out if nobody did.",
                cites,
            );
        }
        _ => {}
    }
}

/// Words in commands that ordinary services and tasks do not have.
const UNUSUAL: [&str; 12] = [
    "powershell",
    "pwsh",
    "cmd.exe /c",
    "cmd /c",
    "%comspec%",
    "mshta",
    "rundll32",
    "regsvr32",
    "wscript",
    "cscript",
    "certutil",
    "bitsadmin",
];

fn ask_task(event: &Event, cites: Citation, to: &mut Collected) {
    let content = event.value("TaskContent").to_ascii_lowercase();
    let is_unusual = UNUSUAL.iter().any(|word| content.contains(word));
    let grade = if is_unusual && content.contains("s-1-5-18") {
        Grade::Attempt
    } else {
        Grade::Note
    };
    if is_unusual {
        find(
            to,
            event,
            FindingKind::ScheduledTask,
            grade,
            &format!(
                "{} made a task: {}",
                event.value("SubjectUserName"),
                event.value("TaskName")
            ),
            "Look at what the task runs; remove it if nobody knows it.",
            cites,
        );
    }
}

fn ask_service(event: &Event, cites: Citation, to: &mut Collected) {
    let path = event.value("ImagePath").to_ascii_lowercase();
    let name = event.value("ServiceName");
    let is_unusual = UNUSUAL.iter().any(|word| path.contains(word))
        || name.eq_ignore_ascii_case("PSEXESVC")
        || path.contains(r"\admin$")
        || path.contains(r"\temp\");
    if is_unusual {
        find(
            to,
            event,
            FindingKind::ScheduledTask,
            Grade::Attempt,
            &format!(
                "a service was installed: {name}, which runs {}",
                event.value("ImagePath")
            ),
            "Look at what the service runs; remove it if nobody knows it.",
            cites,
        );
    }
}

/// Words of scripts of intruders, in small letters.
const TOOLS: [&str; 8] = [
    "invoke-mimikatz",
    "powercat",
    "net.sockets.tcpclient",
    "invoke-kerberoast",
    "invoke-bloodhound",
    "amsiinitfailed",
    "add-pssnapin microsoft.exchange.management.powershell.snapin;new-mailboxexport",
    "minidumpwritedump",
];

fn ask_script(event: &Event, cites: impl Fn() -> Citation, to: &mut Collected) {
    if event.id == 4104 || event.id == 4103 || event.id == 800 || event.id == 400 {
        if let Some(tool) = TOOLS.iter().find(|tool| event.says(tool)) {
            add(
                to,
                event,
                Chain::Unknown,
                Rung::ProcessStarted,
                Grade::Attempt,
                format!("PowerShell ran a script of a kind that intruders use ({tool})"),
                Vec::new(),
                cites(),
            );
        }
        if event.says("clear-eventlog") || event.says("wevtutil cl ") {
            find(
                to,
                event,
                FindingKind::Tampering,
                Grade::Note,
                "a script clears event logs",
                "Find out who did it and why.",
                cites(),
            );
        }
    }
}

fn first<'e>(event: &'e Event, names: &[&str]) -> &'e str {
    names
        .iter()
        .map(|name| event.value(name))
        .find(|value| !value.is_empty())
        .unwrap_or_default()
}

fn values(event: &Event) -> String {
    let mut text = String::new();
    for (name, value) in &event.values {
        if text.len() > 600 {
            break;
        }
        if !text.is_empty() {
            text.push_str("; ");
        }
        if !name.is_empty() {
            text.push_str(name);
            text.push('=');
        }
        text.push_str(value);
    }
    text
}

#[expect(
    clippy::too_many_arguments,
    reason = "a row of a table: each call is one line that reads as such"
)]
fn add(
    to: &mut Collected,
    event: &Event,
    chain: Chain,
    rung: Rung,
    grade: Grade,
    says: String,
    markers: Vec<String>,
    cites: Citation,
) {
    let keys = Keys {
        markers,
        ..Keys::default()
    };
    to.add(Trace {
        chain,
        rung,
        grade,
        at: event.at,
        says,
        cites,
        keys,
    });
}

fn find(
    to: &mut Collected,
    event: &Event,
    kind: FindingKind,
    grade: Grade,
    says: &str,
    advice: &str,
    cites: Citation,
) {
    to.find(Finding {
        kind,
        grade,
        at: event.at,
        says: says.to_owned(),
        advice: advice.to_owned(),
        cites,
    });
}

/// Whether a page of the compile cache is none of Exchange's, by its name and the part of the web server it belongs to.
pub(crate) fn is_strange_page(
    page: &str,
    url: &str,
    is_genuine: impl FnOnce(&str) -> bool,
) -> bool {
    if is_planted_url(url) {
        return true;
    }
    !is_genuine(page)
}

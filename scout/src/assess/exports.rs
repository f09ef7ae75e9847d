//! Exports: the questions that are put to what the management shell, the web server's configuration and Microsoft 365 export: what
//! stays after the patch.

mod names;

use evidence::audit::AuditRecord;
use evidence::iis_config::ConfigEntry;
use evidence::records::Record;
use evidence::{Moment, place};

use super::collected::{Collected, server_name};
use super::trace::cite;
use super::{commands, files};
use crate::assessment::{Citation, Finding, FindingKind, Grade};
use crate::builds::Build;
pub(crate) use names::{kind_of_name, list_of_name};

const ADVICE_RULE: &str =
    "Ask whoever owns the mailbox or made the rule; remove what nobody knows.";
const ADVICE_RIGHT: &str = "Ask whether this was ordered; take it back if nobody knows.";
const ADVICE_PROGRAM: &str =
    "Have the program looked at before anything else; remove it if nobody knows it.";

/// Puts all questions to an object that was exported.
pub(crate) fn ask(record: &Record, file: &str, to: &mut Collected) {
    let text = || {
        let shown = record
            .values
            .iter()
            .filter(|(_, values)| !values.is_empty())
            .take(24);
        shown
            .map(|(name, values)| format!("{name}={}", values.first().map_or("", String::as_str)))
            .collect::<Vec<_>>()
            .join("; ")
    };
    let cites = || cite(file, record.line, text().as_bytes());
    let name = place::name(file);
    let is = |word: &str| record.types.contains(word);
    if record.has("AuditData") || (record.has("Operation") && record.has("Workload")) {
        if let Some(audit) = evidence::audit::read_audit(record.value("AuditData")) {
            ask_audit(&audit, cites(), to);
        }
    } else if is("inboxrule")
        || record.has("RuleIdentity")
        || record.has("MailboxOwnerId")
        || name.contains("inbox")
    {
        inbox_rule(record, cites(), to);
    } else if is("transportrule") || (record.has("BlindCopyTo") && record.has("Priority")) {
        transport_rule(record, cites(), to);
    } else if record.has("TransportAgentFactory") || is("transportagent") {
        transport_agent(record, cites(), to);
    } else if record.has("InternalUrl") || record.has("ExternalUrl") {
        virtual_directory(record, cites(), to);
    } else if record.has("AdminDisplayVersion")
        && (is("exchangeserver") || record.has("ServerRole"))
    {
        server(record, to);
    } else if record.has("ForwardingSmtpAddress") || record.has("ForwardingAddress") {
        forwarding(record, cites(), to);
    } else if record.has("AccessRights") {
        right(record, cites(), to);
    } else if record.has("RoleAssigneeName") || record.has("RoleAssignee") {
        role_assignment(record, cites(), to);
    } else if record.has("RoleGroup") || is("rolegroup") || name.contains("role-groups") {
        role_group(record, cites(), to);
    } else if record.has("TaskName") {
        task(record, cites(), to);
    } else if record.has("SamAccountName") || record.has("SID") {
        account(record, cites(), to);
    } else if record.has("AppId") {
        application(record, cites(), to);
    }
}

fn inbox_rule(record: &Record, cites: Citation, to: &mut Collected) {
    let ways = ["ForwardTo", "ForwardAsAttachmentTo", "RedirectTo"];
    let whither: Vec<_> = ways
        .iter()
        .flat_map(|way| record.all(way))
        .filter(|value| !value.is_empty())
        .cloned()
        .collect();
    let deletes = record.has("DeleteMessage")
        && commands::is_true(record.value("DeleteMessage"))
        && !record.value("DeleteMessage").is_empty();
    let hides = ["rss", "conversation history", "archive", "junk"]
        .iter()
        .any(|folder| {
            record
                .value("MoveToFolder")
                .to_ascii_lowercase()
                .contains(folder)
        });
    if whither.is_empty() && !deletes && !hides {
        return;
    }
    let whose = record.first_of(&["MailboxOwnerId", "Mailbox", "Identity"]);
    let name = record.value("Name");
    // Names of one sign, and rules that send mail on and delete it, hide themselves.
    let hides_itself = name.chars().filter(|sign| sign.is_alphanumeric()).count() <= 1
        || (!whither.is_empty() && deletes);
    let says = match whither.is_empty() {
        false => format!(
            "the rule \"{name}\" of {whose} sends mail on to {}{}",
            whither.join(", "),
            if deletes { " and deletes it" } else { "" }
        ),
        true => format!("the rule \"{name}\" of {whose} deletes mail or moves it out of sight"),
    };
    find(
        to,
        FindingKind::InboxRule,
        if hides_itself {
            Grade::Attempt
        } else {
            Grade::Note
        },
        None,
        says,
        ADVICE_RULE,
        cites,
    );
}

fn transport_rule(record: &Record, cites: Citation, to: &mut Collected) {
    let ways = [
        "BlindCopyTo",
        "RedirectMessageTo",
        "CopyTo",
        "AddToRecipients",
    ];
    let whither: Vec<_> = ways
        .iter()
        .flat_map(|way| record.all(way))
        .filter(|value| !value.is_empty())
        .cloned()
        .collect();
    if !whither.is_empty() {
        let says = format!(
            "the transport rule \"{}\" copies mail or sends it on to {}",
            record.value("Name"),
            whither.join(", ")
        );
        find(
            to,
            FindingKind::TransportRule,
            Grade::Note,
            time(record),
            says,
            ADVICE_RULE,
            cites,
        );
    }
}

fn transport_agent(record: &Record, cites: Citation, to: &mut Collected) {
    let factory = record.value("TransportAgentFactory");
    let path = place::normal(record.value("AssemblyPath"));
    let is_genuine = factory.starts_with("Microsoft.Exchange.")
        && (path.is_empty()
            || path.contains("/exchange server/")
            || path.contains("/transportroles/agents/")
            || path.contains("/bin/"));
    if !is_genuine && !factory.is_empty() {
        let says = format!(
            "a program in the flow of mail that is not Microsoft's: {} ({})",
            record.first_of(&["Identity", "Name"]),
            record.value("AssemblyPath")
        );
        find(
            to,
            FindingKind::TransportAgent,
            Grade::Attempt,
            None,
            says,
            ADVICE_PROGRAM,
            cites,
        );
    }
}

fn virtual_directory(record: &Record, cites: Citation, to: &mut Collected) {
    let urls = ["InternalUrl", "ExternalUrl"].map(|name| record.value(name));
    let identity = record.first_of(&["Identity", "Name"]);
    if let Some(url) = urls
        .iter()
        .find(|url| url.contains('<') || commands::carries_program(url))
    {
        let says =
            format!("the virtual directory {identity} carries a program in its address: {url}");
        find(
            to,
            FindingKind::VirtualDirectory,
            Grade::Success,
            time(record),
            says,
            "Keep a copy, set the address anew, and look for the page that was written from it.",
            cites,
        );
        return;
    }
    let path = place::normal(record.value("Path"));
    if ["/programdata/", "/users/", "/temp/", "/perflogs/"]
        .iter()
        .any(|folder| format!("{path}/").contains(folder))
    {
        let says = format!(
            "the virtual directory {identity} shows a folder that Exchange does not use: {path}"
        );
        find(
            to,
            FindingKind::VirtualDirectory,
            Grade::Attempt,
            time(record),
            says,
            ADVICE_PROGRAM,
            cites,
        );
    }
}

fn server(record: &Record, to: &mut Collected) {
    let name = server_name(record.first_of(&["Name", "Identity"]));
    if to.servers.len() < 10_000 {
        to.servers.insert(name.clone());
    }
    let created = files::time_of(record.value("WhenCreated"))
        .or_else(|| files::time_of(record.value("WhenCreatedUTC")));
    to.installed = to.installed.into_iter().chain(created).min();
    let made = files::time_of(record.value("CollectedUtc"));
    if let (Some(build), Some(at)) = (
        Build::parse(record.first_of(&["ExSetupVersion", "FileVersion"])),
        made,
    ) {
        to.saw_build(&name, build, at);
    }
}

fn forwarding(record: &Record, cites: Citation, to: &mut Collected) {
    let whither = record.first_of(&["ForwardingSmtpAddress", "ForwardingAddress"]);
    if !whither.is_empty() {
        let says = format!(
            "mail of {} is sent on to {whither}",
            record.first_of(&[
                "PrimarySmtpAddress",
                "UserPrincipalName",
                "Name",
                "Identity"
            ])
        );
        find(
            to,
            FindingKind::Forward,
            Grade::Note,
            None,
            says,
            ADVICE_RULE,
            cites,
        );
    }
}

fn right(record: &Record, cites: Citation, to: &mut Collected) {
    let who = record.first_of(&["User", "Trustee"]);
    let small = who.to_ascii_lowercase();
    let rights = record.joined("AccessRights");
    let is_inherited = record.value("IsInherited").eq_ignore_ascii_case("true")
        || record.value("Deny").eq_ignore_ascii_case("true");
    // In other languages these have other names; their SIDs begin the same everywhere.
    let is_own = small.starts_with("nt authority\\")
        || small.starts_with("nt-autorit")
        || small == "self"
        || small.starts_with("s-1-5-1");
    let small_rights = rights.to_ascii_lowercase();
    let is_strong = [
        "fullaccess",
        "sendas",
        "owner",
        "publishingeditor",
        "editor",
        "reviewer",
        "readitems",
    ]
    .iter()
    .any(|strong| small_rights.contains(strong));
    if is_inherited || is_own || !is_strong {
        return;
    }
    let is_everyone = [
        "default",
        "standard",
        "anonymous",
        "anonym",
        "everyone",
        "jeder",
    ]
    .contains(&small.as_str());
    let folder = record.value("FolderName");
    let folder = if folder.is_empty() {
        String::new()
    } else {
        format!(" ({folder})")
    };
    let says = format!(
        "{who} has {rights} on {}{folder}",
        record.first_of(&["Identity", "Mailbox"])
    );
    find(
        to,
        FindingKind::MailboxRight,
        if is_everyone {
            Grade::Attempt
        } else {
            Grade::Note
        },
        None,
        says,
        ADVICE_RIGHT,
        cites,
    );
}

fn role_assignment(record: &Record, cites: Citation, to: &mut Collected) {
    let role = record.value("Role");
    let strong = [
        "mailbox import export",
        "applicationimpersonation",
        "mailbox search",
        "unscoped role management",
    ];
    if strong.contains(&role.to_ascii_lowercase().as_str()) {
        let who = record.first_of(&["RoleAssigneeName", "RoleAssignee"]);
        let is_default = [
            "organization management",
            "discovery management",
            "hygiene management",
        ]
        .contains(&who.to_ascii_lowercase().as_str());
        if !is_default {
            find(
                to,
                FindingKind::RoleGroup,
                Grade::Note,
                time(record),
                format!("{who} has the role {role}"),
                ADVICE_RIGHT,
                cites,
            );
        }
    }
}

fn role_group(record: &Record, cites: Citation, to: &mut Collected) {
    let group = record.first_of(&["RoleGroup", "Name", "Identity"]);
    let members = if record.has("Members") {
        record.joined("Members")
    } else {
        record.first_of(&["Member", "DisplayName"]).to_owned()
    };
    if !members.is_empty() {
        find(
            to,
            FindingKind::RoleGroup,
            Grade::Note,
            time(record),
            format!("members of {group}: {members}"),
            ADVICE_RIGHT,
            cites,
        );
    }
}

fn task(record: &Record, cites: Citation, to: &mut Collected) {
    let runs = [
        record.joined("Actions"),
        record.value("Task To Run").to_owned(),
        record.value("Execute").to_owned(),
        record.value("Arguments").to_owned(),
    ]
    .join(" ");
    let small = runs.to_ascii_lowercase();
    let is_unusual = [
        "powershell",
        "-enc",
        "cmd /c",
        "cmd.exe /c",
        "mshta",
        "rundll32",
        "regsvr32",
        "certutil",
        "bitsadmin",
        "wscript",
        "http://",
        "https://",
        r"\temp\",
        r"\users\public",
        r"\programdata\",
    ]
    .iter()
    .any(|word| small.contains(word));
    let path = record.value("TaskPath");
    let name = record.value("TaskName");
    let is_microsofts = path.starts_with(r"\Microsoft\") || name.starts_with(r"\Microsoft\");
    let is_hidden = [
        "-enc",
        "http://",
        "https://",
        "frombase64",
        "downloadstring",
        "iex",
    ]
    .iter()
    .any(|word| small.contains(word));
    if is_unusual && (!is_microsofts || is_hidden) {
        let grade = if is_hidden {
            Grade::Attempt
        } else {
            Grade::Note
        };
        find(
            to,
            FindingKind::ScheduledTask,
            grade,
            time(record),
            format!("the task {path}{name} runs {}", runs.trim()),
            ADVICE_PROGRAM,
            cites,
        );
    }
}

fn account(record: &Record, cites: Citation, to: &mut Collected) {
    let created = ["WhenCreatedUTC", "WhenCreated", "Created"]
        .iter()
        .find_map(|name| files::time_of(record.value(name)));
    let name = record.first_of(&["SamAccountName", "Name"]);
    if let Some(at) = created
        && !name.starts_with("HealthMailbox")
        && !name.starts_with("SM_")
    {
        find(
            to,
            FindingKind::Account,
            Grade::Note,
            Some(at),
            format!("the account {name} was made"),
            "Compare with the time of the attack.",
            cites,
        );
    }
}

fn application(record: &Record, cites: Citation, to: &mut Collected) {
    let rights = [
        record.joined("Permissions"),
        record.joined("Scope"),
        record.joined("AppRoles"),
    ]
    .join(" ");
    if [
        "mail.read",
        "mail.send",
        "full_access_as_app",
        "ews.accessasuser",
    ]
    .iter()
    .any(|right| rights.to_ascii_lowercase().contains(right))
    {
        let says = format!(
            "the application {} may read or send mail: {}",
            record.first_of(&["DisplayName", "AppId"]),
            rights.trim()
        );
        find(
            to,
            FindingKind::Application,
            Grade::Note,
            time(record),
            says,
            ADVICE_RIGHT,
            cites,
        );
    }
}

/// A record of the audit log of Microsoft 365.
pub(crate) fn ask_audit(record: &AuditRecord, cites: Citation, to: &mut Collected) {
    let log = to.log("audit log of Microsoft 365");
    log.rows += 1;
    if let Some(at) = record.at {
        log.saw(at);
    }
    let cmdlet = record.cmdlet();
    let ran = commands::Ran {
        cmdlet: &cmdlet,
        at: record.at,
        succeeded: record.succeeded,
        user: &record.user,
        address: &record.address,
        request: "",
    };
    commands::ask(&ran, || cites.clone(), to);
    let operation = record.operation.to_ascii_lowercase();
    let from = if record.address.is_empty() {
        String::new()
    } else {
        format!(" from {}", record.address)
    };
    let says = |what: &str| format!("{} {what}: {}{from}", record.user, record.object);
    let (kind, what) = match operation.trim_end_matches('.') {
        "consent to application"
        | "add oauth2permissiongrant"
        | "add app role assignment to service principal" => {
            (FindingKind::Application, "let an application in")
        }
        "add service principal credentials"
        | "update application – certificates and secrets management" => (
            FindingKind::Application,
            "gave an application a further key",
        ),
        "add member to role" => (FindingKind::RoleGroup, "gave somebody a role"),
        "updateinboxrules" => (FindingKind::InboxRule, "changed rules of a mailbox"),
        "add user" => (FindingKind::Account, "made an account"),
        "add-mailboxpermission" => return,
        _ => return,
    };
    find(
        to,
        kind,
        Grade::Note,
        record.at,
        says(what),
        ADVICE_RIGHT,
        cites,
    );
}

/// An entry of the configuration of the web server.
pub(crate) fn ask_config(entry: &ConfigEntry, file: &str, to: &mut Collected) {
    let text = entry
        .attributes
        .iter()
        .map(|(name, value)| format!("{name}=\"{value}\""))
        .collect::<Vec<_>>()
        .join(" ");
    let cites = cite(file, entry.line, text.as_bytes());
    match entry.section.as_str() {
        "globalModules" => {
            let image = place::normal(entry.value("image"));
            let is_usual = [
                "%windir%/system32/inetsrv/",
                "/windows/system32/inetsrv/",
                "%windir%/microsoft.net/",
                "/exchange server/",
                "%exchangeinstalldir%",
                "%windir%/system32/",
            ]
            .iter()
            .any(|folder| {
                image
                    .trim_start_matches('/')
                    .starts_with(folder.trim_start_matches('/'))
                    || image.contains("/exchange server/")
            });
            let is_odd = [
                "/temp/",
                "/users/",
                "/programdata/",
                "/perflogs/",
                "/inetpub/",
            ]
            .iter()
            .any(|folder| image.contains(folder));
            if !is_usual || is_odd {
                let grade = if is_odd { Grade::Attempt } else { Grade::Note };
                find(
                    to,
                    FindingKind::IisModule,
                    grade,
                    None,
                    format!(
                        "the web server loads {} from {}",
                        entry.value("name"),
                        entry.value("image")
                    ),
                    ADVICE_PROGRAM,
                    cites,
                );
            }
        }
        "modules" => {
            let kind = entry.value("type");
            let is_usual =
                kind.is_empty() || kind.starts_with("System.") || kind.starts_with("Microsoft.");
            if !is_usual {
                find(
                    to,
                    FindingKind::IisModule,
                    Grade::Note,
                    None,
                    format!(
                        "the web server runs the module {} ({kind})",
                        entry.value("name")
                    ),
                    ADVICE_PROGRAM,
                    cites,
                );
            }
        }
        "virtualDirectory" => {
            let path = place::normal(entry.value("physicalPath"));
            if [
                "/programdata/",
                "/users/",
                "/temp/",
                "/perflogs/",
                "/$recycle.bin/",
            ]
            .iter()
            .any(|folder| format!("{path}/").contains(folder))
            {
                let says = format!(
                    "the web server shows a folder that Exchange does not use: {}",
                    entry.value("physicalPath")
                );
                find(
                    to,
                    FindingKind::VirtualDirectory,
                    Grade::Attempt,
                    None,
                    says,
                    ADVICE_PROGRAM,
                    cites,
                );
            }
        }
        _ => {}
    }
}

fn time(record: &Record) -> Option<Moment> {
    ["WhenChangedUTC", "WhenChanged", "WhenCreatedUTC", "Date"]
        .iter()
        .find_map(|name| files::time_of(record.value(name)))
}

fn find(
    to: &mut Collected,
    kind: FindingKind,
    grade: Grade,
    at: Option<Moment>,
    says: String,
    advice: &str,
    cites: Citation,
) {
    to.find(Finding {
        kind,
        grade,
        at,
        says,
        advice: advice.to_owned(),
        cites,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask_table(table: &str, file: &str) -> Vec<(FindingKind, Grade)> {
        let mut to = Collected::default();
        evidence::records::read_table(table.as_bytes(), |record| ask(&record, file, &mut to))
            .unwrap();
        to.findings
            .iter()
            .map(|finding| (finding.kind, finding.grade))
            .collect()
    }

    #[test]
    fn each_thing_that_stays_is_found_and_the_usual_is_not() {
        let found = ask_table(
            "Name,MailboxOwnerId,ForwardTo,DeleteMessage\n.,anna,x@evil.example,True\nNews,ben,,False\n",
            "inbox-rules.csv",
        );
        assert_eq!(found, [(FindingKind::InboxRule, Grade::Attempt)]);
        let found = ask_table(
            "Name,ForwardingSmtpAddress\nanna,smtp:x@evil.example\nben,\n",
            "mailboxes.csv",
        );
        assert_eq!(found, [(FindingKind::Forward, Grade::Note)]);
        let found = ask_table(
            "Identity,User,AccessRights,IsInherited,Deny\nanna,NT AUTHORITY\\SELF,FullAccess,False,False\nanna,D\\x,FullAccess,False,False\n",
            "p.csv",
        );
        assert_eq!(found, [(FindingKind::MailboxRight, Grade::Note)]);
        let found = ask_table(
            "Identity,InternalUrl,ExternalUrl\nOAB,https://m/OAB,\"http://f/<script runat=\"\"server\"\">\"\nEWS,https://m/EWS,\n",
            "v.csv",
        );
        assert_eq!(found, [(FindingKind::VirtualDirectory, Grade::Success)]);
        let found = ask_table(
            "Identity,Enabled,TransportAgentFactory,AssemblyPath\nTransport Rule Agent,True,Microsoft.Exchange.MessagingPolicies.TransportRuleAgent.TransportRuleAgentFactory,C:\\Program Files\\Microsoft\\Exchange Server\\V15\\TransportRoles\\agents\\Rule\\x.dll\nEvil,True,hack,C:\\x.dll\n",
            "a.csv",
        );
        assert_eq!(found, [(FindingKind::TransportAgent, Grade::Attempt)]);
    }
}

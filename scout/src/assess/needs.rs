//! Needs: the kinds of evidence without which nobody can say that there is no trace, how to get each, and what it would tell.
//!
//! A trace may stand in one kind alone. So every kind in which one could stand is needed; one that a server may do without is not
//! needed only where the list of its log files shows that it has none.

use super::collected::Collected;
use super::inventory;
use crate::assessment::Wanted;

/// How often something is written to a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Density {
    /// Every few minutes: Exchange looks after itself, day and night.
    Hours,
    /// At least once a day and a half.
    Days,
    /// A list or an export, which says how things are, not when; or a log that is written only when somebody comes, of which the
    /// list of log files says whether all of it is here.
    Once,
}

impl Density {
    /// Hours without a row that are a hole.
    pub(crate) fn hole_hours(self) -> Option<i64> {
        match self {
            Self::Hours => Some(4),
            Self::Days => Some(36),
            Self::Once => None,
        }
    }
}

/// One kind of evidence.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need {
    pub(crate) kind: &'static str,
    pub(crate) density: Density,
    pub(crate) place: &'static str,
    pub(crate) why: &'static str,
}

const fn need(
    kind: &'static str,
    density: Density,
    place: &'static str,
    why: &'static str,
) -> Need {
    Need {
        kind,
        density,
        place,
        why,
    }
}

const PROXY: &str = r"%ExchangeInstallPath%Logging\HttpProxy";
const FORGED: &str = "requests that the front end was made to forge, the builds of the server, and from where it was reached";

/// What every server has, and what says which logs a server has.
pub(crate) const NEEDS: [Need; 34] = [
    need(
        inventory::LIST,
        Density::Once,
        r#"Get-ChildItem "${env:ExchangeInstallPath}Logging", "${env:ExchangeInstallPath}TransportRoles\Logs", C:\inetpub\logs\LogFiles, $env:SystemRoot\System32\winevt\Logs -Recurse -File | Select-Object FullName, Length, LastWriteTimeUtc | Export-Csv -NoTypeInformation log-files.csv"#,
        "which logs the server has at all: one that it never had, often that of Sysmon, is told from one that nobody collected",
    ),
    need("HttpProxy Autodiscover", Density::Hours, PROXY, FORGED),
    need("HttpProxy Eas", Density::Hours, PROXY, FORGED),
    need("HttpProxy Ecp", Density::Hours, PROXY, FORGED),
    need("HttpProxy Ews", Density::Hours, PROXY, FORGED),
    need("HttpProxy Mapi", Density::Hours, PROXY, FORGED),
    need("HttpProxy Oab", Density::Hours, PROXY, FORGED),
    need("HttpProxy Owa", Density::Hours, PROXY, FORGED),
    need("HttpProxy PowerShell", Density::Hours, PROXY, FORGED),
    need("HttpProxy RpcHttp", Density::Hours, PROXY, FORGED),
    need(
        "IIS",
        Density::Hours,
        r"C:\inetpub\logs\LogFiles",
        "who called planted pages",
    ),
    need(
        "EWS",
        Density::Days,
        r"%ExchangeInstallPath%Logging\Ews",
        "which mail was read",
    ),
    need(
        "ECP server",
        Density::Days,
        r"%ExchangeInstallPath%Logging\ECP\Server",
        "programs put into virtual directories",
    ),
    need(
        "OAB generator",
        Density::Days,
        r"%ExchangeInstallPath%Logging\OABGeneratorLog",
        "files written through the offline address book",
    ),
    need(
        "remote PowerShell commands",
        Density::Days,
        r"%ExchangeInstallPath%Logging\CmdletInfra\Powershell-Proxy\Cmdlet",
        "commands of intruders",
    ),
    need(
        "events Application",
        Density::Days,
        "wevtutil epl Application Application.evtx",
        "attacks on the voice mail service",
    ),
    need(
        "events Security",
        Density::Days,
        "wevtutil epl Security Security.evtx",
        "programs that the web server started, and new accounts",
    ),
    need(
        "events System",
        Density::Days,
        "wevtutil epl System System.evtx",
        "new services, and logs that were cleared",
    ),
    need(
        "events MSExchange Management",
        Density::Days,
        r#"wevtutil epl "MSExchange Management" "MSExchange Management.evtx""#,
        "commands of intruders",
    ),
    need(
        "events Windows PowerShell",
        Density::Days,
        r#"wevtutil epl "Windows PowerShell" "Windows PowerShell.evtx""#,
        "scripts of intruders",
    ),
    need(
        "events PowerShell",
        Density::Days,
        r"wevtutil epl Microsoft-Windows-PowerShell/Operational Microsoft-Windows-PowerShell%4Operational.evtx",
        "scripts of intruders",
    ),
    need(
        "files of web folders",
        Density::Once,
        "collect.ps1 writes it: lists\\web-files.csv",
        "planted pages",
    ),
    need(
        "compiled pages",
        Density::Once,
        "collect.ps1 writes it: lists\\compiled-pages.csv",
        "pages that were called and are gone",
    ),
    need(
        "configuration of IIS",
        Density::Once,
        r"%SystemRoot%\System32\inetsrv\config\applicationHost.config",
        "programs in the web server",
    ),
    need(
        "export of inbox rules",
        Density::Once,
        "Get-Mailbox -ResultSize Unlimited | ForEach-Object { Get-InboxRule -Mailbox $_.DistinguishedName -IncludeHidden } | Export-Clixml inbox-rules.xml",
        "rules that send mail on",
    ),
    need(
        "export of mailboxes",
        Density::Once,
        "Get-Mailbox -ResultSize Unlimited | Export-Clixml mailboxes.xml",
        "mail that is sent on",
    ),
    need(
        "export of rights on mailboxes",
        Density::Once,
        "Get-Mailbox -ResultSize Unlimited | Get-MailboxPermission | Export-Clixml mailbox-permissions.xml",
        "who may read the mail of others",
    ),
    need(
        "export of rights on folders",
        Density::Once,
        r#"Get-Mailbox -ResultSize Unlimited | ForEach-Object { Get-MailboxFolderPermission "$($_.PrimarySmtpAddress):\Inbox" } | Export-Clixml folder-permissions.xml"#,
        "who may read the folders of others",
    ),
    need(
        "export of transport rules",
        Density::Once,
        "Get-TransportRule | Export-Clixml transport-rules.xml",
        "copies of all mail",
    ),
    need(
        "export of transport agents",
        Density::Once,
        "Get-TransportAgent | Export-Clixml transport-agents.xml",
        "programs that see every mail",
    ),
    need(
        "export of virtual directories",
        Density::Once,
        "collect.ps1 writes it: exports\\virtual-directories.xml",
        "programs in addresses of virtual directories",
    ),
    need(
        "export of role groups",
        Density::Once,
        "Get-RoleGroup | Export-Clixml role-groups.xml",
        "who may do everything",
    ),
    need(
        "export of scheduled tasks",
        Density::Once,
        "schtasks /query /v /fo csv > scheduled-tasks.csv",
        "programs that start by themselves",
    ),
    need(
        CLOUD_LINK,
        Density::Once,
        "Export-Clixml -InputObject @(Get-HybridConfiguration) hybrid-configuration.xml",
        "whether the organisation is joined to Microsoft 365; then the audit log there is evidence, too",
    ),
];

/// What some servers have and others have not: needed, unless the list of log files shows that this one has none.
pub(crate) const SOMETIMES: [Need; 12] = [
    need(
        inventory::SYSMON,
        Density::Days,
        r"wevtutil epl Microsoft-Windows-Sysmon/Operational Microsoft-Windows-Sysmon%4Operational.evtx",
        "files and programs, to the second",
    ),
    need(
        "message tracking",
        Density::Days,
        r"%ExchangeInstallPath%TransportRoles\Logs\MessageTracking",
        "what was sent, and what rules sent on",
    ),
    need(
        "SMTP protocol",
        Density::Once,
        r"%ExchangeInstallPath%TransportRoles\Logs\FrontEnd\ProtocolLog, Hub\ProtocolLog",
        "who came by SMTP, and guessed passwords",
    ),
    need(
        "IMAP and POP protocol",
        Density::Once,
        r"%ExchangeInstallPath%Logging\Imap4, Pop3",
        "who came by IMAP or POP, and guessed passwords",
    ),
    need(
        "ECP activity",
        Density::Once,
        r"%ExchangeInstallPath%Logging\ECP\Activity",
        "who was at the control panel",
    ),
    need(
        "admin audit",
        Density::Once,
        r"%ExchangeInstallPath%Logging\LocalQueue",
        "commands of intruders",
    ),
    need("HttpProxy OwaCalendar", Density::Once, PROXY, FORGED),
    need("HttpProxy PowerShellGateway", Density::Once, PROXY, FORGED),
    need("HttpProxy PushNotifications", Density::Once, PROXY, FORGED),
    need(
        "HttpProxy ReportingWebService",
        Density::Once,
        PROXY,
        FORGED,
    ),
    need("HttpProxy Rest", Density::Once, PROXY, FORGED),
    need(
        inventory::OTHERS,
        Density::Once,
        r"%ExchangeInstallPath%Logging, and TransportRoles\Logs beside it",
        "known addresses of intruders",
    ),
];

/// Whether the organisation is joined to Microsoft 365.
const CLOUD_LINK: &str = "export of hybrid configuration";

/// Needed where [`CLOUD_LINK`] says that there is a link.
pub(crate) const CLOUD: Need = need(
    "audit log of Microsoft 365",
    Density::Once,
    "Search-UnifiedAuditLog -StartDate 2021-01-03 -EndDate (Get-Date) -SessionCommand ReturnLargeSet -ResultSize 5000 | Export-Csv -NoTypeInformation audit.csv",
    "rules, rights and applications in the cloud",
);

/// Every kind that is known.
pub(crate) fn all() -> impl Iterator<Item = &'static Need> {
    NEEDS.iter().chain(&SOMETIMES).chain([&CLOUD])
}

/// The need of a kind.
pub(crate) fn of(kind: &str) -> Option<&'static Need> {
    all().find(|need| need.kind == kind)
}

/// Whether some servers have logs of this kind and others have not.
pub(crate) fn is_sometimes(kind: &str) -> bool {
    SOMETIMES.iter().any(|need| need.kind == kind)
}

/// Whether nobody can say that there is no trace without this kind, as far as what was collected tells.
pub(crate) fn is_needed(kind: &str, collected: &Collected) -> bool {
    let rows = |kind: &str| collected.logs.get(kind).map_or(0, |log| log.rows);
    if kind == CLOUD.kind {
        return rows(CLOUD_LINK) > 0 || rows(kind) > 0;
    }
    NEEDS.iter().any(|need| need.kind == kind)
        || collected.inventory.has(kind)
        || is_sometimes(kind) && rows(kind) > 0
}

/// Kinds of which nothing is here, and nothing tells whether the server has them.
pub(crate) fn untold(collected: &Collected) -> impl Iterator<Item = &'static Need> {
    SOMETIMES.iter().filter(|need| {
        let is_here = collected
            .logs
            .get(need.kind)
            .is_some_and(|log| log.rows > 0);
        let inventory = &collected.inventory;
        !is_here && !inventory.has(need.kind) && !inventory.has_none(need.kind)
    })
}

impl Need {
    pub(crate) fn wanted(&self) -> Wanted {
        Wanted {
            what: self.kind.to_owned(),
            place: self.place.to_owned(),
            why: self.why.to_owned(),
        }
    }
}

//! Needs: the kinds of evidence without which nobody can say that there is no trace, and where each lies.

use crate::assessment::Wanted;

/// How often something is written to a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Density {
    /// Every few minutes: Exchange looks after itself, day and night.
    Hours,
    /// At least once a day and a half.
    Days,
    /// A list or an export: it says how things are, not when.
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
const SHELL: &str = "scout collect --script: exports";

/// All that is needed.
pub(crate) const NEEDS: [Need; 30] = [
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
        r"%SystemRoot%\System32\winevt\Logs\Application.evtx",
        "attacks on the voice mail service",
    ),
    need(
        "events Security",
        Density::Days,
        r"%SystemRoot%\System32\winevt\Logs\Security.evtx",
        "programs that the web server started, and new accounts",
    ),
    need(
        "events System",
        Density::Days,
        r"%SystemRoot%\System32\winevt\Logs\System.evtx",
        "new services, and logs that were cleared",
    ),
    need(
        "events MSExchange Management",
        Density::Days,
        r"%SystemRoot%\System32\winevt\Logs\MSExchange Management.evtx",
        "commands of intruders",
    ),
    need(
        "files of web folders",
        Density::Once,
        "scout collect --script: lists",
        "planted pages",
    ),
    need(
        "compiled pages",
        Density::Once,
        "scout collect --script: lists",
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
        SHELL,
        "rules that send mail on",
    ),
    need(
        "export of mailboxes",
        Density::Once,
        SHELL,
        "mail that is sent on",
    ),
    need(
        "export of rights on mailboxes",
        Density::Once,
        SHELL,
        "who may read the mail of others",
    ),
    need(
        "export of rights on folders",
        Density::Once,
        SHELL,
        "who may read the folders of others",
    ),
    need(
        "export of transport rules",
        Density::Once,
        SHELL,
        "copies of all mail",
    ),
    need(
        "export of transport agents",
        Density::Once,
        SHELL,
        "programs that see every mail",
    ),
    need(
        "export of virtual directories",
        Density::Once,
        SHELL,
        "programs in addresses of virtual directories",
    ),
    need(
        "export of role groups",
        Density::Once,
        SHELL,
        "who may do everything",
    ),
    need(
        "export of scheduled tasks",
        Density::Once,
        SHELL,
        "programs that start by themselves",
    ),
];

/// What a verdict gains from further kinds, which not every server has.
pub(crate) const USEFUL: [Need; 3] = [
    need(
        "events Sysmon",
        Density::Days,
        r"%SystemRoot%\System32\winevt\Logs\Microsoft-Windows-Sysmon%4Operational.evtx",
        "files and programs, to the second",
    ),
    need(
        "events PowerShell",
        Density::Days,
        r"%SystemRoot%\System32\winevt\Logs\Microsoft-Windows-PowerShell%4Operational.evtx",
        "scripts of intruders",
    ),
    need(
        "message tracking",
        Density::Days,
        r"%ExchangeInstallPath%TransportRoles\Logs\MessageTracking",
        "what was sent, and what rules sent on",
    ),
];

/// The need of a kind.
pub(crate) fn of(kind: &str) -> Option<&'static Need> {
    NEEDS.iter().chain(&USEFUL).find(|need| need.kind == kind)
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

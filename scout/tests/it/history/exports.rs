//! Exports: the lists and exports of a server, with what was planted there.

use std::fmt::Write as _;

use evidence::Moment;
use scout::assessment::Grade;

use super::{Attack, History, Plan};

/// The SHA-256 of `owa\auth\logon.aspx` in build 15.1.2176.2, by Microsoft's own list.
const LOGON_SHA256: &str = "49194CA2DC5FF65A4E4438B3B68D11D63ED72E12CF72B76949733F4B5196A9B2";

impl History {
    /// Lists and exports of a server where nothing was planted, and what was, if it is still there.
    pub(super) fn write_exports(&mut self, attack: Option<&Attack>) {
        let proxy = r"C:\Program Files\Microsoft\Exchange Server\V15\FrontEnd\HttpProxy";
        let cache = r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\Temporary ASP.NET Files";
        let mut web = format!(
            "FullName,Length,CreationTimeUtc,LastWriteTimeUtc,SHA256\n{proxy}\\owa\\auth\\logon.aspx,10,2020-12-01 00:00:00,2020-12-01 00:00:00,{LOGON_SHA256}\n"
        );
        let mut compiled = format!(
            "FullName,Length,CreationTimeUtc\n{cache}\\owa\\8e05b027\\e164d61b\\logon.aspx.cdcab7d2.compiled,10,2020-12-01 00:00:00\n"
        );
        if let Some(attack) =
            attack.filter(|attack| attack.works && attack.plan == Plan::Plant && !attack.cleaned)
        {
            let at = Moment::of_hour(attack.hour)
                .plus_ms(400_000)
                .to_string()
                .replace(['T', 'Z'], " ");
            let _ = writeln!(
                web,
                "C:\\inetpub\\wwwroot\\aspnet_client\\{},2000,{at},{at},",
                attack.page
            );
            let _ = writeln!(
                compiled,
                "{cache}\\root\\e22c2559\\92c7e946\\{}.5a3dcb8f.compiled,300,{at}",
                attack.page
            );
            self.planted = Some(Grade::Success);
        }
        let mut put = |name: &str, content: &str| {
            self.exports.insert(name.to_owned(), content.to_owned());
        };
        put("web-files.csv", &web);
        put("compiled-pages.csv", &compiled);
        put(
            "applicationHost.config",
            "<configuration><system.webServer><globalModules><add name=\"UriCacheModule\" image=\"%windir%\\System32\\inetsrv\\cachuri.dll\" /></globalModules></system.webServer></configuration>",
        );
        put(
            "inbox-rules.csv",
            "Name,MailboxOwnerId,ForwardTo,RedirectTo,DeleteMessage\n",
        );
        put(
            "mailboxes.csv",
            "Name,PrimarySmtpAddress,ForwardingAddress,ForwardingSmtpAddress\nanna,anna@example.org,,\n",
        );
        put(
            "mailbox-permissions.csv",
            "Identity,User,AccessRights,IsInherited,Deny\nanna,NT AUTHORITY\\SELF,\"FullAccess, ReadPermission\",False,False\n",
        );
        put(
            "folder-permissions.csv",
            "Identity,FolderName,User,AccessRights\nanna,Calendar,Default,AvailabilityOnly\n",
        );
        put("transport-rules.csv", "");
        put(
            "transport-agents.csv",
            "Identity,Enabled,TransportAgentFactory,AssemblyPath\n",
        );
        put(
            "virtual-directories.csv",
            "Identity,InternalUrl,ExternalUrl,Path\nOAB (Default Web Site),https://mail.example.org/OAB,,C:\\Program Files\\Microsoft\\Exchange Server\\V15\\FrontEnd\\HttpProxy\\OAB\n",
        );
        put("hybrid-configuration.csv", "");
        put("role-groups.csv", "RoleGroup,Member\n");
        put(
            "scheduled-tasks.csv",
            "TaskName,TaskPath,Actions\nDefrag,\\Microsoft\\Windows\\Defrag\\,%windir%\\system32\\defrag.exe\n",
        );
        if self.is_young {
            let created = Moment::of_hour(self.begin).to_string();
            put(
                "exchange-servers.csv",
                &format!(
                    "Name,ServerRole,AdminDisplayVersion,WhenCreatedUTC\nMAIL01,Mailbox,Version 15.1,{created}\n"
                ),
            );
        }
    }
}

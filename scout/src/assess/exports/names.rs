//! Names: which export or list a file is, told by its name, so that an empty one is told from one that is missing.

use evidence::place;

use crate::assess::inventory;

/// What is exported, as reports name it, with the words by which a file's name tells it.
const KINDS: [(&str, &[&str]); 14] = [
    ("export of inbox rules", &["inbox-rules", "inboxrule"]),
    (
        "export of mailboxes",
        &["mailboxes", "get-mailbox.", "forwarding"],
    ),
    (
        "export of rights on mailboxes",
        &["mailbox-permissions", "mailboxpermission"],
    ),
    (
        "export of rights on folders",
        &["folder-permissions", "folderpermission"],
    ),
    (
        "export of transport rules",
        &["transport-rules", "transportrule"],
    ),
    (
        "export of transport agents",
        &["transport-agents", "transportagent"],
    ),
    (
        "export of virtual directories",
        &[
            "virtual-directories",
            "virtualdirectory",
            "virtualdirectories",
        ],
    ),
    ("export of role groups", &["role-groups", "rolegroup"]),
    (
        "export of role assignments",
        &["role-assignments", "roleassignment"],
    ),
    (
        "export of scheduled tasks",
        &["scheduled-tasks", "scheduledtask", "schtasks"],
    ),
    ("export of accounts", &["accounts", "localuser", "aduser"]),
    ("export of servers", &["exchange-servers", "exchangeserver"]),
    (
        "export of applications",
        &["applications", "get-app.", "oauth"],
    ),
    (
        "export of hybrid configuration",
        &["hybrid-configuration", "hybridconfiguration"],
    ),
];

/// What a file's name says that it holds; an export may be empty, and is there all the same.
pub(crate) fn kind_of_name(path: &str) -> Option<&'static str> {
    let name = place::name(path);
    let is_export = [".csv", ".xml", ".clixml", ".csv.gz", ".xml.gz"]
        .iter()
        .any(|ending| name.ends_with(ending));
    if !is_export {
        return None;
    }
    let found = KINDS
        .iter()
        .find(|(_, words)| words.iter().any(|word| name.contains(word)));
    found.map(|(kind, _)| *kind)
}

/// Whether a file's name says that it lists logs, the files of web folders, or those of the compile cache.
pub(crate) fn list_of_name(path: &str) -> Option<&'static str> {
    let name = place::name(path);
    if inventory::is_list(path) {
        Some(inventory::LIST)
    } else if name.contains("web-files") || name.contains("webfiles") {
        Some("files of web folders")
    } else if name.contains("compiled-pages") || name.contains("aspnet-temp") {
        Some("compiled pages")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_tell_exports_even_when_empty() {
        assert_eq!(
            kind_of_name("exports/inbox-rules.xml"),
            Some("export of inbox rules")
        );
        assert_eq!(
            kind_of_name("exports/Get-TransportAgent.csv"),
            Some("export of transport agents")
        );
        assert_eq!(kind_of_name("inbox-rules.log"), None);
        assert_eq!(
            list_of_name("lists/web-files.csv"),
            Some("files of web folders")
        );
    }
}

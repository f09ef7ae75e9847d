//! Names of mailboxes as scripts write them: paths as IMAP shows them, ids, and special uses.

use model::{Keyword, MailboxId, MailboxName, Role};
use store::Head;

/// The mailbox that every account has (RFC 9051 5.1).
const INBOX: &str = "INBOX";

/// Where a path leads: the deepest mailbox on the way that is there, and the levels that are missing below it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) at: Option<MailboxId>,
    pub(super) missing: Vec<MailboxName>,
}

/// The way to a mailbox; nothing where no mailbox can be called so.
pub(super) fn way(head: &Head, path: &str) -> Option<Way> {
    let mut way = Way {
        at: None,
        missing: Vec::new(),
    };
    for (depth, level) in path.split('/').enumerate() {
        // RFC 9051 5.1: INBOX is known in any case; RFC 5228 4.1 means the same mailboxes as IMAP.
        if depth == 0 && level.eq_ignore_ascii_case(INBOX) {
            way.at = Some(head.with_role(Role::Inbox)?.id);
            continue;
        }
        let name = MailboxName::try_from(level).ok()?;
        let there = head
            .child(way.at, level)
            .filter(|_| way.missing.is_empty())
            // The inbox is shown as INBOX, whatever it is called.
            .filter(|found| found.role != Some(Role::Inbox));
        match there {
            Some(found) => way.at = Some(found.id),
            None => way.missing.push(name),
        }
    }
    Some(way)
}

/// The mailbox of this path.
pub(super) fn mailbox(head: &Head, path: &str) -> Option<MailboxId> {
    let way = way(head, path)?;
    way.at.filter(|_| way.missing.is_empty())
}

/// The mailbox of this id, as IMAP's MAILBOXID and JMAP say it (RFC 9042 3, RFC 8474 5.1).
pub(super) fn mailbox_of_id(head: &Head, id: &str) -> Option<MailboxId> {
    let mailbox = MailboxId(id.strip_prefix('m')?.parse().ok()?);
    let is_it = head.mailboxes.contains_key(&mailbox) && id == format!("m{mailbox}");
    is_it.then_some(mailbox)
}

/// The path of a mailbox, as IMAP shows it.
pub(super) fn of(head: &Head, mailbox: MailboxId) -> String {
    let mut levels = Vec::new();
    let mut next = Some(mailbox);
    while let Some(found) = next.and_then(|id| head.mailboxes.get(&id)) {
        // The fold lets no mailbox be inside itself; a path is bounded all the same.
        if levels.len() > head.mailboxes.len() {
            break;
        }
        if found.role == Some(Role::Inbox) {
            levels.push(INBOX);
            break;
        }
        levels.push(found.name.as_str());
        next = found.parent;
    }
    levels.reverse();
    levels.join("/")
}

/// The flag that a keyword is on the wire of IMAP.
pub(super) fn flag(keyword: &str) -> String {
    match keyword {
        // RFC 8621 4.1.1.
        "$seen" => "\\Seen".to_owned(),
        "$answered" => "\\Answered".to_owned(),
        "$flagged" => "\\Flagged".to_owned(),
        "$deleted" => "\\Deleted".to_owned(),
        "$draft" => "\\Draft".to_owned(),
        other => other.to_owned(),
    }
}

/// The role that a special use stands for (RFC 8579 3, RFC 6154 2).
pub(super) fn role(attribute: &str) -> Option<Role> {
    let name = attribute.strip_prefix('\\').unwrap_or(attribute);
    Role::parse(&name.to_ascii_lowercase())
}

/// The mailbox with this special use.
pub(super) fn mailbox_of_use(head: &Head, attribute: &str) -> Option<MailboxId> {
    Some(head.with_role(role(attribute)?)?.id)
}

/// The keywords that flags stand for; those that can be none are left out (RFC 5232 2.4).
pub(super) fn keywords(flags: &[String]) -> Vec<Keyword> {
    let mut keywords = Vec::with_capacity(flags.len());
    for flag in flags {
        let name = match flag.strip_prefix('\\') {
            // RFC 8621 4.1.1: the system flags as keywords.
            Some(system) => match system.to_ascii_lowercase().as_str() {
                "seen" => "$seen",
                "answered" => "$answered",
                "flagged" => "$flagged",
                "deleted" => "$deleted",
                "draft" => "$draft",
                _ => continue,
            },
            None => flag,
        };
        if let Ok(keyword) = Keyword::try_from(name)
            && !keywords.contains(&keyword)
        {
            keywords.push(keyword);
        }
    }
    keywords
}

#[cfg(test)]
mod tests {

    use model::{AccountId, CreateMailbox, Mutation, Seq, UidValidity};

    use super::*;

    fn head() -> Head {
        let mut head = Head::new(AccountId(7));
        for (number, parent, name, role) in [
            (1, None, "Inbox", Some(Role::Inbox)),
            (2, None, "Müll", Some(Role::Junk)),
            (3, None, "Work", None),
            (4, Some(3), "Wachpost", None),
            (5, Some(1), "Later", None),
        ] {
            let create = Mutation::CreateMailbox(CreateMailbox {
                mailbox: MailboxId(number),
                parent: parent.map(MailboxId),
                name: MailboxName::try_from(name).unwrap(),
                role,
                uid_validity: UidValidity(number),
            });
            head.apply(&create, Seq(u64::from(number))).unwrap();
        }
        head
    }

    #[test]
    fn paths_lead_where_imap_shows_them() {
        let head = head();
        assert_eq!(mailbox(&head, "inbox"), Some(MailboxId(1)));
        assert_eq!(mailbox(&head, "INBOX/Later"), Some(MailboxId(5)));
        assert_eq!(mailbox(&head, "Work/Wachpost"), Some(MailboxId(4)));
        assert_eq!(mailbox(&head, "work"), None);
        assert_eq!(mailbox(&head, "Inbox2"), None);
        let missing = way(&head, "Work/a/b").unwrap();
        assert_eq!(missing.at, Some(MailboxId(3)));
        assert_eq!(missing.missing.len(), 2);
        assert_eq!(way(&head, "Work//b"), None);
        assert_eq!(way(&head, ""), None);
    }

    #[test]
    fn ids_and_uses() {
        let head = head();
        assert_eq!(mailbox_of_id(&head, "m4"), Some(MailboxId(4)));
        assert_eq!(mailbox_of_id(&head, "m04"), None);
        assert_eq!(mailbox_of_id(&head, "m9"), None);
        assert_eq!(mailbox_of_use(&head, "\\Junk"), Some(MailboxId(2)));
        assert_eq!(mailbox_of_use(&head, "\\Trash"), None);
    }

    #[test]
    fn flags_become_keywords() {
        let flags = ["\\Seen", "\\Recent", "$Label1", "\\seen", "no good"];
        let keywords = keywords(&flags.map(str::to_owned));
        let names: Vec<&str> = keywords.iter().map(Keyword::as_str).collect();
        assert_eq!(names, ["$seen", "$label1"]);
    }
}

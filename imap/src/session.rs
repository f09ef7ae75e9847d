//! The state of a session: which commands are allowed now (RFC 9051 3), and what the client enabled.

mod capabilities;

pub(crate) use capabilities::{Offer, capabilities};

use crate::codec::{By, Command, StatusItem, TextForm};

/// RFC 9051 3: the states; the fourth, logout, is the end of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    NotAuthenticated,
    Authenticated,
    Selected,
}

/// What the client enabled (RFC 5161), by `ENABLE` or by using it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Enabled {
    pub(crate) condstore: bool,
    pub(crate) qresync: bool,
    pub(crate) utf8: bool,
    pub(crate) rev2: bool,
}

/// Whether it may be said during a command that messages are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expunges {
    /// Yes.
    Told,
    /// No: the client's numbers must keep their meaning until the command is over.
    Held,
}

impl Enabled {
    /// In which form text goes to and fro.
    pub(crate) fn form(self) -> TextForm {
        if self.utf8 || self.rev2 {
            TextForm::Utf8
        } else {
            TextForm::Ascii
        }
    }

    /// RFC 7162 3.1: what makes the server report modification sequences from now on.
    pub(crate) fn note(&mut self, command: &Command<'_>) {
        use crate::codec::FetchItem;
        self.condstore |= match command {
            Command::Select(select) | Command::Examine(select) => {
                select.condstore || select.qresync.is_some()
            }
            Command::Status { items, .. } => items.contains(&StatusItem::HighestModSeq),
            Command::Fetch(fetch) => {
                fetch.changed_since.is_some() || fetch.items.contains(&FetchItem::ModSeq)
            }
            Command::Store(store) => store.unchanged_since.is_some(),
            Command::Search(search) => search.key.has_mod_seq(),
            _ => false,
        };
    }
}

/// Whether a command is allowed in a state.
pub(crate) fn is_allowed(phase: Phase, command: &Command<'_>) -> bool {
    match command {
        Command::Capability | Command::Noop | Command::Logout | Command::Id(_) => true,
        // RFC 9051 6.2: before sign-in only.
        Command::StartTls | Command::Authenticate { .. } | Command::Login { .. } => {
            phase == Phase::NotAuthenticated
        }
        // RFC 5161 3.1: before a mailbox is selected.
        Command::Enable(_) => phase == Phase::Authenticated,
        Command::Unauthenticate
        | Command::Compress(_)
        | Command::Idle
        | Command::Select(_)
        | Command::Examine(_)
        | Command::Create { .. }
        | Command::Delete(_)
        | Command::Rename { .. }
        | Command::Subscribe(_)
        | Command::Unsubscribe(_)
        | Command::List(_)
        | Command::Lsub { .. }
        | Command::Namespace
        | Command::GetJmapAccess
        | Command::Status { .. }
        | Command::Append(_)
        | Command::SetAcl(_)
        | Command::DeleteAcl { .. }
        | Command::GetAcl(_)
        | Command::ListRights { .. }
        | Command::MyRights(_)
        | Command::GetQuota(_)
        | Command::GetQuotaRoot(_)
        | Command::SetQuota(_)
        | Command::GetMetadata(_)
        | Command::SetMetadata(_) => phase != Phase::NotAuthenticated,
        Command::Check
        | Command::Close
        | Command::Unselect
        | Command::Expunge { .. }
        | Command::Search(_)
        | Command::Sort(_)
        | Command::Thread(_)
        | Command::Fetch(_)
        | Command::Store(_)
        | Command::Copy { .. }
        | Command::Move { .. } => phase == Phase::Selected,
    }
}

/// RFC 9051 7.5.1: no EXPUNGE while FETCH, STORE or SEARCH is in progress; RFC 5256: nor SORT and THREAD. With UIDs
/// there is no such rule.
pub(crate) fn expunges_after(command: &Command<'_>) -> Expunges {
    let by = match command {
        Command::Fetch(fetch) => fetch.by,
        Command::Store(store) => store.by,
        Command::Search(search) => search.by,
        Command::Sort(sort) => sort.by,
        Command::Thread(thread) => thread.by,
        _ => By::Uid,
    };
    expunges_before(by)
}

/// Numbers in the command mean what they meant when the client wrote it.
pub(crate) fn expunges_before(by: By) -> Expunges {
    match by {
        By::Sequence => Expunges::Held,
        By::Uid => Expunges::Told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::parse;

    fn allowed_in(line: &str) -> [bool; 3] {
        let (_, command) = parse(line.as_bytes(), TextForm::Ascii).unwrap();
        [
            Phase::NotAuthenticated,
            Phase::Authenticated,
            Phase::Selected,
        ]
        .map(|phase| is_allowed(phase, &command))
    }

    #[test]
    fn each_command_has_its_states() {
        for (line, expected) in [
            ("a NOOP", [true, true, true]),
            ("a LOGIN a b", [true, false, false]),
            ("a STARTTLS", [true, false, false]),
            ("a ENABLE CONDSTORE", [false, true, false]),
            ("a SELECT a", [false, true, true]),
            ("a IDLE", [false, true, true]),
            ("a FETCH 1 UID", [false, false, true]),
            ("a CLOSE", [false, false, true]),
        ] {
            assert_eq!(allowed_in(line), expected, "{line}");
        }
    }

    #[test]
    fn condstore_is_enabled_by_use() {
        for (line, expected) in [
            ("a SELECT a", false),
            ("a SELECT a (CONDSTORE)", true),
            ("a STATUS a (MESSAGES)", false),
            ("a STATUS a (HIGHESTMODSEQ)", true),
            ("a FETCH 1 (MODSEQ)", true),
            ("a FETCH 1 FLAGS (CHANGEDSINCE 1)", true),
            ("a STORE 1 (UNCHANGEDSINCE 1) FLAGS ()", true),
            ("a SEARCH MODSEQ 1", true),
        ] {
            let (_, command) = parse(line.as_bytes(), TextForm::Ascii).unwrap();
            let mut enabled = Enabled::default();
            enabled.note(&command);
            assert_eq!(enabled.condstore, expected, "{line}");
        }
    }
}

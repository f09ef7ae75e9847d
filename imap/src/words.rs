//! IMAP's words and the model's: flags and keywords, special use and roles, rights, object ids, modification sequences.
//!
//! The only place that knows both.

use groupware::{KeywordChange, View};
use model::{
    AccountId, EmailId, Keyword, Keywords, MailboxId, Rights, Role, Seq, ThreadId, Timestamp,
};

use crate::answer::{Answer, Failure};
use crate::codec::{AclRights, DateTime, Flag, SpecialUse, StoreAction};

/// The system flags and their keywords (RFC 8621 4.1.1), in the order in which they are shown.
const SYSTEM: [(Flag<'static>, &str, Keywords); 5] = [
    (Flag::Answered, "$answered", Keywords::ANSWERED),
    (Flag::Flagged, "$flagged", Keywords::FLAGGED),
    (Flag::Deleted, "$deleted", Keywords::DELETED),
    (Flag::Seen, "$seen", Keywords::SEEN),
    (Flag::Draft, "$draft", Keywords::DRAFT),
];

/// Registered keywords with a fixed bit, as clients spell them (IANA "IMAP and JMAP Keywords").
const REGISTERED: [(&str, &str); 6] = [
    ("$forwarded", "$Forwarded"),
    ("$junk", "$Junk"),
    ("$notjunk", "$NotJunk"),
    ("$phishing", "$Phishing"),
    ("$mdnsent", "$MDNSent"),
    ("$important", "$Important"),
];

/// Kept for `\Recent` of RFC 3501, which IMAP4rev2 does not know and nobody is shown.
const RECENT: &str = "$recent";

/// The keyword that a flag stands for.
pub(crate) fn keyword(flag: Flag<'_>) -> Result<Keyword, Failure> {
    let name = match flag {
        Flag::Keyword(name) => name,
        // RFC 9051 2.3.2: other system flags are not for clients to invent.
        Flag::Extension(_) => return Err(Answer::bad("Unknown system flag").into()),
        system => SYSTEM
            .iter()
            .find(|(flag, ..)| *flag == system)
            .map_or("", |(_, name, _)| name),
    };
    Keyword::try_from(name).map_err(|_| Answer::bad("No keyword can be called so").into())
}

/// The keywords that flags stand for.
pub(crate) fn keywords(flags: &[Flag<'_>]) -> Result<Vec<Keyword>, Failure> {
    flags.iter().map(|flag| keyword(*flag)).collect()
}

/// What STORE wants done to keywords.
pub(crate) fn keyword_change(
    action: StoreAction,
    flags: &[Flag<'_>],
) -> Result<KeywordChange, Failure> {
    let keywords = keywords(flags)?;
    Ok(match action {
        StoreAction::Replace => KeywordChange::Replace(keywords),
        StoreAction::Add => KeywordChange::Add(keywords),
        StoreAction::Remove => KeywordChange::Remove(keywords),
    })
}

/// The flag that a keyword is shown as; none for what is not shown.
fn flag(name: &str) -> Option<Flag<'_>> {
    if name == RECENT {
        return None;
    }
    let system = SYSTEM
        .iter()
        .find(|(_, known, _)| *known == name)
        .map(|(flag, ..)| *flag);
    let registered = || {
        REGISTERED
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, spelled)| Flag::Keyword(spelled))
    };
    Some(system.or_else(registered).unwrap_or(Flag::Keyword(name)))
}

/// The flags of an email.
pub(crate) fn flags(keywords: Keywords, view: &View) -> impl Iterator<Item = Flag<'_>> {
    view.keyword_names(keywords).filter_map(flag)
}

/// The flags that a mailbox knows: the system's, the registered ones, and the account's own.
pub(crate) fn known_flags(own: &[Keyword]) -> Vec<Flag<'_>> {
    let system = SYSTEM.iter().map(|(flag, ..)| *flag);
    let registered = REGISTERED.iter().map(|(_, name)| Flag::Keyword(name));
    let own = own.iter().map(|keyword| Flag::Keyword(keyword.as_str()));
    system.chain(registered).chain(own).collect()
}

/// Those of the flags that may be changed for good with these rights (RFC 4314 2.1), and whether new ones can be made.
pub(crate) fn permanent_flags<'f>(known: &[Flag<'f>], rights: Rights) -> (Vec<Flag<'f>>, bool) {
    let may = |flag: &Flag<'_>| {
        rights.contains(match flag {
            Flag::Seen => Rights::SEEN,
            Flag::Deleted => Rights::DELETE_EMAIL,
            _ => Rights::WRITE,
        })
    };
    let flags = known.iter().copied().filter(may).collect();
    (flags, rights.contains(Rights::WRITE))
}

/// RFC 7162 3.1.3: 0 never fits, since every message was changed at 1 or later.
pub(crate) fn unchanged_since(mod_seq: u64) -> Seq {
    Seq(mod_seq)
}

/// A modification sequence. RFC 7162 7: never 0.
pub(crate) fn mod_seq(seq: Seq) -> u64 {
    seq.0.max(1)
}

/// The role of a special use (RFC 6154 2).
pub(crate) fn role(special_use: SpecialUse) -> Role {
    match special_use {
        SpecialUse::All => Role::All,
        SpecialUse::Archive => Role::Archive,
        SpecialUse::Drafts => Role::Drafts,
        SpecialUse::Flagged => Role::Flagged,
        SpecialUse::Important => Role::Important,
        SpecialUse::Junk => Role::Junk,
        SpecialUse::Sent => Role::Sent,
        SpecialUse::Trash => Role::Trash,
    }
}

/// The special use of a role; the inbox has none, its name says it.
pub(crate) fn special_use(role: Role) -> Option<SpecialUse> {
    Some(match role {
        Role::Inbox => return None,
        Role::All => SpecialUse::All,
        Role::Archive => SpecialUse::Archive,
        Role::Drafts => SpecialUse::Drafts,
        Role::Flagged => SpecialUse::Flagged,
        Role::Important => SpecialUse::Important,
        Role::Junk => SpecialUse::Junk,
        Role::Sent => SpecialUse::Sent,
        Role::Trash => SpecialUse::Trash,
    })
}

/// The rights that letters stand for; none if one of them is no right.
pub(crate) fn rights(letters: AclRights) -> Option<Rights> {
    letters.letters().try_fold(Rights::NONE, |rights, letter| {
        Some(rights.with(Rights::from_letter(letter)?))
    })
}

/// The letters of rights. RFC 4314 2.1.1: the obsolete `c` and `d` are shown to old clients where a right they became is there.
pub(crate) fn acl_rights(rights: Rights) -> AclRights {
    let mut letters: String = rights.letters().collect();
    for obsolete in ['c', 'd'] {
        let became = Rights::from_letter(obsolete).unwrap_or_default();
        if rights.0 & became.0 != 0 {
            letters.push(obsolete);
        }
    }
    AclRights::from_letters(&letters).unwrap_or_default()
}

/// Whose ids are told to whom: the reader's own are those of JMAP (RFC 9698 3); those of others name their account, too, so that
/// none is told twice (RFC 8474 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ids {
    pub(crate) reader: AccountId,
    pub(crate) account: AccountId,
}

impl Ids {
    /// `MAILBOXID` (RFC 8474 4.1).
    pub(crate) fn mailbox(self, mailbox: MailboxId) -> String {
        self.id('m', mailbox.0)
    }

    /// `EMAILID` (RFC 8474 5.1).
    pub(crate) fn email(self, email: EmailId) -> String {
        self.id('e', email.0)
    }

    /// `THREADID` (RFC 8474 5.2).
    pub(crate) fn thread(self, thread: ThreadId) -> String {
        self.id('t', thread.0)
    }

    fn id(self, kind: char, number: u32) -> String {
        let Self { reader, account } = self;
        if reader == account {
            format!("{kind}{number}")
        } else {
            format!("a{account}-{kind}{number}")
        }
    }

    /// The number in an object id of this kind.
    pub(crate) fn number(self, kind: char, id: &str) -> Option<u32> {
        let (_, digits) = id.rsplit_once(kind)?;
        let number: u32 = digits.parse().ok()?;
        (self.id(kind, number) == id).then_some(number)
    }
}

/// When a message was received, as `INTERNALDATE` shows it.
pub(crate) fn internal_date(at: Timestamp) -> DateTime {
    DateTime::utc(at.seconds())
}

/// The moment of a date that a client wrote.
pub(crate) fn timestamp(date: DateTime) -> Timestamp {
    Timestamp::from_seconds(date.unix_seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_flags_go_to_and_fro() {
        for (wire, name, _) in SYSTEM {
            assert_eq!(keyword(wire).unwrap().as_str(), name);
            assert_eq!(flag(name), Some(wire));
        }
        assert_eq!(flag("$forwarded"), Some(Flag::Keyword("$Forwarded")));
        assert_eq!(flag(RECENT), None);
        assert!(keyword(Flag::Extension("Foo")).is_err());
    }

    #[test]
    fn obsolete_rights_are_shown_with_the_new_ones() {
        let letters = |rights| acl_rights(rights).letters().collect::<String>();
        assert_eq!(letters(Rights::ALL), "acdeiklprstwx");
        assert_eq!(letters(Rights::READ.with(Rights::LOOKUP)), "lr");
        assert_eq!(letters(Rights::CREATE), "ck");
        let all = AclRights::from_letters("lrswipkxtea").unwrap();
        assert_eq!(rights(all), Some(Rights::ALL));
        assert_eq!(rights(AclRights::from_letters("z").unwrap()), None);
    }

    #[test]
    fn object_ids_are_those_of_jmap_or_name_their_account() {
        let reader = AccountId(3);
        let own = Ids {
            reader,
            account: reader,
        };
        let foreign = Ids {
            reader,
            account: AccountId(4),
        };
        assert_eq!(own.email(EmailId(17)), "e17");
        assert_eq!(foreign.mailbox(MailboxId(2)), "a4-m2");
        assert_eq!(own.number('e', "e17"), Some(17));
        assert_eq!(foreign.number('m', "a4-m2"), Some(2));
        for wrong in ["e", "e017", "a4-e17", "t17", "e+7", "E17", ""] {
            assert_eq!(own.number('e', wrong), None, "{wrong}");
        }
        assert_eq!(foreign.number('e', "a5-e17"), None);
    }

    #[test]
    fn special_uses_are_roles() {
        for role_of in Role::ALL {
            let back = special_use(role_of).map(role);
            assert_eq!(back.unwrap_or(Role::Inbox), role_of);
        }
    }
}

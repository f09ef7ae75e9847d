//! A command: what a client asks for, parsed and typed, borrowing from the framed octets.

use std::borrow::Cow;

use super::acl::{SetAcl, mailbox_and_identifier, set_acl};
use super::append::{Append, append};
use super::fault::Fault;
use super::fetch::{Fetch, fetch};
use super::lexer::{Count, Lexer, Parsed, Word};
use super::list::{List, SpecialUse, create_uses, list, lsub};
use super::mailbox::{Mailbox, mailbox};
use super::metadata::{GetMetadata, SetMetadata, get_metadata, set_metadata};
use super::quota::{SetQuota, set_quota};
use super::search::{Search, search};
use super::select::{Select, select};
use super::sequence::{SequenceSet, sequence_set};
use super::sort_thread::{Sort, Thread, sort, thread};
use super::status::{StatusItem, status_items};
use super::store::{Store, store};
use super::{By, TextForm};

/// `command`: RFC 9051 6 and the extensions that this face speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// `CAPABILITY`.
    Capability,
    /// `NOOP`.
    Noop,
    /// `LOGOUT`.
    Logout,
    /// `STARTTLS`.
    StartTls,
    /// `AUTHENTICATE`.
    Authenticate {
        /// The SASL mechanism in the client's spelling.
        mechanism: &'a str,
        /// The initial response in base64 (RFC 4959); empty where the client sent `=`.
        initial: Option<Secret<'a>>,
    },
    /// `LOGIN`.
    Login {
        /// The user's name.
        user: Cow<'a, str>,
        /// The password.
        password: Secret<'a>,
    },
    /// `UNAUTHENTICATE` (RFC 8437).
    Unauthenticate,
    /// `ENABLE`: capabilities in the client's spelling.
    Enable(Vec<&'a str>),
    /// `ID` (RFC 2971): what the client says about itself; none for `NIL`.
    Id(Vec<IdField<'a>>),
    /// `COMPRESS` (RFC 4978): the mechanism in the client's spelling.
    Compress(&'a str),
    /// `IDLE`; the session then waits for the line `DONE`.
    Idle,

    /// `SELECT`.
    Select(Select<'a>),
    /// `EXAMINE`.
    Examine(Select<'a>),
    /// `CREATE`.
    Create {
        /// The name, without a hierarchy separator at its end.
        mailbox: Mailbox<'a>,
        /// `USE` (RFC 6154 3).
        uses: Vec<SpecialUse>,
    },
    /// `DELETE`.
    Delete(Mailbox<'a>),
    /// `RENAME`.
    Rename {
        /// The name it has.
        from: Mailbox<'a>,
        /// The name it gets.
        to: Mailbox<'a>,
    },
    /// `SUBSCRIBE`.
    Subscribe(Mailbox<'a>),
    /// `UNSUBSCRIBE`.
    Unsubscribe(Mailbox<'a>),
    /// `LIST`.
    List(List<'a>),
    /// `LSUB` (RFC 3501 6.3.9), decoded.
    Lsub {
        /// The reference name.
        reference: Cow<'a, str>,
        /// The pattern.
        pattern: Cow<'a, str>,
    },
    /// `NAMESPACE`.
    Namespace,
    /// `GETJMAPACCESS` (RFC 9698 4).
    GetJmapAccess,
    /// `STATUS`.
    Status {
        /// Which mailbox.
        mailbox: Mailbox<'a>,
        /// At least one, each once.
        items: Vec<StatusItem>,
    },
    /// `APPEND`.
    Append(Append<'a>),

    /// `SETACL` (RFC 4314 3.1).
    SetAcl(SetAcl<'a>),
    /// `DELETEACL` (RFC 4314 3.2).
    DeleteAcl {
        /// Which mailbox.
        mailbox: Mailbox<'a>,
        /// Whose rights.
        identifier: Cow<'a, str>,
    },
    /// `GETACL` (RFC 4314 3.3).
    GetAcl(Mailbox<'a>),
    /// `LISTRIGHTS` (RFC 4314 3.4).
    ListRights {
        /// Which mailbox.
        mailbox: Mailbox<'a>,
        /// Whose rights.
        identifier: Cow<'a, str>,
    },
    /// `MYRIGHTS` (RFC 4314 3.5).
    MyRights(Mailbox<'a>),
    /// `GETQUOTA` (RFC 9208 4.1.1): the quota root.
    GetQuota(Cow<'a, str>),
    /// `GETQUOTAROOT` (RFC 9208 4.1.2).
    GetQuotaRoot(Mailbox<'a>),
    /// `SETQUOTA` (RFC 9208 4.1.3).
    SetQuota(SetQuota<'a>),
    /// `GETMETADATA` (RFC 5464 4.2).
    GetMetadata(GetMetadata<'a>),
    /// `SETMETADATA` (RFC 5464 4.3).
    SetMetadata(SetMetadata<'a>),

    /// `CHECK` (RFC 3501 6.4.1).
    Check,
    /// `CLOSE`.
    Close,
    /// `UNSELECT`.
    Unselect,
    /// `EXPUNGE`, or `UID EXPUNGE` with a set.
    Expunge {
        /// Only these UIDs.
        uids: Option<SequenceSet>,
    },
    /// `SEARCH` and `UID SEARCH`.
    Search(Search<'a>),
    /// `SORT` and `UID SORT`.
    Sort(Sort<'a>),
    /// `THREAD` and `UID THREAD`.
    Thread(Thread<'a>),
    /// `FETCH` and `UID FETCH`.
    Fetch(Fetch<'a>),
    /// `STORE` and `UID STORE`.
    Store(Store<'a>),
    /// `COPY` and `UID COPY`.
    Copy {
        /// What the set's numbers are.
        by: By,
        /// Which messages.
        set: SequenceSet,
        /// Where to.
        mailbox: Mailbox<'a>,
    },
    /// `MOVE` and `UID MOVE`.
    Move {
        /// What the set's numbers are.
        by: By,
        /// Which messages.
        set: SequenceSet,
        /// Where to.
        mailbox: Mailbox<'a>,
    },
}

/// One field of `ID` and its value (RFC 2971 3.3).
pub type IdField<'a> = (Cow<'a, str>, Option<Cow<'a, str>>);

/// The tag of a command, repeated in its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag<'a>(&'a str);

impl<'a> Tag<'a> {
    /// The tag's text.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

/// Octets that must not appear in a log: a password, or what a SASL mechanism sends.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<'a>(Cow<'a, [u8]>);

impl Secret<'_> {
    /// The octets themselves.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Secret<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

/// A command that could not be parsed; the answer is `BAD`, with the tag if there is one (RFC 9051 7.1.3).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct ParseError<'a> {
    /// The tag, if the command began with one.
    pub tag: Option<Tag<'a>>,
    /// What was wrong.
    pub fault: Fault,
}

/// Parses a framed command. `form` says how the session writes mailbox names.
///
/// # Errors
/// Whatever is not a command of the grammar; the session stays in step.
pub fn parse(octets: &[u8], form: TextForm) -> Result<(Tag<'_>, Command<'_>), ParseError<'_>> {
    let mut lexer = Lexer::new(octets, form);
    let tag = lexer
        .tag()
        .map(Tag)
        .map_err(|fault| ParseError { tag: None, fault })?;
    match command(&mut lexer) {
        Ok(command) => Ok((tag, command)),
        Err(fault) => Err(ParseError {
            tag: Some(tag),
            fault,
        }),
    }
}

fn command<'a>(lexer: &mut Lexer<'a>) -> Parsed<Command<'a>> {
    lexer.space()?;
    let mut name = lexer.word();
    let mut by = By::Sequence;
    if name.as_str() == "UID" {
        lexer.space()?;
        name = lexer.word();
        by = By::Uid;
    }
    let command = match by {
        By::Uid => message_command(lexer, name, by)?,
        By::Sequence => match plain(name) {
            Some(command) => Some(command),
            None => match session_command(lexer, name)? {
                Some(command) => Some(command),
                None => match mailbox_command(lexer, name)? {
                    Some(command) => Some(command),
                    None => message_command(lexer, name, by)?,
                },
            },
        },
    };
    let command = command.ok_or(Fault::UnknownCommand)?;
    lexer.end()?;
    Ok(command)
}

/// Commands without arguments.
fn plain(name: Word) -> Option<Command<'static>> {
    Some(match name.as_str() {
        "CAPABILITY" => Command::Capability,
        "NOOP" => Command::Noop,
        "LOGOUT" => Command::Logout,
        "STARTTLS" => Command::StartTls,
        "UNAUTHENTICATE" => Command::Unauthenticate,
        "IDLE" => Command::Idle,
        "NAMESPACE" => Command::Namespace,
        "GETJMAPACCESS" => Command::GetJmapAccess,
        "CHECK" => Command::Check,
        "CLOSE" => Command::Close,
        "UNSELECT" => Command::Unselect,
        "EXPUNGE" => Command::Expunge { uids: None },
        _ => return None,
    })
}

/// Commands about the connection.
fn session_command<'a>(lexer: &mut Lexer<'a>, name: Word) -> Parsed<Option<Command<'a>>> {
    Ok(Some(match name.as_str() {
        "AUTHENTICATE" => {
            lexer.space()?;
            Command::Authenticate {
                mechanism: lexer.atom()?,
                initial: initial_response(lexer)?,
            }
        }
        "LOGIN" => {
            lexer.space()?;
            let user = lexer.astring_text()?;
            lexer.space()?;
            Command::Login {
                user,
                password: Secret(lexer.astring()?),
            }
        }
        "ENABLE" => Command::Enable(enable(lexer)?),
        "ID" => {
            lexer.space()?;
            Command::Id(id(lexer)?)
        }
        "COMPRESS" => {
            lexer.space()?;
            Command::Compress(lexer.atom()?)
        }
        _ => return Ok(None),
    }))
}

/// Commands that name a mailbox.
fn mailbox_command<'a>(lexer: &mut Lexer<'a>, name: Word) -> Parsed<Option<Command<'a>>> {
    Ok(Some(match name.as_str() {
        "SELECT" => Command::Select(select(lexer)?),
        "EXAMINE" => Command::Examine(select(lexer)?),
        "CREATE" => Command::Create {
            mailbox: created(lexer)?,
            uses: create_uses(lexer)?,
        },
        "DELETE" => Command::Delete(argument(lexer)?),
        "RENAME" => Command::Rename {
            from: argument(lexer)?,
            to: created(lexer)?,
        },
        "SUBSCRIBE" => Command::Subscribe(argument(lexer)?),
        "UNSUBSCRIBE" => Command::Unsubscribe(argument(lexer)?),
        "LIST" => Command::List(list(lexer)?),
        "LSUB" => {
            let (reference, pattern) = lsub(lexer)?;
            Command::Lsub { reference, pattern }
        }
        "STATUS" => {
            let mailbox = argument(lexer)?;
            lexer.space()?;
            Command::Status {
                mailbox,
                items: status_items(lexer)?,
            }
        }
        "APPEND" => Command::Append(append(lexer)?),
        "SETACL" => Command::SetAcl(set_acl(lexer)?),
        "DELETEACL" => {
            let (mailbox, identifier) = mailbox_and_identifier(lexer)?;
            Command::DeleteAcl {
                mailbox,
                identifier,
            }
        }
        "GETACL" => Command::GetAcl(argument(lexer)?),
        "LISTRIGHTS" => {
            let (mailbox, identifier) = mailbox_and_identifier(lexer)?;
            Command::ListRights {
                mailbox,
                identifier,
            }
        }
        "MYRIGHTS" => Command::MyRights(argument(lexer)?),
        "GETQUOTA" => {
            lexer.space()?;
            Command::GetQuota(lexer.astring_text()?)
        }
        "GETQUOTAROOT" => Command::GetQuotaRoot(argument(lexer)?),
        "SETQUOTA" => Command::SetQuota(set_quota(lexer)?),
        "GETMETADATA" => Command::GetMetadata(get_metadata(lexer)?),
        "SETMETADATA" => Command::SetMetadata(set_metadata(lexer)?),
        _ => return Ok(None),
    }))
}

/// Commands about messages of the selected mailbox.
fn message_command<'a>(lexer: &mut Lexer<'a>, name: Word, by: By) -> Parsed<Option<Command<'a>>> {
    Ok(Some(match (name.as_str(), by) {
        ("FETCH", _) => Command::Fetch(fetch(lexer, by)?),
        ("STORE", _) => Command::Store(store(lexer, by)?),
        ("SEARCH", _) => Command::Search(search(lexer, by)?),
        ("SORT", _) => Command::Sort(sort(lexer, by)?),
        ("THREAD", _) => Command::Thread(thread(lexer, by)?),
        ("COPY", _) => {
            let (set, mailbox) = set_and_mailbox(lexer)?;
            Command::Copy { by, set, mailbox }
        }
        ("MOVE", _) => {
            let (set, mailbox) = set_and_mailbox(lexer)?;
            Command::Move { by, set, mailbox }
        }
        // RFC 9051 6.4.9: UID EXPUNGE has a set, EXPUNGE has none.
        ("EXPUNGE", By::Uid) => {
            lexer.space()?;
            Command::Expunge {
                uids: Some(sequence_set(lexer)?),
            }
        }
        _ => return Ok(None),
    }))
}

fn argument<'a>(lexer: &mut Lexer<'a>) -> Parsed<Mailbox<'a>> {
    lexer.space()?;
    mailbox(lexer)
}

/// RFC 9051 6.3.4: a separator at the end says that children will follow; it is no part of the name.
fn created<'a>(lexer: &mut Lexer<'a>) -> Parsed<Mailbox<'a>> {
    argument(lexer).map(Mailbox::without_trailing_separator)
}

fn set_and_mailbox<'a>(lexer: &mut Lexer<'a>) -> Parsed<(SequenceSet, Mailbox<'a>)> {
    lexer.space()?;
    let set = sequence_set(lexer)?;
    Ok((set, argument(lexer)?))
}

/// `SP initial-resp`: base64, or `=` for an empty one (RFC 4959 3).
fn initial_response<'a>(lexer: &mut Lexer<'a>) -> Parsed<Option<Secret<'a>>> {
    if !lexer.has_argument() {
        return Ok(None);
    }
    lexer.space()?;
    let base64 = lexer
        .take_while(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/' | b'='));
    match base64 {
        b"" => Err(lexer.expected("an initial response in base64")),
        b"=" => Ok(Some(Secret(Cow::Borrowed(b"")))),
        base64 => Ok(Some(Secret(Cow::Borrowed(base64)))),
    }
}

fn enable<'a>(lexer: &mut Lexer<'a>) -> Parsed<Vec<&'a str>> {
    let mut capabilities = Vec::new();
    while capabilities.is_empty() || lexer.has_argument() {
        CAPABILITIES.check(capabilities.len())?;
        lexer.space()?;
        capabilities.push(lexer.atom()?);
    }
    Ok(capabilities)
}

/// `id-params-list`: `"(" *(string SP nstring) ")" / nil`.
fn id<'a>(lexer: &mut Lexer<'a>) -> Parsed<Vec<IdField<'a>>> {
    if lexer.eat_text("NIL") {
        return Ok(Vec::new());
    }
    lexer.list(ID_FIELDS, |lexer| {
        let name = lexer.string_text()?;
        lexer.space()?;
        Ok((name, lexer.nstring_text()?))
    })
}

/// RFC 5161 3.1 sets no bound.
const CAPABILITIES: Count = Count {
    what: "capabilities",
    limit: 64,
};
/// RFC 2971 3.3: at most 30 fields.
const ID_FIELDS: Count = Count {
    what: "ID fields",
    limit: 30,
};

#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod tests;

//! Status responses (RFC 9051 7.1) with their codes, and continuation requests.

use super::super::flag::Flag;
use super::Encoder;

/// The first word of a status response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `OK`.
    Ok,
    /// `NO`.
    No,
    /// `BAD`.
    Bad,
    /// `PREAUTH`; only untagged.
    PreAuth,
    /// `BYE`; only untagged.
    Bye,
}

/// `resp-text-code`. Ranges stand in the order given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code<'a> {
    /// `ALERT`: must be shown to the user.
    Alert,
    /// `ALREADYEXISTS`.
    AlreadyExists,
    /// `APPENDUID` (RFC 4315 3).
    AppendUid {
        /// The target's UID validity.
        uid_validity: u32,
        /// The new UIDs, in the order of the messages.
        uids: &'a [(u32, u32)],
    },
    /// `AUTHENTICATIONFAILED`.
    AuthenticationFailed,
    /// `AUTHORIZATIONFAILED`.
    AuthorizationFailed,
    /// `BADCHARSET (US-ASCII UTF-8)`.
    BadCharset,
    /// `CANNOT`.
    Cannot,
    /// `CAPABILITY`, without the leading `CAPABILITY`.
    Capability(&'a [&'a str]),
    /// `CLIENTBUG`.
    ClientBug,
    /// `CLOSED` (RFC 7162 3.2.11): what follows is about the newly selected mailbox.
    Closed,
    /// `COMPRESSIONACTIVE` (RFC 4978 3).
    CompressionActive,
    /// `CONTACTADMIN`.
    ContactAdmin,
    /// `COPYUID` (RFC 4315 3).
    CopyUid {
        /// The target's UID validity.
        uid_validity: u32,
        /// The UIDs copied from.
        source: &'a [(u32, u32)],
        /// The UIDs copied to, in the same order.
        target: &'a [(u32, u32)],
    },
    /// `CORRUPTION`.
    Corruption,
    /// `EXPIRED`.
    Expired,
    /// `EXPUNGEISSUED`.
    ExpungeIssued,
    /// `HASCHILDREN`.
    HasChildren,
    /// `HIGHESTMODSEQ` (RFC 7162 3.1.2.1).
    HighestModSeq(u64),
    /// `INUSE`.
    InUse,
    /// `LIMIT`.
    Limit,
    /// `MAILBOXID` (RFC 8474 4).
    MailboxId(&'a str),
    /// `MODIFIED` (RFC 7162 3.1.3).
    Modified(&'a [(u32, u32)]),
    /// `NOMODSEQ` (RFC 7162 3.1.2.2).
    NoModSeq,
    /// `NONEXISTENT`.
    NonExistent,
    /// `NOPERM`.
    NoPerm,
    /// `NOTSAVED` (RFC 5182 2.1).
    NotSaved,
    /// `METADATA LONGENTRIES` (RFC 5464 4.2.1): the octets of the largest value that was left out.
    MetadataLongEntries(u32),
    /// `METADATA MAXSIZE` (RFC 5464 4.3): octets that a value may have.
    MetadataMaxSize(u32),
    /// `METADATA TOOMANY` (RFC 5464 4.3).
    MetadataTooMany,
    /// `OVERQUOTA`.
    OverQuota,
    /// `PARSE`.
    Parse,
    /// `PERMANENTFLAGS`.
    PermanentFlags {
        /// Flags that can be changed for good.
        flags: &'a [Flag<'a>],
        /// `\*`: new keywords can be made.
        new_keywords: bool,
    },
    /// `PRIVACYREQUIRED`.
    PrivacyRequired,
    /// `READ-ONLY`.
    ReadOnly,
    /// `READ-WRITE`.
    ReadWrite,
    /// `SERVERBUG`.
    ServerBug,
    /// `TOOBIG` (RFC 7889 4).
    TooBig,
    /// `TRYCREATE`.
    TryCreate,
    /// `UIDNEXT`.
    UidNext(u32),
    /// `UIDNOTSTICKY`.
    UidNotSticky,
    /// `UIDVALIDITY`.
    UidValidity(u32),
    /// `UNAVAILABLE`.
    Unavailable,
    /// `UNKNOWN-CTE` (RFC 3516 4.3).
    UnknownCte,
    /// `UNSEEN` (RFC 3501 7.1): the first unseen message's number.
    Unseen(u32),
    /// `USEATTR` (RFC 6154 3): a special use cannot be given.
    UseAttr,
}

impl Encoder<'_> {
    /// A tagged response; `condition` is OK, NO or BAD.
    pub fn tagged(&mut self, tag: &str, condition: Condition, code: Option<Code<'_>>, text: &str) {
        self.raw(tag);
        self.out.push(b' ');
        self.status_line(condition, code, text);
    }

    /// An untagged status response.
    pub fn untagged(&mut self, condition: Condition, code: Option<Code<'_>>, text: &str) {
        self.raw("* ");
        self.status_line(condition, code, text);
    }

    /// A continuation request: text for a person, or the base64 of a SASL challenge (which may be empty).
    pub fn continuation(&mut self, text: &str) {
        self.raw("+ ");
        self.one_line(text);
        self.line_end();
    }

    fn status_line(&mut self, condition: Condition, code: Option<Code<'_>>, text: &str) {
        self.raw(match condition {
            Condition::Ok => "OK ",
            Condition::No => "NO ",
            Condition::Bad => "BAD ",
            Condition::PreAuth => "PREAUTH ",
            Condition::Bye => "BYE ",
        });
        if let Some(code) = code {
            self.out.push(b'[');
            self.code(code);
            self.raw("] ");
        }
        // RFC 9051 9: resp-text has at least one character.
        self.one_line(if text.is_empty() { "Done" } else { text });
        self.line_end();
    }

    /// Text without line ends, and without what the session's form cannot say.
    fn one_line(&mut self, text: &str) {
        let form = self.form;
        let plain = |char: char| match form {
            super::TextForm::Ascii => matches!(char, ' '..='~'),
            super::TextForm::Utf8 => !char.is_control(),
        };
        for char in text.chars() {
            let char = if plain(char) { char } else { '?' };
            self.out
                .extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }

    fn code(&mut self, code: Code<'_>) {
        self.raw(code_name(code));
        match code {
            Code::AppendUid { uid_validity, uids } => {
                self.number(uid_validity);
                self.out.push(b' ');
                self.ranges(uids.iter().copied());
            }
            Code::CopyUid {
                uid_validity,
                source,
                target,
            } => {
                self.number(uid_validity);
                self.out.push(b' ');
                self.ranges(source.iter().copied());
                self.out.push(b' ');
                self.ranges(target.iter().copied());
            }
            Code::Capability(names) => self.words(names),
            Code::HighestModSeq(number) => self.number(number),
            Code::MetadataLongEntries(octets) | Code::MetadataMaxSize(octets) => {
                self.number(octets);
            }
            Code::MailboxId(id) => {
                self.raw(id);
                self.out.push(b')');
            }
            Code::Modified(ranges) => self.ranges(ranges.iter().copied()),
            Code::PermanentFlags {
                flags,
                new_keywords,
            } => {
                self.out.push(b'(');
                for flag in flags {
                    flag.encode(self.out);
                    self.out.push(b' ');
                }
                if new_keywords {
                    self.raw("\\*");
                } else if !flags.is_empty() {
                    self.out.pop();
                }
                self.out.push(b')');
            }
            Code::UidNext(number) | Code::UidValidity(number) | Code::Unseen(number) => {
                self.number(number)
            }
            _ => {}
        }
    }

    /// Words with spaces between.
    pub(super) fn words(&mut self, words: &[&str]) {
        for (at, word) in words.iter().enumerate() {
            if at > 0 {
                self.out.push(b' ');
            }
            self.raw(word);
        }
    }
}

/// A code's name, with the space before its arguments.
fn code_name(code: Code<'_>) -> &'static str {
    match code {
        Code::Alert => "ALERT",
        Code::AlreadyExists => "ALREADYEXISTS",
        Code::AppendUid { .. } => "APPENDUID ",
        Code::AuthenticationFailed => "AUTHENTICATIONFAILED",
        Code::AuthorizationFailed => "AUTHORIZATIONFAILED",
        Code::BadCharset => "BADCHARSET (US-ASCII UTF-8)",
        Code::Cannot => "CANNOT",
        Code::Capability(_) => "CAPABILITY ",
        Code::ClientBug => "CLIENTBUG",
        Code::Closed => "CLOSED",
        Code::CompressionActive => "COMPRESSIONACTIVE",
        Code::ContactAdmin => "CONTACTADMIN",
        Code::CopyUid { .. } => "COPYUID ",
        Code::Corruption => "CORRUPTION",
        Code::Expired => "EXPIRED",
        Code::ExpungeIssued => "EXPUNGEISSUED",
        Code::HasChildren => "HASCHILDREN",
        Code::HighestModSeq(_) => "HIGHESTMODSEQ ",
        Code::InUse => "INUSE",
        Code::Limit => "LIMIT",
        Code::MailboxId(_) => "MAILBOXID (",
        Code::Modified(_) => "MODIFIED ",
        Code::NoModSeq => "NOMODSEQ",
        Code::NonExistent => "NONEXISTENT",
        Code::NoPerm => "NOPERM",
        Code::NotSaved => "NOTSAVED",
        Code::MetadataLongEntries(_) => "METADATA LONGENTRIES ",
        Code::MetadataMaxSize(_) => "METADATA MAXSIZE ",
        Code::MetadataTooMany => "METADATA TOOMANY",
        Code::OverQuota => "OVERQUOTA",
        Code::Parse => "PARSE",
        Code::PermanentFlags { .. } => "PERMANENTFLAGS ",
        Code::PrivacyRequired => "PRIVACYREQUIRED",
        Code::ReadOnly => "READ-ONLY",
        Code::ReadWrite => "READ-WRITE",
        Code::ServerBug => "SERVERBUG",
        Code::TooBig => "TOOBIG",
        Code::TryCreate => "TRYCREATE",
        Code::UidNext(_) => "UIDNEXT ",
        Code::UidNotSticky => "UIDNOTSTICKY",
        Code::UidValidity(_) => "UIDVALIDITY ",
        Code::Unavailable => "UNAVAILABLE",
        Code::UnknownCte => "UNKNOWN-CTE",
        Code::Unseen(_) => "UNSEEN ",
        Code::UseAttr => "USEATTR",
    }
}

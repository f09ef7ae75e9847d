//! The compact form of a script that is run: everything looked up and checked that can be before a message comes.

use crate::collation::Comparator;
use crate::fingerprint::Fingerprint;
use crate::needs::Place;
use crate::text::{Text, Variable};
use crate::wildcard::Pattern;

/// Commands in a row.
pub(crate) type Block = Box<[Statement]>;

/// A command and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) line: u32,
    pub(crate) command: Command,
}

/// What a command does.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    If(Box<[Branch]>),
    Stop,
    Return,
    Keep {
        flags: Option<Box<[Text]>>,
    },
    Discard,
    FileInto(Box<Target>),
    Redirect(Box<Redirect>),
    Reject {
        reason: Text,
        at_protocol: bool,
    },
    Vacation(Box<Vacation>),
    Notify(Box<Notify>),
    Set {
        variable: Variable,
        modifiers: Modifiers,
        value: Text,
    },
    Flags {
        change: FlagChange,
        variable: Option<Variable>,
        flags: Box<[Text]>,
    },
    AddHeader(Box<AddHeader>),
    DeleteHeader(Box<DeleteHeader>),
    Include(Box<Include>),
    ForEveryPart(Block),
    /// How many of the loops around it end.
    Break {
        loops: usize,
    },
    Replace(Box<Replace>),
    Enclose(Box<Enclose>),
    ExtractText {
        variable: Variable,
        modifiers: Modifiers,
        first: Option<usize>,
    },
    Error(Text),
}

/// One of `if`, `elsif`, `else`.
#[derive(Clone, Debug)]
pub(crate) struct Branch {
    pub(crate) line: u32,
    pub(crate) test: Test,
    pub(crate) block: Block,
}

/// A mailbox to file into, with everything said about it.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) mailbox: Text,
    pub(crate) mailbox_id: Option<Text>,
    pub(crate) special_use: Option<Text>,
    pub(crate) flags: Option<Box<[Text]>>,
    pub(crate) create: bool,
    pub(crate) copy: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Redirect {
    pub(crate) address: Text,
    pub(crate) copy: bool,
    pub(crate) is_list: bool,
    pub(crate) notify: Option<Text>,
    pub(crate) ret: Option<Text>,
}

#[derive(Clone, Debug)]
pub(crate) struct Vacation {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) seconds: u64,
    pub(crate) subject: Option<Text>,
    pub(crate) from: Option<Text>,
    pub(crate) addresses: Box<[Text]>,
    pub(crate) mime: bool,
    pub(crate) reason: Text,
    pub(crate) fcc: Option<Target>,
}

#[derive(Clone, Debug)]
pub(crate) struct Notify {
    pub(crate) method: Text,
    pub(crate) from: Option<Text>,
    pub(crate) importance: Option<Text>,
    pub(crate) message: Option<Text>,
    pub(crate) fcc: Option<Target>,
}

/// Which changes `set` and `extracttext` make, by falling precedence (RFC 5229 4.1, RFC 5435 6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Modifiers {
    pub(crate) case: Option<Case>,
    pub(crate) first: Option<Case>,
    pub(crate) quote_wildcard: bool,
    pub(crate) encode_url: bool,
    pub(crate) length: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Lower,
    Upper,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FlagChange {
    Set,
    Add,
    Remove,
}

#[derive(Clone, Debug)]
pub(crate) struct AddHeader {
    pub(crate) last: bool,
    pub(crate) name: Text,
    pub(crate) value: Text,
}

#[derive(Clone, Debug)]
pub(crate) struct DeleteHeader {
    pub(crate) index: Option<Index>,
    pub(crate) matching: Matching,
    pub(crate) name: Text,
    /// None: whatever the value is.
    pub(crate) patterns: Option<Box<[Key]>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Include {
    pub(crate) place: Place,
    pub(crate) once: bool,
    pub(crate) optional: bool,
    pub(crate) name: Box<str>,
}

#[derive(Clone, Debug)]
pub(crate) struct Replace {
    pub(crate) mime: bool,
    pub(crate) subject: Option<Text>,
    pub(crate) from: Option<Text>,
    pub(crate) text: Text,
}

#[derive(Clone, Debug)]
pub(crate) struct Enclose {
    pub(crate) subject: Option<Text>,
    pub(crate) headers: Box<[Text]>,
    pub(crate) text: Text,
}

/// A test.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    Is(bool),
    Not(Box<Self>),
    AllOf(Box<[Self]>),
    AnyOf(Box<[Self]>),
    Header(Box<Header>),
    Address(Box<Address>),
    Envelope(Box<Envelope>),
    Exists {
        names: Box<[Text]>,
        mime: Option<Children>,
    },
    Size {
        over: bool,
        octets: u64,
    },
    String {
        matching: Matching,
        sources: Box<[Text]>,
        keys: Box<[Key]>,
    },
    HasFlag {
        matching: Matching,
        variables: Option<Box<[Variable]>>,
        keys: Box<[Key]>,
    },
    Body {
        matching: Matching,
        transform: Transform,
        keys: Box<[Key]>,
    },
    Date(Box<Date>),
    Environment {
        matching: Matching,
        item: Text,
        keys: Box<[Key]>,
    },
    Spam {
        matching: Matching,
        percent: bool,
        keys: Box<[Key]>,
    },
    Virus {
        matching: Matching,
        keys: Box<[Key]>,
    },
    Duplicate(Box<Duplicate>),
    MailboxExists(Box<[Text]>),
    MailboxIdExists(Box<[Text]>),
    SpecialUseExists {
        mailbox: Option<Text>,
        uses: Box<[Text]>,
    },
    ValidExtList(Box<[Text]>),
    ValidNotifyMethod(Box<[Text]>),
    NotifyMethodCapability {
        matching: Matching,
        uri: Text,
        capability: Text,
        keys: Box<[Key]>,
    },
}

/// MATCH-TYPE and COMPARATOR (RFC 5228 2.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Matching {
    pub(crate) kind: MatchKind,
    pub(crate) comparator: Comparator,
    /// Whether wildcards that match leave their values behind (RFC 5229 3.2).
    pub(crate) captures: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MatchKind {
    Is,
    Contains,
    Matches,
    Value(Relation),
    Count(Relation),
    /// RFC 6134 2.2: the value stands in one of the lists that the keys name.
    List,
}

/// RFC 5231 3: relational-match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
}

/// A key with its wildcards understood, where it is constant.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) text: Text,
    pub(crate) pattern: Option<Pattern>,
}

/// RFC 5260 6: the occurrence of a field that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Index {
    /// From 1.
    pub(crate) number: usize,
    pub(crate) last: bool,
}

/// RFC 5703 4: whether the parts within count, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Children {
    No,
    All,
}

#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) matching: Matching,
    pub(crate) index: Option<Index>,
    pub(crate) mime: Option<Children>,
    pub(crate) aspect: Aspect,
    pub(crate) names: Box<[Text]>,
    pub(crate) keys: Box<[Key]>,
}

/// RFC 5703 4.1: what of a MIME field is looked at.
#[derive(Clone, Debug)]
pub(crate) enum Aspect {
    Whole,
    Type,
    Subtype,
    ContentType,
    Parameter(Box<[Text]>),
}

#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) matching: Matching,
    pub(crate) part: AddressPart,
    pub(crate) index: Option<Index>,
    pub(crate) mime: Option<Children>,
    pub(crate) names: Box<[Text]>,
    pub(crate) keys: Box<[Key]>,
}

/// RFC 5228 2.7.4, RFC 5233 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AddressPart {
    All,
    LocalPart,
    Domain,
    User,
    Detail,
}

#[derive(Clone, Debug)]
pub(crate) struct Envelope {
    pub(crate) matching: Matching,
    pub(crate) part: AddressPart,
    pub(crate) fields: Box<[Text]>,
    pub(crate) keys: Box<[Key]>,
}

/// RFC 5173 5: what of the body is looked at.
#[derive(Clone, Debug)]
pub(crate) enum Transform {
    Raw,
    Content(Box<[Text]>),
    Text,
}

#[derive(Clone, Debug)]
pub(crate) struct Date {
    pub(crate) matching: Matching,
    pub(crate) zone: Zone,
    pub(crate) index: Option<Index>,
    /// None: the time of the run (RFC 5260 5).
    pub(crate) header: Option<Text>,
    pub(crate) part: Text,
    pub(crate) keys: Box<[Key]>,
}

/// RFC 5260 4.1: the zone that a moment is told in.
#[derive(Clone, Debug)]
pub(crate) enum Zone {
    Local,
    Original,
    Given(Text),
}

#[derive(Clone, Debug)]
pub(crate) struct Duplicate {
    pub(crate) handle: Option<Text>,
    pub(crate) source: DuplicateSource,
    pub(crate) seconds: u64,
    pub(crate) last: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum DuplicateSource {
    Header(Text),
    UniqueId(Text),
}

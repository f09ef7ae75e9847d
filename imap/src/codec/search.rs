//! `SEARCH` (RFC 9051 6.4.4, RFC 3501 6.4.4) with ESEARCH, SEARCHRES, PARTIAL, WITHIN, CONDSTORE and OBJECTID keys.

use std::borrow::Cow;
use std::ops::Range;

use super::By;
use super::date::{Date, date};
use super::fault::Fault;
use super::flag::{Flag, keyword};
use super::lexer::{Count, Lexer, Parsed};
use super::sequence::{SequenceSet, sequence_set};

/// `search`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search<'a> {
    /// What the result's numbers are.
    pub by: By,
    /// What to return as `ESEARCH`; without, the answer is an untagged `SEARCH` (until IMAP4rev2 is enabled).
    pub returns: Option<SearchReturn>,
    /// What to look for; several keys stand in one [`SearchKey::And`].
    pub key: SearchKey<'a>,
}

/// `search-return-opts`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SearchReturn {
    /// `MIN`.
    pub min: bool,
    /// `MAX`.
    pub max: bool,
    /// `ALL`; also where the list of options was empty (RFC 9051 6.4.4).
    pub all: bool,
    /// `COUNT`.
    pub count: bool,
    /// `SAVE`: keep the result as `$` (RFC 5182).
    pub save: bool,
    /// `PARTIAL` (RFC 9394 3.1).
    pub partial: Option<PartialRange>,
}

/// `partial-range`: which results by place, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartialRange {
    /// The smaller place.
    pub first: u32,
    /// The larger place.
    pub last: u32,
    /// Places are counted from the end (`-1:-100`).
    pub from_end: bool,
}

impl PartialRange {
    /// The positions of these places among so many results, from 0; empty where there are none (RFC 9394 3.1).
    #[must_use]
    pub fn of(self, len: usize) -> Range<usize> {
        let place = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let (first, last) = (place(self.first), place(self.last));
        let (start, end) = if self.from_end {
            let end = len.saturating_sub(first.saturating_sub(1));
            (len.saturating_sub(last), end)
        } else {
            (first.saturating_sub(1), last.min(len))
        };
        start.min(end)..end
    }
}

/// `search-key`. Text is decoded to UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchKey<'a> {
    /// `ALL`.
    All,
    /// Every one of these; from a list in parentheses.
    And(Vec<Self>),
    /// `OR`.
    Or(Box<Self>, Box<Self>),
    /// `NOT`.
    Not(Box<Self>),
    /// `ANSWERED`, `SEEN`, `KEYWORD ...`: has the flag.
    Flagged(Flag<'a>),
    /// `UNANSWERED`, `UNSEEN`, `UNKEYWORD ...`: does not have the flag.
    Unflagged(Flag<'a>),
    /// `NEW`: recent and not seen (RFC 3501).
    New,
    /// `OLD`: not recent (RFC 3501).
    Old,
    /// `RECENT` (RFC 3501).
    Recent,
    /// `BCC`.
    Bcc(Cow<'a, str>),
    /// `BODY`.
    Body(Cow<'a, str>),
    /// `CC`.
    Cc(Cow<'a, str>),
    /// `FROM`.
    From(Cow<'a, str>),
    /// `HEADER`: a field with this text; an empty text asks for the field only.
    Header {
        /// The field's name.
        name: Cow<'a, str>,
        /// The text.
        text: Cow<'a, str>,
    },
    /// `SUBJECT`.
    Subject(Cow<'a, str>),
    /// `TEXT`.
    Text(Cow<'a, str>),
    /// `TO`.
    To(Cow<'a, str>),
    /// `BEFORE`: internal date before this day.
    Before(Date),
    /// `ON`: internal date on this day.
    On(Date),
    /// `SINCE`: internal date on this day or later.
    Since(Date),
    /// `SENTBEFORE`: `Date` field before this day.
    SentBefore(Date),
    /// `SENTON`.
    SentOn(Date),
    /// `SENTSINCE`.
    SentSince(Date),
    /// `LARGER`: more octets than this.
    Larger(u64),
    /// `SMALLER`: fewer octets than this.
    Smaller(u64),
    /// `OLDER`: internal date at least this many seconds ago (RFC 5032).
    Older(u32),
    /// `YOUNGER`: internal date at most this many seconds ago (RFC 5032).
    Younger(u32),
    /// Message numbers, or `$`.
    Sequence(SequenceSet),
    /// `UID`: UIDs, or `$`.
    Uid(SequenceSet),
    /// `MODSEQ`: changed at this modification sequence or later; an entry name is accepted and means nothing here
    /// (RFC 7162 3.1.5).
    ModSeq(u64),
    /// `EMAILID` (RFC 8474 6).
    EmailId(&'a str),
    /// `THREADID` (RFC 8474 6).
    ThreadId(&'a str),
    /// `FUZZY`: this key, loosely (RFC 6203).
    Fuzzy(Box<Self>),
}

impl SearchKey<'_> {
    /// Whether `MODSEQ` occurs, so that the answer names the highest modification sequence (RFC 7162 3.1.5).
    #[must_use]
    pub fn has_mod_seq(&self) -> bool {
        match self {
            Self::ModSeq(_) => true,
            Self::And(keys) => keys.iter().any(SearchKey::has_mod_seq),
            Self::Or(left, right) => left.has_mod_seq() || right.has_mod_seq(),
            Self::Not(key) | Self::Fuzzy(key) => key.has_mod_seq(),
            _ => false,
        }
    }
}

/// The arguments of `SEARCH`.
pub(super) fn search<'a>(lexer: &mut Lexer<'a>, by: By) -> Parsed<Search<'a>> {
    let returns = search_return(lexer)?;
    if lexer.eat_text(" CHARSET ") {
        charset(lexer)?;
    }
    Ok(Search {
        by,
        returns,
        key: search_keys(lexer)?,
    })
}

/// `" RETURN (" ... ")"`, if it is there.
pub(super) fn search_return(lexer: &mut Lexer<'_>) -> Parsed<Option<SearchReturn>> {
    if !lexer.eat_text(" RETURN ") {
        return Ok(None);
    }
    let mut returns = SearchReturn::default();
    let start = lexer.clone();
    let options = lexer.list(RETURN_OPTIONS, |lexer| {
        let start = lexer.clone();
        match lexer.word().as_str() {
            "MIN" => returns.min = true,
            "MAX" => returns.max = true,
            "ALL" => returns.all = true,
            "COUNT" => returns.count = true,
            "SAVE" => returns.save = true,
            "PARTIAL" if returns.partial.is_none() => {
                lexer.space()?;
                returns.partial = Some(partial_range(lexer)?);
            }
            _ => return Err(start.expected("a search return option")),
        }
        Ok(())
    })?;
    // RFC 9394 3.1: either one PARTIAL or ALL.
    if returns.all && returns.partial.is_some() {
        return Err(start.expected("ALL or PARTIAL"));
    }
    // RFC 9051 6.4.4: an empty list means ALL.
    returns.all |= options.is_empty();
    Ok(Some(returns))
}

/// `charset`: astring; only US-ASCII and UTF-8 are known.
pub(super) fn charset(lexer: &mut Lexer<'_>) -> Parsed<()> {
    let name = lexer.astring_text()?;
    // RFC 9051 6.4.4: both MUST be supported, others are answered with BADCHARSET.
    let known = ["UTF-8", "US-ASCII"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(&name))
        || quirk_charset(&name);
    if known {
        Ok(())
    } else {
        Err(Fault::BadCharset)
    }
}

/// Scripts with Python's imaplib send `UTF8` and `ASCII`, or NIL for "none".
fn quirk_charset(name: &str) -> bool {
    ["UTF8", "ASCII", "NIL"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
}

/// `1*(SP search-key)`: all must hold.
pub(super) fn search_keys<'a>(lexer: &mut Lexer<'a>) -> Parsed<SearchKey<'a>> {
    let mut budget = KEYS.limit;
    let mut keys = Vec::new();
    while keys.is_empty() || lexer.has_argument() {
        lexer.space()?;
        keys.push(search_key(lexer, DEPTH_MAX, &mut budget)?);
    }
    Ok(and(keys))
}

fn and(mut keys: Vec<SearchKey<'_>>) -> SearchKey<'_> {
    match (keys.pop(), keys.is_empty()) {
        (Some(key), true) => key,
        (Some(key), false) => {
            keys.push(key);
            SearchKey::And(keys)
        }
        (None, _) => SearchKey::All,
    }
}

fn search_key<'a>(
    lexer: &mut Lexer<'a>,
    depth: usize,
    budget: &mut usize,
) -> Parsed<SearchKey<'a>> {
    let depth = depth.checked_sub(1).ok_or(Fault::TooDeep {
        what: "search key",
        limit: DEPTH_MAX,
    })?;
    *budget = budget.checked_sub(1).ok_or(Fault::TooMany {
        what: KEYS.what,
        limit: KEYS.limit,
    })?;
    match lexer.peek() {
        Some(b'(') => {
            let start = lexer.clone();
            let keys = lexer.list(KEYS, |lexer| search_key(lexer, depth, budget))?;
            return if keys.is_empty() {
                Err(start.expected("a search key"))
            } else {
                Ok(and(keys))
            };
        }
        Some(b'0'..=b'9' | b'*' | b'$') => return sequence_set(lexer).map(SearchKey::Sequence),
        _ => {}
    }
    let start = lexer.clone();
    let word = lexer.word();
    if let Some(key) = flag_key(word.as_str()) {
        return Ok(key);
    }
    let mut nested = |lexer: &mut Lexer<'a>| {
        lexer.space()?;
        search_key(lexer, depth, budget).map(Box::new)
    };
    match word.as_str() {
        "NOT" => return nested(lexer).map(SearchKey::Not),
        "OR" => return Ok(SearchKey::Or(nested(lexer)?, nested(lexer)?)),
        "FUZZY" => return nested(lexer).map(SearchKey::Fuzzy),
        _ => {}
    }
    // Only keys with arguments are left.
    if !lexer.eat(b' ') {
        return Err(start.expected("a search key"));
    }
    Ok(match word.as_str() {
        "BCC" => SearchKey::Bcc(lexer.astring_text()?),
        "BODY" => SearchKey::Body(lexer.astring_text()?),
        "CC" => SearchKey::Cc(lexer.astring_text()?),
        "FROM" => SearchKey::From(lexer.astring_text()?),
        "SUBJECT" => SearchKey::Subject(lexer.astring_text()?),
        "TEXT" => SearchKey::Text(lexer.astring_text()?),
        "TO" => SearchKey::To(lexer.astring_text()?),
        "HEADER" => {
            let name = lexer.astring_text()?;
            lexer.space()?;
            SearchKey::Header {
                name,
                text: lexer.astring_text()?,
            }
        }
        "KEYWORD" => SearchKey::Flagged(keyword_key(lexer)?),
        "UNKEYWORD" => SearchKey::Unflagged(keyword_key(lexer)?),
        "BEFORE" => SearchKey::Before(date(lexer)?),
        "ON" => SearchKey::On(date(lexer)?),
        "SINCE" => SearchKey::Since(date(lexer)?),
        "SENTBEFORE" => SearchKey::SentBefore(date(lexer)?),
        "SENTON" => SearchKey::SentOn(date(lexer)?),
        "SENTSINCE" => SearchKey::SentSince(date(lexer)?),
        "LARGER" => SearchKey::Larger(lexer.number64()?),
        "SMALLER" => SearchKey::Smaller(lexer.number64()?),
        "OLDER" => SearchKey::Older(lexer.nz_number()?),
        "YOUNGER" => SearchKey::Younger(lexer.nz_number()?),
        "UID" => SearchKey::Uid(sequence_set(lexer)?),
        "MODSEQ" => SearchKey::ModSeq(mod_seq(lexer)?),
        "EMAILID" => SearchKey::EmailId(object_id(lexer)?),
        "THREADID" => SearchKey::ThreadId(object_id(lexer)?),
        _ => return Err(start.expected("a search key")),
    })
}

/// The keys without arguments.
fn flag_key(word: &str) -> Option<SearchKey<'static>> {
    Some(match word {
        "ALL" => SearchKey::All,
        "ANSWERED" => SearchKey::Flagged(Flag::Answered),
        "DELETED" => SearchKey::Flagged(Flag::Deleted),
        "DRAFT" => SearchKey::Flagged(Flag::Draft),
        "FLAGGED" => SearchKey::Flagged(Flag::Flagged),
        "SEEN" => SearchKey::Flagged(Flag::Seen),
        "UNANSWERED" => SearchKey::Unflagged(Flag::Answered),
        "UNDELETED" => SearchKey::Unflagged(Flag::Deleted),
        "UNDRAFT" => SearchKey::Unflagged(Flag::Draft),
        "UNFLAGGED" => SearchKey::Unflagged(Flag::Flagged),
        "UNSEEN" => SearchKey::Unflagged(Flag::Seen),
        "NEW" => SearchKey::New,
        "OLD" => SearchKey::Old,
        "RECENT" => SearchKey::Recent,
        _ => return None,
    })
}

/// `flag-keyword`; a search may ask for any.
fn keyword_key<'a>(lexer: &mut Lexer<'a>) -> Parsed<Flag<'a>> {
    keyword(lexer).map(Flag::Keyword)
}

/// `search-modsequence`: `[SP entry-name SP entry-type-req] SP mod-sequence-valzer` (RFC 7162 7).
fn mod_seq(lexer: &mut Lexer<'_>) -> Parsed<u64> {
    if lexer.peek() == Some(b'"') {
        lexer.string()?;
        lexer.space()?;
        let start = lexer.clone();
        if !matches!(lexer.word().as_str(), "PRIV" | "SHARED" | "ALL") {
            return Err(start.expected("priv, shared or all"));
        }
        lexer.space()?;
    }
    lexer.number64()
}

/// `objectid`: 1 to 255 letters, digits, `_` and `-` (RFC 8474 7).
fn object_id<'a>(lexer: &mut Lexer<'a>) -> Parsed<&'a str> {
    let start = lexer.clone();
    let id = lexer.atom()?;
    let valid = id.len() <= OBJECT_ID_OCTETS_MAX
        && id
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'-'));
    if valid {
        Ok(id)
    } else {
        Err(start.expected("an object id"))
    }
}

/// `partial-range`: `n:m` or `-n:-m` (RFC 9394 4).
pub(super) fn partial_range(lexer: &mut Lexer<'_>) -> Parsed<PartialRange> {
    let from_end = lexer.eat(b'-');
    let first = lexer.nz_number()?;
    lexer.octet(b':', "a colon")?;
    if from_end {
        lexer.octet(b'-', "a minus sign")?;
    }
    let last = lexer.nz_number()?;
    Ok(PartialRange {
        first: first.min(last),
        last: first.max(last),
        from_end,
    })
}

const RETURN_OPTIONS: Count = Count {
    what: "search return options",
    limit: 16,
};
/// Keys of one search in all; a client that asks for many addresses with OR stays far below.
const KEYS: Count = Count {
    what: "search keys",
    limit: 2_048,
};
/// Clients write `OR a OR b OR c ...` for a list of addresses; Outlook and Apple Mail come to some dozens.
const DEPTH_MAX: usize = 128;
/// RFC 8474 7.
const OBJECT_ID_OCTETS_MAX: usize = 255;

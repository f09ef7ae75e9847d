//! `SORT` and `THREAD` (RFC 5256, RFC 5267, RFC 5957).

use super::By;
use super::fault::Fault;
use super::lexer::{Count, Lexer, Parsed};
use super::search::{SearchKey, SearchReturn, charset, search_keys, search_return};

/// `sort`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort<'a> {
    /// What the result's numbers are.
    pub by: By,
    /// What to return as `ESEARCH` (RFC 5267 3.1); an untagged `SORT` otherwise.
    pub returns: Option<SearchReturn>,
    /// At least one; the first one counts most.
    pub criteria: Vec<SortCriterion>,
    /// What to look for.
    pub key: SearchKey<'a>,
}

/// `sort-criterion`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortCriterion {
    /// By what.
    pub key: SortKey,
    /// `REVERSE`: largest first.
    pub reverse: bool,
}

/// `sort-key` (RFC 5256 3, RFC 5957 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// Internal date.
    Arrival,
    /// First mailbox of `Cc`.
    Cc,
    /// `Date` field, in UTC.
    Date,
    /// First display name of `From`.
    DisplayFrom,
    /// First display name of `To`.
    DisplayTo,
    /// First mailbox of `From`.
    From,
    /// Size.
    Size,
    /// Base subject.
    Subject,
    /// First mailbox of `To`.
    To,
}

/// `thread`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread<'a> {
    /// What the result's numbers are.
    pub by: By,
    /// How.
    pub algorithm: ThreadAlgorithm,
    /// What to look for.
    pub key: SearchKey<'a>,
}

/// `thread-alg` (RFC 5256 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadAlgorithm {
    /// `ORDEREDSUBJECT`.
    OrderedSubject,
    /// `REFERENCES`.
    References,
}

/// The arguments of `SORT`.
pub(super) fn sort<'a>(lexer: &mut Lexer<'a>, by: By) -> Parsed<Sort<'a>> {
    let returns = search_return(lexer)?;
    lexer.space()?;
    let start = lexer.clone();
    let criteria = lexer.list(CRITERIA, sort_criterion)?;
    if criteria.is_empty() {
        return Err(start.expected("a sort criterion"));
    }
    lexer.space()?;
    charset(lexer)?;
    Ok(Sort {
        by,
        returns,
        criteria,
        key: search_keys(lexer)?,
    })
}

/// The arguments of `THREAD`.
pub(super) fn thread<'a>(lexer: &mut Lexer<'a>, by: By) -> Parsed<Thread<'a>> {
    lexer.space()?;
    let start = lexer.clone();
    let algorithm = match lexer.word().as_str() {
        "ORDEREDSUBJECT" => ThreadAlgorithm::OrderedSubject,
        "REFERENCES" => ThreadAlgorithm::References,
        _ => return Err(start.expected("ORDEREDSUBJECT or REFERENCES")),
    };
    lexer.space()?;
    charset(lexer)?;
    Ok(Thread {
        by,
        algorithm,
        key: search_keys(lexer)?,
    })
}

fn sort_criterion(lexer: &mut Lexer<'_>) -> Parsed<SortCriterion> {
    let reverse = lexer.eat_text("REVERSE ");
    let start = lexer.clone();
    let key = match lexer.word().as_str() {
        "ARRIVAL" => SortKey::Arrival,
        "CC" => SortKey::Cc,
        "DATE" => SortKey::Date,
        "DISPLAYFROM" => SortKey::DisplayFrom,
        "DISPLAYTO" => SortKey::DisplayTo,
        "FROM" => SortKey::From,
        "SIZE" => SortKey::Size,
        "SUBJECT" => SortKey::Subject,
        "TO" => SortKey::To,
        _ => return Err::<_, Fault>(start.expected("a sort key")),
    };
    Ok(SortCriterion { key, reverse })
}

/// There are nine keys; repeating one changes nothing.
const CRITERIA: Count = Count {
    what: "sort criteria",
    limit: 16,
};

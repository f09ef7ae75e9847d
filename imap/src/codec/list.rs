//! `LIST` in its basic (RFC 9051 6.3.9) and extended form (RFC 5258, RFC 5819, RFC 6154, RFC 8440), and special use.

use std::borrow::Cow;

use super::lexer::{Count, Lexer, Parsed};
use super::mailbox::list_mailbox;
use super::status::{StatusItem, status_items};

/// `list`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<'a> {
    /// Which mailboxes at all.
    pub selection: ListSelection,
    /// The reference name, decoded.
    pub reference: Cow<'a, str>,
    /// At least one pattern, decoded; see [`super::list_matches`]. One empty pattern in the basic form asks for the
    /// hierarchy separator.
    pub patterns: Vec<Cow<'a, str>>,
    /// What to say about each.
    pub returns: ListReturn,
    /// The extended syntax was used (options or several patterns).
    pub extended: bool,
}

/// `list-select-opts`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListSelection {
    /// `SUBSCRIBED`.
    pub subscribed: bool,
    /// `REMOTE`.
    pub remote: bool,
    /// `RECURSIVEMATCH`; the parser refuses it alone.
    pub recursive_match: bool,
    /// `SPECIAL-USE` (RFC 6154 2).
    pub special_use: bool,
}

/// `list-return-opts`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListReturn {
    /// `SUBSCRIBED`.
    pub subscribed: bool,
    /// `CHILDREN`.
    pub children: bool,
    /// `SPECIAL-USE` (RFC 6154 2).
    pub special_use: bool,
    /// `MYRIGHTS` (RFC 8440).
    pub my_rights: bool,
    /// `STATUS (...)` (RFC 5819); empty where not asked for.
    pub status: Vec<StatusItem>,
}

/// `use-attr`: what a mailbox is for (RFC 6154 2, RFC 8457 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecialUse {
    /// `\All`.
    All,
    /// `\Archive`.
    Archive,
    /// `\Drafts`.
    Drafts,
    /// `\Flagged`.
    Flagged,
    /// `\Important`.
    Important,
    /// `\Junk`.
    Junk,
    /// `\Sent`.
    Sent,
    /// `\Trash`.
    Trash,
}

impl SpecialUse {
    /// The attribute on the wire, with its backslash.
    #[must_use]
    pub fn name(self) -> &'static str {
        SPECIAL_USES
            .iter()
            .find(|(_, known)| *known == self)
            .map_or("", |(name, _)| name)
    }
}

/// The arguments of `LIST`.
pub(super) fn list<'a>(lexer: &mut Lexer<'a>) -> Parsed<List<'a>> {
    lexer.space()?;
    let mut extended = false;
    let mut selection = ListSelection::default();
    if lexer.peek() == Some(b'(') {
        extended = true;
        selection = selection_options(lexer)?;
        lexer.space()?;
    }
    let reference = list_mailbox(lexer)?;
    lexer.space()?;
    let patterns = if lexer.peek() == Some(b'(') {
        extended = true;
        lexer.list(PATTERNS, list_mailbox)?
    } else {
        vec![list_mailbox(lexer)?]
    };
    if patterns.is_empty() {
        return Err(lexer.expected("a pattern"));
    }
    let mut returns = ListReturn::default();
    if lexer.eat_text(" RETURN ") {
        extended = true;
        returns = return_options(lexer)?;
    }
    Ok(List {
        selection,
        reference,
        patterns,
        returns,
        extended,
    })
}

/// The arguments of `LSUB` (RFC 3501 6.3.9): reference and pattern.
pub(super) fn lsub<'a>(lexer: &mut Lexer<'a>) -> Parsed<(Cow<'a, str>, Cow<'a, str>)> {
    lexer.space()?;
    let reference = list_mailbox(lexer)?;
    lexer.space()?;
    Ok((reference, list_mailbox(lexer)?))
}

/// `create-param`: `(USE (\Sent ...))` (RFC 6154 3).
pub(super) fn create_uses(lexer: &mut Lexer<'_>) -> Parsed<Vec<SpecialUse>> {
    if !lexer.eat_text(" (") {
        return Ok(Vec::new());
    }
    if !lexer.eat_text("USE ") {
        return Err(lexer.expected("USE"));
    }
    let uses = lexer.list(OPTIONS, special_use)?;
    lexer.octet(b')', "a closing parenthesis")?;
    Ok(uses)
}

fn special_use(lexer: &mut Lexer<'_>) -> Parsed<SpecialUse> {
    let start = lexer.clone();
    lexer.octet(b'\\', "a special use")?;
    let name = lexer.atom()?;
    SPECIAL_USES
        .iter()
        .find(|(known, _)| {
            known
                .strip_prefix('\\')
                .is_some_and(|known| known.eq_ignore_ascii_case(name))
        })
        .map(|(_, known)| *known)
        .ok_or_else(|| start.expected("a special use"))
}

fn selection_options(lexer: &mut Lexer<'_>) -> Parsed<ListSelection> {
    let start = lexer.clone();
    let mut selection = ListSelection::default();
    lexer.list(OPTIONS, |lexer| {
        let start = lexer.clone();
        match lexer.word().as_str() {
            "SUBSCRIBED" => selection.subscribed = true,
            "REMOTE" => selection.remote = true,
            "RECURSIVEMATCH" => selection.recursive_match = true,
            "SPECIAL-USE" => selection.special_use = true,
            // RFC 5258 3: an unknown option is answered with BAD.
            _ => return Err(start.expected("a selection option")),
        }
        Ok(())
    })?;
    // RFC 9051 6.3.9.1: RECURSIVEMATCH needs an option that selects by something.
    if selection.recursive_match && !(selection.subscribed || selection.special_use) {
        return Err(start.expected("RECURSIVEMATCH with another selection option"));
    }
    Ok(selection)
}

fn return_options(lexer: &mut Lexer<'_>) -> Parsed<ListReturn> {
    let mut returns = ListReturn::default();
    lexer.list(OPTIONS, |lexer| {
        let start = lexer.clone();
        match lexer.word().as_str() {
            "SUBSCRIBED" => returns.subscribed = true,
            "CHILDREN" => returns.children = true,
            "SPECIAL-USE" => returns.special_use = true,
            "MYRIGHTS" => returns.my_rights = true,
            "STATUS" => {
                lexer.space()?;
                returns.status = status_items(lexer)?;
            }
            _ => return Err(start.expected("a return option")),
        }
        Ok(())
    })?;
    Ok(returns)
}

const SPECIAL_USES: [(&str, SpecialUse); 8] = [
    ("\\All", SpecialUse::All),
    ("\\Archive", SpecialUse::Archive),
    ("\\Drafts", SpecialUse::Drafts),
    ("\\Flagged", SpecialUse::Flagged),
    ("\\Important", SpecialUse::Important),
    ("\\Junk", SpecialUse::Junk),
    ("\\Sent", SpecialUse::Sent),
    ("\\Trash", SpecialUse::Trash),
];
/// Options of one list; there are fewer.
const OPTIONS: Count = Count {
    what: "options",
    limit: 16,
};
/// Every pattern is compared with every mailbox.
const PATTERNS: Count = Count {
    what: "patterns",
    limit: 64,
};

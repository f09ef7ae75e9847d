//! `FETCH` (RFC 9051 6.4.5) with its items, sections and modifiers.

use std::borrow::Cow;

use super::By;
use super::lexer::{Count, Lexer, Parsed};
use super::search::{PartialRange, partial_range};
use super::sequence::{SequenceSet, sequence_set};

/// `fetch`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch<'a> {
    /// What the set's numbers are.
    pub by: By,
    /// Which messages.
    pub set: SequenceSet,
    /// What of them, macros spelled out. With [`By::Uid`], the UID is reported even where it is not among the items.
    pub items: Vec<FetchItem<'a>>,
    /// Only messages changed after this modification sequence (RFC 7162 3.1.4.1).
    pub changed_since: Option<u64>,
    /// `VANISHED`: also say which are gone (RFC 7162 3.2.6); the session checks that QRESYNC is enabled and `by` is UID.
    pub vanished: bool,
    /// `PARTIAL`: of the messages that the set names only those at these places (RFC 9394 3.3); only with UIDs.
    pub partial: Option<PartialRange>,
}

/// `fetch-att`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchItem<'a> {
    /// `FLAGS`.
    Flags,
    /// `UID`.
    Uid,
    /// `ENVELOPE`.
    Envelope,
    /// `INTERNALDATE`.
    InternalDate,
    /// `RFC822`: the message; sets `\Seen` (RFC 3501 6.4.5).
    Rfc822,
    /// `RFC822.HEADER`: the header (RFC 3501 6.4.5).
    Rfc822Header,
    /// `RFC822.TEXT`: the body; sets `\Seen` (RFC 3501 6.4.5).
    Rfc822Text,
    /// `RFC822.SIZE`.
    Rfc822Size,
    /// `BODY`: the structure without extension data.
    Body,
    /// `BODYSTRUCTURE`.
    BodyStructure,
    /// `BODY[...]` or `BODY.PEEK[...]`.
    Section {
        /// Which section.
        section: Section<'a>,
        /// Which octets of it.
        partial: Option<Partial>,
        /// `.PEEK`: leaves `\Seen` alone.
        peek: bool,
    },
    /// `BINARY[...]` or `BINARY.PEEK[...]`: a decoded part (RFC 3516 4.2).
    Binary {
        /// The part's path; empty for the whole message.
        part: Vec<u32>,
        /// Which octets of it.
        partial: Option<Partial>,
        /// `.PEEK`: leaves `\Seen` alone.
        peek: bool,
    },
    /// `BINARY.SIZE[...]`.
    BinarySize {
        /// The part's path; empty for the whole message.
        part: Vec<u32>,
    },
    /// `MODSEQ` (RFC 7162 3.1.5).
    ModSeq,
    /// `EMAILID` (RFC 8474 5.1).
    EmailId,
    /// `THREADID` (RFC 8474 5.2).
    ThreadId,
    /// `PREVIEW` (RFC 8970 3.1).
    Preview {
        /// `(LAZY)`: only where it is at hand.
        lazy: bool,
    },
}

/// `section`: a part of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section<'a> {
    /// The part's path; empty for the whole message.
    pub part: Vec<u32>,
    /// What of the part; all of it otherwise.
    pub text: Option<SectionText<'a>>,
}

/// `section-text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SectionText<'a> {
    /// `HEADER`.
    Header,
    /// `HEADER.FIELDS (...)`: only these fields.
    HeaderFields(Vec<Cow<'a, str>>),
    /// `HEADER.FIELDS.NOT (...)`: all but these fields.
    HeaderFieldsNot(Vec<Cow<'a, str>>),
    /// `TEXT`.
    Text,
    /// `MIME`: the part's own header; only with a path.
    Mime,
}

/// `partial`: `<offset.count>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partial {
    /// Octets to leave out at the start.
    pub offset: u64,
    /// Octets at most; not 0.
    pub count: u64,
}

/// The arguments of `FETCH`.
pub(super) fn fetch<'a>(lexer: &mut Lexer<'a>, by: By) -> Parsed<Fetch<'a>> {
    lexer.space()?;
    let set = sequence_set(lexer)?;
    lexer.space()?;
    let items = if lexer.peek() == Some(b'(') {
        let start = lexer.clone();
        let items = lexer.list(ITEMS, fetch_item)?;
        if items.is_empty() {
            return Err(start.expected("a fetch item"));
        }
        items
    } else if let Some(items) = fetch_macro(lexer) {
        items
    } else {
        vec![fetch_item(lexer)?]
    };
    let mut fetch = Fetch {
        by,
        set,
        items,
        changed_since: None,
        vanished: false,
        partial: None,
    };
    if lexer.has_argument() {
        lexer.space()?;
        modifiers(lexer, &mut fetch)?;
    }
    Ok(fetch)
}

/// RFC 9051 6.4.5: a macro stands alone.
fn fetch_macro<'a>(lexer: &mut Lexer<'a>) -> Option<Vec<FetchItem<'a>>> {
    use FetchItem::{Body, Envelope, Flags, InternalDate, Rfc822Size};
    let mut ahead = lexer.clone();
    let items = match ahead.word().as_str() {
        "ALL" => vec![Flags, InternalDate, Rfc822Size, Envelope],
        "FAST" => vec![Flags, InternalDate, Rfc822Size],
        "FULL" => vec![Flags, InternalDate, Rfc822Size, Envelope, Body],
        _ => return None,
    };
    *lexer = ahead;
    Some(items)
}

fn modifiers(lexer: &mut Lexer<'_>, fetch: &mut Fetch<'_>) -> Parsed<()> {
    let start = lexer.clone();
    lexer.list(MODIFIERS, |lexer| {
        let start = lexer.clone();
        match lexer.word().as_str() {
            "CHANGEDSINCE" => {
                lexer.space()?;
                fetch.changed_since = Some(lexer.number64()?);
            }
            "VANISHED" => fetch.vanished = true,
            // RFC 9394 3.3: the range of the SEARCH option, and like that once.
            "PARTIAL" if fetch.partial.is_none() => {
                lexer.space()?;
                fetch.partial = Some(partial_range(lexer)?);
            }
            _ => return Err(start.expected("CHANGEDSINCE, VANISHED or PARTIAL")),
        }
        Ok(())
    })?;
    // RFC 7162 3.2.6: VANISHED without CHANGEDSINCE, or with message numbers, is an error.
    if fetch.vanished && (fetch.changed_since.is_none() || fetch.by == By::Sequence) {
        return Err(start.expected("VANISHED with UID FETCH and CHANGEDSINCE"));
    }
    // RFC 9394 3.3: a modifier of UID FETCH.
    if fetch.partial.is_some() && fetch.by == By::Sequence {
        return Err(start.expected("PARTIAL with UID FETCH"));
    }
    Ok(())
}

fn fetch_item<'a>(lexer: &mut Lexer<'a>) -> Parsed<FetchItem<'a>> {
    let start = lexer.clone();
    let word = lexer.word();
    let bracket = lexer.peek() == Some(b'[');
    Ok(match (word.as_str(), bracket) {
        ("FLAGS", false) => FetchItem::Flags,
        ("UID", false) => FetchItem::Uid,
        ("ENVELOPE", false) => FetchItem::Envelope,
        ("INTERNALDATE", false) => FetchItem::InternalDate,
        ("RFC822", false) => FetchItem::Rfc822,
        ("RFC822.HEADER", false) => FetchItem::Rfc822Header,
        ("RFC822.TEXT", false) => FetchItem::Rfc822Text,
        ("RFC822.SIZE", false) => FetchItem::Rfc822Size,
        ("BODYSTRUCTURE", false) => FetchItem::BodyStructure,
        ("BODY", false) => FetchItem::Body,
        (name @ ("BODY" | "BODY.PEEK"), true) => {
            let (section, partial) = (section(lexer)?, partial(lexer)?);
            FetchItem::Section {
                section,
                partial,
                peek: name == "BODY.PEEK",
            }
        }
        (name @ ("BINARY" | "BINARY.PEEK"), true) => {
            let (part, partial) = (section_binary(lexer)?, partial(lexer)?);
            FetchItem::Binary {
                part,
                partial,
                peek: name == "BINARY.PEEK",
            }
        }
        ("BINARY.SIZE", true) => FetchItem::BinarySize {
            part: section_binary(lexer)?,
        },
        ("MODSEQ", false) => FetchItem::ModSeq,
        ("EMAILID", false) => FetchItem::EmailId,
        ("THREADID", false) => FetchItem::ThreadId,
        ("PREVIEW", false) => FetchItem::Preview {
            lazy: lexer.eat_text(" (LAZY)"),
        },
        _ => return Err(start.expected("a fetch item")),
    })
}

/// `section`: `"[" [section-spec] "]"`.
fn section<'a>(lexer: &mut Lexer<'a>) -> Parsed<Section<'a>> {
    lexer.octet(b'[', "an opening bracket")?;
    let mut part = Vec::new();
    let mut dotted = true;
    while dotted && lexer.peek().is_some_and(|octet| octet.is_ascii_digit()) {
        PART_DEPTH.check(part.len())?;
        part.push(lexer.nz_number()?);
        dotted = lexer.eat(b'.');
    }
    // After a path either nothing or `.` and a text; without a path no dot stands before the text.
    let text_expected = if part.is_empty() {
        lexer.peek() != Some(b']')
    } else {
        dotted
    };
    let text = if text_expected {
        Some(section_text(lexer, !part.is_empty())?)
    } else {
        None
    };
    lexer.octet(b']', "a closing bracket")?;
    Ok(Section { part, text })
}

fn section_text<'a>(lexer: &mut Lexer<'a>, in_part: bool) -> Parsed<SectionText<'a>> {
    let start = lexer.clone();
    Ok(match lexer.word().as_str() {
        "HEADER" => SectionText::Header,
        "HEADER.FIELDS" => SectionText::HeaderFields(header_list(lexer)?),
        "HEADER.FIELDS.NOT" => SectionText::HeaderFieldsNot(header_list(lexer)?),
        "TEXT" => SectionText::Text,
        "MIME" if in_part => SectionText::Mime,
        _ => return Err(start.expected("a section")),
    })
}

/// `header-list`.
fn header_list<'a>(lexer: &mut Lexer<'a>) -> Parsed<Vec<Cow<'a, str>>> {
    lexer.space()?;
    let start = lexer.clone();
    let names = lexer.list(HEADER_FIELDS, header_field_name)?;
    if names.is_empty() {
        Err(start.expected("a header field's name"))
    } else {
        Ok(names)
    }
}

/// `header-fld-name`: a field's name as RFC 5322 2.2 has it, so that it can be given back in the answer.
fn header_field_name<'a>(lexer: &mut Lexer<'a>) -> Parsed<Cow<'a, str>> {
    let start = lexer.clone();
    let name = lexer.astring_text()?;
    if name.bytes().all(|octet| matches!(octet, 0x21..=0x7e)) {
        Ok(name)
    } else {
        Err(start.expected("a header field's name"))
    }
}

/// `section-binary`: `"[" [section-part] "]"`.
fn section_binary(lexer: &mut Lexer<'_>) -> Parsed<Vec<u32>> {
    let start = lexer.clone();
    let section = section(lexer)?;
    if section.text.is_some() {
        Err(start.expected("the number of a part"))
    } else {
        Ok(section.part)
    }
}

/// `partial`: `"<" number64 "." nz-number64 ">"`.
fn partial(lexer: &mut Lexer<'_>) -> Parsed<Option<Partial>> {
    if !lexer.eat(b'<') {
        return Ok(None);
    }
    let offset = lexer.number64()?;
    lexer.octet(b'.', "a dot")?;
    let start = lexer.clone();
    let count = lexer.number64()?;
    if count == 0 {
        return Err(start.expected("a count other than 0"));
    }
    lexer.octet(b'>', "a closing angle bracket")?;
    Ok(Some(Partial { offset, count }))
}

/// Items of one FETCH; a client may ask for many single header fields or parts.
const ITEMS: Count = Count {
    what: "fetch items",
    limit: 256,
};
const MODIFIERS: Count = Count {
    what: "fetch modifiers",
    limit: 8,
};
const HEADER_FIELDS: Count = Count {
    what: "header fields",
    limit: 256,
};
/// As deep as messages are parsed at all.
const PART_DEPTH: Count = Count {
    what: "levels of a part's path",
    limit: 64,
};

//! `GETMETADATA` and `SETMETADATA` (RFC 5464 4).

use std::borrow::Cow;

use super::lexer::{Count, Lexer, Parsed};
use super::mailbox::{Mailbox, mailbox};

/// `getmetadata`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetMetadata<'a> {
    /// Of which mailbox; the empty name stands for the server.
    pub mailbox: Mailbox<'a>,
    /// `MAXSIZE`: octets of the largest value that is wanted.
    pub octets_max: Option<u32>,
    /// `DEPTH`.
    pub depth: MetadataDepth,
    /// The entries' names; at least one.
    pub entries: Vec<Cow<'a, str>>,
}

/// How far below a name entries are wanted, too (RFC 5464 4.2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetadataDepth {
    /// `0`: only the name itself.
    #[default]
    Itself,
    /// `1`: and what is right below it.
    Children,
    /// `infinity`: and all that is below it.
    All,
}

/// `setmetadata`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetMetadata<'a> {
    /// Of which mailbox; the empty name stands for the server.
    pub mailbox: Mailbox<'a>,
    /// Names and values; `NIL` takes an entry away.
    pub values: Vec<MetadataEntry<'a>>,
}

/// An entry's name and value.
pub type MetadataEntry<'a> = (Cow<'a, str>, Option<Cow<'a, [u8]>>);

/// The arguments of `GETMETADATA`.
pub(super) fn get_metadata<'a>(lexer: &mut Lexer<'a>) -> Parsed<GetMetadata<'a>> {
    lexer.space()?;
    let mut options = (None, MetadataDepth::Itself);
    if lexer.peek() == Some(b'(') {
        options = get_options(lexer)?;
        lexer.space()?;
    }
    let mailbox = mailbox(lexer)?;
    lexer.space()?;
    let mut entries = Vec::new();
    if lexer.peek() == Some(b'(') {
        let before = lexer.clone();
        // The examples of RFC 5464 4.2.1 have the options behind the mailbox, its grammar before it: both are sent.
        match get_options(lexer) {
            Ok(found) if lexer.eat(b' ') => options = found,
            _ => *lexer = before,
        }
    }
    if lexer.peek() == Some(b'(') {
        entries.extend(lexer.list(ENTRIES, Lexer::astring_text)?);
    } else {
        entries.push(lexer.astring_text()?);
    }
    if entries.is_empty() {
        return Err(lexer.expected("the name of an entry"));
    }
    Ok(GetMetadata {
        mailbox,
        octets_max: options.0,
        depth: options.1,
        entries,
    })
}

/// `getmetadata-options`.
fn get_options(lexer: &mut Lexer<'_>) -> Parsed<(Option<u32>, MetadataDepth)> {
    let (mut octets_max, mut depth) = (None, MetadataDepth::Itself);
    lexer.list(OPTIONS, |lexer| {
        match lexer.word().as_str() {
            "MAXSIZE" => {
                lexer.space()?;
                octets_max = Some(lexer.number()?);
            }
            "DEPTH" => {
                lexer.space()?;
                depth = match lexer.word().as_str() {
                    "0" => MetadataDepth::Itself,
                    "1" => MetadataDepth::Children,
                    "INFINITY" => MetadataDepth::All,
                    _ => return Err(lexer.expected("0, 1 or infinity")),
                };
            }
            _ => return Err(lexer.expected("MAXSIZE or DEPTH")),
        }
        Ok(())
    })?;
    Ok((octets_max, depth))
}

/// The arguments of `SETMETADATA`.
pub(super) fn set_metadata<'a>(lexer: &mut Lexer<'a>) -> Parsed<SetMetadata<'a>> {
    lexer.space()?;
    let mailbox = mailbox(lexer)?;
    lexer.space()?;
    let values = lexer.list(ENTRIES, |lexer| {
        let name = lexer.astring_text()?;
        lexer.space()?;
        Ok((name, value(lexer)?))
    })?;
    if values.is_empty() {
        return Err(lexer.expected("an entry and its value"));
    }
    Ok(SetMetadata { mailbox, values })
}

/// `value`: `nstring / literal8`.
fn value<'a>(lexer: &mut Lexer<'a>) -> Parsed<Option<Cow<'a, [u8]>>> {
    if lexer.eat_text("NIL") {
        return Ok(None);
    }
    if lexer.eat(b'~') {
        return lexer.literal().map(|octets| Some(Cow::Borrowed(octets)));
    }
    lexer.string().map(Some)
}

/// RFC 5464 sets no bound.
const ENTRIES: Count = Count {
    what: "entries",
    limit: 64,
};
const OPTIONS: Count = Count {
    what: "options",
    limit: 4,
};

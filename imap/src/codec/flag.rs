//! A flag of the wire (RFC 9051 2.3.2): a system flag or a keyword.

use super::lexer::{Count, Lexer, Parsed};

/// `flag`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag<'a> {
    /// `\Answered`.
    Answered,
    /// `\Deleted`.
    Deleted,
    /// `\Draft`.
    Draft,
    /// `\Flagged`.
    Flagged,
    /// `\Seen`.
    Seen,
    /// `flag-keyword`, such as `$Forwarded`, in the client's spelling.
    Keyword(&'a str),
    /// `flag-extension`: a system flag that this server does not know, without its backslash.
    Extension(&'a str),
}

/// `flag-list`: `"(" [flag *(SP flag)] ")"`.
pub(super) fn flag_list<'a>(lexer: &mut Lexer<'a>) -> Parsed<Vec<Flag<'a>>> {
    let mut flags = lexer.list(FLAGS, flag_or_recent)?;
    Ok(flags.drain(..).flatten().collect())
}

/// The flags of `STORE`: `flag-list / (flag *(SP flag))`.
pub(super) fn store_flags<'a>(lexer: &mut Lexer<'a>) -> Parsed<Vec<Flag<'a>>> {
    if lexer.peek() == Some(b'(') {
        return flag_list(lexer);
    }
    let mut flags = Vec::new();
    loop {
        FLAGS.check(flags.len())?;
        flags.extend(flag_or_recent(lexer)?);
        if !lexer.eat(b' ') || lexer.is_at_end() {
            return Ok(flags);
        }
    }
}

/// `flag-keyword`.
pub(super) fn keyword<'a>(lexer: &mut Lexer<'a>) -> Parsed<&'a str> {
    let start = lexer.clone();
    let keyword = lexer.atom()?;
    if keyword.len() > KEYWORD_OCTETS_MAX {
        return Err(start.expected("a shorter keyword"));
    }
    Ok(keyword)
}

fn flag_or_recent<'a>(lexer: &mut Lexer<'a>) -> Parsed<Option<Flag<'a>>> {
    if !lexer.eat(b'\\') {
        return keyword(lexer).map(|keyword| Some(Flag::Keyword(keyword)));
    }
    let name = keyword(lexer)?;
    let known = SYSTEM
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, flag)| *flag);
    Ok(if quirk_recent(name) {
        None
    } else {
        Some(known.unwrap_or(Flag::Extension(name)))
    })
}

/// offlineimap and imapsync copy `\Recent`, which no client may set (RFC 3501 2.3.2), from what they fetched: it is left out.
fn quirk_recent(name: &str) -> bool {
    name.eq_ignore_ascii_case("Recent")
}

impl Flag<'_> {
    /// Appends the flag as it stands on the wire.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let name = match self {
            Self::Answered => "\\Answered",
            Self::Deleted => "\\Deleted",
            Self::Draft => "\\Draft",
            Self::Flagged => "\\Flagged",
            Self::Seen => "\\Seen",
            Self::Keyword(keyword) => keyword,
            Self::Extension(name) => {
                out.push(b'\\');
                name
            }
        };
        out.extend_from_slice(name.as_bytes());
    }
}

const SYSTEM: [(&str, Flag<'static>); 5] = [
    ("Answered", Flag::Answered),
    ("Deleted", Flag::Deleted),
    ("Draft", Flag::Draft),
    ("Flagged", Flag::Flagged),
    ("Seen", Flag::Seen),
];
/// Flags in one command; RFC 8621 sets no bound, this is generous.
const FLAGS: Count = Count {
    what: "flags",
    limit: 256,
};
/// RFC 8621 4.1.1: a keyword has 1 to 255 octets.
const KEYWORD_OCTETS_MAX: usize = 255;

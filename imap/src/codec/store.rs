//! `STORE` (RFC 9051 6.4.6) with UNCHANGEDSINCE (RFC 7162 3.1.3).

use super::By;
use super::flag::{Flag, store_flags};
use super::lexer::{Lexer, Parsed};
use super::sequence::{SequenceSet, sequence_set};

/// `store`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store<'a> {
    /// What the set's numbers are.
    pub by: By,
    /// Which messages.
    pub set: SequenceSet,
    /// Only messages whose modification sequence is at most this; 0 means never (RFC 7162 3.1.3).
    pub unchanged_since: Option<u64>,
    /// What to do with the flags.
    pub action: StoreAction,
    /// `.SILENT`: the client does not want to hear the new flags.
    pub silent: bool,
    /// The flags.
    pub flags: Vec<Flag<'a>>,
}

/// What `STORE` does with its flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreAction {
    /// `FLAGS`.
    Replace,
    /// `+FLAGS`.
    Add,
    /// `-FLAGS`.
    Remove,
}

/// The arguments of `STORE`.
pub(super) fn store<'a>(lexer: &mut Lexer<'a>, by: By) -> Parsed<Store<'a>> {
    lexer.space()?;
    let set = sequence_set(lexer)?;
    lexer.space()?;
    let unchanged_since = unchanged_since(lexer)?;
    let action = if lexer.eat(b'+') {
        StoreAction::Add
    } else if lexer.eat(b'-') {
        StoreAction::Remove
    } else {
        StoreAction::Replace
    };
    let start = lexer.clone();
    let silent = match lexer.word().as_str() {
        "FLAGS" => false,
        "FLAGS.SILENT" => true,
        _ => return Err(start.expected("FLAGS")),
    };
    lexer.space()?;
    Ok(Store {
        by,
        set,
        unchanged_since,
        action,
        silent,
        flags: store_flags(lexer)?,
    })
}

/// `store-modifiers`: `(UNCHANGEDSINCE n)`.
fn unchanged_since(lexer: &mut Lexer<'_>) -> Parsed<Option<u64>> {
    if !lexer.eat(b'(') {
        return Ok(None);
    }
    if !lexer.eat_text("UNCHANGEDSINCE ") {
        return Err(lexer.expected("UNCHANGEDSINCE"));
    }
    let mod_seq = lexer.number64()?;
    lexer.octet(b')', "a closing parenthesis")?;
    lexer.space()?;
    Ok(Some(mod_seq))
}

//! `SELECT` and `EXAMINE` (RFC 9051 6.3.2) with CONDSTORE and QRESYNC (RFC 7162 3.2.5).

use super::lexer::{Count, Lexer, Parsed};
use super::mailbox::{Mailbox, mailbox};
use super::sequence::{SequenceSet, sequence_set};

/// `select` or `examine`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select<'a> {
    /// Which mailbox.
    pub mailbox: Mailbox<'a>,
    /// `CONDSTORE`: report modification sequences from now on (RFC 7162 3.1.8).
    pub condstore: bool,
    /// `QRESYNC`: what the client knows (RFC 7162 3.2.5).
    pub qresync: Option<Qresync>,
}

/// What a client knows of a mailbox it selects again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qresync {
    /// The UID validity that it knows.
    pub uid_validity: u32,
    /// The modification sequence that it knows; at least 1.
    pub mod_seq: u64,
    /// The UIDs that it knows; without, all.
    pub known_uids: Option<SequenceSet>,
    /// Some message numbers and, at the same places, their UIDs (RFC 7162 3.2.5.2).
    pub match_data: Option<(SequenceSet, SequenceSet)>,
}

/// The arguments of `SELECT` and `EXAMINE`.
pub(super) fn select<'a>(lexer: &mut Lexer<'a>) -> Parsed<Select<'a>> {
    lexer.space()?;
    let mut select = Select {
        mailbox: mailbox(lexer)?,
        condstore: false,
        qresync: None,
    };
    if !lexer.has_argument() {
        return Ok(select);
    }
    lexer.space()?;
    lexer.list(PARAMETERS, |lexer| {
        let start = lexer.clone();
        match lexer.word().as_str() {
            "CONDSTORE" => select.condstore = true,
            "QRESYNC" => {
                lexer.space()?;
                select.qresync = Some(qresync(lexer)?);
            }
            _ => return Err(start.expected("CONDSTORE or QRESYNC")),
        }
        Ok(())
    })?;
    Ok(select)
}

/// `"(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"`.
fn qresync(lexer: &mut Lexer<'_>) -> Parsed<Qresync> {
    lexer.octet(b'(', "an opening parenthesis")?;
    let uid_validity = lexer.nz_number()?;
    lexer.space()?;
    let start = lexer.clone();
    let mod_seq = lexer.number64()?;
    if mod_seq == 0 {
        return Err(start.expected("a modification sequence other than 0"));
    }
    let mut qresync = Qresync {
        uid_validity,
        mod_seq,
        known_uids: None,
        match_data: None,
    };
    if lexer.eat_text(" (") {
        qresync.match_data = Some(match_data(lexer)?);
    } else if lexer.eat(b' ') {
        qresync.known_uids = Some(known_set(lexer)?);
        if lexer.eat_text(" (") {
            qresync.match_data = Some(match_data(lexer)?);
        }
    }
    lexer.octet(b')', "a closing parenthesis")?;
    Ok(qresync)
}

/// `known-sequence-set SP known-uid-set ")"`.
fn match_data(lexer: &mut Lexer<'_>) -> Parsed<(SequenceSet, SequenceSet)> {
    let numbers = known_set(lexer)?;
    lexer.space()?;
    let uids = known_set(lexer)?;
    lexer.octet(b')', "a closing parenthesis")?;
    Ok((numbers, uids))
}

/// RFC 7162 7: sets of what is known have no `*` (and no `$`).
fn known_set(lexer: &mut Lexer<'_>) -> Parsed<SequenceSet> {
    let start = lexer.clone();
    let set = sequence_set(lexer)?;
    if set == SequenceSet::Saved || set.has_largest() {
        return Err(start.expected("a set of numbers"));
    }
    Ok(set)
}

const PARAMETERS: Count = Count {
    what: "select parameters",
    limit: 8,
};

//! `APPEND` (RFC 9051 6.3.12), with several messages (RFC 3502), literal8 (RFC 3516) and UTF8 data (RFC 9755 4).

use super::date::{DateTime, date_time};
use super::flag::{Flag, flag_list};
use super::lexer::{Count, Lexer, Parsed};
use super::mailbox::{Mailbox, mailbox};

/// `append`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append<'a> {
    /// Where to.
    pub mailbox: Mailbox<'a>,
    /// At least one message.
    pub messages: Vec<AppendMessage<'a>>,
}

/// `append-message`.
#[derive(Clone, PartialEq, Eq)]
pub struct AppendMessage<'a> {
    /// The flags to set.
    pub flags: Vec<Flag<'a>>,
    /// The internal date to set, now otherwise.
    pub date: Option<DateTime>,
    /// The message's octets.
    pub octets: &'a [u8],
    /// How they came.
    pub form: AppendForm,
}

/// How a message's octets were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendForm {
    /// `literal`: no NUL.
    Literal,
    /// `literal8`: binary (RFC 3516 4.4).
    Literal8,
    /// `UTF8 (~{...})`: with UTF-8 in its header (RFC 9755 4).
    Utf8,
}

impl std::fmt::Debug for AppendMessage<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppendMessage")
            .field("flags", &self.flags)
            .field("date", &self.date)
            .field("octets", &self.octets.len())
            .field("form", &self.form)
            .finish()
    }
}

/// The arguments of `APPEND`.
pub(super) fn append<'a>(lexer: &mut Lexer<'a>) -> Parsed<Append<'a>> {
    lexer.space()?;
    let mailbox = mailbox(lexer)?;
    let mut messages = Vec::new();
    while messages.is_empty() || lexer.has_argument() {
        MESSAGES.check(messages.len())?;
        lexer.space()?;
        messages.push(message(lexer)?);
    }
    Ok(Append { mailbox, messages })
}

fn message<'a>(lexer: &mut Lexer<'a>) -> Parsed<AppendMessage<'a>> {
    let mut flags = Vec::new();
    if lexer.peek() == Some(b'(') {
        flags = flag_list(lexer)?;
        lexer.space()?;
    }
    let mut date = None;
    if lexer.peek() == Some(b'"') {
        date = Some(date_time(lexer)?);
        lexer.space()?;
    }
    let (octets, form) = data(lexer)?;
    Ok(AppendMessage {
        flags,
        date,
        octets,
        form,
    })
}

fn data<'a>(lexer: &mut Lexer<'a>) -> Parsed<(&'a [u8], AppendForm)> {
    if lexer.eat(b'~') {
        return Ok((lexer.literal()?, AppendForm::Literal8));
    }
    if lexer.eat_text("UTF8 (") {
        lexer.octet(b'~', "a literal8")?;
        let octets = lexer.literal()?;
        lexer.octet(b')', "a closing parenthesis")?;
        return Ok((octets, AppendForm::Utf8));
    }
    let start = lexer.clone();
    let octets = lexer.literal()?;
    // RFC 9051 4.3: a plain literal has no NUL; RFC 3516 4.4 has literal8 for that.
    if memchr::memchr(0, octets).is_some() {
        return Err(start.expected("a message without NUL, or a literal8"));
    }
    Ok((octets, AppendForm::Literal))
}

/// Messages of one `APPEND`; RFC 3502 sets no bound.
const MESSAGES: Count = Count {
    what: "messages",
    limit: 256,
};

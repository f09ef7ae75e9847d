//! Replies: what the server says, with its enhanced status code (RFC 5321 4.2, RFC 2034, RFC 3463, RFC 5248).

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::limits::{REPLY_LINE_OCTETS_MAX, REPLY_LINES_MAX};

/// An enhanced status code: class, subject, detail (RFC 3463 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EnhancedCode(pub u8, pub u16, pub u16);

impl EnhancedCode {
    /// 2.0.0: done.
    pub const DONE: Self = Self(2, 0, 0);
    /// 2.1.0: the sender is accepted.
    pub const SENDER_OK: Self = Self(2, 1, 0);
    /// 2.1.5: the recipient is accepted, or may be.
    pub const RECIPIENT_OK: Self = Self(2, 1, 5);
    /// 2.7.0: signed in.
    pub const SIGNED_IN: Self = Self(2, 7, 0);
    /// 4.2.2: the mailbox is full, for now.
    pub const MAILBOX_FULL_FOR_NOW: Self = Self(4, 2, 2);
    /// 4.3.0: something is out of order here, for now.
    pub const SYSTEM_TEMPORARY: Self = Self(4, 3, 0);
    /// 4.3.1: there is no room for it, for now.
    pub const STORAGE_FULL: Self = Self(4, 3, 1);
    /// 4.3.2: the service is going down or is not there.
    pub const NOT_ACCEPTING: Self = Self(4, 3, 2);
    /// 4.4.2: the connection was idle for too long.
    pub const CONNECTION_TIMEOUT: Self = Self(4, 4, 2);
    /// 4.5.3: too many recipients or messages.
    pub const TOO_MANY: Self = Self(4, 5, 3);
    /// 4.7.0: refused for now for a reason of security.
    pub const SECURITY_TEMPORARY: Self = Self(4, 7, 0);
    /// 4.7.1: not permitted for now.
    pub const LIMITED: Self = Self(4, 7, 1);
    /// 5.1.1: no such mailbox.
    pub const NO_MAILBOX: Self = Self(5, 1, 1);
    /// 5.1.3: the recipient's address is malformed.
    pub const BAD_RECIPIENT_SYNTAX: Self = Self(5, 1, 3);
    /// 5.1.7: the sender's address is malformed.
    pub const BAD_SENDER_SYNTAX: Self = Self(5, 1, 7);
    /// 5.2.2: the mailbox is full.
    pub const MAILBOX_FULL: Self = Self(5, 2, 2);
    /// 5.3.4: the message is too big.
    pub const TOO_BIG: Self = Self(5, 3, 4);
    /// 5.4.6: a routing loop.
    pub const LOOP: Self = Self(5, 4, 6);
    /// 5.5.1: the command is unknown, or not allowed now.
    pub const BAD_COMMAND: Self = Self(5, 5, 1);
    /// 5.5.2: syntax error.
    pub const SYNTAX: Self = Self(5, 5, 2);
    /// 5.5.4: bad argument or parameter.
    pub const BAD_ARGUMENT: Self = Self(5, 5, 4);
    /// 5.5.6: a line of an AUTH exchange is too long (RFC 4954 6).
    pub const AUTH_LINE_TOO_LONG: Self = Self(5, 5, 6);
    /// 5.6.0: something in the message itself.
    pub const BAD_CONTENT: Self = Self(5, 6, 0);
    /// 5.6.7: an address in UTF-8 needs SMTPUTF8 (RFC 6531 3.5).
    pub const NEEDS_UTF8: Self = Self(5, 6, 7);
    /// 5.7.0: refused for a reason of security.
    pub const SECURITY: Self = Self(5, 7, 0);
    /// 5.7.1: not authorised, or refused by policy.
    pub const NOT_AUTHORISED: Self = Self(5, 7, 1);
    /// 5.7.8: the credentials are invalid (RFC 4954 6).
    pub const BAD_CREDENTIALS: Self = Self(5, 7, 8);
    /// 5.7.10: encryption is needed (RFC 5248).
    pub const NEEDS_TLS: Self = Self(5, 7, 10);
    /// 5.7.11: this way of signing in needs encryption (RFC 4954 6).
    pub const AUTH_NEEDS_TLS: Self = Self(5, 7, 11);
}

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// One reply of one or more lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The three digits of RFC 5321 4.2.
    pub code: u16,
    /// The enhanced code, which RFC 2034 4 puts on every line; absent in the greeting, EHLO, 334 and 354.
    pub enhanced: Option<EnhancedCode>,
    /// The text, line by line; an empty list is one empty line. Encoding makes it safe: see [`Self::encode`].
    pub lines: Vec<Cow<'static, str>>,
}

impl Reply {
    /// A reply of one line with an enhanced code.
    #[must_use]
    pub fn new(code: u16, enhanced: EnhancedCode, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            enhanced: Some(enhanced),
            lines: vec![text.into()],
        }
    }

    /// A reply of one line without an enhanced code.
    #[must_use]
    pub fn plain(code: u16, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            enhanced: None,
            lines: vec![text.into()],
        }
    }

    /// RFC 4954 4: a challenge of an AUTH exchange.
    #[must_use]
    pub fn challenge(octets: &[u8]) -> Self {
        Self::plain(334, STANDARD.encode(octets))
    }

    /// 250 2.0.0: a message was taken and is durable; `id` is what the operator finds it by.
    #[must_use]
    pub fn accepted(id: &str) -> Self {
        Self::new(250, EnhancedCode::DONE, format!("Accepted as {id}."))
    }

    /// 550 5.1.1: there is no such recipient here.
    #[must_use]
    pub fn no_mailbox() -> Self {
        Self::new(550, EnhancedCode::NO_MAILBOX, "No such recipient here.")
    }

    /// 550 5.7.1: mail for elsewhere is not taken from strangers.
    #[must_use]
    pub fn no_relay() -> Self {
        Self::new(
            550,
            EnhancedCode::NOT_AUTHORISED,
            "Relaying is not allowed.",
        )
    }

    /// 553 5.7.1: the signed-in principal may not send with this address (RFC 6409 6.1).
    #[must_use]
    pub fn not_your_address() -> Self {
        Self::new(
            553,
            EnhancedCode::NOT_AUTHORISED,
            "You may not send with this address.",
        )
    }

    /// 452 4.2.2: the recipient's account is full (RFC 5321 4.3.2).
    #[must_use]
    pub fn mailbox_full() -> Self {
        Self::new(452, EnhancedCode::MAILBOX_FULL_FOR_NOW, "Mailbox full.")
    }

    /// 451 4.3.0: not now, and not the client's fault.
    #[must_use]
    pub fn try_later() -> Self {
        Self::new(
            451,
            EnhancedCode::SYSTEM_TEMPORARY,
            "Local error, please try again later.",
        )
    }

    /// 421 4.3.2: the server is stopping.
    #[must_use]
    pub fn stopping() -> Self {
        Self::new(
            421,
            EnhancedCode::NOT_ACCEPTING,
            "Service is stopping, please try again.",
        )
    }

    /// 421 4.4.2: nothing came for too long (RFC 5321 4.5.3.2).
    #[must_use]
    pub fn idle() -> Self {
        Self::new(421, EnhancedCode::CONNECTION_TIMEOUT, "Idle for too long.")
    }

    /// 421 4.7.0: far more was sent than can be taken.
    #[must_use]
    pub fn too_much() -> Self {
        Self::new(421, EnhancedCode::SECURITY_TEMPORARY, "Too much data.")
    }

    /// Whether this is a 2xx.
    #[must_use]
    pub fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// Whether this is a 5xx.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        (500..600).contains(&self.code)
    }

    /// Appends the reply to `out`.
    ///
    /// RFC 5321 4.2.1: every line but the last has a hyphen after the code. Control characters become `?`, so that no
    /// text can forge a line; lines beyond [`REPLY_LINE_OCTETS_MAX`] are cut, lines beyond [`REPLY_LINES_MAX`] left out.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let shown = self.lines.len().clamp(1, REPLY_LINES_MAX);
        for number in 1..=shown {
            let text = self
                .lines
                .get(number.saturating_sub(1))
                .map_or("", |line| line.as_ref());
            let separator = if number == shown { ' ' } else { '-' };
            let mut line = format!("{}{separator}", self.code);
            if let Some(enhanced) = self.enhanced {
                line.push_str(&format!("{enhanced} "));
            }
            for character in text.chars() {
                let next = line.len().saturating_add(character.len_utf8());
                if next.saturating_add(2) > REPLY_LINE_OCTETS_MAX && self.code != CHALLENGE {
                    break;
                }
                line.push(if character.is_control() {
                    '?'
                } else {
                    character
                });
            }
            out.extend_from_slice(line.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
    }

    /// The reply's octets.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        self.encode(&mut out);
        out
    }
}

/// RFC 4954 4: a challenge is never cut; its lines may be as long as those of the client.
const CHALLENGE: u16 = 334;

#[cfg(test)]
mod tests {
    use super::*;

    fn text(reply: &Reply) -> String {
        String::from_utf8_lossy(&reply.to_bytes()).into_owned()
    }

    #[test]
    fn one_and_many_lines() {
        let mut reply = Reply::new(250, EnhancedCode::DONE, "Done.");
        assert_eq!(text(&reply), "250 2.0.0 Done.\r\n");
        reply.lines.push("Really.".into());
        assert_eq!(text(&reply), "250-2.0.0 Done.\r\n250 2.0.0 Really.\r\n");
        assert_eq!(text(&Reply::challenge(b"")), "334 \r\n");
    }

    #[test]
    fn no_text_can_forge_a_line() {
        let reply = Reply::new(550, EnhancedCode::SECURITY, "x\r\n250 ok\0");
        assert_eq!(text(&reply), "550 5.7.0 x??250 ok?\r\n");
    }

    #[test]
    fn long_lines_are_cut_at_a_character() {
        let reply = Reply::plain(550, "ü".repeat(REPLY_LINE_OCTETS_MAX));
        let bytes = reply.to_bytes();
        assert!(bytes.len() <= REPLY_LINE_OCTETS_MAX);
        assert!(std::str::from_utf8(&bytes).is_ok());
    }
}

//! `ENVELOPE` (RFC 9051 7.5.2): the header fields that clients list.

use std::borrow::Cow;

use model::{Address, Headers};

use super::Encoder;

impl Encoder<'_> {
    /// `envelope`.
    pub(super) fn envelope(&mut self, headers: &Headers<'_>) {
        self.out.push(b'(');
        self.nstring(headers.date);
        self.out.push(b' ');
        self.header_text(headers.subject);
        self.out.push(b' ');
        self.addresses(&headers.from);
        self.out.push(b' ');
        // RFC 9051 7.5.2: an absent Sender or Reply-To is that of From.
        self.addresses(or_from(&headers.sender, &headers.from));
        self.out.push(b' ');
        self.addresses(or_from(&headers.reply_to, &headers.from));
        self.out.push(b' ');
        self.addresses(&headers.to);
        self.out.push(b' ');
        self.addresses(&headers.cc);
        self.out.push(b' ');
        self.addresses(&headers.bcc);
        self.out.push(b' ');
        self.nstring(headers.in_reply_to);
        self.out.push(b' ');
        self.nstring(headers.message_id);
        self.out.push(b')');
    }

    /// `"(" 1*address ")" / nil`.
    fn addresses(&mut self, addresses: &[Address<'_>]) {
        if addresses.is_empty() {
            return self.raw("NIL");
        }
        self.out.push(b'(');
        for address in addresses {
            self.address(*address);
        }
        self.out.push(b')');
    }

    fn address(&mut self, address: Address<'_>) {
        match address {
            // RFC 9051 7.5.2: a group starts with its name in the mailbox's place and no host; it ends with nothing at all.
            Address::GroupStart(name) => {
                self.raw("(NIL NIL ");
                self.header_text(Some(name));
                self.raw(" NIL)");
            }
            Address::GroupEnd => self.raw("(NIL NIL NIL NIL)"),
            Address::Email { name, email } => {
                let (local, host) = email.rsplit_once('@').unwrap_or((email, ""));
                self.out.push(b'(');
                self.header_text(name);
                self.raw(" NIL ");
                self.string(unquoted(local).as_bytes());
                self.out.push(b' ');
                self.string(host.as_bytes());
                self.out.push(b')');
            }
        }
    }
}

fn or_from<'h>(addresses: &'h [Address<'h>], from: &'h [Address<'h>]) -> &'h [Address<'h>] {
    if addresses.is_empty() {
        from
    } else {
        addresses
    }
}

/// RFC 9051 7.5.2: the local part stands without the quoting of RFC 5322.
fn unquoted(local: &str) -> Cow<'_, str> {
    let inner = local
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let Some(inner) = inner else {
        return Cow::Borrowed(local);
    };
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        text.extend(if char == '\\' {
            chars.next()
        } else {
            Some(char)
        });
    }
    Cow::Owned(text)
}

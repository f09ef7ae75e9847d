//! The header of a submitted message, as far as it matters before the message is taken (RFC 5322 3.6).

use groupware::message::parse;
use memchr::memchr;
use model::{Address, EmailMeta};

/// Octets of a `From` field that is looked at. Ours: a field that is longer is refused, so that nothing hides behind it.
const FROM_OCTETS_MAX: usize = 8 * 1024;

/// What was found in a header.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Header<'a> {
    pub(crate) has_date: bool,
    pub(crate) has_message_id: bool,
    /// The bodies of all `From` fields.
    from: Vec<&'a [u8]>,
    /// The bodies of all `Sender` fields.
    sender: Vec<&'a [u8]>,
    /// The body of the first `Resent-Sender`.
    resent_sender: Option<&'a [u8]>,
    /// The body of the first `Resent-From`, which is of the latest resending (RFC 5322 3.6.6).
    resent_from: Option<&'a [u8]>,
}

impl<'a> Header<'a> {
    /// Looks at the header of a message.
    pub(crate) fn read(message: &'a [u8]) -> Self {
        let mut header = Self::default();
        let mut rest = message;
        while let Some((field, behind)) = field(rest) {
            rest = behind;
            let Some(colon) = memchr(b':', field) else {
                continue;
            };
            let (name, body) = field.split_at(colon);
            let body = &body[1..];
            match name.trim_ascii_end().to_ascii_lowercase().as_slice() {
                b"date" => header.has_date = true,
                b"message-id" => header.has_message_id = true,
                b"from" => header.from.push(body),
                b"sender" => header.sender.push(body),
                b"resent-sender" => {
                    header.resent_sender.get_or_insert(body);
                }
                b"resent-from" => {
                    header.resent_from.get_or_insert(body);
                }
                _ => {}
            }
        }
        header
    }

    /// The addresses in whose name the message is sent: those who resend it, else its authors. Nothing where it names
    /// nobody, or in two fields, of which each reader may show another.
    pub(crate) fn senders(&self) -> Option<Vec<String>> {
        // RFC 5322 3.6: exactly one From.
        let [from] = self.from.as_slice() else {
            return None;
        };
        addresses(self.resent_from.unwrap_or(from)).filter(|all| !all.is_empty())
    }

    /// Who sent it: for those who resend it, else for its authors.
    pub(crate) fn sender(&self) -> Sender {
        let bodies = match self.resent_from {
            Some(_) => self.resent_sender.as_slice(),
            None => self.sender.as_slice(),
        };
        match bodies {
            [] => Sender::Absent,
            [body] => match addresses(body).as_deref() {
                Some([address]) => Sender::Address(address.clone()),
                _ => Sender::Unclear,
            },
            _ => Sender::Unclear,
        }
    }

    /// The name of the field that [`Header::sender`] reads.
    pub(crate) fn sender_field(&self) -> &'static str {
        match self.resent_from {
            Some(_) => "Resent-Sender",
            None => "Sender",
        }
    }
}

/// Who says of themselves that they sent a message (RFC 5322 3.6.2).
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    /// Nobody: the author did.
    Absent,
    /// This address.
    Address(String),
    /// No one can say: several fields, or a field that names no address or more than one.
    Unclear,
}

/// The first field of a header with its line ends and folds, and what stands behind it; nothing at the header's end.
fn field(header: &[u8]) -> Option<(&[u8], &[u8])> {
    if header.is_empty() || header.starts_with(b"\r\n") || header.starts_with(b"\n") {
        return None;
    }
    let mut end = 0;
    loop {
        let line = &header[end..];
        end += memchr(b'\n', line).map_or(line.len(), |at| at + 1);
        // RFC 5322 2.2.3: a line that begins with white space goes on with the field.
        if !matches!(header.get(end), Some(b' ' | b'\t')) {
            return Some(header.split_at(end));
        }
    }
}

/// The addresses in the body of a field, read as those who receive the message will read it.
fn addresses(body: &[u8]) -> Option<Vec<String>> {
    if body.len() > FROM_OCTETS_MAX {
        return None;
    }
    let field = [b"From:", body, b"\r\n\r\n"].concat();
    let parsed = parse(&field);
    let meta = EmailMeta::decode(&parsed.meta).ok()?;
    let address = |address: &Address<'_>| match address {
        Address::Email { email, .. } => Some((*email).to_owned()),
        Address::GroupStart(_) | Address::GroupEnd => None,
    };
    Some(meta.headers.from.iter().filter_map(address).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn senders(message: &str) -> Option<Vec<String>> {
        Header::read(message.as_bytes()).senders()
    }

    #[test]
    fn finds_what_is_there_and_looks_at_no_body() {
        let message = b"DATE : x\r\nFrom: Anna\r\n <anna@example.org>\r\n\r\nMessage-ID: <x@y>\r\n";
        let header = Header::read(message);
        assert!(header.has_date && !header.has_message_id);
        assert_eq!(header.senders(), Some(vec!["anna@example.org".to_owned()]));
        assert_eq!(Header::read(b""), Header::default());
        assert_eq!(Header::read(b"no field\r\n"), Header::default());
    }

    #[test]
    fn who_resends_is_the_sender() {
        let message = "Resent-From: b@example.org\r\nResent-From: c@example.org\r\nFrom: a@example.net\r\n\r\n";
        assert_eq!(senders(message), Some(vec!["b@example.org".to_owned()]));
    }

    #[test]
    fn who_sent_it_is_one_or_unclear() {
        let sender = |header: &str| {
            let message = format!("From: a@example.org\r\n{header}\r\n\r\n");
            Header::read(message.as_bytes()).sender()
        };
        let anna = || Sender::Address("anna@example.org".to_owned());
        assert_eq!(sender("Subject: x"), Sender::Absent);
        assert_eq!(sender("sender: Anna <anna@example.org>"), anna());
        assert_eq!(sender("Sender: a@b, c@d"), Sender::Unclear);
        assert_eq!(sender("Sender: a@b\r\nSender: a@b"), Sender::Unclear);
        let resent = "Resent-From: b@example.org\r\nSender: anna@example.org";
        assert_eq!(sender(resent), Sender::Absent);
        let by_anna = format!("{resent}\r\nResent-Sender: anna@example.org");
        assert_eq!(sender(&by_anna), anna());
    }

    #[test]
    fn all_authors_count_and_one_field_must_name_them() {
        let message = "From: a@example.org, \"B, x\" <b@example.org>\r\n\r\n";
        assert_eq!(
            senders(message),
            Some(vec!["a@example.org".to_owned(), "b@example.org".to_owned()])
        );
        assert_eq!(senders("Subject: x\r\n\r\n"), None);
        assert_eq!(senders("From: a@b\r\nFrom: c@d\r\n\r\n"), None);
        assert_eq!(senders("From:\r\n\r\n"), None);
        let long = format!("From: {}a@b\r\n\r\n", "x@y, ".repeat(FROM_OCTETS_MAX / 5));
        assert_eq!(senders(&long), None);
    }
}

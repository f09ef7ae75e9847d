//! Mails to moderators and to those they refuse.

use directory::Directory;
use mail_parser::DateTime;
use model::Timestamp;

use super::List;
use crate::filter::{compose, trace};

/// Octets of a waiting message that its moderators get to see; the rest waits where it is.
const SHOWN_OCTETS_MAX: usize = 256 * 1024;
/// Octets of a subject in another subject.
const SUBJECT_OCTETS_MAX: usize = 200;

/// A message that waits, as a moderator is asked about it.
pub(super) struct Asked<'a> {
    pub(super) list: &'a List,
    /// Its number in the list's queue.
    pub(super) number: u32,
    /// How its name is told from a tag, where there are tags.
    pub(super) delimiter: Option<char>,
    pub(super) reverse_path: &'a str,
    pub(super) message: &'a [u8],
    pub(super) now: Timestamp,
}

impl Asked<'_> {
    /// The mail that asks the moderators: the message is attached, and answering lets it through.
    pub(super) fn composed(&self) -> Vec<u8> {
        let address = self.list.address();
        let owner = Directory::list_owner_address(address);
        let number = self.number;
        let boundary = format!("moderate-{number}-{}", self.now.0);
        let subject = subject(self.message);
        let mut text = format!(
            "A message to {address} waits for you to decide about it.\r\n\r\n\
             Sender:  {}\r\nSubject: {subject}\r\n\r\n",
            printable(self.reverse_path)
        );
        let mut mail = format!("From: <{owner}>\r\nTo: <{owner}>\r\n");
        if let Some(delimiter) = self.delimiter {
            let approve = tagged(address, delimiter, &format!("approve-{number}"));
            let reject = tagged(address, delimiter, &format!("reject-{number}"));
            mail.push_str(&format!("Reply-To: <{approve}>\r\n"));
            text.push_str(&format!(
                "To let it through, answer this mail.\r\nTo refuse it, write to <{reject}>.\r\n\
                 Write from your own account here.\r\n\r\n"
            ));
        }
        text.push_str(&format!(
            "An administrator says: wachpost group approve {address} {number}\r\n\
             or: wachpost group reject {address} {number}\r\n"
        ));
        // RFC 3834 5: nobody is to answer it by machine: the answer is a decision.
        mail.push_str(&format!(
            "Date: {}\r\nMessage-ID: <{boundary}.{address}>\r\nSubject: Moderate: {subject}\r\n\
             Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n",
            date(self.now)
        ));
        mail.push_str(&format!(
            "--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
            compose::base64_lines(text.as_bytes())
        ));
        let (kind, shown) = match self.message.len() <= SHOWN_OCTETS_MAX {
            true => ("message/rfc822", self.message),
            false => ("text/rfc822-headers", header(self.message)),
        };
        // RFC 2046 5.2.1: a message within may be in 7bit, 8bit or binary only.
        let encoding = if shown.is_ascii() { "7bit" } else { "8bit" };
        let mut mail = mail.into_bytes();
        mail.extend(
            format!("--{boundary}\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n")
                .into_bytes(),
        );
        mail.extend(shown);
        mail.extend(format!("\r\n--{boundary}--\r\n").into_bytes());
        mail
    }
}

/// The mail to somebody of ours whose message was refused.
pub(super) fn refusal(
    list: &List,
    (author, reason): (&str, &str),
    message: &[u8],
    now: Timestamp,
) -> Vec<u8> {
    let address = list.address();
    let owner = Directory::list_owner_address(address);
    let subject = subject(message);
    let id = trace::values(message, "Message-ID").into_iter().next();
    let answered = match id.filter(|id| id.is_ascii() && id.len() < SUBJECT_OCTETS_MAX) {
        Some(id) => format!("In-Reply-To: {id}\r\nReferences: {id}\r\n"),
        None => String::new(),
    };
    let text = format!(
        "Your message to {address} was not let through by its moderators.\r\n\r\n{}\r\n",
        reason.trim()
    );
    format!(
        "From: <{owner}>\r\nTo: <{author}>\r\nDate: {}\r\nMessage-ID: <refused-{}.{address}>\r\n\
         Subject: Refused: {subject}\r\n{answered}Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
        date(now),
        now.0,
        compose::base64_lines(text.as_bytes())
    )
    .into_bytes()
}

/// The address with a tag (RFC 5233 1).
fn tagged(address: &str, delimiter: char, tag: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    format!("{local}{delimiter}{tag}@{domain}")
}

/// The message's subject, as far as it can stand in another one.
fn subject(message: &[u8]) -> String {
    let subject = trace::values(message, "Subject").into_iter().next();
    printable(&subject.unwrap_or_default())
}

fn printable(text: &str) -> String {
    let harmless = |c: char| {
        if c == ' ' || c.is_ascii_graphic() {
            c
        } else {
            '?'
        }
    };
    text.chars()
        .take(SUBJECT_OCTETS_MAX)
        .map(harmless)
        .collect()
}

fn header(message: &[u8]) -> &[u8] {
    let end = memchr::memmem::find(message, b"\r\n\r\n").map_or(message.len(), |at| at + 2);
    &message[..end.min(SHOWN_OCTETS_MAX)]
}

fn date(now: Timestamp) -> String {
    DateTime::from_timestamp(now.seconds()).to_rfc822()
}

//! Scheduling messages as mail (RFC 6047): composed for people and programs outside, and taken from the mail of others.

mod mime;

mod prose;

mod arrival;

use crate::fault::Fault;
use crate::limits::MESSAGE_OCTETS_MAX;
use crate::message::Message;
use crate::object::Object;

pub use self::arrival::{Arrived, from_mail};
pub use self::prose::Language;

/// Who writes or reads a mail.
#[derive(Clone, Copy, Debug)]
pub struct Correspondent<'a> {
    /// The name to show.
    pub name: Option<&'a str>,
    /// The mail address, without `mailto:`.
    pub address: &'a str,
}

/// What a mail is made of.
#[derive(Clone, Copy, Debug)]
pub struct Mail<'a> {
    /// RFC 6047 2.3: the organizer or participant who speaks.
    pub from: Correspondent<'a>,
    /// The deputy who sends it for `from`.
    pub sender: Option<Correspondent<'a>>,
    /// Whom it goes to.
    pub to: Correspondent<'a>,
    /// The scheduling message.
    pub message: &'a Message,
    /// The language of subject and text.
    pub language: Language,
    /// With angle brackets or without.
    pub message_id: &'a str,
    /// Seconds since 1970.
    pub date: i64,
    /// RFC 3834 5: whether nobody wrote it himself, as the answers of rooms.
    pub is_automatic: bool,
}

/// Composes the mail: text for people, the message for their program, and the same as a file for programs that look only for
/// attachments. Lines end with CRLF; all is ASCII but for addresses that are not.
///
/// # Errors
/// [`Fault::Malformed`] where an address is none or the message's text cannot be read; [`Fault::TooLarge`].
pub fn compose(mail: &Mail<'_>) -> Result<String, Fault> {
    let object = Object::read_bounded(mail.message.text.as_bytes(), MESSAGE_OCTETS_MAX)?;
    let prose = prose::of(&object, mail.message, mail.language);
    let mut out = String::with_capacity(mail.message.text.len().saturating_mul(3));
    headers(&mut out, mail, &prose.subject)?;
    parts(&mut out, mail, &object, &prose.body);
    Ok(out)
}

fn headers(out: &mut String, mail: &Mail<'_>, subject: &str) -> Result<(), Fault> {
    mime::header(out, "From", &mime::mailbox(&mail.from)?);
    if let Some(sender) = &mail.sender {
        mime::header(out, "Sender", &mime::mailbox(sender)?);
    }
    mime::header(out, "To", &mime::mailbox(&mail.to)?);
    mime::header(out, "Subject", &mime::encoded(subject));
    mime::header(out, "Date", &mime::date(mail.date));
    mime::header(out, "Message-ID", &mime::message_id(mail.message_id)?);
    if mail.is_automatic {
        // RFC 3834 5.2: an answer to a message, so that no other program answers it.
        mime::header(out, "Auto-Submitted", "auto-replied");
    }
    mime::header(out, "MIME-Version", "1.0");
    // Outlook looks for it.
    mime::header(out, "Content-Class", "urn:content-classes:calendarmessage");
    mime::header(
        out,
        "Content-Type",
        &format!("multipart/mixed; boundary=\"{MIXED}\""),
    );
    out.push_str("\r\n");
    Ok(())
}

fn parts(out: &mut String, mail: &Mail<'_>, object: &Object, body: &str) {
    let text = &mail.message.text;
    let method = mail.message.method.as_str();
    let component = object.kind;
    delimiter(out, MIXED);
    mime::header(
        out,
        "Content-Type",
        &format!("multipart/alternative; boundary=\"{ALTERNATIVE}\""),
    );
    out.push_str("\r\n");
    delimiter(out, ALTERNATIVE);
    mime::part(
        out,
        "text/plain; charset=UTF-8",
        None,
        &body.replace('\n', "\r\n"),
    );
    delimiter(out, ALTERNATIVE);
    // RFC 6047 2.4: the method stands in the type, too, and says the same as the text.
    let kind = format!("text/calendar; charset=UTF-8; method={method}; component={component}");
    mime::part(out, &kind, None, text);
    close(out, ALTERNATIVE);
    delimiter(out, MIXED);
    // Google's and Apple's programs offer the file where they do not take the part.
    mime::part(
        out,
        "application/ics; name=\"invite.ics\"",
        Some("attachment; filename=\"invite.ics\""),
        text,
    );
    close(out, MIXED);
}

fn delimiter(out: &mut String, boundary: &str) {
    out.extend(["--", boundary, "\r\n"]);
}

fn close(out: &mut String, boundary: &str) {
    out.extend(["--", boundary, "--\r\n"]);
}

/// RFC 2045 6.7: no line of Base64 has an equals sign followed by an underscore, so the boundaries occur in no part.
const MIXED: &str = "=_wachpost_mixed";
const ALTERNATIVE: &str = "=_wachpost_alternative";

//! `C:schedule-response`: what became of a request for free/busy times at the outbox (RFC 6638 10.1).

use super::writer::XmlWriter;
use crate::codec::namespace::Tag;

/// The answer for one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecipientAnswer<'a> {
    /// The calendar user address that was asked for, such as `mailto:anna@example.org`.
    pub recipient: &'a str,
    /// RFC 5545 3.8.8.3: such as `2.0;Success`.
    pub request_status: &'a str,
    /// The iCalendar text of the answer, if there is one.
    pub calendar_data: Option<&'a [u8]>,
}

/// The body of the answer to a POST at the outbox.
#[must_use]
pub fn schedule_body(answers: &[RecipientAnswer<'_>]) -> Vec<u8> {
    let root = Tag::caldav("schedule-response");
    let response = Tag::caldav("response");
    let mut xml = XmlWriter::with_capacity(4_096);
    xml.root(&root);
    for answer in answers {
        xml.open(&response);
        xml.open(&Tag::caldav("recipient"));
        xml.href(answer.recipient);
        xml.close(&Tag::caldav("recipient"));
        xml.leaf(&Tag::caldav("request-status"), answer.request_status);
        if let Some(data) = answer.calendar_data {
            xml.open(&Tag::caldav("calendar-data"));
            xml.bytes(data);
            xml.close(&Tag::caldav("calendar-data"));
        }
        xml.close(&response);
    }
    xml.close(&root);
    xml.take()
}

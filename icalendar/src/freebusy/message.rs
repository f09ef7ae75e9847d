//! Free/busy messages: the VFREEBUSY that asks and the one that answers (RFC 5546 3.3, RFC 6638 5).

use std::ops::Range;

use super::{Busy, BusyKind};
use crate::fault::Fault;
use crate::limit::REQUEST_PARTICIPANTS_MAX;
use crate::object::CalendarObject;
use crate::part::{End, Kind};
use crate::summary::address;
use crate::value::{escaped, write_time};
use crate::writer::Writer;
use crate::zone::Zone;

/// A question for the free/busy times of some people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreeBusyRequest {
    /// Its UID, which the answer repeats.
    pub uid: String,
    /// Who asks: an address in lower case.
    pub organizer: String,
    /// Who is asked for: the addresses in lower case, and each as it was written.
    pub participants: Vec<(String, String)>,
    /// The time asked for.
    pub range: Range<i64>,
    /// An event that is not to count, since it is the one being planned (`X-CALENDARSERVER-MASK-UID`).
    pub masked_uid: Option<String>,
}

impl FreeBusyRequest {
    /// Reads the body of a request to a scheduling outbox.
    ///
    /// # Errors
    /// As [`CalendarObject::read`]; [`Fault::Object`] if it is no request for free/busy times.
    pub fn read(text: &[u8]) -> Result<Self, Fault> {
        Self::of(&CalendarObject::read_message(text)?)
    }

    /// Takes the request from a message that has been read.
    ///
    /// # Errors
    /// [`Fault::Object`] if it is none.
    pub fn of(message: &CalendarObject) -> Result<Self, Fault> {
        // RFC 6638 5: METHOD is REQUEST, and there is one VFREEBUSY.
        if message.kind() != Kind::FreeBusy
            || message.method().as_deref() != Some("REQUEST")
            || message.parts().len() != 1
        {
            return Err(Fault::object("not a request for free/busy times"));
        }
        let (main, part) = (message.main(), &message.parts()[0]);
        let organizer = main
            .property("ORGANIZER")
            .map(|organizer| address(&organizer))
            .ok_or(Fault::object("no ORGANIZER"))?;
        let participants: Vec<_> = main
            .all("ATTENDEE")
            .map(|attendee| (address(&attendee), attendee.value().trim().to_owned()))
            .take(REQUEST_PARTICIPANTS_MAX + 1)
            .collect();
        if participants.is_empty() || participants.len() > REQUEST_PARTICIPANTS_MAX {
            return Err(Fault::object("no ATTENDEE, or too many"));
        }
        let start = part.start.as_ref().map(|start| start.instant(&Zone::UTC));
        let end = match &part.end {
            End::At(end) => Some(end.instant(&Zone::UTC)),
            End::After(length) => start.map(|start| start.saturating_add(length.approximate())),
            End::Open => None,
        };
        let range = start
            .zip(end)
            .filter(|(start, end)| start < end)
            .map(|(start, end)| start..end);
        Ok(Self {
            uid: message.uid().to_owned(),
            organizer,
            participants,
            range: range.ok_or(Fault::object("no time from DTSTART to DTEND"))?,
            masked_uid: main
                .value("X-CALENDARSERVER-MASK-UID")
                .filter(|uid| !uid.is_empty())
                .map(str::to_owned),
        })
    }
}

/// What stands in a VFREEBUSY beside the times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FreeBusyAnswer<'a> {
    /// The time asked for.
    pub range: Range<i64>,
    /// When the answer is written, in seconds since 1970 UTC.
    pub now: i64,
    /// UID: of the request it answers, or one made for it.
    pub uid: &'a str,
    /// Whether it is a reply (`METHOD:REPLY`, RFC 5546 3.3.3) and not the answer to a report (RFC 4791 7.10).
    pub reply: bool,
    /// ORGANIZER as an address without `mailto:`.
    pub organizer: Option<&'a str>,
    /// ATTENDEE as an address without `mailto:`.
    pub participant: Option<&'a str>,
}

impl FreeBusyAnswer<'_> {
    /// Writes the answer with these times, which [`super::merge`] has put in order.
    #[must_use]
    pub fn write(&self, busy: &[Busy]) -> String {
        let mut writer = Writer::default();
        writer.begin("VCALENDAR");
        writer.line("VERSION:2.0");
        writer.line(&format!("PRODID:{}", crate::zone::PRODUCT));
        if self.reply {
            writer.line("METHOD:REPLY");
        }
        writer.begin("VFREEBUSY");
        writer.line(&format!("UID:{}", escaped(self.uid)));
        writer.line(&format!("DTSTAMP:{}Z", write_time(self.now)));
        writer.line(&format!("DTSTART:{}Z", write_time(self.range.start)));
        writer.line(&format!("DTEND:{}Z", write_time(self.range.end)));
        for (name, address) in [
            ("ORGANIZER", self.organizer),
            ("ATTENDEE", self.participant),
        ] {
            if let Some(address) = address {
                writer.line(&format!("{name}:mailto:{}", escaped(address)));
            }
        }
        for kind in BusyKind::ALL {
            // RFC 5545 3.8.2.6: periods ascend; a line holds as many as fit, so that it stays readable.
            let periods: Vec<&Busy> = busy.iter().filter(|period| period.kind == kind).collect();
            for some in periods.chunks(PERIODS_PER_LINE) {
                let list: Vec<String> = some
                    .iter()
                    .map(|period| {
                        format!("{}Z/{}Z", write_time(period.start), write_time(period.end))
                    })
                    .collect();
                writer.line(&format!(
                    "FREEBUSY;FBTYPE={}:{}",
                    kind.name(),
                    list.join(",")
                ));
            }
        }
        writer.end("VFREEBUSY");
        writer.end("VCALENDAR");
        writer.finish()
    }
}

/// Periods of one FREEBUSY line.
const PERIODS_PER_LINE: usize = 50;

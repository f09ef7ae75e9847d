//! Dates of header fields and of the run (RFC 5260 4, 5).

use super::matcher::Matcher;
use super::{Frame, Machine, Result};
use crate::moment::{Moment, offset_minutes};
use crate::program::{Date, Zone};

impl Machine<'_> {
    pub(super) fn date(&self, frame: &mut Frame<'_>, date: &Date) -> Result<bool> {
        let part = self.text(frame, &date.part);
        let local = i32::from(self.input.utc_offset_minutes);
        let zone = match &date.zone {
            Zone::Local => Some(local),
            Zone::Original => None,
            // A zone that is none: the account's own.
            Zone::Given(zone) => Some(offset_minutes(&self.text(frame, zone)).unwrap_or(local)),
        };
        let mut values = Vec::new();
        match &date.header {
            None => values.extend(Moment::new(self.input.now, zone.unwrap_or(local)).part(&part)),
            Some(name) => {
                let section = self.message.header(frame.root);
                for field in self.fields(frame, section, std::slice::from_ref(name), date.index)? {
                    self.step(field.raw().len())?;
                    let Some(parsed) = field.date() else {
                        continue;
                    };
                    let sign = if parsed.tz_before_gmt { -1 } else { 1 };
                    let own = sign * (i32::from(parsed.tz_hour) * 60 + i32::from(parsed.tz_minute));
                    values.extend(
                        Moment::new(parsed.to_timestamp(), zone.unwrap_or(own)).part(&part),
                    );
                }
            }
        }
        Matcher::new(self, frame, date.matching, &date.keys)
            .any(values.iter().map(String::as_str), frame)
    }
}

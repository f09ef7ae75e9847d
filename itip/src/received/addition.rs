//! A further occurrence of a series (RFC 5546 3.2.4).

use super::{Arrival, Change, Effect, Kind, inward};
use crate::fault::Fault;
use crate::limits::INSTANCES_MAX;
use crate::object::sequence;

impl Arrival<'_> {
    pub(super) fn addition(&self, effect: &mut Effect) -> Result<(), Fault> {
        let Some(stored) = self.stored.filter(|stored| stored.master().is_some()) else {
            effect.kind = Kind::Unknown;
            effect.answer = self.ask()?;
            return Ok(());
        };
        let mut object = stored.clone();
        let newest = stored.master().map_or(0, sequence);
        let mut highest = newest;
        let mut added = Vec::new();
        for item in self.message.items() {
            let Some(start) = item.line("DTSTART") else {
                return Err(Fault::Malformed("there is no DTSTART"));
            };
            // RFC 5546 3.2.4: an addition is a new revision.
            let Some(original) = self
                .message
                .zones
                .seconds(start)
                .filter(|_| sequence(item) > newest)
            else {
                continue;
            };
            let mut new = inward(item);
            new.remove(&["RECURRENCE-ID", "RRULE", "RDATE", "EXDATE"]);
            let Some(master) = object.find_mut(None) else {
                continue;
            };
            let Some(line) = master.line("DTSTART").cloned() else {
                continue;
            };
            let Some(value) = stored.zones.value_like(&line, original) else {
                continue;
            };
            master.lines.push(line.renamed("RDATE", &value));
            new.lines.push(line.renamed("RECURRENCE-ID", &value));
            if new.line("ORGANIZER").is_none() {
                new.lines.extend(stored.organizer().cloned());
            }
            self.unanswered(&mut new);
            object.put(new);
            highest = highest.max(sequence(item));
            added.push(original);
        }
        if object.items().count() > INSTANCES_MAX {
            return Err(Fault::TooLarge {
                what: "overrides",
                limit: INSTANCES_MAX,
            });
        }
        if !added.is_empty() {
            if let Some(master) = object.find_mut(None) {
                master.set("SEQUENCE", &highest.to_string());
            }
            effect.kind = Kind::Added;
            effect.instances = added;
            effect.change = Change::Store(object.write());
        }
        Ok(())
    }
}

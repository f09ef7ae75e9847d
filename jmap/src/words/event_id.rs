//! Ids of calendar events: of a whole one, or of one occurrence of a series.

use model::ObjectId;

use crate::codec::id::{CalendarEventId, WireId};
use crate::jscalendar::{InstanceKey, parse_stamp, stamp};

/// An event, or one occurrence of it (JMAP Calendars draft -26 5.11: a synthetic id).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct EventId {
    /// The event as it is stored.
    pub(crate) object: ObjectId,
    /// The occurrence; none for the whole.
    pub(crate) instance: Option<InstanceKey>,
}

impl EventId {
    pub(crate) fn whole(object: ObjectId) -> Self {
        Self {
            object,
            instance: None,
        }
    }

    pub(crate) fn occurrence(object: ObjectId, instance: InstanceKey) -> Self {
        Self {
            object,
            instance: Some(instance),
        }
    }
}

impl WireId for EventId {
    const LETTER: char = CalendarEventId::LETTER;

    fn from_number(number: u32) -> Self {
        Self::whole(ObjectId(number))
    }

    fn number(self) -> u32 {
        self.object.0
    }

    fn wire(self) -> String {
        let whole = CalendarEventId(self.object).wire();
        match self.instance {
            None => whole,
            Some(InstanceKey(local)) => format!("{whole}-{}", stamp(local)),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (whole, instance) = match text.split_once('-') {
            None => (text, None),
            Some((whole, at)) => {
                let (local, is_date, is_utc) = parse_stamp(at)?;
                let plain = !is_date && !is_utc && stamp(local) == at;
                (whole, Some(plain.then_some(InstanceKey(local))?))
            }
        };
        let CalendarEventId(object) = CalendarEventId::parse(whole)?;
        Some(Self { object, instance })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_comes_back_and_has_one_way_to_be_written() {
        for text in ["v12", "v12-20260105T090000"] {
            assert_eq!(EventId::parse(text).unwrap().wire(), text);
        }
        for wrong in [
            "v",
            "v12-",
            "v12-20260105",
            "v12-20260105T090000Z",
            "v12-20260105t090000",
            "c1",
            "v12-20260230T000000",
        ] {
            assert_eq!(EventId::parse(wrong), None, "{wrong}");
        }
    }
}

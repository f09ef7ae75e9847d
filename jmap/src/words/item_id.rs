//! Ids of what is in calendars: of a whole event or task, or of one occurrence of a series.

use model::ObjectId;

use crate::codec::id::{WireId, parse_number};
use crate::jscalendar::{InstanceKey, parse_stamp, stamp};

/// An event or task, or one occurrence of it (JMAP Calendars draft -26 5.11: a synthetic id), under the letter of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PartId<const LETTER: char> {
    /// What is stored.
    pub(crate) object: ObjectId,
    /// The occurrence; none for the whole.
    pub(crate) instance: Option<InstanceKey>,
}

/// An event, or one occurrence of it.
pub(crate) type EventId = PartId<'v'>;

/// A task, or one occurrence of it.
pub(crate) type TaskId = PartId<'d'>;

/// An id of whichever kind, taken apart.
pub(crate) trait ItemId: WireId + Send + Sync {
    /// The id of an object, or of an occurrence of it.
    fn new(object: ObjectId, instance: Option<InstanceKey>) -> Self;

    /// What is stored.
    fn object(self) -> ObjectId;

    /// The occurrence; none for the whole.
    fn instance(self) -> Option<InstanceKey>;

    /// The id of a whole object.
    fn whole(object: ObjectId) -> Self {
        Self::new(object, None)
    }
}

impl<const LETTER: char> ItemId for PartId<LETTER> {
    fn new(object: ObjectId, instance: Option<InstanceKey>) -> Self {
        Self { object, instance }
    }

    fn object(self) -> ObjectId {
        self.object
    }

    fn instance(self) -> Option<InstanceKey> {
        self.instance
    }
}

impl<const LETTER: char> WireId for PartId<LETTER> {
    const LETTER: char = LETTER;

    fn from_number(number: u32) -> Self {
        Self::whole(ObjectId(number))
    }

    fn number(self) -> u32 {
        self.object.0
    }

    fn wire(self) -> String {
        let number = self.number();
        match self.instance {
            None => format!("{LETTER}{number}"),
            Some(InstanceKey(local)) => format!("{LETTER}{number}-{}", stamp(local)),
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
        let number = parse_number(Self::LETTER, whole)?;
        Some(Self::new(ObjectId(number), instance))
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

    #[test]
    fn the_id_of_a_task_is_no_events() {
        for text in ["d12", "d12-20260105T090000"] {
            assert_eq!(TaskId::parse(text).unwrap().wire(), text);
        }
        for wrong in ["v12", "d", "dv12", "d012", "d12-20260105"] {
            assert_eq!(TaskId::parse(wrong), None, "{wrong}");
        }
    }
}

//! Ids of tasks: of a whole one, or of one occurrence of a series.

use model::ObjectId;

use super::event_id::EventId;
use crate::codec::id::{WholeTaskId, WireId};

/// A task, or one occurrence of it: as the id of an event, under another letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TaskId(pub(crate) EventId);

impl TaskId {
    pub(crate) fn whole(object: ObjectId) -> Self {
        Self(EventId::whole(object))
    }
}

impl WireId for TaskId {
    const LETTER: char = WholeTaskId::LETTER;

    fn from_number(number: u32) -> Self {
        Self::whole(ObjectId(number))
    }

    fn number(self) -> u32 {
        self.0.object.0
    }

    fn wire(self) -> String {
        self.0.wire().replacen(EventId::LETTER, "d", 1)
    }

    fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(Self::LETTER)?;
        EventId::parse(&format!("{}{rest}", EventId::LETTER)).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_comes_back_and_is_no_events() {
        for text in ["d12", "d12-20260105T090000"] {
            assert_eq!(TaskId::parse(text).unwrap().wire(), text);
        }
        for wrong in ["v12", "d", "dv12", "d012", "d12-20260105"] {
            assert_eq!(TaskId::parse(wrong), None, "{wrong}");
        }
    }
}

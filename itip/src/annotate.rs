//! What the server notes in a stored object: delivery statuses and deputies.

use std::collections::BTreeMap;

use crate::address::{normal, of, uri};
use crate::fault::Fault;
use crate::object::Object;

/// Whose line a note belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party<'a> {
    /// The organizer's.
    Organizer,
    /// That of the participant with this address.
    Participant(&'a str),
}

/// RFC 6638 7.3: notes what became of the message to `address`, in each line of that participant, or of the organizer where it
/// is his. `code` is a status such as `1.2` (delivered) or `5.1` (could not be).
///
/// Gives the text that is to be stored.
///
/// # Errors
/// [`Fault::NotParticipant`] where nobody has that address; [`Fault::Malformed`], [`Fault::TooLarge`].
pub fn set_schedule_status(text: &[u8], address: &str, code: &str) -> Result<String, Fault> {
    schedule_statuses(text, &[(address, code)])
}

/// As [`set_schedule_status`] for several at once: `(address, code)`. Addresses that are not there are passed over unless none is.
///
/// # Errors
/// As [`set_schedule_status`].
pub fn schedule_statuses(text: &[u8], statuses: &[(&str, &str)]) -> Result<String, Fault> {
    let mut object = Object::read(text)?;
    let statuses: BTreeMap<String, &str> = statuses
        .iter()
        .map(|(address, code)| (normal(address), *code))
        .collect();
    let mut is_there = false;
    for line in object.items_mut().flat_map(|item| &mut item.lines) {
        if line.is_one_of(&["ATTENDEE", "ORGANIZER"])
            && let Some(code) = statuses.get(&of(line))
        {
            line.set_parameter("SCHEDULE-STATUS", Some(code));
            is_there = true;
        }
    }
    if is_there {
        Ok(object.write())
    } else {
        Err(Fault::NotParticipant)
    }
}

/// RFC 5545 3.2.18: notes which deputy acts for the organizer or a participant, or that none does. Works on stored texts and on
/// messages.
///
/// # Errors
/// [`Fault::NotParticipant`] where the object has no such line; [`Fault::Malformed`], [`Fault::TooLarge`].
pub fn set_sent_by(text: &[u8], party: Party<'_>, deputy: Option<&str>) -> Result<String, Fault> {
    let mut object = Object::read(text)?;
    let deputy = deputy.map(|address| uri(&normal(address)));
    let mut is_there = false;
    for line in object.items_mut().flat_map(|item| &mut item.lines) {
        let is_meant = match party {
            Party::Organizer => line.is("ORGANIZER"),
            Party::Participant(address) => line.is("ATTENDEE") && of(line) == normal(address),
        };
        if is_meant {
            line.set_parameter("SENT-BY", deputy.as_deref());
            is_there = true;
        }
    }
    if is_there {
        Ok(object.write())
    } else {
        Err(Fault::NotParticipant)
    }
}

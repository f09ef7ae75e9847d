//! What the rules of scheduling refuse, as an error of ours.

use crate::error::Error;
use crate::refusal::Refusal;

/// RFC 6638 3.2.4 and RFC 4791 5.3.2.1 name the rules.
pub(super) fn refused(fault: &itip::Fault) -> Error {
    match fault {
        itip::Fault::Malformed { .. } => Refusal::CalendarData.into(),
        itip::Fault::TooLarge { .. } => Refusal::Participants.into(),
        itip::Fault::SameOrganizer => Refusal::Organizer.into(),
        itip::Fault::ParticipantChange(_) => Refusal::ParticipantChange.into(),
        itip::Fault::OrganizerChange(_) | itip::Fault::NotOrganizer => {
            Refusal::OrganizerChange.into()
        }
        itip::Fault::NotAuthorized => Error::Forbidden,
        itip::Fault::NotParticipant | itip::Fault::NoInstance => Refusal::CalendarObject.into(),
    }
}

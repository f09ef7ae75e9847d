//! A scheduling message taken from a mail of Outlook, Google, Apple or anybody else.

use crate::component::Component;
use crate::fault::Fault;
use crate::limits::MESSAGE_OCTETS_MAX;
use crate::line::Line;
use crate::object::Object;
use crate::words::Method;

/// A message that can be given to [`received`](crate::received()).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// What it is for.
    pub method: Method,
    /// The `UID` of the object: look it up in the recipient's calendars.
    pub uid: String,
    /// The organizer's address.
    pub organizer: Option<String>,
    /// The addresses of the participants that it names.
    pub participants: Vec<String>,
    /// The text, with its `METHOD`.
    pub text: String,
}

/// Takes a scheduling message from the decoded `text/calendar` part of a mail. `method` is the parameter of the part's type.
///
/// # Errors
/// [`Fault::Malformed`] where the text is no message, or where the part says another method than the text;
/// [`Fault::TooLarge`], [`Fault::SameOrganizer`].
pub fn from_mail(part: &[u8], method: Option<&str>) -> Result<Arrived, Fault> {
    if part.len() > MESSAGE_OCTETS_MAX {
        return Err(Fault::TooLarge {
            what: "octets of a message",
            limit: MESSAGE_OCTETS_MAX,
        });
    }
    let mut root = Component::read(quirk_list_footer(part), MESSAGE_OCTETS_MAX)?;
    let said = match method
        .map(|method| method.trim().trim_matches('"'))
        .filter(|method| !method.is_empty())
    {
        Some(method) => Some(Method::parse(method).ok_or(Fault::Malformed("an unknown method"))?),
        None => None,
    };
    let written = match root.value("METHOD") {
        Some(method) => Some(Method::parse(method).ok_or(Fault::Malformed("an unknown method"))?),
        None => None,
    };
    let method = match (said, written) {
        // RFC 6047 2.4: the two say the same.
        (Some(said), Some(written)) if said != written => {
            return Err(Fault::Malformed("two methods"));
        }
        (said, written) => written
            .or(said)
            .ok_or(Fault::Malformed("there is no METHOD"))?,
    };
    if written.is_none() {
        root.lines.push(Line::new("METHOD", method.as_str()));
    }
    let object = Object::of(root)?;
    Ok(Arrived {
        method,
        organizer: object.organizer_address(),
        participants: object.participants(),
        text: object.write(),
        uid: object.uid,
    })
}

/// Mailing lists put their footer below every text part: what follows the calendar is not part of it.
fn quirk_list_footer(part: &[u8]) -> &[u8] {
    let end = part
        .windows(END.len())
        .position(|window| window.eq_ignore_ascii_case(END));
    end.and_then(|at| part.get(..at.saturating_add(END.len())))
        .unwrap_or(part)
}

const END: &[u8] = b"\nEND:VCALENDAR";

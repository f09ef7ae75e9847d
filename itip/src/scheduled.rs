//! What an object says about who is invited to what.

use crate::address::{of, sent_by};
use crate::fault::Fault;
use crate::line::{Line, unescape};
use crate::object::{Object, is_cancelled, sequence};
use crate::occurrence::span;
use crate::words::{CuType, Method, PartStat, Role, ScheduleAgent};

/// A view of an object or message for scheduling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// The `UID` that all components have.
    pub uid: String,
    /// `VEVENT`, `VTODO` or `VJOURNAL`.
    pub kind: &'static str,
    /// The method, where the text is a message.
    pub method: Option<Method>,
    /// Who invites.
    pub organizer: Option<Organizer>,
    /// The series (or the only occurrence) and the overrides, in the order of the text.
    pub components: Vec<Component>,
}

/// Who invites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organizer {
    /// Without `mailto:`, in lower case.
    pub address: String,
    /// The name to show.
    pub name: Option<String>,
    /// The deputy who acts for the organizer.
    pub sent_by: Option<String>,
    /// Who sends messages for the owner of this copy.
    pub agent: ScheduleAgent,
    /// RFC 6638 7.3: what became of the last message to the organizer.
    pub status: Option<String>,
}

/// The series or one override.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// The original start of the occurrence; nothing for the series.
    pub instance: Option<i64>,
    /// Revision.
    pub sequence: i64,
    /// Start in seconds.
    pub start: Option<i64>,
    /// End in seconds.
    pub end: Option<i64>,
    /// Whether start and end are dates without times.
    pub is_date: bool,
    /// Whether it is cancelled.
    pub is_cancelled: bool,
    /// Whether it recurs.
    pub is_recurring: bool,
    /// Title, unescaped.
    pub summary: String,
    /// Place, unescaped.
    pub location: String,
    /// Comment, unescaped.
    pub comment: String,
    /// Who is invited.
    pub participants: Vec<Participant>,
}

/// Who is invited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// Without `mailto:`, in lower case.
    pub address: String,
    /// The name to show.
    pub name: Option<String>,
    /// The answer.
    pub part_stat: PartStat,
    /// What is expected.
    pub role: Role,
    /// Person, room, equipment.
    pub cu_type: CuType,
    /// Whether an answer is asked for.
    pub rsvp: bool,
    /// Who sends messages to the participant.
    pub agent: ScheduleAgent,
    /// RFC 6638 7.3: what became of the last message.
    pub status: Option<String>,
    /// The deputy who acts for the participant.
    pub sent_by: Option<String>,
    /// Whom the participant sends.
    pub delegated_to: Vec<String>,
    /// For whom the participant comes.
    pub delegated_from: Vec<String>,
}

impl Scheduled {
    /// Reads an object or a message.
    ///
    /// # Errors
    /// [`Fault::Malformed`], [`Fault::TooLarge`], [`Fault::SameOrganizer`].
    pub fn read(text: &[u8]) -> Result<Self, Fault> {
        let object = Object::read(text)?;
        let components = object
            .items()
            .map(|item| component(&object, item))
            .collect();
        Ok(Self {
            method: object.root.value("METHOD").and_then(Method::parse),
            organizer: object.organizer().map(organizer),
            components,
            kind: object.kind,
            uid: object.uid,
        })
    }

    /// RFC 6638 3.1: whether the object takes part in scheduling: it has an organizer and participants.
    #[must_use]
    pub fn is_scheduling(&self) -> bool {
        self.organizer.is_some() && self.participants().next().is_some()
    }

    /// Whether one of the addresses is the organizer's.
    #[must_use]
    pub fn is_organized_by(&self, who: &crate::Addresses) -> bool {
        self.organizer
            .as_ref()
            .is_some_and(|organizer| who.contains(&organizer.address))
    }

    /// Whether one of the addresses takes part in any occurrence.
    #[must_use]
    pub fn is_attended_by(&self, who: &crate::Addresses) -> bool {
        self.participants()
            .any(|participant| who.contains(&participant.address))
    }

    /// All participants of all components; who is in several comes several times.
    pub fn participants(&self) -> impl Iterator<Item = &Participant> {
        self.components
            .iter()
            .flat_map(|component| &component.participants)
    }
}

fn organizer(line: &Line) -> Organizer {
    Organizer {
        address: of(line),
        name: line.parameter("CN"),
        sent_by: sent_by(line),
        agent: agent(line),
        status: line.parameter("SCHEDULE-STATUS"),
    }
}

fn component(object: &Object, item: &crate::component::Component) -> Component {
    let text = |name| item.value(name).map(unescape).unwrap_or_default();
    let span = span(item, &object.zones);
    Component {
        instance: object.instance(item),
        sequence: sequence(item),
        start: span.map(|(start, _)| start),
        end: span.map(|(_, end)| end),
        is_date: item.line("DTSTART").is_some_and(crate::time::is_date),
        is_cancelled: is_cancelled(item),
        is_recurring: crate::object::is_recurring(item),
        summary: text("SUMMARY"),
        location: text("LOCATION"),
        comment: text("COMMENT"),
        participants: item.all("ATTENDEE").map(participant).collect(),
    }
}

fn participant(line: &Line) -> Participant {
    let parameter = |name| line.parameter(name).unwrap_or_default();
    let addresses = |name| {
        line.parameter_values(name)
            .iter()
            .map(|address| crate::normal(address))
            .collect()
    };
    Participant {
        address: of(line),
        name: line.parameter("CN"),
        part_stat: PartStat::parse(&parameter("PARTSTAT")),
        role: Role::parse(&parameter("ROLE")),
        cu_type: line
            .parameter("CUTYPE")
            .map(|kind| CuType::parse(&kind))
            .unwrap_or_default(),
        rsvp: parameter("RSVP").eq_ignore_ascii_case("TRUE"),
        agent: agent(line),
        status: line.parameter("SCHEDULE-STATUS"),
        sent_by: sent_by(line),
        delegated_to: addresses("DELEGATED-TO"),
        delegated_from: addresses("DELEGATED-FROM"),
    }
}

fn agent(line: &Line) -> ScheduleAgent {
    line.parameter("SCHEDULE-AGENT")
        .map_or(ScheduleAgent::Server, |agent| ScheduleAgent::parse(&agent))
}

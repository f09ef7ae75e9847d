//! Calendar object: one event, task or journal entry with all its overrides, as one resource (RFC 4791 4.1).

use std::collections::HashSet;

use crate::fault::Fault;
use crate::limit::{AVAILABLE_MAX, FUTURE_OVERRIDES_MAX, OVERRIDES_MAX};
use crate::part::{Kind, Part, Reader};
use crate::tree::{Component, Tree};
use crate::zone::Zone;

/// A calendar object that has been read and found valid. The bytes it was read from are the caller's to keep.
#[derive(Clone, Debug)]
pub struct CalendarObject {
    tree: Tree,
    kind: Kind,
    uid: String,
    parts: Vec<Part>,
}

impl CalendarObject {
    /// Reads what is to be stored as one resource of a calendar.
    ///
    /// # Errors
    /// [`Fault`], by the precondition of RFC 4791 5.3.2.1 that is not met.
    pub fn read(text: &[u8]) -> Result<Self, Fault> {
        let tree = Tree::read(text)?;
        // RFC 4791 4.1: METHOD belongs to messages, not to what is stored.
        if tree.root().property("METHOD").is_some() {
            return Err(Fault::object("METHOD stands only in scheduling messages"));
        }
        Self::of(tree)
    }

    /// Reads a scheduling message (RFC 5546): the same, with a METHOD that [`CalendarObject::method`] tells.
    ///
    /// # Errors
    /// As for [`CalendarObject::read`].
    pub fn read_message(text: &[u8]) -> Result<Self, Fault> {
        Self::of(Tree::read(text)?)
    }

    fn of(tree: Tree) -> Result<Self, Fault> {
        let root = tree.root();
        if !root.is("VCALENDAR") {
            return Err(Fault::data(1, "not a VCALENDAR"));
        }
        // RFC 5545 3.7.4: the version of the format. A vCalendar 1.0 looks alike and means something else.
        if root.value("VERSION").is_none_or(|version| version != "2.0") {
            return Err(Fault::data(1, "VERSION is not 2.0"));
        }
        let kind = kind(root)?;
        let mut reader = Reader::new(root);
        let mut parts = Vec::new();
        for component in root.children().filter(|child| child.is(kind.component())) {
            if parts.len() > OVERRIDES_MAX {
                return Err(Fault::data(0, "too many overrides"));
            }
            parts.push(reader.part(component, kind)?);
        }
        let messages = root.property("METHOD").is_some();
        let uid = uid(root, kind)?;
        if !messages {
            check_starts(&parts)?;
        }
        check_overrides(&mut parts)?;
        let availabilities = root.children().filter(|child| child.is("VAVAILABILITY"));
        if availabilities
            .map(|child| 1 + child.children().count())
            .sum::<usize>()
            > AVAILABLE_MAX
        {
            return Err(Fault::data(0, "too many available times"));
        }
        Ok(Self {
            tree,
            kind,
            uid,
            parts,
        })
    }

    /// What it is about.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The UID that all its components share.
    #[must_use]
    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// METHOD of a scheduling message, in capitals.
    #[must_use]
    pub fn method(&self) -> Option<String> {
        self.tree
            .root()
            .value("METHOD")
            .map(str::to_ascii_uppercase)
    }

    /// Components and content lines.
    #[must_use]
    pub const fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The component that stands for the series or the single event; the first override where a guest was only invited to
    /// some occurrences.
    #[must_use]
    pub fn main(&self) -> Component<'_> {
        self.component_of(&self.parts[0])
    }

    /// The master and its overrides, master first, then by RECURRENCE-ID.
    pub fn components(&self) -> impl Iterator<Item = Component<'_>> {
        self.parts.iter().map(|part| self.component_of(part))
    }

    /// Whether it stands for more than one occurrence.
    #[must_use]
    pub fn is_recurring(&self) -> bool {
        self.parts.len() > 1
            || self.parts[0].is_recurring()
            || self.parts[0].recurrence_id.is_some()
    }

    /// The first zone that a VTIMEZONE in it tells, such as the one in a calendar's `calendar-timezone` (RFC 4791 5.2.2).
    #[must_use]
    pub fn zone(&self) -> Option<Zone> {
        self.tree
            .root()
            .children()
            .find(|child| child.is("VTIMEZONE"))
            .and_then(Zone::of_component)
    }

    /// Never empty.
    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub(crate) fn component_of(&self, part: &Part) -> Component<'_> {
        self.tree
            .component(part.component)
            .unwrap_or_else(|| self.tree.root())
    }
}

/// RFC 4791 4.1: one kind of component beside time zones.
fn kind(root: Component<'_>) -> Result<Kind, Fault> {
    let mut found = None;
    for child in root.children().filter(|child| !child.is("VTIMEZONE")) {
        match (Kind::of(child.name()), found) {
            (Some(kind), None) => found = Some(kind),
            (Some(kind), Some(before)) if kind != before => {
                return Err(Fault::object("components of different kinds"));
            }
            _ => {}
        }
    }
    found.ok_or(Fault::Component)
}

/// RFC 4791 4.1: all components have the same UID.
fn uid(root: Component<'_>, kind: Kind) -> Result<String, Fault> {
    let mut found: Option<&str> = None;
    for component in root.children().filter(|child| child.is(kind.component())) {
        let uid = component.value("UID").filter(|uid| !uid.is_empty());
        let uid = uid.ok_or(Fault::object("a component without UID"))?;
        if uid.len() > UID_OCTETS_MAX {
            return Err(Fault::object("a UID that is too long"));
        }
        if found.is_some_and(|before| before != uid) {
            return Err(Fault::object("components with different UIDs"));
        }
        found = Some(uid);
    }
    found
        .map(|uid| crate::value::unescaped(uid).into_owned())
        .ok_or(Fault::Component)
}

/// Octets of a UID: RFC 7986 5.3 asks that 255 be taken; Google's are longer at times.
const UID_OCTETS_MAX: usize = 2_048;

/// RFC 5545 3.6.1: a stored event has DTSTART, and what recurs recurs from it.
fn check_starts(parts: &[Part]) -> Result<(), Fault> {
    for part in parts {
        if part.kind == Kind::Event && part.start.is_none() {
            return Err(Fault::data(0, "an event without DTSTART"));
        }
    }
    Ok(())
}

/// RFC 4791 4.1: one master at most, and one override for each occurrence. Sorts the parts.
fn check_overrides(parts: &mut [Part]) -> Result<(), Fault> {
    let instant = |part: &Part| part.recurrence_id.as_ref().map(|id| id.instant(&Zone::UTC));
    parts.sort_by_key(instant);
    // Free/busy times and availabilities of one UID are no series.
    if parts
        .iter()
        .any(|part| matches!(part.kind, Kind::FreeBusy | Kind::Availability))
    {
        return Ok(());
    }
    if parts.iter().filter(|part| part.this_and_future).count() > FUTURE_OVERRIDES_MAX {
        return Err(Fault::data(0, "too many overrides for later occurrences"));
    }
    let mut seen = HashSet::new();
    for part in parts.iter() {
        if !seen.insert((
            instant(part),
            part.this_and_future && part.recurrence_id.is_some(),
        )) {
            return Err(Fault::object(match part.recurrence_id {
                Some(_) => "two overrides of one occurrence",
                None => "two components with one UID and no RECURRENCE-ID",
            }));
        }
    }
    Ok(())
}

//! Who takes part: `participants`, `organizerCalendarAddress` and the lines `ATTENDEE` and `ORGANIZER`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::block::{Block, Line};
use super::simple::text;
use super::value::is_id;
use super::{Invalid, Object};

/// Participants of one event.
pub(crate) const PARTICIPANTS_MAX: usize = 5_000;

/// Octets of an address that its id is made from; what is longer gets a number.
const ID_ADDRESS_OCTETS_MAX: usize = 180;

/// draft-ietf-calext-jscalendar-icalendar: the id that an entry has in JSON.
const JSID: &str = "JSID";

/// Roles (draft-ietf-calext-jscalendarbis 4.4.6) and what `ROLE` says of them. Without any, who takes part is needed.
const ROLES: [(&str, &str); 4] = [
    ("chair", "CHAIR"),
    ("optional", "OPT-PARTICIPANT"),
    ("informational", "NON-PARTICIPANT"),
    ("required", "REQ-PARTICIPANT"),
];

const KINDS: [(&str, &str); 4] = [
    ("individual", "INDIVIDUAL"),
    ("group", "GROUP"),
    ("resource", "RESOURCE"),
    ("location", "ROOM"),
];

const STATUSES: [&str; 5] = [
    "needs-action",
    "accepted",
    "declined",
    "tentative",
    "delegated",
];

const AGENTS: [&str; 3] = ["server", "client", "none"];

/// An address to compare: without its scheme, in small letters.
pub(crate) fn address_of(written: &str) -> String {
    let written = written.trim();
    let bare = written
        .get(..7)
        .filter(|scheme| scheme.eq_ignore_ascii_case("mailto:"))
        .map_or(written, |_| written.get(7..).unwrap_or_default());
    bare.to_ascii_lowercase()
}

/// The id of whoever has an address, where nobody chose another.
pub(crate) fn id_of(address: &str) -> String {
    let address = address_of(address);
    let cut = (0..=ID_ADDRESS_OCTETS_MAX.min(address.len()))
        .rev()
        .find(|at| address.is_char_boundary(*at))
        .and_then(|at| address.get(..at))
        .unwrap_or_default();
    let id = URL_SAFE_NO_PAD.encode(cut);
    if id.is_empty() { "nobody".into() } else { id }
}

fn line_id(line: &Line) -> String {
    line.parameter(JSID)
        .filter(|id| is_id(id))
        .unwrap_or_else(|| id_of(&line.value))
}

pub(super) fn read(json: &mut Object, block: &Block) {
    let organizer = block.line("ORGANIZER");
    let mut participants = Object::new();
    for line in block.all("ATTENDEE").take(PARTICIPANTS_MAX) {
        let mut id = line_id(line);
        if participants.contains_key(&id) {
            id = format!("{id}-{}", participants.len());
        }
        participants.insert(id, Value::Object(read_attendee(line)));
    }
    if let Some(organizer) = organizer {
        json.insert(
            "organizerCalendarAddress".into(),
            organizer.value.clone().into(),
        );
        if let Some(by) = organizer.parameter("SENT-BY") {
            json.insert("sentBy".into(), address_of(&by).into());
        }
        let address = address_of(&organizer.value);
        let own = participants.values_mut().find(|participant| {
            let written = participant.get("calendarAddress").and_then(Value::as_str);
            written.is_some_and(|written| address_of(written) == address)
        });
        match own.and_then(Value::as_object_mut) {
            Some(own) => {
                let roles = own
                    .entry("roles")
                    .or_insert_with(|| Value::Object(Object::new()));
                if let Some(roles) = roles.as_object_mut() {
                    roles.insert("owner".into(), true.into());
                }
                if let Some(name) = organizer.parameter("CN") {
                    own.entry("name").or_insert_with(|| name.into());
                }
            }
            // An organizer alone is nobody's meeting (RFC 5545 3.8.4.3), and still somebody.
            None => {
                let mut owner = read_attendee(organizer);
                let mut roles = Object::new();
                roles.insert("owner".into(), true.into());
                owner.insert("roles".into(), Value::Object(roles));
                owner.remove("sentBy");
                participants.insert(line_id(organizer), Value::Object(owner));
            }
        }
    }
    if !participants.is_empty() {
        json.insert("participants".into(), Value::Object(participants));
    }
}

fn read_attendee(line: &Line) -> Object {
    let mut one = Object::new();
    one.insert("@type".into(), "Participant".into());
    one.insert("calendarAddress".into(), line.value.clone().into());
    let mut copy = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            one.insert(name.into(), value.into());
        }
    };
    let word = |parameter: &str, words: &[(&str, &str)]| {
        let written = line.parameter(parameter)?;
        let known = words
            .iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(&written));
        known.map(|(word, _)| (*word).to_owned())
    };
    let lower = |parameter: &str, words: &[&str]| {
        let written = line.parameter(parameter)?.to_ascii_lowercase();
        words.contains(&written.as_str()).then_some(written)
    };
    copy("name", line.parameter("CN"));
    copy("email", line.parameter("EMAIL"));
    copy("kind", word("CUTYPE", &KINDS));
    copy("participationStatus", lower("PARTSTAT", &STATUSES));
    copy("scheduleAgent", lower("SCHEDULE-AGENT", &AGENTS));
    copy(
        "sentBy",
        line.parameter("SENT-BY").map(|by| address_of(&by)),
    );
    if let Some(role) = word("ROLE", &ROLES) {
        let mut roles = Object::new();
        roles.insert(role, true.into());
        one.insert("roles".into(), Value::Object(roles));
    }
    let is_true = |name: &str| {
        line.parameter(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("TRUE"))
    };
    if is_true("RSVP") {
        one.insert("expectReply".into(), true.into());
    }
    if line.parameter("SCHEDULE-FORCE-SEND").is_some() {
        one.insert("scheduleForceSend".into(), true.into());
    }
    let statuses = line.parameter("SCHEDULE-STATUS").unwrap_or_default();
    let statuses: Vec<Value> = statuses
        .split(',')
        .filter(|code| !code.trim().is_empty())
        .map(|code| code.trim().into())
        .collect();
    if !statuses.is_empty() {
        one.insert("scheduleStatus".into(), statuses.into());
    }
    for (name, parameter) in [
        ("delegatedTo", "DELEGATED-TO"),
        ("delegatedFrom", "DELEGATED-FROM"),
        ("memberOf", "MEMBER"),
    ] {
        let ids: Object = line
            .parameter_values(parameter)
            .iter()
            .map(|address| (id_of(address), Value::Bool(true)))
            .collect();
        if !ids.is_empty() {
            one.insert(name.into(), Value::Object(ids));
        }
    }
    one
}

/// Writes who takes part, where it is different.
pub(super) fn write(block: &mut Block, old: &Object, new: &Object) -> Result<(), Invalid> {
    let none = Object::new();
    let before = old
        .get("participants")
        .and_then(Value::as_object)
        .unwrap_or(&none);
    let after = match new.get("participants") {
        None | Some(Value::Null) => &none,
        Some(Value::Object(after)) => after,
        Some(_) => return Err(Invalid::new("participants", "it is no map of Participants")),
    };
    if after.len() > PARTICIPANTS_MAX {
        return Err(Invalid::new("participants", "there are too many"));
    }
    write_organizer(block, old, new, after)?;
    if before == after {
        return Ok(());
    }
    for id in before.keys().filter(|id| !after.contains_key(*id)) {
        block
            .lines
            .retain(|line| !(line.is("ATTENDEE") && line_id(line) == *id));
    }
    let organizer = block.value("ORGANIZER").map(address_of);
    for (id, participant) in after {
        let path = || format!("participants/{id}");
        let participant = participant
            .as_object()
            .ok_or_else(|| Invalid::new(path(), "it is no Participant"))?;
        if !is_id(id) {
            return Err(Invalid::new(path(), "its key is no Id"));
        }
        let was = before.get(id).and_then(Value::as_object);
        if was == Some(participant) {
            continue;
        }
        write_one(
            block,
            id,
            (was.unwrap_or(&none), participant),
            organizer.as_deref(),
        )
        .map_err(|fault| fault.within(&path()))?;
    }
    Ok(())
}

/// draft-ietf-calext-jscalendarbis 4.4.4: who organizes it; without a word on it, the participant who owns it.
fn write_organizer(
    block: &mut Block,
    old: &Object,
    new: &Object,
    participants: &Object,
) -> Result<(), Invalid> {
    let address = text(new, "organizerCalendarAddress")?;
    let owner = participants
        .iter()
        .find(|(_, one)| one.pointer("/roles/owner") == Some(&Value::Bool(true)));
    let of_owner = owner
        .and_then(|(_, owner)| owner.get("calendarAddress"))
        .and_then(Value::as_str);
    let Some(address) = address.or(of_owner) else {
        block.remove("ORGANIZER");
        return Ok(());
    };
    check_address("organizerCalendarAddress", address)?;
    let owner = owner.filter(|_| of_owner.map(address_of) == Some(address_of(address)));
    let known = block.line("ORGANIZER").cloned();
    let changed = known.as_ref().map(|line| line.value.as_str()) != Some(address)
        || old.get("participants") != new.get("participants");
    if !changed {
        return Ok(());
    }
    let mut line = known.unwrap_or_else(|| Line::new("ORGANIZER", ""));
    if address_of(&line.value) != address_of(address) {
        line = Line::new("ORGANIZER", address);
    }
    line.value = Line::new("", address).value;
    let name = owner
        .and_then(|(_, owner)| owner.get("name"))
        .and_then(Value::as_str);
    if name.is_some() {
        line.set_parameter("CN", name);
    }
    // Whoever only owns it has no other line that could keep the id.
    if let Some((id, owner)) = owner.and_then(|(id, owner)| Some((id, owner.as_object()?)))
        && only_owns(owner)?
    {
        line.set_parameter(
            JSID,
            Some(id.as_str()).filter(|id| is_id(id) && *id != id_of(address)),
        );
    }
    block.set(line);
    Ok(())
}

/// Whether somebody answers for an event and says no more of taking part in it.
fn only_owns(one: &Object) -> Result<bool, Invalid> {
    let says = ["participationStatus", "expectReply", "scheduleAgent"];
    let is_silent = says
        .iter()
        .all(|name| one.get(*name).is_none_or(Value::is_null));
    Ok(is_silent && roles(one)?.iter().all(|role| *role == "owner"))
}

/// RFC 5545 3.3.3 wants a URI; addresses without a scheme, and with blanks, are met all the same.
fn check_address(name: &str, address: &str) -> Result<(), Invalid> {
    let fine = address.contains([':', '@'])
        && address.len() <= icalendar::limit::ADDRESS_OCTETS_MAX
        && !address.chars().any(char::is_control);
    if fine {
        Ok(())
    } else {
        Err(Invalid::new(name, "it is no address"))
    }
}

fn write_one(
    block: &mut Block,
    id: &str,
    (old, new): (&Object, &Object),
    organizer: Option<&str>,
) -> Result<(), Invalid> {
    let email = text(new, "email")?;
    let address = match text(new, "calendarAddress")? {
        Some(address) => address.to_owned(),
        None => format!("mailto:{}", email.unwrap_or_default()),
    };
    check_address("calendarAddress", &address)?;
    if address_of(&address).is_empty() {
        return Err(Invalid::new("calendarAddress", "it is missing"));
    }
    let place = block
        .lines
        .iter()
        .position(|line| line.is("ATTENDEE") && line_id(line) == id);
    if organizer == Some(address_of(&address).as_str()) && place.is_none() && only_owns(new)? {
        return Ok(());
    }
    let mut line = place
        .and_then(|place| block.lines.get(place).cloned())
        .unwrap_or_else(|| Line::new("ATTENDEE", ""));
    if line.value != address {
        line.value = Line::new("", address.clone()).value;
    }
    set_parameters(&mut line, old, new)?;
    line.set_parameter(JSID, Some(id).filter(|id| *id != id_of(&address)));
    match place.and_then(|place| block.lines.get_mut(place)) {
        Some(known) => *known = line,
        None => {
            let place = block
                .lines
                .iter()
                .rposition(|line| line.is("ATTENDEE") || line.is("ORGANIZER"))
                .map_or(block.lines.len(), |place| place + 1);
            block.lines.insert(place, line);
        }
    }
    Ok(())
}

fn roles(one: &Object) -> Result<Vec<&str>, Invalid> {
    match one.get("roles") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Object(roles)) => Ok(roles
            .iter()
            .filter(|(_, value)| **value == Value::Bool(true))
            .map(|(role, _)| role.as_str())
            .collect()),
        Some(_) => Err(Invalid::new("roles", "it is no set")),
    }
}

fn set_parameters(line: &mut Line, old: &Object, new: &Object) -> Result<(), Invalid> {
    let changed = |name: &str| old.get(name) != new.get(name);
    for (name, parameter) in [("name", "CN"), ("email", "EMAIL")] {
        if changed(name) {
            line.set_parameter(parameter, text(new, name)?);
        }
    }
    let words: [(&str, &str, &[&str]); 2] = [
        ("participationStatus", "PARTSTAT", &STATUSES),
        ("scheduleAgent", "SCHEDULE-AGENT", &AGENTS),
    ];
    for (name, parameter, known) in words {
        if changed(name) {
            let word = text(new, name)?;
            if word.is_some_and(|word| !known.contains(&word)) {
                return Err(Invalid::new(name, "there is no such value"));
            }
            let word = word.map(str::to_ascii_uppercase);
            line.set_parameter(parameter, word.as_deref());
        }
    }
    if changed("kind") {
        let kind = text(new, "kind")?;
        let written = kind.map(|kind| {
            let known = KINDS.iter().find(|(known, _)| *known == kind);
            known.map_or("UNKNOWN", |(_, written)| *written)
        });
        line.set_parameter("CUTYPE", written);
    }
    if changed("roles") {
        let roles = roles(new)?;
        let role = ROLES.iter().find(|(role, _)| roles.contains(role));
        line.set_parameter("ROLE", role.map(|(_, written)| *written));
    }
    if changed("expectReply") {
        let expects = new.get("expectReply") == Some(&Value::Bool(true));
        line.set_parameter("RSVP", expects.then_some("TRUE"));
    }
    if changed("scheduleForceSend") {
        let forces = new.get("scheduleForceSend") == Some(&Value::Bool(true));
        line.set_parameter("SCHEDULE-FORCE-SEND", forces.then_some("REQUEST"));
    }
    Ok(())
}

//! What the other participants see of an answer (RFC 6638 4.2).

use std::collections::HashSet;

use crate::address::Addresses;
use crate::component::Component;
use crate::fault::Fault;
use crate::limits::INSTANCES_MAX;
use crate::line::Line;
use crate::message::strip_server_parameters;
use crate::object::{Object, participant, participant_mut, said};
use crate::occurrence::{known, occurrence};

/// RFC 6638 4.2: the copy of one participant with the answer of another, as the organizer's object has it by now; nothing
/// where the copy says so already, or where its owner is not told of the other.
///
/// `copy` is the stored text of a participant, `organized` the organizer's, `who` are the addresses of whoever answered. Nothing
/// else of the copy changes, so that it asks nobody for anything and the schedule tag stays (RFC 6638 3.2.10).
///
/// # Errors
/// [`Fault::Malformed`] and [`Fault::TooLarge`] for the texts, also where they are not about the same object.
pub fn answer_of_another(
    copy: &[u8],
    organized: &[u8],
    who: &Addresses,
) -> Result<Option<String>, Fault> {
    let mut copy = Object::read(copy)?;
    let organized = Object::read(organized)?;
    if copy.uid != organized.uid || copy.organizer_address() != organized.organizer_address() {
        return Err(Fault::Malformed("the copy is of another object"));
    }
    let mut has_changed = false;
    let zones = copy.zones.clone();
    for item in copy.items_mut() {
        let original = item
            .line("RECURRENCE-ID")
            .map(|line| zones.seconds(line).unwrap_or(i64::MIN));
        // An override that only the copy has is an occurrence of the series to the organizer.
        let theirs = organized.find(original).or_else(|| organized.master());
        if let Some(line) = theirs.and_then(|theirs| participant(theirs, who)) {
            has_changed |= take(item, line, who);
        }
    }
    has_changed |= add_overrides(&mut copy, &organized, who);
    Ok(has_changed.then(|| copy.write()))
}

/// Occurrences for which somebody answered otherwise than for the series, and that have no component in the copy yet.
fn add_overrides(copy: &mut Object, organized: &Object, who: &Addresses) -> bool {
    let there: HashSet<i64> = copy.overridden().into_iter().collect();
    let mut wanted = organized.overridden();
    wanted.retain(|original| !there.contains(original));
    let mut has_changed = false;
    for original in known(copy, &wanted) {
        let line = organized.find(Some(original));
        let Some(line) = line.and_then(|theirs| participant(theirs, who)) else {
            continue;
        };
        let Some(mut item) = occurrence(copy, original) else {
            continue;
        };
        if copy.items().count() < INSTANCES_MAX && take(&mut item, line, who) {
            copy.put(item);
            has_changed = true;
        }
    }
    has_changed
}

/// Puts the answer into a component; says whether it was another one. Who is not in it is none of its owner's business.
fn take(item: &mut Component, line: &Line, who: &Addresses) -> bool {
    let Some(own) = participant_mut(item, who) else {
        return false;
    };
    let delegates = line.parameter("DELEGATED-TO");
    if said(own) == said(line) && own.parameter("DELEGATED-TO") == delegates {
        return false;
    }
    let mut news = line.clone();
    strip_server_parameters(&mut news);
    *own = news;
    true
}

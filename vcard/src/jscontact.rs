//! JSContact (RFC 9553): what a card says as JSON, and a changed JSON put back into the card (RFC 9555).
//!
//! The vCard stays the truth. A change is put back entry by entry: the lines of all that did not change stay word for word, also
//! those that JSContact has no word for; what a vCard has no property for stands in `JSPROP`.

mod check;
mod component;
mod date;
mod entry;
mod read;
mod table;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use self::entry::{Entry, Path};
use crate::card::{self, ContactCard};
use crate::convert::FreshGroups;
use crate::fault::Fault;
use crate::line;
use crate::property::Property;
use crate::text;
use crate::version::Version;

/// Why a JSON is no card.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsFault {
    /// A property has not the form that RFC 9553 gives it.
    #[error("`{property}`: {why}")]
    Property {
        /// Which: a JSON pointer without its first slash.
        property: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The vCard it would become is refused.
    #[error(transparent)]
    Card(#[from] Fault),
}

impl ContactCard {
    /// The card as JSContact. Without `uid` where the card has none: whoever keeps it knows what identifies it.
    #[must_use]
    pub fn to_jscontact(&self) -> Map<String, Value> {
        let entries = read::read(self);
        entry::compose(entries.iter().map(|entry| (&entry.path, &entry.value)))
    }

    /// The card's text after what it says became `new`: in the version it is in, with all lines as they were that say nothing else now.
    ///
    /// # Errors
    /// [`JsFault`] says which property is wrong.
    pub fn with_jscontact(&self, new: &Map<String, Value>) -> Result<String, JsFault> {
        check::check(new)?;
        let mut wanted = entry::decompose(new);
        let entries = read::read(self);
        let gone = changed_lines(&entries, &wanted);
        let properties = self.in_version(Version::V4);
        let mut writing = Writing {
            version: self.version(),
            groups: FreshGroups::of(self),
            at: BTreeMap::new(),
        };
        for entry in &entries {
            let value = wanted.remove(&entry.path);
            let stays = value.as_ref() == Some(&entry.value) && entry.lines.is_disjoint(&gone);
            if let Some(value) = value.filter(|_| !stays) {
                let old = entry.made_from.and_then(|at| properties.get(at));
                let line = entry.lines.first().copied();
                writing.write(line.unwrap_or(usize::MAX), &entry.path, &value, old);
            }
        }
        for (path, value) in &wanted {
            writing.write(usize::MAX, path, value, None);
        }
        if gone.is_empty() && writing.at.is_empty() && !self.properties().is_empty() {
            return Ok(self.text().into_owned());
        }
        let text = writing.finish(self, &gone);
        let named = self.properties().is_empty() || self.all("FN").next().is_some();
        with_full_name(text, named)
    }
}

/// A new card of what the JSON says, in version 4.0.
///
/// # Errors
/// [`JsFault`] says which property is wrong.
pub fn from_jscontact(new: &Map<String, Value>) -> Result<String, JsFault> {
    ContactCard::made(Vec::new(), Version::V4).with_jscontact(new)
}

/// The lines that something changed in, and those of what shares a line with it.
fn changed_lines(entries: &[Entry], wanted: &BTreeMap<Path, Value>) -> BTreeSet<usize> {
    let mut gone = BTreeSet::new();
    let (mut same, changed): (Vec<_>, Vec<_>) = entries
        .iter()
        .partition(|entry| wanted.get(&entry.path) == Some(&entry.value));
    gone.extend(changed.iter().flat_map(|entry| &entry.lines));
    loop {
        let before = gone.len();
        same.retain(|entry| {
            let stays = entry.lines.is_disjoint(&gone);
            if !stays {
                gone.extend(&entry.lines);
            }
            stays
        });
        if gone.len() == before {
            return gone;
        }
    }
}

struct Writing {
    version: Version,
    groups: FreshGroups,
    /// What is written in the place of a line of the card, or behind all.
    at: BTreeMap<usize, Vec<Property>>,
}

impl Writing {
    fn write(&mut self, line: usize, path: &Path, value: &Value, old: Option<&Property>) {
        let made = write::write(path, value, old, &mut self.groups);
        let made = match self.version {
            Version::V4 => made,
            Version::V3 => in_three(made),
        };
        self.at.entry(line).or_default().extend(made);
    }

    fn finish(mut self, card: &ContactCard, gone: &BTreeSet<usize>) -> String {
        let mut out = "BEGIN:VCARD\r\n".to_owned();
        if card.all("VERSION").next().is_none() {
            out = card::head(self.version);
        }
        for (line, property) in card.properties().iter().enumerate() {
            for made in self.at.remove(&line).into_iter().flatten() {
                line::write(&mut out, &made, self.version);
            }
            if !gone.contains(&line) {
                card.write_as_given(&mut out, property, self.version);
            }
        }
        for made in self.at.into_values().flatten() {
            line::write(&mut out, &made, self.version);
        }
        out.push_str(card::TAIL);
        out
    }
}

/// Properties of an entry as 3.0 has them.
fn in_three(made: Vec<Property>) -> Vec<Property> {
    let named = |name: &str| made.iter().any(|property| property.is(name));
    let (full, name) = (named("FN"), named("N"));
    let mut properties = made;
    if !full {
        properties.insert(0, Property::new("FN", "-"));
    }
    let card = ContactCard::made(properties, Version::V4);
    let mut three = card.in_version(Version::V3).into_owned();
    // What 3.0 demands of a whole card, an entry need not have.
    if !full {
        three.retain(|property| !property.is("FN") && (name || !property.is("N")));
    }
    three
}

/// RFC 6350 6.2.1: the full name must be there; one that is made of the rest says so (RFC 9554 4.4).
// What had none before need not have one: many real cards have none, see `ContactCard::check`.
fn with_full_name(text: String, named: bool) -> Result<String, JsFault> {
    let has = |card: &ContactCard| card.all("FN").next().is_some();
    let name = match ContactCard::read(text.as_bytes()) {
        Ok(card) if !named || has(&card) => return Ok(text),
        Ok(card) => text::escape(&card.full_name()),
        Err(Fault::NoName) => String::new(),
        Err(fault) => return Err(fault.into()),
    };
    let mut whole = text.strip_suffix(card::TAIL).unwrap_or(&text).to_owned();
    let property = Property::new("FN", name).with("DERIVED", "TRUE");
    line::write(&mut whole, &property, Version::V4);
    whole.push_str(card::TAIL);
    ContactCard::read(whole.as_bytes())?;
    Ok(whole)
}

#[cfg(test)]
mod tests;

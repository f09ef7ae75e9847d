//! A contact card: exactly one vCard, read within bounds, its bytes kept.

use std::borrow::Cow;

use crate::fault::Fault;
use crate::line::{self, Lines, Logical};
use crate::property::Property;
use crate::text::CutText;
use crate::version::Version;

/// One vCard of version 3.0 or 4.0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactCard {
    bytes: Box<[u8]>,
    version: Version,
    /// All but `BEGIN` and `END`.
    properties: Vec<Property>,
}

impl ContactCard {
    /// Reads a text that is exactly one card.
    ///
    /// # Errors
    /// [`Fault`] says which rule it breaks, and which precondition of RFC 6352 that is.
    pub fn read(text: &[u8]) -> Result<Self, Fault> {
        if text.len() > CARD_OCTETS_MAX {
            return Err(Fault::TooLarge {
                octets: text.len(),
                limit: CARD_OCTETS_MAX,
            });
        }
        let line_ends = text.iter().filter(|octet| **octet == b'\n').count();
        bounded(line_ends, CARD_LINES_MAX, "lines")?;
        let properties = read_properties(text)?;
        let version = read_version(&properties)?;
        let mut card = Self {
            bytes: text.into(),
            version,
            properties,
        };
        card.check()?;
        if version == Version::V4 {
            card.take_carets_out();
        }
        Ok(card)
    }

    /// The text as it was given.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The text as characters: as it was given, or folded anew where a fold stood inside of a character.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match str::from_utf8(&self.bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => Cow::Owned(write(&self.properties, self.version)),
        }
    }

    /// The format it is in.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// Its properties in their order, without `BEGIN` and `END`.
    #[must_use]
    pub fn properties(&self) -> &[Property] {
        &self.properties
    }

    /// Its properties of a name, in any case.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Property> {
        self.properties
            .iter()
            .filter(move |property| property.is(name))
    }

    /// The property of a name that is preferred, otherwise the first that says something.
    #[must_use]
    pub fn best(&self, name: &str) -> Option<&Property> {
        let said = self.all(name).filter(|property| !property.is_blank());
        said.min_by_key(|property| property.preference().unwrap_or(u8::MAX))
    }

    /// What identifies the card everywhere (RFC 6350 6.7.6); many real cards have none.
    #[must_use]
    pub fn uid(&self) -> Option<Cow<'_, str>> {
        let uid = self.all("UID").next()?;
        match uid.text() {
            Cow::Borrowed(text) => Some(Cow::Borrowed(text.trim())),
            Cow::Owned(text) => Some(Cow::Owned(text.trim().to_owned())),
        }
        .filter(|text| !text.is_empty())
    }

    /// A card of properties that come from no text.
    pub(crate) fn made(properties: Vec<Property>, version: Version) -> Self {
        Self {
            bytes: Box::default(),
            version,
            properties,
        }
    }

    fn check(&self) -> Result<(), Fault> {
        // RFC 6350 6.2.1: FN must be there. Departs: iOS sends an empty one, Google and others none where another name is there,
        // and refusing such a card would stop the phone's synchronisation for good.
        let named = |name: &str| self.all(name).next().is_some();
        if !NAMES.iter().any(|name| named(name)) {
            return Err(Fault::NoName);
        }
        Ok(())
    }

    fn take_carets_out(&mut self) {
        let params = self
            .properties
            .iter_mut()
            .flat_map(|property| &mut property.params);
        params
            .flat_map(|param| &mut param.values)
            .for_each(line::without_carets);
    }
}

/// Writes a card of these properties; `VERSION` stands first (RFC 6350 6.7.9), whatever they say.
pub(crate) fn write<'a>(
    properties: impl IntoIterator<Item = &'a Property>,
    version: Version,
) -> String {
    let mut out = head(version);
    for property in properties {
        if !property.is("VERSION") {
            line::write(&mut out, property, version);
        }
    }
    out.push_str(TAIL);
    out
}

/// How a card of that version begins.
pub(crate) fn head(version: Version) -> String {
    format!("BEGIN:VCARD\r\nVERSION:{}\r\n", version.as_str())
}

/// Reads from `BEGIN` to `END`; nothing may stand before or behind.
fn read_properties(text: &[u8]) -> Result<Vec<Property>, Fault> {
    let mut lines = Lines::new(text);
    match lines.next() {
        Some(Ok(first)) if is_mark(&first.text, "BEGIN") => {}
        Some(Ok(_)) | None => return Err(Fault::NoCard),
        Some(Err(fault)) => return Err(fault),
    }
    let mut properties = Vec::new();
    let mut parameters = 0_usize;
    let mut once = Once::default();
    loop {
        let line = lines.next().ok_or(Fault::Unfinished)??;
        if is_mark(&line.text, "END") {
            break;
        }
        if is_mark(&line.text, "BEGIN") {
            return Err(Fault::NotAlone { line: line.number });
        }
        let property = read_property(line, &mut once)?;
        parameters = parameters.saturating_add(property.params.len());
        properties.push(property);
        bounded(properties.len(), PROPERTIES_MAX, "properties")?;
        bounded(parameters, PARAMETERS_MAX, "parameters")?;
    }
    match lines.next() {
        None => Ok(properties),
        Some(Ok(line)) => Err(Fault::NotAlone { line: line.number }),
        Some(Err(fault)) => Err(fault),
    }
}

/// Which properties that may stand once were seen.
#[derive(Default)]
struct Once {
    version: bool,
    uid: bool,
}

fn read_property(line: Logical, once: &mut Once) -> Result<Property, Fault> {
    let Logical { text, span, number } = line;
    let mut property = line::parse(&text).map_err(|expected| Fault::Malformed {
        line: number,
        expected,
    })?;
    property.span = span;
    // RFC 6352 5.1, 6.3.2.1: said at once, for what follows in another version may look like no property at all.
    if property.is("VERSION") && Version::parse(&property.value).is_none() {
        return Err(Fault::UnsupportedVersion(CutText::new(
            property.value.trim(),
        )));
    }
    // RFC 6350 6.7.9 and 6.7.6: VERSION stands exactly once, UID at most once. What else may stand only once is left to the clients:
    // they disagree, and nothing here depends on it.
    for (name, seen) in [("VERSION", &mut once.version), ("UID", &mut once.uid)] {
        if property.is(name) && std::mem::replace(seen, true) {
            return Err(Fault::Twice { name, line: number });
        }
    }
    Ok(property)
}

fn read_version(properties: &[Property]) -> Result<Version, Fault> {
    // RFC 6350 6.7.9: it must be there; that it should stand first is not insisted on, RFC 2426 had it anywhere.
    let named = properties.iter().find(|property| property.is("VERSION"));
    let version = named.and_then(|property| Version::parse(&property.value));
    version.ok_or(Fault::NoVersion)
}

/// Whether a line begins or ends a card.
pub(crate) fn is_mark(line: &str, mark: &str) -> bool {
    let said = line.split_once(':');
    said.is_some_and(|(name, value)| {
        name.trim().eq_ignore_ascii_case(mark) && value.trim().eq_ignore_ascii_case("VCARD")
    })
}

fn bounded(count: usize, limit: usize, what: &'static str) -> Result<(), Fault> {
    if count > limit {
        Err(Fault::TooMany { what, limit })
    } else {
        Ok(())
    }
}

/// How a card ends.
pub(crate) const TAIL: &str = "END:VCARD\r\n";
/// Octets of one card: ours (RFC 6352 6.2.3 lets a server say one); photos of several megabytes are common.
pub const CARD_OCTETS_MAX: usize = 10 * 1024 * 1024;
/// Lines of one card before unfolding: ours; a card of the greatest size folded at 60 octets has fewer.
pub const CARD_LINES_MAX: usize = 200_000;
/// Properties of one card: ours; a group has one for each member.
pub const PROPERTIES_MAX: usize = 20_000;
/// Parameters of all properties of one card together: ours.
pub const PARAMETERS_MAX: usize = 50_000;
/// What a card can be called by, the best first.
const NAMES: [&str; 6] = ["FN", "N", "ORG", "NICKNAME", "EMAIL", "TEL"];

#[cfg(test)]
mod tests;

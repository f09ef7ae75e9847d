//! Retrieval: the parts of a calendar object that a client asks for (RFC 4791 9.6).

mod expanding;
mod limiting;

use std::ops::Range;

use crate::fault::Fault;
use crate::object::CalendarObject;
use crate::tree::Component;
use crate::writer::Writer;
use crate::zone::Zone;

/// What is asked for. With nothing set, the stored bytes are the answer, and nothing needs to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retrieval {
    /// Which components and properties; all if there is none.
    pub selection: Option<Selection>,
    /// Every occurrence in this range as a component of its own (RFC 4791 9.6.5). Excludes the next.
    pub expand: Option<Range<i64>>,
    /// Only overrides that matter in this range (RFC 4791 9.6.6).
    pub limit_recurrence_set: Option<Range<i64>>,
    /// Only busy periods in this range (RFC 4791 9.6.7).
    pub limit_freebusy_set: Option<Range<i64>>,
    /// Zones that the IANA database has are named and not defined (RFC 7809 3.1.2).
    pub zones_by_name: bool,
}

/// Which parts of a component are asked for (RFC 4791 9.6.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The component's name.
    pub name: String,
    /// Its properties; None for all of them (`allprop`).
    pub properties: Option<Vec<PropertyChoice>>,
    /// Components in it; None for all of them (`allcomp`).
    pub components: Option<Vec<Self>>,
}

/// A property that is asked for (RFC 4791 9.6.4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PropertyChoice {
    /// Its name.
    pub name: String,
    /// `novalue`: name and parameters only.
    pub without_value: bool,
}

impl Selection {
    /// All of a component, as an element without any content asks for (RFC 4791 7.8.1 shows it).
    #[must_use]
    pub fn everything(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }
}

impl Retrieval {
    /// Whether nothing in particular is asked for.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        *self == Self::default()
    }

    /// Writes what is asked for; `floating` is the zone for times that have none.
    ///
    /// # Errors
    /// [`Fault::TooManyInstances`] if there is too much to expand.
    pub fn apply(&self, object: &CalendarObject, floating: &Zone) -> Result<String, Fault> {
        let mut page = Page {
            writer: Writer::default(),
            retrieval: self,
        };
        let root = object.tree().root();
        let Some(chosen) = page.outermost(root) else {
            return Ok(String::new());
        };
        page.writer.begin("VCALENDAR");
        page.properties(root, chosen);
        if let Some(range) = &self.expand {
            expanding::write(&mut page, object, chosen, range, floating)?;
        } else {
            let dropped = self
                .limit_recurrence_set
                .as_ref()
                .map(|range| limiting::unneeded(object, range, floating));
            let dropped = dropped.unwrap_or_default();
            for child in root
                .children()
                .filter(|child| !dropped.contains(&child.number()))
                .filter(|child| !(self.zones_by_name && is_standard_zone(*child)))
            {
                page.component(child, chosen);
            }
        }
        page.writer.end("VCALENDAR");
        Ok(page.writer.finish())
    }
}

/// Whether it defines a zone that everybody finds in the IANA database under the same name. What only Windows or the
/// object itself calls so must be told.
fn is_standard_zone(component: Component<'_>) -> bool {
    component.is("VTIMEZONE")
        && component.value("TZID").is_some_and(|name| {
            Zone::named(name).and_then(|zone| zone.name()).as_deref() == Some(name.trim())
        })
}

/// What a component's surroundings say about it: everything, or a selection.
type Chosen<'a> = Option<&'a Selection>;

struct Page<'a> {
    writer: Writer,
    retrieval: &'a Retrieval,
}

impl<'a> Page<'a> {
    /// The selection for the outermost component; None if it is not asked for at all.
    fn outermost(&self, root: Component<'_>) -> Option<Chosen<'a>> {
        match &self.retrieval.selection {
            None => Some(None),
            Some(selection) => root.is(&selection.name).then_some(Some(selection)),
        }
    }

    /// The selection for a component inside; None if it is not asked for at all.
    fn inside(component: Component<'_>, outer: Chosen<'a>) -> Option<Chosen<'a>> {
        match outer.and_then(|outer| outer.components.as_ref()) {
            None => Some(None),
            Some(wanted) => wanted
                .iter()
                .find(|wanted| component.is(&wanted.name))
                .map(Some),
        }
    }

    fn component(&mut self, component: Component<'_>, outer: Chosen<'a>) {
        let Some(chosen) = Self::inside(component, outer) else {
            return;
        };
        self.writer.begin(component.name());
        self.properties(component, chosen);
        for child in component.children() {
            self.component(child, chosen);
        }
        self.writer.end(component.name());
    }

    fn properties(&mut self, component: Component<'_>, chosen: Chosen<'a>) {
        for property in component.properties() {
            let limited = self
                .retrieval
                .limit_freebusy_set
                .as_ref()
                .filter(|_| property.is("FREEBUSY"));
            match limited {
                None => self.property(property.name(), property.text(), chosen),
                Some(range) => {
                    if let Some(line) = limiting::within(property, range) {
                        self.property(property.name(), &line, chosen);
                    }
                }
            }
        }
    }

    /// Writes a line if its property is asked for, with or without its value.
    fn property(&mut self, name: &str, line: &str, chosen: Chosen<'a>) {
        let Some(wanted) = chosen.and_then(|chosen| chosen.properties.as_ref()) else {
            self.writer.line(line);
            return;
        };
        match wanted
            .iter()
            .find(|wanted| wanted.name.eq_ignore_ascii_case(name))
        {
            None => {}
            Some(choice) if choice.without_value => {
                let value = value_of(line).len();
                self.writer.line(&line[..line.len() - value]);
            }
            Some(_) => self.writer.line(line),
        }
    }
}

/// What stands after the first colon outside of quotes.
pub(crate) fn value_of(line: &str) -> &str {
    let mut quoted = false;
    let colon = line.find(|character: char| {
        quoted ^= character == '"';
        character == ':' && !quoted
    });
    &line[colon.map_or(line.len(), |colon| colon + 1)..]
}

#[cfg(test)]
mod tests;

//! `C:filter` and `C:time-range`: which calendar objects are asked for (RFC 4791 9.7 to 9.9).

use std::ops::Range;

use icalendar::{Collation, CompFilter, Filter, ParamFilter, PropFilter, TextMatch};

use crate::codec::date::parse_utc;
use crate::codec::fault::Fault;
use crate::codec::namespace::Namespace;
use crate::codec::precondition::Precondition;
use crate::codec::xml::Element;

/// Conditions of one filter, all levels together: each is asked of every object. The same as for contact cards.
const CONDITIONS_MAX: usize = vcard::FILTER_TERMS_MAX;
/// Octets of a text to look for.
const MATCH_OCTETS_MAX: usize = 4_096;

const SPACE: &Namespace = &Namespace::CalDav;

/// Reads the `comp-filter` for `VCALENDAR`.
pub(super) fn calendar_filter(element: &Element) -> Result<Filter, Fault> {
    let root = Reader {
        left: CONDITIONS_MAX,
    }
    .component(element)?;
    // RFC 4791 7.8: a filter begins at the calendar itself.
    if root.name != "VCALENDAR" {
        return Err(Fault::Refused(Precondition::ValidFilter));
    }
    Ok(Filter { root })
}

/// Reads filters and counts their conditions.
struct Reader {
    left: usize,
}

impl Reader {
    fn count(&mut self) -> Result<(), Fault> {
        let refused = Fault::Refused(Precondition::SupportedFilter);
        self.left = self.left.checked_sub(1).ok_or(refused)?;
        Ok(())
    }

    /// RFC 4791 9.7.1.
    fn component(&mut self, element: &Element) -> Result<CompFilter, Fault> {
        self.count()?;
        let mut filter = CompFilter {
            name: name(element)?,
            ..CompFilter::default()
        };
        for part in element.elements().filter(|part| part.namespace == *SPACE) {
            match part.local() {
                "is-not-defined" => filter.absent = true,
                "time-range" => filter.time_range = Some(time_range(part)?),
                "prop-filter" => filter.props.push(self.property(part)?),
                "comp-filter" => filter.comps.push(self.component(part)?),
                // RFC 4791 7.8: what cannot be tested must be refused, not passed over.
                _ => return Err(Fault::Refused(Precondition::SupportedFilter)),
            }
        }
        Ok(filter)
    }

    /// RFC 4791 9.7.2.
    fn property(&mut self, element: &Element) -> Result<PropFilter, Fault> {
        self.count()?;
        let mut filter = PropFilter {
            name: name(element)?,
            ..PropFilter::default()
        };
        for part in element.elements().filter(|part| part.namespace == *SPACE) {
            match part.local() {
                "is-not-defined" => filter.absent = true,
                "time-range" => filter.time_range = Some(time_range(part)?),
                "text-match" => filter.text = Some(text_match(part)?),
                "param-filter" => filter.params.push(self.parameter(part)?),
                _ => return Err(Fault::Refused(Precondition::SupportedFilter)),
            }
        }
        Ok(filter)
    }

    /// RFC 4791 9.7.3.
    fn parameter(&mut self, element: &Element) -> Result<ParamFilter, Fault> {
        self.count()?;
        let text = element.child(SPACE, "text-match");
        Ok(ParamFilter {
            name: name(element)?,
            absent: element.child(SPACE, "is-not-defined").is_some(),
            text: text.map(text_match).transpose()?,
        })
    }
}

/// RFC 4791 9.7.5.
fn text_match(element: &Element) -> Result<TextMatch, Fault> {
    let collation = match element.plain("collation") {
        // RFC 4791 9.7.5: ASCII letters without regard to case where nothing is said.
        None | Some("default") => Collation::AsciiCasemap,
        Some(name) => {
            Collation::named(name).ok_or(Fault::Refused(Precondition::SupportedCollation))?
        }
    };
    Ok(TextMatch {
        text: match_text(element)?,
        collation,
        negate: element.plain("negate-condition") == Some("yes"),
    })
}

/// RFC 4791 9.9: seconds since 1970, from `start` until before `end`, one of which may be missing.
pub(super) fn time_range(element: &Element) -> Result<Range<i64>, Fault> {
    let refused = Fault::Refused(Precondition::ValidFilter);
    let moment = |name, missing| match element.plain(name) {
        None => Ok(missing),
        Some(text) => parse_utc(text).ok_or(refused),
    };
    let range = moment("start", i64::MIN)?..moment("end", i64::MAX)?;
    // RFC 4791 9.9: one of them is there, and the end is after the start.
    if range == (i64::MIN..i64::MAX) || range.is_empty() {
        return Err(refused);
    }
    Ok(range)
}

/// The text of a `text-match` or of what is searched for.
pub(super) fn match_text(element: &Element) -> Result<String, Fault> {
    let text = element.text();
    if text.len() > MATCH_OCTETS_MAX {
        return Err(Fault::TooLong {
            limit: MATCH_OCTETS_MAX,
        });
    }
    Ok(text)
}

/// The attribute `name`, in upper case.
fn name(element: &Element) -> Result<String, Fault> {
    let name = element.plain("name").filter(|name| !name.is_empty());
    let name = name.ok_or(Fault::Refused(Precondition::ValidFilter))?;
    Ok(name.to_ascii_uppercase())
}

//! Filters on calendar objects (RFC 4791 9.7 to 9.9) and the words that CardDAV's filters share with them.

use crate::codec::date::parse_utc;
use crate::codec::fault::Fault;
use crate::codec::namespace::Namespace;
use crate::codec::precondition::Precondition;
use crate::codec::xml::Element;

/// Octets of a text to look for.
const MATCH_OCTETS_MAX: usize = 4_096;

/// A span of time in seconds since 1970, UTC: from `start` until before `end`; at least one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRange {
    /// The first second.
    pub start: Option<i64>,
    /// The second after the last.
    pub end: Option<i64>,
}

/// RFC 4791 9.7.1: a condition on a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompFilter {
    /// Its name, in upper case.
    pub name: String,
    /// What must hold.
    pub test: CompTest,
}

/// What must hold of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompTest {
    /// There is none.
    IsNotDefined,
    /// There is one for which all of this holds; nothing asks only that it is there.
    Matches {
        /// It takes place in this span (RFC 4791 9.9).
        time_range: Option<TimeRange>,
        /// Conditions on its properties.
        properties: Vec<PropFilter>,
        /// Conditions on the components within.
        components: Vec<CompFilter>,
    },
}

/// RFC 4791 9.7.2: a condition on a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropFilter {
    /// Its name, in upper case.
    pub name: String,
    /// What must hold.
    pub test: PropTest,
}

/// What must hold of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PropTest {
    /// There is none.
    IsNotDefined,
    /// There is one for which all of this holds; nothing asks only that it is there.
    Matches {
        /// Its value lies in this span.
        time_range: Option<TimeRange>,
        /// Its value contains this text.
        text: Option<TextMatch>,
        /// Conditions on its parameters.
        parameters: Vec<ParamFilter>,
    },
}

/// RFC 4791 9.7.3: a condition on a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParamFilter {
    /// There is none of this name (in upper case).
    IsNotDefined(String),
    /// There is one of this name (in upper case), which contains the text if there is one.
    Matches(String, Option<TextMatch>),
}

/// RFC 4791 9.7.5: a text that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextMatch {
    /// The text.
    pub text: String,
    /// How letters are compared.
    pub collation: Collation,
    /// Where in the value it stands; in CalDAV anywhere.
    pub match_type: MatchType,
    /// Whether the condition holds where the text is not found.
    pub negate: bool,
}

/// How letters are compared (RFC 4790).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collation {
    /// `i;ascii-casemap`: ASCII letters without regard to case.
    AsciiCasemap,
    /// `i;octet`: octet by octet.
    Octet,
    /// `i;unicode-casemap`: all letters without regard to case (RFC 5051).
    UnicodeCasemap,
}

/// RFC 6352 10.5.4: where in a value a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchType {
    /// It is the value.
    Equals,
    /// Anywhere.
    Contains,
    /// At the beginning.
    StartsWith,
    /// At the end.
    EndsWith,
}

impl Collation {
    /// Reads the name of one; none if it is not known.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "i;ascii-casemap" => Some(Self::AsciiCasemap),
            "i;octet" => Some(Self::Octet),
            "i;unicode-casemap" => Some(Self::UnicodeCasemap),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AsciiCasemap => "i;ascii-casemap",
            Self::Octet => "i;octet",
            Self::UnicodeCasemap => "i;unicode-casemap",
        }
    }
}

impl TimeRange {
    /// RFC 4791 9.9: `start` and `end`, one of which may be missing.
    pub(super) fn read(element: &Element) -> Result<Self, Fault> {
        let moment = |name| match element.plain(name) {
            None => Ok(None),
            Some(text) => parse_utc(text)
                .map(Some)
                .ok_or(Fault::Refused(Precondition::ValidFilter)),
        };
        let range = Self {
            start: moment("start")?,
            end: moment("end")?,
        };
        match (range.start, range.end) {
            (None, None) => Err(Fault::Refused(Precondition::ValidFilter)),
            // RFC 4791 9.9: the end is after the start.
            (Some(start), Some(end)) if end <= start => {
                Err(Fault::Refused(Precondition::ValidFilter))
            }
            _ => Ok(range),
        }
    }

    /// RFC 4791 9.6.5 to 9.6.7: `start` and `end`, both.
    pub(super) fn read_closed(element: &Element) -> Result<Self, Fault> {
        let range = Self::read(element)?;
        if range.start.is_none() || range.end.is_none() {
            return Err(Fault::Expected("`start` and `end`"));
        }
        Ok(range)
    }
}

impl CompFilter {
    pub(super) fn read(element: &Element) -> Result<Self, Fault> {
        let space = &Namespace::CalDav;
        let name = name(element)?;
        if element.child(space, "is-not-defined").is_some() {
            let test = CompTest::IsNotDefined;
            return Ok(Self { name, test });
        }
        let time_range = element.child(space, "time-range");
        let mut properties = Vec::new();
        let mut components = Vec::new();
        for part in element.elements().filter(|part| part.namespace == *space) {
            match part.local() {
                "prop-filter" => properties.push(PropFilter::read(part)?),
                "comp-filter" => components.push(Self::read(part)?),
                "time-range" => {}
                // RFC 4791 7.8: what cannot be tested must be refused, not passed over.
                _ => return Err(Fault::Refused(Precondition::SupportedFilter)),
            }
        }
        let test = CompTest::Matches {
            time_range: time_range.map(TimeRange::read).transpose()?,
            properties,
            components,
        };
        Ok(Self { name, test })
    }
}

impl PropFilter {
    fn read(element: &Element) -> Result<Self, Fault> {
        let space = &Namespace::CalDav;
        let name = name(element)?;
        if element.child(space, "is-not-defined").is_some() {
            let test = PropTest::IsNotDefined;
            return Ok(Self { name, test });
        }
        let time_range = element.child(space, "time-range");
        let text = element.child(space, "text-match");
        let mut parameters = Vec::new();
        for part in element.elements().filter(|part| part.namespace == *space) {
            match part.local() {
                "param-filter" => parameters.push(ParamFilter::read(part)?),
                "time-range" | "text-match" => {}
                _ => return Err(Fault::Refused(Precondition::SupportedFilter)),
            }
        }
        let test = PropTest::Matches {
            time_range: time_range.map(TimeRange::read).transpose()?,
            text: text.map(TextMatch::read).transpose()?,
            parameters,
        };
        Ok(Self { name, test })
    }
}

impl ParamFilter {
    fn read(element: &Element) -> Result<Self, Fault> {
        let space = &Namespace::CalDav;
        let name = name(element)?;
        if element.child(space, "is-not-defined").is_some() {
            return Ok(Self::IsNotDefined(name));
        }
        let text = element.child(space, "text-match");
        Ok(Self::Matches(name, text.map(TextMatch::read).transpose()?))
    }
}

impl TextMatch {
    fn read(element: &Element) -> Result<Self, Fault> {
        // RFC 4791 9.7.5: ASCII letters without regard to case where nothing is said.
        let collation = match element.plain("collation") {
            None | Some("default") => Collation::AsciiCasemap,
            Some(name) => {
                Collation::parse(name).ok_or(Fault::Refused(Precondition::SupportedCollation))?
            }
        };
        Ok(Self {
            text: match_text(element)?,
            collation,
            match_type: MatchType::Contains,
            negate: element.plain("negate-condition") == Some("yes"),
        })
    }
}

/// The text of a `text-match`.
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

//! Filter: the condition of a calendar-query (RFC 4791 9.7), and whether an object fulfils it.

mod matching;
mod schedule;

use std::ops::Range;

use crate::collation::Collation;
use crate::object::CalendarObject;
use crate::part::Kind;
use crate::summary::Summary;
use crate::zone::Zone;

/// The condition of a calendar-query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// What is asked of the VCALENDAR.
    pub root: CompFilter,
}

/// What is asked of components of one name (RFC 4791 9.7.1). All that is given must hold for one and the same component.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompFilter {
    /// The components' name.
    pub name: String,
    /// `is-not-defined`: there must be none; then nothing else counts.
    pub absent: bool,
    /// It must take place in this range.
    pub time_range: Option<Range<i64>>,
    /// What is asked of its properties.
    pub props: Vec<PropFilter>,
    /// What is asked of components in it.
    pub comps: Vec<Self>,
}

/// What is asked of properties of one name (RFC 4791 9.7.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PropFilter {
    /// The properties' name.
    pub name: String,
    /// `is-not-defined`.
    pub absent: bool,
    /// Its value must be a time in this range.
    pub time_range: Option<Range<i64>>,
    /// Its value must match.
    pub text: Option<TextMatch>,
    /// What is asked of its parameters.
    pub params: Vec<ParamFilter>,
}

/// What is asked of a parameter (RFC 4791 9.7.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParamFilter {
    /// Its name.
    pub name: String,
    /// `is-not-defined`.
    pub absent: bool,
    /// A value of it must match.
    pub text: Option<TextMatch>,
}

/// A text that must be contained (RFC 4791 9.7.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextMatch {
    /// The text looked for.
    pub text: String,
    /// How it is compared.
    pub collation: Collation,
    /// `negate-condition`: it must not be contained.
    pub negate: bool,
}

impl TextMatch {
    /// Whether a value fulfils it.
    #[must_use]
    pub fn matches(&self, value: &str) -> bool {
        self.collation.contains(value, &self.text) != self.negate
    }
}

impl CompFilter {
    /// A filter that asks only for a component of this name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

impl Filter {
    /// The usual form: a condition on one kind of component in a VCALENDAR.
    #[must_use]
    pub fn within_calendar(component: CompFilter) -> Self {
        Self {
            root: CompFilter {
                comps: vec![component],
                ..CompFilter::named("VCALENDAR")
            },
        }
    }

    /// Whether an object fulfils it; `floating` is the zone for times that have none (RFC 4791 9.8).
    ///
    /// An object whose occurrences are too many to look through is taken to fulfil a time range.
    #[must_use]
    pub fn matches(&self, object: &CalendarObject, floating: &Zone) -> bool {
        matching::root(&self.root, object, floating)
    }

    /// Whether an object with this summary may fulfil it. False is certain, true is not.
    #[must_use]
    pub fn may_match(&self, summary: &Summary) -> bool {
        if !self.root.is("VCALENDAR") || self.root.absent {
            return self.root.absent != self.root.is("VCALENDAR");
        }
        self.root.comps.iter().all(|comp| may_match(comp, summary))
    }

    /// The kind of component that is asked for, if it is one.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        self.wanted().find_map(|comp| Kind::of(&comp.name))
    }

    /// The range that components must take place in, if there is one.
    #[must_use]
    pub fn time_range(&self) -> Option<Range<i64>> {
        self.wanted().find_map(|comp| comp.time_range.clone())
    }

    /// Whether kind and time range are all that is asked, so that occurrences alone decide.
    #[must_use]
    pub fn is_only_time(&self) -> bool {
        let plain = |comp: &CompFilter| {
            !comp.absent
                && comp.props.is_empty()
                && comp.comps.is_empty()
                && Kind::of(&comp.name).is_some()
        };
        self.root.is("VCALENDAR")
            && !self.root.absent
            && self.root.props.is_empty()
            && self.root.comps.len() <= 1
            && self.root.comps.iter().all(plain)
    }

    fn wanted(&self) -> impl Iterator<Item = &CompFilter> {
        self.root.comps.iter().filter(|comp| !comp.absent)
    }
}

fn may_match(filter: &CompFilter, summary: &Summary) -> bool {
    let same = Kind::of(&filter.name) == Some(summary.kind);
    if filter.absent {
        return !same;
    }
    if !same {
        // A time zone may be in any object; another kind of component is not.
        return Kind::of(&filter.name).is_none();
    }
    let in_time = filter
        .time_range
        .as_ref()
        .is_none_or(|range| summary.may_overlap(range));
    let alerts = |comp: &CompFilter| !comp.is("VALARM") || comp.absent || summary.alerts;
    let uid = |prop: &PropFilter| {
        !prop.name.eq_ignore_ascii_case("UID")
            || prop.absent
            || prop
                .text
                .as_ref()
                .is_none_or(|text| text.matches(&summary.uid))
    };
    in_time && filter.comps.iter().all(alerts) && filter.props.iter().all(uid)
}

#[cfg(test)]
mod tests;

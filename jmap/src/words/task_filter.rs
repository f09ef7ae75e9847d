//! Conditions of `Task/query` (JMAP Tasks draft -06 4): read, and held against tasks.
//!
//! The draft leaves them open; these are those of events, as far as tasks have the like, and how far a task is done.

use std::ops::Range;

use icalendar::{CalendarObject, Component, Fault, Summary, Zone};
use model::CollectionId;

use crate::call::Call;
use crate::codec::argument::{Arguments, Fault as ArgumentFault};
use crate::codec::filter::{Filter, FilterFault};
use crate::codec::id::TaskListId;
use crate::jscalendar::parse_local;

/// One condition. Texts are in small letters.
#[derive(Clone, Debug, Default)]
pub(crate) struct TaskCondition {
    lists: Option<Vec<CollectionId>>,
    /// On the wall clock of the zone that is asked for.
    after: Option<i64>,
    before: Option<i64>,
    text: Option<String>,
    title: Option<String>,
    description: Option<String>,
    progress: Option<String>,
    uid: Option<String>,
    recurs: Option<bool>,
}

impl TaskCondition {
    /// Reads a condition. `find` knows the ids of task lists, those of this request included.
    ///
    /// # Errors
    /// A member has a value that it cannot have.
    pub(crate) fn read(
        find: impl Fn(&str) -> Option<TaskListId>,
        condition: &mut Arguments,
    ) -> Result<Self, FilterFault> {
        let mut lists = condition.ids("inTaskLists")?;
        if let Some(one) = condition.id("inTaskList")? {
            lists = Some(vec![one]);
        }
        let time = |condition: &mut Arguments, name: &str| match condition.text(name)? {
            None => Ok(None),
            Some(text) => parse_local(text.trim_end_matches('Z'))
                .map(Some)
                .ok_or_else(|| ArgumentFault::new(name, "has to be a local date and time")),
        };
        let lower = |condition: &mut Arguments, name: &str| {
            let text = condition.text(name)?;
            Ok::<_, ArgumentFault>(text.map(|text| text.to_lowercase()))
        };
        Ok(Self {
            lists: lists.map(|ids| ids.iter().filter_map(|id| Some(find(id)?.0)).collect()),
            after: time(condition, "after")?,
            before: time(condition, "before")?,
            text: lower(condition, "text")?,
            title: lower(condition, "title")?,
            description: lower(condition, "description")?,
            progress: lower(condition, "progress")?,
            uid: condition.text("uid")?,
            recurs: condition.flag("isRecurring")?,
        })
    }

    /// The range of time it asks for, if it asks for any.
    fn range(&self, zone: &Zone) -> Option<Range<i64>> {
        (self.after.is_some() || self.before.is_some()).then(|| {
            let instant = |local: Option<i64>, open| local.map_or(open, |local| zone.to_utc(local));
            instant(self.after, i64::MIN)..instant(self.before, i64::MAX)
        })
    }

    /// The range between its two ends, if it has both.
    pub(crate) fn bounded(&self, zone: &Zone) -> Option<Range<i64>> {
        let bounded = self.after.is_some() && self.before.is_some();
        self.range(zone).filter(|_| bounded)
    }

    /// Whether it certainly does not hold, by what is kept beside the task.
    fn is_out(&self, candidate: &Candidate<'_>, zone: &Zone) -> bool {
        let lists = self.lists.as_ref();
        let elsewhere = lists.is_some_and(|lists| !lists.contains(&candidate.list));
        let other = self.uid.as_deref().is_some_and(|uid| uid != candidate.uid);
        let summary = candidate.summary;
        let recurs = self
            .recurs
            .zip(summary)
            .is_some_and(|(recurs, summary)| recurs != summary.recurring);
        let range = self.range(zone);
        elsewhere
            || other
            || recurs
            || range
                .zip(summary)
                .is_some_and(|(range, summary)| !summary.may_overlap(&range))
    }

    /// Whether it holds for the task, or for any occurrence of it.
    fn holds(&self, candidate: &Candidate<'_>, task: &CalendarObject, zone: &Zone) -> bool {
        if self.is_out(candidate, zone) {
            return false;
        }
        if let Some(range) = self.range(zone)
            && !takes_place(task, range, zone)
        {
            return false;
        }
        task.components().any(|component| self.holds_in(component))
    }

    /// Whether what it says of texts and progress holds in one component.
    pub(crate) fn holds_in(&self, component: Component<'_>) -> bool {
        let has = |wanted: &Option<String>, names: &[&str]| {
            wanted.as_ref().is_none_or(|wanted| {
                let mut lines = names.iter().flat_map(|name| component.all(name));
                lines.any(|line| line.plain().to_lowercase().contains(wanted.as_str()))
            })
        };
        const DESCRIPTIONS: [&str; 2] = ["DESCRIPTION", "STYLED-DESCRIPTION"];
        let everything = [
            "SUMMARY",
            "DESCRIPTION",
            "STYLED-DESCRIPTION",
            "CATEGORIES",
            "COMMENT",
            "LOCATION",
            "URL",
        ];
        let wanted = self.progress.as_ref();
        wanted.is_none_or(|wanted| progress(component) == *wanted)
            && has(&self.title, &["SUMMARY"])
            && has(&self.description, &DESCRIPTIONS)
            && has(&self.text, &everything)
    }
}

/// How far a component is done, in the words of RFC 8984 5.2.5, which differ from RFC 5545's in their letters alone.
pub(crate) fn progress(component: Component<'_>) -> String {
    match component.value("STATUS") {
        Some(status) => status.trim().to_ascii_lowercase(),
        None if component.property("COMPLETED").is_some() => "completed".to_owned(),
        None => "needs-action".to_owned(),
    }
}

/// Whether a task is due, or to be worked on, in a range at all.
fn takes_place(task: &CalendarObject, range: Range<i64>, zone: &Zone) -> bool {
    match task.occurrences(range, zone, 1) {
        Ok(found) => !found.is_empty(),
        // More than one: the first is enough.
        Err(Fault::TooManyInstances { .. }) => true,
        Err(_) => false,
    }
}

/// What is known of a task without its text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate<'a> {
    pub(crate) list: CollectionId,
    pub(crate) uid: &'a str,
    pub(crate) summary: Option<&'a Summary>,
}

/// Whether a filter certainly leaves a task out.
pub(crate) fn is_out(
    filter: &Filter<TaskCondition>,
    candidate: &Candidate<'_>,
    zone: &Zone,
) -> bool {
    match filter {
        Filter::And(all) => all.iter().any(|one| is_out(one, candidate, zone)),
        Filter::Or(all) => all.iter().all(|one| is_out(one, candidate, zone)),
        Filter::Not(_) => false,
        Filter::Condition(one) => one.is_out(candidate, zone),
    }
}

/// Whether a filter takes a task in.
pub(crate) fn holds(
    filter: &Filter<TaskCondition>,
    candidate: &Candidate<'_>,
    task: &CalendarObject,
    zone: &Zone,
) -> bool {
    filter.holds(&mut |condition: &TaskCondition| condition.holds(candidate, task, zone))
}

/// Finds the ids of lists that a filter may name, those of this request included.
pub(crate) fn finder(call: &Call) -> impl Fn(&str) -> Option<TaskListId> + use<> {
    use crate::codec::id::WireId;
    let shared = std::sync::Arc::clone(&call.shared);
    move |text| TaskListId::parse(&shared.resolve(text)?)
}

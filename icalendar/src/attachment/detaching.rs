//! Detaching: an occurrence of a series gets a component of its own, in which nothing is different yet (RFC 5545 3.8.4.4).

use super::{is_named, lines, unfolded, written};
use crate::moment::{Form, Moment};
use crate::object::CalendarObject;
use crate::part::{End, Part};
use crate::retrieval::value_of;
use crate::value::{write_date, write_time};
use crate::zone::Zone;

/// Occurrences that begin in one second: more than one is there only by RDATE.
const OCCURRENCES_MAX: usize = 100;

/// Properties that are of the series alone.
const OF_SERIES: [&[u8]; 4] = [b"RRULE", b"EXRULE", b"RDATE", b"EXDATE"];

/// The text with a component for the occurrence that is named, a value of RECURRENCE-ID; nothing where it has one already, or
/// the series has no such occurrence.
pub(super) fn with_component(
    text: &[u8],
    object: &CalendarObject,
    instance: &str,
) -> Option<Vec<u8>> {
    let series = object
        .parts()
        .iter()
        .find(|part| part.recurrence_id.is_none())?;
    let wanted = Moment::read(instance, None)?;
    let at = wanted.instant(&Zone::UTC);
    let range = at..at.saturating_add(1);
    let found = object
        .occurrences(range, &Zone::UTC, OCCURRENCES_MAX)
        .ok()?;
    let begin = found.into_iter().find(|occurrence| {
        occurrence.component == series.component
            && object.is_recurring()
            && occurrence.recurrence_id.is_date() == wanted.is_date()
            && occurrence.recurrence_id.instant(&Zone::UTC) == at
    })?;
    let component = component(text, series, begin.recurrence_id.local())?;
    let end = span(text, series.component)?.1;
    let mut longer = Vec::with_capacity(text.len() + component.len());
    longer.extend_from_slice(&text[..end]);
    longer.extend_from_slice(&component);
    longer.extend_from_slice(&text[end..]);
    Some(longer)
}

/// The component of the series as that of the occurrence which begins then on the clock of the wall.
fn component(text: &[u8], series: &Part, local: i64) -> Option<Vec<u8>> {
    let start = series.start.as_ref()?;
    let shift = local.checked_sub(start.local())?;
    let (from, to) = span(text, series.component)?;
    let body = &text[from..to];
    let mut out = Vec::with_capacity(body.len());
    let mut depth = 0_usize;
    for raw in lines(body) {
        let raw = &body[raw];
        let line = unfolded(raw);
        if is_named(&line, b"END") {
            depth = depth.saturating_sub(1);
        }
        let own = depth == 1;
        if is_named(&line, b"BEGIN") {
            depth += 1;
        }
        if own && OF_SERIES.iter().any(|name| is_named(&line, name)) {
            continue;
        }
        let moved = match &series.end {
            _ if own && is_named(&line, b"DTSTART") => Some(start),
            End::At(end) if own && (is_named(&line, b"DTEND") || is_named(&line, b"DUE")) => {
                Some(end)
            }
            _ => None,
        };
        let Some(moment) = moved else {
            out.extend_from_slice(raw);
            continue;
        };
        let line = String::from_utf8(line).ok()?;
        let head = &line[..line.len() - value_of(&line).len()];
        let value = value(moment, moment.local().checked_add(shift)?);
        let line = format!("{head}{value}");
        out.extend_from_slice(written(&line, text).as_bytes());
        if head
            .get(..7)
            .is_some_and(|name| name.eq_ignore_ascii_case("DTSTART"))
        {
            let id = format!("RECURRENCE-ID{}", &line[7..]);
            out.extend_from_slice(written(&id, text).as_bytes());
        }
    }
    Some(out)
}

/// Where a component stands in the text, by its number.
fn span(text: &[u8], component: usize) -> Option<(usize, usize)> {
    let (mut open, mut components) = (Vec::new(), 0);
    for range in lines(text) {
        let line = unfolded(&text[range.clone()]);
        if is_named(&line, b"BEGIN") {
            open.push((components, range.start));
            components += 1;
        } else if is_named(&line, b"END")
            && let Some((number, start)) = open.pop()
            && number == component
        {
            return Some((start, range.end));
        }
    }
    None
}

/// A value in the form of a moment.
fn value(moment: &Moment, local: i64) -> String {
    match moment.form() {
        Form::Date => write_date(local),
        Form::Utc => format!("{}Z", write_time(local)),
        Form::Floating | Form::Zoned(_) => write_time(local),
    }
}

//! What only tasks have: how far they are done, and how long they take (RFC 8984 5.2, RFC 5545 3.6.2).

use serde_json::Value;

use super::block::{Block, Line};
use super::simple::text;
use super::value::{parse_span, parse_stamp, parse_utc, stamp, utc_time, write_span};
use super::{Invalid, Object};

/// RFC 8984 5.2.5 `progress`, and what `STATUS` says of it (RFC 5545 3.8.1.11). Failing is younger than the others:
/// draft-ietf-calext-ical-tasks.
const PROGRESS: [(&str, &str); 5] = [
    ("needs-action", "NEEDS-ACTION"),
    ("in-process", "IN-PROCESS"),
    (COMPLETED, "COMPLETED"),
    ("failed", "FAILED"),
    ("cancelled", "CANCELLED"),
];

/// The progress of what is done.
const COMPLETED: &str = "completed";

/// The largest `percentComplete` (RFC 8984 5.2.4).
const PERCENT_MAX: u64 = 100;

/// draft-ietf-calext-ical-tasks: how long a task takes, whenever that is.
const ESTIMATED_DURATION: &str = "ESTIMATED-DURATION";

pub(super) fn read(json: &mut Object, block: &Block) {
    let status = block.value("STATUS").map(str::trim).and_then(|status| {
        let known = PROGRESS
            .iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(status));
        known.map(|(word, _)| *word)
    });
    let completed = block.value("COMPLETED").and_then(parse_stamp);
    // Some programs say when a task was done and nothing else.
    let progress = status.or(completed.map(|_| COMPLETED));
    if let Some(progress) = progress {
        json.insert("progress".into(), progress.into());
    }
    if let Some((instant, ..)) = completed.filter(|_| progress == Some(COMPLETED)) {
        json.insert("progressUpdated".into(), utc_time(instant).into());
    }
    let percent = block
        .value("PERCENT-COMPLETE")
        .and_then(|value| value.trim().parse::<u64>().ok());
    if let Some(percent) = percent.filter(|percent| *percent <= PERCENT_MAX) {
        json.insert("percentComplete".into(), percent.into());
    }
    let estimated = block.value(ESTIMATED_DURATION).and_then(parse_span);
    if let Some(span) = estimated.filter(|span| span.days >= 0 && span.seconds >= 0) {
        json.insert("estimatedDuration".into(), write_span(span).into());
    }
}

pub(super) fn write(block: &mut Block, old: &Object, new: &Object) -> Result<(), Invalid> {
    let changed = |name: &str| old.get(name) != new.get(name);
    if changed("progress") || changed("progressUpdated") {
        write_progress(block, new)?;
    }
    if changed("percentComplete") {
        match new.get("percentComplete") {
            None | Some(Value::Null) => block.remove("PERCENT-COMPLETE"),
            Some(value) => {
                let percent = value.as_u64().filter(|percent| *percent <= PERCENT_MAX);
                let fault = || Invalid::new("percentComplete", "it is out of range");
                let percent = percent.ok_or_else(fault)?;
                block.set(Line::new("PERCENT-COMPLETE", percent.to_string()));
            }
        }
    }
    if changed("estimatedDuration") {
        match text(new, "estimatedDuration")? {
            None => block.remove(ESTIMATED_DURATION),
            Some(duration) => {
                let span = parse_span(duration).filter(|_| !duration.starts_with(['-', '+']));
                let fault = || Invalid::new("estimatedDuration", "it is no Duration");
                let span = span.ok_or_else(fault)?;
                block.set(Line::new(ESTIMATED_DURATION, write_span(span)));
            }
        }
    }
    Ok(())
}

fn write_progress(block: &mut Block, new: &Object) -> Result<(), Invalid> {
    let progress = text(new, "progress")?;
    let status = match progress {
        None => None,
        Some(word) => {
            let known = PROGRESS.iter().find(|(known, _)| *known == word);
            let fault = || Invalid::new("progress", "there is no such value");
            Some(known.ok_or_else(fault)?.1)
        }
    };
    block.set_text("STATUS", status);
    let updated = text(new, "progressUpdated")?;
    let instant = updated.map(|updated| {
        parse_utc(updated).ok_or_else(|| Invalid::new("progressUpdated", "it is no UTCDateTime"))
    });
    let instant = instant.transpose()?;
    match instant {
        _ if progress != Some(COMPLETED) => block.remove("COMPLETED"),
        // RFC 5545 3.8.2.1: always in UTC.
        Some(instant) => block.set(Line::new("COMPLETED", format!("{}Z", stamp(instant)))),
        None => {}
    }
    Ok(())
}

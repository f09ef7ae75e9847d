//! Alerts: `alerts` and the components `VALARM`.

use serde_json::{Value, json};

use super::block::{Block, Line};
use super::simple::text;
use super::snooze;
use super::value::{is_id, parse_span, parse_stamp, parse_utc, stamp, utc_time, write_span};
use super::{Invalid, Object};

/// Alerts of one event.
const ALERTS_MAX: usize = 100;

/// What an alert shows where the event has no title.
const REMINDER: &str = "Reminder";

/// The ids of alerts, by where they stand among the components; none for what is no alert in JSON.
fn ids(block: &Block) -> Vec<Option<String>> {
    let mut number = 0;
    block
        .children
        .iter()
        .map(|child| {
            if !child.is("VALARM") {
                return None;
            }
            number += 1;
            let action = child.value("ACTION").unwrap_or("DISPLAY").trim();
            let shown = ["DISPLAY", "EMAIL", "AUDIO"]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(action));
            let own = child.text("JSID").filter(|id| is_id(id));
            shown.then(|| own.unwrap_or_else(|| format!("k{number}")))
        })
        .collect()
}

pub(super) fn read(json: &mut Object, block: &Block) {
    let mut alerts = Object::new();
    let known = block.children.iter().zip(ids(block));
    let known: Vec<(&Block, String)> = known
        .filter_map(|(child, id)| id.map(|id| (child, id)))
        .collect();
    for (child, id) in &known {
        if alerts.contains_key(id) {
            continue;
        }
        if let Some(trigger) = child.line("TRIGGER").and_then(read_trigger) {
            let mut alert = Object::new();
            alert.insert("@type".into(), "Alert".into());
            alert.insert("trigger".into(), trigger);
            let action = child.value("ACTION").unwrap_or_default().trim();
            let action = if action.eq_ignore_ascii_case("EMAIL") {
                "email"
            } else {
                "display"
            };
            alert.insert("action".into(), action.into());
            if let Some((instant, ..)) = child.value("ACKNOWLEDGED").and_then(parse_stamp) {
                alert.insert("acknowledged".into(), utc_time(instant).into());
            }
            if let Some(related) = snooze::read(child, &known) {
                alert.insert("relatedTo".into(), related);
            }
            alerts.insert(id.clone(), Value::Object(alert));
        }
    }
    if !alerts.is_empty() {
        json.insert("alerts".into(), Value::Object(alerts));
    }
}

fn read_trigger(line: &Line) -> Option<Value> {
    if let Some((instant, ..)) = parse_stamp(&line.value) {
        return Some(json!({"@type": "AbsoluteTrigger", "when": utc_time(instant)}));
    }
    let offset = write_span(parse_span(&line.value)?);
    let at_end = line
        .parameter("RELATED")
        .is_some_and(|related| related.eq_ignore_ascii_case("END"));
    Some(if at_end {
        json!({"@type": "OffsetTrigger", "offset": offset, "relativeTo": "end"})
    } else {
        json!({"@type": "OffsetTrigger", "offset": offset})
    })
}

/// Writes alerts, where they are different.
pub(super) fn write(block: &mut Block, old: &Object, new: &Object) -> Result<(), Invalid> {
    if old.get("alerts") == new.get("alerts") {
        return Ok(());
    }
    let none = Object::new();
    let before = old
        .get("alerts")
        .and_then(Value::as_object)
        .unwrap_or(&none);
    let after = match new.get("alerts") {
        None | Some(Value::Null) => &none,
        Some(Value::Object(after)) if after.len() <= ALERTS_MAX => after,
        Some(_) => return Err(Invalid::new("alerts", "it is no map of a few Alerts")),
    };
    let title = new.get("title").and_then(Value::as_str).unwrap_or(REMINDER);
    let known = ids(block);
    let mut kept = Vec::new();
    for (mut child, id) in std::mem::take(&mut block.children).into_iter().zip(known) {
        if let Some(id) = id.filter(|id| before.contains_key(id)) {
            let Some(alert) = after.get(&id) else {
                continue;
            };
            // Its place may change, its id must not.
            child.set(Line::of_text("JSID", &id));
            if before.get(&id) != Some(alert) {
                write_one(&mut child, alert, title)
                    .map_err(|fault| fault.within(&format!("alerts/{id}")))?;
            }
        }
        kept.push(child);
    }
    block.children = kept;
    for (id, alert) in after.iter().filter(|(id, _)| !before.contains_key(*id)) {
        let path = format!("alerts/{id}");
        if !is_id(id) {
            return Err(Invalid::new(path, "its key is no Id"));
        }
        let mut child = Block::new("VALARM");
        child.set(Line::of_text("JSID", id));
        write_one(&mut child, alert, title).map_err(|fault| fault.within(&path))?;
        block.children.push(child);
    }
    snooze::write(block, (before, after), |block, id| {
        ids(block)
            .iter()
            .position(|known| known.as_deref() == Some(id))
    })
}

fn write_one(child: &mut Block, alert: &Value, title: &str) -> Result<(), Invalid> {
    let alert = alert
        .as_object()
        .ok_or_else(|| Invalid::new("", "it is no Alert"))?;
    let trigger = alert
        .get("trigger")
        .and_then(Value::as_object)
        .ok_or_else(|| Invalid::new("trigger", "it is missing"))?;
    let line = write_trigger(trigger).map_err(|fault| fault.within("trigger"))?;
    child.set(line);
    match text(alert, "action")? {
        None | Some("display") => {
            let sounds = child
                .value("ACTION")
                .is_some_and(|action| action.trim().eq_ignore_ascii_case("AUDIO"));
            if !sounds {
                child.set(Line::new("ACTION", "DISPLAY"));
            }
        }
        // RFC 5545 3.6.6: a letter has a subject.
        Some("email") => {
            child.set(Line::new("ACTION", "EMAIL"));
            if child.line("SUMMARY").is_none() {
                child.set(Line::of_text("SUMMARY", title));
            }
        }
        Some(_) => return Err(Invalid::new("action", "there is no such value")),
    }
    if child.line("DESCRIPTION").is_none() {
        child.set(Line::of_text("DESCRIPTION", title));
    }
    match text(alert, "acknowledged")? {
        None => child.remove("ACKNOWLEDGED"),
        Some(when) => {
            let instant = parse_utc(when)
                .ok_or_else(|| Invalid::new("acknowledged", "it is no UTCDateTime"))?;
            child.set(Line::new("ACKNOWLEDGED", format!("{}Z", stamp(instant))));
        }
    }
    Ok(())
}

fn write_trigger(trigger: &Object) -> Result<Line, Invalid> {
    if let Some(when) = text(trigger, "when")? {
        let instant =
            parse_utc(when).ok_or_else(|| Invalid::new("when", "it is no UTCDateTime"))?;
        let value = format!("{}Z", stamp(instant));
        return Ok(Line::new("TRIGGER", value).with("VALUE", "DATE-TIME"));
    }
    let span = text(trigger, "offset")?
        .and_then(parse_span)
        .ok_or_else(|| Invalid::new("offset", "it is no SignedDuration"))?;
    let line = Line::new("TRIGGER", write_span(span));
    match text(trigger, "relativeTo")? {
        None | Some("start") => Ok(line),
        Some("end") => Ok(line.with("RELATED", "END")),
        Some(_) => Err(Invalid::new("relativeTo", "there is no such value")),
    }
}

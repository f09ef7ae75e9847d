//! Alerts that were put off: `relatedTo` of an alert, and the lines `UID` and `RELATED-TO` of a `VALARM`.

use serde_json::{Value, json};

use super::block::{Block, Line};
use super::{Invalid, Object};

/// Alerts that one alert may stand for.
const ORIGINS_MAX: usize = 10;

/// RFC 9074 7.1: the relation of an alarm that comes again to the one that was put off.
const SNOOZE: &str = "SNOOZE";

fn is_snooze(line: &Line) -> bool {
    let relation = line.parameter("RELTYPE");
    line.is("RELATED-TO") && relation.is_some_and(|relation| relation.eq_ignore_ascii_case(SNOOZE))
}

/// The alerts that an alarm stands for, by their ids. `known`: each alarm of the event with its id.
pub(super) fn read(alarm: &Block, known: &[(&Block, String)]) -> Option<Value> {
    // RFC 9074 5: the value is the UID of the other alarm.
    let origin = |line: &Line| {
        let uid = line.text();
        known
            .iter()
            .find(|(other, _)| other.text("UID").is_some_and(|other| other == uid))
    };
    let related: Object = alarm
        .lines
        .iter()
        .filter(|line| is_snooze(line))
        .filter_map(origin)
        .take(ORIGINS_MAX)
        .map(|(_, id)| (id.clone(), relation()))
        .collect();
    (!related.is_empty()).then_some(Value::Object(related))
}

fn relation() -> Value {
    json!({"@type": "Relation", "relation": {"snooze": true}})
}

/// The alerts that an alert says it stands for, where there are such.
fn origins<'a>(alert: &'a Value, alerts: &Object) -> Result<Vec<&'a str>, Invalid> {
    let related = match alert.get("relatedTo") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(related)) if related.len() <= ORIGINS_MAX => related,
        Some(_) => return Err(Invalid::new("relatedTo", "it is no map of a few Relations")),
    };
    let is_meant = |(id, one): &(&String, &Value)| {
        one.pointer("/relation/snooze") == Some(&Value::Bool(true)) && alerts.contains_key(*id)
    };
    Ok(related
        .iter()
        .filter(is_meant)
        .map(|(id, _)| id.as_str())
        .collect())
}

/// Writes which alarms stand for others, where that is different. `place` finds the alarm of an id among the children.
///
/// # Errors
/// `relatedTo` of an alert is no map of a few Relations.
pub(super) fn write(
    block: &mut Block,
    (before, after): (&Object, &Object),
    place: impl Fn(&Block, &str) -> Option<usize>,
) -> Result<(), Invalid> {
    let event = block.text("UID").unwrap_or_default();
    for (id, alert) in after {
        let was = before.get(id).and_then(|alert| alert.get("relatedTo"));
        if was == alert.get("relatedTo") {
            continue;
        }
        let mut lines = Vec::new();
        for origin in
            origins(alert, after).map_err(|fault| fault.within(&format!("alerts/{id}")))?
        {
            let at = place(block, origin);
            let Some(child) = at.and_then(|at| block.children.get_mut(at)) else {
                continue;
            };
            // RFC 9074 4: whatever is named from elsewhere has a name that nothing else has.
            let uid = child.text("UID").filter(|uid| !uid.is_empty());
            let uid = uid.unwrap_or_else(|| format!("{origin}.{event}"));
            child.set_text("UID", Some(&uid));
            lines.push(Line::of_text("RELATED-TO", &uid).with("RELTYPE", SNOOZE));
        }
        let at = place(block, id);
        if let Some(child) = at.and_then(|at| block.children.get_mut(at)) {
            child.lines.retain(|line| !is_snooze(line));
            child.lines.append(&mut lines);
        }
    }
    Ok(())
}

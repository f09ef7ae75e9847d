//! JSON: Windows events as JSON, one object a line, in the layouts of common exporters.

use serde_json::Value;

use super::Event;
use crate::Moment;

/// Milliseconds of a quarter of an hour: every zone of the world is a multiple of it away from UTC.
const QUARTER_MS: i64 = 15 * 60 * 1000;
/// How deep values lie in each other that are read.
const DEPTH_MAX: usize = 6;

/// Reads one line; nothing if it is no event.
///
/// Understood are events as Windows has them (`{"Event":{"System":...}}`), flat ones with `EventID`, `Channel` and the values beside
/// them, and those of Winlogbeat (`{"winlog":{...}}`).
#[must_use]
pub fn parse_line(line: &[u8]) -> Option<Event> {
    let value: Value = serde_json::from_slice(line).ok()?;
    if let Some(root) = value.get("Event") {
        let mut event = from_system(root.get("System")?);
        for part in ["EventData", "UserData"] {
            if let Some(data) = root.get(part) {
                flatten(data, "", 0, &mut event);
            }
        }
        return Some(event);
    }
    if let Some(log) = value.get("winlog") {
        let mut event = Event {
            at: text(value.get("@timestamp")).and_then(|at| Moment::parse(&at)),
            channel: text(log.get("channel")).unwrap_or_default(),
            provider: text(log.get("provider_name")).unwrap_or_default(),
            id: number(log.get("event_id")).unwrap_or_default(),
            record: number(log.get("record_id")).unwrap_or_default().into(),
            level: 0,
            computer: text(log.get("computer_name")).unwrap_or_default(),
            message: text(value.get("message")).unwrap_or_default(),
            ..Event::default()
        };
        if let Some(data) = log.get("event_data") {
            flatten(data, "", 0, &mut event);
        }
        return Some(event);
    }
    flat(&value)
}

/// By how much the times of an export differ from UTC, in milliseconds: told by events of Sysmon, whose values hold the time in
/// UTC. 0 where nothing tells.
#[must_use]
pub fn utc_shift(event: &Event) -> Option<i64> {
    let written = event.at?;
    let utc = Moment::parse(event.value("UtcTime"))?;
    let difference = utc.0 - written.0;
    // An event is written at most a few seconds after it happened.
    let quarters = (difference as f64 / QUARTER_MS as f64).round();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a difference of two times of 64 bits in quarters of an hour"
    )]
    let shift = quarters as i64 * QUARTER_MS;
    ((difference - shift).abs() < QUARTER_MS / 3 && shift.abs() <= 14 * 4 * QUARTER_MS)
        .then_some(shift)
}

/// The part that all events have.
pub(super) fn from_system(system: &Value) -> Event {
    let attribute = |part: &str, name: &str| {
        let part = system.get(part)?;
        text(
            part.get("#attributes")
                .and_then(|all| all.get(name))
                .or_else(|| part.get(name)),
        )
    };
    Event {
        at: attribute("TimeCreated", "SystemTime").and_then(|at| Moment::parse(&at)),
        channel: text(system.get("Channel")).unwrap_or_default(),
        provider: attribute("Provider", "Name").unwrap_or_default(),
        id: number(system.get("EventID")).unwrap_or_default(),
        record: number(system.get("EventRecordID"))
            .unwrap_or_default()
            .into(),
        level: number(system.get("Level")).unwrap_or_default(),
        computer: text(system.get("Computer")).unwrap_or_default(),
        ..Event::default()
    }
}

/// Takes over values, however deep they lie.
pub(super) fn flatten(value: &Value, name: &str, depth: usize, event: &mut Event) {
    if depth > DEPTH_MAX {
        return;
    }
    match value {
        Value::Object(parts) => {
            for (part, value) in parts {
                match part.as_str() {
                    "#attributes" => {}
                    "#text" | "Data" => {
                        flatten(value, if depth <= 1 { "" } else { name }, depth + 1, event)
                    }
                    _ => flatten(value, part, depth + 1, event),
                }
            }
        }
        Value::Array(all) => {
            for value in all {
                flatten(value, name, depth + 1, event);
            }
        }
        Value::Null => {}
        other => {
            if let Some(text) = text(Some(other)) {
                event.add(name, text);
            }
        }
    }
}

fn flat(value: &Value) -> Option<Event> {
    let object = value.as_object()?;
    let get = |names: &[&str]| names.iter().find_map(|name| object.get(*name));
    let mut event = Event {
        at: text(get(&[
            "TimeCreated",
            "@timestamp",
            "EventTime",
            "SystemTime",
        ]))
        .and_then(|at| Moment::parse(&at)),
        channel: text(get(&["Channel", "LogName", "channel"]))?,
        provider: text(get(&[
            "SourceName",
            "ProviderName",
            "Provider",
            "source_name",
        ]))
        .unwrap_or_default(),
        id: number(get(&["EventID", "EventId", "Id", "event_id"]))?,
        record: number(get(&["RecordNumber", "RecordId", "EventRecordID"]))
            .unwrap_or_default()
            .into(),
        level: number(get(&["Level"])).unwrap_or_default(),
        computer: text(get(&["Hostname", "Computer", "MachineName"])).unwrap_or_default(),
        message: text(get(&["Message", "message"])).unwrap_or_default(),
        ..Event::default()
    };
    for (name, value) in object {
        if !matches!(
            name.as_str(),
            "Message" | "Channel" | "SourceName" | "EventID" | "Hostname"
        ) {
            flatten(value, name, 2, &mut event);
        }
    }
    Some(event)
}

fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is) => Some(is.to_string()),
        Value::Object(parts) => text(parts.get("#text")),
        Value::Null | Value::Array(_) => None,
    }
}

fn number(value: Option<&Value>) -> Option<u32> {
    text(value)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_in_local_time_is_shifted_by_what_sysmon_says() {
        let line = br#"{"SourceName":"Microsoft-Windows-Sysmon","Channel":"Microsoft-Windows-Sysmon/Operational",
            "TimeCreated":"2021-03-14T01:39:32.609Z","EventID":3,"UtcTime":"2021-03-14 06:39:30.227","Image":"C:\\x.exe"}"#;
        let event = parse_line(line).unwrap();
        assert_eq!((event.id, event.value("image")), (3, r"C:\x.exe"));
        assert_eq!(utc_shift(&event), Some(5 * 3_600_000));
    }

    #[test]
    fn events_as_windows_has_them_are_read() {
        let line = br##"{"Event":{"System":{"Provider":{"#attributes":{"Name":"MSExchange CmdletLogs"}},"EventID":{"#text":6},
            "Channel":"MSExchange Management","TimeCreated":{"#attributes":{"SystemTime":"2021-06-04T08:41:47.982Z"}}},
            "EventData":{"Data":{"#text":["Install-TransportAgent","-Name \"Evil\""]}}}}"##;
        let event = parse_line(line).unwrap();
        assert_eq!(event.id, 6);
        assert_eq!(
            event.unnamed().collect::<Vec<_>>(),
            ["Install-TransportAgent", "-Name \"Evil\""]
        );
    }

    #[test]
    fn what_is_no_event_is_nothing() {
        for line in ["", "{}", "[1]", "{\"Event\":5}", "\"x\"", "{\"EventID\":1}"] {
            assert_eq!(parse_line(line.as_bytes()), None, "{line}");
        }
    }
}

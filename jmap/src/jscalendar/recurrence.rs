//! How an event repeats: `recurrenceRule` (RFC 8984 4.3.3) and `RRULE` (RFC 5545 3.3.10).

use serde_json::{Value, json};

use super::block::{Block, Line};
use super::time::Moment;
use super::value::{DAY, local_time, parse_local, parse_stamp};
use super::{Invalid, Object};

/// Values in one list of a rule.
const VALUES_MAX: usize = 800;

/// Lists of numbers, with the largest value each may have (RFC 5545 3.3.10).
const NUMBERS: [(&str, &str, i64); 7] = [
    ("byMonthDay", "BYMONTHDAY", 31),
    ("byYearDay", "BYYEARDAY", 366),
    ("byWeekNo", "BYWEEKNO", 53),
    ("byHour", "BYHOUR", 23),
    ("byMinute", "BYMINUTE", 59),
    ("bySecond", "BYSECOND", 60),
    ("bySetPosition", "BYSETPOS", 366),
];

const FREQUENCIES: [&str; 7] = [
    "yearly", "monthly", "weekly", "daily", "hourly", "minutely", "secondly",
];

const DAYS: [&str; 7] = ["mo", "tu", "we", "th", "fr", "sa", "su"];

/// The rule of a component; the first, where there are several.
pub(super) fn read(json: &mut Object, block: &Block, start: Option<&Moment>) {
    if let Some(rule) = block.value("RRULE").and_then(|rule| read_rule(rule, start)) {
        json.insert("recurrenceRule".into(), Value::Object(rule));
    }
}

fn read_rule(text: &str, start: Option<&Moment>) -> Option<Object> {
    let mut rule = Object::new();
    rule.insert("@type".into(), "RecurrenceRule".into());
    for part in text.split(';').filter(|part| !part.trim().is_empty()) {
        let (name, value) = part.split_once('=')?;
        let (name, value) = (name.trim().to_ascii_uppercase(), value.trim());
        let lower = value.to_ascii_lowercase();
        match name.as_str() {
            "FREQ" => {
                FREQUENCIES.contains(&lower.as_str()).then_some(())?;
                rule.insert("frequency".into(), lower.into());
            }
            "INTERVAL" => {
                let interval: u32 = value.parse().ok()?;
                if interval > 1 {
                    rule.insert("interval".into(), interval.into());
                }
            }
            "COUNT" => {
                rule.insert("count".into(), value.parse::<u64>().ok()?.into());
            }
            "UNTIL" => {
                let (local, _, is_utc) = parse_stamp(value)?;
                let zone = start.filter(|_| is_utc).map(|start| start.place.zone());
                let local = zone.map_or(local, |zone| zone.to_local(local));
                let local = match start {
                    // What takes place on days ends with a day.
                    Some(start) if start.is_date => local.div_euclid(DAY) * DAY,
                    _ => local,
                };
                rule.insert("until".into(), local_time(local).into());
            }
            "WKST" => {
                rule.insert("firstDayOfWeek".into(), lower.into());
            }
            "RSCALE" => {
                rule.insert("rscale".into(), lower.into());
            }
            "SKIP" => {
                rule.insert("skip".into(), lower.into());
            }
            "BYDAY" => {
                let days: Option<Vec<Value>> = lower.split(',').map(read_day).collect();
                rule.insert("byDay".into(), days?.into());
            }
            "BYMONTH" => {
                let months = value.split(',').map(|month| Value::from(month.trim()));
                rule.insert("byMonth".into(), months.collect());
            }
            other => {
                if let Some((name, ..)) = NUMBERS.iter().find(|(_, known, _)| *known == other) {
                    let numbers: Result<Vec<i64>, _> = value
                        .split(',')
                        .map(|number| number.trim().parse())
                        .collect();
                    rule.insert((*name).into(), numbers.ok()?.into());
                }
            }
        }
    }
    rule.contains_key("frequency").then_some(rule)
}

fn read_day(text: &str) -> Option<Value> {
    let text = text.trim();
    let day = text.get(text.len().checked_sub(2)?..)?;
    DAYS.contains(&day).then_some(())?;
    let nth = text.get(..text.len() - 2)?;
    Some(if nth.is_empty() {
        json!({"@type": "NDay", "day": day})
    } else {
        let nth: i64 = nth.trim_start_matches('+').parse().ok()?;
        json!({"@type": "NDay", "day": day, "nthOfPeriod": nth})
    })
}

/// Writes the rule, where it or the form of its times is different.
pub(super) fn write(
    block: &mut Block,
    (old, new): (&Object, &Object),
    start: &Moment,
    reformed: bool,
) -> Result<(), Invalid> {
    let (was, is) = (old.get("recurrenceRule"), new.get("recurrenceRule"));
    if was == is && !(reformed && is.is_some_and(|rule| rule.get("until").is_some())) {
        return Ok(());
    }
    match is {
        None | Some(Value::Null) => block.remove("RRULE"),
        Some(Value::Object(rule)) => {
            let text = write_rule(rule, start).map_err(|fault| fault.within("recurrenceRule"))?;
            block.set(Line::new("RRULE", text));
        }
        Some(_) => return Err(Invalid::new("recurrenceRule", "it is no RecurrenceRule")),
    }
    Ok(())
}

/// RFC 5545 3.8.5.3: a rule counts from the start; a task that other programs wrote without one keeps its rule.
///
/// # Errors
/// The rule, or that there is no start, is new.
pub(super) fn write_without_start(
    block: &mut Block,
    (old, new): (&Object, &Object),
    began: bool,
) -> Result<(), Invalid> {
    let (was, is) = (old.get("recurrenceRule"), new.get("recurrenceRule"));
    match is {
        None | Some(Value::Null) => {
            block.remove("RRULE");
            Ok(())
        }
        is if is == was && !began => Ok(()),
        _ => Err(Invalid::new("start", "what repeats has to begin")),
    }
}

fn write_rule(rule: &Object, start: &Moment) -> Result<String, Invalid> {
    let mut parts = Vec::new();
    let word = |name: &str, known: &[&str]| match rule.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_str()
            .filter(|word| known.is_empty() || known.contains(word))
            .map(|word| Some(word.to_ascii_uppercase()))
            .ok_or_else(|| Invalid::new(name, "there is no such value")),
    };
    // RFC 7529 4.1: RSCALE comes first, and SKIP only with it.
    if let Some(scale) = word("rscale", &[])? {
        if !scale
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        {
            return Err(Invalid::new("rscale", "it is no name of a calendar"));
        }
        parts.push(format!("RSCALE={scale}"));
    }
    let frequency = word("frequency", &FREQUENCIES)?
        .ok_or_else(|| Invalid::new("frequency", "it is missing"))?;
    parts.push(format!("FREQ={frequency}"));
    let count = number(rule, "count")?;
    if let Some(until) = rule.get("until").filter(|until| !until.is_null()) {
        let local = until
            .as_str()
            .and_then(parse_local)
            .ok_or_else(|| Invalid::new("until", "it is no LocalDateTime"))?;
        if count.is_some() {
            return Err(Invalid::new("until", "there is a count already"));
        }
        parts.push(format!("UNTIL={}", write_until(local, start)));
    }
    if let Some(count) = count {
        parts.push(format!("COUNT={count}"));
    }
    if let Some(interval) = number(rule, "interval")? {
        parts.push(format!("INTERVAL={interval}"));
    }
    if let Some(month) = rule.get("byMonth").filter(|value| !value.is_null()) {
        parts.push(format!("BYMONTH={}", write_months(month)?));
    }
    for (name, written, max) in NUMBERS {
        if let Some(values) = rule.get(name).filter(|value| !value.is_null()) {
            parts.push(format!("{written}={}", write_numbers(name, values, max)?));
        }
    }
    if let Some(days) = rule.get("byDay").filter(|value| !value.is_null()) {
        parts.push(format!("BYDAY={}", write_days(days)?));
    }
    if let Some(first) = word("firstDayOfWeek", &DAYS)? {
        parts.push(format!("WKST={first}"));
    }
    if let Some(skip) = word("skip", &["omit", "backward", "forward"])?
        && rule.get("rscale").is_some_and(|scale| !scale.is_null())
    {
        parts.push(format!("SKIP={skip}"));
    }
    Ok(parts.join(";"))
}

/// RFC 5545 3.3.10: UNTIL is a date where DTSTART is one, local where that floats, else in UTC.
fn write_until(local: i64, start: &Moment) -> String {
    if start.is_date || start.place.name().is_none() {
        start.text(local)
    } else {
        let instant = start.place.zone().to_utc(local);
        format!("{}Z", super::value::stamp(instant))
    }
}

fn number(rule: &Object, name: &'static str) -> Result<Option<u64>, Invalid> {
    match rule.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_u64()
            .filter(|number| (1..=u64::from(u32::MAX)).contains(number))
            .map(Some)
            .ok_or_else(|| Invalid::new(name, "it is no number from 1")),
    }
}

fn list<'a>(name: &str, values: &'a Value) -> Result<&'a Vec<Value>, Invalid> {
    values
        .as_array()
        .filter(|values| (1..=VALUES_MAX).contains(&values.len()))
        .ok_or_else(|| Invalid::new(name, "it is no list with values"))
}

fn write_numbers(name: &str, values: &Value, max: i64) -> Result<String, Invalid> {
    let written: Option<Vec<String>> = list(name, values)?
        .iter()
        .map(|value| {
            let number = value.as_i64()?;
            (-max..=max).contains(&number).then(|| number.to_string())
        })
        .collect();
    written
        .map(|written| written.join(","))
        .ok_or_else(|| Invalid::new(name, "a number is out of range"))
}

fn write_months(values: &Value) -> Result<String, Invalid> {
    let written: Option<Vec<&str>> = list("byMonth", values)?
        .iter()
        .map(|value| {
            let month = value.as_str()?;
            let number: u8 = month.trim_end_matches('L').parse().ok()?;
            (1..=13).contains(&number).then_some(month)
        })
        .collect();
    written
        .map(|written| written.join(","))
        .ok_or_else(|| Invalid::new("byMonth", "there is no such month"))
}

fn write_days(values: &Value) -> Result<String, Invalid> {
    let written: Option<Vec<String>> = list("byDay", values)?
        .iter()
        .map(|value| {
            let day = value
                .get("day")?
                .as_str()
                .filter(|day| DAYS.contains(day))?;
            let day = day.to_ascii_uppercase();
            match value.get("nthOfPeriod") {
                None | Some(Value::Null) => Some(day),
                Some(nth) => {
                    let nth = nth.as_i64()?;
                    let known = nth != 0 && (-53..=53).contains(&nth);
                    known.then(|| format!("{nth}{day}"))
                }
            }
        })
        .collect();
    written
        .map(|written| written.join(","))
        .ok_or_else(|| Invalid::new("byDay", "there is no such day"))
}

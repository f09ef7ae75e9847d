//! JSON from others: objects of bounded size, whose values may be of other types than expected.

use std::io::BufRead;

use serde_json::Value;

use super::pieces::{self, Counts};
use super::{ImportError, Piece};

/// Octets of one object: a host of Censys with all its pages has up to some million.
const OBJECT_OCTETS_MAX: usize = 32 << 20;

/// Wrappers that are looked into, as an answer of an API has them.
const WRAPPERS_MAX: usize = 4;

/// Hands each object to `take`; what wraps many, such as `{"result":{"hits":[...]}}`, is opened.
pub(super) fn read(
    input: &mut impl BufRead,
    mut take: impl FnMut(&Value) -> Piece,
) -> Result<Counts, ImportError> {
    let (mut counts, mut more) = (Counts::default(), Counts::default());
    pieces::objects(input, OBJECT_OCTETS_MAX, &mut counts, |octets| {
        // serde_json goes 128 levels deep at most.
        match serde_json::from_slice::<Value>(octets) {
            Ok(value) => open(&value, 0, &mut more, &mut take),
            Err(_) => {
                more.unreadable += 1;
                true
            }
        }
    })?;
    counts.unreadable += more.unreadable;
    counts.other += more.other;
    Ok(counts)
}

fn open(
    value: &Value,
    depth: usize,
    counts: &mut Counts,
    take: &mut impl FnMut(&Value) -> Piece,
) -> bool {
    const WRAPPERS: [&str; 6] = ["result", "resource", "hits", "matches", "host", "results"];
    if depth < WRAPPERS_MAX && !has_address(value) {
        for name in WRAPPERS {
            match value.get(name) {
                Some(Value::Array(values)) => {
                    return values
                        .iter()
                        .all(|value| open(value, depth + 1, counts, take));
                }
                Some(inner @ Value::Object(_)) => return open(inner, depth + 1, counts, take),
                _ => {}
            }
        }
    }
    match take(value) {
        Piece::Read => {}
        Piece::Other => counts.other += 1,
        Piece::Unreadable => counts.unreadable += 1,
        Piece::Stop => return false,
    }
    true
}

fn has_address(value: &Value) -> bool {
    value.get("ip_str").is_some() || value.get("ip").is_some()
}

/// A text at a path of names; empty where there is none.
pub(super) fn text<'v>(value: &'v Value, path: &[&str]) -> &'v str {
    at(value, path).and_then(Value::as_str).unwrap_or_default()
}

/// A number at a path of names, also one written as text, with `AS` before it.
pub(super) fn number(value: &Value, path: &[&str]) -> u32 {
    let number = match at(value, path) {
        Some(Value::Number(number)) => number
            .as_u64()
            .and_then(|number| u32::try_from(number).ok()),
        Some(Value::String(text)) => text.trim_start_matches("AS").parse().ok(),
        _ => None,
    };
    number.unwrap_or(0)
}

/// The first text of a list, or the text itself.
pub(super) fn first<'v>(value: &'v Value, path: &[&str]) -> &'v str {
    match at(value, path) {
        Some(Value::String(text)) => text,
        Some(Value::Array(values)) => values.first().and_then(Value::as_str).unwrap_or_default(),
        _ => "",
    }
}

/// What stands at a path of names.
pub(super) fn at<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, name| value.get(name))
}

/// A value of a header of HTTP, however the source keeps them: a map of names to a text or a list, with `_` for `-` or not, or a list
/// of objects with `key` and `value`.
pub(super) fn header<'v>(headers: &'v Value, name: &str) -> &'v str {
    let Some(headers) = headers.as_object() else {
        return "";
    };
    for (key, value) in headers {
        let same = key.len() == name.len()
            && key
                .bytes()
                .zip(name.bytes())
                .all(|(a, b)| a.eq_ignore_ascii_case(&b) || (a == b'_' && b == b'-'));
        if same {
            return first(value, &[]);
        }
        if key.eq_ignore_ascii_case("unknown") {
            for pair in value.as_array().into_iter().flatten() {
                let key = text(pair, &["key"]).replace('_', "-");
                if key.eq_ignore_ascii_case(name) {
                    return first(pair, &["value"]);
                }
            }
        }
    }
    ""
}

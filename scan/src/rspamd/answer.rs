//! What rspamd says of a message, from its JSON.

use std::cmp::Reverse;

use serde_json::{Map, Value};

use crate::error::Error;
use crate::header::{self, HeaderChange};
use crate::points::Points;
use crate::text::{TEXT_CHARS_MAX, line, line_of};
use crate::verdict::{Action, REASONS_MAX, Reason, Source, Verdict};

/// Characters of a symbol's name.
const SYMBOL_CHARS_MAX: usize = 64;
/// Header fields that are taken from one answer.
const HEADERS_MAX: usize = 64;

/// The verdict in the answer to `/checkv2`.
pub(crate) fn verdict(body: &[u8]) -> Result<Verdict, Error> {
    // Its depth is bounded by the library (128).
    let answer: Value = serde_json::from_slice(body).map_err(|_| Error::Malformed("no JSON"))?;
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let Some(named) = text(answer.get("action")) else {
        return Err(match text(answer.get("error")) {
            Some(error) => Error::Refused(line(&error, TEXT_CHARS_MAX)),
            None => Error::Malformed("no action"),
        });
    };
    let milter = answer.get("milter").and_then(Value::as_object);
    // A module may say more than the action does: take it and throw it away, or hold it.
    let instead = text(milter.and_then(|milter| milter.get("reject")));
    let message = text(
        answer
            .get("messages")
            .and_then(|all| all.get("smtp_message")),
    );
    let points = |name: &str| {
        let number = answer.get(name).and_then(Value::as_f64);
        number.map(Points::from_number)
    };
    // `is_skipped` says that rules were not run, as for a message of its own test pattern; the action holds all the same.
    let action = action(&named, instead.as_deref(), message.as_deref())?;
    Ok(Verdict {
        source: Source::Rspamd,
        action,
        score: points("score"),
        required: points("required_score"),
        reasons: answer
            .get("symbols")
            .and_then(Value::as_object)
            .map_or_else(Vec::new, reasons),
        headers: milter.map_or_else(Vec::new, headers),
        virus: None,
        body: None,
    })
}

/// Why it will not, from a response of another status than was hoped for.
pub(crate) fn refusal(status: u16, body: &[u8]) -> Error {
    let parsed: Option<Value> = serde_json::from_slice(body).ok();
    let said = parsed
        .as_ref()
        .and_then(|answer| answer.get("error")?.as_str());
    let said = said.map_or_else(
        || line_of(body, TEXT_CHARS_MAX),
        |said| line(said, TEXT_CHARS_MAX),
    );
    Error::Refused(format!("{status} {said}").trim_end().to_owned())
}

/// Whether it refuses to learn because it has learnt from the same message before.
pub(crate) fn has_learnt(body: &[u8]) -> bool {
    refusal(404, body).to_string().contains("already learned")
}

/// What each of its actions means here.
fn action(named: &str, instead: Option<&str>, message: Option<&str>) -> Result<Action, Error> {
    match instead {
        Some("discard") => return Ok(Action::Discard),
        Some("quarantine") => return Ok(Action::Quarantine),
        _ => {}
    }
    match named {
        // To greylist is advice: where its module does so, it says `soft reject`.
        "no action" | "accept" | "greylist" => Ok(Action::Accept),
        "add header" | "rewrite subject" => Ok(Action::Junk),
        "reject" => {
            let text = message.unwrap_or("The message looks like spam.");
            // RFC 3463 3.8: 5.7.1, refused by policy.
            Ok(Action::reject(550, "5.7.1", text))
        }
        "soft reject" => Ok(Action::defer(message.unwrap_or("Please try again later."))),
        "discard" => Ok(Action::Discard),
        "quarantine" => Ok(Action::Quarantine),
        _ => Err(Error::Malformed("an action that nobody knows")),
    }
}

/// What counted, the weightiest first.
fn reasons(symbols: &Map<String, Value>) -> Vec<Reason> {
    let reason = |(name, symbol): (&String, &Value)| {
        let points = symbol.get("score").and_then(Value::as_f64);
        let text = symbol.get("description").and_then(Value::as_str);
        Reason {
            name: line(name, SYMBOL_CHARS_MAX),
            points: Points::from_number(points.unwrap_or_default()),
            text: line(text.unwrap_or_default(), TEXT_CHARS_MAX),
        }
    };
    let mut reasons: Vec<Reason> = symbols.iter().map(reason).collect();
    reasons.retain(|reason| reason.points != Points::default());
    reasons.sort_by_key(|reason| Reverse(reason.points.0.unsigned_abs()));
    reasons.truncate(REASONS_MAX);
    reasons
}

/// What is to change in the header.
fn headers(milter: &Map<String, Value>) -> Vec<HeaderChange> {
    let object = |name: &str| milter.get(name).and_then(Value::as_object);
    let mut changes = Vec::new();
    for (name, which) in object("remove_headers").into_iter().flatten() {
        let Some(name) = header::name(name.as_bytes()) else {
            continue;
        };
        let occurrence = which.as_u64().and_then(|which| u32::try_from(which).ok());
        changes.push(HeaderChange::Change {
            name,
            // What counts from the end is rare and means one of several; all of them are as well gone.
            occurrence: occurrence.unwrap_or(0),
            value: None,
        });
    }
    for (name, values) in object("add_headers").into_iter().flatten() {
        let several = values.as_array().map(Vec::as_slice);
        for value in several.unwrap_or(std::slice::from_ref(values)) {
            let text = value.as_str().or_else(|| value.get("value")?.as_str());
            let value = text.and_then(|text| header::value(text.as_bytes()));
            if let (Some(name), Some(value)) = (header::name(name.as_bytes()), value) {
                changes.push(HeaderChange::Insert { at: 0, name, value });
            }
        }
    }
    changes.truncate(HEADERS_MAX);
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_with_all_its_parts() {
        let body = br#"{"is_skipped":false,"score":6.15,"required_score":15.0,"action":"add header","thresholds":{},
            "symbols":{"A":{"name":"A","score":0.0},"B":{"score":-0.2,"description":"good\none"},"C":{"score":6.35,"options":["x"]}},
            "messages":{},"message-id":"x@y","milter":{"add_headers":{"X-Spam":{"value":"yes","order":0},"X-Two":["a","b\nc"],"bad name":"x"},
            "remove_headers":{"X-Spamd-Result":0,"X-Other":2}}}"#;
        let verdict = verdict(body).unwrap();
        assert_eq!(verdict.action, Action::Junk);
        assert_eq!(verdict.score, Some(Points(6_150)));
        assert_eq!(verdict.required, Some(Points::whole(15)));
        let names: Vec<_> = verdict.reasons.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["C", "B"]);
        assert_eq!(verdict.reasons[1].text, "good one");
        let insert = |name: &str, value: &str| HeaderChange::Insert {
            at: 0,
            name: name.to_owned(),
            value: value.to_owned(),
        };
        let remove = |name: &str, occurrence| HeaderChange::Change {
            name: name.to_owned(),
            occurrence,
            value: None,
        };
        assert_eq!(
            verdict.headers,
            [
                remove("X-Spamd-Result", 0),
                remove("X-Other", 2),
                insert("X-Spam", "yes"),
                insert("X-Two", "a"),
                insert("X-Two", "b\r\n\tc"),
            ]
        );
    }

    #[test]
    fn actions() {
        let of = |text: &str| verdict(text.as_bytes()).map(|verdict| verdict.action);
        let message = r#"{"is_skipped":true,"action":"reject","messages":{"smtp_message":"Gtube\r\n250 OK"}}"#;
        assert_eq!(
            of(message).unwrap(),
            Action::reject(550, "5.7.1", "Gtube  250 OK")
        );
        assert_eq!(
            of(r#"{"action":"greylist","score":4}"#).unwrap(),
            Action::Accept
        );
        assert_eq!(
            of(r#"{"action":"soft reject","messages":[]}"#).unwrap(),
            Action::defer("Please try again later.")
        );
        let discard = r#"{"action":"reject","milter":{"reject":"discard"}}"#;
        assert_eq!(of(discard).unwrap(), Action::Discard);
        let skipped = r#"{"action":"no action","is_skipped":true}"#;
        assert_eq!(of(skipped).unwrap(), Action::Accept);
        assert!(matches!(of(r#"{"error":"no"}"#), Err(Error::Refused(_))));
        for bad in ["", "[]", "{}", r#"{"action":"dance"}"#, r#"{"action":7}"#] {
            assert!(matches!(of(bad), Err(Error::Malformed(_))), "{bad}");
        }
    }

    #[test]
    fn a_refusal_says_why() {
        let said = |body: &[u8]| refusal(403, body).to_string();
        assert_eq!(
            said(br#"{"error":"Unauthorized"}"#),
            "the scanner says: 403 Unauthorized"
        );
        assert_eq!(said(b"<html>\n"), "the scanner says: 403 <html>");
        assert_eq!(said(b""), "the scanner says: 403");
    }
}

//! Transcripts: requests and replies as files of JSON, each played against a house of its own.
//!
//! | member | says |
//! |---|---|
//! | `rule` | which rule is tested, with its citation; has to be there |
//! | `people` | who there is; `["alice", "bob"]` unless said. `$alice` is the id of her account, `$p-alice` of her principal, `$today` the date |
//! | `quota` | octets that every account may hold |
//! | `messages` | list of `{"to", "mailbox", "text", "keywords", "receivedAt", "name"}`: messages that lie there; `$name` is the email's id, `$t-name` its thread's |
//! | `shares` | list of `{"of", "mailbox", "with", "rights"}` with letters of RFC 4314 |
//! | `exchange` | list of steps |
//!
//! A step is one of
//! - `{"as", "using", "request": [calls], "createdIds", "response": [answers]}`: a request to the API,
//! - `{"as", "http": {"method", "path", "fields", "body"}, "answer": {"status", "fields", "body"}}`: any other request; a body is a text or a
//!   value of JSON; `"as": null` is nobody,
//! - `{"advance": seconds}`: the clock moves.
//!
//! See `compare.rs` for patterns. `JMAP_TRANSCRIPT=part-of-a-name` plays only some.

use std::fs;
use std::path::{Path, PathBuf};

use model::{AccountId, PrincipalId, Rights};
use serde_json::{Value, json};

use crate::compare::{Names, compare, fill, fill_text};
use crate::wire::{Ask, Reply};
use crate::world::{Laid, World};

/// What a request uses that does not say.
const USING: [&str; 17] = [
    "urn:ietf:params:jmap:core",
    "urn:ietf:params:jmap:mail",
    "urn:ietf:params:jmap:submission",
    "urn:ietf:params:jmap:vacationresponse",
    "urn:ietf:params:jmap:mdn",
    "urn:ietf:params:jmap:blob",
    "urn:ietf:params:jmap:quota",
    "urn:ietf:params:jmap:contacts",
    "https://wachpost.example/jmap/contact-files",
    "urn:ietf:params:jmap:calendars",
    "urn:ietf:params:jmap:tasks",
    "urn:ietf:params:jmap:calendars:parse",
    "urn:ietf:params:jmap:principals",
    "urn:ietf:params:jmap:principals:owner",
    "urn:ietf:params:jmap:principals:availability",
    "urn:ietf:params:jmap:sieve",
    "https://wachpost.example/jmap/history",
];

#[test]
fn every_transcript_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let only = std::env::var("JMAP_TRANSCRIPT").unwrap_or_default();
    let mut files = Vec::new();
    gather(&folder, &mut files);
    files.sort();
    let mut failures = Vec::new();
    let mut played = 0;
    for file in files {
        let name = file.strip_prefix(&folder).unwrap().display().to_string();
        if !name.contains(&only) {
            continue;
        }
        played += 1;
        let text = fs::read_to_string(&file).unwrap();
        if let Err(why) = play(&text) {
            failures.push(format!("{name}: {why}"));
        }
    }
    assert!(played > 0, "no transcript is called so");
    assert!(
        failures.is_empty(),
        "{} of {played} fail:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, files);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            files.push(path);
        }
    }
}

fn play(text: &str) -> Result<(), String> {
    let transcript: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let rule = transcript["rule"].as_str().unwrap_or_default();
    if rule.is_empty() {
        return Err("no `rule` is named".into());
    }
    let people = texts(&transcript["people"]).unwrap_or_else(|| vec!["alice".into(), "bob".into()]);
    let (world, ids) = World::new(&people, transcript["quota"].as_u64());
    let mut names = Names::new();
    for (person, id) in people.iter().zip(&ids) {
        names.insert(person.clone(), format!("a{}", AccountId::from(*id)));
        names.insert(format!("p-{person}"), format!("p{id}"));
    }
    names.insert("today".into(), "2026-05-01".into());
    let id_of = |name: &Value| -> Result<PrincipalId, String> {
        let name = name.as_str().ok_or("a person has a name")?;
        let place = people.iter().position(|person| person == name);
        place
            .map(|place| ids[place])
            .ok_or_else(|| format!("there is no {name}"))
    };
    for message in list(&transcript["messages"]) {
        let date = message["receivedAt"].as_str();
        let (email, thread) = world.lay(&Laid {
            person: id_of(&message["to"])?,
            mailbox: message["mailbox"].as_str().unwrap_or("Inbox").into(),
            text: message["text"].as_str().unwrap_or_default().into(),
            keywords: texts(&message["keywords"]).unwrap_or_default(),
            received_at: date.map(|date| seconds_of(date).expect("a date")),
        });
        if let Some(name) = message["name"].as_str() {
            names.insert(name.to_owned(), format!("e{email}"));
            names.insert(format!("t-{name}"), format!("t{thread}"));
        }
    }
    for share in list(&transcript["shares"]) {
        let mailbox = share["mailbox"].as_str().unwrap_or("Inbox");
        let rights = rights(share["rights"].as_str().unwrap_or_default());
        world.share(
            id_of(&share["of"])?,
            mailbox,
            id_of(&share["with"])?,
            rights,
        );
    }
    for (number, step) in list(&transcript["exchange"]).enumerate() {
        perform(&world, step, &mut names).map_err(|why| format!("step {number}: {why}"))?;
    }
    Ok(())
}

fn perform(world: &World, step: &Value, names: &mut Names) -> Result<(), String> {
    if let Some(seconds) = step["advance"].as_i64() {
        world.clock.advance_ms(seconds * 1_000);
        return Ok(());
    }
    let name = match step.get("as") {
        None => Some("alice".to_owned()),
        Some(name) => name.as_str().map(str::to_owned),
    };
    if let Some(http) = step.get("http") {
        return exchange(world, name, http, &step["answer"], names);
    }
    let using = step.get("using").cloned().unwrap_or_else(|| json!(USING));
    let mut request = json!({"using": using, "methodCalls": fill(&step["request"], names)});
    if let Some(created) = step.get("createdIds") {
        request["createdIds"] = fill(created, names);
    }
    let ask = Ask {
        method: "POST".into(),
        path: "/jmap/api".into(),
        name,
        fields: vec![("Content-Type".into(), "application/json".into())],
        body: request.to_string().into_bytes(),
    };
    let reply = ask.over(world.connect());
    let body = String::from_utf8_lossy(&reply.body).into_owned();
    if reply.status != 200 {
        return Err(format!("status {}: {body}", reply.status));
    }
    let value: Value = serde_json::from_str(&body).map_err(|error| error.to_string())?;
    compare(&step["response"], &value["methodResponses"], names, "")?;
    match step.get("createdIdsAfter") {
        Some(expected) => compare(expected, &value["createdIds"], names, "/createdIds"),
        None => Ok(()),
    }
}

fn exchange(
    world: &World,
    name: Option<String>,
    http: &Value,
    answer: &Value,
    names: &mut Names,
) -> Result<(), String> {
    let http = fill(http, names);
    let fields = http["fields"].as_object().cloned().unwrap_or_default();
    let field = |(name, value): (String, Value)| (name, value.as_str().unwrap_or_default().into());
    let body = match &http["body"] {
        Value::Null => Vec::new(),
        Value::String(text) => text.clone().into_bytes(),
        value => value.to_string().into_bytes(),
    };
    let ask = Ask {
        method: http["method"].as_str().unwrap_or("GET").into(),
        path: http["path"].as_str().unwrap_or_default().into(),
        name,
        fields: fields.into_iter().map(field).collect(),
        body,
    };
    let reply = ask.over(world.connect());
    let shown = shown(&reply);
    compare(answer, &shown, names, "").map_err(|why| format!("{why}\n  in {shown}"))
}

/// A reply as a value: fields by name in lower case; a body of JSON as what it is, any other as a text.
fn shown(reply: &Reply) -> Value {
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    let is_json = reply.fields.iter().any(|(name, value)| {
        name == "content-type" && (value.ends_with("json") || value.contains("json;"))
    });
    let body = match serde_json::from_str(&text) {
        Ok(value) if is_json => value,
        _ => Value::String(text),
    };
    let mut fields = serde_json::Map::new();
    for (name, value) in &reply.fields {
        let known = fields.entry(name.clone()).or_insert_with(|| json!(""));
        let before = known.as_str().unwrap_or_default();
        let all = if before.is_empty() {
            value.clone()
        } else {
            format!("{before}, {value}")
        };
        *known = Value::String(all);
    }
    json!({"status": reply.status, "fields": fields, "body": body})
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn texts(value: &Value) -> Option<Vec<String>> {
    let values = value.as_array()?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    values.iter().map(text).collect()
}

/// RFC 4314 2.1.
fn rights(letters: &str) -> Rights {
    "lrswipkxtea"
        .chars()
        .enumerate()
        .filter(|(_, letter)| letters.contains(*letter))
        .fold(Rights::NONE, |all, (bit, _)| all.with(Rights(1 << bit)))
}

/// A date in UTC.
fn seconds_of(date: &str) -> Option<model::Timestamp> {
    let parts: Vec<i64> = date
        .split(|character: char| !character.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    let [year, month, day, hour, minute, second] = parts[..] else {
        return None;
    };
    let (y, m) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
    Some(model::Timestamp::from_seconds(seconds))
}

#[test]
fn texts_are_filled() {
    let names = Names::from([("a".into(), "b".into())]);
    assert_eq!(fill_text("$a", &names), "b");
    assert_eq!(fill_text("x${a}y", &names), "xby");
    assert_eq!(seconds_of("2026-05-01T12:00:00Z"), Some(crate::world::NOW));
}

//! The standard methods of every type (RFC 8620 5), from the table itself: what is too much is refused, and what nobody knows.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::wire::Ask;
use crate::world::World;

/// RFC 8620 2 `maxObjectsInGet`, `maxObjectsInSet`.
const OBJECTS_MAX: usize = 1_000;

/// Types of which there are never so many in one account that a list of ids would be too long (RFC 8621 8, RFC 9425 4).
const SINGLE: [&str; 1] = ["VacationResponse"];

/// Extensions of ours, whose pages are smaller, and methods that are no standard ones in spite of their names.
const OTHERS: [&str; 4] = [
    "Blob/get",
    "Deleted/get",
    "HistoryEntry/get",
    "SearchSnippet/get",
];

fn ask(world: &World, account: &str, name: &str, mut arguments: Value) -> Value {
    if !name.starts_with("PushSubscription/") && name != "Core/echo" {
        arguments["accountId"] = account.into();
    }
    let using: BTreeSet<&str> = jmap::methods().map(|(_, capability)| capability).collect();
    let request = json!({"using": using, "methodCalls": [[name, arguments, "a"]]});
    let ask = Ask {
        method: "POST".into(),
        path: "/jmap/api".into(),
        name: Some("alice".into()),
        fields: vec![("Content-Type".into(), "application/json".into())],
        body: request.to_string().into_bytes(),
    };
    let reply = ask.over(world.connect());
    let value: Value = serde_json::from_slice(&reply.body).unwrap();
    value["methodResponses"][0][1].clone()
}

fn methods(verb: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let of = move |name: &'static str| Some((name.strip_suffix(verb)?.strip_suffix('/')?, name));
    jmap::methods().filter_map(move |(name, _)| of(name))
}

#[test]
fn more_objects_than_the_session_allows_are_refused_by_every_type() {
    let (world, ids) = World::new(&["alice".to_owned()], None);
    let account = format!("a{}", ids[0]);
    let many: Vec<String> = (0..=OBJECTS_MAX)
        .map(|number| format!("x{number}"))
        .collect();
    let few = many.get(..OBJECTS_MAX).unwrap();
    for (of, name) in methods("get") {
        if OTHERS.contains(&name) || SINGLE.contains(&of) {
            continue;
        }
        let answer = ask(&world, &account, name, json!({"ids": many}));
        assert_eq!(answer["type"], "requestTooLarge", "{name}: {answer}");
        let answer = ask(&world, &account, name, json!({"ids": few}));
        let not_found = answer["notFound"].as_array().map(Vec::len);
        assert_eq!(not_found, Some(OBJECTS_MAX), "{name}: {answer}");
    }
    for (_, name) in methods("set") {
        let answer = ask(&world, &account, name, json!({"destroy": many}));
        assert_eq!(answer["type"], "requestTooLarge", "{name}: {answer}");
        let answer = ask(&world, &account, name, json!({"destroy": few}));
        let failed = answer["notDestroyed"].as_object().map(serde_json::Map::len);
        assert_eq!(failed, Some(OBJECTS_MAX), "{name}: {answer}");
    }
}

#[test]
fn an_argument_that_nobody_knows_is_refused_by_every_method() {
    let (world, ids) = World::new(&["alice".to_owned()], None);
    let account = format!("a{}", ids[0]);
    for (name, _) in jmap::methods() {
        if name == "Core/echo" {
            continue;
        }
        let answer = ask(&world, &account, name, json!({"colourOfTheSky": "blue"}));
        assert_eq!(answer["type"], "invalidArguments", "{name}: {answer}");
    }
}

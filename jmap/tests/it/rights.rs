//! Every method on a foreign account: nothing tells that there is one.

use serde_json::{Value, json};

use crate::wire::Ask;
use crate::world::World;

/// The table of methods, as it stands.
const TABLE: &str = include_str!("../../src/method.rs");

/// Methods without an account.
const WITHOUT: [&str; 3] = ["Core/echo", "PushSubscription/get", "PushSubscription/set"];

fn methods() -> Vec<String> {
    let quoted = TABLE.split('"').skip(1).step_by(2);
    let named = quoted.filter(|text| {
        let parts = text.split_once('/');
        parts.is_some_and(|(object, verb)| {
            object.starts_with(char::is_uppercase) && verb.chars().all(char::is_alphabetic)
        })
    });
    let mut names: Vec<String> = named.map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

#[test]
fn a_foreign_account_is_not_there_for_any_method() {
    let (world, ids) = World::new(&["alice".to_owned(), "bob".to_owned()], None);
    let methods = methods();
    assert!(methods.len() > 10, "{methods:?}");
    let foreign = format!("a{}", ids[1]);
    let own = format!("a{}", ids[0]);
    let using: Vec<String> = capabilities(&world);
    for name in methods {
        if WITHOUT.contains(&name.as_str()) {
            continue;
        }
        for account in [foreign.as_str(), "a99999"] {
            let mut arguments = json!({"accountId": account});
            if name.ends_with("/copy") {
                arguments["fromAccountId"] = own.as_str().into();
                arguments["blobIds"] = json!([]);
            }
            let answer = ask(&world, &using, &name, &arguments);
            assert_eq!(
                answer["type"], "accountNotFound",
                "{name} on {account}: {answer}"
            );
        }
        if name.ends_with("/copy") {
            let arguments = json!({"fromAccountId": foreign, "accountId": own, "blobIds": []});
            let answer = ask(&world, &using, &name, &arguments);
            assert_eq!(answer["type"], "fromAccountNotFound", "{name}: {answer}");
        }
    }
}

fn ask(world: &World, using: &[String], name: &str, arguments: &Value) -> Value {
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

/// All that the session names, and what it names in accounts only.
fn capabilities(world: &World) -> Vec<String> {
    let ask = Ask {
        method: "GET".into(),
        path: "/jmap/session".into(),
        name: Some("alice".into()),
        ..Ask::default()
    };
    let reply = ask.over(world.connect());
    let session: Value = serde_json::from_slice(&reply.body).unwrap();
    let named = session["capabilities"].as_object().unwrap();
    named.keys().cloned().collect()
}

//! Every method on an account of somebody else: who has no right there learns nothing and changes nothing.
//!
//! The methods come from the table itself, so that a new one is tried without anybody thinking of it.

use std::collections::BTreeSet;

use model::Rights;
use serde_json::{Map, Value, json};

use crate::wire::Ask;
use crate::world::{Laid, World};

/// Stands in everything that Alice has.
const SECRET: &str = "Quittengelee";

/// Methods that name no account.
const WITHOUT_ACCOUNT: [&str; 3] = ["Core/echo", "PushSubscription/get", "PushSubscription/set"];

/// What may be said of an account that is not one's own (RFC 8620 3.6.2, 5.4).
const REFUSALS: [&str; 4] = [
    "accountNotFound",
    "accountNotSupportedByMethod",
    "forbidden",
    "fromAccountNotFound",
];

/// Alice with something of everything, and Bob.
struct Street {
    world: World,
    alice: String,
    bob: String,
}

impl Street {
    fn new() -> Self {
        let (world, ids) = World::new(&["alice".to_owned(), "bob".to_owned()], None);
        let (alice, bob) = (format!("a{}", ids[0]), format!("a{}", ids[1]));
        for mailbox in ["Inbox", "Drafts"] {
            world.lay(&Laid {
                person: ids[0],
                mailbox: mailbox.into(),
                text: format!("From: {SECRET} <x@example.net>\r\nTo: alice@example.org\r\nSubject: {SECRET}\r\n\r\n{SECRET}\r\n"),
                keywords: Vec::new(),
                received_at: None,
            });
        }
        let street = Self { world, alice, bob };
        street.fill();
        street
    }

    /// Something of each type; what cannot be made is not there yet.
    fn fill(&self) {
        let account = self.alice.as_str();
        let name = json!({"name": SECRET});
        let books = self.one(
            "alice",
            "AddressBook/get",
            json!({"accountId": account, "ids": null}),
        );
        let book = books["list"][0]["id"].as_str().unwrap().to_owned();
        let calendars = self.one(
            "alice",
            "Calendar/get",
            json!({"accountId": account, "ids": null}),
        );
        let calendar = calendars["list"][0]["id"]
            .as_str()
            .unwrap_or("c1")
            .to_owned();
        let set = |method: &str, object: Value| {
            let arguments = json!({"accountId": account, "create": {"x": object}});
            self.one("alice", method, arguments)
        };
        set("Mailbox/set", name.clone());
        set("AddressBook/set", name.clone());
        set("Calendar/set", name);
        set(
            "ContactCard/set",
            json!({"addressBookIds": {book: true}, "name": {"full": SECRET}}),
        );
        set(
            "CalendarEvent/set",
            json!({
                "calendarIds": {calendar: true}, "title": SECRET, "start": "2026-05-02T10:00:00", "duration": "PT1H", "timeZone": "Etc/UTC",
            }),
        );
        let lists = self.one(
            "alice",
            "TaskList/get",
            json!({"accountId": account, "ids": null}),
        );
        let list = lists["list"][0]["id"].as_str().unwrap().to_owned();
        set("TaskList/set", json!({"name": SECRET}));
        set("Task/set", json!({"taskListId": list, "title": SECRET}));
        set(
            "Identity/set",
            json!({"name": SECRET, "email": "alice@example.org"}),
        );
        let vacation = json!({"accountId": account, "update": {"singleton": {"isEnabled": true, "textBody": SECRET}}});
        self.one("alice", "VacationResponse/set", vacation);
        let blob = json!({"accountId": account, "create": {"x": {"data": [{"data:asText": format!("# {SECRET}\r\nkeep;\r\n")}]}}});
        let blob = self.one("alice", "Blob/upload", blob);
        if let Some(id) = blob["created"]["x"]["id"].as_str() {
            set("SieveScript/set", json!({"name": SECRET, "blobId": id}));
        }
    }

    /// The answers to calls, one after the other.
    fn ask(&self, who: &str, calls: &Value) -> Vec<Value> {
        let using: BTreeSet<&str> = jmap::methods().map(|(_, capability)| capability).collect();
        let request = json!({"using": using, "methodCalls": calls});
        let ask = Ask {
            method: "POST".into(),
            path: "/jmap/api".into(),
            name: Some(who.into()),
            fields: vec![("Content-Type".into(), "application/json".into())],
            body: request.to_string().into_bytes(),
        };
        let reply = ask.over(self.world.connect());
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        assert_eq!(reply.status, 200, "{text}");
        let value: Value = serde_json::from_str(&text).unwrap();
        value["methodResponses"].as_array().unwrap().clone()
    }

    fn one(&self, who: &str, method: &str, arguments: impl Into<Value>) -> Value {
        let arguments: Value = arguments.into();
        let answers = self.ask(who, &json!([[method, arguments, "c"]]));
        answers[0][1].clone()
    }

    /// What Alice's account has, as she sees it.
    fn everything(&self) -> Vec<Value> {
        let methods = jmap::methods().map(|(name, _)| name);
        let mut gets: Vec<&str> = methods
            .filter(|name| name.ends_with("/get") && !WITHOUT_ACCOUNT.contains(name))
            .filter(|name| !matches!(*name, "SearchSnippet/get" | "Blob/get" | "Email/get"))
            .collect();
        gets.sort_unstable();
        let mut all = Vec::new();
        for get in gets {
            let answer = self.one("alice", get, json!({"accountId": self.alice, "ids": null}));
            all.push(json!([get, answer["list"]]));
        }
        let emails =
            json!({"accountId": self.alice, "ids": ["e1", "e2"], "fetchAllBodyValues": true});
        all.push(self.one("alice", "Email/get", emails)["list"].clone());
        all
    }

    /// What to ask of a method, in as good a form as can be: it is the account that must be refused.
    fn attempts(&self, method: &str) -> Vec<Value> {
        let (kind, verb) = method.split_once('/').unwrap();
        let account = self.alice.as_str();
        let ids = |letters: &str| -> Vec<String> {
            let ids = letters
                .chars()
                .flat_map(|letter| (1..12).map(move |id| format!("{letter}{id}")));
            ids.collect()
        };
        let letters = match kind {
            "Mailbox" => "m",
            "Thread" => "t",
            "Email" | "SearchSnippet" | "MDN" => "e",
            "Identity" => "i",
            "EmailSubmission" => "s",
            "SieveScript" => "y",
            "AddressBook" => "b",
            "ContactCard" => "k",
            "Calendar" => "c",
            "CalendarEvent" => "v",
            "TaskList" => "l",
            "Task" => "d",
            "Principal" => "p",
            "ParticipantIdentity" => "r",
            _ => "n",
        };
        let all = ids(letters);
        let updates: Map<String, Value> = all
            .iter()
            .map(|id| (id.clone(), json!({"name": "taken"})))
            .collect();
        let blobs: Vec<Value> = ["e1", "e1-0", "e2", "o1-1", "o2-2"]
            .map(Value::from)
            .to_vec();
        match verb {
            "get" if kind == "Blob" => vec![json!({"accountId": account, "ids": blobs})],
            "get" if kind == "SearchSnippet" => {
                vec![json!({"accountId": account, "emailIds": all, "filter": {"text": SECRET}})]
            }
            "get" => vec![
                json!({"accountId": account, "ids": null}),
                json!({"accountId": account, "ids": all}),
            ],
            "changes" => vec![json!({"accountId": account, "sinceState": "1"})],
            "query" => vec![json!({"accountId": account})],
            "queryChanges" => vec![json!({"accountId": account, "sinceQueryState": "1"})],
            "set" => vec![
                json!({"accountId": account, "create": {"x": {"name": "smuggled"}}}),
                json!({"accountId": account, "update": updates}),
                json!({"accountId": account, "destroy": all}),
            ],
            "copy" if kind == "Blob" => vec![
                json!({"fromAccountId": account, "accountId": self.bob, "blobIds": blobs}),
                json!({"fromAccountId": self.bob, "accountId": account, "blobIds": blobs}),
            ],
            "copy" => {
                let create: Map<String, Value> = all
                    .iter()
                    .map(|id| (id.clone(), json!({"id": id})))
                    .collect();
                vec![
                    json!({"fromAccountId": account, "accountId": self.bob, "create": create}),
                    json!({"fromAccountId": self.bob, "accountId": account, "create": create}),
                ]
            }
            "import" => vec![
                json!({"accountId": account, "emails": {"x": {"blobId": "e1", "mailboxIds": {"m1": true}}}}),
            ],
            "parse" => vec![json!({"accountId": account, "blobIds": blobs})],
            "lookup" => vec![json!({"accountId": account, "typeNames": ["Email"], "ids": blobs})],
            "upload" => vec![
                json!({"accountId": account, "create": {"x": {"data": [{"data:asText": "x"}]}}}),
            ],
            "validate" => vec![json!({"accountId": account, "blobId": "e1"})],
            "send" => vec![
                json!({"accountId": account, "identityId": "i1", "send": {"x": {"forEmailId": "e1"}}}),
            ],
            // What nobody has thought of yet is asked with the account alone.
            _ => vec![json!({"accountId": account})],
        }
    }
}

#[test]
fn a_foreign_account_is_not_there() {
    let street = Street::new();
    let before = street.everything();
    let shown = Value::from(before.clone()).to_string();
    // Otherwise nothing would be proven by not finding it.
    assert!(shown.matches(SECRET).count() >= 8, "{shown}");
    let mut failures = Vec::new();
    for (method, _) in jmap::methods().filter(|(name, _)| !WITHOUT_ACCOUNT.contains(name)) {
        for arguments in street.attempts(method) {
            let answers = street.ask("bob", &json!([[method, arguments, "c"]]));
            let refused = answers.len() == 1
                && answers[0][0] == "error"
                && REFUSALS.iter().any(|kind| answers[0][1]["type"] == *kind);
            if !refused || answers[0].to_string().contains(SECRET) {
                failures.push(format!("{method} {arguments}\n    {answers:?}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(before, street.everything());
}

#[test]
fn who_sees_something_of_an_account_sees_nothing_else_of_it() {
    let street = Street::new();
    let number = |account: &str| model::PrincipalId(account[1..].parse().unwrap());
    // An empty mailbox, to look up and nothing more.
    street.world.share(
        number(&street.alice),
        "Archive",
        number(&street.bob),
        Rights::LOOKUP,
    );
    let before = street.everything();
    let mut failures = Vec::new();
    for (method, _) in jmap::methods().filter(|(name, _)| !WITHOUT_ACCOUNT.contains(name)) {
        for arguments in street.attempts(method) {
            let answers = street.ask("bob", &json!([[method, arguments, "c"]]));
            let asked = arguments.to_string();
            let told = answers.iter().map(Value::to_string).collect::<String>();
            // What was asked for may be told again.
            if told.contains(SECRET) && !asked.contains(SECRET) {
                failures.push(format!("{method} {arguments}\n    {told}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    // Shares and who is told of them are Alice's own doing, and were done before.
    assert_eq!(before, street.everything());
}

//! Who is let in: by password, by token, by the cookie of a page of our own; and who is not, a moment after it was revoked.

use directory::NewProgram;
use model::{Actor, PrincipalId, Protocols};
use serde_json::json;

use crate::wire::Ask;
use crate::world::World;

fn world() -> (World, PrincipalId) {
    let (world, ids) = World::new(&["alice".to_owned()], None);
    (world, ids[0])
}

fn get(world: &World, fields: &[(&str, &str)]) -> u16 {
    send(world, "GET", "/jmap/session", fields, Vec::new())
}

fn post(world: &World, fields: &[(&str, &str)]) -> u16 {
    let request = json!({"using": [], "methodCalls": []}).to_string();
    let mut all = vec![("Content-Type", "application/json")];
    all.extend(fields);
    send(world, "POST", "/jmap/api", &all, request.into_bytes())
}

fn send(world: &World, method: &str, path: &str, fields: &[(&str, &str)], body: Vec<u8>) -> u16 {
    let field = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let ask = Ask {
        method: method.into(),
        path: path.into(),
        name: None,
        fields: fields.iter().map(field).collect(),
        body,
    };
    ask.over(world.connect()).status
}

#[test]
fn a_token_lets_in_until_it_is_revoked() {
    let (world, alice) = world();
    let directory = world.groupware.directory();
    let grant = |protocols| {
        let program = NewProgram {
            client: "https://client.example".into(),
            label: "Client".into(),
            protocols,
        };
        let system = Actor::system();
        let granted = directory.grant_program(&system, alice, &program);
        world.runtime.block_on(granted).unwrap()
    };
    let tokens = grant(Protocols::JMAP);
    let bearer = format!("Bearer {}", tokens.access.expose());
    assert_eq!(get(&world, &[("Authorization", &bearer)]), 200);
    assert_eq!(post(&world, &[("Authorization", &bearer)]), 200);
    let other = grant(Protocols::DAV);
    let other = format!("Bearer {}", other.access.expose());
    assert_eq!(get(&world, &[("Authorization", &other)]), 401);
    assert_eq!(get(&world, &[("Authorization", "Bearer wpa1-what")]), 401);
    let system = Actor::system();
    let revoked = directory.revoke_token(&system, &tokens.access, "https://client.example");
    assert!(world.runtime.block_on(revoked).unwrap());
    assert_eq!(get(&world, &[("Authorization", &bearer)]), 401);
}

#[test]
fn a_cookie_lets_in_pages_of_our_own_only() {
    let (world, alice) = world();
    let directory = world.groupware.directory();
    let system = Actor::system();
    let opened = directory.open_session(&system, alice, "Browser");
    let (_, secret) = world.runtime.block_on(opened).unwrap();
    let cookie = format!("__Host-wachpost={}", secret.expose());
    let cookie = ("Cookie", cookie.as_str());
    assert_eq!(get(&world, &[cookie]), 200);
    assert_eq!(post(&world, &[cookie]), 403, "from nobody knows where");
    assert_eq!(
        post(&world, &[cookie, ("Sec-Fetch-Site", "same-origin")]),
        200
    );
    assert_eq!(post(&world, &[cookie, ("Origin", "http://localhost")]), 200);
    for site in ["same-site", "cross-site"] {
        assert_eq!(
            post(&world, &[cookie, ("Sec-Fetch-Site", site)]),
            403,
            "{site}"
        );
        assert_eq!(
            get(&world, &[cookie, ("Sec-Fetch-Site", site)]),
            403,
            "{site}"
        );
    }
    assert_eq!(
        post(&world, &[cookie, ("Origin", "https://evil.example")]),
        403
    );
    let wrong = [
        ("Cookie", "__Host-wachpost=wps1-what"),
        ("Sec-Fetch-Site", "same-origin"),
    ];
    assert_eq!(post(&world, &wrong), 401);
}

#[test]
fn a_page_in_a_browser_is_not_asked_for_a_password() {
    let (world, _) = world();
    let challenges = |fields: Vec<(String, String)>| {
        let ask = Ask {
            method: "GET".into(),
            path: "/jmap/session".into(),
            fields,
            ..Ask::default()
        };
        let reply = ask.over(world.connect());
        assert_eq!(reply.status, 401);
        let named = reply
            .fields
            .into_iter()
            .filter(|(name, _)| name == "www-authenticate");
        named.map(|(_, value)| value).collect::<Vec<_>>()
    };
    assert_eq!(challenges(Vec::new()).len(), 2);
    let in_browser = challenges(vec![("Sec-Fetch-Site".into(), "same-origin".into())]);
    assert_eq!(in_browser, ["Bearer realm=\"Wachpost\""]);
}

//! The session object (RFC 8620 2): what the server can do, and which accounts the caller can see.

mod capabilities;

use axum::http::header::HOST;
use axum::http::request::Parts;
use groupware::VisibleAccount;
use listen::Facts;
use serde_json::Value;

use crate::capability::Capability;
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::Problem;
use crate::visit::Visit;

/// How the client reaches the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// `https://mail.example.org`; empty where the host is not known.
    pub(crate) http: String,
    /// The same for a WebSocket (RFC 8887 3).
    pub(crate) web_socket: String,
}

impl Origin {
    /// What the request says of it. Without TLS and not from this machine, somebody in front of us speaks TLS.
    pub(crate) fn of(facts: &Facts, parts: &Parts) -> Self {
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let authority = parts.uri.authority().map(|authority| authority.as_str());
        let encrypted = facts.tls.is_some() || !facts.peer.is_loopback();
        Self::at(encrypted, authority.or(host).unwrap_or_default())
    }

    fn at(encrypted: bool, host: &str) -> Self {
        let is_safe = |octet: u8| octet.is_ascii_alphanumeric() || b".-:[]_".contains(&octet);
        if host.is_empty() || !host.bytes().all(is_safe) {
            return Self {
                http: String::new(),
                web_socket: String::new(),
            };
        }
        let s = if encrypted { "s" } else { "" };
        Self {
            http: format!("http{s}://{host}"),
            web_socket: format!("ws{s}://{host}"),
        }
    }
}

/// The session object.
///
/// # Errors
/// The accounts are not known at the moment.
pub(crate) async fn object(visit: &Visit, origin: &Origin) -> Result<Value, Problem> {
    let sight = visit.groupware().sight_count();
    let accounts = accounts(visit).await?;
    let state = state_of(&accounts);
    visit.house.sessions.note(visit.principal.id, sight, &state);
    let mut object = Object::new();
    let capabilities: Object = Capability::ALL
        .into_iter()
        .filter_map(|known| {
            let properties = capabilities::of_server(known, origin, &visit.house.settings)?;
            Some((known.as_str().to_owned(), properties))
        })
        .collect();
    object.insert("capabilities".into(), capabilities.into());
    let own = visit.own_account().wire();
    let mut primary = Object::new();
    let mut listed = Object::new();
    for account in &accounts {
        let value = account_object(account, visit);
        let capabilities = value.get("accountCapabilities").and_then(Value::as_object);
        if account.own {
            let names = capabilities.into_iter().flat_map(Object::keys);
            primary.extend(names.map(|name| (name.clone(), own.clone().into())));
        }
        listed.insert(account.account.wire(), value.into());
    }
    object.insert("accounts".into(), listed.into());
    object.insert("primaryAccounts".into(), primary.into());
    object.insert("username".into(), visit.principal.address.as_str().into());
    let http = &origin.http;
    let mut url = |name: &str, path: &str| {
        object.insert(name.to_owned(), format!("{http}{path}").into());
    };
    url("apiUrl", "/jmap/api");
    url(
        "downloadUrl",
        "/jmap/download/{accountId}/{blobId}/{name}?type={type}",
    );
    url("uploadUrl", "/jmap/upload/{accountId}");
    url(
        "eventSourceUrl",
        "/jmap/eventsource?types={types}&closeafter={closeafter}&ping={ping}",
    );
    object.insert("state".into(), state.into());
    Ok(Value::Object(object))
}

/// The accounts that the caller can see, by their ids (RFC 8620 2 `accounts`, RFC 9670 2 `accounts`).
///
/// # Errors
/// The accounts are not known at the moment.
pub(crate) async fn account_objects(visit: &Visit) -> Result<Object, groupware::Error> {
    let accounts = visit.groupware().visible_accounts(&visit.caller).await?;
    let accounts = accounts.iter();
    let accounts = accounts.map(|one| (one.account.wire(), account_object(one, visit).into()));
    Ok(accounts.collect())
}

fn account_object(account: &VisibleAccount, visit: &Visit) -> Object {
    let properties: Object = Capability::ALL
        .into_iter()
        .filter_map(|known| {
            let properties = capabilities::of_account(known, account, visit)?;
            Some((known.as_str().to_owned(), properties))
        })
        .collect();
    let mut object = Object::new();
    object.insert("name".into(), account.principal.address.as_str().into());
    object.insert("isPersonal".into(), account.own.into());
    object.insert("isReadOnly".into(), (!account.writes).into());
    object.insert("accountCapabilities".into(), properties.into());
    object
}

/// `sessionState`: another one whenever the session object would be another one.
pub(crate) async fn state(visit: &Visit) -> String {
    let sight = visit.groupware().sight_count();
    if let Some(state) = visit.house.sessions.find(visit.principal.id, sight) {
        return state;
    }
    match accounts(visit).await {
        Ok(accounts) => {
            let state = state_of(&accounts);
            visit.house.sessions.note(visit.principal.id, sight, &state);
            state
        }
        // Whoever is told another state asks for the session, and hears there what is the matter.
        Err(_) => "unknown".to_owned(),
    }
}

async fn accounts(visit: &Visit) -> Result<Vec<VisibleAccount>, Problem> {
    let accounts = visit.groupware().visible_accounts(&visit.caller).await;
    accounts.map_err(|error| Problem::plain(503, error.for_peer()))
}

/// A hash of all that differs from one session object to the next.
fn state_of(accounts: &[VisibleAccount]) -> String {
    let mut hash = blake3::Hasher::new();
    for account in accounts {
        hash.update(&account.account.0.to_le_bytes());
        hash.update(account.principal.address.as_bytes());
        let flags = [
            account.mail,
            account.calendars,
            account.contacts,
            account.writes,
        ];
        hash.update(&flags.map(u8::from));
    }
    hash.update(env!("CARGO_PKG_VERSION").as_bytes());
    hash.finalize()
        .to_hex()
        .as_str()
        .get(..16)
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_is_none_gives_relative_urls() {
        assert_eq!(
            Origin::at(true, "mail.example.org:8443").http,
            "https://mail.example.org:8443"
        );
        assert_eq!(Origin::at(false, "localhost").web_socket, "ws://localhost");
        assert_eq!(Origin::at(true, "a\"b").http, "");
    }
}

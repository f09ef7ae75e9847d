//! Signing in over HTTP, wired: where people reach us, and the way to another service that says who they are.

use std::sync::Arc;

use ::egress::Egress;
use ::egress::wire::{HttpRequest, Method, Redirects};
use bytes::Bytes;
use signin::{Door, Fetch, FetchAnswer, FetchFailure, FetchRequest, Fetched, SignIn};

use super::Served;
use crate::config::Config;
use crate::open::House;
use crate::services::port;

/// The face.
pub(super) fn face(served: &Served<'_>, house: &House) -> SignIn {
    let config = served.config;
    let clock = house.groupware.clock().clone();
    let provider = config.sign_in.provider().unwrap_or_else(|problem| {
        tracing::error!(error = %problem, "nobody can sign in by another service");
        None
    });
    let settings = signin::Settings {
        name: config.sign_in.name.clone(),
        clients: config.sign_in.clients(),
        open_registration: config.sign_in.open_registration,
        provider,
        plain_sign_in_on_loopback: config.allow_plaintext_sign_in_on_loopback,
        ..signin::Settings::new(issuer(config), clock, house.random.clone())
    };
    let directory = house.groupware.directory().clone();
    let fetch = Arc::new(WayOut(served.egress.clone()));
    SignIn::new(directory, settings, Some(fetch))
}

/// The same for those who administer the server: at a place of its own, for a session that is good for nothing else.
pub(super) fn administration(served: &Served<'_>, house: &House) -> SignIn {
    let config = served.config;
    let clock = house.groupware.clock().clone();
    let host = config.url_host();
    let issuer = match port(&config.listen.administration) {
        None | Some(443) => format!("https://{host}"),
        Some(port) => format!("https://{host}:{port}"),
    };
    let settings = signin::Settings {
        name: config.sign_in.name.clone(),
        open_registration: false,
        door: Door::Administration,
        plain_sign_in_on_loopback: config.allow_plaintext_sign_in_on_loopback,
        ..signin::Settings::new(issuer, clock, house.random.clone())
    };
    SignIn::new(house.groupware.directory().clone(), settings, None)
}

/// Where browsers reach the server.
fn issuer(config: &Config) -> String {
    if let Some(url) = &config.sign_in.url {
        return url.clone();
    }
    let host = &config.hostname.0;
    match port(&config.listen.https) {
        None | Some(443) => format!("https://{host}"),
        Some(port) => format!("https://{host}:{port}"),
    }
}

/// Fetches through the process that connects out.
#[derive(Debug)]
struct WayOut(Egress);

impl Fetch for WayOut {
    fn fetch(&self, request: FetchRequest) -> Fetched<'_> {
        let (method, headers) = match &request.form {
            None => (Method::Get, Vec::new()),
            Some(_) => {
                let form = "application/x-www-form-urlencoded".to_owned();
                (Method::Post, vec![("content-type".to_owned(), form)])
            }
        };
        let wanted = HttpRequest {
            method,
            url: request.url,
            headers,
            redirects: Redirects::None,
            body_octets_max: request.body_octets_max,
            time_ms_max: request.time_ms_max,
        };
        let body = Bytes::from(request.form.unwrap_or_default());
        Box::pin(async move {
            let answer = self.0.fetch(wanted, body).await;
            let (head, body) = answer.map_err(|error| FetchFailure(error.to_string()))?;
            Ok(FetchAnswer {
                status: head.status,
                body: body.to_vec(),
            })
        })
    }
}

//! Under which names the administration is reached. A page elsewhere can have its own name lead to this machine ("DNS
//! rebinding"), and its visitors' browsers then take us for a part of it: such a request names a host that is not ours.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};

/// The same routes, for requests that name one of these hosts, an address, or this machine as it calls itself.
pub fn only_as(names: Vec<String>, router: Router) -> Router {
    let names: Arc<[String]> = names.into();
    router.layer(from_fn_with_state(names, check))
}

async fn check(State(names): State<Arc<[String]>>, request: Request, next: Next) -> Response {
    if is_ours(request.headers(), &names) {
        return next.run(request).await;
    }
    // RFC 9110 15.5.20: the request came to a server that does not answer for this host.
    let text = "This server does not go by that name: use the address that it was given in its configuration.\n";
    (StatusCode::MISDIRECTED_REQUEST, text).into_response()
}

fn is_ours(fields: &HeaderMap, names: &[String]) -> bool {
    let Some(host) = fields.get(HOST).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let name = without_port(host);
    // Nobody can have an address lead elsewhere. RFC 6761 6.3: `localhost` is always this machine.
    let is_address = name
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>()
        .is_ok();
    is_address
        || name.eq_ignore_ascii_case("localhost")
        || names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// RFC 9110 7.2, RFC 3986 3.2: a port stands behind the last colon, if that is behind the brackets of an IPv6 address.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|octet| octet.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_others_are_refused() {
        let names = ["mail.example.org".to_owned()];
        let ours = |host: &str| {
            let mut fields = HeaderMap::new();
            fields.insert(HOST, host.parse().unwrap());
            is_ours(&fields, &names)
        };
        for host in [
            "mail.example.org",
            "MAIL.example.org:8443",
            "localhost:8443",
            "127.0.0.1:8443",
            "[::1]:8443",
            "192.0.2.7",
        ] {
            assert!(ours(host), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:8443",
            "mail.example.org.evil.example",
            "127.0.0.1.evil.example:8443",
            "",
        ] {
            assert!(!ours(host), "{host}");
        }
        assert!(!is_ours(&HeaderMap::new(), &names));
    }
}

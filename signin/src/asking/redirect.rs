//! Redirect URIs: where a browser takes the code (RFC 6749 3.1.2, RFC 8252 7).

/// Octets of a redirect URI.
pub(crate) const REDIRECT_OCTETS_MAX: usize = 512;

/// Whether a program that introduced itself may have this one: it leads to the same machine or to an app, never to
/// another server, so that a made-up name is worth little.
pub(crate) fn is_local(uri: &str) -> bool {
    is_plain(uri) && (loopback(uri).is_some() || is_private_use(uri))
}

/// Whether it can be one at all. RFC 6749 3.1.2: absolute, and without a fragment.
pub(crate) fn is_plain(uri: &str) -> bool {
    uri.len() <= REDIRECT_OCTETS_MAX
        && uri.bytes().all(|octet| octet.is_ascii_graphic())
        && !uri.contains(['#', '\\', '"', '<', '>', '\''])
        && scheme(uri).is_some()
}

/// Whether the one that was asked for is the one that is known: letter for letter (RFC 9700 4.1.3), but for the port on
/// the same machine, which a program gets from its system (RFC 8252 7.3).
pub(crate) fn matches(known: &str, asked: &str) -> bool {
    if !is_plain(asked) {
        return false;
    }
    known == asked
        || matches!(
            (loopback(known), loopback(asked)),
            (Some(known), Some(asked)) if known == asked
        )
}

/// RFC 3986 3.1.
fn scheme(uri: &str) -> Option<&str> {
    let (scheme, rest) = uri.split_once(':')?;
    let mut octets = scheme.bytes();
    let fits = octets
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && octets.all(|octet| octet.is_ascii_alphanumeric() || b"+-.".contains(&octet));
    (fits && !rest.is_empty()).then_some(scheme)
}

/// Host and rest of a URI that leads to the same machine, without the port (RFC 8252 7.3, 8.3).
fn loopback(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let host = ["127.0.0.1", "[::1]", "localhost"]
        .into_iter()
        .find(|host| authority.starts_with(host))?;
    let port = &authority[host.len()..];
    let is_port = port.is_empty()
        || port.strip_prefix(':').is_some_and(|digits| {
            (1..=5).contains(&digits.len()) && digits.bytes().all(|octet| octet.is_ascii_digit())
        });
    is_port.then_some((host, rest))
}

/// RFC 8252 7.1: a scheme that is the name of a domain, the other way round, and so has a dot in it.
fn is_private_use(uri: &str) -> bool {
    scheme(uri).is_some_and(|scheme| scheme.contains('.'))
}

/// A source for a policy that lets forms lead there (CSP 3 2.3.1).
pub(crate) fn source(uri: &str) -> String {
    let Some(scheme) = scheme(uri) else {
        return String::new();
    };
    let prefix = format!("{scheme}://");
    match uri.strip_prefix(&prefix) {
        Some(rest) if matches!(scheme, "http" | "https") => {
            let end = rest.find(['/', '?']).unwrap_or(rest.len());
            let authority = &rest[..end];
            let plain = |octet: u8| octet.is_ascii_alphanumeric() || b".:-[]".contains(&octet);
            // A policy has no word for an address of IPv6.
            if authority.bytes().all(plain) && !authority.starts_with('[') {
                format!("{prefix}{authority}")
            } else {
                format!("{scheme}:")
            }
        }
        _ => format!("{scheme}:"),
    }
}

/// Where a code will go, for people.
pub(crate) fn place(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    if loopback(uri).is_some() {
        return "localhost";
    }
    if uri.starts_with("https://") {
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        return &rest[..end];
    }
    scheme(uri).unwrap_or(uri)
}

/// The URI with these parameters. RFC 6749 4.1.2: in the query, behind what is there already.
pub(crate) fn with(uri: &str, parameters: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    let separator = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{separator}{}", query.finish())
}

/// What is accepted can stand in a header field and in a policy.
pub(crate) fn fuzz(text: &str) {
    if is_plain(text) {
        let whole = with(text, &[("code", "x\r\n"), ("state", text)]);
        assert!(whole.bytes().all(|octet| octet.is_ascii_graphic()));
        assert!(!source(text).contains([' ', ';', ',']));
        assert!(matches(text, text));
        assert!(!place(text).contains(' '));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_introduced_itself_stays_on_the_machine() {
        for uri in [
            "http://127.0.0.1/",
            "http://127.0.0.1:49152/callback",
            "http://[::1]:1/x?y",
            "http://localhost/",
            "com.example.app:/oauth",
            "org.example.mail://done",
        ] {
            assert!(is_local(uri), "{uri}");
        }
        for uri in [
            "",
            "https://example.org/",
            "http://127.0.0.1.evil.example/",
            "http://127.0.0.1@evil.example/",
            "http://127.0.0.1:80@evil.example/",
            "http://localhost:x/",
            "http://192.0.2.1/",
            "javascript:alert(1)",
            "data:text/html,x",
            "app:/x",
            "com.example.app:/#x",
            "com.example.app:/ x",
            "com.example.app:/\r\nx",
        ] {
            assert!(!is_local(uri), "{uri}");
        }
    }

    #[test]
    fn only_the_port_of_the_same_machine_may_differ() {
        assert!(matches("http://127.0.0.1/cb", "http://127.0.0.1:5000/cb"));
        assert!(matches("https://a.example/cb", "https://a.example/cb"));
        for (known, asked) in [
            ("http://127.0.0.1/cb", "http://127.0.0.1:5000/cb2"),
            ("http://127.0.0.1/cb", "http://localhost:5000/cb"),
            ("https://a.example/cb", "https://a.example:444/cb"),
            ("https://a.example/cb", "https://a.example/cb/"),
            ("https://a.example/cb", "https://a.example/cb?x"),
            ("https://a.example/", "https://A.example/"),
        ] {
            assert!(!matches(known, asked), "{known} {asked}");
        }
    }

    #[test]
    fn codes_go_behind_what_is_there() {
        assert_eq!(
            with(
                "http://127.0.0.1/cb?a=b",
                &[("code", "x&y"), ("iss", "https://z")]
            ),
            "http://127.0.0.1/cb?a=b&code=x%26y&iss=https%3A%2F%2Fz"
        );
        assert_eq!(source("https://a.example:444/x"), "https://a.example:444");
        assert_eq!(source("com.example.app:/x"), "com.example.app:");
        assert_eq!(source("http://[::1]:5/x"), "http:");
        assert_eq!(place("https://a.example:444/x"), "a.example:444");
        assert_eq!(place("com.example.app:/x"), "com.example.app");
        assert_eq!(place("http://127.0.0.1:5/x"), "localhost");
    }
}

//! Target: where a URL leads.

use hyper::Uri;
use rustls_pki_types::ServerName;

use super::FetchError;

/// Octets of a URL. RFC 9110 4.1 asks for at least 8,000.
const URL_OCTETS_MAX: usize = 8_192;

/// Schemes that are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// RFC 9110 4.2.1
    Http,
    /// RFC 9110 4.2.2
    Https,
}

/// Where a URL leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) scheme: Scheme,
    /// Lower case; an IPv6 address without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// As it stands in the `Host` field.
    pub(super) authority: String,
    /// Path and query; begins with `/`.
    pub(super) path: String,
}

impl Target {
    /// Reads a URL.
    pub(super) fn parse(url: &str) -> Result<Self, FetchError> {
        if url.len() > URL_OCTETS_MAX {
            return Err(FetchError::BadRequest("the URL is too long"));
        }
        let uri: Uri = url
            .parse()
            .map_err(|_| FetchError::BadRequest("the URL is malformed"))?;
        let scheme = match uri.scheme_str() {
            Some("http") => Scheme::Http,
            Some("https") => Scheme::Https,
            _ => return Err(FetchError::BadRequest("the scheme of the URL is not https")),
        };
        let authority = uri
            .authority()
            .ok_or(FetchError::BadRequest("the URL has no host"))?;
        // RFC 9110 4.2.4: user information in a URL is an error.
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(FetchError::BadRequest("the URL has no plain host"));
        }
        let host = authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']');
        Ok(Self {
            scheme,
            host: host.to_ascii_lowercase(),
            port: authority.port_u16().unwrap_or(match scheme {
                Scheme::Http => 80,
                Scheme::Https => 443,
            }),
            authority: authority.as_str().to_ascii_lowercase(),
            // Written out, it begins with `/`, even if only a query stands in the URL.
            path: uri
                .path_and_query()
                .map_or_else(|| "/".to_owned(), ToString::to_string),
        })
    }

    /// Where a `Location` leads from here (RFC 9110 10.2.2): a URL, or an absolute path on the same host. Other
    /// relative references are not followed.
    pub(super) fn join(&self, location: &str) -> Result<Self, FetchError> {
        let location = location.split('#').next().unwrap_or_default();
        if location.starts_with("//") || !location.starts_with('/') {
            return Self::parse(location).map_err(|_| FetchError::Redirected);
        }
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        let url = format!("{scheme}://{}{location}", self.authority);
        Self::parse(&url).map_err(|_| FetchError::Redirected)
    }

    /// Whether both lead to the same server (RFC 6454 4: scheme, host and port).
    pub(super) fn is_same_host(&self, other: &Self) -> bool {
        (self.scheme, &self.host, self.port) == (other.scheme, &other.host, other.port)
    }

    /// The name that its certificate must have.
    pub(super) fn server_name(&self) -> Result<ServerName<'static>, FetchError> {
        ServerName::try_from(self.host.clone())
            .map_err(|_| FetchError::BadRequest("the host has no name for TLS"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Target {
        Target::parse(url).unwrap()
    }

    #[test]
    fn urls_are_taken_apart() {
        let read = target("https://MTA-STS.Example.org/.well-known/mta-sts.txt?a=b");
        assert_eq!(read.scheme, Scheme::Https);
        assert_eq!(
            (read.host.as_str(), read.port),
            ("mta-sts.example.org", 443)
        );
        assert_eq!(read.path, "/.well-known/mta-sts.txt?a=b");
        let read = target("http://127.0.0.1:8080");
        assert_eq!((read.host.as_str(), read.port), ("127.0.0.1", 8_080));
        assert_eq!(
            (read.path.as_str(), read.authority.as_str()),
            ("/", "127.0.0.1:8080")
        );
        assert_eq!(target("https://[2001:db8::1]:8443/x").host, "2001:db8::1");
        assert_eq!(target("https://example.org?x=1").path, "/?x=1");
    }

    #[test]
    fn other_urls_are_refused() {
        for url in [
            "",
            "/",
            "example.org",
            "ftp://example.org/",
            "file:///etc/passwd",
            "https://",
            "https:///x",
            "https://user@example.org/",
            "https://user:secret@example.org/",
            "https://example.org\r\nHost: x/",
            "https://example.org/a b",
        ] {
            assert!(Target::parse(url).is_err(), "{url}");
        }
        let long = format!("https://example.org/{}", "x".repeat(URL_OCTETS_MAX));
        assert!(Target::parse(&long).is_err());
    }

    #[test]
    fn redirects_are_resolved() {
        let from = target("https://example.org:444/a");
        let to = from.join("/b?c#d").unwrap();
        assert_eq!((to.path.as_str(), to.port), ("/b?c", 444));
        assert!(to.is_same_host(&from));
        assert!(
            from.join("https://EXAMPLE.org:444/x")
                .unwrap()
                .is_same_host(&from)
        );
        for elsewhere in [
            "https://example.org/x",
            "http://example.org:444/",
            "https://x.org:444/",
        ] {
            let to = from.join(elsewhere).unwrap();
            assert!(!to.is_same_host(&from), "{elsewhere}");
        }
        assert_eq!(from.join("//example.com/"), Err(FetchError::Redirected));
        assert_eq!(from.join("b"), Err(FetchError::Redirected));
    }
}

//! Services: the ways in for people's programs, as the configuration has them.

use serde::Serialize;

use crate::config::Config;
use crate::config::listeners::{Address, Addresses};

/// Where CalDAV and CardDAV begin.
pub(crate) const DAV_PATH: &str = "/dav/";

/// Where JMAP begins (RFC 8620 2.2).
pub(crate) const JMAP_PATH: &str = "/.well-known/jmap";

/// One way in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Service {
    /// `imap`, `submission`, `managesieve`, `jmap`, `caldav` or `carddav`.
    pub(crate) service: &'static str,
    /// The server's name.
    pub(crate) host: String,
    /// Its port.
    pub(crate) port: u16,
    /// `tls` from the start, or `starttls`.
    pub(crate) security: &'static str,
    /// Where it begins, for what is spoken over HTTP.
    pub(crate) url: Option<String>,
}

/// The ways in that are configured, the preferred ones first.
pub(crate) fn services(config: &Config) -> Vec<Service> {
    let host = &config.hostname.0;
    let listen = &config.listen;
    let mut services = Vec::new();
    let mut add = |service, addresses: &Addresses, security, scheme: Option<&str>| {
        let Some(port) = port(addresses) else { return };
        let url = scheme.map(|scheme| {
            let path = if service == "jmap" {
                JMAP_PATH
            } else {
                DAV_PATH
            };
            let is_standard = port == 443;
            let port = if is_standard {
                String::new()
            } else {
                format!(":{port}")
            };
            format!("{scheme}://{host}{port}{path}")
        });
        services.push(Service {
            service,
            host: host.clone(),
            port,
            security,
            url,
        });
    };
    // RFC 8314 3: TLS from the start before STARTTLS.
    add("imap", &listen.imaps, "tls", None);
    add("imap", &listen.imap, "starttls", None);
    add("submission", &listen.submissions, "tls", None);
    add("submission", &listen.submission, "starttls", None);
    add("managesieve", &listen.managesieve, "starttls", None);
    add("jmap", &listen.https, "tls", Some("https"));
    add("caldav", &listen.https, "tls", Some("https"));
    add("carddav", &listen.https, "tls", Some("https"));
    services
}

/// The first port of a service that is reached over the network.
pub(crate) fn port(addresses: &Addresses) -> Option<u16> {
    addresses.0.iter().find_map(|address| match address {
        Address::Ip(address) => Some(address.port()),
        Address::Unix(_) => None,
    })
}

//! Routes: which next hop takes the mail for an address.

use std::collections::BTreeMap;
use std::sync::Arc;

use egress::wire::{Host, Route};

use crate::settings::Routes;

/// Labels of a domain that are looked at for a route. RFC 1035 2.3.4: 255 octets hold no more than 127.
const LABELS_MAX: usize = 127;

/// Where mail goes next. What goes to the same hop can go together, and waits together when the hop does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Its name among all hops.
    pub key: Arc<str>,
    /// How it is found.
    pub route: Route,
}

/// All routes.
#[derive(Clone, Debug, Default)]
pub struct RouteTable {
    smart_host: Option<Hop>,
    domains: BTreeMap<String, Hop>,
}

impl RouteTable {
    /// The table of these routes.
    #[must_use]
    pub fn new(routes: &Routes) -> Self {
        Self {
            smart_host: routes.smart_host.as_ref().map(through),
            domains: routes
                .domains
                .iter()
                .map(|(domain, host)| (domain.to_lowercase(), through(host)))
                .collect(),
        }
    }

    /// The hop for an address: the route of its domain, that of the nearest domain above it, the smart host, or its
    /// domain's mail exchangers.
    #[must_use]
    pub fn hop(&self, address: &str) -> Hop {
        let domain = domain_of(address);
        if let Some(hop) = self.of_domain(&domain).or(self.smart_host.as_ref()) {
            return hop.clone();
        }
        Hop {
            key: Arc::from(domain.as_str()),
            route: Route::Domain(domain),
        }
    }

    /// As [`RouteTable::hop`], its key alone.
    pub(crate) fn key(&self, address: &str) -> Arc<str> {
        if self.domains.is_empty()
            && let Some(hop) = &self.smart_host
        {
            return Arc::clone(&hop.key);
        }
        self.hop(address).key
    }

    fn of_domain(&self, domain: &str) -> Option<&Hop> {
        if self.domains.is_empty() {
            return None;
        }
        if let Some(hop) = self.domains.get(domain) {
            return Some(hop);
        }
        let mut rest = domain;
        for _ in 0..LABELS_MAX {
            let at = rest.find('.')?;
            let (_, below) = rest.split_at(at);
            if let Some(hop) = self.domains.get(below) {
                return Some(hop);
            }
            rest = below.get(1..)?;
        }
        None
    }
}

/// A hop through a host. Hosts that differ in anything are different hops.
fn through(host: &Host) -> Hop {
    let user = host
        .credentials
        .as_ref()
        .map_or("", |credentials| &credentials.user);
    // No domain has a space, so no domain is mistaken for a host.
    let key = format!("host {}:{} {:?} {user}", host.name, host.port, host.tls);
    Hop {
        key: Arc::from(key),
        route: Route::Host(host.clone()),
    }
}

/// The domain of a forward path in lower case, without a final dot; an address without one is not sent anywhere and is its own.
pub(crate) fn domain_of(address: &str) -> String {
    let domain = address
        .rsplit_once('@')
        .map_or(address, |(_, domain)| domain);
    domain.trim_end_matches('.').to_lowercase()
}

#[cfg(test)]
mod tests {
    use egress::wire::HostTls;

    use super::*;

    fn host(name: &str) -> Host {
        Host {
            name: name.into(),
            port: 25,
            tls: HostTls::Required,
            credentials: None,
        }
    }

    #[test]
    fn the_nearest_route_wins() {
        let routes = Routes {
            smart_host: Some(host("smart.example")),
            domains: [
                ("example.net".to_owned(), host("one")),
                (".example.net".to_owned(), host("below")),
                (".Deep.example.net".to_owned(), host("deep")),
            ]
            .into(),
        };
        let table = RouteTable::new(&routes);
        for (address, name) in [
            ("a@example.net", "one"),
            ("a@EXAMPLE.net.", "one"),
            ("a@sub.example.net", "below"),
            ("a@x.deep.example.net", "deep"),
            ("a@example.org", "smart.example"),
            ("a@nexample.net", "smart.example"),
        ] {
            assert_eq!(
                table.hop(address).route,
                Route::Host(host(name)),
                "{address}"
            );
        }
    }

    #[test]
    fn without_routes_the_domain_decides() {
        let table = RouteTable::new(&Routes::default());
        let hop = table.hop("\"a@b\"@Example.NET");
        assert_eq!(hop.route, Route::Domain("example.net".into()));
        assert_eq!(hop.key, table.key("other@example.net"));
        let _ = table.hop("nobody");
        let _ = table.hop("");
        let _ = table.hop(&format!("a@{}", ".".repeat(1_000)));
    }
}

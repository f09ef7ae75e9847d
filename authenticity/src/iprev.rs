//! iprev: whether a client's address and name point at each other.

use std::net::IpAddr;

use crate::dns::{Dns, DnsFault};
use crate::verdict::{Iprev, IprevResult};

/// Names of one address that are looked up; RFC 8601 2.7.3 leaves the bound to us, RFC 7208 4.6.4 takes 10 for its likewise check.
const NAMES_MAX: usize = 5;

/// RFC 8601 2.7.3: some name of the address has that address.
pub(crate) async fn check<D: Dns>(dns: &D, ip: IpAddr) -> Iprev {
    let ip = ip.to_canonical();
    let names = match dns.ptr(ip).await {
        Ok(names) => names,
        Err(DnsFault::NoSuchName) => Vec::new(),
        Err(DnsFault::Unavailable) => return said(IprevResult::TempError, None),
    };
    let mut unanswered = false;
    for name in names.iter().take(NAMES_MAX) {
        match has_address(dns, name, ip).await {
            Ok(true) => return said(IprevResult::Pass, Some(name)),
            Ok(false) => {}
            Err(fault) => unanswered |= fault == DnsFault::Unavailable,
        }
    }
    match names.first() {
        None => said(IprevResult::PermError, None),
        Some(name) if unanswered => said(IprevResult::TempError, Some(name)),
        Some(name) => said(IprevResult::Fail, Some(name)),
    }
}

/// Whether the name has this address.
pub(crate) async fn has_address<D: Dns>(dns: &D, name: &str, ip: IpAddr) -> Result<bool, DnsFault> {
    match ip {
        IpAddr::V4(ip) => dns.a(name).await.map(|found| found.contains(&ip)),
        IpAddr::V6(ip) => dns.aaaa(name).await.map(|found| found.contains(&ip)),
    }
}

fn said(result: IprevResult, name: Option<&String>) -> Iprev {
    let name = name.cloned();
    Iprev { result, name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::zone::{Zone, now};

    fn checked(zone: &Zone) -> (IprevResult, Option<String>) {
        let found = now(check(zone, "192.0.2.1".parse().unwrap()));
        (found.result, found.name)
    }

    #[test]
    fn address_and_name_point_at_each_other() {
        let zone = Zone::default()
            .ptr("192.0.2.1", "mx.example.org")
            .a("mx.example.org", [192, 0, 2, 1]);
        assert_eq!(
            checked(&zone),
            (IprevResult::Pass, Some("mx.example.org".into()))
        );
        let zone = Zone::default()
            .ptr("192.0.2.1", "mx.example.org")
            .a("mx.example.org", [192, 0, 2, 2]);
        assert_eq!(
            checked(&zone),
            (IprevResult::Fail, Some("mx.example.org".into()))
        );
        let zone = Zone::default()
            .ptr("192.0.2.1", "mx.example.org")
            .silent("mx.example.org");
        assert_eq!(checked(&zone).0, IprevResult::TempError);
        assert_eq!(checked(&Zone::default()), (IprevResult::PermError, None));
    }
}

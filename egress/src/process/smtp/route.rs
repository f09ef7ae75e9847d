//! Route: which hosts take mail for a destination, in which order (RFC 5321 5.1, RFC 7505).

use std::net::IpAddr;

use super::limits::{HOSTS_MAX, MX_RECORDS_MAX};
use crate::process::resolve::Unresolved;
use crate::process::surroundings::Surroundings;
use crate::wire::{
    Answer, Existence, Failure, Host, HostTls, Kind, Question, Record, Route, Secure, Why,
};

/// Hosts to try, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The hosts; at least one.
    pub(crate) hosts: Vec<Target>,
    /// The domain that mail goes to, where policies are looked up and reported; none for a configured host.
    pub(crate) domain: Option<String>,
    /// Whether nobody can have forged the names of the hosts: they were signed, or configured.
    pub(crate) names_secure: bool,
    /// All mail exchangers of the domain, for reports.
    pub(crate) exchangers: Vec<String>,
    /// What TLS is wanted of a configured host.
    pub(crate) tls: Option<HostTls>,
}

/// One host to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Its name, or address.
    pub(crate) name: String,
    /// Its port.
    pub(crate) port: u16,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoRoute {
    /// Why.
    pub(crate) why: Why,
    /// Whether that will not change soon.
    pub(crate) permanent: bool,
}

impl NoRoute {
    fn for_ever(why: Why) -> Self {
        Self {
            why,
            permanent: true,
        }
    }

    fn for_now(why: Why) -> Self {
        Self {
            why,
            permanent: false,
        }
    }

    /// As a failure without a host.
    pub(crate) fn failure(&self) -> Failure {
        self.why.into()
    }
}

impl From<Unresolved> for NoRoute {
    fn from(unresolved: Unresolved) -> Self {
        match unresolved {
            Unresolved::BadName => Self::for_ever(Why::NoSuchDomain),
            Unresolved::TimedOut | Unresolved::ServerFailed => Self::for_now(Why::Dns),
        }
    }
}

/// Finds the hosts for a route. `own`: our name; `port`: where mail exchangers listen.
pub(crate) async fn plan(
    route: &Route,
    own: &str,
    port: u16,
    surroundings: &dyn Surroundings,
) -> Result<Plan, NoRoute> {
    match route {
        Route::Host(host) => Ok(configured(host)),
        Route::Domain(domain) => match literal(domain) {
            Some(address) => Ok(Plan {
                hosts: vec![Target {
                    name: address.to_string(),
                    port,
                }],
                // Nobody publishes a policy for an address.
                domain: None,
                // There is no name that a certificate could be for.
                names_secure: false,
                exchangers: Vec::new(),
                tls: None,
            }),
            None => of_domain(domain, own, port, surroundings).await,
        },
    }
}

fn configured(host: &Host) -> Plan {
    Plan {
        hosts: vec![Target {
            name: host.name.to_ascii_lowercase(),
            port: host.port,
        }],
        domain: None,
        names_secure: true,
        exchangers: Vec::new(),
        tls: Some(match (host.tls, &host.credentials) {
            // A secret is for the host that it was configured for, not for whoever answers in its place.
            (HostTls::Opportunistic, Some(_)) => HostTls::Required,
            (tls, _) => tls,
        }),
    }
}

/// `address-literal` (RFC 5321 4.1.3).
fn literal(domain: &str) -> Option<IpAddr> {
    let text = domain.strip_prefix('[')?.strip_suffix(']')?;
    let v6 = text
        .split_at_checked(5)
        .filter(|(tag, _)| tag.eq_ignore_ascii_case("IPv6:"));
    match v6 {
        Some((_, address)) => address.parse().ok().map(IpAddr::V6),
        None => text.parse().ok().map(IpAddr::V4),
    }
}

async fn of_domain(
    domain: &str,
    own: &str,
    port: u16,
    surroundings: &dyn Surroundings,
) -> Result<Plan, NoRoute> {
    if domain.starts_with('[') {
        return Err(NoRoute::for_ever(Why::NoSuchDomain));
    }
    // RFC 6531 3.2, RFC 5891 5: the DNS knows A-labels only.
    let domain = idna::domain_to_ascii(domain.trim_end_matches('.'))
        .map_err(|_| NoRoute::for_ever(Why::NoSuchDomain))?;
    let question = Question {
        name: domain.clone(),
        kind: Kind::Mx,
    };
    let answer = surroundings.lookup(&question).await?;
    let exchangers = exchangers(&domain, own, &answer, || surroundings.random())?;
    let target = |name: &String| Target {
        name: name.clone(),
        port,
    };
    Ok(Plan {
        hosts: exchangers.iter().take(HOSTS_MAX).map(target).collect(),
        domain: Some(domain),
        names_secure: answer.secure == Secure::Secure,
        exchangers,
        tls: None,
    })
}

/// The mail exchangers that an answer names, best first.
fn exchangers(
    domain: &str,
    own: &str,
    answer: &Answer,
    random: impl FnMut() -> u64,
) -> Result<Vec<String>, NoRoute> {
    if answer.secure == Secure::Bogus {
        return Err(NoRoute::for_now(Why::DnssecBogus));
    }
    if answer.existence == Existence::NoName {
        return Err(NoRoute::for_ever(Why::NoSuchDomain));
    }
    let records: Vec<(u16, &str)> = answer
        .records
        .iter()
        .filter_map(|record| match record {
            Record::Mx {
                preference,
                exchange,
            } => Some((*preference, exchange.as_str())),
            _ => None,
        })
        .take(MX_RECORDS_MAX)
        .collect();
    if records.is_empty() {
        // RFC 5321 5.1: without MX the domain itself is the host, if it has an address.
        return match domain.eq_ignore_ascii_case(own) {
            true => Err(NoRoute::for_ever(Why::Loop)),
            false => Ok(vec![domain.to_owned()]),
        };
    }
    // RFC 7505 3: a single MX that names the root: no mail is taken.
    if let [(_, "")] = records.as_slice() {
        return Err(NoRoute::for_ever(Why::NullMx));
    }
    let named = records.into_iter().filter(|(_, name)| !name.is_empty());
    let named: Vec<_> = named.collect();
    // RFC 5321 5.1: if we are among them, only those that are better than us come into question.
    let ours = named
        .iter()
        .filter(|(_, name)| name.eq_ignore_ascii_case(own))
        .map(|(preference, _)| *preference)
        .min();
    let better = named
        .into_iter()
        .filter(|(preference, _)| ours.is_none_or(|ours| *preference < ours));
    let ordered = order(better.collect(), random);
    match (ordered.is_empty(), ours) {
        (false, _) => Ok(ordered),
        (true, Some(_)) => Err(NoRoute::for_ever(Why::Loop)),
        (true, None) => Err(NoRoute::for_ever(Why::NoAddress)),
    }
}

/// RFC 5321 5.1: by preference, and in random order where that is the same.
fn order(records: Vec<(u16, &str)>, mut random: impl FnMut() -> u64) -> Vec<String> {
    let mut keyed: Vec<_> = records
        .into_iter()
        .map(|(preference, name)| (preference, random(), name))
        .collect();
    keyed.sort_unstable();
    let mut names: Vec<String> = Vec::with_capacity(keyed.len());
    for (_, _, name) in keyed {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(records: &[(u16, &str)]) -> Answer {
        let mx = |(preference, exchange): &(u16, &str)| Record::Mx {
            preference: *preference,
            exchange: (*exchange).to_owned(),
        };
        Answer {
            records: records.iter().map(mx).collect(),
            secure: Secure::Insecure,
            ttl_seconds: 60,
            existence: match records.is_empty() {
                true => Existence::NoData,
                false => Existence::Present,
            },
            canonical_name: "example.org".to_owned(),
        }
    }

    fn names(records: &[(u16, &str)]) -> Result<Vec<String>, Why> {
        let mut numbers = (0..u64::MAX).rev();
        let random = || numbers.next().unwrap_or_default();
        exchangers("example.org", "us.example.com", &answer(records), random)
            .map_err(|none| none.why)
    }

    fn list(names: &[&str]) -> Result<Vec<String>, Why> {
        Ok(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn better_preferences_come_first_and_equal_ones_in_any_order() {
        assert_eq!(
            names(&[(20, "c"), (10, "a"), (10, "b"), (30, "d"), (30, "a")]),
            list(&["b", "a", "c", "d"])
        );
        assert_eq!(names(&[]), list(&["example.org"]));
        assert_eq!(names(&[(0, ""), (5, "a")]), list(&["a"]));
    }

    #[test]
    fn where_we_stand_ourselves_only_better_ones_count() {
        let records = [(5, "a"), (10, "US.example.com"), (10, "b"), (20, "c")];
        assert_eq!(names(&records), list(&["a"]));
        assert_eq!(names(&[(10, "us.example.com"), (20, "c")]), Err(Why::Loop));
        let own = exchangers("us.example.com", "us.example.com", &answer(&[]), || 0);
        assert_eq!(own, Err(NoRoute::for_ever(Why::Loop)));
    }

    #[test]
    fn domains_without_mail_are_told_apart() {
        assert_eq!(names(&[(0, "")]), Err(Why::NullMx));
        assert_eq!(names(&[(0, ""), (1, "")]), Err(Why::NoAddress));
        let mut gone = answer(&[]);
        gone.existence = Existence::NoName;
        let none = exchangers("a", "b", &gone, || 0).unwrap_err();
        assert_eq!((none.why, none.permanent), (Why::NoSuchDomain, true));
        gone.secure = Secure::Bogus;
        let none = exchangers("a", "b", &gone, || 0).unwrap_err();
        assert_eq!((none.why, none.permanent), (Why::DnssecBogus, false));
    }

    #[test]
    fn address_literals_are_read() {
        assert_eq!(literal("[192.0.2.1]"), "192.0.2.1".parse().ok());
        assert_eq!(literal("[ipv6:2001:db8::1]"), "2001:db8::1".parse().ok());
        for no in [
            "192.0.2.1",
            "[2001:db8::1]",
            "[x]",
            "[IPv6:192.0.2.1]",
            "[IPv6:",
            "[]",
        ] {
            assert_eq!(literal(no), None, "{no}");
        }
    }
}

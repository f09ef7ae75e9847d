//! `check_host` of SPF: a policy applied to a client (RFC 7208 4).

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use super::Client;
use super::macros::{Place, Template, Values};
use super::record::{Mechanism, Prefixes, Record};
use crate::dns::{Dns, DnsFault, none_when_missing};
use crate::domain;
use crate::iprev::has_address;
use crate::verdict::{Spf, SpfResult};

/// RFC 7208 4.6.4: terms that ask the DNS.
const TERMS_MAX: u32 = 10;
/// RFC 7208 4.6.4: lookups that find nothing.
const VOID_LOOKUPS_MAX: u32 = 2;
/// RFC 7208 4.6.4: hosts of one `mx`; more are an error.
const MX_HOSTS_MAX: usize = 10;
/// RFC 7208 4.6.4: names of one `ptr` or `%{p}`; more are not looked at.
const PTR_NAMES_MAX: usize = 10;
/// Octets of an explanation that are kept.
const EXPLANATION_OCTETS_MAX: usize = 512;

/// One check; counts what it asks.
pub(super) struct Check<'a, D> {
    dns: &'a D,
    client: Client<'a>,
    ip: IpAddr,
    local: &'a str,
    sender_domain: String,
    terms: u32,
    voids: u32,
    validated: Option<String>,
}

/// Why a check ends before a term matched.
#[derive(Debug)]
enum End {
    Temporary(String),
    Permanent(String),
}

/// What a policy says, and through which term.
struct Outcome {
    result: SpfResult,
    mechanism: Option<String>,
    /// The policy that decided, for its explanation.
    decided: Option<(String, Option<Template>)>,
}

impl<'a, D: Dns> Check<'a, D> {
    pub(super) fn new(
        dns: &'a D,
        client: Client<'a>,
        local: &'a str,
        written: &str,
        name: &str,
    ) -> Self {
        // Macros show a name as it was written, as far as it can be asked for.
        let sender_domain = if written.is_ascii() { written } else { name };
        Self {
            dns,
            client,
            // RFC 7208 5: an IPv4 address in IPv6's clothes is an IPv4 address.
            ip: client.ip.to_canonical(),
            local,
            sender_domain: sender_domain.to_owned(),
            terms: 0,
            voids: 0,
            validated: None,
        }
    }

    /// The whole check, with the explanation of a failure.
    pub(super) async fn run(mut self, name: String) -> Spf {
        let start = self.sender_domain.clone();
        let outcome = match self.apply(start).await {
            Ok(outcome) => outcome,
            Err(end) => {
                let (result, reason) = match end {
                    End::Temporary(reason) => (SpfResult::TempError, reason),
                    End::Permanent(reason) => (SpfResult::PermError, reason),
                };
                let reason = Some(reason);
                return Spf {
                    reason,
                    ..Spf::of(name, result)
                };
            }
        };
        let explanation = match (outcome.result, &outcome.decided) {
            (SpfResult::Fail, Some((domain, Some(template)))) => {
                self.explain(domain, template).await
            }
            _ => None,
        };
        Spf {
            mechanism: outcome.mechanism,
            explanation,
            ..Spf::of(name, outcome.result)
        }
    }

    /// RFC 7208 4.4 to 4.7 for one domain, with its redirects.
    fn apply<'s>(
        &'s mut self,
        start: String,
    ) -> Pin<Box<dyn Future<Output = Result<Outcome, End>> + Send + 's>> {
        Box::pin(async move {
            let mut domain = start;
            let mut redirected = false;
            loop {
                let Some(record) = self.policy(&domain).await? else {
                    // RFC 7208 6.1: a redirect to nowhere is an error.
                    return if redirected {
                        Err(End::Permanent(format!(
                            "{} has no policy to redirect to",
                            shown(&domain)
                        )))
                    } else {
                        Ok(Outcome {
                            result: SpfResult::None,
                            mechanism: None,
                            decided: None,
                        })
                    };
                };
                for directive in &record.directives {
                    if self.matches(&directive.mechanism, &domain).await? {
                        return Ok(Outcome {
                            result: directive.result,
                            mechanism: Some(directive.text.clone()),
                            decided: Some((domain, record.explanation)),
                        });
                    }
                }
                // RFC 7208 4.7: nothing matched.
                let Some(redirect) = &record.redirect else {
                    return Ok(Outcome {
                        result: SpfResult::Neutral,
                        mechanism: None,
                        decided: None,
                    });
                };
                self.count_term()?;
                domain = self.name(redirect, &domain).await;
                redirected = true;
            }
        })
    }

    /// RFC 7208 4.4 and 4.5: the one policy of a domain.
    async fn policy(&mut self, name: &str) -> Result<Option<Record>, End> {
        if !domain::is_askable(name) {
            return Ok(None);
        }
        let Ok(records) = none_when_missing(self.dns.txt(name).await) else {
            return Err(End::Temporary(format!(
                "the DNS did not answer for {}",
                shown(name)
            )));
        };
        let mut policies = records.iter().filter(|octets| Record::is_policy(octets));
        let Some(policy) = policies.next() else {
            return Ok(None);
        };
        if policies.next().is_some() {
            return Err(End::Permanent(format!(
                "{} has more than one policy",
                shown(name)
            )));
        }
        let wrong = |what| End::Permanent(format!("in the policy of {}: {what}", shown(name)));
        Record::read(policy).map(Some).map_err(wrong)
    }

    async fn matches(&mut self, mechanism: &Mechanism, domain: &str) -> Result<bool, End> {
        match mechanism {
            Mechanism::All => Ok(true),
            Mechanism::Ip4(network, length) => Ok(is_in(self.ip, IpAddr::V4(*network), *length)),
            Mechanism::Ip6(network, length) => Ok(is_in(self.ip, IpAddr::V6(*network), *length)),
            Mechanism::Include(target) => self.include(target, domain).await,
            Mechanism::A(target, prefixes) => {
                self.count_term()?;
                let name = self.target(target.as_ref(), domain).await;
                self.host_matches(&name, *prefixes).await
            }
            Mechanism::Mx(target, prefixes) => self.mx(target.as_ref(), domain, *prefixes).await,
            Mechanism::Ptr(target) => {
                self.count_term()?;
                let name = self
                    .target(target.as_ref(), domain)
                    .await
                    .to_ascii_lowercase();
                let names = self.validated_names(Some(&name)).await?;
                Ok(names.iter().any(|found| domain::is_within(found, &name)))
            }
            Mechanism::Exists(target) => {
                self.count_term()?;
                let name = self.name(target, domain).await;
                // RFC 7208 5.7: always the A record, whatever the client's address is.
                let dns = self.dns;
                Ok(!self.asked(&name, dns.a(&name)).await?.is_empty())
            }
        }
    }

    /// RFC 7208 5.2.
    async fn include(&mut self, target: &Template, domain: &str) -> Result<bool, End> {
        self.count_term()?;
        let name = self.name(target, domain).await;
        match self.apply(name.clone()).await?.result {
            SpfResult::Pass => Ok(true),
            SpfResult::Fail | SpfResult::SoftFail | SpfResult::Neutral => Ok(false),
            SpfResult::TempError => Err(End::Temporary(format!(
                "the DNS did not answer for {}",
                shown(&name)
            ))),
            SpfResult::None | SpfResult::PermError => Err(End::Permanent(format!(
                "{} has no policy to include",
                shown(&name)
            ))),
        }
    }

    /// RFC 7208 5.4.
    async fn mx(
        &mut self,
        target: Option<&Template>,
        domain: &str,
        prefixes: Prefixes,
    ) -> Result<bool, End> {
        self.count_term()?;
        let name = self.target(target, domain).await;
        let dns = self.dns;
        let mut hosts = self.asked(&name, dns.mx(&name)).await?;
        if hosts.len() > MX_HOSTS_MAX {
            return Err(End::Permanent(format!(
                "{} has more than {MX_HOSTS_MAX} mail hosts",
                shown(&name)
            )));
        }
        hosts.sort_by_key(|host| host.preference);
        for host in hosts.iter().filter(|host| !host.host.is_empty()) {
            if self.host_matches(&host.host, prefixes).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the client's address is near one that the name has.
    async fn host_matches(&mut self, name: &str, prefixes: Prefixes) -> Result<bool, End> {
        let (dns, ip) = (self.dns, self.ip);
        if ip.is_ipv4() {
            let found = self.asked(name, dns.a(name)).await?;
            Ok(found
                .into_iter()
                .any(|network| is_in(ip, IpAddr::V4(network), prefixes.v4)))
        } else {
            let found = self.asked(name, dns.aaaa(name)).await?;
            Ok(found
                .into_iter()
                .any(|network| is_in(ip, IpAddr::V6(network), prefixes.v6)))
        }
    }

    /// One question; answers without records are counted (RFC 7208 4.6.4).
    async fn asked<T>(
        &mut self,
        name: &str,
        question: impl Future<Output = Result<Vec<T>, DnsFault>> + Send,
    ) -> Result<Vec<T>, End> {
        // RFC 7208 4.3 and 4.8: a name that cannot be asked for has no records.
        if !domain::is_askable(name) {
            return Ok(Vec::new());
        }
        let found = none_when_missing(question.await)
            .map_err(|_| End::Temporary(format!("the DNS did not answer for {}", shown(name))))?;
        if found.is_empty() {
            self.count_void()?;
        }
        Ok(found)
    }

    /// RFC 7208 5.5: the names of the client's address that have that address; for `%{p}` (no target) the first of them.
    async fn validated_names(&mut self, target: Option<&str>) -> Result<Vec<String>, End> {
        // RFC 7208 5.5: without an answer the mechanism does not match.
        let Ok(mut names) = none_when_missing(self.dns.ptr(self.ip).await) else {
            return Ok(Vec::new());
        };
        if names.is_empty() {
            self.count_void()?;
        }
        names.truncate(PTR_NAMES_MAX);
        let mut validated = Vec::new();
        for name in names {
            let name = name.to_ascii_lowercase();
            if target.is_none_or(|target| domain::is_within(&name, target))
                && has_address(self.dns, &name, self.ip).await == Ok(true)
            {
                validated.push(name);
            }
        }
        Ok(validated)
    }

    async fn target(&mut self, target: Option<&Template>, domain: &str) -> String {
        match target {
            Some(template) => self.name(template, domain).await,
            None => domain.to_owned(),
        }
    }

    async fn name(&mut self, template: &Template, domain: &str) -> String {
        self.prepare(template, domain).await;
        template.expand_name(&self.values(domain))
    }

    /// RFC 7208 7.3 `p`: the validated name; best the domain itself, then one below it, then any.
    async fn prepare(&mut self, template: &Template, domain: &str) {
        if !template.uses('p') || self.validated.is_some() {
            return;
        }
        let names = self.validated_names(None).await.unwrap_or_default();
        let domain = domain.to_ascii_lowercase();
        let best = names
            .iter()
            .find(|name| **name == domain)
            .or_else(|| names.iter().find(|name| domain::is_within(name, &domain)))
            .or_else(|| names.first());
        self.validated = Some(best.cloned().unwrap_or_else(|| "unknown".to_owned()));
    }

    fn values<'v>(&'v self, domain: &'v str) -> Values<'v> {
        Values {
            local: self.local,
            sender_domain: &self.sender_domain,
            domain,
            ip: self.ip,
            validated: self.validated.as_deref().unwrap_or("unknown"),
            helo: self.client.helo,
            host: self.client.host,
            now: self.client.now,
        }
    }

    /// RFC 7208 6.2: one TXT record of ASCII; anything else, and there is no explanation.
    async fn explain(&mut self, domain: &str, template: &Template) -> Option<String> {
        let name = self.name(template, domain).await;
        if !domain::is_askable(&name) {
            return None;
        }
        let records = self.dns.txt(&name).await.ok()?;
        let [record] = records.as_slice() else {
            return None;
        };
        let text = std::str::from_utf8(record)
            .ok()
            .filter(|text| text.is_ascii())?;
        let template = Template::read(text, Place::Explanation)?;
        self.prepare(&template, domain).await;
        let mut text = template.expand(&self.values(domain));
        // Expanded values come from the client.
        text.retain(|character| matches!(character, ' '..='~'));
        text.truncate(EXPLANATION_OCTETS_MAX);
        Some(text)
    }

    fn count_term(&mut self) -> Result<(), End> {
        self.terms += 1;
        if self.terms > TERMS_MAX {
            return Err(End::Permanent(format!(
                "more than {TERMS_MAX} terms ask the DNS"
            )));
        }
        Ok(())
    }

    fn count_void(&mut self) -> Result<(), End> {
        self.voids += 1;
        if self.voids > VOID_LOOKUPS_MAX {
            return Err(End::Permanent(format!(
                "more than {VOID_LOOKUPS_MAX} lookups found nothing"
            )));
        }
        Ok(())
    }
}

/// Whether the first bits agree.
fn is_in(ip: IpAddr, network: IpAddr, length: u8) -> bool {
    match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) => {
            let shift = 32_u32.saturating_sub(length.into());
            let differing = ip.to_bits() ^ network.to_bits();
            differing.checked_shr(shift).unwrap_or(0) == 0
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) => {
            let shift = 128_u32.saturating_sub(length.into());
            let differing = ip.to_bits() ^ network.to_bits();
            differing.checked_shr(shift).unwrap_or(0) == 0
        }
        _ => false,
    }
}

/// A name from outside, for a reason.
fn shown(name: &str) -> String {
    let short: String = name.chars().take(domain::NAME_OCTETS_MAX).collect();
    short.escape_debug().to_string()
}

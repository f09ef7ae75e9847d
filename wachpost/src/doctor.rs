//! What a domain needs so that programs find its server and others trust its mail: settings and DNS records as the
//! configuration has them, and how far the world outside agrees.

mod judge;

mod look;

mod saying;

pub(crate) use judge::{Grade, Judgement, State, judge};
pub(crate) use look::look;
pub(crate) use saying::{Code, Saying};

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::config::Config;
use crate::config::listeners::{Address, Addresses};
use crate::dkim;
use crate::dns::{self, Basis, Record};
use crate::problem::Problem;
use crate::services::{Service, port, services};

/// What of our keys the world can see.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    /// Selectors of DKIM with what their records say.
    pub(crate) signing: Vec<(String, String)>,
    /// SHA-256 of the public keys of our certificates, in hexadecimal.
    pub(crate) digests: Vec<String>,
}

impl Keys {
    /// Those of a domain.
    pub(crate) fn of(domain: &str, config: &Config) -> Result<Self, Problem> {
        let mut digests = Vec::new();
        for files in config.certificate_files() {
            let info = listen::public_key_info(&files)?;
            digests.push(
                Sha256::digest(info)
                    .iter()
                    .map(|octet| format!("{octet:02x}"))
                    .collect(),
            );
        }
        let mut signing = Vec::new();
        for file in dkim::Keys::of(config).list(Some(domain))? {
            if file.state != dkim::State::Retired {
                signing.push((file.selector.clone(), file.load()?.dns_text()));
            }
        }
        Ok(Self { signing, digests })
    }
}

/// All that one domain needs.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SetUp {
    /// The domain.
    pub(crate) domain: String,
    /// The ways in, the preferred ones first.
    pub(crate) services: Vec<Service>,
    /// The records that lead to them.
    pub(crate) records: Vec<Record>,
    /// Where programs look for `autoconfig`, and what they shall find.
    pub(crate) autoconfig_url: String,
    /// Mozilla's autoconfig file, version 1.1.
    pub(crate) autoconfig: String,
    /// What keeps programs from finding everything, and what to do.
    pub(crate) advice: Vec<Saying>,
}

impl SetUp {
    /// What the configuration means for a domain.
    pub(crate) fn new(domain: &str, config: &Config, keys: &Keys) -> Self {
        let services = services(config);
        let basis = Basis {
            config,
            services: &services,
            signing_keys: &keys.signing,
            key_digests: &keys.digests,
        };
        Self {
            records: dns::records(domain, &basis),
            autoconfig_url: format!("https://autoconfig.{domain}/mail/config-v1.1.xml"),
            autoconfig: autoconfig(domain, &services),
            advice: advice(config, &services),
            domain: domain.to_owned(),
            services,
        }
    }
}

/// Mozilla's autoconfig file of a domain.
pub(crate) fn autoconfig_of(domain: &str, config: &Config) -> String {
    autoconfig(domain, &services(config))
}

/// Mozilla's format, which Thunderbird, Evolution, KMail and K-9 read.
fn autoconfig(domain: &str, services: &[Service]) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<clientConfig version=\"1.1\">\n  \
         <emailProvider id=\"{domain}\">\n    <domain>{domain}</domain>\n    \
         <displayName>{domain}</displayName>\n"
    );
    for service in services {
        let (element, kind) = match service.service {
            "imap" => ("incomingServer", "imap"),
            "submission" => ("outgoingServer", "smtp"),
            _ => continue,
        };
        let socket = if service.security == "tls" {
            "SSL"
        } else {
            "STARTTLS"
        };
        let Service { host, port, .. } = service;
        out.push_str(&format!(
            "    <{element} type=\"{kind}\">\n      <hostname>{host}</hostname>\n      <port>{port}</port>\n      \
             <socketType>{socket}</socketType>\n      <username>%EMAILADDRESS%</username>\n      \
             <authentication>password-cleartext</authentication>\n    </{element}>\n"
        ));
    }
    out.push_str("  </emailProvider>\n");
    for (service, element, kind) in [
        ("carddav", "addressBook", "carddav"),
        ("caldav", "calendar", "caldav"),
    ] {
        let found = services.iter().find(|known| known.service == service);
        if let Some(url) = found.and_then(|found| found.url.as_deref()) {
            out.push_str(&format!(
                "  <{element} type=\"{kind}\">\n    <username>%EMAILADDRESS%</username>\n    \
                 <authentication system=\"http\">basic</authentication>\n    <serverURL>{url}</serverURL>\n  </{element}>\n"
            ));
        }
    }
    out.push_str("</clientConfig>\n");
    out
}

fn advice(config: &Config, services: &[Service]) -> Vec<Saying> {
    let mut advice = Vec::new();
    let has = |service| services.iter().any(|known| known.service == service);
    if port(&config.listen.mx).is_none() {
        advice.push(Saying::plain(Code::AdviceMx));
    }
    if !has("caldav") {
        advice.push(Saying::plain(Code::AdviceHttps));
    }
    for (service, listener) in [("imap", "imaps"), ("submission", "submissions")] {
        if !has(service) {
            let values = [
                ("service", service.to_owned()),
                ("listener", listener.to_owned()),
            ];
            advice.push(Saying::new(Code::AdviceListen, values));
        }
    }
    let only_loopback = [
        ("mx", &config.listen.mx),
        ("imaps", &config.listen.imaps),
        ("submissions", &config.listen.submissions),
        ("https", &config.listen.https),
    ]
    .into_iter()
    .filter(|(_, addresses)| is_only_loopback(addresses));
    for (listener, _) in only_loopback {
        let listener = [("listener", listener.to_owned())];
        advice.push(Saying::new(Code::AdviceLoopback, listener));
    }
    if !config.hostname.0.contains('.') {
        let host = [("host", config.hostname.0.clone())];
        advice.push(Saying::new(Code::AdviceHostname, host));
    }
    advice
}

fn is_only_loopback(addresses: &Addresses) -> bool {
    let mut ips = addresses.0.iter().filter_map(|address| match address {
        Address::Ip(address) => Some(address.ip()),
        Address::Unix(_) => None,
    });
    let mut any = false;
    let all = ips.all(|ip| {
        any = true;
        ip.is_loopback()
    });
    any && all
}

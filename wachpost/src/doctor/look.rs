//! Looking: what the DNS and the web say of a domain, asked all at once.

use std::net::IpAddr;

use authenticity::Verdict;
use egress::Egress;
use egress::wire::{
    Answer, Arrival, Existence, HttpRequest, Kind, Probe, Probed, Question, Record, Secure,
};

/// A message that is only there to ask whether its way is allowed.
const PROBE: &[u8] = b"From: postmaster\r\nSubject: probe\r\n\r\n";
/// Octets of a policy (RFC 8461 3.3 has none; senders take 64 KiB).
const POLICY_OCTETS_MAX: u32 = 64 * 1024;

/// Why something could not be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unseen {
    /// There was no answer in time.
    TimedOut,
    /// Nobody asks for us.
    Down,
    /// It went wrong, in the words of a program.
    Failed(String),
}

impl From<egress::Error> for Unseen {
    fn from(error: egress::Error) -> Self {
        match error {
            egress::Error::TimedOut => Self::TimedOut,
            egress::Error::Down | egress::Error::Lost | egress::Error::Busy => Self::Down,
            egress::Error::Refused(why) | egress::Error::Failed(why) => Self::Failed(why),
        }
    }
}

/// What was seen.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    pub(crate) mx: Result<Answer, Unseen>,
    pub(crate) texts: Result<Answer, Unseen>,
    pub(crate) dmarc: Result<Answer, Unseen>,
    pub(crate) tlsa: Result<Answer, Unseen>,
    pub(crate) sts: Result<Answer, Unseen>,
    pub(crate) tls_reports: Result<Answer, Unseen>,
    /// By selector.
    pub(crate) signing: Vec<(String, Result<Answer, Unseen>)>,
    /// Addresses of our host, each with the names it leads back to and whether SPF lets it send.
    pub(crate) addresses: Vec<Seen>,
    /// Whether the addresses are proved.
    pub(crate) addresses_secure: bool,
    /// What our host shows of TLS to those who bring mail, at each address.
    pub(crate) tls: Result<Vec<Probed>, Unseen>,
    /// The policy as it is served.
    pub(crate) policy: Result<String, String>,
}

/// One address of our host.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) ip: IpAddr,
    pub(crate) names: Vec<String>,
    pub(crate) verdict: Option<Verdict>,
}

/// Looks at everything.
pub(crate) async fn look(egress: &Egress, domain: &str, host: &str, selectors: &[String]) -> Look {
    let ask = |kind, name: String| async move {
        let answer = egress.lookup(Question::new(kind, name)).await;
        answer.map_err(Unseen::from)
    };
    let probe = Probe {
        host: host.to_owned(),
        helo: host.to_owned(),
    };
    let (mx, texts, dmarc, tlsa, sts, tls_reports, v4, v6, tls, policy) = tokio::join!(
        ask(Kind::Mx, domain.to_owned()),
        ask(Kind::Txt, domain.to_owned()),
        ask(Kind::Txt, format!("_dmarc.{domain}")),
        ask(Kind::Tlsa, format!("_25._tcp.{host}")),
        ask(Kind::Txt, format!("_mta-sts.{domain}")),
        ask(Kind::Txt, format!("_smtp._tls.{domain}")),
        ask(Kind::A, host.to_owned()),
        ask(Kind::Aaaa, host.to_owned()),
        egress.probe(probe),
        policy(egress, domain),
    );
    let mut signing = Vec::new();
    for selector in selectors {
        let name = format!("{selector}._domainkey.{domain}");
        signing.push((selector.clone(), ask(Kind::Txt, name).await));
    }
    let answers: Vec<&Answer> = [&v4, &v6].into_iter().flatten().collect();
    let addresses_secure = answers.iter().all(|answer| answer.secure == Secure::Secure)
        && answers
            .iter()
            .any(|answer| answer.existence == Existence::Present);
    let mut addresses = Vec::new();
    for record in answers.iter().flat_map(|answer| &answer.records) {
        let ip = match record {
            Record::A(ip) => IpAddr::V4(*ip),
            Record::Aaaa(ip) => IpAddr::V6(*ip),
            _ => continue,
        };
        addresses.push(seen(egress, ip, domain, host).await);
    }
    Look {
        mx,
        texts,
        dmarc,
        tlsa,
        sts,
        tls_reports,
        signing,
        addresses,
        addresses_secure,
        tls: tls.map_err(Unseen::from),
        policy,
    }
}

async fn seen(egress: &Egress, ip: IpAddr, domain: &str, host: &str) -> Seen {
    let names = egress.lookup(Question::name_of(ip)).await;
    let names = names.map(|answer| answer.records).unwrap_or_default();
    let arrival = Arrival {
        ip,
        helo: host.to_owned(),
        reverse_path: format!("postmaster@{domain}"),
    };
    let verdict = egress.authenticate(arrival, PROBE.into()).await;
    Seen {
        ip,
        names: names
            .into_iter()
            .filter_map(|record| match record {
                Record::Ptr(name) => Some(name),
                _ => None,
            })
            .collect(),
        verdict: verdict.ok(),
    }
}

/// RFC 8461 3.3: over HTTPS with a certificate that is trusted, no redirect.
async fn policy(egress: &Egress, domain: &str) -> Result<String, String> {
    let request = HttpRequest {
        body_octets_max: POLICY_OCTETS_MAX,
        ..HttpRequest::get(format!("https://mta-sts.{domain}/.well-known/mta-sts.txt"))
    };
    let answer = egress.fetch(request, Vec::new().into()).await;
    match answer {
        Ok((response, body)) if response.status == 200 => {
            Ok(String::from_utf8_lossy(&body).into_owned())
        }
        Ok((response, _)) => Err(format!("the web server answers {}", response.status)),
        Err(error) => Err(error.to_string()),
    }
}

//! Authentication of arriving mail: the checks of `authenticity` on our resolver.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use authenticity::{Dns, DnsFault, Mx, Verdict};
use futures_util::FutureExt as _;
use tokio::time::timeout;

use super::Means;
use super::resolve::Resolver;
use crate::wire::{Arrival, Existence, Kind, Question, Record, Secure};

/// The longest that the checks of one message may take. RFC 7208 4.6.4 asks for at least 20 seconds for SPF alone.
const CHECKS_TIME_MAX: Duration = Duration::from_secs(50);

/// Checks one message.
pub(super) async fn authenticate(means: &Means, arrival: &Arrival, message: &[u8]) -> Verdict {
    let now = u64::try_from(means.clock.now().seconds()).unwrap_or(0);
    let arrival = authenticity::Arrival {
        ip: arrival.ip.to_canonical(),
        helo: &arrival.helo,
        reverse_path: &arrival.reverse_path,
        message,
        now,
        host: &means.setup.host,
    };
    let names = Names(&means.resolver);
    let checks = authenticity::authenticate(&names, &arrival);
    match timeout(CHECKS_TIME_MAX, checks).await {
        Ok(verdict) => verdict,
        Err(_) => Verdict::unavailable(&arrival),
    }
}

/// Our resolver as `authenticity` asks it.
struct Names<'a>(&'a Resolver);

impl Names<'_> {
    /// The records in an answer that can be believed.
    async fn records(&self, question: Question) -> Result<Vec<Record>, DnsFault> {
        // Boxed, since the compiler cannot see otherwise that it may move between threads for every lifetime.
        let answer = self.0.lookup(&question).boxed().await;
        let answer = answer.map_err(|_| DnsFault::Unavailable)?;
        match (answer.secure, answer.existence) {
            // RFC 4035 5.5: bogus is as if no server had answered.
            (Secure::Bogus, _) => Err(DnsFault::Unavailable),
            (_, Existence::NoName) => Err(DnsFault::NoSuchName),
            (_, Existence::Present | Existence::NoData) => Ok(answer.records),
        }
    }

    /// What one kind of record of a name says.
    async fn each<T>(
        &self,
        question: Question,
        one: fn(Record) -> Option<T>,
    ) -> Result<Vec<T>, DnsFault> {
        let records = self.records(question).await?;
        Ok(records.into_iter().filter_map(one).collect())
    }
}

impl Dns for Names<'_> {
    async fn txt(&self, name: &str) -> Result<Vec<Vec<u8>>, DnsFault> {
        let text = |record| match record {
            Record::Txt(text) => Some(text),
            _ => None,
        };
        self.each(Question::new(Kind::Txt, name), text).await
    }

    async fn a(&self, name: &str) -> Result<Vec<Ipv4Addr>, DnsFault> {
        let address = |record| match record {
            Record::A(address) => Some(address),
            _ => None,
        };
        self.each(Question::new(Kind::A, name), address).await
    }

    async fn aaaa(&self, name: &str) -> Result<Vec<Ipv6Addr>, DnsFault> {
        let address = |record| match record {
            Record::Aaaa(address) => Some(address),
            _ => None,
        };
        self.each(Question::new(Kind::Aaaa, name), address).await
    }

    async fn mx(&self, name: &str) -> Result<Vec<Mx>, DnsFault> {
        let exchanger = |record| match record {
            Record::Mx {
                preference,
                exchange: host,
            } => Some(Mx { preference, host }),
            _ => None,
        };
        self.each(Question::new(Kind::Mx, name), exchanger).await
    }

    async fn ptr(&self, address: IpAddr) -> Result<Vec<String>, DnsFault> {
        let name = |record| match record {
            Record::Ptr(name) => Some(name),
            _ => None,
        };
        self.each(Question::name_of(address), name).await
    }
}

#[cfg(test)]
mod tests {
    use authenticity::{DmarcResult, SpfResult};

    use super::*;
    use crate::process::tests::name_server::{NameServer, Zone};
    use crate::process::tests::{clock, setup, zones};

    const MESSAGE: &[u8] = b"From: a@mail.secure\r\nSubject: hello\r\n\r\nbody\r\n";

    async fn verdict(ip: &str, reverse_path: &str) -> Verdict {
        let secure = Zone::new("secure.")
            .txt(
                "mail.secure.",
                "v=spf1 ip4:192.0.2.1 a:servfail.secure -all",
            )
            .txt("_dmarc.mail.secure.", "v=DMARC1; p=reject")
            .txt("forged.secure.", "v=spf1 -all")
            .signed();
        let (mut zones, anchor) = zones(secure, Zone::new("plain."));
        zones[1].forge("forged.secure.", "v=spf1 +all");
        let server = NameServer::start(zones).await;
        let means = Means::new(setup(&server, anchor), clock()).unwrap();
        let arrival = Arrival {
            ip: ip.parse().unwrap(),
            helo: "mail.secure".into(),
            reverse_path: reverse_path.into(),
        };
        authenticate(&means, &arrival, MESSAGE).await
    }

    #[tokio::test]
    async fn a_message_from_where_it_may_come_passes() {
        let verdict = verdict("::ffff:192.0.2.1", "a@mail.secure").await;
        assert_eq!(verdict.spf.result, SpfResult::Pass);
        assert_eq!(verdict.dmarc.result, DmarcResult::Pass);
    }

    #[tokio::test]
    async fn what_cannot_be_found_out_is_temporary() {
        let verdict = verdict("192.0.2.9", "a@mail.secure").await;
        assert_eq!(verdict.spf.result, SpfResult::TempError);
    }

    #[tokio::test]
    async fn forged_policies_are_not_believed() {
        let verdict = verdict("192.0.2.9", "a@forged.secure").await;
        assert_eq!(verdict.spf.result, SpfResult::TempError);
    }
}

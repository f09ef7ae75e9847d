//! The post of reports: to whose queue they go, who may get them, and when a day is over.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use authenticity::report::Sender;
use authenticity::{Dns, DnsFault, Mx};
use directory::Resolved;
use egress::Egress;
use egress::wire::{Answer, Existence, Kind, Question, Record, Secure};
use groupware::{Groupware, SenderReport};
use model::AccountId;

pub(crate) const DAY_S: u64 = 24 * 60 * 60;
/// RFC 8460 4.1: reports leave at a random moment within four hours, so that not all senders report at once.
const SPREAD_S: u64 = 4 * 60 * 60;

/// What reports are sent with.
pub(crate) struct Post<'a> {
    pub(crate) groupware: &'a Groupware,
    pub(crate) egress: &'a Egress,
    pub(crate) sender: &'a Sender,
}

impl Post<'_> {
    /// When this day ends, in UTC.
    pub(crate) fn midnight(&self) -> u64 {
        (self.now_s() / DAY_S + 1) * DAY_S
    }

    /// Waits until it has ended.
    pub(crate) async fn day_is_over(&self, midnight: u64) {
        wait(midnight.saturating_sub(self.now_s())).await;
    }

    fn now_s(&self) -> u64 {
        let now = self.groupware.clock().now().seconds();
        u64::try_from(now).unwrap_or_default()
    }

    /// Waits until reports may leave.
    pub(crate) async fn turn(&self, random: u32) {
        wait(u64::from(random) % SPREAD_S).await;
    }

    /// Queues a report about a domain.
    pub(crate) async fn mail(&self, domain: &str, to: &str, message: Vec<u8>) {
        let done = async {
            let account = self.account().await?;
            let report = SenderReport {
                to: to.to_owned(),
                message: self.groupware.prepare(message).await?,
                eight_bit: false,
                smtputf8: false,
            };
            self.groupware.send_report(account, &report).await
        };
        match done.await {
            Ok(()) => tracing::info!(%domain, "report sent"),
            Err(error) => tracing::warn!(%domain, %error, "a report could not be queued"),
        }
    }

    /// Whose queue takes reports: that of whoever gets the postmaster's mail.
    async fn account(&self) -> Result<AccountId, groupware::Error> {
        match self.groupware.directory().resolve("postmaster").await? {
            Resolved::Accounts(accounts) => {
                let first = accounts.first().copied();
                first.map(AccountId::from).ok_or(groupware::Error::NotFound)
            }
            Resolved::Unknown | Resolved::Elsewhere => Err(groupware::Error::NotFound),
        }
    }

    async fn records(&self, name: &str, kind: Kind) -> Result<Vec<Record>, DnsFault> {
        let question = Question {
            name: name.to_owned(),
            kind,
        };
        match self.egress.lookup(question).await {
            Ok(Answer {
                existence: Existence::NoName,
                ..
            }) => Err(DnsFault::NoSuchName),
            Ok(Answer {
                secure: Secure::Bogus,
                ..
            })
            | Err(_) => Err(DnsFault::Unavailable),
            Ok(answer) => Ok(answer.records),
        }
    }
}

impl Dns for Post<'_> {
    async fn txt(&self, name: &str) -> Result<Vec<Vec<u8>>, DnsFault> {
        let records = self.records(name, Kind::Txt).await?.into_iter();
        let text = |record| match record {
            Record::Txt(text) => Some(text),
            _ => None,
        };
        Ok(records.filter_map(text).collect())
    }

    // Who may get reports is a matter of TXT records alone.
    async fn a(&self, _name: &str) -> Result<Vec<Ipv4Addr>, DnsFault> {
        Err(DnsFault::Unavailable)
    }

    async fn aaaa(&self, _name: &str) -> Result<Vec<Ipv6Addr>, DnsFault> {
        Err(DnsFault::Unavailable)
    }

    async fn mx(&self, _name: &str) -> Result<Vec<Mx>, DnsFault> {
        Err(DnsFault::Unavailable)
    }

    async fn ptr(&self, _address: IpAddr) -> Result<Vec<String>, DnsFault> {
        Err(DnsFault::Unavailable)
    }
}

/// Waits; dropped with the task when everything ends.
async fn wait(seconds: u64) {
    let forever = std::future::pending::<()>();
    let _ = tokio::time::timeout(Duration::from_secs(seconds), forever).await;
}

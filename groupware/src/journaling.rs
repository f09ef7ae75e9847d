//! Journaling: a copy of every message that comes or is sent, for an archive.
//!
//! The copy is a report with the message attached: it says what the message itself does not, from whom to whom it really
//! went, blind copies and the members of groups included. It lies in the queue, written with the message's own delivery,
//! and goes to an account here or to an archive elsewhere. What comes out of the queue is not copied again, so no report
//! is reported on; nor is what is written to the archive alone. Mails that the server writes by itself (answers of filters,
//! notifications, invitations) are no messages of somebody's, and are not copied.

use std::collections::BTreeMap;
use std::sync::Arc;

use directory::Resolved;
use mail_parser::DateTime;
use model::{AccountId, Archive, PrincipalId, QueueStanding, QueuedRecipient};
use store::{Change, NewQueueItem, Request, Source};

use crate::Groupware;
use crate::email::Prepared;
use crate::error::Error;
use crate::filter::{Letter, Recipient, compose, trace};

/// Octets of a header field's text that a report repeats.
const TEXT_OCTETS_MAX: usize = 1_000;

/// Whom a message really goes to.
#[derive(Debug, Default)]
pub(crate) struct Envelope {
    /// Each address it was sent to, with the addresses of those behind it, if it is a group.
    recipients: BTreeMap<String, Vec<String>>,
    /// An account that has to do with it.
    account: Option<AccountId>,
}

impl Envelope {
    /// Adds somebody elsewhere.
    pub(crate) fn elsewhere(&mut self, address: &str) {
        self.recipients.entry(address.to_owned()).or_default();
    }

    /// Says in whose queue the copies lie, if the archive is elsewhere.
    pub(crate) fn in_queue_of(&mut self, account: AccountId) {
        self.account.get_or_insert(account);
    }

    fn has_domain(&self, domain: &str) -> bool {
        self.recipients.keys().any(|address| is_at(address, domain))
    }

    fn is_only_for(&self, address: &str) -> bool {
        let mut all = self.recipients.keys();
        all.len() > 0 && all.all(|to| to.eq_ignore_ascii_case(address))
    }
}

impl Groupware {
    /// Adds accounts and lists of this house to an envelope.
    pub(crate) async fn envelope_here(
        &self,
        envelope: &mut Envelope,
        recipients: &[Recipient],
    ) -> Result<(), Error> {
        if self.directory.archives().await?.is_empty() {
            return Ok(());
        }
        for recipient in recipients {
            envelope.in_queue_of(recipient.principal.into());
            let address = self.address(recipient.principal).await?;
            let path = match recipient.forward_path.as_str() {
                "" => address.clone(),
                path => path.to_owned(),
            };
            let mut behind = Vec::new();
            if self.list(recipient.principal).await?.is_some() {
                let members = self.directory.list_members(recipient.principal).await?;
                for id in &members.here {
                    behind.push(self.address(*id).await?);
                }
                behind.extend(members.outside.iter().cloned());
            } else if !path.eq_ignore_ascii_case(&address) {
                behind.push(address);
            }
            envelope.recipients.entry(path).or_default().extend(behind);
        }
        Ok(())
    }

    /// The requests that copy a message to the archives that want it.
    ///
    /// # Errors
    /// The copy cannot be made: then the message is not to be taken, either.
    pub(crate) async fn journal_requests(
        &self,
        letter: &Letter,
        envelope: &Envelope,
    ) -> Result<Vec<Request>, Error> {
        let archives = self.directory.archives().await?;
        let mut requests = Vec::new();
        let mut addresses: Vec<&str> = Vec::new();
        for archive in archives.iter() {
            let is_new = !addresses.contains(&archive.address.as_str());
            if is_new && wants(archive, letter, envelope) {
                addresses.push(&archive.address);
                requests.extend(
                    self.journal_request(letter, envelope, &archive.address)
                        .await?,
                );
            }
        }
        Ok(requests)
    }

    async fn journal_request(
        &self,
        letter: &Letter,
        envelope: &Envelope,
        archive: &str,
    ) -> Result<Option<Request>, Error> {
        let account = match self.directory.resolve(archive).await? {
            Resolved::Accounts(accounts) => accounts.first().copied().map(AccountId::from),
            Resolved::Elsewhere => envelope.account,
            Resolved::Unknown => None,
        };
        let Some(account) = account else {
            tracing::error!(
                reason = "no such address",
                "a message is copied to no archive"
            );
            return Ok(None);
        };
        let report = Report {
            letter,
            envelope,
            archive,
            now: self.clock.now().seconds(),
        };
        let prepared = self.prepare(report.composed()).await?;
        Ok(Some(Request {
            account,
            actor: letter.actor.clone(),
            at: self.clock.now(),
            if_seq: None,
            changes: vec![queued(&prepared, archive)],
        }))
    }

    async fn address(&self, id: PrincipalId) -> Result<String, Error> {
        let principal = self.directory.principal(id).await?;
        Ok(principal.map_or_else(String::new, |principal| principal.address.clone()))
    }
}

/// Whether the archive wants this message.
fn wants(archive: &Archive, letter: &Letter, envelope: &Envelope) -> bool {
    if envelope.recipients.is_empty() || envelope.is_only_for(&archive.address) {
        return false;
    }
    archive
        .domain
        .as_deref()
        .is_none_or(|domain| is_at(&letter.reverse_path, domain) || envelope.has_domain(domain))
}

fn is_at(address: &str, domain: &str) -> bool {
    address
        .rsplit_once('@')
        .is_some_and(|(_, its)| its.to_lowercase() == domain)
}

fn queued(report: &Prepared, archive: &str) -> Change {
    Change::Enqueue(Box::new(NewQueueItem {
        // RFC 5321 4.5.5: nobody hears of a copy that cannot be delivered but who looks at the queue.
        reverse_path: String::new(),
        recipients: vec![QueuedRecipient {
            forward_path: archive.to_owned(),
            notify: None,
            original: None,
        }],
        source: Source::New(Arc::clone(&report.blob)),
        size: report.size,
        envelope_id: None,
        dsn_return: None,
        smtputf8: !archive.is_ascii(),
        require_tls: false,
        standing: QueueStanding {
            eight_bit: !report.octets.is_ascii(),
            ..QueueStanding::default()
        },
    }))
}

/// A copy in the making.
struct Report<'a> {
    letter: &'a Letter,
    envelope: &'a Envelope,
    archive: &'a str,
    now: i64,
}

impl Report<'_> {
    /// The report: what really happened in words and lines that archives read from Exchange's journal reports, and the message.
    fn composed(&self) -> Vec<u8> {
        let message = &self.letter.message.octets;
        let field = |name| {
            let value = trace::values(message, name).into_iter().next();
            one_line(&value.unwrap_or_default())
        };
        let mut text = format!(
            "Sender: {}\r\nSubject: {}\r\nMessage-Id: {}\r\n",
            one_line(&self.letter.reverse_path),
            field("Subject"),
            field("Message-ID")
        );
        for (address, behind) in &self.envelope.recipients {
            if behind.is_empty() {
                text.push_str(&format!("Recipient: {}\r\n", one_line(address)));
            }
            for one in behind {
                let (one, address) = (one_line(one), one_line(address));
                text.push_str(&format!("Recipient: {one}, Expanded: {address}\r\n"));
            }
        }
        let hash = blake3::Hasher::new()
            .update(message)
            .update(text.as_bytes())
            .update(&self.now.to_be_bytes())
            .finalize()
            .to_hex();
        let id = &hash.as_str()[..32];
        let (_, domain) = self.archive.rsplit_once('@').unwrap_or(("", "localhost"));
        // RFC 3834 5: a machine wrote it. The field of Exchange is what archives know a report by.
        let mut report = format!(
            "From: <postmaster@{domain}>\r\nTo: <{}>\r\nDate: {}\r\nMessage-ID: <journal-{id}@{domain}>\r\n\
             Subject: Journal report\r\nX-MS-Journal-Report:\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=\"{id}\"\r\n\r\n\
             --{id}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
            self.archive,
            DateTime::from_timestamp(self.now).to_rfc822(),
            compose::base64_lines(text.as_bytes())
        )
        .into_bytes();
        // RFC 2046 5.2.1: the message as it is, in 7bit or 8bit.
        let encoding = if message.is_ascii() { "7bit" } else { "8bit" };
        let part = format!(
            "--{id}\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
        );
        report.extend(part.into_bytes());
        report.extend(message.iter());
        report.extend(format!("\r\n--{id}--\r\n").into_bytes());
        report
    }
}

fn one_line(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().take(TEXT_OCTETS_MAX).map(plain).collect()
}

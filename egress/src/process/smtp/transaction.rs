//! Transaction: one message over an open session, from MAIL to the answer to its end (RFC 5321 3.3, RFC 2920, RFC 3030).

use std::time::Duration;

use super::body::Shape;
use super::channel::Broken;
use super::command::{self, MailParameters};
use super::limits::{
    BDAT_AT_ONCE_OCTETS_MAX, MESSAGES_PER_CONNECTION_MAX, PIPELINED_COMMANDS_MAX,
    RECIPIENTS_PER_TRANSACTION_MAX, Timeouts,
};
use super::reply::{Class, Reply};
use super::session::Session;
use crate::wire::{Delivery, Failure, MessageTls, Needed, RecipientResult, Why};

/// A message on its way, and what is known of its recipients.
#[derive(Debug)]
pub(crate) struct Mail<'a> {
    /// Its envelope.
    pub(crate) delivery: &'a Delivery,
    /// The message.
    pub(crate) message: &'a [u8],
    /// What became of each recipient, in their order; none while nothing is known.
    pub(crate) results: Vec<Option<RecipientResult>>,
}

/// Why a host did not settle all recipients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unsettled {
    /// The connection broke. `early`: before the server said anything in this transaction.
    Broken {
        /// How.
        broken: Broken,
        /// Whether nothing was answered yet, as on a kept connection that the server has given up.
        early: bool,
    },
    /// The server said that it closes the connection, perhaps just now.
    Closing(Option<Reply>),
    /// The server lacks what this message needs.
    Lacks(Needed),
}

/// What a reply answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Reset,
    Mail,
    Rcpt(usize),
    Data,
    /// The only and last chunk, sent along with the commands.
    Chunk,
}

/// How the message itself is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    /// DATA and dots.
    Data,
    /// BDAT once recipients were accepted.
    Chunk,
    /// BDAT together with the envelope.
    ChunkAtOnce,
}

impl Mail<'_> {
    /// Recipients of whom nothing is known yet.
    pub(crate) fn open(&self) -> Vec<usize> {
        let open = |(index, result): (usize, &Option<_>)| result.is_none().then_some(index);
        self.results.iter().enumerate().filter_map(open).collect()
    }

    /// Settles all that are open.
    pub(crate) fn settle_open(&mut self, result: &RecipientResult) {
        for slot in self.results.iter_mut().filter(|slot| slot.is_none()) {
            *slot = Some(result.clone());
        }
    }

    fn settle(&mut self, index: usize, result: RecipientResult) {
        if let Some(slot) = self.results.get_mut(index) {
            *slot = Some(result);
        }
    }

    /// Whether the header has octets above 127.
    fn header_is_utf8(&self) -> bool {
        let end = memchr::memmem::find(self.message, b"\r\n\r\n").unwrap_or(self.message.len());
        !self.message.get(..end).unwrap_or_default().is_ascii()
    }

    /// Whether an address is not ASCII, and cannot be written so.
    fn envelope_is_utf8(&self) -> bool {
        let recipients = &self.delivery.recipients;
        command::in_ascii(&self.delivery.reverse_path).is_none()
            || recipients
                .iter()
                .any(|one| command::in_ascii(&one.forward_path).is_none())
    }

    /// Whether an address is not written in ASCII.
    fn envelope_has_utf8(&self) -> bool {
        let recipients = &self.delivery.recipients;
        !self.delivery.reverse_path.is_ascii()
            || recipients.iter().any(|one| !one.forward_path.is_ascii())
    }
}

/// Runs transactions over one session until every recipient is settled.
#[derive(Debug)]
pub(crate) struct Transactions<'a, 'b> {
    /// The session.
    pub(crate) session: &'a mut Session,
    /// The message.
    pub(crate) mail: &'a mut Mail<'b>,
    /// The name of the server, for the results.
    pub(crate) host: &'a str,
    /// How long anything may take.
    pub(crate) timeouts: &'a Timeouts,
}

impl Transactions<'_, '_> {
    /// Sends the message to all open recipients.
    ///
    /// # Errors
    /// [`Unsettled`] where some stay open.
    pub(crate) async fn run(&mut self) -> Result<(), Unsettled> {
        let Some(parameters) = self.parameters()? else {
            return Ok(());
        };
        loop {
            let open = self.mail.open();
            if open.is_empty() {
                return Ok(());
            }
            if self.session.closing {
                return Err(Unsettled::Closing(None));
            }
            // RFC 9422 4.2: the server's own number, if it names one.
            let offered = self.session.offered.recipients_max;
            let fits = offered.map_or(RECIPIENTS_PER_TRANSACTION_MAX, |max| {
                usize::try_from(max).unwrap_or(usize::MAX)
            });
            let round = fits
                .clamp(1, RECIPIENTS_PER_TRANSACTION_MAX)
                .min(open.len());
            let recipients = open.get(..round).unwrap_or_default();
            self.one(recipients, parameters).await?;
        }
    }

    /// What MAIL says; nothing where the message is settled without it.
    fn parameters(&mut self) -> Result<Option<MailParameters>, Unsettled> {
        let offered = self.session.offered;
        let mail = &*self.mail;
        let size_octets = mail.message.len();
        if mail.delivery.message_tls == MessageTls::Required && !offered.require_tls {
            // RFC 8689 4.2.1: a next hop that does not promise the same does not get it.
            return Err(Unsettled::Lacks(Needed::RequireTls));
        }
        let eight_bit = !mail.message.is_ascii();
        if eight_bit && !offered.eight_bit {
            // RFC 6152 3: not to be sent as it is; and it is not ours to rewrite what others have signed.
            return Err(Unsettled::Lacks(Needed::EightBit));
        }
        let asked = mail.delivery.smtputf8;
        let header = || asked && eight_bit && mail.header_is_utf8();
        if !offered.smtputf8 && (mail.envelope_is_utf8() || header()) {
            // RFC 6531 3.2: neither addresses nor header can be sent.
            return Err(Unsettled::Lacks(Needed::SmtpUtf8));
        }
        let too_large = |max| u64::try_from(size_octets).is_ok_and(|size| size > max);
        if offered.size_octets_max.is_some_and(too_large) {
            // RFC 1870 6.1 1: nothing is gained by trying.
            let failure = self.failure(Why::TooLarge, None);
            self.mail.settle_open(&RecipientResult::Permanent(failure));
            return Ok(None);
        }
        Ok(Some(MailParameters {
            size_octets,
            eight_bit,
            smtputf8: offered.smtputf8 && (asked || mail.envelope_has_utf8()),
        }))
    }

    /// One transaction.
    async fn one(
        &mut self,
        recipients: &[usize],
        parameters: MailParameters,
    ) -> Result<(), Unsettled> {
        let body = self.body();
        let steps = self.steps(recipients, body);
        let mut exchange = Exchange {
            recipients: recipients.to_vec(),
            ..Exchange::default()
        };
        let group = match self.session.offered.pipelining {
            true => PIPELINED_COMMANDS_MAX,
            false => 1,
        };
        for steps in steps.chunks(group) {
            if exchange.is_hopeless(steps) {
                break;
            }
            self.commands(steps, parameters, &mut exchange).await?;
        }
        self.finish(body, exchange).await
    }

    /// How the message is sent.
    fn body(&self) -> Body {
        let (offered, message) = (&self.session.offered, self.mail.message);
        if !offered.chunking || !Shape::of(message).whole_lines {
            return Body::Data;
        }
        match offered.pipelining && message.len() <= BDAT_AT_ONCE_OCTETS_MAX {
            true => Body::ChunkAtOnce,
            false => Body::Chunk,
        }
    }

    fn steps(&self, recipients: &[usize], body: Body) -> Vec<Step> {
        let mut steps = Vec::with_capacity(recipients.len().saturating_add(3));
        if self.session.unclean {
            steps.push(Step::Reset);
        }
        steps.push(Step::Mail);
        steps.extend(recipients.iter().copied().map(Step::Rcpt));
        match body {
            Body::Data => steps.push(Step::Data),
            Body::Chunk => {}
            Body::ChunkAtOnce => steps.push(Step::Chunk),
        }
        steps
    }

    /// Sends one group of commands and takes their replies.
    async fn commands(
        &mut self,
        steps: &[Step],
        parameters: MailParameters,
        exchange: &mut Exchange,
    ) -> Result<(), Unsettled> {
        let mut text = String::new();
        for step in steps {
            self.write(*step, parameters, &mut text);
        }
        let sent = self.send(steps, &text).await;
        // Even where sending failed a refusal may be waiting.
        for step in steps {
            let within = match sent {
                Sent::Commands | Sent::Whole => self.within(*step),
                Sent::Failed(_) => LAST_WORD,
            };
            let channel = &mut self.session.channel;
            let answer = match sent {
                Sent::Whole => channel.last_reply(within).await,
                Sent::Commands | Sent::Failed(_) => channel.reply(within).await,
            };
            let reply = match (answer, sent) {
                (Ok(reply), _) => reply,
                // RFC 5321 4.1.1.4, RFC 3030 2: the last chunk is an end like the final dot.
                (Err(broken), Sent::Whole) => {
                    self.lost_at_end(broken, exchange);
                    return Ok(());
                }
                (Err(_), Sent::Failed(broken)) | (Err(broken), Sent::Commands) => {
                    return Err(self.broken(broken, exchange));
                }
            };
            exchange.heard = true;
            self.take(*step, reply, exchange)?;
        }
        match sent {
            Sent::Commands | Sent::Whole => Ok(()),
            Sent::Failed(broken) => Err(self.broken(broken, exchange)),
        }
    }

    async fn send(&mut self, steps: &[Step], text: &str) -> Sent {
        let block = self.timeouts.block;
        let channel = &mut self.session.channel;
        if steps.last() != Some(&Step::Chunk) {
            return match channel.send(text.as_bytes(), block).await {
                Ok(()) => Sent::Commands,
                Err(broken) => Sent::Failed(broken),
            };
        }
        let message = self.mail.message;
        if let Err(broken) = channel.send_with(text.as_bytes(), message, block).await {
            return Sent::Failed(broken);
        }
        // Whether the last octets have left or not: they were given away.
        let _ = channel.finish(block).await;
        Sent::Whole
    }

    fn write(&self, step: Step, parameters: MailParameters, out: &mut String) {
        let offered = &self.session.offered;
        match step {
            Step::Reset => out.push_str("RSET\r\n"),
            Step::Mail => command::mail(self.mail.delivery, parameters, offered, out),
            Step::Rcpt(index) => {
                if let Some(recipient) = self.mail.delivery.recipients.get(index) {
                    command::rcpt(recipient, offered, out);
                }
            }
            Step::Data => out.push_str("DATA\r\n"),
            Step::Chunk => self.write_bdat(out),
        }
    }

    fn write_bdat(&self, out: &mut String) {
        out.push_str(&format!("BDAT {} LAST\r\n", self.mail.message.len()));
    }

    fn within(&self, step: Step) -> Duration {
        match step {
            Step::Reset => self.timeouts.command,
            Step::Mail => self.timeouts.mail,
            Step::Rcpt(_) => self.timeouts.rcpt,
            Step::Data => self.timeouts.data,
            Step::Chunk => self.timeouts.end,
        }
    }

    /// Takes the reply to one command.
    fn take(&mut self, step: Step, reply: Reply, exchange: &mut Exchange) -> Result<(), Unsettled> {
        if reply.closes() && !matches!(step, Step::Chunk) {
            self.session.closing = true;
            // RFC 5321 4.3.2: 421 to any command; nothing is decided about anybody.
            return Err(Unsettled::Closing(Some(reply)));
        }
        match step {
            Step::Reset => match reply.class() {
                Class::Done => self.session.unclean = false,
                // What follows would be refused for what came before.
                _ => {
                    self.session.closing = true;
                    let broken = Broken::Closed;
                    return Err(Unsettled::Broken {
                        broken,
                        early: true,
                    });
                }
            },
            Step::Mail => match reply.class() {
                Class::Done => self.session.unclean = true,
                _ => exchange.mail_refused = Some(reply),
            },
            Step::Rcpt(index) => self.take_rcpt(index, &reply, exchange),
            Step::Data => match reply.class() {
                Class::GoOn => exchange.data_open = true,
                _ => exchange.data_refused = Some(reply),
            },
            Step::Chunk => exchange.end = Some(reply),
        }
        Ok(())
    }

    fn take_rcpt(&mut self, index: usize, reply: &Reply, exchange: &mut Exchange) {
        if exchange.mail_refused.is_some() {
            // What is said of a recipient without a sender says nothing.
            return;
        }
        match reply.class() {
            Class::Done => exchange.accepted.push(index),
            // The rest goes in another transaction, once this one has taken somebody.
            _ if reply.too_many_recipients() && !exchange.accepted.is_empty() => {}
            _ => {
                let result = self.refused(reply);
                self.mail.settle(index, result);
            }
        }
    }

    /// Sends the message where that is still to do, and settles those it was for.
    async fn finish(&mut self, body: Body, mut exchange: Exchange) -> Result<(), Unsettled> {
        if let Some(reply) = exchange.mail_refused.take() {
            if exchange.data_open {
                self.empty_data().await?;
            }
            let result = self.refused(&reply);
            self.mail.settle_open(&result);
            return Ok(());
        }
        if exchange.lost {
            return Ok(());
        }
        if exchange.accepted.is_empty() {
            if exchange.data_open {
                self.empty_data().await?;
            }
            return Ok(());
        }
        let end = match (body, exchange.data_refused.take()) {
            (_, Some(refusal)) => refusal,
            (Body::ChunkAtOnce, None) => match exchange.end.take() {
                Some(reply) => reply,
                None => return Ok(()),
            },
            (Body::Data | Body::Chunk, None) => match self.send_message(body, &exchange).await? {
                Some(reply) => reply,
                None => return Ok(()),
            },
        };
        self.take_end(&end, &exchange);
        Ok(())
    }

    /// Sends the message; nothing comes back where its fate is unknown and the recipients are settled as that.
    async fn send_message(
        &mut self,
        body: Body,
        exchange: &Exchange,
    ) -> Result<Option<Reply>, Unsettled> {
        let (block, end) = (self.timeouts.block, self.timeouts.end);
        let message = self.mail.message;
        let mut command = String::new();
        if body == Body::Chunk {
            self.write_bdat(&mut command);
        }
        let channel = &mut self.session.channel;
        let written = match body {
            Body::Chunk => channel.send_with(command.as_bytes(), message, block).await,
            Body::Data | Body::ChunkAtOnce => channel.send_stuffed(message, block).await,
        };
        if let Err(broken) = written {
            // The server may have refused it in the middle, and said so before it closed.
            return match channel.reply(LAST_WORD).await {
                Ok(reply) if !matches!(reply.class(), Class::Done | Class::GoOn) => {
                    self.session.closing = true;
                    Ok(Some(reply))
                }
                _ => Err(self.broken(broken, exchange)),
            };
        }
        let answer = match channel.finish(block).await {
            Ok(()) => channel.last_reply(end).await,
            Err(broken) => Err(broken),
        };
        match answer {
            Ok(reply) => Ok(Some(reply)),
            Err(broken) => {
                self.lost_at_end_of(broken, &exchange.accepted);
                Ok(None)
            }
        }
    }

    /// RFC 2920 3.1: a server that wants data although nobody is to get it gets none.
    async fn empty_data(&mut self) -> Result<(), Unsettled> {
        let within = self.timeouts.data;
        let answered = self.session.channel.ask(".\r\n", within).await;
        answered
            .map(|_| ())
            .map_err(|broken| self.broken(broken, &Exchange::heard()))
    }

    /// The answer to the end of the message: for all who were accepted.
    fn take_end(&mut self, reply: &Reply, exchange: &Exchange) {
        self.session.messages = self.session.messages.saturating_add(1);
        self.session.closing |= reply.closes();
        let result = match reply.class() {
            Class::Done => {
                self.session.unclean = false;
                RecipientResult::Delivered {
                    host: self.host.to_owned(),
                    reply: reply.to_wire(),
                    dsn: self.session.offered.dsn,
                }
            }
            Class::GoOn | Class::Transient | Class::Permanent => self.refused(reply),
        };
        for index in &exchange.accepted {
            self.mail.settle(*index, result.clone());
        }
    }

    /// The same where the message went out before anybody was accepted: it is for all who were not refused.
    fn lost_at_end(&mut self, broken: Broken, exchange: &mut Exchange) {
        exchange.lost = true;
        let unknown = |index: &usize| self.mail.results.get(*index).is_some_and(Option::is_none);
        let recipients = exchange.recipients.iter().copied();
        let recipients: Vec<_> = recipients.filter(unknown).collect();
        self.lost_at_end_of(broken, &recipients);
    }

    /// RFC 5321 4.5.3.2.6, 6.1: without an answer to the end nobody knows whether the message was taken.
    fn lost_at_end_of(&mut self, broken: Broken, accepted: &[usize]) {
        self.session.closing = true;
        let mut failure = self.failure(broken.why(), None);
        failure.uncertain = true;
        for index in accepted {
            self.mail
                .settle(*index, RecipientResult::Transient(failure.clone()));
        }
    }

    fn broken(&mut self, broken: Broken, exchange: &Exchange) -> Unsettled {
        self.session.closing = true;
        Unsettled::Broken {
            broken,
            early: !exchange.heard,
        }
    }

    /// A refusal as a result (RFC 5321 4.2.1).
    fn refused(&self, reply: &Reply) -> RecipientResult {
        match reply.class() {
            Class::Permanent if !reply.too_many_recipients() => {
                RecipientResult::Permanent(self.failure(Why::Reply, Some(reply)))
            }
            Class::Transient | Class::Permanent => {
                RecipientResult::Transient(self.failure(Why::Reply, Some(reply)))
            }
            // A yes where there can be none.
            Class::Done | Class::GoOn => {
                RecipientResult::Transient(self.failure(Why::Protocol, Some(reply)))
            }
        }
    }

    fn failure(&self, why: Why, reply: Option<&Reply>) -> Failure {
        Failure {
            why,
            host: Some(self.host.to_owned()),
            reply: reply.map(Reply::to_wire),
            uncertain: false,
        }
    }
}

/// How long a reply is waited for that may have come before the connection broke.
const LAST_WORD: Duration = Duration::from_millis(500);

/// What has been heard in one transaction.
#[derive(Debug, Default)]
struct Exchange {
    recipients: Vec<usize>,
    heard: bool,
    mail_refused: Option<Reply>,
    accepted: Vec<usize>,
    data_open: bool,
    data_refused: Option<Reply>,
    end: Option<Reply>,
    lost: bool,
}

/// How far a group of commands got.
#[derive(Clone, Copy, Debug)]
enum Sent {
    /// All of it.
    Commands,
    /// All of it, and the whole message with it.
    Whole,
    /// Not all of it.
    Failed(Broken),
}

impl Exchange {
    fn heard() -> Self {
        Self {
            heard: true,
            ..Self::default()
        }
    }

    /// Whether nothing can come of these commands any more.
    fn is_hopeless(&self, steps: &[Step]) -> bool {
        let ends = matches!(steps.first(), Some(Step::Data | Step::Chunk));
        self.mail_refused.is_some() || ends && self.accepted.is_empty()
    }
}

impl Session {
    /// Whether another message may follow.
    pub(crate) fn can_go_on(&self) -> bool {
        let max = self.offered.messages_max.unwrap_or(u32::MAX);
        !self.closing && self.messages < MESSAGES_PER_CONNECTION_MAX.min(max)
    }
}

//! The session: which command is allowed now, and what is to be done about it.
//!
//! A pure state machine. The connection loop gives it one command at a time and does what the [`Action`] says; where
//! that needs somebody else (the directory, the store, the socket), it reports the result back by the method the action
//! names, and gets the next action. Between an action and its report no command may be given; whoever does so closes the
//! session with 421.
//!
//! It does not read the message, decide about senders and recipients, or know a clock.

mod action;
mod envelope;
mod greeting;
mod settings;

use std::sync::Arc;

pub use action::{Action, AuthFailure, Behind, Verdict};
pub use envelope::{Envelope, Recipient};
pub use settings::{
    AUTH_FAILURES_MAX, ERRORS_MAX, JUNK_COMMANDS_MAX, MESSAGES_MAX, Peer, RECIPIENTS_MAX,
    SIZE_OCTETS_MAX, Service, Settings,
};

use crate::codec::limits::DISCARD_FACTOR;
use crate::codec::{
    Body, ClientName, Command, DataRefusal, EnhancedCode, ForwardPath, MailParameters,
    RcptParameters, Reply, ReversePath, SaslResponse,
};
use crate::received::Protocol;

/// One connection's dialogue.
#[derive(Debug)]
pub struct Session {
    settings: Arc<Settings>,
    peer: Peer,
    client: Option<Client>,
    principal: Option<Box<str>>,
    envelope: Option<Envelope>,
    content: Content,
    waiting: Waiting,
    messages: u32,
    errors: u32,
    junk_commands: u32,
    auth_failures: u32,
}

/// What the client said of itself.
#[derive(Debug, Clone)]
struct Client {
    name: ClientName,
    /// By EHLO or LHLO, not by HELO.
    extended: bool,
}

/// How the content of the message in the making comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    /// Nothing has come yet.
    None,
    /// At least one chunk has come.
    Chunks,
    /// A chunk was refused; the rest is thrown away until RSET or LAST.
    FailedChunks,
}

/// Whose report the session waits for.
#[derive(Debug)]
enum Waiting {
    /// For a command.
    Command,
    Sender(ReversePath, MailParameters),
    Recipient(ForwardPath, RcptParameters),
    /// For a message, or a chunk of it; `last` where the message ends with it.
    Content {
        last: bool,
    },
    Tls,
    Authentication,
}

impl Session {
    /// A session with a peer that has said nothing yet.
    #[must_use]
    pub fn new(settings: Arc<Settings>, peer: Peer) -> Self {
        Self {
            settings,
            peer,
            client: None,
            principal: None,
            envelope: None,
            content: Content::None,
            waiting: Waiting::Command,
            messages: 0,
            errors: 0,
            junk_commands: 0,
            auth_failures: 0,
        }
    }

    /// What is said before the first command. Not said again after STARTTLS.
    #[must_use]
    pub fn greeting(&self) -> Reply {
        greeting::banner(&self.settings)
    }

    /// The message in the making, from an accepted MAIL on.
    #[must_use]
    pub fn envelope(&self) -> Option<&Envelope> {
        self.envelope.as_ref()
    }

    /// What the client calls itself.
    #[must_use]
    pub fn client_name(&self) -> Option<&ClientName> {
        self.client.as_ref().map(|client| &client.name)
    }

    /// Who signed in.
    #[must_use]
    pub fn principal(&self) -> Option<&str> {
        self.principal.as_deref()
    }

    /// Whether the connection is under TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.peer.tls
    }

    /// The settings it runs by.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How the message in the making comes, for its `Received` line.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        Protocol {
            lmtp: self.settings.service == Service::Lmtp,
            extended: self.client.as_ref().is_some_and(|client| client.extended),
            tls: self.peer.tls,
            authenticated: self.principal.is_some(),
            utf8: self
                .envelope
                .as_ref()
                .is_some_and(|envelope| envelope.parameters.smtp_utf8),
        }
    }

    /// Takes a command; `behind` says whether more octets of the client lie behind its line already.
    pub fn command(&mut self, command: Command, behind: Behind) -> Action {
        if !matches!(self.waiting, Waiting::Command) {
            return out_of_turn();
        }
        if self.is_junk(&command) {
            self.junk_commands = self.junk_commands.saturating_add(1);
            if self.junk_commands > JUNK_COMMANDS_MAX {
                self.errors = self.errors.saturating_add(1);
            }
        }
        // RFC 2920 3.1, RFC 3207 4, RFC 4954 4: what follows these in one packet was sent without waiting for an answer
        // that decides what it means. In a plain-text session somebody else may have put it there.
        let ends_group = matches!(
            command,
            Command::StartTls | Command::Data | Command::Auth { .. }
        );
        if ends_group && behind == Behind::Octets {
            return Action::Close(Reply::new(
                554,
                EnhancedCode::BAD_COMMAND,
                "Wait for the reply to this command before sending more.",
            ));
        }
        match command {
            Command::Ehlo(name) => self.hello(Service::is_smtp, name, true),
            Command::Helo(name) => self.hello(Service::is_smtp, name, false),
            Command::Lhlo(name) => self.hello(Service::is_lmtp, name, true),
            Command::Mail {
                reverse_path,
                parameters,
            } => self.mail(reverse_path, parameters),
            Command::Rcpt {
                forward_path,
                parameters,
            } => self.rcpt(forward_path, parameters),
            Command::Data => self.data(),
            Command::Bdat { octets, last } => self.bdat(octets, last),
            Command::Rset => {
                self.forget_envelope();
                self.answer(done())
            }
            Command::Noop => self.answer(done()),
            Command::Quit => Action::Close(Reply::new(221, EnhancedCode::DONE, "Goodbye.")),
            // RFC 5321 3.5.3, 7.3: 252 where addresses are not verified, so that nobody can collect them.
            Command::Vrfy => self.answer(Reply::new(
                252,
                EnhancedCode::RECIPIENT_OK,
                "Not verified here; try to send.",
            )),
            // RFC 5321 3.5.2, 7.3: members of lists are not told; 502 says that EXPN is not implemented.
            Command::Expn => self.answer(not_implemented()),
            Command::Help => self.answer(Reply::new(214, EnhancedCode::DONE, "See RFC 5321.")),
            Command::StartTls => self.start_tls(),
            Command::Auth { mechanism, initial } => self.auth(mechanism, initial),
        }
    }

    /// Answers a line that was no command, or a line that was refused: give the error's reply.
    pub fn refuse(&mut self, reply: Reply) -> Action {
        match self.waiting {
            Waiting::Command => self.answer(reply),
            _ => out_of_turn(),
        }
    }

    /// Reports on [`Action::AskSender`].
    pub fn sender_decided(&mut self, decision: Result<(), Reply>) -> Action {
        let Waiting::Sender(reverse_path, parameters) = self.take_waiting() else {
            return out_of_turn();
        };
        if let Err(reply) = decision {
            return self.answer(reply);
        }
        self.messages = self.messages.saturating_add(1);
        self.envelope = Some(Envelope {
            reverse_path,
            parameters,
            recipients: Vec::new(),
        });
        self.answer(Reply::new(250, EnhancedCode::SENDER_OK, "Sender accepted."))
    }

    /// Reports on [`Action::AskRecipient`].
    pub fn recipient_decided(&mut self, decision: Result<(), Reply>) -> Action {
        let Waiting::Recipient(forward_path, parameters) = self.take_waiting() else {
            return out_of_turn();
        };
        match decision {
            // The client of LMTP is a relay of ours that passes on what strangers wrote.
            Err(reply) if self.settings.service == Service::Lmtp => Action::Reply(reply),
            Err(reply) => self.answer(reply),
            Ok(()) => {
                if let Some(envelope) = &mut self.envelope {
                    envelope.recipients.push(Recipient {
                        forward_path,
                        parameters,
                    });
                }
                self.answer(Reply::new(
                    250,
                    EnhancedCode::RECIPIENT_OK,
                    "Recipient accepted.",
                ))
            }
        }
    }

    /// Reports on [`Action::ReadChunk`] without `last`: the chunk is read and within the limits.
    pub fn chunk_stored(&mut self) -> Action {
        match self.take_waiting() {
            Waiting::Content { last: false } => {
                self.answer(Reply::new(250, EnhancedCode::DONE, "Chunk accepted."))
            }
            _ => out_of_turn(),
        }
    }

    /// Reports on [`Action::ReadData`], before anything was sent or read: the message cannot be taken now.
    ///
    /// RFC 5321 3.3, RFC 2033 4.2: without a 354 there is no message, and one reply also in LMTP.
    pub fn data_put_off(&mut self, reply: Reply) -> Action {
        match self.take_waiting() {
            Waiting::Content { last: true } if self.content == Content::None => self.answer(reply),
            _ => out_of_turn(),
        }
    }

    /// Reports on [`Action::ReadData`] or [`Action::ReadChunk`]: the content is read and must be refused.
    pub fn content_refused(&mut self, refusal: DataRefusal) -> Action {
        match self.waiting {
            Waiting::Content { last: true } => self.message_done(Verdict::All(refusal.reply())),
            Waiting::Content { last: false } => {
                self.waiting = Waiting::Command;
                self.content = Content::FailedChunks;
                self.answer(refusal.reply())
            }
            _ => out_of_turn(),
        }
    }

    /// Reports on [`Action::ReadData`], or [`Action::ReadChunk`] with `last`: the message is durable, or refused.
    pub fn message_done(&mut self, verdict: Verdict) -> Action {
        let Waiting::Content { last: true } = self.take_waiting() else {
            return out_of_turn();
        };
        let recipients = self
            .envelope
            .as_ref()
            .map_or(0, |envelope| envelope.recipients.len());
        self.forget_envelope();
        self.junk_commands = 0;
        match self.settings.service {
            // RFC 2033 4.2: one reply for each recipient that was accepted, in the order of the RCPT commands.
            Service::Lmtp => Action::Replies(verdict.for_each(recipients)),
            Service::Mx | Service::Submission => self.answer(verdict.for_all()),
        }
    }

    /// Reports on [`Action::StartTls`]: the handshake succeeded. (Where it failed, the connection is closed.)
    pub fn tls_started(&mut self, peer: Peer) {
        self.waiting = Waiting::Command;
        self.peer = peer;
        // RFC 3207 4.2: what was learnt before is forgotten, the name in EHLO too.
        self.client = None;
        self.principal = None;
        self.forget_envelope();
    }

    /// Reports on [`Action::Authenticate`]: the exchange succeeded for this principal.
    pub fn authenticated(&mut self, principal: &str) -> Action {
        let Waiting::Authentication = self.take_waiting() else {
            return out_of_turn();
        };
        self.principal = Some(principal.into());
        self.answer(Reply::new(235, EnhancedCode::SIGNED_IN, "Signed in."))
    }

    /// Reports on [`Action::Authenticate`]: the exchange failed.
    pub fn authentication_failed(&mut self, failure: AuthFailure) -> Action {
        let Waiting::Authentication = self.take_waiting() else {
            return out_of_turn();
        };
        if failure.is_the_clients_fault() {
            self.auth_failures = self.auth_failures.saturating_add(1);
        }
        match self.auth_failures >= AUTH_FAILURES_MAX {
            true => Action::Close(Reply::new(
                421,
                EnhancedCode::SECURITY_TEMPORARY,
                "Too many failed attempts to sign in.",
            )),
            false => self.answer(failure.reply()),
        }
    }

    fn hello(&mut self, allowed: fn(Service) -> bool, name: ClientName, extended: bool) -> Action {
        // RFC 2033 4.1: LMTP has LHLO instead of HELO and EHLO, which are answered with 500; and SMTP has no LHLO.
        if !allowed(self.settings.service) {
            return self.answer(Reply::new(
                500,
                EnhancedCode::BAD_COMMAND,
                "Not a command of this service.",
            ));
        }
        // RFC 5321 4.1.4: EHLO in mid-session acts as RSET.
        self.forget_envelope();
        self.client = Some(Client { name, extended });
        let reply = match extended {
            true => greeting::capabilities(&self.settings, self.peer, self.principal.is_some()),
            false => Reply::plain(250, self.settings.hostname.to_string()),
        };
        self.answer(reply)
    }

    fn mail(&mut self, reverse_path: ReversePath, parameters: MailParameters) -> Action {
        if let Some(reply) = self.mail_refusal(&reverse_path, &parameters) {
            return self.answer(reply);
        }
        if self.messages >= self.settings.messages_limit {
            // RFC 9422 4.1: more than MAILMAX; a new session is welcome.
            return Action::Close(Reply::new(
                421,
                EnhancedCode::TOO_MANY,
                "Too many messages in this session.",
            ));
        }
        self.waiting = Waiting::Sender(reverse_path.clone(), parameters.clone());
        Action::AskSender {
            reverse_path,
            parameters,
        }
    }

    fn mail_refusal(
        &self,
        reverse_path: &ReversePath,
        parameters: &MailParameters,
    ) -> Option<Reply> {
        if self.client.is_none() {
            return Some(bad_sequence("Say hello first."));
        }
        if self.settings.service == Service::Submission && self.principal.is_none() {
            // RFC 3207 4, RFC 4954 6, RFC 6409 4.3: 530 until the client is protected, and until it has signed in.
            return Some(match self.settings.may_sign_in(self.peer) {
                true => Reply::new(530, EnhancedCode::SECURITY, "Sign in first."),
                false => Reply::new(530, EnhancedCode::SECURITY, "Use STARTTLS first."),
            });
        }
        if self.envelope.is_some() {
            // RFC 5321 4.1.4: MAIL cannot be nested.
            return Some(bad_sequence("There is a sender already."));
        }
        if parameters
            .size_octets
            .is_some_and(|octets| octets > self.settings.size_limit_octets)
        {
            // RFC 1870 6.1: refused at once, before anything is sent.
            return Some(DataRefusal::TooBig.reply());
        }
        if !parameters.smtp_utf8 && !reverse_path.is_ascii() {
            return Some(needs_utf8());
        }
        if parameters.require_tls && !self.peer.tls {
            // RFC 8689 4.1: the option can be asked for only where this hop is under TLS.
            return Some(Reply::new(
                530,
                EnhancedCode::NEEDS_TLS,
                "REQUIRETLS needs TLS here as well.",
            ));
        }
        None
    }

    fn rcpt(&mut self, forward_path: ForwardPath, parameters: RcptParameters) -> Action {
        let Some(envelope) = &self.envelope else {
            return self.answer(bad_sequence("Name the sender first."));
        };
        if self.content != Content::None {
            // RFC 3030 2: recipients are named before the first chunk.
            return self.answer(bad_sequence("The message has begun already."));
        }
        if !envelope.parameters.smtp_utf8 && !forward_path.is_ascii() {
            return self.answer(needs_utf8());
        }
        if envelope.recipients.len() >= self.settings.recipients_limit {
            // RFC 5321 4.5.3.1.10, RFC 9422 4.2: 452; the client sends to the rest in another transaction.
            return Action::Reply(Reply::new(
                452,
                EnhancedCode::TOO_MANY,
                "Too many recipients.",
            ));
        }
        self.waiting = Waiting::Recipient(forward_path.clone(), parameters.clone());
        Action::AskRecipient {
            forward_path,
            parameters,
        }
    }

    fn data(&mut self) -> Action {
        let Some(envelope) = &self.envelope else {
            return self.answer(bad_sequence("Name the sender first."));
        };
        if self.content != Content::None {
            // RFC 3030 2: DATA after BDAT in one transaction.
            return self.answer(bad_sequence("The message has begun with BDAT."));
        }
        if envelope.parameters.body == Body::BinaryMime {
            // RFC 3030 3: binary content has no lines, so DATA cannot carry it.
            return self.answer(bad_sequence("BINARYMIME needs BDAT."));
        }
        if envelope.recipients.is_empty() {
            // RFC 5321 3.3, RFC 2033 4.2: without a valid recipient there is nothing to send.
            return self.answer(bad_sequence("No valid recipients."));
        }
        self.waiting = Waiting::Content { last: true };
        Action::ReadData(Reply::plain(354, "End with a dot on a line of its own."))
    }

    fn bdat(&mut self, octets: u64, last: bool) -> Action {
        let text = match (&self.envelope, self.content) {
            (None, _) => Some("Name the sender first."),
            (Some(_), Content::FailedChunks) => Some("A chunk was refused; use RSET."),
            (Some(envelope), _) if envelope.recipients.is_empty() => Some("No valid recipients."),
            (Some(_), _) => None,
        };
        let Some(text) = text else {
            self.content = Content::Chunks;
            self.waiting = Waiting::Content { last };
            return Action::ReadChunk { octets, last };
        };
        let bound = self
            .settings
            .size_limit_octets
            .saturating_mul(DISCARD_FACTOR);
        if octets > bound {
            return Action::Close(Reply::too_much());
        }
        if last {
            self.forget_envelope();
        } else if self.envelope.is_some() {
            self.content = Content::FailedChunks;
        }
        // RFC 3030 2: the octets come in any case, since the client may not wait; they are thrown away.
        match self.answer(bad_sequence(text)) {
            Action::Reply(then) => Action::DiscardChunk { octets, then },
            other => other,
        }
    }

    fn start_tls(&mut self) -> Action {
        if self.peer.tls {
            return self.answer(bad_sequence("TLS is there already."));
        }
        if !self.settings.starttls {
            return self.answer(not_implemented());
        }
        self.waiting = Waiting::Tls;
        Action::StartTls(Reply::new(220, EnhancedCode::DONE, "Go ahead."))
    }

    fn auth(&mut self, mechanism: Box<str>, initial: Option<SaslResponse>) -> Action {
        if let Some(reply) = self.auth_refusal(&mechanism) {
            return self.answer(reply);
        }
        self.waiting = Waiting::Authentication;
        Action::Authenticate { mechanism, initial }
    }

    fn auth_refusal(&self, mechanism: &str) -> Option<Reply> {
        if self.settings.service != Service::Submission || self.settings.mechanisms.is_empty() {
            return Some(not_implemented());
        }
        if !self.client.as_ref().is_some_and(|client| client.extended) {
            return Some(bad_sequence("Say EHLO first."));
        }
        if self.principal.is_some() {
            // RFC 4954 4: no second AUTH after one that succeeded.
            return Some(bad_sequence("Signed in already."));
        }
        if self.envelope.is_some() {
            // RFC 4954 4: not during a mail transaction.
            return Some(bad_sequence("Not while a message is sent."));
        }
        if !self.settings.may_sign_in(self.peer) {
            // RFC 4954 6: 538 where the mechanism may be used under encryption only.
            return Some(Reply::new(
                538,
                EnhancedCode::AUTH_NEEDS_TLS,
                "Use STARTTLS before signing in.",
            ));
        }
        if !self.settings.offers(mechanism, self.peer) {
            // RFC 4954 4: 504 for a mechanism that is not there.
            return Some(Reply::new(
                504,
                EnhancedCode::BAD_ARGUMENT,
                "No such way of signing in.",
            ));
        }
        None
    }

    /// Commands that bring no message nearer; too many of them between two messages count as errors.
    fn is_junk(&self, command: &Command) -> bool {
        match command {
            Command::Noop | Command::Rset | Command::Vrfy | Command::Expn | Command::Help => true,
            Command::Ehlo(_) | Command::Helo(_) | Command::Lhlo(_) => self.client.is_some(),
            Command::Bdat { octets, .. } => *octets == 0,
            Command::Mail { .. }
            | Command::Rcpt { .. }
            | Command::Data
            | Command::Quit
            | Command::StartTls
            | Command::Auth { .. } => false,
        }
    }

    /// Sends a reply, and counts it where it is a refusal. Too many end the session (RFC 5321 3.8, 4.3.2: 421).
    fn answer(&mut self, reply: Reply) -> Action {
        if reply.is_permanent() {
            self.errors = self.errors.saturating_add(1);
        }
        match self.errors >= self.settings.errors_limit {
            true => Action::Close(Reply::new(
                421,
                EnhancedCode::SECURITY_TEMPORARY,
                "Too many errors.",
            )),
            false => Action::Reply(reply),
        }
    }

    fn forget_envelope(&mut self) {
        self.envelope = None;
        self.content = Content::None;
    }

    fn take_waiting(&mut self) -> Waiting {
        std::mem::replace(&mut self.waiting, Waiting::Command)
    }
}

/// The connection loop broke the order of calls: a bug of ours, so the client is asked to come again.
fn out_of_turn() -> Action {
    Action::Close(Reply::new(
        421,
        EnhancedCode::SYSTEM_TEMPORARY,
        "Local error, please try again later.",
    ))
}

fn done() -> Reply {
    Reply::new(250, EnhancedCode::DONE, "Done.")
}

fn bad_sequence(text: &'static str) -> Reply {
    Reply::new(503, EnhancedCode::BAD_COMMAND, text)
}

fn not_implemented() -> Reply {
    Reply::new(502, EnhancedCode::BAD_COMMAND, "Not implemented here.")
}

/// RFC 6531 3.5: an address in UTF-8 where MAIL did not say SMTPUTF8.
fn needs_utf8() -> Reply {
    Reply::new(
        553,
        EnhancedCode::NEEDS_UTF8,
        "An address in UTF-8 needs SMTPUTF8.",
    )
}

#[cfg(test)]
mod tests;

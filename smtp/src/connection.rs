//! The connection: carries out what the session decides, one client at a time.

use std::sync::Arc;

use groupware::Groupware;
use listen::Connection;

use crate::Settings;
use crate::client::{Client, peer};
use crate::codec::{LineKind, Reply, parse_command};
use crate::command::{auth, bdat, data, mail, rcpt};
use crate::counters::Counters;
use crate::service::Shared;
use crate::session::{Action, Service, Session};
use crate::transaction::Transaction;
use crate::wire::{COMMAND_TIMEOUT, Ended, SIGN_IN_TIMEOUT, Wire};

/// One service: mail from other servers, from our people, or from a relay of ours. A clone is the same service.
#[derive(Clone, Debug)]
pub struct Smtp(Arc<Shared>);

impl Smtp {
    /// A service over these operations.
    #[must_use]
    pub fn new(groupware: Groupware, service: Service, settings: Settings) -> Self {
        Self(Arc::new(Shared::new(groupware, service, settings)))
    }

    /// What was taken, refused and put off so far.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.0.counters
    }

    /// Serves one client until it or the server ends the connection.
    pub async fn serve(&self, connection: Connection) {
        let dialogue = Dialogue::new(Arc::clone(&self.0), connection);
        // On the heap: it lives as long as the connection.
        Box::pin(dialogue.run()).await;
    }
}

/// A dialogue with one client.
#[derive(Debug)]
struct Dialogue {
    shared: Arc<Shared>,
    wire: Wire,
    session: Session,
    client: Client,
    transaction: Transaction,
}

/// How the dialogue goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Command,
    StartTls,
    Close,
}

impl Dialogue {
    fn new(shared: Arc<Shared>, connection: Connection) -> Self {
        let settings = shared.session_settings(&connection);
        Self {
            session: Session::new(settings, peer(&connection)),
            client: Client::new(&shared, &connection),
            wire: Wire::new(connection),
            transaction: Transaction::default(),
            shared,
        }
    }

    async fn run(mut self) {
        let session = self.client.actor().session;
        self.wire.say(&self.session.greeting());
        let ended = loop {
            match self.step().await {
                Ok(Next::Command) => {}
                Ok(Next::StartTls) => match self.start_tls().await {
                    Ok(secured) => self = secured,
                    Err(ended) => return note(session, &ended),
                },
                Ok(Next::Close) => break None,
                Err(ended) => break Some(ended),
            }
        };
        match &ended {
            None => {}
            Some(Ended::Stopping) => self.wire.say(&Reply::stopping()),
            Some(Ended::Idle) => self.wire.say(&Reply::idle()),
            Some(ended @ (Ended::Gone | Ended::Broken(_))) => return note(session, ended),
        }
        if let Err(ended) = self.wire.close().await {
            note(session, &ended);
        }
    }

    /// Reads one command and does what it asks for.
    async fn step(&mut self) -> Result<Next, Ended> {
        let timeout = match self.shared.service {
            Service::Submission if self.session.principal().is_none() => SIGN_IN_TIMEOUT,
            Service::Submission | Service::Mx | Service::Lmtp => COMMAND_TIMEOUT,
        };
        let session = &mut self.session;
        let read = self.wire.line(LineKind::Command, timeout, |line, behind| {
            match line
                .map_err(|error| error.reply())
                .and_then(|line| parse_command(line).map_err(|error| error.reply()))
            {
                Ok(command) => session.command(command, behind),
                Err(reply) => session.refuse(reply),
            }
        });
        let mut action = read.await?;
        loop {
            action = match action {
                Action::Reply(reply) => return Ok(self.answer(&[reply])),
                Action::Replies(replies) => return Ok(self.answer(&replies)),
                Action::StartTls(reply) => {
                    self.answer(&[reply]);
                    return Ok(Next::StartTls);
                }
                Action::Close(reply) => {
                    self.answer(&[reply]);
                    return Ok(Next::Close);
                }
                other => self.carry_out(other).await?,
            };
        }
    }

    /// Does what needs somebody else, and reports to the session.
    async fn carry_out(&mut self, action: Action) -> Result<Action, Ended> {
        let Self {
            shared,
            wire,
            session,
            client,
            transaction,
        } = self;
        match action {
            Action::AskSender {
                reverse_path,
                parameters,
            } => {
                let decision = mail::decide(shared, client, &reverse_path, &parameters).await;
                Ok(session.sender_decided(decision))
            }
            Action::AskRecipient { forward_path, .. } => {
                let decision =
                    rcpt::decide(shared, client, session.envelope(), &forward_path).await;
                shared.counters.recipient(decision.as_ref().err());
                Ok(session.recipient_decided(transaction.decided(decision)))
            }
            Action::ReadData(go_ahead) => {
                let done = data::run(shared, client, session, transaction, wire, go_ahead).await?;
                Ok(counted(shared, done))
            }
            Action::ReadChunk { octets, last } => {
                let announced = bdat::Announced { octets, last };
                let done = bdat::run(shared, client, session, transaction, wire, announced).await?;
                Ok(if last { counted(shared, done) } else { done })
            }
            Action::DiscardChunk { octets, then } => {
                bdat::discard(wire, octets).await?;
                Ok(Action::Reply(then))
            }
            Action::Authenticate { mechanism, initial } => {
                auth::run(shared, client, session, wire, &mechanism, initial).await
            }
            Action::Reply(_) | Action::Replies(_) | Action::StartTls(_) | Action::Close(_) => {
                Ok(action)
            }
        }
    }

    fn answer(&mut self, replies: &[Reply]) -> Next {
        for reply in replies {
            self.wire.say(reply);
        }
        if self.session.envelope().is_none() {
            self.transaction.forget();
        }
        Next::Command
    }

    async fn start_tls(mut self) -> Result<Self, Ended> {
        let wire = self.wire.start_tls().await?;
        self.session.tls_started(peer(wire.connection()));
        self.client.tls_started(wire.connection());
        self.transaction.forget();
        Ok(Self { wire, ..self })
    }
}

/// Counts what a message was answered with.
fn counted(shared: &Shared, action: Action) -> Action {
    match &action {
        Action::Reply(reply) | Action::Close(reply) => shared.counters.message(reply),
        Action::Replies(replies) => replies
            .iter()
            .for_each(|reply| shared.counters.message(reply)),
        Action::AskSender { .. }
        | Action::AskRecipient { .. }
        | Action::ReadData(_)
        | Action::ReadChunk { .. }
        | Action::DiscardChunk { .. }
        | Action::StartTls(_)
        | Action::Authenticate { .. } => {}
    }
    action
}

/// For the operator; clients that go without QUIT are everyday.
fn note(session: model::SessionId, ended: &Ended) {
    match ended {
        Ended::Gone | Ended::Idle | Ended::Stopping => {
            tracing::debug!(%session, reason = ?ended, "connection ended by the client");
        }
        Ended::Broken(error) => tracing::debug!(%session, %error, "connection broke"),
    }
}

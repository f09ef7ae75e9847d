//! A connection without a socket: the pure session with a small fake for senders, recipients, passwords and the store.
//!
//! Local parts decide: `unknown@` is refused with 550, `later@` put off with 451, `full@` accepted at RCPT and put off
//! when the message is stored; `stranger@` may not send. `user@example.org` has the password `secret`.

use std::sync::Arc;

use smtp::codec::{
    ChunkReader, ChunkStep, DataReader, DataStep, EnhancedCode, LineKind, LineReader, LineStep,
    Mailbox, Reply, SaslLine, SaslResponse, parse_command, parse_sasl_line,
};
use smtp::session::{Action, AuthFailure, Behind, Peer, Session, Settings, Verdict};

/// A connection that is fed packets and collects what is said.
pub(crate) struct Dialogue {
    session: Session,
    input: Vec<u8>,
    output: Vec<u8>,
    lines: LineReader,
    reading: Reading,
    chunks: Option<ChunkReader>,
    /// The messages that were stored.
    pub(crate) messages: Vec<Vec<u8>>,
    /// Whether the server has closed.
    pub(crate) closed: bool,
}

enum Reading {
    Commands,
    Data(DataReader),
    Chunk { last: bool },
    Discard { octets: u64, then: Reply },
    Sasl,
}

impl Dialogue {
    pub(crate) fn new(settings: Settings, peer: Peer) -> Self {
        let session = Session::new(Arc::new(settings), peer);
        let output = session.greeting().to_bytes();
        Self {
            session,
            input: Vec::new(),
            output,
            lines: LineReader::new(),
            reading: Reading::Commands,
            chunks: None,
            messages: Vec::new(),
            closed: false,
        }
    }

    /// What was said since the last call.
    pub(crate) fn said(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    /// Gives the session one packet.
    pub(crate) fn send(&mut self, packet: &[u8]) {
        self.input.extend_from_slice(packet);
        while !self.closed && self.step() {}
    }

    /// Does one thing with the input; `false` where more of it is needed.
    fn step(&mut self) -> bool {
        match std::mem::replace(&mut self.reading, Reading::Commands) {
            Reading::Commands => self.command(),
            Reading::Data(mut reader) => match reader.push(&self.input) {
                DataStep::More => {
                    self.input.clear();
                    self.reading = Reading::Data(reader);
                    false
                }
                DataStep::Done { consumed } => {
                    self.input.drain(..consumed);
                    let action = match reader.finish() {
                        Ok(message) => self.store(message),
                        Err(refusal) => self.session.content_refused(refusal),
                    };
                    self.act(action)
                }
                DataStep::Abandon => self.act(Action::Close(Reply::too_much())),
            },
            Reading::Chunk { last } => self.chunk(last),
            Reading::Discard { octets, then } => {
                let taken = self
                    .input
                    .len()
                    .min(usize::try_from(octets).unwrap_or(usize::MAX));
                self.input.drain(..taken);
                let octets = octets - taken as u64;
                if octets == 0 {
                    return self.act(Action::Reply(then));
                }
                self.reading = Reading::Discard { octets, then };
                false
            }
            Reading::Sasl => self.sasl(),
        }
    }

    fn command(&mut self) -> bool {
        let (action, consumed) = match self.lines.next(&self.input, LineKind::Command) {
            LineStep::More { consumed } => {
                self.input.drain(..consumed);
                return false;
            }
            LineStep::Bad { error, consumed } => (self.session.refuse(error.reply()), consumed),
            LineStep::Line { line, consumed } => {
                let behind = match self.input.len() > consumed {
                    true => Behind::Octets,
                    false => Behind::Nothing,
                };
                let action = match parse_command(line) {
                    Ok(command) => self.session.command(command, behind),
                    Err(error) => self.session.refuse(error.reply()),
                };
                (action, consumed)
            }
        };
        self.input.drain(..consumed);
        self.act(action)
    }

    fn chunk(&mut self, last: bool) -> bool {
        let mut reader = self.chunks.take().expect("made when the chunk began");
        let step = reader.push(&self.input);
        let ChunkStep::Done { consumed } = step else {
            self.input.clear();
            self.chunks = Some(reader);
            self.reading = Reading::Chunk { last };
            return false;
        };
        self.input.drain(..consumed);
        let action = match (reader.refusal(), last) {
            (Some(refusal), _) => self.session.content_refused(refusal),
            (None, false) => {
                self.chunks = Some(reader);
                self.session.chunk_stored()
            }
            (None, true) => match reader.finish() {
                Ok(message) => self.store(message),
                Err(refusal) => self.session.content_refused(refusal),
            },
        };
        self.act(action)
    }

    fn sasl(&mut self) -> bool {
        let (outcome, consumed) = match self.lines.next(&self.input, LineKind::Sasl) {
            LineStep::More { consumed } => {
                self.input.drain(..consumed);
                self.reading = Reading::Sasl;
                return false;
            }
            LineStep::Bad { consumed, .. } => (Err(AuthFailure::TooLong), consumed),
            LineStep::Line { line, consumed } => match parse_sasl_line(line) {
                Ok(SaslLine::Cancel) => (Err(AuthFailure::Cancelled), consumed),
                Ok(SaslLine::Response(response)) => (Ok(response), consumed),
                Err(_) => (Err(AuthFailure::Malformed), consumed),
            },
        };
        self.input.drain(..consumed);
        let action = self.prove(outcome);
        self.act(action)
    }

    fn prove(&mut self, response: Result<SaslResponse, AuthFailure>) -> Action {
        match response {
            Ok(response) if response.as_bytes() == b"\0user@example.org\0secret" => {
                self.session.authenticated("user@example.org")
            }
            Ok(_) => self.session.authentication_failed(AuthFailure::Invalid),
            Err(failure) => self.session.authentication_failed(failure),
        }
    }

    fn store(&mut self, message: Vec<u8>) -> Action {
        self.messages.push(message);
        let accepted = Reply::accepted(&self.messages.len().to_string());
        let envelope = self.session.envelope().expect("a message has one");
        let replies = envelope.recipients.iter().map(|recipient| {
            match local(recipient.forward_path.mailbox()) {
                "full" => Reply::new(452, EnhancedCode::MAILBOX_FULL_FOR_NOW, "Mailbox full."),
                _ => accepted.clone(),
            }
        });
        let verdict = Verdict::Each(replies.collect());
        self.session.message_done(verdict)
    }

    fn act(&mut self, action: Action) -> bool {
        match action {
            Action::Reply(reply) => self.say(&reply),
            Action::Replies(replies) => replies.iter().for_each(|reply| self.say(reply)),
            Action::AskSender { reverse_path, .. } => {
                let decision = match local(reverse_path.mailbox()) {
                    "stranger" => Err(Reply::not_your_address()),
                    _ => Ok(()),
                };
                let action = self.session.sender_decided(decision);
                return self.act(action);
            }
            Action::AskRecipient { forward_path, .. } => {
                let decision = match local(forward_path.mailbox()) {
                    "unknown" => Err(Reply::no_mailbox()),
                    "later" => Err(Reply::try_later()),
                    _ => Ok(()),
                };
                let action = self.session.recipient_decided(decision);
                return self.act(action);
            }
            Action::ReadData(reply) => {
                self.say(&reply);
                let limit = self.session.settings().size_limit_octets;
                self.reading = Reading::Data(DataReader::new(Vec::new(), limit, None));
            }
            Action::ReadChunk { octets, last } => {
                let limit = self.session.settings().size_limit_octets;
                let body = self.session.envelope().expect("asked for").parameters.body;
                let reader = self
                    .chunks
                    .get_or_insert_with(|| ChunkReader::new(Vec::new(), limit, None, body));
                if !reader.begin(octets) {
                    return self.act(Action::Close(Reply::too_much()));
                }
                self.reading = Reading::Chunk { last };
            }
            Action::DiscardChunk { octets, then } => {
                self.reading = Reading::Discard { octets, then };
            }
            Action::StartTls(reply) => {
                self.say(&reply);
                self.session.tls_started(Peer {
                    tls: true,
                    bound: true,
                    loopback: false,
                });
            }
            Action::Authenticate { initial, .. } => match initial {
                Some(response) => {
                    let action = self.prove(Ok(response));
                    return self.act(action);
                }
                None => {
                    self.say(&Reply::challenge(b""));
                    self.reading = Reading::Sasl;
                }
            },
            Action::Close(reply) => {
                self.say(&reply);
                self.closed = true;
            }
        }
        if self.session.envelope().is_none() {
            self.chunks = None;
        }
        !matches!(self.reading, Reading::Commands) || !self.input.is_empty()
    }

    fn say(&mut self, reply: &Reply) {
        reply.encode(&mut self.output);
    }
}

fn local(mailbox: Option<&Mailbox>) -> &str {
    mailbox.map_or("", |mailbox| mailbox.local.as_str())
}

//! The loop of a connection: octets to commands, commands to answers, until one side ends it.

mod authenticate;

use std::sync::Arc;

use groupware::{Groupware, SCRIPT_OCTETS_MAX};
use listen::{Connection, Deadline};

use crate::answer::Answer;
use crate::client::Client;
use crate::codec::{Command, Condition, Frame, FrameError, FrameLimits, Framer, parse};
use crate::command::{self, Next};
use crate::counters::Counters;
use crate::error;
use crate::output::Output;
use crate::session::is_allowed;
use crate::settings::Settings;

/// One client from greeting to goodbye.
#[derive(Debug)]
pub(crate) struct Serving {
    client: Client,
    out: Output,
    framer: Framer,
    mistakes: u32,
    /// When a client must be signed in, however busy it is.
    sign_in_by: Deadline,
    counters: Arc<Counters>,
}

/// Whether the session goes on.
enum Flow {
    On,
    End,
}

/// Whatever ends a connection without a word.
type Lost = listen::Error;

impl Serving {
    pub(crate) fn new(
        groupware: Groupware,
        settings: Arc<Settings>,
        counters: Arc<Counters>,
        connection: Connection,
    ) -> Self {
        let sign_in_by = settings.sign_in_timeout.saturating_mul(SIGN_IN_PATIENCE);
        let out = Output::new(connection, settings.write_timeout);
        Self {
            client: Client::new(groupware, settings),
            out,
            framer: Framer::new(FrameLimits::BEFORE_SIGN_IN),
            mistakes: 0,
            sign_in_by: sign_in_by.into(),
            counters,
        }
    }

    /// Serves the client until one side ends it.
    pub(crate) async fn run(mut self) -> Result<(), Lost> {
        self.greet();
        self.out.flush().await?;
        let stopping = self.out.connection.stopping();
        loop {
            match self.next_frame() {
                Frame::More => {
                    self.out.flush().await?;
                    let silence = self.silence();
                    let filled = tokio::select! {
                        // Cancellation-safe: what arrived stays in the connection's buffer.
                        filled = self.out.connection.fill(silence) => filled,
                        () = stopping.cancelled() => {
                            return self.goodbye("The server is shutting down").await;
                        }
                    };
                    match filled {
                        Ok(0) => return Ok(()),
                        Ok(_) => {}
                        // RFC 5804 1.2: the autologout timer.
                        Err(listen::Error::TimedOut) => {
                            return self.goodbye("Silent for too long").await;
                        }
                        Err(error) => return Err(error),
                    }
                }
                Frame::Failed(error) => {
                    if let Flow::End = self.failed(error) {
                        return self.goodbye("This cannot be understood any more").await;
                    }
                }
                Frame::Command => {
                    let (flow, back) = Box::pin(self.command()).await?;
                    self = back;
                    if let Flow::End = flow {
                        return self.out.shutdown().await;
                    }
                }
            }
            if self.mistakes > MISTAKES_MAX {
                return self.goodbye("Too many mistakes").await;
            }
        }
    }

    /// RFC 5804 1.7: the greeting is what is offered, and OK.
    fn greet(&mut self) {
        let (connection, mut encoder) = self.out.parts();
        self.client.capabilities(connection, &mut encoder);
        let text = format!("{} Wachpost", self.client.settings.hostname);
        encoder.answer(Condition::Ok, None, &text);
    }

    /// How long the client may be silent now.
    fn silence(&self) -> Deadline {
        let settings = &self.client.settings;
        if self.client.user.is_some() {
            settings.idle_timeout.into()
        } else {
            Deadline::after(settings.sign_in_timeout).min(self.sign_in_by)
        }
    }

    fn next_frame(&mut self) -> Frame {
        let mut input = self.out.connection.buffer();
        let there = input.len();
        let frame = self.framer.feed(&mut input);
        let taken = there.saturating_sub(input.len());
        self.out.connection.consume(taken);
        frame
    }

    /// Answers a command that was given up while it was read.
    fn failed(&mut self, failed: FrameError) -> Flow {
        if failed.is_fatal() {
            return Flow::End;
        }
        self.mistakes = self.mistakes.saturating_add(1);
        error::frame(failed).encode(&mut self.out.encoder());
        Flow::On
    }

    /// Runs the command that was framed.
    async fn command(mut self) -> Result<(Flow, Self), Lost> {
        self.counters.command();
        let command = match parse(self.framer.command()) {
            Ok(command) => command,
            Err(fault) => {
                self.mistakes = self.mistakes.saturating_add(1);
                error::fault(fault).encode(&mut self.out.encoder());
                return Ok((Flow::On, self));
            }
        };
        if !is_allowed(self.client.phase(), &command) {
            self.mistakes = self.mistakes.saturating_add(1);
            Answer::no("Not in this state").encode(&mut self.out.encoder());
            return Ok((Flow::On, self));
        }
        if let Some(user) = self.client.user.clone()
            && let Err(failure) = user.still_welcome().await
        {
            let next = command::finish(&mut self.out, Err(failure))?;
            return self.apply(next).await;
        }
        let next = match command {
            Command::Authenticate { mechanism, initial } => {
                let initial = initial.as_deref();
                let run =
                    authenticate::run(&mut self.client, &mut self.out, &mechanism, initial).await;
                command::finish_sign_in(&mut self.out, run)?
            }
            command => command::run(&mut self.client, &mut self.out, command).await?,
        };
        self.apply(next).await
    }

    /// Does what only the loop can do.
    async fn apply(mut self, next: Next) -> Result<(Flow, Self), Lost> {
        match next {
            Next::Command => {}
            Next::Mistake => self.mistakes = self.mistakes.saturating_add(1),
            Next::SignedIn => {
                self.counters.signed_in();
                self.mistakes = 0;
                self.framer
                    .set_limits(FrameLimits::after_sign_in(SCRIPT_OCTETS_MAX));
            }
            Next::SignedOut => {
                let patience = self.client.settings.sign_in_timeout;
                self.sign_in_by = patience.saturating_mul(SIGN_IN_PATIENCE).into();
                self.framer.set_limits(FrameLimits::BEFORE_SIGN_IN);
            }
            Next::Refused => {
                self.counters.refused();
                self.mistakes = self.mistakes.saturating_add(SIGN_IN_WEIGHT);
            }
            Next::StartTls => {
                let within = self.client.settings.sign_in_timeout;
                self.out = self.out.start_tls(within).await?;
                // RFC 5804 2.2: what is offered is said again, since nobody can have changed it now.
                self.greet();
            }
            Next::End => return Ok((Flow::End, self)),
        }
        Ok((Flow::On, self))
    }

    async fn goodbye(mut self, text: &'static str) -> Result<(), Lost> {
        self.out.encoder().answer(Condition::Bye, None, text);
        self.out.shutdown().await
    }
}

/// Mistakes of a client before it is sent away: a guesser, or a program that speaks something else.
const MISTAKES_MAX: u32 = 40;
/// So many times the silence that is borne before sign-in may pass until somebody is signed in.
const SIGN_IN_PATIENCE: u32 = 10;
/// So much does a refused sign-in weigh against them.
const SIGN_IN_WEIGHT: u32 = 8;

//! The loop of a connection: octets to commands, commands to answers, until one side ends it.

mod authenticate;

use std::sync::Arc;

use groupware::{Groupware, SCRIPT_OCTETS_MAX};
use listen::{Connection, Deadline, FaceCounters, Patience};

use crate::answer::Answer;
use crate::client::Client;
use crate::codec::{Command, Condition, Frame, FrameError, FrameLimits, Framer, parse};
use crate::command::{self, Next};
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
    patience: Patience,
    counters: Arc<FaceCounters>,
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
        counters: Arc<FaceCounters>,
        connection: Connection,
    ) -> Self {
        let patience = Patience::new(settings.sign_in_timeout);
        let out = Output::new(connection, settings.write_timeout);
        Self {
            client: Client::new(groupware, settings),
            out,
            framer: Framer::new(FrameLimits::BEFORE_SIGN_IN),
            patience,
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
            if self.patience.is_over() {
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
            self.patience.until_sign_in()
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
        self.patience.mistake();
        error::frame(failed).encode(&mut self.out.encoder());
        Flow::On
    }

    /// Runs the command that was framed.
    async fn command(mut self) -> Result<(Flow, Self), Lost> {
        self.counters.request();
        let command = match parse(self.framer.command()) {
            Ok(command) => command,
            Err(fault) => {
                self.patience.mistake();
                error::fault(fault).encode(&mut self.out.encoder());
                return Ok((Flow::On, self));
            }
        };
        if !is_allowed(self.client.phase(), &command) {
            self.patience.mistake();
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
            Next::Mistake => self.patience.mistake(),
            Next::SignedIn => {
                self.counters.signed_in();
                self.patience.signed_in();
                self.framer
                    .set_limits(FrameLimits::after_sign_in(SCRIPT_OCTETS_MAX));
            }
            Next::SignedOut => {
                self.patience.signed_out();
                self.framer.set_limits(FrameLimits::BEFORE_SIGN_IN);
            }
            Next::Refused => {
                self.counters.refused();
                self.patience.refused();
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

//! The loop of a connection: octets to commands, commands to answers, until one side ends it.

mod authenticate;
mod idle;

use std::sync::Arc;

use groupware::Groupware;
use listen::{Connection, Deadline, FaceCounters, Patience, Reservation};

use crate::answer::{Answer, AnswerCode};
use crate::client::Client;
use crate::codec::{
    Code, Command, Condition, Frame, FrameError, FrameFault, FrameLimits, Framer, LiteralRequest,
    parse,
};
use crate::command::{self, Next};
use crate::error;
use crate::output::Output;
use crate::session::is_allowed;
use crate::settings::Settings;

/// One client from greeting to goodbye.
#[derive(Debug)]
pub(crate) struct Serving {
    pub(crate) client: Client,
    pub(crate) out: Output,
    framer: Framer,
    /// Memory for the message literals of the command that is being read.
    reserved: Option<Reservation>,
    patience: Patience,
    counters: Arc<FaceCounters>,
}

/// Whether the session goes on.
pub(crate) enum Flow {
    On,
    End,
}

/// Whatever ends a connection without a word.
pub(crate) type Lost = listen::Error;

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
            framer: Framer::new(FrameLimits::BEFORE_LOGIN),
            reserved: None,
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
                        // RFC 9051 5.4: the autologout timer.
                        Err(listen::Error::TimedOut) => {
                            return self.goodbye("Silent for too long").await;
                        }
                        Err(error) => return Err(error),
                    }
                }
                Frame::Literal(request) => self.literal(request).await?,
                Frame::Failed(error) => {
                    if let Flow::End = self.failed(&error) {
                        return self.goodbye("This cannot be understood any more").await;
                    }
                }
                Frame::Command => {
                    let (next, back) = Box::pin(self.command()).await?;
                    self = back;
                    if let Flow::End = next {
                        return self.out.shutdown().await;
                    }
                }
            }
            if self.patience.is_over() {
                return self.goodbye("Too many mistakes").await;
            }
        }
    }

    /// RFC 9051 7.1.1: the greeting, with what is offered.
    fn greet(&mut self) {
        let code = AnswerCode::Capability(self.client.capabilities(&self.out.connection));
        let text = format!("{} Wachpost", self.client.settings.hostname);
        let mut encoder = self.out.encoder();
        code.with(|code| encoder.untagged(Condition::Ok, code, &text));
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

    /// Takes or refuses a literal that waits.
    async fn literal(&mut self, request: LiteralRequest) -> Result<(), Lost> {
        let taken = !request.message || self.reserve(request.octets);
        if !taken {
            self.framer.refuse();
            return Ok(());
        }
        self.framer.accept();
        if request.synchronising {
            self.out.encoder().continuation("Ready");
            self.out.flush().await?;
        }
        Ok(())
    }

    /// Memory for a message: its octets as they come in, and once more while it is made ready.
    fn reserve(&mut self, octets: usize) -> bool {
        let budget = &self.client.settings.budget;
        if octets > budget.limit_octets() {
            return false;
        }
        let needed = octets.saturating_mul(2).min(budget.limit_octets());
        match &mut self.reserved {
            // RFC 3502: whoever holds memory does not wait for more, or two could wait for each other.
            Some(reserved) => reserved.try_grow(needed),
            None => {
                self.reserved = budget.try_reserve(needed);
                self.reserved.is_some()
            }
        }
    }

    /// Answers a command that was given up while it was read.
    fn failed(&mut self, error: &FrameError) -> Flow {
        self.reserved = None;
        let answer = match error.fault {
            // RFC 7889 4: TOOBIG.
            FrameFault::LiteralTooBig { message: true, .. } => {
                Answer::no(Code::TooBig, "The message is too large")
            }
            FrameFault::LiteralTooBig { .. } => Answer::no(Code::Limit, "The literal is too large"),
            FrameFault::TextTooLong { .. } => Answer::bad("The command is too long"),
            FrameFault::Refused => Answer::no(
                Code::Unavailable,
                "No memory for this message at the moment, try again",
            ),
        };
        if answer.condition == Condition::Bad {
            self.patience.mistake();
        }
        let tag = error.tag.as_deref().unwrap_or("*");
        answer.encode(tag, &mut self.out.encoder());
        if error.fatal { Flow::End } else { Flow::On }
    }

    /// Runs the command that was framed.
    async fn command(mut self) -> Result<(Flow, Self), Lost> {
        self.counters.request();
        let form = self.client.enabled.form();
        self.out.form = form;
        let (tag, command) = match parse(self.framer.command(), form) {
            Ok(parsed) => parsed,
            Err(fault) => {
                self.patience.mistake();
                let answer = error::fault(&fault.fault);
                let tag = fault.tag.map_or("*", |tag| tag.as_str());
                answer.encode(tag, &mut self.out.encoder());
                self.reserved = None;
                return Ok((Flow::On, self));
            }
        };
        let tag = tag.as_str();
        if !is_allowed(self.client.phase(), &command) {
            self.patience.mistake();
            // RFC 9051 3: a command in the wrong state is a mistake of the client.
            Answer::bad("Not in this state").encode(tag, &mut self.out.encoder());
            self.reserved = None;
            return Ok((Flow::On, self));
        }
        if let Some(user) = self.client.user.clone()
            && let Err(failure) = user.still_welcome().await
        {
            let next = command::finish(&mut self.out, tag, Err(failure))?;
            self.reserved = None;
            return self.apply(next).await;
        }
        let next = match command {
            Command::Authenticate { mechanism, initial } => {
                let initial = initial.as_ref().map(|initial| initial.expose());
                let run = authenticate::run(&mut self.client, &mut self.out, mechanism, initial);
                let answer = run.await;
                command::finish_sign_in(&mut self.out, tag, answer)?
            }
            Command::Idle => {
                let run = idle::run(&mut self.client, &mut self.out, tag);
                run.await?
            }
            command => command::run(&mut self.client, &mut self.out, tag, command).await?,
        };
        self.reserved = None;
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
                let limit = self.client.settings.append_limit_octets;
                self.framer.set_limits(FrameLimits::after_login(limit));
            }
            Next::SignedOut => {
                self.patience.signed_out();
                self.framer.set_limits(FrameLimits::BEFORE_LOGIN);
            }
            Next::Refused => {
                self.counters.refused();
                self.patience.refused();
            }
            Next::StartTls => {
                let within = self.client.settings.sign_in_timeout;
                self.out = self.out.start_tls(within).await?;
            }
            Next::Compress => self.out = self.out.compress().await?,
            Next::End => return Ok((Flow::End, self)),
        }
        Ok((Flow::On, self))
    }

    async fn goodbye(mut self, text: &'static str) -> Result<(), Lost> {
        self.out.encoder().untagged(Condition::Bye, None, text);
        self.out.shutdown().await
    }
}

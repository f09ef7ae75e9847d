//! Session: a connection to a server that has been greeted, secured and signed in to, ready for mail.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use listen::Deadline;
use rustls::pki_types::ServerName;

use super::channel::{Broken, Channel};
use super::extensions::Extensions;

use super::limits::Timeouts;
use super::reply::{Class, Reply};
use super::tls::{Checks, Demand, NoTls};
use crate::process::flaw::Flaw;
use crate::process::surroundings::Io;
use crate::wire::Credentials;

/// An open session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) channel: Channel,
    pub(crate) offered: Extensions,
    /// Messages that went over it.
    pub(crate) messages: u32,
    /// Whether RSET must come before the next MAIL.
    pub(crate) unclean: bool,
    /// Whether the server said that it closes it.
    pub(crate) closing: bool,
}

/// When TLS begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum When {
    /// Not at all.
    Never,
    /// By STARTTLS, if that is offered.
    IfOffered,
    /// By STARTTLS, or nothing is sent.
    Always,
    /// From the first octet (RFC 8314 3.3).
    AtOnce,
}

/// How a session is opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening<'a> {
    /// Our name.
    pub(crate) helo: &'a str,
    /// The server's.
    pub(crate) name: &'a str,
    /// Whether it was found in the DNS, and so must not be ourselves.
    pub(crate) stranger: bool,
    /// When TLS begins.
    pub(crate) when: When,
    /// What its certificate has to be.
    pub(crate) demand: &'a Demand,
    /// Whether that is enforced, or only reported.
    pub(crate) enforced: bool,
    /// How we sign in.
    pub(crate) credentials: Option<&'a Credentials>,
    /// How long anything may take.
    pub(crate) timeouts: &'a Timeouts,
    /// What certificates are checked with.
    pub(crate) checks: &'a Checks,
    /// When it must be open and the message sent.
    pub(crate) until: Deadline,
}

impl Opening<'_> {
    /// Whether the answer to EHLO begins with our own name (RFC 5321 4.1.1.1).
    fn is_own(&self, reply: &Reply) -> bool {
        let name = reply.text.split_ascii_whitespace().next();
        self.stranger && name.is_some_and(|name| name.eq_ignore_ascii_case(self.helo))
    }
}

/// Why there is no session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotOpened {
    /// The server says that it is us (RFC 5321 6.3).
    Ourselves,
    /// The connection broke.
    Broken(Broken),
    /// The greeting, or the answer to our name, is a refusal.
    Refused(Reply),
    /// STARTTLS is not offered, or refused although it was.
    NoStartTls(Option<Reply>),
    /// TLS did not come about.
    Tls(NoTls),
    /// Our credentials were refused, or there is no way to give them.
    SignIn(Option<Reply>),
}

impl From<Broken> for NotOpened {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

/// What was seen of TLS while opening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// No TLS.
    Plain,
    /// TLS, perhaps with a flaw that was not enforced.
    Tls(Option<Flaw>),
}

impl Session {
    /// Opens a session on a connected stream.
    ///
    /// # Errors
    /// [`NotOpened`]; the stream is gone then.
    pub(crate) async fn open(
        stream: Box<dyn Io>,
        opening: &Opening<'_>,
    ) -> Result<(Self, Seen), NotOpened> {
        let timeouts = opening.timeouts;
        let mut seen = Seen::Plain;
        let mut channel = Channel::new(stream, opening.until);
        if opening.when == When::AtOnce {
            let (secured, flaw) = secure(channel, opening).await?;
            (channel, seen) = (secured, Seen::Tls(flaw));
        }
        let greeting = channel.reply(timeouts.greeting).await?;
        if greeting.class() != Class::Done {
            return Err(NotOpened::Refused(greeting));
        }
        let mut offered = hello(&mut channel, opening).await?;
        let wanted = matches!(opening.when, When::IfOffered | When::Always);
        if wanted && offered.start_tls {
            let reply = channel.ask("STARTTLS\r\n", timeouts.command).await?;
            if reply.class() == Class::Done {
                let (secured, flaw) = secure(channel, opening).await?;
                (channel, seen) = (secured, Seen::Tls(flaw));
                // RFC 3207 4.2: what was said before TLS counts no more.
                offered = hello(&mut channel, opening).await?;
                offered.start_tls = false;
            } else if opening.when == When::Always || reply.closes() {
                return Err(NotOpened::NoStartTls(Some(reply)));
            }
        } else if opening.when == When::Always {
            return Err(NotOpened::NoStartTls(None));
        }
        if let Some(credentials) = opening.credentials {
            if seen == Seen::Plain {
                // A secret is never sent where others may listen.
                return Err(NotOpened::SignIn(None));
            }
            sign_in(&mut channel, &offered, credentials, timeouts).await?;
        }
        let session = Self {
            channel,
            offered,
            messages: 0,
            unclean: false,
            closing: false,
        };
        Ok((session, seen))
    }
}

/// EHLO, and HELO where the server does not know it.
async fn hello(channel: &mut Channel, opening: &Opening<'_>) -> Result<Extensions, NotOpened> {
    let within = opening.timeouts.command;
    let ehlo = format!("EHLO {}\r\n", opening.helo);
    let reply = channel.ask(&ehlo, within).await?;
    match reply.class() {
        Class::Done if opening.is_own(&reply) => return Err(NotOpened::Ourselves),
        Class::Done => return Ok(Extensions::of(&reply)),
        // RFC 5321 3.2: a server that does not understand EHLO is spoken to as in the old days.
        Class::Permanent if !reply.closes() => {}
        _ => return Err(NotOpened::Refused(reply)),
    }
    let helo = format!("HELO {}\r\n", opening.helo);
    let reply = channel.ask(&helo, within).await?;
    match reply.class() {
        Class::Done => Ok(Extensions::default()),
        _ => Err(NotOpened::Refused(reply)),
    }
}

/// Begins TLS.
async fn secure(
    channel: Channel,
    opening: &Opening<'_>,
) -> Result<(Channel, Option<Flaw>), NotOpened> {
    let stream = channel.into_stream()?;
    let name = ServerName::try_from(opening.name.to_owned()).map_err(|_| {
        let result = crate::wire::TlsResult::ValidationFailure;
        NotOpened::Tls(NoTls::Failed(Flaw::new(result, "no name for TLS")))
    })?;
    let (stream, flaw) = opening
        .checks
        .start(
            stream,
            name,
            opening.demand,
            opening.enforced,
            opening.timeouts.handshake,
        )
        .await
        .map_err(NotOpened::Tls)?;
    Ok((Channel::new(stream, opening.until), flaw))
}

/// Signs in (RFC 4954 4).
async fn sign_in(
    channel: &mut Channel,
    offered: &Extensions,
    credentials: &Credentials,
    timeouts: &Timeouts,
) -> Result<(), NotOpened> {
    let Credentials { user, secret } = credentials;
    let reply = if offered.auth_plain {
        // RFC 4616 2: no authorization identity, name, secret.
        let response = STANDARD.encode(format!("\0{user}\0{secret}"));
        let command = format!("AUTH PLAIN {response}\r\n");
        channel.ask(&command, timeouts.command).await?
    } else if offered.auth_login {
        let mut reply = channel.ask("AUTH LOGIN\r\n", timeouts.command).await?;
        for answer in [user, secret] {
            if reply.class() != Class::GoOn {
                break;
            }
            let line = format!("{}\r\n", STANDARD.encode(answer));
            reply = channel.ask(&line, timeouts.command).await?;
        }
        reply
    } else {
        return Err(NotOpened::SignIn(None));
    };
    match reply.class() {
        Class::Done => Ok(()),
        _ => Err(NotOpened::SignIn(Some(reply))),
    }
}

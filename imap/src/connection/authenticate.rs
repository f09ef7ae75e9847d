//! `AUTHENTICATE` (RFC 9051 6.2.2, RFC 4959): carries a SASL exchange over the connection.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use directory::sasl::{MESSAGE_OCTETS_MAX, Mechanism, Step};
use model::Protocols;

use crate::answer::{Answer, Failure};
use crate::client::{Client, binding};
use crate::codec::Code;
use crate::command::login::{let_in, refused};
use crate::output::Output;

/// Runs the exchange until the client is in or refused.
pub(super) async fn run(
    client: &mut Client,
    out: &mut Output,
    mechanism: &str,
    initial: Option<&[u8]>,
) -> Result<Answer, Failure> {
    let known = Mechanism::parse(mechanism).filter(|mechanism| *mechanism != Mechanism::Login);
    let Some(mechanism) = known else {
        return Err(Answer::no(Code::Cannot, "Unknown mechanism").into());
    };
    let connection = &out.connection;
    if mechanism.shows_password() && !client.may_show_password(connection) {
        // RFC 9051 7.1: PRIVACYREQUIRED.
        return Err(Answer::no(Code::PrivacyRequired, "Start TLS first").into());
    }
    let binding = binding(connection);
    if mechanism == Mechanism::ScramSha256Plus && !binding.is_available() {
        return Err(Answer::no(Code::PrivacyRequired, "There is no TLS to bind to").into());
    }
    let directory = client.groupware.directory();
    let mut exchange = directory.sasl(mechanism, Protocols::IMAP, connection.peer_ip(), binding);
    let mut message = match initial {
        Some(initial) => decoded(initial)?,
        None => Vec::new(),
    };
    loop {
        match exchange.step(&message).await {
            Step::Challenge(challenge) => {
                message = ask(client, out, &challenge).await?;
            }
            Step::Done(signed_in, last) => {
                if !last.is_empty() {
                    // RFC 9051 6.2.2: the server's last data comes as a challenge whose answer is empty.
                    let empty = ask(client, out, &last).await?;
                    if !empty.is_empty() {
                        return Err(Answer::bad("An empty line was expected").into());
                    }
                }
                return let_in(client, out, signed_in).await;
            }
            Step::Failed(error) => return Err(refused(error)),
        }
    }
}

/// Sends a challenge and waits for the answer.
async fn ask(client: &Client, out: &mut Output, challenge: &[u8]) -> Result<Vec<u8>, Failure> {
    out.encoder().continuation(&STANDARD.encode(challenge));
    out.flush().await?;
    let line = out
        .connection
        .line(LINE_OCTETS_MAX, client.settings.sign_in_timeout)
        .await;
    let line = match line {
        Ok(line) => line,
        Err(listen::Error::TooLong { .. }) => return Err(Failure::Bye("The line is too long")),
        Err(error) => return Err(error.into()),
    };
    let line = line.strip_suffix(b"\n").unwrap_or(&line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line == b"*" {
        // RFC 9051 6.2.2: the client gives up.
        return Err(Answer::bad("Given up, as you wish").into());
    }
    decoded(line)
}

fn decoded(base64: &[u8]) -> Result<Vec<u8>, Failure> {
    STANDARD
        .decode(base64)
        .map_err(|_| Answer::bad("This is not Base64").into())
}

/// The Base64 of the longest message, and its line end.
const LINE_OCTETS_MAX: usize = MESSAGE_OCTETS_MAX / 3 * 4 + 16;

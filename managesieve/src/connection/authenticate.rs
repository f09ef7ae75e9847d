//! `AUTHENTICATE` (RFC 5804 2.1): carries a SASL exchange over the connection, in strings of Base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use directory::SignedIn;
use directory::sasl::{MESSAGE_OCTETS_MAX, Mechanism, Step};
use model::Protocols;

use crate::answer::{Answer, Failure};
use crate::client::{Client, binding};
use crate::codec::{Code, Frame, FrameLimits, Framer, parse_response};
use crate::error;
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
        return Err(Answer::no("Unknown mechanism").into());
    };
    let connection = &out.connection;
    if mechanism.shows_password() && !client.may_show_password(connection) {
        // RFC 5804 1.3: ENCRYPT-NEEDED.
        return Err(Answer::no_with(Code::EncryptNeeded, "Start TLS first").into());
    }
    let binding = binding(connection);
    if mechanism == Mechanism::ScramSha256Plus && !binding.is_available() {
        return Err(Answer::no_with(Code::EncryptNeeded, "There is no TLS to bind to").into());
    }
    let directory = client.groupware.directory();
    let peer = connection.peer_ip();
    let mut exchange = directory.sasl(mechanism, Protocols::MANAGESIEVE, peer, binding);
    let mut message = match initial {
        Some(initial) => decoded(initial)?,
        // RFC 5804 2.1: without a first message the server begins, with nothing to say.
        None => Vec::new(),
    };
    loop {
        match exchange.step(&message).await {
            Step::Challenge(challenge) => message = ask(client, out, &challenge).await?,
            Step::Done(signed_in, last) => return let_in(client, out, signed_in, &last).await,
            Step::Failed(error) => return Err(error::sign_in(error).into()),
        }
    }
}

/// The client is in: makes its mailboxes if it is new.
async fn let_in(
    client: &mut Client,
    out: &Output,
    signed_in: SignedIn,
    last: &[u8],
) -> Result<Answer, Failure> {
    let user = client.signed_in(signed_in, &out.connection);
    if let Err(error) = user.groupware.open_own(&user.caller).await {
        client.user = None;
        return Err(error.into());
    }
    tracing::debug!(principal = user.principal.id.0, "signed in");
    Ok(match last {
        b"" => Answer::ok("Signed in"),
        // RFC 5804 2.1: the server's last message comes with the success.
        last => Answer::ok_with(Code::Sasl(STANDARD.encode(last)), "Signed in"),
    })
}

/// Sends a challenge and waits for the answer.
async fn ask(client: &Client, out: &mut Output, challenge: &[u8]) -> Result<Vec<u8>, Failure> {
    out.encoder()
        .string_line(STANDARD.encode(challenge).as_bytes());
    out.flush().await?;
    // An answer is a line with a string in it, which may be a literal: the same as a command, as far as its end goes.
    let mut framer = Framer::new(LIMITS);
    loop {
        let mut input = out.connection.buffer();
        let there = input.len();
        let frame = framer.feed(&mut input);
        let taken = there.saturating_sub(input.len());
        out.connection.consume(taken);
        match frame {
            Frame::More => {
                let within = client.settings.sign_in_timeout;
                if out.connection.fill(within).await? == 0 {
                    return Err(Failure::Lost(listen::Error::Closed));
                }
            }
            Frame::Failed(_) => return Err(Failure::Bye("The answer is too long")),
            Frame::Command => {
                let response = parse_response(framer.command());
                let response = response.map_err(|fault| Failure::from(error::fault(fault)))?;
                if response.as_ref() == b"*" {
                    // RFC 5804 2.1: the client gives up.
                    return Err(Answer::no("Given up, as you wish").into());
                }
                return decoded(&response);
            }
        }
    }
}

fn decoded(base64: &[u8]) -> Result<Vec<u8>, Failure> {
    STANDARD
        .decode(base64)
        .map_err(|_| Answer::no("This is not Base64").into())
}

/// The Base64 of the longest message, quoted or as a literal.
const LIMITS: FrameLimits = FrameLimits {
    line_octets: MESSAGE_OCTETS_MAX / 3 * 4 + 16,
    literal_octets: MESSAGE_OCTETS_MAX / 3 * 4 + 16,
    discard_octets: 0,
};

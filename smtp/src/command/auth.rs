//! AUTH: lets a client prove who it is (RFC 4954 4).

use directory::SignInError;
use directory::SignedIn;
use directory::sasl::{Exchange, Mechanism, Step};
use model::Protocols;

use crate::client::{Client, channel_binding};
use crate::codec::{LineKind, Reply, SaslLine, SaslResponse, parse_sasl_line};
use crate::service::Shared;
use crate::session::{Action, AuthFailure, Session};
use crate::wire::{Ended, SIGN_IN_TIMEOUT, Wire};

/// Messages of the client in one exchange. Ours: SCRAM has three, with the empty one that takes the server's proof.
const MESSAGES_MAX: usize = 8;

pub(crate) async fn run(
    shared: &Shared,
    client: &mut Client,
    session: &mut Session,
    wire: &mut Wire,
    mechanism: &str,
    initial: Option<SaslResponse>,
) -> Result<Action, Ended> {
    let proved = match Mechanism::parse(mechanism) {
        Some(mechanism) => {
            let address = client.facts.peer.ip();
            let binding = channel_binding(wire.connection());
            let directory = shared.groupware.directory();
            let exchange = directory.sasl(mechanism, Protocols::SUBMISSION, address, binding);
            converse(exchange, wire, initial).await?
        }
        None => Err(AuthFailure::Malformed),
    };
    shared.counters.sign_in(proved.is_ok());
    Ok(match proved {
        Ok(signed_in) => {
            client.signed_in(&signed_in);
            tracing::info!(
                session = %client.actor().session,
                principal = signed_in.principal.id.0,
                "signed in"
            );
            session.authenticated(&signed_in.principal.address)
        }
        Err(failure) => session.authentication_failed(failure),
    })
}

type Proved = Result<SignedIn, AuthFailure>;

async fn converse(
    mut exchange: Exchange,
    wire: &mut Wire,
    initial: Option<SaslResponse>,
) -> Result<Proved, Ended> {
    let mut response = initial.unwrap_or_else(|| SaslResponse::new(Vec::new()));
    for _ in 0..MESSAGES_MAX {
        let challenge = match Box::pin(exchange.step(response.as_bytes())).await {
            Step::Challenge(challenge) => challenge,
            Step::Done(signed_in, proof) if proof.is_empty() => return Ok(Ok(signed_in)),
            Step::Done(signed_in, proof) => {
                // RFC 4954 4, RFC 4422 5: the server's last words are one more challenge, answered by nothing.
                return Ok(match ask(wire, &proof).await? {
                    Ok(response) if response.as_bytes().is_empty() => Ok(signed_in),
                    Ok(_) => Err(AuthFailure::Malformed),
                    Err(failure) => Err(failure),
                });
            }
            Step::Failed(error) => return Ok(Err(failure(error))),
        };
        response = match ask(wire, &challenge).await? {
            Ok(response) => response,
            Err(failure) => return Ok(Err(failure)),
        };
    }
    Ok(Err(AuthFailure::Malformed))
}

/// Sends a challenge and reads the response to it.
async fn ask(
    wire: &mut Wire,
    challenge: &[u8],
) -> Result<Result<SaslResponse, AuthFailure>, Ended> {
    wire.say(&Reply::challenge(challenge));
    wire.line(
        LineKind::Sasl,
        SIGN_IN_TIMEOUT,
        |line, _| match parse_sasl_line(line.map_err(|_| AuthFailure::TooLong)?) {
            Ok(SaslLine::Response(response)) => Ok(response),
            Ok(SaslLine::Cancel) => Err(AuthFailure::Cancelled),
            Err(_) => Err(AuthFailure::Malformed),
        },
    )
    .await
}

fn failure(error: SignInError) -> AuthFailure {
    match error {
        SignInError::Refused => AuthFailure::Invalid,
        SignInError::Slow { .. } => AuthFailure::Slow,
        SignInError::Unavailable => AuthFailure::Temporary,
        SignInError::Malformed => AuthFailure::Malformed,
    }
}

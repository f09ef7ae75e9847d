//! `LOGIN` (RFC 9051 6.2.3), and what follows every sign-in.

use directory::{Attempt, Secret, SignInError, SignedIn};
use model::Protocols;

use crate::answer::{Answer, AnswerCode, Failure};
use crate::client::Client;
use crate::codec::Code;
use crate::error;
use crate::output::Output;

pub(super) async fn run(
    client: &mut Client,
    out: &mut Output,
    name: &str,
    password: &[u8],
) -> Result<Answer, Failure> {
    if !client.may_show_password(&out.connection) {
        // RFC 9051 6.2.3: LOGINDISABLED; the password was sent all the same.
        return Err(Answer::no(Code::PrivacyRequired, "Start TLS first").into());
    }
    let Ok(password) = str::from_utf8(password) else {
        return Err(refused(SignInError::Refused));
    };
    let password = Secret::from(password);
    let attempt = Attempt {
        name,
        password: &password,
        protocol: Protocols::IMAP,
        address: out.connection.peer_ip(),
    };
    match client.groupware.directory().sign_in(attempt).await {
        Ok(signed_in) => let_in(client, out, signed_in).await,
        // An odd name is no mistake of the program but of whoever typed it.
        Err(SignInError::Malformed) => Err(refused(SignInError::Refused)),
        Err(error) => Err(refused(error)),
    }
}

/// The client is in: makes its mailboxes if it is new, and says what it is offered now (RFC 9051 7.1, CAPABILITY).
pub(crate) async fn let_in(
    client: &mut Client,
    out: &Output,
    signed_in: SignedIn,
) -> Result<Answer, Failure> {
    let user = client.signed_in(signed_in, &out.connection);
    if let Err(error) = user.groupware.open_own(&user.caller).await {
        client.user = None;
        return Err(error.into());
    }
    tracing::debug!(principal = user.principal.id.0, "signed in");
    let names = client.capabilities(&out.connection);
    Ok(Answer::ok_with(AnswerCode::Capability(names), "Signed in"))
}

/// The client is not in.
pub(crate) fn refused(error: SignInError) -> Failure {
    error::sign_in(error).into()
}

//! `GETSCRIPT` (RFC 5804 2.9).

use crate::answer::{Answer, Failure};
use crate::client::Client;
use crate::output::Output;

pub(super) async fn run(client: &Client, out: &mut Output, name: &str) -> Result<Answer, Failure> {
    let user = client.user()?;
    let script = user
        .groupware
        .script(&user.caller, user.account, name)
        .await?;
    out.encoder().script_text(&script);
    Ok(Answer::ok("That is all"))
}

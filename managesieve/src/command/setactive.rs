//! `SETACTIVE` (RFC 5804 2.8).

use crate::answer::{Answer, Failure};
use crate::client::Client;
use crate::words;

pub(super) async fn run(client: &Client, name: &str) -> Result<Answer, Failure> {
    let user = client.user()?;
    user.groupware
        .activate_script(&user.caller, user.account, words::active(name))
        .await?;
    Ok(Answer::ok("Done"))
}

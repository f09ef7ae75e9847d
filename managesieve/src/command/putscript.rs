//! `PUTSCRIPT` (RFC 5804 2.6).

use crate::answer::{Answer, Failure};
use crate::client::Client;

pub(super) async fn run(client: &Client, name: &str, script: Vec<u8>) -> Result<Answer, Failure> {
    let user = client.user()?;
    user.groupware
        .put_script(&user.caller, user.account, name, script)
        .await?;
    Ok(Answer::ok("Kept"))
}

//! `DELETESCRIPT` (RFC 5804 2.10).

use crate::answer::{Answer, Failure};
use crate::client::Client;

pub(super) async fn run(client: &Client, name: &str) -> Result<Answer, Failure> {
    let user = client.user()?;
    user.groupware
        .destroy_script(&user.caller, user.account, name)
        .await?;
    Ok(Answer::ok("Deleted"))
}

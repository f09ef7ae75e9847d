//! `RENAMESCRIPT` (RFC 5804 2.11).

use crate::answer::{Answer, Failure};
use crate::client::Client;

pub(super) async fn run(client: &Client, name: &str, new_name: &str) -> Result<Answer, Failure> {
    let user = client.user()?;
    user.groupware
        .rename_script(&user.caller, user.account, name, new_name)
        .await?;
    Ok(Answer::ok("Renamed"))
}

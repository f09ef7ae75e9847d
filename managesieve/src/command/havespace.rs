//! `HAVESPACE` (RFC 5804 2.5).

use crate::answer::{Answer, Failure};
use crate::client::Client;

pub(super) async fn run(client: &Client, name: &str, octets: u32) -> Result<Answer, Failure> {
    let user = client.user()?;
    user.groupware
        .script_space(&user.caller, user.account, name, u64::from(octets))
        .await?;
    Ok(Answer::ok("There is room"))
}

//! `LISTSCRIPTS` (RFC 5804 2.7).

use crate::answer::{Answer, Failure};
use crate::client::Client;
use crate::output::Output;

pub(super) async fn run(client: &Client, out: &mut Output) -> Result<Answer, Failure> {
    let user = client.user()?;
    let scripts = user.groupware.scripts(&user.caller, user.account).await?;
    let mut encoder = out.encoder();
    for script in &scripts {
        encoder.script(&script.name, script.is_active);
    }
    Ok(Answer::ok("That is all"))
}

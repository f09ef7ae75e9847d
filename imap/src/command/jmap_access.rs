//! `GETJMAPACCESS` (RFC 9698): where the same account is reached by JMAP, with the same ids.

use crate::answer::{Answer, Failure};
use crate::client::Client;
use crate::codec::Code;
use crate::output::Output;

pub(super) fn run(client: &Client, out: &mut Output) -> Result<Answer, Failure> {
    let Some(url) = &client.settings.jmap_url else {
        return Err(Answer::no(Code::Cannot, "There is no JMAP here").into());
    };
    out.encoder().jmap_access(url);
    Ok(Answer::ok("GETJMAPACCESS completed"))
}

//! `CAPABILITY` (RFC 5804 2.4).

use crate::answer::Answer;
use crate::client::Client;
use crate::output::Output;

pub(super) fn run(client: &Client, out: &mut Output) -> Answer {
    let (connection, mut encoder) = out.parts();
    client.capabilities(connection, &mut encoder);
    Answer::ok("That is all")
}

//! `CAPABILITY` (RFC 9051 6.1.1).

use crate::answer::Answer;
use crate::client::Client;
use crate::output::Output;

pub(super) fn run(client: &Client, out: &mut Output) -> Answer {
    let names = client.capabilities(&out.connection);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    out.encoder().capability(&names);
    Answer::ok("CAPABILITY completed")
}

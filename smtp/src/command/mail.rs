//! MAIL: may this sender send, and is there room for what it announces (RFC 5321 4.1.1.2)?

use crate::client::Client;
use crate::codec::{DataRefusal, MailParameters, Reply, ReversePath};
use crate::error;
use crate::path::address;
use crate::service::Shared;
use crate::session::Service;

pub(crate) async fn decide(
    shared: &Shared,
    client: &Client,
    reverse_path: &ReversePath,
    parameters: &MailParameters,
) -> Result<(), Reply> {
    // RFC 1870 6.1: refused for now before anything is sent, where memory is short. The size itself was judged before.
    let octets = parameters.size_octets.unwrap_or(0);
    if usize::try_from(octets).is_ok_and(|octets| octets > shared.budget.free_octets()) {
        return Err(DataRefusal::NoMemory.reply());
    }
    match shared.service {
        // RFC 5321 3.6.2: whoever brings mail for us may name any sender.
        Service::Mx | Service::Lmtp => Ok(()),
        Service::Submission => {
            // RFC 6409 6.1: who signed in sends with an address that is theirs.
            let address = address(reverse_path);
            match shared.groupware.may_send_as(&client.caller, &address).await {
                Ok(true) => Ok(()),
                Ok(false) => Err(Reply::not_your_address()),
                Err(error) => Err(error::reply(&error)),
            }
        }
    }
}

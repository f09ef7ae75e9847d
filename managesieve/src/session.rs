//! The state of a session: which commands are allowed now (RFC 5804 2), and what is offered.

use directory::sasl::Mechanism;
use sieve::{CAPABILITIES, NOTIFY_METHODS};

use crate::codec::{Command, Encoder};

/// The states of RFC 5804 2; the third, logout, is the end of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    NotAuthenticated,
    Authenticated,
}

/// Whether a command is allowed in a state.
pub(crate) fn is_allowed(phase: Phase, command: &Command<'_>) -> bool {
    match command {
        Command::Capability | Command::Noop { .. } | Command::Logout => true,
        // RFC 5804 2.1, 2.2: before sign-in only.
        Command::Authenticate { .. } | Command::StartTls => phase == Phase::NotAuthenticated,
        Command::Unauthenticate
        | Command::HaveSpace { .. }
        | Command::PutScript { .. }
        | Command::ListScripts
        | Command::SetActive { .. }
        | Command::GetScript { .. }
        | Command::DeleteScript { .. }
        | Command::RenameScript { .. }
        | Command::CheckScript { .. } => phase == Phase::Authenticated,
    }
}

/// What decides about what is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer<'a> {
    /// Who is signed in.
    pub(crate) owner: Option<&'a str>,
    /// `STARTTLS` would work now.
    pub(crate) start_tls: bool,
    /// The mechanisms that would work now.
    pub(crate) mechanisms: Vec<Mechanism>,
    /// Redirects of one message by one script.
    pub(crate) redirects_max: usize,
}

/// Writes what is offered (RFC 5804 1.7).
pub(crate) fn capabilities(offer: &Offer<'_>, encoder: &mut Encoder<'_>) {
    encoder.capability("IMPLEMENTATION", Some("Wachpost"));
    let mechanisms: Vec<&str> = offer.mechanisms.iter().map(|it| it.as_str()).collect();
    encoder.capability("SASL", Some(&mechanisms.join(" ")));
    encoder.capability("SIEVE", Some(&CAPABILITIES.join(" ")));
    encoder.capability("NOTIFY", Some(&NOTIFY_METHODS.join(" ")));
    if offer.start_tls {
        encoder.capability("STARTTLS", None);
    }
    encoder.capability("MAXREDIRECTS", Some(&offer.redirects_max.to_string()));
    if let Some(owner) = offer.owner {
        encoder.capability("OWNER", Some(owner));
    }
    encoder.capability("VERSION", Some("1.0"));
    // RFC 5804 2.14.1: offered by name, since the first servers did not have it.
    encoder.capability("UNAUTHENTICATE", None);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::parse;

    #[test]
    fn each_command_has_its_states() {
        for (line, expected) in [
            ("NOOP", [true, true]),
            ("CAPABILITY", [true, true]),
            ("STARTTLS", [true, false]),
            ("AUTHENTICATE \"PLAIN\"", [true, false]),
            ("UNAUTHENTICATE", [false, true]),
            ("LISTSCRIPTS", [false, true]),
            ("CHECKSCRIPT \"keep;\"", [false, true]),
        ] {
            let command = parse(line.as_bytes()).unwrap();
            let allowed = [Phase::NotAuthenticated, Phase::Authenticated]
                .map(|phase| is_allowed(phase, &command));
            assert_eq!(allowed, expected, "{line}");
        }
    }
}

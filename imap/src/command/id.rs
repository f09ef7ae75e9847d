//! `ID` (RFC 2971).

use crate::answer::Answer;
use crate::codec::IdField;
use crate::output::Output;

pub(super) fn run(out: &mut Output, fields: &[IdField<'_>]) -> Answer {
    let said = |wanted: &str| {
        fields
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .and_then(|(_, value)| value.as_deref())
            .unwrap_or_default()
    };
    // RFC 2971 3.3: for statistics and reports of faults, never for decisions.
    tracing::debug!(client = ?said("name"), version = ?said("version"), "a client says what it is");
    // RFC 2971 4: no version, which would tell attackers which holes to try.
    out.encoder().id(&[("name", "Wachpost")]);
    Answer::ok("ID completed")
}

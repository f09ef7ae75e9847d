//! What a fuzzer drives: a text as a script, run over the text itself as a message.

use crate::input::Input;
use crate::limits::Limits;
use crate::run::run;
use crate::script::Script;
use crate::surroundings::Nowhere;

/// Steps of one run under the fuzzer.
const STEPS_MAX: u64 = 20_000;

/// Parses the input; what is a script is run over what stands behind its first NUL, or over itself.
///
/// # Panics
/// Never, or there is a mistake.
pub fn fuzz(input: &[u8]) {
    let (text, message) = match memchr::memchr(0, input) {
        Some(end) => (&input[..end], &input[end + 1..]),
        None => (input, input),
    };
    let Ok(script) = Script::parse(text) else {
        return;
    };
    let mut given = Input::new(message);
    given.reverse_path = "sender@example.net";
    given.recipient = "owner@example.org";
    let limits = Limits {
        steps: STEPS_MAX,
        ..Limits::default()
    };
    let outcome = run(&script, &given, &Nowhere, &limits);
    assert!(
        outcome.actions.len() <= limits.actions + 16,
        "too many actions"
    );
    if outcome.fault.is_some() {
        assert_eq!(
            outcome.actions.len(),
            1,
            "a fault keeps the message and does nothing else"
        );
    }
}

//! What is borne of a client on a connection with commands: silence, mistakes, and refused sign-ins.

use std::time::Duration;

use crate::Deadline;

/// Mistakes of a client before it is sent away: a guesser, or a program that speaks something else.
const MISTAKES_MAX: u32 = 40;
/// So many times the silence that is borne before sign-in may pass until somebody is signed in.
const SIGN_IN_PATIENCE: u32 = 10;
/// So much does a refused sign-in weigh against the mistakes.
const SIGN_IN_WEIGHT: u32 = 8;

/// How much is still borne of one client.
#[derive(Debug)]
pub struct Patience {
    mistakes: u32,
    silence: Duration,
    /// When a client must be signed in, however busy it is.
    sign_in_by: Deadline,
}

impl Patience {
    /// With a client that is not signed in and may be silent for so long.
    #[must_use]
    pub fn new(silence: Duration) -> Self {
        Self {
            mistakes: 0,
            silence,
            sign_in_by: silence.saturating_mul(SIGN_IN_PATIENCE).into(),
        }
    }

    /// The client made a mistake.
    pub fn mistake(&mut self) {
        self.mistakes = self.mistakes.saturating_add(1);
    }

    /// A sign-in was refused.
    pub fn refused(&mut self) {
        self.mistakes = self.mistakes.saturating_add(SIGN_IN_WEIGHT);
    }

    /// Somebody is signed in: what was before is forgotten.
    pub fn signed_in(&mut self) {
        self.mistakes = 0;
    }

    /// Nobody is signed in any more.
    pub fn signed_out(&mut self) {
        self.sign_in_by = self.silence.saturating_mul(SIGN_IN_PATIENCE).into();
    }

    /// Whether the client is to be sent away.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.mistakes > MISTAKES_MAX
    }

    /// How long a client may be silent now that is not signed in.
    #[must_use]
    pub fn until_sign_in(&self) -> Deadline {
        Deadline::after(self.silence).min(self.sign_in_by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_mistakes_or_few_refusals_are_enough() {
        let mut client = Patience::new(Duration::from_secs(1));
        (0..MISTAKES_MAX).for_each(|_| client.mistake());
        assert!(!client.is_over());
        client.mistake();
        assert!(client.is_over());
        client.signed_in();
        assert!(!client.is_over());
        (0..=MISTAKES_MAX / SIGN_IN_WEIGHT).for_each(|_| client.refused());
        assert!(client.is_over());
    }

    #[test]
    fn being_busy_does_not_put_off_the_sign_in_for_ever() {
        let client = Patience::new(Duration::ZERO);
        let later = Deadline::after(Duration::from_secs(60));
        assert!(client.until_sign_in() < later);
    }
}

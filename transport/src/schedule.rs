//! When a message is tried again, when its sender hears of the delay, and when it is given up.

use std::time::Duration;

/// The times of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// How long to wait after the first attempt, the second, and so on; the last one holds for all that follow.
    pub pauses: Vec<Duration>,
    /// How long to leave a destination alone that did not answer, after the first time, the second, and so on.
    pub destination_pauses: Vec<Duration>,
    /// By how much a pause is longer or shorter at random, so that what failed together does not come back together.
    pub jitter_percent: u8,
    /// After which time the sender hears that it takes long.
    pub delay_told_after: Duration,
    /// After which time it is given up. RFC 5321 4.5.4.1: at least 4 to 5 days.
    pub given_up_after: Duration,
}

impl Default for Schedule {
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        Self {
            // RFC 5321 4.5.4.1: after the first failures sooner, later no more than every some hours. Servers that greylist
            // (RFC 6647 2) take the message after 1 to 15 minutes.
            pauses: [1, 5, 15, 30, 60, 120, 240].map(minutes).to_vec(),
            destination_pauses: [1, 2, 5, 10, 20, 30, 60].map(minutes).to_vec(),
            jitter_percent: 10,
            delay_told_after: minutes(4 * 60),
            given_up_after: minutes(5 * 24 * 60),
        }
    }
}

/// What is shortest, whatever is set: nothing is tried in a loop.
const PAUSE_SECONDS_MIN: u32 = 1;

impl Schedule {
    /// Seconds to wait after so many attempts, at least one.
    pub(crate) fn pause_s(&self, attempts: u8, random: u32) -> u32 {
        self.jittered(step(&self.pauses, attempts), random)
    }

    /// Seconds to leave a destination alone that failed so many times in a row, at least once.
    pub(crate) fn destination_pause_s(&self, failures: u8, random: u32) -> u32 {
        self.jittered(step(&self.destination_pauses, failures), random)
    }

    /// How many attempts a message of this age has had, if all went as it should: what is assumed after a restart.
    pub(crate) fn attempts_within(&self, age_s: u32) -> u8 {
        let mut spent = 0_u32;
        let mut attempts = 0_u8;
        for pause in &self.pauses {
            if spent >= age_s {
                break;
            }
            attempts = attempts.saturating_add(1);
            spent = spent.saturating_add(seconds(*pause));
        }
        attempts
    }

    pub(crate) fn delay_told_after_s(&self) -> u32 {
        seconds(self.delay_told_after)
    }

    pub(crate) fn given_up_after_s(&self) -> u32 {
        seconds(self.given_up_after)
    }

    fn jittered(&self, pause: Duration, random: u32) -> u32 {
        let pause = seconds(pause);
        let span = u64::from(pause) * u64::from(self.jitter_percent.min(100)) / 100;
        // A number from -span to span.
        let shift = u64::from(random) % (2 * span + 1);
        let jittered = (u64::from(pause) + shift).saturating_sub(span);
        u32::try_from(jittered)
            .unwrap_or(u32::MAX)
            .max(PAUSE_SECONDS_MIN)
    }
}

fn step(pauses: &[Duration], count: u8) -> Duration {
    let place = usize::from(count.saturating_sub(1));
    let pause = pauses.get(place).or(pauses.last());
    pause.copied().unwrap_or(Duration::from_secs(60))
}

fn seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pauses_grow_and_then_stay() {
        let schedule = Schedule {
            jitter_percent: 0,
            ..Schedule::default()
        };
        let pauses: Vec<u32> = (1..=9)
            .map(|attempts| schedule.pause_s(attempts, 99))
            .collect();
        assert_eq!(
            pauses,
            [60, 300, 900, 1_800, 3_600, 7_200, 14_400, 14_400, 14_400]
        );
    }

    #[test]
    fn age_tells_how_often_it_was_tried() {
        let schedule = Schedule::default();
        assert_eq!(schedule.attempts_within(0), 0);
        assert_eq!(schedule.attempts_within(30), 1);
        assert_eq!(schedule.attempts_within(61), 2);
        assert_eq!(schedule.attempts_within(u32::MAX), 7);
    }

    proptest! {
        #[test]
        fn jitter_stays_within_its_bound(attempts: u8, random: u32, jitter_percent: u8) {
            let schedule = Schedule { jitter_percent, ..Schedule::default() };
            let plain = Schedule { jitter_percent: 0, ..Schedule::default() }.pause_s(attempts, 0);
            let pause = schedule.pause_s(attempts, random);
            let span = u64::from(plain) * u64::from(jitter_percent.min(100)) / 100;
            prop_assert!(pause >= 1);
            prop_assert!(u64::from(pause) + span >= u64::from(plain));
            prop_assert!(u64::from(pause) <= u64::from(plain) + span);
        }
    }

    #[test]
    fn an_empty_schedule_is_no_panic() {
        let schedule = Schedule {
            pauses: Vec::new(),
            destination_pauses: Vec::new(),
            ..Schedule::default()
        };
        assert!(schedule.pause_s(3, 0) >= 1);
        assert!(schedule.destination_pause_s(0, 0) >= 1);
        assert_eq!(schedule.attempts_within(1_000), 0);
    }
}

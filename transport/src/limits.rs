//! Limits on what one principal sends, so that a stolen account cannot flood the world: fixed ones for an hour and a day, and
//! what is far above all that this sender did before.
//!
//! Counts are kept over a restart ([`crate::Keeping`]), so that nobody gets a fresh allowance by one. A sender without history is
//! measured by [`SenderLimitSettings::unusual_recipients_min`].

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use groupware::{SendingLimits, SendingVerdict};
use model::{PrincipalId, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::kept::Keepsake;

const HOUR_S: i64 = 3_600;
/// Parts that an hour is counted in.
const SLOTS_PER_HOUR: u8 = 12;
/// A slot's seconds.
const SLOT_S: i64 = HOUR_S / SLOTS_PER_HOUR as i64;
const HOURS_PER_DAY: u8 = 24;
/// After so many hours the peak of a sender counts half: a week.
const PEAK_HALVES_AFTER_HOURS: i64 = 7 * HOURS_PER_DAY as i64;
/// Senders that are counted; with one more those who sent nothing for a day are forgotten. More than a directory has.
const SENDERS_MAX: usize = 100_000;
/// Recipients of all senders after which the counts are written at once. Ours: a kill forgives no more, and who writes a newsletter
/// causes no more writes than there are hundreds in it.
pub(crate) const UNSAVED_RECIPIENTS_MAX: u32 = 100;
/// The form in which counts are kept; of another one nothing is taken over.
const FORM: u8 = 1;

/// The limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderLimitSettings {
    /// Recipients within an hour; more are refused for now.
    pub recipients_per_hour: u32,
    /// Recipients within a day.
    pub recipients_per_day: u32,
    /// Messages within an hour.
    pub messages_per_hour: u32,
    /// Messages within a day.
    pub messages_per_day: u32,
    /// So many times the highest hour of the last weeks is unusual, and held; 0 holds nothing.
    pub unusual_factor: u32,
    /// Recipients within an hour that are never unusual.
    pub unusual_recipients_min: u32,
}

impl Default for SenderLimitSettings {
    fn default() -> Self {
        Self {
            recipients_per_hour: 500,
            recipients_per_day: 2_000,
            messages_per_hour: 300,
            messages_per_day: 1_000,
            unusual_factor: 5,
            unusual_recipients_min: 200,
        }
    }
}

/// The limits with their counts.
#[derive(Debug)]
pub struct SenderLimits {
    settings: SenderLimitSettings,
    book: Mutex<Book>,
    much: Notify,
}

#[derive(Debug, Default)]
struct Book {
    senders: HashMap<PrincipalId, Sender>,
    changed: bool,
    /// Recipients since it was asked last what changed.
    unsaved: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Count {
    messages: u32,
    recipients: u32,
}

impl Count {
    fn add(&mut self, recipients: u32) {
        self.messages = self.messages.saturating_add(1);
        self.recipients = self.recipients.saturating_add(recipients);
    }

    fn sum(counts: &[Self]) -> Self {
        counts.iter().fold(Self::default(), |sum, count| Self {
            messages: sum.messages.saturating_add(count.messages),
            recipients: sum.recipients.saturating_add(count.recipients),
        })
    }
}

/// What one sender did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Sender {
    /// The slot and the hour since 1970 that was counted last.
    slot: i64,
    hour: i64,
    slots: [Count; SLOTS_PER_HOUR as usize],
    hours: [Count; HOURS_PER_DAY as usize],
    /// Recipients in the highest hour of the past, as it counts today.
    peak: u32,
    peak_hour: i64,
}

impl Sender {
    /// Forgets what is over.
    fn turn_to(&mut self, now_s: i64) {
        let (slot, hour) = (now_s.div_euclid(SLOT_S), now_s.div_euclid(HOUR_S));
        for gone in (self.slot.saturating_add(1)..=slot).take(self.slots.len()) {
            self.slots[place(gone, SLOTS_PER_HOUR)] = Count::default();
        }
        if hour > self.hour {
            let over = self.hours[place(self.hour, HOURS_PER_DAY)].recipients;
            let aged = self.aged_peak(hour);
            if over >= aged {
                (self.peak, self.peak_hour) = (over, self.hour);
            }
        }
        for gone in (self.hour.saturating_add(1)..=hour).take(self.hours.len()) {
            self.hours[place(gone, HOURS_PER_DAY)] = Count::default();
        }
        // A clock that was set back counts on where it was.
        self.slot = self.slot.max(slot);
        self.hour = self.hour.max(hour);
    }

    fn aged_peak(&self, hour: i64) -> u32 {
        let halved = hour.saturating_sub(self.peak_hour).max(0) / PEAK_HALVES_AFTER_HOURS;
        u32::try_from(halved)
            .ok()
            .and_then(|halved| self.peak.checked_shr(halved))
            .unwrap_or(0)
    }

    fn count(&mut self, recipients: u32) {
        self.slots[place(self.slot, SLOTS_PER_HOUR)].add(recipients);
        self.hours[place(self.hour, HOURS_PER_DAY)].add(recipients);
    }
}

fn place(number: i64, count: u8) -> usize {
    usize::try_from(number.rem_euclid(count.into())).unwrap_or_default()
}

impl SenderLimits {
    /// Limits that nobody has touched yet.
    #[must_use]
    pub fn new(settings: SenderLimitSettings) -> Self {
        Self {
            settings,
            book: Mutex::default(),
            much: Notify::new(),
        }
    }

    /// Waits until so much was sent that the counts are to be written at once. Cancellation-safe.
    pub(crate) async fn much_is_unsaved(&self) {
        self.much.notified().await;
    }

    fn verdict(&self, sender: &mut Sender, recipients: u32, now_s: i64) -> SendingVerdict {
        let settings = &self.settings;
        sender.turn_to(now_s);
        let (hour, day) = (Count::sum(&sender.slots), Count::sum(&sender.hours));
        let above = |count: Count, messages: u32, of_recipients: u32| {
            count.messages >= messages
                || count.recipients.saturating_add(recipients) > of_recipients
        };
        let wait = |seconds: i64| SendingVerdict::Refuse {
            retry_after: Duration::from_secs(u64::try_from(seconds).unwrap_or_default()),
        };
        if above(day, settings.messages_per_day, settings.recipients_per_day) {
            return wait(HOUR_S);
        }
        if above(
            hour,
            settings.messages_per_hour,
            settings.recipients_per_hour,
        ) {
            return wait(SLOT_S);
        }
        let in_hour = hour.recipients.saturating_add(recipients);
        let usual = sender.aged_peak(sender.hour);
        let unusual = usual
            .saturating_mul(settings.unusual_factor)
            .max(settings.unusual_recipients_min);
        sender.count(recipients);
        if settings.unusual_factor > 0 && in_hour > unusual {
            return SendingVerdict::Hold(format!(
                "unusual: {in_hour} recipients within an hour, at most {usual} before"
            ));
        }
        SendingVerdict::Send
    }
}

impl SendingLimits for SenderLimits {
    fn judge(&self, sender: PrincipalId, recipients: usize, now: Timestamp) -> SendingVerdict {
        let recipients = u32::try_from(recipients).unwrap_or(u32::MAX);
        let now_s = now.seconds();
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let book = &mut *book;
        let senders = &mut book.senders;
        if senders.len() >= SENDERS_MAX && !senders.contains_key(&sender) {
            let hour = now_s.div_euclid(HOUR_S);
            senders.retain(|_, sender| sender.hour.saturating_add(HOURS_PER_DAY.into()) > hour);
        }
        let verdict = self.verdict(senders.entry(sender).or_default(), recipients, now_s);
        if !matches!(verdict, SendingVerdict::Refuse { .. }) {
            book.changed = true;
            let before = book.unsaved;
            book.unsaved = before.saturating_add(recipients);
            if before < UNSAVED_RECIPIENTS_MAX && book.unsaved >= UNSAVED_RECIPIENTS_MAX {
                self.much.notify_one();
            }
        }
        verdict
    }
}

impl Keepsake for SenderLimits {
    fn changed(&self) -> Option<Vec<u8>> {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::take(&mut book.changed) {
            return None;
        }
        book.unsaved = 0;
        let all: Vec<(u32, &Sender)> = book.senders.iter().map(|(id, it)| (id.0, it)).collect();
        let mut octets = vec![FORM];
        octets.extend(postcard::to_stdvec(&all).ok()?);
        Some(octets)
    }

    fn restore(&self, octets: &[u8], _now_s: i64) -> bool {
        let Some((&FORM, rest)) = octets.split_first() else {
            return false;
        };
        let Ok((all, [])) = postcard::take_from_bytes::<Vec<(u32, Sender)>>(rest) else {
            return false;
        };
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.into_iter().take(SENDERS_MAX);
        book.senders
            .extend(kept.map(|(id, sender)| (PrincipalId(id), sender)));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: PrincipalId = PrincipalId(1);
    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    fn limits() -> SenderLimits {
        SenderLimits::new(SenderLimitSettings::default())
    }

    fn hours(hours: i64) -> Timestamp {
        NOW.plus_ms(hours * HOUR_S * 1_000)
    }

    #[test]
    fn the_hour_ends_and_the_day_does_not_forget() {
        let limits = SenderLimits::new(SenderLimitSettings {
            unusual_factor: 0,
            ..SenderLimitSettings::default()
        });
        let mut sent = 0;
        for hour in 0..8 {
            while limits.judge(ANNA, 100, hours(hour)) == SendingVerdict::Send {
                sent += 100;
            }
        }
        assert_eq!(sent, 2_000);
        assert_eq!(limits.judge(ANNA, 1, hours(26)), SendingVerdict::Send);
        let refused = limits.judge(ANNA, 501, hours(60));
        assert!(matches!(refused, SendingVerdict::Refuse { .. }));
        assert_eq!(
            limits.judge(PrincipalId(2), 1, hours(8)),
            SendingVerdict::Send
        );
    }

    #[test]
    fn messages_are_counted_too() {
        let limits = limits();
        for _ in 0..300 {
            assert_eq!(limits.judge(ANNA, 0, NOW), SendingVerdict::Send);
        }
        let refused = limits.judge(ANNA, 0, NOW);
        assert!(matches!(refused, SendingVerdict::Refuse { .. }));
        assert_eq!(
            limits.judge(ANNA, 0, hours(1).plus_ms(300_000)),
            SendingVerdict::Send
        );
    }

    #[test]
    fn a_jump_far_above_the_past_is_held() {
        let limits = limits();
        for day in 0..7 {
            assert_eq!(
                limits.judge(ANNA, 20, hours(24 * day)),
                SendingVerdict::Send
            );
        }
        assert_eq!(limits.judge(ANNA, 150, hours(170)), SendingVerdict::Send);
        let SendingVerdict::Hold(reason) = limits.judge(ANNA, 60, hours(170)) else {
            panic!("210 recipients after at most 20 are unusual");
        };
        assert_eq!(
            reason,
            "unusual: 210 recipients within an hour, at most 20 before"
        );
    }

    #[test]
    fn who_sends_much_every_week_is_not_held() {
        let limits = limits();
        // The first newsletter is unusual, its followers are not.
        assert!(matches!(
            limits.judge(ANNA, 400, NOW),
            SendingVerdict::Hold(_)
        ));
        for week in 1..5 {
            assert_eq!(
                limits.judge(ANNA, 400, hours(week * 168)),
                SendingVerdict::Send
            );
        }
    }

    #[test]
    fn nobody_gets_a_fresh_allowance_by_a_restart() {
        let before = limits();
        for _ in 0..4 {
            let _ = before.judge(ANNA, 125, NOW);
        }
        let kept = before.changed().unwrap();
        assert_eq!(before.changed(), None);
        let after = limits();
        assert!(after.restore(&kept, NOW.seconds()));
        let refused = after.judge(ANNA, 1, NOW.plus_ms(60_000));
        assert!(matches!(refused, SendingVerdict::Refuse { .. }));
        // What is usual is remembered, too: 500 once is no surprise a week later.
        let later = after.judge(ANNA, 500, hours(160));
        assert_eq!(later, SendingVerdict::Send);
        for bad in [&b""[..], b"\x02", &kept[..kept.len() - 1]] {
            assert!(!limits().restore(bad, 0), "{bad:?}");
        }
    }

    #[tokio::test]
    async fn who_sends_much_is_written_down_at_once() {
        let limits = limits();
        let _ = limits.judge(ANNA, 99, NOW);
        let told = Duration::ZERO;
        let is_told = || tokio::time::timeout(told, limits.much_is_unsaved());
        assert!(is_told().await.is_err());
        let _ = limits.judge(PrincipalId(2), 1, NOW);
        assert!(is_told().await.is_ok());
        assert!(limits.changed().is_some());
    }

    #[test]
    fn a_clock_that_goes_back_is_no_panic() {
        let limits = limits();
        for at in [NOW, Timestamp(i64::MIN), Timestamp(i64::MAX), Timestamp(0)] {
            let _ = limits.judge(ANNA, 1, at);
        }
    }
}

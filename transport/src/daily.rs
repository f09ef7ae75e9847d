//! Daily tallies: what is counted today, and what of the days before is still to be reported; kept over a restart.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::kept::Keepsake;
use crate::post::DAY_S;

/// Days that are reported late, when the server did not run at their end. Who hears of them later still has no use for it.
const DAYS_LATE_MAX: u64 = 3;
/// Days that wait at the same time.
const DUE_MAX: usize = 4;
/// The form in which it is kept; of another one nothing is taken over.
const FORM: u8 = 1;

/// A tally by day.
#[derive(Debug, Default)]
pub(crate) struct Daily<T>(Mutex<Book<T>>);

#[derive(Debug, Default)]
struct Book<T> {
    days: Days<T>,
    changed: bool,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Days<T> {
    /// When the day ends that is counted, in seconds since 1970; 0 while nobody said so.
    until_s: u64,
    counting: T,
    due: VecDeque<Due<T>>,
}

/// A day that is over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Due<T> {
    /// When it ended, in seconds since 1970.
    pub(crate) end_s: u64,
    /// What was counted.
    pub(crate) tally: T,
    /// Domains that have their report.
    pub(crate) sent: BTreeSet<String>,
}

/// What can be counted by day.
pub(crate) trait Countable: Default + Clone + Serialize + DeserializeOwned + Send {
    /// Whether nothing was counted.
    fn is_empty(&self) -> bool;

    /// As octets.
    fn encoded<S: Serialize>(value: &S) -> Option<Vec<u8>>;

    /// Undoes [`Countable::encoded`].
    fn decoded<D: DeserializeOwned>(octets: &[u8]) -> Option<D>;
}

impl<T: Countable> Daily<T> {
    fn book(&self) -> MutexGuard<'_, Book<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts something.
    pub(crate) fn note(&self, count: impl FnOnce(&mut T)) {
        let mut book = self.book();
        count(&mut book.days.counting);
        book.changed = true;
    }

    /// Says when the day ends that is counted now.
    pub(crate) fn count_until(&self, end_s: u64) {
        self.book().days.until_s = end_s;
    }

    /// The day is over: what was counted is to be reported.
    pub(crate) fn close(&self, end_s: u64) {
        let mut book = self.book();
        book.days.until_s = end_s;
        book.changed |= book.days.close();
    }

    /// The oldest day that is to be reported.
    pub(crate) fn due(&self) -> Option<Due<T>> {
        self.book().days.due.front().cloned()
    }

    /// A domain has its report of the oldest day.
    pub(crate) fn sent(&self, domain: &str) {
        let mut book = self.book();
        if let Some(due) = book.days.due.front_mut() {
            due.sent.insert(domain.to_owned());
        }
        book.changed = true;
    }

    /// The oldest day is reported.
    pub(crate) fn done(&self) {
        let mut book = self.book();
        book.days.due.pop_front();
        book.changed = true;
    }
}

impl<T: Countable> Days<T> {
    /// Whether there was something.
    fn close(&mut self) -> bool {
        let tally = std::mem::take(&mut self.counting);
        if tally.is_empty() {
            return false;
        }
        self.due.push_back(Due {
            end_s: self.until_s,
            tally,
            sent: BTreeSet::new(),
        });
        while self.due.len() > DUE_MAX {
            self.due.pop_front();
        }
        true
    }
}

impl<T: Countable> Keepsake for Daily<T> {
    fn changed(&self) -> Option<Vec<u8>> {
        let mut book = self.book();
        if !std::mem::take(&mut book.changed) {
            return None;
        }
        let mut octets = vec![FORM];
        octets.extend(T::encoded(&book.days)?);
        Some(octets)
    }

    fn restore(&self, octets: &[u8], now_s: i64) -> bool {
        let Some((&FORM, rest)) = octets.split_first() else {
            return false;
        };
        let Some(mut days) = T::decoded::<Days<T>>(rest) else {
            return false;
        };
        let now_s = u64::try_from(now_s).unwrap_or_default();
        if days.until_s <= now_s {
            days.close();
        }
        let oldest = now_s.saturating_sub(DAYS_LATE_MAX * DAY_S);
        days.due.retain(|due| due.end_s > oldest);
        days.due.truncate(DUE_MAX);
        self.book().days = days;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use authenticity::report::TlsTally;

    use super::*;

    const TODAY_S: u64 = 1_700_006_400;

    fn counted(domain: &str) -> Daily<TlsTally> {
        let daily = Daily::default();
        daily.count_until(TODAY_S);
        note(&daily, domain);
        daily
    }

    fn note(daily: &Daily<TlsTally>, domain: &str) {
        let policy = authenticity::report::TlsPolicy {
            policy_type: authenticity::report::TlsPolicyKind::Sts,
            policy_string: vec!["version: STSv1".into()],
            policy_domain: domain.into(),
            mx_host: vec!["*.example.net".into()],
        };
        let failure = authenticity::report::TlsFailure {
            result_type: "certificate-expired".into(),
            sending_mta_ip: Some(IpAddr::from([192, 0, 2, 1])),
            receiving_mx_hostname: Some("mx.example.net".into()),
            receiving_mx_helo: None,
            receiving_ip: None,
            failed_session_count: 1,
            additional_information: None,
            failure_reason_code: None,
        };
        daily.note(|tally| tally.note(domain, &policy, Some(&failure)));
    }

    fn at(seconds: u64) -> i64 {
        i64::try_from(seconds).unwrap()
    }

    #[test]
    fn the_same_day_goes_on_after_a_restart() {
        let before = counted("example.net");
        let kept = before.changed().unwrap();
        assert_eq!(before.changed(), None);
        let after = Daily::<TlsTally>::default();
        assert!(after.restore(&kept, at(TODAY_S - 60)));
        assert_eq!(after.due(), None);
        note(&after, "example.net");
        after.close(TODAY_S);
        note(&before, "example.net");
        before.close(TODAY_S);
        assert_eq!(after.due(), before.due());
    }

    #[test]
    fn a_day_that_ended_meanwhile_is_due_and_one_of_last_week_is_not() {
        let kept = counted("example.net").changed().unwrap();
        let after = Daily::<TlsTally>::default();
        assert!(after.restore(&kept, at(TODAY_S + 60)));
        assert_eq!(after.due().unwrap().end_s, TODAY_S);
        let late = Daily::<TlsTally>::default();
        assert!(late.restore(&kept, at(TODAY_S + 4 * DAY_S)));
        assert_eq!(late.due(), None);
    }

    #[test]
    fn who_has_a_report_gets_no_second_one() {
        let daily = counted("example.net");
        daily.close(TODAY_S);
        daily.sent("example.net");
        let after = Daily::<TlsTally>::default();
        assert!(after.restore(&daily.changed().unwrap(), at(TODAY_S + 60)));
        assert!(after.due().unwrap().sent.contains("example.net"));
        after.done();
        assert_eq!(after.due(), None);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let kept = counted("example.net").changed().unwrap();
        for bad in [&b""[..], b"\x02{}", &kept[..kept.len() - 1], b"\x01[]"] {
            assert!(!Daily::<TlsTally>::default().restore(bad, 0), "{bad:?}");
        }
    }
}

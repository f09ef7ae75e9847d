//! States of calendars and events: the last entry that touched them, and which calendars are seen.

use groupware::{KindState, RecordKind};
use model::{AccountId, CollectionKind, Seq};

use crate::error::MethodError;
use crate::standard::changes::read_seq;
use crate::visit::Visit;

/// A state of events.
pub(crate) fn event_state(state: KindState) -> String {
    format!("{}-{:08x}", state.seq.0, state.sight)
}

/// The state that was written so.
///
/// # Errors
/// RFC 8620 5.2 `cannotCalculateChanges`: it never was one.
pub(crate) fn read_event_state(text: &str) -> Result<KindState, MethodError> {
    let read = || {
        let (seq, sight) = text.split_once('-')?;
        let hex = sight.len() == 8 && sight.bytes().all(|octet| octet.is_ascii_hexdigit());
        let sight = u32::from_str_radix(sight, 16).ok().filter(|_| hex)?;
        let seq = read_seq(seq)?;
        Some(KindState { seq, sight })
    };
    read().ok_or_else(MethodError::cannot_calculate_changes)
}

/// A state of calendars: of themselves, and of what the person prefers, which is kept in their own account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CalendarState {
    pub(crate) calendars: KindState,
    pub(crate) preferred: Seq,
}

impl CalendarState {
    /// The state of an account's calendars.
    ///
    /// # Errors
    /// The caller sees nothing of the account.
    pub(crate) async fn of(visit: &Visit, account: AccountId) -> Result<Self, groupware::Error> {
        let groupware = visit.groupware();
        let own = visit.own_account();
        let kind = CollectionKind::Calendar;
        let preferred = groupware.records(&visit.caller, own, RecordKind::Preference);
        let preferred = preferred.await?.until;
        Ok(Self {
            calendars: groupware
                .collections_state(&visit.caller, account, kind)
                .await?,
            preferred,
        })
    }

    pub(crate) fn text(self) -> String {
        format!("{}-{}", event_state(self.calendars), self.preferred.0)
    }

    /// The state that was written so.
    ///
    /// # Errors
    /// RFC 8620 5.2 `cannotCalculateChanges`: it never was one.
    pub(crate) fn read(text: &str) -> Result<Self, MethodError> {
        let fault = MethodError::cannot_calculate_changes;
        let (calendars, preferred) = text.rsplit_once('-').ok_or_else(fault)?;
        Ok(Self {
            calendars: read_event_state(calendars)?,
            preferred: read_seq(preferred).ok_or_else(fault)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_come_back() {
        let state = CalendarState {
            calendars: KindState {
                seq: Seq(12),
                sight: 0xab,
            },
            preferred: Seq(7),
        };
        assert_eq!(state.text(), "12-000000ab-7");
        assert_eq!(CalendarState::read(&state.text()), Ok(state));
        for wrong in [
            "",
            "12",
            "12-000000ab",
            "12-ab-7",
            "x-000000ab-7",
            "1-+00000ab-1",
        ] {
            assert!(CalendarState::read(wrong).is_err(), "{wrong}");
        }
    }
}

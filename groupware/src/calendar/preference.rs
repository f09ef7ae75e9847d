//! What somebody prefers of a calendar, their own or somebody else's: whether it is shown, how it is drawn, what it alerts to.

use std::collections::BTreeMap;

use model::{AccountId, CollectionId, CollectionKind, ObjectId};
use serde::{Deserialize, Serialize};
use store::Collection;

use crate::Groupware;
use crate::caller::Caller;
use crate::collection::DEFAULT_CALENDAR;
use crate::error::Error;
use crate::record::{RecordChange, RecordKind};

/// What such a record is about; others stand among the same preferences.
const ABOUT: &str = "calendar";

/// What one person prefers of one calendar. What is absent is as the calendar itself says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CalendarPreference {
    /// Whether it is among those the person wants to see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscribed: Option<bool>,
    /// Whether it is shown at the moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visible: Option<bool>,
    /// What the person calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How it is drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// Its place in a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort_order: Option<u32>,
    /// The zone of times without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Whether only what the person takes part in makes them busy.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub only_attending: bool,
    /// Alerts of events with a time, as the face wrote them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alerts_with_time: Option<String>,
    /// Alerts of events without a time, as the face wrote them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alerts_without_time: Option<String>,
}

/// As it is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    about: String,
    account: u32,
    calendar: u32,
    #[serde(flatten)]
    preference: CalendarPreference,
}

impl Groupware {
    /// What the caller prefers of calendars.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if nobody is signed in; or the store cannot be read.
    pub async fn calendar_preferences(
        &self,
        caller: &Caller,
    ) -> Result<BTreeMap<(AccountId, CollectionId), CalendarPreference>, Error> {
        let kept = self.kept_calendar_preferences(caller).await?;
        Ok(kept
            .into_iter()
            .map(|(calendar, (_, preference))| (calendar, preference))
            .collect())
    }

    /// Keeps what the caller prefers of a calendar.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the caller sees nothing of it; [`Error::Limit`] where it prefers too much.
    pub async fn set_calendar_preference(
        &self,
        caller: &Caller,
        account: AccountId,
        calendar: CollectionId,
        preference: &CalendarPreference,
    ) -> Result<(), Error> {
        self.collection(caller, account, calendar).await?;
        let known = self.kept_calendar_preferences(caller).await?;
        let known = known.get(&(account, calendar));
        if known.map_or(&CalendarPreference::default(), |(_, known)| known) == preference {
            return Ok(());
        }
        let kept = Kept {
            about: ABOUT.to_owned(),
            account: account.0,
            calendar: calendar.0,
            preference: preference.clone(),
        };
        let text = serde_json::to_string(&kept).map_err(|error| Error::internal(&error))?;
        let change = match known {
            Some((id, _)) => RecordChange::Update(*id, text),
            None => RecordChange::Create(text),
        };
        let own = AccountId::from(caller.principal()?);
        let mut done = self
            .change_records(caller, own, RecordKind::Preference, None, &[change])
            .await?;
        done.records.pop().map_or(Ok(()), |record| record.map(drop))
    }

    async fn kept_calendar_preferences(
        &self,
        caller: &Caller,
    ) -> Result<BTreeMap<(AccountId, CollectionId), (ObjectId, CalendarPreference)>, Error> {
        let own = AccountId::from(caller.principal()?);
        let records = self.records(caller, own, RecordKind::Preference).await?;
        let mut kept = BTreeMap::new();
        for record in records.all {
            if let Ok(read) = serde_json::from_str::<Kept>(&record.text)
                && read.about == ABOUT
            {
                let calendar = (AccountId(read.account), CollectionId(read.calendar));
                kept.insert(calendar, (record.id, read.preference));
            }
        }
        Ok(kept)
    }
}

/// Whether a calendar is the one that invitations go to, which an account cannot do without.
#[must_use]
pub fn takes_invitations(calendar: &Collection) -> bool {
    calendar.kind == CollectionKind::Calendar && calendar.name.as_str() == DEFAULT_CALENDAR
}

//! What somebody prefers among address books: which one new cards go to, and which ones are shown.

use std::collections::BTreeMap;

use model::{AccountId, CollectionId};
use serde::{Deserialize, Serialize};

use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;
use crate::record::{RecordChange, RecordKind};

/// What one person prefers among address books, its own and those of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BookPreferences {
    /// The one of its own that new cards go to, if it chose one.
    pub default: Option<CollectionId>,
    /// Those that are shown although they are somebody else's, or not shown although they are its own.
    pub subscribed: BTreeMap<(AccountId, CollectionId), bool>,
}

/// As it is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    /// Tells it from what else is preferred.
    about: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default: Option<u32>,
    #[serde(default)]
    subscribed: Vec<(u32, u32, bool)>,
}

impl BookPreferences {
    /// Whether an address book is shown. One's own are, others are once somebody wants to see them.
    #[must_use]
    pub fn is_subscribed(&self, account: AccountId, book: CollectionId, own: bool) -> bool {
        self.subscribed
            .get(&(account, book))
            .copied()
            .unwrap_or(own)
    }
}

impl Groupware {
    /// What the caller prefers among address books.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if nobody is signed in; or the store cannot be read.
    pub async fn book_preferences(&self, caller: &Caller) -> Result<BookPreferences, Error> {
        Ok(self.kept_preferences(caller).await?.1)
    }

    /// Keeps what the caller prefers among address books.
    ///
    /// # Errors
    /// [`Error::Limit`] where it prefers too much.
    pub async fn set_book_preferences(
        &self,
        caller: &Caller,
        preferences: &BookPreferences,
    ) -> Result<(), Error> {
        let (known, before) = self.kept_preferences(caller).await?;
        if before == *preferences {
            return Ok(());
        }
        if preferences.subscribed.len() > SUBSCRIBED_MAX {
            return Err(Error::Limit("Too many address books are shown or hidden."));
        }
        let subscribed = preferences.subscribed.iter();
        let kept = Kept {
            about: ABOUT.to_owned(),
            default: preferences.default.map(|id| id.0),
            subscribed: subscribed
                .map(|((account, book), shown)| (account.0, book.0, *shown))
                .collect(),
        };
        let text = serde_json::to_string(&kept).map_err(|error| Error::internal(&error))?;
        let change = match known {
            Some(id) => RecordChange::Update(id, text),
            None => RecordChange::Create(text),
        };
        let account = AccountId::from(caller.principal()?);
        let mut done = self
            .change_records(caller, account, RecordKind::Preference, None, &[change])
            .await?;
        done.records.pop().map_or(Ok(()), |record| record.map(drop))
    }

    async fn kept_preferences(
        &self,
        caller: &Caller,
    ) -> Result<(Option<model::ObjectId>, BookPreferences), Error> {
        let account = AccountId::from(caller.principal()?);
        let records = self
            .records(caller, account, RecordKind::Preference)
            .await?;
        for record in records.all {
            let Ok(kept) = serde_json::from_str::<Kept>(&record.text) else {
                continue;
            };
            if kept.about == ABOUT {
                let subscribed = kept.subscribed.into_iter();
                let preferences = BookPreferences {
                    default: kept.default.map(CollectionId),
                    subscribed: subscribed
                        .map(|(account, book, shown)| {
                            ((AccountId(account), CollectionId(book)), shown)
                        })
                        .collect(),
                };
                return Ok((Some(record.id), preferences));
            }
        }
        Ok((None, BookPreferences::default()))
    }
}

/// What such a record is about.
const ABOUT: &str = "addressBooks";
/// Address books that somebody shows or hides: ours; bounded by a record's size, too.
const SUBSCRIBED_MAX: usize = 1_000;

//! Changing keywords, as far as the caller may.

use std::collections::HashMap;

use model::{AccountId, Keyword, Keywords, MailboxId, NumberSet, Rights, Seq};
use store::{Change, Committed, Head, KeywordChange, Outcome};

use super::KeywordsSet;
use crate::Groupware;
use crate::account::ATTEMPTS_MAX;
use crate::caller::Caller;
use crate::error::Error;
use crate::mailbox::unexpected;
use crate::rights::{KEYWORD_RIGHTS, allowed_change, right_for};

impl Groupware {
    /// Changes keywords of these emails; those that are not there are passed over.
    ///
    /// # Errors
    /// RFC 4314 4: `SEEN` is needed for `$seen`, `DELETE_EMAIL` for `$deleted`, `WRITE` for the others; what is not
    /// allowed is left out, unless nothing is. [`Error::Limit`] for too many keywords.
    pub async fn set_keywords(
        &self,
        caller: &Caller,
        account: AccountId,
        mailbox: MailboxId,
        uids: NumberSet,
        change: KeywordChange,
        unchanged_since: Option<Seq>,
    ) -> Result<KeywordsSet, Error> {
        let access = self.access(caller, account).await?;
        let rights = access.rights(access.require(mailbox, Rights::NONE)?);
        if rights.is_empty() {
            return Err(Error::NotFound);
        }
        if rights.0 & KEYWORD_RIGHTS.0 == 0 {
            // Tells those who may see it that it is there, and no others.
            access.require(mailbox, Rights::WRITE)?;
        }
        let change = allowed_change(change, rights)?;
        if let KeywordChange::Replace(keywords) = &change
            && !rights.contains(KEYWORD_RIGHTS)
        {
            let partly = PartlyReplace {
                account,
                mailbox,
                uids,
                keywords: keywords.clone(),
                unchanged_since,
            };
            return self.replace_allowed(caller, partly).await;
        }
        let change = Change::SetKeywords {
            mailbox,
            uids,
            change,
            unchanged_since,
        };
        set(&self.change(caller, account, vec![change]).await?)
    }

    /// Replaces the keywords that the caller may set and lets the email keep the others.
    async fn replace_allowed(
        &self,
        caller: &Caller,
        wanted: PartlyReplace,
    ) -> Result<KeywordsSet, Error> {
        let (account, mailbox) = (wanted.account, wanted.mailbox);
        for _ in 0..ATTEMPTS_MAX {
            let access = self.access(caller, account).await?;
            let rights = access.rights(access.require(mailbox, Rights::NONE)?);
            let uids = wanted.uids.clone();
            let rows = self
                .store
                .read(move |engine| engine.rows(account, mailbox, &uids))
                .await?;
            let mut groups: HashMap<Keywords, NumberSet> = HashMap::new();
            for row in &rows {
                let kept = kept(&access.head, row.keywords, rights);
                groups.entry(kept).or_default().push(row.uid.0);
            }
            let changes: Vec<Change> = groups
                .into_iter()
                .map(|(kept, uids)| Change::SetKeywords {
                    mailbox,
                    uids,
                    change: KeywordChange::Replace(
                        wanted
                            .keywords
                            .iter()
                            .cloned()
                            .chain(names(&access.head, kept))
                            .collect(),
                    ),
                    unchanged_since: wanted.unchanged_since,
                })
                .collect();
            // What is kept was read in this state.
            let if_seq = Some(access.head.seq);
            match self.change_at(caller, account, if_seq, changes).await {
                Err(Error::StateMismatch) => {}
                done => return set(&done?),
            }
        }
        Err(Error::StateMismatch)
    }
}

struct PartlyReplace {
    account: AccountId,
    mailbox: MailboxId,
    uids: NumberSet,
    keywords: Vec<Keyword>,
    unchanged_since: Option<Seq>,
}

/// Those of the keywords that need rights the caller does not have.
fn kept(head: &Head, keywords: Keywords, rights: Rights) -> Keywords {
    keywords
        .bits()
        .filter(|bit| {
            let name = head
                .keyword_name(*bit)
                .and_then(|name| Keyword::try_from(name).ok());
            name.is_none_or(|name| !rights.contains(right_for(&name)))
        })
        .fold(Keywords::NONE, |kept, bit| kept.with(Keywords::bit(bit)))
}

/// The keywords of these bits.
pub(super) fn names(head: &Head, keywords: Keywords) -> Vec<Keyword> {
    keywords
        .bits()
        .filter_map(|bit| Keyword::try_from(head.keyword_name(bit)?).ok())
        .collect()
}

fn set(committed: &Committed) -> Result<KeywordsSet, Error> {
    let mut all = KeywordsSet {
        changed: NumberSet::new(),
        modified: NumberSet::new(),
        seq: committed.seq,
    };
    for outcome in &committed.outcomes {
        let Outcome::Keywords { changed, modified } = outcome else {
            return Err(unexpected(Some(outcome)));
        };
        all.changed = all.changed.union(changed);
        all.modified = all.modified.union(modified);
    }
    Ok(all)
}

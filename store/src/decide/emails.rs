//! Deciding about emails.

use std::collections::BTreeMap;

use model::{
    AddEmail, CopyEmails, DestroyEmails, EmailId, KEYWORDS_PER_ACCOUNT_MAX, Keyword, Keywords,
    MailboxId, MoveEmails, Mutation, NumberSet, RestoreEmail, Seq, ThreadId, ThreadKeys, Timestamp,
    Totals,
};

use super::Deciding;
use crate::change::{KeywordChange, NewEmail, Outcome, Source};
use crate::error::Error;
use crate::rows::EmailRow;

impl Deciding<'_> {
    pub(super) fn add_email(&mut self, new: &NewEmail, place: usize) -> Result<Outcome, Error> {
        self.check_quota(u64::from(new.size))?;
        let (uid, uid_validity) = self.next_uid(new.mailbox)?;
        let keywords = self.keyword_bits(&new.keywords)?;
        let thread = self.choose_thread(&new.thread)?;
        let email = self.head.next_email;
        let meta = match &new.source {
            Source::New(blob) => blob.meta_hash,
            Source::Stored { meta, .. } => *blake3::hash(meta).as_bytes(),
        };
        self.added.push((self.mutations.len(), place));
        let blob = self.place(&new.source);
        self.push(Mutation::AddEmail(AddEmail {
            mailbox: new.mailbox,
            uid,
            email,
            thread,
            keywords,
            received_at: new.received_at,
            sent_at: new.sent_at,
            size: new.size,
            blob,
            meta,
            thread_keys: new.thread.clone(),
        }))?;
        Ok(Outcome::Added {
            email,
            uid,
            uid_validity,
            thread,
        })
    }

    pub(super) fn set_keywords(
        &mut self,
        mailbox: MailboxId,
        uids: &NumberSet,
        change: &KeywordChange,
        unchanged_since: Option<Seq>,
    ) -> Result<Outcome, Error> {
        self.head.mailbox(mailbox)?;
        let rows = self.rows(mailbox, uids)?;
        let mut modified = NumberSet::new();
        let mut groups: BTreeMap<(Keywords, Keywords), NumberSet> = BTreeMap::new();
        if !rows.is_empty() {
            let (add, remove) = match change {
                KeywordChange::Add(keywords) => (self.keyword_bits(keywords)?, Keywords::NONE),
                KeywordChange::Remove(keywords) => (Keywords::NONE, self.known_bits(keywords)),
                KeywordChange::Replace(keywords) => {
                    let all = self.keyword_bits(keywords)?;
                    (all, Keywords(!all.0))
                }
            };
            for row in &rows {
                // RFC 7162 3.1.3: what changed since stays as it is and does not keep the others from changing.
                if unchanged_since.is_some_and(|since| row.changed.is_after(since)) {
                    modified.push(row.uid.0);
                    continue;
                }
                let (added, removed) = (
                    add.without(row.keywords),
                    Keywords(remove.0 & row.keywords.0),
                );
                if !(added.is_empty() && removed.is_empty()) {
                    groups.entry((added, removed)).or_default().push(row.uid.0);
                }
            }
        }
        let mut changed = NumberSet::new();
        for ((added, removed), uids) in groups {
            changed = changed.union(&uids);
            self.push(Mutation::SetKeywords {
                mailbox,
                uids,
                added,
                removed,
            })?;
        }
        Ok(Outcome::Keywords { changed, modified })
    }

    pub(super) fn copy_emails(
        &mut self,
        from: MailboxId,
        uids: &NumberSet,
        to: MailboxId,
    ) -> Result<Outcome, Error> {
        self.head.mailbox(from)?;
        let (first_uid, uid_validity) = self.next_uid(to)?;
        let (uids, _, totals) = gather(&self.rows(from, uids)?);
        self.check_quota(totals.octets)?;
        if !uids.is_empty() {
            let first_email = self.head.next_email;
            let copy = CopyEmails {
                from,
                uids: uids.clone(),
                to,
                first_uid,
                first_email,
                totals,
            };
            self.push(Mutation::CopyEmails(copy))?;
        }
        Ok(Outcome::Copied {
            uids,
            first_uid,
            uid_validity,
        })
    }

    pub(super) fn move_emails(
        &mut self,
        from: MailboxId,
        uids: &NumberSet,
        to: MailboxId,
    ) -> Result<Outcome, Error> {
        self.head.mailbox(from)?;
        let (first_uid, uid_validity) = self.next_uid(to)?;
        let (uids, emails, totals) = gather(&self.rows(from, uids)?);
        if !uids.is_empty() {
            let moved = MoveEmails {
                from,
                uids: uids.clone(),
                to,
                first_uid,
                emails,
                totals,
            };
            self.push(Mutation::MoveEmails(moved))?;
        }
        Ok(Outcome::Copied {
            uids,
            first_uid,
            uid_validity,
        })
    }

    pub(super) fn destroy_emails(
        &mut self,
        mailbox: MailboxId,
        uids: &NumberSet,
        only_deleted: bool,
    ) -> Result<Outcome, Error> {
        if only_deleted && self.head.mailbox(mailbox)?.totals.deleted == 0 {
            return Ok(Outcome::Destroyed {
                uids: NumberSet::new(),
            });
        }
        self.head.mailbox(mailbox)?;
        let mut rows = self.rows(mailbox, uids)?;
        if only_deleted {
            rows.retain(|row| row.keywords.contains(Keywords::DELETED));
        }
        let (uids, emails, totals) = gather(&rows);
        if !uids.is_empty() {
            self.push(Mutation::DestroyEmails(DestroyEmails {
                mailbox,
                uids: uids.clone(),
                emails,
                totals,
            }))?;
        }
        Ok(Outcome::Destroyed { uids })
    }

    pub(super) fn restore_email(
        &mut self,
        email: EmailId,
        mailbox: MailboxId,
    ) -> Result<Outcome, Error> {
        let destroyed = self
            .lookup
            .destroyed(self.head.account, email)?
            .ok_or(Error::NotFound("the destroyed email"))?;
        let twice = self.mutations.iter().any(|done| match done {
            Mutation::RestoreEmail(done) => done.email == email,
            Mutation::PurgeEmails { emails } => emails.contains(email.0),
            _ => false,
        });
        if twice {
            return Err(TOUCHED_TWICE);
        }
        self.check_quota(u64::from(destroyed.size))?;
        let (uid, uid_validity) = self.next_uid(mailbox)?;
        let mut totals = Totals::default();
        // An email comes back to be read, not to be expunged at once.
        totals.add(
            destroyed.keywords.without(Keywords::DELETED),
            destroyed.size,
        );
        self.push(Mutation::RestoreEmail(RestoreEmail {
            email,
            mailbox,
            uid,
            totals,
        }))?;
        Ok(Outcome::Added {
            email,
            uid,
            uid_validity,
            thread: destroyed.thread,
        })
    }

    pub(super) fn purge_emails(&mut self, before: Timestamp, limit: u32) -> Result<Outcome, Error> {
        let emails = self
            .lookup
            .destroyed_before(self.head.account, before, limit)?;
        self.purge(emails.into_iter().map(|email| email.0).collect())
    }

    pub(super) fn purge_these(&mut self, emails: &NumberSet) -> Result<Outcome, Error> {
        let mut destroyed = NumberSet::new();
        for email in emails.iter().map(EmailId) {
            if self.lookup.destroyed(self.head.account, email)?.is_some() {
                destroyed.push(email.0);
            }
        }
        self.purge(destroyed)
    }

    fn purge(&mut self, emails: NumberSet) -> Result<Outcome, Error> {
        let twice = self.mutations.iter().any(|done| match done {
            Mutation::RestoreEmail(done) => emails.contains(done.email.0),
            Mutation::PurgeEmails { .. } => !emails.is_empty(),
            _ => false,
        });
        if twice {
            return Err(TOUCHED_TWICE);
        }
        let count = u32::try_from(emails.len()).unwrap_or(u32::MAX);
        if !emails.is_empty() {
            self.push(Mutation::PurgeEmails { emails })?;
        }
        Ok(Outcome::Purged { count })
    }

    /// The rows of these emails, which this request must not have changed already.
    fn rows(&mut self, mailbox: MailboxId, uids: &NumberSet) -> Result<Vec<EmailRow>, Error> {
        let rows = self.lookup.rows(self.head.account, mailbox, uids)?;
        if self.many {
            let there: NumberSet = rows.iter().map(|row| row.uid.0).collect();
            let overlaps = |(other, touched): &(MailboxId, NumberSet)| {
                *other == mailbox && there.iter().any(|uid| touched.contains(uid))
            };
            if self.touched.iter().any(overlaps) {
                return Err(TOUCHED_TWICE);
            }
            self.touched.push((mailbox, there));
        }
        Ok(rows)
    }

    fn next_uid(&self, mailbox: MailboxId) -> Result<(model::Uid, model::UidValidity), Error> {
        let mailbox = self.head.mailbox(mailbox)?;
        // RFC 9051 2.3.1.1: UIDs are 32 bits; two thousand million leave room for one copy of everything.
        if mailbox.uid_next.0 > i32::MAX.unsigned_abs() {
            return Err(Error::Limit("the mailbox has given out all its UIDs"));
        }
        Ok((mailbox.uid_next, mailbox.uid_validity))
    }

    pub(super) fn check_quota(&self, octets: u64) -> Result<(), Error> {
        match self.head.quota_octets {
            Some(quota) if self.head.used_octets().saturating_add(octets) > quota => {
                Err(Error::OverQuota)
            }
            _ => Ok(()),
        }
    }

    /// RFC 8621 3: an email joins the thread of one that shares a message id and the base subject.
    fn choose_thread(&mut self, keys: &ThreadKeys) -> Result<ThreadId, Error> {
        let own = self
            .threads
            .iter()
            .rev()
            .find(|(id, subject, _)| *subject == keys.subject && keys.message_ids.contains(id));
        let found = match own {
            Some((_, _, thread)) => Some(*thread),
            None => self.lookup.thread(self.head.account, keys)?,
        };
        let thread = found.unwrap_or(self.head.next_thread);
        if self.many {
            self.threads.extend(
                keys.message_ids
                    .iter()
                    .map(|id| (*id, keys.subject, thread)),
            );
        }
        Ok(thread)
    }

    /// The bits of these keywords; those the account never used get one.
    fn keyword_bits(&mut self, keywords: &[Keyword]) -> Result<Keywords, Error> {
        let mut bits = Keywords::NONE;
        for keyword in keywords {
            let bit = match self.head.keyword_bit(keyword) {
                Some(bit) => bit,
                None => self.define_keyword(keyword)?,
            };
            bits = bits.with(Keywords::bit(bit));
        }
        Ok(bits)
    }

    fn define_keyword(&mut self, keyword: &Keyword) -> Result<u8, Error> {
        let bit = u8::try_from(self.head.keywords.len())
            .ok()
            .and_then(|own| own.checked_add(Keywords::FIXED_COUNT))
            .filter(|bit| *bit < KEYWORDS_PER_ACCOUNT_MAX)
            .ok_or(Error::Limit(
                "the account has as many keywords as it can have",
            ))?;
        self.push(Mutation::DefineKeyword {
            bit,
            keyword: keyword.clone(),
        })?;
        Ok(bit)
    }

    fn known_bits(&self, keywords: &[Keyword]) -> Keywords {
        keywords
            .iter()
            .filter_map(|keyword| self.head.keyword_bit(keyword))
            .fold(Keywords::NONE, |bits, bit| bits.with(Keywords::bit(bit)))
    }
}

const TOUCHED_TWICE: Error = Error::Invalid("the request touches an email twice");

fn gather(rows: &[EmailRow]) -> (NumberSet, Vec<EmailId>, Totals) {
    let mut totals = Totals::default();
    rows.iter()
        .for_each(|row| totals.add(row.keywords, row.size));
    (
        rows.iter().map(|row| row.uid.0).collect(),
        rows.iter().map(|row| row.email).collect(),
        totals,
    )
}

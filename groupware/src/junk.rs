//! What people say of their mail by moving it into Junk and out of it, for scanners that learn from it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{AccountId, EmailId, MailboxId, Mutation, Role};
use store::{Engine, Head, Notice};
use tokio::sync::mpsc;

use crate::Groupware;
use crate::error::Error;

/// Commits that wait for a slow watcher; further ones are not told of. Ours: nothing is lost but a lesson.
const NOTICES_BEHIND_MAX: usize = 256;
/// Emails of one commit that are told of: who moves a thousand at once has not looked at each of them.
const EMAILS_MAX: usize = 100;

/// An email that somebody judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Whose account it is in.
    pub account: AccountId,
    /// Which.
    pub email: EmailId,
    /// Whether it is junk to them.
    pub junk: bool,
}

/// Moves into Junk and out of it from the moment it was asked for.
#[derive(Debug)]
pub struct JunkWatch {
    groupware: Groupware,
    receiver: mpsc::Receiver<Told>,
}

/// Who watches.
#[derive(Debug, Default)]
pub(crate) struct JunkWatchers(Mutex<Senders>);

/// A commit with its mutations.
type Told = (AccountId, Arc<[Mutation]>);
type Senders = Vec<mpsc::Sender<Told>>;

impl Groupware {
    /// Watches, in all accounts from now on, what people put into Junk and take out of it.
    #[must_use]
    pub fn watch_junk(&self) -> JunkWatch {
        let (sender, receiver) = mpsc::channel(NOTICES_BEHIND_MAX);
        self.junk_watchers.senders().push(sender);
        JunkWatch {
            groupware: self.clone(),
            receiver,
        }
    }

    /// The message that somebody judged; nothing where it is gone.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn judged_message(&self, judgement: Judgement) -> Result<Option<Vec<u8>>, Error> {
        let Judgement { account, email, .. } = judgement;
        let read = move |engine: &dyn Engine| {
            let mut found = None;
            engine.messages(account, &[email], &mut |_, message| {
                found = Some(message.to_vec());
                std::ops::ControlFlow::Break(())
            })?;
            Ok(found)
        };
        Ok(self.store.read(read).await?)
    }
}

impl JunkWatch {
    /// What was judged next; none when there will be no more. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Vec<Judgement>> {
        loop {
            let (account, mutations) = self.receiver.recv().await?;
            let head = self.groupware.store.engine().head(account).ok().flatten();
            let Some(head) = head else {
                continue;
            };
            let judged = judgements(&head, &mutations);
            if !judged.is_empty() {
                return Some(judged);
            }
        }
    }
}

impl JunkWatchers {
    /// Tells of a commit if it moved or copied emails.
    pub(crate) fn note(&self, notice: &Notice) {
        let touches = notice
            .mutations
            .iter()
            .any(|mutation| matches!(mutation, Mutation::MoveEmails(_) | Mutation::CopyEmails(_)));
        if touches {
            self.senders().retain(|sender| {
                let told = sender.try_send((notice.account, Arc::clone(&notice.mutations)));
                !matches!(told, Err(mpsc::error::TrySendError::Closed(_)))
            });
        }
    }

    fn senders(&self) -> MutexGuard<'_, Senders> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn judgements(head: &Head, mutations: &[Mutation]) -> Vec<Judgement> {
    let role = |mailbox: MailboxId| head.mailboxes.get(&mailbox)?.role;
    let mut judged = Vec::new();
    for mutation in mutations {
        let (from, to, emails) = match mutation {
            Mutation::MoveEmails(moved) => (moved.from, moved.to, moved.emails.clone()),
            // Programs that cannot move copy and expunge.
            Mutation::CopyEmails(copied) => {
                let count = u32::try_from(copied.uids.len()).unwrap_or(u32::MAX);
                let last = copied.first_email.0.saturating_add(count);
                let emails = copied.first_email.0..last;
                (
                    copied.from,
                    copied.to,
                    emails.take(EMAILS_MAX).map(EmailId).collect(),
                )
            }
            _ => continue,
        };
        let junk = match (role(from), role(to)) {
            (Some(Role::Junk), Some(Role::Junk | Role::Trash)) => continue,
            (_, Some(Role::Junk)) => true,
            (Some(Role::Junk), _) => false,
            _ => continue,
        };
        let left = EMAILS_MAX.saturating_sub(judged.len());
        judged.extend(emails.into_iter().take(left).map(|email| Judgement {
            account: head.account,
            email,
            junk,
        }));
    }
    judged
}

//! Entries of a journal told in the terms of those who read them: with names of places, subjects and titles.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use model::{
    AccountId, Address, CollectionId, CollectionRights, EmailId, EmailMeta, Keywords, MailboxId,
    Mutation, NumberSet, ObjectId, Rights,
};
use store::{Engine, Entry, Head};

use super::undo::can_undo;
use super::{HistoryDeed, HistoryEntry, HistoryPlace, HistoryStep};
use crate::Groupware;
use crate::error::Error;
use crate::object::{Summary, decode_meta};

/// Steps of one entry that are told.
const STEPS_MAX: usize = 20;
/// Things of one step whose names are told.
pub(super) const NAMED_MAX: usize = 5;
/// Characters of a name that are told.
pub(super) const NAME_CHARACTERS_MAX: usize = 200;

/// Names of emails and objects.
#[derive(Debug, Default)]
struct Names {
    emails: BTreeMap<EmailId, (String, Option<String>)>,
    by_uid: BTreeMap<(MailboxId, u32), EmailId>,
    objects: BTreeMap<ObjectId, String>,
}

/// What of names is needed.
#[derive(Debug, Default)]
struct Wanted {
    emails: BTreeSet<EmailId>,
    uids: BTreeMap<MailboxId, BTreeSet<u32>>,
    objects: BTreeMap<ObjectId, CollectionId>,
}

impl Groupware {
    /// The entries, told.
    pub(super) async fn described(
        &self,
        head: &Arc<Head>,
        entries: Vec<Option<Entry>>,
    ) -> Result<Vec<Option<HistoryEntry>>, Error> {
        let mut wanted = Wanted::default();
        for entry in entries.iter().flatten() {
            told(entry).for_each(|mutation| wanted.note(mutation));
        }
        let names = self.history_names(head, wanted).await?;
        let describe = |entry: Entry| {
            let count = entry
                .commit
                .as_ref()
                .map_or(0, |commit| commit.mutations.len());
            HistoryEntry {
                seq: entry.seq,
                at: entry.at,
                steps: told(&entry)
                    .map(|mutation| step(mutation, head, &names))
                    .collect(),
                more_steps: u32::try_from(count.saturating_sub(STEPS_MAX)).unwrap_or(u32::MAX),
                can_undo: can_undo(&entry, head),
                actor: entry.commit.map(|commit| commit.actor),
            }
        };
        Ok(entries
            .into_iter()
            .map(|entry| entry.map(describe))
            .collect())
    }

    async fn history_names(&self, head: &Arc<Head>, wanted: Wanted) -> Result<Names, Error> {
        let account = head.account;
        let mut names = Names::default();
        let mut gone = BTreeMap::new();
        for (object, collection) in &wanted.objects {
            let found = match head.collections.get(*collection) {
                Ok(_) => {
                    let view = self.object_view(head, *collection).await?;
                    view.by_id(*object)
                        .and_then(|object| title(&object.summary))
                }
                Err(_) => None,
            };
            match found {
                Some(title) => names.objects.insert(*object, title).map_or((), drop),
                None => gone.insert(*object, *collection).map_or((), drop),
            }
        }
        let kinds: BTreeMap<CollectionId, _> = head
            .collections
            .all
            .iter()
            .map(|(id, collection)| (*id, collection.kind))
            .collect();
        let read = move |engine: &dyn Engine| {
            if !gone.is_empty() {
                for version in engine.versions(account)? {
                    let kind = kinds.get(&version.collection);
                    if let (true, Some(kind)) = (gone.contains_key(&version.object), kind)
                        && let Some(title) = title(&decode_meta(*kind, &version.meta))
                    {
                        names.objects.insert(version.object, title);
                    }
                }
            }
            name_emails(engine, account, wanted.emails, wanted.uids, &mut names)?;
            Ok(names)
        };
        Ok(self.store.read(read).await?)
    }
}

fn told(entry: &Entry) -> impl Iterator<Item = &Mutation> {
    let mutations = entry.commit.iter().flat_map(|commit| &commit.mutations);
    mutations.take(STEPS_MAX)
}

impl Wanted {
    fn note(&mut self, mutation: &Mutation) {
        match mutation {
            Mutation::AddEmail(new) => self.emails.extend([new.email]),
            Mutation::MoveEmails(moved) => self.emails.extend(moved.emails.iter().take(NAMED_MAX)),
            Mutation::DestroyEmails(gone) => self.emails.extend(gone.emails.iter().take(NAMED_MAX)),
            Mutation::RestoreEmail(back) => self.emails.extend([back.email]),
            Mutation::SetKeywords { mailbox, uids, .. } => {
                let uids = uids.iter().take(NAMED_MAX);
                self.uids.entry(*mailbox).or_default().extend(uids);
            }
            Mutation::CopyEmails(copy) => {
                let uids = copy.uids.iter().take(NAMED_MAX);
                self.uids.entry(copy.from).or_default().extend(uids);
            }
            Mutation::PutObject(put) => {
                self.objects.insert(put.object, put.collection);
            }
            Mutation::MoveObject(moved) => {
                self.objects.insert(moved.object, moved.to);
            }
            Mutation::DestroyObjects {
                collection,
                objects,
                ..
            } => {
                let objects = objects.iter().take(NAMED_MAX);
                self.objects
                    .extend(objects.map(|object| (ObjectId(object), *collection)));
            }
            _ => {}
        }
    }
}

fn name_emails(
    engine: &dyn Engine,
    account: AccountId,
    mut emails: BTreeSet<EmailId>,
    uids: BTreeMap<MailboxId, BTreeSet<u32>>,
    names: &mut Names,
) -> Result<(), store::Error> {
    for (mailbox, uids) in uids {
        let mut set = NumberSet::new();
        uids.into_iter().for_each(|uid| set.push(uid));
        // A mailbox that is gone has none.
        for row in engine.rows(account, mailbox, &set).unwrap_or_default() {
            names.by_uid.insert((mailbox, row.uid.0), row.email);
            emails.insert(row.email);
        }
    }
    let emails: Vec<EmailId> = emails.into_iter().collect();
    engine.metas(account, &emails, &mut |email, octets| {
        if let Ok(meta) = EmailMeta::decode(octets) {
            let subject = cut(meta.headers.subject.unwrap_or_default());
            names.emails.insert(email, (subject, sender(&meta)));
        }
        ControlFlow::Continue(())
    })
}

/// Whom an email is from: the name, else the address.
pub(super) fn sender(meta: &EmailMeta<'_>) -> Option<String> {
    meta.headers.from.iter().find_map(|address| match address {
        Address::Email { name, email } => Some(cut(name.unwrap_or(email))),
        Address::GroupStart(_) | Address::GroupEnd => None,
    })
}

/// What people call an event, task or contact.
pub(super) fn title(summary: &Summary) -> Option<String> {
    let title = match summary {
        Summary::Calendar(summary) => &summary.title,
        Summary::Contact(summary) => &summary.full_name,
        Summary::Unknown => return None,
    };
    Some(cut(title))
}

pub(super) fn cut(text: &str) -> String {
    text.chars().take(NAME_CHARACTERS_MAX).collect()
}

pub(super) fn mailbox_place(head: &Head, id: MailboxId) -> HistoryPlace {
    let found = head.mailboxes.get(&id);
    HistoryPlace::Mailbox {
        id,
        name: found.map(|mailbox| mailbox.name.to_string()),
        role: found.and_then(|mailbox| mailbox.role),
    }
}

pub(super) fn collection_place(head: &Head, id: CollectionId) -> HistoryPlace {
    let found = head.collections.get(id).ok();
    let name = |collection: &Arc<store::Collection>| {
        let shown = collection.properties.display_name.clone();
        shown.unwrap_or_else(|| collection.name.to_string())
    };
    HistoryPlace::Collection {
        id,
        kind: found.map(|collection| collection.kind),
        name: found.map(name),
    }
}

fn keyword_names(head: &Head, keywords: Keywords) -> Vec<String> {
    let names = keywords.bits().filter_map(|bit| head.keyword_name(bit));
    names.map(str::to_owned).collect()
}

impl Names {
    fn subjects(&self, emails: impl IntoIterator<Item = EmailId>) -> Vec<String> {
        let emails = emails.into_iter().take(NAMED_MAX);
        let found = emails.filter_map(|email| self.emails.get(&email));
        found.map(|(subject, _)| subject.clone()).collect()
    }

    fn subjects_of(&self, mailbox: MailboxId, uids: &NumberSet) -> Vec<String> {
        let emails = uids.iter().take(NAMED_MAX);
        let emails = emails.filter_map(|uid| self.by_uid.get(&(mailbox, uid)).copied());
        self.subjects(emails)
    }

    fn titles(&self, objects: impl IntoIterator<Item = ObjectId>) -> Vec<String> {
        let objects = objects.into_iter().take(NAMED_MAX);
        objects
            .filter_map(|object| self.objects.get(&object).cloned())
            .collect()
    }
}

/// One mutation, told.
fn step(mutation: &Mutation, head: &Head, names: &Names) -> HistoryStep {
    use HistoryDeed as D;
    let one = |deed| HistoryStep::new(deed, 1);
    match mutation {
        Mutation::AddEmail(_)
        | Mutation::SetKeywords { .. }
        | Mutation::CopyEmails(_)
        | Mutation::MoveEmails(_)
        | Mutation::DestroyEmails(_)
        | Mutation::RestoreEmail(_)
        | Mutation::PurgeEmails { .. } => of_emails(mutation, head, names),
        Mutation::CreateCollection(_)
        | Mutation::UpdateCollection { .. }
        | Mutation::DestroyCollection { .. }
        | Mutation::PutObject(_)
        | Mutation::SetObjectProperties { .. }
        | Mutation::MoveObject(_)
        | Mutation::DestroyObjects { .. }
        | Mutation::PurgeVersions { .. } => of_objects(mutation, head, names),
        Mutation::Enqueue(item) => HistoryStep {
            people: item
                .recipients
                .iter()
                .take(NAMED_MAX)
                .map(|recipient| cut(&recipient.forward_path))
                .collect(),
            ..HistoryStep::new(D::MessageQueued, item.recipients.len() as u64)
        },
        Mutation::Dequeue { .. } => one(D::MessageSettled),
        Mutation::CreateMailbox(new) => HistoryStep {
            titles: vec![new.name.to_string()],
            place: Some(mailbox_place(head, new.mailbox)),
            ..one(D::MailboxCreated)
        },
        Mutation::UpdateMailbox { mailbox, name, .. } => HistoryStep {
            titles: vec![name.to_string()],
            place: Some(mailbox_place(head, *mailbox)),
            ..one(D::MailboxChanged)
        },
        Mutation::DestroyMailbox { mailbox } => HistoryStep {
            place: Some(mailbox_place(head, *mailbox)),
            ..one(D::MailboxDestroyed)
        },
        Mutation::SetShare {
            mailbox,
            principal,
            rights,
        } => HistoryStep {
            place: Some(mailbox_place(head, *mailbox)),
            with: Some(*principal),
            is_end: *rights == Rights::NONE,
            ..one(D::Shared)
        },
        Mutation::ShareCollection {
            collection,
            principal,
            rights,
        } => HistoryStep {
            place: Some(collection_place(head, *collection)),
            with: Some(*principal),
            is_end: *rights == CollectionRights::NONE,
            ..one(D::Shared)
        },
        Mutation::SetDeputy { principal, rights } => HistoryStep {
            with: Some(Some(*principal)),
            is_end: *rights == CollectionRights::NONE,
            ..one(D::DeputySet)
        },
        Mutation::SetQuota { .. } => one(D::QuotaSet),
        _ => one(D::Other),
    }
}

fn of_emails(mutation: &Mutation, head: &Head, names: &Names) -> HistoryStep {
    use HistoryDeed as D;
    let at = |id| Some(mailbox_place(head, id));
    match mutation {
        Mutation::AddEmail(new) => HistoryStep {
            place: at(new.mailbox),
            titles: names.subjects([new.email]),
            people: names
                .emails
                .get(&new.email)
                .and_then(|(_, sender)| sender.clone())
                .into_iter()
                .collect(),
            ..HistoryStep::new(D::EmailAdded, 1)
        },
        Mutation::SetKeywords {
            mailbox,
            uids,
            added,
            removed,
        } => HistoryStep {
            place: at(*mailbox),
            titles: names.subjects_of(*mailbox, uids),
            added: keyword_names(head, *added),
            removed: keyword_names(head, *removed),
            ..HistoryStep::new(D::EmailsMarked, uids.len())
        },
        Mutation::CopyEmails(copy) => HistoryStep {
            place: at(copy.from),
            target: at(copy.to),
            titles: names.subjects_of(copy.from, &copy.uids),
            ..HistoryStep::new(D::EmailsCopied, copy.uids.len())
        },
        Mutation::MoveEmails(moved) => HistoryStep {
            place: at(moved.from),
            target: at(moved.to),
            titles: names.subjects(moved.emails.iter().copied()),
            ..HistoryStep::new(D::EmailsMoved, moved.uids.len())
        },
        Mutation::DestroyEmails(gone) => HistoryStep {
            place: at(gone.mailbox),
            titles: names.subjects(gone.emails.iter().copied()),
            ..HistoryStep::new(D::EmailsDestroyed, gone.uids.len())
        },
        Mutation::RestoreEmail(back) => HistoryStep {
            target: at(back.mailbox),
            titles: names.subjects([back.email]),
            ..HistoryStep::new(D::EmailRestored, 1)
        },
        Mutation::PurgeEmails { emails } => HistoryStep::new(D::EmailsPurged, emails.len()),
        _ => HistoryStep::new(D::Other, 1),
    }
}

fn of_objects(mutation: &Mutation, head: &Head, names: &Names) -> HistoryStep {
    use HistoryDeed as D;
    let at = |id| Some(collection_place(head, id));
    let of_collection = |deed, id| HistoryStep {
        place: at(id),
        ..HistoryStep::new(deed, 1)
    };
    match mutation {
        Mutation::CreateCollection(new) => HistoryStep {
            titles: vec![new.name.to_string()],
            ..of_collection(D::CollectionCreated, new.collection)
        },
        Mutation::UpdateCollection { collection, .. } => {
            of_collection(D::CollectionChanged, *collection)
        }
        Mutation::DestroyCollection { collection } => {
            of_collection(D::CollectionDestroyed, *collection)
        }
        Mutation::PutObject(put) => HistoryStep {
            titles: names.titles([put.object]),
            ..of_collection(
                match put.replaces {
                    Some(_) => D::ObjectChanged,
                    None => D::ObjectCreated,
                },
                put.collection,
            )
        },
        Mutation::SetObjectProperties {
            collection, object, ..
        } => HistoryStep {
            titles: names.titles([*object]),
            ..of_collection(D::ObjectChanged, *collection)
        },
        Mutation::MoveObject(moved) => HistoryStep {
            target: at(moved.to),
            titles: names.titles([moved.object]),
            ..of_collection(D::ObjectMoved, moved.from)
        },
        Mutation::DestroyObjects {
            collection,
            objects,
            ..
        } => HistoryStep {
            count: objects.len(),
            titles: names.titles(objects.iter().map(ObjectId)),
            ..of_collection(D::ObjectsDestroyed, *collection)
        },
        Mutation::PurgeVersions { versions } => {
            HistoryStep::new(D::VersionsPurged, versions.len() as u64)
        }
        _ => HistoryStep::new(D::Other, 1),
    }
}

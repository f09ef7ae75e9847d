//! Random requests done to an engine and to a model: equal answers, equal reads.

pub(super) mod collections;

mod made;

use std::sync::Arc;

use model::{
    AccountId, Actor, CollectionKind, CredentialId, Domain, EmailId, MailboxId, Principal,
    PrincipalKind, QueueId, QueueStanding, QueuedRecipient, Rights, Role, Seq, ThreadKeys,
    Timestamp,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use self::collections::CollectionStep;
use self::made::{
    address_of, content_of, domain_of, group, id_of, keywords_of, mail_settings, name_of, nobody,
    numbers, role_of,
};
use super::Open;
use super::collections::make;
use super::compare::{compare, consistent};
use super::directory::{alias, counted_on, credential_kind, domain, person, principal};
use super::subject::{EPOCH_MS, create, meta_of, submit};
use crate::change::{
    Change, KeywordChange, NewEmail, NewQueueItem, NewSecret, Outcome, QueueChange, Request, Source,
};
use crate::engine::Engine;
use crate::error::Error;

/// Does `cases` random histories to an engine and to a model, each opened anew, and compares them.
///
/// # Panics
/// With the smallest history for which they differ.
pub fn run_random(open: Open<'_>, model: Open<'_>, cases: u32) {
    run_histories(open, &|engine| engine, model, cases);
}

/// The same for an engine that keeps what it has: `reopen` closes it and opens it again, now and then.
///
/// # Panics
/// With the smallest history for which they differ.
pub fn run_random_reopening(open: Open<'_>, reopen: Reopen<'_>, model: Open<'_>, cases: u32) {
    run_histories(open, reopen, model, cases);
}

/// Stops an engine and opens it again over what it kept.
pub type Reopen<'a> = &'a dyn Fn(Arc<dyn Engine>) -> Arc<dyn Engine>;

fn run_histories(open: Open<'_>, reopen: Reopen<'_>, model: Open<'_>, cases: u32) {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: SHRINKS_MAX,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let history = vec(batch(), 1..HISTORY_BATCHES_MAX);
    let outcome = runner.run(&history, |history| {
        let model = model();
        follow(open(), reopen, &model, &history).map_err(TestCaseError::fail)?;
        model.stop();
        Ok(())
    });
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
}

/// Batches of one history.
const HISTORY_BATCHES_MAX: usize = 50;
/// Attempts to make a failing history smaller.
const SHRINKS_MAX: u32 = 500;
/// Batches after which the engines are compared, and the one is opened again.
const BATCHES_BETWEEN: usize = 8;

/// Does one history to both.
fn follow(
    mut engine: Arc<dyn Engine>,
    reopen: Reopen<'_>,
    model: &Arc<dyn Engine>,
    history: &[Vec<Draft>],
) -> Result<(), String> {
    let mut now_ms = EPOCH_MS;
    let mut epoch = 0;
    furnish(&*engine);
    furnish(&**model);
    for (place, batch) in history.iter().enumerate() {
        let mut answers = Vec::new();
        for engine in [&engine, model] {
            // What a request names is chosen by what the model knows, so both are asked the same.
            let mut now_ms = now_ms;
            let requests = batch
                .iter()
                .map(|draft| {
                    now_ms += i64::from(draft.pause_ms);
                    draft.request(&**engine, &**model, Timestamp(now_ms), epoch)
                })
                .collect::<Vec<_>>();
            answers.push(requests);
        }
        now_ms += batch
            .iter()
            .map(|draft| i64::from(draft.pause_ms))
            .sum::<i64>();
        let model_requests = answers.pop().unwrap_or_default();
        let engine_requests = answers.pop().unwrap_or_default();
        let expected = submit(&**model, model_requests);
        let answered = submit(&*engine, engine_requests);
        if answered != expected {
            return Err(format!(
                "{batch:?}: the engine says {answered:?}, the model {expected:?}"
            ));
        }
        if let Some(Err(Error::Damaged(why))) = answered.iter().find(|answer| is_damage(answer)) {
            return Err(format!(
                "{batch:?}: no request may be able to do damage: {why}"
            ));
        }
        let purged = |outcome: &Outcome| matches!(outcome, Outcome::Purged { count } if *count > 0);
        if answered
            .iter()
            .flatten()
            .any(|done| done.outcomes.iter().any(purged))
        {
            epoch += 1;
        }
        if (place + 1).is_multiple_of(BATCHES_BETWEEN) {
            compare(&*engine, &**model)?;
            engine = reopen(engine);
        }
    }
    engine = reopen(engine);
    compare(&*engine, &**model)?;
    consistent(&*engine)?;
    consistent(&**model)?;
    engine.stop();
    Ok(())
}

/// Every history begins with a few mailboxes, collections and principals, so that most of its requests find something to do.
fn furnish(engine: &dyn Engine) {
    let request = |account, changes| Request {
        account: AccountId(account),
        actor: Actor::system(),
        at: Timestamp(EPOCH_MS),
        if_seq: None,
        changes,
    };
    let begun = || {
        let names = [("Inbox", Some(Role::Inbox)), ("a", None), ("b", None)];
        let mut changes = Vec::from(names.map(|(name, role)| create(None, name, role)));
        for (kind, name) in [
            (CollectionKind::Calendar, "a"),
            (CollectionKind::Calendar, "b"),
            (CollectionKind::ScheduleInbox, "a"),
            (CollectionKind::Folder, "a"),
        ] {
            changes.push(make(None, kind, name));
        }
        changes
    };
    let requests = vec![
        request(1, begun()),
        request(2, begun()),
        request(0, vec![domain(&domain_of(0)), domain(&domain_of(1))]),
        request(0, vec![person(&address_of(0)), person(&address_of(1))]),
    ];
    assert!(submit(engine, requests).iter().all(Result::is_ok));
}

fn is_damage<T>(answer: &Result<T, Error>) -> bool {
    matches!(answer, Err(Error::Damaged(_)))
}

/// A request before it is known what there is: numbers stand for "the n-th of what is there".
#[derive(Clone, Debug)]
struct Draft {
    account: u8,
    /// How much later than the one before it; clocks may go back a little.
    pause_ms: i16,
    /// How far the expected state is from the real one; none not to expect any.
    if_seq: Option<u8>,
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
enum Step {
    Create {
        parent: Option<u8>,
        name: u8,
        role: Option<u8>,
    },
    Update {
        mailbox: u8,
        parent: Option<u8>,
        name: u8,
        role: Option<u8>,
    },
    DestroyMailbox {
        mailbox: u8,
        with_emails: bool,
    },
    Subscribe {
        mailbox: u8,
        principal: u8,
        subscribed: bool,
    },
    Share {
        mailbox: u8,
        principal: Option<u8>,
        rights: u8,
    },
    Add {
        mailbox: u8,
        content: u8,
        keywords: u8,
        topic: u8,
        stored: Option<u8>,
        text: bool,
    },
    Keywords {
        mailbox: u8,
        uids: Uids,
        how: u8,
        keywords: u8,
        since: Option<u8>,
    },
    Copy {
        from: u8,
        uids: Uids,
        to: u8,
    },
    Move {
        from: u8,
        uids: Uids,
        to: u8,
    },
    Destroy {
        mailbox: u8,
        uids: Uids,
        only_deleted: bool,
    },
    Restore {
        which: u8,
        mailbox: u8,
    },
    Purge {
        age_ms: u16,
        limit: u8,
    },
    Enqueue {
        content: u8,
    },
    Dequeue {
        id: u8,
    },
    SetQueued {
        id: u8,
        what: u8,
    },
    Quota {
        octets: Option<u16>,
    },
    Collections(CollectionStep),
    Domain {
        name: u8,
        catch_all: Option<u8>,
    },
    RemoveDomain {
        name: u8,
    },
    AddPrincipal {
        address: u8,
        members: Option<(u8, u8)>,
    },
    UpdatePrincipal {
        which: u8,
        address: Option<u8>,
        name: u8,
    },
    RemovePrincipal {
        which: u8,
    },
    Alias {
        address: u8,
        which: u8,
    },
    RemoveAlias {
        address: u8,
    },
    Credential {
        which: u8,
        what: u8,
    },
    RemoveCredential {
        id: u8,
    },
    UpdateCredential {
        id: u8,
        stale: bool,
    },
    NoteUses {
        ids: Vec<u8>,
    },
    MailSettings {
        which: u8,
        other: u8,
        what: u8,
    },
    Archive {
        domain: Option<u8>,
        address: Option<u8>,
    },
}

type Uids = Vec<(u8, u8)>;

/// From this number on, what a step names is not there.
const MISSING: u8 = 19;

fn batch() -> impl Strategy<Value = Vec<Draft>> {
    vec(draft(), 1..4)
}

fn draft() -> impl Strategy<Value = Draft> {
    let mail = (
        1u8..3,
        -100i16..2_000,
        proptest::option::weighted(0.1, 0u8..2),
        vec(
            prop_oneof![
                1 => mail_step(),
                1 => collections::step().prop_map(Step::Collections)
            ],
            1..3,
        ),
    );
    let directory = (
        Just(0u8),
        -100i16..2_000,
        Just(None),
        vec(directory_step(), 1..3),
    );
    let draft = |(account, pause_ms, if_seq, steps)| Draft {
        account,
        pause_ms,
        if_seq,
        steps,
    };
    prop_oneof![5 => mail.prop_map(draft), 1 => directory.prop_map(draft)]
}

fn mail_step() -> impl Strategy<Value = Step> {
    let place = || 0u8..20;
    let parent = || proptest::option::weighted(0.3, 0u8..20);
    let role = || proptest::option::weighted(0.3, 0u8..9);
    let uids = || vec((0u8..12, 0u8..8), 1..3);
    let few = || proptest::option::weighted(0.2, 0u8..8);
    prop_oneof![
        4 => (parent(), 0u8..8, role()).prop_map(|(parent, name, role)| Step::Create { parent, name, role }),
        2 => (place(), parent(), 0u8..8, role())
            .prop_map(|(mailbox, parent, name, role)| Step::Update { mailbox, parent, name, role }),
        1 => (place(), any::<bool>())
            .prop_map(|(mailbox, with_emails)| Step::DestroyMailbox { mailbox, with_emails }),
        1 => (place(), 0u8..4, any::<bool>())
            .prop_map(|(mailbox, principal, subscribed)| Step::Subscribe { mailbox, principal, subscribed }),
        1 => (place(), proptest::option::of(1u8..5), 0u8..4)
            .prop_map(|(mailbox, principal, rights)| Step::Share { mailbox, principal, rights }),
        16 => (place(), 0u8..10, 0u8..64, 0u8..10, few(), any::<bool>()).prop_map(
            |(mailbox, content, keywords, topic, stored, text)| {
                Step::Add { mailbox, content, keywords, topic, stored, text }
            }
        ),
        6 => (place(), uids(), 0u8..3, 0u8..64, few())
            .prop_map(|(mailbox, uids, how, keywords, since)| Step::Keywords { mailbox, uids, how, keywords, since }),
        3 => (place(), uids(), place()).prop_map(|(from, uids, to)| Step::Copy { from, uids, to }),
        3 => (place(), uids(), place()).prop_map(|(from, uids, to)| Step::Move { from, uids, to }),
        3 => (place(), uids(), any::<bool>())
            .prop_map(|(mailbox, uids, only_deleted)| Step::Destroy { mailbox, uids, only_deleted }),
        2 => (0u8..20, place()).prop_map(|(which, mailbox)| Step::Restore { which, mailbox }),
        1 => (0u16..10_000, 0u8..5).prop_map(|(age_ms, limit)| Step::Purge { age_ms, limit }),
        1 => (0u8..10).prop_map(|content| Step::Enqueue { content }),
        1 => (1u8..5).prop_map(|id| Step::Dequeue { id }),
        1 => (1u8..5, 0u8..6).prop_map(|(id, what)| Step::SetQueued { id, what }),
        1 => proptest::option::of(0u16..30_000).prop_map(|octets| Step::Quota { octets }),
    ]
}

fn directory_step() -> impl Strategy<Value = Step> {
    let which = || 1u8..8;
    prop_oneof![
        4 => (0u8..3, proptest::option::weighted(0.3, which()))
            .prop_map(|(name, catch_all)| Step::Domain { name, catch_all }),
        1 => (0u8..3).prop_map(|name| Step::RemoveDomain { name }),
        5 => (0u8..12, proptest::option::weighted(0.4, (which(), which())))
            .prop_map(|(address, members)| Step::AddPrincipal { address, members }),
        2 => (which(), proptest::option::of(0u8..12), 0u8..4)
            .prop_map(|(which, address, name)| Step::UpdatePrincipal { which, address, name }),
        1 => which().prop_map(|which| Step::RemovePrincipal { which }),
        2 => (0u8..12, which()).prop_map(|(address, which)| Step::Alias { address, which }),
        1 => (0u8..12).prop_map(|address| Step::RemoveAlias { address }),
        3 => (which(), 0u8..4).prop_map(|(which, what)| Step::Credential { which, what }),
        1 => (1u8..6).prop_map(|id| Step::RemoveCredential { id }),
        2 => (1u8..9, any::<bool>()).prop_map(|(id, stale)| Step::UpdateCredential { id, stale }),
        1 => vec(1u8..9, 0..4).prop_map(|ids| Step::NoteUses { ids }),
        3 => (which(), which(), 0u8..16)
            .prop_map(|(which, other, what)| Step::MailSettings { which, other, what }),
        1 => (proptest::option::of(0u8..3), proptest::option::of(0u8..12))
            .prop_map(|(domain, address)| Step::Archive { domain, address }),
    ]
}

impl Draft {
    fn request(
        &self,
        engine: &dyn Engine,
        model: &dyn Engine,
        at: Timestamp,
        epoch: u64,
    ) -> Request {
        let account = AccountId(u32::from(self.account));
        let last = model.head(account).unwrap().map_or(0, |head| head.seq.0);
        let drafting = Drafting {
            engine,
            model,
            account,
            at,
            epoch,
        };
        Request {
            account,
            actor: Actor::system(),
            at,
            if_seq: self
                .if_seq
                .map(|off| Seq(last.saturating_sub(u64::from(off)))),
            changes: self
                .steps
                .iter()
                .map(|step| drafting.change(step))
                .collect(),
        }
    }
}

/// What a step needs to become a change.
struct Drafting<'a> {
    engine: &'a dyn Engine,
    model: &'a dyn Engine,
    account: AccountId,
    at: Timestamp,
    /// Rises with every purge: whether a purged email still holds a thread together is not promised.
    epoch: u64,
}

impl Drafting<'_> {
    fn change(&self, step: &Step) -> Change {
        match step {
            Step::Create { parent, name, role } => Change::CreateMailbox {
                parent: parent.map(|parent| self.mailbox(parent)),
                name: name_of(*name),
                role: role.map(role_of),
            },
            Step::Update {
                mailbox,
                parent,
                name,
                role,
            } => Change::UpdateMailbox {
                mailbox: self.mailbox(*mailbox),
                parent: parent.map(|parent| self.mailbox(parent)),
                name: name_of(*name),
                role: role.map(role_of),
            },
            Step::DestroyMailbox {
                mailbox,
                with_emails,
            } => Change::DestroyMailbox {
                mailbox: self.mailbox(*mailbox),
                with_emails: *with_emails,
            },
            Step::Subscribe {
                mailbox,
                principal,
                subscribed,
            } => Change::SetSubscribed {
                mailbox: self.mailbox(*mailbox),
                principal: id_of(*principal),
                subscribed: *subscribed,
            },
            Step::Share {
                mailbox,
                principal,
                rights,
            } => Change::SetShare {
                mailbox: self.mailbox(*mailbox),
                principal: principal.map(id_of),
                rights: Rights(u16::from(*rights)),
            },
            Step::Add {
                mailbox,
                content,
                keywords,
                topic,
                stored,
                text,
            } => Change::AddEmail(Box::new(
                self.email(*mailbox, *content, *keywords, *topic, *stored, *text),
            )),
            Step::Keywords {
                mailbox,
                uids,
                how,
                keywords,
                since,
            } => Change::SetKeywords {
                mailbox: self.mailbox(*mailbox),
                uids: numbers(uids),
                change: match how {
                    0 => KeywordChange::Add(keywords_of(*keywords)),
                    1 => KeywordChange::Remove(keywords_of(*keywords)),
                    _ => KeywordChange::Replace(keywords_of(*keywords)),
                },
                unchanged_since: since.map(|since| Seq(u64::from(since) * 3)),
            },
            Step::Copy { from, uids, to } => Change::CopyEmails {
                from: self.mailbox(*from),
                uids: numbers(uids),
                to: self.mailbox(*to),
            },
            Step::Move { from, uids, to } => Change::MoveEmails {
                from: self.mailbox(*from),
                uids: numbers(uids),
                to: self.mailbox(*to),
            },
            Step::Destroy {
                mailbox,
                uids,
                only_deleted,
            } => Change::DestroyEmails {
                mailbox: self.mailbox(*mailbox),
                uids: numbers(uids),
                only_deleted: *only_deleted,
            },
            Step::Restore { which, mailbox } => Change::RestoreEmail {
                email: self.destroyed(*which),
                mailbox: self.mailbox(*mailbox),
            },
            Step::Purge { age_ms, limit } => Change::PurgeEmails {
                destroyed_before: self.at.plus_ms(-i64::from(*age_ms)),
                limit: u32::from(*limit),
            },
            Step::Enqueue { content } => self.enqueue(*content),
            Step::Dequeue { id } => Change::Dequeue {
                id: QueueId(u32::from(*id)),
            },
            Step::SetQueued { id, what } => Change::SetQueued {
                id: QueueId(u32::from(*id)),
                change: match what {
                    0 => QueueChange::Hold(Some("angehalten".into())),
                    1 => QueueChange::Hold(None),
                    2 => QueueChange::DelayTold,
                    3 => QueueChange::ReleaseAt(Some(self.at)),
                    place => QueueChange::Settle(vec![u32::from(*place) - 4]),
                },
            },
            Step::Quota { octets } => Change::SetQuota {
                octets: octets.map(u64::from),
            },
            Step::Collections(step) => self.collections(step),
            _ => self.directory(step),
        }
    }

    fn directory(&self, step: &Step) -> Change {
        match step {
            Step::Domain {
                name,
                catch_all: None,
            } => domain(&domain_of(*name)),
            Step::Domain { name, catch_all } => Change::SetDomain(Domain {
                name: domain_of(*name),
                catch_all: catch_all.map(id_of),
            }),
            Step::RemoveDomain { name } => Change::RemoveDomain {
                name: domain_of(*name),
            },
            Step::AddPrincipal { address, members } => {
                let kind = match members {
                    None => match address % 4 {
                        1 => PrincipalKind::Room {
                            capacity: (*address > 4).then_some(u32::from(*address)),
                        },
                        2 => PrincipalKind::Equipment,
                        _ => PrincipalKind::Person,
                    },
                    Some((first, second)) => group(*first, *second),
                };
                principal(&address_of(*address), kind)
            }
            Step::UpdatePrincipal {
                which,
                address,
                name,
            } => {
                let known = self.model.principal(id_of(*which)).unwrap();
                let known = known.unwrap_or_else(|| nobody(id_of(*which)));
                Change::UpdatePrincipal(Principal {
                    address: address.map_or(known.address, address_of),
                    name: format!("Name {name}"),
                    administrator: name % 2 == 0,
                    ..known
                })
            }
            Step::RemovePrincipal { which } => Change::RemovePrincipal {
                principal: id_of(*which),
            },
            Step::Alias { address, which } => alias(&address_of(*address), u32::from(*which)),
            Step::RemoveAlias { address } => Change::RemoveAlias {
                address: address_of(*address),
            },
            Step::Credential { which, what } => Change::AddCredential(NewSecret {
                principal: id_of(*which),
                kind: credential_kind(*what),
            }),
            Step::UpdateCredential { id, stale } => {
                let credential = CredentialId(u32::from(*id));
                let known = self.model.credential(credential).unwrap();
                let known = known.map_or_else(|| credential_kind(0), |known| known.kind);
                let from = if *stale {
                    credential_kind(2)
                } else {
                    known.clone()
                };
                Change::UpdateCredential {
                    credential,
                    from: Box::new(from),
                    to: Box::new(counted_on(known)),
                }
            }
            Step::NoteUses { ids } => {
                let uses = ids.iter().map(|id| model::CredentialUse {
                    credential: CredentialId(u32::from(*id)),
                    at: Timestamp(i64::from(*id)),
                    protocol: model::Protocols::IMAP,
                    network: (id % 2 == 0).then(|| [192, 0, 2, 0].into()),
                });
                Change::NoteCredentialUses(uses.collect())
            }
            Step::RemoveCredential { id } => Change::RemoveCredential {
                credential: CredentialId(u32::from(*id)),
            },
            Step::MailSettings { which, other, what } => Change::SetMailSettings {
                principal: id_of(*which),
                settings: Box::new(mail_settings(id_of(*other), *what)),
            },
            Step::Archive { domain, address } => Change::SetArchive {
                domain: domain.map(domain_of),
                address: address.map(address_of),
            },
            other => panic!("not of the directory: {other:?}"),
        }
    }

    /// One of the mailboxes, or one that is not there.
    fn mailbox(&self, nth: u8) -> MailboxId {
        let head = self.model.head(self.account).unwrap();
        let mailboxes = head.map(|head| head.mailboxes.keys().copied().collect::<Vec<_>>());
        let mailboxes = mailboxes.unwrap_or_default();
        let place = usize::from(nth).checked_rem(mailboxes.len());
        match place {
            Some(place) if nth < MISSING => mailboxes[place],
            _ => MailboxId(1_000),
        }
    }

    /// One of the destroyed emails, or one that is not there.
    fn destroyed(&self, nth: u8) -> EmailId {
        let destroyed = self.model.destroyed(self.account).unwrap();
        match usize::from(nth).checked_rem(destroyed.len()) {
            Some(place) if nth < MISSING => destroyed[place].email,
            _ => EmailId(1_000_000),
        }
    }

    fn email(
        &self,
        mailbox: u8,
        content: u8,
        keywords: u8,
        topic: u8,
        stored: Option<u8>,
        text: bool,
    ) -> NewEmail {
        let message = content_of(content);
        let stored = stored.and_then(|email| {
            let other = AccountId(1 + u32::from(email) % 2);
            let email = EmailId(1 + u32::from(email));
            // Only what is in a mailbox, and with the size it has.
            self.model.locate(other, email).unwrap()?;
            let stored = self.engine.source(other, email).unwrap()?;
            let size = self.engine.blob(stored.blob).unwrap().len();
            Some((
                size,
                Source::Stored {
                    blob: stored.blob,
                    meta: stored.meta,
                },
            ))
        });
        let is_new = stored.is_none();
        let (size, source) = stored.unwrap_or_else(|| {
            let blob = self.engine.prepare(&message, meta_of(&message)).unwrap();
            (message.len(), Source::New(blob))
        });
        NewEmail {
            mailbox: self.mailbox(mailbox),
            keywords: keywords_of(keywords),
            received_at: Timestamp(EPOCH_MS + i64::from(content)),
            sent_at: (!content.is_multiple_of(3)).then_some(i64::from(content)),
            size: u32::try_from(size).unwrap(),
            source,
            thread: self.thread_keys(topic),
            text: (text && is_new).then(|| Arc::new(super::text_of(&message))),
        }
    }

    /// Every email of a topic names the topic's first message, so that no email could join two threads.
    fn thread_keys(&self, topic: u8) -> ThreadKeys {
        let root = self.epoch * 1_000 + u64::from(topic / 2);
        ThreadKeys {
            message_ids: vec![root, 500 + u64::from(topic)],
            subject: root,
        }
    }

    fn enqueue(&self, content: u8) -> Change {
        let message = content_of(content);
        let blob = self.engine.prepare(&message, meta_of(&message)).unwrap();
        Change::Enqueue(Box::new(NewQueueItem {
            reverse_path: String::new(),
            recipients: (0..2)
                .map(|place| QueuedRecipient {
                    forward_path: format!("r{content}-{place}@example.net"),
                    notify: None,
                    original: None,
                })
                .collect(),
            source: Source::New(blob),
            size: u32::try_from(message.len()).unwrap(),
            envelope_id: None,
            dsn_return: None,
            smtputf8: content.is_multiple_of(2),
            require_tls: false,
            standing: QueueStanding {
                priority: i8::from(content.is_multiple_of(3)),
                ..QueueStanding::default()
            },
        }))
    }
}

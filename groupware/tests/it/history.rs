//! Random histories of one account with two mailboxes.

use groupware::{KeywordChange, NewMessage, Place, Prepared};
use model::{MailboxId, NumberSet, Role};
use proptest::prelude::*;

use crate::world::{World, caller, named};

/// One thing that happens; numbers are taken as parts of what is there.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Add {
        to: bool,
        count: usize,
    },
    Keywords {
        at: bool,
        uids: (u32, u32),
        which: usize,
        how: usize,
    },
    Copy {
        from: bool,
        to: bool,
        uids: (u32, u32),
    },
    Move {
        from: bool,
        to: bool,
        uids: (u32, u32),
    },
    Destroy {
        at: bool,
        uids: (u32, u32),
    },
    Restore {
        which: usize,
        to: bool,
    },
    /// Something that does not touch emails.
    Mailbox,
    /// Somebody looks.
    Look,
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    // Narrow ranges at the start and anywhere, and wide ones.
    let uids = || {
        prop_oneof![
            4 => (1u32..60, 0u32..8),
            2 => (1u32..1_400, 0u32..40),
            1 => (1u32..600, Just(1_000u32)),
        ]
        .prop_map(|(first, more)| (first, first + more))
    };
    prop_oneof![
        3 => (any::<bool>(), 1usize..6).prop_map(|(to, count)| Step::Add { to, count }),
        1 => (any::<bool>(), 300usize..600).prop_map(|(to, count)| Step::Add { to, count }),
        4 => (any::<bool>(), uids(), 0usize..4, 0usize..3)
            .prop_map(|(at, uids, which, how)| Step::Keywords { at, uids, which, how }),
        2 => (any::<bool>(), any::<bool>(), uids())
            .prop_map(|(from, to, uids)| Step::Copy { from, to, uids }),
        2 => (any::<bool>(), any::<bool>(), uids())
            .prop_map(|(from, to, uids)| Step::Move { from, to, uids }),
        2 => (any::<bool>(), uids()).prop_map(|(at, uids)| Step::Destroy { at, uids }),
        1 => (any::<usize>(), any::<bool>()).prop_map(|(which, to)| Step::Restore { which, to }),
        1 => Just(Step::Mailbox),
        3 => Just(Step::Look),
    ]
}

/// Anna's inbox and archive.
pub(crate) struct History {
    pub(crate) world: World,
    pub(crate) places: [Place; 2],
    message: Prepared,
    mailboxes: u32,
}

impl History {
    pub(crate) async fn new() -> Self {
        let world = World::new().await;
        let places = [
            world.place(world.anna, Role::Inbox).await,
            world.place(world.anna, Role::Archive).await,
        ];
        let message = world.prepared("again").await;
        for place in places {
            world.add(place, &["a"; 20], &["$seen"]).await;
        }
        Self {
            world,
            places,
            message,
            mailboxes: 0,
        }
    }

    pub(crate) async fn run(&mut self, step: &Step) {
        let anna = caller(self.world.anna);
        let groupware = &self.world.groupware;
        let place = |second: bool| self.places[usize::from(second)];
        let account = self.places[0].account;
        match step {
            Step::Add { to, count } => {
                let message = NewMessage {
                    message: self.message.clone(),
                    keywords: Vec::new(),
                    received_at: None,
                };
                let messages = vec![message; *count];
                let added = groupware.append(&anna, account, place(*to).mailbox, messages);
                added.await.unwrap();
            }
            Step::Keywords {
                at,
                uids,
                which,
                how,
            } => {
                let which = [&["$seen"][..], &["$deleted"], &["own"], &["$seen", "own"]][*which];
                let change = match how {
                    0 => KeywordChange::Add(named(which)),
                    1 => KeywordChange::Remove(named(which)),
                    _ => KeywordChange::Replace(named(which)),
                };
                let uids = NumberSet::range(uids.0, uids.1);
                let mailbox = place(*at).mailbox;
                let set = groupware.set_keywords(&anna, account, mailbox, uids, change, None);
                set.await.unwrap();
            }
            Step::Copy { from, to, uids } => {
                let uids = NumberSet::range(uids.0, uids.1);
                let copied = groupware.copy(&anna, place(*from), uids, place(*to));
                copied.await.unwrap();
            }
            Step::Move { from, to, uids } => {
                let uids = NumberSet::range(uids.0, uids.1);
                let moved = groupware.move_emails(&anna, place(*from), uids, place(*to));
                moved.await.unwrap();
            }
            Step::Destroy { at, uids } => {
                let uids = NumberSet::range(uids.0, uids.1);
                let gone = groupware.expunge(&anna, account, place(*at).mailbox, uids, false);
                gone.await.unwrap();
            }
            Step::Restore { which, to } => {
                let destroyed = groupware.destroyed(&anna, account).await.unwrap();
                if destroyed.is_empty() {
                    return;
                }
                let emails = vec![destroyed[which % destroyed.len()].email];
                let back = groupware.restore(&anna, account, emails, Some(place(*to).mailbox));
                back.await.unwrap();
            }
            Step::Mailbox => {
                self.mailboxes += 1;
                let name = format!("Box {}", self.mailboxes);
                let name = model::MailboxName::try_from(name.as_str()).unwrap();
                let created = groupware.create_mailbox(&anna, account, None, name, None);
                let _: MailboxId = created.await.unwrap();
            }
            Step::Look => {}
        }
    }
}

/// Runs an async test case.
pub(crate) fn run(case: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(case);
}

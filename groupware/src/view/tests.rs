//! Tests of what the race between readers and writers seldom shows: rows ahead of the journal, gaps, a full cache.

use std::sync::Arc;

use model::{
    AccountId, CreateMailbox, DestroyEmails, EmailId, Keywords, MailboxId, MailboxName, Mutation,
    NumberSet, Seq, ThreadId, Timestamp, Totals, Uid, UidValidity,
};
use store::{EmailRow, Head, Notice};

use super::cache::Cache;
use super::recent::Recent;
use super::{CHUNK_ROWS, View};

const ACCOUNT: AccountId = AccountId(1);

fn head(account: AccountId) -> Head {
    let mut head = Head::new(account);
    let create = CreateMailbox {
        mailbox: MailboxId(1),
        parent: None,
        name: MailboxName::try_from("Box").unwrap(),
        role: None,
        uid_validity: UidValidity(7),
    };
    head.apply(&Mutation::CreateMailbox(create), Seq(1))
        .unwrap();
    head.seq = Seq(1);
    head
}

fn row(uid: u32, changed: Seq) -> EmailRow {
    EmailRow {
        uid: Uid(uid),
        email: EmailId(uid),
        thread: ThreadId(uid),
        size: 1,
        keywords: Keywords::NONE,
        changed,
        received_at: Timestamp(0),
        sent_at: None,
    }
}

fn view(account: AccountId, rows: u32) -> View {
    let head = head(account);
    let rows: Vec<_> = (1..=rows).map(|uid| row(uid, Seq(9))).collect();
    let mailbox = head.mailbox(MailboxId(1)).unwrap();
    View::new(&head, mailbox, &rows)
}

fn seen(uids: NumberSet) -> Mutation {
    Mutation::SetKeywords {
        mailbox: MailboxId(1),
        uids,
        added: Keywords::SEEN,
        removed: Keywords::NONE,
    }
}

fn apply(view: &mut View, mutation: &Mutation, seq: Seq) {
    view.apply(mutation, seq, &mut |_| Ok(Vec::new())).unwrap();
    let head = head(view.account);
    let mailbox = Arc::clone(head.mailbox(MailboxId(1)).unwrap());
    view.finish(&head, &mailbox);
}

#[test]
fn an_entry_older_than_the_row_leaves_it_alone() {
    let mut view = view(ACCOUNT, 2);
    apply(&mut view, &seen(NumberSet::range(1, 1)), Seq(9));
    assert_eq!(view.row_at(0), Some(&row(1, Seq(9))));
    apply(&mut view, &seen(NumberSet::range(1, 1)), Seq(10));
    assert_eq!(view.row_at(0).unwrap().changed, Seq(10));
    assert_eq!(view.row_at(1), Some(&row(2, Seq(9))));
}

#[test]
fn chunks_that_became_small_are_joined() {
    let rows = u32::try_from(CHUNK_ROWS * 20).unwrap();
    let mut view = view(ACCOUNT, rows);
    let most: NumberSet = (1..=rows).filter(|uid| uid % 100 != 0).collect();
    let gone = Mutation::DestroyEmails(DestroyEmails {
        mailbox: MailboxId(1),
        uids: most,
        emails: Vec::new(),
        totals: Totals::default(),
    });
    apply(&mut view, &gone, Seq(10));
    assert_eq!(view.len(), CHUNK_ROWS * 20 / 100);
    assert_eq!(view.slices().count(), 1);
    assert_eq!(view.position_of(Uid(300)), Some(2));
}

fn notice(seq: u64, mutations: usize) -> Notice {
    Notice {
        account: ACCOUNT,
        seq: Seq(seq),
        mutations: vec![seen(NumberSet::range(1, 1)); mutations].into(),
    }
}

#[test]
fn a_gap_is_never_bridged() {
    let recent = Recent::default();
    let known = |after, to| {
        let steps = recent.between(ACCOUNT, Seq(after), Seq(to))?;
        Some(steps.iter().map(|(seq, _)| seq.0).collect::<Vec<_>>())
    };
    recent.note(&notice(5, 1));
    assert_eq!(known(4, 5), None, "nobody asked to follow it");
    recent.follow(ACCOUNT, Seq(5));
    recent.note(&notice(5, 1));
    recent.note(&notice(6, 1));
    recent.note(&notice(7, 1));
    assert_eq!(known(5, 7), Some(vec![6, 7]));
    assert_eq!(known(6, 7), Some(vec![7]));
    assert_eq!(known(4, 7), None);
    assert_eq!(known(6, 8), None);
    recent.note(&notice(9, 1));
    assert_eq!(known(7, 9), None);
    recent.note(&notice(10, 1));
    assert_eq!(known(9, 10), Some(vec![10]));
}

#[test]
fn what_is_too_much_to_keep_is_forgotten() {
    let recent = Recent::default();
    recent.follow(ACCOUNT, Seq(0));
    for seq in 1..=100 {
        recent.note(&notice(seq, 200));
    }
    assert!(recent.between(ACCOUNT, Seq(0), Seq(100)).is_none());
    let last = recent.between(ACCOUNT, Seq(98), Seq(100)).unwrap();
    assert_eq!(last.len(), 2);
}

#[test]
fn a_full_cache_drops_what_was_used_least_recently() {
    let one = view(ACCOUNT, 1_000).octets();
    let cache = Cache::new(one * 3 + one / 2);
    for account in 1..=3 {
        cache.offer(&Arc::new(view(AccountId(account), 1_000)));
    }
    assert!(cache.holds(&head(AccountId(1))));
    cache.offer(&Arc::new(view(AccountId(4), 1_000)));
    let held = [1, 2, 3, 4].map(|account| cache.holds(&head(AccountId(account))));
    assert_eq!(held, [true, false, true, true]);
}

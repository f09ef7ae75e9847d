//! Two engines compared by all that can be read from them, and one engine compared with itself.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;

use model::{
    AccountId, CollectionId, Commit, EmailId, MailboxId, Mutation, PrincipalId, Seq, Totals,
};
use seal::{Hash, Link};

use super::objects::bodies;
use super::random::collections::uid_of;
use super::subject::{all, messages, metas};
use crate::engine::{Engine, Entry};
use crate::head::{Head, Mailbox};
use crate::rows::Located;
use crate::text::{Field, TextQuery};

/// More than any test makes of anything.
const ALL: usize = 1_000_000;

/// What is searched for when two engines are compared.
pub(super) const WORDS: [&str; 6] = ["größe", "gro", "alpha", "bravo alpha", "nummer", "ub"];

/// Says where the two give different answers. Where each keeps its blobs, and with it the hashes of entries, is its own affair.
///
/// # Errors
/// The first difference.
///
/// # Panics
/// If an engine fails to read.
pub fn compare(engine: &dyn Engine, model: &dyn Engine) -> Result<(), String> {
    same("size", &engine.size().unwrap(), &model.size().unwrap())?;
    let accounts = |engine: &dyn Engine| engine.accounts(AccountId(0), ALL).unwrap();
    same("accounts", &accounts(engine), &accounts(model))?;
    for account in accounts(model) {
        compare_account(engine, model, account)
            .map_err(|difference| format!("account {account}: {difference}"))?;
    }
    let queue = |engine: &dyn Engine| {
        let queue = engine
            .queue(None, ALL)
            .unwrap()
            .into_iter()
            .map(|mut queued| {
                let bytes = engine.blob(queued.item.blob).unwrap();
                queued.item.blob.at = 0;
                (queued, bytes)
            });
        queue.collect::<Vec<_>>()
    };
    same("queue", &queue(engine), &queue(model))?;
    compare_directory(engine, model)
}

fn same<T: PartialEq + Debug>(what: &str, engine: &T, model: &T) -> Result<(), String> {
    if engine == model {
        Ok(())
    } else {
        Err(format!(
            "{what}: the engine has {engine:?}, the model {model:?}"
        ))
    }
}

fn compare_account(
    engine: &dyn Engine,
    model: &dyn Engine,
    account: AccountId,
) -> Result<(), String> {
    let head = |engine: &dyn Engine| normal(&engine.head(account).unwrap().unwrap());
    let expected = head(model);
    same("head", &head(engine), &expected)?;
    let journal = |engine: &dyn Engine| {
        let entries = engine.journal(account, Seq::START, ALL).unwrap();
        entries.into_iter().map(without_places).collect::<Vec<_>>()
    };
    same("journal", &journal(engine), &journal(model))?;
    let destroyed = |engine: &dyn Engine| engine.destroyed(account).unwrap();
    same("destroyed", &destroyed(engine), &destroyed(model))?;
    for mailbox in expected.mailboxes.keys() {
        let rows = |engine: &dyn Engine| engine.rows(account, *mailbox, &all()).unwrap();
        same("rows", &rows(engine), &rows(model))?;
    }
    let mut living = Vec::new();
    for email in (1..expected.next_email.0).map(EmailId) {
        let located = |engine: &dyn Engine| engine.locate(account, email).unwrap();
        same("located", &located(engine), &located(model))?;
        if located(model).is_none() {
            continue;
        }
        living.push(email);
        let source = |engine: &dyn Engine| {
            let stored = engine.source(account, email).unwrap().unwrap();
            (
                stored.blob.id,
                stored.meta,
                engine.blob(stored.blob).unwrap(),
            )
        };
        same("source", &source(engine), &source(model))?;
    }
    living.reverse();
    let bytes = |engine: &dyn Engine| {
        (
            messages(engine, account, &living),
            metas(engine, account, &living),
        )
    };
    same("messages and metadata", &bytes(engine), &bytes(model))?;
    compare_objects(engine, model, &expected)?;
    for field in [Field::Any, Field::Subject, Field::Body, Field::From] {
        for text in WORDS {
            let query = TextQuery {
                account,
                field,
                text: text.into(),
            };
            let found = |engine: &dyn Engine| engine.search(&query).unwrap();
            same(&format!("{query:?}"), &found(engine), &found(model))?;
        }
    }
    Ok(())
}

fn compare_objects(engine: &dyn Engine, model: &dyn Engine, head: &Head) -> Result<(), String> {
    let account = head.account;
    for collection in (1..head.collections.next_collection.0).map(CollectionId) {
        for after in [0, head.seq.0 / 2, head.seq.0.saturating_sub(3)].map(Seq) {
            let objects = |engine: &dyn Engine| {
                let mut rows = engine.objects(account, collection, after).unwrap();
                rows.iter_mut().for_each(|row| row.blob.at = 0);
                rows
            };
            same("objects", &objects(engine), &objects(model))?;
            let gone = |engine: &dyn Engine| engine.gone(account, collection, after).unwrap();
            same("gone objects", &gone(engine), &gone(model))?;
        }
        let read = |engine: &dyn Engine| {
            let rows = engine.objects(account, collection, Seq::START).unwrap();
            let blobs: Vec<_> = rows.iter().rev().map(|row| row.blob).collect();
            bodies(engine, &blobs)
        };
        same("bodies", &read(engine), &read(model))?;
    }
    for uid in (0..8).map(uid_of) {
        let objects = |engine: &dyn Engine| {
            let mut rows = engine.objects_with_uid(account, &uid).unwrap();
            rows.iter_mut().for_each(|row| row.blob.at = 0);
            rows
        };
        same("objects with a UID", &objects(engine), &objects(model))?;
    }
    let versions = |engine: &dyn Engine| {
        let mut versions = engine.versions(account).unwrap();
        let blobs: Vec<_> = versions.iter().map(|version| version.blob).collect();
        versions.iter_mut().for_each(|version| version.blob.at = 0);
        (versions, bodies(engine, &blobs))
    };
    same("versions", &versions(engine), &versions(model))
}

fn compare_directory(engine: &dyn Engine, model: &dyn Engine) -> Result<(), String> {
    same(
        "domains",
        &engine.domains().unwrap(),
        &model.domains().unwrap(),
    )?;
    let principals = |engine: &dyn Engine| engine.principals(PrincipalId(0), ALL).unwrap();
    same("principals", &principals(engine), &principals(model))?;
    same(
        "archives",
        &engine.archives().unwrap(),
        &model.archives().unwrap(),
    )?;
    let mut askers = vec![vec![None]];
    for principal in principals(model) {
        let id = principal.id;
        let known = |engine: &dyn Engine| {
            let mut aliases = engine.aliases(id).unwrap();
            aliases.sort();
            let mut credentials = engine.credentials(id).unwrap();
            credentials.sort_by_key(|credential| credential.id);
            let at: Vec<_> = aliases
                .iter()
                .chain([&principal.address])
                .map(|address| engine.principal_at(address).unwrap())
                .collect();
            let groups = engine.groups_of(id).unwrap();
            (
                engine.principal(id).unwrap(),
                aliases,
                credentials,
                at,
                groups,
                engine.mail_settings(id).unwrap(),
                engine.credential_uses(id).unwrap(),
            )
        };
        same("principal", &known(engine), &known(model))?;
        askers.push(vec![Some(id), None]);
    }
    for asker in askers {
        let shared = |engine: &dyn Engine| engine.shared_with(&asker).unwrap();
        same("shared with", &shared(engine), &shared(model))?;
    }
    Ok(())
}

/// A head without what is each engine's own: the link, and the order of sets.
fn normal(head: &Head) -> Head {
    let mut head = head.clone();
    head.link = Hash::ZERO;
    for mailbox in head.mailboxes.values_mut() {
        let mailbox: &mut Mailbox = Arc::make_mut(mailbox);
        mailbox.subscribers.sort();
        mailbox.shares.sort_by_key(|(principal, _)| *principal);
    }
    head
}

fn without_places(mut entry: Entry) -> Entry {
    for mutation in entry
        .commit
        .iter_mut()
        .flat_map(|commit| &mut commit.mutations)
    {
        match mutation {
            Mutation::AddEmail(new) => new.blob.at = 0,
            Mutation::PutObject(put) => put.blob.at = 0,
            Mutation::Enqueue(item) => item.blob.at = 0,
            _ => {}
        }
    }
    entry
}

/// Says where an engine contradicts itself: chains against entries, counters against rows, emails against places.
///
/// # Errors
/// The first contradiction.
///
/// # Panics
/// If the engine fails to read.
pub fn consistent(engine: &dyn Engine) -> Result<(), String> {
    let mut places = BTreeSet::new();
    for account in engine.accounts(AccountId(0), ALL).unwrap() {
        let head = engine.head(account).unwrap().unwrap();
        let entries = engine.journal(account, Seq::START, ALL).unwrap();
        places.extend(entries.iter().map(|entry| entry.index));
        check_chain(&head, &entries)?;
        let mut emails = BTreeSet::new();
        for mailbox in head.mailboxes.values() {
            let rows = engine.rows(account, mailbox.id, &all()).unwrap();
            let mut totals = Totals::default();
            rows.iter()
                .for_each(|row| totals.add(row.keywords, row.size));
            same("a recount", &mailbox.totals, &totals)?;
            for row in &rows {
                let here = Located {
                    mailbox: mailbox.id,
                    uid: row.uid,
                };
                same(
                    "a place",
                    &engine.locate(account, row.email).unwrap(),
                    &Some(here),
                )?;
                let early = row.uid < mailbox.uid_next
                    && row.email < head.next_email
                    && row.thread < head.next_thread
                    && mailbox.emails_changed.is_at_least(row.changed);
                same("numbers below the next", &early, &true)?;
                same("an email in one place", &emails.insert(row.email), &true)?;
            }
        }
        for gone in engine.destroyed(account).unwrap() {
            same(
                "a destroyed email in no mailbox",
                &emails.insert(gone.email),
                &true,
            )?;
        }
        check_no_mailbox(engine, account, &head)?;
        check_objects(engine, &head)?;
    }
    let size = engine.size().unwrap();
    same(
        "the log has every place once",
        &places,
        &(0..size).collect(),
    )
}

fn check_no_mailbox(engine: &dyn Engine, account: AccountId, head: &Head) -> Result<(), String> {
    for mailbox in (1..head.next_mailbox.0).map(MailboxId) {
        let rows = engine.rows(account, mailbox, &all()).unwrap();
        if !head.mailboxes.contains_key(&mailbox) && !rows.is_empty() {
            return Err(format!("mailbox {mailbox} is gone and has emails"));
        }
    }
    Ok(())
}

/// Counters against objects, objects against their names, and what must not be left of collections that are gone.
fn check_objects(engine: &dyn Engine, head: &Head) -> Result<(), String> {
    let account = head.account;
    let mut numbers = BTreeSet::new();
    for id in (1..head.collections.next_collection.0).map(CollectionId) {
        let rows = engine.objects(account, id, Seq::START).unwrap();
        let Some(collection) = head.collections.all.get(&id) else {
            let gone = engine.gone(account, id, Seq::START).unwrap();
            same(
                "what is left of a collection",
                &(rows, gone),
                &(vec![], vec![]),
            )?;
            continue;
        };
        let octets: u64 = rows.iter().map(|row| u64::from(row.size)).sum();
        same(
            "a recount of objects",
            &(collection.objects as usize, collection.octets),
            &(rows.len(), octets),
        )?;
        for row in &rows {
            let named = engine.object(account, id, &row.name).unwrap();
            same("an object by its name", &named.as_ref(), &Some(row))?;
            same("an object in one place", &numbers.insert(row.object), &true)?;
            let early = row.object < head.collections.next_object
                && collection.objects_changed.is_at_least(row.changed)
                && row.created_at <= row.modified_at;
            same("an object's numbers below the next", &early, &true)?;
        }
    }
    Ok(())
}

/// Makes the account's chain again from its entries, as far as their payloads are there.
fn check_chain(head: &Head, entries: &[Entry]) -> Result<(), String> {
    let numbers: Vec<_> = entries.iter().map(|entry| entry.seq.0).collect();
    same(
        "the entries' numbers",
        &numbers,
        &(1..=head.seq.0).collect(),
    )?;
    let mut previous = Hash::ZERO;
    for entry in entries {
        let Some(payload) = entry.commit.as_ref().map(Commit::encode) else {
            return Ok(());
        };
        let link = Link {
            stream: u64::from(head.account.0),
            number: entry.seq.0,
            at_ms: entry.at.0,
            previous,
            payload: Hash::of(&payload.unwrap()),
        };
        previous = link.hash();
    }
    same("the end of the chain", &head.link, &previous)
}

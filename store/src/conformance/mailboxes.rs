//! Mailboxes: names, roles, places, rights.

use std::sync::Arc;

use model::{AccountId, MailboxId, MailboxName, PrincipalId, Rights, Role, Seq, Uid};

use super::subject::{ANNA, BERT, Subject, create, letter};
use crate::change::{Change, Outcome};
use crate::engine::Engine;
use crate::error::Error;

pub(super) fn have_names_places_and_roles(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let inbox = subject.mailbox(ANNA, "Inbox");
    let projects = subject.mailbox(ANNA, "Projekte");
    let change = create(Some(projects), "Müller & Söhne", Some(Role::Archive));
    assert_eq!(subject.done(ANNA, change), Outcome::Mailbox(MailboxId(3)));
    let head = subject.head(ANNA);
    let inner = head.mailbox(MailboxId(3)).unwrap();
    assert_eq!(
        (inner.parent, inner.role),
        (Some(projects), Some(Role::Archive))
    );
    assert_eq!((inner.uid_next, inner.emails_changed), (Uid(1), Seq(3)));
    assert_eq!(
        head.child(Some(projects), "Müller & Söhne").map(|m| m.id),
        Some(inner.id)
    );
    assert_eq!(head.child(None, "Müller & Söhne"), None);
    let validities: Vec<_> = head.mailboxes.values().map(|m| m.uid_validity).collect();
    assert!(validities.is_sorted_by(|a, b| a < b), "{validities:?}");

    // The same name beside it, the same role anywhere, the inbox's name in any case.
    let exists = |change| matches!(subject.refused(ANNA, change), Error::AlreadyExists(_));
    assert!(exists(create(None, "Projekte", None)));
    assert!(exists(create(None, "Ablage", Some(Role::Archive))));
    assert!(exists(create(None, "INBOX", None)));
    assert!(matches!(
        subject.refused(ANNA, create(Some(MailboxId(9)), "x", None)),
        Error::NotFound(_)
    ));
    subject.done(ANNA, create(None, "projekte", None));
    subject.done(ANNA, create(Some(projects), "inbox", None));
    subject.mailbox(BERT, "Projekte");

    let rename = |mailbox, parent, name: &str, role| Change::UpdateMailbox {
        mailbox,
        parent,
        name: MailboxName::try_from(name).unwrap(),
        role,
    };
    assert!(exists(rename(inner.id, None, "Projekte", None)));
    subject.done(ANNA, rename(inner.id, None, "Kunden", None));
    let head = subject.head(ANNA);
    let after = head.mailbox(inner.id).unwrap();
    assert_eq!(
        (after.parent, after.name.as_str(), after.role),
        (None, "Kunden", None)
    );
    assert_eq!(
        after.uid_validity, inner.uid_validity,
        "a renamed mailbox keeps it"
    );
    assert_eq!((after.changed, after.emails_changed), (head.seq, Seq(3)));
    let size = engine.size().unwrap();
    subject.done(ANNA, rename(inner.id, None, "Kunden", None));
    assert_eq!(engine.size().unwrap(), size, "nothing changed, no entry");
    assert!(matches!(
        subject.refused(ANNA, rename(inbox, None, "Eingang", None)),
        Error::Invalid(_)
    ));
    let directory = subject.refused(AccountId::DIRECTORY, create(None, "x", None));
    assert!(matches!(directory, Error::Invalid(_)));
}

pub(super) fn nest_without_circles(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let mut path = vec![subject.mailbox(ANNA, "0")];
    let error = loop {
        assert!(path.len() < 100, "there is a limit");
        let change = create(path.last().copied(), &path.len().to_string(), None);
        match subject.commit(ANNA, vec![change]) {
            Ok(committed) => match committed.outcomes[..] {
                [Outcome::Mailbox(mailbox)] => path.push(mailbox),
                ref other => panic!("{other:?}"),
            },
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Limit(_)));
    assert!(
        path.len() >= 10,
        "RFC 8621 1.3.1 leaves it to us, but ten levels are in use"
    );
    for parent in [path[0], path[1], path[3]] {
        let change = Change::UpdateMailbox {
            mailbox: path[0],
            parent: Some(parent),
            name: MailboxName::try_from("0").unwrap(),
            role: None,
        };
        assert!(matches!(subject.refused(ANNA, change), Error::Invalid(_)));
    }
}

pub(super) fn are_destroyed(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let inbox = subject.mailbox(ANNA, "Inbox");
    let outer = subject.mailbox(ANNA, "Außen");
    subject.done(ANNA, create(Some(outer), "Innen", None));
    let inner = MailboxId(3);
    let destroy = |mailbox, with_emails| Change::DestroyMailbox {
        mailbox,
        with_emails,
    };
    assert!(matches!(
        subject.refused(ANNA, destroy(inbox, true)),
        Error::Invalid(_)
    ));
    assert_eq!(
        subject.refused(ANNA, destroy(outer, true)),
        Error::HasChildren
    );
    let email = subject.add(ANNA, inner, &letter("Weg", "damit"));
    assert_eq!(
        subject.refused(ANNA, destroy(inner, false)),
        Error::NotEmpty
    );
    subject.done(ANNA, destroy(inner, true));
    assert!(matches!(
        subject.refused(ANNA, destroy(inner, true)),
        Error::NotFound(_)
    ));
    assert_eq!(engine.locate(ANNA, email).unwrap(), None);
    assert!(subject.rows(ANNA, inner).is_empty());
    let destroyed = engine.destroyed(ANNA).unwrap();
    assert_eq!(
        destroyed.len(),
        1,
        "what was in it can be restored elsewhere"
    );
    assert_eq!((destroyed[0].email, destroyed[0].mailbox), (email, inner));
    subject.done(ANNA, destroy(outer, false));
    let again = subject.done(ANNA, create(None, "Außen", None));
    assert_eq!(
        again,
        Outcome::Mailbox(MailboxId(4)),
        "numbers are never used again"
    );
}

pub(super) fn are_shared(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let inbox = subject.mailbox(ANNA, "Inbox");
    let other = subject.mailbox(BERT, "Inbox");
    let share = |mailbox, principal: Option<u32>, rights| Change::SetShare {
        mailbox,
        principal: principal.map(PrincipalId),
        rights,
    };
    let shared = |principals: &[Option<u32>]| {
        let principals: Vec<_> = principals.iter().map(|p| p.map(PrincipalId)).collect();
        engine.shared_with(&principals).unwrap()
    };
    assert!(shared(&[Some(5), None]).is_empty());
    subject.done(ANNA, share(inbox, Some(5), Rights::READ));
    subject.done(ANNA, share(inbox, Some(3), Rights::ALL));
    subject.done(BERT, share(other, None, Rights::LOOKUP));
    assert_eq!(shared(&[Some(5)]), [ANNA]);
    assert_eq!(
        shared(&[Some(3), Some(5), None]),
        [ANNA, BERT],
        "each once, rising"
    );
    assert_eq!(shared(&[None]), [BERT]);
    assert!(shared(&[]).is_empty());
    subject.done(ANNA, share(inbox, Some(5), Rights::READ.with(Rights::SEEN)));
    let mut shares = subject.head(ANNA).mailbox(inbox).unwrap().shares.clone();
    shares.sort_by_key(|(principal, _)| *principal);
    let expected = [
        (Some(PrincipalId(3)), Rights::ALL),
        (Some(PrincipalId(5)), Rights::READ.with(Rights::SEEN)),
    ];
    assert_eq!(shares, expected);
    subject.done(ANNA, share(inbox, Some(5), Rights::NONE));
    assert!(shared(&[Some(5)]).is_empty());

    let subscribe = |principal, subscribed| Change::SetSubscribed {
        mailbox: inbox,
        principal: PrincipalId(principal),
        subscribed,
    };
    subject.done(ANNA, subscribe(1, true));
    subject.done(ANNA, subscribe(5, true));
    let size = engine.size().unwrap();
    subject.done(ANNA, subscribe(5, true));
    subject.done(ANNA, subscribe(6, false));
    assert_eq!(engine.size().unwrap(), size, "nothing changed, no entry");
    subject.done(ANNA, subscribe(1, false));
    let subscribers = subject
        .head(ANNA)
        .mailbox(inbox)
        .unwrap()
        .subscribers
        .clone();
    assert_eq!(subscribers, [PrincipalId(5)]);
}

//! Collections: how they are named, nested, shared and destroyed.

use std::sync::Arc;

use model::{
    AccountId, CollectionId, CollectionKind, CollectionRights, PathSegment, PrincipalId,
    Properties, Seq,
};

use super::subject::{ANNA, BERT, Subject};
use crate::change::{Change, CollectionChange, Outcome};
use crate::engine::Engine;
use crate::error::Error;

impl Subject<'_> {
    pub(super) fn collection(
        &self,
        account: AccountId,
        kind: CollectionKind,
        name: &str,
    ) -> CollectionId {
        self.collection_in(account, None, kind, name)
    }

    fn collection_in(
        &self,
        account: AccountId,
        parent: Option<CollectionId>,
        kind: CollectionKind,
        name: &str,
    ) -> CollectionId {
        match self.done(account, make(parent, kind, name)) {
            Outcome::Collection(collection) => collection,
            other => panic!("no collection but {other:?}"),
        }
    }
}

pub(super) fn wrap(change: CollectionChange) -> Change {
    Change::Collections(Box::new(change))
}

pub(super) fn segment(name: &str) -> PathSegment {
    PathSegment::try_from(name).unwrap()
}

pub(super) fn make(parent: Option<CollectionId>, kind: CollectionKind, name: &str) -> Change {
    wrap(CollectionChange::Create {
        parent,
        kind,
        name: segment(name),
        properties: Properties::default(),
    })
}

fn update(
    collection: CollectionId,
    parent: Option<CollectionId>,
    name: &str,
    properties: Properties,
) -> Change {
    wrap(CollectionChange::Update {
        collection,
        parent,
        name: segment(name),
        properties,
    })
}

pub(super) fn destroy(collection: CollectionId, with_objects: bool) -> Change {
    wrap(CollectionChange::Destroy {
        collection,
        with_objects,
    })
}

fn named(name: &str) -> Properties {
    Properties {
        display_name: Some(name.into()),
        ..Properties::default()
    }
}

pub(super) fn have_names_and_properties(engine: &Arc<dyn Engine>) {
    use CollectionKind::{AddressBook, Calendar};
    let subject = Subject::new(engine);
    let home = subject.collection(ANNA, Calendar, "home");
    let work = subject.collection(ANNA, Calendar, "work");
    let book = subject.collection(ANNA, AddressBook, "home");
    assert_eq!(
        [home, work, book].map(|id| id.0),
        [1, 2, 3],
        "numbered within the account"
    );
    assert_eq!(subject.collection(BERT, Calendar, "home"), CollectionId(1));
    let taken = subject.refused(ANNA, make(None, Calendar, "work"));
    assert!(matches!(taken, Error::AlreadyExists(_)), "{taken:?}");
    let head = subject.head(ANNA);
    let collection = head.collections.get(work).unwrap();
    assert_eq!((collection.kind, collection.parent), (Calendar, None));
    assert_eq!(collection.name.as_str(), "work");
    assert_eq!((collection.changed, collection.objects), (Seq(2), 0));

    let taken = subject.refused(ANNA, update(work, None, "home", Properties::default()));
    assert!(matches!(taken, Error::AlreadyExists(_)), "{taken:?}");
    subject.done(ANNA, update(work, None, "Büro 1", named("Das Büro")));
    let head = subject.head(ANNA);
    let collection = head.collections.get(work).unwrap();
    assert_eq!(collection.name.as_str(), "Büro 1");
    assert_eq!(*collection.properties, named("Das Büro"));
    assert_eq!(
        (collection.changed, collection.objects_changed),
        (Seq(4), Seq(2))
    );
    let before = engine.size().unwrap();
    subject.done(ANNA, update(work, None, "Büro 1", named("Das Büro")));
    assert_eq!(engine.size().unwrap(), before, "nothing changed");

    let mut long = named("lang");
    long.dead.insert("{x}y".into(), "z".repeat(256 * 1024));
    let refused = subject.refused(ANNA, update(work, None, "lang", long));
    assert!(matches!(refused, Error::Limit(_)), "{refused:?}");
    let missing = subject.refused(ANNA, update(CollectionId(9), None, "x", named("x")));
    assert!(matches!(missing, Error::NotFound(_)), "{missing:?}");
    let directory = subject.refused(AccountId::DIRECTORY, make(None, Calendar, "home"));
    assert!(matches!(directory, Error::Invalid(_)), "{directory:?}");
}

pub(super) fn nest_without_circles(engine: &Arc<dyn Engine>) {
    use CollectionKind::{Calendar, Folder};
    let subject = Subject::new(engine);
    let files = subject.collection(ANNA, Folder, "files");
    let letters = subject.collection_in(ANNA, Some(files), Folder, "letters");
    let same_name = subject.collection_in(ANNA, Some(letters), Folder, "letters");
    let calendar = subject.collection(ANNA, Calendar, "home");
    for (parent, kind) in [(calendar, Folder), (files, Calendar), (calendar, Calendar)] {
        let refused = subject.refused(ANNA, make(Some(parent), kind, "x"));
        assert!(matches!(refused, Error::Invalid(_)), "{refused:?}");
    }
    for parent in [files, letters, same_name] {
        let circle = update(files, Some(parent), "files", Properties::default());
        assert!(matches!(subject.refused(ANNA, circle), Error::Invalid(_)));
    }
    let moved = update(same_name, Some(files), "copies", Properties::default());
    subject.done(ANNA, moved);
    let head = subject.head(ANNA);
    assert_eq!(head.collections.get(same_name).unwrap().parent, Some(files));
    assert!(matches!(
        subject.refused(ANNA, destroy(files, true)),
        Error::HasChildren
    ));

    let object = subject.new_object(files, "notes.txt", b"x");
    subject.put(ANNA, object);
    let refused = subject.refused(ANNA, make(Some(files), Folder, "notes.txt"));
    assert!(matches!(refused, Error::AlreadyExists(_)), "{refused:?}");
    let object = wrap(CollectionChange::Put(
        subject.new_object(files, "letters", b"x"),
    ));
    assert!(matches!(
        subject.refused(ANNA, object),
        Error::AlreadyExists(_)
    ));
    let object = wrap(CollectionChange::Put(
        subject.new_object(files, "new", b"x"),
    ));
    let both = subject.commit(ANNA, vec![object, make(Some(files), Folder, "new")]);
    assert!(matches!(both, Err(Error::Invalid(_))), "{both:?}");

    let mut parent = files;
    let deepest = (0..50).find_map(|_| {
        let created = subject.commit(ANNA, vec![make(Some(parent), Folder, "x")]);
        match created.map(|done| done.outcomes) {
            Ok(outcomes) => match outcomes[..] {
                [Outcome::Collection(collection)] => {
                    parent = collection;
                    None
                }
                _ => panic!("{outcomes:?}"),
            },
            Err(error) => Some(error),
        }
    });
    assert!(matches!(deepest, Some(Error::Limit(_))), "{deepest:?}");
}

pub(super) fn are_shared(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let calendar = subject.collection(ANNA, CollectionKind::Calendar, "home");
    let share = |principal: Option<u32>, rights| {
        wrap(CollectionChange::Share {
            collection: calendar,
            principal: principal.map(PrincipalId),
            rights,
        })
    };
    let deputy = |principal, rights| {
        wrap(CollectionChange::SetDeputy {
            principal: PrincipalId(principal),
            rights,
        })
    };
    let shared_with = |principal| engine.shared_with(&[principal]).unwrap();
    let (reader, writer) = (CollectionRights::READER, CollectionRights::WRITER);
    subject.done(ANNA, share(Some(7), reader));
    subject.done(ANNA, share(None, CollectionRights::FREE_BUSY));
    subject.done(ANNA, share(Some(5), reader));
    subject.done(ANNA, share(Some(5), writer));
    let shares = || {
        let head = subject.head(ANNA);
        head.collections.get(calendar).unwrap().shares.clone()
    };
    let expected = [
        (None, CollectionRights::FREE_BUSY),
        (Some(PrincipalId(5)), writer),
        (Some(PrincipalId(7)), reader),
    ];
    assert_eq!(shares(), expected, "rising, everybody first");
    assert_eq!(shared_with(Some(PrincipalId(5))), [ANNA]);
    assert_eq!(shared_with(None), [ANNA]);
    assert_eq!(shared_with(Some(PrincipalId(6))), []);
    subject.done(ANNA, share(Some(5), CollectionRights::NONE));
    assert_eq!(shared_with(Some(PrincipalId(5))), []);
    let before = engine.size().unwrap();
    subject.done(ANNA, share(Some(5), CollectionRights::NONE));
    assert_eq!(engine.size().unwrap(), before, "nothing to take away");

    subject.done(BERT, deputy(7, writer));
    subject.done(BERT, deputy(3, reader));
    let deputies = || subject.head(BERT).collections.deputies.clone();
    assert_eq!(
        deputies(),
        [(PrincipalId(3), reader), (PrincipalId(7), writer)]
    );
    assert_eq!(shared_with(Some(PrincipalId(7))), [ANNA, BERT]);
    subject.done(BERT, deputy(7, CollectionRights::NONE));
    assert_eq!(shared_with(Some(PrincipalId(7))), [ANNA]);
    for refused in [
        subject.refused(ANNA, share(Some(0), reader)),
        subject.refused(BERT, deputy(0, reader)),
        subject.refused(BERT, deputy(BERT.0, reader)),
    ] {
        assert!(matches!(refused, Error::Invalid(_)), "{refused:?}");
    }
    subject.done(ANNA, destroy(calendar, false));
    assert_eq!(shared_with(Some(PrincipalId(7))), []);
    assert_eq!(shared_with(None), []);
}

pub(super) fn are_destroyed(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let calendar = subject.collection(ANNA, CollectionKind::Calendar, "home");
    let other = subject.collection(ANNA, CollectionKind::Calendar, "work");
    for name in ["a", "b", "c"] {
        subject.put(ANNA, subject.new_object(calendar, name, name.as_bytes()));
        subject.put(ANNA, subject.new_object(other, name, b"elsewhere"));
    }
    assert!(matches!(
        subject.refused(ANNA, destroy(calendar, false)),
        Error::NotEmpty
    ));
    let put = wrap(CollectionChange::Put(
        subject.new_object(calendar, "d", b"d"),
    ));
    let both = subject.commit(ANNA, vec![put, destroy(calendar, true)]);
    assert!(matches!(both, Err(Error::Invalid(_))), "{both:?}");
    subject.done(ANNA, destroy(calendar, true));
    let head = subject.head(ANNA);
    assert!(matches!(
        head.collections.get(calendar),
        Err(Error::NotFound(_))
    ));
    assert_eq!(head.collections.get(other).unwrap().objects, 3);
    assert_eq!(engine.objects(ANNA, calendar, Seq::START).unwrap(), []);
    assert_eq!(engine.gone(ANNA, calendar, Seq::START).unwrap(), []);
    assert_eq!(engine.object(ANNA, calendar, &segment("a")).unwrap(), None);
    let versions = engine.versions(ANNA).unwrap();
    let restorable: Vec<_> = versions
        .iter()
        .map(|version| (version.destroyed, version.collection, version.name.as_str()))
        .collect();
    let of = |name| (true, calendar, name);
    assert_eq!(restorable, [of("a"), of("b"), of("c")]);
    for change in [
        destroy(calendar, true),
        wrap(CollectionChange::Put(
            subject.new_object(calendar, "a", b"a"),
        )),
    ] {
        assert!(matches!(subject.refused(ANNA, change), Error::NotFound(_)));
    }
    let again = subject.collection(ANNA, CollectionKind::Calendar, "home");
    assert_eq!(again, CollectionId(3), "numbers are never used again");
    assert_eq!(engine.objects(ANNA, again, Seq::START).unwrap(), []);
}

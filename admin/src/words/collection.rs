//! What was done to calendars, address books and folders, and to the objects in them.

use model::{
    CollectionId, CollectionKind, CollectionRights, Mutation, PrincipalId, Properties, PutObject,
};

use super::{Names, ranges_words};

/// Names of clients' properties that a line names; more are counted.
const PROPERTIES_NAMED_MAX: usize = 4;

/// The collections that a mutation is about.
pub(crate) fn named_in(mutation: &Mutation) -> [Option<CollectionId>; 2] {
    match mutation {
        Mutation::UpdateCollection { collection, .. }
        | Mutation::DestroyCollection { collection }
        | Mutation::ShareCollection { collection, .. }
        | Mutation::SetObjectProperties { collection, .. }
        | Mutation::DestroyObjects { collection, .. } => [Some(*collection), None],
        Mutation::CreateCollection(new) => [Some(new.collection), None],
        Mutation::PutObject(put) => [Some(put.collection), None],
        Mutation::MoveObject(moved) => [Some(moved.from), Some(moved.to)],
        _ => [None, None],
    }
}

/// The words for a mutation of a collection or an object; nothing for any other.
pub(super) fn describe(mutation: &Mutation, names: &mut Names) -> String {
    match mutation {
        Mutation::CreateCollection(new) => {
            names
                .collections
                .entry(new.collection)
                .or_insert_with(|| new.name.to_string());
            let kind = kind_words(new.kind);
            let mut words = format!("made {kind} `{}` (#{})", new.name, new.collection);
            words.push_str(&called(&new.properties));
            words
        }
        Mutation::UpdateCollection {
            collection,
            name,
            properties,
            ..
        } => format!(
            "changed what is said of {}, now `{name}`{}",
            names.collection(*collection),
            called(properties)
        ),
        Mutation::DestroyCollection { collection } => {
            format!("deleted {}", names.collection(*collection))
        }
        Mutation::ShareCollection {
            collection,
            principal,
            rights,
        } => share(&names.collection(*collection), *principal, *rights),
        Mutation::SetDeputy { principal, rights } => {
            if rights.is_empty() {
                format!("#{principal} is no deputy any more")
            } else {
                let rights = rights_words(*rights);
                format!("made #{principal} a deputy: {rights} in the owner's place")
            }
        }
        _ => objects(mutation, names),
    }
}

fn objects(mutation: &Mutation, names: &Names) -> String {
    match mutation {
        Mutation::PutObject(put) => put_words(put, names),
        Mutation::SetObjectProperties {
            collection,
            object,
            dead,
        } => {
            let mut named: Vec<&str> = dead
                .keys()
                .take(PROPERTIES_NAMED_MAX)
                .map(String::as_str)
                .collect();
            if dead.len() > PROPERTIES_NAMED_MAX {
                named.push("...");
            }
            let collection = names.collection(*collection);
            format!(
                "set {} properties of a client at object #{object} in {collection}: {}",
                dead.len(),
                named.join(", ")
            )
        }
        Mutation::MoveObject(moved) if moved.from == moved.to => format!(
            "renamed object #{} in {}, now `{}`",
            moved.object,
            names.collection(moved.from),
            moved.name
        ),
        Mutation::MoveObject(moved) => format!(
            "moved object #{} from {} to {}, now `{}`",
            moved.object,
            names.collection(moved.from),
            names.collection(moved.to),
            moved.name
        ),
        Mutation::DestroyObjects {
            collection,
            objects,
            octets,
        } => {
            let which = match objects.len() {
                1 => format!("object #{}", ranges_words(objects)),
                count => format!("{count} objects (#{})", ranges_words(objects)),
            };
            let collection = names.collection(*collection);
            format!("destroyed {which} of {octets} octets in {collection}")
        }
        Mutation::PurgeVersions { versions } => {
            format!("removed {} earlier bodies for good", versions.len())
        }
        _ => String::new(),
    }
}

fn put_words(put: &PutObject, names: &Names) -> String {
    let collection = names.collection(put.collection);
    let mut words = match put.replaces {
        None => format!(
            "added `{}` (object #{}) of {} octets to {collection}",
            put.name, put.object, put.size
        ),
        Some(octets) => format!(
            "replaced `{}` (object #{}) in {collection}: {} octets instead of {octets}",
            put.name, put.object, put.size
        ),
    };
    if put.schedule_tag.is_some() {
        words.push_str(", with participants");
    }
    words
}

/// The name people read, where it is another than the one in addresses.
fn called(properties: &Properties) -> String {
    match &properties.display_name {
        Some(name) => format!(", called `{name}`"),
        None => String::new(),
    }
}

fn share(collection: &str, principal: Option<PrincipalId>, rights: CollectionRights) -> String {
    let with = principal.map_or_else(|| "everybody".to_owned(), |id| format!("#{id}"));
    if rights.is_empty() {
        format!("stopped sharing {collection} with {with}")
    } else {
        format!("shared {collection} with {with}: {}", rights_words(rights))
    }
}

/// What it holds, in words.
pub(crate) fn kind_words(kind: CollectionKind) -> &'static str {
    match kind {
        CollectionKind::Calendar => "calendar",
        CollectionKind::AddressBook => "address book",
        CollectionKind::ScheduleInbox => "inbox for invitations",
        CollectionKind::Folder => "folder",
        CollectionKind::Scripts => "filters",
        CollectionKind::Records => "records",
    }
}

/// The rights by the names that commands have for them.
pub(crate) fn rights_names(rights: CollectionRights) -> Vec<String> {
    let all = [
        (CollectionRights::FREE_BUSY, "free-busy"),
        (CollectionRights::READ, "read"),
        (CollectionRights::WRITE, "write"),
        (CollectionRights::SHARE, "share"),
    ];
    all.into_iter()
        .filter(|(right, _)| rights.contains(*right))
        .map(|(_, name)| name.to_owned())
        .collect()
}

fn rights_words(rights: CollectionRights) -> String {
    let all = [
        (CollectionRights::FREE_BUSY, "see when it is busy"),
        (CollectionRights::READ, "read"),
        (CollectionRights::WRITE, "change"),
        (CollectionRights::SHARE, "share"),
    ];
    let named: Vec<_> = all
        .into_iter()
        .filter(|(right, _)| rights.contains(*right))
        .map(|(_, words)| words)
        .collect();
    named.join(", ")
}

#[cfg(test)]
mod tests {
    use model::{
        BlobId, BlobRef, CollectionId, CreateCollection, MoveObject, NumberSet, ObjectId,
        PathSegment, Seq,
    };

    use super::*;

    fn segment(name: &str) -> PathSegment {
        PathSegment::try_from(name).unwrap()
    }

    fn put(replaces: Option<u32>, schedule_tag: Option<Seq>) -> Mutation {
        Mutation::PutObject(PutObject {
            collection: CollectionId(2),
            object: ObjectId(7),
            name: segment("a.ics"),
            uid: "a".into(),
            size: 300,
            replaces,
            blob: BlobRef {
                id: BlobId([0; 32]),
                at: 1,
            },
            meta: [0; 32],
            schedule_tag,
            media_type: None,
        })
    }

    #[test]
    fn every_step_has_words() {
        let mut names = Names::default();
        let create = Mutation::CreateCollection(CreateCollection {
            collection: CollectionId(2),
            parent: None,
            kind: CollectionKind::Calendar,
            name: segment("team"),
            properties: Properties {
                display_name: Some("Team Bauamt".into()),
                ..Properties::default()
            },
        });
        let moved = |to| {
            Mutation::MoveObject(MoveObject {
                object: ObjectId(7),
                from: CollectionId(2),
                to: CollectionId(to),
                name: segment("b.ics"),
                size: 300,
            })
        };
        let shared = |rights| Mutation::ShareCollection {
            collection: CollectionId(2),
            principal: None,
            rights,
        };
        let deputy = |rights| Mutation::SetDeputy {
            principal: PrincipalId(4),
            rights,
        };
        let cases = [
            (create, "made calendar `team` (#2), called `Team Bauamt`"),
            (
                put(None, None),
                "added `a.ics` (object #7) of 300 octets to `team`",
            ),
            (
                put(Some(200), Some(Seq(3))),
                "replaced `a.ics` (object #7) in `team`: 300 octets instead of 200, with participants",
            ),
            (moved(2), "renamed object #7 in `team`, now `b.ics`"),
            (
                moved(3),
                "moved object #7 from `team` to collection #3, now `b.ics`",
            ),
            (
                Mutation::DestroyObjects {
                    collection: CollectionId(2),
                    objects: NumberSet::range(7, 9),
                    octets: 900,
                },
                "destroyed 3 objects (#7-9) of 900 octets in `team`",
            ),
            (
                shared(CollectionRights::READER),
                "shared `team` with everybody: see when it is busy, read",
            ),
            (
                shared(CollectionRights::NONE),
                "stopped sharing `team` with everybody",
            ),
            (
                deputy(CollectionRights::WRITER),
                "made #4 a deputy: see when it is busy, read, change in the owner's place",
            ),
            (deputy(CollectionRights::NONE), "#4 is no deputy any more"),
            (
                Mutation::PurgeVersions {
                    versions: vec![(ObjectId(7), Seq(3))],
                },
                "removed 1 earlier bodies for good",
            ),
            (
                Mutation::DestroyCollection {
                    collection: CollectionId(2),
                },
                "deleted `team`",
            ),
        ];
        for (mutation, words) in cases {
            assert_eq!(super::super::describe(&mutation, &mut names), words);
        }
    }
}

//! Random steps about collections and objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{
    AccountId, CollectionId, CollectionKind, CollectionRights, PathSegment, Properties, Seq,
};
use proptest::prelude::*;

use super::{Drafting, MISSING, id_of};
use crate::change::{Change, CollectionChange, Condition, NewObject, Source, TagChange};
use crate::conformance::collections::{segment, wrap};
use crate::conformance::objects::read_from;
use crate::rows::ObjectRow;

/// A step before it is known what there is.
#[derive(Clone, Debug)]
pub(super) enum CollectionStep {
    Create {
        parent: Option<u8>,
        kind: u8,
        name: u8,
        properties: u8,
    },
    Update {
        collection: u8,
        parent: Option<u8>,
        name: u8,
        properties: u8,
    },
    Destroy {
        collection: u8,
        with_objects: bool,
    },
    Share {
        collection: u8,
        principal: Option<u8>,
        rights: u8,
    },
    Deputy {
        principal: u8,
        rights: u8,
    },
    Put {
        /// Over which one, if over one.
        object: Option<u8>,
        collection: u8,
        name: u8,
        uid: u8,
        content: u8,
        tag: u8,
        condition: u8,
        stored: Option<u8>,
    },
    Properties {
        object: u8,
        text: u8,
    },
    Move {
        object: u8,
        to: u8,
        new_name: u8,
        replace: bool,
        condition: u8,
    },
    DestroyObject {
        object: u8,
        scheduled: bool,
        condition: u8,
    },
    Unchanged {
        collection: u8,
        ago: u8,
    },
    Purge {
        age_ms: u16,
        limit: u8,
    },
    PurgeThese {
        which: Vec<u8>,
    },
}

pub(super) fn step() -> impl Strategy<Value = CollectionStep> {
    use CollectionStep as S;
    let place = || 0u8..20;
    let parent = || proptest::option::weighted(0.3, 0u8..20);
    let name = || 0u8..5;
    let condition = || prop_oneof![4 => Just(0u8), 1 => 1u8..7];
    let stored = proptest::option::weighted(0.2, 0u8..20);
    let over = proptest::option::weighted(0.3, 0u8..20);
    prop_oneof![
        3 => (parent(), 0u8..8, 0u8..6, 0u8..3)
            .prop_map(|(parent, kind, name, properties)| S::Create { parent, kind, name, properties }),
        2 => (place(), parent(), 0u8..6, 0u8..3).prop_map(
            |(collection, parent, name, properties)| S::Update { collection, parent, name, properties }
        ),
        1 => (place(), any::<bool>())
            .prop_map(|(collection, with_objects)| S::Destroy { collection, with_objects }),
        1 => (place(), proptest::option::of(0u8..5), 0u8..3)
            .prop_map(|(collection, principal, rights)| S::Share { collection, principal, rights }),
        1 => (0u8..5, 0u8..3).prop_map(|(principal, rights)| S::Deputy { principal, rights }),
        16 => (over, place(), name(), 0u8..6, 0u8..8, 0u8..4, condition(), stored).prop_map(
            |(object, collection, name, uid, content, tag, condition, stored)| {
                S::Put { object, collection, name, uid, content, tag, condition, stored }
            }
        ),
        2 => (place(), 0u8..3).prop_map(|(object, text)| S::Properties { object, text }),
        6 => (place(), place(), name(), any::<bool>(), condition()).prop_map(
            |(object, to, new_name, replace, condition)| {
                S::Move { object, to, new_name, replace, condition }
            }
        ),
        4 => (place(), any::<bool>(), condition()).prop_map(|(object, scheduled, condition)| {
            S::DestroyObject { object, scheduled, condition }
        }),
        1 => (place(), 0u8..4).prop_map(|(collection, ago)| S::Unchanged { collection, ago }),
        1 => (0u16..20_000, 0u8..5).prop_map(|(age_ms, limit)| S::Purge { age_ms, limit }),
        1 => proptest::collection::vec(0u8..20, 1..4).prop_map(|which| S::PurgeThese { which }),
    ]
}

impl Drafting<'_> {
    pub(super) fn collections(&self, step: &CollectionStep) -> Change {
        wrap(self.collection_change(step))
    }

    fn collection_change(&self, step: &CollectionStep) -> CollectionChange {
        match step {
            CollectionStep::Create {
                parent,
                kind,
                name,
                properties,
            } => CollectionChange::Create {
                parent: parent.map(|parent| self.collection(parent)),
                // Folders are what can be nested.
                kind: match parent {
                    Some(_) => CollectionKind::Folder,
                    None => CollectionKind::ALL[usize::from(*kind) % CollectionKind::ALL.len()],
                },
                name: name_of(*name),
                properties: properties_of(*properties),
            },
            CollectionStep::Update {
                collection,
                parent,
                name,
                properties,
            } => CollectionChange::Update {
                collection: self.collection(*collection),
                parent: parent.map(|parent| self.collection(parent)),
                name: name_of(*name),
                properties: properties_of(*properties),
            },
            CollectionStep::Destroy {
                collection,
                with_objects,
            } => CollectionChange::Destroy {
                collection: self.collection(*collection),
                with_objects: *with_objects,
            },
            CollectionStep::Share {
                collection,
                principal,
                rights,
            } => CollectionChange::Share {
                collection: self.collection(*collection),
                principal: principal.map(id_of),
                rights: CollectionRights(*rights),
            },
            CollectionStep::Deputy { principal, rights } => CollectionChange::SetDeputy {
                principal: id_of(*principal),
                rights: CollectionRights(*rights),
            },
            CollectionStep::Unchanged { collection, ago } => {
                let last = self.model.head(self.account).unwrap();
                let last = last.map_or(0, |head| head.seq.0);
                CollectionChange::Unchanged {
                    collection: self.collection(*collection),
                    since: Seq(last.saturating_sub(u64::from(*ago))),
                }
            }
            CollectionStep::Purge { age_ms, limit } => CollectionChange::PurgeVersions {
                before: self.at.plus_ms(-i64::from(*age_ms)),
                limit: u32::from(*limit),
            },
            CollectionStep::PurgeThese { which } => {
                let versions = self.model.versions(self.account).unwrap();
                let chosen = which.iter().filter_map(|nth| {
                    let place = usize::from(*nth).checked_rem(versions.len())?;
                    Some((versions[place].object, versions[place].until))
                });
                CollectionChange::PurgeThese {
                    versions: chosen.collect(),
                }
            }
            _ => self.object_change(step),
        }
    }

    fn object_change(&self, step: &CollectionStep) -> CollectionChange {
        match step {
            CollectionStep::Put {
                object,
                collection,
                name,
                uid,
                content,
                tag,
                condition,
                stored,
            } => {
                let row = object.and_then(|nth| self.object_row(nth));
                let (collection, name, uid) = match row {
                    Some(row) => (row.collection, row.name, row.uid),
                    None => (self.collection(*collection), name_of(*name), uid_of(*uid)),
                };
                let (size, source) = self.body(*content, *stored);
                let tags = [
                    TagChange::None,
                    TagChange::None,
                    TagChange::Keep,
                    TagChange::New,
                ];
                CollectionChange::Put(NewObject {
                    condition: self.condition(*condition, collection, &name),
                    collection,
                    name,
                    uid,
                    size,
                    source,
                    tag: tags[usize::from(*tag) % tags.len()],
                    media_type: content.is_multiple_of(3).then(|| "text/plain".into()),
                })
            }
            CollectionStep::Properties { object, text } => {
                let (collection, name) = self.object(*object);
                CollectionChange::SetProperties {
                    collection,
                    name,
                    dead: dead_of(*text),
                }
            }
            CollectionStep::Move {
                object,
                to,
                new_name,
                replace,
                condition,
            } => {
                let (from, name) = self.object(*object);
                CollectionChange::Move {
                    condition: self.condition(*condition, from, &name),
                    from,
                    name,
                    to: self.collection(*to),
                    new_name: name_of(*new_name),
                    replace: *replace,
                }
            }
            CollectionStep::DestroyObject {
                object,
                scheduled,
                condition,
            } => {
                let (collection, name) = self.object(*object);
                CollectionChange::DestroyObject {
                    condition: self.condition(*condition, collection, &name),
                    collection,
                    name,
                    scheduled: *scheduled,
                }
            }
            other => panic!("not of objects: {other:?}"),
        }
    }

    /// Where one of the objects is, or one that is not there.
    fn object(&self, nth: u8) -> (CollectionId, PathSegment) {
        let row = self.object_row(nth);
        row.map_or_else(
            || (self.collection(nth), name_of(nth)),
            |row| (row.collection, row.name),
        )
    }

    fn object_row(&self, nth: u8) -> Option<ObjectRow> {
        let head = self.model.head(self.account).unwrap()?;
        let of_one = |id: &CollectionId| {
            let rows = self.model.objects(self.account, *id, Seq::START);
            rows.unwrap()
        };
        let mut rows: Vec<_> = head.collections.all.keys().flat_map(of_one).collect();
        let place = usize::from(nth).checked_rem(rows.len())?;
        (nth < MISSING).then(|| rows.swap_remove(place))
    }

    /// One of the collections, or one that is not there.
    fn collection(&self, nth: u8) -> CollectionId {
        let head = self.model.head(self.account).unwrap();
        let collections = head.map(|head| head.collections.all.keys().copied().collect::<Vec<_>>());
        let collections = collections.unwrap_or_default();
        match usize::from(nth).checked_rem(collections.len()) {
            Some(place) if nth < MISSING => collections[place],
            _ => CollectionId(1_000),
        }
    }

    /// A new body, or one that was replaced or destroyed in this account or the other one.
    fn body(&self, content: u8, stored: Option<u8>) -> (u32, Source) {
        let stored = stored.and_then(|nth| {
            let other = AccountId(1 + u32::from(nth) % 2);
            let versions = self.engine.versions(other).unwrap();
            let place = usize::from(nth).checked_rem(versions.len())?;
            let version = &versions[place];
            let source = Source::Stored {
                blob: version.blob,
                meta: Arc::clone(&version.meta),
            };
            Some((version.size, source))
        });
        stored.unwrap_or_else(|| {
            let body = format!("body {content} ").repeat(1 + usize::from(content) * 4);
            let blob = self
                .engine
                .prepare(body.as_bytes(), read_from(body.as_bytes()));
            (
                u32::try_from(body.len()).unwrap(),
                Source::New(blob.unwrap()),
            )
        })
    }

    fn condition(&self, number: u8, collection: CollectionId, name: &PathSegment) -> Condition {
        let row = || -> Option<ObjectRow> {
            let row = self.model.object(self.account, collection, name);
            row.unwrap()
        };
        match number {
            1 => Condition::Absent,
            2 | 3 => Condition::Present,
            4 => Condition::Body(Vec::new()),
            5 => Condition::Body(row().into_iter().map(|row| row.blob.id).collect()),
            6 => Condition::ScheduleTag(row().and_then(|row| row.schedule_tag).unwrap_or(Seq(1))),
            _ => Condition::Any,
        }
    }
}

pub(super) fn name_of(number: u8) -> PathSegment {
    let names = ["a", "b", "ä.ics", "d", "e", "f"];
    segment(names[usize::from(number) % names.len()])
}

pub(in crate::conformance) fn uid_of(number: u8) -> String {
    match number {
        0 | 1 => String::new(),
        uid => format!("uid-{uid}"),
    }
}

fn dead_of(text: u8) -> BTreeMap<String, String> {
    let one = || ("{urn:x}note".to_owned(), format!("<note>{text}</note>"));
    (text > 0).then(one).into_iter().collect()
}

fn properties_of(number: u8) -> Properties {
    Properties {
        display_name: (number > 0).then(|| format!("Sammlung {number}")),
        sort_order: (number > 1).then_some(7),
        dead: dead_of(number),
        ..Properties::default()
    }
}

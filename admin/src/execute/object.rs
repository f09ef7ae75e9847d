//! What is in calendars and address books: brought in, taken out.

use std::sync::Arc;

use groupware::{Condition, Existing, Imported, NewBody, NewImport, VersionId};
use model::{AccountId, CollectionId, ObjectId, Seq};

use super::collection::{Place, segment};
use super::principal::{account, owner};
use super::version;
use crate::reply::{ExportedObject, ExportedObjects, ObjectOutcome};
use crate::{
    CollectionName, Failure, IMPORT_OBJECTS_MAX, ImportedObject, ObjectRequest, Octets, Reply,
    Services,
};

/// Objects in one answer to an export.
const EXPORT_OBJECTS_MAX: usize = 500;
/// Octets of them, and then to the end of the last one.
const EXPORT_OCTETS: u64 = 16 * 1024 * 1024;

pub(super) async fn run(request: ObjectRequest, services: &Services) -> Result<Reply, Failure> {
    match request {
        ObjectRequest::Import {
            collection,
            objects,
            replace,
        } => {
            let existing = if replace {
                Existing::Replaced
            } else {
                Existing::Kept
            };
            import(&collection, objects, existing, services).await
        }
        ObjectRequest::Put { collection, object } => put(&collection, object, services).await,
        ObjectRequest::Export {
            address,
            collection,
            after,
        } => export(&address, CollectionId(collection), after, services).await,
        ObjectRequest::Versions {
            address,
            kind,
            collection,
        } => version::list(&address, kind, collection.as_deref(), services).await,
        ObjectRequest::RestoreVersion {
            address,
            kind,
            object,
            until,
            into,
        } => {
            let id = VersionId {
                object: ObjectId(object),
                until: Seq(until),
            };
            version::restore(&address, kind, id, into.as_deref(), services).await
        }
    }
}

async fn import(
    name: &CollectionName,
    objects: Vec<ImportedObject>,
    existing: Existing,
    services: &Services,
) -> Result<Reply, Failure> {
    if objects.len() > IMPORT_OBJECTS_MAX {
        return Err(Failure::refused(format!(
            "at most {IMPORT_OBJECTS_MAX} objects are imported at once"
        )));
    }
    let place = Place::named(name, services).await?;
    let into = place.find_or_create(&name.name).await?;
    let new = objects
        .into_iter()
        .map(|object| {
            Ok(NewImport {
                name: segment(&object.name)?,
                body: object.body.0,
            })
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    let done = services
        .groupware
        .import_objects(&place.caller, place.account, into.id, new, existing)
        .await?;
    let outcomes = done.into_iter().map(|done| match done {
        Ok(Imported::Added) => ObjectOutcome::Added,
        Ok(Imported::Replaced) => ObjectOutcome::Replaced,
        Ok(Imported::Kept) => ObjectOutcome::Kept,
        Err(groupware::Error::UidConflict { name, .. }) => {
            ObjectOutcome::Refused(format!("its UID is already that of `{name}`"))
        }
        Err(error) => ObjectOutcome::Refused(Failure::from(error).message),
    });
    Ok(Reply::ObjectsImported(outcomes.collect()))
}

async fn put(
    name: &CollectionName,
    object: ImportedObject,
    services: &Services,
) -> Result<Reply, Failure> {
    let place = Place::named(name, services).await?;
    let into = place.find_or_create(&name.name).await?;
    let new = NewBody {
        name: segment(&object.name)?,
        body: object.body.0,
        media_type: None,
        condition: Condition::Any,
        tell_organizer: true,
    };
    services
        .groupware
        .put_object(&place.caller, place.account, into.id, new)
        .await
        .map_err(|error| Failure::from(error).about(&object.name))?;
    Ok(Reply::Done)
}

async fn export(
    address: &str,
    collection: CollectionId,
    after: Option<String>,
    services: &Services,
) -> Result<Reply, Failure> {
    let principal = account(address, services).await?;
    let (caller, account) = (owner(&principal, services), AccountId::from(principal.id));
    let groupware = &services.groupware;
    let view = groupware.objects(&caller, account, collection).await?;
    let is_after = |name: &str| after.as_deref().is_none_or(|after| name > after);
    let (mut portion, mut octets) = (Vec::new(), 0);
    let mut is_last = true;
    for object in view.iter() {
        if !is_after(object.row.name.as_str()) {
            continue;
        }
        if portion.len() == EXPORT_OBJECTS_MAX || octets >= EXPORT_OCTETS {
            is_last = false;
            break;
        }
        octets += u64::from(object.row.size);
        portion.push(Arc::clone(object));
    }
    let bodies = groupware.bodies(&portion).await?;
    let next = portion
        .last()
        .filter(|_| !is_last)
        .map(|last| last.row.name.to_string());
    let objects = portion.iter().zip(bodies).filter_map(|(object, body)| {
        // One that was purged meanwhile is not there any more.
        Some(ExportedObject {
            name: object.row.name.to_string(),
            body: Octets(body?),
        })
    });
    Ok(Reply::ObjectsExported(ExportedObjects {
        objects: objects.collect(),
        next,
    }))
}

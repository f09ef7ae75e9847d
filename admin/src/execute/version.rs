//! Earlier versions of what is in calendars and address books: listed, brought back.

use std::collections::HashMap;

use groupware::{Error, ObjectVersion, Summary, VersionId};
use model::{CollectionId, CollectionKind};

use super::collection::Place;
use crate::moment;
use crate::reply::VersionLine;
use crate::{Failure, Reply, Services};

pub(super) async fn list(
    address: &str,
    kind: CollectionKind,
    collection: Option<&str>,
    services: &Services,
) -> Result<Reply, Failure> {
    let place = Place::of(address, kind, services).await?;
    let only = match collection {
        Some(name) => Some(place.find(name).await?.id),
        None => None,
    };
    let (groupware, account) = (&services.groupware, place.account);
    let all = groupware.collections(&place.caller, account).await?;
    let known: HashMap<CollectionId, _> = all
        .iter()
        .map(|info| (info.collection.id, &info.collection))
        .collect();
    let versions = groupware.object_versions(&place.caller, account).await?;
    let lines = versions
        .into_iter()
        .filter(|version| only.is_none_or(|only| version.collection == only))
        .filter_map(|version| match known.get(&version.collection) {
            Some(collection) if collection.kind == kind => {
                Some(line(version, Some(collection.name.to_string())))
            }
            Some(_) => None,
            None => could_be(kind, &version).then(|| line(version, None)),
        });
    Ok(Reply::Versions(lines.collect()))
}

/// What was in a destroyed collection is of a kind that only its body tells for certain; a file has no UID, and clients name
/// objects by what they are.
fn could_be(kind: CollectionKind, version: &ObjectVersion) -> bool {
    let other = match kind {
        CollectionKind::Calendar => "vcf",
        _ => "ics",
    };
    let name = version.name.as_str();
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    !version.uid.is_empty() && !ending.is_some_and(|ending| ending.eq_ignore_ascii_case(other))
}

fn line(version: ObjectVersion, collection: Option<String>) -> VersionLine {
    VersionLine {
        object: version.id.object.0,
        until: version.id.until.0,
        at: moment::to_text(version.at),
        destroyed: version.destroyed,
        collection,
        name: version.name.to_string(),
        uid: version.uid,
        title: title(&version.summary),
        octets: version.size,
    }
}

fn title(summary: &Summary) -> Option<String> {
    let title = match summary {
        Summary::Calendar(summary) => &summary.title,
        Summary::Contact(summary) => &summary.full_name,
        Summary::Unknown => return None,
    };
    Some(title.clone()).filter(|title| !title.is_empty())
}

pub(super) async fn restore(
    address: &str,
    kind: CollectionKind,
    id: VersionId,
    into: Option<&str>,
    services: &Services,
) -> Result<Reply, Failure> {
    let place = Place::of(address, kind, services).await?;
    let into = match into {
        Some(name) => Some(place.find(name).await?.id),
        None => None,
    };
    let restored = services
        .groupware
        .restore_version(&place.caller, place.account, id, into)
        .await;
    let named = format!("{}-{}", id.object.0, id.until.0);
    restored.map_err(|error| match error {
        Error::NotFound => Failure::not_found("the version, or the place it was in,", &named),
        other => Failure::from(other).about(&named),
    })?;
    Ok(Reply::Done)
}

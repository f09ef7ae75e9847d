//! `Blob/get` (RFC 9404 4.2): octets of blobs as texts, their sizes and digests.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use crate::blob::resolve;
use crate::call::{Answer, Call, Outcome};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::MethodError;
use crate::limits::{BLOBS_GET_OCTETS_MAX, GET_OBJECTS_MAX};

/// What there is to be asked for.
const PROPERTIES: [&str; 8] = [
    "id",
    "data",
    "data:asText",
    "data:asBase64",
    "digest:sha",
    "digest:sha-256",
    "digest:sha-512",
    "size",
];

/// What is asked for of each.
struct Wanted {
    properties: BTreeSet<String>,
    offset: usize,
    length: Option<usize>,
}

impl Wanted {
    fn wants(&self, property: &str) -> bool {
        self.properties.contains(property)
    }

    /// Whether the octets themselves are needed.
    fn reads(&self) -> bool {
        let reads = |name: &String| name.starts_with("data") || name.starts_with("digest:");
        self.properties.iter().any(reads)
    }
}

pub(crate) async fn run(mut call: Call) -> Outcome {
    let account = call.account().await?;
    let ids = call.arguments.ids("ids")?;
    // RFC 9404 4.2: there is no list of all blobs.
    let ids = ids.ok_or_else(|| MethodError::invalid_arguments("`ids` has to be there"))?;
    if ids.len() > GET_OBJECTS_MAX {
        return Err(MethodError::request_too_large());
    }
    let wanted = wanted(&mut call)?;
    call.finish()?;
    let (mut list, mut not_found) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    let mut left = BLOBS_GET_OCTETS_MAX;
    for id in ids {
        if !seen.insert(id.clone()) {
            continue;
        }
        let found = match call.shared.resolve(&id) {
            Some(known) => resolve(&call.visit, account, &known).await?,
            None => None,
        };
        let Some(found) = found else {
            not_found.push(id);
            continue;
        };
        let mut object = Object::new();
        object.insert("id".into(), id.into());
        let octets = usize::try_from(found.size).unwrap_or(usize::MAX);
        left = left
            .checked_sub(octets)
            .ok_or_else(MethodError::request_too_large)?;
        let octets = found.octets().await?;
        if wanted.wants("size") {
            object.insert("size".into(), octets.len().into());
        }
        if wanted.reads() {
            describe(&wanted, &octets, &mut object);
        }
        call.shared.take_room(&object)?;
        list.push(Value::Object(object));
    }
    let mut answer = Object::new();
    answer.insert("accountId".into(), account.wire().into());
    answer.insert("list".into(), list.into());
    answer.insert("notFound".into(), not_found.into());
    Ok(Answer::from(answer))
}

fn wanted(call: &mut Call) -> Result<Wanted, MethodError> {
    let properties = call.arguments.texts("properties")?;
    let properties: BTreeSet<String> = match properties {
        Some(properties) => properties.into_iter().collect(),
        // RFC 9404 4.2.
        None => ["data", "size"].map(str::to_owned).into(),
    };
    let unknown = |name: &&String| !PROPERTIES.contains(&name.as_str());
    if let Some(name) = properties.iter().find(unknown) {
        let why = format!("there is no property `{name}`");
        return Err(MethodError::invalid_arguments(why));
    }
    let mut number = |name| -> Result<Option<usize>, MethodError> {
        let number = call.arguments.unsigned(name)?;
        Ok(number.map(|number| usize::try_from(number).unwrap_or(usize::MAX)))
    };
    Ok(Wanted {
        properties,
        offset: number("offset")?.unwrap_or(0),
        length: number("length")?,
    })
}

/// RFC 9404 4.2: of the range that is asked for, or as much of it as there is.
fn describe(wanted: &Wanted, octets: &[u8], object: &mut Object) {
    let rest = octets.get(wanted.offset..);
    let available = rest.unwrap_or_default();
    let length = wanted.length.unwrap_or(available.len());
    let part = available.get(..length).unwrap_or(available);
    if rest.is_none() || part.len() < length {
        object.insert("isTruncated".into(), true.into());
    }
    let text = str::from_utf8(part).ok();
    if wanted.wants("data:asText") || (wanted.wants("data") && text.is_some()) {
        match text {
            Some(text) => object.insert("data:asText".into(), text.into()),
            // RFC 9404 4.2: what is no UTF-8 is said to be none.
            None => object.insert("data:asText".into(), Value::Null),
        };
    }
    if text.is_none() && (wanted.wants("data:asText") || wanted.wants("data")) {
        object.insert("isEncodingProblem".into(), true.into());
    }
    if wanted.wants("data:asBase64") || (wanted.wants("data") && text.is_none()) {
        object.insert("data:asBase64".into(), STANDARD.encode(part).into());
    }
    if wanted.wants("digest:sha") {
        let digest = STANDARD.encode(Sha1::digest(part));
        object.insert("digest:sha".into(), digest.into());
    }
    if wanted.wants("digest:sha-256") {
        let digest = STANDARD.encode(Sha256::digest(part));
        object.insert("digest:sha-256".into(), digest.into());
    }
    if wanted.wants("digest:sha-512") {
        let digest = STANDARD.encode(Sha512::digest(part));
        object.insert("digest:sha-512".into(), digest.into());
    }
}

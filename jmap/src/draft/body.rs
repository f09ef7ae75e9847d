//! Parts of the body as properties (RFC 8621 4.1.4): a structure, or texts and attachments that one is made of.

use std::collections::{BTreeMap, BTreeSet};

use groupware::message::compose::{NewContent, NewPart};
use model::{MESSAGE_PARTS_DEPTH_MAX, MESSAGE_PARTS_MAX};
use serde_json::Value;

use super::header::Headers;
use super::{fault, object_of};
use crate::codec::argument::Arguments;
use crate::codec::json::Object;
use crate::error::SetError;

/// A part, as a client writes one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    /// All but what is in it.
    pub(crate) part: NewPart,
    /// What is in it.
    pub(crate) content: Content,
    /// The names of fields that it brings, in lower case.
    pub(crate) names: BTreeSet<String>,
}

/// What is in a part.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    /// This text.
    Text(String),
    /// The bytes of this blob.
    Blob(String),
    /// Other parts.
    Parts(Vec<Part>),
}

/// The texts of `bodyValues` by the ids of their parts.
type Texts = BTreeMap<String, String>;

impl Part {
    fn new(part: NewPart, content: Content) -> Self {
        Self {
            part,
            content,
            names: BTreeSet::new(),
        }
    }

    fn multipart(subtype: &str, parts: Vec<Self>) -> Self {
        let part = NewPart::multipart(subtype, Vec::new());
        Self::new(part, Content::Parts(parts))
    }

    /// Gathers the blobs that it and its parts are made of.
    pub(super) fn blobs<'p>(&'p self, blobs: &mut BTreeSet<&'p str>) {
        match &self.content {
            Content::Text(_) => {}
            Content::Blob(blob) => {
                blobs.insert(blob);
            }
            Content::Parts(parts) => parts.iter().for_each(|part| part.blobs(blobs)),
        }
    }

    /// The part with what is in it.
    pub(super) fn filled(self, blobs: &BTreeMap<String, Vec<u8>>) -> NewPart {
        let content = match self.content {
            Content::Text(text) => NewContent::Text(text),
            Content::Blob(blob) => {
                NewContent::Octets(blobs.get(&blob).cloned().unwrap_or_default())
            }
            Content::Parts(parts) => {
                NewContent::Parts(parts.into_iter().map(|part| part.filled(blobs)).collect())
            }
        };
        NewPart {
            content,
            ..self.part
        }
    }

    /// Whether it is shown within the HTML that it comes with.
    fn is_related(&self) -> bool {
        let is_inline = self.part.disposition.as_deref() == Some("inline");
        is_inline && self.part.id.is_some()
    }
}

/// Reads `bodyValues` (RFC 8621 4.1.4 `EmailBodyValue`).
pub(super) fn texts(object: &mut Arguments) -> Result<Texts, SetError> {
    let values = object.object("bodyValues")?.unwrap_or_default();
    let mut texts = Texts::new();
    for (id, value) in values {
        let property = format!("bodyValues/{id}");
        let mut value = Arguments(object_of(value, &property)?);
        let text = value.required_text("value");
        for flag in ["isEncodingProblem", "isTruncated"] {
            // RFC 8621 4.6: false, or not there.
            if value.flag(flag).ok().flatten() == Some(true) {
                return Err(fault(&property, "is not whole"));
            }
        }
        match (text, value.finish()) {
            (Ok(text), Ok(())) => texts.insert(id, text),
            _ => return Err(fault(&property, "has to be a value with a text")),
        };
    }
    Ok(texts)
}

/// Reads the body: `bodyStructure`, or `textBody`, `htmlBody` and `attachments`.
pub(super) fn read(object: &mut Arguments, texts: &Texts) -> Result<Part, SetError> {
    let mut reader = Reader { texts, parts: 0 };
    let is_simple = |name: &&str| object.0.get(*name).is_some_and(|value| !value.is_null());
    let simple = ["textBody", "htmlBody", "attachments"];
    let simple: Vec<&str> = simple.into_iter().filter(is_simple).collect();
    if let Some(structure) = object.object("bodyStructure")? {
        if !simple.is_empty() {
            // RFC 8621 4.6: one or the other.
            return Err(SetError::invalid_properties(simple).because("`bodyStructure` is there"));
        }
        return reader.part(structure, ("bodyStructure", None), 1);
    }
    let text = reader.only(object, "textBody", "text/plain")?;
    let html = reader.only(object, "htmlBody", "text/html")?;
    let mut attachments = Vec::new();
    for value in object.list("attachments")?.unwrap_or_default() {
        let value = object_of(value, "attachments")?;
        let part = reader.part(value, ("attachments", None), 2)?;
        if matches!(part.content, Content::Parts(_)) {
            return Err(fault("attachments", "are no multiparts"));
        }
        attachments.push(part);
    }
    Ok(assembled(text, html, attachments))
}

/// The structure of a message with these texts and attachments: images within HTML beside it, other files below all.
fn assembled(text: Option<Part>, html: Option<Part>, attachments: Vec<Part>) -> Part {
    let (related, files): (Vec<_>, Vec<_>) = match &html {
        // RFC 2387: what HTML shows by its id goes with it.
        Some(_) => attachments.into_iter().partition(Part::is_related),
        None => (Vec::new(), attachments),
    };
    let html = html.map(|html| match related.is_empty() {
        true => html,
        false => Part::multipart("related", [vec![html], related].concat()),
    });
    let body = match (text, html) {
        (Some(text), Some(html)) => Some(Part::multipart("alternative", vec![text, html])),
        (text, html) => text.or(html),
    };
    let empty = || Part::new(NewPart::text("plain", ""), Content::Text(String::new()));
    match (body, files.is_empty()) {
        (body, true) => body.unwrap_or_else(empty),
        (None, false) => Part::multipart("mixed", files),
        (Some(body), false) => Part::multipart("mixed", [vec![body], files].concat()),
    }
}

struct Reader<'t> {
    texts: &'t Texts,
    parts: usize,
}

impl Reader<'_> {
    /// RFC 8621 4.6: exactly one part of that type.
    fn only(
        &mut self,
        object: &mut Arguments,
        property: &'static str,
        media_type: &'static str,
    ) -> Result<Option<Part>, SetError> {
        let Some(values) = object.list(property)? else {
            return Ok(None);
        };
        let Ok([value]) = <[Value; 1]>::try_from(values) else {
            return Err(fault(property, "has to have exactly one part"));
        };
        let value = object_of(value, property)?;
        let part = self.part(value, (property, Some(media_type)), 2)?;
        if part.part.media_type != media_type {
            return Err(fault(property, "has a part of another type"));
        }
        Ok(Some(part))
    }

    /// Reads one `EmailBodyPart`.
    fn part(
        &mut self,
        object: Object,
        (property, default_type): (&'static str, Option<&'static str>),
        depth: usize,
    ) -> Result<Part, SetError> {
        self.parts += 1;
        if self.parts > MESSAGE_PARTS_MAX || depth >= MESSAGE_PARTS_DEPTH_MAX {
            return Err(fault(property, "has too many parts"));
        }
        let mut object = Arguments(object);
        if object.0.contains_key("headers") {
            return Err(fault(
                &format!("{property}/headers"),
                "cannot be set; each field is a property of its own",
            ));
        }
        let content = self.content(&mut object, property, depth)?;
        let media_type = media_type(&mut object, property, &content, default_type)?;
        let charset = object.text("charset")?;
        let is_text = matches!(content, Content::Text(_));
        if charset.is_some() && is_text {
            // RFC 8621 4.6.
            return Err(fault(
                &format!("{property}/charset"),
                "is chosen by the server",
            ));
        }
        let mut part = NewPart {
            media_type,
            parameters: charset
                .into_iter()
                .map(|it| ("charset".into(), it))
                .collect(),
            disposition: object
                .text("disposition")?
                .map(|it| it.to_ascii_lowercase()),
            name: object.text("name")?,
            id: object.text("cid")?,
            languages: object.texts("language")?.unwrap_or_default(),
            location: object.text("location")?,
            ..NewPart::default()
        };
        if object.unsigned("size")?.is_some() && is_text {
            // RFC 8621 4.6.
            return Err(fault(
                &format!("{property}/size"),
                "is counted by the server",
            ));
        }
        let mut headers = Headers::default();
        for (name, value) in std::mem::take(&mut object.0) {
            let is_field = name.starts_with("header:") && headers.read(&name, value)?;
            if !is_field {
                let name = format!("{property}/{name}");
                return Err(SetError::invalid_property(&name, "is not known"));
            }
        }
        // RFC 8621 4.6: the encoding is the server's; the others are properties of the part.
        let own = [
            "content-transfer-encoding",
            "content-type",
            "content-disposition",
            "content-id",
            "content-language",
            "content-location",
        ];
        if let Some(name) = headers.names().find(|name| own.contains(name)) {
            let name = format!("{property}/header:{name}");
            return Err(SetError::invalid_property(&name, "cannot be set so"));
        }
        part.fields.clone_from(&headers.fields);
        Ok(Part {
            part,
            content,
            names: headers.into_names(),
        })
    }

    /// RFC 8621 4.6: parts, or a text of `bodyValues`, or a blob.
    fn content(
        &mut self,
        object: &mut Arguments,
        property: &'static str,
        depth: usize,
    ) -> Result<Content, SetError> {
        let (part, blob) = (object.text("partId")?, object.id("blobId")?);
        match (object.list("subParts")?, part, blob) {
            (Some(values), None, None) => {
                let parts = values.into_iter().map(|value| {
                    let value = object_of(value, property)?;
                    self.part(value, (property, None), depth + 1)
                });
                Ok(Content::Parts(parts.collect::<Result<_, _>>()?))
            }
            (None, Some(id), None) => match self.texts.get(&id) {
                Some(text) => Ok(Content::Text(text.clone())),
                None => Err(fault(
                    &format!("{property}/partId"),
                    "stands for no text in `bodyValues`",
                )),
            },
            (None, None, Some(blob)) => Ok(Content::Blob(blob)),
            _ => Err(fault(
                property,
                "has to have either a `partId` or a `blobId` or `subParts`",
            )),
        }
    }
}

/// The media type, in lower case.
fn media_type(
    object: &mut Arguments,
    property: &'static str,
    content: &Content,
    default: Option<&'static str>,
) -> Result<String, SetError> {
    let given = object.text("type")?.map(|text| text.to_ascii_lowercase());
    let media_type = given.unwrap_or_else(|| {
        let usual = match content {
            Content::Parts(_) => "multipart/mixed",
            Content::Text(_) => "text/plain",
            Content::Blob(_) => "application/octet-stream",
        };
        default.unwrap_or(usual).to_owned()
    });
    // RFC 6838 4.2 restricted-name.
    let is_name = |part: &str| {
        (1..=127).contains(&part.len())
            && part
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&octet))
    };
    let is_type = media_type
        .split_once('/')
        .is_some_and(|(kind, subtype)| is_name(kind) && is_name(subtype));
    let is_multipart = media_type.starts_with("multipart/");
    if !is_type || is_multipart != matches!(content, Content::Parts(_)) {
        return Err(fault(
            &format!("{property}/type"),
            "has to be a media type, and that of a multipart for parts alone",
        ));
    }
    Ok(media_type)
}

//! Parts of messages (RFC 8621 4.1.4): `EmailBodyPart` and `EmailBodyValue`.

use groupware::message::body::{BodyParts, body_parts, part_name, part_text};
use groupware::message::{forms, part};
use model::{EmailMeta, Encoding, Part};
use serde_json::{Value, json};

use super::email_header::HeaderProperty;
use crate::codec::argument::Arguments;
use crate::codec::json::Object;
use crate::error::MethodError;

/// RFC 8621 4.2: what is told of a part if nothing is said.
const DEFAULT: [&str; 10] = [
    "partId",
    "blobId",
    "size",
    "name",
    "type",
    "charset",
    "disposition",
    "cid",
    "language",
    "location",
];

/// Properties of one part that may be asked for.
const PROPERTIES_MAX: usize = 100;

/// What is to be told of parts and their texts.
#[derive(Clone, Debug)]
pub(crate) struct BodyWish {
    names: Vec<String>,
    headers: Vec<HeaderProperty>,
    sub_parts: bool,
    text_values: bool,
    html_values: bool,
    all_values: bool,
    value_octets_max: Option<usize>,
}

impl BodyWish {
    /// Reads `bodyProperties`, `fetchTextBodyValues`, `fetchHTMLBodyValues`, `fetchAllBodyValues` and
    /// `maxBodyValueBytes`.
    ///
    /// # Errors
    /// RFC 8621 4.2: `invalidArguments` for a property that is none.
    pub(crate) fn read(arguments: &mut Arguments) -> Result<Self, MethodError> {
        let asked = arguments.texts("bodyProperties")?;
        let is_default = asked.is_none();
        let asked = asked.unwrap_or_else(|| DEFAULT.map(str::to_owned).to_vec());
        if asked.len() > PROPERTIES_MAX {
            let why = "`bodyProperties` has too many properties";
            return Err(MethodError::invalid_arguments(why));
        }
        let (mut names, mut headers) = (Vec::new(), Vec::new());
        // The structure of a message is in the parts of its parts, so they are told unless others are asked for.
        let mut sub_parts = is_default;
        for name in asked {
            if name == "subParts" {
                sub_parts = true;
            } else if DEFAULT.contains(&name.as_str()) || name == "headers" {
                names.push(name);
            } else if let Some(header) = HeaderProperty::read(&name) {
                headers.push(header);
            } else {
                let why = format!("there is no property `{name}` of a body part");
                return Err(MethodError::invalid_arguments(why));
            }
        }
        // RFC 8621 4.2: 0 is the same as no bound.
        let max = arguments.unsigned("maxBodyValueBytes")?;
        let max = max.filter(|max| *max > 0);
        Ok(Self {
            names,
            headers,
            sub_parts,
            text_values: arguments.flag("fetchTextBodyValues")?.unwrap_or(false),
            html_values: arguments.flag("fetchHTMLBodyValues")?.unwrap_or(false),
            all_values: arguments.flag("fetchAllBodyValues")?.unwrap_or(false),
            value_octets_max: max.map(|max| usize::try_from(max).unwrap_or(usize::MAX)),
        })
    }

    /// Whether the message must be at hand to tell parts.
    pub(crate) fn parts_need_message(&self, meta: &EmailMeta<'_>) -> bool {
        let is_encoded =
            |part: &Part<'_>| matches!(part.encoding, Encoding::Base64 | Encoding::QuotedPrintable);
        !self.headers.is_empty()
            || self.wants("headers")
            || (self.wants("size") && meta.parts.iter().any(is_encoded))
    }

    /// Whether the message must be at hand to tell the texts.
    pub(crate) fn values_need_message(&self) -> bool {
        self.text_values || self.html_values || self.all_values
    }

    fn wants(&self, name: &str) -> bool {
        self.names.iter().any(|wanted| wanted == name)
    }
}

/// A message whose parts are told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Body<'m> {
    pub(crate) meta: &'m EmailMeta<'m>,
    /// The octets; empty if they are not needed.
    pub(crate) message: &'m [u8],
    /// What the blobs of parts begin with: that of the message.
    pub(crate) blob: &'m str,
    pub(crate) wish: &'m BodyWish,
}

impl Body<'_> {
    /// The text, HTML and files of the message.
    pub(crate) fn sorted(&self) -> BodyParts {
        body_parts(self.meta)
    }

    /// RFC 8621 4.1.4 `bodyStructure`.
    pub(crate) fn structure(&self) -> Value {
        self.with_sub_parts(0)
    }

    /// RFC 8621 4.1.4 `textBody`, `htmlBody`, `attachments`.
    pub(crate) fn list(&self, parts: &[usize]) -> Value {
        parts
            .iter()
            .filter_map(|at| Some(self.part(*at, self.meta.parts.get(*at)?)))
            .collect()
    }

    /// The metadata bounds how deep parts lie inside each other.
    fn with_sub_parts(&self, at: usize) -> Value {
        let Some(part) = self.meta.parts.get(at) else {
            return Value::Null;
        };
        let mut value = self.part(at, part);
        if let (true, Some(object)) = (self.wish.sub_parts, value.as_object_mut()) {
            let sub_parts = match part.is_multipart() {
                true => self
                    .meta
                    .children(at)
                    .map(|child| self.with_sub_parts(child))
                    .collect(),
                false => Value::Null,
            };
            object.insert("subParts".into(), sub_parts);
        }
        value
    }

    fn part(&self, at: usize, part: &Part<'_>) -> Value {
        let mut object = Object::new();
        for name in &self.wish.names {
            object.insert(name.clone(), self.property(name, at, part));
        }
        if !self.wish.headers.is_empty() {
            let section = self.section(part);
            for header in &self.wish.headers {
                object.insert(header.property.clone(), header.value(section));
            }
        }
        object.into()
    }

    fn property(&self, name: &str, at: usize, part: &Part<'_>) -> Value {
        match name {
            "partId" if part.is_multipart() => Value::Null,
            "partId" => at.to_string().into(),
            "blobId" if part.is_multipart() => Value::Null,
            "blobId" => format!("{}-{at}", self.blob).into(),
            "size" => self.size(part).into(),
            "headers" => headers(self.section(part)),
            "name" => part_name(part).into(),
            "type" => media_type(part).into(),
            "charset" => charset(part).into(),
            "disposition" => part
                .disposition
                .as_ref()
                .map(|disposition| disposition.kind.to_ascii_lowercase())
                .into(),
            "cid" => part
                .id
                .map(|id| id.trim().trim_start_matches('<').trim_end_matches('>'))
                .into(),
            "language" if part.languages.is_empty() => Value::Null,
            "language" => part.languages.iter().copied().collect(),
            "location" => part.location.into(),
            _ => Value::Null,
        }
    }

    /// RFC 8621 4.1.4: octets once the transfer encoding is undone.
    fn size(&self, part: &Part<'_>) -> u64 {
        match part.encoding {
            Encoding::Base64 | Encoding::QuotedPrintable if !part.is_multipart() => {
                let decoded = part::decoded_octets(self.message, part);
                decoded.map_or(u64::from(part.body_octets()), |octets| octets as u64)
            }
            _ => part.body_octets().into(),
        }
    }

    fn section(&self, part: &Part<'_>) -> &[u8] {
        self.message.get(part::header(part)).unwrap_or_default()
    }

    /// RFC 8621 4.1.4 `bodyValues`: the texts that are wished for, by `partId`.
    pub(crate) fn values(&self, sorted: &BodyParts) -> Value {
        let mut wanted: Vec<usize> = Vec::new();
        if self.wish.all_values {
            wanted.extend(0..self.meta.parts.len());
        }
        if self.wish.text_values {
            wanted.extend(&sorted.text);
        }
        if self.wish.html_values {
            wanted.extend(&sorted.html);
        }
        wanted.sort_unstable();
        wanted.dedup();
        let mut values = Object::new();
        for at in wanted {
            let part = self.meta.parts.get(at);
            if let Some(part) = part.filter(|part| part.kind.eq_ignore_ascii_case("text")) {
                values.insert(at.to_string(), self.value(part));
            }
        }
        values.into()
    }

    fn value(&self, part: &Part<'_>) -> Value {
        let read = part_text(self.message, part);
        let mut text = read.text;
        let max = self.wish.value_octets_max.unwrap_or(usize::MAX);
        let is_truncated = text.len() > max;
        if is_truncated {
            let is_html = part.subtype.eq_ignore_ascii_case("html");
            text.truncate(cut(&text, max, is_html));
        }
        json!({
            "value": text,
            "isEncodingProblem": read.is_encoding_problem,
            "isTruncated": is_truncated,
        })
    }
}

/// RFC 8621 4.2 `maxBodyValueBytes`: where a text is cut: between characters, and in HTML not within a tag.
fn cut(text: &str, max: usize, is_html: bool) -> usize {
    let end = text.floor_char_boundary(max);
    let head = text.get(..end).unwrap_or_default();
    match (head.rfind('<'), head.rfind('>')) {
        (Some(open), close) if is_html && close.is_none_or(|close| close < open) => open,
        _ => end,
    }
}

/// RFC 8621 4.1.3 `headers`.
pub(crate) fn headers(section: &[u8]) -> Value {
    let object = |(name, value): (&[u8], &[u8])| json!({"name": String::from_utf8_lossy(name), "value": forms::as_raw(value)});
    forms::fields(section).map(object).collect()
}

/// The media type without parameters, in lower case.
fn media_type(part: &Part<'_>) -> String {
    format!("{}/{}", part.kind, part.subtype).to_ascii_lowercase()
}

/// RFC 8621 4.1.4: the charset that is said, or that text has where none is.
fn charset<'m>(part: &Part<'m>) -> Option<&'m str> {
    let said = part
        .parameters
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("charset"))
        .map(|(_, value)| *value);
    let is_text = part.kind.eq_ignore_ascii_case("text");
    said.or_else(|| is_text.then_some("us-ascii"))
}

#[cfg(test)]
mod tests {
    use groupware::message::parse;

    use super::*;

    const MESSAGE: &str = "Content-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nContent-Type: TEXT/HTML\r\n\r\na <b>bold</b>\r\n\
        --b\r\nContent-Type: image/png; name=p.png\r\nContent-Transfer-Encoding: base64\r\n\
        Content-Disposition: Attachment\r\nContent-ID: <c@x>\r\nContent-Language: de, en\r\nX-A: 1\r\n\r\nSGFsbG8=\r\n--b--\r\n";

    fn with<T>(arguments: Value, work: impl FnOnce(Body<'_>) -> T) -> T {
        let Value::Object(arguments) = arguments else {
            panic!("no object");
        };
        let wish = BodyWish::read(&mut Arguments(arguments)).unwrap();
        let meta = parse(MESSAGE.as_bytes()).meta;
        work(Body {
            meta: &EmailMeta::decode(&meta).unwrap(),
            message: MESSAGE.as_bytes(),
            blob: "e7",
            wish: &wish,
        })
    }

    #[test]
    fn parts_are_told_with_all_properties() {
        let told = with(json!({}), |body| {
            (body.structure(), body.list(&body.sorted().attachments))
        });
        let picture = json!({
            "partId": "2", "blobId": "e7-2", "size": 5, "name": "p.png", "type": "image/png", "charset": null,
            "disposition": "attachment", "cid": "c@x", "language": ["de", "en"], "location": null,
        });
        assert_eq!(told.1, json!([picture]));
        assert_eq!(told.0["subParts"][0]["type"], "text/html");
        assert_eq!(told.0["subParts"][0]["charset"], "us-ascii");
        assert_eq!(told.0["partId"], Value::Null);
        let asked = json!({"bodyProperties": ["partId", "header:X-A:asText", "subParts"]});
        let told = with(asked, |body| body.structure());
        assert_eq!(told["subParts"][1]["header:X-A:asText"], "1");
        assert_eq!(told["subParts"][1]["subParts"], Value::Null);
    }

    #[test]
    fn texts_are_cut_outside_of_tags() {
        let values = |max: u64| {
            let asked = json!({"fetchAllBodyValues": true, "maxBodyValueBytes": max});
            with(asked, |body| body.values(&body.sorted()))
        };
        let value = |text: &str, cut: bool| json!({"1": {"value": text, "isEncodingProblem": false, "isTruncated": cut}});
        assert_eq!(values(0), value("a <b>bold</b>", false));
        assert_eq!(values(4), value("a ", true));
        assert_eq!(values(6), value("a <b>b", true));
    }

    #[test]
    fn what_is_no_property_is_refused() {
        let asked = json!({"bodyProperties": ["partId", "colour"]});
        let Value::Object(asked) = asked else {
            panic!("no object");
        };
        assert!(BodyWish::read(&mut Arguments(asked)).is_err());
    }
}

//! The answer of somebody who is away (RFC 8621 8): JMAP <-> the model's.

use groupware::{Outside, VacationSetting};
use serde_json::{Value, json};

use crate::codec::argument::Arguments;
use crate::codec::date;
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::SetError;

/// RFC 8621 8; the last is our own: what people outside the house are told.
pub(crate) const PROPERTIES: [&str; 8] = [
    "id",
    "isEnabled",
    "fromDate",
    "toDate",
    "subject",
    "textBody",
    "htmlBody",
    OUTSIDE,
];

/// What people outside the house are told: null for the same, a text, or an empty one for nothing.
const OUTSIDE: &str = "wachpost:outsideTextBody";

/// The one id that there is (RFC 8621 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Singleton;

impl WireId for Singleton {
    const LETTER: char = 's';

    fn from_number(_: u32) -> Self {
        Self
    }

    fn number(self) -> u32 {
        0
    }

    fn wire(self) -> String {
        "singleton".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        (text == "singleton").then_some(Self)
    }
}

/// The setting on the wire.
pub(crate) fn object(setting: &VacationSetting) -> Object {
    let text = Some(setting.text.as_str()).filter(|text| !text.is_empty());
    let object = json!({
        "id": Singleton.wire(),
        "isEnabled": setting.is_enabled,
        "fromDate": setting.from.map(date::write),
        "toDate": setting.until.map(date::write),
        "subject": setting.subject,
        "textBody": text,
        "htmlBody": setting.html,
        OUTSIDE: match &setting.outside {
            Outside::Same => None,
            Outside::Text(text) => Some(text.as_str()),
            Outside::Silent => Some(""),
        },
    });
    match object {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

/// A setting as a client writes it.
///
/// # Errors
/// `invalidProperties`.
pub(crate) fn read(object: Object) -> Result<VacationSetting, SetError> {
    let mut object = Arguments(object);
    if object
        .text("id")?
        .is_some_and(|id| Singleton::parse(&id).is_none())
    {
        return Err(SetError::invalid_property("id", "It never changes."));
    }
    let html = object.text("htmlBody")?;
    let text = object.text("textBody")?;
    let is_enabled = object.flag("isEnabled")?.unwrap_or(false);
    let setting = VacationSetting {
        is_enabled,
        from: object.date("fromDate")?,
        until: object.date("toDate")?,
        subject: object.text("subject")?,
        // RFC 8621 8: without both, the server says something of its own.
        text: match (text, &html) {
            (Some(text), _) => text,
            (None, Some(_)) => String::new(),
            (None, None) if is_enabled => DEFAULT.to_owned(),
            (None, None) => String::new(),
        },
        html,
        outside: match object.text(OUTSIDE)? {
            None => Outside::Same,
            Some(text) if text.is_empty() => Outside::Silent,
            Some(text) => Outside::Text(text),
        },
    };
    object.finish()?;
    Ok(setting)
}

/// What is said where the client says nothing.
const DEFAULT: &str = "I am away at the moment and will answer later.";

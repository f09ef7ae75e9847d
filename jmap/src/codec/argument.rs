//! Typed readers of arguments and of properties of objects.
//!
//! Each takes what it reads away; what is left in the end is what nobody knows. `null` is as good as absent, unless a
//! reader says otherwise.

use std::fmt;

use model::Timestamp;
use serde_json::Value;

use super::date;
use super::json::Object;
use super::request::ID_OCTETS_MAX;

/// RFC 8620 1.3: numbers that every client can tell apart.
pub(crate) const INTEGER_MAX: i64 = (1 << 53) - 1;

/// An argument or property that is not as it has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Which one.
    pub(crate) name: String,
    /// What it has to be, for people.
    pub(crate) why: &'static str,
}

impl Fault {
    pub(crate) fn new(name: &str, why: &'static str) -> Self {
        Self {
            name: name.chars().take(ID_OCTETS_MAX).collect(),
            why,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.name, self.why)
    }
}

/// Arguments of a method, or properties of an object, that are read one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Arguments(pub(crate) Object);

impl From<Object> for Arguments {
    fn from(object: Object) -> Self {
        Self(object)
    }
}

impl Arguments {
    /// Whatever stands there, unless it is `null`.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    /// Whatever stands there; `null` is something, too.
    pub(crate) fn take_or_null(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// A text.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, Fault> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Fault::new(name, "has to be a text")),
        }
    }

    /// A text that has to be there.
    pub(crate) fn required_text(&mut self, name: &str) -> Result<String, Fault> {
        self.text(name)?
            .ok_or_else(|| Fault::new(name, "has to be there"))
    }

    /// RFC 8620 1.2: an id, or the id of a creation after `#`. Whether it is anybody's is not looked at.
    pub(crate) fn id(&mut self, name: &str) -> Result<Option<String>, Fault> {
        let id = self.text(name)?;
        match id {
            Some(id) if !is_id(&id) => Err(Fault::new(name, "has to be an id")),
            id => Ok(id),
        }
    }

    /// Yes or no.
    pub(crate) fn flag(&mut self, name: &str) -> Result<Option<bool>, Fault> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(_) => Err(Fault::new(name, "has to be true or false")),
        }
    }

    /// RFC 8620 1.3 `UnsignedInt`.
    pub(crate) fn unsigned(&mut self, name: &str) -> Result<Option<u64>, Fault> {
        let number = self.integer(name)?;
        let unsigned = |number| u64::try_from(number);
        let number = number.map(unsigned).transpose();
        number.map_err(|_| Fault::new(name, "has to be a number that is not negative"))
    }

    /// RFC 8620 1.3 `Int`.
    pub(crate) fn integer(&mut self, name: &str) -> Result<Option<i64>, Fault> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        value
            .as_i64()
            .filter(|number| number.unsigned_abs() <= INTEGER_MAX.unsigned_abs())
            .map(Some)
            .ok_or_else(|| Fault::new(name, "has to be a whole number below 2^53"))
    }

    /// RFC 8620 1.4 `UTCDate` (any offset is taken).
    pub(crate) fn date(&mut self, name: &str) -> Result<Option<Timestamp>, Fault> {
        let text = self.text(name)?;
        let read = |text: String| date::read(&text);
        match text.map(read) {
            None => Ok(None),
            Some(Some(date)) => Ok(Some(date)),
            Some(None) => Err(Fault::new(
                name,
                "has to be a date such as 2026-05-01T12:00:00Z",
            )),
        }
    }

    /// A list of texts.
    pub(crate) fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>, Fault> {
        let fault = || Fault::new(name, "has to be a list of texts");
        let values = match self.take(name) {
            None => return Ok(None),
            Some(Value::Array(values)) => values,
            Some(_) => return Err(fault()),
        };
        let text = |value| match value {
            Value::String(text) => Ok(text),
            _ => Err(fault()),
        };
        values
            .into_iter()
            .map(text)
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// A list of ids, as [`Arguments::id`].
    pub(crate) fn ids(&mut self, name: &str) -> Result<Option<Vec<String>>, Fault> {
        let ids = self.texts(name)?;
        match ids {
            Some(ids) if !ids.iter().all(|id| is_id(id)) => {
                Err(Fault::new(name, "has to be a list of ids"))
            }
            ids => Ok(ids),
        }
    }

    /// A set, written as an object whose values are all `true` (RFC 8620 1.1 `String[Boolean]`).
    pub(crate) fn set(&mut self, name: &str) -> Result<Option<Vec<String>>, Fault> {
        let Some(members) = self.object(name)? else {
            return Ok(None);
        };
        let member = |(member, value)| match value {
            Value::Bool(true) => Ok(member),
            _ => Err(Fault::new(name, "has to map each member to true")),
        };
        members
            .into_iter()
            .map(member)
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// A list of anything.
    pub(crate) fn list(&mut self, name: &str) -> Result<Option<Vec<Value>>, Fault> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Array(values)) => Ok(Some(values)),
            Some(_) => Err(Fault::new(name, "has to be a list")),
        }
    }

    /// An object.
    pub(crate) fn object(&mut self, name: &str) -> Result<Option<Object>, Fault> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(object)),
            Some(_) => Err(Fault::new(name, "has to be an object")),
        }
    }

    /// Succeeds once everything was read.
    ///
    /// # Errors
    /// Something is left that nobody knows.
    pub(crate) fn finish(&self) -> Result<(), Fault> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(Fault::new(name, "is not known")),
        }
    }
}

/// RFC 8620 1.2: 1 to 255 letters, digits, `-` and `_`; those of creations stand after a `#`.
pub(crate) fn is_id(id: &str) -> bool {
    let plain = id.strip_prefix('#').unwrap_or(id);
    let safe = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_';
    (1..=ID_OCTETS_MAX).contains(&plain.len()) && plain.bytes().all(safe)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn arguments(value: Value) -> Arguments {
        match value {
            Value::Object(object) => Arguments(object),
            other => panic!("{other} is no object"),
        }
    }

    #[test]
    fn each_kind_is_read_and_taken_away() {
        let mut read = arguments(json!({
            "text": "a", "flag": true, "number": 7, "below": -7, "ids": ["a-1", "#b"], "set": {"x": true},
            "date": "1970-01-01T00:00:01Z", "nothing": null,
        }));
        assert_eq!(read.text("text"), Ok(Some("a".into())));
        assert_eq!(read.flag("flag"), Ok(Some(true)));
        assert_eq!(read.unsigned("number"), Ok(Some(7)));
        assert_eq!(read.integer("below"), Ok(Some(-7)));
        assert_eq!(read.ids("ids"), Ok(Some(vec!["a-1".into(), "#b".into()])));
        assert_eq!(read.set("set"), Ok(Some(vec!["x".into()])));
        assert_eq!(read.date("date"), Ok(Some(Timestamp(1_000))));
        assert_eq!(read.text("nothing"), Ok(None));
        assert_eq!(read.text("absent"), Ok(None));
        assert_eq!(read.finish(), Ok(()));
    }

    #[test]
    fn wrong_kinds_are_named() {
        let mut wrong = arguments(json!({
            "text": 1, "number": -1, "big": 1_u64 << 53, "half": 0.5, "ids": ["a b"], "set": {"x": false}, "left": 1,
        }));
        assert_eq!(wrong.text("text").unwrap_err().name, "text");
        assert!(wrong.unsigned("number").is_err());
        assert!(wrong.integer("big").is_err());
        assert!(wrong.integer("half").is_err());
        assert!(wrong.ids("ids").is_err());
        assert!(wrong.set("set").is_err());
        assert_eq!(wrong.finish().unwrap_err().name, "left");
    }
}

//! JSON values that are read with bounds: depth, number of values, no name twice in an object.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// An object of JSON.
pub(crate) type Object = Map<String, Value>;

/// How deep arrays and objects may lie inside each other in a request.
pub(crate) const DEPTH_MAX: usize = 64;

/// Values in one request, those inside others included: each costs memory far beyond its octets.
pub(crate) const VALUES_MAX: usize = 500_000;

/// What a value costs in memory beside its text, in octets: about what a node of a tree does.
const VALUE_OCTETS: usize = 64;

/// Why octets are not taken as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JsonFault {
    /// It is no I-JSON (RFC 7493), or too deep or too much of it.
    #[error("not valid I-JSON at line {line}, column {column}")]
    Malformed {
        /// Where, from 1.
        line: usize,
        /// Where, from 1.
        column: usize,
    },
}

/// Reads one value and nothing after it.
///
/// # Errors
/// RFC 8620 1.2 asks for I-JSON: valid UTF-8, no name twice in an object (RFC 7493 2.3), numbers that fit.
pub(crate) fn read(octets: &[u8]) -> Result<Value, JsonFault> {
    let left = Cell::new(VALUES_MAX);
    let mut reader = serde_json::Deserializer::from_slice(octets);
    let seed = Bounded {
        left: &left,
        depth: DEPTH_MAX,
    };
    let value = seed.deserialize(&mut reader);
    let value = value.and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| JsonFault::Malformed {
        line: error.line(),
        column: error.column(),
    })
}

/// What a value costs in memory, and about what it costs on the wire, in octets.
pub(crate) fn weight(value: &Value) -> usize {
    VALUE_OCTETS
        + match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
            Value::String(text) => text.len(),
            Value::Array(values) => values.iter().map(weight).sum(),
            Value::Object(object) => object_weight(object),
        }
}

/// What an object costs, as [`weight`].
pub(crate) fn object_weight(object: &Object) -> usize {
    object
        .iter()
        .map(|(name, value)| name.len() + weight(value))
        .sum()
}

struct Bounded<'a> {
    left: &'a Cell<usize>,
    depth: usize,
}

impl Bounded<'_> {
    fn inside(&self) -> Option<Self> {
        Some(Bounded {
            left: self.left,
            depth: self.depth.checked_sub(1)?,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        let Some(left) = self.left.get().checked_sub(1) else {
            return Err(D::Error::custom("too many values"));
        };
        self.left.set(left);
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("not a number"))?;
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        let too_deep = || A::Error::custom("too deep");
        while let Some(value) = values.next_element_seed(self.inside().ok_or_else(too_deep)?)? {
            all.push(value);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut all = Object::new();
        let too_deep = || A::Error::custom("too deep");
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(self.inside().ok_or_else(too_deep)?)?;
            // RFC 7493 2.3.
            if all.insert(name, value).is_some() {
                return Err(A::Error::custom("a name twice in one object"));
            }
        }
        Ok(Value::Object(all))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_what_json_is() {
        let text = br#" {"a": [1, -2, 0.5, true, null, "\u00e4"], "b": {}} "#;
        let value = json!({"a": [1, -2, 0.5, true, null, "ä"], "b": {}});
        assert_eq!(read(text), Ok(value));
    }

    #[test]
    fn refuses_what_is_no_ijson() {
        for text in [
            &b"{\"a\":1,\"a\":2}"[..],
            b"{} {}",
            b"\"\\ud800\"",
            b"\xff",
            b"1e999",
            b"",
        ] {
            assert!(read(text).is_err(), "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn depth_and_number_of_values_are_bounded() {
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(deep(DEPTH_MAX).as_bytes()).is_ok());
        assert!(read(deep(DEPTH_MAX + 2).as_bytes()).is_err());
        let many = format!("[{}0]", "0,".repeat(VALUES_MAX));
        assert!(read(many.as_bytes()).is_err());
    }
}

//! References to results of earlier calls (RFC 8620 3.7): arguments whose name begins with `#`.
//!
//! What they bring is copied, so that a few octets could ask for very many: all copies of one request come out of one
//! [`Allowance`].

use serde_json::Value;

use super::json::{Object, weight};
use super::request::Invocation;

/// Octets of a path; and segments in it.
const PATH_OCTETS_MAX: usize = 1_024;

/// What copies may still cost, in octets of memory as [`weight`] counts them.
#[derive(Debug)]
pub(crate) struct Allowance(pub(crate) usize);

impl Allowance {
    fn take(&mut self, octets: usize) -> Result<(), ReferenceFault> {
        self.0 = self.0.checked_sub(octets).ok_or(ReferenceFault::TooMuch)?;
        Ok(())
    }
}

/// Why a reference brings nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReferenceFault {
    /// RFC 8620 3.7: the same argument with and without `#`.
    #[error("an argument stands there with and without `#`")]
    Twice,
    /// The call, the name or the path leads nowhere.
    #[error("a reference to an earlier result leads nowhere")]
    Nowhere,
    /// All results that references bring are more than is taken.
    #[error("references bring too much")]
    TooMuch,
}

/// Puts what references bring in their place.
pub(crate) fn resolve(
    arguments: &mut Object,
    answers: &[Invocation],
    allowance: &mut Allowance,
) -> Result<(), ReferenceFault> {
    let names: Vec<String> = arguments
        .keys()
        .filter(|name| name.starts_with('#'))
        .cloned()
        .collect();
    for name in names {
        let plain = name.get(1..).unwrap_or_default().to_owned();
        if arguments.contains_key(&plain) {
            return Err(ReferenceFault::Twice);
        }
        let reference = arguments.remove(&name).unwrap_or_default();
        let value = look_up(&reference, answers, allowance)?;
        arguments.insert(plain, value);
    }
    Ok(())
}

fn look_up(
    reference: &Value,
    answers: &[Invocation],
    allowance: &mut Allowance,
) -> Result<Value, ReferenceFault> {
    let part = |name| reference.get(name).and_then(Value::as_str);
    let (Some(result_of), Some(name), Some(path)) = (part("resultOf"), part("name"), part("path"))
    else {
        return Err(ReferenceFault::Nowhere);
    };
    // RFC 8620 3.7: the first answer with that id, and only if it has that name.
    let answer = answers
        .iter()
        .find(|answer| answer.call_id == result_of)
        .filter(|answer| answer.name == name)
        .ok_or(ReferenceFault::Nowhere)?;
    let mut steps = steps(path)?.into_iter();
    let Some(first) = steps.next() else {
        let whole = Value::Object(answer.arguments.clone());
        allowance.take(weight(&whole))?;
        return Ok(whole);
    };
    let value = answer
        .arguments
        .get(&first)
        .ok_or(ReferenceFault::Nowhere)?;
    let rest: Vec<String> = steps.collect();
    follow(value, &rest, allowance)
}

/// RFC 6901 3: the steps of a pointer, unescaped.
fn steps(path: &str) -> Result<Vec<String>, ReferenceFault> {
    if path.len() > PATH_OCTETS_MAX {
        return Err(ReferenceFault::Nowhere);
    }
    if path.is_empty() {
        return Ok(Vec::new());
    }
    let path = path.strip_prefix('/').ok_or(ReferenceFault::Nowhere)?;
    path.split('/')
        .map(|step| unescape(step).ok_or(ReferenceFault::Nowhere))
        .collect()
}

/// RFC 6901 4: `~1` is `/`, `~0` is `~`, any other `~` is a mistake.
pub(crate) fn unescape(step: &str) -> Option<String> {
    if !step.contains('~') {
        return Some(step.to_owned());
    }
    let mut plain = String::with_capacity(step.len());
    let mut characters = step.chars();
    while let Some(character) = characters.next() {
        plain.push(match character {
            '~' => match characters.next()? {
                '0' => '~',
                '1' => '/',
                _ => return None,
            },
            other => other,
        });
    }
    Some(plain)
}

fn follow(
    value: &Value,
    steps: &[String],
    allowance: &mut Allowance,
) -> Result<Value, ReferenceFault> {
    let Some((step, rest)) = steps.split_first() else {
        allowance.take(weight(value))?;
        return Ok(value.clone());
    };
    match value {
        Value::Object(object) => {
            let inner = object.get(step).ok_or(ReferenceFault::Nowhere)?;
            follow(inner, rest, allowance)
        }
        // RFC 8620 3.7: `*` goes through all of an array; lists inside are put together to one.
        Value::Array(values) if step == "*" => {
            let mut all = Vec::new();
            for value in values {
                // Whoever goes through many values that bring nothing costs time all the same.
                allowance.take(1)?;
                match follow(value, rest, allowance)? {
                    Value::Array(inner) => all.extend(inner),
                    other => all.push(other),
                }
            }
            Ok(Value::Array(all))
        }
        Value::Array(values) => {
            let inner = index(step).and_then(|index| values.get(index));
            follow(inner.ok_or(ReferenceFault::Nowhere)?, rest, allowance)
        }
        _ => Err(ReferenceFault::Nowhere),
    }
}

/// RFC 6901 4: digits without a zero in front.
fn index(step: &str) -> Option<usize> {
    let digits = !step.is_empty() && step.bytes().all(|octet| octet.is_ascii_digit());
    let plain = step == "0" || !step.starts_with('0');
    (digits && plain).then(|| step.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Object {
        match value {
            Value::Object(object) => object,
            other => panic!("{other} is no object"),
        }
    }

    fn resolved(path: &str, octets: usize) -> Result<Value, ReferenceFault> {
        let answer = Invocation {
            name: "Foo/get".into(),
            arguments: object(json!({"list": [
                {"id": "a", "parts": [1, 2], "x/y": {"~": 7}},
                {"id": "b", "parts": [3], "x/y": {"~": 8}},
            ], "none": []})),
            call_id: "c0".into(),
        };
        let mut arguments = object(json!({
            "#ids": {"resultOf": "c0", "name": "Foo/get", "path": path}, "other": true,
        }));
        resolve(&mut arguments, &[answer], &mut Allowance(octets))?;
        assert_eq!(arguments["other"], json!(true));
        Ok(arguments["ids"].clone())
    }

    #[test]
    fn paths_lead_through_objects_and_arrays() {
        let read = |path| resolved(path, 10_000);
        assert_eq!(read("/list/*/id"), Ok(json!(["a", "b"])));
        assert_eq!(read("/list/*/parts"), Ok(json!([1, 2, 3])));
        assert_eq!(read("/list/*/parts/*"), Ok(json!([1, 2, 3])));
        assert_eq!(read("/list/1/id"), Ok(json!("b")));
        assert_eq!(read("/list/*/x~1y/~0"), Ok(json!([7, 8])));
        assert_eq!(read("/none/*/id"), Ok(json!([])));
    }

    #[test]
    fn a_path_that_leads_nowhere_is_an_error() {
        for path in [
            "/nothing",
            "/list/id",
            "/list/2/id",
            "/list/01",
            "list",
            "/list/*/x",
            "/~2",
        ] {
            assert_eq!(
                resolved(path, 10_000),
                Err(ReferenceFault::Nowhere),
                "{path}"
            );
        }
    }

    #[test]
    fn copies_are_bounded() {
        assert_eq!(resolved("/list", 300), Err(ReferenceFault::TooMuch));
        assert_eq!(resolved("", 300), Err(ReferenceFault::TooMuch));
    }

    #[test]
    fn an_argument_stands_there_once() {
        let mut arguments = object(json!({"ids": [], "#ids": {}}));
        let refused = resolve(&mut arguments, &[], &mut Allowance(1_000));
        assert_eq!(refused, Err(ReferenceFault::Twice));
    }
}

//! Comparing what came with what a transcript expects.
//!
//! In what is expected, a text is a pattern: `$any` is anything at all, `$=x` is any text (from then on called `x`, or
//! that one if it was called so before), `$x` is the text that is called so, also inside others as `${x}`. An object has
//! at least the members that are named; one that is `$absent` is not there. `"$only": true` says that there are no others. Lists
//! are compared whole, unless they begin with `$some` (these are among them, in any order).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// What names stand for.
pub(crate) type Names = BTreeMap<String, String>;

/// Puts what names stand for in their place.
pub(crate) fn fill(value: &Value, names: &Names) -> Value {
    match value {
        Value::String(text) => Value::String(fill_text(text, names)),
        Value::Array(values) => values.iter().map(|value| fill(value, names)).collect(),
        Value::Object(object) => object
            .iter()
            .map(|(name, value)| (fill_text(name, names), fill(value, names)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// The same for a text: `$x` as a whole, `${x}` inside.
pub(crate) fn fill_text(text: &str, names: &Names) -> String {
    if let Some(known) = text.strip_prefix('$').and_then(|name| names.get(name)) {
        return known.clone();
    }
    let mut filled = text.to_owned();
    for (name, known) in names {
        filled = filled.replace(&format!("${{{name}}}"), known);
    }
    filled
}

/// Whether what came is what was expected; notes the names of what is new.
///
/// # Errors
/// Where it is not, and why.
pub(crate) fn compare(
    expected: &Value,
    came: &Value,
    names: &mut Names,
    at: &str,
) -> Result<(), String> {
    match (expected, came) {
        (Value::String(pattern), _) => text(pattern, came, names, at),
        (Value::Array(expected), Value::Array(came)) => list(expected, came, names, at),
        (Value::Object(expected), Value::Object(came)) => object(expected, came, names, at),
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => Ok(()),
        (expected, came) if expected == came => Ok(()),
        (expected, came) => Err(differs(at, expected, came)),
    }
}

fn differs(at: &str, expected: &Value, came: &Value) -> String {
    format!("at {at}: expected {expected}, came {came}")
}

fn text(pattern: &str, came: &Value, names: &mut Names, at: &str) -> Result<(), String> {
    if pattern == "$any" {
        return Ok(());
    }
    let Value::String(came) = came else {
        return Err(format!("at {at}: expected \"{pattern}\", came {came}"));
    };
    if let Some(name) = pattern.strip_prefix("$=") {
        let known = names.entry(name.to_owned()).or_insert_with(|| came.clone());
        return match known == came {
            true => Ok(()),
            false => Err(format!(
                "at {at}: expected {name} = \"{known}\", came \"{came}\""
            )),
        };
    }
    let pattern = fill_text(pattern, names);
    match pattern == *came {
        true => Ok(()),
        false => Err(format!("at {at}: expected \"{pattern}\", came \"{came}\"")),
    }
}

fn list(expected: &[Value], came: &[Value], names: &mut Names, at: &str) -> Result<(), String> {
    if let Some((Value::String(first), some)) = expected.split_first()
        && first == "$some"
    {
        for (place, expected) in some.iter().enumerate() {
            let found = came.iter().any(|came| {
                let mut tried = names.clone();
                let same = compare(expected, came, &mut tried, at).is_ok();
                if same {
                    *names = tried;
                }
                same
            });
            if !found {
                let came = Value::from(came.to_vec());
                return Err(format!("at {at}: expected {place} {expected} among {came}"));
            }
        }
        return Ok(());
    }
    if expected.len() != came.len() {
        let (expected, came) = (Value::from(expected.to_vec()), Value::from(came.to_vec()));
        return Err(differs(at, &expected, &came));
    }
    for (place, (expected, came)) in expected.iter().zip(came).enumerate() {
        compare(expected, came, names, &format!("{at}/{place}"))?;
    }
    Ok(())
}

fn object(
    expected: &Map<String, Value>,
    came: &Map<String, Value>,
    names: &mut Names,
    at: &str,
) -> Result<(), String> {
    for (name, value) in expected {
        let name = fill_text(name, names);
        if name == "$only" {
            continue;
        }
        match came.get(&name) {
            None if value == "$absent" => {}
            None => {
                let came = Value::from(came.clone());
                return Err(format!("at {at}: expected a member `{name}` in {came}"));
            }
            Some(came) if value == "$absent" => {
                return Err(format!("at {at}/{name}: expected nothing, came {came}"));
            }
            Some(came) => compare(value, came, names, &format!("{at}/{name}"))?,
        }
    }
    if expected.contains_key("$only") && came.len() != expected.len() - 1 {
        let (expected, came) = (expected.clone().into(), came.clone().into());
        return Err(differs(at, &expected, &came));
    }
    Ok(())
}

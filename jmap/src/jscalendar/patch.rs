//! Patch: an object that says by paths what of another object is different (RFC 8984 1.4.9, RFC 8620 5.3).

use serde_json::Value;

use super::{Invalid, Object};

/// How deep a path may lead.
const STEPS_MAX: usize = 16;

/// Changes an object by a patch.
///
/// # Errors
/// RFC 8984 1.4.9: every part of a path but the last must be there and be an object, and no path may lead through another.
pub(crate) fn apply(target: &mut Object, patch: &Object) -> Result<(), Invalid> {
    let mut paths: Vec<&str> = patch.keys().map(String::as_str).collect();
    paths.sort_unstable();
    for pair in paths.windows(2) {
        if let [first, second] = pair
            && second
                .strip_prefix(first)
                .is_some_and(|rest| rest.starts_with('/'))
        {
            return Err(Invalid::new(*second, "another path leads through it"));
        }
    }
    for (path, value) in patch {
        apply_one(target, path, value)?;
    }
    Ok(())
}

fn apply_one(target: &mut Object, path: &str, value: &Value) -> Result<(), Invalid> {
    let steps: Vec<String> = path
        .split('/')
        .map(|step| step.replace("~1", "/").replace("~0", "~"))
        .collect();
    if steps.len() > STEPS_MAX {
        return Err(Invalid::new(path, "the path is too long"));
    }
    let Some((last, way)) = steps.split_last() else {
        return Err(Invalid::new(path, "the path is empty"));
    };
    let mut current = target;
    for step in way {
        current = current
            .get_mut(step)
            .and_then(Value::as_object_mut)
            .ok_or_else(|| Invalid::new(path, "there is nothing on the way to it"))?;
    }
    if value.is_null() {
        current.remove(last);
    } else {
        current.insert(last.clone(), value.clone());
    }
    Ok(())
}

/// A name as one step of a path (RFC 6901 3).
pub(crate) fn step(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// What makes `from` into `to`, leaving out the properties named.
pub(crate) fn difference(from: &Object, to: &Object, leave: &[&str]) -> Object {
    let mut patch = Object::new();
    let names = from
        .keys()
        .chain(to.keys().filter(|name| !from.contains_key(*name)));
    for name in names.filter(|name| !leave.contains(&name.as_str())) {
        match (from.get(name), to.get(name)) {
            (old, new) if old == new => {}
            (Some(Value::Object(old)), Some(Value::Object(new))) if is_of_entries(old, new) => {
                entries(&mut patch, &step(name), old, new);
            }
            (_, new) => {
                patch.insert(step(name), new.cloned().unwrap_or(Value::Null));
            }
        }
    }
    patch
}

/// Whether both are maps of objects by id, which can be told apart entry by entry.
fn is_of_entries(old: &Object, new: &Object) -> bool {
    !old.is_empty() && !new.is_empty() && old.values().chain(new.values()).all(Value::is_object)
}

fn entries(patch: &mut Object, path: &str, old: &Object, new: &Object) {
    let ids = old
        .keys()
        .chain(new.keys().filter(|id| !old.contains_key(*id)));
    for id in ids {
        let path = format!("{path}/{}", step(id));
        match (old.get(id), new.get(id)) {
            (old, new) if old == new => {}
            (Some(Value::Object(old)), Some(Value::Object(new))) => {
                let names = old
                    .keys()
                    .chain(new.keys().filter(|name| !old.contains_key(*name)));
                for name in names.filter(|name| old.get(*name) != new.get(*name)) {
                    let value = new.get(name).cloned().unwrap_or(Value::Null);
                    patch.insert(format!("{path}/{}", step(name)), value);
                }
            }
            (_, new) => {
                patch.insert(path, new.cloned().unwrap_or(Value::Null));
            }
        }
    }
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

    #[test]
    fn a_difference_makes_the_one_into_the_other() {
        let from = object(
            json!({"a": 1, "p": {"x": {"s": 1, "t": 2}, "y": {"s": 1}}, "k": {"l": true}, "gone": 0}),
        );
        let to = object(
            json!({"a": 2, "p": {"x": {"s": 3}, "z/~": {"s": 1}}, "k": {"m": true}, "new": []}),
        );
        let patch = difference(&from, &to, &[]);
        assert_eq!(
            Value::Object(patch.clone()),
            json!({"a": 2, "p/x/s": 3, "p/x/t": null, "p/y": null, "p/z~1~0": {"s": 1}, "k": {"m": true},
                "gone": null, "new": []})
        );
        let mut made = from;
        apply(&mut made, &patch).unwrap();
        assert_eq!(made, to);
    }

    #[test]
    fn a_path_needs_its_way_and_its_place() {
        let mut target = object(json!({"a": {"b": 1}}));
        for wrong in [
            json!({"x/y": 1}),
            json!({"a/b/c": 1}),
            json!({"a": {}, "a/b": 2}),
        ] {
            assert!(apply(&mut target, &object(wrong)).is_err());
        }
    }
}

//! Patches of objects (RFC 8620 5.3 `PatchObject`): pointers to what changes, and what it becomes.

use serde_json::Value;

use super::json::Object;
use super::reference::unescape;

/// Changes in one patch.
const CHANGES_MAX: usize = 1_000;

/// Steps of one pointer.
const STEPS_MAX: usize = 32;

/// The patch is none (RFC 8620 5.3 `invalidPatch`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct PatchFault(pub(crate) &'static str);

/// What changes in an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Patch {
    changes: Vec<(Vec<String>, Value)>,
}

impl Patch {
    /// Reads a patch.
    pub(crate) fn read(patch: Object) -> Result<Self, PatchFault> {
        if patch.len() > CHANGES_MAX {
            return Err(PatchFault("a patch has too many changes"));
        }
        let mut changes = Vec::with_capacity(patch.len());
        for (pointer, value) in patch {
            changes.push((steps(&pointer)?, value));
        }
        changes.sort_by(|(a, _), (b, _)| a.cmp(b));
        // RFC 8620 5.3: no pointer may be the beginning of another one. Sorted, the two stand side by side, or with
        // others of the same beginning between them.
        let nested = changes.windows(2).any(|pair| {
            let [(first, _), (second, _)] = pair else {
                return false;
            };
            second.starts_with(first)
        });
        if nested {
            return Err(PatchFault(
                "a pointer of a patch is the beginning of another one",
            ));
        }
        Ok(Self { changes })
    }

    /// The changes: steps to a value, and the value; `null` takes away.
    pub(crate) fn changes(&self) -> impl Iterator<Item = (&[String], &Value)> {
        self.changes
            .iter()
            .map(|(steps, value)| (steps.as_slice(), value))
    }

    /// The names of all properties that it touches, each once.
    pub(crate) fn properties(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .changes
            .iter()
            .filter_map(|(steps, _)| steps.first().map(String::as_str))
            .collect();
        names.dedup();
        names
    }

    /// Changes the object; nothing of it counts if it fails. `null` takes a property away, which then has its default.
    ///
    /// # Errors
    /// RFC 8620 5.3: a pointer leads into a list, or through something that is not there.
    pub(crate) fn apply(&self, object: &mut Object) -> Result<(), PatchFault> {
        for (steps, value) in &self.changes {
            let Some((last, way)) = steps.split_last() else {
                continue;
            };
            let mut place = &mut *object;
            for step in way {
                let inner = place.get_mut(step);
                // Departs from RFC 8620 5.3 where a map is `null`, as `shareWith` is that names nobody: jmaplib and others
                // put the first member into it all the same.
                if let Some(inner @ Value::Null) = inner {
                    *inner = Value::Object(Object::new());
                }
                place = match place.get_mut(step) {
                    Some(Value::Object(inner)) => inner,
                    Some(_) => return Err(PatchFault("a pointer leads into what is no object")),
                    None => return Err(PatchFault("a pointer leads through what is not there")),
                };
            }
            if value.is_null() {
                place.remove(last);
            } else {
                place.insert(last.clone(), value.clone());
            }
        }
        Ok(())
    }
}

/// RFC 8620 5.3: a pointer as in RFC 6901, without the slash in front.
fn steps(pointer: &str) -> Result<Vec<String>, PatchFault> {
    let mut steps = Vec::new();
    for step in pointer.split('/') {
        if steps.len() == STEPS_MAX {
            return Err(PatchFault("a pointer has too many steps"));
        }
        steps
            .push(unescape(step).ok_or(PatchFault("a pointer has a `~` that stands for nothing"))?);
    }
    Ok(steps)
}

/// Applies a patch to itself.
pub(crate) fn fuzz(object: &Object) {
    if let Ok(patch) = Patch::read(object.clone()) {
        let mut changed = object.clone();
        // Nothing is promised of what it becomes.
        let _changed = patch.apply(&mut changed);
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

    fn patched(patch: Value) -> Result<Value, PatchFault> {
        let mut target = object(json!({"name": "a", "keywords": {"$seen": true}, "list": [1]}));
        Patch::read(object(patch))?.apply(&mut target)?;
        Ok(Value::Object(target))
    }

    #[test]
    fn a_patch_sets_and_takes_away() {
        let patch =
            json!({"name": "b", "keywords/$flagged": true, "keywords/$seen": null, "list": null});
        let changed = json!({"name": "b", "keywords": {"$flagged": true}});
        assert_eq!(patched(patch), Ok(changed));
        let whole = json!({"keywords": {"x/y": 1}, "list": [2]});
        assert_eq!(patched(whole).unwrap()["keywords"], json!({"x/y": 1}));
        let mut nobody = object(json!({"shareWith": null}));
        let share = json!({"shareWith/p2": {"mayRead": true}});
        Patch::read(object(share))
            .unwrap()
            .apply(&mut nobody)
            .unwrap();
        assert_eq!(nobody["shareWith"], json!({"p2": {"mayRead": true}}));
        let escaped = patched(json!({"keywords/a~1b": true})).unwrap();
        assert_eq!(escaped["keywords"]["a/b"], json!(true));
    }

    #[test]
    fn what_is_no_patch_is_refused() {
        for patch in [
            json!({"list/0": 2}),
            json!({"nothing/there": 2}),
            json!({"name/first": 2}),
            json!({"keywords": {}, "keywords/$seen": true}),
            json!({"keywords": {}, "keywords-x": 1, "keywords/$seen": true}),
            json!({"a~2": 1}),
        ] {
            assert!(patched(patch.clone()).is_err(), "{patch}");
        }
    }
}

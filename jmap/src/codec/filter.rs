//! Filters and orders of queries (RFC 8620 5.5): a tree of conditions, and what to sort by.

use serde_json::Value;

use super::argument::{Arguments, Fault};
use super::json::Object;

/// How deep operators may lie inside each other.
pub(crate) const DEPTH_MAX: usize = 16;

/// Operators and conditions in one filter.
pub(crate) const NODES_MAX: usize = 512;

/// Orders in one query.
pub(crate) const COMPARATORS_MAX: usize = 16;

/// What objects have to be like to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Filter<C> {
    /// All of these hold.
    And(Vec<Self>),
    /// At least one holds.
    Or(Vec<Self>),
    /// None holds.
    Not(Vec<Self>),
    /// A condition that the type of objects knows.
    Condition(C),
}

/// What to sort by.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Comparator {
    /// The property.
    pub(crate) property: String,
    /// Smallest first.
    pub(crate) ascending: bool,
    /// RFC 4790: how texts are compared.
    pub(crate) collation: Option<String>,
    /// What only this property knows (RFC 8621 4.4.2 `keyword`).
    pub(crate) more: Arguments,
}

/// Why a filter or an order is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FilterFault {
    /// RFC 8620 3.6.2 `invalidArguments`.
    Malformed(Fault),
    /// RFC 8620 5.5 `unsupportedFilter`.
    Unsupported(String),
    /// RFC 8620 5.5 `unsupportedSort`.
    UnsupportedSort(String),
}

impl From<Fault> for FilterFault {
    fn from(fault: Fault) -> Self {
        Self::Malformed(fault)
    }
}

impl<C> Filter<C> {
    /// Whether it holds, given what holds of conditions.
    pub(crate) fn holds(&self, condition: &mut impl FnMut(&C) -> bool) -> bool {
        match self {
            Self::And(all) => all.iter().all(|one| one.holds(condition)),
            Self::Or(all) => all.iter().any(|one| one.holds(condition)),
            Self::Not(all) => !all.iter().any(|one| one.holds(condition)),
            Self::Condition(one) => condition(one),
        }
    }
}

/// Reads a filter. `condition` reads what the type knows; what it leaves is a condition that nobody knows.
pub(crate) fn read<C>(
    filter: Object,
    condition: &mut impl FnMut(&mut Arguments) -> Result<C, FilterFault>,
) -> Result<Filter<C>, FilterFault> {
    let mut left = NODES_MAX;
    node(filter, condition, DEPTH_MAX, &mut left)
}

fn node<C>(
    filter: Object,
    condition: &mut impl FnMut(&mut Arguments) -> Result<C, FilterFault>,
    depth: usize,
    left: &mut usize,
) -> Result<Filter<C>, FilterFault> {
    let too_much = || FilterFault::Unsupported("the filter has too many conditions".into());
    *left = left.checked_sub(1).ok_or_else(too_much)?;
    let mut arguments = Arguments(filter);
    let Some(operator) = arguments.text("operator")? else {
        let read = condition(&mut arguments)?;
        if let Err(fault) = arguments.finish() {
            return Err(FilterFault::Unsupported(fault.to_string()));
        }
        return Ok(Filter::Condition(read));
    };
    let depth = depth.checked_sub(1).ok_or_else(too_much)?;
    let fault = || Fault::new("conditions", "has to be a list of filters");
    let mut inner = Vec::new();
    for value in arguments.list("conditions")?.ok_or_else(fault)? {
        let Value::Object(filter) = value else {
            return Err(fault().into());
        };
        inner.push(node(filter, condition, depth, left)?);
    }
    arguments.finish()?;
    match operator.as_str() {
        "AND" => Ok(Filter::And(inner)),
        "OR" => Ok(Filter::Or(inner)),
        "NOT" => Ok(Filter::Not(inner)),
        _ => Err(Fault::new("operator", "has to be AND, OR or NOT").into()),
    }
}

/// Reads what to sort by; an empty list if nothing is said.
pub(crate) fn comparators(values: Vec<Value>) -> Result<Vec<Comparator>, FilterFault> {
    if values.len() > COMPARATORS_MAX {
        let why = "there is too much to sort by".into();
        return Err(FilterFault::UnsupportedSort(why));
    }
    let comparator = |value| {
        let Value::Object(object) = value else {
            return Err(Fault::new("sort", "has to be a list of comparators").into());
        };
        let mut more = Arguments(object);
        quirk_jmapc(&mut more);
        Ok(Comparator {
            property: more.required_text("property")?,
            ascending: more.flag("isAscending")?.unwrap_or(true),
            collation: more.text("collation")?,
            more,
        })
    };
    values.into_iter().map(comparator).collect()
}

/// Takes away what the library jmapc writes into every comparator: arguments of the query, which say nothing there.
fn quirk_jmapc(comparator: &mut Arguments) {
    for name in ["anchorOffset", "calculateTotal", "position"] {
        comparator.take(name);
    }
}

/// Reads an object as a filter.
pub(crate) fn fuzz(object: &Object) {
    let mut any = |arguments: &mut Arguments| {
        arguments.0.clear();
        Ok(true)
    };
    if let Ok(filter) = read(object.clone(), &mut any) {
        filter.holds(&mut |condition| *condition);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filter(value: Value) -> Result<Filter<String>, FilterFault> {
        let Value::Object(object) = value else {
            panic!("{value} is no object");
        };
        read(object, &mut |arguments| Ok(arguments.required_text("has")?))
    }

    #[test]
    fn a_filter_is_a_tree() {
        let tree = json!({"operator": "AND", "conditions": [
            {"has": "a"}, {"operator": "NOT", "conditions": [{"has": "b"}, {"has": "c"}]},
        ]});
        let tree = filter(tree).unwrap();
        let holds = |text: &str| tree.holds(&mut |letter: &String| text.contains(letter.as_str()));
        assert!(holds("ax"));
        assert!(!holds("ab"));
        assert!(!holds("x"));
    }

    #[test]
    fn conditions_that_nobody_knows_are_refused() {
        let unknown = filter(json!({"has": "a", "more": 1}));
        assert!(matches!(unknown, Err(FilterFault::Unsupported(_))));
        let malformed = filter(json!({"operator": "XOR", "conditions": []}));
        assert!(matches!(malformed, Err(FilterFault::Malformed(_))));
    }

    #[test]
    fn trees_are_bounded() {
        let mut deep = json!({"has": "a"});
        for _ in 0..DEPTH_MAX {
            deep = json!({"operator": "AND", "conditions": [deep]});
        }
        assert!(filter(deep.clone()).is_ok());
        let deeper = json!({"operator": "AND", "conditions": [deep]});
        assert!(matches!(filter(deeper), Err(FilterFault::Unsupported(_))));
        let wide: Vec<Value> = (0..NODES_MAX).map(|_| json!({"has": "a"})).collect();
        let wide = filter(json!({"operator": "OR", "conditions": wide}));
        assert!(matches!(wide, Err(FilterFault::Unsupported(_))));
    }

    #[test]
    fn orders_say_their_property() {
        let read = comparators(vec![
            json!({"property": "receivedAt", "isAscending": false}),
        ]);
        assert!(!read.unwrap()[0].ascending);
        assert!(comparators(vec![json!({})]).is_err());
    }
}

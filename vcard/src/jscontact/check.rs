//! Whether a JSON has the form of a JSContact card (RFC 9553 2), as far as a card is made from it.

use serde_json::{Map, Value};

use super::JsFault;
use super::date;
use super::entry::{PROPS, VERSION, is_id};
use super::table::{MAPS, ROWS, SETS};

/// Looks at every property that is known; what is unknown may be anything.
pub(super) fn check(card: &Map<String, Value>) -> Result<(), JsFault> {
    for (key, value) in card.iter().filter(|(_, value)| !value.is_null()) {
        match key.as_str() {
            // RFC 9553 2.1.1, 2.1.2.
            "@type" => demand(value == "Card", key, "must be `Card`")?,
            "version" => demand(value == VERSION, key, "must be `1.0`")?,
            "uid" | "kind" | "language" | "prodId" => {
                let text = value.as_str().unwrap_or_default();
                demand(!text.trim().is_empty(), key, "must be a text")?;
                demand(
                    !text.chars().any(char::is_control),
                    key,
                    "has control characters",
                )?;
            }
            "created" | "updated" => utc(key, value)?,
            "name" => name(key, value)?,
            "speakToAs" => {
                let members = object(key, value)?;
                text(key, members, "grammaticalGender")?;
                each(
                    &format!("{key}/pronouns"),
                    members.get("pronouns"),
                    pronouns,
                )?;
            }
            "localizations" => {
                object(key, value)?;
            }
            PROPS => props(value)?,
            key if SETS.contains(&key) => set(key, value)?,
            key if MAPS.contains(&key) => {
                each(key, Some(value), |path, value| entry(key, path, value))?
            }
            key => demand(
                !key.is_empty() && key.len() <= KEY_OCTETS_MAX,
                key,
                "is no name of a property",
            )?,
        }
    }
    Ok(())
}

fn entry(key: &str, path: &str, value: &Value) -> Result<(), JsFault> {
    let members = object(path, value)?;
    general(path, members)?;
    match key {
        "addresses" => {
            components(path, members)?;
            for member in [
                "full",
                "coordinates",
                "timeZone",
                "countryCode",
                "defaultSeparator",
            ] {
                text(path, members, member)?;
            }
        }
        "anniversaries" => {
            required(path, members, "kind")?;
            let date = object(
                &format!("{path}/date"),
                members.get("date").unwrap_or(&Value::Null),
            )?;
            if let Some(moment) = date.get("utc") {
                utc(&format!("{path}/date/utc"), moment)?;
            }
            for member in ["year", "month", "day"] {
                let number = date.get(member).is_none_or(Value::is_u64);
                demand(number, &format!("{path}/date/{member}"), "must be a number")?;
            }
        }
        "nicknames" => required(path, members, "name")?,
        "organizations" => {
            for member in ["name", "sortAs"] {
                text(path, members, member)?;
            }
            if let Some(units) = members.get("units") {
                let units = units.as_array().map(Vec::as_slice);
                let units =
                    units.ok_or_else(|| fault(&format!("{path}/units"), "must be a list"))?;
                for (at, unit) in units.iter().enumerate() {
                    let path = format!("{path}/units/{at}");
                    required(&path, object(&path, unit)?, "name")?;
                }
            }
        }
        "onlineServices" => {
            for member in ["uri", "user", "service"] {
                text(path, members, member)?;
            }
            let said = members.contains_key("uri") || members.contains_key("user");
            demand(said, path, "needs a `uri` or a `user`")?;
        }
        // RFC 9610 3: the bytes of a medium may be named by a blob; whoever resolves it does so before.
        "media" => {
            required(path, members, "kind")?;
            required(path, members, "uri")?;
        }
        key => {
            if let Some(row) = ROWS.iter().find(|row| row.key == key) {
                required(path, members, row.member)?;
            }
            if key == "notes"
                && let Some(moment) = members.get("created")
            {
                utc(&format!("{path}/created"), moment)?;
            }
        }
    }
    Ok(())
}

/// The members that many entries have (RFC 9553 1.5).
fn general(path: &str, members: &Map<String, Value>) -> Result<(), JsFault> {
    for member in ["label", "mediaType", "kind", "level"] {
        text(path, members, member)?;
    }
    for member in ["contexts", "features"] {
        if let Some(value) = members.get(member) {
            trues(&format!("{path}/{member}"), value)?;
        }
    }
    if let Some(pref) = members.get("pref") {
        let good = pref.as_u64().is_some_and(|pref| (1..=100).contains(&pref));
        demand(
            good,
            &format!("{path}/pref"),
            "must be a number from 1 to 100",
        )?;
    }
    if let Some(place) = members.get("listAs") {
        let good = place.as_u64().is_some_and(|place| place > 0);
        demand(good, &format!("{path}/listAs"), "must be a number above 0")?;
    }
    Ok(())
}

fn name(key: &str, value: &Value) -> Result<(), JsFault> {
    let members = object(key, value)?;
    text(key, members, "full")?;
    text(key, members, "defaultSeparator")?;
    components(key, members)?;
    if let Some(sorts) = members.get("sortAs") {
        let path = format!("{key}/sortAs");
        for (kind, value) in object(&path, sorts)? {
            demand(
                value.is_string(),
                &format!("{path}/{kind}"),
                "must be a text",
            )?;
        }
    }
    Ok(())
}

fn components(path: &str, members: &Map<String, Value>) -> Result<(), JsFault> {
    let Some(list) = members.get("components") else {
        return Ok(());
    };
    let path = format!("{path}/components");
    let list = list
        .as_array()
        .ok_or_else(|| fault(&path, "must be a list"))?;
    for (at, component) in list.iter().enumerate() {
        let path = format!("{path}/{at}");
        let members = object(&path, component)?;
        required(&path, members, "kind")?;
        required(&path, members, "value")?;
    }
    Ok(())
}

fn pronouns(path: &str, value: &Value) -> Result<(), JsFault> {
    let members = object(path, value)?;
    general(path, members)?;
    required(path, members, "pronouns")
}

fn set(key: &str, value: &Value) -> Result<(), JsFault> {
    for (said, value) in object(key, value)? {
        let path = format!("{key}/{said}");
        demand(!said.trim().is_empty(), &path, "must not be empty")?;
        if key == "relatedTo" && !value.is_null() {
            let members = object(&path, value)?;
            if let Some(relation) = members.get("relation") {
                trues(&format!("{path}/relation"), relation)?;
            }
        } else {
            demand(
                value == &Value::Bool(true) || value.is_null(),
                &path,
                "must be `true`",
            )?;
        }
    }
    Ok(())
}

/// RFC 9555 2.15, RFC 7095 3.3: name, parameters, type, values.
fn props(value: &Value) -> Result<(), JsFault> {
    let list = value
        .as_array()
        .ok_or_else(|| fault(PROPS, "must be a list"))?;
    for (at, property) in list.iter().enumerate() {
        let path = format!("{PROPS}/{at}");
        let parts = property.as_array().map(Vec::as_slice).unwrap_or_default();
        let [
            Value::String(name),
            Value::Object(params),
            Value::String(kind),
            _,
            ..,
        ] = parts
        else {
            return Err(fault(&path, "must be a property of a jCard"));
        };
        let words = params.keys().chain([name, kind]);
        for word in words {
            let good = !word.is_empty()
                && word.len() <= WORD_OCTETS_MAX
                && word
                    .bytes()
                    .all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
            demand(good, &path, "has a name that a vCard cannot have")?;
        }
        let group = params.get("group").and_then(Value::as_str).unwrap_or("g");
        let good = (1..=WORD_OCTETS_MAX).contains(&group.len())
            && group
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
        let known = ["begin", "end", "version"];
        demand(good, &path, "has a group that a vCard cannot have")?;
        demand(
            !known.iter().any(|known| name.eq_ignore_ascii_case(known)),
            &path,
            "is not a property of its own",
        )?;
    }
    Ok(())
}

fn each(
    path: &str,
    value: Option<&Value>,
    check: impl Fn(&str, &Value) -> Result<(), JsFault>,
) -> Result<(), JsFault> {
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return Ok(());
    };
    for (id, value) in object(path, value)? {
        let path = format!("{path}/{id}");
        demand(is_id(id), &path, "is no id: letters, digits, `-` and `_`")?;
        if !value.is_null() {
            check(&path, value)?;
        }
    }
    Ok(())
}

fn trues(path: &str, value: &Value) -> Result<(), JsFault> {
    for (word, value) in object(path, value)? {
        demand(
            value == &Value::Bool(true),
            &format!("{path}/{word}"),
            "must be `true`",
        )?;
    }
    Ok(())
}

fn utc(path: &str, value: &Value) -> Result<(), JsFault> {
    demand(
        value.as_str().is_some_and(date::is_utc),
        path,
        "must be a moment in UTC",
    )
}

fn required(path: &str, members: &Map<String, Value>, member: &str) -> Result<(), JsFault> {
    let said = members.get(member).is_some_and(Value::is_string);
    demand(said, &format!("{path}/{member}"), "must be a text")
}

fn text(path: &str, members: &Map<String, Value>, member: &str) -> Result<(), JsFault> {
    let said = members.get(member).is_none_or(Value::is_string);
    demand(said, &format!("{path}/{member}"), "must be a text")
}

fn object<'a>(path: &str, value: &'a Value) -> Result<&'a Map<String, Value>, JsFault> {
    value
        .as_object()
        .ok_or_else(|| fault(path, "must be an object"))
}

fn demand(holds: bool, path: &str, why: &'static str) -> Result<(), JsFault> {
    if holds { Ok(()) } else { Err(fault(path, why)) }
}

fn fault(path: &str, why: &'static str) -> JsFault {
    JsFault::Property {
        property: path.to_owned(),
        why,
    }
}

/// Octets of the name of a property (RFC 9553 1.8.2 has a vendor's domain in it): ours.
const KEY_OCTETS_MAX: usize = 255;
/// Octets of a word of a vCard: ours.
const WORD_OCTETS_MAX: usize = 64;

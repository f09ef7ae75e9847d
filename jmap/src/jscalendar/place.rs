//! Where an event takes place: `locations`, `virtualLocations` and what stands for them.

use serde_json::Value;

use super::block::{Block, Line, list};
use super::simple::text;
use super::value::is_id;
use super::{Invalid, Object};

/// Places of one event.
const PLACES_MAX: usize = 100;

/// The id of the place that `LOCATION` names, where nobody chose another.
const MAIN: &str = "loc1";

fn line_id(line: &Line, number: usize, prefix: &str) -> String {
    line.parameter("JSID")
        .filter(|id| is_id(id))
        .unwrap_or_else(|| format!("{prefix}{number}"))
}

fn child_id(child: &Block, number: usize) -> String {
    child
        .text("JSID")
        .or_else(|| child.text("UID"))
        .filter(|id| is_id(id))
        .unwrap_or_else(|| format!("vloc{number}"))
}

pub(super) fn read(json: &mut Object, block: &Block) {
    let mut locations = Object::new();
    let detailed = block.children_named("VLOCATION").next().is_some();
    let main = block.line("LOCATION").filter(|line| {
        // RFC 9073 6.1: what was derived from a component says nothing new.
        let derived = line.parameter("DERIVED");
        let derived = derived.is_some_and(|word| word.eq_ignore_ascii_case("TRUE"));
        let says_nothing = line.value.trim().is_empty() || detailed && derived;
        !says_nothing
    });
    let geo = block.line("GEO").and_then(|line| coordinates(&line.value));
    if main.is_some() || geo.is_some() {
        let mut location = Object::new();
        location.insert("@type".into(), "Location".into());
        if let Some(line) = main {
            location.insert("name".into(), line.text().into());
        }
        if let Some(geo) = geo {
            location.insert("coordinates".into(), geo.into());
        }
        let id = block.line("LOCATION").or_else(|| block.line("GEO"));
        let id = id
            .and_then(|line| line.parameter("JSID"))
            .filter(|id| is_id(id));
        locations.insert(id.unwrap_or_else(|| MAIN.into()), Value::Object(location));
    }
    for (child, number) in block.children_named("VLOCATION").zip(1..=PLACES_MAX) {
        let mut location = Object::new();
        location.insert("@type".into(), "Location".into());
        for (name, line) in [("name", "NAME"), ("description", "DESCRIPTION")] {
            if let Some(text) = child.text(line).filter(|text| !text.is_empty()) {
                location.insert(name.into(), text.into());
            }
        }
        let geo = child.value("COORDINATES").map(str::to_owned);
        let geo = geo.or_else(|| child.value("GEO").and_then(coordinates));
        if let Some(geo) = geo {
            location.insert("coordinates".into(), geo.into());
        }
        let types: Object = child
            .all("LOCATION-TYPE")
            .flat_map(|line| list(&line.value))
            .map(|word| (word.to_ascii_lowercase(), Value::Bool(true)))
            .collect();
        if !types.is_empty() {
            location.insert("locationTypes".into(), Value::Object(types));
        }
        locations.insert(child_id(child, number), Value::Object(location));
    }
    if !locations.is_empty() {
        json.insert("locations".into(), Value::Object(locations));
    }
    read_virtual(json, block);
}

/// RFC 5870 as JSON has it, of RFC 5545's two numbers.
fn coordinates(geo: &str) -> Option<String> {
    let (latitude, longitude) = geo.trim().split_once(';')?;
    let number = |text: &str| {
        text.trim()
            .parse::<f64>()
            .ok()
            .map(|_| text.trim().to_owned())
    };
    Some(format!("geo:{},{}", number(latitude)?, number(longitude)?))
}

fn read_virtual(json: &mut Object, block: &Block) {
    let mut all = Object::new();
    for (line, number) in block.all("CONFERENCE").zip(1..=PLACES_MAX) {
        let mut one = Object::new();
        one.insert("@type".into(), "VirtualLocation".into());
        one.insert("uri".into(), line.value.clone().into());
        if let Some(name) = line.parameter("LABEL") {
            one.insert("name".into(), name.into());
        }
        let features: Object = line
            .parameter_values("FEATURE")
            .iter()
            .map(|word| (word.to_ascii_lowercase(), Value::Bool(true)))
            .collect();
        if !features.is_empty() {
            one.insert("features".into(), Value::Object(features));
        }
        all.insert(line_id(line, number, "v"), Value::Object(one));
    }
    if !all.is_empty() {
        json.insert("virtualLocations".into(), Value::Object(all));
    }
}

fn map<'a>(json: &'a Object, name: &str) -> Result<Option<&'a Object>, Invalid> {
    match json.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(map)) if map.len() <= PLACES_MAX => {
            match map.keys().find(|id| !is_id(id)) {
                None => Ok(Some(map)),
                Some(id) => Err(Invalid::new(format!("{name}/{id}"), "its key is no Id")),
            }
        }
        Some(_) => Err(Invalid::new(name, "it is no map of a few places")),
    }
}

/// Writes places, where they are different.
pub(super) fn write(block: &mut Block, old: &Object, new: &Object) -> Result<(), Invalid> {
    let none = Object::new();
    if old.get("locations") != new.get("locations") {
        let before = old
            .get("locations")
            .and_then(Value::as_object)
            .unwrap_or(&none);
        let after = map(new, "locations")?.unwrap_or(&none);
        write_locations(block, before, after)?;
    }
    if old.get("virtualLocations") != new.get("virtualLocations") {
        let after = map(new, "virtualLocations")?.unwrap_or(&none);
        write_virtual(block, after)?;
    }
    Ok(())
}

fn write_locations(block: &mut Block, before: &Object, after: &Object) -> Result<(), Invalid> {
    let main_id = block
        .line("LOCATION")
        .or_else(|| block.line("GEO"))
        .map(|line| line_id(line, 1, "loc"))
        .filter(|id| before.contains_key(id));
    if main_id.as_ref().is_some_and(|id| !after.contains_key(id)) {
        block.remove("LOCATION");
        block.remove("GEO");
    }
    let mut number = 0;
    let mut kept = Vec::new();
    let mut written: Vec<String> = Vec::new();
    for mut child in std::mem::take(&mut block.children) {
        if child.is("VLOCATION") {
            number += 1;
            let id = child_id(&child, number);
            match after.get(&id) {
                None => continue,
                Some(location) => {
                    if before.get(&id) != Some(location) {
                        write_child(&mut child, &id, location)?;
                    }
                    child.set(Line::of_text("JSID", &id));
                    written.push(id);
                }
            }
        }
        kept.push(child);
    }
    block.children = kept;
    let mut free = block.line("LOCATION").is_none() && block.line("GEO").is_none();
    for (id, location) in after.iter().filter(|(id, _)| !written.contains(id)) {
        let is_main = main_id.as_ref() == Some(id);
        if is_main && before.get(id) == Some(location) {
            continue;
        }
        if is_main || free {
            free = false;
            write_main(block, id, location)?;
        } else {
            let mut child = Block::new("VLOCATION");
            child.set(Line::of_text("UID", id));
            child.set(Line::of_text("JSID", id));
            write_child(&mut child, id, location)?;
            block.children.push(child);
        }
    }
    Ok(())
}

fn object<'a>(id: &str, value: &'a Value, what: &'static str) -> Result<&'a Object, Invalid> {
    value
        .as_object()
        .ok_or_else(|| Invalid::new(format!("{what}/{id}"), "it is no place"))
}

fn write_main(block: &mut Block, id: &str, location: &Value) -> Result<(), Invalid> {
    let location = object(id, location, "locations")?;
    let within = |fault: Invalid| fault.within(&format!("locations/{id}"));
    let name = text(location, "name").map_err(within)?;
    let geo = text(location, "coordinates").map_err(within)?;
    block.set_text("LOCATION", name);
    // RFC 5545 3.8.1.6 knows latitude and longitude; what else a URI says has no place there.
    let numbers = geo.and_then(|geo| {
        let (latitude, longitude) = geo.strip_prefix("geo:")?.split_once(',')?;
        let number = |text: &str| text.parse::<f64>().ok().map(|_| text.to_owned());
        Some(format!("{};{}", number(latitude)?, number(longitude)?))
    });
    match numbers {
        Some(numbers) => block.set(Line::new("GEO", numbers)),
        None => block.remove("GEO"),
    }
    for name in ["LOCATION", "GEO"] {
        if let Some(mut line) = block.line(name).cloned() {
            line.set_parameter("JSID", Some(id).filter(|id| *id != MAIN));
            line.set_parameter("DERIVED", None);
            block.set(line);
        }
    }
    if block.line("LOCATION").is_none() && block.line("GEO").is_none() {
        block.set(Line::new("LOCATION", "").with("JSID", id));
    }
    Ok(())
}

fn write_child(child: &mut Block, id: &str, location: &Value) -> Result<(), Invalid> {
    let location = object(id, location, "locations")?;
    let within = |fault: Invalid| fault.within(&format!("locations/{id}"));
    child.set_text("NAME", text(location, "name").map_err(within)?);
    child.set_text(
        "DESCRIPTION",
        text(location, "description").map_err(within)?,
    );
    child.remove("GEO");
    match text(location, "coordinates").map_err(within)? {
        Some(geo) => child.set(Line::new("COORDINATES", geo)),
        None => child.remove("COORDINATES"),
    }
    let types = location.get("locationTypes").and_then(Value::as_object);
    let types: Vec<String> = types
        .into_iter()
        .flat_map(Object::keys)
        .map(|word| super::block::escaped(word))
        .collect();
    if types.is_empty() {
        child.remove("LOCATION-TYPE");
    } else {
        child.set(Line::new("LOCATION-TYPE", types.join(",")));
    }
    Ok(())
}

fn write_virtual(block: &mut Block, after: &Object) -> Result<(), Invalid> {
    let mut number = 0;
    let mut known: Vec<(String, Line)> = Vec::new();
    for line in block.all("CONFERENCE") {
        number += 1;
        known.push((line_id(line, number, "v"), line.clone()));
    }
    block.remove("CONFERENCE");
    for (id, place) in after {
        let within = |fault: Invalid| fault.within(&format!("virtualLocations/{id}"));
        let place = object(id, place, "virtualLocations")?;
        let uri = text(place, "uri").map_err(within)?;
        let uri = uri
            .filter(|uri| uri.contains(':'))
            .ok_or_else(|| Invalid::new(format!("virtualLocations/{id}/uri"), "it is no URI"))?;
        let line = known.iter().find(|(known, _)| known == id);
        let mut line = line.map_or_else(|| Line::new("CONFERENCE", ""), |(_, line)| line.clone());
        line.value = Line::new("", uri).value;
        line.set_parameter("VALUE", Some("URI"));
        line.set_parameter("LABEL", text(place, "name").map_err(within)?);
        let features: Vec<String> = place
            .get("features")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(Object::keys)
            .map(|word| word.to_ascii_uppercase())
            .collect();
        let features: Vec<&str> = features.iter().map(String::as_str).collect();
        line.set_parameter_values("FEATURE", &features);
        line.set_parameter("JSID", Some(id));
        block.lines.push(line);
    }
    Ok(())
}

//! What an event refers to: `links`, `relatedTo` and the lines for them.

use serde_json::Value;

use super::block::{Block, Line};
use super::simple::text;
use super::value::is_id;
use super::{Invalid, Object};

/// Links of one event.
const LINKS_MAX: usize = 200;

/// Octets of an attachment inside the text that JSON shows; what is larger is fetched with the text.
const INLINE_OCTETS_MAX: usize = 32 * 1024;

/// Lines that are links, the first letters of their ids, and the relation they have.
const LINES: [(&str, &str, &str); 4] = [
    ("ATTACH", "attach", "enclosure"),
    ("URL", "url", "describedby"),
    ("IMAGE", "image", "icon"),
    ("LINK", "link", "related"),
];

/// Each line that is a link, with its id and relation.
fn links(block: &Block) -> Vec<(usize, String, String)> {
    let mut found = Vec::new();
    let mut counts = [0_usize; LINES.len()];
    for (place, line) in block.lines.iter().enumerate() {
        let kind = LINES
            .iter()
            .zip(&mut counts)
            .find(|((name, ..), _)| line.is(name));
        let Some(((name, prefix, relation), count)) = kind else {
            continue;
        };
        *count += 1;
        let is_uri = line.parameter("VALUE").is_none_or(|kind| {
            kind.eq_ignore_ascii_case("URI") || kind.eq_ignore_ascii_case("BINARY")
        });
        if !is_uri || found.len() >= LINKS_MAX {
            continue;
        }
        let id = line.parameter("JSID").filter(|id| is_id(id));
        let id = id.unwrap_or_else(|| format!("{prefix}{count}"));
        let relation = if *name == "LINK" {
            line.parameter("LINKREL")
                .unwrap_or_else(|| (*relation).to_owned())
        } else {
            (*relation).to_owned()
        };
        found.push((place, id, relation.to_ascii_lowercase()));
    }
    found
}

pub(super) fn read(json: &mut Object, block: &Block) {
    let mut all = Object::new();
    for (place, id, relation) in links(block) {
        let Some(line) = block.lines.get(place) else {
            continue;
        };
        let Some(href) = href(line) else { continue };
        let mut link = Object::new();
        link.insert("@type".into(), "Link".into());
        link.insert("href".into(), href.into());
        link.insert("rel".into(), relation.into());
        if let Some(kind) = line.parameter("FMTTYPE") {
            link.insert("contentType".into(), kind.into());
        }
        let title = line
            .parameter("FILENAME")
            .or_else(|| line.parameter("LABEL"));
        if let Some(title) = title {
            link.insert("title".into(), title.into());
        }
        let size = line
            .parameter("SIZE")
            .and_then(|size| size.parse::<u64>().ok());
        if let Some(size) = size {
            link.insert("size".into(), size.into());
        }
        let display: Object = line
            .parameter_values("DISPLAY")
            .iter()
            .map(|word| (word.to_ascii_lowercase(), Value::Bool(true)))
            .collect();
        if !display.is_empty() {
            link.insert("display".into(), Value::Object(display));
        }
        all.insert(id, Value::Object(link));
    }
    if !all.is_empty() {
        json.insert("links".into(), Value::Object(all));
    }
    let related: Object = block
        .all("RELATED-TO")
        .take(LINKS_MAX)
        .map(relation)
        .collect();
    if !related.is_empty() {
        json.insert("relatedTo".into(), Value::Object(related));
    }
}

fn href(line: &Line) -> Option<String> {
    let is_binary = line
        .parameter("VALUE")
        .is_some_and(|kind| kind.eq_ignore_ascii_case("BINARY"));
    if !is_binary {
        return Some(line.value.clone()).filter(|value| !value.is_empty());
    }
    let kind = line.parameter("FMTTYPE").unwrap_or_default();
    (line.value.len() <= INLINE_OCTETS_MAX).then(|| format!("data:{kind};base64,{}", line.value))
}

fn relation(line: &Line) -> (String, Value) {
    let kind = line.parameter("RELTYPE").unwrap_or_else(|| "parent".into());
    let mut relations = Object::new();
    relations.insert(kind.to_ascii_lowercase(), true.into());
    let mut relation = Object::new();
    relation.insert("@type".into(), "Relation".into());
    relation.insert("relation".into(), Value::Object(relations));
    (line.text(), Value::Object(relation))
}

/// Writes links and relations, where they are different.
pub(super) fn write(block: &mut Block, old: &Object, new: &Object) -> Result<(), Invalid> {
    if old.get("links") != new.get("links") {
        write_links(block, old, new)?;
    }
    if old.get("relatedTo") != new.get("relatedTo") {
        write_relations(block, new)?;
    }
    Ok(())
}

fn write_links(block: &mut Block, old: &Object, new: &Object) -> Result<(), Invalid> {
    let none = Object::new();
    let before = old.get("links").and_then(Value::as_object).unwrap_or(&none);
    let after = match new.get("links") {
        None | Some(Value::Null) => &none,
        Some(Value::Object(after)) if after.len() <= LINKS_MAX => after,
        Some(_) => return Err(Invalid::new("links", "it is no map of a few Links")),
    };
    let known = links(block);
    let mut gone = Vec::new();
    for (place, id, _) in &known {
        // What JSON did not show stays.
        if !before.contains_key(id) {
            continue;
        }
        match (after.get(id), block.lines.get_mut(*place)) {
            (Some(link), Some(line)) => {
                line.set_parameter("JSID", Some(id));
                if before.get(id) != Some(link) {
                    let link = object(id, link)?;
                    set(line, link).map_err(|fault| fault.within(&format!("links/{id}")))?;
                }
            }
            _ => gone.push(*place),
        }
    }
    for place in gone.into_iter().rev() {
        block.lines.remove(place);
    }
    for (id, link) in after.iter().filter(|(id, _)| !before.contains_key(*id)) {
        if !is_id(id) {
            return Err(Invalid::new(format!("links/{id}"), "its key is no Id"));
        }
        let link = object(id, link)?;
        let within = |fault: Invalid| fault.within(&format!("links/{id}"));
        let relation = text(link, "rel").map_err(within)?.unwrap_or("enclosure");
        let mut line = match relation {
            "enclosure" => Line::new("ATTACH", ""),
            "icon" => Line::new("IMAGE", "").with("VALUE", "URI"),
            "describedby" if block.line("URL").is_none() => Line::new("URL", ""),
            other => Line::new("LINK", "")
                .with("VALUE", "URI")
                .with("LINKREL", other),
        };
        line.set_parameter("JSID", Some(id));
        set(&mut line, link).map_err(within)?;
        block.lines.push(line);
    }
    Ok(())
}

fn object<'a>(id: &str, link: &'a Value) -> Result<&'a Object, Invalid> {
    link.as_object()
        .ok_or_else(|| Invalid::new(format!("links/{id}"), "it is no Link"))
}

fn set(line: &mut Line, link: &Object) -> Result<(), Invalid> {
    if link.get("blobId").is_some_and(|blob| !blob.is_null()) {
        return Err(Invalid::new(
            "blobId",
            "attachments are put with the event's text for now",
        ));
    }
    let href = text(link, "href")?
        // Real links lack their scheme now and then; they are told as they are, and taken so.
        .filter(|href| !href.trim().is_empty())
        .ok_or_else(|| Invalid::new("href", "it is missing"))?;
    let inline = href
        .strip_prefix("data:")
        .and_then(|data| data.split_once(";base64,"));
    if let (Some((_, octets)), true) = (inline, line.is("ATTACH") || line.is("IMAGE")) {
        line.set_parameter("VALUE", Some("BINARY"));
        line.set_parameter("ENCODING", Some("BASE64"));
        line.value = Line::new("", octets).value;
    } else {
        let was_binary = line.parameter("ENCODING").is_some();
        if was_binary {
            line.set_parameter("VALUE", None);
            line.set_parameter("ENCODING", None);
        }
        line.value = Line::new("", href).value;
    }
    line.set_parameter("FMTTYPE", text(link, "contentType")?);
    let title = if line.is("ATTACH") || line.is("IMAGE") {
        "FILENAME"
    } else {
        "LABEL"
    };
    line.set_parameter(title, text(link, "title")?);
    let size = link
        .get("size")
        .and_then(Value::as_u64)
        .map(|size| size.to_string());
    line.set_parameter("SIZE", size.as_deref());
    let display: Vec<String> = link
        .get("display")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Object::keys)
        .map(|word| word.to_ascii_uppercase())
        .collect();
    let display: Vec<&str> = display.iter().map(String::as_str).collect();
    line.set_parameter_values("DISPLAY", &display);
    Ok(())
}

fn write_relations(block: &mut Block, new: &Object) -> Result<(), Invalid> {
    let after = match new.get("relatedTo") {
        None | Some(Value::Null) => None,
        Some(Value::Object(after)) if after.len() <= LINKS_MAX => Some(after),
        Some(_) => return Err(Invalid::new("relatedTo", "it is no map of a few Relations")),
    };
    let known: Vec<Line> = block.all("RELATED-TO").cloned().collect();
    block.remove("RELATED-TO");
    for (uid, one) in after.into_iter().flatten() {
        let same = known
            .iter()
            .find(|line| relation(line) == (uid.clone(), one.clone()));
        let line = match same {
            Some(line) => line.clone(),
            None => {
                let kind = one
                    .get("relation")
                    .and_then(Value::as_object)
                    .and_then(|relations| relations.keys().next());
                let line = Line::of_text("RELATED-TO", uid);
                match kind {
                    None => line,
                    Some(kind) => line.with("RELTYPE", &kind.to_ascii_uppercase()),
                }
            }
        };
        block.lines.push(line);
    }
    Ok(())
}

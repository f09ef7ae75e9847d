//! Properties that are one line each: title, description, status and the like.

use serde_json::Value;

use super::block::{Block, Line, list};
use super::value::{parse_stamp, parse_utc, stamp, utc_time};
use super::{Invalid, Object};

/// Words of both formats: the JSON property, the line, the words.
type Words = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

const WORDS: [Words; 3] = [
    (
        "status",
        "STATUS",
        &[
            ("confirmed", "CONFIRMED"),
            ("cancelled", "CANCELLED"),
            ("tentative", "TENTATIVE"),
        ],
    ),
    (
        "privacy",
        "CLASS",
        &[
            ("public", "PUBLIC"),
            ("private", "PRIVATE"),
            ("secret", "CONFIDENTIAL"),
        ],
    ),
    (
        "freeBusyStatus",
        "TRANSP",
        &[("free", "TRANSPARENT"), ("busy", "OPAQUE")],
    ),
];

/// Texts: the JSON property and the line.
const TEXTS: [(&str, &str); 2] = [("title", "SUMMARY"), ("uid", "UID")];

/// Numbers with the largest they may be.
const NUMBERS: [(&str, &str, u64); 2] = [
    ("sequence", "SEQUENCE", u32::MAX as u64),
    ("priority", "PRIORITY", 9),
];

/// RFC 9073 6.5: a description that is more than plain text.
const STYLED: &str = "STYLED-DESCRIPTION";

/// The words that a component has. The status of a task is another thing: how far it is done.
fn words_of(block: &Block) -> impl Iterator<Item = Words> + use<> {
    let is_task = block.is("VTODO");
    WORDS
        .into_iter()
        .filter(move |(name, ..)| !is_task || *name != "status")
}

pub(super) fn read(json: &mut Object, block: &Block) {
    for (name, line) in TEXTS {
        if let Some(text) = block.text(line).filter(|text| !text.is_empty()) {
            json.insert(name.into(), text.into());
        }
    }
    if let Some(language) = block
        .line("SUMMARY")
        .and_then(|line| line.parameter("LANGUAGE"))
    {
        json.insert("locale".into(), language.into());
    }
    read_description(json, block);
    for (name, line, words) in words_of(block) {
        let written = block.value(line).map(str::trim);
        let word = written.map(|written| {
            let known = words
                .iter()
                .find(|(_, known)| known.eq_ignore_ascii_case(written));
            // RFC 5545 3.8.1.3: a class that is not known is treated as private.
            known.map_or(
                if name == "privacy" { "private" } else { "" },
                |(word, _)| word,
            )
        });
        if let Some(word) = word.filter(|word| !word.is_empty()) {
            json.insert(name.into(), word.into());
        }
    }
    for (name, line, max) in NUMBERS {
        let number = block
            .value(line)
            .and_then(|value| value.trim().parse::<u64>().ok());
        if let Some(number) = number.filter(|number| *number <= max) {
            json.insert(name.into(), number.into());
        }
    }
    if let Some(color) = block.text("COLOR") {
        json.insert("color".into(), color.into());
    }
    let instant = |name: &str| {
        let value = block.value(name)?;
        parse_stamp(value).map(|(instant, ..)| Value::from(utc_time(instant)))
    };
    if let Some(created) = instant("CREATED") {
        json.insert("created".into(), created);
    }
    if let Some(updated) = instant("LAST-MODIFIED").or_else(|| instant("DTSTAMP")) {
        json.insert("updated".into(), updated);
    }
    for (name, line) in [("keywords", "CATEGORIES"), ("categories", "CONCEPT")] {
        let all: Object = block
            .all(line)
            .flat_map(|line| list(&line.value))
            .map(|word| (word, Value::Bool(true)))
            .collect();
        if !all.is_empty() {
            json.insert(name.into(), Value::Object(all));
        }
    }
}

fn read_description(json: &mut Object, block: &Block) {
    let styled = block.all(STYLED).find(|line| {
        let kind = line.parameter("FMTTYPE").unwrap_or_default();
        line.parameter("VALUE")
            .is_none_or(|value| value.eq_ignore_ascii_case("TEXT"))
            && kind.to_ascii_lowercase().starts_with("text/")
    });
    if let Some(styled) = styled {
        json.insert("description".into(), styled.text().into());
        let kind = styled.parameter("FMTTYPE").unwrap_or_default();
        json.insert(
            "descriptionContentType".into(),
            kind.to_ascii_lowercase().into(),
        );
    } else if let Some(text) = block.text("DESCRIPTION").filter(|text| !text.is_empty()) {
        json.insert("description".into(), text.into());
    }
}

pub(super) fn write(block: &mut Block, old: &Object, new: &Object) -> Result<(), Invalid> {
    let changed = |name: &str| old.get(name) != new.get(name);
    for (name, line) in TEXTS {
        if changed(name) {
            block.set_text(line, text(new, name)?);
        }
    }
    if changed("locale") {
        let language = text(new, "locale")?;
        for name in ["SUMMARY", "DESCRIPTION"] {
            if let Some(mut line) = block.line(name).cloned() {
                line.set_parameter("LANGUAGE", language);
                block.set(line);
            }
        }
    }
    if changed("description") || changed("descriptionContentType") {
        write_description(block, new)?;
    }
    for (name, line, words) in words_of(block) {
        if changed(name) {
            let word = match text(new, name)? {
                None => None,
                Some(word) => {
                    let known = words.iter().find(|(known, _)| *known == word);
                    let fault = || Invalid::new(name, "there is no such value");
                    Some(known.ok_or_else(fault)?.1)
                }
            };
            block.set_text(line, word);
        }
    }
    for (name, line, max) in NUMBERS {
        if changed(name) {
            match new.get(name) {
                None | Some(Value::Null) => block.remove(line),
                Some(value) => {
                    let number = value.as_u64().filter(|number| *number <= max);
                    let number = number.ok_or_else(|| Invalid::new(name, "it is out of range"))?;
                    block.set(Line::new(line, number.to_string()));
                }
            }
        }
    }
    if changed("color") {
        block.set_text("COLOR", text(new, "color")?);
    }
    if changed("created") {
        write_instant(block, new, "created", "CREATED")?;
    }
    if changed("updated") {
        write_instant(block, new, "updated", "LAST-MODIFIED")?;
        if let Some(line) = block.line("LAST-MODIFIED").cloned() {
            // RFC 5545 3.8.7.2: outside of messages it is when the text was last revised.
            block.set(Line::new("DTSTAMP", line.value));
        }
    }
    for (name, line) in [("keywords", "CATEGORIES"), ("categories", "CONCEPT")] {
        if changed(name) {
            write_set(block, new, name, line)?;
        }
    }
    Ok(())
}

fn write_description(block: &mut Block, new: &Object) -> Result<(), Invalid> {
    let description = text(new, "description")?;
    let kind = text(new, "descriptionContentType")?.unwrap_or("text/plain");
    block.remove(STYLED);
    match description {
        Some(styled) if !kind.to_ascii_lowercase().starts_with("text/plain") => {
            if !kind.to_ascii_lowercase().starts_with("text/") {
                return Err(Invalid::new(
                    "descriptionContentType",
                    "it is no kind of text",
                ));
            }
            block.set(
                Line::of_text(STYLED, styled)
                    .with("VALUE", "TEXT")
                    .with("FMTTYPE", kind),
            );
            // RFC 9073 6.5: who does not know the other one gets a plain one that was derived.
            let plain = Line::of_text("DESCRIPTION", &without_tags(styled)).with("DERIVED", "TRUE");
            block.set(plain);
        }
        plain => {
            block.set_text("DESCRIPTION", plain);
            if let Some(mut line) = block.line("DESCRIPTION").cloned() {
                line.set_parameter("DERIVED", None);
                block.set(line);
            }
        }
    }
    Ok(())
}

/// The text of a piece of HTML, roughly: what clients show that know no other.
fn without_tags(styled: &str) -> String {
    let mut plain = String::with_capacity(styled.len());
    let mut inside = false;
    for character in styled.chars() {
        match character {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                plain.push(' ');
            }
            other if !inside => plain.push(other),
            _ => {}
        }
    }
    let words: Vec<&str> = plain.split_whitespace().collect();
    words
        .join(" ")
        .replace("&nbsp;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

fn write_instant(
    block: &mut Block,
    new: &Object,
    name: &'static str,
    line: &str,
) -> Result<(), Invalid> {
    match text(new, name)? {
        None => block.remove(line),
        Some(text) => {
            let instant =
                parse_utc(text).ok_or_else(|| Invalid::new(name, "it is no UTCDateTime"))?;
            block.set(Line::new(line, format!("{}Z", stamp(instant))));
        }
    }
    Ok(())
}

fn write_set(
    block: &mut Block,
    new: &Object,
    name: &'static str,
    line: &str,
) -> Result<(), Invalid> {
    let words: Vec<&String> = match new.get(name) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Object(set)) if set.values().all(|value| value == &Value::Bool(true)) => {
            set.keys().collect()
        }
        Some(_) => return Err(Invalid::new(name, "it is no set")),
    };
    if words.is_empty() {
        block.remove(line);
        return Ok(());
    }
    if words.iter().any(|word| word.trim().is_empty()) {
        return Err(Invalid::new(name, "a word of it is empty"));
    }
    let written: Vec<String> = words
        .iter()
        .map(|word| super::block::escaped(word))
        .collect();
    block.set(Line::new(line, written.join(",")));
    Ok(())
}

/// A property that is a text or nothing.
pub(super) fn text<'a>(json: &'a Object, name: &str) -> Result<Option<&'a str>, Invalid> {
    match json.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Invalid::new(name, "it is no String")),
    }
}

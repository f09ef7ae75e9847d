//! CLIXML: objects as PowerShell's `Export-Clixml` writes them.

use std::collections::HashMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{Record, VALUES_MAX};

/// Objects of one file.
const RECORDS_MAX: usize = 1_000_000;
/// How deep elements lie in each other.
const DEPTH_MAX: usize = 64;
/// Octets of one value that are kept.
const VALUE_OCTETS_MAX: usize = 65_536;

/// What stands around a text.
#[derive(Debug)]
struct Open {
    /// The value of `N`, the name of a property.
    name: Option<String>,
    /// Whether it is an element whose text is a value.
    is_value: bool,
}

/// Reads all objects of an export, and says why it ended before the end, if it did.
// MS-PSRP 2.2.5: objects are `Obj`, their properties stand in `Props` and `MS`, lists in `LST`, texts in `S`, and a list of
// types is named once by `RefId`.
#[must_use]
pub fn read_clixml(text: &str) -> (Vec<Record>, Option<String>) {
    let mut reader = Reader::from_str(text);
    reader.config_mut().trim_text(false);
    let mut records = Vec::new();
    let mut types: HashMap<String, String> = HashMap::new();
    let mut open: Vec<Open> = Vec::new();
    let mut current: Option<(usize, Record)> = None;
    let mut type_ref = String::new();
    let mut value = String::new();
    let mut lines = Lines::new(text);
    loop {
        let position = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = match reader.read_event() {
            Ok(Event::Eof) => return (records, None),
            Ok(event) => event,
            Err(error) => return (records, Some(error.to_string())),
        };
        match event {
            Event::Start(start) => {
                if open.len() >= DEPTH_MAX {
                    return (
                        records,
                        Some("elements lie too deep in each other".to_owned()),
                    );
                }
                let tag = tag(&start);
                let name = attribute(&start, "N");
                if tag == "Obj" && current.is_none() {
                    let record = Record {
                        line: lines.at(position),
                        ..Record::default()
                    };
                    current = Some((open.len(), record));
                }
                if tag == "TN" {
                    type_ref = attribute(&start, "RefId").unwrap_or_default();
                }
                value.clear();
                open.push(Open {
                    name,
                    is_value: is_value(&tag),
                });
            }
            Event::Empty(empty) => {
                let tag = tag(&empty);
                if let Some((_, record)) = &mut current {
                    match tag.as_str() {
                        "TNRef" => {
                            let known = attribute(&empty, "RefId")
                                .and_then(|reference| types.get(&reference));
                            if let Some(known) = known
                                && record.types.is_empty()
                            {
                                record.types.clone_from(known);
                            }
                        }
                        _ => {
                            if let Some(name) = attribute(&empty, "N").or_else(|| inherited(&open))
                            {
                                add(record, &name, None);
                            }
                        }
                    }
                }
            }
            Event::Text(piece) => push(&mut value, &piece.decode().unwrap_or_default()),
            Event::GeneralRef(reference) => {
                push(&mut value, &entity(&reference.decode().unwrap_or_default()))
            }
            Event::CData(piece) => push(&mut value, &String::from_utf8_lossy(&piece)),
            Event::End(end) => {
                let closed = open.pop();
                let tag = String::from_utf8_lossy(end.local_name().as_ref()).into_owned();
                if let Some((depth, record)) = &mut current {
                    if tag == "T" {
                        let known = types.entry(type_ref.clone()).or_default();
                        if known.len() + value.len() < VALUE_OCTETS_MAX {
                            known.push_str(&value.to_ascii_lowercase());
                            known.push('\n');
                        }
                        if *depth + 2 == open.len() {
                            record.types.clone_from(known);
                        }
                    } else if let Some(closed) = closed
                        && closed.is_value
                        && let Some(name) = closed.name.or_else(|| inherited(&open))
                    {
                        add(record, &name, Some(unescape(&value)));
                    }
                    if *depth == open.len() {
                        let (_, record) =
                            current.take().expect("it is there: it was just looked at");
                        records.push(record);
                        if records.len() >= RECORDS_MAX {
                            return (records, Some("more objects than are read".to_owned()));
                        }
                    }
                }
                value.clear();
            }
            _ => {}
        }
    }
}

fn tag(start: &BytesStart<'_>) -> String {
    String::from_utf8_lossy(start.local_name().as_ref()).into_owned()
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = start
        .attributes()
        .flatten()
        .find(|attribute| attribute.key.as_ref() == name.as_bytes())?;
    Some(String::from_utf8_lossy(&found.value).into_owned())
}

/// Elements that hold a value of a simple type.
fn is_value(tag: &str) -> bool {
    matches!(
        tag,
        "S" | "ToString"
            | "I32"
            | "I64"
            | "U32"
            | "U64"
            | "I16"
            | "B"
            | "DT"
            | "G"
            | "URI"
            | "Version"
            | "SB"
            | "By"
            | "TS"
            | "C"
            | "Db"
    )
}

/// The name of the property in which a value without a name of its own stands: a member of a list.
fn inherited(open: &[Open]) -> Option<String> {
    open.iter().rev().find_map(|open| open.name.clone())
}

fn add(record: &mut Record, name: &str, value: Option<String>) {
    let at = record.values.iter().position(|(known, _)| known == name);
    let at = at.unwrap_or_else(|| {
        record.values.push((name.to_owned(), Vec::new()));
        record.values.len() - 1
    });
    let values = &mut record.values[at].1;
    if let Some(value) = value
        && values.len() < VALUES_MAX
        && !value.is_empty()
        && !values.contains(&value)
    {
        values.push(value);
    }
}

fn push(value: &mut String, piece: &str) {
    if value.len() + piece.len() <= VALUE_OCTETS_MAX {
        value.push_str(piece);
    }
}

fn entity(name: &str) -> String {
    match name {
        "lt" => "<".to_owned(),
        "gt" => ">".to_owned(),
        "amp" => "&".to_owned(),
        "quot" => "\"".to_owned(),
        "apos" => "'".to_owned(),
        _ => {
            let number = name
                .strip_prefix("#x")
                .map(|hex| u32::from_str_radix(hex, 16));
            let number = number.or_else(|| name.strip_prefix('#').map(str::parse));
            number
                .and_then(Result::ok)
                .and_then(char::from_u32)
                .map(String::from)
                .unwrap_or_default()
        }
    }
}

/// `_x000D_` and the like, as PowerShell writes control characters.
// MS-PSRP 2.2.5.3.2
fn unescape(text: &str) -> String {
    if !text.contains("_x") {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        plain.push_str(&rest[..at]);
        let code = rest
            .get(at + 2..at + 6)
            .filter(|_| rest.as_bytes().get(at + 6) == Some(&b'_'));
        match code
            .and_then(|code| u32::from_str_radix(code, 16).ok())
            .and_then(char::from_u32)
        {
            Some(sign) => {
                plain.push(sign);
                rest = &rest[at + 7..];
            }
            None => {
                plain.push_str("_x");
                rest = &rest[at + 2..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// Counts lines up to positions that only grow.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text: text.as_bytes(),
            at: 0,
            line: 1,
        }
    }

    fn at(&mut self, position: usize) -> u64 {
        let position = position.clamp(self.at, self.text.len());
        self.line += memchr::memchr_iter(b'\n', &self.text[self.at..position]).count() as u64;
        self.at = position;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = r#"<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">
  <Obj RefId="0">
    <TN RefId="0"><T>Deserialized.Microsoft.Exchange.Management.Common.InboxRule</T><T>System.Object</T></TN>
    <ToString>x</ToString>
    <Props>
      <S N="Name">a &lt;b&gt;_x000D_</S>
      <Obj N="ForwardTo" RefId="1"><LST><S>one@example.org</S><S>two@example.org</S></LST></Obj>
      <Nil N="MoveToFolder" /><B N="Enabled">true</B>
    </Props>
  </Obj>
  <Obj RefId="2"><TNRef RefId="0" /><Props><S N="Name">second</S></Props></Obj>
</Objs>"#;

    #[test]
    fn lists_types_and_escapes_are_read() {
        let (records, fault) = read_clixml(RULES);
        assert_eq!((records.len(), fault), (2, None));
        assert_eq!(records[0].value("Name"), "a <b>\r");
        assert_eq!(
            records[0].joined("ForwardTo"),
            "one@example.org, two@example.org"
        );
        assert!(records[0].types.contains("inboxrule") && records[1].types.contains("inboxrule"));
        assert!(records[0].has("MoveToFolder") && records[0].value("Enabled") == "true");
        assert_eq!((records[0].line, records[1].line), (2, 11));
    }

    #[test]
    fn what_is_broken_or_deep_ends_the_reading() {
        assert!(read_clixml(&RULES[..400]).1.is_some() || read_clixml(&RULES[..400]).0.is_empty());
        assert!(read_clixml(&"<Obj>".repeat(1_000)).1.is_some());
    }
}

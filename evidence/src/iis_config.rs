//! IIS configuration: `applicationHost.config` and `web.config`, as far as somebody could stay with their help.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Entries of one file that are read.
const ENTRIES_MAX: usize = 100_000;
/// How deep elements lie in each other.
const DEPTH_MAX: usize = 64;

/// One entry of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigEntry {
    /// The line on which it stands, from 1.
    pub line: u64,
    /// Around it: `globalModules`, `modules`, `virtualDirectory` for directories themselves.
    pub section: String,
    /// The attributes, in order.
    pub attributes: Vec<(String, String)>,
}

impl ConfigEntry {
    /// The value of an attribute; empty where there is none.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        let found = self
            .attributes
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value.as_str())
    }
}

/// Reads the modules, handlers and virtual directories of a configuration, and says why it ended before the end, if it did.
#[must_use]
pub fn read_iis_config(text: &str) -> (Vec<ConfigEntry>, Option<String>) {
    let mut reader = Reader::from_str(text);
    let mut entries = Vec::new();
    let mut open: Vec<String> = Vec::new();
    loop {
        let before = usize::try_from(reader.buffer_position())
            .unwrap_or(usize::MAX)
            .min(text.len());
        let event = match reader.read_event() {
            Ok(Event::Eof) => return (entries, None),
            Ok(event) => event,
            Err(error) => return (entries, Some(error.to_string())),
        };
        match event {
            Event::Start(start) => {
                look_at(&start, &open, text, before, &mut entries);
                open.push(String::from_utf8_lossy(start.local_name().as_ref()).into_owned());
                if open.len() > DEPTH_MAX {
                    return (
                        entries,
                        Some("elements lie too deep in each other".to_owned()),
                    );
                }
            }
            Event::Empty(empty) => look_at(&empty, &open, text, before, &mut entries),
            Event::End(_) => {
                open.pop();
            }
            _ => {}
        }
        if entries.len() >= ENTRIES_MAX {
            return (entries, Some("more entries than are read".to_owned()));
        }
    }
}

fn look_at(
    start: &BytesStart<'_>,
    open: &[String],
    text: &str,
    before: usize,
    entries: &mut Vec<ConfigEntry>,
) {
    let tag = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
    let section = match (tag.as_str(), open.last().map(String::as_str)) {
        ("add", Some(section @ ("globalModules" | "modules" | "handlers"))) => section.to_owned(),
        ("virtualDirectory", _) => tag,
        _ => return,
    };
    let attributes = start.attributes().flatten().map(|attribute| {
        let value = attribute
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .map_or_else(
                |_| String::from_utf8_lossy(&attribute.value).into_owned(),
                std::borrow::Cow::into_owned,
            );
        (
            String::from_utf8_lossy(attribute.key.as_ref()).into_owned(),
            value,
        )
    });
    let attributes = attributes.collect();
    // Counted per entry: configurations have some hundred of them.
    let upto = text.as_bytes().get(..before).unwrap_or_default();
    let skipped = text.as_bytes()[upto.len()..]
        .iter()
        .take_while(|octet| octet.is_ascii_whitespace());
    let line = 1
        + memchr::memchr_iter(b'\n', upto).count()
        + skipped.filter(|octet| **octet == b'\n').count();
    entries.push(ConfigEntry {
        line: line as u64,
        section,
        attributes,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_and_directories_are_read() {
        let text = "<configuration>\n<system.webServer>\n<globalModules>\n  <add name=\"X\" image=\"%windir%\\x.dll\" />\n</globalModules>\n\
            </system.webServer><site><application path=\"/owa\"><virtualDirectory path=\"/\" physicalPath=\"C:\\a&amp;b\" />\
            </application></site></configuration>";
        let (entries, fault) = read_iis_config(text);
        assert_eq!(fault, None);
        assert_eq!(
            (
                entries[0].section.as_str(),
                entries[0].value("image"),
                entries[0].line
            ),
            ("globalModules", r"%windir%\x.dll", 4)
        );
        assert_eq!(entries[1].value("physicalPath"), r"C:\a&b");
        assert!(read_iis_config(&text[..80]).0.len() <= 1);
    }
}

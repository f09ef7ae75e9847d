//! Components: lines between `BEGIN` and `END`, and components inside them.
#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic
)]

use crate::fault::Fault;
use crate::limits::{COMPONENTS_MAX, LINES_MAX, NESTING_MAX};
use crate::line::Line;

/// A component with its lines in the order in which they came, then the components inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Component {
    /// In upper case.
    pub(crate) name: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) children: Vec<Self>,
}

impl Component {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            lines: Vec::new(),
            children: Vec::new(),
        }
    }

    /// Reads one `VCALENDAR` of at most `octets_max` octets.
    pub(crate) fn read(text: &[u8], octets_max: usize) -> Result<Self, Fault> {
        if text.len() > octets_max {
            return Err(Fault::TooLarge {
                what: "octets",
                limit: octets_max,
            });
        }
        let text =
            std::str::from_utf8(text).map_err(|_| Fault::Malformed("the text is not UTF-8"))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.bytes().filter(|octet| *octet == b'\n').count() > LINES_MAX {
            return Err(Fault::TooLarge {
                what: "lines",
                limit: LINES_MAX,
            });
        }
        Reader::default().read(text)
    }

    pub(crate) fn write(&self) -> String {
        let mut out = String::new();
        self.write_to(&mut out);
        out
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.name == name
    }

    pub(crate) fn line(&self, name: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.is(name))
    }

    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.line(name).map(Line::value)
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Line> {
        self.lines.iter().filter(move |line| line.is(name))
    }

    pub(crate) fn remove(&mut self, names: &[&str]) {
        self.lines.retain(|line| !line.is_one_of(names));
    }

    /// Puts a line in the place of the first of its name, or at the end.
    pub(crate) fn put(&mut self, line: Line) {
        match self
            .lines
            .iter_mut()
            .find(|present| present.is(line.name()))
        {
            Some(present) => *present = line,
            None => self.lines.push(line),
        }
    }

    /// Sets the value of a line without parameters.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.put(Line::new(name, value));
    }

    fn write_to(&self, out: &mut String) {
        Line::new("BEGIN", &self.name).write(out);
        for line in &self.lines {
            line.write(out);
        }
        for child in &self.children {
            child.write_to(out);
        }
        Line::new("END", &self.name).write(out);
    }
}

/// What was read so far: the components that are still open, outermost first.
#[derive(Debug, Default)]
struct Reader {
    open: Vec<Component>,
    components: usize,
    root: Option<Component>,
}

impl Reader {
    fn read(mut self, text: &str) -> Result<Component, Fault> {
        let mut logical = String::new();
        for physical in text.split('\n') {
            let physical = physical.strip_suffix('\r').unwrap_or(physical);
            // RFC 5545 3.1: a line break and one white space are nothing.
            if let Some(more) = physical.strip_prefix([' ', '\t']) {
                logical.push_str(more);
                continue;
            }
            self.line(&logical)?;
            logical.clear();
            logical.push_str(physical);
        }
        self.line(&logical)?;
        if !self.open.is_empty() {
            return Err(Fault::Malformed("a component has no end"));
        }
        self.root.ok_or(Fault::Malformed("there is no VCALENDAR"))
    }

    fn line(&mut self, text: &str) -> Result<(), Fault> {
        if text.trim().is_empty() {
            return Ok(());
        }
        // RFC 5545 3.1: control characters are not allowed; some programs leave them in descriptions. A line that they leave is
        // no line of its own.
        let clean: String = text
            .chars()
            .filter(|character| !character.is_control() || *character == '\t')
            .collect();
        let line = Line::parse(&clean).ok_or(Fault::Malformed("a line is no property"))?;
        if line.is("BEGIN") {
            return self.begin(line.value());
        }
        if line.is("END") {
            return self.end(line.value());
        }
        let open = self
            .open
            .last_mut()
            .ok_or(Fault::Malformed("a line outside of the VCALENDAR"))?;
        open.lines.push(line);
        Ok(())
    }

    fn begin(&mut self, name: &str) -> Result<(), Fault> {
        let name = name.trim().to_ascii_uppercase();
        if self.root.is_some() || (self.open.is_empty() && name != "VCALENDAR") {
            return Err(Fault::Malformed("not exactly one VCALENDAR"));
        }
        if self.open.len() >= NESTING_MAX {
            return Err(Fault::TooLarge {
                what: "components inside each other",
                limit: NESTING_MAX,
            });
        }
        self.components = self.components.saturating_add(1);
        if self.components > COMPONENTS_MAX {
            return Err(Fault::TooLarge {
                what: "components",
                limit: COMPONENTS_MAX,
            });
        }
        self.open.push(Component::new(&name));
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), Fault> {
        let closed = self
            .open
            .pop()
            .ok_or(Fault::Malformed("an end without a beginning"))?;
        if !closed.name.eq_ignore_ascii_case(name.trim()) {
            return Err(Fault::Malformed("an end of another component"));
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(closed),
            None => self.root = Some(closed),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Component, Fault> {
        Component::read(text.as_bytes(), 10_000)
    }

    #[test]
    fn what_is_read_is_written_as_it_was() {
        let text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-ODD;x=\"a:b\",c:;,\\n\r\nBEGIN:VEVENT\r\nUID:1\r\nx-lower:Y\r\n\
                    BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        assert_eq!(read(text).unwrap().write(), text);
    }

    #[test]
    fn folding_and_bare_line_feeds_are_read() {
        let folded = read("\u{feff}BEGIN:VCALENDAR\nX-A:b\n c\n\td\n\nEND:VCALENDAR").unwrap();
        assert_eq!(folded.value("x-a"), Some("bcd"));
    }

    #[test]
    fn what_is_not_one_calendar_is_refused() {
        for text in [
            "",
            "BEGIN:VEVENT\r\nEND:VEVENT\r\n",
            "BEGIN:VCALENDAR\r\n",
            "BEGIN:VCALENDAR\r\nEND:VEVENT\r\n",
            "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
            "BEGIN:VCALENDAR\r\nno property\r\nEND:VCALENDAR\r\n",
        ] {
            assert!(matches!(read(text), Err(Fault::Malformed(_))), "{text:?}");
        }
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let deep = format!("BEGIN:VCALENDAR\n{}", "BEGIN:X\n".repeat(NESTING_MAX));
        assert!(matches!(
            read(&deep),
            Err(Fault::TooLarge {
                limit: NESTING_MAX,
                ..
            })
        ));
        assert!(matches!(
            read(&"\n".repeat(10_001)),
            Err(Fault::TooLarge { limit: 10_000, .. })
        ));
        let lines = "\n".repeat(LINES_MAX + 1);
        assert!(matches!(
            Component::read(lines.as_bytes(), usize::MAX),
            Err(Fault::TooLarge {
                limit: LINES_MAX,
                ..
            })
        ));
    }
}

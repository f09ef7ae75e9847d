//! Block: a component of an iCalendar text that can be edited line by line.

use icalendar::{Component, Tree};

/// Octets of a content line before it is folded (RFC 5545 3.1).
const LINE_OCTETS: usize = 75;

/// A component: its lines in their order, then the components inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) name: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) children: Vec<Self>,
}

/// One content line (RFC 5545 3.1).
#[derive(Clone, Debug, Eq)]
pub(crate) struct Line {
    pub(crate) name: String,
    /// Names and values as they are written, quotes included.
    parameters: Vec<(String, String)>,
    pub(crate) value: String,
    /// As it was read: what breaks the rules is written as it came, as long as nobody changes the line.
    read: Option<Box<Read>>,
}

/// A line as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Read {
    text: String,
    parameters: Vec<(String, String)>,
    value: String,
}

impl PartialEq for Line {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.parameters, &self.value)
            == (&other.name, &other.parameters, &other.value)
    }
}

impl Block {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            lines: Vec::new(),
            children: Vec::new(),
        }
    }

    /// The whole of a text that was read.
    pub(crate) fn of(tree: &Tree) -> Self {
        Self::of_component(tree.root())
    }

    pub(crate) fn of_component(component: Component<'_>) -> Self {
        let lines = component.properties().map(|property| {
            let parameters: Vec<(String, String)> = property
                .parameters()
                .map(|parameter| (parameter.name.to_owned(), parameter.raw.to_owned()))
                .collect();
            Line {
                name: property.name().to_owned(),
                parameters: parameters.clone(),
                value: property.value().to_owned(),
                read: Some(Box::new(Read {
                    text: property.text().to_owned(),
                    parameters,
                    value: property.value().to_owned(),
                })),
            }
        });
        Self {
            name: component.name().to_owned(),
            lines: lines.collect(),
            // The depth of a tree is bounded where it is read.
            children: component.children().map(Self::of_component).collect(),
        }
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    pub(crate) fn line(&self, name: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.is(name))
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Line> {
        self.lines.iter().filter(move |line| line.is(name))
    }

    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.line(name).map(|line| line.value.as_str())
    }

    /// The text of a line, unescaped.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.line(name).map(Line::text)
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.lines.retain(|line| !line.is(name));
    }

    /// Puts a line in the place of the first of its name; others of that name go.
    pub(crate) fn set(&mut self, line: Line) {
        let place = self.lines.iter().position(|known| known.is(&line.name));
        let name = line.name.clone();
        match place {
            Some(place) => {
                if let Some(known) = self.lines.get_mut(place) {
                    *known = line;
                }
                let mut at = 0;
                self.lines.retain(|known| {
                    let keep = at <= place || !known.is(&name);
                    at += 1;
                    keep
                });
            }
            None => self.lines.push(line),
        }
    }

    /// Sets the text of a line and keeps its parameters; none takes the line away.
    pub(crate) fn set_text(&mut self, name: &str, text: Option<&str>) {
        match text {
            None => self.remove(name),
            Some(text) => {
                let mut line = self
                    .line(name)
                    .cloned()
                    .unwrap_or_else(|| Line::new(name, ""));
                // What said how the old value was encoded does not hold for the new one.
                line.set_parameter("ENCODING", None);
                line.set_parameter("ALTREP", None);
                line.value = escaped(text);
                self.set(line);
            }
        }
    }

    pub(crate) fn children_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.is(name))
    }

    /// The block as text, folded.
    pub(crate) fn write(&self) -> String {
        let mut out = String::new();
        self.write_into(&mut out);
        out
    }

    fn write_into(&self, out: &mut String) {
        fold(out, &format!("BEGIN:{}", self.name));
        for line in &self.lines {
            fold(out, &line.whole());
        }
        for child in &self.children {
            child.write_into(out);
        }
        fold(out, &format!("END:{}", self.name));
    }
}

impl Line {
    /// A line whose value stands as it is.
    pub(crate) fn new(name: &str, value: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            parameters: Vec::new(),
            value: clean(&value.into()),
            read: None,
        }
    }

    /// A line with a text.
    pub(crate) fn of_text(name: &str, text: &str) -> Self {
        Self::new(name, escaped(text))
    }

    pub(crate) fn with(mut self, parameter: &str, value: &str) -> Self {
        self.set_parameter(parameter, Some(value));
        self
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The value as a text.
    pub(crate) fn text(&self) -> String {
        unescaped(&self.value)
    }

    /// The first value of a parameter, without quotes and RFC 6868 signs.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.parameter_values(name).into_iter().next()
    }

    /// All values of a parameter.
    pub(crate) fn parameter_values(&self, name: &str) -> Vec<String> {
        let raw = self
            .parameters
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        let Some((_, raw)) = raw else {
            return Vec::new();
        };
        let mut quoted = false;
        raw.split(|character: char| {
            quoted ^= character == '"';
            character == ',' && !quoted
        })
        .map(|value| unsigned(value.trim().trim_matches('"')))
        .collect()
    }

    /// Sets a parameter to one value, or takes it away.
    pub(crate) fn set_parameter(&mut self, name: &str, value: Option<&str>) {
        let values: Vec<&str> = value.into_iter().collect();
        self.set_parameter_values(name, &values);
    }

    pub(crate) fn set_parameter_values(&mut self, name: &str, values: &[&str]) {
        let place = self
            .parameters
            .iter()
            .position(|(known, _)| known.eq_ignore_ascii_case(name));
        if values.is_empty() {
            if let Some(place) = place {
                self.parameters.remove(place);
            }
            return;
        }
        let raw: Vec<String> = values.iter().map(|value| quoted(value)).collect();
        let raw = raw.join(",");
        match place.and_then(|place| self.parameters.get_mut(place)) {
            Some((_, known)) => *known = raw,
            None => self.parameters.push((name.to_owned(), raw)),
        }
    }

    fn whole(&self) -> String {
        let same = |read: &&Read| read.parameters == self.parameters && read.value == self.value;
        if let Some(read) = self.read.as_deref().filter(same) {
            return read.text.clone();
        }
        let mut whole = self.name.clone();
        for (name, raw) in &self.parameters {
            whole.push(';');
            whole.push_str(name);
            whole.push('=');
            whole.push_str(raw);
        }
        whole.push(':');
        whole.push_str(&self.value);
        whole
    }
}

/// RFC 5545 3.1: lines are folded after 75 octets, between characters.
fn fold(out: &mut String, line: &str) {
    let mut octets = 0;
    for character in line.chars() {
        if octets + character.len_utf8() > LINE_OCTETS {
            out.push_str("\r\n ");
            octets = 1;
        }
        out.push(character);
        octets += character.len_utf8();
    }
    out.push_str("\r\n");
}

/// What cannot break out of its line.
fn clean(text: &str) -> String {
    let ok = |character: &char| !character.is_control() || *character == '\t';
    text.chars().filter(ok).collect()
}

/// RFC 5545 3.3.11.
pub(crate) fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | ';' | ',' => written.extend(['\\', character]),
            '\n' => written.push_str("\\n"),
            other if other.is_control() && other != '\t' => {}
            other => written.push(other),
        }
    }
    written
}

/// RFC 5545 3.3.11.
pub(crate) fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut escaped = false;
    for character in text.chars() {
        match (escaped, character) {
            (false, '\\') => {
                escaped = true;
                continue;
            }
            (true, 'n' | 'N') => plain.push('\n'),
            (_, other) => plain.push(other),
        }
        escaped = false;
    }
    plain
}

/// The values of a list of texts, unescaped.
pub(crate) fn list(value: &str) -> Vec<String> {
    let mut escaped = false;
    value
        .split(|character: char| {
            let splits = character == ',' && !escaped;
            escaped = character == '\\' && !escaped;
            splits
        })
        .map(|item| unescaped(item.trim()))
        .filter(|item| !item.is_empty())
        .collect()
}

/// RFC 6868 3.2: what a parameter cannot hold is written with `^`.
fn quoted(value: &str) -> String {
    let mut signed = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '^' => signed.push_str("^^"),
            '"' => signed.push_str("^'"),
            '\n' => signed.push_str("^n"),
            other if other.is_control() && other != '\t' => {}
            other => signed.push(other),
        }
    }
    if signed.contains([':', ';', ',']) || signed != signed.trim() {
        format!("\"{signed}\"")
    } else {
        signed
    }
}

fn unsigned(value: &str) -> String {
    if !value.contains('^') {
        return value.to_owned();
    }
    let mut plain = String::with_capacity(value.len());
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        let sign = match (character, characters.peek()) {
            ('^', Some('^')) => Some('^'),
            ('^', Some('\'')) => Some('"'),
            ('^', Some('n')) => Some('\n'),
            _ => None,
        };
        if sign.is_some() {
            characters.next();
        }
        plain.push(sign.unwrap_or(character));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_edited_and_nothing_else_of_it_changes() {
        let text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nATTENDEE;X-A=\"b;c\";CN=Ann^'s:mailto:a@example.org\r\nEND:VCALENDAR\r\n";
        let mut block = Block::of(&Tree::read(text.as_bytes()).unwrap());
        assert_eq!(block.write(), text);
        let line = &mut block.lines[1];
        assert_eq!(line.parameter("cn").unwrap(), "Ann\"s");
        line.set_parameter("PARTSTAT", Some("ACCEPTED"));
        line.set_parameter("CN", Some("a:\"b"));
        let written = block.write();
        let unfolded = written.replace("\r\n ", "");
        assert!(unfolded.contains(
            "ATTENDEE;X-A=\"b;c\";CN=\"a:^'b\";PARTSTAT=ACCEPTED:mailto:a@example.org\r\n"
        ));
        assert!(written.lines().all(|line| line.len() <= LINE_OCTETS));
        let again = Block::of(&Tree::read(written.as_bytes()).unwrap());
        assert_eq!(again, block);
    }

    #[test]
    fn a_value_cannot_begin_another_line() {
        let mut block = Block::new("VEVENT");
        block.set_text("SUMMARY", Some("a\r\nEND:VEVENT\r\n"));
        block.set(Line::new("URL", "http://a/\r\nX-B:c"));
        assert_eq!(
            block.write(),
            "BEGIN:VEVENT\r\nSUMMARY:a\\nEND:VEVENT\\n\r\nURL:http://a/X-B:c\r\nEND:VEVENT\r\n"
        );
    }
}

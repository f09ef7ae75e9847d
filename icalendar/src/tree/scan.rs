//! Scan: bytes to lines to components, within the limits.

use super::{Line, Node, Tree};
use crate::fault::Fault;
use crate::limit::{COMPONENTS_MAX, DEPTH_MAX, LINE_OCTETS_MAX, LINES_MAX, OBJECT_OCTETS_MAX};

pub(super) fn tree(bytes: &[u8]) -> Result<Tree, Fault> {
    if bytes.len() > OBJECT_OCTETS_MAX {
        return Err(Fault::TooLarge {
            octets_max: OBJECT_OCTETS_MAX,
        });
    }
    let (text, ends) = unfolded(bytes)?;
    let mut lines = Vec::with_capacity(ends.len());
    let mut start = 0;
    for (number, end) in (1..).zip(ends) {
        lines.push(content_line(&text, start, end, number)?);
        start = end;
    }
    let components = components(&text, &lines)?;
    Ok(Tree {
        text,
        lines,
        components,
    })
}

/// RFC 5545 3.1: a line end before a blank belongs to the line, and is taken out before characters are looked at, since
/// some writers fold within a character. Blank lines say nothing and are passed over.
fn unfolded(bytes: &[u8]) -> Result<(String, Vec<u32>), Fault> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut flat: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut ends: Vec<u32> = Vec::with_capacity(bytes.len() / 32 + 1);
    for physical in bytes.split(|byte| *byte == b'\n') {
        let mut physical = physical;
        while let Some((b'\r', before)) = physical.split_last() {
            physical = before;
        }
        match physical.first() {
            None => continue,
            Some(b' ' | b'\t') if !ends.is_empty() => {
                flat.extend_from_slice(&physical[1..]);
                ends.pop();
            }
            Some(_) => flat.extend_from_slice(physical),
        }
        if ends.len() >= LINES_MAX {
            return Err(Fault::data(ends.len(), "too many lines"));
        }
        ends.push(u32::try_from(flat.len()).unwrap_or(u32::MAX));
    }
    // RFC 5545 3.1: control characters other than the tab stand nowhere; in an XML answer they could not.
    if flat
        .iter()
        .any(|byte| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f)
    {
        return Err(Fault::data(0, "a control character"));
    }
    let text = String::from_utf8(flat).map_err(|_| Fault::data(0, "not UTF-8"))?;
    Ok((text, ends))
}

/// `contentline = name *(";" param ) ":" value`
fn content_line(text: &str, start: u32, end: u32, number: usize) -> Result<Line, Fault> {
    let line = &text.as_bytes()[start as usize..end as usize];
    if line.len() > LINE_OCTETS_MAX {
        return Err(Fault::data(number, "a line is too long"));
    }
    let name = line
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        .count();
    if name == 0 {
        return Err(Fault::data(number, "a line without a name"));
    }
    let value = match line.get(name) {
        Some(b':') => Some(name),
        Some(b';') => colon_outside_quotes(line, name),
        _ => None,
    };
    let Some(colon) = value else {
        return Err(Fault::data(
            number,
            "a line without a colon after its name and parameters",
        ));
    };
    let at = |place: usize| start + u32::try_from(place).unwrap_or(0);
    Ok(Line {
        start,
        name_end: at(name),
        value_start: at(colon + 1),
        end,
    })
}

/// The colon that ends the parameters.
fn colon_outside_quotes(line: &[u8], from: usize) -> Option<usize> {
    let mut quoted = false;
    let found = line[from..].iter().position(|byte| {
        quoted ^= *byte == b'"';
        *byte == b':' && !quoted
    });
    // Some writers forget the closing quote: then the first colon at all is the best guess.
    found
        .or_else(|| line[from..].iter().position(|byte| *byte == b':'))
        .map(|place| from + place)
}

fn components(text: &str, lines: &[Line]) -> Result<Vec<Node>, Fault> {
    let mut nodes: Vec<Node> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for (number, line) in (0_u32..).zip(lines) {
        let at = number as usize + 1;
        let name = &text[line.start as usize..line.name_end as usize];
        let value = text[line.value_start as usize..line.end as usize].trim();
        if name.eq_ignore_ascii_case("BEGIN") {
            if open.is_empty() && !nodes.is_empty() {
                return Err(Fault::data(at, "a second calendar after the first"));
            }
            if open.len() >= DEPTH_MAX {
                return Err(Fault::data(at, "components nest too deep"));
            }
            if nodes.len() >= COMPONENTS_MAX {
                return Err(Fault::data(at, "too many components"));
            }
            if let Some(parent) = open.last() {
                let child = u32::try_from(nodes.len()).unwrap_or(0);
                nodes[*parent].children.push(child);
            }
            open.push(nodes.len());
            nodes.push(Node {
                begin: number,
                lines: Vec::new(),
                children: Vec::new(),
            });
        } else if name.eq_ignore_ascii_case("END") {
            let begin = open.pop().map(|node| lines[nodes[node].begin as usize]);
            let opened =
                begin.map(|begin| text[begin.value_start as usize..begin.end as usize].trim());
            if !opened.is_some_and(|opened| opened.eq_ignore_ascii_case(value)) {
                return Err(Fault::data(at, "END does not match BEGIN"));
            }
        } else if let Some(inside) = open.last() {
            nodes[*inside].lines.push(number);
        } else {
            return Err(Fault::data(at, "a line outside of any component"));
        }
    }
    if nodes.is_empty() {
        return Err(Fault::data(0, "no component"));
    }
    if !open.is_empty() {
        return Err(Fault::data(lines.len(), "a component without END"));
    }
    Ok(nodes)
}

#[cfg(test)]
mod tests {
    use crate::fault::Fault;
    use crate::limit::{COMPONENTS_MAX, OBJECT_OCTETS_MAX};
    use crate::tree::Tree;

    #[test]
    fn lines_are_unfolded_and_taken_apart() {
        let text = b"BEGIN:VCALENDAR\r\nX-A;P=\"a:b;c\";Q=1,\"2,3\":va\r\n lue\\, x,y\nB\xc3\r\n \xa4:1\r\n\r\nEND:vcalendar\r\n";
        assert!(matches!(Tree::read(text), Err(Fault::Data { line: 3, .. })));
        let text = b"BEGIN:VCALENDAR\r\nX-A;P=\"a:b;c\";Q=1,\"2,3\":va\r\n lue\\, x,y\nB:\xc3\r\n \xa4\r\n\r\nEND:vcalendar\r\n";
        let tree = Tree::read(text).unwrap();
        let line = tree.root().property("x-a").unwrap();
        assert_eq!(line.value(), "value\\, x,y");
        assert_eq!(line.list().collect::<Vec<_>>(), ["value\\, x", "y"]);
        assert_eq!(line.parameter("p"), Some("a:b;c"));
        let second = line.parameters().nth(1).unwrap();
        assert_eq!(second.values().collect::<Vec<_>>(), ["1", "2,3"]);
        assert_eq!(tree.root().value("B"), Some("ä"));
    }

    #[test]
    fn broken_or_endless_texts_are_refused() {
        for text in [
            "",
            "BEGIN:VCALENDAR\r\n",
            "END:VCALENDAR\r\n",
            "BEGIN:A\nEND:B\n",
            "X:1\n",
            "BEGIN:A\nEND:A\nBEGIN:A\nEND:A\n",
            "BEGIN:A\nX:\u{1}\nEND:A\n",
            "BEGIN:A\nno colon\nEND:A\n",
            "BEGIN:A\n:no name\nEND:A\n",
        ] {
            assert!(
                matches!(Tree::read(text.as_bytes()), Err(Fault::Data { .. })),
                "{text:?}"
            );
        }
        let deep = "BEGIN:A\n".repeat(1000);
        assert!(matches!(
            Tree::read(deep.as_bytes()),
            Err(Fault::Data { line: 9, .. })
        ));
        let many = format!(
            "BEGIN:A\n{}END:A\n",
            "BEGIN:B\nEND:B\n".repeat(COMPONENTS_MAX)
        );
        assert!(matches!(
            Tree::read(many.as_bytes()),
            Err(Fault::Data { .. })
        ));
        assert!(matches!(
            Tree::read(&vec![b' '; OBJECT_OCTETS_MAX + 1]),
            Err(Fault::TooLarge { .. })
        ));
    }
}

//! Writer: content lines, folded (RFC 5545 3.1).

/// Octets of a line before it is folded (RFC 5545 3.1).
const LINE_OCTETS: usize = 75;

/// Text under way.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    text: String,
}

impl Writer {
    pub(crate) fn begin(&mut self, name: &str) {
        self.line(&format!("BEGIN:{name}"));
    }

    pub(crate) fn end(&mut self, name: &str) {
        self.line(&format!("END:{name}"));
    }

    /// One unfolded line, without its end.
    pub(crate) fn line(&mut self, line: &str) {
        let mut rest = line;
        let mut room = LINE_OCTETS;
        while rest.len() > room {
            let at = rest.floor_char_boundary(room);
            self.text.push_str(&rest[..at]);
            self.text.push_str("\r\n ");
            rest = &rest[at..];
            room = LINE_OCTETS - 1;
        }
        self.text.push_str(rest);
        self.text.push_str("\r\n");
    }

    pub(crate) const fn len(&self) -> usize {
        self.text.len()
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn long_lines_are_folded_between_characters() {
        let value = "ä".repeat(200);
        let mut writer = Writer::default();
        writer.begin("A");
        writer.line(&format!("X:{value}"));
        writer.end("A");
        let text = writer.finish();
        assert!(text.split("\r\n").all(|line| line.len() <= LINE_OCTETS));
        assert_eq!(
            Tree::read(text.as_bytes()).unwrap().root().value("X"),
            Some(value.as_str())
        );
    }
}

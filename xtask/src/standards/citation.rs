//! One mention of a standard in a line of source: `RFC 7162 3.1.3`, `RFC 7208 erratum 5436`, `MS-OXWSSYNC 3.1.4.2`,
//! `C2SP tlog-checkpoint`.

/// A mention.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Citation {
    /// As `docs/standards.toml` names it.
    pub(crate) document: String,
    /// Empty where the document is named as a whole.
    pub(crate) section: String,
    /// `file:line`.
    pub(crate) place: String,
    /// What is wrong with its form.
    pub(crate) doubt: Option<String>,
}

/// A place where we do not do what a standard says.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Departure {
    /// `file:line`.
    pub(crate) place: String,
    /// The line's words.
    pub(crate) text: String,
}

/// The deepest section number that a standard of ours has.
const SECTION_DEPTH_MAX: usize = 7;

/// All mentions in the text of the file called `file`.
pub(crate) fn citations(file: &str, text: &str) -> Vec<Citation> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for (document, rest) in documents(line) {
            let (section, doubt) = section(rest);
            found.push(Citation {
                document,
                section,
                place: format!("{file}:{}", index + 1),
                doubt,
            });
        }
    }
    found
}

/// All lines that say `Departs from ...`.
pub(crate) fn departures(file: &str, text: &str) -> Vec<Departure> {
    let lines = text.lines().enumerate().filter_map(|(index, line)| {
        let at = line.find("Departs from ")?;
        Some(Departure {
            place: format!("{file}:{}", index + 1),
            text: line[at..].trim().to_owned(),
        })
    });
    lines.collect()
}

/// The documents that the line names, each with the rest of the line after the name.
fn documents(line: &str) -> Vec<(String, &str)> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices("RFC ") {
        let after = &line[at + 4..];
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        if (3..=5).contains(&digits) {
            found.push((format!("RFC {}", &after[..digits]), &after[digits..]));
        }
    }
    for (at, _) in line.match_indices("C2SP ") {
        let after = &line[at + 5..];
        let length = after
            .bytes()
            .take_while(|b| b.is_ascii_lowercase() || *b == b'-')
            .count();
        if after[..length].contains('-') {
            found.push((format!("C2SP {}", &after[..length]), &after[length..]));
        }
    }
    for (at, _) in line.match_indices("MS-") {
        let after = &line[at + 3..];
        let length = after
            .bytes()
            .take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            .count();
        if length >= 3 && !line[..at].ends_with(|c: char| c.is_ascii_alphanumeric()) {
            found.push((format!("MS-{}", &after[..length]), &after[length..]));
        }
    }
    found
}

/// The section that follows a document's name, and what is odd about it.
fn section(rest: &str) -> (String, Option<String>) {
    let Some(rest) = rest.strip_prefix(' ') else {
        return (String::new(), None);
    };
    let word = rest
        .split([' ', ':', ',', ';', ')', '(', '\'', '/', ']'])
        .next()
        .unwrap_or_default()
        .trim_end_matches(['.', '`', '"']);
    if matches!(word, "section" | "Section" | "sec" | "s." | "§") || word.starts_with('§') {
        return (
            String::new(),
            Some("write the section's number right after the document's".to_owned()),
        );
    }
    if word == "erratum" {
        let number: String = rest["erratum".len()..]
            .trim_start()
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        let doubt = number
            .is_empty()
            .then(|| "an erratum has a number".to_owned());
        return (format!("erratum {number}"), doubt);
    }
    if !word.starts_with(|c: char| c.is_ascii_digit()) && !is_appendix(word) {
        return (String::new(), None);
    }
    let parts: Vec<&str> = word.split('.').collect();
    let plausible = parts.len() <= SECTION_DEPTH_MAX
        && parts.iter().skip(1).all(|part| is_number(part))
        && (is_number(parts[0]) || is_appendix(word));
    let doubt = (!plausible).then(|| format!("`{word}` does not look like a section"));
    (word.to_owned(), doubt)
}

/// At most two digits: no standard of ours has a hundred sections side by side.
fn is_number(part: &str) -> bool {
    (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
}

/// `A`, `B.2`: a letter alone or before a number.
fn is_appendix(word: &str) -> bool {
    let mut bytes = word.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_uppercase()) && matches!(bytes.next(), Some(b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(line: &str) -> (String, String, bool) {
        let mut found = citations("a.rs", line);
        assert_eq!(found.len(), 1, "{line}");
        let citation = found.remove(0);
        (
            citation.document,
            citation.section,
            citation.doubt.is_some(),
        )
    }

    #[test]
    fn each_form_is_understood() {
        for (line, document, section) in [
            ("// RFC 7162 3.1.3: others are stored.", "RFC 7162", "3.1.3"),
            ("//! The tree of RFC 6962.", "RFC 6962", ""),
            ("// as in RFC 9051 6.4.6.", "RFC 9051", "6.4.6"),
            ("// (RFC 5234 B.1)", "RFC 5234", "B.1"),
            ("// RFC 7208 erratum 5436: x", "RFC 7208", "erratum 5436"),
            ("// MS-OXWSSYNC 3.1.4.2: x", "MS-OXWSSYNC", "3.1.4.2"),
            ("// C2SP tlog-checkpoint: x", "C2SP tlog-checkpoint", ""),
            ("// RFC 5322's dates", "RFC 5322", ""),
            ("// RFC 9051 6.4.5.1's example", "RFC 9051", "6.4.5.1"),
            ("// RFC 8621 A new thread", "RFC 8621", ""),
        ] {
            assert_eq!(
                only(line),
                (document.to_owned(), section.to_owned(), false),
                "{line}"
            );
        }
    }

    #[test]
    fn odd_sections_are_doubted() {
        for line in [
            "// RFC 9051 section 6.4",
            "// RFC 9051 6.4.600: x",
            "// RFC 9051 1.2.3.4.5.6.7.8",
            "// RFC 9051 6..4",
        ] {
            assert!(only(line).2, "{line}");
        }
    }

    #[test]
    fn two_documents_in_one_line_are_two_citations() {
        let found = citations("a.rs", "x\n// RFC 9051 6.4.6, RFC 7162 3.1.3");
        let places: Vec<_> = found
            .iter()
            .map(|citation| (citation.section.as_str(), citation.place.as_str()))
            .collect();
        assert_eq!(places, [("6.4.6", "a.rs:2"), ("3.1.3", "a.rs:2")]);
    }

    #[test]
    fn what_only_looks_alike_is_no_citation() {
        assert_eq!(
            citations("a.rs", "// RFC-like, RFC x, MS-ab, C2SP format, RFC 12"),
            Vec::new()
        );
    }

    #[test]
    fn departures_are_listed() {
        let found = departures("a.rs", "x\n    // Departs from RFC 3501 7.2.1: Outlook.");
        assert_eq!(
            found,
            [Departure {
                place: "a.rs:2".into(),
                text: "Departs from RFC 3501 7.2.1: Outlook.".into()
            }]
        );
    }
}

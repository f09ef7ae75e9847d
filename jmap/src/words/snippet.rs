//! Excerpts in which what was looked for is marked (RFC 8621 5).

/// RFC 8621 5 `preview`: octets of an excerpt, its marks included.
const EXCERPT_OCTETS_MAX: usize = 255;
/// Octets of a subject that are shown with marks.
const SUBJECT_OCTETS_MAX: usize = 4_000;
/// Characters that are shown before what was found.
const BEFORE_CHARACTERS: usize = 40;
/// Words and phrases that are marked.
const NEEDLES_MAX: usize = 64;
/// Octets of text that are looked at for a place to show.
const TEXT_OCTETS_MAX: usize = 1024 * 1024;

/// What is marked: in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needles(Vec<String>);

impl Needles {
    /// Adds a phrase, or each word of a text.
    pub(crate) fn add(&mut self, text: &str, is_phrase: bool) {
        let text = text.to_lowercase();
        if is_phrase {
            self.push(text.trim());
        } else {
            let words = text.split(|letter: char| !letter.is_alphanumeric());
            words.for_each(|word| self.push(word));
        }
    }

    fn push(&mut self, needle: &str) {
        let is_new = !needle.is_empty() && !self.0.iter().any(|known| known == needle);
        if is_new && self.0.len() < NEEDLES_MAX {
            self.0.push(needle.to_owned());
        }
    }

    /// Whether nothing is marked.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Octets of the longest of them that stands at the start of the text.
    fn at_start_of(&self, text: &str) -> Option<usize> {
        self.0
            .iter()
            .filter_map(|needle| length_of(needle, text))
            .max()
    }
}

/// Octets of the text that are the needle, letter case aside.
fn length_of(needle: &str, text: &str) -> Option<usize> {
    let mut left = needle;
    for (at, letter) in text.char_indices() {
        if left.is_empty() {
            return Some(at);
        }
        for lower in letter.to_lowercase() {
            // A letter that becomes several is found by the first of them.
            if !left.is_empty() {
                left = left.strip_prefix(lower)?;
            }
        }
    }
    left.is_empty().then_some(text.len())
}

/// The next place at the start of a word where something to mark stands, with its octets.
fn next_match(text: &str, needles: &Needles, from: usize) -> Option<(usize, usize)> {
    let rest = text.get(from..)?;
    let mut is_within_word = text
        .get(..from)
        .and_then(|before| before.chars().next_back())
        .is_some_and(char::is_alphanumeric);
    for (at, letter) in rest.char_indices() {
        if !is_within_word
            && let Some(length) = rest.get(at..).and_then(|rest| needles.at_start_of(rest))
        {
            return Some((from + at, length));
        }
        is_within_word = letter.is_alphanumeric();
    }
    None
}

/// The whole text with marks, as HTML; none if there is nothing to mark (RFC 8621 5 `subject`).
pub(crate) fn marked_whole(text: &str, needles: &Needles) -> Option<String> {
    let text = text.get(..text.floor_char_boundary(SUBJECT_OCTETS_MAX))?;
    next_match(text, needles, 0)?;
    Some(marked(text, needles, usize::MAX))
}

/// The text around the first mark, as HTML; none if there is nothing to mark (RFC 8621 5 `preview`).
pub(crate) fn marked_excerpt(text: &str, needles: &Needles) -> Option<String> {
    let text = text.get(..text.floor_char_boundary(TEXT_OCTETS_MAX))?;
    let (found, _) = next_match(text, needles, 0)?;
    let before = text.get(..found)?;
    let start = before
        .char_indices()
        .rev()
        .take(BEFORE_CHARACTERS)
        .last()
        .map_or(found, |(at, _)| at);
    // As many octets as could be shown, were none of them escaped; white space comes down to single spaces.
    let window = text.get(start..)?;
    let window = window.get(..window.floor_char_boundary(4 * EXCERPT_OCTETS_MAX))?;
    let words: Vec<&str> = window.split_whitespace().collect();
    Some(marked(&words.join(" "), needles, EXCERPT_OCTETS_MAX))
}

/// The text as HTML, with marks, up to a number of octets.
fn marked(text: &str, needles: &Needles, octets_max: usize) -> String {
    const OPEN: &str = "<mark>";
    const CLOSE: &str = "</mark>";
    let mut html = String::new();
    let mut at = 0;
    let mut next = next_match(text, needles, 0);
    while let Some(letter) = text.get(at..).and_then(|rest| rest.chars().next()) {
        if let Some((found, length)) = next.filter(|(found, _)| *found == at) {
            let inner = text.get(found..found + length).unwrap_or_default();
            let escaped: String = inner.chars().map(escape).collect();
            if html.len() + OPEN.len() + escaped.len() + CLOSE.len() > octets_max {
                break;
            }
            html.push_str(OPEN);
            html.push_str(&escaped);
            html.push_str(CLOSE);
            at = found + length.max(1);
            next = next_match(text, needles, at);
            continue;
        }
        let escaped = escape(letter);
        if html.len() + escaped.len() > octets_max {
            break;
        }
        html.push_str(&escaped);
        at += letter.len_utf8();
    }
    html
}

/// RFC 8621 5: the text is HTML, in which these mean something else.
fn escape(letter: char) -> String {
    match letter {
        '&' => "&amp;".into(),
        '<' => "&lt;".into(),
        '>' => "&gt;".into(),
        '"' => "&quot;".into(),
        '\'' => "&#39;".into(),
        letter => letter.into(),
    }
}

/// The text of an HTML document: tags, styles and scripts left out, entities decoded.
pub(crate) fn text_of_html(html: &str) -> String {
    groupware::message::body::html_text(html, TEXT_OCTETS_MAX)
}

/// Marks the first word of any text in the rest of it.
///
/// # Panics
/// If an excerpt is too long, or shows something else than text.
pub(crate) fn fuzz(text: &str) {
    let mut needles = Needles::default();
    needles.add(text.split_whitespace().next().unwrap_or_default(), true);
    let shown = [marked_excerpt(text, &needles), marked_whole(text, &needles)];
    assert!(
        shown[0]
            .as_ref()
            .is_none_or(|shown| shown.len() <= EXCERPT_OCTETS_MAX)
    );
    for shown in shown.into_iter().flatten() {
        let plain = shown.replace("<mark>", "").replace("</mark>", "");
        assert!(!plain.contains(['<', '>', '"']), "{plain}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needles(text: &str, phrase: &str) -> Needles {
        let mut needles = Needles::default();
        needles.add(text, false);
        needles.add(phrase, true);
        needles
    }

    #[test]
    fn words_are_marked_where_they_begin_and_html_is_escaped() {
        let needles = needles("foo BAR", "a \"b\"");
        assert_eq!(
            marked_whole("<Foo> & food: xbar Bär bar", &needles).as_deref(),
            Some("&lt;<mark>Foo</mark>&gt; &amp; <mark>foo</mark>d: xbar Bär <mark>bar</mark>")
        );
        assert_eq!(
            marked_whole("see A \"B\"!", &needles).as_deref(),
            Some("see <mark>A &quot;B&quot;</mark>!")
        );
        assert_eq!(marked_whole("nothing", &needles), None);
        assert_eq!(marked_whole("any", &Needles::default()), None);
    }

    #[test]
    fn excerpts_are_short_and_begin_before_the_first_mark() {
        let needles = needles("needle", "");
        let text = format!("{}the needle {}", "hay ".repeat(1_000), "<&>".repeat(1_000));
        let excerpt = marked_excerpt(&text, &needles).unwrap();
        assert!(excerpt.len() <= EXCERPT_OCTETS_MAX);
        assert!(excerpt.contains("hay the <mark>needle</mark> &lt;"));
        assert_eq!(marked_excerpt("only hay", &needles), None);
    }

    #[test]
    fn letters_that_change_their_length_are_matched() {
        let needles = needles("i̇x ß", "");
        assert!(marked_whole("İX", &needles).is_some());
        assert!(
            marked_whole("größe ß", &needles)
                .unwrap()
                .ends_with("<mark>ß</mark>")
        );
    }
}

//! Fault: what is wrong with a configuration file, with the line.

use std::ops::Range;
use std::path::Path;

/// What is wrong, and where in the text.
#[derive(Debug)]
pub(crate) struct Fault {
    span: Option<Range<usize>>,
    what: String,
}

impl Fault {
    /// A fault of the line on which this key is set, wherever that is.
    pub(crate) fn at_key(text: &str, key: &str, what: String) -> Self {
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let set = line.trim_start().strip_prefix(key).map(str::trim_start);
            if set.is_some_and(|rest| rest.starts_with('=')) {
                let indent = line.len() - line.trim_start().len();
                let start = at + indent;
                return Self {
                    span: Some(start..start + key.len()),
                    what,
                };
            }
            at += line.len();
        }
        Self { span: None, what }
    }

    /// A fault in a list names the list; the word that the message begins with says where in it.
    fn narrowed(&self, text: &str) -> Option<Range<usize>> {
        let span = self.span.clone()?;
        let word = self.what.strip_prefix('`')?.split('`').next()?;
        let quoted = format!("\"{word}\"");
        let at = text.get(span.clone())?.find(&quoted)?;
        let start = span.start + at;
        Some(start..start + quoted.len())
    }

    /// `file:line:column: what is wrong`, the line itself, and a mark below it.
    pub(crate) fn show(&self, path: &Path, text: &str) -> String {
        let what = self.what.trim();
        let Some(span) = self.narrowed(text).or_else(|| self.span.clone()) else {
            return format!("{}: {what}", path.display());
        };
        let start = span.start.min(text.len());
        let before = text.get(..start).unwrap_or_default();
        let number = before.matches('\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before[line_start..].chars().count() + 1;
        let line = text[line_start..].lines().next().unwrap_or_default();
        let marked = text.get(span).unwrap_or_default();
        let marked = marked
            .lines()
            .next()
            .unwrap_or_default()
            .chars()
            .count()
            .max(1);
        format!(
            "{}:{number}:{column}: {what}\n  |\n  | {line}\n  | {:indent$}{}",
            path.display(),
            "",
            "^".repeat(marked),
            indent = column - 1
        )
    }
}

impl From<toml::de::Error> for Fault {
    fn from(error: toml::de::Error) -> Self {
        let mut what = error.message().to_owned();
        if what.starts_with("unknown field") {
            what.push_str("; correct its spelling or remove it");
        } else if what.starts_with("missing field") {
            what.push_str("; add it");
        }
        Self {
            span: error.span(),
            what,
        }
    }
}

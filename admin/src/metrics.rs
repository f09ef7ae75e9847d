//! Metrics: what monitoring reads, in the text format of Prometheus (exposition format 0.0.4).

use std::fmt::{self, Write as _};
use std::sync::Arc;

/// What a family's numbers mean over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Only rises, until the server starts anew.
    Counter,
    /// Rises and falls.
    Gauge,
}

/// One number with what tells it from its neighbours.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Name and value of each label.
    pub labels: Vec<(&'static str, String)>,
    /// The number.
    pub value: f64,
}

impl Sample {
    /// A number without labels.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "monitoring computes in floating point; 2^53 is far"
    )]
    pub fn plain(value: u64) -> Self {
        Self {
            labels: Vec::new(),
            value: value as f64,
        }
    }

    /// A number with one label.
    #[must_use]
    pub fn labelled(label: &'static str, name: impl Into<String>, value: u64) -> Self {
        Self {
            labels: vec![(label, name.into())],
            ..Self::plain(value)
        }
    }
}

type Read = dyn Fn() -> Vec<Sample> + Send + Sync;

/// Numbers of one name.
#[derive(Clone)]
pub struct Family {
    name: &'static str,
    help: &'static str,
    kind: Type,
    read: Arc<Read>,
}

impl Family {
    /// Numbers that `read` reads whenever they are asked for; it may block. `help` is one line.
    pub fn new(
        name: &'static str,
        help: &'static str,
        kind: Type,
        read: impl Fn() -> Vec<Sample> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            help,
            kind,
            read: Arc::new(read),
        }
    }
}

impl fmt::Debug for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Family")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// All that is measured.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    families: Arc<[Family]>,
}

impl Metrics {
    /// These families, in this order.
    #[must_use]
    pub fn new(families: Vec<Family>) -> Self {
        Self {
            families: families.into(),
        }
    }

    /// Reads everything and writes it down. Blocks.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        for family in &*self.families {
            // Writing to a string cannot fail.
            let _ = family.render(&mut text);
        }
        text
    }
}

impl Family {
    fn render(&self, text: &mut String) -> fmt::Result {
        let kind = match self.kind {
            Type::Counter => "counter",
            Type::Gauge => "gauge",
        };
        writeln!(text, "# HELP {} {}", self.name, self.help)?;
        writeln!(text, "# TYPE {} {kind}", self.name)?;
        for sample in (self.read)() {
            text.push_str(self.name);
            for (at, (label, value)) in sample.labels.iter().enumerate() {
                text.push(if at == 0 { '{' } else { ',' });
                write!(text, "{label}=\"{}\"", escaped(value))?;
            }
            if !sample.labels.is_empty() {
                text.push('}');
            }
            writeln!(text, " {}", sample.value)?;
        }
        Ok(())
    }
}

/// Exposition format 0.0.4: backslash, quotation mark and line feed are escaped in the value of a label.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_written_with_help_type_and_labels() {
        let metrics = Metrics::new(vec![
            Family::new("wachpost_commits_total", "Commits.", Type::Counter, || {
                vec![Sample::plain(12)]
            }),
            Family::new("wachpost_open", "Open.", Type::Gauge, || {
                vec![Sample::labelled("service", "a\"b\\c\nd", 3)]
            }),
        ]);
        let expected = "# HELP wachpost_commits_total Commits.\n# TYPE wachpost_commits_total counter\n\
            wachpost_commits_total 12\n# HELP wachpost_open Open.\n# TYPE wachpost_open gauge\n\
            wachpost_open{service=\"a\\\"b\\\\c\\nd\"} 3\n";
        assert_eq!(metrics.render(), expected);
    }
}

//! `Prefer`: how a client would like to be answered (RFC 7240, RFC 8144).

use super::simple::{split_quoted, unquote};

/// What a client prefers; what is not understood is passed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prefer {
    /// `return=minimal` or `return=representation`.
    pub returning: Option<Return>,
    /// `depth-noroot` (RFC 8144 3): members without the collection itself.
    pub no_root: bool,
}

/// How much to say in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Return {
    /// RFC 8144 2: nothing that can be inferred; no 404 propstat.
    Minimal,
    /// The new state.
    Representation,
}

impl Prefer {
    /// Reads `Prefer`.
    #[must_use]
    pub fn parse(value: &str) -> Self {
        let mut prefer = Self::default();
        for preference in split_quoted(value, ',') {
            let word = split_quoted(preference, ';').next().unwrap_or_default();
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let value = unquote(value.trim());
            match name.trim().to_ascii_lowercase().as_str() {
                // RFC 7240 2: the first of several counts.
                "return" if prefer.returning.is_none() => {
                    prefer.returning = match value.as_str() {
                        "minimal" => Some(Return::Minimal),
                        "representation" => Some(Return::Representation),
                        _ => None,
                    };
                }
                "depth-noroot" => prefer.no_root = true,
                // RFC 7240 appendix A and the drafts: how older clients of Apple say it.
                "return-minimal" if prefer.returning.is_none() => {
                    prefer.returning = Some(Return::Minimal);
                }
                "return-representation" if prefer.returning.is_none() => {
                    prefer.returning = Some(Return::Representation);
                }
                _ => {}
            }
        }
        prefer
    }

    /// What `Preference-Applied` says (RFC 7240 3), if anything.
    #[must_use]
    pub fn applied(&self) -> Option<&'static str> {
        match (self.returning, self.no_root) {
            (None, false) => None,
            (None, true) => Some("depth-noroot"),
            (Some(Return::Minimal), false) => Some("return=minimal"),
            (Some(Return::Minimal), true) => Some("return=minimal, depth-noroot"),
            (Some(Return::Representation), false) => Some("return=representation"),
            (Some(Return::Representation), true) => Some("return=representation, depth-noroot"),
        }
    }
}

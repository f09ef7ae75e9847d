//! Edits of the message: header fields (RFC 5293) and parts (RFC 5703).

use super::matcher::{Matcher, Value};
use super::{Frame, Machine, PARTS_BEFORE_ENCLOSED, Result, halt};
use crate::limits::ADDED_FIELD_OCTETS_MAX;
use crate::message::address::single;
use crate::message::field::is_field_name;
use crate::message::part::PartText;
use crate::message::{Enclosure, End, Replacement};
use crate::moment::Moment;
use crate::program::{self, AddHeader, DeleteHeader, MatchKind, Modifiers};
use crate::text::{Text, Variable};
use crate::variables::{cut, modified};

/// RFC 5293 6: traces stay; so do signs by which loops and automatic mail are known, and what `replace` preserved
/// (RFC 5703 5).
const PROTECTED: [&str; 6] = [
    "received",
    "auto-submitted",
    "original-subject",
    "original-from",
    "delivered-to",
    "return-path",
];

fn is_protected(name: &str) -> bool {
    PROTECTED
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
}

impl Machine<'_> {
    fn count_header_edit(&mut self) -> Result<()> {
        self.header_edits += 1;
        if self.header_edits > self.limits.header_edits {
            return halt("the script edits too many header fields");
        }
        Ok(())
    }

    fn field_name(&self, frame: &Frame<'_>, name: &Text) -> Result<String> {
        let name = self.text(frame, name).into_owned();
        if !is_field_name(&name) {
            return halt(format!("`{}` is no name of a header field", cut(&name, 80)));
        }
        Ok(name)
    }

    /// RFC 5293 4
    pub(super) fn add_header(&mut self, frame: &Frame<'_>, add: &AddHeader) -> Result<()> {
        self.count_header_edit()?;
        let name = self.field_name(frame, &add.name)?;
        // RFC 5293 6: what is not allowed is passed over.
        if is_protected(&name) {
            return Ok(());
        }
        let value = self.text(frame, &add.value);
        let value = cut(&value, ADDED_FIELD_OCTETS_MAX);
        self.message
            .add_field(&name, value, if add.last { End::Last } else { End::First });
        Ok(())
    }

    /// RFC 5293 5
    pub(super) fn delete_header(
        &mut self,
        frame: &mut Frame<'_>,
        delete: &DeleteHeader,
    ) -> Result<()> {
        self.count_header_edit()?;
        let name = self.field_name(frame, &delete.name)?;
        if is_protected(&name) {
            return Ok(());
        }
        let mut places = Vec::new();
        let names = std::slice::from_ref(&delete.name);
        for field in self.fields(frame, self.message.top(), names, delete.index)? {
            let matched = match &delete.patterns {
                None => true,
                Some(patterns) => {
                    let mut matcher = Matcher::new(self, frame, delete.matching, patterns);
                    let value = Value {
                        text: field.text(),
                        upper: Some(field.upper()),
                    };
                    let matched = matcher.value(value)?;
                    // Each field stands alone: a count is of one.
                    if matches!(delete.matching.kind, MatchKind::Count(_)) {
                        matcher.finish(false, frame)
                    } else {
                        matched
                    }
                }
            };
            if matched {
                places.push(field.place);
            }
        }
        places.sort_unstable();
        self.message.delete_fields(&places);
        Ok(())
    }

    /// RFC 5703 5
    pub(super) fn replace(&mut self, frame: &Frame<'_>, replace: &program::Replace) -> Result<()> {
        self.count_replacement()?;
        self.replaced = frame.current_part();
        let text = self.text(frame, &replace.text);
        let subject = replace
            .subject
            .as_ref()
            .map(|subject| self.text(frame, subject));
        // RFC 5703 5: an author that is none is left out.
        let from = replace.from.as_ref().map(|from| self.text(frame, from));
        let from = from.filter(|from| single(from).is_some());
        self.message.replace(
            frame.current_part(),
            &Replacement {
                mime: replace.mime,
                subject: subject.as_deref(),
                from: from.as_deref(),
                text: &text,
            },
        );
        Ok(())
    }

    /// RFC 5703 6
    pub(super) fn enclose(
        &mut self,
        frame: &mut Frame<'_>,
        enclose: &program::Enclose,
    ) -> Result<()> {
        self.count_replacement()?;
        if self.unenclosed.is_none() {
            self.unenclosed = Some(self.edition()?);
        }
        let text = self.text(frame, &enclose.text);
        let subject = enclose
            .subject
            .as_ref()
            .map(|subject| self.text(frame, subject));
        let headers = self.texts(frame, &enclose.headers);
        let headers: Vec<&str> = headers.iter().map(|name| &**name).collect();
        let now = Moment::new(self.input.now, i32::from(self.input.utc_offset_minutes));
        self.message.enclose(&Enclosure {
            subject: subject.as_deref(),
            headers: &headers,
            text: &text,
            from: self.input.recipient,
            date: &now.rfc_5322(),
        });
        self.enclosures += 1;
        frame.enclosed(PARTS_BEFORE_ENCLOSED);
        Ok(())
    }

    /// RFC 5703 7
    pub(super) fn extract_text(
        &mut self,
        frame: &mut Frame<'_>,
        variable: Variable,
        modifiers: Modifiers,
        first: Option<usize>,
    ) -> Result<()> {
        let part = frame.part.and_then(|part| self.message.parts().get(part));
        let text = match part.filter(|part| part.is_text()) {
            Some(part) => {
                self.step(part.body().len())?;
                self.message.content(part, PartText::Content)
            }
            None => "".into(),
        };
        let end = first
            .and_then(|first| text.char_indices().nth(first))
            .map_or(text.len(), |(at, _)| at);
        let value = modified(&text[..end], modifiers);
        self.assign(frame, variable, value)
    }
}

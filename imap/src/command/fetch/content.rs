//! The octets of a message's sections (RFC 9051 6.4.5.1) and decoded parts (RFC 3516).

use std::borrow::Cow;

use groupware::message::part::{self, FieldFilter};
use model::EmailMeta;

pub(super) use groupware::message::part::UnknownEncoding;

use crate::codec::{Partial, Section, SectionText};

/// A message with its structure, if that was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Content<'r, 'm> {
    pub(super) meta: Option<&'r EmailMeta<'r>>,
    pub(super) message: &'m [u8],
}

/// Whether the structure must be known to find a section.
pub(super) fn needs_structure(section: &Section<'_>) -> bool {
    let whole_header = matches!(
        section.text,
        None | Some(SectionText::HeaderFields(_) | SectionText::HeaderFieldsNot(_))
    );
    !section.part.is_empty() || !whole_header
}

/// RFC 9051 6.4.5: `<offset.count>`; beyond the end there is nothing.
pub(super) fn cut(octets: &[u8], partial: Option<Partial>) -> &[u8] {
    let Some(partial) = partial else {
        return octets;
    };
    let limit = |number: u64| {
        usize::try_from(number)
            .unwrap_or(usize::MAX)
            .min(octets.len())
    };
    let start = limit(partial.offset);
    let end = limit(partial.offset.saturating_add(partial.count));
    octets.get(start..end).unwrap_or_default()
}

impl<'m> Content<'_, 'm> {
    /// The header with its empty line.
    pub(super) fn header(&self) -> Option<&'m [u8]> {
        self.range(&[], part::Section::Header)
    }

    /// The body.
    pub(super) fn text(&self) -> Option<&'m [u8]> {
        self.range(&[], part::Section::Text)
    }

    /// The octets of a section; none if there is no such section.
    pub(super) fn section(&self, section: &Section<'_>) -> Option<Cow<'m, [u8]>> {
        let path = section.part.as_slice();
        let whole = |which| self.range(path, which).map(Cow::Borrowed);
        match &section.text {
            None if path.is_empty() => Some(Cow::Borrowed(self.message)),
            None => whole(part::Section::Body),
            Some(SectionText::Header) => whole(part::Section::Header),
            Some(SectionText::Text) => whole(part::Section::Text),
            Some(SectionText::Mime) => whole(part::Section::Mime),
            Some(SectionText::HeaderFields(names)) => self.fields(path, FieldFilter::Only, names),
            Some(SectionText::HeaderFieldsNot(names)) => self.fields(path, FieldFilter::Not, names),
        }
    }

    /// A part without its transfer encoding; none if there is no such part.
    pub(super) fn decoded(&self, path: &[u32]) -> Result<Option<Cow<'m, [u8]>>, UnknownEncoding> {
        // RFC 3516 4.2: the empty path is the message itself, which is not encoded.
        if path.is_empty() {
            return Ok(Some(Cow::Borrowed(self.message)));
        }
        let found = self
            .meta
            .and_then(|meta| meta.parts.get(part::find(path, meta)?));
        match found {
            Some(found) => part::decoded(self.message, found).map(Some),
            None => Ok(None),
        }
    }

    fn fields(
        &self,
        path: &[u32],
        filter: FieldFilter,
        names: &[Cow<'_, str>],
    ) -> Option<Cow<'m, [u8]>> {
        let header = if path.is_empty() {
            // The search for fields ends at the empty line by itself.
            self.message
        } else {
            self.range(path, part::Section::Header)?
        };
        let names: Vec<&[u8]> = names.iter().map(|name| name.as_bytes()).collect();
        Some(Cow::Owned(part::header_fields(header, filter, &names)))
    }

    fn range(&self, path: &[u32], which: part::Section) -> Option<&'m [u8]> {
        let range = part::section(path, which, self.meta?)?;
        let end = range.end.min(self.message.len());
        self.message.get(range.start.min(end)..end)
    }
}

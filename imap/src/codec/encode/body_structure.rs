//! `BODY` and `BODYSTRUCTURE` (RFC 9051 7.5.2): the tree of a message's parts.

use model::{Disposition, EmailMeta, Encoding, Headers, MESSAGE_PARTS_DEPTH_MAX, Part};

use super::super::TextForm;
use super::Encoder;
use super::header_text::hex;

/// Whether extension data is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extension {
    /// `BODY`: without.
    No,
    /// `BODYSTRUCTURE`: with.
    Yes,
}

impl Encoder<'_> {
    /// `body` of the whole message.
    pub(super) fn body(&mut self, meta: &EmailMeta<'_>, extension: Extension) {
        self.part(meta, 0, extension, MESSAGE_PARTS_DEPTH_MAX);
    }

    /// `body` of `parts[at]` and what it contains; deeper than `depth` levels a placeholder.
    fn part(&mut self, meta: &EmailMeta<'_>, at: usize, extension: Extension, depth: usize) {
        let Some((part, depth)) = meta.parts.get(at).zip(depth.checked_sub(1)) else {
            return self.raw(EMPTY_PART);
        };
        self.out.push(b'(');
        if part.is_multipart() {
            let mut children = meta.children(at).peekable();
            // RFC 9051 9: body-type-mpart has at least one body.
            if children.peek().is_none() {
                self.raw(EMPTY_PART);
            }
            for child in children {
                self.part(meta, child, extension, depth);
            }
            self.out.push(b' ');
            self.string(or(part.subtype, "mixed").as_bytes());
            if extension == Extension::Yes {
                self.out.push(b' ');
                self.parameters(&part.parameters);
                self.extension(part);
            }
        } else {
            self.basic_fields(part);
            if is_message(part) {
                self.message(meta, at, extension, depth);
            } else if or(part.kind, "text").eq_ignore_ascii_case("text") {
                self.out.push(b' ');
                self.number(part.lines);
            }
            if extension == Extension::Yes {
                // body-fld-md5, which nobody computes.
                self.raw(" NIL");
                self.extension(part);
            }
        }
        self.out.push(b')');
    }

    /// `media-basic SP body-fields`.
    fn basic_fields(&mut self, part: &Part<'_>) {
        // RFC 2045 5.2: without a type it is text/plain.
        self.string(or(part.kind, "text").as_bytes());
        self.out.push(b' ');
        self.string(
            or(
                part.subtype,
                if part.kind.is_empty() {
                    "plain"
                } else {
                    "octet-stream"
                },
            )
            .as_bytes(),
        );
        self.out.push(b' ');
        self.parameters(&part.parameters);
        self.out.push(b' ');
        self.nstring(part.id);
        self.out.push(b' ');
        self.header_text(part.description);
        self.out.push(b' ');
        self.string(match part.encoding {
            Encoding::SevenBit => b"7bit",
            Encoding::EightBit => b"8bit",
            Encoding::Binary => b"binary",
            Encoding::Base64 => b"base64",
            Encoding::QuotedPrintable => b"quoted-printable",
            Encoding::Other(name) => name.as_bytes(),
        });
        self.out.push(b' ');
        self.number(part.body_octets());
    }

    /// `SP envelope SP body SP body-fld-lines` of `message/rfc822` and `message/global`.
    fn message(&mut self, meta: &EmailMeta<'_>, at: usize, extension: Extension, depth: usize) {
        self.out.push(b' ');
        match meta.parts.get(at).and_then(|part| part.message.as_deref()) {
            Some(headers) => self.envelope(headers),
            None => self.envelope(&Headers::default()),
        }
        self.out.push(b' ');
        match meta.children(at).next() {
            Some(child) => self.part(meta, child, extension, depth),
            None => self.raw(EMPTY_PART),
        }
        self.out.push(b' ');
        self.number(meta.parts.get(at).map_or(0, |part| part.lines));
    }

    /// `SP body-fld-dsp SP body-fld-lang SP body-fld-loc`.
    fn extension(&mut self, part: &Part<'_>) {
        self.out.push(b' ');
        match &part.disposition {
            None => self.raw("NIL"),
            Some(Disposition { kind, parameters }) => {
                self.out.push(b'(');
                self.string(kind.as_bytes());
                self.out.push(b' ');
                self.parameters(parameters);
                self.out.push(b')');
            }
        }
        self.out.push(b' ');
        match part.languages.as_slice() {
            [] => self.raw("NIL"),
            [language] => self.string(language.as_bytes()),
            languages => self.list(languages, |encoder, language| {
                encoder.string(language.as_bytes())
            }),
        }
        self.out.push(b' ');
        self.nstring(part.location);
    }

    /// `body-fld-param`.
    fn parameters(&mut self, parameters: &[(&str, &str)]) {
        if parameters.is_empty() {
            return self.raw("NIL");
        }
        self.list(parameters, |encoder, (name, value)| {
            encoder.parameter(name, value)
        });
    }

    /// A parameter; in the form of RFC 2231 4 where the client did not ask for UTF-8 and the value is not ASCII.
    fn parameter(&mut self, name: &str, value: &str) {
        if self.form == TextForm::Utf8 || value.is_ascii() {
            self.string(name.as_bytes());
            self.out.push(b' ');
            return self.string(value.as_bytes());
        }
        self.string([name, "*"].concat().as_bytes());
        self.raw(" \"utf-8''");
        for octet in value.bytes() {
            // RFC 2231 7 attribute-char, of which this is a part.
            if octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~') {
                self.out.push(octet);
            } else {
                self.out.push(b'%');
                hex(octet, self.out);
            }
        }
        self.out.push(b'"');
    }
}

/// RFC 9051 9 `media-message`: these two carry an envelope and a body.
fn is_message(part: &Part<'_>) -> bool {
    part.kind.eq_ignore_ascii_case("message")
        && ["rfc822", "global"]
            .iter()
            .any(|subtype| part.subtype.eq_ignore_ascii_case(subtype))
}

fn or<'t>(text: &'t str, otherwise: &'t str) -> &'t str {
    if text.is_empty() { otherwise } else { text }
}

/// Stands where the grammar wants a body and the message has none.
const EMPTY_PART: &str = "(\"text\" \"plain\" NIL NIL NIL \"7bit\" 0 0)";

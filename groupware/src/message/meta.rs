//! The metadata of an email as the model encodes it, shortened until it fits.

use std::borrow::Cow;

use model::{Address, Disposition, EmailMeta, Encoding, Headers, Part};

use super::content::Parameters;
use super::headers::{ADDRESSES_MAX, AddressValue, HeaderValues};
use super::structure::PartValues;
use super::text::has_attachment;

/// How much of the texts is kept.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Octets of one text of the message's own header.
    own_octets_max: usize,
    /// Octets of one text of a part.
    part_octets_max: usize,
    /// Addresses in one field.
    addresses_max: usize,
    /// Parameters of one field of a part, and its languages.
    parameters_max: usize,
}

/// From what nearly all mail fits into to what always fits: in the last step each of 1,000 parts
/// takes at most 115 octets, and the message's own header 12 KiB.
const STEPS: [Limits; 5] = [
    Limits {
        own_octets_max: 4_000,
        part_octets_max: 1_000,
        addresses_max: ADDRESSES_MAX,
        parameters_max: 30,
    },
    Limits {
        own_octets_max: 2_000,
        part_octets_max: 500,
        addresses_max: 200,
        parameters_max: 10,
    },
    Limits {
        own_octets_max: 500,
        part_octets_max: 100,
        addresses_max: 50,
        parameters_max: 5,
    },
    Limits {
        own_octets_max: 200,
        part_octets_max: 40,
        addresses_max: 10,
        parameters_max: 2,
    },
    Limits {
        own_octets_max: 200,
        part_octets_max: 16,
        addresses_max: 3,
        parameters_max: 0,
    },
];

/// Encodes what was found, with as much of its texts as fits into [`META_OCTETS_MAX`].
///
/// [`META_OCTETS_MAX`]: model::META_OCTETS_MAX
pub(crate) fn encode(
    headers: &HeaderValues<'_>,
    preview: &str,
    parts: &[PartValues<'_>],
) -> Vec<u8> {
    let has_attachment = has_attachment(parts);
    STEPS
        .iter()
        .find_map(|limits| {
            let meta = EmailMeta {
                headers: Headers {
                    preview,
                    has_attachment,
                    ..limits.headers(headers, limits.own_octets_max)
                },
                parts: parts.iter().map(|part| limits.part(part)).collect(),
            };
            meta.encode().ok()
        })
        .expect("the last step bounds each text so far that 1,000 parts fit")
}

impl Limits {
    fn headers<'a>(&self, values: &'a HeaderValues<'_>, octets_max: usize) -> Headers<'a> {
        let text =
            |text: &'a Option<Cow<'_, str>>| text.as_deref().map(|text| cut(text, octets_max));
        let addresses = |list: &'a [AddressValue<'_>]| self.addresses(list, octets_max);
        Headers {
            sent_at: values.sent_at,
            date: text(&values.date),
            subject: text(&values.subject),
            from: addresses(&values.from),
            sender: addresses(&values.sender),
            reply_to: addresses(&values.reply_to),
            to: addresses(&values.to),
            cc: addresses(&values.cc),
            bcc: addresses(&values.bcc),
            in_reply_to: text(&values.in_reply_to),
            message_id: text(&values.message_id),
            preview: "",
            has_attachment: false,
        }
    }

    fn addresses<'a>(&self, values: &'a [AddressValue<'_>], octets_max: usize) -> Vec<Address<'a>> {
        let mut in_group = false;
        let mut addresses: Vec<Address<'a>> = values
            .iter()
            .take(self.addresses_max)
            .map(|value| match value {
                AddressValue::Email { name, email } => Address::Email {
                    name: name.as_deref().map(|name| cut(name, octets_max)),
                    email: cut(email, octets_max),
                },
                AddressValue::GroupStart(name) => {
                    in_group = true;
                    Address::GroupStart(cut(name, octets_max))
                }
                AddressValue::GroupEnd => {
                    in_group = false;
                    Address::GroupEnd
                }
            })
            .collect();
        addresses.extend(in_group.then_some(Address::GroupEnd));
        addresses
    }

    fn part<'a>(&self, values: &'a PartValues<'_>) -> Part<'a> {
        let text = |text: &'a str| cut(text, self.part_octets_max);
        let is_last_step = self.parameters_max == 0;
        // What nothing but a list of parts shows goes first.
        let extra =
            |value: &'a Option<Cow<'_, str>>| value.as_deref().filter(|_| !is_last_step).map(text);
        let message = values.message.as_ref().map(|message| {
            if is_last_step {
                Headers::default()
            } else {
                self.headers(message, self.part_octets_max)
            }
        });
        Part {
            descendants: number(values.descendants),
            kind: text(&values.media.kind),
            subtype: text(&values.media.subtype),
            parameters: self.parameters(&values.media.parameters),
            id: extra(&values.id),
            description: extra(&values.description),
            encoding: values
                .encoding
                .map_or(Encoding::SevenBit, |name| encoding(text(name))),
            disposition: values
                .disposition
                .as_ref()
                .map(|(kind, parameters)| Disposition {
                    kind: text(kind),
                    parameters: self.parameters(parameters),
                }),
            languages: values
                .languages
                .iter()
                .take(self.parameters_max)
                .map(|tag| text(tag))
                .collect(),
            location: extra(&values.location),
            header_start: number(values.header_start),
            body_start: number(values.body_start),
            body_end: number(values.body_end),
            lines: number(values.lines),
            message: message.map(Box::new),
        }
    }

    fn parameters<'a>(&self, values: &'a Parameters<'_>) -> Vec<(&'a str, &'a str)> {
        let text = |text: &'a str| cut(text, self.part_octets_max);
        values
            .iter()
            .take(self.parameters_max)
            .map(|(name, value)| (text(name), text(value)))
            .collect()
    }
}

/// RFC 2045 6.1: the names of the encodings, in any letter case.
fn encoding(name: &str) -> Encoding<'_> {
    let known = [
        ("7bit", Encoding::SevenBit),
        ("8bit", Encoding::EightBit),
        ("binary", Encoding::Binary),
        ("base64", Encoding::Base64),
        ("quoted-printable", Encoding::QuotedPrintable),
    ];
    known
        .into_iter()
        .find(|(known, _)| name.eq_ignore_ascii_case(known))
        .map_or(Encoding::Other(name), |(_, encoding)| encoding)
}

fn cut(text: &str, octets_max: usize) -> &str {
    &text[..text.floor_char_boundary(octets_max)]
}

/// Offsets and counts fit, because [`super::parse`] reads no more than `u32::MAX` octets.
fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

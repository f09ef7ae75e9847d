//! What a FETCH asks for: from where it is answered, and one line of it.

use std::borrow::Cow;

use groupware::{EmailRow, View};
use model::{EmailMeta, Headers, NumberSet, Seq};

use super::Target;
use super::content::{self, Content};
use crate::codec::{By, Fetch, FetchEncoder, FetchItem, Rfc822};
use crate::output::{Apart, Output};
use crate::selected::FlagTexts;
use crate::session::Enabled;
use crate::updates::number;
use crate::words::{self, Ids};

/// What must be read to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// The rows of the view.
    Rows,
    /// What was computed at delivery, of it only the header fields.
    Headers,
    /// What was computed at delivery.
    Metas,
    /// The messages.
    Messages,
    /// Both.
    Both,
}

#[derive(Debug)]
pub(super) struct Plan<'f> {
    items: Vec<&'f FetchItem<'f>>,
    changed_since: Option<Seq>,
    pub(super) need: Need,
    pub(super) sets_seen: bool,
    /// UIDs of the messages that this command marked as seen: their flags are told, too.
    pub(super) seen_now: NumberSet,
    /// A part was asked for that is encoded in a way nobody knows.
    pub(super) unknown_encoding: bool,
    mod_seq: bool,
    condstore: bool,
    ids: Ids,
}

/// What was read of a message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Read<'r, 'm> {
    pub(super) headers: Option<&'r Headers<'r>>,
    pub(super) meta: Option<&'r EmailMeta<'r>>,
    pub(super) message: Option<&'m [u8]>,
}

impl<'f> Plan<'f> {
    pub(super) fn new(fetch: &'f Fetch<'f>, enabled: Enabled, ids: Ids) -> Self {
        let mut items: Vec<&FetchItem<'_>> = fetch.items.iter().collect();
        // RFC 9051 6.4.9: with UIDs, the UID is always there.
        if fetch.by == By::Uid && !items.contains(&&FetchItem::Uid) {
            items.insert(0, &FetchItem::Uid);
        }
        // RFC 7162 3.1.4.1: CHANGEDSINCE asks for MODSEQ, too.
        let mod_seq = fetch.changed_since.is_some() && !fetch.items.contains(&FetchItem::ModSeq);
        let need = items
            .iter()
            .fold(Need::Rows, |need, item| with(need, needed(item)));
        Self {
            sets_seen: items.iter().any(|item| sets_seen(item)),
            items,
            changed_since: fetch.changed_since.map(Seq),
            need,
            seen_now: NumberSet::new(),
            unknown_encoding: false,
            mod_seq,
            condstore: enabled.condstore,
            ids,
        }
    }

    /// RFC 7162 3.1.4.1: only what changed after CHANGEDSINCE.
    pub(super) fn wants(&self, row: &EmailRow) -> bool {
        self.changed_since
            .is_none_or(|since| row.changed.is_after(since))
    }

    /// The line of a message of which only the row is needed.
    pub(super) fn rows_line(
        &self,
        out: &mut Output,
        texts: &mut FlagTexts,
        view: &View,
        target: &Target,
    ) {
        let mut encoder = out.encoder();
        let mut line = encoder.fetch(number(target.position));
        for item in &self.items {
            row_item(&mut line, item, self.ids, texts, view, target);
        }
        self.end(line, texts, view, target);
    }

    /// The line of a message with what was read of it; long literals stay apart.
    pub(super) fn line<'m>(
        &mut self,
        out: &mut Output,
        apart: &mut Apart<'m>,
        texts: &mut FlagTexts,
        view: &View,
        target: &Target,
        read: Read<'_, 'm>,
    ) {
        let mut encoder = out.encoder();
        let mut line = encoder.fetch(number(target.position));
        for item in &self.items {
            if row_item(&mut line, item, self.ids, texts, view, target) {
                continue;
            }
            if read_item(&mut line, apart, item, read).is_err() {
                self.unknown_encoding = true;
            }
        }
        self.end(line, texts, view, target);
    }

    /// What comes along without being asked for.
    fn end(&self, mut line: FetchEncoder<'_>, texts: &mut FlagTexts, view: &View, target: &Target) {
        let row = &target.row;
        let seen_now = self.seen_now.contains(row.uid.0);
        // RFC 9051 6.4.5: if reading it changed the flags, they are part of the answer.
        if seen_now && !self.items.contains(&&FetchItem::Flags) {
            line.flag_text(texts.get(row.keywords, view));
        }
        let told = seen_now && self.condstore && !self.items.contains(&&FetchItem::ModSeq);
        if self.mod_seq || told {
            line.mod_seq(words::mod_seq(row.changed));
        }
        line.finish();
    }
}

/// Writes an item that the row tells; false for others.
fn row_item(
    line: &mut FetchEncoder<'_>,
    item: &FetchItem<'_>,
    ids: Ids,
    texts: &mut FlagTexts,
    view: &View,
    target: &Target,
) -> bool {
    let row = &target.row;
    match item {
        FetchItem::Uid => line.uid(row.uid.0),
        FetchItem::Flags => line.flag_text(texts.get(row.keywords, view)),
        FetchItem::InternalDate => line.internal_date(words::internal_date(row.received_at)),
        FetchItem::Rfc822Size => line.size(row.size.into()),
        FetchItem::ModSeq => line.mod_seq(words::mod_seq(row.changed)),
        FetchItem::EmailId => line.email_id(&ids.email(row.email)),
        FetchItem::ThreadId => {
            line.thread_id(Some(&ids.thread(row.thread)));
        }
        _ => return false,
    }
    true
}

/// Writes an item that must be read.
fn read_item<'m>(
    line: &mut FetchEncoder<'_>,
    apart: &mut Apart<'m>,
    item: &FetchItem<'_>,
    read: Read<'_, 'm>,
) -> Result<(), content::UnknownEncoding> {
    let content = Content {
        meta: read.meta,
        message: read.message.unwrap_or_default(),
    };
    let headers = read.headers.or(read.meta.map(|meta| &meta.headers));
    match item {
        FetchItem::Envelope => {
            if let Some(headers) = headers {
                line.envelope(headers);
            }
        }
        FetchItem::Preview { .. } => line.preview(headers.map(|headers| headers.preview)),
        FetchItem::Body => {
            if let Some(meta) = read.meta {
                line.body(meta);
            }
        }
        FetchItem::BodyStructure => {
            if let Some(meta) = read.meta {
                line.body_structure(meta);
            }
        }
        FetchItem::Rfc822 => rfc822(line, apart, Rfc822::Message, Some(content.message)),
        FetchItem::Rfc822Header => rfc822(line, apart, Rfc822::Header, content.header()),
        FetchItem::Rfc822Text => rfc822(line, apart, Rfc822::Text, content.text()),
        FetchItem::Section {
            section, partial, ..
        } => {
            let origin = partial.map(|partial| partial.offset);
            match content.section(section) {
                Some(Cow::Borrowed(octets)) => {
                    let octets = content::cut(octets, *partial);
                    if apart.takes(octets) {
                        let place = line.section_apart(section, origin, octets.len());
                        apart.push(place, octets);
                    } else {
                        line.section(section, origin, Some(octets));
                    }
                }
                Some(Cow::Owned(octets)) => {
                    line.section(section, origin, Some(content::cut(&octets, *partial)));
                }
                None => line.section(section, origin, None),
            }
        }
        FetchItem::Binary { part, partial, .. } => {
            let octets = content.decoded(part);
            let cut = octets
                .as_ref()
                .ok()
                .and_then(|octets| octets.as_deref())
                .map(|octets| content::cut(octets, *partial));
            line.binary(part, partial.map(|partial| partial.offset), cut);
            octets?;
        }
        FetchItem::BinarySize { part } => {
            let octets = content.decoded(part)?.map_or(0, |octets| octets.len());
            line.binary_size(part, u64::try_from(octets).unwrap_or(u64::MAX));
        }
        // The row tells these.
        FetchItem::Uid
        | FetchItem::Flags
        | FetchItem::InternalDate
        | FetchItem::Rfc822Size
        | FetchItem::ModSeq
        | FetchItem::EmailId
        | FetchItem::ThreadId => {}
    }
    Ok(())
}

fn rfc822<'m>(
    line: &mut FetchEncoder<'_>,
    apart: &mut Apart<'m>,
    item: Rfc822,
    octets: Option<&'m [u8]>,
) {
    match octets.filter(|octets| apart.takes(octets)) {
        Some(octets) => apart.push(line.rfc822_apart(item, octets.len()), octets),
        None => line.rfc822(item, octets),
    }
}

fn needed(item: &FetchItem<'_>) -> Need {
    match item {
        FetchItem::Uid
        | FetchItem::Flags
        | FetchItem::InternalDate
        | FetchItem::Rfc822Size
        | FetchItem::ModSeq
        | FetchItem::EmailId
        | FetchItem::ThreadId => Need::Rows,
        FetchItem::Envelope | FetchItem::Preview { .. } => Need::Headers,
        FetchItem::Body | FetchItem::BodyStructure => Need::Metas,
        FetchItem::Rfc822 => Need::Messages,
        FetchItem::Rfc822Header | FetchItem::Rfc822Text => Need::Both,
        FetchItem::Section { section, .. } => {
            if content::needs_structure(section) {
                Need::Both
            } else {
                Need::Messages
            }
        }
        FetchItem::Binary { .. } | FetchItem::BinarySize { .. } => Need::Both,
    }
}

fn with(one: Need, other: Need) -> Need {
    match (one, other) {
        (Need::Rows, need) | (need, Need::Rows) => need,
        (Need::Headers | Need::Metas, Need::Messages | Need::Both)
        | (Need::Messages | Need::Both, Need::Headers | Need::Metas)
        | (Need::Both, Need::Messages | Need::Both)
        | (Need::Messages, Need::Both) => Need::Both,
        (Need::Headers, Need::Headers) => Need::Headers,
        (Need::Metas, Need::Headers | Need::Metas) | (Need::Headers, Need::Metas) => Need::Metas,
        (Need::Messages, Need::Messages) => Need::Messages,
    }
}

/// RFC 9051 6.4.5, RFC 3501 6.4.5, RFC 3516 4.2: what marks a message as seen.
fn sets_seen(item: &FetchItem<'_>) -> bool {
    match item {
        FetchItem::Section { peek, .. } | FetchItem::Binary { peek, .. } => !peek,
        FetchItem::Rfc822 | FetchItem::Rfc822Text => true,
        _ => false,
    }
}

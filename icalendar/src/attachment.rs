//! Attachment: the ATTACH lines of a calendar object that name what the server keeps for it (RFC 8607), told and rewritten.
//!
//! All other lines stay byte for byte as they are.

mod detaching;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use crate::fault::Fault;
use crate::moment::Moment;
use crate::object::CalendarObject;
use crate::writer::Writer;
use crate::zone::Zone;

/// What an ATTACH line says of an attachment that the server keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManagedAttachment<'a> {
    /// The name the server gave it (RFC 8607 4.3).
    pub managed_id: &'a str,
    /// Its media type without parameters.
    pub media_type: Option<&'a str>,
    /// What people call it (RFC 8607 4.2).
    pub file_name: &'a str,
    /// Its size in octets (RFC 8607 4.1).
    pub octets: usize,
    /// Where it is.
    pub url: &'a str,
}

/// What becomes of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttachmentEdit<'a> {
    /// One more.
    Add(ManagedAttachment<'a>),
    /// Another in the place of the one with this managed id.
    Replace {
        /// The one that goes.
        managed_id: &'a str,
        /// The one that comes.
        by: ManagedAttachment<'a>,
    },
    /// The one with this managed id goes.
    Remove {
        /// The one that goes.
        managed_id: &'a str,
    },
}

/// Why the lines were not rewritten.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttachmentFault {
    /// The text is no calendar object.
    #[error(transparent)]
    Text(#[from] Fault),
    /// The object has no component for this occurrence.
    #[error("there is no component for this occurrence")]
    Instance,
    /// None of the components has an attachment with this managed id.
    #[error("there is no attachment with this managed id")]
    ManagedId,
}

impl ManagedAttachment<'_> {
    /// The content line, unfolded. What cannot stand in a parameter is left out.
    fn line(&self) -> String {
        let mut line = String::from("ATTACH");
        parameter(&mut line, "MANAGED-ID", self.managed_id);
        if let Some(media_type) = self.media_type {
            parameter(&mut line, "FMTTYPE", media_type);
        }
        parameter(&mut line, "FILENAME", self.file_name);
        parameter(&mut line, "SIZE", &self.octets.to_string());
        line.push(':');
        line.extend(self.url.chars().filter(|c| !c.is_control()));
        line
    }
}

impl CalendarObject {
    /// The managed ids of all attachments that the server keeps for it.
    #[must_use]
    pub fn managed_ids(&self) -> BTreeSet<&str> {
        self.components()
            .flat_map(|component| component.all("ATTACH"))
            .filter_map(|line| line.parameter("MANAGED-ID"))
            .collect()
    }

    /// What the file is called that has this managed id.
    #[must_use]
    pub fn attachment_name(&self, managed_id: &str) -> Option<String> {
        let mut lines = self
            .components()
            .flat_map(|component| component.all("ATTACH"));
        let line = lines.find(|line| line.parameter("MANAGED-ID") == Some(managed_id))?;
        let written = line.parameter("FILENAME")?;
        let mut plain = String::with_capacity(written.len());
        let mut characters = written.chars().peekable();
        while let Some(character) = characters.next() {
            // RFC 6868 3.1: a caret before anything else stands for itself.
            let meant = match (character, characters.peek()) {
                ('^', Some('^')) => Some('^'),
                ('^', Some('\'')) => Some('"'),
                ('^', Some('n')) => Some(' '),
                _ => None,
            };
            if meant.is_some() {
                characters.next();
            }
            plain.push(meant.unwrap_or(character));
        }
        Some(plain)
    }

    /// The numbers of the components that are meant: those of the occurrences, all where none is named.
    fn meant(&self, instances: &[&str]) -> Result<BTreeSet<usize>, AttachmentFault> {
        let parts = self.parts();
        if instances.is_empty() {
            return Ok(parts.iter().map(|part| part.component).collect());
        }
        let instant = |id: &Moment| (id.is_date(), id.instant(&Zone::UTC));
        let number = |instance: &&str| {
            // RFC 8607 3.3.2: `M` stands for the component without RECURRENCE-ID.
            let wanted = match *instance {
                "M" => None,
                text => Some(Moment::read(text, None).ok_or(AttachmentFault::Instance)?),
            };
            let wanted = wanted.as_ref().map(instant);
            parts
                .iter()
                .find(|part| part.recurrence_id.as_ref().map(instant) == wanted)
                .map(|part| part.component)
                .ok_or(AttachmentFault::Instance)
        };
        instances.iter().map(number).collect()
    }
}

/// The text of a stored object with other ATTACH lines in the components of these occurrences: values of RECURRENCE-ID, `M`
/// for the component of the series; in all components where none is named. An occurrence that has no component of its own gets
/// one where something is added to it (RFC 8607 3.4).
///
/// # Errors
/// See [`AttachmentFault`].
pub fn edit_attachments(
    text: &[u8],
    instances: &[&str],
    edit: &AttachmentEdit<'_>,
) -> Result<Vec<u8>, AttachmentFault> {
    let mut object = CalendarObject::read(text)?;
    let mut text = Cow::Borrowed(text);
    if matches!(edit, AttachmentEdit::Add(_)) {
        for instance in instances {
            if let Some(longer) = detaching::with_component(&text, &object, instance) {
                object = CalendarObject::read(&longer)?;
                text = Cow::Owned(longer);
            }
        }
    }
    let text: &[u8] = &text;
    let meant = object.meant(instances)?;
    let new = match edit {
        AttachmentEdit::Add(new) | AttachmentEdit::Replace { by: new, .. } => {
            written(&new.line(), text)
        }
        AttachmentEdit::Remove { .. } => String::new(),
    };
    let mut edited = Vec::with_capacity(text.len() + new.len() * meant.len());
    let (mut open, mut components) = (Vec::new(), 0);
    let mut added = BTreeSet::new();
    let mut found = matches!(edit, AttachmentEdit::Add(_));
    for raw in lines(text) {
        let raw = &text[raw];
        let line = unfolded(raw);
        let inside = open.last().filter(|number| meant.contains(number)).copied();
        let (begins, ends) = (is_named(&line, b"BEGIN"), is_named(&line, b"END"));
        // RFC 5545 3.6.1: properties stand before the components inside.
        if let (AttachmentEdit::Add(_), Some(number)) = (edit, inside)
            && (begins || ends)
            && added.insert(number)
        {
            edited.extend_from_slice(new.as_bytes());
        }
        if begins {
            open.push(components);
            components += 1;
        } else if ends {
            open.pop();
        }
        let stands = match edit {
            AttachmentEdit::Replace { managed_id, .. } | AttachmentEdit::Remove { managed_id } => {
                inside.is_none() || !is_attachment(&line, managed_id)
            }
            AttachmentEdit::Add(_) => true,
        };
        if stands {
            edited.extend_from_slice(raw);
        } else {
            found = true;
            edited.extend_from_slice(new.as_bytes());
        }
    }
    if found {
        Ok(edited)
    } else {
        Err(AttachmentFault::ManagedId)
    }
}

/// Where the content lines stand, each with what is folded onto it and its end; a blank line belongs to the one before.
fn lines(text: &[u8]) -> Vec<Range<usize>> {
    let mut lines: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    for physical in text.split_inclusive(|byte| *byte == b'\n') {
        let end = start + physical.len();
        let continues = matches!(physical.first(), Some(b' ' | b'\t' | b'\n'))
            || physical.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
        match lines.last_mut() {
            Some(line) if continues => line.end = end,
            _ => lines.push(start..end),
        }
        start = end;
    }
    lines
}

fn unfolded(raw: &[u8]) -> Vec<u8> {
    let raw = raw.strip_prefix(b"\xef\xbb\xbf").unwrap_or(raw);
    let mut line = Vec::with_capacity(raw.len());
    for (number, physical) in raw.split(|byte| *byte == b'\n').enumerate() {
        let mut physical = physical;
        while let Some((b'\r', before)) = physical.split_last() {
            physical = before;
        }
        let folded = usize::from(number > 0 && !physical.is_empty());
        line.extend_from_slice(&physical[folded..]);
    }
    line
}

fn is_named(line: &[u8], name: &[u8]) -> bool {
    line.get(..name.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(name))
        && matches!(line.get(name.len()), Some(b':' | b';'))
}

/// Whether it is the ATTACH line with this managed id.
fn is_attachment(line: &[u8], managed_id: &str) -> bool {
    if !is_named(line, b"ATTACH") {
        return false;
    }
    let text = [b"BEGIN:A\n", line, b"\nEND:A\n"].concat();
    let tree = crate::tree::Tree::read(&text);
    tree.is_ok_and(|tree| {
        let line = tree.root().property("ATTACH");
        line.and_then(|line| line.parameter("MANAGED-ID")) == Some(managed_id)
    })
}

/// The line folded, with the line ends of the text it goes into.
fn written(line: &str, text: &[u8]) -> String {
    let mut writer = Writer::default();
    writer.line(line);
    let folded = writer.finish();
    let first_end = text.iter().position(|byte| *byte == b'\n');
    let bare = first_end.is_some_and(|end| end.checked_sub(1).map(|at| text[at]) != Some(b'\r'));
    if bare {
        folded.replace("\r\n", "\n")
    } else {
        folded
    }
}

/// Appends a parameter. RFC 6868 3.2: what a quoted value cannot hold is written with a caret.
fn parameter(line: &mut String, name: &str, value: &str) {
    line.push(';');
    line.push_str(name);
    line.push('=');
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '+');
    let quoted = !value.chars().all(is_plain) || value.is_empty();
    if quoted {
        line.push('"');
    }
    for character in value.chars() {
        match character {
            '^' => line.push_str("^^"),
            '"' => line.push_str("^'"),
            c if c.is_control() => {}
            c => line.push(c),
        }
    }
    if quoted {
        line.push('"');
    }
}

#[cfg(test)]
mod tests;

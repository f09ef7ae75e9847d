//! Untagged data about the server and its mailboxes: CAPABILITY, LIST, STATUS, FLAGS, EXISTS, NAMESPACE, ID.

use super::super::flag::Flag;
use super::super::list::SpecialUse;
use super::super::mailbox::HIERARCHY_SEPARATOR;
use super::super::status::StatusItem;
use super::Encoder;

/// `mbx-list-flags` (RFC 9051 7.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailboxAttribute {
    /// `\HasChildren`.
    HasChildren,
    /// `\HasNoChildren`.
    HasNoChildren,
    /// `\Marked`.
    Marked,
    /// `\NoInferiors`.
    NoInferiors,
    /// `\NonExistent`.
    NonExistent,
    /// `\Noselect`.
    NoSelect,
    /// `\Remote`.
    Remote,
    /// `\Subscribed`.
    Subscribed,
    /// `\Unmarked`.
    Unmarked,
    /// A special use (RFC 6154 2).
    Use(SpecialUse),
}

/// One line of `LIST` or `LSUB`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListEntry<'a> {
    /// The decoded name; empty in the answer to an empty pattern.
    pub name: &'a str,
    /// What it is.
    pub attributes: &'a [MailboxAttribute],
    /// `CHILDINFO`: the selection options that children match, such as `SUBSCRIBED` (RFC 5258 4); often empty.
    pub child_info: &'a [&'a str],
    /// `OLDNAME`: the decoded name it had, or was asked for with (RFC 9051 6.3.9.7).
    pub old_name: Option<&'a str>,
}

/// A value of `STATUS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusValue<'a> {
    /// A number.
    Number(u64),
    /// An object id, for `MAILBOXID`.
    ObjectId(&'a str),
    /// `NIL`: no limit, for `APPENDLIMIT`.
    Nil,
}

/// The prefixes of `NAMESPACE` (RFC 9051 7.3.5), decoded; an empty list is `NIL`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Namespaces<'a> {
    /// Personal.
    pub personal: &'a [&'a str],
    /// Other users'.
    pub other_users: &'a [&'a str],
    /// Shared.
    pub shared: &'a [&'a str],
}

impl Encoder<'_> {
    /// `CAPABILITY`.
    pub fn capability(&mut self, names: &[&str]) {
        self.raw("* CAPABILITY ");
        self.words(names);
        self.line_end();
    }

    /// `ENABLED` (RFC 5161 3.2); may be empty.
    pub fn enabled(&mut self, names: &[&str]) {
        self.raw("* ENABLED");
        for name in names {
            self.out.push(b' ');
            self.raw(name);
        }
        self.line_end();
    }

    /// `ID` (RFC 2971 3.2); empty is `NIL`.
    pub fn id(&mut self, fields: &[(&str, &str)]) {
        self.raw("* ID ");
        if fields.is_empty() {
            self.raw("NIL");
        } else {
            self.list(fields, |encoder, (name, value)| {
                encoder.string(name.as_bytes());
                encoder.out.push(b' ');
                encoder.string(value.as_bytes());
            });
        }
        self.line_end();
    }

    /// `EXISTS`: how many messages.
    pub fn exists(&mut self, messages: u32) {
        self.counted(messages, " EXISTS");
    }

    /// `RECENT` of IMAP4rev1.
    pub fn recent(&mut self, messages: u32) {
        self.counted(messages, " RECENT");
    }

    /// `EXPUNGE`: the message of this number is gone.
    pub fn expunge(&mut self, number: u32) {
        self.counted(number, " EXPUNGE");
    }

    fn counted(&mut self, number: u32, name: &str) {
        self.raw("* ");
        self.number(number);
        self.raw(name);
        self.line_end();
    }

    /// `FLAGS`: the flags of the selected mailbox.
    pub fn flags<'f>(&mut self, flags: impl IntoIterator<Item = Flag<'f>>) {
        self.raw("* FLAGS ");
        self.flag_list(flags);
        self.line_end();
    }

    /// `LIST`.
    pub fn list_entry(&mut self, entry: &ListEntry<'_>) {
        self.raw("* LIST ");
        self.list_line(entry);
        if !entry.child_info.is_empty() || entry.old_name.is_some() {
            self.raw(" (");
            self.extended_items(entry);
            self.out.push(b')');
        }
        self.line_end();
    }

    /// `LSUB` (RFC 3501 7.2.3).
    pub fn lsub_entry(&mut self, entry: &ListEntry<'_>) {
        self.raw("* LSUB ");
        self.list_line(entry);
        self.line_end();
    }

    fn list_line(&mut self, entry: &ListEntry<'_>) {
        self.list(entry.attributes, |encoder, attribute| {
            encoder.raw(attribute_name(*attribute))
        });
        self.out.push(b' ');
        self.separator();
        self.out.push(b' ');
        self.mailbox(entry.name);
    }

    fn separator(&mut self) {
        self.quoted(HIERARCHY_SEPARATOR.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn extended_items(&mut self, entry: &ListEntry<'_>) {
        if !entry.child_info.is_empty() {
            self.raw("\"CHILDINFO\" ");
            self.list(entry.child_info, |encoder, option| {
                encoder.quoted(option.as_bytes())
            });
        }
        if let Some(name) = entry.old_name {
            if !entry.child_info.is_empty() {
                self.out.push(b' ');
            }
            self.raw("\"OLDNAME\" (");
            self.mailbox(name);
            self.out.push(b')');
        }
    }

    /// `STATUS`.
    pub fn status(&mut self, mailbox: &str, values: &[(StatusItem, StatusValue<'_>)]) {
        self.raw("* STATUS ");
        self.mailbox(mailbox);
        self.out.push(b' ');
        self.list(values, |encoder, (item, value)| {
            encoder.raw(item.name());
            encoder.out.push(b' ');
            match value {
                StatusValue::Number(number) => encoder.number(*number),
                StatusValue::ObjectId(id) => {
                    encoder.out.push(b'(');
                    encoder.raw(id);
                    encoder.out.push(b')');
                }
                StatusValue::Nil => encoder.raw("NIL"),
            }
        });
        self.line_end();
    }

    /// `NAMESPACE`.
    pub fn namespace(&mut self, namespaces: &Namespaces<'_>) {
        self.raw("* NAMESPACE");
        for prefixes in [
            namespaces.personal,
            namespaces.other_users,
            namespaces.shared,
        ] {
            self.out.push(b' ');
            if prefixes.is_empty() {
                self.raw("NIL");
                continue;
            }
            self.out.push(b'(');
            for prefix in prefixes {
                self.out.push(b'(');
                self.namespace_prefix(prefix);
                self.out.push(b' ');
                self.separator();
                self.out.push(b')');
            }
            self.out.push(b')');
        }
        self.line_end();
    }

    /// RFC 9051 9: a prefix is a string, never an atom.
    fn namespace_prefix(&mut self, prefix: &str) {
        let mut wire = Vec::new();
        match self.form {
            super::TextForm::Ascii => super::utf7_encode(prefix, &mut wire),
            super::TextForm::Utf8 => wire.extend_from_slice(prefix.as_bytes()),
        }
        self.string(&wire);
    }
}

fn attribute_name(attribute: MailboxAttribute) -> &'static str {
    match attribute {
        MailboxAttribute::HasChildren => "\\HasChildren",
        MailboxAttribute::HasNoChildren => "\\HasNoChildren",
        MailboxAttribute::Marked => "\\Marked",
        MailboxAttribute::NoInferiors => "\\NoInferiors",
        MailboxAttribute::NonExistent => "\\NonExistent",
        MailboxAttribute::NoSelect => "\\Noselect",
        MailboxAttribute::Remote => "\\Remote",
        MailboxAttribute::Subscribed => "\\Subscribed",
        MailboxAttribute::Unmarked => "\\Unmarked",
        MailboxAttribute::Use(special_use) => special_use.name(),
    }
}

//! Actions: what each takes (RFC 5228 4 and the extensions).

use super::arguments::{Arguments, Tag};
use super::matching::{Accepts, Tags, index};
use super::target::TargetTags;
use super::{Checker, Result};
use crate::fingerprint::Fingerprint;
use crate::grammar::Literal;
use crate::limits::{VACATION_DAYS_DEFAULT, VACATION_DAYS_MAX};
use crate::message::address::{is_sendable, single};
use crate::message::field::is_field_name;
use crate::notify::is_method;
use crate::program::{
    AddHeader, Case, Command, DeleteHeader, Enclose, FlagChange, Index, Modifiers, Notify,
    Redirect, Replace, Vacation,
};
use crate::text::Text;

const DAY_SECONDS: u64 = 86_400;

impl Checker {
    /// RFC 5228 4.3, RFC 5232 5
    pub(super) fn keep(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Command> {
        let mut flags = None;
        while let Some(tag) = arguments.tag()? {
            match tag.name.as_str() {
                "flags" => {
                    self.need("imap4flags", ":flags", tag.at)?;
                    flags = Some(self.texts(arguments.texts("flags")?)?);
                }
                _ => return Err(arguments.unknown(&tag)),
            }
        }
        arguments.end_action()?;
        Ok(Command::Keep { flags })
    }

    /// RFC 5228 4.1
    pub(super) fn file_into(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Command> {
        let mut tags = TargetTags::default();
        let mut copy = false;
        while let Some(tag) = arguments.tag()? {
            if tag.name == "copy" {
                self.need("copy", ":copy", tag.at)?;
                copy = true;
            } else if !tags.take(&tag, &mut arguments, self)? {
                return Err(arguments.unknown(&tag));
            }
        }
        let mailbox = arguments.text("the name of a mailbox")?;
        arguments.end_action()?;
        let target = tags.target(mailbox, copy, self)?;
        Ok(Command::FileInto(Box::new(target)))
    }

    /// RFC 5228 4.2, RFC 3894, RFC 6134 2.4, RFC 6009 5
    pub(super) fn redirect(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Command> {
        let (mut copy, mut is_list) = (false, false);
        let (mut notify, mut ret) = (None, None);
        while let Some(tag) = arguments.tag()? {
            match tag.name.as_str() {
                "copy" => {
                    self.need("copy", ":copy", tag.at)?;
                    copy = true;
                }
                "list" => {
                    self.need("extlists", ":list", tag.at)?;
                    is_list = true;
                }
                "notify" => {
                    self.need("redirect-dsn", ":notify", tag.at)?;
                    notify = Some(self.checked(
                        arguments.text("NEVER, or of SUCCESS, FAILURE and DELAY some")?,
                        |text| notify_value(text).map(|_| ()),
                    )?);
                }
                "ret" => {
                    self.need("redirect-dsn", ":ret", tag.at)?;
                    ret = Some(self.checked(arguments.text("FULL or HDRS")?, |text| {
                        ret_value(text).map(|_| ())
                    })?);
                }
                _ => return Err(arguments.unknown(&tag)),
            }
        }
        let literal = arguments.text("an address")?;
        arguments.end_action()?;
        let address = self.text(literal)?;
        if is_list {
            self.needs_list(address.constant().map(str::to_owned));
        } else if let Some(text) = address.constant()
            && single(text).is_none()
        {
            return Err(literal
                .at
                .error(format!("`{text}` is no address that mail can be sent to")));
        }
        self.needs.redirects = true;
        Ok(Command::Redirect(Box::new(Redirect {
            address,
            copy,
            is_list,
            notify,
            ret,
        })))
    }

    /// A string that is checked at once if it is constant.
    pub(super) fn checked(
        &mut self,
        literal: &Literal,
        check: impl Fn(&str) -> Option<()>,
    ) -> Result<Text> {
        let text = self.text(literal)?;
        match text.constant() {
            Some(constant) if check(constant).is_none() => Err(literal
                .at
                .error(format!("`{constant}` is not allowed here"))),
            _ => Ok(text),
        }
    }

    /// RFC 5429 2
    pub(super) fn reject(
        &mut self,
        mut arguments: Arguments<'_, '_>,
        at_protocol: bool,
    ) -> Result<Command> {
        let reason = self.text(arguments.text("the reason")?)?;
        arguments.end_action()?;
        Ok(Command::Reject {
            reason,
            at_protocol,
        })
    }

    /// RFC 5230 4, RFC 6131, RFC 8580
    pub(super) fn vacation(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Command> {
        let mut seconds = None;
        let (mut subject, mut from, mut handle, mut fcc) = (None, None, None, None);
        let mut addresses: &[Literal] = &[];
        let mut mime = false;
        let mut target = TargetTags::default();
        while let Some(tag) = arguments.tag()? {
            match tag.name.as_str() {
                "days" => {
                    // RFC 5230 4.1: what is too little or too much becomes the nearest that is allowed.
                    let days = arguments
                        .number("how many days")?
                        .clamp(1, VACATION_DAYS_MAX);
                    self.period(&mut seconds, days * DAY_SECONDS, &tag)?;
                }
                "seconds" => {
                    self.need("vacation-seconds", ":seconds", tag.at)?;
                    let given = arguments.number("how many seconds")?;
                    self.period(
                        &mut seconds,
                        given.min(VACATION_DAYS_MAX * DAY_SECONDS),
                        &tag,
                    )?;
                }
                "subject" => subject = Some(arguments.text("a subject")?),
                "from" => from = Some(arguments.text("an address")?),
                "handle" => handle = Some(arguments.text("a name for the reply")?),
                "addresses" => addresses = arguments.texts("addresses of yours")?,
                "mime" => mime = true,
                "fcc" => {
                    self.need("fcc", ":fcc", tag.at)?;
                    fcc = Some(arguments.text("the name of a mailbox")?);
                }
                _ if target.take(&tag, &mut arguments, self)? => {}
                _ => return Err(arguments.unknown(&tag)),
            }
        }
        let reason = arguments.text("the text of the reply")?;
        arguments.end_action()?;
        // RFC 5230 4.2: variables are not filled in for this, so that one reply stays one whatever it says.
        let text = |literal: Option<&Literal>| literal.map(|literal| literal.text.clone());
        let fingerprint = match handle {
            Some(handle) => Fingerprint::of("vacation handle", &[Some(&handle.text)]),
            None => Fingerprint::of(
                "vacation",
                &[
                    text(subject).as_deref(),
                    text(from).as_deref(),
                    mime.then_some("mime"),
                    Some(&reason.text),
                ],
            ),
        };
        self.needs.vacation = true;
        Ok(Command::Vacation(Box::new(Vacation {
            fingerprint,
            seconds: seconds.unwrap_or(VACATION_DAYS_DEFAULT * DAY_SECONDS),
            subject: subject.map(|subject| self.text(subject)).transpose()?,
            from: from.map(|from| self.author(from)).transpose()?,
            addresses: self.texts(addresses)?,
            mime,
            reason: self.text(reason)?,
            fcc: target.fcc(fcc, self)?,
        })))
    }

    /// RFC 6131 2: `:days` or `:seconds`.
    fn period(&self, period: &mut Option<u64>, seconds: u64, tag: &Tag) -> Result<()> {
        if period.replace(seconds).is_some() {
            return Err(tag
                .at
                .error("`vacation` takes `:days` or `:seconds`, not both"));
        }
        Ok(())
    }

    /// RFC 5230 4.3, RFC 5435 3.3: an address, checked at once if it is constant.
    fn author(&mut self, literal: &Literal) -> Result<Text> {
        let text = self.text(literal)?;
        match text.constant() {
            Some(from) if single(from).is_none() => {
                Err(literal.at.error(format!("`{from}` is not one address")))
            }
            _ => Ok(text),
        }
    }

    /// RFC 5435 3, RFC 8580
    pub(super) fn notify(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Command> {
        let (mut from, mut importance, mut message, mut fcc) = (None, None, None, None);
        let mut target = TargetTags::default();
        while let Some(tag) = arguments.tag()? {
            match tag.name.as_str() {
                "from" => from = Some(self.author(arguments.text("an address")?)?),
                "importance" => {
                    let literal = arguments.text("\"1\", \"2\" or \"3\"")?;
                    importance = Some(self.checked(literal, |text| {
                        matches!(text, "1" | "2" | "3").then_some(())
                    })?);
                }
                // RFC 5436 2.5: mail has no options.
                "options" => {
                    let options = arguments.texts("options")?;
                    self.texts(options)?;
                }
                "message" => message = Some(self.text(arguments.text("a message")?)?),
                "fcc" => {
                    self.need("fcc", ":fcc", tag.at)?;
                    fcc = Some(arguments.text("the name of a mailbox")?);
                }
                _ if target.take(&tag, &mut arguments, self)? => {}
                _ => return Err(arguments.unknown(&tag)),
            }
        }
        let literal = arguments.text("a URI such as \"mailto:me@example.org\"")?;
        arguments.end_action()?;
        let method = self.text(literal)?;
        // RFC 5435 3.2: a method that is not there is an error.
        if method.constant().is_some_and(|uri| !is_method(uri)) {
            return Err(literal
                .at
                .error("notifications are sent to a `mailto:` URI with good addresses only"));
        }
        Ok(Command::Notify(Box::new(Notify {
            method,
            from,
            importance,
            message,
            fcc: target.fcc(fcc, self)?,
        })))
    }

    /// RFC 5229 4
    pub(super) fn set(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Command> {
        let mut modifiers = Modifiers::default();
        while let Some(tag) = arguments.tag()? {
            if !self.modifier(&mut modifiers, &tag)? {
                return Err(arguments.unknown(&tag));
            }
        }
        let name = arguments.text("the name of a variable")?;
        let value = self.text(arguments.text("a value")?)?;
        arguments.end_action()?;
        Ok(Command::Set {
            variable: self.assigned(name)?,
            modifiers,
            value,
        })
    }

    /// RFC 5229 4.1: one modifier of each precedence.
    fn modifier(&self, modifiers: &mut Modifiers, tag: &Tag) -> Result<bool> {
        let twice = match tag.name.as_str() {
            "lower" => modifiers.case.replace(Case::Lower).is_some(),
            "upper" => modifiers.case.replace(Case::Upper).is_some(),
            "lowerfirst" => modifiers.first.replace(Case::Lower).is_some(),
            "upperfirst" => modifiers.first.replace(Case::Upper).is_some(),
            "quotewildcard" => std::mem::replace(&mut modifiers.quote_wildcard, true),
            "length" => std::mem::replace(&mut modifiers.length, true),
            "encodeurl" => {
                self.need("enotify", ":encodeurl", tag.at)?;
                std::mem::replace(&mut modifiers.encode_url, true)
            }
            _ => return Ok(false),
        };
        if twice {
            return Err(tag.at.error(format!(
                "`:{}` does not go with a modifier before it",
                tag.name
            )));
        }
        Ok(true)
    }

    /// RFC 5232 3
    pub(super) fn change_flags(
        &mut self,
        mut arguments: Arguments<'_, '_>,
        name: &str,
    ) -> Result<Command> {
        let variable = if arguments.left() == 2 {
            self.need("variables", "a variable of flags", arguments.at())?;
            Some(self.assigned(arguments.text("the name of a variable")?)?)
        } else {
            None
        };
        let flags = self.texts(arguments.texts("flags")?)?;
        arguments.end_action()?;
        let change = match name {
            "setflag" => FlagChange::Set,
            "addflag" => FlagChange::Add,
            _ => FlagChange::Remove,
        };
        Ok(Command::Flags {
            change,
            variable,
            flags,
        })
    }

    /// RFC 5293 4
    pub(super) fn add_header(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Command> {
        let mut last = false;
        while let Some(tag) = arguments.tag()? {
            match tag.name.as_str() {
                "last" => last = true,
                _ => return Err(arguments.unknown(&tag)),
            }
        }
        let name = self.field_name(arguments.text("the name of a header field")?)?;
        let value = self.text(arguments.text("the value of the header field")?)?;
        arguments.end_action()?;
        Ok(Command::AddHeader(Box::new(AddHeader {
            last,
            name,
            value,
        })))
    }

    /// RFC 5293 5
    pub(super) fn delete_header(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Command> {
        let mut tags = Tags::default();
        let (mut number, mut last) = (None, None);
        while let Some(tag) = arguments.tag()? {
            match tag.name.as_str() {
                "index" => number = Some(index(&mut arguments, &tag)?),
                "last" => last = Some(tag.at),
                _ if tags.take(&tag, &mut arguments, Accepts::MatchOnly, self)? => {}
                _ => return Err(arguments.unknown(&tag)),
            }
        }
        let index = match (number, last) {
            (None, Some(at)) => return Err(at.error("`:last` stands with `:index` only")),
            (number, last) => number.map(|number| Index {
                number,
                last: last.is_some(),
            }),
        };
        let name = self.field_name(arguments.text("the name of a header field")?)?;
        let matching = tags.matching(false)?;
        let patterns = match arguments.left() {
            0 => None,
            _ => Some(self.keys(arguments.texts("values")?, matching)?),
        };
        arguments.end_action()?;
        Ok(Command::DeleteHeader(Box::new(DeleteHeader {
            index,
            matching,
            name,
            patterns,
        })))
    }

    /// RFC 5293 4: a bad name is an error, here if it is constant.
    fn field_name(&mut self, literal: &Literal) -> Result<Text> {
        let name = self.text(literal)?;
        match name.constant() {
            Some(constant) if !is_field_name(constant) => Err(literal
                .at
                .error(format!("`{constant}` is no name of a header field"))),
            _ => Ok(name),
        }
    }

    /// RFC 5703 5
    pub(super) fn replace(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Command> {
        let mut mime = None;
        let (mut subject, mut from) = (None, None);
        while let Some(tag) = arguments.tag()? {
            match tag.name.as_str() {
                "mime" => mime = Some(tag.at),
                "subject" => subject = Some(self.text(arguments.text("a subject")?)?),
                "from" => from = Some(self.author(arguments.text("an address")?)?),
                _ => return Err(arguments.unknown(&tag)),
            }
        }
        if let (Some(at), true) = (mime, subject.is_some() || from.is_some()) {
            return Err(at.error("`:mime` does not go with `:subject` and `:from`"));
        }
        let text = self.text(arguments.text("what stands there instead")?)?;
        arguments.end_action()?;
        Ok(Command::Replace(Box::new(Replace {
            mime: mime.is_some(),
            subject,
            from,
            text,
        })))
    }

    /// RFC 5703 6
    pub(super) fn enclose(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Command> {
        let mut subject = None;
        let mut headers = Box::default();
        while let Some(tag) = arguments.tag()? {
            match tag.name.as_str() {
                "subject" => subject = Some(self.text(arguments.text("a subject")?)?),
                "headers" => headers = self.texts(arguments.texts("names of header fields")?)?,
                _ => return Err(arguments.unknown(&tag)),
            }
        }
        let text = self.text(arguments.text("a text")?)?;
        arguments.end_action()?;
        Ok(Command::Enclose(Box::new(Enclose {
            subject,
            headers,
            text,
        })))
    }

    /// RFC 5703 7
    pub(super) fn extract_text(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Command> {
        let at = arguments.at();
        self.need("variables", "extracttext", at)?;
        if self.loops.is_empty() {
            return Err(at.error("`extracttext` stands within `foreverypart`"));
        }
        let mut modifiers = Modifiers::default();
        let mut first = None;
        while let Some(tag) = arguments.tag()? {
            if tag.name == "first" {
                let number = arguments.number("how many characters")?;
                first = Some(usize::try_from(number).unwrap_or(usize::MAX));
            } else if !self.modifier(&mut modifiers, &tag)? {
                return Err(arguments.unknown(&tag));
            }
        }
        let variable = self.assigned(arguments.text("the name of a variable")?)?;
        arguments.end_action()?;
        Ok(Command::ExtractText {
            variable,
            modifiers,
            first,
        })
    }
}

/// RFC 3461 4.1: NEVER, or some of the others; in capitals.
pub(crate) fn notify_value(value: &str) -> Option<String> {
    let value = value.to_ascii_uppercase();
    let is_known = |word: &str| matches!(word, "SUCCESS" | "FAILURE" | "DELAY");
    (value == "NEVER" || value.split(',').all(is_known)).then_some(value)
}

/// RFC 3461 4.3
pub(crate) fn ret_value(value: &str) -> Option<String> {
    let value = value.to_ascii_uppercase();
    matches!(value.as_str(), "FULL" | "HDRS").then_some(value)
}

/// The address that a script names, without brackets and display name.
pub(crate) fn address_value(value: &str) -> Option<String> {
    if is_sendable(value) {
        Some(value.to_owned())
    } else {
        single(value)
    }
}

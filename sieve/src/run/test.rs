//! Tests over a message (RFC 5228 5 and the extensions).

use std::borrow::Cow;

use super::matcher::{Matcher, Value};
use super::{Frame, Machine, Result, halt};
use crate::fingerprint::Fingerprint;
use crate::flags;
use crate::input::Event;
use crate::limits::{RAW_BODY_OCTETS_MAX, REMEMBERED_MAX};
use crate::message::address::Mailbox;
use crate::message::field::{FieldView, Header as MessageHeader};
use crate::message::part::PartText;
use crate::notify::is_method;
use crate::program::{
    Address, Aspect, Children, Duplicate, DuplicateSource, Envelope, Header, Index, Key, MatchKind,
    Matching, Test, Transform,
};
use crate::text::{Text, Variable};

/// Octets that looking at one field's name stands for.
const FIELD_OCTETS: usize = 16;

impl Machine<'_> {
    pub(super) fn test(&self, frame: &mut Frame<'_>, test: &Test) -> Result<bool> {
        self.step(0)?;
        match test {
            Test::Is(value) => Ok(*value),
            Test::Not(inner) => Ok(!self.test(frame, inner)?),
            // RFC 5228 5.2, 5.3: what follows a decision is not looked at.
            Test::AllOf(tests) => {
                for test in tests {
                    if !self.test(frame, test)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Test::AnyOf(tests) => {
                for test in tests {
                    if self.test(frame, test)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Test::Header(header) => self.header(frame, header),
            Test::Address(address) => self.address(frame, address),
            Test::Envelope(envelope) => self.envelope(frame, envelope),
            Test::Exists { names, mime } => self.exists(frame, names, *mime),
            // RFC 5228 5.9: neither is true of a message of just this size.
            Test::Size { over, octets } => {
                let size = match self.message.inner_part(frame.root) {
                    Some(part) => part.whole().len(),
                    None => self.message.size(),
                } as u64;
                Ok(if *over {
                    size > *octets
                } else {
                    size < *octets
                })
            }
            Test::String {
                matching,
                sources,
                keys,
            } => self.string(frame, *matching, sources, keys),
            Test::HasFlag {
                matching,
                variables,
                keys,
            } => self.has_flag(frame, *matching, variables.as_deref(), keys),
            Test::Body {
                matching,
                transform,
                keys,
            } => self.body(frame, *matching, transform, keys),
            Test::Date(date) => self.date(frame, date),
            Test::Environment {
                matching,
                item,
                keys,
            } => self.environment(frame, *matching, item, keys),
            Test::Spam {
                matching,
                percent,
                keys,
            } => {
                let value = self.spam_value(*percent);
                // RFC 5235 3.1: what nobody looked at counts nothing.
                let counted = self.input.spam.is_some() || !counts(*matching);
                let values = counted.then_some(value.as_str());
                Matcher::new(self, frame, *matching, keys).any(values, frame)
            }
            Test::Virus { matching, keys } => {
                // RFC 5235 3.3: 0 for what nobody looked at; 3.1: which counts nothing.
                let value = self.input.virus.unwrap_or(0).min(5).to_string();
                let counted = self.input.virus.is_some() || !counts(*matching);
                let values = counted.then_some(value.as_str());
                Matcher::new(self, frame, *matching, keys).any(values, frame)
            }
            Test::Duplicate(duplicate) => self.duplicate(frame, duplicate),
            Test::MailboxExists(names) => {
                self.all(frame, names, |name| self.surroundings.mailbox_exists(name))
            }
            Test::MailboxIdExists(ids) => {
                self.all(frame, ids, |id| self.surroundings.mailbox_id_exists(id))
            }
            Test::SpecialUseExists { mailbox, uses } => {
                let mailbox = mailbox.as_ref().map(|mailbox| self.text(frame, mailbox));
                self.all(frame, uses, |attribute| {
                    self.surroundings
                        .special_use_exists(attribute, mailbox.as_deref())
                })
            }
            Test::ValidExtList(names) => {
                self.all(frame, names, |name| self.surroundings.list_exists(name))
            }
            Test::ValidNotifyMethod(uris) => self.all(frame, uris, is_method),
            Test::NotifyMethodCapability {
                matching,
                uri,
                capability,
                keys,
            } => {
                // RFC 5435 5, RFC 5436 2.2: of mail nobody knows whether it is read at once.
                let is_known = self.text(frame, capability).eq_ignore_ascii_case("online");
                if !is_known || !is_method(&self.text(frame, uri)) {
                    return Ok(false);
                }
                Matcher::new(self, frame, *matching, keys).any(["maybe"], frame)
            }
        }
    }

    fn all(&self, frame: &Frame<'_>, texts: &[Text], holds: impl Fn(&str) -> bool) -> Result<bool> {
        for text in texts {
            self.step(0)?;
            if !holds(&self.text(frame, text)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The parts whose headers a test looks at (RFC 5703 4.1).
    fn headers(&self, frame: &Frame<'_>, mime: Option<Children>) -> Result<Vec<MessageHeader<'_>>> {
        let part = match mime {
            None => return Ok(vec![self.message.header(frame.root)]),
            Some(_) => frame.current_part(),
        };
        let last = match mime {
            Some(Children::All) => {
                part + self
                    .message
                    .parts()
                    .get(part)
                    .map_or(0, |part| part.descendants())
            }
            _ => part,
        };
        self.step((last - part) * 64)?;
        Ok((part..=last)
            .map(|part| self.message.header(part))
            .collect())
    }

    /// The fields of some names, or the one that `:index` means.
    ///
    /// RFC 5260 6: all fields of the names are counted, those of the first name first.
    pub(super) fn fields<'m>(
        &self,
        frame: &Frame<'_>,
        section: MessageHeader<'m>,
        names: &[Text],
        index: Option<Index>,
    ) -> Result<Vec<FieldView<'m>>> {
        let mut fields = Vec::new();
        for name in names {
            self.step(section.len() * FIELD_OCTETS)?;
            fields.extend(section.named(&self.text(frame, name)));
        }
        let Some(Index { number, last }) = index else {
            return Ok(fields);
        };
        let place = if last {
            fields.len().checked_sub(number)
        } else {
            Some(number - 1)
        };
        let field = place.and_then(|place| fields.get(place)).copied();
        Ok(field.into_iter().collect())
    }

    /// RFC 5228 5.7, RFC 5703 4.1
    fn header(&self, frame: &mut Frame<'_>, header: &Header) -> Result<bool> {
        let mut matcher = Matcher::new(self, frame, header.matching, &header.keys);
        for section in self.headers(frame, header.mime)? {
            for field in self.fields(frame, section, &header.names, header.index)? {
                if self.field(frame, field, &header.aspect, &mut matcher)? {
                    return Ok(matcher.finish(true, frame));
                }
            }
        }
        Ok(matcher.finish(false, frame))
    }

    /// What of a field is asked for, given to the matcher.
    fn field(
        &self,
        frame: &Frame<'_>,
        field: FieldView<'_>,
        aspect: &Aspect,
        matcher: &mut Matcher<'_, '_>,
    ) -> Result<bool> {
        if let Aspect::Whole = aspect {
            return matcher.value(Value {
                text: field.text(),
                upper: Some(field.upper()),
            });
        }
        self.step(field.raw().len())?;
        let is_type = field.is_named("content-type");
        let parsed = field.content_type();
        if let Aspect::Parameter(names) = aspect {
            let Some(parsed) = parsed else {
                return Ok(false);
            };
            for name in self.texts(frame, names) {
                for attribute in parsed.attributes.iter().flatten() {
                    if attribute.name.eq_ignore_ascii_case(&name)
                        && matcher.value(&*attribute.value)?
                    {
                        return Ok(true);
                    }
                }
            }
            return Ok(false);
        }
        // RFC 5703 4.1: fields other than these two have a blank type.
        let parsed = parsed.filter(|_| is_type || field.is_named("content-disposition"));
        let kind = parsed.as_ref().map_or("", |parsed| &*parsed.c_type);
        let subtype = parsed
            .as_ref()
            .and_then(|parsed| parsed.c_subtype.as_deref())
            .unwrap_or_default();
        let value = match aspect {
            Aspect::Subtype if is_type => Cow::Borrowed(subtype),
            Aspect::Subtype => Cow::Borrowed(""),
            Aspect::ContentType if is_type && parsed.is_some() => {
                Cow::Owned(format!("{kind}/{subtype}"))
            }
            Aspect::Type | Aspect::ContentType | Aspect::Whole | Aspect::Parameter(_) => {
                Cow::Borrowed(kind)
            }
        };
        matcher.value(&*value)
    }

    /// RFC 5228 5.1, RFC 5703 4.2
    fn address(&self, frame: &mut Frame<'_>, address: &Address) -> Result<bool> {
        let separators = self.input.subaddress_separators;
        let mut matcher = Matcher::new(self, frame, address.matching, &address.keys);
        for section in self.headers(frame, address.mime)? {
            for field in self.fields(frame, section, &address.names, address.index)? {
                for mailbox in field.addresses() {
                    // RFC 5233 4: an address without a detail has none to match.
                    if let Some(part) = mailbox.part(address.part, separators)
                        && matcher.value(part)?
                    {
                        return Ok(matcher.finish(true, frame));
                    }
                }
            }
        }
        Ok(matcher.finish(false, frame))
    }

    /// RFC 5228 5.4
    fn envelope(&self, frame: &mut Frame<'_>, envelope: &Envelope) -> Result<bool> {
        if !self.is_delivery() {
            // RFC 6785 4.6
            return halt("there is no envelope at an event of IMAP");
        }
        let mut matcher = Matcher::new(self, frame, envelope.matching, &envelope.keys);
        for field in &envelope.fields {
            let field = self.text(frame, field);
            let value = match field.to_ascii_lowercase().as_str() {
                "from" => self.input.reverse_path,
                "to" => self
                    .input
                    .original_recipient
                    .unwrap_or(self.input.recipient),
                "auth" => match self.input.authenticated_user {
                    Some(user) => user,
                    None => continue,
                },
                other => return halt(format!("the envelope has no `{other}`")),
            };
            // RFC 5231 4.2: the null reverse path counts nothing.
            if value.is_empty() && counts(envelope.matching) {
                continue;
            }
            let mailbox = Mailbox::new(value);
            // RFC 5228 5.4: of the null reverse path each part is empty.
            let part = if value.is_empty() {
                Some(value)
            } else {
                mailbox.part(envelope.part, self.input.subaddress_separators)
            };
            if let Some(part) = part
                && matcher.value(part)?
            {
                return Ok(matcher.finish(true, frame));
            }
        }
        Ok(matcher.finish(false, frame))
    }

    /// RFC 5228 5.5: all of them.
    fn exists(&self, frame: &Frame<'_>, names: &[Text], mime: Option<Children>) -> Result<bool> {
        let headers = self.headers(frame, mime)?;
        let fields: usize = headers.iter().map(|header| header.len()).sum();
        self.step(names.len().saturating_mul(fields * FIELD_OCTETS))?;
        self.all(frame, names, |name| {
            headers.iter().any(|header| header.first(name).is_some())
        })
    }

    /// RFC 5229 5: with `:count`, strings that are not empty are counted.
    fn string(
        &self,
        frame: &mut Frame<'_>,
        matching: Matching,
        sources: &[Text],
        keys: &[Key],
    ) -> Result<bool> {
        let sources = self.texts(frame, sources);
        let values = sources
            .iter()
            .map(|source| &**source)
            .filter(|source| !counts(matching) || !source.is_empty());
        Matcher::new(self, frame, matching, keys).any(values, frame)
    }

    /// RFC 5232 4: the flags one by one.
    fn has_flag(
        &self,
        frame: &mut Frame<'_>,
        matching: Matching,
        variables: Option<&[Variable]>,
        keys: &[Key],
    ) -> Result<bool> {
        let mut values = Vec::new();
        match variables {
            None => values.clone_from(&self.flags),
            Some(variables) => {
                for variable in variables {
                    let mut of_variable = Vec::new();
                    flags::add(&mut of_variable, self.value(frame, *variable));
                    values.extend(of_variable);
                }
            }
        }
        let values = values.iter().map(String::as_str);
        if !matches!(matching.kind, MatchKind::Is | MatchKind::Contains) {
            return Matcher::new(self, frame, matching, keys).any(values, frame);
        }
        // RFC 5232 2: a key with spaces is as many flags.
        let words: Vec<Key> = keys
            .iter()
            .flat_map(|key| {
                let text = self.text(frame, &key.text);
                let words: Vec<Text> = text
                    .split(' ')
                    .filter(|word| !word.is_empty())
                    .map(Text::plain)
                    .collect();
                words.into_iter().map(|text| Key {
                    text,
                    pattern: None,
                })
            })
            .collect();
        Matcher::new(self, frame, matching, &words).any(values, frame)
    }

    /// RFC 5173 5
    fn body(
        &self,
        frame: &mut Frame<'_>,
        matching: Matching,
        transform: &Transform,
        keys: &[Key],
    ) -> Result<bool> {
        let mut matcher = Matcher::new(self, frame, matching, keys);
        if let Transform::Raw = transform {
            let octets = match frame.root {
                0 => self.message.raw_top_body(),
                root => self.message.raw_body(root),
            };
            let octets = &octets[..octets.len().min(RAW_BODY_OCTETS_MAX)];
            self.step(octets.len())?;
            let matched = matcher.value(&*String::from_utf8_lossy(octets))?;
            return Ok(matcher.finish(matched, frame));
        }
        let parts = self.message.parts();
        let last = frame.root + parts.get(frame.root).map_or(0, |part| part.descendants());
        let wanted = match transform {
            Transform::Content(types) => self.texts(frame, types),
            Transform::Raw | Transform::Text => Vec::new(),
        };
        for part in parts.get(frame.root..=last).unwrap_or_default() {
            self.step(part.body().len())?;
            match transform {
                Transform::Content(_) => {
                    if !wanted.iter().any(|wanted| is_wanted(part.media(), wanted)) {
                        continue;
                    }
                    for piece in self.message.pieces(part) {
                        if matcher.value(&*piece)? {
                            return Ok(matcher.finish(true, frame));
                        }
                    }
                }
                Transform::Text | Transform::Raw if part.is_text() => {
                    let upper = matcher.wants_capitals().then(|| self.message.upper(part));
                    let value = Value {
                        text: &self.message.content(part, PartText::Plain),
                        upper: upper.as_deref(),
                    };
                    if matcher.value(value)? {
                        return Ok(matcher.finish(true, frame));
                    }
                }
                Transform::Text | Transform::Raw => {}
            }
        }
        Ok(matcher.finish(false, frame))
    }

    /// RFC 5183 4.1, RFC 6785 4: an item that is not known matches nothing.
    fn environment(
        &self,
        frame: &mut Frame<'_>,
        matching: Matching,
        item: &Text,
        keys: &[Key],
    ) -> Result<bool> {
        let item = self.text(frame, item).to_ascii_lowercase();
        let given = self.input.environment;
        let of_delivery = |delivery: &'static str, otherwise: &'static str| {
            if self.is_delivery() {
                delivery
            } else {
                otherwise
            }
        };
        let mut changed = String::new();
        let (mut cause, mut mailbox, mut user, mut address) = ("", "", "", "");
        if let Event::Imap {
            cause: by,
            mailbox: within,
            user: who,
            address: whose,
            changed_flags,
        } = self.input.event
        {
            (cause, mailbox, user, address) = (by.name(), within, who, whose);
            changed = changed_flags.join(" ");
        }
        let value = match item.as_str() {
            "domain" => given.domain,
            "host" => given.host,
            "location" => Some(given.location.unwrap_or_else(|| of_delivery("MDA", "MS"))),
            "phase" => Some(given.phase.unwrap_or_else(|| of_delivery("during", "post"))),
            "name" => Some("Wachpost"),
            "version" => Some(env!("CARGO_PKG_VERSION")),
            "remote-host" => Some(given.remote_host.unwrap_or_default()),
            "remote-ip" => given.remote_ip,
            "imap.cause" => Some(cause),
            "imap.mailbox" => Some(mailbox),
            "imap.user" => Some(user),
            "imap.email" => Some(address),
            "imap.changedflags" => Some(changed.as_str()),
            _ => None,
        };
        // RFC 5183 4: an empty item counts nothing.
        let value = value.filter(|value| !counts(matching) || !value.is_empty());
        Matcher::new(self, frame, matching, keys).any(value, frame)
    }

    /// RFC 5235 3.2: 0 if nobody looked; otherwise 1 (surely not) to 10 (surely), or 0 to 100 per cent.
    fn spam_value(&self, percent: bool) -> String {
        match self.input.spam.map(|spam| u32::from(spam.min(100))) {
            None => "0".to_owned(),
            Some(spam) if percent => spam.to_string(),
            Some(spam) => (1 + (spam * 9 + 50) / 100).to_string(),
        }
    }

    /// RFC 7352 3
    fn duplicate(&self, frame: &Frame<'_>, duplicate: &Duplicate) -> Result<bool> {
        if !self.is_delivery() {
            // RFC 7352 3.4
            return halt("`duplicate` is for deliveries, and this is an event of IMAP");
        }
        let id = match &duplicate.source {
            // RFC 7352 3.1: the first field of the name; without one nothing is a duplicate.
            DuplicateSource::Header(name) => {
                let name = self.text(frame, name);
                match self.message.header(frame.root).first(&name) {
                    Some(field) => Cow::Borrowed(field.text()),
                    None => return Ok(false),
                }
            }
            DuplicateSource::UniqueId(id) => self.text(frame, id),
        };
        if duplicate.seconds == 0 {
            // RFC 7352 3.3
            return Ok(false);
        }
        let handle = duplicate
            .handle
            .as_ref()
            .map(|handle| self.text(frame, handle));
        let fingerprint = Fingerprint::of("duplicate", &[handle.as_deref(), Some(&id)]);
        let is_seen = self.surroundings.seen_before(&fingerprint);
        // RFC 7352 3.3: with `:last` the time runs from the last message, otherwise from the first.
        if !is_seen || duplicate.last {
            let mut remembered = self.remembered.borrow_mut();
            remembered.retain(|(known, _)| *known != fingerprint);
            if remembered.len() >= REMEMBERED_MAX {
                return halt("`duplicate` remembers too many ids");
            }
            remembered.push((fingerprint, duplicate.seconds));
        }
        Ok(is_seen)
    }
}

/// Whether a test counts values.
fn counts(matching: Matching) -> bool {
    matches!(matching.kind, MatchKind::Count(_))
}

/// RFC 5173 5.2: a whole media type, a type, or all.
fn is_wanted(media: &str, wanted: &str) -> bool {
    let (kind, _) = media.split_once('/').unwrap_or((media, ""));
    if wanted.contains('/') {
        media.eq_ignore_ascii_case(wanted)
    } else {
        wanted.is_empty() || kind.eq_ignore_ascii_case(wanted)
    }
}

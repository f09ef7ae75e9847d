//! Tests: what each takes (RFC 5228 5 and the extensions).

use super::arguments::Arguments;
use super::matching::{Accepts, Tags};
use super::{Checker, Result};
use crate::capability::CapabilitySet;
use crate::grammar::{Literal, Node};
use crate::limits::{DUPLICATE_SECONDS_DEFAULT, DUPLICATE_SECONDS_MAX};
use crate::moment::offset_minutes;
use crate::program::{
    Address, Date, Duplicate, DuplicateSource, Envelope, Header, Test, Transform, Zone,
};
use crate::text::{Text, Variable, is_identifier};

/// What a test comes to whatever the message is; none if that cannot be said.
pub(super) fn constant_value(test: &Test) -> Option<bool> {
    match test {
        Test::Is(value) => Some(*value),
        Test::Not(inner) => constant_value(inner).map(|value| !value),
        Test::AllOf(tests) => {
            let mut values = tests.iter().map(constant_value);
            if values.clone().any(|value| value == Some(false)) {
                return Some(false);
            }
            values.all(|value| value == Some(true)).then_some(true)
        }
        Test::AnyOf(tests) => {
            let mut values = tests.iter().map(constant_value);
            if values.clone().any(|value| value == Some(true)) {
                return Some(true);
            }
            values.all(|value| value == Some(false)).then_some(false)
        }
        _ => None,
    }
}

impl Checker {
    /// One test.
    pub(super) fn test(&mut self, node: &Node<'_>) -> Result<Test> {
        let at = node.at;
        let name = node.name.to_ascii_lowercase();
        let arguments = Arguments::new(node);
        if node.block.is_some() {
            return Err(at.error(format!("`{name}` takes no block")));
        }
        let capability = match name.as_str() {
            "envelope" => "envelope",
            "string" => "variables",
            "hasflag" => "imap4flags",
            "body" => "body",
            "date" | "currentdate" => "date",
            "environment" => "environment",
            "spamtest" => "spamtest",
            "virustest" => "virustest",
            "duplicate" => "duplicate",
            "mailboxexists" => "mailbox",
            "mailboxidexists" => "mailboxid",
            "specialuse_exists" => "special-use",
            "valid_ext_list" => "extlists",
            "valid_notify_method" | "notify_method_capability" => "enotify",
            "ihave" => "ihave",
            _ => "",
        };
        if !capability.is_empty() {
            self.need(capability, &name, at)?;
        }
        match name.as_str() {
            "true" | "false" => {
                arguments.end()?;
                Ok(Test::Is(name == "true"))
            }
            "not" => Ok(Test::Not(Box::new(self.test(arguments.one_test()?)?))),
            "allof" => Ok(Test::AllOf(self.tests(arguments.many_tests()?, false)?)),
            "anyof" => Ok(Test::AnyOf(self.tests(arguments.many_tests()?, true)?)),
            "header" => self.header(arguments),
            "address" => self.address(arguments),
            "envelope" => self.envelope(arguments),
            "exists" => self.exists(arguments),
            "size" => self.size(arguments),
            "string" => self.string(arguments),
            "hasflag" => self.has_flag(arguments),
            "body" => self.body(arguments),
            "date" | "currentdate" => self.date(arguments, name == "date"),
            "environment" => self.environment(arguments),
            "spamtest" => self.spam_test(arguments),
            "virustest" => self.virus_test(arguments),
            "duplicate" => self.duplicate(arguments),
            "mailboxexists" => {
                let names = self.one_list(arguments, "names of mailboxes")?;
                for name in &names {
                    self.needs_mailbox(name.constant());
                }
                Ok(Test::MailboxExists(names))
            }
            "mailboxidexists" => Ok(Test::MailboxIdExists(
                self.one_list(arguments, "ids of mailboxes")?,
            )),
            "specialuse_exists" => self.special_use_exists(arguments),
            "valid_ext_list" => {
                let names = self.one_list(arguments, "names of lists")?;
                for name in &names {
                    self.needs_list(name.constant().map(str::to_owned));
                }
                Ok(Test::ValidExtList(names))
            }
            "valid_notify_method" => Ok(Test::ValidNotifyMethod(self.one_list(arguments, "URIs")?)),
            "notify_method_capability" => self.notify_method_capability(arguments),
            "ihave" => self.ihave(arguments),
            _ => Err(at.error(format!("there is no test `{}`", node.name))),
        }
    }

    /// RFC 5463 4: what stands behind a decisive `ihave` is not looked at, and may be unknown here.
    fn tests(&mut self, nodes: &[Node<'_>], decisive: bool) -> Result<Box<[Test]>> {
        let mut tests = Vec::with_capacity(nodes.len());
        for node in nodes {
            let before = std::mem::replace(&mut self.decided_by_ihave, false);
            let test = self.test(node)?;
            let is_decided = self.decided_by_ihave && constant_value(&test) == Some(decisive);
            self.decided_by_ihave |= before;
            tests.push(test);
            if is_decided {
                break;
            }
        }
        Ok(tests.into())
    }

    fn one_list(&mut self, mut arguments: Arguments<'_, '_>, what: &str) -> Result<Box<[Text]>> {
        let texts = self.texts(arguments.texts(what)?)?;
        arguments.end()?;
        Ok(texts)
    }

    /// Reads tags of which all are the shared ones.
    fn tags(&mut self, arguments: &mut Arguments<'_, '_>, accepts: Accepts) -> Result<Tags> {
        let mut tags = Tags::default();
        while let Some(tag) = arguments.tag()? {
            if !tags.take(&tag, arguments, accepts, self)? {
                return Err(arguments.unknown(&tag));
            }
        }
        Ok(tags)
    }

    /// Whether `:matches` leaves values behind (RFC 5229 3.2).
    fn captures(&self) -> bool {
        self.has("variables")
    }

    /// RFC 5228 5.7, RFC 5703 4.1
    fn header(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Test> {
        let mut tags = self.tags(&mut arguments, Accepts::HeaderTags)?;
        let matching = tags.matching(self.captures())?;
        let (mime, aspect) = tags.mime()?;
        let names = self.texts(arguments.texts("names of header fields")?)?;
        let keys = self.keys(arguments.texts("keys")?, matching)?;
        arguments.end()?;
        Ok(Test::Header(Box::new(Header {
            matching,
            index: tags.index()?,
            mime,
            aspect,
            names,
            keys,
        })))
    }

    /// RFC 5228 5.1, RFC 5703 4.2
    fn address(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Test> {
        let mut tags = self.tags(&mut arguments, Accepts::AddressTags)?;
        let matching = tags.matching(self.captures())?;
        let (mime, _) = tags.mime()?;
        let names = self.texts(arguments.texts("names of header fields")?)?;
        let keys = self.keys(arguments.texts("keys")?, matching)?;
        arguments.end()?;
        Ok(Test::Address(Box::new(Address {
            matching,
            part: tags.address_part(),
            index: tags.index()?,
            mime,
            names,
            keys,
        })))
    }

    /// RFC 5228 5.4: a part of the envelope that is not known is an error.
    fn envelope(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Test> {
        let tags = self.tags(&mut arguments, Accepts::AddressPart)?;
        let matching = tags.matching(self.captures())?;
        let literals = arguments.texts("parts of the envelope")?;
        let fields = self.texts(literals)?;
        for (field, literal) in fields.iter().zip(literals) {
            if let Some(name) = field.constant()
                && !is_envelope_part(name)
            {
                return Err(literal.at.error(format!(
                    "the envelope has no `{name}`: it has \"from\", \"to\" and \"auth\""
                )));
            }
        }
        let keys = self.keys(arguments.texts("keys")?, matching)?;
        arguments.end()?;
        Ok(Test::Envelope(Box::new(Envelope {
            matching,
            part: tags.address_part(),
            fields,
            keys,
        })))
    }

    /// RFC 5228 5.5, RFC 5703 4.3
    fn exists(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Test> {
        let mut tags = Tags::default();
        while let Some(tag) = arguments.tag()? {
            let is_ours = matches!(tag.name.as_str(), "mime" | "anychild");
            if !is_ours || !tags.take(&tag, &mut arguments, Accepts::AddressTags, self)? {
                return Err(arguments.unknown(&tag));
            }
        }
        let (mime, _) = tags.mime()?;
        let names = self.one_list(arguments, "names of header fields")?;
        Ok(Test::Exists { names, mime })
    }

    /// RFC 5228 5.9: one of `:over` and `:under`.
    fn size(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Test> {
        let mut over = None;
        while let Some(tag) = arguments.tag()? {
            let is_second = match tag.name.as_str() {
                "over" => over.replace(true).is_some(),
                "under" => over.replace(false).is_some(),
                _ => return Err(arguments.unknown(&tag)),
            };
            if is_second {
                return Err(tag.at.error("`size` takes `:over` or `:under`, not both"));
            }
        }
        let Some(over) = over else {
            return Err(arguments.at().error("`size` takes `:over` or `:under`"));
        };
        let octets = arguments.number("a size such as 100K")?;
        arguments.end()?;
        Ok(Test::Size { over, octets })
    }

    /// RFC 5229 5
    fn string(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Test> {
        let matching = self
            .tags(&mut arguments, Accepts::MatchOnly)?
            .matching(self.captures())?;
        let sources = self.texts(arguments.texts("strings")?)?;
        let keys = self.keys(arguments.texts("keys")?, matching)?;
        arguments.end()?;
        Ok(Test::String {
            matching,
            sources,
            keys,
        })
    }

    /// RFC 5232 4
    fn has_flag(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Test> {
        let matching = self
            .tags(&mut arguments, Accepts::MatchOnly)?
            .matching(self.captures())?;
        let variables = if arguments.left() == 2 {
            // RFC 5232 1: a variable needs variables.
            self.need("variables", "a variable of flags", arguments.at())?;
            let names = arguments.texts("names of variables")?;
            let variables: Result<Box<[_]>> =
                names.iter().map(|name| self.flag_variable(name)).collect();
            Some(variables?)
        } else {
            None
        };
        let keys = self.keys(arguments.texts("flags")?, matching)?;
        arguments.end()?;
        Ok(Test::HasFlag {
            matching,
            variables,
            keys,
        })
    }

    fn flag_variable(&mut self, literal: &Literal) -> Result<Variable> {
        let name = self.constant(literal, "the name of a variable")?;
        if !name.split('.').all(is_identifier) {
            return Err(literal
                .at
                .error(format!("`{name}` is no name for a variable")));
        }
        self.variable(&name, literal.at)
    }

    /// RFC 5173 4. Section 6: its wildcards leave no values behind.
    fn body(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Test> {
        let mut tags = Tags::default();
        let mut transform = None;
        while let Some(tag) = arguments.tag()? {
            let wanted = match tag.name.as_str() {
                "raw" => Transform::Raw,
                "text" => Transform::Text,
                "content" => Transform::Content(self.texts(arguments.texts("media types")?)?),
                _ if tags.take(&tag, &mut arguments, Accepts::MatchOnly, self)? => continue,
                _ => return Err(arguments.unknown(&tag)),
            };
            if transform.replace(wanted).is_some() {
                return Err(tag
                    .at
                    .error("`body` takes one of `:raw`, `:content` and `:text`"));
            }
        }
        let matching = tags.matching(false)?;
        let keys = self.keys(arguments.texts("keys")?, matching)?;
        arguments.end()?;
        Ok(Test::Body {
            matching,
            transform: transform.unwrap_or(Transform::Text),
            keys,
        })
    }

    /// RFC 5260 4, 5
    fn date(&mut self, mut arguments: Arguments<'_, '_>, of_header: bool) -> Result<Test> {
        let mut tags = Tags::default();
        let mut zone = None;
        let accepts = if of_header {
            Accepts::Index
        } else {
            Accepts::MatchOnly
        };
        while let Some(tag) = arguments.tag()? {
            let wanted = match tag.name.as_str() {
                "zone" => {
                    let zone = arguments.text("an offset such as \"+0100\"")?;
                    Zone::Given(self.checked(zone, |zone| offset_minutes(zone).map(|_| ()))?)
                }
                "originalzone" if of_header => Zone::Original,
                _ if tags.take(&tag, &mut arguments, accepts, self)? => continue,
                _ => return Err(arguments.unknown(&tag)),
            };
            if zone.replace(wanted).is_some() {
                return Err(tag
                    .at
                    .error("`:zone` and `:originalzone` do not go together"));
            }
        }
        let matching = tags.matching(self.captures())?;
        let header = match of_header {
            true => Some(self.text(arguments.text("the name of a header field")?)?),
            false => None,
        };
        let part = self.text(arguments.text("a part of the date such as \"year\"")?)?;
        let keys = self.keys(arguments.texts("keys")?, matching)?;
        arguments.end()?;
        Ok(Test::Date(Box::new(Date {
            matching,
            zone: zone.unwrap_or(Zone::Local),
            index: tags.index()?,
            header,
            part,
            keys,
        })))
    }

    /// RFC 5183 4
    fn environment(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Test> {
        let matching = self
            .tags(&mut arguments, Accepts::MatchOnly)?
            .matching(self.captures())?;
        let item = self.text(arguments.text("an item of the environment")?)?;
        let keys = self.keys(arguments.texts("keys")?, matching)?;
        arguments.end()?;
        Ok(Test::Environment {
            matching,
            item,
            keys,
        })
    }

    /// RFC 5235 3.2
    fn spam_test(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Test> {
        let mut tags = Tags::default();
        let mut percent = false;
        while let Some(tag) = arguments.tag()? {
            if tag.name == "percent" {
                self.need("spamtestplus", ":percent", tag.at)?;
                percent = true;
            } else if !tags.take(&tag, &mut arguments, Accepts::MatchOnly, self)? {
                return Err(arguments.unknown(&tag));
            }
        }
        let matching = tags.matching(self.captures())?;
        let keys = self.keys(std::slice::from_ref(arguments.text("a value")?), matching)?;
        arguments.end()?;
        Ok(Test::Spam {
            matching,
            percent,
            keys,
        })
    }

    /// RFC 5235 3.3
    fn virus_test(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Test> {
        let matching = self
            .tags(&mut arguments, Accepts::MatchOnly)?
            .matching(self.captures())?;
        let keys = self.keys(std::slice::from_ref(arguments.text("a value")?), matching)?;
        arguments.end()?;
        Ok(Test::Virus { matching, keys })
    }

    /// RFC 7352 3
    fn duplicate(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Test> {
        let (mut handle, mut source) = (None, None);
        let mut seconds = DUPLICATE_SECONDS_DEFAULT;
        let mut last = false;
        while let Some(tag) = arguments.tag()? {
            match tag.name.as_str() {
                "handle" => handle = Some(self.text(arguments.text("a name")?)?),
                "header" | "uniqueid" => {
                    let text = self.text(arguments.text("a string")?)?;
                    let given = if tag.name == "header" {
                        DuplicateSource::Header(text)
                    } else {
                        DuplicateSource::UniqueId(text)
                    };
                    // RFC 7352 3.1: one of the two.
                    if source.replace(given).is_some() {
                        return Err(tag
                            .at
                            .error("`duplicate` takes `:header` or `:uniqueid`, not both"));
                    }
                }
                // RFC 7352 3.3: what is too much is silently cut.
                "seconds" => {
                    seconds = arguments
                        .number("how many seconds")?
                        .min(DUPLICATE_SECONDS_MAX)
                }
                "last" => last = true,
                _ => return Err(arguments.unknown(&tag)),
            }
        }
        arguments.end()?;
        self.needs.duplicates = true;
        let source = source.unwrap_or_else(|| DuplicateSource::Header(Text::plain("Message-ID")));
        Ok(Test::Duplicate(Box::new(Duplicate {
            handle,
            source,
            seconds,
            last,
        })))
    }

    /// RFC 8579 3
    fn special_use_exists(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Test> {
        let mailbox = match arguments.left() {
            2 => {
                let mailbox = self.text(arguments.text("the name of a mailbox")?)?;
                self.needs_mailbox(mailbox.constant());
                Some(mailbox)
            }
            _ => None,
        };
        let uses = self.one_list(arguments, "special uses")?;
        Ok(Test::SpecialUseExists { mailbox, uses })
    }

    /// RFC 5435 5
    fn notify_method_capability(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Test> {
        let matching = self
            .tags(&mut arguments, Accepts::MatchOnly)?
            .matching(self.captures())?;
        let uri = self.text(arguments.text("a URI")?)?;
        let capability = self.text(arguments.text("a capability such as \"online\"")?)?;
        let keys = self.keys(arguments.texts("keys")?, matching)?;
        arguments.end()?;
        Ok(Test::NotifyMethodCapability {
            matching,
            uri,
            capability,
            keys,
        })
    }

    /// RFC 5463 4: true if all are there, and from here on they need not be required.
    fn ihave(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Test> {
        let names = arguments.texts("names of capabilities")?;
        arguments.end()?;
        let mut all = true;
        for name in names {
            let name = self.constant(name, "the name of a capability")?;
            all &= CapabilitySet::default().add(&name);
        }
        if all {
            for name in names {
                self.capabilities.add(&name.text);
            }
        }
        self.decided_by_ihave = true;
        Ok(Test::Is(all))
    }
}

/// RFC 5228 5.4, and who signed in.
fn is_envelope_part(name: &str) -> bool {
    ["from", "to", "auth"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
}

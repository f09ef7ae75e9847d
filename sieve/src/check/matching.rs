//! The tags that tests share: MATCH-TYPE, COMPARATOR, ADDRESS-PART, `:index`, `:mime` (RFC 5228 2.7 and its extensions).

use super::arguments::{Arguments, Tag};
use super::{Checker, Result};
use crate::collation::Comparator;
use crate::fault::Position;
use crate::grammar::Literal;
use crate::program::{AddressPart, Aspect, Children, Index, Key, MatchKind, Matching, Relation};
use crate::wildcard::Pattern;

/// Which of the shared tags a test knows, beside match type and comparator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Accepts {
    MatchOnly,
    AddressPart,
    Index,
    /// `:index` and `:mime` with all its aspects: `header`.
    HeaderTags,
    /// `:index`, `:mime` and the parts of addresses: `address`.
    AddressTags,
}

/// The shared tags that were read.
#[derive(Default)]
pub(super) struct Tags {
    kind: Option<MatchKind>,
    comparator: Option<(Comparator, Position)>,
    part: Option<AddressPart>,
    index: Option<usize>,
    last: Option<Position>,
    mime: Option<Position>,
    any_child: Option<Position>,
    aspect: Option<(Aspect, Position)>,
}

impl Tags {
    /// Takes a tag with its argument; says whether it is one of these.
    pub(super) fn take(
        &mut self,
        tag: &Tag,
        arguments: &mut Arguments<'_, '_>,
        accepts: Accepts,
        checker: &mut Checker,
    ) -> Result<bool> {
        let takes_part = matches!(accepts, Accepts::AddressPart | Accepts::AddressTags);
        let takes_index = matches!(
            accepts,
            Accepts::Index | Accepts::HeaderTags | Accepts::AddressTags
        );
        let takes_mime = matches!(accepts, Accepts::HeaderTags | Accepts::AddressTags);
        match tag.name.as_str() {
            "is" => self.kind(MatchKind::Is, tag)?,
            "contains" => self.kind(MatchKind::Contains, tag)?,
            "matches" => self.kind(MatchKind::Matches, tag)?,
            "value" | "count" => {
                checker.need("relational", &format!(":{}", tag.name), tag.at)?;
                let relation = relation(arguments.text("a relation such as \"ge\"")?)?;
                let is_value = tag.name == "value";
                self.kind(
                    if is_value {
                        MatchKind::Value(relation)
                    } else {
                        MatchKind::Count(relation)
                    },
                    tag,
                )?;
            }
            "list" => {
                checker.need("extlists", ":list", tag.at)?;
                self.kind(MatchKind::List, tag)?;
            }
            "comparator" => {
                self.comparator(tag, arguments.text("the name of a comparator")?, checker)?
            }
            "all" if takes_part => self.part(AddressPart::All, tag)?,
            "localpart" if takes_part => self.part(AddressPart::LocalPart, tag)?,
            "domain" if takes_part => self.part(AddressPart::Domain, tag)?,
            "user" | "detail" if takes_part => {
                checker.need("subaddress", &format!(":{}", tag.name), tag.at)?;
                let is_user = tag.name == "user";
                self.part(
                    if is_user {
                        AddressPart::User
                    } else {
                        AddressPart::Detail
                    },
                    tag,
                )?;
            }
            "index" if takes_index => {
                checker.need("index", ":index", tag.at)?;
                self.index = Some(index(arguments, tag)?);
            }
            "last" if takes_index => {
                checker.need("index", ":last", tag.at)?;
                self.last = Some(tag.at);
            }
            "mime" if takes_mime => {
                checker.need("mime", ":mime", tag.at)?;
                self.mime = Some(tag.at);
            }
            "anychild" if takes_mime => {
                checker.need("mime", ":anychild", tag.at)?;
                self.any_child = Some(tag.at);
            }
            "type" if accepts == Accepts::HeaderTags => self.aspect(Aspect::Type, tag)?,
            "subtype" if accepts == Accepts::HeaderTags => self.aspect(Aspect::Subtype, tag)?,
            "contenttype" if accepts == Accepts::HeaderTags => {
                self.aspect(Aspect::ContentType, tag)?
            }
            "param" if accepts == Accepts::HeaderTags => {
                let names = checker.texts(arguments.texts("names of parameters")?)?;
                self.aspect(Aspect::Parameter(names), tag)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// RFC 5228 2.7.1: one match type.
    fn kind(&mut self, kind: MatchKind, tag: &Tag) -> Result<()> {
        if self.kind.replace(kind).is_some() {
            return Err(tag.at.error(format!(
                "`:{}` is a second match type; there is one",
                tag.name
            )));
        }
        Ok(())
    }

    /// RFC 5228 2.7.4: one part.
    fn part(&mut self, part: AddressPart, tag: &Tag) -> Result<()> {
        if self.part.replace(part).is_some() {
            return Err(tag.at.error(format!(
                "`:{}` is a second part of the address; there is one",
                tag.name
            )));
        }
        Ok(())
    }

    fn aspect(&mut self, aspect: Aspect, tag: &Tag) -> Result<()> {
        if self.aspect.replace((aspect, tag.at)).is_some() {
            return Err(tag.at.error(format!(
                "`:{}` is a second option of `:mime`; there is one",
                tag.name
            )));
        }
        Ok(())
    }

    /// RFC 5228 2.7.3: two comparators are always there, others are required.
    fn comparator(&mut self, tag: &Tag, name: &Literal, checker: &mut Checker) -> Result<()> {
        let text = checker.constant(name, "the name of a comparator")?;
        let Some(comparator) = Comparator::named(&text) else {
            return Err(name.at.error(format!("there is no comparator `{text}`")));
        };
        if !matches!(comparator, Comparator::Octet | Comparator::AsciiCasemap) {
            checker.need(&format!("comparator-{text}"), &text, name.at)?;
        }
        self.comparator = Some((comparator, tag.at));
        Ok(())
    }

    /// Match type and comparator together.
    pub(super) fn matching(&self, captures: bool) -> Result<Matching> {
        let kind = self.kind.unwrap_or(MatchKind::Is);
        let comparator = match (self.comparator, kind) {
            (Some((comparator, at)), MatchKind::Contains | MatchKind::Matches)
                if !comparator.finds_substrings() =>
            {
                return Err(
                    at.error("`i;ascii-numeric` compares numbers and finds nothing within a text")
                );
            }
            (Some((comparator, _)), _) => comparator,
            // Departs from RFC 5231 4.2: counts are compared as numbers even if no comparator says so.
            (None, MatchKind::Count(_)) => Comparator::AsciiNumeric,
            (None, _) => Comparator::AsciiCasemap,
        };
        Ok(Matching {
            kind,
            comparator,
            captures: captures && kind == MatchKind::Matches,
        })
    }

    pub(super) fn address_part(&self) -> AddressPart {
        // RFC 5228 2.7.4: the whole address if nothing is said.
        self.part.unwrap_or(AddressPart::All)
    }

    /// RFC 5260 6: `:last` counts from the end and stands with `:index` only.
    pub(super) fn index(&self) -> Result<Option<Index>> {
        match (self.index, self.last) {
            (None, Some(at)) => Err(at.error("`:last` stands with `:index` only")),
            (None, None) => Ok(None),
            (Some(number), last) => Ok(Some(Index {
                number,
                last: last.is_some(),
            })),
        }
    }

    /// RFC 5703 4.1: `:anychild` and the options stand with `:mime` only.
    pub(super) fn mime(&mut self) -> Result<(Option<Children>, Aspect)> {
        let aspect = self.aspect.take();
        let lone = self.any_child.or(aspect.as_ref().map(|(_, at)| *at));
        if let (None, Some(at)) = (self.mime, lone) {
            return Err(at.error("this stands with `:mime` only"));
        }
        let children = if self.any_child.is_some() {
            Children::All
        } else {
            Children::No
        };
        let aspect = aspect.map_or(Aspect::Whole, |(aspect, _)| aspect);
        Ok((self.mime.map(|_| children), aspect))
    }
}

/// The number behind `:index`.
pub(super) fn index(arguments: &mut Arguments<'_, '_>, tag: &Tag) -> Result<usize> {
    let number = arguments.number("the number of a header field")?;
    match usize::try_from(number) {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(tag.at.error("header fields are counted from 1")),
    }
}

/// RFC 5231 3: relational-match.
fn relation(literal: &Literal) -> Result<Relation> {
    match literal.text.to_ascii_lowercase().as_str() {
        "gt" => Ok(Relation::Greater),
        "ge" => Ok(Relation::GreaterOrEqual),
        "lt" => Ok(Relation::Less),
        "le" => Ok(Relation::LessOrEqual),
        "eq" => Ok(Relation::Equal),
        "ne" => Ok(Relation::NotEqual),
        other => Err(literal
            .at
            .error(format!("`{other}` is none of gt, ge, lt, le, eq, ne"))),
    }
}

impl Checker {
    /// The keys of a test, with what can be prepared for its match type.
    pub(super) fn keys(&mut self, literals: &[Literal], matching: Matching) -> Result<Box<[Key]>> {
        literals
            .iter()
            .map(|literal| {
                let text = self.text(literal)?;
                let constant = text.constant();
                if matching.kind == MatchKind::List {
                    self.needs_list(constant.map(str::to_owned));
                }
                let pattern = constant
                    .filter(|_| matching.kind == MatchKind::Matches)
                    .map(|pattern| Pattern::new(pattern, matching.comparator));
                Ok(Key { pattern, text })
            })
            .collect()
    }

    pub(super) fn needs_list(&mut self, constant: Option<String>) {
        match constant {
            Some(list) => self.needs.lists.push(list),
            None => self.needs.any_list = true,
        }
    }

    pub(super) fn needs_mailbox(&mut self, constant: Option<&str>) {
        match constant {
            Some(mailbox) => self.needs.mailboxes.push(mailbox.to_owned()),
            None => self.needs.any_mailbox = true,
        }
    }
}

//! `If`: conditions on tags and locks of one or several places (RFC 4918 10.4).

use super::HEADER_OCTETS_MAX;
use super::etag::ETag;
use super::simple::is_uri;
use crate::codec::fault::Fault;

/// Conditions in one field.
pub const IF_CONDITIONS_MAX: usize = 256;

/// The value of `If`: one of its lists must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IfHeader {
    /// The lists, in order; at least one.
    pub lists: Vec<IfList>,
}

/// A list: all of its conditions must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IfList {
    /// The place it is about, as written (a URI or a path); none for the place of the request.
    pub resource: Option<String>,
    /// The conditions; at least one.
    pub conditions: Vec<IfCondition>,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IfCondition {
    /// Whether the state must not be there.
    pub not: bool,
    /// The state.
    pub state: IfState,
}

/// A state of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfState {
    /// It is locked with this token, or has this sync token (RFC 6578 5). `DAV:no-lock` never holds.
    Token(String),
    /// Its content has this tag.
    ETag(ETag),
}

impl IfHeader {
    /// Reads `If`.
    ///
    /// # Errors
    /// [`Fault::Header`] if it does not follow the grammar.
    pub fn parse(value: &str) -> Result<Self, Fault> {
        if value.len() > HEADER_OCTETS_MAX {
            return Err(Fault::Header("If"));
        }
        let mut reader = Reader {
            rest: value.trim(),
            conditions: 0,
        };
        reader.lists().ok_or(Fault::Header("If"))
    }

    /// RFC 4918 10.4.4: whether one list holds; `is` says whether the state of a place is as named.
    pub fn holds(&self, mut is: impl FnMut(Option<&str>, &IfState) -> bool) -> bool {
        self.lists.iter().any(|list| {
            let place = list.resource.as_deref();
            let mut conditions = list.conditions.iter();
            conditions.all(|condition| is(place, &condition.state) != condition.not)
        })
    }

    /// RFC 4918 10.4.1: every token in the field counts as submitted, even behind `Not`.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        let conditions = self.lists.iter().flat_map(|list| &list.conditions);
        conditions.filter_map(|condition| match &condition.state {
            IfState::Token(token) => Some(token.as_str()),
            IfState::ETag(_) => None,
        })
    }
}

struct Reader<'i> {
    rest: &'i str,
    conditions: usize,
}

impl<'i> Reader<'i> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn sign(&mut self, sign: char) -> bool {
        self.space();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// `Coded-URL`, or a tag of a list, after its `<`.
    fn until_bracket(&mut self) -> Option<&'i str> {
        let (inner, rest) = self.rest.split_once('>')?;
        self.rest = rest;
        Some(inner)
    }

    /// `1*No-tag-list / 1*Tagged-list`
    fn lists(&mut self) -> Option<IfHeader> {
        let mut lists = Vec::new();
        let mut resource = None;
        let tagged = self.rest.starts_with('<');
        loop {
            self.space();
            if self.rest.is_empty() {
                break;
            }
            if self.sign('<') {
                // One form or the other: a tag cannot come after lists without one.
                if !tagged {
                    return None;
                }
                let tag = self.until_bracket().filter(|tag| is_reference(tag))?;
                resource = Some(tag.to_owned());
                self.space();
                if !self.rest.starts_with('(') {
                    return None;
                }
            }
            lists.push(IfList {
                resource: resource.clone(),
                conditions: self.list()?,
            });
        }
        (!lists.is_empty()).then_some(IfHeader { lists })
    }

    /// `"(" 1*Condition ")"`
    fn list(&mut self) -> Option<Vec<IfCondition>> {
        if !self.sign('(') {
            return None;
        }
        let mut conditions = Vec::new();
        while !self.sign(')') {
            self.conditions = self.conditions.checked_add(1)?;
            if self.conditions > IF_CONDITIONS_MAX {
                return None;
            }
            conditions.push(self.condition()?);
        }
        (!conditions.is_empty()).then_some(conditions)
    }

    /// `["Not"] (State-token / "[" entity-tag "]")`
    fn condition(&mut self) -> Option<IfCondition> {
        let not = match self.rest.get(..3) {
            Some(word) if word.eq_ignore_ascii_case("not") => {
                self.rest = self.rest.get(3..)?;
                true
            }
            _ => false,
        };
        if self.sign('<') {
            let token = self.until_bracket().filter(|token| is_uri(token))?;
            let state = IfState::Token(token.to_owned());
            return Some(IfCondition { not, state });
        }
        if !self.sign('[') {
            return None;
        }
        let (tag, rest) = ETag::take(self.rest.trim_start())?;
        self.rest = rest;
        let state = IfState::ETag(tag);
        self.sign(']').then_some(IfCondition { not, state })
    }
}

/// RFC 4918 8.3 `Simple-ref`: an absolute URI or an absolute path.
fn is_reference(text: &str) -> bool {
    let path = text.starts_with('/') && !text.contains(char::is_whitespace);
    path || is_uri(text)
}

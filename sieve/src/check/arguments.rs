//! Arguments of one command or test, taken one after the other.

use super::Result;
use crate::fault::{ParseError, Position};
use crate::grammar::{Argument, Literal, Node, Tests, Value};

/// The arguments that were not taken yet.
pub(super) struct Arguments<'n, 'a> {
    node: &'n Node<'a>,
    next: usize,
    seen: Vec<String>,
}

/// A tagged argument.
#[derive(Clone, Debug)]
pub(super) struct Tag {
    /// In small letters, without the colon.
    pub(super) name: String,
    pub(super) at: Position,
}

impl<'n, 'a> Arguments<'n, 'a> {
    pub(super) fn new(node: &'n Node<'a>) -> Self {
        Self {
            node,
            next: 0,
            seen: Vec::new(),
        }
    }

    pub(super) fn at(&self) -> Position {
        self.node.at
    }

    fn name(&self) -> &'a str {
        self.node.name
    }

    fn current(&self) -> Option<&'n Argument<'a>> {
        self.node.arguments.get(self.next)
    }

    /// How many arguments are left.
    pub(super) fn left(&self) -> usize {
        self.node.arguments.len().saturating_sub(self.next)
    }

    /// The next argument if it is a tag. RFC 5228 2.6.2: tags stand before the others, each once.
    pub(super) fn tag(&mut self) -> Result<Option<Tag>> {
        let Some(Argument {
            value: Value::Tag(name),
            at,
        }) = self.current()
        else {
            return Ok(None);
        };
        self.next += 1;
        let tag = Tag {
            name: name.to_ascii_lowercase(),
            at: *at,
        };
        if self.seen.contains(&tag.name) {
            return Err(tag.at.error(format!("`:{}` stands there twice", tag.name)));
        }
        self.seen.push(tag.name.clone());
        Ok(Some(tag))
    }

    /// Refuses a tag that the command does not know.
    pub(super) fn unknown(&self, tag: &Tag) -> ParseError {
        tag.at
            .error(format!("`{}` knows no `:{}`", self.name(), tag.name))
    }

    fn expected(&self, what: &str) -> ParseError {
        let at = self.current().map_or(self.node.at, |argument| argument.at);
        match self.current().map(|argument| &argument.value) {
            Some(Value::Tag(tag)) => at.error(format!(
                "`:{tag}` stands where `{}` expects {what}; tags stand before the other arguments",
                self.name()
            )),
            Some(_) => at.error(format!("`{}` expects {what} here", self.name())),
            None => at.error(format!("`{}` lacks an argument: {what}", self.name())),
        }
    }

    /// A string.
    pub(super) fn text(&mut self, what: &str) -> Result<&'n Literal> {
        match self.current().map(|argument| &argument.value) {
            Some(Value::Text(text)) => {
                self.next += 1;
                Ok(text)
            }
            _ => Err(self.expected(what)),
        }
    }

    /// A list of strings. RFC 5228 2.4.2.1: a single string is a list of one.
    pub(super) fn texts(&mut self, what: &str) -> Result<&'n [Literal]> {
        let texts = match self.current().map(|argument| &argument.value) {
            Some(Value::Text(text)) => std::slice::from_ref(text),
            Some(Value::Texts(texts)) => texts,
            _ => return Err(self.expected(what)),
        };
        self.next += 1;
        Ok(texts)
    }

    /// A number.
    pub(super) fn number(&mut self, what: &str) -> Result<u64> {
        match self.current().map(|argument| &argument.value) {
            Some(Value::Number(number)) => {
                self.next += 1;
                Ok(*number)
            }
            _ => Err(self.expected(what)),
        }
    }

    /// Nothing is left, and there are no tests: the end of a test, or of a command behind its own checks.
    pub(super) fn end(&self) -> Result<()> {
        if let Some(argument) = self.current() {
            return Err(argument
                .at
                .error(format!("`{}` has an argument too many", self.name())));
        }
        let test = match &self.node.tests {
            Tests::None => return Ok(()),
            Tests::One(test) => test.at,
            Tests::List(tests) => tests.first().map_or(self.node.at, |test| test.at),
        };
        Err(test.error(format!("`{}` takes no test", self.name())))
    }

    /// The end of a command that is an action: no tests and no block.
    pub(super) fn end_action(&self) -> Result<()> {
        self.end()?;
        if self.node.block.is_some() {
            return Err(self
                .node
                .at
                .error(format!("`{}` takes no block", self.name())));
        }
        Ok(())
    }

    /// The one test of a command or test.
    pub(super) fn one_test(&self) -> Result<&'n Node<'a>> {
        match &self.node.tests {
            Tests::One(test) if self.left() == 0 => Ok(test),
            _ => Err(self
                .node
                .at
                .error(format!("`{}` takes one test", self.name()))),
        }
    }

    /// The tests of `allof` and `anyof`.
    pub(super) fn many_tests(&self) -> Result<&'n [Node<'a>]> {
        match &self.node.tests {
            Tests::List(tests) if self.left() == 0 => Ok(tests),
            _ => Err(self
                .node
                .at
                .error(format!("`{}` takes tests in parentheses", self.name()))),
        }
    }

    /// The block of a control command.
    pub(super) fn block(&self) -> Result<&'n [Node<'a>]> {
        match &self.node.block {
            Some(block) => Ok(block),
            None => Err(self
                .node
                .at
                .error(format!("`{}` takes a block in `{{ }}`", self.name()))),
        }
    }
}

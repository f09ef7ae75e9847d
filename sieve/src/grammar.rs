//! The grammar: tokens as commands with arguments, tests and blocks (RFC 5228 8.2). What a command means is not known here.

#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::fault::{ParseError, Position};
use crate::lexer::{Lexer, Token};
use crate::limits::{COMMANDS_MAX, NESTING_MAX, SCRIPT_OCTETS_MAX, STRINGS_MAX};

/// A command or a test.
#[derive(Clone, Debug)]
pub(crate) struct Node<'a> {
    pub(crate) name: &'a str,
    pub(crate) at: Position,
    pub(crate) arguments: Vec<Argument<'a>>,
    pub(crate) tests: Tests<'a>,
    pub(crate) block: Option<Vec<Self>>,
}

/// The tests behind the arguments of a command or test.
#[derive(Clone, Debug)]
pub(crate) enum Tests<'a> {
    None,
    One(Box<Node<'a>>),
    List(Vec<Node<'a>>),
}

/// One argument.
#[derive(Clone, Debug)]
pub(crate) struct Argument<'a> {
    pub(crate) value: Value<'a>,
    pub(crate) at: Position,
}

/// What an argument is.
#[derive(Clone, Debug)]
pub(crate) enum Value<'a> {
    Tag(&'a str),
    Number(u64),
    Text(Literal),
    Texts(Vec<Literal>),
}

/// A string as it stands, without its quotes.
#[derive(Clone, Debug)]
pub(crate) struct Literal {
    pub(crate) text: String,
    pub(crate) at: Position,
}

/// The commands of a script.
pub(crate) fn parse(script: &[u8]) -> Result<Vec<Node<'_>>, ParseError> {
    if script.len() > SCRIPT_OCTETS_MAX {
        let what = format!("a script has at most {SCRIPT_OCTETS_MAX} octets");
        return Err(Position { line: 1, column: 1 }.error(what));
    }
    let text = str::from_utf8(script).map_err(|error| {
        let good = script.get(..error.valid_up_to()).unwrap_or_default();
        let line = good
            .split(|byte| *byte == b'\n')
            .next_back()
            .unwrap_or_default();
        // RFC 5228 2.1: scripts are in UTF-8.
        Position {
            line: count(good.iter().filter(|byte| **byte == b'\n').count()),
            column: count(String::from_utf8_lossy(line).chars().count()),
        }
        .error("the script is not in UTF-8")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lexer = Lexer::new(text);
    let (ahead, at) = lexer.next()?;
    let mut parser = Parser {
        lexer,
        ahead,
        at,
        commands: 0,
        strings: 0,
    };
    parser.commands(0)
}

fn count(before: usize) -> u32 {
    u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    ahead: Token<'a>,
    at: Position,
    commands: usize,
    strings: usize,
}

impl<'a> Parser<'a> {
    fn advance(&mut self) -> Result<Token<'a>, ParseError> {
        let (next, at) = self.lexer.next()?;
        self.at = at;
        Ok(std::mem::replace(&mut self.ahead, next))
    }

    fn sees(&self, sign: char) -> bool {
        self.ahead == Token::Sign(sign)
    }

    /// Commands up to the end of the script, or of the block.
    fn commands(&mut self, depth: usize) -> Result<Vec<Node<'a>>, ParseError> {
        let mut commands = Vec::new();
        loop {
            match self.ahead {
                Token::End if depth == 0 => return Ok(commands),
                Token::Sign('}') if depth > 0 => {
                    self.advance()?;
                    return Ok(commands);
                }
                Token::End => {
                    return Err(self.at.error("a block is not closed: `}` is missing"));
                }
                Token::Sign('}') => {
                    return Err(self.at.error("this `}` closes no block"));
                }
                _ => commands.push(self.command(depth)?),
            }
        }
    }

    fn command(&mut self, depth: usize) -> Result<Node<'a>, ParseError> {
        let mut node = self.node("a command", 0)?;
        if self.sees('{') {
            if depth >= NESTING_MAX {
                let what = format!("at most {NESTING_MAX} blocks stand within each other");
                return Err(self.at.error(what));
            }
            self.advance()?;
            node.block = Some(self.commands(depth.saturating_add(1))?);
        } else if self.sees(';') {
            self.advance()?;
        } else {
            let what = format!("expected `;` behind `{}`, found {}", node.name, self.ahead);
            return Err(self.at.error(what));
        }
        Ok(node)
    }

    /// Name, arguments and tests.
    fn node(&mut self, expected: &str, depth: usize) -> Result<Node<'a>, ParseError> {
        let at = self.at;
        let Token::Identifier(name) = self.ahead else {
            return Err(at.error(format!("expected {expected}, found {}", self.ahead)));
        };
        self.commands = self.commands.saturating_add(1);
        if self.commands > COMMANDS_MAX {
            let what = format!("a script has at most {COMMANDS_MAX} commands and tests");
            return Err(at.error(what));
        }
        self.advance()?;
        let arguments = self.arguments()?;
        let tests = self.tests(depth)?;
        Ok(Node {
            name,
            at,
            arguments,
            tests,
            block: None,
        })
    }

    fn arguments(&mut self) -> Result<Vec<Argument<'a>>, ParseError> {
        let mut arguments = Vec::new();
        loop {
            let at = self.at;
            let value = match &self.ahead {
                Token::Tag(tag) => Value::Tag(tag),
                Token::Number(number) => Value::Number(*number),
                Token::Text(_) => {
                    let text = self.literal()?;
                    arguments.push(Argument {
                        value: Value::Text(text),
                        at,
                    });
                    continue;
                }
                Token::Sign('[') => {
                    let texts = self.texts()?;
                    arguments.push(Argument {
                        value: Value::Texts(texts),
                        at,
                    });
                    continue;
                }
                Token::Identifier(_) | Token::Sign(_) | Token::End => return Ok(arguments),
            };
            self.advance()?;
            arguments.push(Argument { value, at });
        }
    }

    fn literal(&mut self) -> Result<Literal, ParseError> {
        let at = self.at;
        self.strings = self.strings.saturating_add(1);
        if self.strings > STRINGS_MAX {
            return Err(at.error(format!("a script has at most {STRINGS_MAX} strings")));
        }
        match self.advance()? {
            Token::Text(text) => Ok(Literal { text, at }),
            other => Err(at.error(format!("expected a string, found {other}"))),
        }
    }

    /// RFC 5228 2.4.2.1: a list in brackets, one string at least.
    fn texts(&mut self) -> Result<Vec<Literal>, ParseError> {
        self.advance()?;
        let mut texts = vec![self.literal()?];
        loop {
            let at = self.at;
            match self.advance()? {
                Token::Sign(',') => texts.push(self.literal()?),
                Token::Sign(']') => return Ok(texts),
                other => {
                    let what = format!("expected `,` or `]` in a list of strings, found {other}");
                    return Err(at.error(what));
                }
            }
        }
    }

    fn tests(&mut self, depth: usize) -> Result<Tests<'a>, ParseError> {
        if !matches!(self.ahead, Token::Identifier(_) | Token::Sign('(')) {
            return Ok(Tests::None);
        }
        if depth >= NESTING_MAX {
            let what = format!("at most {NESTING_MAX} tests stand within each other");
            return Err(self.at.error(what));
        }
        let deeper = depth.saturating_add(1);
        if !self.sees('(') {
            return Ok(Tests::One(Box::new(self.node("a test", deeper)?)));
        }
        self.advance()?;
        let mut tests = vec![self.node("a test", deeper)?];
        loop {
            let at = self.at;
            match self.advance()? {
                Token::Sign(',') => tests.push(self.node("a test", deeper)?),
                Token::Sign(')') => return Ok(Tests::List(tests)),
                other => {
                    let what = format!("expected `,` or `)` in a list of tests, found {other}");
                    return Err(at.error(what));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(script: &str) -> String {
        parse(script.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn commands_tests_and_blocks_nest() {
        let nodes = parse(b"if anyof (true, not false) { keep; stop; } else { }").unwrap();
        assert_eq!(nodes.len(), 2);
        let first = nodes.first().unwrap();
        let is_pair = |test: &Node<'_>| matches!(&test.tests, Tests::List(list) if list.len() == 2);
        assert!(matches!(&first.tests, Tests::One(test) if is_pair(test)));
        assert_eq!(first.block.as_ref().unwrap().len(), 2);
    }

    #[test]
    fn errors_say_what_was_expected() {
        assert_eq!(
            what("keep"),
            "line 1, column 5: expected `;` behind `keep`, found the end of the script"
        );
        assert_eq!(
            what("if true {"),
            "line 1, column 10: a block is not closed: `}` is missing"
        );
        assert_eq!(what("}"), "line 1, column 1: this `}` closes no block");
        assert_eq!(
            what("redirect [\"a\" \"b\"];"),
            "line 1, column 15: expected `,` or `]` in a list of strings, found a string"
        );
        assert_eq!(
            what("redirect [];"),
            "line 1, column 11: expected a string, found `]`"
        );
        assert_eq!(
            parse(b"keep;\n\xff").unwrap_err().to_string(),
            "line 2, column 1: the script is not in UTF-8"
        );
    }

    #[test]
    fn nesting_is_bounded() {
        let blocks = "if true {".repeat(NESTING_MAX + 1);
        assert!(what(&blocks).contains("blocks stand within each other"));
        let tests = format!("if {}true {{}}", "not ".repeat(NESTING_MAX));
        assert!(what(&tests).contains("tests stand within each other"));
        assert!(what(&"(".repeat(100_000)).contains("expected a command"));
    }
}

//! Control commands (RFC 5228 3), and which command is which.

use super::arguments::Arguments;
use super::test::constant_value;
use super::{Checker, Result};
use crate::capability::CAPABILITIES;
use crate::fault::Position;
use crate::grammar::{Literal, Node};
use crate::limits::{CAPABILITIES_MAX, LOOPS_MAX};
use crate::needs::Place;
use crate::program::{Block, Branch, Command, Include, Statement, Test};
use crate::text::is_identifier;

impl Checker {
    /// RFC 5228 3.2: `require` stands before all else.
    pub(super) fn requirements<'n, 'a>(
        &mut self,
        commands: &'n [Node<'a>],
    ) -> Result<&'n [Node<'a>]> {
        let mut rest = commands;
        while let Some((node, behind)) = rest.split_first() {
            if !node.name.eq_ignore_ascii_case("require") {
                break;
            }
            let mut arguments = Arguments::new(node);
            let names = arguments.texts("names of capabilities")?;
            arguments.end_action()?;
            if names.len() > CAPABILITIES_MAX {
                return Err(node.at.error(format!(
                    "at most {CAPABILITIES_MAX} capabilities are named at once"
                )));
            }
            for name in names {
                if !self.capabilities.add(&name.text) {
                    return Err(name.at.error(unknown_capability(&name.text)));
                }
            }
            rest = behind;
        }
        // RFC 5183 and RFC 5232 come with it (RFC 6785 3.8), but have to be required on their own.
        Ok(rest)
    }

    /// The commands of a block.
    pub(super) fn block(&mut self, commands: &[Node<'_>]) -> Result<Block> {
        let mut statements = Vec::new();
        let mut rest = commands.iter().peekable();
        while let Some(node) = rest.next() {
            let name = node.name.to_ascii_lowercase();
            let command = if name == "if" {
                let mut chain = vec![node];
                while let Some(next) = rest.next_if(|next| is_continuation(next)) {
                    chain.push(next);
                    if next.name.eq_ignore_ascii_case("else") {
                        break;
                    }
                }
                self.conditional(&chain)?
            } else {
                match self.command(&name, node)? {
                    Some(command) => command,
                    None => continue,
                }
            };
            statements.push(Statement {
                line: node.at.line,
                command,
            });
        }
        Ok(statements.into())
    }

    /// `if`, `elsif` and `else` (RFC 5228 3.1).
    fn conditional(&mut self, chain: &[&Node<'_>]) -> Result<Command> {
        let mut branches = Vec::new();
        for node in chain {
            let arguments = Arguments::new(node);
            let test = if node.name.eq_ignore_ascii_case("else") {
                arguments.end()?;
                self.decided_by_ihave = false;
                Test::Is(true)
            } else {
                let test = arguments.one_test()?;
                self.decided_by_ihave = false;
                self.test(test)?
            };
            let block = arguments.block()?;
            // RFC 5463 4: what an `ihave` shuts off may hold what nobody here understands.
            let decided = if self.decided_by_ihave {
                constant_value(&test)
            } else {
                None
            };
            if decided == Some(false) {
                continue;
            }
            let block = self.block(block)?;
            branches.push(Branch {
                line: node.at.line,
                test,
                block,
            });
            if decided == Some(true) {
                break;
            }
        }
        Ok(Command::If(branches.into()))
    }

    /// One command that is no `if`; none if nothing is left to do for it when the script is run.
    fn command(&mut self, name: &str, node: &Node<'_>) -> Result<Option<Command>> {
        let arguments = Arguments::new(node);
        let at = node.at;
        let command = match name {
            "require" => {
                return Err(at.error("`require` stands before all other commands"));
            }
            "elsif" | "else" => {
                return Err(at.error(format!("this `{name}` stands behind no `if`")));
            }
            "stop" => {
                arguments.end_action()?;
                Command::Stop
            }
            "keep" => self.keep(arguments)?,
            "discard" => {
                arguments.end_action()?;
                Command::Discard
            }
            "redirect" => self.redirect(arguments)?,
            "fileinto" => self.with("fileinto", name, at)?.file_into(arguments)?,
            "reject" | "ereject" => self
                .with(name, name, at)?
                .reject(arguments, name == "ereject")?,
            "vacation" => self.with("vacation", name, at)?.vacation(arguments)?,
            "notify" => self.with("enotify", name, at)?.notify(arguments)?,
            "set" => self.with("variables", name, at)?.set(arguments)?,
            "setflag" | "addflag" | "removeflag" => self
                .with("imap4flags", name, at)?
                .change_flags(arguments, name)?,
            "addheader" => self.with("editheader", name, at)?.add_header(arguments)?,
            "deleteheader" => self
                .with("editheader", name, at)?
                .delete_header(arguments)?,
            "include" => self.with("include", name, at)?.include(arguments)?,
            "return" => {
                self.with("include", name, at)?;
                arguments.end_action()?;
                Command::Return
            }
            "global" => {
                self.with("include", name, at)?
                    .with("variables", name, at)?
                    .global(arguments)?;
                return Ok(None);
            }
            "foreverypart" => self
                .with("foreverypart", name, at)?
                .for_every_part(arguments)?,
            "break" => self.with("foreverypart", name, at)?.break_loop(arguments)?,
            "replace" => self.with("replace", name, at)?.replace(arguments)?,
            "enclose" => self.with("enclose", name, at)?.enclose(arguments)?,
            "extracttext" => self
                .with("extracttext", name, at)?
                .extract_text(arguments)?,
            "error" => self.with("ihave", name, at)?.error(arguments)?,
            _ => return Err(at.error(format!("there is no command `{}`", node.name))),
        };
        Ok(Some(command))
    }

    /// Goes on if the capability was required.
    fn with(&mut self, capability: &str, what: &str, at: Position) -> Result<&mut Self> {
        self.need(capability, what, at)?;
        Ok(self)
    }

    /// RFC 6609 3.2
    fn include(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Command> {
        let mut place = None;
        let (mut once, mut optional) = (false, false);
        while let Some(tag) = arguments.tag()? {
            match tag.name.as_str() {
                "personal" | "global" => {
                    let named = if tag.name == "global" {
                        Place::Global
                    } else {
                        Place::Personal
                    };
                    if place.replace(named).is_some() {
                        return Err(tag
                            .at
                            .error("a script is `:personal` or `:global`, not both"));
                    }
                }
                "once" => once = true,
                "optional" => optional = true,
                _ => return Err(arguments.unknown(&tag)),
            }
        }
        let literal = arguments.text("the name of a script")?;
        arguments.end_action()?;
        let name = self.script_name(literal)?;
        let place = place.unwrap_or(Place::Personal);
        self.needs.scripts.push((place, name.clone()));
        Ok(Command::Include(Box::new(Include {
            place,
            once,
            optional,
            name: name.into(),
        })))
    }

    /// RFC 5804 1.6: 1 to 128 characters of Net-Unicode, without controls; RFC 6609 4: none that could lead elsewhere.
    fn script_name(&mut self, literal: &Literal) -> Result<String> {
        let name = self.constant(literal, "the name of a script")?;
        let is_bad = |c: char| c.is_control() || matches!(c, '/' | '\\' | '\u{2028}' | '\u{2029}');
        if name.is_empty() || name.len() > 512 || name.contains(is_bad) {
            return Err(literal
                .at
                .error("the name of a script has 1 to 512 octets, no controls and no `/`"));
        }
        Ok(name)
    }

    /// RFC 6609 3.4.1
    fn global(&mut self, mut arguments: Arguments<'_, '_>) -> Result<()> {
        let names = arguments.texts("names of variables")?;
        arguments.end_action()?;
        for literal in names {
            let name = self
                .constant(literal, "the name of a variable")?
                .to_ascii_lowercase();
            if !is_identifier(&name) {
                return Err(literal
                    .at
                    .error(format!("`{name}` is no name for a variable")));
            }
            if self.assigned.contains(&name) && !self.declared.contains(&name) {
                return Err(literal
                    .at
                    .error(format!("`{name}` was set before it is declared `global`")));
            }
            if !self.declared.contains(&name) {
                self.declared.push(name.clone());
            }
            self.variable(&name, literal.at)?;
        }
        Ok(())
    }

    /// RFC 5703 3
    fn for_every_part(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Command> {
        let name = self.loop_name(&mut arguments)?;
        arguments.end()?;
        if self.loops.len() >= LOOPS_MAX {
            return Err(arguments
                .at()
                .error(format!("at most {LOOPS_MAX} loops stand within each other")));
        }
        self.loops.push(name);
        let block = self.block(arguments.block()?);
        self.loops.pop();
        Ok(Command::ForEveryPart(block?))
    }

    /// RFC 5703 3: ends the closest loop, or the closest one of the name.
    fn break_loop(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Command> {
        let name = self.loop_name(&mut arguments)?;
        arguments.end_action()?;
        let mut around = self.loops.iter().rev();
        let place = match &name {
            None => around.next().map(|_| 0),
            Some(_) => around.position(|known| *known == name),
        };
        match place {
            Some(place) => Ok(Command::Break { loops: place + 1 }),
            None => Err(arguments.at().error("this `break` stands in no such loop")),
        }
    }

    fn loop_name(&mut self, arguments: &mut Arguments<'_, '_>) -> Result<Option<String>> {
        let mut name = None;
        while let Some(tag) = arguments.tag()? {
            match tag.name.as_str() {
                "name" => {
                    name = Some(self.constant(
                        arguments.text("the name of the loop")?,
                        "the name of a loop",
                    )?)
                }
                _ => return Err(arguments.unknown(&tag)),
            }
        }
        Ok(name)
    }

    /// RFC 5463 5: ends the script with a message.
    fn error(&mut self, mut arguments: Arguments<'_, '_>) -> Result<Command> {
        let message = self.text(arguments.text("what is wrong")?)?;
        arguments.end_action()?;
        Ok(Command::Error(message))
    }
}

fn is_continuation(node: &Node<'_>) -> bool {
    node.name.eq_ignore_ascii_case("elsif") || node.name.eq_ignore_ascii_case("else")
}

/// RFC 5228 3.2: a script that asks for what is not there is not run.
fn unknown_capability(name: &str) -> String {
    let known = CAPABILITIES
        .iter()
        .find(|known| known.eq_ignore_ascii_case(name));
    match known {
        Some(known) => format!("the capability is written `{known}`"),
        None => format!("this server has no capability `{name}`"),
    }
}

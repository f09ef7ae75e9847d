//! The static check: what the grammar let through is held against the rules of each command, and made compact.

mod action;
mod arguments;
mod command;
mod matching;
mod target;
mod test;

use crate::capability::CapabilitySet;
use crate::fault::{ParseError, Position};
use crate::grammar::{Literal, Node};
use crate::limits::{CAPTURES_MAX, VARIABLE_NAME_OCTETS_MAX, VARIABLES_MAX};
use crate::needs::Needs;
use crate::program::Block;
use crate::text::{
    Piece, Reference, Text, Variable, decode_characters, is_identifier, is_number, references,
};

pub(crate) use action::{address_value, notify_value, ret_value};
pub(crate) use target::is_mailbox_name;

type Result<T, E = ParseError> = std::result::Result<T, E>;

/// A script that was checked.
pub(crate) struct Checked {
    pub(crate) capabilities: CapabilitySet,
    /// Those of `require`, without those of `ihave`.
    pub(crate) required: CapabilitySet,
    pub(crate) block: Block,
    pub(crate) locals: usize,
    pub(crate) globals: Box<[Box<str>]>,
    pub(crate) needs: Needs,
}

/// Checks the commands of a script.
pub(crate) fn check(commands: &[Node<'_>]) -> Result<Checked> {
    let mut checker = Checker::default();
    let rest = checker.requirements(commands)?;
    let required = checker.capabilities;
    let block = checker.block(rest)?;
    let mut needs = checker.needs;
    needs.scripts.sort();
    needs.scripts.dedup();
    for names in [&mut needs.mailboxes, &mut needs.lists] {
        names.sort();
        names.dedup();
    }
    Ok(Checked {
        capabilities: checker.capabilities,
        required,
        block,
        locals: checker.locals.len(),
        globals: checker.globals.into_iter().map(Into::into).collect(),
        needs,
    })
}

#[derive(Default)]
struct Checker {
    capabilities: CapabilitySet,
    /// Names in small letters; a variable is its place here.
    locals: Vec<String>,
    globals: Vec<String>,
    /// Names that `global` declared.
    declared: Vec<String>,
    /// Names that a command sets.
    assigned: Vec<String>,
    needs: Needs,
    /// The names of the loops around, outermost first.
    loops: Vec<Option<String>>,
    /// An `ihave` decided the test that was read last.
    decided_by_ihave: bool,
}

impl Checker {
    fn has(&self, capability: &str) -> bool {
        self.capabilities.has(capability)
    }

    /// RFC 5228 2.10.5: what needs a capability that was not required is an error.
    fn need(&self, capability: &str, what: &str, at: Position) -> Result<()> {
        if self.has(capability) {
            Ok(())
        } else {
            Err(at.error(format!("`{what}` needs `require \"{capability}\";`")))
        }
    }

    /// A string with its encoded characters put in and its variables found.
    fn text(&mut self, literal: &Literal) -> Result<Text> {
        let decoded = self.decoded(literal)?;
        if !self.has("variables") || !decoded.contains("${") {
            return Ok(Text::plain(&decoded));
        }
        let mut pieces = Vec::new();
        for reference in references(&decoded) {
            pieces.push(match reference {
                Reference::Text(text) => Piece::Plain(text.into()),
                // RFC 5229 3.2: numbers may have zeros before them.
                Reference::Variable(number) if is_number(number) => {
                    Piece::Capture(capture(number, literal.at)?)
                }
                Reference::Variable(name) => Piece::Variable(self.variable(name, literal.at)?),
            });
        }
        Ok(match &*pieces {
            [] => Text::plain(""),
            [Piece::Plain(text)] => Text::plain(text),
            _ => Text::Pieces(pieces.into()),
        })
    }

    fn texts(&mut self, literals: &[Literal]) -> Result<Box<[Text]>> {
        literals.iter().map(|literal| self.text(literal)).collect()
    }

    /// RFC 5228 2.4.2.4: encoded characters are put in if the script asks for it.
    fn decoded(&self, literal: &Literal) -> Result<String> {
        if self.has("encoded-character") {
            decode_characters(&literal.text).map_err(|what| literal.at.error(what))
        } else {
            Ok(literal.text.clone())
        }
    }

    /// A string that may hold no variables, such as a script's name.
    fn constant(&mut self, literal: &Literal, what: &str) -> Result<String> {
        match self.text(literal)?.constant() {
            Some(text) => Ok(text.to_owned()),
            None => Err(literal
                .at
                .error(format!("{what} is written out, without variables"))),
        }
    }

    /// Where the variable of this name lives.
    fn variable(&mut self, name: &str, at: Position) -> Result<Variable> {
        // RFC 5229 3: letter case aside.
        let name = name.to_ascii_lowercase();
        if let Some(global) = name.strip_prefix("global.") {
            // RFC 6609 3.4.2: the namespace comes with `include` and has none within it.
            self.need("include", "${global.*}", at)?;
            if !is_identifier(global) {
                return Err(at.error(format!("`{global}` is no name for a variable")));
            }
            return place(&mut self.globals, global, at).map(Variable::Global);
        }
        if name.contains('.') {
            return Err(at.error(format!("there are no variables `{name}`")));
        }
        if self.declared.contains(&name) {
            place(&mut self.globals, &name, at).map(Variable::Global)
        } else {
            place(&mut self.locals, &name, at).map(Variable::Local)
        }
    }

    /// The variable that a command sets.
    fn assigned(&mut self, literal: &Literal) -> Result<Variable> {
        let name = self.constant(literal, "the name of a variable")?;
        if !name.split('.').all(is_identifier) {
            // RFC 5229 4: match variables cannot be set either.
            return Err(literal
                .at
                .error(format!("`{name}` is no name for a variable")));
        }
        let variable = self.variable(&name, literal.at)?;
        self.assigned.push(name.to_ascii_lowercase());
        Ok(variable)
    }
}

/// RFC 5229 6: a match variable beyond those that there are is an error.
fn capture(number: &str, at: Position) -> Result<usize> {
    let known = number.parse().ok().filter(|number| *number < CAPTURES_MAX);
    known.ok_or_else(|| {
        at.error(format!(
            "there is no `${{{number}}}`; the last one is `${{{}}}`",
            CAPTURES_MAX - 1
        ))
    })
}

fn place(names: &mut Vec<String>, name: &str, at: Position) -> Result<usize> {
    if name.len() > VARIABLE_NAME_OCTETS_MAX {
        let what =
            format!("the name of a variable has at most {VARIABLE_NAME_OCTETS_MAX} characters");
        return Err(at.error(what));
    }
    if let Some(place) = names.iter().position(|known| known == name) {
        return Ok(place);
    }
    if names.len() >= VARIABLES_MAX {
        return Err(at.error(format!("a script has at most {VARIABLES_MAX} variables")));
    }
    names.push(name.to_owned());
    Ok(names.len() - 1)
}

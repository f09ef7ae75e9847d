//! A script that was read and checked, ready to be run as often as mail comes.

use crate::capability::CapabilitySet;
use crate::check;
use crate::fault::ParseError;
use crate::grammar;
use crate::needs::Needs;
use crate::program::Block;

/// A script. It is kept in an `Arc` and shared.
#[derive(Clone, Debug)]
pub struct Script {
    pub(crate) capabilities: CapabilitySet,
    /// Those of `require` alone.
    pub(crate) required: CapabilitySet,
    pub(crate) block: Block,
    /// How many variables of its own it has.
    pub(crate) locals: usize,
    /// Names of the shared variables that it uses.
    pub(crate) globals: Box<[Box<str>]>,
    needs: Needs,
}

impl Script {
    /// Reads and checks a script. Scripts that it includes are not opened.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn parse(text: &[u8]) -> Result<Self, ParseError> {
        let commands = grammar::parse(text)?;
        let checked = check::check(&commands)?;
        Ok(Self {
            capabilities: checked.capabilities,
            required: checked.required,
            block: checked.block,
            locals: checked.locals,
            globals: checked.globals,
            needs: checked.needs,
        })
    }

    /// What has to be at hand when it is run.
    #[must_use]
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// Whether the script asks for this capability, by `require` or by `ihave`.
    #[must_use]
    pub fn requires(&self, capability: &str) -> bool {
        self.capabilities.has(capability)
    }
}

//! The interpreter: a script over one message.
//!
//! A run is bounded in steps, actions and memory; whatever ends it early leaves the message to be kept as it came
//! (RFC 5228 2.10.6). Actions are only listed: nothing is done here.

mod action;
mod date;
mod edit;
mod matcher;
mod test;
mod vacation;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use crate::destination::Edition;
use crate::fault::RunFault;
use crate::fingerprint::Fingerprint;
use crate::flags;
use crate::input::{Event, Input};
use crate::limits::{
    CAPTURES_MAX, EDITION_GROWTH_OCTETS_MAX, EDITIONS_MAX, INCLUDE_DEPTH_MAX, Limits,
    OCTETS_PER_STEP, REPLACEMENTS_MAX, STRING_OCTETS_MAX, VARIABLES_MAX,
};
use crate::message::Message;
use crate::needs::Place;
use crate::outcome::{Action, Outcome};
use crate::program::{Branch, Command, Include, Statement};
use crate::script::Script;
use crate::surroundings::Surroundings;
use crate::text::{Piece, Text, Variable};
use crate::variables::cut;

/// Runs a script over a message.
#[must_use]
pub fn run(
    script: &Script,
    input: &Input<'_>,
    surroundings: &dyn Surroundings,
    limits: &Limits,
) -> Outcome {
    let mut machine = Machine::new(input, surroundings, limits);
    match machine.start(script) {
        Ok(()) => machine.finish(),
        Err(halt) => machine.faulted(halt),
    }
}

/// Parts of an enclosing message that come before the enclosed one: itself, the text, and the attachment.
const PARTS_BEFORE_ENCLOSED: usize = 3;

/// Why a run cannot go on.
#[derive(Debug)]
struct Halt(Cow<'static, str>);

type Result<T, E = Halt> = std::result::Result<T, E>;

fn halt<T>(what: impl Into<Cow<'static, str>>) -> Result<T> {
    Err(Halt(what.into()))
}

/// Where a run goes on behind a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Next,
    Stop,
    Return,
    /// This many loops end.
    Break(usize),
}

/// All that one run knows.
struct Machine<'r> {
    input: &'r Input<'r>,
    surroundings: &'r dyn Surroundings,
    limits: &'r Limits,
    message: Message<'r>,
    steps: Cell<u64>,
    actions: Vec<Action>,
    implicit_keep: bool,
    /// The message is delivered or sent on, beyond copies that were asked for.
    delivers: bool,
    /// `vacation` was used.
    has_replied: bool,
    /// RFC 5232 3: the internal variable.
    flags: Vec<String>,
    /// RFC 6609 3.4: variables that scripts share.
    globals: HashMap<Box<str>, String>,
    remembered: RefCell<Vec<(Fingerprint, u64)>>,
    editions: Vec<Vec<u8>>,
    /// How many times the message was enclosed.
    enclosures: usize,
    /// The form that is sent on, once the message was enclosed (RFC 5703 6).
    unenclosed: Option<Edition>,
    /// The generation of the message that each edition is of.
    generations: Vec<u32>,
    header_edits: usize,
    replacements: usize,
    /// The part that was replaced last.
    replaced: usize,
    includes: usize,
    /// Scripts that were included at any time.
    included: Vec<(Place, Box<str>)>,
    /// Those that run now, outermost first.
    running: Vec<(Place, Box<str>)>,
    line: u32,
}

/// What belongs to one script while it runs.
struct Frame<'s> {
    script: &'s Script,
    locals: Vec<String>,
    /// RFC 5229 3.2: `${0}`, `${1}` and so on.
    captures: Vec<String>,
    /// The part that the script takes for the message (RFC 6609 3.5).
    root: usize,
    /// The part that the closest loop is at.
    part: Option<usize>,
}

impl<'s> Frame<'s> {
    fn new(script: &'s Script, root: usize) -> Self {
        Self {
            script,
            locals: vec![String::new(); script.locals],
            captures: Vec::new(),
            root,
            part: None,
        }
    }

    /// The message went into another one, by so many places. What stands for the whole message stays at its beginning.
    fn enclosed(&mut self, deeper: usize) {
        if self.root > 0 {
            self.root += deeper;
        }
        self.part = self.part.map(|part| part + deeper);
    }

    /// The part that `:mime` means (RFC 5703 4.1).
    fn current_part(&self) -> usize {
        self.part.unwrap_or(self.root)
    }
}

impl<'r> Machine<'r> {
    fn new(input: &'r Input<'r>, surroundings: &'r dyn Surroundings, limits: &'r Limits) -> Self {
        let mut internal = Vec::new();
        for flag in input.flags {
            flags::add(&mut internal, flag);
        }
        Self {
            input,
            surroundings,
            limits,
            message: Message::new(input.message),
            steps: Cell::new(limits.steps),
            actions: Vec::new(),
            implicit_keep: true,
            delivers: false,
            has_replied: false,
            flags: internal,
            globals: HashMap::new(),
            remembered: RefCell::new(Vec::new()),
            editions: Vec::new(),
            enclosures: 0,
            unenclosed: None,
            generations: Vec::new(),
            header_edits: 0,
            replacements: 0,
            replaced: 0,
            includes: 0,
            included: Vec::new(),
            running: Vec::new(),
            line: 1,
        }
    }

    fn is_delivery(&self) -> bool {
        self.input.event == Event::Delivery
    }

    fn start(&mut self, script: &Script) -> Result<()> {
        self.applicable(script)?;
        let mut frame = Frame::new(script, 0);
        self.block(&mut frame, &script.block)?;
        if self.implicit_keep {
            let flags = self.flags.clone();
            self.keep(flags)?;
        }
        Ok(())
    }

    /// RFC 6785 3.11: what answers a delivery ends a script that a client's act started, even if it is only required.
    fn applicable(&self, script: &Script) -> Result<()> {
        if self.is_delivery() {
            return Ok(());
        }
        for capability in ["reject", "ereject", "vacation"] {
            if script.required.has(capability) {
                return halt(format!(
                    "`{capability}` is for deliveries, and this is an event of IMAP"
                ));
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Outcome {
        // RFC 7352 3: remembered only now that all went well.
        let remembered = self.remembered.take().into_iter();
        self.actions
            .extend(remembered.map(|(fingerprint, seconds)| Action::Remember {
                fingerprint,
                seconds,
            }));
        Outcome {
            actions: self.actions,
            editions: self.editions,
            flags: self.flags,
            fault: None,
        }
    }

    /// RFC 5228 2.10.6, RFC 5293 7: after an error the message is kept as it was received.
    fn faulted(self, halt: Halt) -> Outcome {
        let mut flags = Vec::new();
        for flag in self.input.flags {
            flags::add(&mut flags, flag);
        }
        Outcome {
            actions: vec![Action::Keep {
                flags: flags.clone(),
                edition: Edition::RECEIVED,
            }],
            editions: Vec::new(),
            flags,
            fault: Some(RunFault {
                line: self.line,
                script: self.running.last().map(|(_, name)| name.to_string()),
                what: halt.0.into_owned(),
            }),
        }
    }

    /// Counts one step and the octets it looks at.
    fn step(&self, octets: usize) -> Result<()> {
        let cost = 1 + (octets / OCTETS_PER_STEP) as u64;
        match self.steps.get().checked_sub(cost) {
            Some(left) => {
                self.steps.set(left);
                Ok(())
            }
            None => halt("the script takes too long over this message"),
        }
    }

    fn block(&mut self, frame: &mut Frame<'_>, block: &[Statement]) -> Result<Flow> {
        for statement in block {
            self.line = statement.line;
            self.step(0)?;
            match self.command(frame, &statement.command)? {
                Flow::Next => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Next)
    }

    fn command(&mut self, frame: &mut Frame<'_>, command: &Command) -> Result<Flow> {
        match command {
            Command::If(branches) => return self.conditional(frame, branches),
            Command::Stop => return Ok(Flow::Stop),
            Command::Return => return Ok(Flow::Return),
            Command::Break { loops } => return Ok(Flow::Break(*loops)),
            Command::Include(include) => return self.include(frame, include),
            Command::ForEveryPart(block) => return self.for_every_part(frame, block),
            Command::Keep { flags } => {
                let flags = self.wanted_flags(frame, flags.as_deref());
                self.keep(flags)?;
            }
            Command::Discard => self.discard()?,
            Command::FileInto(target) => self.file_into(frame, target)?,
            Command::Redirect(redirect) => self.redirect(frame, redirect)?,
            Command::Reject {
                reason,
                at_protocol,
            } => self.reject(frame, reason, *at_protocol)?,
            Command::Vacation(vacation) => self.vacation(frame, vacation)?,
            Command::Notify(notify) => self.notify(frame, notify)?,
            Command::Set {
                variable,
                modifiers,
                value,
            } => {
                let value = self.text(frame, value);
                self.step(value.len())?;
                let value = crate::variables::modified(&value, *modifiers);
                self.assign(frame, *variable, value)?;
            }
            Command::Flags {
                change,
                variable,
                flags,
            } => self.change_flags(frame, *change, *variable, flags)?,
            Command::AddHeader(add) => self.add_header(frame, add)?,
            Command::DeleteHeader(delete) => self.delete_header(frame, delete)?,
            Command::Replace(replace) => self.replace(frame, replace)?,
            Command::Enclose(enclose) => self.enclose(frame, enclose)?,
            Command::ExtractText {
                variable,
                modifiers,
                first,
            } => self.extract_text(frame, *variable, *modifiers, *first)?,
            Command::Error(message) => return halt(self.text(frame, message).into_owned()),
        }
        Ok(Flow::Next)
    }

    fn conditional(&mut self, frame: &mut Frame<'_>, branches: &[Branch]) -> Result<Flow> {
        for branch in branches {
            self.line = branch.line;
            if self.test(frame, &branch.test)? {
                return self.block(frame, &branch.block);
            }
        }
        Ok(Flow::Next)
    }

    /// RFC 6609 3.2
    fn include(&mut self, frame: &mut Frame<'_>, include: &Include) -> Result<Flow> {
        let key = (include.place, include.name.clone());
        // RFC 6609 3.2: a script that was included before, or that runs now, is passed over with `:once`.
        if include.once && self.included.contains(&key) {
            return Ok(Flow::Next);
        }
        // RFC 6609 3.1: scripts do not include themselves.
        if self.running.contains(&key) {
            return halt(format!("the script `{}` includes itself", include.name));
        }
        if self.running.len() + 1 >= INCLUDE_DEPTH_MAX {
            return halt(format!(
                "at most {INCLUDE_DEPTH_MAX} scripts include each other"
            ));
        }
        self.includes += 1;
        if self.includes > self.limits.includes {
            return halt("too many scripts are included");
        }
        let Some(script) = self.surroundings.script(include.place, &include.name) else {
            if include.optional {
                return Ok(Flow::Next);
            }
            return halt(format!("there is no script `{}` to include", include.name));
        };
        self.applicable(&script)?;
        if !self.included.contains(&key) {
            self.included.push(key.clone());
        }
        self.running.push(key);
        let mut inner = Frame::new(&script, frame.current_part());
        let enclosed = self.enclosures;
        let flow = self.block(&mut inner, &script.block)?;
        frame.enclosed((self.enclosures - enclosed) * PARTS_BEFORE_ENCLOSED);
        self.running.pop();
        // RFC 6609 3.2: `stop` ends all, `return` the included script.
        Ok(if flow == Flow::Stop {
            Flow::Stop
        } else {
            Flow::Next
        })
    }

    /// RFC 5703 3: the parts within the current one, each before those within it; the outermost loop begins with the message.
    fn for_every_part(&mut self, frame: &mut Frame<'_>, block: &[Statement]) -> Result<Flow> {
        let mut outer = frame.part;
        let mut root = frame.current_part();
        let mut part = if outer.is_some() { root + 1 } else { root };
        let flow = loop {
            // Counted anew each time: a replaced part has none within it any more.
            let last = root + self.descendants(root);
            if part > last {
                break Flow::Next;
            }
            self.step(0)?;
            frame.part = Some(part);
            let (replaced, enclosed) = (self.replacements, self.enclosures);
            let flow = self.block(frame, block)?;
            // The parts went on into the message that encloses them, and so does the loop.
            let deeper = (self.enclosures - enclosed) * PARTS_BEFORE_ENCLOSED;
            (part, root) = (part + deeper, root + deeper);
            outer = outer.map(|outer| outer + deeper);
            match flow {
                Flow::Next => {}
                Flow::Break(1) => break Flow::Next,
                Flow::Break(loops) => break Flow::Break(loops - 1),
                Flow::Stop | Flow::Return => break flow,
            }
            if self.replacements > replaced && deeper == 0 && self.replaced == part {
                // RFC 5703 5: what took the place of the part is not entered.
                part += self.descendants(part);
            }
            part += 1;
        };
        frame.part = outer;
        Ok(flow)
    }

    fn descendants(&self, part: usize) -> usize {
        self.message
            .parts()
            .get(part)
            .map_or(0, crate::message::part::Part::descendants)
    }

    /// A string with its variables filled in.
    fn text<'t>(&self, frame: &Frame<'_>, text: &'t Text) -> Cow<'t, str> {
        let pieces = match text {
            Text::Plain(plain) => return Cow::Borrowed(plain.as_str()),
            Text::Pieces(pieces) => pieces,
        };
        let mut filled = String::new();
        for piece in pieces {
            filled.push_str(match piece {
                Piece::Plain(text) => text,
                Piece::Capture(number) => frame.captures.get(*number).map_or("", String::as_str),
                Piece::Variable(variable) => self.value(frame, *variable),
            });
            if filled.len() > STRING_OCTETS_MAX {
                filled.truncate(cut(&filled, STRING_OCTETS_MAX).len());
                break;
            }
        }
        let cost = (filled.len() / OCTETS_PER_STEP) as u64;
        self.steps.set(self.steps.get().saturating_sub(cost));
        Cow::Owned(filled)
    }

    fn optional<'t>(&self, frame: &Frame<'_>, text: Option<&'t Text>) -> Option<Cow<'t, str>> {
        text.map(|text| self.text(frame, text))
    }

    fn texts<'t>(&self, frame: &Frame<'_>, texts: &'t [Text]) -> Vec<Cow<'t, str>> {
        texts.iter().map(|text| self.text(frame, text)).collect()
    }

    /// RFC 5229 3: a variable that was never set is empty.
    fn value<'v>(&'v self, frame: &'v Frame<'_>, variable: Variable) -> &'v str {
        match variable {
            Variable::Local(place) => frame.locals.get(place).map_or("", String::as_str),
            Variable::Global(place) => {
                let name = frame.script.globals.get(place);
                name.and_then(|name| self.globals.get(name))
                    .map_or("", String::as_str)
            }
        }
    }

    fn assign(&mut self, frame: &mut Frame<'_>, variable: Variable, value: String) -> Result<()> {
        match variable {
            Variable::Local(place) => {
                if let Some(local) = frame.locals.get_mut(place) {
                    *local = value;
                }
            }
            Variable::Global(place) => {
                let Some(name) = frame.script.globals.get(place) else {
                    return Ok(());
                };
                if self.globals.len() >= VARIABLES_MAX && !self.globals.contains_key(name) {
                    return halt("too many variables are shared");
                }
                self.globals.insert(name.clone(), value);
            }
        }
        Ok(())
    }

    /// RFC 5229 3.2: what the wildcards stood for stays until others match.
    fn capture(frame: &mut Frame<'_>, mut captures: Vec<String>) {
        captures.truncate(CAPTURES_MAX);
        frame.captures = captures;
    }

    /// The form of the message that an action at this moment means (RFC 5293 7).
    fn edition(&mut self) -> Result<Edition> {
        let generation = self.message.generation();
        if generation == 0 {
            return Ok(Edition::RECEIVED);
        }
        let known = self
            .generations
            .iter()
            .position(|known| *known == generation);
        let place = match known {
            Some(place) => place,
            None => {
                if self.editions.len() >= EDITIONS_MAX {
                    return halt("too many edited forms of the message are used");
                }
                self.editions.push(self.message.current());
                self.generations.push(generation);
                self.editions.len() - 1
            }
        };
        Ok(Edition(u32::try_from(place + 1).unwrap_or_default()))
    }

    /// Counts a change of the message's octets, which must not grow without bound.
    fn count_replacement(&mut self) -> Result<()> {
        self.replacements += 1;
        let growth = self.message.size().saturating_sub(self.input.message.len());
        if self.replacements > REPLACEMENTS_MAX || growth > EDITION_GROWTH_OCTETS_MAX {
            return halt("too much of the message is changed");
        }
        self.step(self.message.size())
    }
}

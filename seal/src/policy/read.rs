//! Reader: makes a policy of the lines of a file.

use std::collections::HashMap;

use super::{Group, LINES_MAX, LineError, Member, Policy, PolicyError, PolicyLog, PolicyWitness};
use crate::tree::tile::decimal;

/// Reads a file.
pub(super) fn parse(bytes: &[u8]) -> Result<Policy, PolicyError> {
    if bytes.len() > Policy::BYTES_MAX {
        return Err(PolicyError::TooLong);
    }
    let mut reader = Reader::default();
    for (number, line) in (1_usize..).zip(bytes.split(|byte| *byte == b'\n')) {
        let read = reader.line(line);
        read.map_err(|what| PolicyError::Line { line: number, what })?;
    }
    match reader.quorum {
        Some(quorum) => Ok(Policy {
            logs: reader.logs,
            witnesses: reader.witnesses,
            groups: reader.groups,
            quorum,
        }),
        None => Err(PolicyError::NoQuorumLine),
    }
}

/// What was read so far.
#[derive(Default)]
struct Reader<'b> {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    groups: Vec<Group>,
    /// What each name means, and whether it is a member of a group already.
    names: HashMap<&'b [u8], (Member, bool)>,
    quorum: Option<Option<Member>>,
}

impl<'b> Reader<'b> {
    fn line(&mut self, line: &'b [u8]) -> Result<(), LineError> {
        // tlog-policy, "Character set": tab and newline are the only control characters.
        if line
            .iter()
            .any(|byte| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f)
        {
            return Err(LineError::Control);
        }
        let mut words = line
            .split(|byte| matches!(byte, b' ' | b'\t'))
            .filter(|word| !word.is_empty());
        let Some(kind) = words.next().filter(|word| !word.starts_with(b"#")) else {
            return Ok(());
        };
        let words: Vec<_> = words.collect();
        match kind {
            b"log" => self.log(&words),
            b"witness" => self.witness(&words),
            b"group" => self.group(&words),
            b"quorum" => self.quorum(&words),
            _ => Err(LineError::Unknown),
        }
    }

    fn log(&mut self, words: &[&'b [u8]]) -> Result<(), LineError> {
        let (key, url) = match words {
            [key] => (key, None),
            [key, url] => (key, Some(shown(url))),
            _ => return Err(LineError::Form("log KEY [URL]")),
        };
        let key: crate::VerifierKey = text(key)?.parse()?;
        // tlog-policy, "Public key representation": the same if the bytes are, whatever the name.
        if self.logs.iter().any(|log| log.key.public() == key.public()) {
            return Err(LineError::SameKey);
        }
        push(&mut self.logs, PolicyLog { key, url })
    }

    fn witness(&mut self, words: &[&'b [u8]]) -> Result<(), LineError> {
        let (name, key, url) = match words {
            [name, key] => (name, key, None),
            [name, key, url] => (name, key, Some(shown(url))),
            _ => return Err(LineError::Form("witness NAME KEY [URL]")),
        };
        let key: crate::WitnessKey = text(key)?.parse()?;
        let mut known = self.witnesses.iter();
        if known.any(|witness| witness.key.public() == key.public()) {
            return Err(LineError::SameKey);
        }
        self.define(name, Member::Witness(self.witnesses.len()))?;
        let name = shown(name);
        push(&mut self.witnesses, PolicyWitness { name, key, url })
    }

    fn group(&mut self, words: &[&'b [u8]]) -> Result<(), LineError> {
        let form = LineError::Form("group NAME all|any|NUMBER NAME...");
        let Some((name, rest)) = words.split_first() else {
            return Err(form);
        };
        let Some((threshold, names)) = rest.split_first() else {
            return Err(form);
        };
        if names.is_empty() {
            return Err(form);
        }
        let threshold = match *threshold {
            b"all" => names.len(),
            b"any" => 1,
            number => str::from_utf8(number)
                .ok()
                .and_then(|number| decimal(number, LINES_MAX as u64))
                .and_then(|number| usize::try_from(number).ok())
                .filter(|number| (1..=names.len()).contains(number))
                .ok_or(LineError::Threshold)?,
        };
        let mut members = Vec::with_capacity(names.len());
        for name in names {
            let (member, is_taken) = self.names.get_mut(*name).ok_or(LineError::NoSuchName)?;
            // tlog-policy, "Defining a witness group": once, so that nobody counts twice.
            if std::mem::replace(is_taken, true) {
                return Err(LineError::SecondTime);
            }
            members.push(*member);
        }
        self.define(name, Member::Group(self.groups.len()))?;
        push(&mut self.groups, Group { threshold, members })
    }

    fn quorum(&mut self, words: &[&'b [u8]]) -> Result<(), LineError> {
        let [name] = words else {
            return Err(LineError::Form("quorum NAME"));
        };
        if self.quorum.is_some() {
            return Err(LineError::SecondQuorum);
        }
        let quorum = match *name {
            NONE => None,
            name => Some(self.names.get(name).ok_or(LineError::NoSuchName)?.0),
        };
        self.quorum = Some(quorum);
        Ok(())
    }

    fn define(&mut self, name: &'b [u8], member: Member) -> Result<(), LineError> {
        if name == NONE || self.names.contains_key(name) {
            return Err(LineError::SameName);
        }
        self.names.insert(name, (member, false));
        Ok(())
    }
}

/// tlog-policy, "Defining the quorum": the name that is defined beforehand.
const NONE: &[u8] = b"none";

fn push<T>(list: &mut Vec<T>, item: T) -> Result<(), LineError> {
    if list.len() >= LINES_MAX {
        return Err(LineError::TooMany);
    }
    list.push(item);
    Ok(())
}

fn text(word: &[u8]) -> Result<&str, LineError> {
    str::from_utf8(word).map_err(|_| LineError::Key(crate::KeyError::Malformed))
}

fn shown(word: &[u8]) -> String {
    String::from_utf8_lossy(word).into_owned()
}

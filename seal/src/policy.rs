//! A policy: which logs and witnesses are trusted, and how many of the witnesses must have cosigned a checkpoint.
//!
//! C2SP tlog-policy: a file of lines. Names in it are octets and mean nothing outside.

#![cfg_attr(
    not(test),
    warn(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::panic
    )
)]

use std::collections::BTreeSet;

use crate::{Checkpoint, KeyError, Note, NoteError, VerifierKey, WitnessKey};

mod read;

/// Whom to trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    groups: Vec<Group>,
    quorum: Option<Member>,
}

/// A log that is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyLog {
    /// Its key, whose name is the origin of its checkpoints.
    pub key: VerifierKey,
    /// Where it is reached.
    pub url: Option<String>,
}

/// A witness that is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyWitness {
    /// Its name in the file; octets that are no UTF-8 are shown by a mark.
    pub name: String,
    /// Its key.
    pub key: WitnessKey,
    /// Where it is reached: what comes before `/add-checkpoint`.
    pub url: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    threshold: usize,
    members: Vec<Member>,
}

/// A place in the list of witnesses or of groups; a group's members stand before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Member {
    Witness(usize),
    Group(usize),
}

/// What a policy says of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The checkpoint, signed by a log of the policy.
    pub checkpoint: Checkpoint,
    /// The witnesses of the policy that cosigned it, by their names in the file, and when, in seconds since 1970.
    pub witnesses: Vec<(String, u64)>,
    /// Whether these are enough.
    pub is_trusted: bool,
}

impl Policy {
    /// Octets of a file.
    pub const BYTES_MAX: usize = 1024 * 1024;

    /// Reads a file.
    ///
    /// # Errors
    /// [`PolicyError`], with the line where there is one.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        read::parse(bytes)
    }

    /// The logs, in the order of the file.
    #[must_use]
    pub fn logs(&self) -> &[PolicyLog] {
        &self.logs
    }

    /// The witnesses, in the order of the file.
    #[must_use]
    pub fn witnesses(&self) -> &[PolicyWitness] {
        &self.witnesses
    }

    /// Whether a checkpoint needs no witness at all: `quorum none`.
    #[must_use]
    pub const fn is_without_witnesses(&self) -> bool {
        self.quorum.is_none()
    }

    /// The same with a log that is known from elsewhere.
    #[must_use]
    pub fn with_log(mut self, key: VerifierKey) -> Self {
        if self.logs.iter().all(|log| log.key != key) {
            self.logs.push(PolicyLog { key, url: None });
        }
        self
    }

    /// Whether enough witnesses have cosigned; `has_cosigned` is asked of each by its place in [`Policy::witnesses`].
    #[must_use]
    pub fn is_met(&self, has_cosigned: impl Fn(usize) -> bool) -> bool {
        let Some(quorum) = self.quorum else {
            return true;
        };
        let mut met: Vec<bool> = Vec::with_capacity(self.groups.len());
        let holds = |member: Member, met: &[bool]| match member {
            Member::Witness(place) => has_cosigned(place),
            Member::Group(place) => met.get(place).copied().unwrap_or(false),
        };
        for group in &self.groups {
            let members = group.members.iter();
            let count = members.filter(|member| holds(**member, &met)).count();
            met.push(count >= group.threshold);
        }
        holds(quorum, &met)
    }

    /// The largest size up to which enough witnesses have cosigned the log, given the size that each cosigned last in the
    /// order of [`Policy::witnesses`]; `None` if too few have cosigned at all, or none is asked for.
    ///
    /// A witness that cosigned a larger tree vouches for each smaller one that it grew out of.
    #[must_use]
    pub fn fixed_size(&self, sizes: &[Option<u64>]) -> Option<u64> {
        if self.is_without_witnesses() {
            return None;
        }
        let distinct: BTreeSet<u64> = sizes.iter().flatten().copied().collect();
        distinct
            .into_iter()
            .rev()
            .find(|size| self.is_met(|place| sizes.get(place).copied().flatten() >= Some(*size)))
    }

    /// Looks who signed a checkpoint, and whether that is enough.
    ///
    /// # Errors
    /// [`PolicyError`] if no log of the policy signed it, or a signature by one that it names is wrong.
    pub fn judge(&self, note: &Note) -> Result<Judgement, PolicyError> {
        let checkpoint: Checkpoint = note.text().parse()?;
        let logs: Vec<_> = self
            .logs
            .iter()
            .map(|log| log.key.clone())
            .filter(|key| key.name().as_str() == checkpoint.origin())
            .collect();
        // tlog-policy, "What is a policy": any one of the logs that are listed.
        if logs.is_empty() {
            return Err(PolicyError::UnknownLog);
        }
        note.verify(&logs)?;
        let times = self
            .witnesses
            .iter()
            .map(|witness| witness.key.cosigned_at(note))
            .collect::<Result<Vec<_>, _>>()?;
        let is_trusted = self.is_met(|place| times.get(place).copied().flatten().is_some());
        let named = self.witnesses.iter().zip(&times);
        Ok(Judgement {
            checkpoint,
            witnesses: named
                .filter_map(|(witness, time)| Some((witness.name.clone(), (*time)?)))
                .collect(),
            is_trusted,
        })
    }
}

/// What is wrong with a policy, or with a checkpoint under it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A line of the file.
    #[error("line {line}: {what}")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What is wrong.
        what: LineError,
    },
    /// The file is too long.
    #[error("a policy has at most {max} bytes", max = Policy::BYTES_MAX)]
    TooLong,
    /// There is no line that says how many witnesses are wanted.
    #[error("there is no line `quorum`")]
    NoQuorumLine,
    /// The checkpoint is of a log that the policy does not name.
    #[error("the policy does not name this log")]
    UnknownLog,
    /// The checkpoint is malformed, or not signed as it should be.
    #[error("{0}")]
    Note(#[from] NoteError),
}

/// What is wrong with a line of a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// A control character.
    #[error("a control character")]
    Control,
    /// Not a kind of line.
    #[error("`log`, `witness`, `group` or `quorum` is wanted")]
    Unknown,
    /// Too few or too many words.
    #[error("`{0}` is wanted")]
    Form(&'static str),
    /// A key.
    #[error("{0}")]
    Key(#[from] KeyError),
    /// The same key twice.
    #[error("this key stands there already")]
    SameKey,
    /// The same name twice, or one that means something else.
    #[error("this name stands there already")]
    SameName,
    /// A name that is not defined before.
    #[error("this name is not defined before")]
    NoSuchName,
    /// A member of two groups, or twice of one.
    #[error("each name can be a member once")]
    SecondTime,
    /// A number of members that cannot be had.
    #[error("a number from 1 to the number of members is wanted, or `all` or `any`")]
    Threshold,
    /// A second line of a kind that there is once.
    #[error("there is a line `quorum` already")]
    SecondQuorum,
    /// More than there may be.
    #[error("too many: at most {max}", max = LINES_MAX)]
    TooMany,
}

/// Most logs, witnesses, and groups; at least 32 of each have to be possible (tlog-policy, "Implementation limits").
const LINES_MAX: usize = 256;

/// Feeds hostile bytes to the parser.
pub(crate) fn fuzz(input: &[u8]) {
    if let Ok(policy) = Policy::parse(input) {
        let all = vec![Some(7); policy.witnesses.len()];
        assert!(policy.is_met(|_| true), "all witnesses are enough");
        assert_eq!(
            policy.fixed_size(&all).is_none(),
            policy.is_without_witnesses(),
            "all witnesses fix a size"
        );
        let _ = policy.is_met(|_| false);
    }
}

#[cfg(test)]
mod tests;

//! Options: what server and milter agree on at the beginning.
#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic
)]

use crate::error::Error;

/// The version that is spoken (`SMFI_PROT_VERSION`).
pub(super) const VERSION: u32 = 6;
/// The oldest version that is understood: the one of sendmail 8.12.
const VERSION_MIN: u32 = 2;
/// The first version with a command for DATA.
const VERSION_WITH_DATA: u32 = 4;

/// What a milter may do, as offered: `SMFIF_ADDHDRS`, `SMFIF_CHGBODY`, `SMFIF_CHGHDRS`, `SMFIF_QUARANTINE`.
const ACTIONS: u32 = 0x01 | CHANGE_BODY | 0x10 | 0x20;
/// Another body in the place of the one it was told.
const CHANGE_BODY: u32 = 0x02;

/// Steps that can be left out or go without an answer: `SMFIP_NOCONNECT` to `SMFIP_NODATA`, `SMFIP_SKIP`, the
/// `SMFIP_NR_` ones and `SMFIP_HDR_LEADSPC`.
const PROTOCOL: u32 = 0x3ff | SKIP | 0xff_f080 | HEADER_LEADING_SPACE;
/// The milter may say in the midst of the body that it has seen enough.
const SKIP: u32 = 0x400;
/// Header values begin with the space behind the colon.
const HEADER_LEADING_SPACE: u32 = 0x10_0000;

/// A step of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Connect,
    Helo,
    Mail,
    Recipient,
    Data,
    Field,
    EndOfHeader,
    Body,
}

impl Step {
    /// The bit by which a milter says that it does not want the step.
    fn unwanted(self) -> u32 {
        match self {
            Self::Connect => 0x01,
            Self::Helo => 0x02,
            Self::Mail => 0x04,
            Self::Recipient => 0x08,
            Self::Body => 0x10,
            Self::Field => 0x20,
            Self::EndOfHeader => 0x40,
            Self::Data => 0x200,
        }
    }

    /// The bit by which a milter says that it gives no answer to the step.
    fn unanswered(self) -> u32 {
        match self {
            Self::Field => 0x80,
            Self::Connect => 0x1000,
            Self::Helo => 0x2000,
            Self::Mail => 0x4000,
            Self::Recipient => 0x8000,
            Self::Data => 0x1_0000,
            Self::EndOfHeader => 0x4_0000,
            Self::Body => 0x8_0000,
        }
    }
}

/// What was agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Options {
    version: u32,
    actions: u32,
    protocol: u32,
}

impl Options {
    /// What is offered, as the data of `SMFIC_OPTNEG`.
    pub(super) fn offer() -> [u8; 12] {
        let mut data = [0; 12];
        let words = [VERSION, ACTIONS, PROTOCOL].map(u32::to_be_bytes);
        for (octet, word) in data.iter_mut().zip(words.as_flattened()) {
            *octet = *word;
        }
        data
    }

    /// What the milter makes of it.
    pub(super) fn agreed(data: &[u8]) -> Result<Self, Error> {
        let word = |at: usize| {
            let octets = data.get(at..at.checked_add(4)?)?;
            Some(u32::from_be_bytes(octets.try_into().ok()?))
        };
        let (Some(version), Some(actions), Some(protocol)) = (word(0), word(4), word(8)) else {
            return Err(Error::Malformed("options are cut short"));
        };
        if !(VERSION_MIN..=VERSION).contains(&version) {
            return Err(Error::Malformed("a version that nobody offered"));
        }
        if actions & !ACTIONS != 0 || protocol & !PROTOCOL != 0 {
            return Err(Error::Refused(
                "it wants to change the envelope, or something else that is not offered".to_owned(),
            ));
        }
        Ok(Self {
            version,
            actions,
            protocol,
        })
    }

    pub(super) fn wants(self, step: Step) -> bool {
        let known = step != Step::Data || self.version >= VERSION_WITH_DATA;
        known && self.protocol & step.unwanted() == 0
    }

    pub(super) fn answers(self, step: Step) -> bool {
        self.protocol & step.unanswered() == 0
    }

    /// Whether it said that it may bring another body.
    pub(super) fn changes_body(self) -> bool {
        self.actions & CHANGE_BODY != 0
    }

    pub(super) fn wants_leading_space(self) -> bool {
        self.protocol & HEADER_LEADING_SPACE != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(words: [u32; 3]) -> Vec<u8> {
        words.map(u32::to_be_bytes).concat()
    }

    #[test]
    fn what_is_offered_can_be_agreed_on() {
        let all = Options::agreed(&Options::offer()).unwrap();
        assert!(!all.wants(Step::Helo) && !all.answers(Step::Field));
        let none = Options::agreed(&data([6, 0x11, 0])).unwrap();
        assert!(none.wants(Step::Data) && none.answers(Step::Body));
        assert!(all.changes_body() && !none.changes_body());
        let old = Options::agreed(&data([2, 1, 0x02])).unwrap();
        assert!(!old.wants(Step::Data) && !old.wants(Step::Helo) && old.wants(Step::Mail));
    }

    #[test]
    fn what_is_not_offered_is_refused() {
        // SMFIF_ADDRCPT.
        assert!(matches!(
            Options::agreed(&data([6, 0x04, 0])),
            Err(Error::Refused(_))
        ));
        assert!(matches!(
            Options::agreed(&data([7, 0, 0])),
            Err(Error::Malformed(_))
        ));
        assert!(matches!(
            Options::agreed(&[0; 11]),
            Err(Error::Malformed(_))
        ));
    }
}

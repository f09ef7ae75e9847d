//! The words of scheduling: methods, answers, roles and agents.

use std::fmt;

/// What a scheduling message is for (RFC 5546 1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Made known to whom it may concern, without an answer.
    Publish,
    /// An invitation, or a change of one.
    Request,
    /// A participant's answer.
    Reply,
    /// A further occurrence of a series.
    Add,
    /// The end of an invitation, or of one occurrence.
    Cancel,
    /// A participant asks for the newest version.
    Refresh,
    /// A participant proposes something else.
    Counter,
    /// The organizer refuses a proposal.
    DeclineCounter,
}

impl Method {
    /// The value of the property `METHOD` and of the MIME parameter.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "PUBLISH",
            Self::Request => "REQUEST",
            Self::Reply => "REPLY",
            Self::Add => "ADD",
            Self::Cancel => "CANCEL",
            Self::Refresh => "REFRESH",
            Self::Counter => "COUNTER",
            Self::DeclineCounter => "DECLINECOUNTER",
        }
    }

    /// The method of that name, whatever its case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|method| method.as_str().eq_ignore_ascii_case(text.trim()))
    }

    /// Whether the message goes from the organizer to participants.
    #[must_use]
    pub const fn is_of_organizer(self) -> bool {
        matches!(
            self,
            Self::Publish | Self::Request | Self::Add | Self::Cancel | Self::DeclineCounter
        )
    }

    const ALL: [Self; 8] = [
        Self::Publish,
        Self::Request,
        Self::Reply,
        Self::Add,
        Self::Cancel,
        Self::Refresh,
        Self::Counter,
        Self::DeclineCounter,
    ];
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A participant's answer (RFC 5545 3.2.12).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PartStat {
    /// None yet.
    #[default]
    NeedsAction,
    /// Comes.
    Accepted,
    /// Does not come.
    Declined,
    /// Comes perhaps.
    Tentative,
    /// Sends somebody else.
    Delegated,
    /// Has done the task.
    Completed,
    /// Is doing the task.
    InProcess,
}

impl PartStat {
    /// The value of the parameter.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NeedsAction => "NEEDS-ACTION",
            Self::Accepted => "ACCEPTED",
            Self::Declined => "DECLINED",
            Self::Tentative => "TENTATIVE",
            Self::Delegated => "DELEGATED",
            Self::Completed => "COMPLETED",
            Self::InProcess => "IN-PROCESS",
        }
    }

    /// RFC 5545 3.2.12: what is not known counts as no answer.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|answer| answer.as_str().eq_ignore_ascii_case(text.trim()))
            .unwrap_or(Self::NeedsAction)
    }

    const ALL: [Self; 7] = [
        Self::NeedsAction,
        Self::Accepted,
        Self::Declined,
        Self::Tentative,
        Self::Delegated,
        Self::Completed,
        Self::InProcess,
    ];
}

/// What is expected of a participant (RFC 5545 3.2.16).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Role {
    /// Leads the meeting.
    Chair,
    /// Has to come.
    #[default]
    Required,
    /// May come.
    Optional,
    /// Is told, and does not come.
    NonParticipant,
}

impl Role {
    /// RFC 5545 3.2.16: what is not known counts as required.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.trim().to_ascii_uppercase().as_str() {
            "CHAIR" => Self::Chair,
            "OPT-PARTICIPANT" => Self::Optional,
            "NON-PARTICIPANT" => Self::NonParticipant,
            _ => Self::Required,
        }
    }
}

/// What a participant is (RFC 5545 3.2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CuType {
    /// A person.
    #[default]
    Individual,
    /// Several persons.
    Group,
    /// Equipment.
    Resource,
    /// A room.
    Room,
    /// Nobody knows.
    Unknown,
}

impl CuType {
    /// RFC 5545 3.2.3: what is not known counts as unknown.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.trim().to_ascii_uppercase().as_str() {
            "INDIVIDUAL" => Self::Individual,
            "GROUP" => Self::Group,
            "RESOURCE" => Self::Resource,
            "ROOM" => Self::Room,
            _ => Self::Unknown,
        }
    }
}

/// Who sends the scheduling messages (RFC 6638 7.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ScheduleAgent {
    /// The server.
    #[default]
    Server,
    /// The client.
    Client,
    /// Nobody.
    None,
}

impl ScheduleAgent {
    /// RFC 6638 7.1: what is not known counts as `NONE`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.trim().to_ascii_uppercase().as_str() {
            "SERVER" => Self::Server,
            "CLIENT" => Self::Client,
            _ => Self::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_whatever_their_case_and_unknown_ones_have_a_meaning() {
        for method in Method::ALL {
            assert_eq!(Method::parse(&method.as_str().to_lowercase()), Some(method));
        }
        assert_eq!(Method::parse("X-NONE"), None);
        for answer in PartStat::ALL {
            assert_eq!(PartStat::parse(answer.as_str()), answer);
        }
        assert_eq!(PartStat::parse("X-MAYBE"), PartStat::NeedsAction);
        assert_eq!(ScheduleAgent::parse("X-PIGEON"), ScheduleAgent::None);
        assert_eq!(
            (Role::parse("x"), CuType::parse("x")),
            (Role::Required, CuType::Unknown)
        );
    }
}

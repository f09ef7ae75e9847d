//! What the query of a POST asks for: a change of an object's attachments (RFC 8607 3.3).

use crate::codec::fault::Fault;
use crate::codec::href::decode;
use crate::codec::precondition::Precondition;

/// Occurrences named in one request.
const INSTANCES_MAX: usize = 100;

/// A change of an object's attachments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttachmentAction {
    /// `attachment-add`: the body of the request is attached.
    Add {
        /// To which occurrences; to all where none is named.
        instances: Vec<String>,
    },
    /// `attachment-update`: the body of the request takes the place of one.
    Update {
        /// Which.
        managed_id: String,
    },
    /// `attachment-remove`.
    Remove {
        /// From which occurrences; from all where none is named.
        instances: Vec<String>,
        /// Which.
        managed_id: String,
    },
}

impl AttachmentAction {
    /// Reads a query, without `?`.
    ///
    /// # Errors
    /// The preconditions of RFC 8607 3.11.
    pub fn parse(query: &str) -> Result<Self, Fault> {
        let (mut action, mut instances, mut managed_id) = (None, None, None);
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (slot, precondition) = match name {
                "action" => (&mut action, Precondition::ValidAction),
                "rid" => (&mut instances, Precondition::ValidRid),
                "managed-id" => (&mut managed_id, Precondition::ValidManagedId),
                _ => continue,
            };
            let fault = Fault::Refused(precondition);
            let value = decode(value).map_err(|_| fault)?.into_owned();
            if value.is_empty() || slot.replace(value).is_some() {
                return Err(fault);
            }
        }
        let rid = Fault::Refused(Precondition::ValidRid);
        let instances = instances.map(|list| list.split(',').map(str::to_owned).collect());
        let instances: Option<Vec<String>> = instances;
        if instances
            .as_ref()
            .is_some_and(|all| all.len() > INSTANCES_MAX)
        {
            return Err(rid);
        }
        let no_id = Fault::Refused(Precondition::ValidManagedId);
        // RFC 8607 3.11: `rid` does not go with an update, `managed-id` not with what is new.
        match (action.as_deref(), instances, managed_id) {
            (Some("attachment-add"), instances, None) => Ok(Self::Add {
                instances: instances.unwrap_or_default(),
            }),
            (Some("attachment-update"), None, Some(managed_id)) => Ok(Self::Update { managed_id }),
            (Some("attachment-update"), Some(_), _) => Err(rid),
            (Some("attachment-remove"), instances, Some(managed_id)) => Ok(Self::Remove {
                instances: instances.unwrap_or_default(),
                managed_id,
            }),
            (Some("attachment-add" | "attachment-update" | "attachment-remove"), ..) => Err(no_id),
            _ => Err(Fault::Refused(Precondition::ValidAction)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_read() {
        let add = |instances: &[&str]| AttachmentAction::Add {
            instances: instances.iter().map(|text| (*text).into()).collect(),
        };
        let parse = AttachmentAction::parse;
        assert_eq!(parse("action=attachment-add"), Ok(add(&[])));
        assert_eq!(
            parse("x=1&action=attachment-add&rid=M%2C20260505T080000Z,20260506"),
            Ok(add(&["M", "20260505T080000Z", "20260506"]))
        );
        let managed_id = "a b".to_owned();
        assert_eq!(
            parse("action=attachment-update&managed-id=a%20b"),
            Ok(AttachmentAction::Update { managed_id })
        );
    }

    #[test]
    fn what_does_not_go_together_is_named() {
        use Precondition::{ValidAction, ValidManagedId, ValidRid};
        for (query, precondition) in [
            ("", ValidAction),
            ("action=attachment", ValidAction),
            ("action=attachment-add&action=attachment-add", ValidAction),
            ("action=attachment-add&rid=", ValidRid),
            ("action=attachment-add&rid=%", ValidRid),
            ("action=attachment-add&managed-id=1", ValidManagedId),
            ("action=attachment-update", ValidManagedId),
            ("action=attachment-update&managed-id=1&rid=M", ValidRid),
            ("action=attachment-remove&rid=M", ValidManagedId),
        ] {
            let fault = AttachmentAction::parse(query).unwrap_err();
            assert_eq!(fault.precondition(), Some(precondition), "{query}");
        }
        let many = format!("action=attachment-add&rid={}", "M,".repeat(1_000));
        assert!(AttachmentAction::parse(&many).is_err());
    }
}

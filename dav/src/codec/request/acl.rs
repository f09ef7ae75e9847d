//! ACL: the whole list of rights of a place (RFC 3744 8.1).

use crate::codec::fault::Fault;
use crate::codec::precondition::Precondition;
use crate::codec::response::{AcePrincipal, Privilege};
use crate::codec::xml::{BodyLimits, Element};

/// Entries of one list.
const ACES_MAX: usize = 1_024;

/// An ACL request: gives rights, never denies them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclRequest {
    /// Its entries, in order.
    pub entries: Vec<RequestedAce>,
}

/// An entry: who gets what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestedAce {
    /// To whom.
    pub principal: AcePrincipal,
    /// Which rights; at least one.
    pub privileges: Vec<Privilege>,
}

impl AclRequest {
    /// Reads a body.
    ///
    /// # Errors
    /// [`Fault`] if it is no list of rights; [`Fault::Refused`] for entries that deny or invert.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let root = Element::parse(body, BodyLimits::ORDINARY)?;
        if !root.is_dav("acl") {
            return Err(Fault::Expected("`D:acl`"));
        }
        let mut entries = Vec::new();
        for entry in root.elements().filter(|element| element.is_dav("ace")) {
            if entries.len() >= ACES_MAX {
                return Err(Fault::Refused(Precondition::LimitedNumberOfAces));
            }
            // RFC 3744 8.1: protected and inherited entries of the present list may be sent back; they stay as they are.
            if entry.dav("protected").is_some() || entry.dav("inherited").is_some() {
                continue;
            }
            entries.push(RequestedAce::read(entry)?);
        }
        Ok(Self { entries })
    }
}

impl RequestedAce {
    fn read(entry: &Element) -> Result<Self, Fault> {
        if entry.dav("invert").is_some() {
            return Err(Fault::Refused(Precondition::NoInvert));
        }
        if entry.dav("deny").is_some() {
            return Err(Fault::Refused(Precondition::GrantOnly));
        }
        let principal = entry
            .dav("principal")
            .ok_or(Fault::Expected("`D:principal`"))?;
        let grant = entry.dav("grant").ok_or(Fault::Expected("`D:grant`"))?;
        let mut privileges = Vec::new();
        for privilege in grant
            .elements()
            .filter(|element| element.is_dav("privilege"))
        {
            let named = privilege
                .elements()
                .next()
                .ok_or(Fault::Expected("a privilege"))?;
            let privilege = Privilege::of(&named.namespace, named.local())
                .ok_or(Fault::Refused(Precondition::NotSupportedPrivilege))?;
            if !privileges.contains(&privilege) {
                privileges.push(privilege);
            }
        }
        if privileges.is_empty() {
            return Err(Fault::Expected("a privilege in `D:grant`"));
        }
        Ok(Self {
            principal: ace_principal(principal)?,
            privileges,
        })
    }
}

fn ace_principal(principal: &Element) -> Result<AcePrincipal, Fault> {
    let named = principal
        .elements()
        .next()
        .ok_or(Fault::Expected("somebody in `D:principal`"))?;
    if !named.is_dav(named.local()) {
        return Err(Fault::Refused(Precondition::RecognizedPrincipal));
    }
    match named.local() {
        "href" => Ok(AcePrincipal::Href(named.word())),
        "all" => Ok(AcePrincipal::All),
        "authenticated" => Ok(AcePrincipal::Authenticated),
        "unauthenticated" => Ok(AcePrincipal::Unauthenticated),
        "self" => Ok(AcePrincipal::This),
        "property" => {
            let property = named.elements().next();
            let property = property.ok_or(Fault::Expected("a property in `D:property`"))?;
            Ok(AcePrincipal::Property(property.property_name()))
        }
        _ => Err(Fault::Refused(Precondition::RecognizedPrincipal)),
    }
}

//! `ACL` (RFC 3744 8.1): who may do what with a collection from now on.

use std::collections::BTreeMap;

use model::{CollectionRights, PrincipalId};

use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::codec::request::AclRequest;
use crate::codec::response::AcePrincipal;
use crate::codec::{BodyLimits, Precondition, Property, PropertyName, Status};
use crate::conditions::{self, Reach};
use crate::error::Failure;
use crate::resource::{Found, What, resolve, resolve_href};
use crate::words;

pub(super) async fn run(mut asked: Asked) -> Result<Answer, Failure> {
    super::require_xml(&asked)?;
    let body = asked.words(BodyLimits::ORDINARY).await?;
    let request = AclRequest::parse(&body.octets)?;
    let found = resolve(&asked.visit, &asked.head.place).await?;
    let Found::Here(resource) = &found else {
        return Err(Failure::not_found());
    };
    let What::Collection(info) = &resource.what else {
        return Err(Failure::forbidden());
    };
    conditions::hold(&asked, &found).await?;
    conditions::permit_write(&asked, &found, Reach::Itself).await?;
    let mut wanted: BTreeMap<Option<PrincipalId>, CollectionRights> = BTreeMap::new();
    for entry in &request.entries {
        let rights = words::rights(&entry.privileges)
            .ok_or_else(|| Failure::refused(Precondition::NotSupportedPrivilege))?;
        if let Some(to) = whom(&asked, &entry.principal, info.account.into()).await? {
            let all = wanted.entry(to).or_default();
            *all = all.with(rights);
        }
    }
    // RFC 3744 8.1: the list replaces the one there was.
    for (to, _) in &info.collection.shares {
        wanted.entry(*to).or_insert(CollectionRights::NONE);
    }
    let visit = &asked.visit;
    for (to, rights) in wanted {
        let has = info
            .collection
            .shares
            .iter()
            .find(|(known, _)| *known == to);
        if has.map_or(CollectionRights::NONE, |(_, has)| *has) == rights {
            continue;
        }
        let id = info.collection.id;
        visit
            .groupware()
            .share_collection(&visit.caller, info.account, id, to, rights)
            .await?;
    }
    Ok(answer::empty(Status::OK))
}

/// Whom an entry is about: a principal, or everybody who can sign in. The owner has all rights already.
async fn whom(
    asked: &Asked,
    principal: &AcePrincipal,
    owner: PrincipalId,
) -> Result<Option<Option<PrincipalId>>, Failure> {
    match principal {
        AcePrincipal::Authenticated | AcePrincipal::All => Ok(Some(None)),
        AcePrincipal::Property(PropertyName::Known(Property::Owner)) => Ok(None),
        AcePrincipal::Href(href) => {
            let found = resolve_href(&asked.visit, href, asked.head.host()).await;
            match found.ok().flatten().map(|found| found.what) {
                Some(What::Principal(principal)) if principal.id == owner => Ok(None),
                Some(What::Principal(principal)) => Ok(Some(Some(principal.id))),
                _ => Err(Failure::refused(Precondition::RecognizedPrincipal)),
            }
        }
        // RFC 3744 8.1.1: nobody who has not signed in gets anything.
        AcePrincipal::Unauthenticated | AcePrincipal::Property(_) | AcePrincipal::This => {
            Err(Failure::refused(Precondition::AllowedPrincipal))
        }
    }
}

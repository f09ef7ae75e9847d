//! `D:acl-principal-prop-set` (RFC 3744 9.2): properties of those whom a resource's list of rights names.

use groupware::Error;
use model::{CollectionRights, PrincipalId};

use super::principal_property_search::as_resource;
use super::{about, plan};
use crate::answer::Answer;
use crate::asked::Asked;
use crate::codec::Precondition;
use crate::codec::request::Selection;
use crate::error::Failure;
use crate::resource::Resource;

pub(super) async fn run(
    asked: &Asked,
    resource: &Resource,
    selection: Selection,
) -> Result<Answer, Failure> {
    // What belongs to nobody has no list of rights.
    let owner = resource
        .account()
        .ok_or_else(|| Failure::refused(Precondition::SupportedReport))?;
    let mut named = vec![PrincipalId::from(owner)];
    if let Some(info) = resource.collection() {
        // RFC 3744 9.2: `read-acl` is needed.
        if !info.rights.contains(CollectionRights::SHARE) {
            return Err(Failure::forbidden());
        }
        named.extend(info.collection.shares.iter().filter_map(|(to, _)| *to));
    }
    let plan = plan(asked, selection)?;
    let mut found = Vec::with_capacity(named.len());
    for id in named {
        let principal = asked.visit.directory().principal(id).await;
        found.extend(principal.map_err(Error::from)?.map(as_resource));
    }
    about(asked, resource, plan, found).await
}

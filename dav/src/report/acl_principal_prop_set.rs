//! `D:acl-principal-prop-set` (RFC 3744 9.2): properties of those whom a collection's list of rights names.

use groupware::Error;
use model::{CollectionRights, PrincipalId};

use super::principal_property_search::as_resource;
use super::{about, collection, plan};
use crate::answer::Answer;
use crate::asked::Asked;
use crate::codec::request::Selection;
use crate::error::Failure;
use crate::resource::{Kinds, Resource};

pub(super) async fn run(
    asked: &Asked,
    resource: &Resource,
    selection: Selection,
) -> Result<Answer, Failure> {
    let info = collection(resource, Kinds::STORED)?;
    // RFC 3744 9.2: `read-acl` is needed.
    if !info.rights.contains(CollectionRights::SHARE) {
        return Err(Failure::forbidden());
    }
    let plan = plan(asked, selection)?;
    let shares = info.collection.shares.iter().filter_map(|(to, _)| *to);
    let mut found = Vec::new();
    for id in std::iter::once(PrincipalId::from(info.account)).chain(shares) {
        let principal = asked.visit.directory().principal(id).await;
        found.extend(principal.map_err(Error::from)?.map(as_resource));
    }
    about(asked, plan, found).await
}

//! `D:principal-match` (RFC 3744 9.3): which principals, or which places, are those of whoever asks.

use groupware::Error;

use super::principal_property_search::as_resource;
use super::{about, plan};
use crate::answer::Answer;
use crate::asked::Asked;
use crate::codec::report::PrincipalMatch;
use crate::codec::{Property, PropertyName};
use crate::error::Failure;
use crate::resource::{Resource, members};

pub(super) async fn run(
    asked: &Asked,
    resource: &Resource,
    wanted: PrincipalMatch,
) -> Result<Answer, Failure> {
    let plan = plan(asked, wanted.selection)?;
    let visit = &asked.visit;
    let found = match wanted.property {
        None => {
            let mut found = vec![as_resource(visit.principal.clone())];
            let groups = visit.directory().groups_of(visit.principal.id).await;
            for id in groups.map_err(Error::from)?.iter() {
                let group = visit
                    .directory()
                    .principal(*id)
                    .await
                    .map_err(Error::from)?;
                found.extend(group.map(as_resource));
            }
            found
        }
        Some(PropertyName::Known(Property::Owner)) => {
            let inside = members(visit, resource).await?;
            let own = |one: &Resource| one.account() == Some(visit.account());
            inside.into_iter().filter(own).collect()
        }
        Some(_) => Vec::new(),
    };
    about(asked, resource, plan, found).await
}

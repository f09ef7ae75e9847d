//! `PROPPATCH` (RFC 4918 9.2): properties are set and removed, all of them or none.

use std::collections::BTreeMap;

use model::{CollectionRights, PrincipalId};

use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::codec::request::{PropertyChange, Proppatch};
use crate::codec::response::Multistatus;
use crate::codec::{BodyLimits, Condition, Property, Status};
use crate::conditions::{self, Reach};
use crate::error::Failure;
use crate::property::change::{self, Moment, Refused};
use crate::property::proxy_of;
use crate::resource::{Found, Proxy, Resource, What, resolve, resolve_href};
use groupware::Deputy;

pub(super) async fn run(mut asked: Asked) -> Result<Answer, Failure> {
    super::require_xml(&asked)?;
    let body = asked.words(BodyLimits::ORDINARY).await?;
    let request = Proppatch::parse(&body.octets)?;
    let found = resolve(&asked.visit, &asked.head.place).await?;
    let Found::Here(resource) = &found else {
        return Err(Failure::not_found());
    };
    conditions::hold(&asked, &found).await?;
    conditions::permit_write(&asked, &found, Reach::Itself).await?;
    let outcome = match &resource.what {
        What::Collection(_) => of_collection(&asked, resource, &request.changes).await?,
        What::Object(..) => of_object(&asked, resource, &request.changes).await?,
        What::Proxy(..) => of_proxy(&asked, resource, &request.changes).await?,
        _ => refuse_all(&request.changes),
    };
    let minimal = asked.head.prefer()?.returning == Some(crate::codec::header::Return::Minimal);
    // RFC 8144 2.2: where all went well there is nothing to say.
    if minimal && outcome.iter().all(Option::is_none) {
        return Ok(answer::empty(Status::NO_CONTENT));
    }
    Ok(told(asked.head.path(), &request.changes, outcome))
}

/// For each change why it is not done.
type Outcome = Vec<Option<Refused>>;

/// RFC 4918 9.2.1: one that fails takes all others with it.
fn told(path: &str, changes: &[PropertyChange], outcome: Outcome) -> Answer {
    let failed = outcome.iter().any(Option::is_some);
    let mut multistatus = Multistatus::default();
    let mut response = multistatus.response(path);
    for (change, refused) in changes.iter().zip(outcome) {
        let name = change.name().clone();
        match refused {
            Some(Refused { status, condition }) => response.failed(name, status, condition),
            None if failed => response.failed(name, Status::FAILED_DEPENDENCY, None),
            None => response.empty(name),
        }
    }
    response.end();
    answer::xml(Status::MULTI_STATUS, multistatus.finish())
}

fn refuse_all(changes: &[PropertyChange]) -> Outcome {
    let refused = || Refused {
        status: Status::FORBIDDEN,
        condition: Some(Condition::from(
            crate::codec::Precondition::CannotModifyProtectedProperty,
        )),
    };
    changes.iter().map(|_| Some(refused())).collect()
}

async fn of_collection(
    asked: &Asked,
    resource: &Resource,
    changes: &[PropertyChange],
) -> Result<Outcome, Failure> {
    let What::Collection(info) = &resource.what else {
        return Err(Failure::forbidden());
    };
    let mut properties = (*info.collection.properties).clone();
    let kind = resource.kind();
    let outcome: Outcome = changes
        .iter()
        .map(|one| change::of_collection(&mut properties, one, kind, Moment::Later).err())
        .collect();
    if outcome.iter().all(Option::is_none) && properties != *info.collection.properties {
        let visit = &asked.visit;
        visit
            .groupware()
            .set_collection_properties(&visit.caller, info.account, info.collection.id, properties)
            .await?;
    }
    Ok(outcome)
}

async fn of_object(
    asked: &Asked,
    resource: &Resource,
    changes: &[PropertyChange],
) -> Result<Outcome, Failure> {
    let What::Object(info, object) = &resource.what else {
        return Err(Failure::forbidden());
    };
    if !info.rights.contains(CollectionRights::WRITE) {
        return Err(Failure::forbidden());
    }
    let mut dead: BTreeMap<String, String> = (*object.row.dead).clone();
    let kind = resource.kind();
    let outcome: Outcome = changes
        .iter()
        .map(|one| change::of_object(&mut dead, one, kind).err())
        .collect();
    if outcome.iter().all(Option::is_none) && dead != *object.row.dead {
        let visit = &asked.visit;
        visit
            .groupware()
            .set_object_properties(
                &visit.caller,
                info.account,
                info.collection.id,
                &object.row.name,
                dead,
            )
            .await?;
    }
    Ok(outcome)
}

/// caldav-proxy 5.1: the owner says who may act for them by `group-member-set`.
async fn of_proxy(
    asked: &Asked,
    resource: &Resource,
    changes: &[PropertyChange],
) -> Result<Outcome, Failure> {
    let What::Proxy(owner, proxy) = &resource.what else {
        return Err(Failure::forbidden());
    };
    let [PropertyChange::Set(value)] = changes else {
        return Ok(refuse_all(changes));
    };
    if value.name().known() != Some(Property::GroupMemberSet) {
        return Ok(refuse_all(changes));
    }
    let mut members: Vec<PrincipalId> = Vec::new();
    for href in value
        .element()?
        .elements()
        .filter(|element| element.is_dav("href"))
    {
        let found = resolve_href(&asked.visit, &href.word(), asked.head.host()).await?;
        match found.map(|found| found.what) {
            Some(What::Principal(principal)) => members.push(principal.id),
            _ => {
                let refused = Refused {
                    status: Status::CONFLICT,
                    condition: None,
                };
                return Ok(vec![Some(refused)]);
            }
        }
    }
    set_deputies(asked, owner.id, *proxy, &members).await?;
    Ok(vec![None])
}

async fn set_deputies(
    asked: &Asked,
    owner: PrincipalId,
    proxy: Proxy,
    members: &[PrincipalId],
) -> Result<(), Failure> {
    let visit = &asked.visit;
    let (groupware, caller, account) = (visit.groupware(), &visit.caller, owner.into());
    let rights = match proxy {
        Proxy::Read => CollectionRights::READER,
        Proxy::Write => CollectionRights::WRITER,
    };
    let known = groupware.deputies(caller, account).await?;
    for deputy in &known {
        let there = proxy_of(deputy.rights) == Some(proxy);
        if there && !members.contains(&deputy.principal) {
            let gone = Deputy {
                principal: deputy.principal,
                rights: CollectionRights::NONE,
            };
            groupware.set_deputy(caller, account, gone).await?;
        }
    }
    for member in members {
        let there = known
            .iter()
            .any(|deputy| deputy.principal == *member && proxy_of(deputy.rights) == Some(proxy));
        if !there {
            let deputy = Deputy {
                principal: *member,
                rights,
            };
            groupware.set_deputy(caller, account, deputy).await?;
        }
    }
    Ok(())
}

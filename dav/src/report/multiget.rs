//! What both multigets do: resources by their links, each with properties or 404 (RFC 4791 7.9, RFC 6352 8.7).

use std::collections::HashMap;
use std::sync::Arc;

use groupware::{CollectionInfo, ObjectView};
use model::PathSegment;

use super::listing;
use crate::answer::Answer;
use crate::asked::Asked;
use crate::codec::href::Target;
use crate::codec::{Precondition, Status};
use crate::directory_book::{self, DirectoryEntry};
use crate::error::Failure;
use crate::listing::Line;
use crate::property::Plan;
use crate::resource::{Found, Kinds, Resource, What, child, resolve};

/// Collections that the links of one multiget may lead into: nearly always it is one, and each has to be looked up.
const PARENTS_MAX: usize = 256;

/// The answer about the objects of these kinds that the links lead to.
pub(super) async fn run(
    asked: &Asked,
    resource: &Resource,
    plan: Plan,
    hrefs: Vec<String>,
    kinds: Kinds,
) -> Result<Answer, Failure> {
    let mut parents = Parents::default();
    let mut lines = Vec::with_capacity(hrefs.len());
    for href in hrefs {
        lines.push(parents.line(asked, href, kinds).await?);
    }
    listing(asked, resource, plan, lines).await
}

/// The collections that the links lead into.
#[derive(Debug, Default)]
struct Parents(HashMap<Target, Parent>);

#[derive(Debug)]
enum Parent {
    /// Nothing is there for whoever asks.
    Nothing,
    Collection(Resource, CollectionInfo, Arc<ObjectView>),
    Directory(HashMap<PathSegment, Arc<DirectoryEntry>>),
}

impl Parents {
    /// What is said of one link.
    async fn line(&mut self, asked: &Asked, href: String, kinds: Kinds) -> Result<Line, Failure> {
        let missing = |href| Line::Status(href, Status::NOT_FOUND, None);
        let Ok(place) = Target::parse_href(&href, asked.head.host()) else {
            return Ok(missing(href));
        };
        let Some((above, name)) = parts(&place) else {
            return Ok(missing(place.href()));
        };
        if !self.0.contains_key(&above) {
            if self.0.len() >= PARENTS_MAX {
                let condition = Some(Precondition::NumberOfMatchesWithinLimits.into());
                let status = Status::INSUFFICIENT_STORAGE;
                return Ok(Line::Status(place.href(), status, condition));
            }
            let parent = Parent::read(asked, &above).await?;
            self.0.insert(above.clone(), parent);
        }
        let found = self.0.get(&above).and_then(|parent| parent.member(name));
        Ok(match found.filter(|found| found.kind().meets(kinds)) {
            Some(mut resource) => {
                // The client looks for what it asked for: in the home where it knows it.
                resource.place = place;
                Line::Resource(resource)
            }
            None => missing(place.href()),
        })
    }
}

/// The collection that a link leads into, and the name in it; none for what no multiget is about.
fn parts(place: &Target) -> Option<(Target, &PathSegment)> {
    Some(match place {
        Target::CalendarObject(address, calendar, name) => {
            (Target::Calendar(address.clone(), calendar.clone()), name)
        }
        Target::InboxObject(address, name) => (Target::Inbox(address.clone()), name),
        Target::ContactCard(address, book, name) => {
            (Target::AddressBook(address.clone(), book.clone()), name)
        }
        Target::DirectoryCard(address, name) => (Target::Directory(address.clone()), name),
        _ => return None,
    })
}

impl Parent {
    async fn read(asked: &Asked, place: &Target) -> Result<Self, Failure> {
        let visit = &asked.visit;
        let resource = match resolve(visit, place).await {
            Ok(Found::Here(resource)) => resource,
            Ok(Found::Vacant(_)) => return Ok(Self::Nothing),
            Err(failure) if is_hidden(failure.status) => return Ok(Self::Nothing),
            Err(failure) => return Err(failure),
        };
        let info = match &resource.what {
            What::Collection(info) => info.clone(),
            What::Directory => {
                let entries = directory_book::entries(visit).await?;
                return Ok(Self::Directory(entries.into_iter().collect()));
            }
            _ => return Ok(Self::Nothing),
        };
        let id = info.collection.id;
        match visit
            .groupware()
            .objects(&visit.caller, info.account, id)
            .await
        {
            Ok(view) => Ok(Self::Collection(resource, info, view)),
            Err(groupware::Error::Forbidden | groupware::Error::NotFound) => Ok(Self::Nothing),
            Err(error) => Err(error.into()),
        }
    }

    fn member(&self, name: &PathSegment) -> Option<Resource> {
        match self {
            Self::Nothing => None,
            Self::Collection(resource, info, view) => child(resource, info, view.get(name)?),
            Self::Directory(entries) => {
                let what = What::DirectoryCard(Arc::clone(entries.get(name)?));
                // The link itself says where it is.
                Some(Resource::new(Target::Root, what))
            }
        }
    }
}

/// To whoever may not read it, nothing is there.
fn is_hidden(status: Status) -> bool {
    status == Status::NOT_FOUND || status == Status::FORBIDDEN
}

//! Listings: multistatus answers about many resources, written in portions while they are sent.

use std::pin::Pin;
use std::sync::Arc;

use axum::body::Body;
use groupware::Object;

use crate::answer::{self, Answer, Portion, Source, portions};
use crate::codec::response::Multistatus;
use crate::codec::{Condition, Status};
use crate::error::Failure;
use crate::limits::{PORTION_BODY_OCTETS, PORTION_OBJECTS, PORTION_OCTETS};
use crate::property::{Facts, Plan, Scene};
use crate::resource::{Resource, What, child};
use crate::session::Head;
use crate::visit::Visit;

/// One `response` of the answer.
#[derive(Debug)]
pub(crate) enum Line {
    /// A resource with its properties.
    Resource(Resource),
    /// An object of a collection with its properties; its path is made when it is written, so that a list of very many
    /// takes little memory.
    Member(Arc<Resource>, Arc<Object>),
    /// A place of which only this is said.
    Status(String, Status, Option<Condition>),
}

/// An answer that is being written.
#[derive(Debug)]
pub(crate) struct Listing {
    visit: Arc<Visit>,
    plan: Plan,
    facts: Facts,
    lines: std::vec::IntoIter<Line>,
    sync_token: Option<String>,
    written: Option<Written>,
    /// None once the answer is complete.
    multistatus: Option<Multistatus>,
}

impl Listing {
    /// The answer about these resources, as they are planned to be shown.
    ///
    /// # Errors
    /// What the properties need to know of the resources' owners cannot be read.
    pub(crate) async fn new(
        visit: Arc<Visit>,
        plan: Plan,
        lines: Vec<Line>,
    ) -> Result<Self, Failure> {
        let resources = lines.iter().filter_map(|line| match line {
            Line::Resource(resource) => Some(resource),
            // What must be looked up for an object is what must be for its collection.
            Line::Member(parent, _) => Some(parent.as_ref()),
            Line::Status(..) => None,
        });
        let facts = Facts::gather(&visit, &plan, resources).await?;
        Ok(Self {
            visit,
            plan,
            facts,
            lines: lines.into_iter(),
            sync_token: None,
            written: None,
            multistatus: Some(Multistatus::default()),
        })
    }

    /// Paths begin as the client wrote them: some compare them letter by letter with what they asked for, although
    /// RFC 3986 6.2.2 lets a path be percent-encoded in several ways.
    pub(crate) fn in_the_words_of(mut self, head: &Head, resource: &Resource) -> Self {
        let canonical = resource.href();
        let mut raw = head.path().to_owned();
        if canonical.ends_with('/') && !raw.ends_with('/') {
            raw.push('/');
        }
        self.written = (raw != canonical).then_some(Written { canonical, raw });
        self
    }

    /// RFC 6578 6.4: the token that stands at the end.
    pub(crate) fn with_sync_token(mut self, token: String) -> Self {
        self.sync_token = Some(token);
        self
    }

    /// The answer.
    pub(crate) async fn answer(self) -> Answer {
        let body: Body = portions(Box::new(self)).await;
        answer::xml(Status::MULTI_STATUS, body)
    }

    /// Writes the next lines; true once there are no more.
    async fn write_some(&mut self, multistatus: &mut Multistatus) -> bool {
        loop {
            let batch = self.batch();
            if batch.is_empty() {
                return true;
            }
            let bodies = self.bodies(&batch).await;
            for (line, body) in batch.iter().zip(&bodies) {
                self.write(multistatus, line, body.as_deref());
            }
            if multistatus.len() >= PORTION_OCTETS {
                return false;
            }
        }
    }

    /// The lines that are written together: fewer where their bodies are large.
    fn batch(&mut self) -> Vec<Line> {
        let mut batch = Vec::with_capacity(self.lines.len().min(PORTION_OBJECTS));
        let mut octets = 0_usize;
        while batch.len() < PORTION_OBJECTS {
            let next = self.lines.as_slice().first();
            let size = match next {
                Some(Line::Resource(resource)) if self.plan.needs_bodies() => size(resource),
                Some(Line::Member(_, object)) if self.plan.needs_bodies() => octets_of(object),
                Some(_) => 0,
                None => break,
            };
            octets = octets.saturating_add(size);
            if octets > PORTION_BODY_OCTETS && !batch.is_empty() {
                break;
            }
            batch.extend(self.lines.next().map(made));
        }
        batch
    }

    /// The bodies of the lines' objects, where they are shown.
    async fn bodies(&self, batch: &[Line]) -> Vec<Option<Vec<u8>>> {
        let mut bodies = vec![None; batch.len()];
        if !self.plan.needs_bodies() {
            return bodies;
        }
        let objects: Vec<(usize, Arc<Object>)> = batch
            .iter()
            .enumerate()
            .filter_map(|(at, line)| match line {
                Line::Resource(Resource {
                    what: What::Object(_, object),
                    ..
                }) => Some((at, Arc::clone(object))),
                _ => None,
            })
            .collect();
        let (places, objects): (Vec<usize>, Vec<Arc<Object>>) = objects.into_iter().unzip();
        // Where they cannot be read the answer says so for each (RFC 4918 13): it has begun already.
        let found = self
            .visit
            .groupware()
            .bodies(&objects)
            .await
            .unwrap_or_default();
        for (place, body) in places.into_iter().zip(found) {
            if let Some(slot) = bodies.get_mut(place) {
                *slot = body;
            }
        }
        bodies
    }

    /// The path, beginning as the client writes it.
    fn path(&self, href: String) -> String {
        let Some(Written { canonical, raw }) = &self.written else {
            return href;
        };
        match href.strip_prefix(canonical.as_str()) {
            Some(rest) => format!("{raw}{rest}"),
            None => href,
        }
    }

    fn write(&self, multistatus: &mut Multistatus, line: &Line, body: Option<&[u8]>) {
        match line {
            Line::Resource(resource) => {
                let scene = Scene {
                    visit: &self.visit,
                    facts: &self.facts,
                    resource,
                    body,
                };
                let mut response = multistatus.response(&self.path(resource.href()));
                self.plan.write(&scene, &mut response);
            }
            Line::Member(..) => {}
            Line::Status(href, status, condition) => {
                let href = self.path(href.clone());
                multistatus.status(&href, *status, condition.as_ref());
            }
        }
    }
}

/// How the client writes the path of what it asked for.
#[derive(Debug)]
struct Written {
    canonical: String,
    raw: String,
}

impl Source for Listing {
    fn next(mut self: Box<Self>) -> Pin<Box<dyn Future<Output = Portion> + Send>> {
        Box::pin(async move {
            let mut multistatus = self.multistatus.take()?;
            if !self.write_some(&mut multistatus).await {
                let part = multistatus.take();
                self.multistatus = Some(multistatus);
                return Some((part, self as Box<dyn Source>));
            }
            if let Some(token) = self.sync_token.take() {
                multistatus.sync_token(&token);
            }
            Some((multistatus.finish(), self as Box<dyn Source>))
        })
    }
}

/// The line with a member as the resource it is.
fn made(line: Line) -> Line {
    let Line::Member(parent, object) = line else {
        return line;
    };
    let made = parent
        .collection()
        .and_then(|info| child(&parent, info, &object));
    match made {
        Some(resource) => Line::Resource(resource),
        // Whatever has objects has paths for them.
        None => Line::Status(parent.href(), Status::INTERNAL_SERVER_ERROR, None),
    }
}

fn size(resource: &Resource) -> usize {
    match &resource.what {
        What::Object(_, object) => octets_of(object),
        _ => 0,
    }
}

fn octets_of(object: &Object) -> usize {
    usize::try_from(object.row.size).unwrap_or(usize::MAX)
}

//! `D:expand-property` (RFC 3253 3.8): properties whose links are followed within the answer.

use std::pin::Pin;

use super::require_read;
use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::codec::header::Prefer;
use crate::codec::report::ExpandProperty;
use crate::codec::request::Selection;
use crate::codec::response::{Multistatus, Response};
use crate::codec::{BodyLimits, Element, PropertyName, Status, Tag};
use crate::error::Failure;
use crate::property::{Facts, Plan, Scene};
use crate::resource::{Resource, resolve_href};

/// Resources that one report follows links to, all levels together.
const FOLLOWED_MAX: usize = 500;

pub(super) async fn run(
    asked: &Asked,
    resource: &Resource,
    wanted: &[ExpandProperty],
) -> Result<Answer, Failure> {
    let mut left = FOLLOWED_MAX;
    let expanded = expand(asked, resource.clone(), wanted, &mut left).await?;
    let mut multistatus = Multistatus::default();
    let mut response = multistatus.response(&expanded.href);
    write(&expanded, &mut response);
    response.end();
    Ok(answer::xml(Status::MULTI_STATUS, multistatus.finish()))
}

/// A resource with what is said of it.
#[derive(Debug)]
struct Expanded {
    href: String,
    properties: Vec<(PropertyName, Value)>,
}

#[derive(Debug)]
enum Value {
    /// It is not there.
    Missing,
    /// Its element, as it would stand in a PROPFIND.
    Plain(String),
    /// The resources that its links lead to.
    Followed(Vec<Expanded>),
}

type Expanding<'a> = Pin<Box<dyn Future<Output = Result<Expanded, Failure>> + Send + 'a>>;

fn expand<'a>(
    asked: &'a Asked,
    resource: Resource,
    wanted: &'a [ExpandProperty],
    left: &'a mut usize,
) -> Expanding<'a> {
    Box::pin(async move {
        require_read(&resource)?;
        let mut properties = Vec::with_capacity(wanted.len());
        let shown = show(asked, &resource, wanted).await?;
        for one in wanted {
            let found = shown.as_ref().and_then(|shown| {
                let mut all = shown.elements();
                all.find(|element| element.property_name() == one.name)
            });
            let value = match found {
                None => Value::Missing,
                Some(element) if one.within.is_empty() => {
                    let plain = crate::codec::PropertyValue::of(element, None)?;
                    Value::Plain(plain.into_xml())
                }
                Some(element) => {
                    let mut followed = Vec::new();
                    for href in hrefs(element) {
                        let Some(rest) = left.checked_sub(1) else {
                            break;
                        };
                        *left = rest;
                        let found = resolve_href(&asked.visit, &href, asked.head.host()).await;
                        // What whoever asks may not see is not told of.
                        let Ok(Some(next)) = found else { continue };
                        if require_read(&next).is_ok() {
                            followed.push(expand(asked, next, &one.within, left).await?);
                        }
                    }
                    Value::Followed(followed)
                }
            };
            properties.push((one.name.clone(), value));
        }
        Ok(Expanded {
            href: resource.href(),
            properties,
        })
    })
}

/// The properties as a PROPFIND would show them: the `prop` of those that are there.
async fn show(
    asked: &Asked,
    resource: &Resource,
    wanted: &[ExpandProperty],
) -> Result<Option<Element>, Failure> {
    let selection = Selection::Properties {
        names: wanted.iter().map(|one| one.name.clone()).collect(),
        calendar_data: None,
        address_data: None,
    };
    let plan = Plan::new(selection, Prefer::default());
    let facts = Facts::gather(&asked.visit, &plan, std::iter::once(resource)).await?;
    let mut multistatus = Multistatus::default();
    let mut response = multistatus.response(&resource.href());
    let scene = Scene {
        visit: &asked.visit,
        facts: &facts,
        resource,
        body: None,
    };
    plan.write(&scene, &mut response);
    response.end();
    let root = Element::parse(&multistatus.finish(), BodyLimits::REPORT)?;
    let found = root.dav("response").and_then(|response| {
        let mut all = response
            .elements()
            .filter(|element| element.is_dav("propstat"));
        all.find(|propstat| {
            let status = propstat.dav("status").map(Element::word);
            status.is_some_and(|status| status.contains(" 200 "))
        })
    });
    Ok(found.and_then(|propstat| propstat.dav("prop")).cloned())
}

fn hrefs(element: &Element) -> Vec<String> {
    let links = element.elements().filter(|child| child.is_dav("href"));
    links.map(Element::word).collect()
}

fn write(expanded: &Expanded, response: &mut Response<'_>) {
    for (name, value) in &expanded.properties {
        match value {
            Value::Missing => response.missing(name.clone()),
            Value::Plain(xml) => response.xml(xml),
            Value::Followed(inner) => response.value(name.clone(), |xml| {
                for one in inner {
                    write_inner(one, xml);
                }
            }),
        }
    }
}

/// RFC 3253 3.8: a `response` takes the place of each link.
fn write_inner(expanded: &Expanded, xml: &mut crate::codec::XmlWriter) {
    let (response, propstat, prop) = (Tag::dav("response"), Tag::dav("propstat"), Tag::dav("prop"));
    xml.open(&response);
    xml.href(&expanded.href);
    for missing in [false, true] {
        let mut all = expanded.properties.iter();
        let fits = |value: &Value| matches!(value, Value::Missing) == missing;
        if missing && !all.clone().any(|(_, value)| fits(value)) {
            continue;
        }
        xml.open(&propstat);
        xml.open(&prop);
        for (name, value) in all.by_ref().filter(|(_, value)| fits(value)) {
            match value {
                Value::Missing => xml.property(name),
                Value::Plain(text) => xml.raw(text),
                Value::Followed(inner) => {
                    xml.open_property(name);
                    for one in inner {
                        write_inner(one, xml);
                    }
                    xml.close_property(name);
                }
            }
        }
        xml.close(&prop);
        let status = if missing {
            Status::NOT_FOUND
        } else {
            Status::OK
        };
        xml.leaf(&Tag::dav("status"), &status.to_string());
        xml.close(&propstat);
    }
    xml.close(&response);
}

//! `D:multistatus`: answers for many places, each with its properties grouped by status (RFC 4918 13).

use super::writer::XmlWriter;
use crate::codec::date::{http_date, rfc3339};
use crate::codec::namespace::Tag;
use crate::codec::precondition::Condition;
use crate::codec::property::PropertyName;
use crate::codec::status::Status;

/// The body of a 207, written place by place.
#[derive(Debug)]
pub struct Multistatus {
    xml: XmlWriter,
    /// Properties of the present place that have no value to write, with why.
    failed: Vec<Failed>,
}

const MULTISTATUS: Tag = Tag::dav("multistatus");
const RESPONSE: Tag = Tag::dav("response");
const PROPSTAT: Tag = Tag::dav("propstat");
const PROP: Tag = Tag::dav("prop");
const STATUS: Tag = Tag::dav("status");

impl Default for Multistatus {
    fn default() -> Self {
        Self::with_capacity(4_096)
    }
}

impl Multistatus {
    /// An answer with room for `octets`.
    #[must_use]
    pub fn with_capacity(octets: usize) -> Self {
        let mut xml = XmlWriter::with_capacity(octets);
        xml.root(&MULTISTATUS);
        Self {
            xml,
            failed: Vec::new(),
        }
    }

    /// Begins the answer for a place (a percent-encoded path); it ends when what is returned is dropped.
    pub fn response(&mut self, href: &str) -> Response<'_> {
        self.xml.open(&RESPONSE);
        self.xml.href(href);
        Response {
            multistatus: self,
            found: false,
            empty: true,
        }
    }

    /// RFC 4918 14.24: the answer for a place as a whole, such as a member that is gone (RFC 6578 3.5.2).
    pub fn status(&mut self, href: &str, status: Status, condition: Option<&Condition>) {
        self.xml.open(&RESPONSE);
        self.xml.href(href);
        write_status(&mut self.xml, status);
        write_condition(&mut self.xml, condition);
        self.xml.close(&RESPONSE);
    }

    /// RFC 6578 6.4: the state that the answer leads to; after all places.
    pub fn sync_token(&mut self, token: &str) {
        self.xml.leaf(&Tag::dav("sync-token"), token);
    }

    /// RFC 4918 14.25: words for people, after all places.
    pub fn description(&mut self, text: &str) {
        self.xml.leaf(&Tag::dav("responsedescription"), text);
    }

    /// How many octets wait to be taken.
    #[must_use]
    pub fn len(&self) -> usize {
        self.xml.len()
    }

    /// Whether nothing waits to be taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.xml.is_empty()
    }

    /// Takes what was written so far, to send it while more is written.
    pub fn take(&mut self) -> Vec<u8> {
        self.xml.take()
    }

    /// Ends the body and gives what was not taken yet.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.xml.close(&MULTISTATUS);
        self.xml.take()
    }
}

/// The answer for one place. Values go straight to the buffer; what failed is written at the end.
#[derive(Debug)]
pub struct Response<'m> {
    multistatus: &'m mut Multistatus,
    /// Whether the propstat of found properties is open.
    found: bool,
    /// Whether nothing was said of any property.
    empty: bool,
}

impl Response<'_> {
    /// A property with whatever `write` puts into its element.
    pub fn value(&mut self, name: impl Into<PropertyName>, write: impl FnOnce(&mut XmlWriter)) {
        let name = name.into();
        let xml = self.found();
        xml.open_property(&name);
        write(xml);
        xml.close_property(&name);
    }

    /// A property that is there and empty; also what PROPPATCH and `propname` answer.
    pub fn empty(&mut self, name: impl Into<PropertyName>) {
        let name = name.into();
        self.found().property(&name);
    }

    /// A property whose value is characters.
    pub fn text(&mut self, name: impl Into<PropertyName>, text: &str) {
        self.value(name, |xml| xml.text(text));
    }

    /// A property whose value is octets of a text as they lie in the store: `calendar-data`, `address-data`.
    pub fn bytes(&mut self, name: impl Into<PropertyName>, octets: &[u8]) {
        self.value(name, |xml| xml.bytes(octets));
    }

    /// A property whose value is a number.
    pub fn number(&mut self, name: impl Into<PropertyName>, number: u64) {
        self.value(name, |xml| xml.raw(itoa::Buffer::new().format(number)));
    }

    /// A property whose value is a link (a percent-encoded path).
    pub fn href(&mut self, name: impl Into<PropertyName>, path: &str) {
        self.value(name, |xml| xml.href(path));
    }

    /// A property whose value is links (percent-encoded paths or URIs).
    pub fn hrefs<T: AsRef<str>>(
        &mut self,
        name: impl Into<PropertyName>,
        paths: impl IntoIterator<Item = T>,
    ) {
        self.value(name, |xml| {
            for path in paths {
                xml.href(path.as_ref());
            }
        });
    }

    /// RFC 9110 5.6.7 (`getlastmodified`), of seconds since 1970.
    pub fn http_date(&mut self, name: impl Into<PropertyName>, seconds: i64) {
        self.value(name, |xml| xml.raw(&http_date(seconds)));
    }

    /// RFC 3339 (`creationdate`), of seconds since 1970.
    pub fn date(&mut self, name: impl Into<PropertyName>, seconds: i64) {
        self.value(name, |xml| xml.raw(&rfc3339(seconds)));
    }

    /// A stored property: the whole element, well-formed and standing on its own, as
    /// [`PropertyValue`](crate::codec::PropertyValue) keeps it.
    pub fn xml(&mut self, element: &str) {
        self.found().raw(element);
    }

    /// A property that is not there: 404.
    pub fn missing(&mut self, name: impl Into<PropertyName>) {
        self.failed(name, Status::NOT_FOUND, None);
    }

    /// A property that could not be read or changed.
    pub fn failed(
        &mut self,
        name: impl Into<PropertyName>,
        status: Status,
        condition: Option<Condition>,
    ) {
        self.empty = false;
        let failed = &mut self.multistatus.failed;
        failed.push((status, name.into(), condition));
    }

    /// Ends the answer for the place, as dropping does.
    pub fn end(self) {}

    fn found(&mut self) -> &mut XmlWriter {
        self.empty = false;
        if !self.found {
            self.found = true;
            self.multistatus.xml.open(&PROPSTAT);
            self.multistatus.xml.open(&PROP);
        }
        &mut self.multistatus.xml
    }
}

impl Drop for Response<'_> {
    fn drop(&mut self) {
        if self.empty {
            // RFC 4918 14.24: a place needs a propstat or a status; one without properties has an empty propstat.
            self.found();
        }
        if self.found {
            let xml = &mut self.multistatus.xml;
            xml.close(&PROP);
            write_status(xml, Status::OK);
            xml.close(&PROPSTAT);
        }
        let Multistatus { xml, failed } = &mut *self.multistatus;
        write_failed(xml, failed);
        xml.close(&RESPONSE);
    }
}

type Failed = (Status, PropertyName, Option<Condition>);

/// RFC 4918 14.22: one propstat for each status (and condition), in the order of their first property.
fn write_failed(xml: &mut XmlWriter, failed: &mut Vec<Failed>) {
    while let Some((status, _, condition)) = failed.first().cloned() {
        xml.open(&PROPSTAT);
        xml.open(&PROP);
        failed.retain(|(other, name, why)| {
            let same = *other == status && *why == condition;
            if same {
                xml.property(name);
            }
            !same
        });
        xml.close(&PROP);
        write_status(xml, status);
        write_condition(xml, condition.as_ref());
        xml.close(&PROPSTAT);
    }
}

fn write_status(xml: &mut XmlWriter, status: Status) {
    xml.open(&STATUS);
    match status {
        Status::OK => xml.raw("HTTP/1.1 200 OK"),
        Status::NOT_FOUND => xml.raw("HTTP/1.1 404 Not Found"),
        other => xml.raw(&other.to_string()),
    }
    xml.close(&STATUS);
}

fn write_condition(xml: &mut XmlWriter, condition: Option<&Condition>) {
    if let Some(condition) = condition {
        xml.open(&Tag::dav("error"));
        condition.write(xml);
        xml.close(&Tag::dav("error"));
    }
}

/// RFC 5689 3: the body for an extended MKCOL or MKCALENDAR some of whose properties could not be set (424 for
/// those that were not at fault). `root` is `D:mkcol-response` or `C:mkcalendar-response`.
#[must_use]
pub fn mkcol_body(
    root: &Tag,
    mut failed: Vec<(Status, PropertyName, Option<Condition>)>,
) -> Vec<u8> {
    let mut xml = XmlWriter::with_capacity(1_024);
    xml.root(root);
    write_failed(&mut xml, &mut failed);
    xml.close(root);
    xml.take()
}

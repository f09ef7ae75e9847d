//! Elements of a request's body, with resolved namespaces.

use crate::codec::namespace::Namespace;
use crate::codec::property::PropertyName;

/// An element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// Its namespace.
    pub namespace: Namespace,
    /// Its attributes, without declarations of namespaces.
    pub attributes: Vec<Attribute>,
    /// What stands in it, in order; two texts never stand side by side.
    pub children: Vec<Node>,
    name: Name,
}

/// An attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its namespace: none, unless it was written with a prefix.
    pub namespace: Namespace,
    /// Its value, normalised.
    pub value: String,
    name: Name,
}

/// What stands in an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// Another element.
    Element(Element),
    /// Characters; references are resolved, line ends are `\n`.
    Text(String),
}

/// A name as it was written, with or without a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    written: Box<str>,
    local_at: usize,
}

impl Name {
    fn new(written: &str) -> Self {
        Self {
            local_at: written.find(':').map_or(0, |colon| colon.saturating_add(1)),
            written: written.into(),
        }
    }

    fn local(&self) -> &str {
        self.written.get(self.local_at..).unwrap_or_default()
    }

    fn prefix(&self) -> Option<&str> {
        self.written.get(..self.local_at.checked_sub(1)?)
    }
}

impl Attribute {
    pub(super) fn new(namespace: Namespace, written: &str, value: String) -> Self {
        Self {
            namespace,
            value,
            name: Name::new(written),
        }
    }

    /// Its local name.
    #[must_use]
    pub fn local(&self) -> &str {
        self.name.local()
    }

    /// The prefix it was written with.
    #[must_use]
    pub fn prefix(&self) -> Option<&str> {
        self.name.prefix()
    }
}

impl Element {
    pub(super) fn new(namespace: Namespace, written: &str) -> Self {
        Self {
            namespace,
            attributes: Vec::new(),
            children: Vec::new(),
            name: Name::new(written),
        }
    }

    pub(super) fn push_text(&mut self, text: &str) {
        if let Some(Node::Text(last)) = self.children.last_mut() {
            last.push_str(text);
        } else if !text.is_empty() {
            self.children.push(Node::Text(text.to_owned()));
        }
    }

    /// Its local name.
    #[must_use]
    pub fn local(&self) -> &str {
        self.name.local()
    }

    /// The prefix it was written with.
    #[must_use]
    pub fn prefix(&self) -> Option<&str> {
        self.name.prefix()
    }

    /// Its name as that of a property.
    #[must_use]
    pub fn property_name(&self) -> PropertyName {
        PropertyName::new(self.namespace.clone(), self.local())
    }

    /// Whether it has that name.
    #[must_use]
    pub fn is(&self, namespace: &Namespace, local: &str) -> bool {
        self.namespace == *namespace && self.local() == local
    }

    /// Whether it is the element `local` of `DAV:`.
    #[must_use]
    pub fn is_dav(&self, local: &str) -> bool {
        self.is(&Namespace::Dav, local)
    }

    /// The elements directly within it.
    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The first element of that name directly within it.
    #[must_use]
    pub fn child(&self, namespace: &Namespace, local: &str) -> Option<&Self> {
        self.elements().find(|child| child.is(namespace, local))
    }

    /// The first element of that name of `DAV:` directly within it.
    #[must_use]
    pub fn dav(&self, local: &str) -> Option<&Self> {
        self.child(&Namespace::Dav, local)
    }

    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, namespace: &Namespace, local: &str) -> Option<&str> {
        let mut all = self.attributes.iter();
        all.find(|attribute| attribute.namespace == *namespace && attribute.local() == local)
            .map(|attribute| attribute.value.as_str())
    }

    /// The value of an attribute without a namespace.
    #[must_use]
    pub fn plain(&self, local: &str) -> Option<&str> {
        self.attribute(&Namespace::None, local)
    }

    /// `xml:lang`.
    #[must_use]
    pub fn lang(&self) -> Option<&str> {
        self.attribute(&Namespace::Xml, "lang")
    }

    /// The characters directly within it.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for node in &self.children {
            if let Node::Text(part) = node {
                text.push_str(part);
            }
        }
        text
    }

    /// The characters directly within it, without white space around them: links, tokens, numbers.
    #[must_use]
    pub fn word(&self) -> String {
        match self.children.as_slice() {
            [Node::Text(text)] => text.trim().to_owned(),
            _ => self.text().trim().to_owned(),
        }
    }
}

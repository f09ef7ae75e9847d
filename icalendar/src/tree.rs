//! Tree: the components and content lines of a text, as RFC 5545 3.1 and 3.4 spell them, without judging what they mean.
//!
//! Reading is bounded by the limits of this crate before anything is allocated for what is inside. Lines are kept as they
//! came, only unfolded, so that what is written from them loses nothing.

mod property;
mod scan;

pub use property::{Parameter, Property};

use crate::fault::Fault;

/// A text, taken apart.
#[derive(Clone, Debug)]
pub struct Tree {
    /// Unfolded lines, one after the other.
    text: String,
    lines: Vec<Line>,
    components: Vec<Node>,
}

/// Where a content line stands in the text.
#[derive(Clone, Copy, Debug)]
struct Line {
    start: u32,
    name_end: u32,
    value_start: u32,
    end: u32,
}

#[derive(Clone, Debug)]
struct Node {
    /// The line with BEGIN.
    begin: u32,
    /// Lines of the component itself, without BEGIN, END and those of components inside.
    lines: Vec<u32>,
    /// Components inside, by their number.
    children: Vec<u32>,
}

impl Tree {
    /// Reads one text with one outermost component.
    ///
    /// # Errors
    /// [`Fault::TooLarge`] and [`Fault::Data`]: too long, not UTF-8, a line without a name or a colon, components that do
    /// not close, more of anything than this crate's limits.
    pub fn read(text: &[u8]) -> Result<Self, Fault> {
        scan::tree(text)
    }

    /// The outermost component.
    #[must_use]
    pub fn root(&self) -> Component<'_> {
        Component {
            tree: self,
            number: 0,
        }
    }

    /// How many components there are in all.
    #[must_use]
    pub fn len(&self) -> usize {
        self.components.len()
    }

    /// Never: a tree has its outermost component.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.components.is_empty()
    }

    /// The component of this number, as [`Component::number`] gave it.
    #[must_use]
    pub fn component(&self, number: usize) -> Option<Component<'_>> {
        (number < self.components.len()).then_some(Component { tree: self, number })
    }
}

/// One component of a [`Tree`].
#[derive(Clone, Copy, Debug)]
pub struct Component<'tree> {
    tree: &'tree Tree,
    number: usize,
}

impl<'tree> Component<'tree> {
    /// Its place in the order of BEGIN lines; the outermost is 0.
    #[must_use]
    pub const fn number(self) -> usize {
        self.number
    }

    /// Its name as written, such as `VEVENT`.
    #[must_use]
    pub fn name(self) -> &'tree str {
        self.property_at(self.node().begin).value().trim()
    }

    /// Whether it has this name; case does not matter (RFC 5545 2).
    #[must_use]
    pub fn is(self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name)
    }

    /// Components directly inside.
    pub fn children(self) -> impl Iterator<Item = Self> + Clone + 'tree {
        let tree = self.tree;
        self.node().children.iter().map(move |number| Component {
            tree,
            number: *number as usize,
        })
    }

    /// Content lines of its own.
    pub fn properties(self) -> impl Iterator<Item = Property<'tree>> + 'tree {
        self.node()
            .lines
            .iter()
            .map(move |line| self.property_at(*line))
    }

    /// Content lines of this name.
    pub fn all(self, name: &str) -> impl Iterator<Item = Property<'tree>> {
        self.properties().filter(move |property| property.is(name))
    }

    /// The first content line of this name.
    #[must_use]
    pub fn property(self, name: &str) -> Option<Property<'tree>> {
        self.properties().find(|property| property.is(name))
    }

    /// The raw value of the first content line of this name, without blanks around it.
    #[must_use]
    pub fn value(self, name: &str) -> Option<&'tree str> {
        self.property(name).map(|property| property.value().trim())
    }

    fn node(self) -> &'tree Node {
        &self.tree.components[self.number]
    }

    fn property_at(self, line: u32) -> Property<'tree> {
        let place = self.tree.lines[line as usize];
        let slice = |from: u32, to: u32| &self.tree.text[from as usize..to as usize];
        Property {
            number: line as usize + 1,
            text: slice(place.start, place.end),
            name: slice(place.start, place.name_end),
            parameters: slice(place.name_end, place.value_start - 1),
            value: slice(place.value_start, place.end),
        }
    }
}

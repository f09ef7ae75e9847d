//! Emails as conversations (RFC 5256 3): a forest of replies, or groups by subject.

use std::collections::HashMap;

use model::{ThreadId, Uid};
use store::Error;

use super::bits::Bits;
use super::columns::Columns;
use super::key::{Key, Links};
use super::scope::Scope;
use super::sort::sent_ms;

/// How conversations are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Threading {
    /// RFC 5256 ORDEREDSUBJECT: by base subject; all later ones are children of the first.
    OrderedSubject,
    /// RFC 5256 REFERENCES: by who replies to whom.
    ///
    /// Departs from RFC 5256 3: of the references only the last is looked at, as In-Reply-To has it, since those before are not
    /// kept beside the message. Where an email between two others is missing, the later one is therefore
    /// found by the base subject, or if that is empty by the stored thread, which was made of all references.
    References,
}

/// Conversations, one behind the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Threads {
    /// In preorder: each email before its children.
    pub nodes: Vec<Node>,
}

/// An email in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its UID; none stands for an email that is not there, at the root of a conversation with several children only.
    pub uid: Option<Uid>,
    /// How many of the nodes that follow are below it, at any depth.
    pub descendants: u32,
}

impl Threads {
    /// The places in `nodes` of the roots.
    pub fn roots(&self) -> impl Iterator<Item = usize> + '_ {
        self.between(0, self.nodes.len())
    }

    /// The places of the direct children of the node at a place.
    pub fn children(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        let below = self
            .nodes
            .get(at)
            .map_or(0, |node| node.descendants as usize);
        self.between(at + 1, at + 1 + below)
    }

    fn between(&self, start: usize, end: usize) -> impl Iterator<Item = usize> + '_ {
        let mut next = start;
        std::iter::from_fn(move || {
            let at = next;
            let node = self.nodes.get(at).filter(|_| at < end)?;
            next = at + 1 + node.descendants as usize;
            Some(at)
        })
    }
}

/// The conversations of the emails at these positions.
///
/// # Errors
/// The engine cannot be read; nobody waits any more.
pub(crate) fn threads(
    scope: &Scope<'_>,
    columns: &Columns,
    among: &Bits,
    threading: Threading,
) -> Result<Threads, Error> {
    let found = columns.get(scope, &[Key::BaseSubject, Key::Links])?;
    let [subjects, links] = found.as_slice() else {
        return Ok(Threads::default());
    };
    let ranks = subjects.ranks(&scope.rows, among);
    let links = links.along(&scope.rows, among);
    let items: Vec<Item> = scope
        .rows_at(among)
        .zip(ranks.zip(links))
        .map(|((_, row), ((_, subject), (_, links)))| Item {
            uid: row.uid,
            sent_ms: sent_ms(row),
            subject,
            thread: row.thread,
            links: Links::read(links),
        })
        .collect();
    scope.go_on()?;
    let forest = match threading {
        Threading::OrderedSubject => Forest::by_subject(&items),
        Threading::References => Forest::by_reference(&items),
    };
    Ok(forest.flat())
}

/// What threading needs to know of an email.
#[derive(Clone, Copy, Debug)]
struct Item {
    uid: Uid,
    sent_ms: i64,
    /// Rank of its base subject, 0 for an empty one.
    subject: u32,
    thread: ThreadId,
    links: Links,
}

/// By what threads are gathered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Topic {
    Subject(u32),
    Thread(ThreadId),
}

impl Item {
    /// RFC 5256 3 step 5 leaves alone those with an empty subject; the stored thread stands in for references.
    fn topic(&self) -> Topic {
        match self.subject {
            0 => Topic::Thread(self.thread),
            subject => Topic::Subject(subject),
        }
    }
}

/// Trees of places: the first ones are those of the items, the rest stand for emails that are not there.
#[derive(Debug)]
struct Forest<'a> {
    items: &'a [Item],
    children: Vec<Vec<usize>>,
    is_child: Vec<bool>,
}

impl<'a> Forest<'a> {
    fn new(items: &'a [Item]) -> Self {
        Self {
            items,
            children: vec![Vec::new(); items.len()],
            is_child: vec![false; items.len()],
        }
    }

    /// A further place for an email that is not there.
    fn dummy(&mut self) -> usize {
        self.children.push(Vec::new());
        self.is_child.push(false);
        self.children.len() - 1
    }

    fn is_dummy(&self, place: usize) -> bool {
        place >= self.items.len()
    }

    fn link(&mut self, child: usize, parent: usize) {
        if let (Some(children), Some(is_child)) =
            (self.children.get_mut(parent), self.is_child.get_mut(child))
        {
            children.push(child);
            *is_child = true;
        }
    }

    /// What a place is ordered by: RFC 5256 3 step 4: a dummy by the first of its children, which are in order.
    fn order(&self, place: usize) -> (i64, Uid) {
        self.shown(place)
            .map_or((i64::MAX, Uid(u32::MAX)), |item| (item.sent_ms, item.uid))
    }

    /// The email at a place, or the first below it.
    fn shown(&self, place: usize) -> Option<&'a Item> {
        match self.items.get(place) {
            Some(item) => Some(item),
            None => self
                .children
                .get(place)?
                .iter()
                .filter_map(|child| self.items.get(*child))
                .min_by_key(|item| (item.sent_ms, item.uid)),
        }
    }

    fn roots(&self) -> Vec<usize> {
        let mut roots: Vec<usize> = (0..self.children.len())
            .filter(|place| {
                let is_child = self.is_child.get(*place).copied().unwrap_or_default();
                let has_children = self.children.get(*place).is_some_and(|c| !c.is_empty());
                !is_child && (has_children || !self.is_dummy(*place))
            })
            .collect();
        roots.sort_by_cached_key(|place| self.order(*place));
        roots
    }

    /// RFC 5256 3, ORDEREDSUBJECT: emails of one base subject; the first is the parent of all others.
    fn by_subject(items: &'a [Item]) -> Self {
        let mut forest = Self::new(items);
        let mut by_date: Vec<usize> = (0..items.len()).collect();
        by_date.sort_by_key(|place| forest.order(*place));
        let mut firsts: HashMap<u32, usize> = HashMap::new();
        for place in by_date {
            let subject = items.get(place).map_or(0, |item| item.subject);
            let first = *firsts.entry(subject).or_insert(place);
            if first != place {
                forest.link(place, first);
            }
        }
        forest
    }

    /// RFC 5256 3, REFERENCES.
    fn by_reference(items: &'a [Item]) -> Self {
        let mut forest = Self::new(items);
        forest.link_replies();
        forest.promote_only_children();
        forest.gather_topics();
        forest
    }

    /// Steps 1 and 2: everybody below whom they reply to, unless that would close a circle.
    fn link_replies(&mut self) {
        let mut places: HashMap<u64, usize> = HashMap::with_capacity(self.items.len());
        for (place, item) in self.items.iter().enumerate() {
            if let Some(own) = item.links.own {
                // Of several with one id the first has it.
                places.entry(own).or_insert(place);
            }
        }
        let mut groups = Groups::new(self.items.len());
        let items = self.items;
        for (place, item) in items.iter().enumerate() {
            let Some(id) = item.links.parent else {
                continue;
            };
            let parent = *places.entry(id).or_insert_with(|| {
                groups.add();
                self.dummy()
            });
            // A place has no parent yet, so it is below the other one only if both are in one tree.
            if groups.join(place, parent) {
                self.link(place, parent);
            }
        }
    }

    /// Step 3: a dummy goes if it has but one child.
    fn promote_only_children(&mut self) {
        for dummy in self.items.len()..self.children.len() {
            if let Some([child]) = self.children.get(dummy).map(Vec::as_slice)
                && let Some(is_child) = self.is_child.get_mut(*child)
            {
                *is_child = false;
                self.children[dummy].clear();
            }
        }
    }

    /// Step 5: conversations of one subject become one.
    fn gather_topics(&mut self) {
        let roots = self.roots();
        let mut tops: HashMap<Topic, usize> = HashMap::with_capacity(roots.len());
        for root in &roots {
            let Some(item) = self.shown(*root) else {
                continue;
            };
            let top = tops.entry(item.topic()).or_insert(*root);
            // Steps 5 B iv: a dummy is the better top, and one that is no reply is better than a reply.
            let (is_dummy, was_dummy) = (self.is_dummy(*root), self.is_dummy(*top));
            if (is_dummy && !was_dummy)
                || (!was_dummy && self.is_reply(*top) && !self.is_reply(*root))
            {
                *top = *root;
            }
        }
        for root in roots {
            let Some(topic) = self.shown(root).map(Item::topic) else {
                continue;
            };
            let Some(top) = tops.get(&topic).copied().filter(|top| *top != root) else {
                continue;
            };
            if self.is_dummy(top) && self.is_dummy(root) {
                let orphans = std::mem::take(&mut self.children[root]);
                self.children[top].extend(orphans);
            } else if self.is_dummy(top) || (self.is_reply(root) && !self.is_reply(top)) {
                self.link(root, top);
            } else {
                let both = self.dummy();
                self.link(top, both);
                self.link(root, both);
                tops.insert(topic, both);
            }
        }
    }

    fn is_reply(&self, place: usize) -> bool {
        self.shown(place).is_some_and(|item| item.links.is_reply)
    }

    /// Step 6: the trees in preorder, siblings by date.
    fn flat(mut self) -> Threads {
        let roots = self.roots();
        let mut nodes: Vec<Node> = Vec::with_capacity(self.children.len());
        let mut stack: Vec<Step> = roots.into_iter().rev().map(Step::Enter).collect();
        while let Some(next) = stack.pop() {
            let place = match next {
                Step::Enter(place) => place,
                Step::Leave(at) => {
                    let below = nodes.len() - at - 1;
                    if let Some(node) = nodes.get_mut(at) {
                        node.descendants = u32::try_from(below).unwrap_or(u32::MAX);
                    }
                    continue;
                }
            };
            stack.push(Step::Leave(nodes.len()));
            nodes.push(Node {
                uid: self.items.get(place).map(|item| item.uid),
                descendants: 0,
            });
            let mut children = std::mem::take(&mut self.children[place]);
            children.sort_unstable_by_key(|child| std::cmp::Reverse(self.order(*child)));
            stack.extend(children.into_iter().map(Step::Enter));
        }
        Threads { nodes }
    }
}

/// A step of the walk through the trees.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// To this place.
    Enter(usize),
    /// Away from this node, below which all was seen.
    Leave(usize),
}

/// Which places are in one tree (a union-find).
#[derive(Debug)]
struct Groups {
    up: Vec<usize>,
}

impl Groups {
    fn new(count: usize) -> Self {
        Self {
            up: (0..count).collect(),
        }
    }

    fn add(&mut self) {
        self.up.push(self.up.len());
    }

    /// Puts the groups of both together; false if they are in one already.
    fn join(&mut self, one: usize, other: usize) -> bool {
        let (one, other) = (self.top(one), self.top(other));
        self.up[one] = other;
        one != other
    }

    fn top(&mut self, mut place: usize) -> usize {
        while self.up[place] != place {
            // Halves the way for whoever comes next.
            self.up[place] = self.up[self.up[place]];
            place = self.up[place];
        }
        place
    }
}

#[cfg(test)]
mod tests;

//! Which mailboxes are looked for, and in which order (RFC 8621 2.3).

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use groupware::{MailboxInfo, MailboxOrder};
use model::{MailboxId, Role};

use super::mailbox::{read_role, sort_order};
use crate::call::Call;
use crate::codec::argument::Arguments;
use crate::codec::filter::{Comparator, Filter, FilterFault};
use crate::codec::id::WireId;
use crate::error::MethodError;

/// All mailboxes that the caller can see.
pub(crate) type Mailboxes = BTreeMap<MailboxId, MailboxInfo>;

/// RFC 8621 2.3: what a mailbox has to be like; what is none does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MailboxCondition {
    /// Inside which one; the inner none is at the top.
    parent: Option<Option<MailboxId>>,
    /// In its name, letter case aside.
    name: Option<String>,
    role: Option<Option<Role>>,
    has_any_role: Option<bool>,
    is_subscribed: Option<bool>,
    /// It asks for something that no mailbox has.
    is_nobodys: bool,
}

/// Reads a condition.
///
/// # Errors
/// `invalidArguments`: something of it is not as it has to be.
pub(crate) fn condition(arguments: &mut Arguments) -> Result<MailboxCondition, FilterFault> {
    let mut is_nobodys = false;
    let mut parent = None;
    if arguments.0.contains_key("parentId") {
        let id = arguments.id("parentId")?;
        let known = id.as_deref().map(MailboxId::parse);
        is_nobodys |= known == Some(None);
        parent = Some(known.flatten());
    }
    let mut role = None;
    if let Some(value) = arguments.take_or_null("role") {
        match read_role(Some(value)) {
            Ok(known) => role = Some(known),
            // RFC 8621 2: roles may come to be that nobody here knows, and no mailbox has them.
            Err(fault) if fault.why == "is none that is known" => is_nobodys = true,
            Err(fault) => return Err(fault.into()),
        }
    }
    Ok(MailboxCondition {
        parent,
        name: arguments.text("name")?.map(|name| name.to_lowercase()),
        role,
        has_any_role: arguments.flag("hasAnyRole")?,
        is_subscribed: arguments.flag("isSubscribed")?,
        is_nobodys,
    })
}

impl MailboxCondition {
    fn holds(&self, info: &MailboxInfo, all: &Mailboxes) -> bool {
        let mailbox = &info.mailbox;
        let is = |wanted: Option<bool>, is: bool| wanted.is_none_or(|wanted| wanted == is);
        let has_name = |name: &String| mailbox.name.as_str().to_lowercase().contains(name);
        !self.is_nobodys
            && self
                .parent
                .is_none_or(|parent| parent == parent_of(info, all))
            && self.name.as_ref().is_none_or(has_name)
            && self.role.is_none_or(|role| role == mailbox.role)
            && is(self.has_any_role, mailbox.role.is_some())
            && is(self.is_subscribed, info.subscribed)
    }
}

/// The mailbox above, if the caller can see it.
fn parent_of(info: &MailboxInfo, all: &Mailboxes) -> Option<MailboxId> {
    info.mailbox
        .parent
        .filter(|parent| all.contains_key(parent))
}

/// A question for mailboxes.
#[derive(Clone, Debug)]
pub(crate) struct MailboxQuery {
    filter: Option<Filter<MailboxCondition>>,
    sort: Vec<(SortBy, bool)>,
    sort_as_tree: bool,
    filter_as_tree: bool,
}

/// RFC 8621 2.3: what mailboxes can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SortBy {
    SortOrder,
    Name,
    ParentId,
}

impl MailboxQuery {
    /// Reads `sortAsTree` and `filterAsTree`, with what every query has.
    ///
    /// # Errors
    /// RFC 8620 5.5 `unsupportedSort`.
    pub(crate) fn read(
        call: &mut Call,
        filter: Option<Filter<MailboxCondition>>,
        sort: Vec<Comparator>,
    ) -> Result<Self, MethodError> {
        let mut read = Vec::with_capacity(sort.len());
        for comparator in sort {
            let by = match comparator.property.as_str() {
                "sortOrder" => SortBy::SortOrder,
                "name" => SortBy::Name,
                "parentId" => SortBy::ParentId,
                other => {
                    let why = format!("mailboxes cannot be sorted by `{other}`");
                    return Err(MethodError::unsupported_sort(why));
                }
            };
            comparator.more.finish()?;
            read.push((by, comparator.ascending));
        }
        Ok(Self {
            filter,
            sort: read,
            sort_as_tree: call.arguments.flag("sortAsTree")?.unwrap_or(false),
            filter_as_tree: call.arguments.flag("filterAsTree")?.unwrap_or(false),
        })
    }

    /// Whether a mailbox's place depends on those above it.
    pub(crate) fn depends_on_others(&self) -> bool {
        self.sort_as_tree || self.filter_as_tree
    }

    /// The mailboxes that are looked for, in their order.
    pub(crate) fn answer(&self, all: &Mailboxes, order: &MailboxOrder) -> Vec<MailboxId> {
        let holds = |info: &MailboxInfo| {
            self.filter.as_ref().is_none_or(|filter| {
                filter.holds(&mut |condition: &MailboxCondition| condition.holds(info, all))
            })
        };
        let found: BTreeSet<MailboxId> = all
            .values()
            .filter(|info| holds(info))
            .map(|info| info.mailbox.id)
            .collect();
        let mut ordered: Vec<&MailboxInfo> = all.values().collect();
        ordered.sort_by(|a, b| self.compare(order, a, b));
        if self.sort_as_tree {
            ordered = as_tree(&ordered, all);
        }
        ordered
            .into_iter()
            .filter(|info| found.contains(&info.mailbox.id))
            .filter(|info| !self.filter_as_tree || is_within(&found, info, all))
            .map(|info| info.mailbox.id)
            .collect()
    }

    fn compare(&self, order: &MailboxOrder, a: &MailboxInfo, b: &MailboxInfo) -> Ordering {
        let of = |(by, ascending): &(SortBy, bool)| {
            let order = match by {
                SortBy::SortOrder => sort_order(a, order).cmp(&sort_order(b, order)),
                SortBy::Name => name(a).cmp(&name(b)),
                SortBy::ParentId => a.mailbox.parent.cmp(&b.mailbox.parent),
            };
            if *ascending { order } else { order.reverse() }
        };
        let order = self.sort.iter().map(of).find(|order| order.is_ne());
        order.unwrap_or_else(|| a.mailbox.id.cmp(&b.mailbox.id))
    }
}

fn name(info: &MailboxInfo) -> (String, &str) {
    let name = info.mailbox.name.as_str();
    (name.to_lowercase(), name)
}

/// RFC 8621 2.3 `sortAsTree`: each mailbox before those inside it, and those next to it after them; among those inside
/// one another the order is kept.
fn as_tree<'a>(ordered: &[&'a MailboxInfo], all: &Mailboxes) -> Vec<&'a MailboxInfo> {
    let mut inside: BTreeMap<Option<MailboxId>, Vec<&MailboxInfo>> = BTreeMap::new();
    for info in ordered {
        inside.entry(parent_of(info, all)).or_default().push(info);
    }
    let mut tree = Vec::with_capacity(ordered.len());
    let mut waiting = inside.remove(&None).unwrap_or_default();
    waiting.reverse();
    while let Some(info) = waiting.pop() {
        tree.push(info);
        let children = inside.remove(&Some(info.mailbox.id)).unwrap_or_default();
        waiting.extend(children.into_iter().rev());
    }
    tree
}

/// RFC 8621 2.3 `filterAsTree`: whether all mailboxes above it are found as well.
fn is_within(found: &BTreeSet<MailboxId>, info: &MailboxInfo, all: &Mailboxes) -> bool {
    let mut above = parent_of(info, all);
    // No more than there are mailboxes, were they in a circle.
    for _ in 0..all.len() {
        let Some(parent) = above else {
            return true;
        };
        if !found.contains(&parent) {
            return false;
        }
        above = all.get(&parent).and_then(|info| parent_of(info, all));
    }
    false
}

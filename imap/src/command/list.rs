//! `LIST` (RFC 9051 6.3.9) with LIST-EXTENDED, LIST-STATUS, LIST-MYRIGHTS, SPECIAL-USE and CHILDREN.

use std::collections::{BTreeSet, HashSet};

use model::Rights;

use crate::answer::{Answer, Failure};
use crate::client::Client;
use crate::codec::{List, ListEntry, ListSelection, MailboxAttribute, list_matches};
use crate::names::{self, Named};
use crate::output::Output;
use crate::user::User;
use crate::words;

/// The mailboxes of a user as a tree of names.
pub(super) struct Tree {
    pub(super) named: Vec<Named>,
    /// Names that have others below them.
    parents: HashSet<String>,
    /// Names that others stand below, but that are no mailboxes (or not for this user).
    pub(super) missing: BTreeSet<String>,
}

impl Tree {
    pub(super) async fn read(user: &User) -> Result<Self, Failure> {
        Ok(Self::of(names::all(user).await?))
    }

    fn of(named: Vec<Named>) -> Self {
        let there: HashSet<&str> = named.iter().map(|named| named.name.as_str()).collect();
        let (mut parents, mut missing) = (HashSet::new(), BTreeSet::new());
        for name in &there {
            for (at, _) in name.match_indices('/') {
                let above = name.get(..at).unwrap_or_default();
                parents.insert(above.to_owned());
                if !there.contains(above) {
                    missing.insert(above.to_owned());
                }
            }
        }
        Self {
            named,
            parents,
            missing,
        }
    }

    /// CHILDREN (RFC 3348): said of every mailbox.
    fn children(&self, name: &str) -> MailboxAttribute {
        if self.parents.contains(name) {
            MailboxAttribute::HasChildren
        } else {
            MailboxAttribute::HasNoChildren
        }
    }

    /// Whether something below a name is selected by the options.
    fn has_selected_below(&self, name: &str, selection: ListSelection) -> bool {
        self.named.iter().any(|named| {
            let below = named.name.strip_prefix(name);
            below.is_some_and(|rest| rest.starts_with('/')) && is_selected(named, selection)
        })
    }
}

pub(super) async fn run(
    client: &Client,
    out: &mut Output,
    list: &List<'_>,
) -> Result<Answer, Failure> {
    if !list.extended && list.patterns.iter().all(|pattern| pattern.is_empty()) {
        // RFC 9051 6.3.9: an empty pattern asks for the separator.
        let attributes = [MailboxAttribute::NoSelect];
        out.encoder().list_entry(&ListEntry {
            attributes: &attributes,
            ..ListEntry::default()
        });
        return Ok(Answer::ok("LIST completed"));
    }
    let user = client.user()?;
    let tree = Tree::read(&user).await?;
    let patterns: Vec<String> = list
        .patterns
        .iter()
        .map(|pattern| format!("{}{pattern}", list.reference))
        .collect();
    let matches = |name: &str| patterns.iter().any(|pattern| list_matches(pattern, name));
    for named in &tree.named {
        if matches(&named.name) {
            tell(client, out, &user, &tree, named, list).await?;
        }
        out.relieve().await?;
    }
    for name in tree.missing.iter().filter(|name| matches(name)) {
        tell_missing(out, &tree, name, list);
    }
    Ok(Answer::ok("LIST completed"))
}

fn is_selected(named: &Named, selection: ListSelection) -> bool {
    let special = named.info.mailbox.role.and_then(words::special_use);
    (!selection.subscribed || named.info.subscribed)
        && (!selection.special_use || special.is_some())
}

async fn tell(
    client: &Client,
    out: &mut Output,
    user: &User,
    tree: &Tree,
    named: &Named,
    list: &List<'_>,
) -> Result<(), Failure> {
    let selection = list.selection;
    let below = selection.recursive_match && tree.has_selected_below(&named.name, selection);
    let selected = is_selected(named, selection);
    if !selected && !below {
        return Ok(());
    }
    let mut attributes = vec![tree.children(&named.name)];
    // RFC 5258 3.1: SUBSCRIBED as a selection option implies it as a return option.
    if named.info.subscribed && (list.returns.subscribed || selection.subscribed) {
        attributes.push(MailboxAttribute::Subscribed);
    }
    attributes.extend(special_use(named));
    out.encoder().list_entry(&ListEntry {
        name: &named.name,
        attributes: &attributes,
        child_info: child_info(selection, below),
        old_name: None,
    });
    let readable = named.info.rights.contains(Rights::READ);
    // RFC 8440 3, RFC 5819 2: for those that are selected, not for those that only have such below them.
    if list.returns.my_rights && selected {
        let rights = words::acl_rights(named.info.rights);
        out.encoder().my_rights(&named.name, rights);
    }
    if !list.returns.status.is_empty() && selected && readable {
        super::status::tell(client, out, user, named, &list.returns.status).await?;
    }
    Ok(())
}

/// A name that only has mailboxes below it (RFC 9051 7.3.1: NonExistent; Noselect says the same to old clients).
fn tell_missing(out: &mut Output, tree: &Tree, name: &str, list: &List<'_>) {
    let selection = list.selection;
    let selects = selection.subscribed || selection.special_use;
    let below = tree.has_selected_below(name, selection);
    if selects && !(selection.recursive_match && below) {
        return;
    }
    let attributes = [
        MailboxAttribute::NonExistent,
        MailboxAttribute::NoSelect,
        MailboxAttribute::HasChildren,
    ];
    out.encoder().list_entry(&ListEntry {
        name,
        attributes: &attributes,
        child_info: child_info(selection, selects && below),
        old_name: None,
    });
}

/// RFC 5258 3.5: which option something below matches.
fn child_info(selection: ListSelection, below: bool) -> &'static [&'static str] {
    match (below, selection.subscribed, selection.special_use) {
        (false, ..) | (true, false, false) => &[],
        (true, true, false) => &["SUBSCRIBED"],
        (true, false, true) => &["SPECIAL-USE"],
        (true, true, true) => &["SUBSCRIBED", "SPECIAL-USE"],
    }
}

fn special_use(named: &Named) -> Option<MailboxAttribute> {
    named
        .info
        .mailbox
        .role
        .and_then(words::special_use)
        .map(MailboxAttribute::Use)
}

/// The line that SELECT sends (RFC 9051 6.3.2).
pub(super) fn tell_one(out: &mut Output, named: &Named) {
    let attributes: Vec<MailboxAttribute> = special_use(named).into_iter().collect();
    out.encoder().list_entry(&ListEntry {
        name: &named.name,
        attributes: &attributes,
        ..ListEntry::default()
    });
}

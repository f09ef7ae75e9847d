//! `LSUB` (RFC 3501 6.3.9).

use std::collections::BTreeSet;

use super::list::Tree;
use crate::answer::{Answer, Failure};
use crate::client::Client;
use crate::codec::{ListEntry, MailboxAttribute, list_matches};
use crate::output::Output;

pub(super) async fn run(
    client: &Client,
    out: &mut Output,
    reference: &str,
    pattern: &str,
) -> Result<Answer, Failure> {
    let user = client.user()?;
    let tree = Tree::read(&user).await?;
    let pattern = format!("{reference}{pattern}");
    let subscribed: Vec<&str> = tree
        .named
        .iter()
        .filter(|named| named.info.subscribed)
        .map(|named| named.name.as_str())
        .collect();
    let mut above = BTreeSet::new();
    for name in &subscribed {
        if list_matches(&pattern, name) {
            out.encoder().lsub_entry(&ListEntry {
                name,
                ..ListEntry::default()
            });
        } else if pattern.ends_with('%') {
            // RFC 3501 6.3.9: with `%`, a name that is not subscribed stands for those below it, as Noselect.
            let superiors = name.match_indices('/').filter_map(|(at, _)| name.get(..at));
            above.extend(superiors.filter(|name| list_matches(&pattern, name)));
        }
    }
    for name in above.iter().filter(|name| !subscribed.contains(name)) {
        out.encoder().lsub_entry(&ListEntry {
            name,
            attributes: &[MailboxAttribute::NoSelect],
            ..ListEntry::default()
        });
    }
    Ok(Answer::ok("LSUB completed"))
}

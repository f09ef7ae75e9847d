//! `THREAD` (RFC 5256).

use groupware::View;
use groupware::search::{Threading, Threads};

use super::search::filter::filter;
use crate::answer::{Answer, Failure};
use crate::client::Client;
use crate::codec::{By, Thread, ThreadAlgorithm, ThreadNode};
use crate::output::Output;
use crate::session::expunges_before;
use crate::updates::{self, number};

pub(super) async fn run(
    client: &mut Client,
    out: &mut Output,
    thread: &Thread<'_>,
) -> Result<Answer, Failure> {
    updates::before(client, out, expunges_before(thread.by)).await?;
    let user = client.user()?;
    let now = client.groupware.clock().now();
    let selected = client.selected()?;
    let filter = filter(&thread.key, selected, now)?;
    let (Some(known), Some(view)) = (selected.known(), selected.latest()) else {
        return Ok(Answer::ok("THREAD completed"));
    };
    let threading = match thread.algorithm {
        ThreadAlgorithm::OrderedSubject => Threading::OrderedSubject,
        ThreadAlgorithm::References => Threading::References,
    };
    let threads = user
        .groupware
        .thread(&user.caller, view, &filter, threading)
        .await?;
    out.encoder().thread(&nodes(&threads, known, thread.by));
    Ok(Answer::ok("THREAD completed"))
}

/// The nodes with their depths, in the numbers of the command.
fn nodes(threads: &Threads, known: &View, by: By) -> Vec<ThreadNode> {
    let mut ends: Vec<usize> = Vec::new();
    let mut nodes = Vec::with_capacity(threads.nodes.len());
    for (at, node) in threads.nodes.iter().enumerate() {
        while ends.last().is_some_and(|end| *end <= at) {
            ends.pop();
        }
        nodes.push(ThreadNode {
            depth: ends.len(),
            number: node.uid.and_then(|uid| match by {
                By::Uid => Some(uid.0),
                By::Sequence => known.position_of(uid).map(number),
            }),
        });
        let below = usize::try_from(node.descendants).unwrap_or(usize::MAX);
        ends.push(at.saturating_add(1).saturating_add(below));
    }
    nodes
}

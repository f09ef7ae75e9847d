//! Untagged results: SEARCH, ESEARCH, SORT, THREAD and VANISHED.

use super::super::By;
use super::super::search::PartialRange;
use super::Encoder;

/// `ESEARCH` (RFC 9051 7.3.4). Ranges stand in the order given, which matters for the result of `SORT` (RFC 5267 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Esearch<'a> {
    /// The command's tag.
    pub tag: &'a str,
    /// What the numbers are.
    pub by: By,
    /// `MIN`, where asked for and something was found.
    pub min: Option<u32>,
    /// `MAX`, where asked for and something was found.
    pub max: Option<u32>,
    /// `ALL`, where asked for; nothing is written where nothing was found.
    pub all: Option<&'a [(u32, u32)]>,
    /// `COUNT`, where asked for.
    pub count: Option<u32>,
    /// `PARTIAL`, where asked for; `NIL` where nothing is at these places (RFC 9394 3.1).
    pub partial: Option<(PartialRange, &'a [(u32, u32)])>,
    /// `MODSEQ` (RFC 7162 3.1.10).
    pub mod_seq: Option<u64>,
}

/// One message of a thread; the nodes of all threads stand in preorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadNode {
    /// How many ancestors it has; 0 starts a thread.
    pub depth: usize,
    /// The message's number or UID; none for a parent that is not there (RFC 5256 3).
    pub number: Option<u32>,
}

/// Joins each run of numbers that rise by one into a range; keeps the order.
pub fn collapse(numbers: impl IntoIterator<Item = u32>) -> Vec<(u32, u32)> {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    ranges
}

impl Encoder<'_> {
    /// `SEARCH`, with the highest modification sequence where the search asked for `MODSEQ` (RFC 7162 3.1.6).
    pub fn search(&mut self, numbers: impl IntoIterator<Item = u32>, mod_seq: Option<u64>) {
        self.raw("* SEARCH");
        self.spaced(numbers);
        if let Some(mod_seq) = mod_seq {
            self.raw(" (MODSEQ ");
            self.number(mod_seq);
            self.out.push(b')');
        }
        self.line_end();
    }

    /// `SORT` (RFC 5256 4).
    pub fn sort(&mut self, numbers: impl IntoIterator<Item = u32>) {
        self.raw("* SORT");
        self.spaced(numbers);
        self.line_end();
    }

    fn spaced(&mut self, numbers: impl IntoIterator<Item = u32>) {
        for number in numbers {
            self.out.push(b' ');
            self.number(number);
        }
    }

    /// `ESEARCH`.
    pub fn esearch(&mut self, result: &Esearch<'_>) {
        self.raw("* ESEARCH (TAG ");
        self.string(result.tag.as_bytes());
        self.out.push(b')');
        if result.by == By::Uid {
            self.raw(" UID");
        }
        for (name, number) in [
            (" MIN ", result.min),
            (" MAX ", result.max),
            (" COUNT ", result.count),
        ] {
            if let Some(number) = number {
                self.raw(name);
                self.number(number);
            }
        }
        // RFC 9051 6.4.4: ALL is left out where nothing was found.
        if let Some(all) = result.all.filter(|all| !all.is_empty()) {
            self.raw(" ALL ");
            self.ranges(all.iter().copied());
        }
        if let Some((range, found)) = result.partial {
            self.partial(range, found);
        }
        if let Some(mod_seq) = result.mod_seq {
            self.raw(" MODSEQ ");
            self.number(mod_seq);
        }
        self.line_end();
    }

    fn partial(&mut self, range: PartialRange, found: &[(u32, u32)]) {
        let sign = if range.from_end { "-" } else { "" };
        self.raw(" PARTIAL (");
        self.raw(sign);
        self.number(range.first);
        self.out.push(b':');
        self.raw(sign);
        self.number(range.last);
        self.out.push(b' ');
        if found.is_empty() {
            self.raw("NIL");
        } else {
            self.ranges(found.iter().copied());
        }
        self.out.push(b')');
    }

    /// `VANISHED` (RFC 7162 3.2.10) with UIDs; `earlier` where it tells of the past. Writes nothing for no UID.
    pub fn vanished(&mut self, uids: &[(u32, u32)], earlier: bool) {
        if uids.is_empty() {
            return;
        }
        self.raw(if earlier {
            "* VANISHED (EARLIER) "
        } else {
            "* VANISHED "
        });
        self.ranges(uids.iter().copied());
        self.line_end();
    }

    /// `THREAD` (RFC 5256 4): `(3 6 (4 23)(44 7 96))`.
    pub fn thread(&mut self, nodes: &[ThreadNode]) {
        self.raw("* THREAD");
        if !nodes.is_empty() {
            self.out.push(b' ');
        }
        let children = children(nodes);
        let mut path: Vec<Open> = Vec::new();
        for (node, children) in nodes.iter().zip(children) {
            self.close(&mut path, node.depth);
            let parenthesis = match path.last_mut() {
                None => true,
                Some(parent) => {
                    // After a number comes a space before the one child, or before the first of several.
                    if parent.numbered && (parent.children == 1 || !parent.begun) {
                        self.out.push(b' ');
                    }
                    parent.begun = true;
                    parent.children > 1
                }
            };
            if parenthesis {
                self.out.push(b'(');
            }
            if let Some(number) = node.number {
                self.number(number);
            }
            path.push(Open {
                parenthesis,
                numbered: node.number.is_some(),
                begun: false,
                children,
            });
        }
        self.close(&mut path, 0);
        self.line_end();
    }

    fn close(&mut self, path: &mut Vec<Open>, depth: usize) {
        for open in path.drain(depth.min(path.len())..) {
            if open.parenthesis {
                self.out.push(b')');
            }
        }
    }
}

/// A node whose descendants are being written.
struct Open {
    parenthesis: bool,
    numbered: bool,
    begun: bool,
    children: usize,
}

/// How many children each node has.
fn children(nodes: &[ThreadNode]) -> Vec<usize> {
    let mut counts = vec![0_usize; nodes.len()];
    let mut path: Vec<usize> = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        path.truncate(node.depth);
        if let Some(count) = path.last().and_then(|parent| counts.get_mut(*parent)) {
            *count = count.saturating_add(1);
        }
        path.push(at);
    }
    counts
}

//! Pieces: an input of any size, cut into lines, JSON objects or XML elements of bounded size.

use std::io::{self, BufRead};

use memchr::{memchr, memchr2, memchr3, memmem};

/// What was passed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Pieces that could not be read.
    pub unreadable: u64,
    /// Pieces that were too long.
    pub too_long: u64,
    /// Pieces about something else.
    pub other: u64,
}

/// A line, without its end. Nothing at the end of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// It is in the buffer.
    Whole,
    /// It was longer than allowed and is gone.
    TooLong,
}

/// Reads one line of at most `octets_max` into the buffer; the rest of a longer one is passed over.
///
/// # Errors
/// The input cannot be read.
pub fn line(
    input: &mut impl BufRead,
    octets_max: usize,
    buffer: &mut Vec<u8>,
) -> io::Result<Option<Line>> {
    buffer.clear();
    let mut too_long = false;
    loop {
        let available = input.fill_buf()?;
        if available.is_empty() {
            let nothing = buffer.is_empty() && !too_long;
            return Ok((!nothing).then(|| ended(buffer, too_long)));
        }
        let end = memchr(b'\n', available);
        let part = &available[..end.unwrap_or(available.len())];
        too_long |= buffer.len() + part.len() > octets_max;
        if !too_long {
            buffer.extend_from_slice(part);
        }
        let used = part.len() + usize::from(end.is_some());
        input.consume(used);
        if end.is_some() {
            return Ok(Some(ended(buffer, too_long)));
        }
    }
}

fn ended(buffer: &mut Vec<u8>, too_long: bool) -> Line {
    if too_long {
        buffer.clear();
        return Line::TooLong;
    }
    if buffer.last() == Some(&b'\r') {
        buffer.pop();
    }
    Line::Whole
}

/// Cuts JSON into its outermost objects, whether they stand in lines, in one array, or one behind the other, however they are
/// indented. `take` says whether to go on.
///
/// # Errors
/// The input cannot be read.
pub fn objects(
    input: &mut impl BufRead,
    octets_max: usize,
    counts: &mut Counts,
    mut take: impl FnMut(&[u8]) -> bool,
) -> io::Result<()> {
    let mut object = Vec::new();
    let mut scan = Scan::default();
    loop {
        let available = input.fill_buf()?;
        if available.is_empty() {
            counts.unreadable += u64::from(scan.depth > 0);
            return Ok(());
        }
        let (used, step) = scan.step(available);
        if step != Step::Outside {
            if object.len() + used > octets_max {
                // Where it ends cannot be known any more; the next line that begins with an object is a new start.
                counts.too_long += 1;
                object.clear();
                scan = Scan::default();
                skip_line(input)?;
                continue;
            }
            object.extend_from_slice(&available[..used]);
        }
        input.consume(used);
        if step == Step::Complete {
            if !take(&object) {
                return Ok(());
            }
            object.clear();
        }
    }
}

fn skip_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let available = input.fill_buf()?;
        let end = memchr(b'\n', available);
        let (used, done) = match end {
            Some(at) => (at + 1, true),
            None => (available.len(), available.is_empty()),
        };
        input.consume(used);
        if done {
            return Ok(());
        }
    }
}

/// Where in JSON we are.
#[derive(Default)]
struct Scan {
    depth: usize,
    in_text: bool,
    /// A backslash was the last octet, within a text.
    escaped: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Before an object: what was scanned is none of it.
    Outside,
    /// Within an object.
    Inside,
    /// The last octet scanned ends an object.
    Complete,
}

impl Scan {
    /// Looks at octets until an object begins or ends, or there are no more; says how many.
    fn step(&mut self, octets: &[u8]) -> (usize, Step) {
        if self.depth == 0 {
            return match memchr(b'{', octets) {
                Some(0) => {
                    self.depth = 1;
                    (1, Step::Inside)
                }
                Some(at) => (at, Step::Outside),
                None => (octets.len(), Step::Outside),
            };
        }
        let mut at = 0;
        while at < octets.len() {
            if self.escaped {
                self.escaped = false;
                at += 1;
                continue;
            }
            let rest = &octets[at..];
            if self.in_text {
                let Some(next) = memchr2(b'"', b'\\', rest) else {
                    break;
                };
                self.escaped = rest[next] == b'\\';
                self.in_text = self.escaped;
                at += next + 1;
                continue;
            }
            let Some(next) = memchr3(b'"', b'{', b'}', rest) else {
                break;
            };
            at += next + 1;
            match rest[next] {
                b'"' => self.in_text = true,
                b'{' => self.depth += 1,
                _ => self.depth -= 1,
            }
            if self.depth == 0 {
                return (at, Step::Complete);
            }
        }
        (octets.len(), Step::Inside)
    }
}

/// Cuts XML into the elements `<host ...>...</host>`, and hands out the beginning of the file first. Nothing is expanded: what
/// stands before the first element, such as a document type, is never read as XML.
///
/// # Errors
/// The input cannot be read.
pub fn hosts(
    input: &mut impl BufRead,
    octets_max: usize,
    counts: &mut Counts,
    mut take: impl FnMut(Xml<'_>) -> bool,
) -> io::Result<()> {
    const OPEN: &[u8] = b"<host";
    const CLOSE: &[u8] = b"</host>";
    let mut buffer: Vec<u8> = Vec::new();
    let mut is_first = true;
    // Octets of the buffer in which the end was looked for already.
    let mut searched = 0;
    loop {
        let available = input.fill_buf()?;
        let used = available.len();
        let ended = used == 0;
        buffer.extend_from_slice(available);
        input.consume(used);
        loop {
            let start = find_open(&buffer, OPEN);
            if is_first && (start.is_some() || ended || buffer.len() > octets_max) {
                is_first = false;
                let before = &buffer[..start.unwrap_or(buffer.len())];
                if !take(Xml::Head(before)) {
                    return Ok(());
                }
            }
            let Some(start) = start else {
                if !is_first {
                    // The name may be cut at the end of what is here.
                    let keep = buffer.len().saturating_sub(OPEN.len());
                    buffer.drain(..keep);
                }
                break;
            };
            let from = start.max(searched);
            if let Some(end) = memmem::find(&buffer[from..], CLOSE) {
                let end = from + end + CLOSE.len();
                if !take(Xml::Host(&buffer[start..end])) {
                    return Ok(());
                }
                buffer.drain(..end);
                searched = 0;
                continue;
            }
            searched = buffer.len().saturating_sub(CLOSE.len());
            if buffer.len() - start > octets_max {
                counts.too_long += 1;
                buffer.drain(..start + OPEN.len());
                searched = 0;
                // The next element begins later; what is left of this one has no `<host`.
                continue;
            }
            break;
        }
        if ended {
            counts.unreadable += u64::from(find_open(&buffer, OPEN).is_some());
            return Ok(());
        }
    }
}

/// A piece of XML.
#[derive(Clone, Copy, Debug)]
pub enum Xml<'a> {
    /// What stands before the first host.
    Head(&'a [u8]),
    /// A host, whole.
    Host(&'a [u8]),
}

/// `<host` followed by a blank or `>`, not `<hostnames`.
fn find_open(buffer: &[u8], open: &[u8]) -> Option<usize> {
    memmem::find_iter(buffer, open).find(|at| {
        let next = buffer.get(at + open.len());
        next.is_some_and(|octet| octet.is_ascii_whitespace() || *octet == b'>')
    })
}

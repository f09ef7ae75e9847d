//! Input of a connection that nobody consumed yet.

/// Octets with a front that moves on; without contents it holds no memory beyond a small remainder.
#[derive(Debug, Default)]
pub(super) struct Input {
    octets: Vec<u8>,
    start: usize,
    /// Octets behind `start` that are known to hold no line feed, so that no octet is looked at twice.
    scanned: usize,
}

/// An empty buffer that is no larger is kept for the next command.
const KEPT_OCTETS: usize = 1_024;

impl Input {
    pub(super) fn unread(&self) -> &[u8] {
        self.octets.get(self.start..).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.octets.len() - self.start
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where to append. What was consumed is dropped first, when it is most of what is there.
    pub(super) fn tail(&mut self) -> &mut Vec<u8> {
        if self.start > self.octets.len() / 2 {
            self.octets.drain(..self.start);
            self.start = 0;
        }
        &mut self.octets
    }

    pub(super) fn consume(&mut self, octets: usize) {
        self.start = self.octets.len().min(self.start.saturating_add(octets));
        self.scanned = self.scanned.saturating_sub(octets);
        if self.is_empty() {
            self.octets.clear();
            self.start = 0;
            if self.octets.capacity() > KEPT_OCTETS {
                self.octets = Vec::new();
            }
        }
    }

    /// Length of the first line with its line feed, if that has arrived.
    pub(super) fn line_octets(&mut self) -> Option<usize> {
        let from = self.start.saturating_add(self.scanned);
        let found = self
            .octets
            .get(from..)
            .and_then(|fresh| memchr::memchr(b'\n', fresh));
        let line = found.map(|at| self.scanned.saturating_add(at).saturating_add(1));
        self.scanned = line.unwrap_or(self.len());
        // A line that is found but not consumed must be found again.
        if line.is_some() {
            self.scanned = 0;
        }
        line
    }

    pub(super) fn release(&mut self) {
        if self.is_empty() {
            self.octets = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_at_every_split() {
        let text = b"a\r\n\r\nbc\n";
        for split in 0..=text.len() {
            let (mut input, mut lines) = (Input::default(), Vec::new());
            for piece in [&text[..split], &text[split..]] {
                input.tail().extend_from_slice(piece);
                while let Some(octets) = input.line_octets() {
                    assert_eq!(input.line_octets(), Some(octets));
                    lines.push(input.unread()[..octets].to_vec());
                    input.consume(octets);
                }
            }
            assert_eq!(lines, [&b"a\r\n"[..], b"\r\n", b"bc\n"], "split at {split}");
            assert!(input.is_empty());
        }
    }

    #[test]
    fn consumed_memory_is_given_back() {
        let mut input = Input::default();
        input.tail().extend_from_slice(&[0; 5_000]);
        input.consume(4_999);
        assert_eq!(input.len(), 1);
        input.consume(9);
        assert_eq!((input.len(), input.octets.capacity()), (0, 0));
    }
}

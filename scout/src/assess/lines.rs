//! Lines: a text in blocks of whole lines, so that they are looked through at once and nothing is copied line by line.

use std::io::{self, Read};

use evidence::text::Writing;

/// Octets of a block.
const BLOCK_OCTETS: usize = 512 * 1024;
/// Octets from which the encoding is told.
const HEAD_OCTETS: u64 = 256;
/// Octets of a line; what is longer is cut, and the rest passed over.
const LINE_OCTETS_MAX: usize = 256 * 1024;

/// Gives a text to `each` in blocks of whole lines, as UTF-8. The last line may lack its end.
/// Says how many lines were cut.
pub(crate) fn blocks(
    reader: &mut dyn Read,
    each: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<u64> {
    let mut head = Vec::new();
    reader.take(HEAD_OCTETS).read_to_end(&mut head)?;
    let (mut writing, mark) = Writing::of(&head);
    let mut text = Vec::with_capacity(BLOCK_OCTETS + LINE_OCTETS_MAX);
    writing.append(&head[mark..], false, &mut text);
    let mut piece = vec![0_u8; if writing.is_utf8() { 0 } else { BLOCK_OCTETS }];
    let mut skipping = false;
    let mut cut = 0;
    loop {
        let is_end = if writing.is_utf8() {
            fill(reader, &mut text)? == 0
        } else {
            let read = reader.read(&mut piece)?;
            writing.append(&piece[..read], read == 0, &mut text);
            read == 0
        };
        if skipping {
            match memchr::memchr(b'\n', &text) {
                Some(end) => {
                    text.drain(..=end);
                    skipping = false;
                }
                None => text.clear(),
            }
        }
        if is_end {
            if !text.is_empty() {
                each(&text)?;
            }
            return Ok(cut);
        }
        match memchr::memrchr(b'\n', &text) {
            Some(end) => {
                each(&text[..=end])?;
                text.drain(..=end);
            }
            None if text.len() >= LINE_OCTETS_MAX => {
                text.truncate(LINE_OCTETS_MAX);
                text.push(b'\n');
                each(&text)?;
                text.clear();
                skipping = true;
                cut += 1;
            }
            None => {}
        }
    }
}

/// Reads a block, or what is left; says how much came.
fn fill(reader: &mut dyn Read, text: &mut Vec<u8>) -> io::Result<usize> {
    reader.take(BLOCK_OCTETS as u64).read_to_end(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8]) -> (Vec<Vec<u8>>, u64) {
        let mut all = Vec::new();
        let mut rest = text;
        let cut = blocks(&mut rest, &mut |block| {
            all.extend(
                block
                    .split_inclusive(|octet| *octet == b'\n')
                    .map(<[u8]>::to_vec),
            );
            Ok(())
        });
        (all, cut.unwrap())
    }

    #[test]
    fn lines_stay_whole_across_blocks() {
        let line = [b"x".repeat(1_000), b"\n".to_vec()].concat();
        let text = line.repeat(2_000);
        let (all, cut) = lines(&text);
        assert_eq!((all.len(), cut), (2_000, 0));
        assert!(all.iter().all(|each| *each == line));
    }

    #[test]
    fn an_endless_line_is_cut_and_the_next_is_read() {
        let text = [b"a\n".to_vec(), b"x".repeat(5_000_000), b"\nlast".to_vec()].concat();
        let (all, cut) = lines(&text);
        assert_eq!((all.len(), cut), (3, 1));
        assert_eq!(
            (all[0].as_slice(), all[2].as_slice()),
            (b"a\n".as_slice(), b"last".as_slice())
        );
        assert!(all[1].len() <= BLOCK_OCTETS * 2);
    }
}

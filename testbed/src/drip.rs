//! Bytes in pieces, as a network brings them.

/// The bytes in pieces of `octets`, the last one shorter; 1 if `octets` is 0.
pub fn drip(bytes: &[u8], octets: usize) -> impl Iterator<Item = &[u8]> {
    bytes.chunks(octets.max(1))
}

/// The bytes in two pieces, at every place there is, both ends included.
pub fn splits(bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    (0..=bytes.len()).map(|at| bytes.split_at(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_whole() {
        assert_eq!(
            drip(b"abcde", 2).collect::<Vec<_>>(),
            [&b"ab"[..], b"cd", b"e"]
        );
        assert_eq!(drip(b"ab", 0).count(), 2);
        assert_eq!(splits(b"ab").count(), 3);
        assert!(splits(b"ab").all(|(first, rest)| [first, rest].concat() == b"ab"));
    }
}

//! Reader of the little CBOR (RFC 8949) that authenticators write: definite lengths, integers, strings and maps.
//!
//! CTAP2 (section 6) allows nothing else in what is read here; everything else is refused.

/// Depth of nested values that are skipped.
const DEPTH_MAX: usize = 8;

/// Reads values one after the other; it holds on to nothing and allocates nothing.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

/// RFC 8949 3.1: major types.
const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const SIMPLE: u8 = 7;

impl<'a> Reader<'a> {
    pub(super) fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets }
    }

    /// What was not read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn take(&mut self, octets: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(octets)?;
        self.rest = rest;
        Some(taken)
    }

    /// RFC 8949 3: the major type and the argument.
    fn head(&mut self) -> Option<(u8, u64)> {
        let first = *self.take(1)?.first()?;
        let argument = match first & 0x1f {
            small @ 0..=23 => u64::from(small),
            24 => u64::from(*self.take(1)?.first()?),
            25 => u64::from(u16::from_be_bytes(self.take(2)?.try_into().ok()?)),
            26 => u64::from(u32::from_be_bytes(self.take(4)?.try_into().ok()?)),
            27 => u64::from_be_bytes(self.take(8)?.try_into().ok()?),
            _ => return None,
        };
        Some((first >> 5, argument))
    }

    fn head_of(&mut self, expected: u8) -> Option<u64> {
        let (major, argument) = self.head()?;
        (major == expected).then_some(argument)
    }

    /// An integer.
    pub(super) fn integer(&mut self) -> Option<i64> {
        let (major, argument) = self.head()?;
        let argument = i64::try_from(argument).ok()?;
        match major {
            UNSIGNED => Some(argument),
            // RFC 8949 3.1: a negative integer is -1 less its argument.
            NEGATIVE => argument.checked_neg()?.checked_sub(1),
            _ => None,
        }
    }

    /// A byte string.
    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.head_of(BYTES)?;
        self.take(usize::try_from(length).ok()?)
    }

    /// A text string.
    pub(super) fn text(&mut self) -> Option<&'a str> {
        let length = self.head_of(TEXT)?;
        str::from_utf8(self.take(usize::try_from(length).ok()?)?).ok()
    }

    /// The number of pairs of a map.
    pub(super) fn map(&mut self) -> Option<u64> {
        self.head_of(MAP)
    }

    /// Skips a value of any kind.
    pub(super) fn skip(&mut self) -> Option<()> {
        self.skip_at(DEPTH_MAX)
    }

    fn skip_at(&mut self, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let (major, argument) = self.head()?;
        let values = match major {
            UNSIGNED | NEGATIVE | SIMPLE => 0,
            BYTES | TEXT => {
                self.take(usize::try_from(argument).ok()?)?;
                0
            }
            ARRAY => argument,
            MAP => argument.checked_mul(2)?,
            _ => return None,
        };
        // Each value has an octet at least, so the input bounds how many there are.
        for _ in 0..values {
            self.skip_at(depth)?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_of_rfc_8949() {
        // RFC 8949 appendix A.
        let integer = |octets: &[u8]| Reader::new(octets).integer();
        assert_eq!(integer(&[0x00]), Some(0));
        assert_eq!(integer(&[0x18, 0x64]), Some(100));
        assert_eq!(integer(&[0x19, 0x03, 0xe8]), Some(1_000));
        assert_eq!(integer(&[0x1a, 0x00, 0x0f, 0x42, 0x40]), Some(1_000_000));
        assert_eq!(integer(&[0x20]), Some(-1));
        assert_eq!(integer(&[0x39, 0x03, 0xe7]), Some(-1_000));
        assert_eq!(
            integer(&[0x3b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            None
        );
        assert_eq!(
            Reader::new(&[0x44, 1, 2, 3, 4]).bytes(),
            Some(&[1, 2, 3, 4][..])
        );
        assert_eq!(
            Reader::new(&[0x64, b'I', b'E', b'T', b'F']).text(),
            Some("IETF")
        );
        // {"a": 1, "b": [2, 3]} and behind it 5.
        let octets = [0xa2, 0x61, 0x61, 0x01, 0x61, 0x62, 0x82, 0x02, 0x03, 0x05];
        let mut reader = Reader::new(&octets);
        reader.skip().unwrap();
        assert_eq!(reader.rest(), [0x05]);
    }

    #[test]
    fn what_is_cut_off_endless_or_deep_is_refused() {
        for octets in [
            &[][..],
            &[0x18],
            &[0x44, 1],
            &[0x5f, 0x41, 1, 0xff],
            &[0xff],
            &[0xbb, 255, 255, 255, 255, 255, 255, 255, 255],
        ] {
            assert_eq!(Reader::new(octets).skip(), None, "{octets:?}");
        }
        let deep = [0x81; 100];
        assert_eq!(Reader::new(&deep).skip(), None);
    }
}

//! The source of random bytes, handed to whatever needs them.

use std::fmt;
use std::sync::Arc;

/// What overwrites a buffer with random bytes.
type Fill = dyn Fn(&mut [u8]) + Send + Sync;

/// A source of random bytes fit for keys, salts and generated passwords.
#[derive(Clone)]
pub struct Random(Arc<Fill>);

impl Random {
    /// The source that fills buffers by `source`; for tests, a predictable one.
    pub fn new(source: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(source))
    }

    /// The operating system's generator.
    ///
    /// # Panics
    /// Later, if the operating system stops giving random bytes: nothing can be kept safe without them.
    #[must_use]
    pub fn system() -> Self {
        Self::new(|bytes| {
            getrandom::fill(bytes).expect(
                "getrandom(2) does not fail for buffers in memory once the system has started",
            );
        })
    }

    /// Overwrites `bytes` with random ones.
    pub fn fill(&self, bytes: &mut [u8]) {
        (self.0)(bytes);
    }

    /// So many random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}

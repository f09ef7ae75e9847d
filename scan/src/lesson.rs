//! Lessons: what people's own judgement teaches a scanner.

use serde::{Deserialize, Serialize};

/// What a message is an example of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lesson {
    /// Somebody put it into Junk.
    Spam,
    /// Somebody took it out of Junk.
    Ham,
}

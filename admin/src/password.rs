//! Password: a secret that travels in a request or a reply, and is shown nowhere else.

use std::fmt;

use directory::Secret;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A password on its way. `Debug` does not show it; it is wiped from memory when it goes.
#[derive(Clone)]
pub struct Password(Secret<String>);

impl Password {
    /// The password, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// As the directory takes it.
    #[must_use]
    pub fn secret(&self) -> &Secret<String> {
        &self.0
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(Secret::new(text))
    }
}

impl From<Secret<String>> for Password {
    fn from(secret: Secret<String>) -> Self {
        Self(secret)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Password {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

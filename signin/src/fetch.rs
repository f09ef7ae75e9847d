//! Fetching from another service: a door that the program wires to the process that connects out.

use std::fmt::Debug;
use std::pin::Pin;

/// What is asked of another service over HTTPS.
#[derive(Clone, PartialEq, Eq)]
pub struct FetchRequest {
    /// Where.
    pub url: String,
    /// A form to be posted; none for a `GET`. It may hold secrets.
    pub form: Option<String>,
    /// Octets of the answer's body that are wanted at most.
    pub body_octets_max: u32,
    /// How long it may take, in milliseconds.
    pub time_ms_max: u32,
}

impl Debug for FetchRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FetchRequest")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchAnswer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// Nothing came back; what is wrong, for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchFailure(pub String);

/// What comes of fetching.
pub type Fetched<'a> = Pin<Box<dyn Future<Output = Result<FetchAnswer, FetchFailure>> + Send + 'a>>;

/// Fetches over HTTPS with verified certificates, following no redirect.
pub trait Fetch: Debug + Send + Sync {
    /// Fetches.
    fn fetch(&self, request: FetchRequest) -> Fetched<'_>;
}

//! Limits of this face, by name and with their units. RFC 8620 2 suggests the smallest that a server should set.

use std::time::Duration;

/// `maxSizeRequest`: octets of one request to the API.
pub(crate) const REQUEST_OCTETS_MAX: usize = 10_000_000;

/// Octets of a request that is read where it arrives; larger ones are read on a thread for such work.
pub(crate) const READ_AT_ONCE_OCTETS_MAX: usize = 64 * 1024;

/// `maxSizeUpload`: octets of one upload.
pub(crate) const UPLOAD_OCTETS_MAX: usize = 128 * 1024 * 1024;

/// RFC 9404 3.1 `maxSizeBlobSet`: octets of a blob that is put together.
pub(crate) const BLOB_SET_OCTETS_MAX: usize = 50_000_000;

/// RFC 9404 3.1 `maxDataSources`: pieces of such a blob.
pub(crate) const BLOB_SOURCES_MAX: usize = 64;

/// Octets of all blobs that one call looks at.
pub(crate) const BLOBS_GET_OCTETS_MAX: usize = 256 * 1024 * 1024;

/// `maxCallsInRequest`.
pub(crate) const CALLS_MAX: usize = 64;

/// `maxConcurrentRequests`: requests of one principal to the API that are worked on at once.
pub(crate) const REQUESTS_AT_ONCE_MAX: usize = 32;

/// `maxConcurrentUpload`: uploads of one principal at once.
pub(crate) const UPLOADS_AT_ONCE_MAX: usize = 8;

/// `maxObjectsInGet`.
pub(crate) const GET_OBJECTS_MAX: usize = 1_000;

/// `maxObjectsInSet`.
pub(crate) const SET_OBJECTS_MAX: usize = 1_000;

/// Objects that one query answers at most, whatever its `limit`.
pub(crate) const QUERY_OBJECTS_MAX: usize = 10_000;

/// Objects that one answer of changes names, unless the client wants fewer.
pub(crate) const CHANGES_OBJECTS_MAX: usize = 10_000;

/// What references to earlier results may bring in one request, in octets of memory.
pub(crate) const REFERENCES_OCTETS_MAX: usize = 16 * 1024 * 1024;

/// What all answers of one request may have, in octets of memory; about as much on the wire.
pub(crate) const ANSWERS_OCTETS_MAX: usize = 64 * 1024 * 1024;

/// Ids of creations in one request, those that the client brings included.
pub(crate) const CREATED_IDS_MAX: usize = 10_000;

/// Bodies of all requests under way, unless the program hands in a budget, in octets.
pub(crate) const BODIES_OCTETS_MAX: usize = 256 * 1024 * 1024;

/// What is read of a body that nobody wants, so that the connection can be used again. RFC 9112 9.3: a server reads the
/// whole body or ends the connection; more than this costs more than a new connection does.
pub(crate) const UNREAD_OCTETS_MAX: usize = 1024 * 1024;

/// Octets taken from the budget at a time while a body of unknown length arrives.
pub(crate) const BODY_STEP_OCTETS: usize = 64 * 1024;

/// Principals whose sessions are remembered.
pub(crate) const SESSIONS_MAX: usize = 10_000;

/// How long a connection may stay silent between two requests.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(75);

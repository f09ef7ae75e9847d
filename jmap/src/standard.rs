//! Standard methods (RFC 8620 5): what is the same in `/get`, `/changes`, `/set`, `/copy`, `/query` and `/queryChanges`
//! of all types.
//!
//! Each reads its arguments, and makes its answer; what lies between is the method's own.

pub(crate) mod changes;

pub(crate) mod copy;

pub(crate) mod get;

pub(crate) mod query;

pub(crate) mod query_changes;

pub(crate) mod set;
